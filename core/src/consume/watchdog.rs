//! The watchdog: finds lanes that should move and do not, tells, and heals what can be healed from here.
//!
//! A lane should move when handlers hold messages of it, or when its fetcher is behind the partition's end. The end is
//! that of librdkafka's statistics: the last stable offset for readers of committed messages, compared with what the
//! fetcher asks for next, which counts control records and aborted messages; so a transactional topic that is read to
//! its end is no stall, nor is one whose open transaction hides the rest.

use std::collections::HashSet;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::events::Event;

use super::consumer::GroupOptions;
use super::fetch::Fetcher;
use super::group::{GroupPhase, Topic};
use super::lanes::{Lane, LaneState, Phase};
use super::member;
use super::native::NONE;
use super::statistics::{PartitionReport, Statistics};

pub struct Watchdog {
    stall: Duration,
    looked_at: Instant,
    reopened_at: Option<Instant>,
    /// Doubled by each new handle, so that a cluster that is broken is not hammered.
    reopen_pause: Duration,
    reopen: Option<String>,
    last: Option<Statistics>,
    /// Partitions that were told as stalled and not yet as recovered. A new handle makes new lanes of them.
    told: HashSet<(Arc<str>, i32)>,
}

/// What keeps a lane, in words for the application, and whether something can be done about it here.
struct Finding {
    reason: String,
    cure: Cure,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cure {
    /// The application holds the messages.
    None,
    Seek,
    Reassign,
}

/// The application holds messages of the lane.
fn held(state: &LaneState) -> Finding {
    let seconds = state.last_progress.elapsed().as_secs();
    let count = state.out_count;
    let reason = if state.untaken == count {
        format!("{count} messages are ready and the application has taken none for {seconds} s")
    } else {
        format!("handlers hold {count} messages and have finished none for {seconds} s")
    };
    Finding { reason, cure: Cure::None }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(300);

impl Watchdog {
    pub fn new(options: &GroupOptions) -> Self {
        let stall = Duration::from_millis(options.stall_ms.max(1));
        Watchdog {
            stall,
            looked_at: Instant::now(),
            reopened_at: None,
            reopen_pause: stall.min(Duration::from_secs(1)),
            reopen: None,
            last: None,
            told: HashSet::new(),
        }
    }

    /// How often it looks: each second, more often where stalls are shorter (tests).
    pub fn interval(&self) -> Duration {
        (self.stall / 4).clamp(Duration::from_millis(20), Duration::from_secs(1))
    }
}

impl Fetcher {
    pub fn take_statistics(&mut self, statistics: Statistics) {
        for track in self.tracks.values() {
            let Some(report) = statistics.partition(&track.lane.topic, track.lane.partition) else { continue };
            let mut state = track.lane.state();
            if report.next_offset >= 0 && report.next_offset != state.fetch_offset {
                // The first is where it begins.
                match std::mem::replace(&mut state.fetch_offset, report.next_offset) {
                    NONE => state.count_anew(),
                    _ => state.moved(),
                }
            }
            if report.committed_offset > state.committed {
                state.committed = report.committed_offset;
            }
        }
        if self.group.is_consumer_protocol() {
            self.cover_accepted();
        }
        self.watchdog.last = Some(statistics);
    }

    /// Under KIP-848 a member that gets nothing of a new topic hears nothing of it. A member that the coordinator has
    /// accepted, a heartbeat (5 s by the broker's default) after it told its subscription, counts as answered.
    fn cover_accepted(&self) {
        const HEARTBEAT: Duration = Duration::from_secs(6);
        let waits = |topic: &Topic| !topic.covered && topic.since.elapsed() > HEARTBEAT;
        if !self.group.state().topics.values().any(waits) || member::generation(&self.link.client) < 1 {
            return;
        }
        let mut state = self.group.state();
        for topic in state.topics.values_mut().filter(|topic| waits(topic)) {
            topic.covered = true;
        }
        drop(state);
        self.group.changed.notify_all();
    }

    pub fn watch(&mut self) {
        if self.watchdog.looked_at.elapsed() < self.watchdog.interval() {
            return;
        }
        self.watchdog.looked_at = Instant::now();
        self.group.telemetry.sample();
        if self.leaving.is_some() || self.group.state().phase != GroupPhase::Open {
            return;
        }
        // Decided at an earlier look: what librdkafka had to tell about it was polled since.
        self.reopen_if_due();
        if let Some(error) = self.link.client.fatal_error() {
            // Another member took this one's identity: a new handle would take it back, and so on for ever.
            if error.code == "ERR_KAFKA_FENCED_INSTANCE_ID" {
                if self.group.state().problem.is_none() {
                    self.drop_lanes(true);
                    self.group.fail(error);
                }
                return;
            }
            self.watchdog.reopen = Some(error.message);
        }
        let ids: Vec<u32> = self.tracks.keys().copied().collect();
        for id in ids {
            self.look_at(id);
        }
    }

    fn look_at(&mut self, id: u32) {
        let Some(track) = self.tracks.get(&id) else { return };
        let lane = track.lane.clone();
        let queued = track.waiting() + track.queue.len();
        let report = self.watchdog.last.as_ref().and_then(|s| s.partition(&lane.topic, lane.partition)).cloned();
        let (finding, late, open) = {
            let mut state = lane.state();
            state.queued = queued as u64;
            let watched = state.phase == Phase::Running && !state.paused && self.revoking.is_none();
            let finding = match report {
                _ if !watched => None,
                _ if state.out_count > 0 => Some(held(&state)),
                Some(report) => self.behind(&report, queued),
                None => None,
            };
            if finding.is_none() {
                state.waiting_since = None;
            } else if state.waiting_since.is_none() {
                state.waiting_since = Some(Instant::now());
            }
            let late = state.waiting_since.is_some_and(|since| since.elapsed() >= self.watchdog.stall);
            (finding, late, state.open())
        };
        // Nothing may be lost between bells: what lies in the queue of an open lane is looked at again.
        if queued > 0 && open {
            self.group.signal.ready(&lane);
        }
        match finding {
            Some(finding) if late => self.stalled(&lane, finding),
            _ => self.moves(&lane),
        }
    }

    /// Why the fetcher of a lane that has handed out nothing should move; `None`: there is nothing to read.
    fn behind(&self, report: &PartitionReport, queued: usize) -> Option<Finding> {
        if queued > 0 {
            return Some(Finding { reason: format!("{queued} fetched messages are not handed out"), cure: Cure::Seek });
        }
        if !self.watchdog.last.as_ref().is_some_and(|statistics| statistics.is_up(report.leader)) {
            let behind = report.fetch_state != "active" || report.hi_offset > report.next_offset;
            return behind.then(|| Finding {
                reason: format!("the leader of the partition (broker {}) is not connected", report.leader),
                cure: Cure::None,
            });
        }
        if report.fetch_state != "active" {
            let reason = format!("the fetcher is in state {} and does not start", report.fetch_state);
            return Some(Finding { reason, cure: Cure::Reassign });
        }
        let read_committed = self.group.properties.get("isolation.level").is_none_or(|l| l == "read_committed");
        let end = report.end(read_committed);
        let behind = end - report.next_offset;
        (end >= 0 && report.next_offset >= 0 && behind > 0).then(|| Finding {
            reason: format!("no data from the broker, {behind} offsets behind the end of the partition"),
            cure: Cure::Seek,
        })
    }

    fn stalled(&mut self, lane: &Arc<Lane>, finding: Finding) {
        let (first, heal, next) = {
            let mut state = lane.state();
            let first = !state.stalled;
            state.stalled = true;
            let stalled = state.waiting_since.map_or(Duration::ZERO, |since| since.elapsed());
            // An attempt each `stall`; what the application holds is told once and left alone.
            let due = finding.cure != Cure::None && stalled >= self.watchdog.stall * (state.heals + 1);
            if due {
                state.heals += 1;
            }
            (first.then_some(stalled), due.then_some(state.heals), state.next)
        };
        if let Some(stalled) = first {
            self.watchdog.told.insert((lane.topic.clone(), lane.partition));
            self.group.telemetry.stalls.fetch_add(1, Relaxed);
            let stalled_ms = stalled.as_millis() as u64;
            let healing = finding.cure != Cure::None;
            let what = format!("{} [{}] is stalled: {}", lane.topic, lane.partition, finding.reason);
            self.group.telemetry.log.warn(&self.group.name, &what);
            self.group.events.emit(Event::Stalled {
                group_id: self.group.id.to_string(),
                topic: lane.topic.to_string(),
                partition: lane.partition,
                stalled_ms,
                reason: finding.reason,
                healing,
            });
        }
        let Some(attempt) = heal else { return };
        let client = &self.link.client;
        let assigned =
            || member::assignment(client).iter().any(|p| *p.topic == *lane.topic && p.partition == lane.partition);
        let result = match (attempt, finding.cure) {
            (1, Cure::Seek) if next >= 0 => member::seek(client, lane, next),
            (1 | 2, _) if assigned() => member::reassign(client, lane, next),
            _ => {
                self.watchdog.reopen = Some(format!("{} [{}] does not move", lane.topic, lane.partition));
                Ok(())
            }
        };
        if let Err(error) = result {
            self.group.telemetry.log.warn(&self.group.name, &format!("attempt {attempt} to heal: {error}"));
        }
    }

    fn moves(&mut self, lane: &Arc<Lane>) {
        let (recovered, progressed) = {
            let mut state = lane.state();
            let recovered = std::mem::take(&mut state.stalled);
            if recovered {
                state.heals = 0;
            }
            (recovered, state.progressed)
        };
        let key = (lane.topic.clone(), lane.partition);
        // A lane of a new handle was never stalled itself: that of the handle before it is over when this one gets on.
        if (recovered || progressed) && self.watchdog.told.remove(&key) {
            let (group_id, topic) = (self.group.id.to_string(), lane.topic.to_string());
            self.group.events.emit(Event::Recovered { group_id, topic, partition: lane.partition });
        }
    }

    fn reopen_if_due(&mut self) {
        let pause = self.watchdog.reopen_pause;
        if self.watchdog.reopen.is_none() || self.watchdog.reopened_at.is_some_and(|at| at.elapsed() < pause) {
            return;
        }
        let reason = self.watchdog.reopen.take().unwrap_or_default();
        self.watchdog.reopened_at = Some(Instant::now());
        self.watchdog.reopen_pause = (pause * 2).min(LONGEST_PAUSE);
        if let Err(error) = self.reopen(&reason) {
            self.group.telemetry.log.error(&self.group.name, &format!("no new handle: {error}"));
            self.watchdog.reopen = Some(reason);
        }
    }
}

#[cfg(test)]
#[path = "watchdog_tests.rs"]
mod tests;
