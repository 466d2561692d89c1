//! Seeded chaos on the mock cluster: members, brokers, leaders and handlers come and go while messages
//! flow. Nothing may be lost, and no lane may see an offset twice or out of order.

mod consume_support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use consume_support::{soon, App, Cluster, Received};
use kafka4_core::runtime::Deadline;

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

const TOPICS: [&str; 2] = ["chaos-a", "chaos-b"];
const PARTITIONS: i32 = 3;

fn storm(seed: u64, steps: usize) {
    let mut random = Random(seed);
    let cluster = Cluster::new(2);
    TOPICS.iter().for_each(|topic| cluster.topic(topic, PARTITIONS));
    // It stays where it is, and the group is one of KIP-848: the mock's classic groups abort the process (an assertion on
    // the member, rdkafka_mock_cgrp.c) when members come and go under a rebalance.
    cluster.coordinator("chaos", 1);
    let mut config = cluster.config();
    config.timeout_ms = 1_000;
    config.librdkafka.clear();
    config.librdkafka.insert("group.protocol".into(), "consumer".into());
    let mut apps: Vec<App> = Vec::new();
    // A list for each member: lane numbers start anew with each.
    let mut received: Vec<Vec<Received>> = Vec::new();
    let mut produced: BTreeMap<(&str, i32), u64> = BTreeMap::new();
    let start = || {
        let app = App::start(&config, "chaos");
        TOPICS.iter().for_each(|topic| drop(app.consumer.add_topic(topic, Deadline::after_ms(4_000))));
        app
    };
    for _ in 0..steps {
        let topic = TOPICS[random.below(2) as usize];
        let partition = random.below(PARTITIONS as u64) as i32;
        match random.below(8) {
            0 | 1 if apps.len() < 3 => apps.push(start()),
            2 if apps.len() > 1 => {
                let app = apps.remove(random.below(apps.len() as u64) as usize);
                app.consumer.close(Deadline::after_ms(2_000));
                received.push(app.received());
            }
            3 => apps.iter().for_each(|app| app.hold(topic, partition)),
            4 => apps.iter().for_each(|app| app.release(topic, partition)),
            // Only where it is asked for: the mock itself sometimes leaves a group without answers after it. Real brokers
            // that are killed under consumers are the subject of the jest suites.
            5 if std::env::var("KAFKA4_TEST_STORM").is_ok_and(|storm| storm == "full") => {
                cluster.down(2);
                let until = Instant::now() + Duration::from_millis(random.below(300));
                while Instant::now() < until {
                    std::thread::yield_now();
                }
                cluster.up(2);
            }
            6 => cluster.leader(topic, partition, 1 + random.below(2) as i32),
            _ => {}
        }
        let count = random.below(400);
        let at = produced.entry((topic, partition)).or_default();
        cluster.produce(topic, partition, *at, count);
        *at += count;
    }
    for app in apps.drain(..) {
        for topic in TOPICS {
            (0..PARTITIONS).for_each(|p| app.release(topic, p));
        }
        app.consumer.close(soon());
        received.push(app.received());
    }
    // What was not handled, or whose progress was lost with its partition, comes to the last member.
    let last = App::start(&config, "chaos");
    TOPICS.iter().for_each(|topic| last.consumer.add_topic(topic, soon()).unwrap());
    let total: u64 = produced.values().sum();
    let values = |received: &[Received]| -> BTreeSet<(String, i32, u64)> {
        let value = |r: &Received| String::from_utf8(r.value.clone().unwrap()).unwrap().parse().unwrap();
        received.iter().map(|r| (r.topic.clone(), r.partition, value(r))).collect()
    };
    let earlier = values(&received.concat());
    last.wait_for("every message", || {
        let mut all = values(&last.received());
        all.extend(earlier.iter().cloned());
        all.len() as u64 == total
    });
    let before: usize = received.iter().map(Vec::len).sum();
    received.push(last.close().0);
    println!("seed {seed}: {total} produced, {before} handled before, {} at last", received[received.len() - 1].len());
    for received in &received {
        let mut lanes: BTreeMap<(u32, &str, i32), i64> = BTreeMap::new();
        for message in received {
            let key = (message.lane, message.topic.as_str(), message.partition);
            let before = lanes.insert(key, message.offset);
            assert!(before.is_none_or(|before| before < message.offset), "seed {seed}: {message:?} after {before:?}");
        }
    }
}

#[test]
fn nothing_is_lost_in_a_storm() {
    // Another storm: KAFKA4_TEST_SEED=12345 cargo test -p kafka4-core --test consume_chaos
    let seed = std::env::var("KAFKA4_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    storm(seed, 20);
}
