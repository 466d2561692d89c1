//! Which topic is consumed in which group: one librdkafka consumer a group, opened with its first topic and closed with
//! its last. Topics start and stop side by side; a group is opened or closed by one caller at a time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::json;

use crate::cancel;
use crate::consume::{GroupConsumer, LaneIds};
use crate::error::{Error, ErrorClass, Result};
use crate::patience::Patience;
use crate::runtime::Deadline;
use crate::services::busy::Busy;
use crate::services::context::{Context, Running};
use crate::wake::WakeOnce;

pub struct Groups {
    context: Arc<Context>,
    wake: Arc<WakeOnce>,
    lane_ids: Arc<LaneIds>,
    members: Mutex<BTreeMap<String, Member>>,
    /// Group by topic, for the topics that run or are about to.
    active: Mutex<BTreeMap<String, String>>,
    starting: Busy,
    opening: Busy,
    /// Counts `close_all`: a group that was being opened meanwhile must not survive it.
    closings: AtomicU64,
}

/// One librdkafka consumer; while it is here, the settings that it was built with cannot be changed.
struct Member {
    consumer: Arc<GroupConsumer>,
    _running: Running,
}

impl Groups {
    pub fn new(context: Arc<Context>, wake: Arc<WakeOnce>) -> Self {
        Groups {
            context,
            wake,
            lane_ids: Arc::default(),
            members: Mutex::default(),
            active: Mutex::default(),
            starting: Busy::default(),
            opening: Busy::default(),
            closings: AtomicU64::new(0),
        }
    }

    /// Blocks until the partitions of `topic` are assigned. Starting what runs in the same group is no second start; in
    /// another group it is an error.
    pub fn start(&self, topic: &str, group_id: &str, deadline: Deadline) -> Result<()> {
        let _topic = self.starting.enter(topic, deadline)?;
        if let Some(running) = self.active().get(topic) {
            if running == group_id {
                return Ok(());
            }
            let message = format!("{topic} is consumed in group {running}: stop it before starting it in {group_id}");
            return Err(Error::state("ALREADY_STARTED", message));
        }
        let consumer = {
            let _group = self.opening.enter(group_id, deadline).map_err(|error| self.explained(group_id, error))?;
            let existing = self.members().get(group_id).map(|member| member.consumer.clone());
            let consumer = match existing {
                Some(consumer) => consumer,
                None => self.open(group_id, deadline)?,
            };
            // Before anybody else enters the group: a stop of its other topics must see that it is still used.
            self.active().insert(topic.to_string(), group_id.to_string());
            consumer
        };
        let started = consumer.add_topic(topic, deadline);
        if started.is_err() {
            self.active().remove(topic);
            // Also where it failed because it was cancelled.
            cancel::shielded(|| self.close_if_unused(group_id, &Deadline::after_ms(0).into()))?;
        }
        started
    }

    /// Where time passed, somebody else was opening the group all the time, so no broker answered.
    fn explained(&self, group_id: &str, late: Error) -> Error {
        if late.class != ErrorClass::KafkaTimeoutError {
            return late;
        }
        let servers = self.context.servers();
        let message = format!("group {group_id} could not be opened in time; tried {}", servers.join(", "));
        let brokers: Vec<_> = servers.iter().map(|s| json!({ "address": s, "reason": "no answer" })).collect();
        Error::new(ErrorClass::KafkaConnectionError, "CONNECTION_FAILED", message)
            .retriable(true)
            .details(json!({ "brokers": brokers }))
            .caused_by(late)
    }

    fn open(&self, group_id: &str, deadline: Deadline) -> Result<Arc<GroupConsumer>> {
        let begun = self.closings.load(Ordering::Acquire);
        let config = self.context.config();
        let running = self.context.run();
        let consumer = GroupConsumer::open(
            &config,
            group_id,
            self.lane_ids.clone(),
            self.context.telemetry.clone(),
            self.context.events.clone(),
            self.wake.clone(),
        )?;
        let reached = consumer.await_broker(&self.context.servers(), config.retry_attempts, deadline);
        let mut members = self.members();
        let closed = (self.closings.load(Ordering::Acquire) != begun)
            .then(|| Error::state("STOPPED", format!("group {group_id} was stopped while it was being started")));
        if let Err(error) = reached.and(cancel::check()).and(closed.map_or(Ok(()), Err)) {
            drop(members);
            consumer.close(Deadline::after_ms(0));
            return Err(error);
        }
        members.insert(group_id.to_string(), Member { consumer: consumer.clone(), _running: running });
        Ok(consumer)
    }

    /// The running handlers of `topic` finish (until the deadline), their offsets are committed, the group lets it go.
    /// The last topic of a group leaves the group. Stopping what does not run is nothing.
    pub fn stop(&self, topic: &str, patience: &Patience) -> Result<()> {
        let _topic = self.starting.enter(topic, patience.deadline())?;
        let Some(group_id) = self.active().get(topic).cloned() else { return Ok(()) };
        let consumer = self.members().get(&group_id).map(|member| member.consumer.clone());
        // The topic counts as using the group until it is gone: whoever stops beside it must not close the group and
        // wait for the handlers of this one.
        let shared = self.active().iter().any(|(other, group)| other != topic && *group == group_id);
        let removed = match consumer {
            Some(consumer) if shared => consumer.remove_topic(topic, patience.clone()),
            _ => Ok(()),
        };
        self.active().remove(topic);
        self.close_if_unused(&group_id, patience).and(removed)
    }

    fn is_used(&self, group_id: &str) -> bool {
        self.active().values().any(|group| group == group_id)
    }

    fn close_if_unused(&self, group_id: &str, patience: &Patience) -> Result<()> {
        let _group = self.opening.enter(group_id, patience.deadline())?;
        if self.is_used(group_id) {
            return Ok(());
        }
        // It stays in the table while it closes: its lanes still report.
        let consumer = self.members().get(group_id).map(|member| member.consumer.clone());
        if let Some(consumer) = consumer {
            consumer.close(patience.clone());
            self.members().remove(group_id);
        }
        Ok(())
    }

    /// Closes all groups at the same time; starts that are under way fail.
    pub fn close_all(&self, patience: &Patience) {
        let consumers = {
            let members = self.members();
            self.closings.fetch_add(1, Ordering::AcqRel);
            members.values().map(|member| member.consumer.clone()).collect::<Vec<_>>()
        };
        self.active().clear();
        std::thread::scope(|scope| {
            for consumer in &consumers {
                scope.spawn(|| consumer.close(patience.clone()));
            }
        });
        self.members().retain(|_, member| !consumers.iter().any(|closed| Arc::ptr_eq(closed, &member.consumer)));
    }

    pub fn active_topics(&self) -> Vec<String> {
        self.active().keys().cloned().collect()
    }

    pub fn consumers(&self) -> Vec<Arc<GroupConsumer>> {
        self.members().values().map(|member| member.consumer.clone()).collect()
    }

    fn members(&self) -> MutexGuard<'_, BTreeMap<String, Member>> {
        self.members.lock().expect("no panic under this lock")
    }

    fn active(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.active.lock().expect("no panic under this lock")
    }
}
