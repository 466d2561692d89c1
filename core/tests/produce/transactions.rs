//! Transactions against librdkafka's mock cluster. What read_committed readers see is tested on real brokers: the mock
//! shows them aborted records, too.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka4_core::error::{Error, ErrorClass};
use kafka4_core::events::Events;
use kafka4_core::produce::TransactionalProducer;
use kafka4_core::runtime::Deadline;
use kafka4_core::telemetry::Telemetry;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use rdkafka_sys::RDKafkaApiKey as ApiKey;

use crate::support::*;

fn transactional(servers: &str, id: &str) -> (Arc<TransactionalProducer>, Arc<Telemetry>) {
    let telemetry = Arc::new(Telemetry::default());
    telemetry.log.set_level(0);
    let config = config(servers, &[("retry.backoff.ms", "10")]);
    (TransactionalProducer::open(&config, id, telemetry.clone(), Arc::new(Events::default())).unwrap(), telemetry)
}

fn outcome(error: &Error) -> &str {
    assert_eq!(error.class, ErrorClass::KafkaTransactionError, "{error}");
    assert!(error.cause.is_some());
    error.details.as_ref().unwrap()["outcome"].as_str().unwrap()
}

fn soon() -> Deadline {
    Deadline::after_ms(15_000)
}

#[test]
fn commits_with_reports_in_the_order_of_the_sends() {
    let cluster = cluster(1, &[("one", 2), ("two", 1)]);
    let servers = cluster.bootstrap_servers();
    let (producer, telemetry) = transactional(&servers, "commits");
    let (one, two) = (producer.topic_id("one").unwrap(), producer.topic_id("two").unwrap());
    for round in 0..3 {
        let batch = built([
            plain(one, 0, None, b"a"),
            plain(two, -1, Some(b"k"), b"b"),
            plain(one, 1, None, b"c"),
            plain(two, -1, None, b"d"),
        ]);
        let reports = producer.run(&batch.slab, &batch.index, &[9, 2, 8, 0, 7, 2], soon()).unwrap();
        assert_eq!(reports.iter().map(|r| (r.send_id, r.count)).collect::<Vec<_>>(), [(9, 2), (8, 0), (7, 2)]);
        assert!(reports.iter().all(|r| r.failures.is_empty()), "round {round}");
    }
    assert_eq!(read(&servers, "two", &[]).values().map(Vec::len).sum::<usize>(), 6);
    assert_eq!(telemetry.snapshot().transactions_committed, 3);
    assert!(!producer.needs_replacement());
    producer.close(soon());
    let closed = producer.run(&[], &[], &[], soon()).unwrap_err();
    assert_eq!(outcome(&closed), "aborted");
}

#[test]
fn a_record_that_fails_aborts_and_the_next_transaction_goes_through() {
    let cluster = cluster(1, &[("abort", 1)]);
    let servers = cluster.bootstrap_servers();
    let (producer, telemetry) = transactional(&servers, "aborts");
    let topic = producer.topic_id("abort").unwrap();
    let good = built([plain(topic, -1, None, b"v")]);
    producer.run(&good.slab, &good.index, &[1, 1], soon()).unwrap();
    let bad = built([plain(topic, 0, None, b"v"), plain(topic, 5, None, b"no such partition")]);
    let error = producer.run(&bad.slab, &bad.index, &[1, 2], soon()).unwrap_err();
    assert_eq!(outcome(&error), "aborted");
    let cause = error.cause.unwrap();
    assert_eq!((cause.code.as_str(), &cause.details.unwrap()["index"]), ("ERR_KAFKA_UNKNOWN_PARTITION", &1.into()));
    let error = producer.run(&good.slab, &good.index, &[1, 7], soon()).unwrap_err();
    assert_eq!(error.cause.as_ref().unwrap().class, ErrorClass::KafkaValidationError);
    assert!(!producer.needs_replacement());
    producer.run(&good.slab, &good.index, &[1, 1], soon()).unwrap();
    let snapshot = telemetry.snapshot();
    assert_eq!((snapshot.transactions_committed, snapshot.transactions_aborted), (2, 2));
    producer.close(soon());
}

#[test]
fn errors_of_the_broker_that_pass_are_ridden_out() {
    let cluster = cluster(1, &[("retry", 1)]);
    let (producer, _) = transactional(&cluster.bootstrap_servers(), "retries");
    let topic = producer.topic_id("retry").unwrap();
    let loading = RespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
    let concurrent = RespErr::RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS;
    cluster.request_errors(ApiKey::InitProducerId, &[loading, loading]);
    cluster.request_errors(ApiKey::AddPartitionsToTxn, &[concurrent, loading]);
    cluster.request_errors(ApiKey::Produce, &[RespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS]);
    cluster.request_errors(ApiKey::EndTxn, &[loading, RespErr::RD_KAFKA_RESP_ERR_NOT_COORDINATOR]);
    let batch = built([plain(topic, -1, None, b"v")]);
    producer.run(&batch.slab, &batch.index, &[1, 1], soon()).unwrap();
    producer.close(soon());
}

#[test]
fn a_commit_whose_answer_never_comes_is_unknown() {
    let cluster = cluster(1, &[("lost", 1)]);
    let (producer, _) = transactional(&cluster.bootstrap_servers(), "lost");
    let topic = producer.topic_id("lost").unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    producer.run(&batch.slab, &batch.index, &[1, 1], soon()).unwrap();
    cluster.request_errors(ApiKey::EndTxn, &[RespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS; 10_000]);
    // Long enough to come to the commit.
    let error = producer.run(&batch.slab, &batch.index, &[1, 1], Deadline::after_ms(3_000)).unwrap_err();
    assert_eq!((outcome(&error), error.retriable), ("unknown", false));
    assert!(producer.needs_replacement());
    assert_eq!(outcome(&producer.run(&batch.slab, &batch.index, &[1, 1], soon()).unwrap_err()), "aborted");
    producer.close(Deadline::after_ms(100));
}

#[test]
fn records_that_are_not_acknowledged_in_time_abort() {
    let cluster = cluster(1, &[("slow", 1)]);
    let (producer, _) = transactional(&cluster.bootstrap_servers(), "slow");
    let topic = producer.topic_id("slow").unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    producer.run(&batch.slab, &batch.index, &[1, 1], soon()).unwrap();
    cluster.request_errors(ApiKey::Produce, &[RespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS; 10_000]);
    let error = producer.run(&batch.slab, &batch.index, &[1, 1], Deadline::after_ms(400)).unwrap_err();
    assert_eq!((outcome(&error), error.retriable), ("aborted", true));
    cluster.clear_request_errors(ApiKey::Produce);
    if !producer.needs_replacement() {
        producer.run(&batch.slab, &batch.index, &[1, 1], soon()).unwrap();
    }
    producer.close(soon());
}

/// The mock gives every producer an id of its own, so the broker's refusal is injected here.
#[test]
fn a_fenced_producer_says_so_and_a_new_one_goes_on() {
    for (api, fenced) in [
        (ApiKey::AddPartitionsToTxn, RespErr::RD_KAFKA_RESP_ERR_PRODUCER_FENCED),
        (ApiKey::Produce, RespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH),
        (ApiKey::EndTxn, RespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH),
    ] {
        let cluster = cluster(1, &[("fence", 1)]);
        let servers = cluster.bootstrap_servers();
        let (elder, _) = transactional(&servers, "same");
        let topic = elder.topic_id("fence").unwrap();
        let batch = built([plain(topic, -1, None, b"v")]);
        let run = |producer: &TransactionalProducer| producer.run(&batch.slab, &batch.index, &[1, 1], soon());
        run(&elder).unwrap();
        cluster.request_errors(api, &[fenced; 3]);
        let error = run(&elder).unwrap_err();
        assert_eq!(error.cause.as_ref().unwrap().code, "ERR_KAFKA_FENCED", "{api:?}: {error}");
        let wanted = if api == ApiKey::EndTxn { "unknown" } else { "aborted" };
        assert_eq!((outcome(&error), error.retriable), (wanted, wanted == "aborted"), "{api:?}: {error}");
        assert!(elder.needs_replacement(), "{api:?}");
        assert_eq!(outcome(&run(&elder).unwrap_err()), "aborted");
        elder.close(soon());
        cluster.clear_request_errors(api);
        let (younger, _) = transactional(&servers, "same");
        assert_eq!(younger.topic_id("fence").unwrap(), topic);
        run(&younger).unwrap();
        younger.close(soon());
    }
}

#[test]
fn concurrent_runs_take_turns() {
    let cluster = cluster(1, &[("turns", 3)]);
    let servers = cluster.bootstrap_servers();
    let (producer, telemetry) = transactional(&servers, "turns");
    let topic = producer.topic_id("turns").unwrap();
    std::thread::scope(|scope| {
        for id in 0..8 {
            let producer = &producer;
            scope.spawn(move || {
                let batch = built((0..10).map(|_| plain(topic, -1, None, b"v")));
                let reports = producer.run(&batch.slab, &batch.index, &[id, 10], soon()).unwrap();
                assert_eq!(reports.iter().map(|r| r.send_id).collect::<Vec<_>>(), [id]);
            });
        }
    });
    assert_eq!(telemetry.snapshot().transactions_committed, 8);
    assert_eq!(read(&servers, "turns", &[]).values().map(Vec::len).sum::<usize>(), 80);
    producer.close(soon());
}

#[test]
fn the_deadline_bounds_an_absent_broker() {
    let (producer, _) = transactional("127.0.0.1:1", "absent");
    let topic = producer.topic_id("absent").unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let error = producer.run(&batch.slab, &batch.index, &[1, 1], Deadline::after_ms(400)).unwrap_err();
                assert_eq!((outcome(&error), error.retriable), ("aborted", true));
            });
        }
    });
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    producer.close(Deadline::after_ms(200));
}
