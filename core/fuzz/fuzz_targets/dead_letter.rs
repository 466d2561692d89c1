//! Headers and error texts of a dead letter.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafka4_core::consume::any_bytes::dead_letter(data));
