//! What is told of topics, and what is asked for.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Error;
use crate::topics::TopicSpec;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionInfo {
    pub id: i32,
    /// Broker id; -1: none at the moment.
    pub leader: i32,
    pub replicas: Vec<i32>,
    /// The replicas that are in sync.
    pub isr: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicDescription {
    pub name: String,
    pub partitions: Vec<PartitionInfo>,
    /// ms, -1: for ever; `None` where the broker does not tell (no permission to read the configuration).
    pub retention_ms: Option<i64>,
    /// What differs from Kafka's defaults, secrets left out.
    pub configs: BTreeMap<String, String>,
}

/// A topic to create, with everything that Kafka lets be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    pub name: String,
    pub partitions: i32,
    /// `None`: min(3, brokers).
    pub replication_factor: Option<i32>,
    /// Topic configs of Kafka, such as `retention.ms`.
    pub configs: BTreeMap<String, String>,
}

impl From<&TopicSpec> for NewTopic {
    /// `compression.type=producer` keeps batches as they were sent; `min.insync.replicas` is added to fit the
    /// replication factor.
    fn from(spec: &TopicSpec) -> Self {
        let configs = [("retention.ms", spec.retention_ms.to_string()), ("compression.type", "producer".into())];
        NewTopic {
            name: spec.name.clone(),
            partitions: spec.partitions,
            replication_factor: None,
            configs: configs.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
        }
    }
}

/// What became of a topic that was to be created.
#[derive(Debug, Clone)]
pub enum TopicOutcome {
    Created,
    /// Was there before, or somebody else made it meanwhile.
    Existed,
    Failed(Error),
}

/// A declaration that an existing topic does not meet; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `partitions` or `retention.ms`.
    pub what: &'static str,
    pub declared: i64,
    pub actual: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicReport {
    pub name: String,
    pub created: bool,
    pub differences: Vec<Difference>,
}

/// Where an existing topic does not meet its declaration. A retention that cannot be read counts as met.
pub fn differences(spec: &TopicSpec, topic: &TopicDescription) -> Vec<Difference> {
    let actual = topic.partitions.len() as i64;
    let partitions = (i64::from(spec.partitions), actual, "partitions");
    let retention = topic.retention_ms.map(|actual| (spec.retention_ms, actual, "retention.ms"));
    std::iter::once(partitions)
        .chain(retention)
        .filter(|(declared, actual, _)| declared != actual)
        .map(|(declared, actual, what)| Difference { what, declared, actual })
        .collect()
}
