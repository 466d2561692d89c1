//! Does a topic exist, and may it be read? Asked before it is subscribed: librdkafka itself would tell late (a fetch is refused
//! only after the assignment), or never.

use std::ffi::{c_char, c_int, CString};
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_AclOperation_t as AclOperation;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::cancel;
use crate::client::Client;
use crate::error::{describe, is_retriable, Error, ErrorClass, Result};
use crate::resp;
use crate::runtime::Deadline;

use super::group::Group;
use super::native::{self, Queue};
use super::subscription::{check_open, BETWEEN};

/// A topic that was created just now is not known to every broker yet; this long one that does not exist is asked for.
pub const PATIENCE: Duration = Duration::from_millis(500);
/// And this long one that brokers may make because it is asked for.
pub const MAKING: Duration = Duration::from_secs(5);

/// The permission is not waited for longer than this: a broker that does not tell it tells a refusal of the fetch.
const PERMISSION: Duration = Duration::from_secs(2);

/// Errors: `UNKNOWN_TOPIC_OR_PART`, authorization errors, a timeout.
pub fn look(group: &Group, client: &Client, name: &str, deadline: Deadline) -> Result<()> {
    look_for(group, client, name, deadline, PATIENCE)
}

/// As `look`; a topic that does not exist is asked for so long.
pub fn look_for(group: &Group, client: &Client, name: &str, deadline: Deadline, longest: Duration) -> Result<()> {
    let patience = Deadline::after(longest).min(deadline);
    // librdkafka's call cannot be ended, so it is made in pieces: between two of them a cancellation is looked for.
    let mut slice = Duration::from_millis(500);
    loop {
        cancel::check()?;
        let Topic { err, has_controller } = ask(client, name, deadline.min(Deadline::after(slice)));
        slice = (slice * 3 / 2).min(Duration::from_secs(2));
        let error = match err {
            RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => {
                return match has_controller && !may_read(client, name, deadline.min(Deadline::after(PERMISSION))) {
                    true => {
                        let context = format!("topic {name} may be seen, but not read: an ACL for Read is missing");
                        Err(Error::from_resp(RespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, &context))
                    }
                    false => Ok(()),
                }
            }
            RespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART | RespErr::RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC => {
                let message = format!("topic {name} does not exist; create it first (initializeKafka4, or the admin)");
                let error = Error::new(ErrorClass::KafkaConsumerError, "UNKNOWN_TOPIC_OR_PART", message);
                if patience.passed() {
                    return Err(error);
                }
                error
            }
            err if is_retriable(err) => Error::timeout(format!("metadata of topic {name}: {}", describe(err))),
            err => return Err(Error::from_resp(err, &format!("topic {name}"))),
        };
        if deadline.passed() {
            return Err(error);
        }
        // Also wakes when the group closes.
        let state = group.wait_change(group.state(), BETWEEN.min(deadline.left()));
        check_open(group, &state)?;
    }
}

/// What the metadata say.
struct Topic {
    err: RespErr,
    /// The controller is one of the brokers. The mock cluster names one that does not exist, for which a request would wait
    /// in vain.
    has_controller: bool,
}

impl From<RespErr> for Topic {
    fn from(err: RespErr) -> Self {
        Topic { err, has_controller: false }
    }
}

fn ask(client: &Client, name: &str, deadline: Deadline) -> Topic {
    let Ok(c_name) = CString::new(name) else { return RespErr::RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION.into() };
    let mut metadata = std::ptr::null();
    // SAFETY: the handle lives as long as `client`; topic object and metadata are given back.
    unsafe {
        let topic = rdsys::rd_kafka_topic_new(client.rk(), c_name.as_ptr(), std::ptr::null_mut());
        if topic.is_null() {
            return rdsys::rd_kafka_last_error().into();
        }
        let err = rdsys::rd_kafka_metadata(client.rk(), 0, topic, &mut metadata, deadline.left_ms().max(1));
        rdsys::rd_kafka_topic_destroy(topic);
        if err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return err.into();
        }
        let all: &rdsys::rd_kafka_metadata = &*metadata;
        let count = usize::try_from(all.topic_cnt).unwrap_or(0);
        let found = (0..count).map(|i| &*all.topics.add(i)).find(|t| native::text(t.topic) == name);
        let err = match found {
            None => RespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            Some(topic) => match resp::read(&raw const topic.err) {
                RespErr::RD_KAFKA_RESP_ERR_NO_ERROR if topic.partition_cnt == 0 => {
                    RespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                }
                err => err,
            },
        };
        let controller = rdsys::rd_kafka_controllerid(client.rk(), 0);
        let brokers = usize::try_from(all.broker_cnt).unwrap_or(0);
        let has_controller = (0..brokers).any(|i| (*all.brokers.add(i)).id == controller);
        rdsys::rd_kafka_metadata_destroy(metadata);
        Topic { err, has_controller }
    }
}

/// The names of all topics.
pub fn all(client: &Client, deadline: Deadline) -> Result<Vec<String>> {
    let mut metadata = std::ptr::null();
    // SAFETY: the handle lives as long as `client`; the metadata are given back.
    unsafe {
        let timeout = deadline.left_ms().max(1);
        let err = rdsys::rd_kafka_metadata(client.rk(), 1, std::ptr::null_mut(), &mut metadata, timeout);
        native::check_code(err, "topics of the cluster")?;
        let all: &rdsys::rd_kafka_metadata = &*metadata;
        let count = usize::try_from(all.topic_cnt).unwrap_or(0);
        let names = (0..count).map(|i| native::text((*all.topics.add(i)).topic)).collect();
        rdsys::rd_kafka_metadata_destroy(metadata);
        Ok(names)
    }
}

/// What the broker says that this client may do with the topic. True also where it says nothing.
fn may_read(client: &Client, name: &str, deadline: Deadline) -> bool {
    let Ok(c_name) = CString::new(name) else { return true };
    // SAFETY: the handle lives as long as `client`; collection, options, queue and event are given back, what is read from
    // the event is read before that.
    unsafe {
        let Some(queue) = Queue::from_raw(rdsys::rd_kafka_queue_new(client.rk())) else { return true };
        let op = rdsys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
        let options = rdsys::rd_kafka_AdminOptions_new(client.rk(), op);
        let refused = rdsys::rd_kafka_AdminOptions_set_include_authorized_operations(options, 1);
        let mut text = [0 as c_char; 256];
        let timeout = deadline.left_ms().max(1);
        rdsys::rd_kafka_AdminOptions_set_request_timeout(options, timeout, text.as_mut_ptr(), text.len());
        let mut names = [c_name.as_ptr()];
        let topics = rdsys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        if refused.is_null() {
            rdsys::rd_kafka_DescribeTopics(client.rk(), topics, options, queue.as_ptr());
        }
        rdsys::rd_kafka_TopicCollection_destroy(topics);
        rdsys::rd_kafka_AdminOptions_destroy(options);
        if !refused.is_null() {
            rdsys::rd_kafka_error_destroy(refused);
            return true;
        }
        let event = rdsys::rd_kafka_queue_poll(queue.as_ptr(), deadline.left_ms());
        if event.is_null() {
            return true;
        }
        let allowed = allows_reading(event);
        rdsys::rd_kafka_event_destroy(event);
        allowed
    }
}

/// # Safety
/// `event` must be a live event.
unsafe fn allows_reading(event: *mut rdsys::rd_kafka_event_t) -> bool {
    let result = rdsys::rd_kafka_event_DescribeTopics_result(event);
    if result.is_null() || resp::of_event(event) != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        return true;
    }
    let mut count = 0;
    let topics = rdsys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
    if topics.is_null() || count != 1 {
        return true;
    }
    let mut count = 0;
    let operations = rdsys::rd_kafka_TopicDescription_authorized_operations(*topics, &mut count);
    // None at all is what a broker without permissions to tell of says, or one that could not describe the topic.
    if operations.is_null() || count == 0 || count > 64 {
        return true;
    }
    // As numbers: a newer librdkafka has operations that the bindings' enum does not list.
    let numbers = operations.cast::<c_int>();
    (0..count).any(|i| *numbers.add(i) == AclOperation::RD_KAFKA_ACL_OPERATION_READ as c_int)
}
