//! What the handle of a group, its fetch thread and its watchdog share.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::patience::Patience;
use crate::properties::{self, Properties};
use crate::telemetry::Telemetry;
use crate::wake::WakeOnce;

use super::consumer::GroupOptions;
use super::lanes::{Lane, LaneIds, Phase};
use super::notes::{Note, Notes};
use super::signal::Signal;
use super::slab::Slab;
use super::status::MemberState;

/// Slabs that wait to be taken. A few, so that packing goes on while the application works; not more, since they are
/// memory and messages that a rebalance throws away.
pub const READY_SLABS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupPhase {
    Open,
    /// `close` runs: lanes stop, offsets are committed, the member leaves.
    Closing,
    Closed,
}

/// One topic of the subscription.
pub struct Topic {
    /// An assignment was received for a generation in which this topic was subscribed.
    pub covered: bool,
    /// librdkafka was given a subscription with this topic.
    pub given: bool,
    /// `remove_topic` runs: lanes of it do not start.
    pub removing: bool,
    /// What librdkafka said last about it.
    pub error: Option<Error>,
    pub since: Instant,
}

pub struct State {
    pub topics: BTreeMap<String, Topic>,
    /// When librdkafka was last given a subscription.
    pub subscribed: Option<Instant>,
    /// Lanes that must stop, not yet taken by the floor above. Each lane comes once, so bounded by their number.
    pub closing: Vec<u32>,
    pub phase: GroupPhase,
    /// Set by `close`: the fetch thread leaves the group, as long as there is patience.
    pub leave: Option<Patience>,
    pub member: MemberState,
    /// What keeps the whole group from working: authorization, a fatal error.
    pub problem: Option<Error>,
}

pub struct ReadySlab {
    pub slab: Slab,
    /// Messages of each lane in it.
    pub parts: Vec<(Arc<Lane>, u32)>,
}

pub struct Group {
    pub id: Arc<str>,
    /// Names the client in logs and events.
    pub name: String,
    pub telemetry: Arc<Telemetry>,
    pub events: Arc<Events>,
    pub wake: Arc<WakeOnce>,
    pub lane_ids: Arc<LaneIds>,
    pub options: GroupOptions,
    pub properties: Properties,
    /// How long a revocation waits for handlers.
    pub revoke_wait: Duration,
    pub signal: Arc<Signal>,
    /// `None` once closed. Replaced when the watchdog opens a new handle.
    pub client: RwLock<Option<Arc<Client>>>,
    state: Mutex<State>,
    /// One change of the subscription at a time.
    pub subscribing: Mutex<()>,
    /// Notified on every change that a blocking call of the handle waits for.
    pub changed: Condvar,
    pub slabs: Mutex<VecDeque<ReadySlab>>,
    pub lanes: RwLock<HashMap<u32, Arc<Lane>>>,
    /// What the floor above is told where it manages offsets itself.
    pub notes: Arc<Notes>,
    /// Topics with a beginning of their own; true: the earliest.
    pub declared: Mutex<HashMap<String, bool>>,
}

/// Set here and nowhere else, with the reason for refusing another value.
const FIXED: [(&str, &str, &str); 2] = [
    ("enable.auto.offset.store", "false", "offsets are stored after the handler"),
    ("enable.partition.eof", "false", "librdkafka's batches would skip a message after it (issue 4844)"),
];

impl Group {
    pub fn new(
        config: &Config,
        group_id: &str,
        options: GroupOptions,
        lane_ids: Arc<LaneIds>,
        telemetry: Arc<Telemetry>,
        events: Arc<Events>,
        wake: Arc<WakeOnce>,
    ) -> Result<Arc<Self>> {
        let mut properties = properties::consumer(config, group_id)?;
        for (name, value, why) in FIXED {
            if config.librdkafka.get(name).is_some_and(|given| given != value) {
                return Err(Error::config(format!("librdkafka property {name} must be {value} here: {why}")));
            }
        }
        // The watchdog reads them; a value of the application's wins.
        let interval = (options.stall_ms / 2).clamp(50, 1_000).to_string();
        properties.entry("statistics.interval.ms".into()).or_insert(interval);
        if options.manual {
            properties.insert("enable.auto.commit".into(), "false".into());
            // Tells who leads the group; see `notes`.
            properties.entry("debug".into()).or_insert("cgrp".into());
        }
        let max_poll = properties.get("max.poll.interval.ms").and_then(|ms| ms.parse::<u64>().ok()).unwrap_or(300_000);
        // Where the floor above manages offsets, the rebalance timeout (max.poll.interval.ms) is the application's word for
        // how long handlers may take; what is left of it is for the commit and the join.
        let longest = if options.manual { max_poll / 6 * 5 } else { u64::from(config.timeout_ms).min(max_poll / 2) };
        let revoke_wait = Duration::from_millis(longest);
        Ok(Arc::new(Group {
            id: group_id.into(),
            name: format!("consumer {group_id}"),
            telemetry,
            events,
            wake,
            lane_ids,
            options,
            properties,
            revoke_wait,
            signal: Arc::new(Signal::default()),
            client: RwLock::new(None),
            state: Mutex::new(State {
                topics: BTreeMap::new(),
                subscribed: None,
                closing: Vec::new(),
                phase: GroupPhase::Open,
                leave: None,
                member: MemberState::Idle,
                problem: None,
            }),
            subscribing: Mutex::new(()),
            changed: Condvar::new(),
            slabs: Mutex::new(VecDeque::new()),
            lanes: RwLock::new(HashMap::new()),
            notes: Arc::default(),
            declared: Mutex::default(),
        }))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics under this lock")
    }

    /// Waits for a change, at most until the deadline and a while; spurious returns are fine for callers, which loop.
    pub fn wait_change<'a>(&self, state: MutexGuard<'a, State>, most: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, most).expect("nothing panics under this lock").0
    }

    pub fn client(&self) -> Result<Arc<Client>> {
        let client = self.client.read().expect("nothing panics under this lock").clone();
        client.ok_or_else(|| Error::state("CONSUMER_CLOSED", format!("the consumer of group {} is closed", self.id)))
    }

    pub fn lane(&self, id: u32) -> Option<Arc<Lane>> {
        self.lanes.read().expect("nothing panics under this lock").get(&id).cloned()
    }

    pub fn all_lanes(&self) -> Vec<Arc<Lane>> {
        self.lanes.read().expect("nothing panics under this lock").values().cloned().collect()
    }

    pub fn add_lane(&self, lane: &Arc<Lane>) {
        self.lanes.write().expect("nothing panics under this lock").insert(lane.id, lane.clone());
    }

    pub fn drop_lane(&self, lane: &Lane) {
        lane.state().end();
        self.lanes.write().expect("nothing panics under this lock").remove(&lane.id);
        self.changed.notify_all();
    }

    /// Tells lanes to stop: nothing more is handed out, the floor above is told once.
    pub fn stop_lanes(&self, lanes: &[Arc<Lane>]) {
        let mut told = Vec::new();
        for lane in lanes {
            let mut state = lane.state();
            if state.phase == Phase::Running {
                state.phase = Phase::Closing;
                told.push(lane.id);
            }
        }
        if !told.is_empty() {
            self.state().closing.extend(told);
            self.wake.notify();
        }
    }

    pub fn has_room(&self) -> bool {
        self.slabs.lock().expect("nothing panics under this lock").len() < READY_SLABS
    }

    /// Tells the floor above, where it wants to be told.
    pub fn note(&self, note: impl FnOnce() -> Note) {
        if self.options.manual {
            self.notes.add(note());
            self.wake.notify();
        }
    }

    /// A lane of this group: one whose offsets the floor above commits counts as idle only when that says so.
    pub fn new_lane(&self, topic: Arc<str>, partition: i32) -> Arc<Lane> {
        let lane = Lane::new(self.lane_ids.next(), topic, partition);
        lane.state().strict = self.options.manual;
        lane
    }

    /// The protocol by which this group rebalances is KIP-848's.
    pub fn is_consumer_protocol(&self) -> bool {
        self.properties.get("group.protocol").is_some_and(|p| p.eq_ignore_ascii_case("consumer"))
    }

    /// Wakes whoever waits for an answer of this group, with the reason why none will come.
    pub fn fail(&self, error: Error) {
        self.note(|| Note::Failed { error: error.clone() });
        self.state().problem = Some(error);
        self.changed.notify_all();
    }
}
