//! Which partition a record goes to: the one given, else murmur2 of the key exactly as Kafka's Java client, else (null
//! key) one that sticks for a while so that batches form.
//!
//! Choosing before the hand-over lets records go to librdkafka in runs of one partition, its cheapest way in. It takes
//! the number of partitions, which librdkafka tells only to a partitioner callback, under the topic's lock. So records
//! go unassigned until the callback was called once, and again once in [`TRUST`], which is how a grown topic is noticed.
//!
//! Order through the switch from unassigned to chosen (rdkafka_msg.c `rd_kafka_msg_partitioner`, rdkafka_partition.c
//! `rd_kafka_toppar_get_avail`, rdkafka_topic.c `rd_kafka_topic_assign_uas`): while a topic is unknown, librdkafka puts
//! records of both kinds into one queue in order. It empties that queue, in order, through the partitioner while it
//! still holds the topic's write lock under which the topic became known; records handed over later need the read
//! lock. Since the count stems from the callback, and never from metadata of our own, a chosen record always comes
//! after that, and it can never name a partition that librdkafka does not know yet.

use std::collections::hash_map::RandomState;
use std::ffi::{c_int, c_void};
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka_sys as rdsys;

/// How long a count of partitions is used before librdkafka is asked again, by one send that goes unassigned.
pub const TRUST: Duration = Duration::from_secs(1);

/// A keyless run ends after so many records or bytes, so that a flood uses every partition.
const STICKY_RECORDS: u32 = 1_000;
const STICKY_BYTES: usize = 16 * 1024;

/// Kafka's `Utils.murmur2`.
pub fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let mut h = 0x9747_b28c ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes(word.try_into().expect("four bytes")).wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (n, byte) in rest.iter().enumerate() {
            h ^= u32::from(*byte) << (8 * n);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    (h ^ (h >> 15)) as i32
}

/// Kafka's `Utils.toPositive(Utils.murmur2(key)) % partitions`; `partitions` must be positive.
pub fn partition_for_key(key: &[u8], partitions: i32) -> i32 {
    (murmur2(key) & 0x7fff_ffff) % partitions
}

/// What the partitioner callback learns about one topic. librdkafka holds a pointer to it as the topic's opaque.
pub struct Partitions {
    /// `Producer::topic_id`.
    pub topic: u32,
    /// 0: not known.
    count: AtomicI32,
    /// The next callback looks which partitions have a leader.
    look: AtomicBool,
    /// Partitions with a leader, so that keyless records go round a broker that is down. Behind a lock because the
    /// callback runs on librdkafka's thread, too; held for copying only.
    led: Mutex<Vec<i32>>,
    /// For keyless records while the count is not known; the callback can run on two threads.
    sticky: Mutex<Sticky>,
    linger: Duration,
}

/// A panic in a callback would end the process, so a poisoned lock is used as it is: its data are only hints.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Partitions {
    pub fn new(topic: u32, linger: Duration) -> Self {
        Partitions {
            topic,
            count: AtomicI32::new(0),
            look: AtomicBool::new(true),
            led: Mutex::new(Vec::new()),
            sticky: Mutex::new(Sticky::new()),
            linger,
        }
    }

    /// 0: not known.
    pub fn count(&self) -> i32 {
        self.count.load(Relaxed)
    }

    /// The next callback, which an unassigned record causes, refreshes everything.
    pub fn ask_again(&self) {
        self.look.store(true, Relaxed);
    }

    /// The topic or a partition was reported as missing.
    pub fn forget(&self) {
        self.count.store(0, Relaxed);
        self.ask_again();
    }

    fn learn(&self, count: i32, has_leader: impl Fn(i32) -> bool) {
        let changed = self.count.swap(count, Relaxed) != count;
        if self.look.swap(false, Relaxed) || changed {
            let led = (0..count).filter(|p| has_leader(*p)).collect();
            *lock(&self.led) = led;
        }
    }

    /// Where the run after the one in `current` goes: to a partition other than `current`, with a leader where there is one.
    /// Without linger every record is a run, and they go round in order, from a random first one.
    fn other(&self, current: i32, count: i32, random: u64) -> i32 {
        let led = lock(&self.led);
        if self.linger.is_zero() && current >= 0 {
            // In ascending order, as `learn` makes it.
            let after = led.partition_point(|p| *p <= current);
            let next = led.get(after).or(led.first()).copied();
            return next.filter(|p| *p < count).unwrap_or((current + 1) % count.max(1));
        }
        let mut choice = led.iter().copied().filter(|p| *p < count && *p != current);
        let choices = choice.clone().count() as u64;
        if choices > 0 {
            return choice.nth((random % choices) as usize).unwrap_or(0);
        }
        match led.first() {
            Some(only) if *only < count => *only,
            _ => (random % count.max(1) as u64) as i32,
        }
    }
}

/// The partition that keyless records stick to.
pub struct Sticky {
    partition: i32,
    until: Instant,
    records: u32,
    bytes: usize,
    random: u64,
}

impl Sticky {
    pub fn new() -> Self {
        // Seeded by the standard library's per-process keys, so that the processes of a fleet do not walk in step.
        let random = RandomState::new().build_hasher().finish() | 1;
        Sticky { partition: -1, until: Instant::now(), records: 0, bytes: 0, random }
    }

    /// The partition of a keyless record of `bytes`.
    pub fn next(&mut self, partitions: &Partitions, count: i32, bytes: usize, now: Instant) -> i32 {
        let fits = self.records < STICKY_RECORDS && self.bytes < STICKY_BYTES;
        if self.partition < 0 || self.partition >= count || !fits || now >= self.until {
            // Xorshift64: spread is all that is wanted of it.
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            self.partition = partitions.other(self.partition, count, self.random >> 11);
            (self.records, self.bytes, self.until) = (0, 0, now + partitions.linger);
        }
        self.records += 1;
        self.bytes += bytes;
        self.partition
    }
}

/// librdkafka's partitioner for records that were handed over unassigned: the same mapping, and the count is noted.
///
/// # Safety
/// Called by librdkafka only, for a topic whose opaque is the `Partitions` that `TopicTable` keeps.
pub unsafe extern "C" fn partitioner_cb(
    rkt: *const rdsys::rd_kafka_topic_t,
    key: *const c_void,
    key_len: usize,
    count: i32,
    rkt_opaque: *mut c_void,
    _message_opaque: *mut c_void,
) -> i32 {
    // SAFETY: the opaque is set to `Partitions` that the client state keeps until after the handle; librdkafka calls
    // with the topic's lock held, as `rd_kafka_topic_partition_available` asks for; key and length belong together.
    unsafe {
        let partitions = &*(rkt_opaque as *const Partitions);
        partitions.learn(count, |p| rdsys::rd_kafka_topic_partition_available(rkt, p) != 0 as c_int);
        if key.is_null() {
            return lock(&partitions.sticky).next(partitions, count, 0, Instant::now());
        }
        partition_for_key(std::slice::from_raw_parts(key as *const u8, key_len), count)
    }
}

#[cfg(test)]
#[path = "partitioner_tests.rs"]
mod tests;
