//! What became of a send: the data that goes up when its last record is settled.

use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::error::{Error, Result};

/// Whether a record that failed may stand in the log all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persisted {
    /// It never reached a broker, or the broker refused it.
    NotStored,
    /// It was sent and the answer did not come.
    Unknown,
}

/// One record of a send that was not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Position of the record in its send, from 0.
    pub index: u32,
    pub error: RespErr,
    pub persisted: Persisted,
}

/// Where the acknowledged records of a send went, one for each partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionResult {
    /// As given by `Producer::topic_id`.
    pub topic: u32,
    pub partition: i32,
    /// Smallest offset of the send's records there; -1: the broker did not tell (`acks=0`).
    pub base_offset: i64,
    /// ms since the epoch that the broker set (`message.timestamp.type=LogAppendTime`); -1: the records keep their own.
    pub timestamp: i64,
    /// First offset of the partition, by the broker's last answer; -1: it did not tell (`acks=0`).
    pub log_start: i64,
}

/// A settled send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendReport {
    /// As the caller gave it.
    pub send_id: i32,
    /// Records of the send.
    pub count: u32,
    pub partitions: Vec<PartitionResult>,
    /// Empty: every record is acknowledged.
    pub failures: Vec<Failure>,
}

/// Pairs (send id, number of records) as `Producer::send` takes them.
pub(super) fn pairs(sends: &[i32]) -> Result<impl Iterator<Item = (i32, u32)> + '_> {
    if sends.len() % 2 != 0 {
        return Err(Error::invalid("sends are pairs of an id and a count"));
    }
    if let Some(pair) = sends.chunks_exact(2).find(|pair| pair[1] < 0) {
        return Err(Error::invalid(format!("send {} has a negative count", pair[0])));
    }
    Ok(sends.chunks_exact(2).map(|pair| (pair[0], pair[1] as u32)))
}
