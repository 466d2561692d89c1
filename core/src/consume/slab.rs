//! Packing: many messages become one block of bytes, so that one crossing of the border carries them all.
//!
//! Layout, little-endian, `count` messages:
//!
//! | part | size | holds, for each message |
//! | --- | --- | --- |
//! | 1 | count × 2 f64 | offset; timestamp in ms since the epoch, -1: none |
//! | 2 | count × 6 i32 | start of its bytes in the slab; key length, -1 null; value length, -1 null; length of the packed headers (`records.rs`); lane; timestamp type, 0 create time, 1 log append time |
//! | 3 | the rest | key, value, headers, without gaps |
//!
//! Messages of one lane are one run, in the order of their offsets.

use std::sync::Mutex;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use rdkafka_sys::rd_kafka_timestamp_type_t as TimestampType;

use super::native::Message;

/// Bytes of parts 1 and 2 for one message.
pub const INDEX_BYTES: usize = 2 * 8 + 6 * 4;

/// Blocks of at least this size come from the pool; smaller ones are exact allocations.
const POOLED_FROM: usize = 256 * 1024;
/// Capacity of a pooled block: a full slab (about 1 MiB) and the index of 4,096 messages.
const POOLED: usize = 1536 * 1024;
/// Blocks kept for reuse in the whole process.
const POOL_LIMIT: usize = 8;

/// A pool and not the allocator: blocks of this size are given back to the system at once, and taking them again costs
/// a page fault for every 4 KiB.
static POOL: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Packed messages. See the module for the layout.
#[derive(Debug, Default)]
pub struct Slab {
    pub bytes: Vec<u8>,
    pub count: usize,
}

impl Slab {
    /// Bytes of keys, values and headers.
    pub fn payload_len(&self) -> usize {
        self.bytes.len() - self.count * INDEX_BYTES
    }

    /// Gives the block of a slab back for reuse; called when the application holds no message of it any more.
    pub fn recycle(mut bytes: Vec<u8>) {
        if bytes.capacity() != POOLED {
            return;
        }
        let mut pool = POOL.lock().expect("nothing panics under this lock");
        if pool.len() < POOL_LIMIT {
            bytes.clear();
            pool.push(bytes);
        }
    }

    fn block(size: usize) -> Vec<u8> {
        if !(POOLED_FROM..=POOLED).contains(&size) {
            return Vec::with_capacity(size);
        }
        let pooled = POOL.lock().expect("nothing panics under this lock").pop();
        pooled.unwrap_or_else(|| Vec::with_capacity(POOLED))
    }
}

/// A message with its measured sizes.
pub struct Measured {
    message: Message,
    leader_epoch: i32,
    headers: *mut rdsys::rd_kafka_headers_t,
    headers_len: usize,
}

impl Measured {
    pub fn new(message: Message) -> Self {
        let leader_epoch = message.leader_epoch();
        let bare = has_no_headers(&message, leader_epoch);
        let (headers, headers_len) = if bare { (std::ptr::null_mut(), 0) } else { measure_headers(&message) };
        Measured { message, leader_epoch, headers, headers_len }
    }

    pub fn leader_epoch(&self) -> i32 {
        self.leader_epoch
    }

    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Key, value and packed headers.
    pub fn data_len(&self) -> usize {
        let raw = self.message.raw();
        let key = if raw.key.is_null() { 0 } else { raw.key_len };
        let value = if raw.payload.is_null() { 0 } else { raw.len };
        key + value + self.headers_len
    }

    /// What it takes in a slab.
    pub fn packed_len(&self) -> usize {
        self.data_len() + INDEX_BYTES
    }
}

/// librdkafka parses headers when it is first asked for them, and allocates a buffer object for it even where there are
/// none. So it is not asked where the record itself says so: a record of format 2 (only its batches have a leader epoch)
/// goes on after its value with the number of its headers, and librdkafka's value is a view of the record as it was
/// received (rdkafka_msgset_reader.c, `rd_kafka_msgset_reader_msg_v2`) unless it is empty: then it is a constant elsewhere. False: ask.
fn has_no_headers(message: &Message, leader_epoch: i32) -> bool {
    let raw = message.raw();
    // SAFETY: the byte after the value belongs to the same record, as said above.
    leader_epoch >= 0
        && raw.len > 0
        && !raw.payload.is_null()
        && unsafe { *(raw.payload as *const u8).add(raw.len) } == 0
}

fn measure_headers(message: &Message) -> (*mut rdsys::rd_kafka_headers_t, usize) {
    let mut headers = std::ptr::null_mut();
    // SAFETY: the message is alive; the headers stay owned by it. Headers that cannot be parsed count as none.
    let err = unsafe { rdsys::rd_kafka_message_headers(message.raw(), &mut headers) };
    if err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR || headers.is_null() {
        return (std::ptr::null_mut(), 0);
    }
    let mut len = 0;
    each_header(headers, |name, value| len += 8 + name.len() + value.map_or(0, <[u8]>::len));
    (headers, len)
}

fn each_header(headers: *const rdsys::rd_kafka_headers_t, mut then: impl FnMut(&[u8], Option<&[u8]>)) {
    for index in 0.. {
        let mut name = std::ptr::null();
        let mut value = std::ptr::null();
        let mut size = 0;
        // SAFETY: the headers belong to a live message; past the last one librdkafka answers with an error.
        unsafe {
            let err = rdsys::rd_kafka_header_get_all(headers, index, &mut name, &mut value, &mut size);
            if err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                return;
            }
            let name = std::ffi::CStr::from_ptr(name).to_bytes();
            let value = (!value.is_null()).then(|| std::slice::from_raw_parts(value as *const u8, size));
            then(name, value);
        }
    }
}

/// Writes into a block whose capacity was measured before.
struct Writer {
    bytes: Vec<u8>,
    at: usize,
}

impl Writer {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len();
        assert!(end <= self.bytes.capacity(), "a slab was measured smaller than it is");
        // SAFETY: the room was checked just now, and the source cannot lie in this block, which is exclusively ours.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.bytes.as_mut_ptr().add(self.at), bytes.len()) };
        self.at = end;
    }
}

/// Packs what is in `batch` (message and lane, runs contiguous) and destroys the messages.
pub fn pack(batch: &mut Vec<(Measured, u32)>) -> Slab {
    let count = batch.len();
    let index = count * INDEX_BYTES;
    let size = index + batch.iter().map(|(m, _)| m.data_len()).sum::<usize>();
    let mut out = Writer { bytes: Slab::block(size), at: 0 };
    let mut types = Vec::with_capacity(count);
    for (measured, _) in batch.iter() {
        let mut kind = TimestampType::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive.
        let timestamp = unsafe { rdsys::rd_kafka_message_timestamp(measured.message.raw(), &mut kind) };
        types.push(i32::from(kind == TimestampType::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME));
        out.put(&(measured.message.raw().offset as f64).to_le_bytes());
        out.put(&(timestamp as f64).to_le_bytes());
    }
    let mut start = index;
    for ((measured, lane), kind) in batch.iter().zip(types) {
        let raw = measured.message.raw();
        let key_len = if raw.key.is_null() { -1 } else { raw.key_len as i32 };
        let value_len = if raw.payload.is_null() { -1 } else { raw.len as i32 };
        for field in [start as i32, key_len, value_len, measured.headers_len as i32, *lane as i32, kind] {
            out.put(&field.to_le_bytes());
        }
        start += measured.data_len();
    }
    for (measured, _) in batch.iter() {
        let raw = measured.message.raw();
        // SAFETY: librdkafka gives pointer and length of memory that the message keeps alive.
        unsafe {
            if !raw.key.is_null() {
                out.put(std::slice::from_raw_parts(raw.key as *const u8, raw.key_len));
            }
            if !raw.payload.is_null() {
                out.put(std::slice::from_raw_parts(raw.payload as *const u8, raw.len));
            }
        }
        if !measured.headers.is_null() {
            each_header(measured.headers, |name, value| {
                out.put(&(name.len() as i32).to_le_bytes());
                out.put(name);
                out.put(&value.map_or(-1, |v| v.len() as i32).to_le_bytes());
                out.put(value.unwrap_or(&[]));
            });
        }
    }
    debug_assert_eq!(out.at, size);
    // SAFETY: everything up to `at` was written.
    unsafe { out.bytes.set_len(out.at) };
    batch.clear();
    Slab { bytes: out.bytes, count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_of_the_pool_come_back_to_it() {
        let block = Slab::block(POOLED_FROM);
        assert_eq!(block.capacity(), POOLED);
        Slab::recycle(block);
        Slab::recycle(Vec::with_capacity(100));
        assert!(POOL.lock().unwrap().iter().all(|b| b.capacity() == POOLED && b.is_empty()));
        for _ in 0..2 * POOL_LIMIT {
            Slab::recycle(Vec::with_capacity(POOLED));
        }
        assert!(POOL.lock().unwrap().len() <= POOL_LIMIT);
        assert_eq!(Slab::block(10).capacity(), 10);
        assert!(Slab::block(POOLED + 1).capacity() > POOLED);
    }
}
