//! A mock cluster, a producer, and a small application that pulls slabs as JavaScript does.

#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ffi::{CStr, CString};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::consume::{GroupConsumer, GroupOptions, LaneIds, Slab};
use kafka4_core::events::{Event, Events};
use kafka4_core::records::Headers;
use kafka4_core::runtime::Deadline;
use kafka4_core::telemetry::Telemetry;
use kafka4_core::wake::{Wake, WakeOnce};
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka_sys as rdsys;

/// librdkafka's mock cluster, without the join delay of 3 s.
pub struct Cluster {
    rk: *mut rdsys::rd_kafka_t,
    mock: *mut rdsys::rd_kafka_mock_cluster_t,
}

// SAFETY: librdkafka's mock takes each call as a message to its own thread, or under its own lock.
unsafe impl Send for Cluster {}
unsafe impl Sync for Cluster {}

impl Cluster {
    pub fn new(brokers: i32) -> Arc<Cluster> {
        // SAFETY: the conf is the handle's from here on; both pointers are checked and owned by the value made here.
        unsafe {
            let mut text = [0; 512];
            let conf = rdsys::rd_kafka_conf_new();
            let rk =
                rdsys::rd_kafka_new(rdsys::rd_kafka_type_t::RD_KAFKA_PRODUCER, conf, text.as_mut_ptr(), text.len());
            assert!(!rk.is_null());
            let mock = rdsys::rd_kafka_mock_cluster_new(rk, brokers);
            assert!(!mock.is_null());
            rdsys::rd_kafka_mock_group_initial_rebalance_delay_ms(mock, 0);
            Arc::new(Cluster { rk, mock })
        }
    }

    pub fn servers(&self) -> String {
        // SAFETY: the mock is alive, its text is copied.
        unsafe { CStr::from_ptr(rdsys::rd_kafka_mock_cluster_bootstraps(self.mock)).to_string_lossy().into_owned() }
    }

    pub fn topic(&self, name: &str, partitions: i32) {
        let name = CString::new(name).unwrap();
        // SAFETY: the mock is alive, the name is copied.
        let err = unsafe { rdsys::rd_kafka_mock_topic_create(self.mock, name.as_ptr(), partitions, 1) };
        assert_eq!(err, rdsys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR);
    }

    pub fn down(&self, broker: i32) {
        // SAFETY: the mock is alive.
        unsafe { rdsys::rd_kafka_mock_broker_set_down(self.mock, broker) };
    }

    pub fn up(&self, broker: i32) {
        // SAFETY: the mock is alive.
        unsafe { rdsys::rd_kafka_mock_broker_set_up(self.mock, broker) };
    }

    pub fn delay(&self, broker: i32, ms: i32) {
        // SAFETY: the mock is alive.
        unsafe { rdsys::rd_kafka_mock_broker_set_rtt(self.mock, broker, ms) };
    }

    pub fn topic_error(&self, topic: &str, err: rdsys::rd_kafka_resp_err_t) {
        let name = CString::new(topic).unwrap();
        // SAFETY: the mock is alive, the name is copied.
        unsafe { rdsys::rd_kafka_mock_topic_set_error(self.mock, name.as_ptr(), err) };
    }

    pub fn errors(&self, api_key: i16, errors: &[rdsys::rd_kafka_resp_err_t]) {
        // SAFETY: the mock is alive, the list is given with its length and copied.
        unsafe {
            rdsys::rd_kafka_mock_push_request_errors_array(self.mock, api_key, errors.len(), errors.as_ptr());
        }
    }

    pub fn clear_errors(&self, api_key: i16) {
        // SAFETY: the mock is alive.
        unsafe { rdsys::rd_kafka_mock_clear_request_errors(self.mock, api_key) };
    }

    pub fn leader(&self, topic: &str, partition: i32, broker: i32) {
        let name = CString::new(topic).unwrap();
        // SAFETY: the mock is alive, the name is copied.
        unsafe { rdsys::rd_kafka_mock_partition_set_leader(self.mock, name.as_ptr(), partition, broker) };
    }

    pub fn coordinator(&self, group: &str, broker: i32) {
        let key = CString::new(group).unwrap();
        // SAFETY: the mock is alive, the names are copied.
        unsafe { rdsys::rd_kafka_mock_coordinator_set(self.mock, c"group".as_ptr(), key.as_ptr(), broker) };
    }

    pub fn config(&self) -> Config {
        let mut config =
            Config { bootstrap: Bootstrap::Servers(vec![self.servers()]), timeout_ms: 10_000, ..Config::default() };
        config.bootstrap = Bootstrap::Servers(self.servers().split(',').map(str::to_string).collect());
        if let Ok(debug) = std::env::var("KAFKA4_TEST_DEBUG") {
            config.librdkafka.insert("debug".into(), debug);
        }
        config.librdkafka.insert("heartbeat.interval.ms".into(), "100".into());
        config.librdkafka.insert("session.timeout.ms".into(), "6000".into());
        config
    }

    pub fn producer(&self) -> BaseProducer {
        ClientConfig::new()
            .set("bootstrap.servers", self.servers())
            .set("linger.ms", "0")
            .set("queue.buffering.max.messages", "1000000")
            .create()
            .unwrap()
    }

    /// Sends values `start..start+count` (as text) to a partition and waits for the acknowledgements.
    pub fn produce(&self, topic: &str, partition: i32, start: u64, count: u64) {
        let producer = self.producer();
        for n in start..start + count {
            let value = n.to_string();
            let record = BaseRecord::<[u8], [u8]>::to(topic).partition(partition).payload(value.as_bytes());
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(Duration::from_secs(20)).unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SAFETY: the last owner is here; the mock goes before the handle that it runs on.
        unsafe {
            rdsys::rd_kafka_mock_cluster_destroy(self.mock);
            rdsys::rd_kafka_destroy(self.rk);
        }
    }
}

pub fn header(name: &str, value: Option<&[u8]>) -> OwnedHeaders {
    OwnedHeaders::new().insert(Header { key: name, value })
}

#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub lane: u32,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Reads a slab; messages of lanes that are gone have an empty topic.
pub fn decode(slab: &Slab, lane: impl Fn(u32) -> Option<(String, i32)>) -> Vec<Received> {
    let bytes = &slab.bytes;
    let float = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let int = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut end = slab.count * 40;
    let messages = (0..slab.count)
        .map(|i| {
            let fields: Vec<i32> = (0..6).map(|f| int(slab.count * 16 + i * 24 + f * 4)).collect();
            let mut at = fields[0] as usize;
            assert_eq!(at, end, "no gaps");
            let mut part = |len: i32| {
                (len >= 0).then(|| {
                    let part = bytes[at..at + len as usize].to_vec();
                    at += len as usize;
                    part
                })
            };
            let (key, value, headers) = (part(fields[1]), part(fields[2]), part(fields[3]).unwrap());
            end = at;
            let id = fields[4] as u32;
            let (topic, partition) = lane(id).unwrap_or_default();
            let headers = Headers::new(&headers)
                .map(|h| h.map(|(n, v)| (String::from_utf8_lossy(n).into_owned(), v.map(<[u8]>::to_vec))).unwrap())
                .collect();
            Received {
                lane: id,
                topic,
                partition,
                offset: float(i * 16) as i64,
                timestamp: float(i * 16 + 8) as i64,
                key,
                value,
                headers,
            }
        })
        .collect();
    assert_eq!(end, bytes.len());
    messages
}

#[derive(Default)]
pub struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Wake for Bell {
    fn wake(&self) {
        *self.rung.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

impl Bell {
    pub fn wait(&self, most: Duration) {
        let rung = self.rung.lock().unwrap();
        let (mut rung, _) = self.changed.wait_timeout_while(rung, most, |rung| !*rung).unwrap();
        *rung = false;
    }
}

#[derive(Default)]
struct Desk {
    received: Vec<(Instant, Received)>,
    /// Partitions whose handler does not come back until they are released.
    held: HashSet<(String, i32)>,
    queues: BTreeMap<u32, VecDeque<Received>>,
    /// Lanes with a message in a handler that is held.
    busy: HashMap<u32, Received>,
    closing: BTreeSet<u32>,
    closed_seen: Vec<u32>,
    /// Slabs are not taken.
    deaf: bool,
    stop: bool,
    max_queued: usize,
}

/// A group member with an application thread that handles messages lane by lane.
pub struct App {
    pub consumer: Arc<GroupConsumer>,
    pub events: Arc<Events>,
    pub telemetry: Arc<Telemetry>,
    pub bell: Arc<Bell>,
    desk: Arc<(Mutex<Desk>, Condvar)>,
    thread: Option<JoinHandle<()>>,
    seen: Mutex<Vec<Event>>,
}

pub fn soon() -> Deadline {
    Deadline::after_ms(15_000)
}

impl App {
    pub fn start(config: &Config, group: &str) -> App {
        Self::start_with(config, group, GroupOptions::default())
    }

    pub fn start_with(config: &Config, group: &str, options: GroupOptions) -> App {
        let (events, telemetry) = (Arc::new(Events::default()), Arc::new(Telemetry::default()));
        if std::env::var_os("KAFKA4_TEST_LOG").is_some() {
            telemetry.log.set_level(4);
        } else {
            telemetry.log.set_level(0);
        }
        let bell = Arc::new(Bell::default());
        let wake = Arc::new(WakeOnce::new(bell.clone()));
        let consumer = GroupConsumer::open_with(
            config,
            group,
            options,
            Arc::new(LaneIds::default()),
            telemetry.clone(),
            events.clone(),
            wake.clone(),
        )
        .unwrap();
        let desk = Arc::new((Mutex::new(Desk::default()), Condvar::new()));
        let thread = {
            let (consumer, desk, bell) = (consumer.clone(), desk.clone(), bell.clone());
            std::thread::spawn(move || work(&consumer, &desk, &bell, &wake))
        };
        App { consumer, events, telemetry, bell, desk, thread: Some(thread), seen: Mutex::default() }
    }

    fn desk<T>(&self, change: impl FnOnce(&mut Desk) -> T) -> T {
        let result = change(&mut self.desk.0.lock().unwrap());
        self.bell.wake();
        result
    }

    pub fn hold(&self, topic: &str, partition: i32) {
        self.desk(|desk| desk.held.insert((topic.to_string(), partition)));
    }

    pub fn release(&self, topic: &str, partition: i32) {
        self.desk(|desk| desk.held.remove(&(topic.to_string(), partition)));
    }

    pub fn deaf(&self, deaf: bool) {
        self.desk(|desk| desk.deaf = deaf);
    }

    pub fn busy(&self) -> usize {
        self.desk(|desk| desk.busy.len())
    }

    pub fn max_queued(&self) -> usize {
        self.desk(|desk| desk.max_queued)
    }

    pub fn closed_lanes(&self) -> Vec<u32> {
        self.desk(|desk| desk.closed_seen.clone())
    }

    pub fn received(&self) -> Vec<Received> {
        self.desk(|desk| desk.received.iter().map(|(_, r)| r.clone()).collect())
    }

    pub fn offsets(&self, topic: &str, partition: i32) -> Vec<i64> {
        self.desk(|desk| {
            let mine = |r: &&(Instant, Received)| r.1.topic == topic && r.1.partition == partition;
            desk.received.iter().filter(mine).map(|(_, r)| r.offset).collect()
        })
    }

    pub fn last_arrival(&self) -> Option<Instant> {
        self.desk(|desk| desk.received.last().map(|(at, _)| *at))
    }

    pub fn count(&self) -> usize {
        self.desk(|desk| desk.received.len())
    }

    pub fn lane(&self, topic: &str, partition: i32) -> u32 {
        let status = self.consumer.status();
        let lane = status.partitions.iter().find(|p| p.topic == topic && p.partition == partition && !p.closing);
        lane.unwrap_or_else(|| panic!("{topic} [{partition}] has no lane: {status:?}")).lane
    }

    /// Waits until that many messages were handled.
    pub fn await_count(&self, count: usize) {
        self.wait_for(&format!("{count} messages"), || self.count() >= count);
    }

    /// Waits for a condition at most 20 s, looking again whenever something was handled.
    pub fn wait_for(&self, what: &str, condition: impl Fn() -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !condition() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                panic!("waited in vain for {what}: {} received, status {:#?}", self.count(), self.consumer.status());
            }
            let desk = self.desk.0.lock().unwrap();
            let _ = self.desk.1.wait_timeout(desk, left.min(Duration::from_millis(5))).unwrap();
        }
    }

    pub fn events(&self) -> Vec<Event> {
        let mut seen = self.seen.lock().unwrap();
        seen.extend(self.events.take());
        seen.clone()
    }

    /// Ends the application; the consumer is closed before.
    pub fn close(mut self) -> (Vec<Received>, Vec<Event>) {
        self.consumer.close(soon());
        self.end();
        (self.received(), self.events())
    }

    fn end(&mut self) {
        self.desk(|desk| desk.stop = true);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.end();
    }
}

fn work(consumer: &GroupConsumer, desk: &(Mutex<Desk>, Condvar), bell: &Bell, wake: &WakeOnce) {
    loop {
        bell.wait(Duration::from_millis(100));
        wake.rearm();
        let mut guard = desk.0.lock().unwrap();
        let state = &mut *guard;
        if state.stop {
            return;
        }
        for lane in consumer.take_closing() {
            state.queues.remove(&lane);
            state.closing.insert(lane);
            state.closed_seen.push(lane);
        }
        while !state.deaf {
            let Some(slab) = consumer.take() else { break };
            let info = |lane| consumer.lane(lane).map(|info| (info.topic.to_string(), info.partition));
            for message in decode(&slab, info) {
                if !message.topic.is_empty() && !state.closed_seen.contains(&message.lane) {
                    state.queues.entry(message.lane).or_default().push_back(message);
                }
            }
            Slab::recycle(slab.bytes);
        }
        state.max_queued = state.max_queued.max(state.queues.values().map(VecDeque::len).sum());
        // A handler that was released comes back.
        let back: Vec<u32> = state
            .busy
            .iter()
            .filter(|(_, m)| !state.held.contains(&(m.topic.clone(), m.partition)))
            .map(|(lane, _)| *lane)
            .collect();
        for lane in back {
            let message = state.busy.remove(&lane).unwrap();
            consumer.advance(lane, message.offset + 1, 1);
            state.received.push((Instant::now(), message));
        }
        for (lane, queue) in &mut state.queues {
            if state.busy.contains_key(lane) || queue.is_empty() {
                continue;
            }
            let first = &queue[0];
            if state.held.contains(&(first.topic.clone(), first.partition)) {
                state.busy.insert(*lane, queue.pop_front().unwrap());
                continue;
            }
            let (count, next) = (queue.len() as u32, queue[queue.len() - 1].offset + 1);
            state.received.extend(queue.drain(..).map(|m| (Instant::now(), m)));
            consumer.advance(*lane, next, count);
        }
        state.queues.retain(|_, queue| !queue.is_empty());
        let idle: Vec<u32> = state.closing.iter().filter(|lane| !state.busy.contains_key(lane)).copied().collect();
        for lane in idle {
            state.closing.remove(&lane);
            consumer.lane_idle(lane);
        }
        drop(guard);
        desk.1.notify_all();
    }
}
