//! The calls of the KafkaJS surface on the embedded broker, as they cross the border.

use std::sync::Arc;

use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::control::raw::Call;
use kafka4_core::control::Admin;
use kafka4_core::error::{Error, ErrorClass};
use kafka4_core::runtime::Deadline;
use serde_json::{json, Value};

fn admin() -> Arc<Admin> {
    let config = Config { bootstrap: Bootstrap::Embedded(3.into()), ..Config::default() };
    Admin::open(&config, Default::default(), Default::default()).unwrap()
}

fn call(admin: &Admin, request: Value) -> Result<Value, Error> {
    let call: Call = serde_json::from_value(request).expect("a call of the surface");
    admin.raw(&call, Deadline::after_ms(10_000))
}

fn new_topic(name: &str, partitions: i32) -> Value {
    json!({ "topic": name, "numPartitions": partitions, "replicationFactor": -1, "replicas": [], "configs": [] })
}

#[test]
fn topics_are_created_listed_and_described() {
    let admin = admin();
    let topics = json!([new_topic("raw-a", 2), new_topic("raw-b", -1), new_topic("no name", 1)]);
    let request = json!({ "call": "createTopics", "topics": topics, "validateOnly": false, "timeoutMs": null });
    let created = call(&admin, request.clone()).unwrap();
    let codes =
        |answer: &Value| answer.as_array().unwrap().iter().map(|each| each["errorCode"].clone()).collect::<Vec<_>>();
    assert_eq!(codes(&created), [0, 0, 42]);
    assert!(created[2]["errorMessage"].as_str().unwrap().contains("no name"), "{created}");
    assert_eq!(codes(&call(&admin, request).unwrap()), [36, 36, 42], "the second time they exist");
    let names = call(&admin, json!({ "call": "listTopics" })).unwrap();
    assert!(names.as_array().unwrap().contains(&json!("raw-b")), "{names}");
    let described = json!({ "call": "describeTopics", "topics": ["raw-a", "raw-none"] });
    let described = call(&admin, described).unwrap();
    assert_eq!((&described[0]["name"], &described[0]["errorCode"]), (&json!("raw-a"), &json!(0)));
    let partitions = described[0]["partitions"].as_array().unwrap();
    assert_eq!(partitions.len(), 2);
    assert_eq!(partitions[1]["partitionId"], 1);
    assert_eq!(partitions[1]["offlineReplicas"], json!([]));
    assert_eq!((&described[1]["name"], &described[1]["errorCode"]), (&json!("raw-none"), &json!(3)));
}

#[test]
fn validate_only_creates_nothing() {
    let admin = admin();
    let topics = json!([new_topic("raw-validated", 1)]);
    call(&admin, json!({ "call": "createTopics", "topics": topics, "validateOnly": true, "timeoutMs": null })).unwrap();
    let described = call(&admin, json!({ "call": "describeTopics", "topics": ["raw-validated"] })).unwrap();
    assert_eq!(described[0]["errorCode"], 3);
}

#[test]
fn offsets_are_text() {
    let admin = admin();
    let topics = json!([new_topic("raw-offsets", 2)]);
    call(&admin, json!({ "call": "createTopics", "topics": topics, "validateOnly": false, "timeoutMs": null }))
        .unwrap();
    for at in [json!("earliest"), json!("latest")] {
        let request = json!({ "call": "listOffsets", "topic": "raw-offsets", "partitions": [0, 1], "at": at });
        let mut found = call(&admin, request).unwrap();
        let found = found.as_array_mut().unwrap();
        found.sort_by_key(|each| each["partition"].as_i64());
        let offsets: Vec<_> = found.iter().map(|each| each["offset"].clone()).collect();
        assert_eq!(offsets, ["0", "0"], "{at}");
    }
}

#[test]
fn the_cluster_is_described() {
    let cluster = call(&admin(), json!({ "call": "describeCluster" })).unwrap();
    assert_eq!(cluster["brokers"].as_array().unwrap().len(), 3);
    assert_eq!(cluster["controller"], Value::Null);
}

#[test]
fn what_the_embedded_broker_cannot_do_is_told_at_once() {
    let admin = admin();
    for request in [
        json!({ "call": "listGroups" }),
        json!({ "call": "deleteTopics", "topics": ["raw-a"], "timeoutMs": null }),
        json!({ "call": "describeConfigs", "resources": [{ "kind": 2, "name": "raw-a" }] }),
        json!({ "call": "setOffsets", "groupId": "g", "topic": "t", "partitions": [{ "partition": 0, "offset": "1" }] }),
    ] {
        let error = call(&admin, request).unwrap_err();
        assert_eq!(error.class, ErrorClass::KafkaNotSupportedError);
        assert_eq!(error.code, "ERR_KAFKA_EMBEDDED_UNSUPPORTED");
    }
}

#[test]
fn a_closed_client_is_a_state_error() {
    let admin = admin();
    admin.close(Deadline::after_ms(5_000));
    let error = call(&admin, json!({ "call": "describeCluster" })).unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::KafkaStateError, "ERR_KAFKA_CLOSED"));
}

#[test]
fn offsets_that_are_no_numbers_are_no_call() {
    let positions = json!([{ "partition": 0, "offset": "1.5" }]);
    let request = json!({ "call": "setOffsets", "groupId": "g", "topic": "t", "partitions": positions });
    assert!(serde_json::from_value::<Call>(request).is_err());
}
