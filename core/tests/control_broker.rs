//! The control path against a real Apache Kafka at `KAFKA4_TEST_BROKER` (host:port, PLAINTEXT). Without one these tests
//! say so and do nothing, except with `CI=true`, where that is a failure.

mod real_broker;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::control::topics::{NewTopic, TopicOutcome};
use kafka4_core::control::{health, Admin};
use kafka4_core::runtime::Deadline;
use kafka4_core::topics::TopicSpec;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

fn admin(broker: &str) -> Arc<Admin> {
    let config = Config { bootstrap: Bootstrap::Servers(vec![broker.to_string()]), ..Config::default() };
    Admin::open(&config, Default::default(), Default::default()).unwrap()
}

fn soon() -> Deadline {
    Deadline::after_ms(20_000)
}

/// A name that no other test and no earlier run has used.
fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    format!("control-{name}-{}-{now}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn spec(name: &str, partitions: i32) -> TopicSpec {
    TopicSpec { name: unique(name), partitions, retention_ms: 3_600_000 }
}

#[test]
fn topics_are_created_as_declared_described_and_deleted() {
    let Some(broker) = real_broker::address() else { return };
    let admin = admin(&broker);
    let specs = [spec("a", 6), spec("b", 1)];
    let names: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
    let reports = admin.ensure_topics(&specs, soon()).unwrap();
    assert!(reports.iter().all(|report| report.created && report.differences.is_empty()), "{reports:?}");

    let described = admin.describe_topics(Some(&names), soon()).unwrap();
    for (spec, topic) in specs.iter().zip(&described) {
        assert_eq!((&topic.name, topic.partitions.len() as i32), (&spec.name, spec.partitions));
        assert_eq!(topic.retention_ms, Some(3_600_000));
        let replicas = topic.partitions[0].replicas.len();
        let insync = if replicas >= 3 { "2" } else { "1" };
        assert_eq!(topic.configs.get("min.insync.replicas").map(String::as_str), Some(insync));
        assert!(topic.partitions.iter().all(|p| p.leader >= 0 && p.isr.len() == replicas), "{topic:?}");
    }
    let listed = admin.list_topics(soon()).unwrap();
    assert!(names.iter().all(|name| listed.contains(name)));
    assert!(listed.iter().all(|name| !name.starts_with("__")), "{listed:?}");

    let declared = TopicSpec { partitions: 9, retention_ms: 7_200_000, ..specs[0].clone() };
    let report = admin.ensure_topics(&[declared], soon()).unwrap().remove(0);
    let seen: Vec<_> = report.differences.iter().map(|d| (d.what, d.declared, d.actual)).collect();
    assert_eq!(seen, [("partitions", 9, 6), ("retention.ms", 7_200_000, 3_600_000)]);
    assert!(!report.created);

    let never = unique("never");
    let deleted = admin.delete_topics(&[names[0].clone(), never.clone(), names[1].clone()], soon()).unwrap();
    assert!(deleted[0].1.is_none() && deleted[2].1.is_none(), "{deleted:?}");
    assert_eq!(deleted[1].1.as_ref().unwrap().code, "ERR_KAFKA_UNKNOWN_TOPIC_OR_PART");
    let error = admin.describe_topics(Some(&[never]), soon()).unwrap_err();
    assert_eq!(error.code, "ERR_KAFKA_UNKNOWN_TOPIC_OR_PART");
    assert!(admin.close(soon()));
}

#[test]
fn a_produce_right_after_creation_works_and_moves_the_watermark() {
    let Some(broker) = real_broker::address() else { return };
    let admin = admin(&broker);
    let topic = spec("produced", 3);
    admin.ensure_topics(std::slice::from_ref(&topic), soon()).unwrap();
    produce(&broker, &topic.name, 1, 5);
    let all: Vec<_> = (0..3).map(|partition| (topic.name.clone(), partition)).collect();
    let marks = admin.watermarks(&all, soon()).unwrap();
    let seen: Vec<_> = marks.iter().map(|mark| (mark.partition, mark.low, mark.high)).collect();
    assert_eq!(seen, [(0, 0, 0), (1, 0, 5), (2, 0, 0)]);
    assert!(admin.watermarks(&[(topic.name.clone(), 99)], Deadline::after_ms(3_000)).is_err());
    admin.delete_topics(&[topic.name], soon()).unwrap();
}

/// Acknowledged messages in one partition.
fn produce(broker: &str, topic: &str, partition: i32, count: usize) {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    for _ in 0..count {
        producer.send(BaseRecord::<(), _>::to(topic).partition(partition).payload("x")).unwrap();
    }
    producer.flush(Duration::from_secs(10)).unwrap();
}

#[test]
fn committed_offsets_are_read_and_groups_deleted() {
    let Some(broker) = real_broker::address() else { return };
    let admin = admin(&broker);
    let (topic, group) = (spec("group", 2), unique("group"));
    admin.ensure_topics(std::slice::from_ref(&topic), soon()).unwrap();
    assert_eq!(admin.committed(&group, soon()).unwrap(), []);

    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &broker).set("group.id", &group).create().unwrap();
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(&topic.name, 1, Offset::Offset(7)).unwrap();
    consumer.commit(&offsets, CommitMode::Sync).unwrap();
    let committed = admin.committed(&group, soon()).unwrap();
    assert_eq!(committed.len(), 1, "{committed:?}");
    assert_eq!((committed[0].partition, committed[0].offset), (1, 7));
    drop(consumer);

    let never = unique("never");
    let deleted = admin.delete_groups(&[group.clone(), never], soon()).unwrap();
    assert!(deleted[0].1.is_none() && deleted[1].1.is_some(), "{deleted:?}");
    assert_eq!(admin.committed(&group, soon()).unwrap(), []);
    admin.delete_topics(&[topic.name], soon()).unwrap();
}

#[test]
fn concurrent_creators_count_as_existing() {
    let Some(broker) = real_broker::address() else { return };
    let admins = [admin(&broker), admin(&broker)];
    let topic = spec("raced", 4);
    let outcomes: Vec<TopicOutcome> = std::thread::scope(|scope| {
        let topic = std::slice::from_ref(&topic);
        let create = |admin| move || Admin::create_topics(admin, topic, soon()).unwrap().remove(0);
        let both = [scope.spawn(create(&admins[0])), scope.spawn(create(&admins[1]))];
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(outcomes.iter().any(|outcome| matches!(outcome, TopicOutcome::Created)), "{outcomes:?}");
    assert!(!outcomes.iter().any(|outcome| matches!(outcome, TopicOutcome::Failed(_))), "{outcomes:?}");
    admins[0].delete_topics(&[topic.name], soon()).unwrap();
}

#[test]
fn one_bad_topic_does_not_spoil_the_others() {
    let Some(broker) = real_broker::address() else { return };
    let admin = admin(&broker);
    let new = |config: (&str, &str), replication_factor| NewTopic {
        name: unique("mixed"),
        partitions: 1,
        replication_factor,
        configs: [(config.0.to_string(), config.1.to_string())].into(),
    };
    let topics = [
        new(("retention.ms", "1000"), None),
        new(("retention.ms", "never"), None),
        new(("cleanup.policy", "compact"), Some(99)),
    ];
    let outcomes = admin.create(&topics, soon()).unwrap();
    assert!(matches!(outcomes[0], TopicOutcome::Created), "{outcomes:?}");
    let code = |outcome: &TopicOutcome| match outcome {
        TopicOutcome::Failed(error) => error.code.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&outcomes[1]), "ERR_KAFKA_INVALID_CONFIG");
    assert_eq!(code(&outcomes[2]), "ERR_KAFKA_INVALID_REPLICATION_FACTOR");
    admin.delete_topics(&[topics[0].name.clone()], soon()).unwrap();
}

#[test]
fn the_cluster_tells_that_it_is_kraft_and_which_release() {
    let Some(broker) = real_broker::address() else { return };
    let admin = admin(&broker);
    let cluster = admin.describe_cluster(soon()).unwrap();
    eprintln!("{}", serde_json::to_string(&cluster).unwrap());
    assert_eq!(cluster.kraft, Some(true));
    assert!(cluster.version.as_deref().is_some_and(|version| version.starts_with("4.")), "{cluster:?}");
    assert!(cluster.metadata_version.is_some());
    assert!(cluster.cluster_id.is_some() && cluster.controller_id.is_some());
    assert!(!cluster.brokers.is_empty() && cluster.brokers[0].port > 0);
}

#[test]
fn health_is_a_cheap_round_trip() {
    let Some(broker) = real_broker::address() else { return };
    let admin = admin(&broker);
    assert!(health::check(&admin, soon()).ok);
    // The connection stands: what remains is the round trip.
    let begun = Instant::now();
    let rounds = 20;
    for _ in 0..rounds {
        assert!(health::check(&admin, soon()).ok);
    }
    let mean = begun.elapsed() / rounds;
    eprintln!("health check: {mean:?}");
    assert!(mean < Duration::from_millis(200), "{mean:?}");
    let findings = health::find(&admin, soon());
    assert!(findings.cluster.is_some() && findings.topics.is_some() && findings.limits.is_empty());
}
