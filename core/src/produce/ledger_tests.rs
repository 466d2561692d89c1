use std::time::Duration;

use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use super::super::report::{Failure, PartitionResult, Persisted};
use super::*;

fn ledger(messages: usize, bytes: u64) -> Ledger {
    Ledger::new(Limits { messages, bytes }, Arc::new(Telemetry::default()))
}

fn items(count: usize, len: i32) -> Vec<Item> {
    let item =
        Item { at: 0, key_len: -1, value_len: len, headers_len: 0, topic: 0, partition: -1, timestamp: 0, opaque: 0 };
    vec![item; count]
}

fn open(ledger: &Ledger, sends: &[i32], items: &mut [Item]) -> Result<bool> {
    let bytes = items.iter().map(|item| item.len() as u64).sum();
    ledger.open(sends, items, bytes, Instant::now())
}

#[test]
fn a_send_is_reported_once_with_its_smallest_offsets() {
    let ledger = ledger(100, 1000);
    let mut items = items(5, 1);
    assert!(!open(&ledger, &[7, 3, 8, 2], &mut items).unwrap());
    assert_eq!(ledger.in_flight(), 5);
    let mut settling = ledger.settle();
    settling.stored(items[1].opaque, (0, 2), 11, 1, || (5, 0));
    settling.stored(items[0].opaque, (0, 2), 10, 1, || unreachable!("asked once"));
    settling.failed(items[4].opaque, RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Persisted::Unknown);
    assert!(!settling.finish());
    let mut settling = ledger.settle();
    settling.stored(items[3].opaque, (1, 0), -1001, 1, || (-1, 0));
    settling.stored(items[2].opaque, (0, 3), 4, 1, || (-1, 0));
    // Reports for what is settled, or never was, change nothing.
    settling.stored(items[2].opaque, (0, 3), 4, 1, || (-1, 0));
    settling.failed(99 << 32, RespErr::RD_KAFKA_RESP_ERR__FAIL, Persisted::Unknown);
    assert!(settling.finish());
    assert_eq!(ledger.in_flight(), 0);
    let reports = ledger.take_reports();
    let failure = Failure { index: 1, error: RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, persisted: Persisted::Unknown };
    let place = |topic, partition, base_offset, timestamp| PartitionResult {
        topic,
        partition,
        base_offset,
        timestamp,
        log_start: 0,
    };
    assert_eq!(
        reports,
        [
            SendReport { send_id: 8, count: 2, partitions: vec![place(1, 0, -1, -1)], failures: vec![failure] },
            SendReport {
                send_id: 7,
                count: 3,
                partitions: vec![place(0, 2, 10, 5), place(0, 3, 4, -1)],
                failures: vec![]
            },
        ]
    );
    assert!(ledger.take_reports().is_empty());
    let snapshot = ledger.telemetry.snapshot();
    assert_eq!((snapshot.produced, snapshot.produced_bytes, snapshot.produce_errors), (4, 4, 1));
    assert_eq!(snapshot.publish_latency.count, 4);
}

#[test]
fn what_exceeds_the_limits_is_refused_whole() {
    let ledger = ledger(4, 100);
    let error = open(&ledger, &[1, 5], &mut items(5, 1)).unwrap_err();
    assert!(error.code == "ERR_KAFKA_QUEUE_FULL" && !error.retriable, "{error}: can never fit");
    let mut first = items(3, 20);
    open(&ledger, &[1, 3], &mut first).unwrap();
    assert!(open(&ledger, &[2, 2], &mut items(2, 1)).unwrap_err().retriable, "too many messages for now");
    assert!(open(&ledger, &[2, 1], &mut items(1, 41)).unwrap_err().retriable, "too many bytes for now");
    assert_eq!(ledger.in_flight(), 3);
    let mut settling = ledger.settle();
    first.iter().for_each(|item| settling.stored(item.opaque, (0, 0), 1, 20, || (-1, 0)));
    drop(settling);
    assert!(open(&ledger, &[2, 4], &mut items(4, 1)).is_err(), "a report that is not taken counts");
    ledger.take_reports();
    assert!(open(&ledger, &[2, 4], &mut items(4, 25)).is_ok());
}

#[test]
fn abandoning_settles_every_open_send() {
    let ledger = ledger(100, 1000);
    let mut items = items(5, 1);
    open(&ledger, &[1, 2, 2, 2, 3, 1], &mut items).unwrap();
    let mut settling = ledger.settle();
    settling.failed(items[0].opaque, RespErr::RD_KAFKA_RESP_ERR__FAIL, Persisted::NotStored);
    settling.stored(items[4].opaque, (0, 0), 1, 1, || (-1, 0));
    settling.abandon(RespErr::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT);
    assert!(settling.finish());
    assert_eq!(ledger.in_flight(), 0);
    assert!(ledger.wait_idle(Deadline::after_ms(0)));
    let reports = ledger.take_reports();
    let failed: Vec<_> = reports.iter().map(|r| (r.send_id, r.failures.iter().map(|f| f.index).collect())).collect();
    let wanted: Vec<(i32, Vec<u32>)> = vec![(3, vec![]), (1, vec![0, 1]), (2, vec![0, 1])];
    assert_eq!(failed, wanted);
    assert_eq!(reports[1].failures[0].persisted, Persisted::NotStored);
    assert_eq!(reports[1].failures[1].persisted, Persisted::Unknown);
}

#[test]
fn what_was_handed_over_late_fails_by_our_clock_and_its_report_is_ignored() {
    let ledger = ledger(100, 1000);
    let mut first = items(3, 1);
    open(&ledger, &[1, 3], &mut first).unwrap();
    let deadline = Instant::now() + Duration::from_secs(1);
    assert!(!ledger.has_late());
    ledger.watch(&first[1..], deadline);
    ledger.unwatch(&first[2..]);
    ledger.watch(&first[2..], deadline);
    let expire = |at| {
        let mut settling = ledger.settle();
        settling.expire(at, RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT);
        settling.finish()
    };
    let stored = |item: &Item, offset| {
        let mut settling = ledger.settle();
        settling.stored(item.opaque, (0, 0), offset, 1, || (-1, 0));
        settling.finish()
    };
    assert!(!stored(&first[2], 5));
    assert!(!expire(deadline - Duration::from_millis(1)) && ledger.has_late());
    assert!(!expire(deadline), "the first is not late and still open");
    assert_eq!((ledger.in_flight(), ledger.has_late()), (1, false));
    assert!(!stored(&first[1], 6), "told already");
    assert!(stored(&first[0], 4));
    let reports = ledger.take_reports();
    let failure = Failure { index: 1, error: RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, persisted: Persisted::Unknown };
    assert_eq!((reports.len(), &reports[0].failures), (1, &vec![failure]));
    assert_eq!(reports[0].partitions[0].base_offset, 4);
    // An account that owes a report is not given to another send.
    let (mut second, mut third, mut fourth) = (items(1, 1), items(1, 1), items(1, 1));
    open(&ledger, &[2, 1], &mut second).unwrap();
    ledger.watch(&second, deadline);
    assert!(expire(deadline));
    open(&ledger, &[3, 1], &mut third).unwrap();
    assert_ne!(second[0].opaque, third[0].opaque);
    assert!(!stored(&second[0], 7));
    open(&ledger, &[4, 1], &mut fourth).unwrap();
    assert_eq!(second[0].opaque, fourth[0].opaque);
    assert!(stored(&third[0], 8) && stored(&fourth[0], 9));
    assert_eq!(ledger.take_reports().len(), 3);
    assert_eq!(ledger.in_flight(), 0);
}
