//! librdkafka's statistics, as the watchdog and the status read them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kafka4_core::consume::any_bytes::statistics(data));
