//! What is refused, and how exactly: by the check, by librdkafka, by the broker.

use std::time::{Duration, Instant};

use kafka4_core::produce::Persisted;
use kafka4_core::records::{push_header, Record};
use kafka4_core::runtime::Deadline;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use rdkafka_sys::RDKafkaApiKey as ApiKey;

use crate::support::*;

#[test]
fn broker_errors_are_retried_or_told() {
    let cluster = cluster(1, &[("errors", 1)]);
    // With a little linger both records travel in one request, which gets the one injected error.
    let properties = [
        ("retry.backoff.ms", "10"),
        ("retry.backoff.max.ms", "20"),
        ("linger.ms", "300"),
        ("statistics.interval.ms", "50"),
    ];
    let fixture = open(&cluster.bootstrap_servers(), &properties);
    let topic = fixture.producer.topic_id("errors").unwrap();
    let batch = built([plain(topic, -1, None, b"a"), plain(topic, -1, None, b"b")]);
    let transient = RespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS;
    cluster.request_errors(ApiKey::Produce, &[transient, transient]);
    fixture.producer.send(&batch.slab, &batch.index, &[1, 2]).unwrap();
    let report = fixture.reports(1).remove(0);
    assert!(report.failures.is_empty(), "{report:?}");
    let deadline = Instant::now() + Duration::from_secs(10);
    while fixture.telemetry.snapshot().produce_retries < 2 {
        assert!(Instant::now() < deadline, "the retries are never counted");
        std::thread::yield_now();
    }
    cluster.request_errors(ApiKey::Produce, &[RespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED]);
    fixture.producer.send(&batch.slab, &batch.index, &[2, 2]).unwrap();
    let report = fixture.reports(1).remove(0);
    let failures: Vec<_> = report.failures.iter().map(|f| (f.index, f.error, f.persisted)).collect();
    let denied = RespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    assert_eq!(failures, [(0, denied, Persisted::NotStored), (1, denied, Persisted::NotStored)]);
    assert_eq!(fixture.telemetry.snapshot().produce_errors, 2);
    fixture.close();
}

#[test]
fn what_is_wrong_with_one_record_fails_that_record() {
    let cluster = cluster(1, &[("strict", 2)]);
    let properties = [("message.max.bytes", "2000"), ("topic.metadata.propagation.max.ms", "200")];
    let fixture = open(&cluster.bootstrap_servers(), &properties);
    cluster.topic_error("missing", RespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).unwrap();
    let topic = fixture.producer.topic_id("strict").unwrap();
    let missing = fixture.producer.topic_id("missing").unwrap();
    let large = vec![0; 2001];
    let mut headers = Vec::new();
    push_header(&mut headers, b"h", Some(&large));
    // Twice: while the topics are unknown, and when they are known.
    for round in 0..2 {
        let batch = built([
            plain(topic, -1, Some(b"k"), b"good"),
            plain(topic, -1, None, &large),
            plain(topic, 2, None, b"no such partition"),
            plain(topic, -7, None, b"no such partition"),
            plain(topic, 1, None, b"good"),
            plain(missing, -1, None, b"no such topic"),
            Record { headers: &headers, ..plain(topic, 0, None, b"") },
            Record { timestamp: 1, ..plain(topic, 2, None, b"no such partition") },
        ]);
        fixture.producer.send(&batch.slab, &batch.index, &[round, 8]).unwrap();
        let report = fixture.reports(1).remove(0);
        let failures: Vec<_> = report.failures.iter().map(|f| (f.index, kafka4_core::error::name(f.error))).collect();
        let too_large = "MSG_SIZE_TOO_LARGE".to_string();
        let no_partition = "UNKNOWN_PARTITION".to_string();
        let no_topic = if round == 0 { "UNKNOWN_TOPIC_OR_PART" } else { "UNKNOWN_TOPIC" }.to_string();
        let wanted = [
            (1, too_large.clone()),
            (2, no_partition.clone()),
            (3, no_partition.clone()),
            (5, no_topic),
            (6, too_large),
            (7, no_partition),
        ];
        assert_eq!(failures, wanted, "round {round}");
        assert!(report.failures.iter().all(|f| f.persisted == Persisted::NotStored));
        assert_eq!(report.partitions.iter().map(|p| p.topic).collect::<Vec<_>>(), vec![topic; report.partitions.len()]);
    }
    assert_eq!(fixture.producer.in_flight(), 0);
    // librdkafka keeps no count of the failed ones, else this would wait for its deadline.
    assert!(fixture.producer.flush(Deadline::after_ms(5_000)));
    let started = Instant::now();
    fixture.close();
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_topic_that_goes_away_fails_its_records_and_leaks_none() {
    let cluster = cluster(1, &[("fleeting", 2)]);
    let properties = [("topic.metadata.propagation.max.ms", "100"), ("topic.metadata.refresh.interval.ms", "100")];
    let fixture = open(&cluster.bootstrap_servers(), &properties);
    let topic = fixture.producer.topic_id("fleeting").unwrap();
    let batch = built([plain(topic, -1, Some(b"k"), b"v")]);
    fixture.producer.send(&batch.slab, &batch.index, &[0, 1]).unwrap();
    assert!(fixture.reports(1)[0].failures.is_empty());
    cluster.topic_error("fleeting", RespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut refused = 0;
    // Until some were refused at the hand-over, with a count of partitions that was learnt before.
    while refused < 5 {
        assert!(Instant::now() < deadline, "never refused");
        fixture.producer.send(&batch.slab, &batch.index, &[1, 1]).unwrap();
        refused += fixture.reports(1)[0].failures.len();
    }
    assert!(fixture.producer.flush(Deadline::after_ms(2_000)));
    fixture.close();
}

#[test]
fn defects_of_the_caller_are_refused_whole() {
    let cluster = cluster(1, &[("checked", 1)]);
    let fixture = open(&cluster.bootstrap_servers(), &[]);
    let producer = &fixture.producer;
    let topic = producer.topic_id("checked").unwrap();
    assert_eq!(producer.topic_id("checked").unwrap(), topic);
    assert_eq!(producer.topic_name(topic).as_deref(), Some("checked"));
    assert_eq!(producer.topic_name(99), None);
    assert!(producer.topic_id("a b").is_err());
    let good = built([plain(topic, -1, None, b"v")]);
    let bad_topic = built([plain(topic, -1, None, b"v"), plain(7, -1, None, b"v")]);
    let bad_headers = built([Record { headers: &[1, 0, 0, 0], ..plain(topic, -1, None, b"v") }]);
    let negative = built([Record { timestamp: -5, ..plain(topic, -1, None, b"v") }]);
    for (slab, index, sends) in [
        (&good.slab[..], &good.index[..], &[1, 2][..]),
        (&good.slab, &good.index, &[1, 0]),
        (&good.slab, &good.index, &[1]),
        (&good.slab, &good.index, &[1, 2, 2, -1]),
        (&good.slab, &good.index[..7], &[1, 1]),
        (&[], &good.index, &[1, 1]),
        (&bad_topic.slab, &bad_topic.index, &[1, 2]),
        (&bad_headers.slab, &bad_headers.index, &[1, 1]),
        (&negative.slab, &negative.index, &[1, 1]),
    ] {
        let error = producer.send(slab, index, sends).unwrap_err();
        assert_eq!(error.code, "ERR_KAFKA_INVALID_ARGUMENT", "{error}");
    }
    assert_eq!(producer.in_flight(), 0);
    producer.send(&[], &[], &[5, 0]).unwrap();
    let report = fixture.reports(1).remove(0);
    assert_eq!((report.send_id, report.count, report.partitions.len()), (5, 0, 0));
    fixture.close();
    assert_eq!(producer.send(&good.slab, &good.index, &[1, 1]).unwrap_err().code, "ERR_KAFKA_CLOSED");
    assert_eq!(producer.topic_id("other").unwrap_err().code, "ERR_KAFKA_CLOSED");
    assert!(producer.fatal_error().is_none());
}

#[test]
fn random_slabs_never_panic_and_settle() {
    let cluster = cluster(1, &[("fuzz", 3)]);
    let fixture = open(&cluster.bootstrap_servers(), &[("message.timeout.ms", "2000"), ("message.max.bytes", "1000")]);
    let topic = fixture.producer.topic_id("fuzz").unwrap() as i32;
    let mut random = Seeded(7);
    let mut accepted = 0;
    for round in 0..20_000 {
        let slab: Vec<u8> = (0..random.below(64)).map(|_| random.below(6) as u8).collect();
        let records = random.below(4) as usize;
        let index: Vec<i32> = (0..records * 8)
            .map(|at| match at % 8 {
                0 => topic + (random.below(50) == 0) as i32,
                1 => random.below(6) as i32 - 2,
                6 | 7 => (random.below(3) == 0) as i32 * random.below(1000) as i32,
                5 => random.below(12) as i32 - 1,
                _ if random.below(40) == 0 => random.below(u32::MAX as u64) as u32 as i32,
                _ => random.below(24) as i32 - 1,
            })
            .collect();
        let sends = [round, records as i32];
        accepted += fixture.producer.send(&slab, &index, &sends).is_ok() as usize;
    }
    assert!(accepted > 1_000, "{accepted} of the random slabs were good");
    let mut ids: Vec<i32> = fixture.reports(accepted).iter().map(|report| report.send_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), accepted);
    assert_eq!(fixture.producer.in_flight(), 0);
    fixture.close();
}

#[test]
fn a_full_house_is_refused_and_takes_again_later() {
    let cluster = cluster(1, &[("full", 1)]);
    let servers = cluster.bootstrap_servers();
    let fixture = open(&servers, &[("queue.buffering.max.messages", "10")]);
    cluster.broker_round_trip_time(1, Duration::from_millis(300)).unwrap();
    let topic = fixture.producer.topic_id("full").unwrap();
    let batch = built((0..50_000).map(|_| plain(topic, -1, None, b"v")));
    let mut accepted = 0;
    let error = loop {
        match fixture.producer.send(&batch.slab, &batch.index, &[accepted, 50_000]) {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(accepted, 2, "10 in librdkafka and 100,000 pending");
    assert_eq!((error.code.as_str(), error.retriable), ("ERR_KAFKA_QUEUE_FULL", true));
    let before = fixture.producer.in_flight();
    assert!(before <= 100_010);
    fixture.producer.close(Deadline::after_ms(0));
    assert_eq!(fixture.reports(2).len(), 2);
}
