//! The consume path against librdkafka's mock cluster: delivery, order, credit, progress, subscription, close.

mod consume_support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use consume_support::{soon, App, Bell, Cluster};
use kafka4_core::consume::GroupConsumer;
use kafka4_core::error::ErrorClass;
use kafka4_core::events::Event;
use kafka4_core::runtime::Deadline;
use kafka4_core::wake::WakeOnce;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer};

#[test]
fn everything_arrives_once_and_in_order() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 4);
    for partition in 0..4 {
        cluster.produce("t", partition, 0, 10_000);
    }
    let app = App::start(&cluster.config(), "order");
    app.consumer.add_topic("t", soon()).unwrap();
    app.await_count(40_000);
    for partition in 0..4 {
        assert_eq!(app.offsets("t", partition), (0..10_000).collect::<Vec<i64>>());
    }
    let received = app.received();
    assert!(received.iter().all(|r| r.value.as_deref() == Some(r.offset.to_string().as_bytes())));
    let snapshot = app.telemetry.snapshot();
    assert_eq!((snapshot.consumed, snapshot.handled), (40_000, 40_000));
    app.close();
}

#[test]
fn every_part_of_a_message_survives() {
    let cluster = Cluster::new(1);
    cluster.topic("parts", 1);
    let producer = cluster.producer();
    let headers = OwnedHeaders::new()
        .insert(Header { key: "a", value: Some("1") })
        .insert(Header { key: "b", value: None::<&str> })
        .insert(Header { key: "a", value: Some("") });
    let send = |record: BaseRecord<[u8], [u8]>| producer.send(record).map_err(|(error, _)| error).unwrap();
    send(
        BaseRecord::to("parts")
            .key(b"k".as_slice())
            .payload(b"v".as_slice())
            .headers(headers)
            .timestamp(1_790_000_000_123),
    );
    send(BaseRecord::to("parts").payload(b"".as_slice()).key(b"".as_slice()));
    send(BaseRecord::to("parts").key(b"tombstone".as_slice()));
    send(BaseRecord::to("parts").payload(vec![7; 900_000].as_slice()));
    producer.flush(Duration::from_secs(10)).unwrap();
    let app = App::start(&cluster.config(), "parts");
    app.consumer.add_topic("parts", soon()).unwrap();
    app.await_count(4);
    let got = app.received();
    assert_eq!((got[0].key.as_deref(), got[0].value.as_deref()), (Some(b"k".as_slice()), Some(b"v".as_slice())));
    assert_eq!(got[0].timestamp, 1_790_000_000_123);
    let text = |s: &str| Some(s.as_bytes().to_vec());
    assert_eq!(got[0].headers, vec![("a".into(), text("1")), ("b".into(), None), ("a".into(), text(""))]);
    assert_eq!((got[1].key.as_deref(), got[1].value.as_deref()), (Some(b"".as_slice()), Some(b"".as_slice())));
    assert_eq!((got[2].key.as_deref(), got[2].value.as_deref()), (Some(b"tombstone".as_slice()), None));
    assert_eq!((got[3].key.as_deref(), got[3].value.as_ref().map(Vec::len)), (None, Some(900_000)));
    assert!(got[1].headers.is_empty());
    app.close();
}

#[test]
fn a_slow_lane_blocks_nobody_and_holds_little() {
    let cluster = Cluster::new(1);
    cluster.topic("slow", 3);
    let app = App::start(&cluster.config(), "slow");
    app.hold("slow", 1);
    app.consumer.add_topic("slow", soon()).unwrap();
    for partition in 0..3 {
        cluster.produce("slow", partition, 0, 20_000);
    }
    app.await_count(40_000);
    assert_eq!(app.offsets("slow", 1), Vec::<i64>::new());
    let status = app.consumer.status();
    let slow = status.partitions.iter().find(|p| p.partition == 1).unwrap();
    assert!(slow.in_handler > 0 && slow.in_handler <= 2_048, "{slow:?}");
    app.release("slow", 1);
    app.await_count(60_000);
    assert_eq!(app.offsets("slow", 1), (0..20_000).collect::<Vec<i64>>());
    app.close();
}

#[test]
fn an_application_that_takes_nothing_costs_four_slabs() {
    let cluster = Cluster::new(1);
    cluster.topic("deaf", 2);
    cluster.produce("deaf", 0, 0, 30_000);
    cluster.produce("deaf", 1, 0, 30_000);
    let app = App::start(&cluster.config(), "deaf");
    app.deaf(true);
    app.consumer.add_topic("deaf", soon()).unwrap();
    // Four slabs are ready and both partitions wait; how many messages are in them depends on what had come by then.
    let held_back = |app: &App| app.consumer.status().partitions.iter().all(|p| p.in_handler > 0 && p.queued > 10_000);
    app.wait_for("both partitions to be held back", || held_back(&app));
    app.deaf(false);
    app.await_count(60_000);
    assert!(app.max_queued() <= 2 * 2_048, "{}", app.max_queued());
    app.close();
}

#[test]
fn topics_come_and_go_beside_others() {
    let cluster = Cluster::new(1);
    cluster.topic("stays", 2);
    cluster.topic("goes", 2);
    let app = App::start(&cluster.config(), "topics");
    app.consumer.add_topic("stays", soon()).unwrap();
    cluster.produce("stays", 0, 0, 100);
    app.await_count(100);
    let lane = app.lane("stays", 0);
    app.consumer.add_topic("goes", soon()).unwrap();
    assert_eq!(app.consumer.topics(), ["goes", "stays"]);
    cluster.produce("goes", 1, 0, 100);
    app.await_count(200);
    app.consumer.remove_topic("goes", soon()).unwrap();
    assert_eq!(app.consumer.topics(), ["stays"]);
    cluster.produce("goes", 1, 100, 50);
    cluster.produce("stays", 0, 100, 50);
    app.await_count(250);
    assert_eq!(app.lane("stays", 0), lane, "undisturbed");
    assert_eq!(app.offsets("goes", 1).len(), 100);
    app.consumer.add_topic("goes", soon()).unwrap();
    app.await_count(300);
    assert_eq!(app.offsets("goes", 1), (0..150).collect::<Vec<i64>>(), "goes on where it stopped");
    app.consumer.remove_topic("goes", soon()).unwrap();
    app.consumer.remove_topic("stays", soon()).unwrap();
    assert!(app.consumer.topics().is_empty());
    app.close();
}

#[test]
fn a_topic_that_does_not_exist_is_refused_at_once() {
    let cluster = Cluster::new(1);
    let mut config = cluster.config();
    config.librdkafka.insert("allow.auto.create.topics".into(), "false".into());
    let app = App::start(&config, "unknown");
    let started = Instant::now();
    cluster.topic_error("nowhere", rdkafka_sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    let error = app.consumer.add_topic("nowhere", soon()).unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::KafkaConsumerError, "ERR_KAFKA_UNKNOWN_TOPIC_OR_PART"));
    assert!(started.elapsed() < Duration::from_secs(5));
    cluster.topic_error("denied", rdkafka_sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    let error = app.consumer.add_topic("denied", soon()).unwrap_err();
    assert_eq!(error.class, ErrorClass::KafkaAuthorizationError);
    assert!(app.consumer.add_topic("not a topic", soon()).is_err());
    assert!(app.consumer.topics().is_empty());
    app.close();
}

#[test]
fn closing_commits_so_that_the_next_start_repeats_nothing() {
    let cluster = Cluster::new(1);
    cluster.topic("next", 3);
    let mut all = Vec::new();
    for round in 0..3 {
        for partition in 0..3 {
            cluster.produce("next", partition, round * 1_000, 1_000);
        }
        let app = App::start(&cluster.config(), "next");
        app.consumer.add_topic("next", soon()).unwrap();
        app.await_count(3_000);
        let (received, events) = app.close();
        assert_eq!(received.len(), 3_000, "round {round}");
        assert!(events
            .iter()
            .any(|e| matches!(e, Event::PartitionsAssigned { partitions, .. } if partitions.len() == 3)));
        assert!(events.iter().any(|e| matches!(e, Event::PartitionsRevoked { lost: false, .. })));
        all.extend(received.into_iter().map(|r| (r.partition, r.offset)));
    }
    all.sort();
    let wanted: Vec<(i32, i64)> = (0..3).flat_map(|p| (0..3_000).map(move |o| (p, o))).collect();
    assert_eq!(all, wanted);
}

#[test]
fn commit_is_seen_and_repeatable() {
    let cluster = Cluster::new(1);
    cluster.topic("commit", 1);
    cluster.produce("commit", 0, 0, 10);
    let app = App::start(&cluster.config(), "commit");
    app.consumer.add_topic("commit", soon()).unwrap();
    app.await_count(10);
    app.consumer.commit(soon()).unwrap();
    let status = app.consumer.status();
    assert_eq!((status.partitions[0].stored, status.partitions[0].committed), (Some(10), Some(10)));
    assert_eq!((status.partitions[0].high_watermark, status.partitions[0].lag), (Some(10), Some(0)));
    assert_eq!(app.consumer.high_watermark(app.lane("commit", 0)), 10);
    app.consumer.commit(soon()).unwrap();
    app.wait_for("the event", || app.events().iter().any(|e| matches!(e, Event::OffsetsCommitted { error: None, .. })));
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["partitions"][0]["highWatermark"], 10);
    assert_eq!(json["memberState"], "joined");
    app.close();
}

#[test]
fn a_single_message_does_not_wait() {
    let cluster = Cluster::new(1);
    cluster.topic("quick", 1);
    // The mock broker leaves a fetch that found nothing waiting for all of fetch.wait.max.ms.
    let mut config = cluster.config();
    config.librdkafka.insert("fetch.wait.max.ms".into(), "2".into());
    let app = App::start(&config, "quick");
    app.consumer.add_topic("quick", soon()).unwrap();
    cluster.produce("quick", 0, 0, 1);
    app.await_count(1);
    let producer = cluster.producer();
    let mut waits = Vec::new();
    for n in 1..=20 {
        let sent = Instant::now();
        producer.send(BaseRecord::<[u8], [u8]>::to("quick").partition(0).payload(b"x")).map_err(|(e, _)| e).unwrap();
        producer.flush(Duration::from_secs(5)).unwrap();
        app.await_count(n + 1);
        waits.push(app.last_arrival().unwrap().duration_since(sent));
    }
    waits.sort();
    println!("produce to handler: p50 {:?}, p90 {:?}, max {:?}", waits[10], waits[18], waits[19]);
    // What waits for a tick takes 100 ms.
    assert!(waits[10] < Duration::from_millis(50), "{:?}", waits[10]);
    app.close();
}

#[test]
fn closing_is_bounded_when_the_brokers_are_gone() {
    let cluster = Cluster::new(1);
    cluster.topic("gone", 2);
    cluster.produce("gone", 0, 0, 100);
    let app = App::start(&cluster.config(), "gone");
    app.consumer.add_topic("gone", soon()).unwrap();
    app.await_count(100);
    cluster.down(1);
    let started = Instant::now();
    app.consumer.close(Deadline::after_ms(1_000));
    assert!(started.elapsed() < Duration::from_millis(2_500), "{:?}", started.elapsed());
    let again = Instant::now();
    app.consumer.close(Deadline::after_ms(1_000));
    assert!(again.elapsed() < Duration::from_millis(2_500), "{:?}", again.elapsed());
    assert!(app.consumer.add_topic("gone", Deadline::after_ms(200)).is_err());
}

#[test]
fn closing_is_bounded_when_a_handler_does_not_come_back() {
    let cluster = Cluster::new(1);
    cluster.topic("stuck", 1);
    cluster.produce("stuck", 0, 0, 10);
    let app = App::start(&cluster.config(), "stuck");
    app.hold("stuck", 0);
    app.consumer.add_topic("stuck", soon()).unwrap();
    app.wait_for("a busy handler", || app.busy() == 1);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| app.consumer.close(Deadline::after_ms(1_000)));
        }
    });
    assert!(started.elapsed() < Duration::from_millis(2_500), "{:?}", started.elapsed());
    app.release("stuck", 0);
}

#[test]
fn closing_is_bounded_when_the_brokers_are_frozen() {
    let cluster = Cluster::new(1);
    cluster.topic("frozen", 2);
    cluster.produce("frozen", 0, 0, 100);
    let app = App::start(&cluster.config(), "frozen");
    app.consumer.add_topic("frozen", soon()).unwrap();
    app.await_count(100);
    cluster.delay(1, 60_000);
    let started = Instant::now();
    app.consumer.close(Deadline::after_ms(1_000));
    assert!(started.elapsed() < Duration::from_millis(2_500), "{:?}", started.elapsed());
}

#[test]
fn starting_is_bounded_when_the_brokers_are_gone() {
    let cluster = Cluster::new(1);
    cluster.topic("away", 1);
    cluster.down(1);
    let app = App::start(&cluster.config(), "away");
    let started = Instant::now();
    let error = app.consumer.add_topic("away", Deadline::after_ms(700)).unwrap_err();
    assert!(error.retriable, "{error}");
    assert!(started.elapsed() < Duration::from_millis(2_500), "{:?}", started.elapsed());
    assert!(app.consumer.topics().is_empty());
    cluster.up(1);
    cluster.produce("away", 0, 0, 10);
    app.consumer.add_topic("away", soon()).unwrap();
    app.await_count(10);
    app.close();
}

#[test]
fn what_would_break_the_rules_is_refused() {
    let cluster = Cluster::new(1);
    for (name, value) in [("enable.auto.offset.store", "true"), ("enable.partition.eof", "true")] {
        let mut config = cluster.config();
        config.librdkafka.insert(name.into(), value.into());
        let error = GroupConsumer::open(
            &config,
            "rules",
            Arc::default(),
            Arc::default(),
            Arc::default(),
            Arc::new(WakeOnce::new(Arc::new(Bell::default()))),
        )
        .err()
        .expect("refused");
        assert_eq!(error.class, ErrorClass::KafkaConfigError);
        assert!(error.message.contains(name), "{error}");
    }
}
