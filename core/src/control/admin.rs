//! The client of the control path: a handle of its own, a thread that serves its callbacks, and the rules of every call:
//! bounded by a deadline, retried where that can help, explained when no broker is there.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka_sys as rdsys;

use crate::callbacks::ClientState;
use crate::cancel;
use crate::client::{Client, Kind};
use crate::config::{Bootstrap, Config};
use crate::connection;
use crate::control::request::Session;
use crate::embedded::{self, Cluster};
use crate::error::{Error, ErrorClass, Result};
use crate::events::Events;
use crate::patience::Patience;
use crate::properties;
use crate::requests::Requests;
use crate::runtime::Deadline;
use crate::telemetry::Telemetry;

/// Administration of a cluster. Every call blocks until its deadline at most: run it on `runtime::spawn_blocking`.
pub struct Admin {
    pub(super) config: Config,
    /// What the client asks, for messages about brokers that cannot be reached.
    pub(super) servers: Vec<String>,
    /// Where the brokers are in this process.
    pub(super) embedded: Option<Arc<Cluster>>,
    /// `None` once closed. A lock, since a close may come while calls run: these keep the client until they return.
    client: Mutex<Option<Arc<Client>>>,
    poller: Mutex<Option<JoinHandle<()>>>,
    stop: Arc<Stop>,
    /// A broker has answered this client: later failures need no search for the reason first.
    reached: AtomicBool,
}

/// Ends waits between attempts, and the polling thread.
#[derive(Default)]
pub(super) struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Waits this long at most; true: stopped.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(|broken| broken.into_inner());
        *self
            .changed
            .wait_timeout_while(stopped, time, |stopped| !*stopped)
            .unwrap_or_else(|broken| broken.into_inner())
            .0
    }

    fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(|broken| broken.into_inner()) = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.stopped.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// How long one poll waits for a callback: the time that a close may have to wait for the thread.
const POLL_MS: i32 = 50;

impl Admin {
    /// Creates the client; waits for no broker. Errors: a property that librdkafka refuses (`KafkaConfigError`).
    pub fn open(config: &Config, telemetry: Arc<Telemetry>, events: Arc<Events>) -> Result<Arc<Admin>> {
        Admin::open_noted(config, telemetry, events, None)
    }

    /// As `open`; `requests` takes note of what is asked of brokers.
    pub fn open_noted(
        config: &Config,
        telemetry: Arc<Telemetry>,
        events: Arc<Events>,
        requests: Option<&Arc<Requests>>,
    ) -> Result<Arc<Admin>> {
        let properties = properties::admin(config)?;
        let embedded = match config.bootstrap {
            Bootstrap::Embedded(brokers) => Some(embedded::cluster(brokers)?),
            Bootstrap::Servers(_) => None,
        };
        let state = ClientState::new("admin", telemetry, events);
        if let Some(requests) = requests {
            // The first and only time: the state is new.
            let _ = state.requests.set(requests.clone());
        }
        let client = Client::create(Kind::Producer, &properties, 0, state)?;
        let servers = client.peers.bootstrap().to_vec();
        let stop = Arc::new(Stop::default());
        let poller = spawn_poller(client.clone(), stop.clone())?;
        Ok(Arc::new(Admin {
            config: config.clone(),
            servers,
            embedded,
            client: Mutex::new(Some(client)),
            poller: Mutex::new(Some(poller)),
            stop,
            reached: AtomicBool::new(false),
        }))
    }

    /// The handle, for what the services do on it (tokens of SASL OAUTHBEARER). `KafkaStateError` once closed.
    pub fn client(&self) -> Result<Arc<Client>> {
        let client = self.client.lock().unwrap_or_else(|broken| broken.into_inner()).clone();
        client.ok_or_else(|| Error::state("CLOSED", "the admin client is closed: connect again"))
    }

    /// Waits for the first answer of a broker. Errors: `KafkaConnectionError` with the addresses tried and why each
    /// failed, `KafkaAuthenticationError`.
    pub fn await_broker(&self, deadline: Deadline) -> Result<()> {
        let client = self.client()?;
        connection::await_broker(&client, &self.servers, self.config.retry_attempts, deadline)?;
        self.reached.store(true, Relaxed);
        Ok(())
    }

    /// Runs one operation: finds a broker first, repeats it after errors that may pass (`KAFKA_RETRY_ATTEMPTS` times,
    /// exponential back-off with jitter) and, where it ended without an answer, says why. A small part of the
    /// deadline is kept for that explanation.
    pub(super) fn run<T>(&self, deadline: Deadline, mut operation: impl FnMut(&Session) -> Result<T>) -> Result<T> {
        if !self.reached.load(Relaxed) {
            self.await_broker(deadline)?;
        }
        let client = self.client()?;
        let inner = Deadline::after(deadline.left() - (deadline.left() / 5).min(EXPLANATION));
        let session = Session { client: &client, stop: &self.stop, deadline: inner, embedded: self.embedded.is_some() };
        let mut backoff = FIRST_BACKOFF;
        for attempt in 1.. {
            let error = match operation(&session) {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            let pause = jittered(backoff);
            if self.stop.is_stopped() {
                return Err(closed().caused_by(error));
            }
            if !error.retriable || attempt >= self.config.retry_attempts || pause >= inner.left() {
                return Err(self.explained(&client, error, deadline));
            }
            cancel::check()?;
            client.state.telemetry.log.info(&client.state.name, &format!("attempt {attempt} failed: {error}"));
            if self.stop.wait(pause) {
                return Err(closed().caused_by(error));
            }
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
        unreachable!("the loop ends by returning")
    }

    /// A request without an answer is either slow or has nobody to answer it: asks once more, shortly.
    fn explained(&self, client: &Client, error: Error, deadline: Deadline) -> Error {
        let silent = matches!(error.class, ErrorClass::KafkaTimeoutError | ErrorClass::KafkaConnectionError);
        if !silent {
            return error;
        }
        match connection::await_broker(client, &self.servers, 1, deadline.min(Deadline::after(EXPLANATION))) {
            Ok(()) => error,
            Err(reason) => reason.caused_by(error),
        }
    }

    /// What the brokers of this client do not do, one sentence each; empty for real ones.
    pub fn limits(&self) -> &'static [&'static str] {
        self.embedded.as_ref().map_or(&[], |cluster| cluster.limits())
    }

    /// Closes the client as long as there is patience; calls that run return soon with an error. Closing twice is closing once.
    /// False: something still holds the handle, which is left to a thread that waits for it.
    pub fn close(&self, patience: impl Into<Patience>) -> bool {
        self.stop.stop();
        let poller = self.poller.lock().unwrap_or_else(|broken| broken.into_inner()).take();
        let client = self.client.lock().unwrap_or_else(|broken| broken.into_inner()).take();
        if let Some(poller) = poller {
            // Bounded by one poll, and a callback never blocks.
            let _ = poller.join();
        }
        client.is_none_or(|client| client.destroy_by(patience))
    }
}

impl Drop for Admin {
    /// Dropped without a close: must not block, so the handle ends on a thread of its own.
    fn drop(&mut self) {
        self.stop.stop();
        let client = self.client.lock().unwrap_or_else(|broken| broken.into_inner()).take();
        if let Some(client) = client {
            client.destroy_by(Deadline::after_ms(0));
        }
    }
}

/// Logs, errors and token requests reach their callbacks only where somebody polls.
fn spawn_poller(client: Arc<Client>, stop: Arc<Stop>) -> Result<JoinHandle<()>> {
    let poll = move || {
        while !stop.is_stopped() {
            // SAFETY: the thread's own reference keeps the handle alive.
            unsafe { rdsys::rd_kafka_poll(client.rk(), POLL_MS) };
        }
    };
    std::thread::Builder::new()
        .name("kafka4-admin".into())
        .spawn(poll)
        .map_err(|error| Error::state("NO_THREAD", format!("the admin client's thread cannot be started: {error}")))
}

pub(super) fn closed() -> Error {
    Error::state("CLOSED", "the admin client was closed during the call")
}

/// Part of a deadline that is kept to find out why nobody answered; a fifth of it at most.
const EXPLANATION: Duration = Duration::from_millis(750);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// Between half and all of it, so that clients that failed together do not come back together.
fn jittered(backoff: Duration) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    // A fresh hasher of the standard library is seeded at random, which is random enough here.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    backoff.mul_f64(0.5 + (random % 1000) as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_between_half_and_all() {
        let all = Duration::from_millis(800);
        let seen: std::collections::BTreeSet<_> = (0..200).map(|_| jittered(all)).collect();
        assert!(seen.iter().all(|d| (all / 2..=all).contains(d)));
        assert!(seen.len() > 20, "only {} different pauses", seen.len());
    }
}
