//! What a client asks brokers and what they answer, request by request, for the floor above: noted by librdkafka's
//! interceptors, and only while somebody wants to know.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde::Serialize;

use crate::wake::Wake;

mod intercept;
mod noted;
#[cfg(test)]
mod tests;

pub use intercept::intercept;
use noted::Noted;

/// Requests of a kind that are noted: bits of [`Requests::watch`].
pub const HEARTBEATS: u32 = 1;
pub const FETCHES: u32 = 2;
pub const ALL: u32 = 4;
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
