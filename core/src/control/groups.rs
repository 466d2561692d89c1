//! Offsets of partitions and of groups, for status, lag and tests.

use std::ffi::CString;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_OffsetSpec_t as OffsetSpec;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde::Serialize;

use crate::control::request::{c_name, failure, items, part_error, text_of, unanswered, Session};
use crate::control::Admin;
use crate::embedded;
use crate::error::{Error, Result};
use crate::resp;
use crate::runtime::Deadline;

/// What a partition holds: offsets from `low` up to, but not including, `high`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Watermarks {
    pub topic: String,
    pub partition: i32,
    pub low: i64,
    pub high: i64,
}

/// The next offset that a group would read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommittedOffset {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub metadata: Option<String>,
}

/// A list of partitions, freed with it.
struct Partitions(*mut rdsys::rd_kafka_topic_partition_list_t);

impl Partitions {
    /// All with the same offset, which for ListOffsets is what is asked for.
    fn new(partitions: &[(String, i32)], offset: i64) -> Result<Partitions> {
        let names = partitions.iter().map(|(topic, _)| c_name(topic)).collect::<Result<Vec<CString>>>()?;
        // SAFETY: the list is owned by the value returned; names are copied.
        unsafe {
            let list = Partitions(rdsys::rd_kafka_topic_partition_list_new(partitions.len() as i32));
            for (name, (_, partition)) in names.iter().zip(partitions) {
                (*rdsys::rd_kafka_topic_partition_list_add(list.0, name.as_ptr(), *partition)).offset = offset;
            }
            Ok(list)
        }
    }
}

impl Drop for Partitions {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone.
        unsafe { rdsys::rd_kafka_topic_partition_list_destroy(self.0) }
    }
}

impl Admin {
    /// First and next offset of each partition, in the order given. Errors: the first partition that cannot be read.
    pub fn watermarks(&self, partitions: &[(String, i32)], deadline: Deadline) -> Result<Vec<Watermarks>> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        self.run(deadline, |session| {
            let low = offsets(session, partitions, OffsetSpec::RD_KAFKA_OFFSET_SPEC_EARLIEST)?;
            let high = offsets(session, partitions, OffsetSpec::RD_KAFKA_OFFSET_SPEC_LATEST)?;
            let marks = partitions.iter().map(|(topic, partition)| {
                let at = |offsets: &[((String, i32), i64)]| {
                    let found = offsets.iter().find(|((t, p), _)| t == topic && p == partition);
                    found.map(|(_, offset)| *offset).ok_or_else(|| unanswered(&format!("{topic}[{partition}]")))
                };
                Ok(Watermarks { topic: topic.clone(), partition: *partition, low: at(&low)?, high: at(&high)? })
            });
            marks.collect()
        })
    }

    /// What a group has committed, by topic and partition; empty for a group that does not exist.
    pub fn committed(&self, group_id: &str, deadline: Deadline) -> Result<Vec<CommittedOffset>> {
        if self.embedded.is_some() {
            return Err(embedded::unsupported(
                "list the offsets of a group",
                "name the partitions: a consumer's committed() and getKafka4Status() do so",
            ));
        }
        let group = c_name(group_id)?;
        self.run(deadline, |session| {
            let what = format!("read the offsets of group {group_id}");
            // SAFETY: the question is freed after the request copied it; what is read lives as long as the answer.
            unsafe {
                let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, &what, |request| {
                    let mut question = rdsys::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), std::ptr::null());
                    let (rk, options, queue) = (request.rk, request.options, request.queue);
                    rdsys::rd_kafka_ListConsumerGroupOffsets(rk, &mut question, 1, options, queue);
                    rdsys::rd_kafka_ListConsumerGroupOffsets_destroy(question);
                })?;
                let result = rdsys::rd_kafka_event_ListConsumerGroupOffsets_result(answer.event());
                let mut count = 0;
                let groups = rdsys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count);
                let mut committed = Vec::new();
                for group in items(groups, count) {
                    if let Some(error) = part_error(rdsys::rd_kafka_group_result_error(*group), &what) {
                        return Err(error);
                    }
                    committed.extend(read_committed(rdsys::rd_kafka_group_result_partitions(*group)));
                }
                committed.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
                Ok(committed)
            }
        })
    }

    /// Deletes groups that have no members, with their offsets. By group, in the order given: `None`, or why not.
    pub fn delete_groups(&self, group_ids: &[String], deadline: Deadline) -> Result<Vec<(String, Option<Error>)>> {
        if self.embedded.is_some() {
            return Err(embedded::unsupported("delete groups", "use a group id of its own for each test"));
        }
        if group_ids.is_empty() {
            return Ok(Vec::new());
        }
        let names = group_ids.iter().map(|name| c_name(name)).collect::<Result<Vec<CString>>>()?;
        self.run(deadline, |session| {
            // SAFETY: the groups are freed after the request copied them; what is read lives as long as the answer.
            unsafe {
                let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DELETEGROUPS, "delete groups", |request| {
                    let mut groups: Vec<_> =
                        names.iter().map(|name| rdsys::rd_kafka_DeleteGroup_new(name.as_ptr())).collect();
                    let (array, count) = (groups.as_mut_ptr(), groups.len());
                    rdsys::rd_kafka_DeleteGroups(request.rk, array, count, request.options, request.queue);
                    rdsys::rd_kafka_DeleteGroup_destroy_array(array, count);
                })?;
                let result = rdsys::rd_kafka_event_DeleteGroups_result(answer.event());
                let mut count = 0;
                let groups = rdsys::rd_kafka_DeleteGroups_result_groups(result, &mut count);
                let read = |group: &*const rdsys::rd_kafka_group_result_t| {
                    let name = text_of(rdsys::rd_kafka_group_result_name(*group));
                    let what = format!("delete group {name}");
                    let error = part_error(rdsys::rd_kafka_group_result_error(*group), &what);
                    (name, error)
                };
                let answers: Vec<_> = items(groups, count).iter().map(read).collect();
                let error_of = |id: &String| {
                    let answer = answers.iter().find(|(name, _)| name == id);
                    answer.map_or_else(|| Some(unanswered(id)), |(_, error)| error.clone())
                };
                Ok(group_ids.iter().map(|id| (id.clone(), error_of(id))).collect())
            }
        })
    }
}

fn offsets(session: &Session, partitions: &[(String, i32)], spec: OffsetSpec) -> Result<Vec<((String, i32), i64)>> {
    let list = Partitions::new(partitions, spec as i64)?;
    // SAFETY: the list outlives the request, which copies it; what is read lives as long as the answer.
    unsafe {
        let answer =
            session.ask(AdminOp::RD_KAFKA_ADMIN_OP_LISTOFFSETS, "read the offsets of partitions", |request| {
                rdsys::rd_kafka_ListOffsets(request.rk, list.0, request.options, request.queue)
            })?;
        let result = rdsys::rd_kafka_event_ListOffsets_result(answer.event());
        let mut count = 0;
        let infos = rdsys::rd_kafka_ListOffsets_result_infos(result, &mut count);
        let read = |info: &*const rdsys::rd_kafka_ListOffsetsResultInfo_t| {
            let found = &*rdsys::rd_kafka_ListOffsetsResultInfo_topic_partition(*info);
            let topic = text_of(found.topic);
            match resp::read(&raw const found.err) {
                RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(((topic, found.partition), found.offset)),
                err => Err(failure(err, &format!("read the offsets of {topic}[{}]", found.partition), "")),
            }
        };
        items(infos, count).iter().map(read).collect()
    }
}

/// Partitions without a commit have a negative offset and are left out.
///
/// # Safety
/// `list` must be null or live.
unsafe fn read_committed(list: *const rdsys::rd_kafka_topic_partition_list_t) -> Vec<CommittedOffset> {
    if list.is_null() {
        return Vec::new();
    }
    let read = |partition: &rdsys::rd_kafka_topic_partition_t| {
        let metadata = items(partition.metadata as *const u8, partition.metadata_size);
        CommittedOffset {
            topic: text_of(partition.topic),
            partition: partition.partition,
            offset: partition.offset,
            metadata: (!metadata.is_empty()).then(|| String::from_utf8_lossy(metadata).into_owned()),
        }
    };
    items((*list).elems, (*list).cnt as usize).iter().filter(|p| p.offset >= 0).map(read).collect()
}
