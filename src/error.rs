//! Errors cross the border as data; lib/kafka/errors.ts builds the exception from it, in one place.

use kafka4_core::error::Error;
use napi_derive::napi;
use serde::Serialize;

/// An error of the core.
#[napi(object)]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NativeError {
    /// Name of the JavaScript class, `KafkaConfigError`…
    pub class_name: String,
    /// Stable, `ERR_KAFKA_…`.
    pub code: String,
    pub message: String,
    pub retriable: bool,
    pub fatal: bool,
    /// The error that caused it, as JSON text of the same shape.
    pub cause: Option<String>,
    /// JSON text with more for programs.
    pub details: Option<String>,
}

impl From<Error> for NativeError {
    fn from(error: Error) -> Self {
        NativeError {
            class_name: format!("{:?}", error.class),
            code: error.code,
            message: error.message,
            retriable: error.retriable,
            fatal: error.fatal,
            cause: error.cause.map(|cause| serde_json::to_string(&NativeError::from(*cause)).expect("plain data")),
            details: error.details.map(|details| details.to_string()),
        }
    }
}

/// What a call that can fail at once returns: nothing, or the error.
pub fn outcome(result: kafka4_core::error::Result<()>) -> Option<NativeError> {
    result.err().map(NativeError::from)
}
