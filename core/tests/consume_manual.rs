//! A member whose offsets the floor above manages, on the mock cluster: what it is told, what is committed and when.

mod consume_support;

use consume_support::{soon, App, Cluster};
use kafka4_core::consume::{GroupOptions, Note, Offset};

fn manual() -> GroupOptions {
    GroupOptions { manual: true, ..GroupOptions::default() }
}

fn offset(topic: &str, partition: i32, offset: i64, lane: Option<u32>) -> Offset {
    Offset { topic: topic.into(), partition, offset, metadata: Some("note".into()), lane }
}

/// The first message that a new member of the group gets of partition 0.
fn next_of(cluster: &Cluster, group: &str, topic: &str) -> i64 {
    let app = App::start_with(&cluster.config(), group, manual());
    app.consumer.declare(topic, true, soon()).unwrap();
    app.consumer.join(&[topic.into()], soon()).unwrap();
    app.wait_for("a message", || !app.offsets(topic, 0).is_empty());
    let first = app.offsets(topic, 0)[0];
    app.close();
    first
}

#[test]
fn nothing_is_committed_that_was_not_asked_for() {
    let cluster = Cluster::new(1);
    cluster.topic("manual", 1);
    cluster.produce("manual", 0, 0, 10);
    let app = App::start_with(&cluster.config(), "manual", manual());
    app.consumer.declare("manual", true, soon()).unwrap();
    app.consumer.join(&["manual".into()], soon()).unwrap();
    app.await_count(10);
    app.close();
    assert_eq!(next_of(&cluster, "manual", "manual"), 0);
}

#[test]
fn what_is_asked_for_is_committed_and_offsets_of_lanes_that_are_gone_are_left_out() {
    let cluster = Cluster::new(1);
    cluster.topic("asked", 1);
    cluster.produce("asked", 0, 0, 10);
    let app = App::start_with(&cluster.config(), "asked", manual());
    app.consumer.declare("asked", true, soon()).unwrap();
    app.consumer.join(&["asked".into()], soon()).unwrap();
    app.await_count(10);
    let lane = app.lane("asked", 0);
    let committed = app
        .consumer
        .commit_offsets(&[offset("asked", 0, 9, Some(lane + 1_000)), offset("asked", 0, 4, Some(lane))], soon());
    assert_eq!(committed.unwrap(), [1]);
    assert!(app.consumer.commit_offsets(&[offset("asked", 0, 9, Some(lane + 1_000))], soon()).unwrap().is_empty());
    // Backwards, too: the floor above knows why.
    assert_eq!(app.consumer.commit_offsets(&[offset("asked", 0, 2, None)], soon()).unwrap(), [0]);
    app.close();
    assert_eq!(next_of(&cluster, "asked", "asked"), 2);
}

#[test]
fn each_topic_begins_where_it_was_declared_to() {
    let cluster = Cluster::new(1);
    for name in ["old", "new"] {
        cluster.topic(name, 1);
        cluster.produce(name, 0, 0, 5);
    }
    let app = App::start_with(&cluster.config(), "ends", manual());
    assert!(app.consumer.declare("old", true, soon()).unwrap());
    assert!(app.consumer.declare("new", false, soon()).unwrap());
    assert!(!app.consumer.declare("new", true, soon()).unwrap(), "the first one stays");
    let missing = app.consumer.declare("missing", true, soon()).unwrap_err();
    assert_eq!(missing.code, "ERR_KAFKA_UNKNOWN_TOPIC_OR_PART");
    app.consumer.join(&["old".into(), "new".into()], soon()).unwrap();
    app.await_count(5);
    let sent = std::cell::Cell::new(5);
    // A fetcher that begins at the end has to find it first.
    app.wait_for("something new", || {
        cluster.produce("new", 0, sent.get(), 1);
        sent.set(sent.get() + 1);
        !app.offsets("new", 0).is_empty()
    });
    assert_eq!(app.offsets("old", 0), [0, 1, 2, 3, 4]);
    assert!(app.offsets("new", 0)[0] >= 5);
    app.close();
}

#[test]
fn the_join_is_told_with_its_lanes() {
    let cluster = Cluster::new(1);
    cluster.topic("told", 3);
    let app = App::start_with(&cluster.config(), "told", manual());
    app.consumer.declare("told", true, soon()).unwrap();
    app.consumer.join(&["told".into()], soon()).unwrap();
    let lanes: Vec<u32> = (0..3).map(|partition| app.lane("told", partition)).collect();
    let notes = app.consumer.take_notes();
    let Some(Note::Joined { member_id, partitions, unsubscribed, .. }) =
        notes.iter().find(|note| matches!(note, Note::Joined { partitions, .. } if partitions.len() == 3))
    else {
        panic!("no join with three partitions: {notes:?}");
    };
    assert!(!member_id.is_empty() && unsubscribed.is_empty());
    assert_eq!(partitions.iter().map(|p| p.lane).collect::<Vec<_>>(), lanes);
    assert!(app.consumer.take_notes().is_empty(), "told once");
    app.close();
}
