//! Index entry and slab of an event: its envelope.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafka4_core::services::any_bytes::event(data));
