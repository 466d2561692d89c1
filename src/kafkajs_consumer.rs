//! One member of a group whose offsets JavaScript manages: KafkaJS's consumer.

use std::collections::HashMap;
use std::sync::Arc;

use kafka4_core::consume::Offset;
use kafka4_core::error::Error;
use kafka4_core::patience::Patience;
use kafka4_core::requests;
use kafka4_core::runtime::Deadline;
use kafka4_core::services::group_member::GroupMember;
use napi::bindgen_prelude::*;
use napi::Env;
use napi_derive::napi;

use crate::bytes::array_buffer;
use crate::consumer_service::NativeSlab;
use crate::context::NativeContext;
use crate::error::NativeError;
use crate::mailbox::{patience, Mailbox};

/// An offset to commit: the next message to handle. `lane`: left out once that is gone.
#[napi(object)]
pub struct NativeOffset {
    pub topic: String,
    pub partition: i32,
    /// Decimal.
    pub offset: String,
    pub metadata: Option<String>,
    pub lane: Option<u32>,
}

/// Either the member, or the reason why it cannot be opened.
#[napi]
pub struct NativeGroupMember {
    opened: std::result::Result<Arc<GroupMember>, Error>,
    mailbox: Arc<Mailbox>,
}

#[napi]
impl NativeGroupMember {
    /// Opens the handle; waits for no broker. `properties`: librdkafka's, they win over the settings of the context.
    #[napi(constructor)]
    pub fn new(context: &NativeContext, group_id: String, properties: HashMap<String, String>) -> Self {
        let mailbox = context.mailbox.clone();
        let properties = properties.into_iter().collect();
        let opened = GroupMember::open(context.core.clone(), mailbox.clone(), &group_id, properties).map(Arc::new);
        if let Ok(member) = &opened {
            let weak = Arc::downgrade(member);
            // Handlers cannot finish any more: what they did not finish is not committed and comes again.
            mailbox.at_end(move || {
                if let Some(member) = weak.upgrade() {
                    kafka4_core::runtime::spawn_blocking(move || member.consumer.close(Deadline::after_ms(500)));
                }
            });
        }
        NativeGroupMember { opened, mailbox }
    }

    /// Why it could not be opened.
    #[napi]
    pub fn error(&self) -> Option<NativeError> {
        self.opened.as_ref().err().cloned().map(NativeError::from)
    }

    fn ask<F>(&self, id: u32, work: F)
    where
        F: FnOnce(&GroupMember) -> kafka4_core::error::Result<Option<String>> + Send + 'static,
    {
        let opened = self.opened.clone();
        self.mailbox.answer(id, move || work(&*opened?));
    }

    /// Waits until a broker answers.
    #[napi]
    pub fn await_broker(&self, id: u32, timeout_ms: u32) {
        let deadline = Deadline::after_ms(timeout_ms.into());
        self.ask(id, move |member| member.await_broker(deadline).map(|()| None));
    }

    /// Completes with false where another beginning was declared for the topic before.
    #[napi]
    pub fn declare(&self, id: u32, topic: String, from_beginning: bool, timeout_ms: u32) {
        let deadline = Deadline::after_ms(timeout_ms.into());
        self.ask(id, move |member| {
            member.consumer.declare(&topic, from_beginning, deadline).map(|fits| Some(fits.to_string()))
        });
    }

    /// Completes with the names of all topics.
    #[napi]
    pub fn topics(&self, id: u32, timeout_ms: u32) {
        let deadline = Deadline::after_ms(timeout_ms.into());
        self.ask(id, move |member| {
            let names = member.consumer.all_topics(deadline)?;
            Ok(Some(serde_json::to_string(&names).expect("plain data")))
        });
    }

    /// Completes when the member has joined its group with these topics.
    #[napi]
    pub fn join(&self, id: u32, topics: Vec<String>, timeout_ms: u32) {
        let deadline = Deadline::after_ms(timeout_ms.into());
        self.ask(id, move |member| member.consumer.join(&topics, deadline).map(|()| None));
    }

    /// Completes when the brokers have the offsets, with the indices of those that were not left out. `quietMs`: the bound
    /// where no broker answers.
    #[napi]
    pub fn commit(&self, id: u32, offsets: Vec<NativeOffset>, timeout_ms: u32, quiet_ms: u32) {
        let patience = patience(timeout_ms, quiet_ms);
        let offsets: std::result::Result<Vec<_>, _> = offsets.into_iter().map(offset_of).collect();
        self.ask(id, move |member| {
            let committed = member.consumer.commit_offsets(&offsets?, patience)?;
            Ok(Some(serde_json::to_string(&committed).expect("plain data")))
        });
    }

    /// Stops the lanes, waits for their `laneIdle`, leaves the group. `quietMs`: the bound where no broker answers.
    #[napi]
    pub fn close(&self, id: u32, timeout_ms: u32, quiet_ms: u32) {
        let opened = self.opened.clone();
        let patience: Patience = patience(timeout_ms, quiet_ms);
        self.mailbox.answer_apart(id, move || {
            if let Ok(member) = opened {
                member.consumer.close(patience);
            }
            Ok(None)
        });
    }

    /// The next slab, or null when nothing waits.
    #[napi]
    pub fn take<'env>(&self, env: &'env Env) -> Result<Option<NativeSlab<'env>>> {
        let Some(slab) = self.opened.as_ref().ok().and_then(|member| member.take()) else { return Ok(None) };
        let count = slab.count as u32;
        Ok(Some(NativeSlab { buffer: array_buffer(env, slab)?, count }))
    }

    /// Lanes that must stop: finish the running handler, drop the rest, commit, then call `laneIdle`.
    #[napi]
    pub fn take_closing(&self) -> Vec<u32> {
        self.opened.as_ref().map_or(Vec::new(), |member| member.consumer.take_closing())
    }

    /// What the group has told, as JSON texts (core/src/consume/notes.rs).
    #[napi]
    pub fn take_notes(&self) -> Vec<String> {
        let Ok(member) = &self.opened else { return Vec::new() };
        member.consumer.take_notes().iter().map(|note| serde_json::to_string(note).expect("plain data")).collect()
    }

    /// Requests that were written or answered, as JSON texts (core/src/requests).
    #[napi]
    pub fn take_requests(&self) -> Vec<String> {
        let Ok(member) = &self.opened else { return Vec::new() };
        member.requests.take().iter().map(|note| serde_json::to_string(note).expect("plain data")).collect()
    }

    /// Which requests are told from now on.
    #[napi]
    pub fn watch_requests(&self, heartbeats: bool, fetches: bool, all: bool) {
        let Ok(member) = &self.opened else { return };
        let bit = |wanted: bool, bit: u32| if wanted { bit } else { 0 };
        let kinds = bit(heartbeats, requests::HEARTBEATS) | bit(fetches, requests::FETCHES) | bit(all, requests::ALL);
        member.requests.watch(kinds);
    }

    /// False: the lane is gone, and messages of it are to be dropped.
    #[napi]
    pub fn has_lane(&self, lane: u32) -> bool {
        self.opened.as_ref().is_ok_and(|member| member.consumer.lane(lane).is_some())
    }

    /// No handler of this lane runs any more, what it finished is committed.
    #[napi]
    pub fn lane_idle(&self, lane: u32) {
        if let Ok(member) = &self.opened {
            member.consumer.lane_idle(lane);
        }
    }

    /// Handlers finished: triples of lane, next offset, number of messages. Gives their room back.
    #[napi]
    pub fn advance(&self, progress: &[f64]) {
        let Ok(member) = &self.opened else { return };
        for step in progress.chunks_exact(3) {
            member.consumer.advance(step[0] as u32, step[1] as i64, step[2] as u32);
        }
    }

    #[napi]
    pub fn pause_lane(&self, lane: u32, paused: bool) {
        if let Ok(member) = &self.opened {
            member.consumer.pause(lane, paused);
        }
    }

    /// Continues the lane's partition at an offset, -2 and -1 are the beginning and the end, under the lane number that is
    /// returned. Below 0: the lane is gone (-1), or too many seeks wait (-2).
    #[napi]
    pub fn seek(&self, lane: u32, offset: i64) -> i64 {
        let Ok(member) = &self.opened else { return -1 };
        match member.consumer.seek(lane, offset) {
            Ok(lane) => lane.into(),
            Err(error) if error.code == "ERR_KAFKA_TOO_MANY_SEEKS" => -2,
            Err(_) => -1,
        }
    }

    /// Offset after the last message of the partition, as last heard from the broker; -1: not known.
    #[napi]
    pub fn high_watermark(&self, lane: u32) -> i64 {
        self.opened.as_ref().map_or(-1, |member| member.consumer.high_watermark(lane))
    }
}

fn offset_of(offset: NativeOffset) -> kafka4_core::error::Result<Offset> {
    let NativeOffset { topic, partition, offset, metadata, lane } = offset;
    let offset = offset.parse().map_err(|_| Error::invalid(format!("{offset:?} is no offset")))?;
    Ok(Offset { topic, partition, offset, metadata, lane })
}
