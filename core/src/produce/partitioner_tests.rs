use super::*;

#[test]
fn murmur2_is_that_of_java() {
    // The vectors of Kafka's UtilsTest.testMurmur2.
    for (key, wanted) in [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ] {
        assert_eq!(murmur2(key.as_bytes()), wanted, "{key}");
    }
}

#[test]
fn the_callback_maps_keys_like_librdkafka() {
    for len in 0..40usize {
        let key: Vec<u8> = (0..len).map(|n| (n * 37 + len * 11) as u8).collect();
        for count in [1, 3, 12, 257] {
            // SAFETY: librdkafka's own partitioner uses none of the null arguments when there is a key.
            let theirs = unsafe {
                let null = std::ptr::null_mut();
                let at = if len == 0 { b"".as_ptr() } else { key.as_ptr() };
                rdsys::rd_kafka_msg_partitioner_murmur2(null, at as *const c_void, len, count, null as _, null as _)
            };
            assert_eq!(partition_for_key(&key, count), theirs, "{len} bytes, {count} partitions");
        }
    }
}

fn known(count: i32, led: &[i32]) -> Partitions {
    let partitions = Partitions::new(0, Duration::from_millis(10));
    partitions.learn(count, |p| led.contains(&p));
    partitions
}

#[test]
fn a_keyless_run_ends_by_time_records_and_bytes() {
    let partitions = known(4, &[0, 1, 2, 3]);
    let now = Instant::now();
    let mut sticky = Sticky::new();
    let first = sticky.next(&partitions, 4, 1, now);
    for _ in 1..STICKY_RECORDS {
        assert_eq!(sticky.next(&partitions, 4, 1, now), first);
    }
    let second = sticky.next(&partitions, 4, STICKY_BYTES, now);
    assert_ne!(second, first, "by records");
    let third = sticky.next(&partitions, 4, 1, now);
    assert_ne!(third, second, "by bytes");
    assert_eq!(sticky.next(&partitions, 4, 1, now + Duration::from_millis(9)), third);
    assert_ne!(sticky.next(&partitions, 4, 1, now + Duration::from_millis(10)), third, "by time");
}

#[test]
fn keyless_records_go_round_partitions_without_a_leader() {
    let now = Instant::now();
    let seen = |partitions: &Partitions, count: i32| {
        let mut sticky = Sticky::new();
        let runs = (0..200).map(|_| sticky.next(partitions, count, STICKY_BYTES, now));
        runs.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(seen(&known(5, &[1, 4]), 5), [1, 4]);
    assert_eq!(seen(&known(5, &[2]), 5), [2]);
    assert_eq!(seen(&known(3, &[]), 3), [0, 1, 2], "none has a leader: any");
    assert_eq!(seen(&known(1, &[0]), 1), [0]);
    assert_eq!(seen(&known(6, &[5]), 3), [0, 1, 2], "what is beyond the count is not used");
}

#[test]
fn forgetting_looks_again() {
    let partitions = known(2, &[0, 1]);
    partitions.learn(2, |_| false);
    assert_eq!(lock(&partitions.led).len(), 2, "no look without being asked");
    partitions.forget();
    assert_eq!(partitions.count(), 0);
    partitions.learn(2, |p| p == 1);
    assert_eq!(*lock(&partitions.led), [1]);
}

#[test]
fn without_linger_each_keyless_record_goes_to_the_next_partition_with_a_leader() {
    let partitions = Partitions::new(0, Duration::ZERO);
    partitions.learn(5, |p| p != 2);
    let mut sticky = Sticky::new();
    let now = Instant::now();
    let chosen: Vec<i32> = (0..8).map(|_| sticky.next(&partitions, 5, 1, now)).collect();
    let led = [0, 1, 3, 4];
    let first = led.iter().position(|p| *p == chosen[0]).expect("one with a leader");
    let expected: Vec<i32> = (0..8).map(|n| led[(first + n) % led.len()]).collect();
    assert_eq!(chosen, expected);
}
