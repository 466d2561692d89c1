//! The admin calls of the KafkaJS surface: each request of Kafka as librdkafka makes it, with the broker's answer part by
//! part. Nothing is judged here; which part is an error of the whole call, KafkaJS's rules above decide. ACLs are not
//! among them: librdkafka has no word for delegation tokens and loses the error of DescribeAcls.

mod cluster;
mod configs;
mod groups;
mod native;
mod offsets;
mod records;
mod topics;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::request::Session;
use crate::control::Admin;
use crate::embedded;
use crate::error::Result;
use crate::runtime::Deadline;

/// A request, as it crosses the border in JSON: `{ call: 'createTopics', … }`.
#[derive(Debug, Deserialize)]
#[serde(tag = "call", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Call {
    /// Waits for a broker.
    Connect,
    /// Names of all topics, those of Kafka included.
    ListTopics,
    /// Without names: all topics.
    DescribeTopics {
        topics: Option<Vec<String>>,
    },
    CreateTopics(topics::CreateTopics),
    DeleteTopics {
        topics: Vec<String>,
        timeout_ms: Option<i32>,
    },
    CreatePartitions(topics::CreatePartitions),
    DescribeCluster,
    DescribeConfigs {
        resources: Vec<configs::Resource>,
    },
    AlterConfigs {
        resources: Vec<configs::Resource>,
        validate_only: bool,
    },
    ListOffsets {
        topic: String,
        partitions: Vec<i32>,
        at: offsets::At,
    },
    FetchOffsets {
        group_id: String,
        partitions: Option<Vec<offsets::Partition>>,
    },
    SetOffsets {
        group_id: String,
        topic: String,
        partitions: Vec<offsets::Position>,
    },
    ListGroups,
    DescribeGroups {
        group_ids: Vec<String>,
    },
    DeleteGroups {
        group_ids: Vec<String>,
    },
    DeleteRecords {
        topic: String,
        partitions: Vec<offsets::Position>,
    },
}

/// What a broker says about one part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Of Kafka's protocol; negative: librdkafka's own.
    pub error_code: i32,
    pub error_message: Option<String>,
}

impl Admin {
    /// Runs a call; the answer's shape is the call's. Errors: what keeps a request from being answered.
    pub fn raw(&self, call: &Call, deadline: Deadline) -> Result<Value> {
        if let Call::Connect = call {
            return self.await_broker(deadline).map(|()| Value::Null);
        }
        if let (Some(cluster), Call::CreateTopics(request)) = (&self.embedded, call) {
            return Ok(topics::create_embedded(cluster, request));
        }
        self.run(deadline, |session| answer(session, call))
    }
}

/// What the embedded broker can do.
fn on_embedded(call: &Call) -> bool {
    use Call::*;
    matches!(call, Connect | ListTopics | DescribeTopics { .. } | DescribeCluster | ListOffsets { .. })
}

fn answer(session: &Session, call: &Call) -> Result<Value> {
    if session.embedded && !on_embedded(call) {
        return Err(embedded::unsupported("do this admin call", "use a real Apache Kafka for it"));
    }
    match call {
        Call::Connect => Ok(Value::Null),
        Call::ListTopics => cluster::list_topics(session),
        Call::DescribeTopics { topics } => cluster::describe_topics(session, topics.as_deref()),
        Call::DescribeCluster => cluster::describe(session),
        Call::CreateTopics(request) => topics::create(session, request),
        Call::DeleteTopics { topics, timeout_ms } => topics::delete(session, topics, *timeout_ms),
        Call::CreatePartitions(request) => topics::create_partitions(session, request),
        Call::DescribeConfigs { resources } => configs::describe(session, resources),
        Call::AlterConfigs { resources, validate_only } => configs::alter(session, resources, *validate_only),
        Call::ListOffsets { topic, partitions, at } => offsets::list(session, topic, partitions, *at),
        Call::FetchOffsets { group_id, partitions } => offsets::fetch(session, group_id, partitions.as_deref()),
        Call::SetOffsets { group_id, topic, partitions } => offsets::set(session, group_id, topic, partitions),
        Call::ListGroups => groups::list(session),
        Call::DescribeGroups { group_ids } => groups::describe(session, group_ids),
        Call::DeleteGroups { group_ids } => groups::delete(session, group_ids),
        Call::DeleteRecords { topic, partitions } => records::delete(session, topic, partitions),
    }
}

/// Shapes of this module are plain data.
fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("plain data")
}
