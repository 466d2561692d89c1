//! Groups of several members on the mock cluster: partitions move without loss, repetition or overlap.

mod consume_support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use consume_support::{soon, App, Cluster, Received};
use kafka4_core::config::Config;
use kafka4_core::events::Event;
use kafka4_core::runtime::Deadline;

/// Every message of `partitions` × `count` exactly once over all members.
fn assert_exactly_once(received: &[Received], topic: &str, partitions: i32, count: i64) {
    let mut seen: BTreeMap<(i32, i64), u32> = BTreeMap::new();
    for message in received.iter().filter(|r| r.topic == topic) {
        *seen.entry((message.partition, message.offset)).or_default() += 1;
    }
    let repeated: Vec<_> = seen.iter().filter(|(_, n)| **n > 1).map(|(at, _)| *at).collect();
    assert!(repeated.is_empty(), "repeated: {:?}", &repeated[..repeated.len().min(10)]);
    let missing: Vec<_> =
        (0..partitions).flat_map(|p| (0..count).map(move |o| (p, o))).filter(|at| !seen.contains_key(at)).collect();
    assert!(missing.is_empty(), "missing {}: {:?}", missing.len(), &missing[..missing.len().min(10)]);
}

fn running(app: &App) -> usize {
    app.consumer.assignment().len()
}

fn members_come_and_go(cluster: &Arc<Cluster>, config: &Config, group: &str) -> Vec<Received> {
    cluster.topic("moves", 4);
    let first = App::start(config, group);
    first.consumer.add_topic("moves", soon()).unwrap();
    let produce = |round: u64| (0..4).for_each(|p| cluster.produce("moves", p, round * 500, 500));
    produce(0);
    first.await_count(2_000);
    let second = App::start(config, group);
    std::thread::scope(|scope| {
        scope.spawn(|| second.consumer.add_topic("moves", soon()).unwrap());
        produce(1);
    });
    first.wait_for("an even share", || running(&first) == 2 && running(&second) == 2);
    produce(2);
    let last = |app: &App, p| app.offsets("moves", p).last() == Some(&1_499);
    first.wait_for("all messages", || (0..4).all(|p| last(&first, p) || last(&second, p)));
    let (mut received, events) = second.close();
    assert!(events.iter().any(|e| matches!(e, Event::PartitionsRevoked { lost: false, .. })), "{events:?}");
    first.wait_for("everything back", || running(&first) == 4);
    produce(3);
    first.wait_for("the rest", || (0..4).all(|p| first.offsets("moves", p).last() == Some(&1_999)));
    received.extend(first.close().0);
    received
}

#[test]
fn members_share_and_leave_without_loss_or_repetition() {
    let cluster = Cluster::new(1);
    let received = members_come_and_go(&cluster, &cluster.config(), "cooperative");
    assert_exactly_once(&received, "moves", 4, 2_000);
}

#[test]
fn the_eager_protocol_works_as_well() {
    let cluster = Cluster::new(1);
    let mut config = cluster.config();
    config.librdkafka.insert("partition.assignment.strategy".into(), "range".into());
    let received = members_come_and_go(&cluster, &config, "eager");
    assert_exactly_once(&received, "moves", 4, 2_000);
}

#[test]
fn the_protocol_of_kip_848_works_as_well() {
    let cluster = Cluster::new(1);
    let mut config = cluster.config();
    config.librdkafka.remove("heartbeat.interval.ms");
    config.librdkafka.remove("session.timeout.ms");
    config.librdkafka.insert("group.protocol".into(), "consumer".into());
    cluster.topic("new", 2);
    cluster.produce("new", 0, 0, 100);
    let app = App::start(&config, "kip848");
    app.consumer.add_topic("new", soon()).unwrap();
    app.await_count(100);
    app.consumer.remove_topic("new", soon()).unwrap();
    cluster.produce("new", 0, 100, 100);
    app.consumer.add_topic("new", soon()).unwrap();
    app.await_count(200);
    assert_exactly_once(&app.close().0, "new", 1, 200);
}

#[test]
fn a_revocation_waits_for_the_running_handler() {
    let cluster = Cluster::new(1);
    cluster.topic("busy", 2);
    (0..2).for_each(|p| cluster.produce("busy", p, 0, 100));
    let first = App::start(&cluster.config(), "busy");
    first.hold("busy", 0);
    first.hold("busy", 1);
    first.consumer.add_topic("busy", soon()).unwrap();
    first.wait_for("both handlers", || first.busy() == 2);
    let second = App::start(&cluster.config(), "busy");
    std::thread::scope(|scope| {
        let joining = scope.spawn(|| second.consumer.add_topic("busy", soon()));
        first.wait_for("the revocation", || !first.closed_lanes().is_empty());
        assert_eq!(running(&second), 0, "the handler still runs");
        // Messages that went out and were not handled are dropped, not lost.
        first.release("busy", 0);
        first.release("busy", 1);
        joining.join().unwrap().unwrap();
    });
    first.wait_for("everything", || first.count() + second.count() >= 200);
    let mut received = second.close().0;
    received.extend(first.close().0);
    assert_exactly_once(&received, "busy", 2, 100);
}

#[test]
fn progress_of_a_partition_that_went_away_counts_for_nothing() {
    let cluster = Cluster::new(1);
    cluster.topic("late", 1);
    cluster.produce("late", 0, 0, 100);
    let first = App::start(&cluster.config(), "late");
    first.hold("late", 0);
    first.consumer.add_topic("late", soon()).unwrap();
    first.wait_for("a busy handler", || first.busy() == 1);
    let lane = first.lane("late", 0);
    // The handler does not come back in time: the topic is given up without its progress.
    let error = first.consumer.remove_topic("late", Deadline::after_ms(1_500)).unwrap_err();
    assert!(error.message.contains("still ran"), "{error}");
    first.wait_for("the lane's end", || first.consumer.lane(lane).is_none());
    first.consumer.advance(lane, 100, 100);
    first.release("late", 0);
    first.consumer.lane_idle(lane);
    first.close();
    let second = App::start(&cluster.config(), "late");
    second.consumer.add_topic("late", soon()).unwrap();
    second.await_count(100);
    assert_eq!(second.offsets("late", 0), (0..100).collect::<Vec<i64>>());
    second.close();
}

#[test]
fn seeking_makes_a_new_lane_that_waits_for_the_old_ones_handler() {
    let cluster = Cluster::new(1);
    cluster.topic("seek", 1);
    cluster.produce("seek", 0, 0, 100);
    let app = App::start(&cluster.config(), "seek");
    app.consumer.add_topic("seek", soon()).unwrap();
    app.await_count(100);
    let old = app.lane("seek", 0);
    let new = app.consumer.seek(old, 90).unwrap();
    app.await_count(110);
    assert_eq!(app.offsets("seek", 0)[100..], (90..100).collect::<Vec<i64>>());
    assert_eq!(app.lane("seek", 0), new);
    assert!(app.consumer.seek(old, 0).is_err(), "gone");
    assert!(app.consumer.seek(new, -5).is_err());
    // With a handler that runs.
    app.hold("seek", 0);
    cluster.produce("seek", 0, 100, 10);
    app.wait_for("a busy handler", || app.busy() == 1);
    let newer = app.consumer.seek(new, 50).unwrap();
    app.wait_for("the old lane to be told", || app.closed_lanes().contains(&new));
    assert_eq!(app.count(), 110, "the handler of offset 100 still runs");
    app.release("seek", 0);
    app.await_count(110 + 1 + 60);
    let offsets = app.offsets("seek", 0);
    assert_eq!(offsets[110], 100);
    assert_eq!(offsets[111..], (50..110).collect::<Vec<i64>>());
    // Nothing is taken between the two, however long that is.
    app.deaf(true);
    let newest = app.consumer.seek(newer, 105).unwrap();
    let last = app.consumer.seek(newest, 107).unwrap();
    app.deaf(false);
    app.await_count(171 + 3);
    assert_eq!(app.offsets("seek", 0)[171..], [107, 108, 109]);
    assert_eq!(app.lane("seek", 0), last);
    app.close();
}

#[test]
fn a_paused_lane_gets_nothing_and_loses_nothing() {
    let cluster = Cluster::new(1);
    cluster.topic("pause", 2);
    let app = App::start(&cluster.config(), "pause");
    app.consumer.add_topic("pause", soon()).unwrap();
    let lane = app.lane("pause", 0);
    app.consumer.pause(lane, true);
    (0..2).for_each(|p| cluster.produce("pause", p, 0, 5_000));
    app.wait_for("the other lane", || app.offsets("pause", 1).len() == 5_000);
    app.wait_for("the queue to fill", || {
        app.consumer.status().partitions.iter().any(|p| p.paused && p.queued >= 5_000 && p.lag >= Some(5_000))
    });
    assert!(app.offsets("pause", 0).is_empty());
    app.consumer.pause(lane, false);
    app.await_count(10_000);
    assert_eq!(app.offsets("pause", 0), (0..5_000).collect::<Vec<i64>>());
    app.close();
}

#[test]
fn many_topics_start_and_stop_at_once() {
    let cluster = Cluster::new(1);
    let names: Vec<String> = (0..5).map(|n| format!("many-{n}")).collect();
    for name in &names {
        cluster.topic(name, 2);
        cluster.produce(name, 0, 0, 50);
    }
    let app = App::start(&cluster.config(), "many");
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| app.consumer.add_topic(name, soon()).unwrap());
            // Twice is once.
            scope.spawn(|| app.consumer.add_topic(name, soon()).unwrap());
        }
    });
    app.await_count(250);
    assert_eq!(running(&app), 10);
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| app.consumer.remove_topic(name, soon()).unwrap());
        }
    });
    assert_eq!(running(&app), 0);
    assert_eq!(app.close().0.len(), 250);
}

#[test]
fn a_dropped_consumer_leaves_its_group() {
    let cluster = Cluster::new(1);
    cluster.topic("dropped", 1);
    cluster.produce("dropped", 0, 0, 10);
    let first = App::start(&cluster.config(), "dropped");
    first.consumer.add_topic("dropped", soon()).unwrap();
    first.await_count(10);
    drop(first);
    let second = App::start(&cluster.config(), "dropped");
    second.consumer.add_topic("dropped", Deadline::after(Duration::from_secs(10))).unwrap();
    cluster.produce("dropped", 0, 10, 10);
    second.wait_for("new messages", || second.offsets("dropped", 0).contains(&19));
    second.close();
}
