//! The consume path against real Apache Kafka (real_broker/mod.rs): what the mock cluster cannot show.

mod consume_support;
mod real_broker;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use consume_support::{soon, App, Bell, Received};
use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::consume::{GroupConsumer, GroupOptions, Slab};
use kafka4_core::events::Event;
use kafka4_core::runtime::Deadline;
use kafka4_core::telemetry::Telemetry;
use kafka4_core::wake::WakeOnce;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

/// Held for writing where a time is measured: no other test of this file takes the processors then.
static QUIET: RwLock<()> = RwLock::new(());

fn servers() -> String {
    real_broker::address().expect("each test asks first")
}

/// A name that no earlier run used.
fn fresh(name: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("{name}-{}", now.as_micros())
}

fn config() -> Config {
    let mut config = Config { bootstrap: Bootstrap::Servers(vec![servers()]), timeout_ms: 10_000, ..Config::default() };
    if let Ok(debug) = std::env::var("KAFKA4_TEST_DEBUG") {
        config.librdkafka.insert("debug".into(), debug);
    }
    config
}

fn topic(name: &str, partitions: i32) -> String {
    let name = fresh(name);
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers()).create().unwrap();
    let topics = [NewTopic::new(&name, partitions, TopicReplication::Fixed(1))];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let results = runtime.block_on(admin.create_topics(&topics, &AdminOptions::new())).unwrap();
    results.into_iter().for_each(|result| drop(result.unwrap()));
    name
}

fn producer(extra: &[(&str, &str)]) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers()).set("queue.buffering.max.messages", "2000000");
    for (name, value) in extra {
        config.set(*name, *value);
    }
    config.create().unwrap()
}

fn send(producer: &BaseProducer, topic: &str, partition: i32, count: usize, size: usize) {
    let value = vec![b'x'; size];
    for _ in 0..count {
        while let Err((error, _)) =
            producer.send(BaseRecord::<[u8], [u8]>::to(topic).partition(partition).payload(&value))
        {
            assert_eq!(error.rdkafka_error_code(), Some(rdkafka::types::RDKafkaErrorCode::QueueFull));
            producer.poll(Duration::from_millis(10));
        }
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}

fn assert_exactly_once(received: &[Received], partitions: i32, count: i64) {
    let mut seen: BTreeMap<(i32, i64), u32> = BTreeMap::new();
    received.iter().for_each(|r| *seen.entry((r.partition, r.offset)).or_default() += 1);
    let repeated = seen.values().filter(|n| **n > 1).count();
    let wanted = (partitions as i64 * count) as usize;
    assert_eq!((seen.len(), repeated), (wanted, 0), "different messages, repeated ones");
}

fn members_come_and_go(extra: &[(&str, &str)]) {
    let _beside = QUIET.read();
    let name = topic("moves", 4);
    let mut config = config();
    extra.iter().for_each(|(name, value)| drop(config.librdkafka.insert(name.to_string(), value.to_string())));
    let group = fresh("moves");
    let producer = producer(&[]);
    let produce = || (0..4).for_each(|p| send(&producer, &name, p, 1_000, 20));
    let running = |app: &App| app.consumer.assignment().len();
    let first = App::start(&config, &group);
    first.consumer.add_topic(&name, soon()).unwrap();
    produce();
    let second = App::start(&config, &group);
    std::thread::scope(|scope| {
        scope.spawn(|| second.consumer.add_topic(&name, soon()).unwrap());
        produce();
    });
    first.wait_for("an even share", || running(&first) == 2 && running(&second) == 2);
    produce();
    first.wait_for("all messages", || first.count() + second.count() >= 12_000);
    let mut received = second.close().0;
    first.wait_for("everything back", || running(&first) == 4);
    produce();
    first.wait_for("the rest", || first.count() + received.len() >= 16_000);
    received.extend(first.close().0);
    assert_exactly_once(&received, 4, 4_000);
}

#[test]
fn cooperative_members_share_and_leave() {
    if real_broker::address().is_none() {
        return;
    }
    members_come_and_go(&[]);
}

#[test]
fn eager_members_share_and_leave() {
    if real_broker::address().is_none() {
        return;
    }
    members_come_and_go(&[("partition.assignment.strategy", "range")]);
}

#[test]
fn kip_848_members_share_and_leave() {
    if real_broker::address().is_none() {
        return;
    }
    members_come_and_go(&[("group.protocol", "consumer")]);
}

#[test]
fn a_member_without_a_share_starts_too() {
    if real_broker::address().is_none() {
        return;
    }
    let _beside = QUIET.read();
    for protocol in ["classic", "consumer"] {
        let name = topic("single", 1);
        let mut config = config();
        config.librdkafka.insert("group.protocol".into(), protocol.into());
        let group = fresh("single");
        let first = App::start(&config, &group);
        first.consumer.add_topic(&name, soon()).unwrap();
        let second = App::start(&config, &group);
        let started = Instant::now();
        second.consumer.add_topic(&name, soon()).unwrap();
        println!("{protocol}: a member without partitions joined in {:?}", started.elapsed());
        second.close();
        first.close();
    }
}

/// Each topic changes the subscription. A change in the middle of the first join left a member behind for which the
/// coordinator waited until its session ended, 20 s later.
#[test]
fn topics_that_start_together_join_together() {
    if real_broker::address().is_none() {
        return;
    }
    let _beside = QUIET.read();
    let names: Vec<String> = (0..30).map(|n| topic(&format!("together-{n}"), 1)).collect();
    let app = App::start(&config(), &fresh("together"));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for (n, name) in names.iter().enumerate() {
            let app = &app;
            scope.spawn(move || {
                // Some come while the first join is under way.
                std::thread::sleep(Duration::from_millis(n as u64 % 5 * 30));
                app.consumer.add_topic(name, Deadline::after_ms(60_000)).unwrap();
            });
        }
    });
    println!("30 topics joined in {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    app.close();
}

#[test]
fn a_single_message_is_fast() {
    if real_broker::address().is_none() {
        return;
    }
    let _alone = QUIET.write();
    let name = topic("speed", 4);
    let app = App::start(&config(), &fresh("speed"));
    app.consumer.add_topic(&name, soon()).unwrap();
    let producer = producer(&[("linger.ms", "0")]);
    // The producer's connection, so that it does not count.
    send(&producer, &name, 1, 1, 1);
    app.await_count(1);
    let mut waits = Vec::new();
    for n in 2..=101 {
        let sent = Instant::now();
        producer.send(BaseRecord::<[u8], [u8]>::to(&name).partition(0).payload(b"x")).map_err(|(e, _)| e).unwrap();
        app.await_count(n);
        waits.push(app.last_arrival().unwrap().duration_since(sent));
    }
    waits.sort();
    println!("produce to handler: p50 {:?}, p90 {:?}, max {:?}", waits[50], waits[90], waits[99]);
    // What waits for a tick or for the end of a fetch takes 100 ms and more.
    assert!(waits[50] < Duration::from_millis(50), "{:?}", waits[50]);
    app.close();
}

#[test]
fn a_transactional_topic_that_is_read_is_no_stall() {
    if real_broker::address().is_none() {
        return;
    }
    let _beside = QUIET.read();
    let name = topic("transactions", 1);
    let producer = producer(&[("transactional.id", &fresh("tx"))]);
    // The first transaction of a broker waits for the topic of its coordinators.
    let wait = Duration::from_secs(30);
    producer.init_transactions(wait).unwrap();
    let app =
        App::start_with(&config(), &fresh("transactions"), GroupOptions { stall_ms: 1_500, ..GroupOptions::default() });
    app.consumer.add_topic(&name, soon()).unwrap();
    for round in 0..4 {
        producer.begin_transaction().unwrap();
        send(&producer, &name, 0, 10, 10);
        if round % 2 == 0 {
            producer.commit_transaction(wait).unwrap();
        } else {
            producer.abort_transaction(wait).unwrap();
        }
    }
    app.await_count(20);
    // An open transaction hides what comes after it.
    producer.begin_transaction().unwrap();
    send(&producer, &name, 0, 10, 10);
    let since = Instant::now();
    app.wait_for("several stall times", || since.elapsed() > Duration::from_secs(6));
    let stalls = app.events().into_iter().filter(|e| matches!(e, Event::Stalled { .. })).count();
    assert_eq!((app.count(), stalls), (20, 0));
    producer.commit_transaction(wait).unwrap();
    app.await_count(30);
    app.wait_for("no lag", || app.consumer.status().partitions[0].lag == Some(0));
    app.close();
}

#[test]
fn what_does_not_exist_is_told_at_once() {
    if real_broker::address().is_none() {
        return;
    }
    let _beside = QUIET.read();
    let app = App::start(&config(), &fresh("nothing"));
    let started = Instant::now();
    let error = app.consumer.add_topic(&fresh("nothing"), Deadline::after_ms(20_000)).unwrap_err();
    println!("told after {:?}: {error}", started.elapsed());
    assert_eq!(error.code, "ERR_KAFKA_UNKNOWN_TOPIC_OR_PART");
    assert!(started.elapsed() < Duration::from_secs(5));
    app.close();
}

/// User and system time of this process.
fn cpu() -> Duration {
    // SAFETY: numbers only, zero is a value of each; the call below writes into it.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1_000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

#[test]
fn a_flood_costs_little() {
    if real_broker::address().is_none() {
        return;
    }
    const PARTITIONS: i32 = 4;
    const EACH: usize = 500_000;
    let _beside = QUIET.read();
    let name = topic("flood", PARTITIONS);
    let producer = producer(&[("linger.ms", "5")]);
    (0..PARTITIONS).for_each(|p| send(&producer, &name, p, EACH, 100));
    drop(producer);
    let bell = Arc::new(Bell::default());
    let wake = Arc::new(WakeOnce::new(bell.clone()));
    let (ids, telemetry, events) = (Arc::default(), Arc::<Telemetry>::default(), Arc::default());
    let consumer = GroupConsumer::open(&config(), &fresh("flood"), ids, telemetry, events, wake.clone()).unwrap();
    let started = (Instant::now(), cpu());
    consumer.add_topic(&name, soon()).unwrap();
    let joined = (Instant::now(), cpu());
    let (mut count, mut slabs) = (0, 0);
    while count < EACH * PARTITIONS as usize {
        bell.wait(Duration::from_secs(1));
        wake.rearm();
        while let Some(slab) = consumer.take() {
            slabs += 1;
            // The end of each run, as JavaScript finds it.
            let lane = |i: usize| {
                let at = slab.count * 16 + i * 24 + 16;
                u32::from_le_bytes(slab.bytes[at..at + 4].try_into().unwrap())
            };
            let offset = |i: usize| f64::from_le_bytes(slab.bytes[i * 16..i * 16 + 8].try_into().unwrap()) as i64;
            let mut first = 0;
            for i in 1..=slab.count {
                if i == slab.count || lane(i) != lane(first) {
                    consumer.advance(lane(first), offset(i - 1) + 1, (i - first) as u32);
                    first = i;
                }
            }
            count += slab.count;
            Slab::recycle(slab.bytes);
        }
        assert!(joined.0.elapsed() < Duration::from_secs(60));
    }
    let (time, used) = (joined.0.elapsed(), cpu() - joined.1);
    println!(
        "joined in {:?}; {count} messages of 100 bytes in {time:?} ({:.2} M/s), {:.2} µs CPU each, {:.0} a slab",
        joined.0 - started.0,
        count as f64 / time.as_secs_f64() / 1e6,
        used.as_secs_f64() * 1e6 / count as f64,
        count as f64 / slabs as f64,
    );
    consumer.close(soon());
}
