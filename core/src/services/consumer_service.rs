//! KafkaConsumerService: which topic is consumed by which group, one librdkafka consumer a group, retries and dead
//! letters. The handlers themselves run above; this side hands out slabs and takes progress.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::consume::retry::{self, Decision, Origin, PolicyNumbers, RetryPolicy};
use crate::consume::{GroupConsumer, GroupStatus, LaneInfo, Slab};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::patience::Patience;
use crate::services::context::Context;
use crate::services::dead_letters::DeadLetters;
use crate::services::groups::Groups;
use crate::wake::{Wake, WakeOnce};

pub struct ConsumerService {
    context: Arc<Context>,
    /// Shared by the groups: one nudge upwards however many of them have slabs.
    wake: Arc<WakeOnce>,
    groups: Groups,
    policies: Mutex<HashMap<String, PolicyNumbers>>,
    /// Topics that a retry policy stopped, until they are started again.
    stopped_by_policy: Mutex<BTreeSet<String>>,
    dead_letters: DeadLetters,
}

/// What the floor above tells about a handler that threw.
pub struct HandlerFailure {
    pub lane: u32,
    pub offset: i64,
    /// From 1.
    pub attempt: u32,
    pub name: String,
    pub message: String,
}

impl ConsumerService {
    pub fn new(context: Arc<Context>, wake: Arc<dyn Wake>) -> Arc<Self> {
        let wake = Arc::new(WakeOnce::new(wake));
        Arc::new(ConsumerService {
            dead_letters: DeadLetters::new(context.clone()),
            groups: Groups::new(context.clone(), wake.clone()),
            context,
            wake,
            policies: Mutex::default(),
            stopped_by_policy: Mutex::default(),
        })
    }

    /// Starts consuming `topic` in `group` (`None`: KAFKA_CONSUMER_GROUP). Blocks until its partitions are assigned, for
    /// KAFKA_TIMEOUT at most. Starting what runs in the same group is no second start; in another group it is an error.
    pub fn start(&self, topic: &str, group: Option<&str>) -> Result<()> {
        let deadline = self.context.deadline();
        let group_id = group.map_or_else(|| self.context.config().consumer_group, str::to_string);
        self.groups.start(topic, &group_id, deadline)?;
        self.context.telemetry.log.info("consumer", &format!("{topic} started in group {group_id}"));
        self.stopped_by_policy().remove(topic);
        Ok(())
    }

    /// Stops one topic: its running handlers finish (until the patience's deadline), their offsets are committed, the group lets it
    /// go. The last topic of a group leaves the group. Stopping what does not run is nothing.
    pub fn stop(&self, topic: &str, patience: impl Into<Patience>) -> Result<()> {
        self.context.telemetry.log.info("consumer", &format!("{topic} stops"));
        self.groups.stop(topic, &patience.into())
    }

    /// Stops everything, all groups at the same time, and closes the producer of dead letters.
    pub fn stop_all(&self, patience: impl Into<Patience>) {
        let patience = patience.into();
        self.groups.close_all(&patience);
        self.dead_letters.close(patience);
        self.context.telemetry.log.info("consumer", "all topics stopped");
    }

    pub fn active_topics(&self) -> Vec<String> {
        self.groups.active_topics()
    }

    /// The next slab of any group.
    pub fn take(&self) -> Option<Slab> {
        // First: a slab that comes while this looks raises a new nudge.
        self.wake.rearm();
        self.groups.consumers().iter().find_map(|consumer| consumer.take())
    }

    /// Lanes that must stop.
    pub fn take_closing(&self) -> Vec<u32> {
        self.groups.consumers().iter().flat_map(|consumer| consumer.take_closing()).collect()
    }

    pub fn lane(&self, lane: u32) -> Option<LaneInfo> {
        self.groups.consumers().iter().find_map(|consumer| consumer.lane(lane))
    }

    /// The consumer that owns a lane, if it still does.
    pub fn owner(&self, lane: u32) -> Option<Arc<GroupConsumer>> {
        self.groups.consumers().into_iter().find(|consumer| consumer.lane(lane).is_some())
    }

    /// Numbers that are absent are KAFKA_RETRY_ATTEMPTS and the defaults of [`RetryPolicy`].
    pub fn set_policy(&self, topic: &str, numbers: PolicyNumbers) -> Result<()> {
        RetryPolicy::from_numbers(&numbers, self.context.config().retry_attempts)?;
        self.policies().insert(topic.to_string(), numbers);
        Ok(())
    }

    fn policy(&self, topic: &str) -> Result<RetryPolicy> {
        // Made anew each time, because KAFKA_RETRY_ATTEMPTS can change while consumers run.
        let numbers = self.policies().get(topic).cloned().unwrap_or_default();
        RetryPolicy::from_numbers(&numbers, self.context.config().retry_attempts)
    }

    /// A handler threw: counts and tells it, and decides. The pause before a retry is the caller's to keep.
    pub fn failed(&self, failure: &HandlerFailure) -> Result<Decision> {
        let lane = self.lane(failure.lane).ok_or_else(|| gone(failure.lane))?;
        let decision = retry::decide(&self.policy(&lane.topic)?, failure.attempt, &mut chance);
        let telemetry = &self.context.telemetry;
        telemetry.handler_errors.fetch_add(1, Relaxed);
        let retry_in_ms = match &decision {
            Decision::Retry { after_ms } => {
                telemetry.handler_retries.fetch_add(1, Relaxed);
                Some(*after_ms)
            }
            _ => None,
        };
        let error = format!("{}: {}", failure.name, failure.message);
        telemetry.log.warn(
            "handler",
            &format!("{}[{}]@{} attempt {}: {error}", lane.topic, lane.partition, failure.offset, failure.attempt),
        );
        let (topic, partition) = (lane.topic.to_string(), lane.partition);
        let (offset, attempt) = (failure.offset, failure.attempt);
        self.context.events.emit(Event::HandlerFailed { topic, partition, offset, attempt, error, retry_in_ms });
        Ok(decision)
    }

    /// Sends a message to the dead-letter topic and waits for its acknowledgement. Until it came, the message's offset
    /// must not move: who calls tries again after an error, unless that is LANE_CLOSED.
    pub fn dead_letter(
        &self,
        failure: &HandlerFailure,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[u8],
        timestamp: i64,
    ) -> Result<()> {
        let lane = self.lane(failure.lane).ok_or_else(|| gone(failure.lane))?;
        let (partition, offset) = (lane.partition, failure.offset);
        let origin = Origin { topic: &lane.topic, partition, offset, timestamp, group: &lane.group, headers };
        let headers = retry::dead_letter_headers(&origin, &failure.name, &failure.message, failure.attempt);
        let deadline = self.context.deadline();
        let sent = self.dead_letters.publish(&lane.topic, key, value, &headers, timestamp, deadline);
        let dead_letter_topic = sent.inspect_err(|error| {
            self.context.telemetry.log.error("dead letter", &format!("{}: {error}", lane.topic));
        })?;
        self.context.telemetry.dead_letters.fetch_add(1, Relaxed);
        let error = format!("{}: {}", failure.name, failure.message);
        let topic = lane.topic.to_string();
        self.context.events.emit(Event::DeadLettered { topic, partition, offset, dead_letter_topic, error });
        Ok(())
    }

    /// Commits what the handlers have finished in the group of this lane. Blocks until KAFKA_TIMEOUT at most.
    pub fn commit(&self, lane: u32) -> Result<()> {
        match self.owner(lane) {
            Some(consumer) => consumer.commit(self.context.deadline()),
            None => Err(gone(lane)),
        }
    }

    /// Time that handlers took, in µs a message.
    pub fn record_handler_time(&self, us: u64, times: u64) {
        self.context.telemetry.handler_latency.record(us, times);
    }

    /// The retry policy of a topic says that it must not go on; who runs the handlers stops it.
    pub fn note_stopped(&self, topic: &str) {
        self.stopped_by_policy().insert(topic.to_string());
    }

    pub fn stopped_topics(&self) -> Vec<String> {
        self.stopped_by_policy().iter().cloned().collect()
    }

    fn stopped_by_policy(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.stopped_by_policy.lock().expect("no panic while looking at topics")
    }

    pub fn status(&self) -> Vec<GroupStatus> {
        self.groups.consumers().iter().map(|consumer| consumer.status()).collect()
    }

    fn policies(&self) -> MutexGuard<'_, HashMap<String, PolicyNumbers>> {
        self.policies.lock().expect("no panic while looking at policies")
    }
}

/// From 0 to below 1, for the jitter of back-offs: the standard hasher's random keys are chance enough.
fn chance() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1u64 << 53) as f64
}

fn gone(lane: u32) -> Error {
    Error::state("LANE_CLOSED", format!("partition (lane {lane}) was taken away from this consumer"))
}
