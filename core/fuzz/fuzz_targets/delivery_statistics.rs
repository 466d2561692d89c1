//! librdkafka's statistics, as the delivery thread reads them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafka4_core::produce::any_bytes::statistics(data));
