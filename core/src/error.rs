//! Errors as data: a class, a stable code, a sentence that tells what to do. The floors above turn them into their
//! own exception types; nobody matches on text.

use std::ffi::CStr;
use std::fmt;

use rdkafka_sys as rdsys;
/// Codes of librdkafka (negative) and of the broker (positive).
pub use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde::Serialize;
use serde_json::Value;

/// Which error class the application sees. The names are those of the exported JavaScript classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ErrorClass {
    /// A variable or property that cannot be used.
    KafkaConfigError,
    /// An argument of the wrong type or out of range; nothing was done.
    KafkaValidationError,
    /// Data that cannot become bytes; nothing was sent.
    KafkaSerializationError,
    /// No broker could be reached, or the connection was refused by TLS.
    KafkaConnectionError,
    /// The broker refused the credentials.
    KafkaAuthenticationError,
    /// The broker knows the client but does not allow the operation.
    KafkaAuthorizationError,
    /// A bound of time passed.
    KafkaTimeoutError,
    /// The call does not fit the state of the service (closed, not started, no handler).
    KafkaStateError,
    /// Some or all messages of a publish were not stored.
    KafkaPublishError,
    /// A transaction that was aborted.
    KafkaTransactionError,
    /// A consumer operation failed.
    KafkaConsumerError,
    /// An answer of the broker that fits no class above.
    KafkaProtocolError,
    /// Something that this broker or client cannot do.
    KafkaNotSupportedError,
}

/// An error that can cross every floor: plain data, cheap to clone.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    pub class: ErrorClass,
    /// Stable, `ERR_KAFKA_…`; for errors of Kafka or librdkafka the rest is their own name (`ERR_KAFKA_MSG_SIZE_TOO_LARGE`).
    pub code: String,
    pub message: String,
    /// The same call may succeed later without a change.
    pub retriable: bool,
    /// The client that raised it cannot be used any more.
    pub fatal: bool,
    pub cause: Option<Box<Error>>,
    /// More for programs: the variable's name, the message's index, addresses tried…
    pub details: Option<Value>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(class: ErrorClass, code: &str, message: impl Into<String>) -> Self {
        Error {
            class,
            code: format!("ERR_KAFKA_{code}"),
            message: message.into(),
            retriable: false,
            fatal: false,
            cause: None,
            details: None,
        }
    }

    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::KafkaConfigError, "CONFIG_INVALID", message)
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::KafkaValidationError, "INVALID_ARGUMENT", message)
    }

    pub fn state(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::KafkaStateError, code, message)
    }

    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::KafkaTimeoutError, "TIMED_OUT", message).retriable(true)
    }

    pub fn retriable(mut self, yes: bool) -> Self {
        self.retriable = yes;
        self
    }

    pub fn fatal(mut self, yes: bool) -> Self {
        self.fatal = yes;
        self
    }

    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    pub fn caused_by(mut self, cause: Error) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// An error code of librdkafka (negative: its own; positive: the broker's), with what was being done.
    pub fn from_resp(err: RespErr, context: &str) -> Self {
        let class = class_of(err);
        let reason = describe(err);
        let message = if context.is_empty() { reason } else { format!("{context}: {reason}") };
        Error::new(class, &name(err), message)
            .retriable(is_retriable(err))
            .fatal(err == RespErr::RD_KAFKA_RESP_ERR__FATAL)
    }
}

/// The stable name of a code, without librdkafka's leading underscore: `MSG_TIMED_OUT`, `TOPIC_AUTHORIZATION_FAILED`.
pub fn name(err: RespErr) -> String {
    // SAFETY: librdkafka returns a static string for every code, also for unknown ones.
    let text = unsafe { CStr::from_ptr(rdsys::rd_kafka_err2name(err)) };
    text.to_string_lossy().trim_start_matches('_').to_string()
}

/// librdkafka's sentence for a code.
pub fn describe(err: RespErr) -> String {
    // SAFETY: as above, a static string.
    let text = unsafe { CStr::from_ptr(rdsys::rd_kafka_err2str(err)) };
    text.to_string_lossy().into_owned()
}

fn class_of(err: RespErr) -> ErrorClass {
    use RespErr::*;
    match err {
        RD_KAFKA_RESP_ERR__TRANSPORT
        | RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
        | RD_KAFKA_RESP_ERR__RESOLVE
        | RD_KAFKA_RESP_ERR__SSL
        | RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE
        | RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION => ErrorClass::KafkaConnectionError,
        RD_KAFKA_RESP_ERR__AUTHENTICATION
        | RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED
        | RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM
        | RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE => ErrorClass::KafkaAuthenticationError,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
        | RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
        | RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
        | RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED => ErrorClass::KafkaAuthorizationError,
        RD_KAFKA_RESP_ERR__TIMED_OUT
        | RD_KAFKA_RESP_ERR__MSG_TIMED_OUT
        | RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE
        | RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT => ErrorClass::KafkaTimeoutError,
        RD_KAFKA_RESP_ERR__INVALID_ARG => ErrorClass::KafkaValidationError,
        RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE | RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION => {
            ErrorClass::KafkaNotSupportedError
        }
        RD_KAFKA_RESP_ERR__STATE | RD_KAFKA_RESP_ERR__DESTROY => ErrorClass::KafkaStateError,
        _ => ErrorClass::KafkaProtocolError,
    }
}

/// Errors after which the same request may succeed. Kafka's protocol marks the broker's codes; librdkafka's own are
/// those of transport and time.
pub fn is_retriable(err: RespErr) -> bool {
    use RespErr::*;
    matches!(
        err,
        RD_KAFKA_RESP_ERR__TRANSPORT
            | RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
            | RD_KAFKA_RESP_ERR__RESOLVE
            | RD_KAFKA_RESP_ERR__TIMED_OUT
            | RD_KAFKA_RESP_ERR__MSG_TIMED_OUT
            | RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE
            | RD_KAFKA_RESP_ERR__QUEUE_FULL
            | RD_KAFKA_RESP_ERR__WAIT_COORD
            | RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
            | RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE
            | RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
            | RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION
            | RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
            | RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            | RD_KAFKA_RESP_ERR_NOT_COORDINATOR
            | RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
            | RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND
            | RD_KAFKA_RESP_ERR_NOT_CONTROLLER
            | RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS
            | RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS
    )
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_names_of_kafka_and_librdkafka() {
        let error = Error::from_resp(RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "publish to user-events");
        assert_eq!(error.code, "ERR_KAFKA_MSG_TIMED_OUT");
        assert_eq!(error.class, ErrorClass::KafkaTimeoutError);
        assert!(error.retriable);
        assert!(error.message.starts_with("publish to user-events: "));
        let denied = Error::from_resp(RespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "");
        assert_eq!(denied.class, ErrorClass::KafkaAuthorizationError);
        assert!(!denied.retriable);
    }
}
