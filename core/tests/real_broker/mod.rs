//! The real Apache Kafka of the tests that need one: `KAFKA4_TEST_BROKER=host:port`, PLAINTEXT. Where it is not set they say
//! so and do nothing, except with `CI=true`, where that is a failure.

/// The address of the broker; `None` only where missing it is allowed.
pub fn address() -> Option<String> {
    let address = std::env::var("KAFKA4_TEST_BROKER").ok().filter(|address| !address.is_empty());
    if address.is_none() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "KAFKA4_TEST_BROKER is not set, and with CI=true these tests may not be left out");
        eprintln!("NOT RUN: KAFKA4_TEST_BROKER is not set");
    }
    address
}
