//! The topics of one producer: ids for records, librdkafka's handles, the choice of partitions.

use std::collections::HashMap;
use std::ffi::{c_void, CString};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka_sys as rdsys;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::topics;

use super::intake::{Item, UNASSIGNED};
use super::partitioner::{partition_for_key, partitioner_cb, Partitions, Sticky, TRUST};

/// Topics that one producer may write to; a caller who makes names out of data must not cost memory without end.
const LIMIT: usize = 100_000;

/// Sorts before every partition: such records of a topic stay in call order.
const CALL_ORDER: i32 = i32::MIN;

struct Topic {
    name: Arc<str>,
    handle: *mut rdsys::rd_kafka_topic_t,
    partitions: Arc<Partitions>,
    sticky: Sticky,
    /// The count of partitions is used until then.
    trusted: Instant,
    /// The count of this call; 0: its records go unassigned.
    count: i32,
    /// Number of the call that `count` belongs to.
    call: u64,
}

/// Whose partitioner decides.
#[derive(Debug, Clone, Copy)]
pub enum Choice {
    /// Ours; keyless records stick to a partition for so long.
    Murmur2 { sticky: Duration },
    /// The one that the property `partitioner` names: every record goes unassigned.
    Librdkafka,
}

pub struct TopicTable {
    choice: Choice,
    topics: Vec<Topic>,
    ids: HashMap<Arc<str>, u32>,
    call: u64,
    order: Vec<(u32, i32, u32)>,
    sorted: Vec<Item>,
}

// SAFETY: topic handles may be used from any thread; the table is only used behind a lock.
unsafe impl Send for TopicTable {}

impl TopicTable {
    pub fn new(choice: Choice) -> Self {
        TopicTable { choice, topics: Vec::new(), ids: HashMap::new(), call: 0, order: Vec::new(), sorted: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.topics.len()
    }

    pub fn name(&self, id: u32) -> Option<Arc<str>> {
        self.topics.get(id as usize).map(|topic| topic.name.clone())
    }

    pub fn handle(&self, id: u32) -> *mut rdsys::rd_kafka_topic_t {
        self.topics[id as usize].handle
    }

    /// The id of a topic; at first sight librdkafka begins to look for it.
    pub fn id(&mut self, client: &Client, name: &str) -> Result<u32> {
        if let Some(id) = self.ids.get(name) {
            return Ok(*id);
        }
        if !topics::is_valid_name(name) {
            let message = format!("{name:?} is no topic name: 1 to 249 of a-z A-Z 0-9 . _ - are allowed, not . or ..");
            return Err(Error::invalid(message));
        }
        if self.topics.len() == LIMIT {
            return Err(Error::invalid(format!("a producer can write to {LIMIT} topics at most")));
        }
        let id = self.topics.len() as u32;
        let sticky = match self.choice {
            Choice::Murmur2 { sticky } => sticky,
            Choice::Librdkafka => Duration::ZERO,
        };
        let partitions = Arc::new(Partitions::new(id, sticky));
        let handle = self.create(client, name, &partitions)?;
        let name: Arc<str> = name.into();
        let now = Instant::now();
        let sticky = Sticky::new();
        self.topics.push(Topic { name: name.clone(), handle, partitions, sticky, trusted: now, count: 0, call: 0 });
        self.ids.insert(name, id);
        Ok(id)
    }

    fn create(
        &self,
        client: &Client,
        name: &str,
        partitions: &Arc<Partitions>,
    ) -> Result<*mut rdsys::rd_kafka_topic_t> {
        let c_name = CString::new(name).map_err(|_| Error::invalid("a topic name with NUL"))?;
        // The callback and the delivery thread read it through the topic's opaque as long as the handle lives.
        client.state.kept.lock().expect("no panic while keeping").push(partitions.clone());
        // SAFETY: the configuration is librdkafka's once the topic is made, ours to destroy when it is not; the opaque
        // is kept by the client state until after the handle.
        unsafe {
            let conf = rdsys::rd_kafka_default_topic_conf_dup(client.rk());
            rdsys::rd_kafka_topic_conf_set_opaque(conf, Arc::as_ptr(partitions) as *mut c_void);
            if let Choice::Murmur2 { .. } = self.choice {
                rdsys::rd_kafka_topic_conf_set_partitioner_cb(conf, Some(partitioner_cb));
            }
            let handle = rdsys::rd_kafka_topic_new(client.rk(), c_name.as_ptr(), conf);
            if handle.is_null() {
                let error = rdsys::rd_kafka_last_error();
                rdsys::rd_kafka_topic_conf_destroy(conf);
                return Err(Error::from_resp(error, &format!("topic {name}")));
            }
            Ok(handle)
        }
    }

    /// Gives each record its partition where that is possible, and sorts them into runs of one partition; records of
    /// one partition keep their order.
    pub fn assign(&mut self, slab: &[u8], items: &mut Vec<Item>, now: Instant) {
        self.call += 1;
        self.order.clear();
        let mut in_order = true;
        let mut last = (0, i32::MIN);
        for (n, item) in items.iter_mut().enumerate() {
            let topic = &mut self.topics[item.topic as usize];
            if topic.call != self.call {
                topic.begin(self.call, self.choice, now);
            }
            if item.partition == UNASSIGNED && topic.count > 0 {
                item.partition = match item.key(slab) {
                    Some(key) => partition_for_key(key, topic.count),
                    None => topic.sticky.next(&topic.partitions, topic.count, item.len(), now),
                };
            }
            let run = (item.topic, if topic.count > 0 { item.partition } else { CALL_ORDER });
            in_order &= last <= run;
            last = run;
            self.order.push((run.0, run.1, n as u32));
        }
        if in_order {
            return;
        }
        self.order.sort_unstable();
        self.sorted.clear();
        self.sorted.extend(self.order.iter().map(|(_, _, n)| items[*n as usize]));
        std::mem::swap(&mut self.sorted, items);
    }

    /// The topic or one of its partitions was said to be missing: its count is asked for again.
    pub fn forget(&self, id: u32) {
        self.topics[id as usize].partitions.forget();
    }

    /// Gives the handles back; nothing can be sent afterwards.
    pub fn clear(&mut self) {
        self.ids.clear();
        for topic in self.topics.drain(..) {
            // SAFETY: made by `create`, used by nobody else.
            unsafe { rdsys::rd_kafka_topic_destroy(topic.handle) };
        }
    }
}

impl Topic {
    /// Decides for one call, so that its unassigned and its chosen records of a topic never mix: librdkafka gets them
    /// in call order or in runs.
    fn begin(&mut self, call: u64, choice: Choice, now: Instant) {
        self.call = call;
        self.count = match choice {
            Choice::Murmur2 { .. } => self.partitions.count(),
            Choice::Librdkafka => 0,
        };
        if self.count == 0 || now >= self.trusted {
            // The callback that these records cause brings the count for the next call.
            self.count = 0;
            self.partitions.ask_again();
            self.trusted = now + TRUST;
        }
    }
}
