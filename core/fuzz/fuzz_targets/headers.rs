//! Packed headers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafka4_core::any_bytes::headers(data));
