//! A broker's answer to the question for its version.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafka4_core::control::any_bytes::api_versions(data));
