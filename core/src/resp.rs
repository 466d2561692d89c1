//! Reads librdkafka's error codes. The bindings declare them as a Rust enum, which may hold the listed numbers only:
//! anything else is undefined behaviour. But a broker can answer with any number, and both newer brokers and newer
//! versions of librdkafka have codes that the bindings do not list (`TRANSACTION_ABORTABLE`, 120). So whatever may come
//! from a broker is read as a number, and one that is not listed becomes `RD_KAFKA_RESP_ERR_UNKNOWN`.

use std::ffi::{c_char, c_int};

use rdkafka_sys as rdsys;
pub use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

/// The same functions as in the bindings, with the number as their result.
mod native {
    use super::{c_char, c_int, rdsys};

    extern "C" {
        pub fn rd_kafka_event_error(event: *mut rdsys::rd_kafka_event_t) -> c_int;
        pub fn rd_kafka_error_code(error: *const rdsys::rd_kafka_error_t) -> c_int;
        pub fn rd_kafka_topic_result_error(result: *const rdsys::rd_kafka_topic_result_t) -> c_int;
        pub fn rd_kafka_fatal_error(rk: *mut rdsys::rd_kafka_t, text: *mut c_char, len: usize) -> c_int;
    }
}

/// The code with that number.
pub fn code(number: c_int) -> RespErr {
    RespErr::try_from(number).unwrap_or(RespErr::RD_KAFKA_RESP_ERR_UNKNOWN)
}

/// The code of a message, a partition, a topic: of a field that librdkafka has written.
///
/// # Safety
/// `field` points to a live field; its number need not be one of the enum's.
pub unsafe fn read(field: *const RespErr) -> RespErr {
    // SAFETY: the enum is `repr(i32)`, so the field is a c_int.
    code(field.cast::<c_int>().read())
}

/// # Safety
/// `event` must be a live event.
pub unsafe fn of_event(event: *mut rdsys::rd_kafka_event_t) -> RespErr {
    code(native::rd_kafka_event_error(event))
}

/// # Safety
/// `error` must be a live error, or null (no error).
pub unsafe fn of_error(error: *const rdsys::rd_kafka_error_t) -> RespErr {
    code(native::rd_kafka_error_code(error))
}

/// # Safety
/// `result` must be a live result.
pub unsafe fn of_topic_result(result: *const rdsys::rd_kafka_topic_result_t) -> RespErr {
    code(native::rd_kafka_topic_result_error(result))
}

/// The code of a handle's fatal error, if it has one; `text` gets the reason.
///
/// # Safety
/// `rk` must be a live handle; `text` has room for `len` bytes, or is null with `len` 0.
pub unsafe fn of_fatal(rk: *mut rdsys::rd_kafka_t, text: *mut c_char, len: usize) -> RespErr {
    code(native::rd_kafka_fatal_error(rk, text, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_the_bindings_do_not_list_is_unknown() {
        assert_eq!(code(-185), RespErr::RD_KAFKA_RESP_ERR__TIMED_OUT);
        assert_eq!(code(3), RespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
        for number in [120, 131, 9_999, -9_999, i32::MAX, i32::MIN] {
            let field = number;
            // SAFETY: a live number in place of a field of librdkafka.
            let read = unsafe { read((&raw const field).cast()) };
            assert_eq!(read, RespErr::RD_KAFKA_RESP_ERR_UNKNOWN, "{number}");
        }
    }
}
