//! KafkaInitializationService: everything up in the right order, everything down in the reverse, each bounded.

use std::sync::{Arc, Mutex};

use serde::Serialize;

use crate::cancel::{self, Cancel};
use crate::control::topics::TopicReport;
use crate::error::Result;
use crate::events::Event;
use crate::patience::Patience;
use crate::runtime::Deadline;
use crate::services::busy::Busy;
use crate::services::consumer_service::ConsumerService;
use crate::services::context::Context;
use crate::services::producer_service::ProducerService;
use crate::topics::TopicSpec;

/// What `Initialization::busy` calls both of its works.
const NAME: &str = "kafka4";

pub struct Initialization {
    context: Arc<Context>,
    producer: Arc<ProducerService>,
    consumers: Arc<ConsumerService>,
    /// One initialization or cleanup at a time.
    busy: Busy,
    /// What the last successful initialization found.
    report: Mutex<Option<Report>>,
    /// Of the initialization that runs: a cleanup ends it.
    running: Mutex<Cancel>,
}

/// What `initialize` did.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub topics: Vec<TopicReport>,
    /// The table that this report is about: a topic declared later makes the next call look again.
    #[serde(skip)]
    declared: Vec<TopicSpec>,
}

impl Initialization {
    pub fn new(context: Arc<Context>, producer: Arc<ProducerService>, consumers: Arc<ConsumerService>) -> Arc<Self> {
        Arc::new(Initialization {
            context,
            producer,
            consumers,
            busy: Busy::default(),
            report: Mutex::new(None),
            running: Mutex::default(),
        })
    }

    /// Admin, topics, producer. Blocks; a second call finds the work done. A failed one leaves nothing half open that a
    /// later call would trip over, and may be repeated; a cancelled one closes what it has opened.
    pub fn initialize(&self) -> Result<Report> {
        let deadline = self.context.deadline();
        let _one = self.busy.enter(NAME, deadline)?;
        let declared = self.context.declared_topics();
        let known = |done: &Report| declared.iter().all(|spec| done.declared.contains(spec));
        if let Some(done) = self.report().filter(|done| known(done)) {
            return Ok(done);
        }
        let cancel = Cancel::default();
        *self.running.lock().expect("no panic while initializing") = cancel.clone();
        let (had_admin, was_connected) = (self.context.has_admin(), self.producer.is_connected());
        cancel.scope(|| {
            let done = self.initialize_by(declared, deadline).and_then(|done| cancel::check().map(|()| done));
            if cancel::cancelled() {
                cancel::shielded(|| {
                    if !was_connected {
                        self.producer.disconnect(Deadline::after_ms(0));
                    }
                    if !had_admin {
                        self.context.close_admin(Deadline::after_ms(0));
                    }
                });
            }
            let done = done?;
            *self.report.lock().expect("no panic while noting") = Some(done.clone());
            Ok(done)
        })
    }

    fn initialize_by(&self, declared: Vec<TopicSpec>, deadline: Deadline) -> Result<Report> {
        let admin = self.context.admin(deadline)?;
        let topics = admin.ensure_topics(&declared, deadline)?;
        for topic in topics.iter().filter(|topic| !topic.differences.is_empty()) {
            let found: Vec<String> = topic
                .differences
                .iter()
                .map(|d| format!("{} is {} instead of {}", d.what, d.actual, d.declared))
                .collect();
            let message = format!("topic {} exists and was left alone: {}", topic.name, found.join(", "));
            self.context.telemetry.log.warn("topics", &message);
            self.context.events.emit(Event::Warning { code: "TOPIC_DIFFERS".into(), message });
        }
        self.producer.connect()?;
        let done = Report { topics, declared };
        for topic in done.topics.iter().filter(|topic| topic.created) {
            self.context.telemetry.log.info("topics", &format!("{} created", topic.name));
        }
        self.context.telemetry.log.info("kafka4", "initialized");
        Ok(done)
    }

    pub fn is_initialized(&self) -> bool {
        self.report().is_some()
    }

    pub fn report(&self) -> Option<Report> {
        self.report.lock().expect("no panic while noting").clone()
    }

    /// Consumers first (no new work), then the producer (flush), then the admin client. All of it as long as there is
    /// patience; an initialization that is under way ends.
    pub fn cleanup(&self, patience: impl Into<Patience>) {
        let patience = patience.into();
        self.running.lock().expect("no panic while cleaning up").cancel();
        // Kept until the end. Past the deadline the rest is closed beside whoever still works.
        let _one = self.busy.enter(NAME, patience.deadline());
        *self.report.lock().expect("no panic while noting") = None;
        self.consumers.stop_all(patience.clone());
        self.producer.disconnect(patience.clone());
        self.context.close_admin(patience);
        self.context.telemetry.log.info("kafka4", "cleaned up");
    }

    pub fn parts(&self) -> (&Arc<Context>, &Arc<ProducerService>, &Arc<ConsumerService>) {
        (&self.context, &self.producer, &self.consumers)
    }
}
