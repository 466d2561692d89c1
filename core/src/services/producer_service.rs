//! KafkaProducerService: one producer for everything that is published, one more for transactions, both replaced when
//! librdkafka says that they cannot go on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::cancel::{self, Cancel};
use crate::clock;
use crate::config::Bootstrap;
use crate::error::{Error, ErrorClass, Result};
use crate::patience::Patience;
use crate::produce::{Producer, SendReport, TopicMetadata, TransactionalProducer};
use crate::properties;
use crate::records::{record, RecordsBuilder, STRIDE};
use crate::runtime::Deadline;
use crate::services::busy::Busy;
use crate::services::context::{Context, Running};
use crate::services::envelope::{self, Envelopes};
use crate::services::topic_names::TopicNames;
use crate::telemetry::log::Level;
use crate::wake::Wake;

pub struct ProducerService {
    context: Arc<Context>,
    wake: Arc<dyn Wake>,
    topics: TopicNames,
    state: Mutex<State>,
    /// How many of the topics the current producer knows.
    registered: AtomicUsize,
    /// One connect or disconnect at a time; the others wait for it here and find what it made.
    connecting: Busy,
    /// Of the connect that runs: a disconnect that has waited for it ends it.
    connect: Mutex<Cancel>,
    transactions: Mutex<Transactions>,
}

#[derive(Default)]
struct State {
    producer: Option<(Arc<Producer>, Arc<Running>)>,
    /// Producers that are closing or closed: their last reports are still to be taken.
    retired: Vec<Arc<Producer>>,
}

#[derive(Default)]
struct Transactions {
    producer: Option<(Arc<TransactionalProducer>, Running)>,
    id: Option<String>,
}

impl ProducerService {
    pub fn new(context: Arc<Context>, wake: Arc<dyn Wake>) -> Arc<Self> {
        Arc::new(ProducerService {
            context,
            wake,
            topics: TopicNames::default(),
            state: Mutex::default(),
            registered: AtomicUsize::new(0),
            connecting: Busy::default(),
            connect: Mutex::default(),
            transactions: Mutex::default(),
        })
    }

    /// Opens the producer and waits for a broker. Blocks until KAFKA_TIMEOUT at most; does nothing when connected.
    pub fn connect(&self) -> Result<()> {
        let deadline = self.context.deadline();
        let _one = self.connecting.enter("producer", deadline)?;
        if self.producer().is_some() {
            return Ok(());
        }
        let cancel = Cancel::default();
        *self.connect.lock().expect("no panic while connecting") = cancel.clone();
        cancel.scope(|| self.connect_by(deadline))
    }

    fn connect_by(&self, deadline: Deadline) -> Result<()> {
        let config = self.context.config();
        let running = Arc::new(self.context.run());
        let producer = self.open()?;
        let reached = producer.await_broker(&self.context.servers(), config.retry_attempts, deadline);
        // A cancellation that came with the answer: nothing is to be left open.
        if let Err(error) = reached.and_then(|()| cancel::check()) {
            producer.close(Deadline::after_ms(0));
            return Err(error);
        }
        self.state().producer = Some((producer, running));
        self.context.telemetry.log.info("producer", "connected");
        Ok(())
    }

    pub fn is_connected(&self) -> bool {
        self.producer().is_some()
    }

    /// Flushes, settles what is left, closes. Blocks as long as there is patience. The next publish connects anew.
    pub fn disconnect(&self, patience: impl Into<Patience>) {
        /// What a connect that is under way gets: one that has a broker ends by then.
        const GRACE: Duration = Duration::from_secs(1);
        let patience = patience.into();
        let one = self.connecting.enter("producer", patience.deadline().min(Deadline::after(GRACE)));
        let _one = one.or_else(|_| {
            self.connect.lock().expect("no panic while connecting").cancel();
            self.connecting.enter("producer", patience.deadline())
        });
        let taken = self.state().producer.take();
        if let Some((producer, _running)) = taken {
            self.state().retired.push(producer.clone());
            producer.close(patience.clone());
            self.context.telemetry.log.info("producer", "disconnected");
            self.wake.wake();
        }
        let transactional = self.transactions.lock().expect("no panic under this lock").producer.take();
        if let Some((producer, _running)) = transactional {
            producer.close(patience);
        }
    }

    /// The id of a topic for the index of records.
    pub fn topic_id(&self, name: &str) -> Result<u32> {
        self.topics.id(name)
    }

    /// The name behind an id of [`ProducerService::topic_id`].
    pub fn topic_name(&self, id: u32) -> Option<String> {
        self.topics.name(id)
    }

    /// Takes plain records and events (see `records` and `envelope`). Never blocks; on an error nothing was sent.
    pub fn send(&self, slab: &[u8], index: &[i32], sends: &[i32]) -> Result<()> {
        let expanded = self.expand(slab, index)?;
        let producer = self.live()?;
        self.topics.register(&self.registered, |name| producer.topic_id(name))?;
        let log = &self.context.telemetry.log;
        if log.enabled(Level::Debug) {
            log.debug("producer", &format!("{} sends, {} records", sends.len() / 2, index.len() / STRIDE));
        }
        match expanded {
            None => producer.send(slab, index, sends),
            Some(built) => producer.send(&built.slab, &built.index, sends),
        }
    }

    /// The settled sends, each once.
    pub fn take_reports(&self) -> Vec<SendReport> {
        let mut state = self.state();
        let mut reports = state.producer.as_ref().map_or_else(Vec::new, |(producer, _)| producer.take_reports());
        state.retired.retain(|producer| {
            // Before taking: what settles between the two would be lost with the producer otherwise.
            let done = producer.in_flight() == 0;
            reports.extend(producer.take_reports());
            !done
        });
        drop(state);
        if matches!(self.context.config().bootstrap, Bootstrap::Embedded(_)) {
            // librdkafka's mock claims an append time, always the same.
            reports.iter_mut().flat_map(|report| &mut report.partitions).for_each(|partition| partition.timestamp = -1);
        }
        reports
    }

    /// All records or none. Blocks until KAFKA_TIMEOUT at most (twice where another producer took over); concurrent calls
    /// wait for one another in the core's producer, no lock of this service is held meanwhile.
    pub fn transaction(&self, slab: &[u8], index: &[i32], sends: &[i32]) -> Result<Vec<SendReport>> {
        let expanded = self.expand(slab, index)?;
        let (slab, index) = expanded.as_ref().map_or((slab, index), |built| (&built.slab, &built.index));
        let producer = self.transactional()?;
        let first = producer.run(slab, index, sends, self.context.deadline());
        match first {
            // Nothing of it is stored, and its own messages are not the reason: another producer took the transactional id
            // over, or librdkafka was not done with an earlier failure. Once more, with a new producer where needed.
            // Not after a disconnect: another producer would be left open behind that.
            Err(error) if self.has_transactional() && is_aborted_by_others(&error, producer.needs_replacement()) => {
                self.context.telemetry.log.warn("transaction", &format!("{error}; once more"));
                self.transactional()?.run(slab, index, sends, self.context.deadline())
            }
            result => result,
        }
    }

    /// What brokers know of these topics; where auto-creation is on, asking makes them. Blocks until KAFKA_TIMEOUT at most.
    pub fn metadata(&self, topics: &[String]) -> Result<Vec<TopicMetadata>> {
        // In the service's order first: ids in slabs are the same in every producer.
        for topic in topics {
            self.topic_id(topic)?;
        }
        let producer = self.live()?;
        // From the first on: `registered` belongs to the sends of the JavaScript thread. Registering again gives the same ids.
        self.topics.register(&AtomicUsize::new(0), |name| producer.topic_id(name))?;
        let deadline = self.context.deadline();
        topics.iter().map(|topic| producer.metadata(topic, deadline)).collect()
    }

    fn has_transactional(&self) -> bool {
        self.transactions.lock().expect("no panic under this lock").producer.is_some()
    }

    /// Sets the transactional id; without one it is made of the client id and a random part.
    pub fn set_transactional_id(&self, id: Option<String>) -> Result<()> {
        let mut transactions = self.transactions.lock().expect("no panic under this lock");
        if transactions.producer.is_some() {
            return Err(crate::config::Config::not_live("transactionalId", "transactional.id"));
        }
        transactions.id = id;
        Ok(())
    }

    /// The transactional producer, opened or replaced if need be, knowing every topic.
    fn transactional(&self) -> Result<Arc<TransactionalProducer>> {
        let mut to = self.transactions.lock().expect("no panic under this lock");
        if let Some((old, running)) = to.producer.take_if(|(producer, _)| producer.needs_replacement()) {
            // Closing waits for librdkafka, so not here.
            crate::runtime::spawn_blocking(move || {
                old.close(Deadline::after_ms(0));
                drop(running);
            });
        }
        let producer = match &to.producer {
            Some((producer, _)) => producer.clone(),
            None => {
                let config = self.context.config();
                let id = to.id.get_or_insert_with(|| format!("{}-{}", config.client_id, unique())).clone();
                let running = self.context.run();
                let (telemetry, events) = (self.context.telemetry.clone(), self.context.events.clone());
                let producer = TransactionalProducer::open(&config, &id, telemetry, events)?;
                to.producer = Some((producer.clone(), running));
                producer
            }
        };
        // Registering again what it knows gives the same ids.
        self.topics.register(&AtomicUsize::new(0), |name| producer.topic_id(name))?;
        Ok(producer)
    }

    /// The producer, replaced if it cannot go on.
    fn live(&self) -> Result<Arc<Producer>> {
        let mut state = self.state();
        let Some((producer, running)) = state.producer.clone() else {
            return Err(Error::state("NOT_CONNECTED", "the producer is not connected: call connect() first"));
        };
        let Some(fatal) = producer.fatal_error() else { return Ok(producer) };
        self.context.telemetry.log.warn("producer", &format!("{fatal}; replaced by a new producer"));
        let fresh = self.open()?;
        state.producer = Some((fresh.clone(), running));
        state.retired.push(producer.clone());
        // What is in flight there settles with its fatal error; closing waits for librdkafka, so not here.
        crate::runtime::spawn_blocking(move || producer.close(Deadline::after_ms(5_000)));
        Ok(fresh)
    }

    fn open(&self) -> Result<Arc<Producer>> {
        let (telemetry, events) = (self.context.telemetry.clone(), self.context.events.clone());
        self.registered.store(0, Ordering::Release);
        let properties = properties::producer(&self.context.config())?;
        let (wake, requests) = (Some(self.wake.clone()), self.context.producer_requests.get());
        Producer::open_with(&properties, "producer", telemetry, events, wake, requests)
    }

    /// Turns events into records; `None` where there are only records, which then need no copy.
    fn expand(&self, slab: &[u8], index: &[i32]) -> Result<Option<RecordsBuilder>> {
        if index.len() % STRIDE != 0 {
            return Err(Error::invalid("an index of the wrong length"));
        }
        if index.chunks_exact(STRIDE).all(|entry| entry[0] >= 0) {
            return Ok(None);
        }
        let mut envelopes = Envelopes::at(clock::now_ms());
        let mut topic_ids = [None; envelope::KINDS.len()];
        let mut built = RecordsBuilder::default();
        for entry in index.chunks_exact(STRIDE) {
            if entry[0] >= 0 {
                built.push(record(slab, entry)?)?;
                continue;
            }
            let event = envelope::event(slab, entry)?;
            let topic = match topic_ids[event.number] {
                Some(id) => id,
                None => *topic_ids[event.number].insert(self.topic_id(event.kind.topic)? as i32),
            };
            envelopes.push(&mut built, &event, topic)?;
        }
        Ok(Some(built))
    }

    fn producer(&self) -> Option<Arc<Producer>> {
        self.state().producer.as_ref().map(|(producer, _)| producer.clone())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no panic while looking at the producer")
    }

    /// Messages that are not acknowledged yet, and whether the producer runs.
    pub fn status(&self) -> (bool, usize, Option<Error>) {
        match self.producer() {
            Some(producer) => (true, producer.in_flight(), producer.fatal_error()),
            None => (false, 0, None),
        }
    }
}

fn is_aborted_by_others(error: &Error, fenced: bool) -> bool {
    let detail = |error: &Error, name: &str| error.details.as_ref().and_then(|details| details.get(name)).cloned();
    let aborted = detail(error, "outcome").is_some_and(|outcome| outcome == "aborted");
    let of_the_state = error.cause.as_ref().is_some_and(|cause| {
        let class = matches!(cause.class, ErrorClass::KafkaStateError | ErrorClass::KafkaProtocolError);
        class && detail(cause, "index").is_none()
    });
    // A refusal also ends the producer; another one would be refused as well.
    let refused = error.cause.as_ref().is_some_and(|cause| {
        matches!(cause.class, ErrorClass::KafkaAuthorizationError | ErrorClass::KafkaAuthenticationError)
    });
    aborted && !refused && (fenced || of_the_state)
}

/// Random enough to tell processes apart: time, process, address-space layout through the standard hasher's keys.
fn unique() -> String {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.write_i64(clock::now_ms());
    format!("{:016x}", hasher.finish())
}
