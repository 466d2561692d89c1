use super::*;

#[test]
fn one_cluster_a_broker_count() {
    let (three, again, one) = (cluster(3).unwrap(), cluster(3).unwrap(), cluster(1).unwrap());
    assert!(Arc::ptr_eq(&three, &again) && !Arc::ptr_eq(&three, &one));
    assert_eq!(three.bootstrap_servers().split(',').count(), 3);
    assert!(cluster(0).is_err() && cluster(10).is_err());
}

#[test]
fn topics_are_created_once_and_junk_is_refused() {
    let cluster = Cluster::start(1).unwrap();
    let spec = TopicSpec { name: "a".into(), partitions: 3, retention_ms: 1000 };
    assert!(cluster.create_topic(&spec).unwrap());
    assert!(!cluster.create_topic(&TopicSpec { partitions: 9, ..spec.clone() }).unwrap());
    assert_eq!(cluster.topic("a"), Some(spec.clone()));
    assert_eq!(cluster.topic("b"), None);
    for (name, partitions) in [("", 1), ("a b", 1), ("x\0y", 1), ("b", 0), ("b", -1), ("b", i32::MAX)] {
        let junk = TopicSpec { name: name.into(), partitions, retention_ms: 0 };
        assert_eq!(cluster.create_topic(&junk).unwrap_err().code, "ERR_KAFKA_INVALID_ARGUMENT", "{name:?}");
    }
    assert_eq!(cluster.broker_down(2).unwrap_err().code, "ERR_KAFKA_INVALID_ARGUMENT");
}

#[test]
fn creators_of_one_topic_agree_on_who_was_first() {
    let cluster = Cluster::start(3).unwrap();
    let spec = TopicSpec { name: "raced".into(), partitions: 2, retention_ms: -1 };
    let firsts = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..8).map(|_| scope.spawn(|| cluster.create_topic(&spec).unwrap())).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).filter(|first| *first).count()
    });
    assert_eq!(firsts, 1);
}

#[test]
fn security_is_refused_with_the_variable_named() {
    let embedded = Config { bootstrap: Bootstrap::Embedded(1.into()), ..Config::default() };
    assert!(check(&embedded).is_ok());
    let tls = Config { security_protocol: "SASL_SSL".into(), ..embedded.clone() };
    let error = check(&tls).unwrap_err();
    assert_eq!(error.class, ErrorClass::KafkaConfigError);
    assert!(error.message.contains("KAFKA_SECURITY_PROTOCOL"), "{error}");
    let mut passed = embedded;
    passed.librdkafka.insert("security.protocol".into(), "ssl".into());
    assert!(check(&passed).unwrap_err().message.contains("security.protocol"));
    assert!(check(&Config { security_protocol: "SSL".into(), ..Config::default() }).is_ok());
}

#[test]
fn what_is_missing_has_a_class_a_code_and_an_alternative() {
    let error = unsupported("fly", "walk");
    assert_eq!(error.class, ErrorClass::KafkaNotSupportedError);
    assert_eq!(error.code, "ERR_KAFKA_EMBEDDED_UNSUPPORTED");
    assert_eq!(error.message, "the embedded broker cannot fly; walk");
}
