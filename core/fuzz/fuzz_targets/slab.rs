//! Slab, index and sends of plain records: the check of a send.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafka4_core::produce::any_bytes::slab(data));
