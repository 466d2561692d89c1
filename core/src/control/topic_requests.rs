//! The requests about topics, as librdkafka makes them.

use std::collections::BTreeMap;
use std::ffi::{c_char, CString};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use super::{NewTopic, PartitionInfo, TopicOutcome};
use crate::control::cluster::{describe_configs, ConfigEntry};
use crate::control::request::{c_name, failure, items, text_of, unanswered, Metadata, Session};
use crate::error::{Error, Result};
use crate::resp;

/// Brokers that are there now.
pub(super) fn broker_count(session: &Session) -> Result<i32> {
    Ok(Metadata::read(session, false)?.brokers().len().max(1) as i32)
}

/// Names of the topics that are not internal, sorted.
pub(super) fn list(session: &Session) -> Result<Vec<String>> {
    let metadata = Metadata::read(session, true)?;
    // SAFETY: names are C strings of the metadata.
    let names = metadata.topics().iter().map(|topic| unsafe { text_of(topic.topic) });
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("__")).collect();
    names.sort();
    Ok(names)
}

type Partitions = Vec<(String, Option<Vec<PartitionInfo>>)>;

fn embedded_partitions(session: &Session, names: &[String]) -> Result<Partitions> {
    let metadata = Metadata::read(session, true)?;
    let found = |name: &String| {
        // SAFETY: names and arrays live as long as the metadata.
        let topic = metadata.topics().iter().find(|topic| unsafe { text_of(topic.topic) == *name })?;
        let partitions = unsafe { items(topic.partitions, topic.partition_cnt as usize) };
        let read = |partition: &rdsys::rd_kafka_metadata_partition| unsafe {
            PartitionInfo {
                id: partition.id,
                leader: partition.leader,
                replicas: items(partition.replicas, partition.replica_cnt as usize).to_vec(),
                isr: items(partition.isrs, partition.isr_cnt as usize).to_vec(),
            }
        };
        Some(partitions.iter().map(read).collect())
    };
    Ok(names.iter().map(|name| (name.clone(), found(name))).collect())
}

/// Partitions by topic, in the order given; `None`: there is no such topic.
pub(super) fn partitions(session: &Session, names: &[String]) -> Result<Partitions> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    if session.embedded {
        return embedded_partitions(session, names);
    }
    let c_names = names.iter().map(|name| c_name(name)).collect::<Result<Vec<_>>>()?;
    let mut pointers: Vec<*const c_char> = c_names.iter().map(|name| name.as_ptr()).collect();
    let what = "describe topics";
    // SAFETY: the names outlive the request, which copies them; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, what, |request| {
            let topics = rdsys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
            rdsys::rd_kafka_DescribeTopics(request.rk, topics, request.options, request.queue);
            rdsys::rd_kafka_TopicCollection_destroy(topics);
        })?;
        let result = rdsys::rd_kafka_event_DescribeTopics_result(answer.event());
        let mut count = 0;
        let topics = rdsys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        let mut found = BTreeMap::new();
        for topic in items(topics, count) {
            let name = text_of(rdsys::rd_kafka_TopicDescription_name(*topic));
            let error = rdsys::rd_kafka_TopicDescription_error(*topic);
            match resp::of_error(error) {
                RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => drop(found.insert(name, Some(partitions_of(*topic)))),
                RespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART => drop(found.insert(name, None)),
                // A topic that is being created; its partitions follow.
                RespErr::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE => drop(found.insert(name, Some(Vec::new()))),
                code => {
                    let reason = text_of(rdsys::rd_kafka_error_string(error));
                    return Err(failure(code, &format!("describe topic {name}"), &reason));
                }
            }
        }
        Ok(names.iter().map(|name| (name.clone(), found.get(name).cloned().flatten())).collect())
    }
}

/// # Safety
/// `topic` must be live.
unsafe fn partitions_of(topic: *const rdsys::rd_kafka_TopicDescription_t) -> Vec<PartitionInfo> {
    let mut count = 0;
    let partitions = rdsys::rd_kafka_TopicDescription_partitions(topic, &mut count);
    let ids = |nodes: *mut *const rdsys::rd_kafka_Node_t, count: usize| -> Vec<i32> {
        items(nodes, count).iter().map(|node| node_id(*node)).collect()
    };
    let read = |partition: &*const rdsys::rd_kafka_TopicPartitionInfo_t| {
        let (mut replica_count, mut isr_count) = (0, 0);
        let replicas = rdsys::rd_kafka_TopicPartitionInfo_replicas(*partition, &mut replica_count);
        let isr = rdsys::rd_kafka_TopicPartitionInfo_isr(*partition, &mut isr_count);
        PartitionInfo {
            id: rdsys::rd_kafka_TopicPartitionInfo_partition(*partition),
            leader: node_id(rdsys::rd_kafka_TopicPartitionInfo_leader(*partition)),
            replicas: ids(replicas, replica_count),
            isr: ids(isr, isr_count),
        }
    };
    let mut read: Vec<_> = items(partitions, count).iter().map(read).collect();
    read.sort_by_key(|partition| partition.id);
    read
}

/// # Safety
/// `node` must be null or live.
unsafe fn node_id(node: *const rdsys::rd_kafka_Node_t) -> i32 {
    if node.is_null() {
        return -1;
    }
    rdsys::rd_kafka_Node_id(node)
}

/// Configuration by topic; topics whose configuration may not be read are left out.
pub(super) fn configs(session: &Session, names: &[String]) -> Result<BTreeMap<String, BTreeMap<String, ConfigEntry>>> {
    describe_configs(session, rdsys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC, names)
}

/// Topics under construction, freed together.
struct NewTopics(Vec<*mut rdsys::rd_kafka_NewTopic_t>);

impl Drop for NewTopics {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone; a request copies them.
        unsafe { rdsys::rd_kafka_NewTopic_destroy_array(self.0.as_mut_ptr(), self.0.len()) }
    }
}

/// Sends one request for all of them: replication min(3, brokers) where not chosen, `min.insync.replicas` to fit.
pub(super) fn create(session: &Session, topics: &[&NewTopic], brokers: i32) -> Result<Vec<(String, TopicOutcome)>> {
    let mut new = NewTopics(Vec::with_capacity(topics.len()));
    for topic in topics {
        let replication = topic.replication_factor.unwrap_or(brokers.min(3));
        let mut configs = topic.configs.clone();
        // Writes with acks=all survive the loss of one broker and need no more than two.
        let insync = if replication >= 3 { 2 } else { 1 };
        configs.entry("min.insync.replicas".into()).or_insert(insync.to_string());
        new.0.push(new_topic(topic, replication, &configs)?);
    }
    // SAFETY: the topics outlive the request; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_CREATETOPICS, "create topics", |request| {
            rdsys::rd_kafka_CreateTopics(request.rk, new.0.as_mut_ptr(), new.0.len(), request.options, request.queue)
        })?;
        let result = rdsys::rd_kafka_event_CreateTopics_result(answer.event());
        let mut count = 0;
        let results = rdsys::rd_kafka_CreateTopics_result_topics(result, &mut count);
        let outcomes = topic_results(items(results, count), "create topic").into_iter();
        Ok(outcomes.map(|(name, code, error)| (name, outcome(code, error))).collect())
    }
}

fn outcome(code: RespErr, error: Option<Error>) -> TopicOutcome {
    match error {
        None => TopicOutcome::Created,
        Some(_) if code == RespErr::RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS => TopicOutcome::Existed,
        Some(error) => TopicOutcome::Failed(error),
    }
}

fn new_topic(
    topic: &NewTopic,
    replication: i32,
    configs: &BTreeMap<String, String>,
) -> Result<*mut rdsys::rd_kafka_NewTopic_t> {
    let name = c_name(&topic.name)?;
    let configs: Vec<(CString, CString)> =
        configs.iter().map(|(name, value)| Ok((c_name(name)?, c_name(value)?))).collect::<Result<_>>()?;
    let mut text = [0 as c_char; 256];
    // SAFETY: all strings are copied; the buffer's length is given; the topic is owned by the caller.
    unsafe {
        let new =
            rdsys::rd_kafka_NewTopic_new(name.as_ptr(), topic.partitions, replication, text.as_mut_ptr(), text.len());
        if new.is_null() {
            return Err(Error::invalid(format!("topic {}: {}", topic.name, text_of(text.as_ptr()))));
        }
        for (name, value) in &configs {
            rdsys::rd_kafka_NewTopic_set_config(new, name.as_ptr(), value.as_ptr());
        }
        Ok(new)
    }
}

/// Sends one request for all of them.
pub(super) fn delete(session: &Session, names: &[String]) -> Result<Vec<(String, Option<Error>)>> {
    let c_names = names.iter().map(|name| c_name(name)).collect::<Result<Vec<_>>>()?;
    // SAFETY: the names are copied, the topics freed after the request copied them; what is read lives as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete topics", |request| {
            let mut topics: Vec<_> =
                c_names.iter().map(|name| rdsys::rd_kafka_DeleteTopic_new(name.as_ptr())).collect();
            let (array, count) = (topics.as_mut_ptr(), topics.len());
            rdsys::rd_kafka_DeleteTopics(request.rk, array, count, request.options, request.queue);
            rdsys::rd_kafka_DeleteTopic_destroy_array(array, count);
        })?;
        let result = rdsys::rd_kafka_event_DeleteTopics_result(answer.event());
        let mut count = 0;
        let results = rdsys::rd_kafka_DeleteTopics_result_topics(result, &mut count);
        let mut errors: BTreeMap<_, _> = topic_results(items(results, count), "delete topic")
            .into_iter()
            .map(|(name, _, error)| (name, error))
            .collect();
        let mut error_of = |name: &String| errors.remove(name).unwrap_or_else(|| Some(unanswered(name)));
        Ok(names.iter().map(|name| (name.clone(), error_of(name))).collect())
    }
}

/// # Safety
/// The results must be live.
unsafe fn topic_results(
    results: &[*const rdsys::rd_kafka_topic_result_t],
    what: &str,
) -> Vec<(String, RespErr, Option<Error>)> {
    let read = |result: &*const rdsys::rd_kafka_topic_result_t| {
        let name = text_of(rdsys::rd_kafka_topic_result_name(*result));
        let code = resp::of_topic_result(*result);
        let error = (code != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| {
            let reason = text_of(rdsys::rd_kafka_topic_result_error_string(*result));
            failure(code, &format!("{what} {name}"), &reason)
        });
        (name, code, error)
    };
    results.iter().map(read).collect()
}
