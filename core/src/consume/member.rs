//! What librdkafka's consumer is asked as a member of its group: what it is subscribed to, holds, reads from.

use std::ffi::CStr;
use std::time::Instant;

use rdkafka_sys as rdsys;

use crate::client::Client;
use crate::error::{Error, Result};

use super::group::Group;
use super::lanes::Lane;
use super::native::{check, check_code, entries, Entry, PartitionList};

/// The group's members give up only what another one gets.
pub fn is_cooperative(client: &Client) -> bool {
    // SAFETY: the handle is alive, the name is static.
    unsafe {
        let name = rdsys::rd_kafka_rebalance_protocol(client.rk());
        !name.is_null() && CStr::from_ptr(name).to_bytes() == b"COOPERATIVE"
    }
}

/// The partitions may be somebody else's already.
pub fn is_lost(client: &Client) -> bool {
    // SAFETY: the handle is alive.
    unsafe { rdsys::rd_kafka_assignment_lost(client.rk()) != 0 }
}

/// `RD_KAFKA_PARTITION_UA`: a subscription names no partition.
const ANY_PARTITION: i32 = -1;

/// Gives librdkafka the subscription that the group's state holds.
pub fn subscribe(group: &Group, client: &Client) -> Result<()> {
    let mut list = PartitionList::new();
    let mut any = false;
    // A topic that is being removed stays until its handlers are done: dropped together with another one that is ready, its
    // revocation would make that one wait.
    let mut state = group.state();
    for (name, topic) in &mut state.topics {
        list.add(name, ANY_PARTITION, -1, -1);
        topic.given = true;
        any = true;
    }
    state.subscribed = Some(Instant::now());
    drop(state);
    // SAFETY: handle and list are alive. Both calls wait for librdkafka's main thread, not for the network.
    let err = unsafe {
        if any {
            rdsys::rd_kafka_subscribe(client.rk(), list.as_ptr())
        } else {
            rdsys::rd_kafka_unsubscribe(client.rk())
        }
    };
    check_code(err, &format!("subscribe group {}", group.id))
}

/// Has librdkafka's fetcher of a partition go on at `offset`.
pub fn seek(client: &Client, lane: &Lane, offset: i64) -> Result<()> {
    /// It is answered by the thread of the partition's broker, which does not wait for the network.
    const MOST_MS: i32 = 1_000;
    let mut list = PartitionList::new();
    match offset {
        0.. => list.add(&lane.topic, lane.partition, offset, -1),
        _ => list.add_logical(&lane.topic, lane.partition, offset),
    }
    let context = format!("seek {} [{}] to {offset}", lane.topic, lane.partition);
    // SAFETY: handle and list are alive.
    unsafe { check(rdsys::rd_kafka_seek_partitions(client.rk(), list.as_ptr(), MOST_MS), &context)? };
    list.entries().iter().try_for_each(|entry| check_code(entry.err, &context))
}

/// The partitions that librdkafka holds assigned.
pub fn assignment(client: &Client) -> Vec<Entry> {
    let mut list = std::ptr::null_mut();
    // SAFETY: the handle is alive; the list is ours afterwards.
    unsafe {
        rdsys::rd_kafka_assignment(client.rk(), &mut list);
        let owned = PartitionList::from_raw(list);
        entries(owned.as_ptr())
    }
}

/// The generation (KIP-848: member epoch) that the coordinator gave this member; below 1: none.
pub fn generation(client: &Client) -> i32 {
    // SAFETY: the handle is alive; the metadata is ours and given back.
    unsafe {
        let metadata = rdsys::rd_kafka_consumer_group_metadata(client.rk());
        if metadata.is_null() {
            return -1;
        }
        let generation = rdsys::rd_kafka_consumer_group_metadata_generation_id(metadata);
        rdsys::rd_kafka_consumer_group_metadata_destroy(metadata);
        generation
    }
}

/// Takes one partition out of the assignment and puts it back, at `offset` or, below 0, where it is committed.
pub fn reassign(client: &Client, lane: &Lane, offset: i64) -> Result<()> {
    if !is_cooperative(client) {
        // Eager: the assignment is replaced as a whole; taking partitions out is left to the new handle.
        return Err(Error::state("NOT_COOPERATIVE", "the group rebalances eagerly"));
    }
    let mut out = PartitionList::new();
    out.add(&lane.topic, lane.partition, -1, -1);
    let mut back = PartitionList::new();
    back.add(&lane.topic, lane.partition, offset, -1);
    // SAFETY: handle and lists are alive.
    unsafe {
        check(rdsys::rd_kafka_incremental_unassign(client.rk(), out.as_ptr()), "reassign")?;
        check(rdsys::rd_kafka_incremental_assign(client.rk(), back.as_ptr()), "reassign")
    }
}
