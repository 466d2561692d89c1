//! The handle of the produce path: open, send, flush, close.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::callbacks::ClientState;
use crate::client::{Client, Kind};
use crate::config::Config;
use crate::connection;
use crate::ending;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::patience::Patience;
use crate::properties::{self, Properties};
use crate::requests::Requests;
use crate::runtime::Deadline;
use crate::telemetry::Telemetry;
use crate::wake::Wake;

use super::delivery;
use super::report::SendReport;
use super::reports_queue::Queue;
use super::shared::{closed, Shared, Stage};
use super::topic_table::Choice;

/// A producer over librdkafka. Cheap to call from one thread, safe from any.
pub struct Producer {
    shared: Arc<Shared>,
}

impl Producer {
    /// Creates the handle and its delivery thread; waits for no broker. `name` is used in logs and events; `wake` is
    /// told when reports wait to be taken. Errors: a property that librdkafka refuses.
    pub fn open(
        config: &Config,
        name: &str,
        telemetry: Arc<Telemetry>,
        events: Arc<Events>,
        wake: Arc<dyn Wake>,
    ) -> Result<Arc<Producer>> {
        Self::open_with(&properties::producer(config)?, name, telemetry, events, Some(wake), None)
    }

    /// As `open`, with librdkafka's properties, perhaps without anybody who takes the reports as they come, perhaps with
    /// somebody who takes note of the requests.
    pub fn open_with(
        properties: &Properties,
        name: &str,
        telemetry: Arc<Telemetry>,
        events: Arc<Events>,
        wake: Option<Arc<dyn Wake>>,
        requests: Option<&Arc<Requests>>,
    ) -> Result<Arc<Producer>> {
        let mut properties = properties.clone();
        let choice = choice(&mut properties);
        // With only errors reported no successful send would ever settle.
        properties.insert("delivery.report.only.error".into(), "false".into());
        properties.entry("statistics.interval.ms".into()).or_insert_with(|| "5000".into());
        let state = ClientState::new(name, telemetry.clone(), events);
        if let Some(requests) = requests {
            // It is new, so nothing stands there.
            let _ = state.requests.set(requests.clone());
        }
        let client = Client::create(Kind::Producer, &properties, rdsys::RD_KAFKA_EVENT_DR, state)?;
        let shared = Arc::new(Shared::new(&client, choice, telemetry, wake));
        let (thread_shared, thread_client, queue) = (shared.clone(), client.clone(), Queue::of(&client));
        // The thread holds no `Producer`, so dropping the last one ends it.
        std::thread::Builder::new()
            .name("kafka4-delivery".into())
            .spawn(move || delivery::run(thread_shared, thread_client, queue))
            .map_err(|e| Error::state("THREAD", format!("{name}: no thread for delivery reports: {e}")))?;
        Ok(Arc::new(Producer { shared }))
    }

    /// Blocks until a broker answered; see `connection::await_broker`.
    pub fn await_broker(&self, servers: &[String], attempts: u32, deadline: Deadline) -> Result<()> {
        connection::await_broker(&*self.client()?, servers, attempts, deadline)
    }

    /// The id of a topic for field 0 of records; stable for the producer's life. Errors: a name that Kafka refuses.
    pub fn topic_id(&self, name: &str) -> Result<u32> {
        let mut intake = self.shared.intake();
        let client = intake.client.clone().ok_or_else(closed)?;
        intake.table.id(&client, name)
    }

    pub fn topic_name(&self, id: u32) -> Option<Arc<str>> {
        self.shared.intake().table.name(id)
    }

    /// Enqueues records (`records.rs`; topics by `topic_id`) in call order, without blocking. `sends`: pairs (send id,
    /// number of records) that cover the index in order; each is reported once by `take_reports`. The slab is only
    /// read during the call. On an error nothing was enqueued: an index that does not fit its slab, `QUEUE_FULL`
    /// (retriable), a closed producer. What is wrong with one record (too large, no such partition) fails that record.
    pub fn send(&self, slab: &[u8], index: &[i32], sends: &[i32]) -> Result<()> {
        if self.shared.send(slab, index, sends)? {
            self.shared.wake.notify();
        }
        Ok(())
    }

    /// Settled sends, each once.
    pub fn take_reports(&self) -> Vec<SendReport> {
        self.shared.take_reports()
    }

    /// Messages that are not settled. Those of which the reports have come and were not taken count for 0.1 s at most.
    pub fn in_flight(&self) -> usize {
        self.shared.ledger.in_flight()
    }

    /// Blocks until nothing is in flight. False: the patience ended first.
    pub fn flush(&self, patience: impl Into<Patience>) -> bool {
        self.shared.flush(&patience.into())
    }

    /// Refuses further sends, flushes as long as there is patience, then fails what is left with the truth (stored or not),
    /// stops the thread and destroys the handle. Concurrent and later calls wait for the first, by their deadline.
    pub fn close(&self, patience: impl Into<Patience>) {
        self.shared.close(&patience.into());
    }

    /// The error after which this producer cannot go on; its owner opens another.
    pub fn fatal_error(&self) -> Option<Error> {
        self.client().ok().and_then(|client| client.fatal_error())
    }

    pub(super) fn client(&self) -> Result<Arc<Client>> {
        self.shared.intake().client.clone().ok_or_else(closed)
    }

    /// Fails what waits for room: the transaction that it belongs to is being aborted.
    pub(super) fn drop_pending(&self) {
        let opaques = self.shared.intake().pending.expired(Duration::ZERO, Instant::now());
        self.shared.fail(opaques, RespErr::RD_KAFKA_RESP_ERR__PURGE_QUEUE);
    }

    /// Blocks until every send is settled, at most until the deadline.
    pub(super) fn wait_idle(&self, deadline: Deadline) -> bool {
        self.shared.ledger.wait_idle(deadline)
    }
}

impl Drop for Producer {
    /// An owner that forgot to close must not leave a thread and connections behind, nor wait here.
    fn drop(&mut self) {
        if *self.shared.stage() == Stage::Open && !ending::has_begun() {
            let shared = self.shared.clone();
            let close = move || shared.close(&Deadline::after(Duration::ZERO).into());
            if let Err(error) = std::thread::Builder::new().name("kafka4-close".into()).spawn(close) {
                self.shared.telemetry.log.error("producer", &format!("left open, no thread to close it: {error}"));
            }
        }
    }
}

/// Whose partitioner is used. Ours needs the callback for keyless records, too, which librdkafka makes only where it
/// does not stick by itself.
fn choice(properties: &mut Properties) -> Choice {
    match properties.get("partitioner").map(String::as_str) {
        None | Some("murmur2_random") => {
            let given = properties.insert("sticky.partitioning.linger.ms".into(), "0".into());
            let ms = given.and_then(|ms| ms.parse().ok()).unwrap_or(10);
            Choice::Murmur2 { sticky: Duration::from_millis(ms) }
        }
        Some(_) => Choice::Librdkafka,
    }
}
