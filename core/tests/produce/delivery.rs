//! What is sent arrives: whole, once, in order, in the right partition, with true reports.

use std::time::{Duration, Instant};

use kafka4_core::produce::partition_for_key;
use kafka4_core::records::{push_header, Record};
use kafka4_core::runtime::Deadline;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use rdkafka_sys::RDKafkaApiKey as ApiKey;

use crate::support::*;

#[test]
fn a_hundred_thousand_in_one_send_with_true_offsets() {
    let cluster = cluster(1, &[("flood", 6)]);
    let servers = cluster.bootstrap_servers();
    let fixture = open(&servers, &[]);
    let topic = fixture.producer.topic_id("flood").unwrap();
    // The first send teaches the number of partitions, so that the second takes the fast way.
    let first = built([plain(topic, -1, Some(b"k"), b"first")]);
    fixture.producer.send(&first.slab, &first.index, &[1, 1]).unwrap();
    fixture.reports(1);
    let keys: Vec<Vec<u8>> = (0..50u32).map(|n| n.to_le_bytes().to_vec()).collect();
    let values: Vec<String> = (0..100_000).map(|n| format!("{n:08}")).collect();
    let records = values.iter().enumerate().map(|(n, v)| plain(topic, -1, Some(&keys[n % 50]), v.as_bytes()));
    let batch = built(records);
    fixture.producer.send(&batch.slab, &batch.index, &[2, 40_000, 3, 60_000]).unwrap();
    let mut reports = fixture.reports(2);
    reports.sort_by_key(|report| report.send_id);
    assert!(reports.iter().all(|report| report.failures.is_empty()));
    assert_eq!((reports[0].count, reports[1].count), (40_000, 60_000));
    assert_eq!(fixture.producer.in_flight(), 0);
    let stored = read(&servers, "flood", &[]);
    for report in &reports {
        let range = if report.send_id == 2 { 0..40_000 } else { 40_000..100_000 };
        for place in &report.partitions {
            let mine = |value: &Vec<u8>| {
                let text = std::str::from_utf8(value).unwrap();
                text.parse::<usize>().is_ok_and(|n| range.contains(&n))
            };
            let first = stored[&place.partition].iter().find(|m| mine(m.value.as_ref().unwrap())).unwrap();
            assert_eq!(place.base_offset, first.offset, "send {} in {}", report.send_id, place.partition);
        }
    }
    let mut seen = 0;
    for (partition, messages) in &stored {
        let mut last = vec![0; 50];
        for message in messages.iter().filter(|m| m.value.as_deref() != Some(b"first")) {
            let key = message.key.as_ref().unwrap();
            assert_eq!(*partition, partition_for_key(key, 6));
            let n: usize = std::str::from_utf8(message.value.as_ref().unwrap()).unwrap().parse().unwrap();
            assert!(n == 0 || last[n % 50] < n || last[n % 50] == 0, "order within a key");
            last[n % 50] = n;
            seen += 1;
        }
    }
    assert_eq!(seen, 100_000);
    let snapshot = fixture.telemetry.snapshot();
    assert_eq!((snapshot.produced, snapshot.produce_errors), (100_001, 0));
    assert_eq!(snapshot.publish_latency.count, 100_001);
    fixture.close();
}

#[test]
fn keys_headers_timestamps_and_nulls_arrive_as_given() {
    let cluster = cluster(1, &[("shapes", 4)]);
    let servers = cluster.bootstrap_servers();
    let fixture = open(&servers, &[]);
    let topic = fixture.producer.topic_id("shapes").unwrap();
    let mut headers = Vec::new();
    push_header(&mut headers, b"a", Some(b"1"));
    push_header(&mut headers, b"b", None);
    push_header(&mut headers, b"a", Some(b""));
    let base = plain(topic, 0, None, b"");
    let records = [
        Record { key: None, value: None, ..base },
        Record { key: Some(b""), value: Some(b""), ..base },
        Record { key: Some(b"k"), value: Some(b"v"), headers: &headers, timestamp: 1_700_000_000_123, ..base },
        Record { key: None, value: None, headers: &headers, ..base },
        Record { key: Some(b""), value: Some(b"x"), timestamp: 5, ..base },
        Record { key: Some(b"last"), ..base },
    ];
    let batch = built(records);
    fixture.producer.send(&batch.slab, &batch.index, &[1, 6]).unwrap();
    let report = fixture.reports(1).remove(0);
    assert!(report.failures.is_empty());
    assert_eq!((report.partitions[0].partition, report.partitions[0].base_offset), (0, 0));
    assert_eq!(report.partitions[0].timestamp, 1234, "the append time that the mock answers with");
    let stored = read(&servers, "shapes", &[]).remove(&0).unwrap();
    assert_eq!(stored.len(), 6);
    for (stored, given) in stored.iter().zip(&records) {
        assert_eq!(stored.key.as_deref(), given.key);
        assert_eq!(stored.value.as_deref(), given.value);
        if given.timestamp != 0 {
            assert_eq!(stored.timestamp, given.timestamp);
        }
        let wanted: Vec<(String, Option<Vec<u8>>)> = match given.headers.is_empty() {
            true => vec![],
            false => vec![("a".into(), Some(b"1".to_vec())), ("b".into(), None), ("a".into(), Some(vec![]))],
        };
        assert_eq!(stored.headers, wanted);
    }
    fixture.close();
}

/// Many small sends from the moment the topic is unknown, through a queue of 50 that is full most of the time, with
/// and without headers, while leaders change: everything arrives once, in order within its key, in the partition of its key.
#[test]
fn order_within_keys_from_unknown_topic_through_a_full_queue() {
    let cluster = cluster(3, &[("ordered", 5)]);
    let servers = cluster.bootstrap_servers();
    let fixture = open(
        &servers,
        &[
            ("queue.buffering.max.messages", "50"),
            ("message.timeout.ms", "30000"),
            ("retry.backoff.ms", "10"),
            ("retry.backoff.max.ms", "50"),
        ],
    );
    cluster.request_errors(ApiKey::Produce, &[RespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION; 3]);
    let topic = fixture.producer.topic_id("ordered").unwrap();
    let mut header = Vec::new();
    push_header(&mut header, b"h", Some(b"1"));
    let mut random = Seeded(42);
    let (mut n, mut sends, mut full) = (0u32, 0, 0);
    while n < 20_000 {
        let count = 1 + random.below(20) as u32;
        let values: Vec<(Vec<u8>, Vec<u8>)> =
            (n..n + count).map(|n| (vec![(n % 40) as u8], n.to_be_bytes().to_vec())).collect();
        let records = values.iter().map(|(key, value)| {
            let headers = if random.below(4) == 0 { header.as_slice() } else { &[] };
            Record { headers, ..plain(topic, -1, Some(key), value) }
        });
        let batch = built(records);
        fixture.producer.send(&batch.slab, &batch.index, &[sends, count as i32]).unwrap();
        full += i32::from(fixture.producer.in_flight() > 50);
        n += count;
        sends += 1;
        if sends % 300 == 0 {
            let leader = 1 + (sends / 300) % 3;
            cluster.partition_leader("ordered", sends % 5, Some(leader)).unwrap();
        }
    }
    assert!(full * 2 > sends, "more than librdkafka's queue takes was under way after {full} of {sends} sends only");
    let reports = fixture.reports(sends as usize);
    let failed: Vec<_> = reports.iter().flat_map(|report| &report.failures).collect();
    assert!(failed.is_empty(), "{failed:?}");
    let stored = read(&servers, "ordered", &[]);
    let mut next = [0u32; 40];
    (0..40).for_each(|key| next[key] = key as u32);
    for (partition, messages) in stored {
        for message in messages {
            let key = message.key.unwrap();
            assert_eq!(partition, partition_for_key(&key, 5));
            let value = u32::from_be_bytes(message.value.unwrap().try_into().unwrap());
            assert_eq!(value, next[key[0] as usize], "next of key {}", key[0]);
            next[key[0] as usize] += 40;
        }
    }
    assert!(next.iter().all(|next| *next >= n), "everything arrived");
    fixture.close();
}

#[test]
fn keyless_records_use_every_partition_in_runs() {
    let cluster = cluster(1, &[("keyless", 4)]);
    let servers = cluster.bootstrap_servers();
    let fixture = open(&servers, &[]);
    let topic = fixture.producer.topic_id("keyless").unwrap();
    let value = [7u8; 100];
    for send in 0..2 {
        let batch = built((0..20_000).map(|_| plain(topic, -1, None, &value)));
        fixture.producer.send(&batch.slab, &batch.index, &[send, 20_000]).unwrap();
        let report = fixture.reports(1).remove(0);
        assert!(report.failures.is_empty());
        assert!(report.partitions.len() >= 3, "{:?}", report.partitions);
    }
    let stored = read(&servers, "keyless", &[]);
    assert_eq!(stored.values().map(Vec::len).sum::<usize>(), 40_000);
    fixture.close();
}

#[test]
fn nudges_are_folded_until_reports_are_taken() {
    let cluster = cluster(1, &[("folded", 1)]);
    let fixture = open(&cluster.bootstrap_servers(), &[]);
    let topic = fixture.producer.topic_id("folded").unwrap();
    let batch = built([plain(topic, -1, None, b"v")]);
    for round in 1..=2 {
        for send in 0..100 {
            fixture.producer.send(&batch.slab, &batch.index, &[send, 1]).unwrap();
        }
        assert!(fixture.producer.flush(Deadline::after_ms(10_000)));
        fixture.bell.wait_for(round);
        assert_eq!(fixture.bell.rings(), round, "one for a hundred sends");
        assert_eq!(fixture.reports(100).len(), 100);
    }
    fixture.close();
}

#[test]
fn a_send_behind_a_first_record_that_times_out_has_the_same_time() {
    const TIMEOUT: Duration = Duration::from_secs(4);
    let cluster = cluster(1, &[("silent", 1)]);
    let fixture = open(&cluster.bootstrap_servers(), &[("message.timeout.ms", "4000"), ("linger.ms", "0")]);
    let topic = fixture.producer.topic_id("silent").unwrap();
    std::thread::sleep(Duration::from_millis(500));
    cluster.broker_round_trip_time(1, Duration::from_secs(60)).unwrap();
    let batch = built([plain(topic, 0, None, b"v")]);
    fixture.producer.send(&batch.slab, &batch.index, &[0, 1]).unwrap();
    std::thread::sleep(TIMEOUT / 2);
    let started = Instant::now();
    fixture.producer.send(&batch.slab, &batch.index, &[1, 1]).unwrap();
    let reports = fixture.reports(2);
    let took = started.elapsed();
    assert!(reports.iter().map(|report| report.send_id).eq([0, 1]), "{reports:?}");
    assert!(reports.iter().all(|r| r.failures[0].error == RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT), "{reports:?}");
    assert!(took >= TIMEOUT && took < TIMEOUT * 11 / 8, "half as long again with a timeout of its own: {took:?}");
    assert_eq!(fixture.producer.in_flight(), 0);
    fixture.close();
    assert!(fixture.producer.take_reports().is_empty(), "librdkafka's report comes late and is not told again");
}

/// Whoever publishes and then computes for minutes takes no reports; metrics, `flush` and the queue's room go on.
#[test]
fn what_a_busy_caller_leaves_lying_is_settled_all_the_same() {
    let cluster = cluster(1, &[("busy", 1)]);
    let fixture = open(&cluster.bootstrap_servers(), &[]);
    let topic = fixture.producer.topic_id("busy").unwrap();
    let one = built([plain(topic, 0, None, b"v")]);
    for send in 0..50 {
        fixture.producer.send(&one.slab, &one.index, &[send, 1]).unwrap();
    }
    let until = Instant::now() + Duration::from_secs(10);
    while fixture.producer.in_flight() > 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(fixture.producer.in_flight(), 0);
    assert_eq!(fixture.telemetry.snapshot().produced, 50);
    assert_eq!(fixture.producer.take_reports().len(), 50);
    fixture.close();
}

/// Small sends are settled by the caller, large ones by the delivery thread; both come in the order of their partition.
#[test]
fn reports_of_small_and_large_sends_keep_their_order() {
    let cluster = cluster(1, &[("mixed", 1)]);
    let fixture = open(&cluster.bootstrap_servers(), &[]);
    let topic = fixture.producer.topic_id("mixed").unwrap();
    let value = [7; 100];
    let (small, large) = (built([plain(topic, 0, None, &value)]), built(vec![plain(topic, 0, None, &value); 2_000]));
    let mut order = Vec::new();
    for send in 0..400 {
        let (records, count) = if send % 7 == 0 { (&large, 2_000) } else { (&small, 1) };
        fixture.producer.send(&records.slab, &records.index, &[send, count]).unwrap();
        // As a caller does that is woken now and then.
        if send % 3 == 0 {
            std::thread::sleep(Duration::from_micros(300));
            order.extend(fixture.producer.take_reports());
        }
    }
    let until = Instant::now() + Duration::from_secs(20);
    while order.len() < 400 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
        order.extend(fixture.producer.take_reports());
    }
    assert!(order.iter().all(|report| report.failures.is_empty()));
    assert_eq!(order.iter().map(|report| report.send_id).collect::<Vec<_>>(), (0..400).collect::<Vec<_>>());
    fixture.close();
}
