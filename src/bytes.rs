//! A slab of the core becomes an ArrayBuffer: small ones are copied, big ones are handed over without a copy.

use kafka4_core::consume::Slab;
use napi::bindgen_prelude::*;
use napi::Env;

/// Below this many bytes a copy into memory of V8 costs less than an external buffer with its finalizer.
const COPY_BELOW: usize = 16 * 1024;

/// The memory returns to the core's pool when JavaScript has dropped the last view of it.
pub fn array_buffer(env: &Env, slab: Slab) -> Result<ArrayBuffer<'_>> {
    let mut bytes = slab.bytes;
    if bytes.len() < COPY_BELOW {
        let copy = ArrayBuffer::copy_from(env, &bytes);
        Slab::recycle(bytes);
        return copy;
    }
    let (data, len) = (bytes.as_mut_ptr(), bytes.len());
    // V8 counts external memory by itself for array buffers' backing stores; the pool's spare capacity is not visible.
    // SAFETY: `bytes` moves into the finalizer, its heap memory stays where it is until the finalizer runs.
    unsafe { ArrayBuffer::from_external(env, data, len, bytes, |_, bytes| Slab::recycle(bytes)) }
}
