//! A mock cluster, a producer on it, and readers that look at what really stands in its log.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::events::Events;
use kafka4_core::produce::{Producer, SendReport};
use kafka4_core::records::{Record, RecordsBuilder};
use kafka4_core::runtime::Deadline;
use kafka4_core::telemetry::Telemetry;
use kafka4_core::wake::Wake;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::{Offset, TopicPartitionList};

pub type Cluster = MockCluster<'static, DefaultProducerContext>;

pub fn cluster(brokers: i32, topics: &[(&str, i32)]) -> Cluster {
    let cluster = MockCluster::new(brokers).expect("mock cluster");
    for (topic, partitions) in topics {
        cluster.create_topic(topic, *partitions, brokers.min(3)).expect("topic");
    }
    cluster
}

pub fn config(servers: &str, properties: &[(&str, &str)]) -> Config {
    Config {
        bootstrap: Bootstrap::Servers(servers.split(',').map(String::from).collect()),
        timeout_ms: 5_000,
        log_level: 0,
        librdkafka: properties.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        ..Config::default()
    }
}

/// Counts nudges and lets tests wait for the next.
#[derive(Default)]
pub struct Bell {
    rings: Mutex<usize>,
    rung: Condvar,
}

impl Bell {
    fn wait_beyond(&self, seen: usize, deadline: Instant) -> usize {
        let rings = self.rings.lock().unwrap();
        let left = deadline.saturating_duration_since(Instant::now());
        *self.rung.wait_timeout_while(rings, left, |rings| *rings <= seen).unwrap().0
    }

    pub fn wait_for(&self, rings: usize) {
        self.wait_beyond(rings - 1, Instant::now() + Duration::from_secs(30));
    }

    pub fn rings(&self) -> usize {
        *self.rings.lock().unwrap()
    }
}

impl Wake for Bell {
    fn wake(&self) {
        *self.rings.lock().unwrap() += 1;
        self.rung.notify_all();
    }
}

pub struct Fixture {
    pub producer: Arc<Producer>,
    pub telemetry: Arc<Telemetry>,
    pub events: Arc<Events>,
    pub bell: Arc<Bell>,
    settled: Mutex<Vec<SendReport>>,
}

pub fn open(servers: &str, properties: &[(&str, &str)]) -> Fixture {
    let (telemetry, events, bell) = (Arc::new(Telemetry::default()), Arc::new(Events::default()), Arc::default());
    telemetry.log.set_level(0);
    let wake: Arc<Bell> = Arc::clone(&bell);
    let producer =
        Producer::open(&config(servers, properties), "producer", telemetry.clone(), events.clone(), wake).unwrap();
    Fixture { producer, telemetry, events, bell, settled: Mutex::default() }
}

impl Fixture {
    /// Waits, woken only by the bell, until `count` reports came since the last call.
    pub fn reports(&self, count: usize) -> Vec<SendReport> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut seen = 0;
        let mut settled = self.settled.lock().unwrap();
        loop {
            settled.extend(self.producer.take_reports());
            if settled.len() >= count || Instant::now() >= deadline {
                assert_eq!(settled.len(), count, "reports");
                return std::mem::take(&mut settled);
            }
            seen = self.bell.wait_beyond(seen, deadline);
        }
    }

    pub fn close(&self) {
        self.producer.close(Deadline::after_ms(10_000));
    }
}

pub fn plain<'a>(topic: u32, partition: i32, key: Option<&'a [u8]>, value: &'a [u8]) -> Record<'a> {
    Record { topic: topic as i32, partition, key, value: Some(value), headers: &[], timestamp: 0 }
}

pub fn built<'a>(records: impl IntoIterator<Item = Record<'a>>) -> RecordsBuilder {
    let mut builder = RecordsBuilder::default();
    records.into_iter().for_each(|record| builder.push(record).unwrap());
    builder
}

/// A message as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    pub timestamp: i64,
}

impl Stored {
    fn of(message: &BorrowedMessage<'_>) -> Stored {
        let headers = message.headers().map(|headers| {
            headers.iter().map(|header| (header.key.to_string(), header.value.map(<[u8]>::to_vec))).collect()
        });
        Stored {
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers.unwrap_or_default(),
            timestamp: message.timestamp().to_millis().unwrap_or(-1),
        }
    }
}

/// Reads every partition of a topic from its beginning to its end, by partition, in order.
pub fn read(servers: &str, topic: &str, properties: &[(&str, &str)]) -> BTreeMap<i32, Vec<Stored>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("group.id", "reader").set("enable.partition.eof", "true");
    config.set("fetch.wait.max.ms", "20");
    properties.iter().for_each(|(name, value)| {
        config.set(*name, *value);
    });
    let consumer: BaseConsumer = config.create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).unwrap();
    let mut assignment = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        assignment.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
    }
    consumer.assign(&assignment).unwrap();
    let mut found: BTreeMap<i32, Vec<Stored>> = BTreeMap::new();
    let mut ended = 0;
    let deadline = Instant::now() + Duration::from_secs(30);
    while ended < assignment.count() {
        assert!(Instant::now() < deadline, "reading {topic} takes too long");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => found.entry(message.partition()).or_default().push(Stored::of(&message)),
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
            Some(Err(error)) => panic!("{error}"),
            None => {}
        }
    }
    found
}

/// A generator of numbers that repeat from run to run.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}
