//! Progress becomes stored offsets, stored offsets become commits.
//!
//! Progress is noted in the lane, at the price of one lock; the fetch thread stores it in librdkafka ten times a second
//! and before every revocation, librdkafka commits what is stored every second (`auto.commit.interval.ms`) and when a
//! partition is unassigned, before the member rejoins.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::client::Client;
use crate::error::{is_retriable, Error, Result};
use crate::events::{Event, TopicPartition};
use crate::patience::Patience;
use crate::resp;
use crate::runtime::Deadline;

use super::connection::Committed;
use super::group::Group;
use super::lanes::{Lane, Phase};
use super::native::{check_code, entries, Entry, PartitionList, Queue};

/// Stores what lanes have finished since the last time. Lanes that are gone are left out: their partitions may be
/// somebody else's.
pub fn store(client: &Client, lanes: &[Arc<Lane>]) {
    let mut list = PartitionList::new();
    let mut taken = Vec::new();
    for lane in lanes {
        let mut state = lane.state();
        if state.dirty && !state.void && state.phase != Phase::Gone {
            state.dirty = false;
            list.add(&lane.topic, lane.partition, state.done.offset, state.done.epoch);
            taken.push(lane);
        }
    }
    if taken.is_empty() {
        return;
    }
    // SAFETY: handle and list are alive.
    unsafe { rdsys::rd_kafka_offsets_store(client.rk(), list.as_ptr()) };
    for entry in list.entries().iter().filter(|entry| !is_ok(entry.err)) {
        // Not assigned in librdkafka at this moment (a reassignment by the watchdog): it is stored the next time.
        if let Some(lane) = taken.iter().find(|l| *l.topic == *entry.topic && l.partition == entry.partition) {
            lane.state().dirty = true;
        }
    }
}

/// How long one wait for the answer to a commit lasts before the caller's patience is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Commits what lanes have finished and waits for the broker's answer, as long as there is patience. While the group
/// rebalances the coordinator refuses; that is waited out. Lanes that go away meanwhile were committed by their
/// revocation.
pub fn commit(group: &Group, client: &Client, lanes: impl Fn() -> Vec<Arc<Lane>>, patience: &Patience) -> Result<()> {
    use RespErr::*;
    const PAUSE: Duration = Duration::from_millis(20);
    loop {
        let code = match commit_once(client, &lanes(), patience)? {
            RD_KAFKA_RESP_ERR_NO_ERROR => return Ok(()),
            code => code,
        };
        let passing = is_retriable(code)
            || matches!(
                code,
                RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION
                    | RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH
                    | RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT
            );
        if !passing || patience.over(&client.peers) {
            return Err(Error::from_resp(code, "commit offsets"));
        }
        drop(group.wait_change(group.state(), PAUSE.min(patience.left())));
    }
}

fn commit_once(client: &Client, lanes: &[Arc<Lane>], patience: &Patience) -> Result<RespErr> {
    store(client, lanes);
    let mut list = PartitionList::new();
    let mut count = 0;
    for lane in lanes {
        let state = lane.state();
        let known = state.done.offset >= 0 && !state.void;
        if state.phase != Phase::Gone && known && state.done.offset != state.committed {
            list.add(&lane.topic, lane.partition, state.done.offset, state.done.epoch);
            count += 1;
        }
    }
    if count == 0 {
        return Ok(RespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    let (err, partitions) = answer(client, &list, patience)?;
    for entry in partitions.iter().filter(|p| is_ok(p.err) && is_ok(err)) {
        if let Some(lane) = lanes.iter().find(|l| *l.topic == *entry.topic && l.partition == entry.partition) {
            lane.state().committed = entry.offset;
        }
    }
    Ok(partitions.iter().map(|p| p.err).find(|err| !is_ok(*err)).unwrap_or(err))
}

/// Commits the list; the answer, and that of the first partition that has one of its own.
pub fn request(client: &Client, list: &PartitionList, patience: &Patience) -> Result<(RespErr, Vec<Entry>)> {
    let (err, partitions) = answer(client, list, patience)?;
    let code = partitions.iter().map(|p| p.err).find(|err| !is_ok(*err)).unwrap_or(err);
    Ok((code, partitions))
}

fn answer(client: &Client, list: &PartitionList, patience: &Patience) -> Result<(RespErr, Vec<Entry>)> {
    // SAFETY: the handle is alive; the queue is ours, an event that comes is destroyed. rd_kafka_commit would wait
    // without a bound; this waits on a queue of its own, which swallows the answer if it comes too late.
    unsafe {
        let queue = Queue::from_raw(rdsys::rd_kafka_queue_new(client.rk()))
            .ok_or_else(|| Error::state("CONSUMER_CLOSED", "no queue for the commit"))?;
        let err = rdsys::rd_kafka_commit_queue(client.rk(), list.as_ptr(), queue.as_ptr(), None, std::ptr::null_mut());
        check_code(err, "commit offsets")?;
        let event = loop {
            let slice = Deadline::after(LOOK).min(patience.deadline());
            let event = rdsys::rd_kafka_queue_poll(queue.as_ptr(), slice.left_ms());
            if !event.is_null() {
                break event;
            }
            if patience.over(&client.peers) {
                return Err(Error::timeout(
                    "no answer to the commit of offsets in time; they are committed again later",
                ));
            }
        };
        let err = resp::of_event(event);
        let partitions = entries(rdsys::rd_kafka_event_topic_partition_list(event));
        rdsys::rd_kafka_event_destroy(event);
        Ok((err, partitions))
    }
}

fn is_ok(err: RespErr) -> bool {
    err == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR
}

/// Takes note of a commit's result, whoever made it.
pub fn committed(group: &Group, result: Committed, find: impl Fn(&str, i32) -> Option<Arc<Lane>>) {
    let given: Vec<_> = result.partitions.iter().filter(|p| p.offset >= 0).collect();
    if given.is_empty() || result.err == RespErr::RD_KAFKA_RESP_ERR__NO_OFFSET {
        return;
    }
    let failed = given.iter().map(|p| p.err).find(|err| !is_ok(*err));
    let code = failed.unwrap_or(result.err);
    let error = check_code(code, "commit offsets").err();
    if let Some(error) = &error {
        group.telemetry.commit_errors.fetch_add(1, Relaxed);
        group.telemetry.log.warn(&group.name, &error.to_string());
    } else {
        group.telemetry.commits.fetch_add(1, Relaxed);
    }
    for entry in &given {
        if is_ok(entry.err) && (is_ok(result.err) || failed.is_some()) {
            if let Some(lane) = find(&entry.topic, entry.partition) {
                lane.state().committed = entry.offset;
            }
        }
    }
    let partitions = given
        .iter()
        .map(|p| TopicPartition { topic: p.topic.clone(), partition: p.partition, offset: Some(p.offset) })
        .collect();
    group.events.emit(Event::OffsetsCommitted { group_id: group.id.to_string(), partitions, error });
}
