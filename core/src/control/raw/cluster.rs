//! Metadata: brokers, topics, partitions.

use std::collections::BTreeSet;
use std::ffi::c_char;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use serde::Serialize;
use serde_json::{json as object, Value};

use super::native::{number, verdict};
use super::{json, Verdict};
use crate::control::request::{c_name, items, text_of, Metadata, Session};
use crate::error::Result;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Topic {
    name: String,
    #[serde(flatten)]
    verdict: Verdict,
    partitions: Vec<Partition>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Partition {
    partition_error_code: i32,
    partition_id: i32,
    /// -1: none.
    leader: i32,
    replicas: Vec<i32>,
    isr: Vec<i32>,
    /// Replicas on brokers that are not there.
    offline_replicas: Vec<i32>,
}

/// `LEADER_NOT_AVAILABLE` of Kafka's protocol.
const LEADER_NOT_AVAILABLE: i32 = 5;

pub(super) fn list_topics(session: &Session) -> Result<Value> {
    let metadata = Metadata::read(session, true)?;
    // SAFETY: names are C strings of the metadata.
    let names = metadata.topics().iter().map(|topic| unsafe { text_of(topic.topic) });
    Ok(json(names.collect::<Vec<_>>()))
}

pub(super) fn describe_topics(session: &Session, names: Option<&[String]>) -> Result<Value> {
    match names {
        Some(names) if !session.embedded => named(session, names),
        Some(names) => {
            let mut topics = all(session)?;
            topics.retain(|topic| names.contains(&topic.name));
            let missing = names.iter().filter(|name| topics.iter().all(|topic| topic.name != **name));
            let missing: Vec<_> = missing.map(|name| unknown(name)).collect();
            topics.extend(missing);
            Ok(json(topics))
        }
        None => Ok(json(all(session)?)),
    }
}

fn unknown(name: &str) -> Topic {
    let verdict = Verdict { error_code: 3, error_message: None };
    Topic { name: name.to_string(), verdict, partitions: Vec::new() }
}

fn all(session: &Session) -> Result<Vec<Topic>> {
    let metadata = Metadata::read(session, true)?;
    let alive: BTreeSet<i32> = metadata.brokers().iter().map(|broker| broker.id).collect();
    let read = |topic: &rdsys::rd_kafka_metadata_topic| {
        // SAFETY: names and arrays live as long as the metadata; codes are read as numbers.
        unsafe {
            let partitions = items(topic.partitions, topic.partition_cnt as usize);
            let read = |partition: &rdsys::rd_kafka_metadata_partition| {
                let ids = |array: *const i32, count: i32| items(array, count as usize).to_vec();
                let replicas = ids(partition.replicas, partition.replica_cnt);
                Partition {
                    partition_error_code: number(&raw const partition.err),
                    partition_id: partition.id,
                    leader: partition.leader,
                    offline_replicas: offline(&replicas, &alive),
                    replicas,
                    isr: ids(partition.isrs, partition.isr_cnt),
                }
            };
            let mut partitions: Vec<_> = partitions.iter().map(read).collect();
            partitions.sort_by_key(|partition| partition.partition_id);
            let verdict = Verdict { error_code: number(&raw const topic.err), error_message: None };
            Topic { name: text_of(topic.topic), verdict, partitions }
        }
    };
    Ok(metadata.topics().iter().map(read).collect())
}

fn offline(replicas: &[i32], alive: &BTreeSet<i32>) -> Vec<i32> {
    replicas.iter().copied().filter(|broker| !alive.contains(broker)).collect()
}

/// By a request that creates nothing, unlike librdkafka's metadata call with a topic.
fn named(session: &Session, names: &[String]) -> Result<Value> {
    if names.is_empty() {
        return Ok(json(Vec::<Topic>::new()));
    }
    let c_names = names.iter().map(|name| c_name(name)).collect::<Result<Vec<_>>>()?;
    let mut pointers: Vec<*const c_char> = c_names.iter().map(|name| name.as_ptr()).collect();
    // SAFETY: the names outlive the request, which copies them; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, "describe topics", |request| {
            let topics = rdsys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
            rdsys::rd_kafka_DescribeTopics(request.rk, topics, request.options, request.queue);
            rdsys::rd_kafka_TopicCollection_destroy(topics);
        })?;
        let result = rdsys::rd_kafka_event_DescribeTopics_result(answer.event());
        let mut count = 0;
        let topics = rdsys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        Ok(json(items(topics, count).iter().map(|topic| described(*topic)).collect::<Vec<_>>()))
    }
}

/// # Safety
/// `topic` must be live.
unsafe fn described(topic: *const rdsys::rd_kafka_TopicDescription_t) -> Topic {
    let name = text_of(rdsys::rd_kafka_TopicDescription_name(topic));
    let verdict = verdict(rdsys::rd_kafka_TopicDescription_error(topic));
    let mut count = 0;
    let partitions = rdsys::rd_kafka_TopicDescription_partitions(topic, &mut count);
    let read = |partition: &*const rdsys::rd_kafka_TopicPartitionInfo_t| {
        let (mut replica_count, mut isr_count) = (0, 0);
        let replicas = rdsys::rd_kafka_TopicPartitionInfo_replicas(*partition, &mut replica_count);
        let isr = rdsys::rd_kafka_TopicPartitionInfo_isr(*partition, &mut isr_count);
        let leader = id_of(rdsys::rd_kafka_TopicPartitionInfo_leader(*partition));
        let replicas = items(replicas, replica_count);
        // librdkafka knows the address of brokers that are there.
        let gone = replicas.iter().filter(|node| node.is_null() || rdsys::rd_kafka_Node_host(**node).is_null());
        Partition {
            partition_error_code: if leader < 0 { LEADER_NOT_AVAILABLE } else { 0 },
            partition_id: rdsys::rd_kafka_TopicPartitionInfo_partition(*partition),
            leader,
            replicas: replicas.iter().map(|node| id_of(*node)).collect(),
            isr: items(isr, isr_count).iter().map(|node| id_of(*node)).collect(),
            offline_replicas: gone.map(|node| id_of(*node)).collect(),
        }
    };
    let mut partitions: Vec<_> = items(partitions, count).iter().map(read).collect();
    partitions.sort_by_key(|partition| partition.partition_id);
    Topic { name, verdict, partitions }
}

/// # Safety
/// `node` must be null or live.
unsafe fn id_of(node: *const rdsys::rd_kafka_Node_t) -> i32 {
    if node.is_null() {
        return -1;
    }
    rdsys::rd_kafka_Node_id(node)
}

pub(super) fn describe(session: &Session) -> Result<Value> {
    if session.embedded {
        let metadata = Metadata::read(session, false)?;
        let read = |broker: &rdsys::rd_kafka_metadata_broker| {
            // SAFETY: a C string of the metadata.
            object!({ "nodeId": broker.id, "host": unsafe { text_of(broker.host) }, "port": broker.port })
        };
        let brokers: Vec<_> = metadata.brokers().iter().map(read).collect();
        return Ok(object!({ "brokers": brokers, "controller": null, "clusterId": "embedded" }));
    }
    // SAFETY: what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER, "describe the cluster", |request| {
            rdsys::rd_kafka_DescribeCluster(request.rk, request.options, request.queue)
        })?;
        let result = rdsys::rd_kafka_event_DescribeCluster_result(answer.event());
        let controller = rdsys::rd_kafka_DescribeCluster_result_controller(result);
        let mut count = 0;
        let nodes = rdsys::rd_kafka_DescribeCluster_result_nodes(result, &mut count);
        let read = |node: &*const rdsys::rd_kafka_Node_t| {
            let (id, port) = (rdsys::rd_kafka_Node_id(*node), rdsys::rd_kafka_Node_port(*node));
            object!({ "nodeId": id, "host": text_of(rdsys::rd_kafka_Node_host(*node)), "port": port })
        };
        Ok(object!({
            "brokers": items(nodes, count).iter().map(read).collect::<Vec<_>>(),
            "controller": (!controller.is_null()).then(|| rdsys::rd_kafka_Node_id(controller)),
            "clusterId": text_of(rdsys::rd_kafka_DescribeCluster_result_cluster_id(result)),
        }))
    }
}
