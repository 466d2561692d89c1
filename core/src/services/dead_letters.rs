//! Sends messages that no handler could take to `<topic>.dlq`, and tells when the broker has them.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{mpsc, Arc, Mutex};
use std::time::Duration;

use crate::cancel::{self, Cancel};
use crate::error::{Error, ErrorClass, Result};
use crate::patience::Patience;
use crate::produce::{Producer, SendReport};
use crate::records::{Record, RecordsBuilder};
use crate::runtime::Deadline;
use crate::services::context::{Context, Running};
use crate::topics;
use crate::wake::Wake;

pub struct DeadLetters {
    context: Arc<Context>,
    inner: Mutex<Inner>,
    settled: Arc<Settled>,
    /// Ends the publishes that wait, when the service stops.
    stop: Mutex<Cancel>,
    next_send: AtomicI32,
}

#[derive(Default)]
struct Inner {
    producer: Option<(Arc<Producer>, Running)>,
    /// Dead-letter topics that are known to exist.
    ready: HashSet<String>,
}

/// Wakes whoever waits for a report. A channel of one: a further nudge says nothing new.
struct Settled {
    waiting: Mutex<HashMap<i32, mpsc::Sender<SendReport>>>,
    nudge: Mutex<Option<mpsc::SyncSender<()>>>,
}

impl Wake for Settled {
    fn wake(&self) {
        if let Some(nudge) = self.nudge.lock().expect("no panic while nudging").as_ref() {
            let _ = nudge.try_send(());
        }
    }
}

impl DeadLetters {
    pub fn new(context: Arc<Context>) -> Self {
        let settled = Arc::new(Settled { waiting: Mutex::default(), nudge: Mutex::default() });
        DeadLetters { context, inner: Mutex::default(), settled, stop: Mutex::default(), next_send: AtomicI32::new(0) }
    }

    /// Publishes one message to the dead-letter topic of `topic`, which is created if need be. Blocks until the brokers
    /// acknowledged it or the deadline passed.
    pub fn publish(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[u8],
        timestamp: i64,
        deadline: Deadline,
    ) -> Result<String> {
        let stop = self.stop.lock().expect("no panic while stopping").clone();
        stop.scope(|| self.publish_by(topic, key, value, headers, timestamp, deadline))
    }

    fn publish_by(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[u8],
        timestamp: i64,
        deadline: Deadline,
    ) -> Result<String> {
        let spec = topics::dead_letter(topic);
        let producer = self.ready(&spec, deadline)?;
        let id = producer.topic_id(&spec.name)?;
        let mut record = RecordsBuilder::default();
        record.push(Record { topic: id as i32, partition: -1, key, value, headers, timestamp: timestamp.max(0) })?;
        let send = self.next_send.fetch_add(1, Ordering::Relaxed) & i32::MAX;
        let (answer, wait) = mpsc::channel();
        self.waiting().insert(send, answer);
        let report = producer
            .send(&record.slab, &record.index, &[send, 1])
            .and_then(|()| answer_of(&wait, &spec.name, deadline));
        self.waiting().remove(&send);
        match report?.failures.first() {
            None => Ok(spec.name),
            Some(failure) => Err(Error::from_resp(failure.error, &format!("dead letter to {}", spec.name))),
        }
    }

    fn ready(&self, spec: &topics::TopicSpec, deadline: Deadline) -> Result<Arc<Producer>> {
        let mut inner = self.inner.lock().expect("no panic while preparing dead letters");
        if !inner.ready.contains(&spec.name) {
            let admin = self.context.admin(deadline)?;
            admin.ensure_topics(std::slice::from_ref(spec), deadline).map_err(|error| {
                let message = format!("the dead-letter topic {} cannot be created", spec.name);
                Error::new(ErrorClass::KafkaConsumerError, "DEAD_LETTER_TOPIC", message)
                    .retriable(true)
                    .caused_by(error)
            })?;
            inner.ready.insert(spec.name.clone());
        }
        let usable = inner.producer.as_ref().filter(|(producer, _)| producer.fatal_error().is_none());
        if let Some((producer, _)) = usable {
            return Ok(producer.clone());
        }
        if let Some((old, _)) = inner.producer.take() {
            old.close(Deadline::after_ms(0));
        }
        let config = self.context.config();
        let (telemetry, events) = (self.context.telemetry.clone(), self.context.events.clone());
        let wake: Arc<dyn Wake> = self.settled.clone();
        let producer = Producer::open(&config, "dead-letter producer", telemetry, events, wake)?;
        self.distribute(producer.clone())?;
        inner.producer = Some((producer.clone(), self.context.run()));
        Ok(producer)
    }

    /// Gives each report to its waiter, on a thread that ends with the producer's nudges.
    fn distribute(&self, producer: Arc<Producer>) -> Result<()> {
        let (nudge, nudged) = mpsc::sync_channel(1);
        *self.settled.nudge.lock().expect("no panic while nudging") = Some(nudge);
        let settled = self.settled.clone();
        let thread = move || {
            while nudged.recv().is_ok() {
                for report in producer.take_reports() {
                    let waiter = settled.waiting.lock().expect("no panic while waiting").remove(&report.send_id);
                    if let Some(waiter) = waiter {
                        let _ = waiter.send(report);
                    }
                }
            }
        };
        let started = std::thread::Builder::new().name("kafka4-dead-letters".into()).spawn(thread);
        started.map(drop).map_err(|error| Error::state("NO_THREAD", format!("no thread for dead letters: {error}")))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<i32, mpsc::Sender<SendReport>>> {
        self.settled.waiting.lock().expect("no panic while waiting")
    }

    /// Ends what waits, closes the producer. A later publish opens another.
    pub fn close(&self, patience: impl Into<Patience>) {
        std::mem::take(&mut *self.stop.lock().expect("no panic while stopping")).cancel();
        let taken = self.inner.lock().expect("no panic while preparing dead letters").producer.take();
        if let Some((producer, _running)) = taken {
            producer.close(patience);
        }
        // Ends the thread of `distribute`.
        self.settled.nudge.lock().expect("no panic while nudging").take();
    }
}

/// The report of one send. Errors: at the deadline, or when the service stops meanwhile.
fn answer_of(wait: &mpsc::Receiver<SendReport>, topic: &str, deadline: Deadline) -> Result<SendReport> {
    /// Between two looks at whether the service stops.
    const LOOK: Duration = Duration::from_millis(100);
    loop {
        if let Ok(report) = wait.recv_timeout(LOOK.min(deadline.left())) {
            return Ok(report);
        }
        cancel::check()?;
        if deadline.passed() {
            return Err(Error::timeout(format!("{topic} did not answer in time")));
        }
    }
}
