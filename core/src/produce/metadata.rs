//! What brokers know of a topic, for callers that choose partitions themselves.

use std::ffi::CString;

use rdkafka_sys as rdsys;
use serde::Serialize;

use crate::cancel;
use crate::error::{Error, Result};
use crate::resp::{self, RespErr};
use crate::runtime::Deadline;

use super::producer::Producer;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicMetadata {
    pub topic: String,
    /// Code of the broker, 0 for none.
    pub error_code: i32,
    pub partitions: Vec<PartitionMetadata>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionMetadata {
    pub partition_error_code: i32,
    pub partition_id: i32,
    /// -1: none.
    pub leader: i32,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
}

impl Producer {
    /// Asks a broker; blocks until the deadline at most. A topic that does not exist has an error code and no partitions.
    pub fn metadata(&self, topic: &str, deadline: Deadline) -> Result<TopicMetadata> {
        cancel::check()?;
        // Checks the name, and has librdkafka look for the topic already.
        self.topic_id(topic)?;
        let client = self.client()?;
        let name = CString::new(topic).map_err(|_| Error::invalid("a topic name with NUL"))?;
        let mut metadata: *const rdsys::rd_kafka_metadata = std::ptr::null();
        // SAFETY: the handle lives as long as `client`. The topic is known, so its own configuration is not asked for; this
        // reference to it is given back. The metadata is read while it is ours.
        unsafe {
            let handle = rdsys::rd_kafka_topic_new(client.rk(), name.as_ptr(), std::ptr::null_mut());
            if handle.is_null() {
                return Err(Error::from_resp(rdsys::rd_kafka_last_error(), &format!("topic {topic}")));
            }
            let err = rdsys::rd_kafka_metadata(client.rk(), 0, handle, &mut metadata, deadline.left_ms());
            rdsys::rd_kafka_topic_destroy(handle);
            if err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(Error::from_resp(err, &format!("metadata of topic {topic}")));
            }
            let answer = read(topic, &*metadata);
            rdsys::rd_kafka_metadata_destroy(metadata);
            Ok(answer)
        }
    }
}

/// # Safety
/// `metadata` is librdkafka's and not destroyed.
unsafe fn read(topic: &str, metadata: &rdsys::rd_kafka_metadata) -> TopicMetadata {
    let Some(found) = slice(metadata.topics, metadata.topic_cnt).first() else {
        return TopicMetadata { topic: topic.into(), error_code: 3, partitions: Vec::new() };
    };
    let partitions = slice(found.partitions, found.partition_cnt).iter().map(|partition| PartitionMetadata {
        partition_error_code: resp::read(&raw const partition.err) as i32,
        partition_id: partition.id,
        leader: partition.leader,
        replicas: slice(partition.replicas, partition.replica_cnt).to_vec(),
        isr: slice(partition.isrs, partition.isr_cnt).to_vec(),
    });
    let mut partitions: Vec<_> = partitions.collect();
    partitions.sort_by_key(|partition| partition.partition_id);
    TopicMetadata { topic: topic.into(), error_code: resp::read(&raw const found.err) as i32, partitions }
}

/// # Safety
/// `first` points to `count` items, or there is none.
unsafe fn slice<'a, T>(first: *const T, count: i32) -> &'a [T] {
    match usize::try_from(count) {
        Ok(count) if count > 0 && !first.is_null() => std::slice::from_raw_parts(first, count),
        _ => &[],
    }
}
