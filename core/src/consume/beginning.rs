//! Where the reading of an assignment begins that has partitions without a committed offset, to be read from their end.
//!
//! librdkafka looks for that end when it fetches first, after the member was told to have joined: what is sent in
//! between lies before the end that is found, and would never be read. So for a floor above that manages offsets the
//! ends are looked for before the assignment is answered. Two requests, one after the other; their answers come to a
//! queue that rings the fetch thread, which waits for nothing. What is not known in time is left to librdkafka.

use std::ffi::{c_char, CString};
use std::sync::Arc;
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_IsolationLevel_t as IsolationLevel;
use rdkafka_sys::rd_kafka_OffsetSpec_t as OffsetSpec;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::resp;
use crate::runtime::Deadline;

use super::group::Group;
use super::native::{check, check_code, entries, Entry, PartitionList, Queue, NONE};
use super::signal::Bell;

/// Both requests together. An assignment that is answered so late harms nobody: heartbeats go on.
const PATIENCE: Duration = Duration::from_secs(3);

/// Between an answer that passes (a leader that moves, a topic that its brokers do not know yet) and the next question.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Committed,
    Ends,
    Over,
}

/// An assignment whose beginnings are looked for. To be dropped before its client.
pub struct Beginning {
    /// The whole assignment; an offset of `NONE`: librdkafka knows, or finds out.
    partitions: Vec<Entry>,
    /// Those of them that are asked for.
    wanted: Vec<(String, i32)>,
    stage: Stage,
    /// When the next question is due; `None`: an answer is awaited.
    next: Option<Deadline>,
    deadline: Deadline,
    queue: Queue,
    // Dropped after the queue has lost it.
    _bell: Arc<Bell>,
}

impl Drop for Beginning {
    fn drop(&mut self) {
        // SAFETY: the queue is alive; after this nothing rings the bell. Late answers end with the queue.
        unsafe { Bell::remove(self.queue.as_ptr()) }
    }
}

impl Beginning {
    /// `Err` gives the assignment back where nothing is to be looked for.
    pub fn new(
        group: &Group,
        client: &Client,
        mut partitions: Vec<Entry>,
    ) -> std::result::Result<Beginning, Vec<Entry>> {
        partitions.iter_mut().for_each(|entry| entry.offset = NONE);
        let wanted = wanted(group, &partitions);
        if wanted.is_empty() {
            return Err(partitions);
        }
        // SAFETY: the handle is alive; the queue is ours.
        let queue = unsafe { Queue::from_raw(rdsys::rd_kafka_queue_new(client.rk())) };
        let Some(queue) = queue else { return Err(partitions) };
        let bell = Arc::new(Bell { signal: group.signal.clone(), lane: None });
        // SAFETY: the queue is alive; the bell is kept until it is taken off.
        unsafe { bell.hang(queue.as_ptr()) };
        let (next, deadline) = (Some(Deadline::after(Duration::ZERO)), Deadline::after(PATIENCE));
        Ok(Beginning { partitions, wanted, stage: Stage::Committed, next, deadline, queue, _bell: bell })
    }

    /// The assignment, with the offsets that are known.
    pub fn end(mut self) -> Vec<Entry> {
        std::mem::take(&mut self.partitions)
    }

    /// Goes on with what has come, without waiting. True: nothing more is awaited.
    pub fn is_over(&mut self, group: &Group, client: &Client) -> bool {
        while self.stage != Stage::Over {
            let step = match self.next {
                Some(due) if due.passed() => self.ask(group, client),
                Some(_) => break,
                None => {
                    // SAFETY: the queue is alive; the event is ours, and read before it is given back.
                    unsafe {
                        let event = rdsys::rd_kafka_queue_poll(self.queue.as_ptr(), 0);
                        if event.is_null() {
                            break;
                        }
                        let step = self.take(event);
                        rdsys::rd_kafka_event_destroy(event);
                        step
                    }
                }
            };
            match step {
                Ok(()) => {}
                Err(error) if error.retriable && !self.deadline.passed() => self.next = Some(Deadline::after(PAUSE)),
                Err(error) => self.give_up(group, &error.message),
            }
        }
        if self.stage != Stage::Over && self.deadline.passed() {
            self.give_up(group, "no answer in time");
        }
        self.stage == Stage::Over
    }

    fn ask(&mut self, group: &Group, client: &Client) -> Result<()> {
        self.next = None;
        match self.stage {
            Stage::Committed => self.ask_committed(group, client),
            Stage::Ends => self.ask_ends(group, client),
            Stage::Over => Ok(()),
        }
    }

    /// # Safety
    /// `event` must be a live event.
    unsafe fn take(&mut self, event: *mut rdsys::rd_kafka_event_t) -> Result<()> {
        let err = match resp::of_event(event) {
            // librdkafka's word for a partition whose leader it does not know at the moment.
            RespErr::RD_KAFKA_RESP_ERR__NOENT => RespErr::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            err => err,
        };
        check_code(err, "no answer")?;
        match self.stage {
            Stage::Committed => {
                let none = |entry: &Entry| entry.err == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR && entry.offset < 0;
                let found = committed(event)?.into_iter().filter(none);
                self.wanted = found.map(|entry| (entry.topic, entry.partition)).collect();
                self.stage = if self.wanted.is_empty() { Stage::Over } else { Stage::Ends };
                self.next = Some(Deadline::after(Duration::ZERO));
                Ok(())
            }
            Stage::Ends => self.take_ends(ends(event)),
            Stage::Over => Ok(()),
        }
    }

    fn take_ends(&mut self, found: Vec<Entry>) -> Result<()> {
        let mut failed = Ok(());
        for end in found {
            let key = (end.topic, end.partition);
            if let Err(error) = check_code(end.err, &format!("the end of {} [{}]", key.0, key.1)) {
                failed = Err(error);
            } else if let Some(i) = self.wanted.iter().position(|wanted| *wanted == key) {
                self.wanted.swap_remove(i);
                let mine = |entry: &&mut Entry| entry.topic == key.0 && entry.partition == key.1;
                if let Some(entry) = self.partitions.iter_mut().find(mine) {
                    entry.offset = end.offset;
                }
            }
        }
        if failed.is_ok() {
            self.stage = Stage::Over;
        }
        failed
    }

    fn give_up(&mut self, group: &Group, why: &str) {
        self.stage = Stage::Over;
        let what = "the ends of partitions without a committed offset are not known yet";
        group.telemetry.log.warn(&group.name, &format!("{what} ({why}); they are read from where they end later"));
    }

    /// What is wanted, at one of librdkafka's logical offsets.
    fn list(&self, offset: i32) -> PartitionList {
        let mut list = PartitionList::new();
        self.wanted.iter().for_each(|(topic, partition)| list.add_logical(topic, *partition, offset.into()));
        list
    }

    fn options(&self, client: &Client, op: AdminOp) -> Options {
        let mut text = [0 as c_char; 256];
        let timeout = self.deadline.left_ms().max(1);
        // SAFETY: the handle is alive; the options are the value's that is returned.
        unsafe {
            let options = Options(rdsys::rd_kafka_AdminOptions_new(client.rk(), op));
            rdsys::rd_kafka_AdminOptions_set_request_timeout(options.0, timeout, text.as_mut_ptr(), text.len());
            options
        }
    }

    fn ask_committed(&self, group: &Group, client: &Client) -> Result<()> {
        let id = CString::new(&*group.id).map_err(|_| Error::invalid("a group id with a NUL"))?;
        let list = self.list(rdsys::RD_KAFKA_OFFSET_INVALID);
        let options = self.options(client, AdminOp::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
        // SAFETY: handle, list and queue are alive; the request copies what it is given.
        unsafe {
            // An offset that a transaction is about to commit is no missing one.
            let refused = rdsys::rd_kafka_AdminOptions_set_require_stable_offsets(options.0, 1);
            check(refused, "read committed offsets")?;
            let mut question = rdsys::rd_kafka_ListConsumerGroupOffsets_new(id.as_ptr(), list.as_ptr());
            let queue = self.queue.as_ptr();
            rdsys::rd_kafka_ListConsumerGroupOffsets(client.rk(), &mut question, 1, options.0, queue);
            rdsys::rd_kafka_ListConsumerGroupOffsets_destroy(question);
        }
        Ok(())
    }

    fn ask_ends(&self, group: &Group, client: &Client) -> Result<()> {
        let list = self.list(OffsetSpec::RD_KAFKA_OFFSET_SPEC_LATEST as i32);
        let options = self.options(client, AdminOp::RD_KAFKA_ADMIN_OP_LISTOFFSETS);
        // The end that the fetcher itself would take.
        let level = match group.properties.get("isolation.level").map(String::as_str) {
            Some("read_uncommitted") => IsolationLevel::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED,
            _ => IsolationLevel::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED,
        };
        // SAFETY: as above.
        unsafe {
            let refused = rdsys::rd_kafka_AdminOptions_set_isolation_level(options.0, level);
            check(refused, "read the ends of partitions")?;
            rdsys::rd_kafka_ListOffsets(client.rk(), list.as_ptr(), options.0, self.queue.as_ptr());
        }
        Ok(())
    }
}

/// Those of topics that are read from their end; from the beginning nothing can be missed.
fn wanted(group: &Group, partitions: &[Entry]) -> Vec<(String, i32)> {
    if !group.options.manual {
        return Vec::new();
    }
    let reset = group.properties.get("auto.offset.reset").map_or("latest", String::as_str);
    let usually = matches!(reset, "latest" | "largest" | "end");
    let declared = group.declared.lock().expect("nothing panics under this lock");
    let from_end = |topic: &str| declared.get(topic).map_or(usually, |from_beginning| !from_beginning);
    partitions.iter().filter(|p| from_end(&p.topic)).map(|p| (p.topic.clone(), p.partition)).collect()
}

/// What the group has committed.
///
/// # Safety
/// `event` must be a live event.
unsafe fn committed(event: *mut rdsys::rd_kafka_event_t) -> Result<Vec<Entry>> {
    let result = rdsys::rd_kafka_event_ListConsumerGroupOffsets_result(event);
    let mut count = 0;
    let groups = if result.is_null() {
        std::ptr::null_mut()
    } else {
        rdsys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count)
    };
    if groups.is_null() || count != 1 {
        return Ok(Vec::new());
    }
    let error = rdsys::rd_kafka_group_result_error(*groups);
    check_code(resp::of_error(error), "read committed offsets")?;
    Ok(entries(rdsys::rd_kafka_group_result_partitions(*groups)))
}

/// # Safety
/// `event` must be a live event.
unsafe fn ends(event: *mut rdsys::rd_kafka_event_t) -> Vec<Entry> {
    let result = rdsys::rd_kafka_event_ListOffsets_result(event);
    if result.is_null() {
        return Vec::new();
    }
    let mut count = 0;
    let infos = rdsys::rd_kafka_ListOffsets_result_infos(result, &mut count);
    if infos.is_null() {
        return Vec::new();
    }
    (0..count)
        .map(|i| {
            let found = rdsys::rd_kafka_ListOffsetsResultInfo_topic_partition(*infos.add(i));
            Entry::read(found)
        })
        .collect()
}

struct Options(*mut rdsys::rd_kafka_AdminOptions_t);

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone; librdkafka copies options when a request is made.
        unsafe { rdsys::rd_kafka_AdminOptions_destroy(self.0) }
    }
}
