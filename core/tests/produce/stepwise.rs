//! Transactions step by step, against librdkafka's mock cluster.

use std::sync::Arc;

use kafka4_core::events::Events;
use kafka4_core::produce::{GroupOffset, SendReport, TransactionalProducer};
use kafka4_core::runtime::Deadline;
use kafka4_core::telemetry::Telemetry;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use rdkafka_sys::RDKafkaApiKey as ApiKey;

use crate::support::*;

fn soon() -> Deadline {
    Deadline::after_ms(15_000)
}

fn open(servers: &str, id: &str) -> Arc<TransactionalProducer> {
    let telemetry = Arc::new(Telemetry::default());
    telemetry.log.set_level(0);
    TransactionalProducer::open(&config(servers, &[]), id, telemetry, Arc::new(Events::default())).unwrap()
}

/// Waits for the reports of so many sends.
fn reports(producer: &TransactionalProducer, count: usize) -> Vec<SendReport> {
    let (deadline, mut found) = (soon(), Vec::new());
    while found.len() < count {
        assert!(!deadline.passed(), "{} of {count} reports", found.len());
        found.extend(producer.take_reports());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    found
}

#[test]
fn sends_are_acknowledged_before_the_end() {
    let cluster = cluster(1, &[("steps", 1)]);
    let producer = open(&cluster.bootstrap_servers(), "steps");
    let topic = producer.topic_id("steps").unwrap();
    let one = built([plain(topic, 0, None, b"a")]);
    for round in 0..3 {
        producer.begin(soon()).unwrap();
        producer.send(&one.slab, &one.index, &[1, 1]).unwrap();
        assert!(reports(&producer, 1)[0].failures.is_empty());
        producer.send(&one.slab, &one.index, &[2, 1]).unwrap();
        // The end waits for what is under way.
        let ended = if round == 1 { producer.abort_steps(soon()) } else { producer.commit_steps(soon()) };
        ended.unwrap();
        assert_eq!(reports(&producer, 1)[0].send_id, 2);
        assert_eq!(producer.in_flight(), 0);
    }
    assert!(!producer.needs_replacement());
    producer.close(soon());
}

#[test]
fn offsets_of_a_group_belong_to_it() {
    let cluster = cluster(1, &[("offsets", 1)]);
    let producer = open(&cluster.bootstrap_servers(), "offsets");
    producer.begin(soon()).unwrap();
    let metadata = Some("where it came from".to_string());
    let offset = GroupOffset { topic: "offsets".into(), partition: 0, offset: 7, metadata };
    producer.send_offsets("group", &[offset], soon()).unwrap();
    producer.commit_steps(soon()).unwrap();
    producer.close(soon());
}

#[test]
fn a_refused_record_aborts_and_asks_for_a_new_producer() {
    let cluster = cluster(1, &[("refused", 1)]);
    let producer = open(&cluster.bootstrap_servers(), "refused");
    let topic = producer.topic_id("refused").unwrap();
    let one = built([plain(topic, 0, None, b"a")]);
    producer.begin(soon()).unwrap();
    cluster.request_errors(ApiKey::Produce, &[RespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE]);
    producer.send(&one.slab, &one.index, &[1, 1]).unwrap();
    assert_eq!(reports(&producer, 1)[0].failures.len(), 1);
    let error = producer.commit_steps(soon()).unwrap_err();
    assert_eq!(error.details.unwrap()["outcome"], "aborted");
    // The sequence of the partition has a gap that librdkafka would not close.
    assert!(producer.needs_replacement());
    producer.close(soon());
}

#[test]
fn one_begin_at_a_time() {
    let cluster = cluster(1, &[("begins", 1)]);
    let producer = open(&cluster.bootstrap_servers(), "begins");
    producer.begin(soon()).unwrap();
    assert!(producer.begin(soon()).is_err());
    producer.abort_steps(soon()).unwrap();
    assert!(producer.commit_steps(soon()).is_err(), "there is none");
    producer.begin(soon()).unwrap();
    producer.abort_steps(soon()).unwrap();
    producer.close(soon());
}
