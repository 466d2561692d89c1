//! What only a real Apache Kafka shows (real_broker/mod.rs): isolation, fencing, the broker's own refusals.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use kafka4_core::events::Events;
use kafka4_core::produce::{Persisted, TransactionalProducer};
use kafka4_core::runtime::Deadline;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::real_broker;
use crate::support::*;

fn servers() -> String {
    real_broker::address().expect("each test asks first")
}

/// A topic of this run alone.
fn topic(name: &str, partitions: i32, config: &[(&str, &str)]) -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let name = format!("{name}-{}", since.as_nanos());
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers()).create().unwrap();
    let new = config
        .iter()
        .fold(NewTopic::new(&name, partitions, TopicReplication::Fixed(1)), |new, (name, value)| new.set(name, value));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let results = runtime.block_on(admin.create_topics([&new], &AdminOptions::new())).unwrap();
    results[0].as_ref().unwrap();
    name
}

fn soon() -> Deadline {
    Deadline::after_ms(20_000)
}

fn transactional(id: &str) -> Arc<TransactionalProducer> {
    let config = config(&servers(), &[]);
    TransactionalProducer::open(&config, id, Arc::default(), Arc::new(Events::default())).unwrap()
}

#[test]
fn read_committed_readers_see_whole_transactions_only() {
    if real_broker::address().is_none() {
        return;
    }
    let name = topic("isolated", 3, &[]);
    let producer = transactional(&name);
    let topic = producer.topic_id(&name).unwrap();
    for round in 0..4u8 {
        let value = [round];
        let records = (0..30).map(|n| plain(topic, if n == 29 && round % 2 == 1 { 9 } else { n % 3 }, None, &value));
        let batch = built(records);
        let result = producer.run(&batch.slab, &batch.index, &[1, 30], soon());
        assert_eq!(result.is_ok(), round % 2 == 0, "round {round}: {result:?}");
    }
    let stored = read(&servers(), &name, &[("isolation.level", "read_committed")]);
    let mut seen: Vec<u8> = stored.into_values().flatten().map(|message| message.value.unwrap()[0]).collect();
    seen.sort_unstable();
    assert_eq!(seen, [[0; 30], [2; 30]].concat());
    producer.close(soon());
}

#[test]
fn the_elder_of_two_with_one_id_is_fenced_and_replaced() {
    if real_broker::address().is_none() {
        return;
    }
    let name = topic("fenced", 1, &[]);
    let elder = transactional(&name);
    let topic = elder.topic_id(&name).unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    let run = |producer: &TransactionalProducer| producer.run(&batch.slab, &batch.index, &[1, 1], soon());
    run(&elder).unwrap();
    let younger = transactional(&name);
    assert_eq!(younger.topic_id(&name).unwrap(), topic);
    run(&younger).unwrap();
    let error = run(&elder).unwrap_err();
    assert_eq!(error.details.as_ref().unwrap()["outcome"], "aborted", "{error}");
    assert!(error.retriable && elder.needs_replacement(), "{error}");
    elder.close(soon());
    let third = transactional(&name);
    assert_eq!(third.topic_id(&name).unwrap(), topic);
    run(&third).unwrap();
    // The broker answers a commit before its marker stands in the log.
    let properties = [("isolation.level", "read_committed")];
    let committed = || read(&servers(), &name, &properties).into_values().flatten().count();
    let deadline = soon();
    while committed() < 3 {
        assert!(!deadline.passed(), "a committed record is never seen");
    }
    assert_eq!(committed(), 3);
    third.close(soon());
    younger.close(soon());
}

#[test]
fn the_broker_refuses_large_records_and_gives_its_time() {
    if real_broker::address().is_none() {
        return;
    }
    let properties = [("max.message.bytes", "2000"), ("message.timestamp.type", "LogAppendTime")];
    let name = topic("large", 1, &properties);
    let fixture = open(&servers(), &[("compression.type", "none")]);
    let topic = fixture.producer.topic_id(&name).unwrap();
    let before = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let small = built([plain(topic, -1, None, b"small")]);
    fixture.producer.send(&small.slab, &small.index, &[1, 1]).unwrap();
    let report = fixture.reports(1).remove(0);
    let appended = Duration::from_millis(report.partitions[0].timestamp as u64);
    assert!(appended + Duration::from_secs(5) > before && appended < before + Duration::from_secs(20), "{appended:?}");
    let large = built([plain(topic, -1, None, &[1; 5_000])]);
    fixture.producer.send(&large.slab, &large.index, &[2, 1]).unwrap();
    let failure = fixture.reports(1)[0].failures[0];
    let wanted = (RespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Persisted::NotStored);
    assert_eq!((failure.error, failure.persisted), wanted);
    fixture.producer.send(&small.slab, &small.index, &[3, 1]).unwrap();
    assert!(fixture.reports(1)[0].failures.is_empty(), "the producer goes on");
    fixture.close();
}

#[test]
fn a_topic_that_grows_is_noticed() {
    if real_broker::address().is_none() {
        return;
    }
    let name = topic("growing", 1, &[]);
    let fixture = open(&servers(), &[("topic.metadata.refresh.interval.ms", "200")]);
    let topic = fixture.producer.topic_id(&name).unwrap();
    let batch = built([plain(topic, -1, Some(b"21"), b"v")]);
    let partition = || {
        fixture.producer.send(&batch.slab, &batch.index, &[1, 1]).unwrap();
        fixture.reports(1)[0].partitions[0].partition
    };
    assert_eq!(partition(), 0);
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers()).create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let grow = rdkafka::admin::NewPartitions::new(&name, 7);
    runtime.block_on(admin.create_partitions([&grow], &AdminOptions::new())).unwrap()[0].as_ref().unwrap();
    let wanted = kafka4_core::produce::partition_for_key(b"21", 7);
    assert_ne!(wanted, 0);
    let deadline = soon();
    while partition() != wanted {
        assert!(!deadline.passed(), "the new partitions are never used");
    }
    fixture.close();
}
