//! Offsets of partitions (ListOffsets) and of groups (OffsetFetch, OffsetCommit). They cross the border as text: they
//! are 64 bits wide.

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_OffsetSpec_t as OffsetSpec;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::json;
use super::native::{number, verdict};
use crate::control::request::{c_name, items, text_of, Session};
use crate::error::{Error, Result};
use crate::resp;

/// Which offset of a partition: of its ends, or of the first message that is not older.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum At {
    Earliest,
    Latest,
    /// ms since 1970.
    Time(i64),
}

#[derive(Debug, Deserialize)]
pub struct Partition {
    topic: String,
    partition: i32,
}

#[derive(Debug, Deserialize)]
pub struct Position {
    partition: i32,
    #[serde(deserialize_with = "whole")]
    offset: i64,
    metadata: Option<String>,
}

fn whole<'de, D: Deserializer<'de>>(text: D) -> std::result::Result<i64, D::Error> {
    String::deserialize(text)?.parse().map_err(serde::de::Error::custom)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    topic: String,
    partition: i32,
    /// -1: there is none.
    offset: String,
    metadata: Option<String>,
    error_code: i32,
}

/// A list of partitions, freed with it.
pub(super) struct List(pub(super) *mut rdsys::rd_kafka_topic_partition_list_t);

impl List {
    pub(super) fn new() -> List {
        // SAFETY: the list is owned by the value returned.
        List(unsafe { rdsys::rd_kafka_topic_partition_list_new(16) })
    }

    /// Appends; what is returned lives until the next one is appended.
    pub(super) fn add(&mut self, topic: &str, partition: i32) -> Result<&mut rdsys::rd_kafka_topic_partition_t> {
        let name = c_name(topic)?;
        // SAFETY: the list is live, and nobody else has it; the name is copied.
        Ok(unsafe { &mut *rdsys::rd_kafka_topic_partition_list_add(self.0, name.as_ptr(), partition) })
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone.
        unsafe { rdsys::rd_kafka_topic_partition_list_destroy(self.0) }
    }
}

/// A list of positions in one topic.
pub(super) fn positions(topic: &str, partitions: &[Position]) -> Result<List> {
    let mut list = List::new();
    for position in partitions {
        let part = list.add(topic, position.partition)?;
        part.offset = position.offset;
        if let Some(metadata) = position.metadata.as_ref().filter(|text| !text.is_empty()) {
            // SAFETY: librdkafka frees what its own allocator gave; the copy stays within it.
            unsafe {
                let copy = rdsys::rd_kafka_mem_malloc(std::ptr::null_mut(), metadata.len());
                std::ptr::copy_nonoverlapping(metadata.as_ptr(), copy.cast(), metadata.len());
                part.metadata = copy;
                part.metadata_size = metadata.len();
            }
        }
    }
    Ok(list)
}

pub(super) fn list(session: &Session, topic: &str, partitions: &[i32], at: At) -> Result<Value> {
    if partitions.is_empty() {
        return Ok(json(Vec::<Found>::new()));
    }
    let mut list = List::new();
    for partition in partitions {
        list.add(topic, *partition)?.offset = match at {
            At::Earliest => OffsetSpec::RD_KAFKA_OFFSET_SPEC_EARLIEST as i32 as i64,
            At::Latest => OffsetSpec::RD_KAFKA_OFFSET_SPEC_LATEST as i32 as i64,
            At::Time(ms) => ms,
        };
    }
    let what = format!("read the offsets of {topic}");
    // SAFETY: the list outlives the request, which copies it; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_LISTOFFSETS, &what, |request| {
            rdsys::rd_kafka_ListOffsets(request.rk, list.0, request.options, request.queue)
        })?;
        let result = rdsys::rd_kafka_event_ListOffsets_result(answer.event());
        let mut count = 0;
        let infos = rdsys::rd_kafka_ListOffsets_result_infos(result, &mut count);
        let read = |info: &*const rdsys::rd_kafka_ListOffsetsResultInfo_t| {
            found(&*rdsys::rd_kafka_ListOffsetsResultInfo_topic_partition(*info))
        };
        Ok(json(items(infos, count).iter().map(read).collect::<Vec<_>>()))
    }
}

/// # Safety
/// The partition must be one that librdkafka has written.
pub(super) unsafe fn found_list(list: *const rdsys::rd_kafka_topic_partition_list_t) -> Value {
    if list.is_null() {
        return json(Vec::<Found>::new());
    }
    let read = |partition: &rdsys::rd_kafka_topic_partition_t| found(partition);
    json(items((*list).elems, (*list).cnt as usize).iter().map(read).collect::<Vec<_>>())
}

/// # Safety
/// The partition must be one that librdkafka has written.
unsafe fn found(partition: &rdsys::rd_kafka_topic_partition_t) -> Found {
    let metadata = items(partition.metadata as *const u8, partition.metadata_size);
    // librdkafka's word for "no offset" (-1001) is -1 in Kafka's protocol.
    let none = partition.offset == i64::from(rdsys::RD_KAFKA_OFFSET_INVALID);
    Found {
        topic: text_of(partition.topic),
        partition: partition.partition,
        offset: if none { -1 } else { partition.offset }.to_string(),
        metadata: (!metadata.is_empty()).then(|| String::from_utf8_lossy(metadata).into_owned()),
        error_code: number(&raw const partition.err),
    }
}

/// What a group has committed; without partitions: all of it.
pub(super) fn fetch(session: &Session, group_id: &str, partitions: Option<&[Partition]>) -> Result<Value> {
    let group = c_name(group_id)?;
    let list = match partitions {
        None => None,
        Some([]) => return Ok(json(Vec::<Found>::new())),
        Some(partitions) => {
            let mut list = List::new();
            for each in partitions {
                list.add(&each.topic, each.partition)?;
            }
            Some(list)
        }
    };
    let what = format!("read the offsets of group {group_id}");
    // SAFETY: the question is freed after the request copied it; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, &what, |request| {
            let wanted = list.as_ref().map_or(std::ptr::null(), |list| list.0.cast_const());
            let mut question = rdsys::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), wanted);
            let (rk, options, queue) = (request.rk, request.options, request.queue);
            rdsys::rd_kafka_ListConsumerGroupOffsets(rk, &mut question, 1, options, queue);
            rdsys::rd_kafka_ListConsumerGroupOffsets_destroy(question);
        })?;
        let result = rdsys::rd_kafka_event_ListConsumerGroupOffsets_result(answer.event());
        let mut count = 0;
        let groups = rdsys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count);
        group_partitions(items(groups, count), &what)
    }
}

/// Commits for a group that has no members. Only real offsets: librdkafka refuses -1 and -2.
pub(super) fn set(session: &Session, group_id: &str, topic: &str, partitions: &[Position]) -> Result<Value> {
    let group = c_name(group_id)?;
    let list = positions(topic, partitions)?;
    let what = format!("set the offsets of group {group_id}");
    // SAFETY: the request copies what is given; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, &what, |request| {
            let mut change = rdsys::rd_kafka_AlterConsumerGroupOffsets_new(group.as_ptr(), list.0);
            let (rk, options, queue) = (request.rk, request.options, request.queue);
            rdsys::rd_kafka_AlterConsumerGroupOffsets(rk, &mut change, 1, options, queue);
            rdsys::rd_kafka_AlterConsumerGroupOffsets_destroy(change);
        })?;
        let result = rdsys::rd_kafka_event_AlterConsumerGroupOffsets_result(answer.event());
        let mut count = 0;
        let groups = rdsys::rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &mut count);
        group_partitions(items(groups, count), &what)
    }
}

/// Of the one group that was asked about.
///
/// # Safety
/// The results must be live.
unsafe fn group_partitions(groups: &[*const rdsys::rd_kafka_group_result_t], what: &str) -> Result<Value> {
    let Some(group) = groups.first() else { return Ok(json(Vec::<Found>::new())) };
    let told = verdict(rdsys::rd_kafka_group_result_error(*group));
    if told.error_code != 0 {
        let mut error = Error::from_resp(resp::code(told.error_code), what);
        error.details = Some(serde_json::json!({ "errorCode": told.error_code }));
        return Err(error);
    }
    Ok(found_list(rdsys::rd_kafka_group_result_partitions(*group)))
}
