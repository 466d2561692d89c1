//! The check of a send: every length against its slab, every topic against the table, before anything is enqueued.

use crate::error::{Error, Result};
use crate::records::{self, Headers, Record, STRIDE};

use super::report::pairs;

/// No partition was chosen: librdkafka calls the partitioner when it knows the topic.
pub const UNASSIGNED: i32 = -1;

/// A checked record: where its bytes are in the slab that goes with it, and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    pub at: usize,
    /// -1: null.
    pub key_len: i32,
    /// -1: null.
    pub value_len: i32,
    pub headers_len: i32,
    pub topic: u32,
    pub partition: i32,
    /// ms since the epoch, 0: now.
    pub timestamp: i64,
    /// Comes back with the delivery report; see `ledger`.
    pub opaque: u64,
}

impl Item {
    fn part(slab: &[u8], at: usize, len: i32) -> Option<&[u8]> {
        usize::try_from(len).ok().and_then(|len| slab.get(at..at + len))
    }

    pub fn key<'a>(&self, slab: &'a [u8]) -> Option<&'a [u8]> {
        Self::part(slab, self.at, self.key_len)
    }

    pub fn value<'a>(&self, slab: &'a [u8]) -> Option<&'a [u8]> {
        Self::part(slab, self.at + self.key_len.max(0) as usize, self.value_len)
    }

    pub fn headers<'a>(&self, slab: &'a [u8]) -> &'a [u8] {
        let at = self.at + self.key_len.max(0) as usize + self.value_len.max(0) as usize;
        Self::part(slab, at, self.headers_len).unwrap_or(&[])
    }

    /// Bytes of key, value and packed headers.
    pub fn len(&self) -> usize {
        [self.key_len, self.value_len, self.headers_len].iter().map(|len| (*len).max(0) as usize).sum()
    }

    /// `rd_kafka_produce_batch` can carry neither headers nor timestamps.
    pub fn is_plain(&self) -> bool {
        self.headers_len == 0 && self.timestamp == 0
    }
}

/// Reads the whole index into `items`, `opaque` left at 0, and gives the bytes that the records have together.
/// On an error `items` may hold a part; nothing else was touched.
pub fn check(slab: &[u8], index: &[i32], sends: &[i32], topics: usize, items: &mut Vec<Item>) -> Result<u64> {
    if index.len() % STRIDE != 0 {
        return Err(Error::invalid(format!("an index of {} integers is no multiple of {STRIDE}", index.len())));
    }
    let records = index.len() / STRIDE;
    let covered: u64 = pairs(sends)?.map(|(_, count)| u64::from(count)).sum();
    if covered != records as u64 {
        return Err(Error::invalid(format!("the sends cover {covered} records, the index has {records}")));
    }
    items.clear();
    items.reserve(records);
    let mut bytes = 0;
    for (n, entry) in index.chunks_exact(STRIDE).enumerate() {
        let item = one(&records::record(slab, entry)?, entry, topics)
            .map_err(|error| Error { message: format!("record {n}: {}", error.message), ..error })?;
        bytes += item.len() as u64;
        items.push(item);
    }
    Ok(bytes)
}

fn one(record: &Record<'_>, entry: &[i32], topics: usize) -> Result<Item> {
    let topic = u32::try_from(record.topic).ok().filter(|id| (*id as usize) < topics);
    let topic = topic.ok_or_else(|| Error::invalid(format!("no topic has the id {}", record.topic)))?;
    if record.timestamp < 0 {
        return Err(Error::invalid(format!("the timestamp {} is negative", record.timestamp)));
    }
    for header in Headers::new(record.headers) {
        header?;
    }
    Ok(Item {
        at: entry[2] as usize,
        key_len: entry[3],
        value_len: entry[4],
        headers_len: entry[5].max(0),
        topic,
        partition: record.partition,
        timestamp: record.timestamp,
        opaque: 0,
    })
}
