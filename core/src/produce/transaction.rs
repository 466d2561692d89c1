//! All records of a call or none: a producer with a transactional id, one transaction at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rdkafka_sys as rdsys;
use serde_json::json;

use crate::client::Client;
use crate::config::Config;
use crate::error::{Error, ErrorClass, Result};
use crate::events::Events;
use crate::patience::Patience;
use crate::properties;
use crate::records::STRIDE;
use crate::requests::Requests;
use crate::runtime::Deadline;
use crate::telemetry::Telemetry;
use crate::wake::Wake;

use super::producer::Producer;
use super::refusal::{aborted, call, Refusal};
use super::report::{pairs, SendReport};
use super::shared::closed;

#[path = "stepwise.rs"]
mod stepwise;
pub use stepwise::GroupOffset;

/// How long one call of librdkafka's transaction API may take before it is repeated: a close looks in between. The API goes
/// on where it was.
const SLICE: Duration = Duration::from_millis(250);

/// What the transaction that runs gets to end, once its producer is closed.
const ENDING: Duration = Duration::from_secs(1);

/// What an abort gets on top of a deadline that has passed: an open transaction blocks read_committed readers until
/// the broker gives it up (`transaction.timeout.ms`).
const ABORT_GRACE: Duration = Duration::from_secs(5);

/// A producer whose sends are transactions. One that is fenced or broken says so by `needs_replacement`; its owner
/// closes it and opens another with the same id, which ends what the first left open.
pub struct TransactionalProducer {
    producer: Arc<Producer>,
    telemetry: Arc<Telemetry>,
    /// One transaction at a time: Kafka has one for a transactional id. Waited for with a deadline, which a plain
    /// mutex cannot.
    turn: Mutex<Turn>,
    free: Condvar,
    broken: AtomicBool,
    /// Set by `close`: what runs goes on as long as there is patience, what waits for its turn ends.
    closing: Mutex<Option<Patience>>,
}

#[derive(Default)]
struct Turn {
    taken: bool,
    /// `init_transactions` succeeded.
    initialized: bool,
}

/// The right to run a transaction.
struct Pass<'a>(&'a TransactionalProducer);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.turn.lock().expect("no panic while taking turns").taken = false;
        // A close waits here, too.
        self.0.free.notify_all();
    }
}

impl TransactionalProducer {
    /// Creates the handle; speaks to no broker before the first transaction.
    pub fn open(
        config: &Config,
        transactional_id: &str,
        telemetry: Arc<Telemetry>,
        events: Arc<Events>,
    ) -> Result<Arc<Self>> {
        // Reports are waited for on the ledger, by the thread that runs the transaction.
        Self::open_with(config, transactional_id, telemetry, events, None, None)
    }

    /// As `open`; `wake` is told when reports wait to be taken by a caller who goes step by step.
    pub fn open_with(
        config: &Config,
        transactional_id: &str,
        telemetry: Arc<Telemetry>,
        events: Arc<Events>,
        wake: Option<Arc<dyn Wake>>,
        requests: Option<&Arc<Requests>>,
    ) -> Result<Arc<Self>> {
        let properties = properties::transactional(config, transactional_id)?;
        let name = format!("transactional producer {transactional_id}");
        let producer = Producer::open_with(&properties, &name, telemetry.clone(), events, wake, requests)?;
        let (turn, free, broken) = (Mutex::default(), Condvar::new(), AtomicBool::new(false));
        Ok(Arc::new(TransactionalProducer { producer, telemetry, turn, free, broken, closing: Mutex::default() }))
    }

    /// As `Producer::topic_id`.
    pub fn topic_id(&self, name: &str) -> Result<u32> {
        self.producer.topic_id(name)
    }

    pub fn topic_name(&self, id: u32) -> Option<Arc<str>> {
        self.producer.topic_name(id)
    }

    /// Fenced, or left in a state from which librdkafka cannot go on.
    pub fn needs_replacement(&self) -> bool {
        self.broken.load(Ordering::Acquire) || self.producer.fatal_error().is_some()
    }

    /// Ends the transactions that wait for their turn, lets the one that runs end as long as there is patience, then
    /// closes the producer.
    pub fn close(&self, patience: impl Into<Patience>) {
        const LOOK: Duration = Duration::from_millis(50);
        let patience = patience.into();
        *self.closing.lock().expect("no panic while closing") = Some(patience.clone());
        self.free.notify_all();
        let mut turn = self.turn.lock().expect("no panic while taking turns");
        while turn.taken && self.producer.client().is_ok_and(|client| !patience.over(&client.peers)) {
            turn = self.free.wait_timeout(turn, LOOK).expect("no panic while taking turns").0;
        }
        drop(turn);
        self.producer.close(patience);
        // The one that ran gets to know of it within a slice: its caller is to be told before whoever closes.
        let turn = self.turn.lock().expect("no panic while taking turns");
        drop(self.free.wait_timeout_while(turn, ENDING, |turn| turn.taken));
    }

    fn is_closing(&self) -> bool {
        self.closing.lock().expect("no panic while closing").is_some()
    }

    /// It is being closed, and nothing is waited for any more.
    fn is_given_up(&self, client: &Client) -> bool {
        let closing = self.closing.lock().expect("no panic while closing").clone();
        closing.is_some_and(|patience| patience.over(&client.peers))
    }

    /// Runs one transaction with the records of a `Producer::send`; blocks until it is committed or given up.
    /// Concurrent calls take turns. The reports come in the order of `sends`.
    ///
    /// Errors are of class KafkaTransactionError with the cause. `details.outcome` is `aborted`, nothing is or ever
    /// becomes visible to read_committed readers, or `unknown`, the answer to the commit never came. Past the deadline
    /// only an abort goes on, for 5 s at most.
    pub fn run(&self, slab: &[u8], index: &[i32], sends: &[i32], deadline: Deadline) -> Result<Vec<SendReport>> {
        let _pass = self.take_turn(deadline)?;
        let client = self.producer.client().map_err(aborted)?;
        if self.needs_replacement() {
            let cause = client.fatal_error();
            let error = Error::state("FENCED", "this transactional producer was fenced and must be replaced");
            return Err(aborted(cause.unwrap_or(error)));
        }
        self.initialize(&client, deadline)?;
        // SAFETY: the handle is alive.
        call(|| unsafe { rdsys::rd_kafka_begin_transaction(client.rk()) }).map_err(|refusal| {
            self.note(&refusal);
            aborted(refusal.error)
        })?;
        match self.produce(slab, index, sends, deadline) {
            Ok(reports) => self.commit(&client, deadline).map(|()| in_order(reports, sends)),
            Err(cause) => Err(self.abort(&client, cause, deadline)),
        }
    }

    fn take_turn(&self, deadline: Deadline) -> Result<Pass<'_>> {
        let turn = self.turn.lock().expect("no panic while taking turns");
        let waited = self.free.wait_timeout_while(turn, deadline.left(), |turn| turn.taken && !self.is_closing());
        let mut turn = waited.expect("no panic while taking turns").0;
        if self.is_closing() {
            return Err(aborted(closed()));
        }
        if turn.taken {
            return Err(aborted(Error::timeout("an earlier transaction did not end in time")));
        }
        turn.taken = true;
        Ok(Pass(self))
    }

    /// Gets the producer's id and epoch from the coordinator, once.
    fn initialize(&self, client: &Client, deadline: Deadline) -> Result<()> {
        let lock = || self.turn.lock().expect("no panic while taking turns");
        if lock().initialized {
            return Ok(());
        }
        // SAFETY: the handle is alive.
        let init = |ms| unsafe { rdsys::rd_kafka_init_transactions(client.rk(), ms) };
        self.repeat(client, init, deadline).map_err(|refusal| aborted(refusal.error))?;
        lock().initialized = true;
        Ok(())
    }

    /// Enqueues and waits until every record is acknowledged.
    fn produce(&self, slab: &[u8], index: &[i32], sends: &[i32], deadline: Deadline) -> Result<Vec<SendReport>> {
        self.producer.send(slab, index, sends)?;
        if !self.producer.flush(deadline) {
            return Err(Error::timeout("the records of the transaction were not acknowledged in time"));
        }
        let reports = self.producer.take_reports();
        let failed = reports.iter().find_map(|report| Some((report, report.failures.first()?)));
        match failed {
            Some((report, failure)) => {
                let topic = self.topic_of(index, sends, report.send_id, failure.index);
                let context = format!("message {} of record {} for {topic}", failure.index, report.send_id);
                Err(Error::from_resp(failure.error, &context)
                    .details(json!({ "record": report.send_id, "index": failure.index, "topic": topic })))
            }
            None => Ok(reports),
        }
    }

    /// The topic of message `at` of the send `send_id`.
    fn topic_of(&self, index: &[i32], sends: &[i32], send_id: i32, at: u32) -> String {
        let before =
            sends.chunks_exact(2).take_while(|send| send[0] != send_id).map(|send| send[1] as usize).sum::<usize>();
        let topic = index.get((before + at as usize) * STRIDE).and_then(|id| u32::try_from(*id).ok());
        topic.and_then(|id| self.topic_name(id)).map_or_else(|| "an unknown topic".to_string(), |name| name.to_string())
    }

    fn commit(&self, client: &Client, deadline: Deadline) -> Result<()> {
        // SAFETY: the handle is alive. After a retriable refusal the same call goes on with the same commit.
        let commit = |ms| unsafe { rdsys::rd_kafka_commit_transaction(client.rk(), ms) };
        let Err(refusal) = self.repeat(client, commit, deadline) else {
            self.telemetry.transactions_committed.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        };
        if refusal.must_abort {
            return Err(self.abort(client, refusal.error, deadline));
        }
        // The commit was asked for and no answer tells what came of it. This handle can only go on with this very
        // commit; a new producer of the same id waits for its end.
        self.broken.store(true, Ordering::Release);
        self.telemetry.transactions_aborted.fetch_add(1, Ordering::Relaxed);
        let message = format!(
            "whether the transaction was committed is not known: {}. Check by reading before sending it again",
            refusal.error.message
        );
        Err(Error::new(ErrorClass::KafkaTransactionError, "TRANSACTION_OUTCOME_UNKNOWN", message)
            .details(json!({ "outcome": "unknown" }))
            .caused_by(refusal.error))
    }

    /// Aborts and gives the error to return. Without a commit nothing becomes visible, so the outcome is known even
    /// when the abort itself fails; the producer is then not used again.
    fn abort(&self, client: &Client, cause: Error, deadline: Deadline) -> Error {
        let grace = Deadline::after(ABORT_GRACE.max(deadline.left()));
        let cause = self.reason(client).unwrap_or(cause);
        self.producer.drop_pending();
        // SAFETY: the handle is alive.
        let abort = |ms| unsafe { rdsys::rd_kafka_abort_transaction(client.rk(), ms) };
        // The abort purges what is queued; every report must be in before the next transaction looks for its own.
        if self.repeat(client, abort, grace).is_err() || !self.await_reports(client, grace) {
            self.broken.store(true, Ordering::Release);
        }
        self.producer.take_reports();
        self.telemetry.transactions_aborted.fetch_add(1, Ordering::Relaxed);
        aborted(cause)
    }

    /// Why the transaction cannot go on, where it is librdkafka that gave it up; its records only say that they were
    /// purged. A second begin is refused in any state, in that one with the reason.
    fn reason(&self, client: &Client) -> Option<Error> {
        // SAFETY: the handle is alive.
        let refusal = call(|| unsafe { rdsys::rd_kafka_begin_transaction(client.rk()) }).err()?;
        self.note(&refusal);
        (refusal.must_abort || refusal.fatal).then_some(refusal.error)
    }

    /// Blocks until every report is in. False: they were not awaited.
    fn await_reports(&self, client: &Client, deadline: Deadline) -> bool {
        while !self.producer.wait_idle(deadline.min(Deadline::after(SLICE))) {
            if deadline.passed() || self.is_given_up(client) {
                return false;
            }
        }
        true
    }

    /// Repeats a call, which gets the ms that it may take, while librdkafka says that it may succeed, until the deadline or
    /// until a close has no patience any more.
    fn repeat(
        &self,
        client: &Client,
        mut operation: impl FnMut(i32) -> *mut rdsys::rd_kafka_error_t,
        deadline: Deadline,
    ) -> std::result::Result<(), Refusal> {
        loop {
            let slice = deadline.min(Deadline::after(SLICE));
            let Err(refusal) = call(|| operation(slice.left_ms())) else { return Ok(()) };
            self.note(&refusal);
            let hopeless = !refusal.retriable || refusal.fatal || refusal.must_abort;
            if hopeless || deadline.passed() || self.is_given_up(client) {
                return Err(refusal);
            }
            // A refusal that comes at once (the coordinator moves) must not be answered in a tight loop.
            std::thread::sleep(Duration::from_millis(20).min(deadline.left()));
        }
    }

    fn note(&self, refusal: &Refusal) {
        if refusal.fatal {
            self.broken.store(true, Ordering::Release);
        }
    }
}

/// Sends settle as their partitions answer; the caller wants them as it gave them.
fn in_order(mut reports: Vec<SendReport>, sends: &[i32]) -> Vec<SendReport> {
    let places: std::collections::HashMap<i32, usize> =
        pairs(sends).map(|pairs| pairs.enumerate().map(|(place, (id, _))| (id, place)).collect()).unwrap_or_default();
    reports.sort_by_key(|report| places.get(&report.send_id).copied());
    reports
}
