//! CreateTopics, DeleteTopics, CreatePartitions.

use std::ffi::{c_char, CString};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::native::numbers;
use super::{json, Verdict};
use crate::control::request::{c_name, items, text_of, Request, Session};
use crate::embedded;
use crate::error::{Error, Result};
use crate::topics::TopicSpec;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateTopics {
    topics: Vec<NewTopic>,
    validate_only: bool,
    /// ms that the broker may take until it answers.
    timeout_ms: Option<i32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewTopic {
    topic: String,
    /// -1: the broker's default.
    num_partitions: i32,
    /// -1: the broker's default.
    replication_factor: i32,
    /// Brokers of each partition, from 0; empty: the broker chooses.
    replicas: Vec<Vec<i32>>,
    /// Names and values.
    configs: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePartitions {
    topics: Vec<Growth>,
    validate_only: bool,
    timeout_ms: Option<i32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Growth {
    topic: String,
    /// Partitions then, not more of them.
    count: usize,
    /// Brokers of each new partition; empty: the broker chooses.
    assignments: Vec<Vec<i32>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TopicResult {
    topic: String,
    #[serde(flatten)]
    verdict: Verdict,
}

/// Sentences of librdkafka fit in this.
type Text = [c_char; 512];

struct NewTopics(Vec<*mut rdsys::rd_kafka_NewTopic_t>);

impl Drop for NewTopics {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone; a request copies them.
        unsafe { rdsys::rd_kafka_NewTopic_destroy_array(self.0.as_mut_ptr(), self.0.len()) }
    }
}

struct NewPartitions(Vec<*mut rdsys::rd_kafka_NewPartitions_t>);

impl Drop for NewPartitions {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone; a request copies them.
        unsafe { rdsys::rd_kafka_NewPartitions_destroy_array(self.0.as_mut_ptr(), self.0.len()) }
    }
}

pub(super) fn create(session: &Session, wanted: &CreateTopics) -> Result<Value> {
    if wanted.topics.is_empty() {
        return Ok(json(Vec::<TopicResult>::new()));
    }
    let mut new = NewTopics(Vec::with_capacity(wanted.topics.len()));
    for topic in &wanted.topics {
        add_topic(&mut new, topic)?;
    }
    // SAFETY: the topics outlive the request; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_CREATETOPICS, "create topics", |request| {
            set_options(request, wanted.validate_only, wanted.timeout_ms);
            rdsys::rd_kafka_CreateTopics(request.rk, new.0.as_mut_ptr(), new.0.len(), request.options, request.queue)
        })?;
        let result = rdsys::rd_kafka_event_CreateTopics_result(answer.event());
        let mut count = 0;
        let results = rdsys::rd_kafka_CreateTopics_result_topics(result, &mut count);
        Ok(topic_results(items(results, count)))
    }
}

/// On the embedded broker, by a call of its own: with 1 partition where no number is given; it keeps no settings.
pub(super) fn create_embedded(cluster: &embedded::Cluster, wanted: &CreateTopics) -> Value {
    let create = |topic: &NewTopic| {
        let partitions = if topic.num_partitions == -1 { 1 } else { topic.num_partitions };
        let spec = TopicSpec { name: topic.topic.clone(), partitions, retention_ms: -1 };
        let (error_code, error_message) = match cluster.create_topic(&spec) {
            Ok(true) => (0, None),
            Ok(false) => (RespErr::RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS as i32, None),
            Err(error) => (RespErr::RD_KAFKA_RESP_ERR_INVALID_REQUEST as i32, Some(error.message)),
        };
        TopicResult { topic: topic.topic.clone(), verdict: Verdict { error_code, error_message } }
    };
    let wanted = if wanted.validate_only { &[] } else { wanted.topics.as_slice() };
    json(wanted.iter().map(create).collect::<Vec<_>>())
}

/// Appends it to `new`, which owns it from its making on.
fn add_topic(new: &mut NewTopics, topic: &NewTopic) -> Result<()> {
    let name = c_name(&topic.topic)?;
    let configs: Vec<(CString, CString)> =
        topic.configs.iter().map(|(name, value)| Ok((c_name(name)?, c_name(value)?))).collect::<Result<_>>()?;
    // With replicas the broker counts them; librdkafka then sends no numbers.
    let (partitions, replication) = match topic.replicas.len() {
        0 => (topic.num_partitions, topic.replication_factor),
        count => (count as i32, -1),
    };
    let mut text: Text = [0; 512];
    // SAFETY: all strings and arrays are copied; the buffer's length is given.
    unsafe {
        let made = rdsys::rd_kafka_NewTopic_new(name.as_ptr(), partitions, replication, text.as_mut_ptr(), text.len());
        if made.is_null() {
            return Err(refused(&topic.topic, &text));
        }
        new.0.push(made);
        for (partition, brokers) in topic.replicas.iter().enumerate() {
            let mut brokers = brokers.clone();
            let (array, count) = (brokers.as_mut_ptr(), brokers.len());
            let (index, buffer, len) = (partition as i32, text.as_mut_ptr(), text.len());
            let err = rdsys::rd_kafka_NewTopic_set_replica_assignment(made, index, array, count, buffer, len);
            if err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(refused(&topic.topic, &text));
            }
        }
        for (name, value) in &configs {
            rdsys::rd_kafka_NewTopic_set_config(made, name.as_ptr(), value.as_ptr());
        }
    }
    Ok(())
}

fn refused(topic: &str, text: &Text) -> Error {
    // SAFETY: librdkafka ends its sentence with NUL; the buffer was NUL from the start.
    Error::invalid(format!("topic {topic}: {}", unsafe { text_of(text.as_ptr()) }))
}

pub(super) fn delete(session: &Session, topics: &[String], timeout_ms: Option<i32>) -> Result<Value> {
    if topics.is_empty() {
        return Ok(json(Vec::<TopicResult>::new()));
    }
    let names = topics.iter().map(|name| c_name(name)).collect::<Result<Vec<_>>>()?;
    // SAFETY: the names are copied, the topics freed after the request copied them; what is read lives as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete topics", |request| {
            set_options(request, false, timeout_ms);
            let mut topics: Vec<_> = names.iter().map(|name| rdsys::rd_kafka_DeleteTopic_new(name.as_ptr())).collect();
            let (array, count) = (topics.as_mut_ptr(), topics.len());
            rdsys::rd_kafka_DeleteTopics(request.rk, array, count, request.options, request.queue);
            rdsys::rd_kafka_DeleteTopic_destroy_array(array, count);
        })?;
        let result = rdsys::rd_kafka_event_DeleteTopics_result(answer.event());
        let mut count = 0;
        let results = rdsys::rd_kafka_DeleteTopics_result_topics(result, &mut count);
        Ok(topic_results(items(results, count)))
    }
}

pub(super) fn create_partitions(session: &Session, wanted: &CreatePartitions) -> Result<Value> {
    let mut new = NewPartitions(Vec::with_capacity(wanted.topics.len()));
    for growth in &wanted.topics {
        add_partitions(&mut new, growth)?;
    }
    // SAFETY: the partitions outlive the request; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, "create partitions", |request| {
            set_options(request, wanted.validate_only, wanted.timeout_ms);
            let (array, count) = (new.0.as_mut_ptr(), new.0.len());
            rdsys::rd_kafka_CreatePartitions(request.rk, array, count, request.options, request.queue)
        })?;
        let result = rdsys::rd_kafka_event_CreatePartitions_result(answer.event());
        let mut count = 0;
        let results = rdsys::rd_kafka_CreatePartitions_result_topics(result, &mut count);
        Ok(topic_results(items(results, count)))
    }
}

/// Appends it to `new`, which owns it from its making on.
fn add_partitions(new: &mut NewPartitions, growth: &Growth) -> Result<()> {
    let name = c_name(&growth.topic)?;
    let mut text: Text = [0; 512];
    // SAFETY: the name and the arrays are copied; the buffer's length is given.
    unsafe {
        let made = rdsys::rd_kafka_NewPartitions_new(name.as_ptr(), growth.count, text.as_mut_ptr(), text.len());
        if made.is_null() {
            return Err(refused(&growth.topic, &text));
        }
        new.0.push(made);
        for (position, brokers) in growth.assignments.iter().enumerate() {
            let mut brokers = brokers.clone();
            let (array, count) = (brokers.as_mut_ptr(), brokers.len());
            let (index, buffer, len) = (position as i32, text.as_mut_ptr(), text.len());
            let err = rdsys::rd_kafka_NewPartitions_set_replica_assignment(made, index, array, count, buffer, len);
            if err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(refused(&growth.topic, &text));
            }
        }
    }
    Ok(())
}

/// # Safety
/// The request's options must be live, and made for an operation that has these.
unsafe fn set_options(request: &Request, validate_only: bool, timeout_ms: Option<i32>) {
    let mut text: Text = [0; 512];
    let (options, buffer, len) = (request.options, text.as_mut_ptr(), text.len());
    if validate_only {
        rdsys::rd_kafka_AdminOptions_set_validate_only(options, 1, buffer, len);
    }
    if let Some(timeout) = timeout_ms {
        rdsys::rd_kafka_AdminOptions_set_operation_timeout(options, timeout, buffer, len);
    }
}

/// # Safety
/// The results must be live.
unsafe fn topic_results(results: &[*const rdsys::rd_kafka_topic_result_t]) -> Value {
    let read = |result: &*const rdsys::rd_kafka_topic_result_t| {
        let error_code = numbers::rd_kafka_topic_result_error(*result);
        let reason = text_of(rdsys::rd_kafka_topic_result_error_string(*result));
        TopicResult {
            topic: text_of(rdsys::rd_kafka_topic_result_name(*result)),
            verdict: Verdict { error_code, error_message: (error_code != 0).then_some(reason) },
        }
    };
    json(results.iter().map(read).collect::<Vec<_>>())
}
