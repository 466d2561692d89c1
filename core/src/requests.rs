//! What a client asks brokers and what they answer, request by request, for the floor above: noted by librdkafka's
//! interceptors, and only while somebody wants to know.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::{c_char, c_int, c_void, CStr};
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde::Serialize;

use crate::resp;
use crate::wake::Wake;

/// Requests of a kind that are noted: bits of [`Requests::watch`].
pub const HEARTBEATS: u32 = 1;
pub const FETCHES: u32 = 2;
pub const ALL: u32 = 4;

/// More than these wait to be taken only where nobody takes them; the oldest go.
const LIMIT: usize = 4_096;

/// Numbers of Kafka's protocol.
const PRODUCE: i16 = 0;
const FETCH: i16 = 1;
const HEARTBEAT: i16 = 12;
const CONSUMER_GROUP_HEARTBEAT: i16 = 68;

/// One request that was written, or whose answer came (or will not come).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RequestNote {
    Sent {
        broker: String,
        broker_id: i32,
        api_key: i16,
        queue_size: u32,
    },
    Answered {
        broker: String,
        broker_id: i32,
        api_key: i16,
        api_version: i16,
        correlation_id: i32,
        /// ms since the epoch.
        sent_at: i64,
        /// ms
        duration: f64,
        /// bytes of the answer
        size: u64,
        queue_size: u32,
        timed_out: bool,
        failed: bool,
    },
}

#[derive(Default)]
struct Noted {
    waiting: VecDeque<RequestNote>,
    in_flight: HashMap<String, InFlight>,
    /// Answers that librdkafka has told once: it calls again when it hands one over to the thread that asked.
    told_once: VecDeque<Told>,
    /// Addresses of brokers as they are advertised.
    addresses: HashSet<String>,
    /// Where librdkafka's connections that are called by their role (`GroupCoordinator`) lead to.
    roles: HashMap<String, String>,
}

/// Requests to one broker that have no answer: number and time of writing, by kind, oldest first. Bounded by librdkafka's
/// own bound of requests in flight.
#[derive(Default)]
struct InFlight(HashMap<i16, VecDeque<(i32, i64)>>);

/// What tells one answer from others: broker, kind, µs, bytes.
type Told = (String, i16, i64, usize);

/// The requests of one client.
pub struct Requests {
    watched: AtomicU32,
    noted: Mutex<Noted>,
    wake: Arc<dyn Wake>,
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Requests").field("watched", &self.watched).finish_non_exhaustive()
    }
}

impl Requests {
    /// `wake` is told when there is something to [`take`](Self::take).
    pub fn new(wake: Arc<dyn Wake>) -> Arc<Self> {
        Arc::new(Requests { watched: AtomicU32::new(0), noted: Mutex::default(), wake })
    }

    /// Which requests are noted from now on.
    pub fn watch(&self, kinds: u32) {
        self.watched.store(kinds, Ordering::Relaxed);
    }

    pub fn take(&self) -> Vec<RequestNote> {
        self.noted.lock().expect("no panic while noting").waiting.drain(..).collect()
    }

    fn wanted(&self, api_key: i16) -> bool {
        let kinds = self.watched.load(Ordering::Relaxed);
        kinds & ALL != 0
            || match api_key {
                FETCH => kinds & FETCHES != 0,
                HEARTBEAT | CONSUMER_GROUP_HEARTBEAT => kinds & HEARTBEATS != 0,
                _ => false,
            }
    }

    fn sent(
        &self,
        broker: &str,
        broker_id: i32,
        api_key: i16,
        correlation_id: i32,
        peer: impl FnOnce() -> Option<SocketAddr>,
    ) {
        let mut noted = self.noted.lock().expect("no panic while noting");
        // Also while nobody watches: where brokers are must be known when somebody begins to.
        let broker = noted.address(broker, peer);
        if !self.wanted(api_key) {
            return;
        }
        let in_flight = noted.in_flight.entry(broker.clone()).or_default();
        in_flight.0.entry(api_key).or_default().push_back((correlation_id, now_ms()));
        let queue_size = in_flight.len();
        noted.push(RequestNote::Sent { broker, broker_id, api_key, queue_size });
        drop(noted);
        self.wake.wake();
    }

    fn answered(&self, name: &str, answer: Answer) {
        let Answer { broker_id, api_key, api_version, size, rtt_us, err } = answer;
        if !self.wanted(api_key) {
            return;
        }
        let mut noted = self.noted.lock().expect("no panic while noting");
        let broker = noted.address(name, || None);
        // Those two are handled where they arrive, and told once.
        if !matches!(api_key, PRODUCE | FETCH) && !noted.is_news((broker.clone(), api_key, rtt_us, size)) {
            return;
        }
        let in_flight = noted.in_flight.entry(broker.clone()).or_default();
        // None: it was written before somebody watched.
        let sent = in_flight.0.get_mut(&api_key).and_then(VecDeque::pop_front);
        let queue_size = in_flight.len();
        let duration = rtt_us.max(0) as f64 / 1000.0;
        use RespErr::*;
        noted.push(RequestNote::Answered {
            broker,
            broker_id,
            api_key,
            api_version,
            correlation_id: sent.map_or(0, |(id, _)| id),
            sent_at: sent.map_or_else(|| now_ms() - duration as i64, |(_, at)| at),
            duration,
            size: size as u64,
            queue_size,
            timed_out: matches!(err, RD_KAFKA_RESP_ERR__TIMED_OUT | RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE),
            failed: err != RD_KAFKA_RESP_ERR_NO_ERROR,
        });
        drop(noted);
        self.wake.wake();
    }
}

struct Answer {
    broker_id: i32,
    api_key: i16,
    api_version: i16,
    size: usize,
    rtt_us: i64,
    err: RespErr,
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

impl InFlight {
    fn len(&self) -> u32 {
        self.0.values().map(VecDeque::len).sum::<usize>() as u32
    }
}

impl Noted {
    /// Where the broker is; `peer` is asked for a connection that is called by its role. Else what librdkafka calls it.
    fn address(&mut self, name: &str, peer: impl FnOnce() -> Option<SocketAddr>) -> String {
        if name.contains(':') {
            if !self.addresses.contains(name) {
                self.addresses.insert(name.to_string());
            }
            return name.to_string();
        }
        if let Some(peer) = peer() {
            let known: Vec<_> = self.addresses.iter().filter(|a| port_of(a) == Some(peer.port())).collect();
            let address = if let [only] = known[..] { only.clone() } else { peer.to_string() };
            self.roles.insert(name.to_string(), address);
        }
        self.roles.get(name).cloned().unwrap_or_else(|| name.to_string())
    }

    /// False for the second of two equal answers.
    fn is_news(&mut self, told: Told) -> bool {
        const LONGEST: usize = 256;
        if let Some(index) = self.told_once.iter().position(|each| *each == told) {
            self.told_once.remove(index);
            return false;
        }
        if self.told_once.len() == LONGEST {
            self.told_once.pop_front();
        }
        self.told_once.push_back(told);
        true
    }

    fn push(&mut self, note: RequestNote) {
        if self.waiting.len() == LIMIT {
            self.waiting.pop_front();
        }
        self.waiting.push_back(note);
    }
}

fn port_of(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}

/// Where a socket of librdkafka's is connected to.
///
/// # Safety
/// `socket` stays open during the call.
unsafe fn peer_of(socket: c_int) -> Option<SocketAddr> {
    #[cfg(unix)]
    let stream = <TcpStream as std::os::fd::FromRawFd>::from_raw_fd(socket);
    #[cfg(windows)]
    let stream = <TcpStream as std::os::windows::io::FromRawSocket>::from_raw_socket(socket as _);
    // It is librdkafka's to close.
    ManuallyDrop::new(stream).peer_addr().ok()
}

/// librdkafka's name of a broker is `host:port/id`.
fn address(name: &str) -> &str {
    let name = name.rsplit_once("://").map_or(name, |(_, rest)| rest);
    name.split_once('/').map_or(name, |(address, _)| address)
}

type OnResponse<Code> = unsafe extern "C" fn(
    *mut rdsys::rd_kafka_t,
    c_int,
    *const c_char,
    i32,
    i16,
    i16,
    i32,
    usize,
    i64,
    Code,
    *mut c_void,
) -> RespErr;

/// Hangs the interceptors of a client that is about to be made.
///
/// # Safety
/// `conf` is a live configuration; `requests` outlives the handle that is made of it.
pub unsafe fn intercept(conf: *mut rdsys::rd_kafka_conf_t, requests: &Arc<Requests>) {
    let opaque = Arc::as_ptr(requests) as *mut c_void;
    rdsys::rd_kafka_conf_interceptor_add_on_new(conf, c"kafka4-requests".as_ptr(), Some(on_new), opaque);
}

// SAFETY: librdkafka calls it once for the handle, with the opaque of `intercept`.
unsafe extern "C" fn on_new(
    rk: *mut rdsys::rd_kafka_t,
    _conf: *const rdsys::rd_kafka_conf_t,
    opaque: *mut c_void,
    _text: *mut c_char,
    _size: usize,
) -> RespErr {
    let name = c"kafka4-requests".as_ptr();
    rdsys::rd_kafka_interceptor_add_on_request_sent(rk, name, Some(on_sent), opaque);
    // The code may be one that the bindings' enum does not have (resp.rs).
    // SAFETY: the enum is `repr(i32)`, so both types are passed in the same way.
    let answered = std::mem::transmute::<OnResponse<c_int>, OnResponse<RespErr>>(on_answered);
    rdsys::rd_kafka_interceptor_add_on_response_received(rk, name, Some(answered), opaque);
    RespErr::RD_KAFKA_RESP_ERR_NO_ERROR
}

/// # Safety
/// `name` is null or ends with NUL.
unsafe fn broker_name(name: *const c_char) -> String {
    if name.is_null() {
        return String::new();
    }
    address(&CStr::from_ptr(name).to_string_lossy()).to_string()
}

// SAFETY: called with the opaque of `intercept`, whose requests outlive the handle, a text that ends with NUL, and the
// socket that the request was just written to.
unsafe extern "C" fn on_sent(
    _rk: *mut rdsys::rd_kafka_t,
    socket: c_int,
    broker: *const c_char,
    broker_id: i32,
    api_key: i16,
    _version: i16,
    correlation_id: i32,
    _size: usize,
    opaque: *mut c_void,
) -> RespErr {
    let requests = &*(opaque as *const Requests);
    let peer = || if socket >= 0 { peer_of(socket) } else { None };
    requests.sent(&broker_name(broker), broker_id, api_key, correlation_id, peer);
    RespErr::RD_KAFKA_RESP_ERR_NO_ERROR
}

// SAFETY: as above, without a socket.
unsafe extern "C" fn on_answered(
    _rk: *mut rdsys::rd_kafka_t,
    _socket: c_int,
    broker: *const c_char,
    broker_id: i32,
    api_key: i16,
    api_version: i16,
    // Always 0: librdkafka reads it from the request's buffer.
    _correlation_id: i32,
    size: usize,
    rtt_us: i64,
    err: c_int,
    opaque: *mut c_void,
) -> RespErr {
    let requests = &*(opaque as *const Requests);
    let err = resp::code(err);
    // An answer that nobody waits for any more has no key; what is destroyed with its client was not answered.
    if api_key >= 0 && err != RespErr::RD_KAFKA_RESP_ERR__DESTROY && requests.wanted(api_key) {
        let answer = Answer { broker_id, api_key, api_version, size, rtt_us, err };
        requests.answered(&broker_name(broker), answer);
    }
    RespErr::RD_KAFKA_RESP_ERR_NO_ERROR
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
