//! The watchdog on the mock cluster: what stalls is told and healed, what only rests is left alone.

mod consume_support;

use std::time::{Duration, Instant};

use consume_support::{soon, App, Cluster};
use kafka4_core::consume::GroupOptions;
use kafka4_core::events::Event;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

/// Several times what a busy machine takes to start a fetcher.
const STALL: u64 = 1_000;

fn watched() -> GroupOptions {
    GroupOptions { stall_ms: STALL, ..GroupOptions::default() }
}

fn stalls(app: &App) -> Vec<String> {
    let reasons = app.events().into_iter().filter_map(|event| match event {
        Event::Stalled { reason, .. } => Some(reason),
        _ => None,
    });
    reasons.collect()
}

fn recovered(app: &App) -> bool {
    app.events().iter().any(|event| matches!(event, Event::Recovered { .. }))
}

#[test]
fn a_handler_that_hangs_is_told_and_left_alone() {
    let cluster = Cluster::new(1);
    cluster.topic("hangs", 2);
    (0..2).for_each(|p| cluster.produce("hangs", p, 0, 10));
    let app = App::start_with(&cluster.config(), "hangs", watched());
    app.hold("hangs", 0);
    app.consumer.add_topic("hangs", soon()).unwrap();
    let lane = app.lane("hangs", 0);
    app.wait_for("the alarm", || !stalls(&app).is_empty());
    assert!(stalls(&app)[0].contains("handlers hold 10 messages"), "{:?}", stalls(&app));
    let status = app.consumer.status();
    let flags: Vec<bool> = status.partitions.iter().map(|p| p.stalled).collect();
    assert_eq!(flags, [true, false]);
    assert_eq!(app.telemetry.snapshot().stalls, 1);
    app.release("hangs", 0);
    app.wait_for("the all-clear", || recovered(&app));
    assert_eq!(app.lane("hangs", 0), lane, "not touched");
    assert!(app.consumer.status().partitions.iter().all(|p| !p.stalled));
    app.close();
}

#[test]
fn slabs_that_nobody_takes_are_told() {
    let cluster = Cluster::new(1);
    cluster.topic("untaken", 1);
    cluster.produce("untaken", 0, 0, 10);
    let app = App::start_with(&cluster.config(), "untaken", watched());
    app.deaf(true);
    app.consumer.add_topic("untaken", soon()).unwrap();
    app.wait_for("the alarm", || !stalls(&app).is_empty());
    assert!(stalls(&app)[0].contains("taken none"), "{:?}", stalls(&app));
    app.deaf(false);
    app.wait_for("the all-clear", || recovered(&app));
    app.close();
}

#[test]
fn what_rests_is_no_stall() {
    let cluster = Cluster::new(2);
    cluster.topic("idle", 2);
    cluster.topic("paused", 1);
    cluster.leader("idle", 0, 1);
    cluster.leader("idle", 1, 2);
    cluster.coordinator("rest", 1);
    cluster.produce("idle", 0, 0, 10);
    let app = App::start_with(&cluster.config(), "rest", watched());
    app.consumer.add_topic("idle", soon()).unwrap();
    app.consumer.add_topic("paused", soon()).unwrap();
    app.await_count(10);
    app.consumer.pause(app.lane("paused", 0), true);
    cluster.produce("paused", 0, 0, 10);
    // A leader that is away, of a partition that is read to its end.
    cluster.down(2);
    let since = Instant::now();
    app.wait_for("several stall times", || since.elapsed() > Duration::from_millis(5 * STALL));
    cluster.up(2);
    assert_eq!(stalls(&app), Vec::<String>::new());
    app.close();
}

/// A consumer that read the beginning of a partition and whose fetches then fail.
fn behind(cluster: &Cluster, group: &str) -> App {
    cluster.topic("behind", 1);
    cluster.produce("behind", 0, 0, 20_000);
    let mut config = cluster.config();
    config.librdkafka.insert("queued.min.messages".into(), "100".into());
    config.librdkafka.insert("fetch.message.max.bytes".into(), "2000".into());
    let app = App::start_with(&config, group, watched());
    app.hold("behind", 0);
    app.consumer.add_topic("behind", soon()).unwrap();
    app.wait_for("a start", || app.busy() == 1);
    app
}

const FETCH: i16 = 1;
const OFFSET_FETCH: i16 = 9;

#[test]
fn a_partition_that_gets_no_data_is_healed() {
    let cluster = Cluster::new(1);
    let app = behind(&cluster, "nodata");
    cluster.errors(FETCH, &[RespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT; 100_000]);
    app.release("behind", 0);
    app.wait_for("the alarm", || stalls(&app).iter().any(|reason| reason.contains("no data from the broker")));
    // Seeking and reassigning do not help; a new handle comes. It does not either, while fetches fail.
    let assigned = |app: &App| app.events().iter().filter(|e| matches!(e, Event::PartitionsAssigned { .. })).count();
    app.wait_for("a new handle", || assigned(&app) >= 2);
    cluster.clear_errors(FETCH);
    app.wait_for("everything", || app.offsets("behind", 0).last() == Some(&19_999));
    let mut offsets = app.offsets("behind", 0);
    offsets.dedup();
    offsets.sort();
    offsets.dedup();
    assert_eq!(offsets, (0..20_000).collect::<Vec<i64>>(), "nothing is lost");
    app.close();
}

#[test]
fn a_partition_whose_fetcher_never_starts_is_healed() {
    let cluster = Cluster::new(1);
    cluster.topic("dead", 1);
    cluster.produce("dead", 0, 0, 10);
    // librdkafka leaves a partition alone for good when its committed offset could not be fetched.
    cluster.errors(OFFSET_FETCH, &[RespErr::RD_KAFKA_RESP_ERR_UNKNOWN; 1]);
    let app = App::start_with(&cluster.config(), "dead", watched());
    app.consumer.add_topic("dead", soon()).unwrap();
    app.await_count(10);
    assert_eq!(app.offsets("dead", 0), (0..10).collect::<Vec<i64>>());
    app.close();
}
