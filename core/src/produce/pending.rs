//! Records that librdkafka's full queue could not take, or that wait for the first one of their partition (`warmth`):
//! copied, in order, moved on by the delivery thread. Their number and bytes are bounded by the ledger, which counts
//! them like everything that is under way.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::intake::Item;

/// Messages that may wait on top of librdkafka's own queue (`queue.buffering.max.messages`).
pub const MESSAGES: usize = 100_000;
/// Bytes on top of `queue.buffering.max.kbytes`.
pub const BYTES: u64 = 64 * 1024 * 1024;

/// Records and bytes that one step moves on; between steps the lock is free for the callers.
const STEP: usize = 1_024;
const STEP_BYTES: usize = 1024 * 1024;

struct Batch {
    slab: Vec<u8>,
    items: Vec<Item>,
    /// Items before it have been moved on.
    next: usize,
    since: Instant,
}

/// By topic: one that waits for its metadata or for the acknowledgement of a first record holds no other up.
#[derive(Default)]
pub struct Pending {
    topics: BTreeMap<u32, VecDeque<Batch>>,
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// Records of this topic wait: later ones queue behind.
    pub fn holds(&self, topic: u32) -> bool {
        self.topics.contains_key(&topic)
    }

    /// Copies the records, which are of one topic.
    pub fn push(&mut self, slab: &[u8], items: &[Item], now: Instant) {
        let Some(first) = items.first() else { return };
        let bytes = items.iter().map(Item::len).sum();
        let mut batch =
            Batch { slab: Vec::with_capacity(bytes), items: Vec::with_capacity(items.len()), next: 0, since: now };
        for item in items {
            let at = batch.slab.len();
            // The bounds were checked by `intake`.
            batch.slab.extend_from_slice(&slab[item.at..item.at + item.len()]);
            batch.items.push(Item { at, ..*item });
        }
        self.topics.entry(first.topic).or_default().push_back(batch);
    }

    /// Gives the next records of each topic, and since when they wait, to `take`, which tells how many it took. True:
    /// there may be more to take at once.
    pub fn step(&mut self, mut take: impl FnMut(&[u8], &[Item], Instant) -> usize) -> bool {
        let mut more = false;
        self.topics.retain(|_, batches| {
            let Some(batch) = batches.front_mut() else { return false };
            let mut bytes = 0;
            let fits = |item: &&Item| {
                let before = bytes;
                bytes += item.len();
                before < STEP_BYTES
            };
            let count = batch.items[batch.next..].iter().take(STEP).take_while(fits).count();
            let taken = take(&batch.slab, &batch.items[batch.next..batch.next + count], batch.since);
            batch.next += taken;
            if batch.next == batch.items.len() {
                batches.pop_front();
            }
            more |= taken > 0 && !batches.is_empty();
            !batches.is_empty()
        });
        more
    }

    /// Takes out what waits longer than `timeout`; with zero: everything.
    pub fn expired(&mut self, timeout: Duration, now: Instant) -> Vec<u64> {
        let mut opaques = Vec::new();
        self.topics.retain(|_, batches| {
            while batches.front().is_some_and(|batch| now.saturating_duration_since(batch.since) >= timeout) {
                if let Some(batch) = batches.pop_front() {
                    opaques.extend(batch.items[batch.next..].iter().map(|item| item.opaque));
                }
            }
            !batches.is_empty()
        });
        opaques
    }
}
