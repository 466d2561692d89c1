//! What librdkafka's transaction calls say, and the error that the caller of a transaction gets.

use std::ffi::CStr;

use rdkafka_sys as rdsys;
use serde_json::json;

use crate::error::{Error, ErrorClass};
use crate::resp;

/// What librdkafka's transaction calls say.
pub struct Refusal {
    pub error: Error,
    pub retriable: bool,
    pub fatal: bool,
    pub must_abort: bool,
}

/// Calls librdkafka and takes its error apart.
pub fn call(operation: impl FnOnce() -> *mut rdsys::rd_kafka_error_t) -> std::result::Result<(), Refusal> {
    let error = operation();
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the error is ours and destroyed after it was read; its text lives as long.
    unsafe {
        let fatal = rdsys::rd_kafka_error_is_fatal(error) != 0;
        let retriable = rdsys::rd_kafka_error_is_retriable(error) != 0;
        let must_abort = rdsys::rd_kafka_error_txn_requires_abort(error) != 0;
        let text = CStr::from_ptr(rdsys::rd_kafka_error_string(error)).to_string_lossy().into_owned();
        let code = resp::of_error(error);
        rdsys::rd_kafka_error_destroy(error);
        let error = Error { message: text, ..Error::from_resp(code, "") }.retriable(retriable).fatal(fatal);
        Err(Refusal { error, retriable, fatal, must_abort })
    }
}

/// The transaction is aborted for `cause`: nothing of it is stored.
pub fn aborted(cause: Error) -> Error {
    // A fenced producer is replaced by its owner, so that the same call can be made again.
    let refused = matches!(cause.class, ErrorClass::KafkaAuthorizationError | ErrorClass::KafkaAuthenticationError);
    let retriable = cause.retriable || (cause.fatal && !refused);
    let message = format!("the transaction was aborted, nothing of it is stored: {}", cause.message);
    Error::new(ErrorClass::KafkaTransactionError, "TRANSACTION_ABORTED", message)
        .retriable(retriable)
        .details(json!({ "outcome": "aborted" }))
        .caused_by(cause)
}
