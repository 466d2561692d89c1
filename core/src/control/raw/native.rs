//! What the answers hold as numbers. The bindings declare these functions with Rust enums, which may hold the listed
//! values only, while a broker can answer with any (see `resp.rs`).

use std::ffi::c_int;

use rdkafka_sys as rdsys;

use super::Verdict;
use crate::control::request::text_of;

/// The same functions as in the bindings, with the number as their result or argument.
pub(super) mod numbers {
    use super::{c_int, rdsys};
    use std::ffi::c_char;

    extern "C" {
        pub fn rd_kafka_error_code(error: *const rdsys::rd_kafka_error_t) -> c_int;
        pub fn rd_kafka_topic_result_error(result: *const rdsys::rd_kafka_topic_result_t) -> c_int;
        pub fn rd_kafka_ConfigResource_error(resource: *const rdsys::rd_kafka_ConfigResource_t) -> c_int;
        pub fn rd_kafka_ConfigResource_type(resource: *const rdsys::rd_kafka_ConfigResource_t) -> c_int;
        pub fn rd_kafka_ConfigResource_new(kind: c_int, name: *const c_char) -> *mut rdsys::rd_kafka_ConfigResource_t;
        pub fn rd_kafka_ConfigEntry_source(entry: *const rdsys::rd_kafka_ConfigEntry_t) -> c_int;
    }
}

/// # Safety
/// `error` must be null (no error) or live.
pub(super) unsafe fn verdict(error: *const rdsys::rd_kafka_error_t) -> Verdict {
    // SAFETY: the caller's promise; both accept null.
    let error_code = numbers::rd_kafka_error_code(error);
    let error_message = (error_code != 0).then(|| text_of(rdsys::rd_kafka_error_string(error)));
    Verdict { error_code, error_message }
}

/// The number of a field that the bindings declare as an enum.
///
/// # Safety
/// `field` must point to a live `rd_kafka_resp_err_t`, whatever number it holds.
pub(super) unsafe fn number(field: *const rdsys::rd_kafka_resp_err_t) -> c_int {
    field.cast::<c_int>().read()
}
