//! Things that happen without being asked for, told to the application.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use crate::error::Error;
use crate::oauth::Tokens;
use crate::wake::Wake;

/// `type` is the name under which the services emit it; the other fields are its payload.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A connection failed or was lost; librdkafka reconnects by itself.
    ConnectionError { client: String, broker: String, reason: String },
    /// A client cannot go on; the services replace it at the next call.
    Fatal { client: String, error: Error },
    /// Partitions were given to this member of the group.
    PartitionsAssigned { group_id: String, partitions: Vec<TopicPartition> },
    /// Partitions were taken away; `lost`: without the chance to commit.
    PartitionsRevoked { group_id: String, partitions: Vec<TopicPartition>, lost: bool },
    /// Offsets reached the broker, or did not.
    OffsetsCommitted { group_id: String, partitions: Vec<TopicPartition>, error: Option<Error> },
    /// A handler threw; `attempt` counts from 1.
    HandlerFailed { topic: String, partition: i32, offset: i64, attempt: u32, error: String, retry_in_ms: Option<u64> },
    /// A message went to its dead-letter topic.
    DeadLettered { topic: String, partition: i32, offset: i64, dead_letter_topic: String, error: String },
    /// A consumer holds messages or lag, is not paused, and made no progress for this long.
    Stalled { group_id: String, topic: String, partition: i32, stalled_ms: u64, reason: String, healing: bool },
    /// A stalled consumer moves again.
    Recovered { group_id: String, topic: String, partition: i32 },
    /// A handler or policy stopped the consumption of a topic.
    Stopped { group_id: String, topic: String, error: Option<Error> },
    /// The token provider of SASL OAUTHBEARER is asked for a token.
    TokenNeeded { client: String },
    /// A second handler for a topic replaced the first, an existing topic differs from its declaration, and the like.
    Warning { code: String, message: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicPartition {
    pub topic: String,
    pub partition: i32,
    /// Committed, stored or last offset where it makes sense, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
}

/// More waiting events than this, and the oldest go: an application that never takes them must not cost memory.
const LIMIT: usize = 1024;

/// Events that wait to be taken.
#[derive(Default)]
pub struct Events {
    waiting: Mutex<VecDeque<Event>>,
    wake: Mutex<Option<Arc<dyn Wake>>>,
    /// What the application gives when it is asked by [`Event::TokenNeeded`].
    pub tokens: Tokens,
}

impl Events {
    pub fn on_event(&self, wake: Arc<dyn Wake>) {
        *self.wake.lock().expect("no panic while setting") = Some(wake);
    }

    pub fn emit(&self, event: Event) {
        {
            let mut waiting = self.waiting.lock().expect("no panic while queueing");
            if waiting.len() == LIMIT {
                waiting.pop_front();
            }
            waiting.push_back(event);
        }
        let wake = self.wake.lock().expect("no panic while setting").clone();
        if let Some(wake) = wake {
            wake.wake();
        }
    }

    pub fn take(&self) -> Vec<Event> {
        self.waiting.lock().expect("no panic while queueing").drain(..).collect()
    }
}
