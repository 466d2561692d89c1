//! Where a member begins that manages its offsets itself and reads a topic from its end: at the end that there was when
//! it joined, on the mock cluster.

mod consume_support;

use std::cell::Cell;
use std::time::Duration;

use consume_support::{soon, App, Cluster};
use kafka4_core::consume::{GroupOptions, Offset};
use kafka4_core::runtime::Deadline;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

const LIST_OFFSETS: i16 = 2;
const OFFSET_FETCH: i16 = 9;

fn manual() -> GroupOptions {
    GroupOptions { manual: true, ..GroupOptions::default() }
}

fn member(cluster: &Cluster, group: &str, topic: &str, protocol: &str) -> App {
    let mut config = cluster.config();
    match protocol {
        // Their times are the coordinator's.
        "consumer" => ["session.timeout.ms", "heartbeat.interval.ms"].iter().for_each(|name| {
            config.librdkafka.remove(*name);
        }),
        _ => drop(config.librdkafka.insert("partition.assignment.strategy".into(), "roundrobin".into())),
    }
    config.librdkafka.insert("group.protocol".into(), protocol.into());
    let app = App::start_with(&config, group, manual());
    assert!(app.consumer.declare(topic, false, soon()).unwrap());
    app
}

/// A producer that has met its brokers, so that nothing delays what it sends.
fn connected(cluster: &Cluster, topic: &str, partitions: i32) -> BaseProducer {
    let producer = cluster.producer();
    (0..partitions).for_each(|partition| send(&producer, topic, partition));
    producer.flush(Duration::from_secs(20)).unwrap();
    producer
}

fn send(producer: &BaseProducer, topic: &str, partition: i32) {
    let record = BaseRecord::<[u8], [u8]>::to(topic).partition(partition).payload(b"sent");
    producer.send(record).map_err(|(error, _)| error).unwrap();
}

/// What a member lost its beginning for is read again once it has one.
fn sends_until_something_comes(app: &App, producer: &BaseProducer, topic: &str) {
    let sent = Cell::new(0);
    app.wait_for("something new", || {
        send(producer, topic, 0);
        producer.flush(Duration::from_secs(20)).unwrap();
        sent.set(sent.get() + 1);
        !app.offsets(topic, 0).is_empty()
    });
    assert!(app.offsets(topic, 0)[0] >= 1, "what was there before is not read");
}

#[test]
fn what_is_sent_right_after_the_join_is_read() {
    for protocol in ["classic", "consumer"] {
        let cluster = Cluster::new(3);
        for round in 0..5 {
            let topic = format!("fresh-{protocol}-{round}");
            cluster.topic(&topic, 3);
            let producer = connected(&cluster, &topic, 3);
            let app = member(&cluster, &topic, &topic, protocol);
            app.consumer.join(std::slice::from_ref(&topic), soon()).unwrap();
            (0..3).for_each(|partition| send(&producer, &topic, partition));
            producer.flush(Duration::from_secs(20)).unwrap();
            app.await_count(3);
            for partition in 0..3 {
                assert_eq!(app.offsets(&topic, partition), [1], "{protocol}, round {round}");
            }
            app.close();
        }
    }
}

#[test]
fn what_the_group_has_committed_wins() {
    let cluster = Cluster::new(1);
    cluster.topic("kept", 2);
    cluster.produce("kept", 0, 0, 10);
    cluster.produce("kept", 1, 0, 10);
    let app = member(&cluster, "kept", "kept", "classic");
    app.consumer.join(&["kept".into()], soon()).unwrap();
    let offset = Offset { topic: "kept".into(), partition: 0, offset: 7, metadata: None, lane: None };
    app.consumer.commit_offsets(&[offset], soon()).unwrap();
    app.close();
    let app = member(&cluster, "kept", "kept", "classic");
    app.consumer.join(&["kept".into()], soon()).unwrap();
    cluster.produce("kept", 1, 10, 1);
    app.await_count(4);
    assert_eq!(app.offsets("kept", 0), [7, 8, 9]);
    assert_eq!(app.offsets("kept", 1), [10]);
    app.close();
}

#[test]
fn a_broker_that_cannot_tell_the_end_does_not_keep_the_member_from_joining() {
    for key in [LIST_OFFSETS, OFFSET_FETCH] {
        let cluster = Cluster::new(1);
        cluster.topic("untold", 1);
        let producer = connected(&cluster, "untold", 1);
        let app = member(&cluster, "untold", "untold", "classic");
        cluster.errors(key, &[RespErr::RD_KAFKA_RESP_ERR_UNKNOWN; 1]);
        app.consumer.join(&["untold".into()], soon()).unwrap();
        sends_until_something_comes(&app, &producer, "untold");
        app.close();
    }
}

#[test]
fn an_answer_that_passes_is_asked_for_again() {
    let cluster = Cluster::new(1);
    for (key, err) in [
        (LIST_OFFSETS, RespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
        (OFFSET_FETCH, RespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
    ] {
        let topic = format!("passing-{key}");
        cluster.topic(&topic, 1);
        let producer = connected(&cluster, &topic, 1);
        let app = member(&cluster, &topic, &topic, "classic");
        cluster.errors(key, &[err; 2]);
        app.consumer.join(std::slice::from_ref(&topic), soon()).unwrap();
        send(&producer, &topic, 0);
        producer.flush(Duration::from_secs(20)).unwrap();
        app.await_count(1);
        assert_eq!(app.offsets(&topic, 0), [1]);
        app.close();
    }
}

#[test]
fn a_silent_leader_does_not_either() {
    let cluster = Cluster::new(2);
    cluster.topic("silent", 1);
    cluster.leader("silent", 0, 2);
    cluster.coordinator("silent", 1);
    let producer = connected(&cluster, "silent", 1);
    let app = member(&cluster, "silent", "silent", "classic");
    cluster.down(2);
    app.consumer.join(&["silent".into()], soon()).unwrap();
    cluster.up(2);
    sends_until_something_comes(&app, &producer, "silent");
    app.close();
}

#[test]
fn a_close_does_not_wait_for_the_end_of_a_partition() {
    let cluster = Cluster::new(2);
    cluster.topic("closing", 1);
    cluster.leader("closing", 0, 2);
    cluster.coordinator("closing", 1);
    let app = member(&cluster, "closing", "closing", "classic");
    cluster.down(2);
    // Over before the member has an answer to what it asks first, so that it closes in the midst of it.
    let joined = app.consumer.join(&["closing".into()], Deadline::after_ms(500));
    assert_eq!(joined.unwrap_err().code, "ERR_KAFKA_TIMED_OUT");
    let consumer = app.consumer.clone();
    app.close();
    assert!(consumer.take_closing().is_empty() && consumer.topics().is_empty());
}
