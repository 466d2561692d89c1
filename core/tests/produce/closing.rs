//! The end of a producer: flush, close, a broker that is away, a fatal error.

use std::time::{Duration, Instant};

use kafka4_core::events::Event;
use kafka4_core::produce::Persisted;
use kafka4_core::runtime::Deadline;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use rdkafka_sys::RDKafkaApiKey as ApiKey;

use crate::support::*;

#[test]
fn closing_with_records_in_flight_settles_each_send_once_with_the_truth() {
    let cluster = cluster(1, &[("closing", 1)]);
    let servers = cluster.bootstrap_servers();
    let properties = [("queue.buffering.max.messages", "100"), ("linger.ms", "0"), ("batch.num.messages", "10")];
    let fixture = open(&servers, &properties);
    let topic = fixture.producer.topic_id("closing").unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    fixture.producer.send(&batch.slab, &batch.index, &[0, 1]).unwrap();
    fixture.reports(1);
    cluster.broker_round_trip_time(1, Duration::from_secs(20)).unwrap();
    for send in 1..=500 {
        fixture.producer.send(&batch.slab, &batch.index, &[send, 1]).unwrap();
    }
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fixture.producer.close(Deadline::after_ms(1_000)));
        }
    });
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let mut reports = fixture.reports(500);
    reports.sort_by_key(|report| report.send_id);
    assert!(reports.iter().zip(1..).all(|(report, id)| report.send_id == id && report.failures.len() == 1));
    let of = |persisted| reports.iter().filter(|report| report.failures[0].persisted == persisted).count();
    assert!(of(Persisted::Unknown) > 0, "what was sent may be stored");
    assert!(of(Persisted::NotStored) >= 400, "what waited in a queue is not");
    fixture.producer.close(Deadline::after_ms(0));
    assert!(fixture.producer.take_reports().is_empty());
}

#[test]
fn flush_waits_for_the_acknowledgement_and_ends_the_linger() {
    let cluster = cluster(1, &[("flushed", 1)]);
    let fixture = open(&cluster.bootstrap_servers(), &[("linger.ms", "15000")]);
    let topic = fixture.producer.topic_id("flushed").unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    fixture.producer.send(&batch.slab, &batch.index, &[0, 1]).unwrap();
    assert!(!fixture.producer.flush(Deadline::after_ms(0)));
    assert!(fixture.producer.flush(Deadline::after_ms(10_000)));
    assert!(fixture.reports(1)[0].failures.is_empty());
    fixture.close();
}

#[test]
fn an_unreachable_broker_fails_sends_by_time_and_close_is_quick() {
    let properties = [("message.timeout.ms", "500"), ("queue.buffering.max.messages", "5")];
    let fixture = open("127.0.0.1:1", &properties);
    assert!(fixture.producer.await_broker(&["127.0.0.1:1".into()], 1, Deadline::after_ms(2_000)).is_err());
    let topic = fixture.producer.topic_id("nowhere").unwrap();
    let batch = built((0..20).map(|_| plain(topic, -1, Some(b"k"), b"v")));
    fixture.producer.send(&batch.slab, &batch.index, &[0, 20]).unwrap();
    let report = fixture.reports(1).remove(0);
    assert_eq!(report.failures.len(), 20);
    assert!(report
        .failures
        .iter()
        .all(|f| f.error == RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && f.persisted == Persisted::NotStored));
    let lost = |event: &Event| matches!(event, Event::ConnectionError { broker, .. } if broker.contains("127.0.0.1:1"));
    assert!(fixture.events.take().iter().any(lost), "an event says so");
    assert!(fixture.telemetry.snapshot().connection_errors > 0);
    let started = Instant::now();
    fixture.close();
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_fatal_error_settles_what_is_in_flight_and_is_told() {
    let cluster = cluster(1, &[("fatal", 1)]);
    let fixture = open(&cluster.bootstrap_servers(), &[("enable.gapless.guarantee", "true")]);
    let topic = fixture.producer.topic_id("fatal").unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    cluster.request_errors(ApiKey::Produce, &[RespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 5]);
    fixture.producer.send(&batch.slab, &batch.index, &[0, 1]).unwrap();
    assert_eq!(fixture.reports(1)[0].failures.len(), 1);
    let deadline = Instant::now() + Duration::from_secs(5);
    while fixture.producer.fatal_error().is_none() {
        assert!(Instant::now() < deadline, "no fatal error");
        std::thread::yield_now();
    }
    let error = fixture.producer.fatal_error().unwrap();
    assert!(error.fatal, "{error}");
    // The event takes the way over the delivery thread.
    let told = |event: &Event| matches!(event, Event::Fatal { client, .. } if client == "producer");
    while !fixture.events.take().iter().any(told) {
        assert!(Instant::now() < deadline, "no event says so");
        std::thread::yield_now();
    }
    fixture.producer.send(&batch.slab, &batch.index, &[1, 1]).unwrap();
    let failure = fixture.reports(1)[0].failures[0];
    assert_ne!(failure.error, RespErr::RD_KAFKA_RESP_ERR__FATAL, "the reason, not that there is one");
    assert_eq!(failure.persisted, Persisted::NotStored);
    fixture.close();
}

#[test]
fn a_producer_that_is_dropped_leaves_no_thread_behind() {
    let cluster = cluster(1, &[("dropped", 1)]);
    let fixture = open(&cluster.bootstrap_servers(), &[]);
    let topic = fixture.producer.topic_id("dropped").unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    fixture.producer.send(&batch.slab, &batch.index, &[0, 1]).unwrap();
    // The telemetry is held by the ledger, which thread and handle share.
    let (telemetry, bell) = (fixture.telemetry.clone(), fixture.bell.clone());
    drop(fixture);
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::sync::Arc::strong_count(&telemetry) > 1 || std::sync::Arc::strong_count(&bell) > 1 {
        assert!(Instant::now() < deadline, "{} references left", std::sync::Arc::strong_count(&telemetry));
        std::thread::sleep(Duration::from_millis(5));
    }
}
