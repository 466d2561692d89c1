//! Transactions that an application takes step by step: one transactional id, one producer, replaced when it was fenced or
//! cannot go on. It opens with the first transaction.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::error::{Error, Result};
use crate::patience::Patience;
use crate::produce::{GroupOffset, SendReport, TransactionalProducer};
use crate::runtime::Deadline;
use crate::services::context::{Context, Running};
use crate::services::topic_names::TopicNames;
use crate::wake::Wake;

pub struct TransactionService {
    context: Arc<Context>,
    wake: Arc<dyn Wake>,
    transactional_id: String,
    topics: TopicNames,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Disconnects so far: a begin that was asked for before one opens nothing after it.
    closings: u64,
    open: Option<(Arc<TransactionalProducer>, Running)>,
    /// Of the topics, how many the open producer knows.
    registered: AtomicUsize,
    /// Closing or closed: their last reports are still to be taken.
    retired: Vec<Arc<TransactionalProducer>>,
}

impl TransactionService {
    pub fn new(context: Arc<Context>, wake: Arc<dyn Wake>, transactional_id: String) -> Arc<Self> {
        let (topics, state) = (TopicNames::default(), Mutex::default());
        Arc::new(TransactionService { context, wake, transactional_id, topics, state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while looking at the producer")
    }

    /// Begins a transaction, with a new producer where there is none that can. Blocks until KAFKA_TIMEOUT at most.
    /// `closings`: as they were when it was asked for; after a disconnect since then nothing is opened.
    pub fn begin(&self, closings: u64) -> Result<()> {
        let deadline = self.context.deadline();
        self.usable(deadline, closings)?.begin(deadline)
    }

    /// Disconnects so far, for `begin`.
    pub fn closings(&self) -> u64 {
        self.state().closings
    }

    /// As `ProducerService::topic_id`.
    pub fn topic_id(&self, name: &str) -> Result<u32> {
        self.topics.id(name)
    }

    pub fn topic_name(&self, id: u32) -> Option<String> {
        self.topics.name(id)
    }

    /// Sends records in the transaction. Never blocks; on an error nothing was sent.
    pub fn send(&self, slab: &[u8], index: &[i32], sends: &[i32]) -> Result<()> {
        let producer = {
            let state = self.state();
            let Some(producer) = state.open.as_ref().map(|(producer, _)| producer.clone()) else {
                return Err(Error::state("CLOSED", "the transaction's producer was closed"));
            };
            self.topics.register(&state.registered, |name| producer.topic_id(name))?;
            producer
        };
        producer.send(slab, index, sends)
    }

    /// The settled sends, each once.
    pub fn take_reports(&self) -> Vec<SendReport> {
        let mut state = self.state();
        let mut reports = state.open.as_ref().map_or_else(Vec::new, |(producer, _)| producer.take_reports());
        state.retired.retain(|producer| {
            // Before taking: what settles between the two would be lost with the producer otherwise.
            let done = producer.in_flight() == 0;
            reports.extend(producer.take_reports());
            !done
        });
        reports
    }

    pub fn send_offsets(&self, group: &str, offsets: &[GroupOffset]) -> Result<()> {
        self.open()?.send_offsets(group, offsets, self.context.deadline())
    }

    pub fn commit(&self) -> Result<()> {
        self.open()?.commit_steps(self.context.deadline())
    }

    pub fn abort(&self) -> Result<()> {
        self.open()?.abort_steps(self.context.deadline())
    }

    /// Closes the producer as long as there is patience; the next `begin` opens another.
    pub fn disconnect(&self, patience: impl Into<Patience>) {
        self.state().closings += 1;
        self.close_open(patience);
    }

    fn close_open(&self, patience: impl Into<Patience>) {
        let taken = {
            let mut state = self.state();
            let taken = state.open.take();
            state.retired.extend(taken.iter().map(|(producer, _)| producer.clone()));
            taken
        };
        if let Some((producer, _running)) = taken {
            producer.close(patience);
            self.wake.wake();
        }
    }

    fn open(&self) -> Result<Arc<TransactionalProducer>> {
        let open = self.state().open.as_ref().map(|(producer, _)| producer.clone());
        open.ok_or_else(|| Error::state("CLOSED", "the transaction's producer was closed"))
    }

    /// The producer, opened or replaced if need be, with a broker that answers.
    fn usable(&self, deadline: Deadline, closings: u64) -> Result<Arc<TransactionalProducer>> {
        let mut state = self.state();
        if state.closings != closings {
            return Err(Error::state("CLOSED", "the transaction's producer was closed"));
        }
        if let Some((old, running)) = state.open.take_if(|(producer, _)| producer.needs_replacement()) {
            state.retired.push(old.clone());
            // Closing waits for librdkafka, so not here.
            crate::runtime::spawn_blocking(move || {
                old.close(Deadline::after_ms(0));
                drop(running);
            });
        }
        if let Some((producer, _)) = &state.open {
            return Ok(producer.clone());
        }
        let config = self.context.config();
        let running = self.context.run();
        let (telemetry, events) = (self.context.telemetry.clone(), self.context.events.clone());
        let wake = Some(self.wake.clone());
        let requests = self.context.producer_requests.get();
        let id = &self.transactional_id;
        let producer = TransactionalProducer::open_with(&config, id, telemetry, events, wake, requests)?;
        state.registered = AtomicUsize::new(0);
        state.open = Some((producer.clone(), running));
        // A disconnect must not wait for the brokers.
        drop(state);
        if let Err(error) = producer.await_broker(&self.context.servers(), config.retry_attempts, deadline) {
            self.close_open(Deadline::after_ms(0));
            return Err(error);
        }
        Ok(producer)
    }
}
