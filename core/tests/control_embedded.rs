//! The control path over the embedded broker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::control::topics::TopicOutcome;
use kafka4_core::control::{health, Admin};
use kafka4_core::embedded;
use kafka4_core::error::ErrorClass;
use kafka4_core::properties::{self, Properties};
use kafka4_core::runtime::Deadline;
use kafka4_core::topics::{self, TopicSpec};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::ClientConfig;

fn open(config: &Config) -> Arc<Admin> {
    Admin::open(config, Default::default(), Default::default()).unwrap()
}

/// Tests share the clusters of the process: each uses names of its own.
fn admin(brokers: u32) -> Arc<Admin> {
    open(&Config { bootstrap: Bootstrap::Embedded(brokers.into()), ..Config::default() })
}

fn soon() -> Deadline {
    Deadline::after_ms(10_000)
}

fn spec(name: &str, partitions: i32) -> TopicSpec {
    TopicSpec { name: name.into(), partitions, retention_ms: 86_400_000 }
}

#[test]
fn the_five_topics_are_created_and_described_as_declared() {
    let admin = admin(3);
    let declared = topics::built_in();
    let reports = admin.ensure_topics(&declared, soon()).unwrap();
    assert!(reports.iter().all(|report| report.created && report.differences.is_empty()), "{reports:?}");
    let names: Vec<String> = declared.iter().map(|spec| spec.name.clone()).collect();
    let described = admin.describe_topics(Some(&names), soon()).unwrap();
    for (spec, topic) in declared.iter().zip(&described) {
        assert_eq!((&topic.name, topic.partitions.len()), (&spec.name, spec.partitions as usize));
        assert_eq!(topic.retention_ms, Some(spec.retention_ms));
        assert!(topic.partitions.iter().all(|p| p.leader > 0 && p.replicas.len() == 3), "{topic:?}");
    }
    let again = admin.ensure_topics(&declared, soon()).unwrap();
    assert!(again.iter().all(|report| !report.created && report.differences.is_empty()), "{again:?}");
    let listed = admin.list_topics(soon()).unwrap();
    assert!(names.iter().all(|name| listed.contains(name)), "{listed:?}");
    assert!(admin.close(soon()));
}

#[test]
fn differences_are_reported_and_nothing_is_changed() {
    let admin = admin(1);
    admin.ensure_topics(&[spec("different", 2)], soon()).unwrap();
    let wanted = TopicSpec { retention_ms: 5, ..spec("different", 4) };
    let report = admin.ensure_topics(&[wanted], soon()).unwrap().remove(0);
    let seen: Vec<_> = report.differences.iter().map(|d| (d.what, d.declared, d.actual)).collect();
    assert_eq!(seen, [("partitions", 4, 2), ("retention.ms", 5, 86_400_000)]);
    let described = admin.describe_topics(Some(&["different".into()]), soon()).unwrap();
    assert_eq!(described[0].partitions.len(), 2);
}

#[test]
fn concurrent_creators_both_succeed() {
    let admin = admin(1);
    let outcomes: Vec<TopicOutcome> = std::thread::scope(|scope| {
        let create = || admin.create_topics(&[spec("concurrent", 3)], soon()).unwrap().remove(0);
        let both = [scope.spawn(create), scope.spawn(create)];
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let created = outcomes.iter().filter(|outcome| matches!(outcome, TopicOutcome::Created)).count();
    let existed = outcomes.iter().filter(|outcome| matches!(outcome, TopicOutcome::Existed)).count();
    assert_eq!((created, existed), (1, 1), "{outcomes:?}");
}

#[test]
fn unknown_topics_stay_unknown() {
    let admin = admin(1);
    let error = admin.describe_topics(Some(&["never-made".into()]), soon()).unwrap_err();
    assert_eq!(error.code, "ERR_KAFKA_UNKNOWN_TOPIC_OR_PART");
    assert!(error.message.contains("never-made") && !error.retriable, "{error}");
    assert!(admin.watermarks(&[("never-made".into(), 0)], soon()).is_err());
    assert!(!admin.list_topics(soon()).unwrap().contains(&"never-made".to_string()));
}

#[test]
fn bad_specs_are_refused_before_anything_is_sent() {
    let admin = admin(1);
    for bad in [spec("a b", 1), spec("", 1), spec("none", 0), spec("nul\0", 1)] {
        assert_eq!(admin.create_topics(&[bad], soon()).unwrap_err().code, "ERR_KAFKA_INVALID_ARGUMENT");
    }
    let twice = [spec("twice", 1), spec("twice", 1)];
    assert_eq!(admin.create_topics(&twice, soon()).unwrap_err().code, "ERR_KAFKA_INVALID_ARGUMENT");
}

#[test]
fn the_cluster_and_empty_partitions_are_described() {
    let admin = admin(3);
    let cluster = admin.describe_cluster(soon()).unwrap();
    assert_eq!(cluster.brokers.iter().map(|broker| broker.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(cluster.cluster_id.is_some());
    assert_eq!((cluster.kraft, cluster.version), (None, None));
    admin.ensure_topics(&[spec("empty", 2)], soon()).unwrap();
    let marks = admin.watermarks(&[("empty".into(), 0), ("empty".into(), 1)], soon()).unwrap();
    assert!(marks.iter().all(|mark| (mark.low, mark.high) == (0, 0)), "{marks:?}");
}

#[test]
fn what_is_missing_is_refused_and_named() {
    let admin = admin(1);
    let refused = [
        admin.delete_topics(&["x".into()], soon()).unwrap_err(),
        admin.delete_groups(&["x".into()], soon()).unwrap_err(),
        admin.committed("x", soon()).unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.class, ErrorClass::KafkaNotSupportedError);
        assert_eq!(error.code, "ERR_KAFKA_EMBEDDED_UNSUPPORTED");
    }
    assert_eq!(admin.limits().len(), embedded::LIMITS.len());
}

#[test]
fn health_answers_fast_and_fails_within_its_bound() {
    // A count of its own: the broker goes down.
    let admin = admin(2);
    let health = health::check(&admin, soon());
    assert!(health.ok && health.response_time_ms < 3_000.0, "{health:?}");
    let findings = health::find(&admin, soon());
    assert_eq!(findings.cluster.unwrap().brokers.len(), 2);
    assert!(findings.topics.is_some());

    let cluster = embedded::cluster(2).unwrap();
    cluster.broker_down(1).unwrap();
    cluster.broker_down(2).unwrap();
    let begun = Instant::now();
    let down = health::check(&admin, Deadline::after_ms(2_000));
    assert!(!down.ok && begun.elapsed() < Duration::from_millis(4_500), "{down:?} after {:?}", begun.elapsed());
    assert_eq!(down.error.unwrap().class, ErrorClass::KafkaConnectionError);
    // A client that was connected explains a loss as well as a first failure.
    let lost = admin.list_topics(Deadline::after_ms(1_500)).unwrap_err();
    assert_eq!(lost.class, ErrorClass::KafkaConnectionError);
    assert!(cluster.bootstrap_servers().split(',').all(|server| lost.message.contains(server)), "{lost}");
    cluster.broker_up(1).unwrap();
    cluster.broker_up(2).unwrap();
    assert!(health::check(&admin, soon()).ok);
}

#[test]
fn addresses_that_nobody_answers_are_named_with_their_reasons() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("127.0.0.1:{port}");
    let bootstrap = Bootstrap::Servers(vec![server.clone()]);
    let admin = open(&Config { bootstrap, retry_attempts: 2, ..Config::default() });
    let begun = Instant::now();
    let error = admin.list_topics(Deadline::after_ms(10_000)).unwrap_err();
    assert_eq!(error.class, ErrorClass::KafkaConnectionError);
    assert!(error.message.contains(&server) && error.message.contains("refused"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let limited = admin.describe_cluster(Deadline::after_ms(300)).unwrap_err();
    assert_eq!(limited.class, ErrorClass::KafkaConnectionError);
}

#[test]
fn a_close_ends_calls_that_wait_and_is_idempotent() {
    // Listens and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bootstrap = Bootstrap::Servers(vec![silent.local_addr().unwrap().to_string()]);
    let admin = open(&Config { bootstrap, ..Config::default() });
    assert!(admin.await_broker(Deadline::after_ms(300)).is_err());
    let begun = Instant::now();
    assert!(admin.close(soon()));
    assert!(admin.close(soon()));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(admin.list_topics(soon()).unwrap_err().code, "ERR_KAFKA_CLOSED");
}

#[test]
fn security_on_the_embedded_broker_is_a_config_error() {
    let config =
        Config { bootstrap: Bootstrap::Embedded(1.into()), security_protocol: "SASL_SSL".into(), ..Config::default() };
    let error = Admin::open(&config, Default::default(), Default::default()).err().unwrap();
    assert_eq!(error.class, ErrorClass::KafkaConfigError);
}

fn rdkafka_config(properties: Properties) -> ClientConfig {
    properties.into_iter().collect()
}

/// Polls all members until it is so; false after 10 s.
fn until(members: &[&BaseConsumer], reached: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        if reached() {
            return true;
        }
        for member in members {
            if let Some(Err(error)) = member.poll(Duration::from_millis(5)) {
                panic!("{error}");
            }
        }
    }
    false
}

#[test]
fn groups_rebalance_without_waiting_for_a_session_to_end() {
    let config = Config { bootstrap: Bootstrap::Embedded(3.into()), ..Config::default() };
    let admin = open(&config);
    admin.ensure_topics(&[spec("group-a", 6), spec("group-b", 6)], soon()).unwrap();
    let member = || -> BaseConsumer {
        rdkafka_config(properties::consumer(&config, "control-embedded").unwrap()).create().unwrap()
    };
    let holds = |member: &BaseConsumer| member.assignment().unwrap().count();

    let begun = Instant::now();
    let (first, second) = (member(), member());
    first.subscribe(&["group-a"]).unwrap();
    assert!(until(&[&first], || holds(&first) == 6), "first member");
    first.subscribe(&["group-a", "group-b"]).unwrap();
    assert!(until(&[&first], || holds(&first) == 12), "another topic");
    second.subscribe(&["group-a", "group-b"]).unwrap();
    assert!(until(&[&first, &second], || (holds(&first), holds(&second)) == (6, 6)), "second member");
    second.unsubscribe();
    assert!(until(&[&first, &second], || holds(&first) == 12), "second member left");
    // The classic protocol takes 44 s for each step here.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn an_unknown_topic_is_an_error_and_is_not_made_by_use() {
    let mut config = Config { bootstrap: Bootstrap::Embedded(1.into()), ..Config::default() };
    config.librdkafka.insert("topic.metadata.propagation.max.ms".into(), "200".into());
    config.librdkafka.insert("delivery.timeout.ms".into(), "3000".into());
    let producer: BaseProducer = rdkafka_config(properties::producer(&config).unwrap()).create().unwrap();
    let mut sent = producer.send(BaseRecord::<(), _>::to("typing-eror").payload("x"));
    // The first sends are queued until the broker has answered that there is no such topic.
    let begun = Instant::now();
    while sent.is_ok() && begun.elapsed() < Duration::from_secs(5) {
        producer.poll(Duration::from_millis(50));
        sent = producer.send(BaseRecord::<(), _>::to("typing-eror").payload("x"));
    }
    let (error, _) = sent.unwrap_err();
    assert_eq!(error.rdkafka_error_code(), Some(rdkafka::types::RDKafkaErrorCode::UnknownTopic), "{error}");
    assert!(!open(&config).list_topics(soon()).unwrap().contains(&"typing-eror".to_string()));
    producer.purge(rdkafka::producer::PurgeConfig::default().queue());
}
