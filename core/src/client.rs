//! One librdkafka handle: built from properties, with its callbacks (callbacks.rs), destroyed without ever blocking its
//! owner for longer than a deadline. The three paths build on it; nothing else creates handles for them.

use std::collections::BTreeMap;
use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{mpsc, Arc};
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::callbacks::{error_cb, log_cb, offset_commit_cb, rebalance_cb, stats_cb, token_cb, ClientState};
use crate::ending;
use crate::error::{Error, ErrorClass, Result};
use crate::oauth::{TakesToken, Token};
use crate::patience::{Patience, Peers};
use crate::resp;

/// Names and values of librdkafka's configuration, as `rd_kafka_conf_set` takes them (properties.rs).
pub type Properties = BTreeMap<String, String>;

/// librdkafka's `offset_commit_cb`, by the type in which it gives the code.
type OffsetCommitCb<Code> =
    unsafe extern "C" fn(*mut rdsys::rd_kafka_t, Code, *mut rdsys::rd_kafka_topic_partition_list_t, *mut c_void);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Producer,
    Consumer,
}

/// An owned `rd_kafka_t`.
pub struct Client {
    rk: *mut rdsys::rd_kafka_t,
    pub state: Arc<ClientState>,
    pub peers: Arc<Peers>,
    /// The reference that librdkafka's opaque pointer holds; given back after the handle is gone.
    opaque: *const ClientState,
}

// SAFETY: librdkafka's handle may be used from any thread; the state is Sync; `opaque` is only touched in drop.
unsafe impl Send for Client {}
unsafe impl Sync for Client {}

impl Client {
    /// Creates the handle and starts librdkafka's threads; opens no connection that is waited for.
    /// `events`: `RD_KAFKA_EVENT_…` bits that the path takes from its queue instead of by callback.
    pub fn create(kind: Kind, properties: &Properties, events: c_int, state: Arc<ClientState>) -> Result<Arc<Client>> {
        // Before librdkafka does it in its own way: OpenSSL must not clean up at the end of the process, while threads of
        // librdkafka still read from its connections.
        openssl_sys::init();
        // SAFETY: the conf is owned by this function until rd_kafka_new takes it over, and destroyed on every other way
        // out; callbacks are plain functions; the opaque pointer keeps one reference until drop.
        unsafe {
            let conf = rdsys::rd_kafka_conf_new();
            for (name, value) in properties {
                if let Err(error) = set(conf, name, value) {
                    rdsys::rd_kafka_conf_destroy(conf);
                    return Err(error);
                }
            }
            let opaque = Arc::into_raw(state.clone());
            rdsys::rd_kafka_conf_set_opaque(conf, opaque as *mut c_void);
            rdsys::rd_kafka_conf_set_log_cb(conf, Some(log_cb));
            rdsys::rd_kafka_conf_set_error_cb(conf, Some(error_cb));
            rdsys::rd_kafka_conf_set_stats_cb(conf, Some(stats_cb));
            rdsys::rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, Some(token_cb));
            rdsys::rd_kafka_conf_set_events(conf, events);
            if kind == Kind::Consumer {
                rdsys::rd_kafka_conf_set_rebalance_cb(conf, Some(rebalance_cb));
                // The code may be one of the broker's that the bindings' enum does not have (resp.rs).
                // SAFETY: the enum is `repr(i32)`, so both types are passed in the same way.
                let committed = std::mem::transmute::<OffsetCommitCb<c_int>, OffsetCommitCb<RespErr>>(offset_commit_cb);
                rdsys::rd_kafka_conf_set_offset_commit_cb(conf, Some(committed));
            }
            if let Some(requests) = state.requests.get() {
                crate::requests::intercept(conf, requests);
            }
            let rk_type = match kind {
                Kind::Producer => rdsys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
                Kind::Consumer => rdsys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
            };
            let mut text = [0 as c_char; 512];
            let rk = rdsys::rd_kafka_new(rk_type, conf, text.as_mut_ptr(), text.len());
            if rk.is_null() {
                rdsys::rd_kafka_conf_destroy(conf);
                drop(Arc::from_raw(opaque));
                let reason = state.telemetry.log.mask(&CStr::from_ptr(text.as_ptr()).to_string_lossy());
                return Err(Error::config(format!("{} cannot be created: {reason}", state.name)));
            }
            let client = Arc::new(Client { rk, state, peers: Arc::new(peers(properties)), opaque });
            let _ = client.state.client.set(Arc::downgrade(&client));
            Ok(client)
        }
    }

    pub fn rk(&self) -> *mut rdsys::rd_kafka_t {
        self.rk
    }

    /// The error after which this handle cannot go on, if there is one.
    pub fn fatal_error(&self) -> Option<Error> {
        let mut text = [0 as c_char; 512];
        // SAFETY: the buffer outlives the call and its length is given.
        let code = unsafe { resp::of_fatal(self.rk, text.as_mut_ptr(), text.len()) };
        if code == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        // SAFETY: librdkafka ended the text with NUL.
        let reason = unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into_owned();
        Some(Error::from_resp(code, &format!("{}: {reason}", self.state.name)).fatal(true))
    }

    /// Handles an event of this client's main queue as its callbacks do. `rd_kafka_queue_poll` gives errors, statistics
    /// and token requests as events whether they were asked for or not, and then makes no callback for them
    /// (rdkafka_event.h, `rd_kafka_event_setup`).
    ///
    /// # Safety
    /// `event` must be a live event of this client; it stays the caller's to destroy.
    pub unsafe fn serve(&self, event: *mut rdsys::rd_kafka_event_t) {
        let opaque = self.opaque as *mut c_void;
        match rdsys::rd_kafka_event_type(event) {
            rdsys::RD_KAFKA_EVENT_ERROR => {
                // A fatal error's event carries the reason in place of the code that says that it is fatal.
                let err = match rdsys::rd_kafka_event_error_is_fatal(event) {
                    0 => resp::of_event(event),
                    _ => RespErr::RD_KAFKA_RESP_ERR__FATAL,
                };
                error_cb(self.rk, err as c_int, rdsys::rd_kafka_event_error_string(event), opaque);
            }
            rdsys::RD_KAFKA_EVENT_STATS => {
                let json = rdsys::rd_kafka_event_stats(event);
                stats_cb(self.rk, json as *mut c_char, CStr::from_ptr(json).to_bytes().len(), opaque);
            }
            rdsys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH => {
                token_cb(self.rk, rdsys::rd_kafka_event_config_string(event), opaque);
            }
            _ => {}
        }
    }

    /// Destroys the handle on a thread of its own and waits as long as there is patience. `rd_kafka_destroy` can wait for
    /// sockets of frozen brokers; then the thread is left to end by itself. False: it was left.
    pub fn destroy_by(self: Arc<Self>, patience: impl Into<Patience>) -> bool {
        if ending::has_begun() {
            return false;
        }
        const LOOK: Duration = Duration::from_millis(50);
        let (patience, peers) = (patience.into(), self.peers.clone());
        let (done, wait) = mpsc::channel();
        let spawned = std::thread::Builder::new().name("kafka4-destroy".into()).spawn(move || {
            drop_here(self);
            let _ = done.send(());
        });
        if spawned.is_err() {
            return false;
        }
        loop {
            let over = patience.over(&peers);
            match wait.recv_timeout(LOOK.min(patience.left())) {
                Ok(()) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) if over => return false,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Where the brokers are, as librdkafka is told.
fn peers(properties: &Properties) -> Peers {
    let get = |name: &str| properties.get(name).map(String::as_str);
    let servers = get("bootstrap.servers").or_else(|| get("metadata.broker.list")).unwrap_or_default();
    let servers =
        servers.split(',').map(|server| server.trim().to_string()).filter(|server| !server.is_empty()).collect();
    Peers::new(servers, get("security.protocol").unwrap_or("plaintext"))
}

/// Waits until this is the last reference, then destroys. Other holders are threads that were told to stop.
fn drop_here(mut client: Arc<Client>) {
    loop {
        match Arc::try_unwrap(client) {
            Ok(last) => return drop(last),
            Err(shared) => {
                client = shared;
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        }
    }
}

impl Drop for Client {
    /// Blocks while librdkafka's threads end: owners that must not wait use [`Client::destroy_by`].
    fn drop(&mut self) {
        if ending::has_begun() {
            return;
        }
        // SAFETY: the last owner is here, so nobody uses the handle any more; the reference that the opaque pointer
        // held is given back after the last callback.
        unsafe {
            rdsys::rd_kafka_destroy_flags(self.rk, rdsys::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
            drop(Arc::from_raw(self.opaque));
        }
    }
}

impl TakesToken for Client {
    fn take_token(&self, token: &Token) -> Result<()> {
        let mut text = [0 as c_char; 512];
        // SAFETY: all strings are copied by librdkafka; the buffer's length is given; no extensions.
        let err = unsafe {
            rdsys::rd_kafka_oauthbearer_set_token(
                self.rk,
                token.value.as_ptr(),
                token.expires_ms,
                token.principal.as_ptr(),
                std::ptr::null_mut(),
                0,
                text.as_mut_ptr(),
                text.len(),
            )
        };
        if err == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Ok(());
        }
        // librdkafka's text may quote the token, so only the fact is told.
        let message = "the OAuth token was refused: check its form, and that it has not expired";
        Err(Error::new(ErrorClass::KafkaAuthenticationError, "OAUTH_TOKEN_REFUSED", message))
    }

    fn take_refusal(&self, reason: &CStr) {
        // SAFETY: the handle lives as long as `self`; the text is copied.
        unsafe { rdsys::rd_kafka_oauthbearer_set_token_failure(self.rk, reason.as_ptr()) };
    }
}

/// `rd_kafka_conf_set`, with an error that names the property and hides what is secret.
///
/// # Safety
/// `conf` must be a live configuration.
unsafe fn set(conf: *mut rdsys::rd_kafka_conf_t, name: &str, value: &str) -> Result<()> {
    let refuse = |reason: &str| {
        let shown = if crate::config::is_secret_property(name) { crate::config::MASK } else { value };
        let message = format!("librdkafka property {name}={shown:?} cannot be used: {reason}");
        Err(Error::config(message).details(serde_json::json!({ "property": name, "value": shown })))
    };
    if value.contains(['\n', '\r', '\0']) && !name.ends_with(".pem") {
        return refuse("it contains a line break or NUL");
    }
    let (Ok(c_name), Ok(c_value)) = (CString::new(name), CString::new(value)) else {
        return refuse("it contains NUL");
    };
    let mut text = [0 as c_char; 512];
    let result = rdsys::rd_kafka_conf_set(conf, c_name.as_ptr(), c_value.as_ptr(), text.as_mut_ptr(), text.len());
    if result == rdsys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
        return Ok(());
    }
    let reason = CStr::from_ptr(text.as_ptr()).to_string_lossy();
    if crate::config::is_secret_property(name) {
        return refuse("librdkafka refuses it");
    }
    refuse(&reason)
}

/// Version of the linked librdkafka with its built-in features: `2.15.1 (gzip,snappy,ssl,…)`.
pub fn librdkafka_version() -> String {
    // SAFETY: the version is a static string; the features are written into the buffer with its length given.
    unsafe {
        let version = CStr::from_ptr(rdsys::rd_kafka_version_str()).to_string_lossy();
        let conf = rdsys::rd_kafka_conf_new();
        let mut text = [0 as c_char; 512];
        let mut len = text.len();
        rdsys::rd_kafka_conf_get(conf, c"builtin.features".as_ptr(), text.as_mut_ptr(), &mut len);
        rdsys::rd_kafka_conf_destroy(conf);
        format!("{version} ({})", CStr::from_ptr(text.as_ptr()).to_string_lossy())
    }
}
