//! What librdkafka calls back for a handle, and the state that such a call finds behind the handle's opaque pointer.

use std::any::Any;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::client::Client;
use crate::diagnostics::{broker_of, Diagnostics};
use crate::error::Error;
use crate::events::{Event, Events};
use crate::requests::Requests;
use crate::resp;
use crate::telemetry::log::Level;
use crate::telemetry::Telemetry;

/// What a consumer does in librdkafka's callbacks, which run on the thread that polls.
pub trait ConsumerCallbacks: Send + Sync {
    /// `partitions` is only valid during the call.
    fn rebalance(&self, err: RespErr, partitions: *mut rdsys::rd_kafka_topic_partition_list_t);
    fn offsets_committed(&self, err: RespErr, partitions: *mut rdsys::rd_kafka_topic_partition_list_t);
}

/// Takes librdkafka's statistics, a JSON text, on the thread that polls.
pub type OnStatistics = Box<dyn Fn(&str) + Send + Sync>;

/// Takes a line of librdkafka's debug log, its facility and its text, on a thread of librdkafka's.
pub type OnDebugLine = Box<dyn Fn(&str, &str) + Send + Sync>;

/// The syslog level of debug lines.
const DEBUG: c_int = 7;

/// Shared by a handle and the callbacks that librdkafka makes for it.
pub struct ClientState {
    /// `producer`, `consumer edu-matrix-consumers`…: names the client in logs and events.
    pub name: String,
    pub telemetry: Arc<Telemetry>,
    pub events: Arc<Events>,
    pub diagnostics: Diagnostics,
    /// Set once by the consume path, before its first poll.
    pub consumer: OnceLock<Arc<dyn ConsumerCallbacks>>,
    /// The client itself, for callbacks that hand it on.
    pub(crate) client: OnceLock<Weak<Client>>,
    /// Set where a path wants librdkafka's statistics (with `statistics.interval.ms`).
    pub statistics: OnceLock<OnStatistics>,
    /// Set before the handle is made, where the requests of a client are told one by one.
    pub requests: OnceLock<Arc<Requests>>,
    /// Set where a path reads what librdkafka tells nowhere else but in its debug log (with `debug`).
    pub debug_lines: OnceLock<OnDebugLine>,
    /// What callbacks of a path point to through opaque pointers of their own; freed after the handle.
    pub kept: Mutex<Vec<Arc<dyn Any + Send + Sync>>>,
}

impl ClientState {
    pub fn new(name: impl Into<String>, telemetry: Arc<Telemetry>, events: Arc<Events>) -> Arc<Self> {
        Arc::new(ClientState {
            name: name.into(),
            telemetry,
            events,
            diagnostics: Diagnostics::default(),
            consumer: OnceLock::new(),
            client: OnceLock::new(),
            statistics: OnceLock::new(),
            debug_lines: OnceLock::new(),
            requests: OnceLock::new(),
            kept: Mutex::new(Vec::new()),
        })
    }
}

/// The state behind librdkafka's opaque pointer.
///
/// # Safety
/// `opaque` is the pointer given at creation; it holds a reference until after the handle is destroyed.
unsafe fn state<'a>(opaque: *const c_void) -> &'a ClientState {
    &*(opaque as *const ClientState)
}

// SAFETY: librdkafka calls with a live handle and texts that end with NUL; logs come while the handle lives, so the state
// that its opaque points to does, too.
pub(crate) unsafe extern "C" fn log_cb(
    rk: *const rdsys::rd_kafka_t,
    level: c_int,
    fac: *const c_char,
    text: *const c_char,
) {
    let opaque = rdsys::rd_kafka_opaque(rk);
    if opaque.is_null() {
        return;
    }
    let state = state(opaque);
    let fac = CStr::from_ptr(fac).to_string_lossy();
    let text = CStr::from_ptr(text).to_string_lossy();
    if let Some(take) = state.debug_lines.get().filter(|_| level >= DEBUG) {
        return take(&fac, &text);
    }
    let mut level = Level::from_syslog(level);
    if fac == "FAIL" {
        state.diagnostics.note(&text, &state.telemetry.log);
        // A connection that ended, which librdkafka warns of when answers were outstanding. It connects again by itself,
        // and brokers that restart end many.
        level = if level == Level::Warn { Level::Info } else { level };
    }
    state.telemetry.log.log(level, &format!("{} {fac}", state.name), &text);
}

// SAFETY: called by librdkafka or `Client::serve`, with a live handle, its opaque and a text that ends with NUL. The code
// is one of librdkafka's own: it makes these errors itself and takes none of them from a broker's answer.
pub(crate) unsafe extern "C" fn error_cb(
    rk: *mut rdsys::rd_kafka_t,
    err: c_int,
    reason: *const c_char,
    opaque: *mut c_void,
) {
    use std::sync::atomic::Ordering::Relaxed;
    let state = state(opaque);
    let err = resp::code(err);
    let reason = state.telemetry.log.mask(&CStr::from_ptr(reason).to_string_lossy());
    if err == RespErr::RD_KAFKA_RESP_ERR__FATAL {
        let mut text = [0 as c_char; 512];
        let code = resp::of_fatal(rk, text.as_mut_ptr(), text.len());
        let detail = CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned();
        let error = Error::from_resp(code, &format!("{}: {detail}", state.name)).fatal(true);
        state.telemetry.log.error(&state.name, &error.to_string());
        state.events.emit(Event::Fatal { client: state.name.clone(), error });
        return;
    }
    state.telemetry.connection_errors.fetch_add(1, Relaxed);
    state.diagnostics.note_error(err, &reason);
    let broker = broker_of(&reason).unwrap_or_default().to_string();
    state.events.emit(Event::ConnectionError { client: state.name.clone(), broker, reason });
}

// SAFETY: as above; `json` has `json_len` bytes that stay as they are during the call.
pub(crate) unsafe extern "C" fn stats_cb(
    _rk: *mut rdsys::rd_kafka_t,
    json: *mut c_char,
    json_len: usize,
    opaque: *mut c_void,
) -> c_int {
    if let Some(statistics) = state(opaque).statistics.get() {
        let bytes = std::slice::from_raw_parts(json as *const u8, json_len);
        if let Ok(text) = std::str::from_utf8(bytes) {
            statistics(text);
        }
    }
    // 0: librdkafka frees the text itself.
    0
}

// SAFETY: as above, the opaque is the handle's.
pub(crate) unsafe extern "C" fn token_cb(_rk: *mut rdsys::rd_kafka_t, _config: *const c_char, opaque: *mut c_void) {
    let state = state(opaque);
    let Some(client) = state.client.get() else { return };
    if !state.events.tokens.wanted_by(client.clone()) {
        state.events.emit(Event::TokenNeeded { client: state.name.clone() });
    }
}

// SAFETY: as above; the list is valid during the call, as `ConsumerCallbacks` tells whoever implements it.
pub(crate) unsafe extern "C" fn rebalance_cb(
    _rk: *mut rdsys::rd_kafka_t,
    err: RespErr,
    partitions: *mut rdsys::rd_kafka_topic_partition_list_t,
    opaque: *mut c_void,
) {
    if let Some(consumer) = state(opaque).consumer.get() {
        consumer.rebalance(err, partitions);
    }
}

// SAFETY: as above, the list too.
pub(crate) unsafe extern "C" fn offset_commit_cb(
    _rk: *mut rdsys::rd_kafka_t,
    err: c_int,
    partitions: *mut rdsys::rd_kafka_topic_partition_list_t,
    opaque: *mut c_void,
) {
    if let Some(consumer) = state(opaque).consumer.get() {
        consumer.offsets_committed(resp::code(err), partitions);
    }
}
