//! Assignment and revocation. librdkafka's callback only notes (see `connection`); here the fetch thread answers.
//!
//! Each partition gets a queue of its own, kept from being forwarded into the consumer's queue, so that a lane without
//! credit fills its own queue, librdkafka stops fetching for that partition alone, and nothing is fetched twice.
//!
//! Answering a revocation late is what librdkafka's event interface does too (it stays in `wait-unassign-call` and goes
//! on sending heartbeats). Meanwhile librdkafka pauses every partition of the member; that is why the wait for handlers
//! is bounded, and why `remove_topic` waits before it changes the subscription instead.
//!
//! The commit is librdkafka's own: unassigning commits what is stored for the removed partitions, and the member does
//! not rejoin, so that nobody else gets them, before the commit is answered (rdkafka_assignment.c, serve_removals).

use std::ffi::CString;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Instant;

use rdkafka_sys as rdsys;

use crate::error::{Error, Result};
use crate::events::{Event, TopicPartition};
use crate::runtime::Deadline;

use super::beginning::Beginning;
use super::connection::Rebalance;
use super::draw::Track;
use super::fetch::Fetcher;
use super::group::GroupPhase;
use super::lanes::Lane;
use super::member::{self, is_cooperative, is_lost};
use super::native::{check, check_code, Entry, PartitionList, Queue};
use super::notes::{self, Assigned, Note};
use super::offsets;
use super::signal::Bell;
use super::status::MemberState;

/// A revocation that waits for handlers.
pub struct Revoking {
    partitions: Vec<Entry>,
    lanes: Vec<Arc<Lane>>,
    deadline: Deadline,
}

impl Revoking {
    pub fn concerns(&self, lane: u32) -> bool {
        self.lanes.iter().any(|revoked| revoked.id == lane)
    }
}

fn told(partitions: &[Entry]) -> Vec<TopicPartition> {
    partitions.iter().map(|p| TopicPartition { topic: p.topic.clone(), partition: p.partition, offset: None }).collect()
}

impl Fetcher {
    pub fn serve_rebalances(&mut self) {
        loop {
            if let Some(revoking) = self.revoking.take() {
                let wait = !revoking.deadline.passed()
                    && self.leaving.is_none()
                    && !is_lost(&self.link.client)
                    && !revoking.lanes.iter().all(|lane| lane.is_idle());
                if wait {
                    self.revoking = Some(revoking);
                    return;
                }
                self.finish_revoke(revoking);
            }
            if let Some(mut beginning) = self.beginning.take() {
                let wait = self.leaving.is_none()
                    && self.group.state().phase == GroupPhase::Open
                    && !is_lost(&self.link.client)
                    && !beginning.is_over(&self.group, &self.link.client);
                if wait {
                    self.beginning = Some(beginning);
                    return;
                }
                self.assign(beginning.end());
            }
            match self.link.inbox.next_rebalance() {
                None => return,
                Some(Rebalance { assigned: true, partitions }) => {
                    match Beginning::new(&self.group, &self.link.client, partitions) {
                        Ok(beginning) => self.beginning = Some(beginning),
                        Err(partitions) => self.assign(partitions),
                    }
                }
                Some(Rebalance { assigned: false, partitions }) => self.begin_revoke(partitions),
            }
        }
    }

    /// An offset below 0: where the group has committed, or as `auto.offset.reset` says.
    pub fn assign(&mut self, partitions: Vec<Entry>) {
        self.group.telemetry.rebalances.fetch_add(1, Relaxed);
        let mut list = PartitionList::new();
        let mut refused = Vec::new();
        for entry in &partitions {
            list.add(&entry.topic, entry.partition, entry.offset, -1);
            match self.open_lane(entry) {
                Ok(lane) => {
                    let state = self.group.state();
                    let wanted = state.topics.get(&entry.topic).is_some_and(|topic| !topic.removing);
                    if !wanted || state.phase != GroupPhase::Open {
                        refused.push(lane);
                    }
                }
                Err(error) => self.group.telemetry.log.error(&self.group.name, &error.to_string()),
            }
        }
        // Of a topic that is being removed: its revocation follows.
        self.group.stop_lanes(&refused);
        // SAFETY: handle and list are alive.
        let result = unsafe {
            if is_cooperative(&self.link.client) {
                check(rdsys::rd_kafka_incremental_assign(self.link.rk(), list.as_ptr()), "assign")
            } else {
                check_code(rdsys::rd_kafka_assign(self.link.rk(), list.as_ptr()), "assign")
            }
        };
        if let Err(error) = result {
            // librdkafka goes on by revoking and joining again.
            self.group.telemetry.log.error(&self.group.name, &error.to_string());
        }
        self.note_joined(&partitions);
        let (group_id, partitions) = (self.group.id.to_string(), told(&partitions));
        self.group.events.emit(Event::PartitionsAssigned { group_id, partitions });
        self.cover();
    }

    fn note_joined(&self, added: &[Entry]) {
        if !self.group.options.manual {
            return;
        }
        let client = &self.link.client;
        let (leader_id, protocol) = self.group.notes.joined();
        let assigned =
            |lane: &Arc<Lane>| Assigned { topic: lane.topic.to_string(), partition: lane.partition, lane: lane.id };
        let mut partitions: Vec<_> = self.tracks.values().map(|track| assigned(&track.lane)).collect();
        partitions.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
        let mut unsubscribed: Vec<_> = {
            let state = self.group.state();
            added.iter().filter(|p| !state.topics.contains_key(&p.topic)).map(|p| p.topic.clone()).collect()
        };
        unsubscribed.dedup();
        let note = Note::Joined {
            generation: member::generation(client),
            member_id: notes::member_id(client),
            leader_id: leader_id.filter(|_| !self.group.is_consumer_protocol()),
            protocol: protocol.unwrap_or_else(|| if is_cooperative(client) { "cooperative" } else { "eager" }.into()),
            duration: self.group.notes.rebalance_ends(),
            partitions,
            unsubscribed,
        };
        self.group.note(|| note);
    }

    /// A lane and its queue, before the partition is assigned: librdkafka forwards queues that nobody asked for.
    fn open_lane(&mut self, entry: &Entry) -> Result<Arc<Lane>> {
        let topic = CString::new(entry.topic.as_str()).map_err(|_| Error::invalid("a topic name with a NUL"))?;
        let lane = self.group.new_lane(entry.topic.as_str().into(), entry.partition);
        // Where the watchdog has it go on, should it stall at once.
        lane.state().next = entry.offset;
        let bell = Arc::new(Bell { signal: self.group.signal.clone(), lane: Some(lane.clone()) });
        // SAFETY: the handle is alive; the bell is kept by the track until the queue has none.
        let queue = unsafe {
            let queue = rdsys::rd_kafka_queue_get_partition(self.link.rk(), topic.as_ptr(), entry.partition);
            let queue =
                Queue::from_raw(queue).ok_or_else(|| Error::state("NO_QUEUE", "a partition without a queue"))?;
            rdsys::rd_kafka_queue_forward(queue.as_ptr(), std::ptr::null_mut());
            bell.hang(queue.as_ptr());
            queue
        };
        let key = (entry.topic.clone(), entry.partition);
        if let Some(old) = self.by_partition.insert(key, lane.id) {
            // Assigned again without a revocation; librdkafka refuses that, so it is only a matter of order here.
            if let Some(track) = self.tracks.remove(&old) {
                self.group.stop_lanes(std::slice::from_ref(&track.lane));
                self.group.drop_lane(&track.lane);
                // Its drop takes the bell off the queue: hang the new one again.
                drop(track);
                // SAFETY: as above.
                unsafe { bell.hang(queue.as_ptr()) };
            }
        }
        self.tracks.insert(lane.id, Track::new(lane.clone(), queue, bell));
        self.group.add_lane(&lane);
        // What may have come before the bell hung.
        self.group.signal.ready(&lane);
        Ok(lane)
    }

    /// Marks the topics for which this assignment is an answer. librdkafka puts a new subscription off while it
    /// rebalances, so the one in force is asked for.
    fn cover(&self) {
        let mut list = std::ptr::null_mut();
        // SAFETY: the handle is alive; the list is ours afterwards.
        let subscribed = unsafe {
            rdsys::rd_kafka_subscription(self.link.rk(), &mut list);
            PartitionList::from_raw(list)
        };
        let names = subscribed.entries();
        let mut state = self.group.state();
        state.member = MemberState::Joined;
        state.problem = None;
        for entry in &names {
            if let Some(topic) = state.topics.get_mut(&entry.topic) {
                topic.covered = true;
                topic.error = None;
            }
        }
        drop(state);
        self.group.changed.notify_all();
    }

    fn begin_revoke(&mut self, partitions: Vec<Entry>) {
        self.group.telemetry.rebalances.fetch_add(1, Relaxed);
        let lanes: Vec<_> =
            partitions.iter().filter_map(|p| self.lane_of(&p.topic, p.partition)).map(|t| t.lane.clone()).collect();
        self.group.notes.rebalance_begins();
        self.group.stop_lanes(&lanes);
        // Both answers come from librdkafka's main thread: nobody waits for them who is not told.
        if self.group.options.manual && self.group.state().phase == GroupPhase::Open {
            let (member_id, lost) = (notes::member_id(&self.link.client), is_lost(&self.link.client));
            self.group.note(|| Note::Rebalancing { member_id, lost });
        }
        self.group.state().member = MemberState::Revoking;
        self.revoking = Some(Revoking { partitions, lanes, deadline: Deadline::after(self.group.revoke_wait) });
    }

    pub fn finish_revoke(&mut self, revoking: Revoking) {
        let Revoking { partitions, lanes, .. } = revoking;
        let lost = is_lost(&self.link.client);
        if lost {
            lanes.iter().for_each(|lane| lane.state().dirty = false);
        } else if !self.group.options.manual {
            offsets::store(&self.link.client, &lanes);
        }
        let busy = lanes.iter().filter(|lane| !lane.is_idle()).count();
        if busy > 0 && self.leaving.is_none() {
            let what = if lost { "lost" } else { "given up before their handlers finished" };
            self.group.telemetry.log.warn(&self.group.name, &format!("{busy} busy partition(s) {what}"));
        }
        let mut list = PartitionList::new();
        partitions.iter().for_each(|p| list.add(&p.topic, p.partition, -1, -1));
        // SAFETY: handle and list are alive.
        let result = unsafe {
            if is_cooperative(&self.link.client) && self.leaving.is_none() {
                check(rdsys::rd_kafka_incremental_unassign(self.link.rk(), list.as_ptr()), "unassign")
            } else {
                check_code(rdsys::rd_kafka_assign(self.link.rk(), std::ptr::null()), "unassign")
            }
        };
        if let Err(error) = result {
            self.group.telemetry.log.error(&self.group.name, &error.to_string());
        }
        for lane in &lanes {
            if let Some(mut track) = self.tracks.remove(&lane.id) {
                track.held.clear();
                track.reset = None;
                discard(&track.queue);
            }
            self.by_partition.remove(&(lane.topic.to_string(), lane.partition));
            self.group.drop_lane(lane);
        }
        let (group_id, partitions) = (self.group.id.to_string(), told(&partitions));
        self.group.events.emit(Event::PartitionsRevoked { group_id, partitions, lost });
        let mut state = self.group.state();
        state.member = if state.topics.is_empty() { MemberState::Idle } else { MemberState::Joining };
        drop(state);
        self.group.changed.notify_all();
    }
}

/// Frees what an unassigned partition's queue still holds: librdkafka drops outdated messages when they are read, and
/// keeps them, with the partition, as long as they are not.
fn discard(queue: &Queue) {
    const CHUNK: usize = 64;
    let mut messages = [std::ptr::null_mut(); CHUNK];
    let until = Instant::now() + std::time::Duration::from_millis(100);
    // SAFETY: the queue is alive; the messages fit and are given away.
    unsafe {
        while let Ok(count @ 1..) =
            usize::try_from(rdsys::rd_kafka_consume_batch_queue(queue.as_ptr(), 0, messages.as_mut_ptr(), CHUNK))
        {
            messages[..count].iter().for_each(|m| rdsys::rd_kafka_message_destroy(*m));
            if Instant::now() > until {
                return;
            }
        }
    }
}
