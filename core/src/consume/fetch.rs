//! The fetch thread of a group, the only one that polls its handle: it serves rebalances and results, moves messages
//! from the partitions' queues into slabs as far as credit allows, and ends by leaving the group. A thread of its own
//! and not the runtime: it waits most of the time, and a message must not wait for a worker.

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::error::{Error, ErrorClass};
use crate::events::{Event, TopicPartition};
use crate::patience::Patience;
use crate::runtime::Deadline;

use super::beginning::Beginning;
use super::connection::Connection;
use super::draw::{draw, Track, BATCH, SLAB_BYTES, SLAB_MESSAGES};
use super::group::{Group, GroupPhase, ReadySlab};
use super::lanes::Lane;
use super::native::Message;
use super::notes::{self, Note};
use super::offsets;
use super::rebalance::Revoking;
use super::signal::Command;
use super::slab::{pack, Measured};
use super::status::MemberState;
use super::watchdog::Watchdog;

/// The longest sleep: librdkafka must be polled, progress must be stored.
const TICK: Duration = Duration::from_millis(100);

pub struct Fetcher {
    pub group: Arc<Group>,
    // Tracks hold messages and queues of the connection's handle: they are declared, and so dropped, before it.
    pub tracks: HashMap<u32, Track>,
    pub by_partition: HashMap<(String, i32), u32>,
    /// An assignment that waits for its beginnings; its queue is the handle's as well.
    pub beginning: Option<Beginning>,
    pub link: Connection,
    pub revoking: Option<Revoking>,
    pub watchdog: Watchdog,
    /// `close` began: the group is being left.
    pub leaving: Option<Patience>,
    stored_at: Instant,
    batch: Vec<(Measured, u32)>,
    raw: Vec<*mut rdsys::rd_kafka_message_t>,
}

// SAFETY: the raw pointers are scratch space, empty between calls; everything else may change threads.
unsafe impl Send for Fetcher {}

/// Starts the thread. It holds the group until `close` (or until the group's handle is dropped).
pub fn start(group: Arc<Group>, link: Connection) -> crate::error::Result<()> {
    let watchdog = Watchdog::new(&group.options);
    let fetcher = Fetcher {
        tracks: HashMap::new(),
        by_partition: HashMap::new(),
        beginning: None,
        link,
        revoking: None,
        watchdog,
        leaving: None,
        stored_at: Instant::now(),
        batch: Vec::with_capacity(SLAB_MESSAGES),
        raw: Vec::with_capacity(BATCH),
        group: group.clone(),
    };
    let run = move || {
        // A panic here would be a defect of this crate; the group must then not look alive.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fetcher.run())).is_err() {
            let error =
                Error::new(ErrorClass::KafkaConsumerError, "FETCH_THREAD", "the fetch thread broke down").fatal(true);
            group.events.emit(Event::Fatal { client: group.name.clone(), error: error.clone() });
            group.state().phase = GroupPhase::Closed;
            group.fail(error);
        }
    };
    let name = "kafka4-fetch".to_string();
    std::thread::Builder::new().name(name).spawn(run).map(|_| ()).map_err(|error| {
        Error::new(ErrorClass::KafkaConsumerError, "FETCH_THREAD", format!("no thread for the consumer: {error}"))
    })
}

impl Fetcher {
    fn run(mut self) {
        loop {
            let room = self.group.has_room();
            self.group.signal.wait(TICK.min(self.watchdog.interval()), room);
            self.serve_main();
            self.serve_commands();
            if self.stored_at.elapsed() >= TICK {
                self.stored_at = Instant::now();
                self.store();
                self.retry_seeks();
            }
            self.watch();
            if let Some(patience) = &self.leaving {
                if self.link.is_closed()
                    || patience.over(&self.link.client.peers)
                    || self.link.client.fatal_error().is_some()
                {
                    break;
                }
            } else {
                self.leave_if_told();
                self.deliver();
            }
        }
        self.end();
    }

    /// Rebalances, errors, results: everything that is no message.
    fn serve_main(&mut self) {
        for error in self.link.poll() {
            self.take_error(error);
        }
        for result in self.link.inbox.take_commits() {
            offsets::committed(&self.group, result, |topic, partition| {
                self.lane_of(topic, partition).map(|track| track.lane.clone())
            });
        }
        if let Some(statistics) = self.link.inbox.take_statistics() {
            self.take_statistics(statistics);
        }
        self.serve_rebalances();
    }

    pub fn lane_of(&self, topic: &str, partition: i32) -> Option<&Track> {
        // The key is owned: a lookup allocates, which matters not at the pace of commits and reports.
        self.tracks.get(self.by_partition.get(&(topic.to_string(), partition))?)
    }

    pub fn store(&self) {
        if self.group.options.manual {
            return;
        }
        let lanes: Vec<_> = self.tracks.values().map(|track| track.lane.clone()).collect();
        offsets::store(&self.link.client, &lanes);
    }

    /// Fills slabs while there is room for them.
    fn deliver(&mut self) {
        let mut again = Vec::new();
        let mut errors = Vec::new();
        let mut resets = Vec::new();
        while self.group.has_room() {
            let mut parts: Vec<(Arc<Lane>, u32)> = Vec::new();
            let mut bytes = 0;
            // Each lane once a slab: its messages stay one run, and nobody comes twice before everybody came once.
            let mut visits = self.group.signal.ready_count();
            while visits > 0 && self.batch.len() < SLAB_MESSAGES && bytes < SLAB_BYTES {
                visits -= 1;
                let Some(lane) = self.group.signal.next_ready() else { break };
                // Rung before its partition went away.
                let Some(track) = self.tracks.get_mut(&lane.id) else { continue };
                let before = self.batch.len();
                if draw(track, &mut self.batch, &mut bytes, &mut self.raw, &mut errors) {
                    again.push(lane.clone());
                }
                if track.must_restart() {
                    resets.push(lane.id);
                }
                let count = (self.batch.len() - before) as u32;
                if count > 0 {
                    parts.push((lane, count));
                }
            }
            resets.drain(..).for_each(|lane| self.restart(lane));
            for lane in again.drain(..) {
                self.group.signal.ready(&lane);
            }
            if self.batch.is_empty() {
                break;
            }
            let slab = pack(&mut self.batch);
            self.group.telemetry.consumed.fetch_add(slab.count as u64, Relaxed);
            self.group.telemetry.consumed_bytes.fetch_add(slab.payload_len() as u64, Relaxed);
            self.group.slabs.lock().expect("nothing panics under this lock").push_back(ReadySlab { slab, parts });
            self.group.wake.notify();
        }
        for error in errors {
            self.take_error(error);
        }
    }

    /// An error that librdkafka delivers in place of a message.
    fn take_error(&mut self, message: Message) {
        use RespErr::*;
        let code = message.err();
        let topic = message.topic();
        let text = self.group.telemetry.log.mask(&message.error_text());
        let context = if topic.is_some() { text } else { format!("group {}: {text}", self.group.id) };
        let error = Error::from_resp(code, &context);
        self.group.telemetry.log.warn(&self.group.name, &error.to_string());
        match code {
            RD_KAFKA_RESP_ERR__PARTITION_EOF => return,
            // No error of the topic's: reading goes on elsewhere, as `auto.offset.reset` says.
            RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET if self.resets() => {
                let message = format!("{}: read on as auto.offset.reset says", error.message);
                return self.group.events.emit(Event::Warning { code: "OFFSET_RESET".into(), message });
            }
            // A consumer's fatal error comes here, not to the client's callback. The watchdog opens a new handle.
            RD_KAFKA_RESP_ERR__FATAL => {
                let error = self.link.client.fatal_error().unwrap_or(error);
                return self.group.events.emit(Event::Fatal { client: self.group.name.clone(), error });
            }
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED if self.group.options.manual => {
                self.group.note(|| Note::Failed { error: error.clone() })
            }
            RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
            | RD_KAFKA_RESP_ERR__AUTHENTICATION
            | RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT
            | RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL
            | RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED => self.group.fail(error.clone()),
            _ => {}
        }
        if let Some(topic) = &topic {
            let mut state = self.group.state();
            if let Some(topic) = state.topics.get_mut(topic) {
                topic.error = Some(error.clone());
            }
            drop(state);
            self.group.changed.notify_all();
        }
        if !error.retriable || topic.is_some() {
            self.group.events.emit(Event::Warning { code: error.code.clone(), message: error.message.clone() });
        }
    }

    /// An offset that is not in the log is replaced by another one. Else its partition stands still.
    fn resets(&self) -> bool {
        self.group.properties.get("auto.offset.reset").is_none_or(|policy| policy != "error")
    }

    fn serve_commands(&mut self) {
        for command in self.group.signal.take_commands() {
            let Command::Seek { old, new, offset } = command;
            self.seek(old, new, offset);
        }
    }

    fn leave_if_told(&mut self) {
        let Some(patience) = self.group.state().leave.clone() else { return };
        self.leaving = Some(patience);
        if let Some(revoking) = self.revoking.take() {
            self.finish_revoke(revoking);
        }
        // librdkafka leaves when it has an answer.
        if let Some(beginning) = self.beginning.take() {
            self.assign(beginning.end());
        }
        self.store();
        if let Err(error) = self.link.leave() {
            self.group.telemetry.log.warn(&self.group.name, &error.to_string());
            self.leaving = Some(Deadline::after_ms(0).into());
        }
    }

    /// The end of the thread: nothing of the group is used any more.
    fn end(mut self) {
        let patience = self.leaving.take().unwrap_or_else(|| Deadline::after_ms(0).into());
        self.drop_lanes(false);
        *self.group.client.write().expect("nothing panics under this lock") = None;
        let group = self.group.clone();
        let Fetcher { link, tracks, .. } = self;
        drop(tracks);
        if link.is_closed() {
            link.destroy(patience);
        } else {
            group.telemetry.log.warn(&group.name, "left without the coordinator's answer; it ends in the background");
            link.reap();
        }
        let mut state = group.state();
        state.phase = GroupPhase::Closed;
        state.topics.clear();
        drop(state);
        group.slabs.lock().expect("nothing panics under this lock").clear();
        group.changed.notify_all();
    }

    /// Gives all lanes up at once. `lost`: the partitions may be somebody else's already, and it is told.
    pub fn drop_lanes(&mut self, lost: bool) {
        let lanes: Vec<_> = self.tracks.values().map(|track| track.lane.clone()).collect();
        self.tracks.clear();
        self.by_partition.clear();
        self.revoking = None;
        self.beginning = None;
        self.group.stop_lanes(&lanes);
        for lane in &lanes {
            self.group.drop_lane(lane);
        }
        if lost && !lanes.is_empty() {
            self.group.note(|| Note::Rebalancing { member_id: notes::member_id(&self.link.client), lost });
            let partitions = lanes
                .iter()
                .map(|l| TopicPartition { topic: l.topic.to_string(), partition: l.partition, offset: None })
                .collect();
            let group_id = self.group.id.to_string();
            self.group.events.emit(Event::PartitionsRevoked { group_id, partitions, lost });
        }
    }

    /// A new handle in place of one that cannot go on. Lanes end as lost, the new member reads on from what is
    /// committed.
    pub fn reopen(&mut self, reason: &str) -> crate::error::Result<()> {
        let fresh = Connection::open(&self.group)?;
        super::declared::declare_again(&self.group, &fresh.client);
        self.group.telemetry.log.warn(&self.group.name, &format!("opens a new handle: {reason}"));
        self.store();
        self.drop_lanes(true);
        *self.group.client.write().expect("nothing panics under this lock") = Some(fresh.client.clone());
        std::mem::replace(&mut self.link, fresh).reap();
        {
            let mut state = self.group.state();
            state.member = MemberState::Joining;
            state.topics.values_mut().for_each(|topic| topic.covered = false);
        }
        super::member::subscribe(&self.group, &self.link.client)
    }
}
