//! The handle of one group member: what the border calls.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;

use crate::config::Config;
use crate::connection;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::patience::Patience;
use crate::requests::Requests;
use crate::runtime::Deadline;
use crate::telemetry::Telemetry;
use crate::wake::WakeOnce;

use super::commit::{self, Offset};
use super::connection::Connection;
use super::group::{Group, GroupPhase};
use super::lanes::{Lane, LaneIds, LaneInfo, Phase};
use super::native::NONE;
use super::notes::Note;
use super::signal::Command;
use super::slab::Slab;
use super::status::{self, GroupStatus};
use super::{declared, fetch, joining, lookup, offsets, subscription};

/// What can be set for a group besides librdkafka's properties.
#[derive(Debug, Clone)]
pub struct GroupOptions {
    /// ms without progress, though there is something to do, after which a partition counts as stalled.
    pub stall_ms: u64,
    /// The floor above decides which offsets are committed and when ([`GroupConsumer::commit_offsets`]), and is told of
    /// what its group does ([`GroupConsumer::take_notes`]). It calls `lane_idle` when it has committed what it wants to.
    pub manual: bool,
    /// Takes note of the requests to brokers.
    pub requests: Option<Arc<Requests>>,
}

impl Default for GroupOptions {
    fn default() -> Self {
        GroupOptions { stall_ms: 60_000, manual: false, requests: None }
    }
}

/// One member of one consumer group. Methods may be called from any thread; those with a deadline block.
pub struct GroupConsumer {
    pub(super) group: Arc<Group>,
}

impl GroupConsumer {
    /// Creates the librdkafka handle and the fetch thread; waits for nothing.
    /// `wake` is notified when [`take`](Self::take) or [`take_closing`](Self::take_closing) has something.
    pub fn open(
        config: &Config,
        group_id: &str,
        lane_ids: Arc<LaneIds>,
        telemetry: Arc<Telemetry>,
        events: Arc<Events>,
        wake: Arc<WakeOnce>,
    ) -> Result<Arc<Self>> {
        Self::open_with(config, group_id, GroupOptions::default(), lane_ids, telemetry, events, wake)
    }

    /// As [`open`](Self::open), with options.
    pub fn open_with(
        config: &Config,
        group_id: &str,
        options: GroupOptions,
        lane_ids: Arc<LaneIds>,
        telemetry: Arc<Telemetry>,
        events: Arc<Events>,
        wake: Arc<WakeOnce>,
    ) -> Result<Arc<Self>> {
        if group_id.is_empty() || group_id.len() > 249 || group_id.chars().any(char::is_control) {
            return Err(Error::invalid("a group id has 1 to 249 printable characters"));
        }
        let group = Group::new(config, group_id, options, lane_ids, telemetry, events, wake)?;
        let link = Connection::open(&group)?;
        *group.client.write().expect("nothing panics under this lock") = Some(link.client.clone());
        fetch::start(group.clone(), link)?;
        Ok(Arc::new(GroupConsumer { group }))
    }

    /// Waits until a broker answers; see [`connection::await_broker`].
    pub fn await_broker(&self, servers: &[String], attempts: u32, deadline: Deadline) -> Result<()> {
        connection::await_broker(&*self.group.client()?, servers, attempts, deadline)
    }

    /// Adds a topic to the subscription and blocks until the assignment that answers it was received: its lanes run, or
    /// other members have all of its partitions. On an error the topic is not subscribed: `UNKNOWN_TOPIC_OR_PART` at
    /// once, authorization errors, or a timeout at the deadline. A topic that is subscribed already: nothing to do.
    pub fn add_topic(&self, topic: &str, deadline: Deadline) -> Result<()> {
        subscription::add(&self.group, topic, deadline)
    }

    /// Stops the lanes of a topic, waits for their handlers, commits, unsubscribes. Other topics are not disturbed
    /// (with the eager protocol they rebalance too). The topic is removed in any case; an error tells what was not
    /// awaited at the deadline.
    pub fn remove_topic(&self, topic: &str, patience: impl Into<Patience>) -> Result<()> {
        subscription::remove(&self.group, topic, &patience.into())
    }

    /// Where the reading of a topic begins that has no committed offset; see [`declared`]. Blocks until the brokers have
    /// told that the topic exists. False: another beginning was declared before, and stays.
    pub fn declare(&self, topic: &str, from_beginning: bool, deadline: Deadline) -> Result<bool> {
        declared::declare(&self.group, topic, from_beginning, deadline)
    }

    /// The names of all topics of the cluster.
    pub fn all_topics(&self, deadline: Deadline) -> Result<Vec<String>> {
        lookup::all(&*self.group.client()?, deadline)
    }

    /// Subscribes to all of these topics at once and blocks until the member has joined; see [`joining::join`].
    pub fn join(&self, topics: &[String], deadline: Deadline) -> Result<()> {
        joining::join(&self.group, topics, deadline)
    }

    /// What the group has told since the last call, where that is wanted (`manual`).
    pub fn take_notes(&self) -> Vec<Note> {
        self.group.notes.take()
    }

    /// Commits these offsets and blocks until the brokers have them; returns the indices of those; see [`commit::commit`].
    pub fn commit_offsets(&self, offsets: &[Offset], patience: impl Into<Patience>) -> Result<Vec<usize>> {
        commit::commit(&self.group, offsets, &patience.into())
    }

    /// Subscribed topics, sorted.
    pub fn topics(&self) -> Vec<String> {
        self.group.state().topics.iter().filter(|(_, t)| !t.removing).map(|(name, _)| name.clone()).collect()
    }

    /// The next slab. Messages of lanes that stopped meanwhile are in it: they must be dropped.
    pub fn take(&self) -> Option<Slab> {
        let ready = self.group.slabs.lock().expect("nothing panics under this lock").pop_front()?;
        for (lane, count) in &ready.parts {
            let mut state = lane.state();
            state.untaken = state.untaken.saturating_sub(*count);
        }
        // There is room again.
        self.group.signal.nudge();
        Some(ready.slab)
    }

    /// Lanes that must stop now (revoked, lost, removed, sought away): the running handler call finishes, the rest is
    /// dropped, then [`lane_idle`](Self::lane_idle) is called. Each lane is told once.
    pub fn take_closing(&self) -> Vec<u32> {
        std::mem::take(&mut self.group.state().closing)
    }

    /// "No handler of this lane runs any more, its progress was reported." To be called for every closing lane.
    pub fn lane_idle(&self, lane: u32) {
        if let Some(lane) = self.group.lane(lane) {
            lane.state().idle = true;
        }
        for successor in self.group.all_lanes() {
            let mut state = successor.state();
            if state.gate == Some(lane) {
                state.gate = None;
                drop(state);
                self.group.signal.ready(&successor);
            }
        }
        self.group.changed.notify_all();
        self.group.signal.nudge();
    }

    /// `None`: gone, its messages are to be dropped.
    pub fn lane(&self, id: u32) -> Option<LaneInfo> {
        let lane = self.group.lane(id)?;
        Some(LaneInfo { topic: lane.topic.clone(), partition: lane.partition, group: self.group.id.clone() })
    }

    /// Handlers of the lane finished everything before `next_offset`, `count` messages since the last report. Gives
    /// credit back; the offset is stored within 100 ms and committed by librdkafka. Ignored for lanes that are gone:
    /// nothing is ever stored for a partition that may be somebody else's.
    pub fn advance(&self, lane: u32, next_offset: i64, count: u32) {
        let Some(lane) = self.group.lane(lane) else { return };
        let (advanced, fed, done) = {
            let mut state = lane.state();
            let advanced = state.advance(next_offset, count);
            state.dirty &= !self.group.options.manual;
            let fed = std::mem::take(&mut state.starved);
            (advanced, fed, state.phase == Phase::Closing && state.out_count == 0)
        };
        if advanced {
            self.group.telemetry.handled.fetch_add(u64::from(count), Relaxed);
        }
        if fed {
            self.group.signal.ready(&lane);
        }
        if done {
            self.group.changed.notify_all();
            self.group.signal.nudge();
        }
    }

    /// The application's pause: nothing more of the lane is put into slabs, fetching stops when its queue is full, the
    /// watchdog looks away. What was handed out already is the floor above's to hold.
    pub fn pause(&self, lane: u32, paused: bool) {
        let Some(lane) = self.group.lane(lane) else { return };
        {
            let mut state = lane.state();
            state.paused = paused;
            state.moved();
        }
        if !paused {
            self.group.signal.ready(&lane);
        }
    }

    /// Continues the lane's partition at `offset`, under the lane number that is returned: whatever was handed out
    /// under the old number is void (it comes through [`take_closing`](Self::take_closing)), so stale messages cannot
    /// be mistaken for new ones. The new lane starts when the old one is idle. A pause carries over.
    pub fn seek(&self, lane: u32, offset: i64) -> Result<u32> {
        // -2 and -1 are the beginning and the end, in Kafka's protocol as in librdkafka.
        if offset < -2 {
            return Err(Error::invalid(format!("offset {offset} is negative")));
        }
        let gone = || Error::state("LANE_GONE", "the partition is not assigned to this consumer any more");
        let old = self.group.lane(lane).ok_or_else(gone)?;
        let fresh = self.group.new_lane(old.topic.clone(), old.partition);
        {
            let mut was = old.state();
            if was.phase != Phase::Running {
                return Err(gone());
            }
            was.phase = Phase::Closing;
            let mut state = fresh.state();
            state.paused = was.paused;
            // A predecessor that waits itself passes on whom it waits for.
            let busy = was.out_count > 0 || (was.strict && !was.idle);
            state.gate = if busy { Some(old.id) } else { was.gate };
        }
        self.group.add_lane(&fresh);
        self.group.state().closing.push(old.id);
        self.group.wake.notify();
        let number = fresh.id;
        if !self.group.signal.command(Command::Seek { old: old.id, new: fresh.clone(), offset }) {
            self.group.drop_lane(&fresh);
            old.state().phase = Phase::Running;
            return Err(Error::state("TOO_MANY_SEEKS", "more than 1024 seeks wait; await the earlier ones"));
        }
        Ok(number)
    }

    /// Commits what handlers have finished and waits for the broker's answer.
    pub fn commit(&self, deadline: Deadline) -> Result<()> {
        self.commit_by(&deadline.into())
    }

    fn commit_by(&self, patience: &Patience) -> Result<()> {
        offsets::commit(&self.group, &*self.group.client()?, || self.group.all_lanes(), patience)
    }

    /// The high watermark that came with the last fetched data; -1: not known.
    pub fn high_watermark(&self, lane: u32) -> i64 {
        self.group.lane(lane).map_or(NONE, |lane| status::high_watermark(&self.group, &lane))
    }

    /// Without any request to a broker.
    pub fn status(&self) -> GroupStatus {
        status::status(&self.group)
    }

    /// Lanes stop, handlers are waited for, offsets are committed, the group is left, the handle is destroyed; all by
    /// the deadline, whatever brokers and handlers do, and sooner where no broker answers (what is not over by then ends
    /// in the background). Handlers have the deadline in any case. Calls after the first wait for its end.
    pub fn close(&self, patience: impl Into<Patience>) {
        let patience = patience.into();
        let deadline = patience.deadline();
        let group = &self.group;
        let first = {
            let mut state = group.state();
            let first = state.phase == GroupPhase::Open;
            if first {
                state.phase = GroupPhase::Closing;
            }
            first
        };
        if first {
            group.changed.notify_all();
            group.stop_lanes(&group.all_lanes());
            subscription::await_idle(group, || group.all_lanes(), subscription::handlers_deadline(deadline));
            self.last_commit(&patience.until(subscription::handlers_deadline(deadline)));
            group.state().leave = Some(patience.clone());
            group.signal.nudge();
        }
        let mut state = group.state();
        while state.phase != GroupPhase::Closed && !deadline.passed() {
            state = group.wait_change(state, deadline.left());
        }
    }

    /// Leaving commits as well, but once: a coordinator that is just rebalancing would refuse, and what was handled
    /// would come again.
    fn last_commit(&self, patience: &Patience) {
        if self.group.properties.get("enable.auto.commit").is_some_and(|auto| auto != "true") {
            return;
        }
        if let Err(error) = self.commit_by(patience) {
            self.group.telemetry.log.warn(&self.group.name, &error.to_string());
        }
    }

    /// All assigned topics with the partitions of each that run here now.
    pub fn assignment(&self) -> Vec<(String, i32)> {
        let running = |lane: &Arc<Lane>| lane.state().phase == Phase::Running;
        let set: BTreeSet<_> =
            self.group.all_lanes().iter().filter(|l| running(l)).map(|l| (l.topic.to_string(), l.partition)).collect();
        set.into_iter().collect()
    }
}

impl Drop for GroupConsumer {
    /// Not closed before: the member leaves in the background, nothing is waited for.
    fn drop(&mut self) {
        let mut state = self.group.state();
        if state.phase != GroupPhase::Closed {
            state.phase = GroupPhase::Closing;
            state.leave.get_or_insert_with(|| Deadline::after_ms(0).into());
        }
        drop(state);
        self.group.signal.nudge();
    }
}
