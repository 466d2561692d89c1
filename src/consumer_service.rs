//! The consumer service: JavaScript pulls slabs, runs the handlers, and reports progress lane by lane.

use std::sync::Arc;

use kafka4_core::consume::retry::{Decision, PolicyNumbers};
use kafka4_core::records::record;
use kafka4_core::runtime::Deadline;
use kafka4_core::services::consumer_service::{ConsumerService, HandlerFailure};
use napi::bindgen_prelude::*;
use napi::Env;
use napi_derive::napi;

use crate::bytes::array_buffer;
use crate::context::NativeContext;
use crate::error::{outcome, NativeError};
use crate::mailbox::{patience, Mailbox};

#[napi]
pub struct NativeConsumerService {
    pub(crate) core: Arc<ConsumerService>,
    mailbox: Arc<Mailbox>,
}

/// Messages of one or more lanes; see core/src/consume/slab.rs for the layout.
#[napi(object)]
pub struct NativeSlab<'env> {
    pub buffer: ArrayBuffer<'env>,
    pub count: u32,
}

/// A topic-partition of a group.
#[napi(object)]
pub struct NativeLane {
    pub topic: String,
    pub partition: i32,
    pub group_id: String,
}

/// What to do when a handler of a topic throws.
#[napi(object)]
pub struct NativeRetryPolicy {
    /// How often the handler is called for a message in all, from 1.
    pub attempts: Option<f64>,
    /// ms before the second attempt.
    pub initial_backoff_ms: Option<f64>,
    /// ms at most between attempts.
    pub max_backoff_ms: Option<f64>,
    pub multiplier: Option<f64>,
    /// Share of the pause that is random, 0 to 1.
    pub jitter: Option<f64>,
    /// False: after the last attempt the message is given up.
    pub dead_letter: Option<bool>,
    /// True: after the last attempt the topic stops before the message.
    pub stop: Option<bool>,
}

/// A handler that threw.
#[napi(object)]
pub struct NativeHandlerFailure {
    pub lane: u32,
    pub offset: i64,
    pub attempt: u32,
    pub name: String,
    pub message: String,
}

impl From<NativeHandlerFailure> for HandlerFailure {
    fn from(failure: NativeHandlerFailure) -> Self {
        let NativeHandlerFailure { lane, offset, attempt, name, message } = failure;
        HandlerFailure { lane, offset, attempt, name, message }
    }
}

/// `action`: `retry` (after `afterMs`), `deadLetter`, `skip`, `stop` or `gone` (the partition was taken away).
#[napi(object)]
pub struct NativeDecision {
    pub action: String,
    pub after_ms: u32,
}

#[napi]
impl NativeConsumerService {
    #[napi(constructor)]
    pub fn new(context: &NativeContext) -> Self {
        let mailbox = context.mailbox.clone();
        let core = ConsumerService::new(context.core.clone(), mailbox.clone());
        let weak = Arc::downgrade(&core);
        // Handlers cannot finish any more: what they did not finish is not committed and comes again.
        mailbox.at_end(move || {
            if let Some(core) = weak.upgrade() {
                kafka4_core::runtime::spawn_blocking(move || core.stop_all(Deadline::after_ms(500)));
            }
        });
        NativeConsumerService { core, mailbox }
    }

    #[napi]
    pub fn start(&self, id: u32, topic: String, group_id: Option<String>) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || core.start(&topic, group_id.as_deref()).map(|()| None));
    }

    /// `timeoutMs`: bound of the stop; `quietMs`: the bound where no broker answers.
    #[napi]
    pub fn stop(&self, id: u32, topic: String, timeout_ms: u32, quiet_ms: u32) {
        let core = self.core.clone();
        let patience = patience(timeout_ms, quiet_ms);
        self.mailbox.answer_apart(id, move || core.stop(&topic, patience).map(|()| None));
    }

    #[napi]
    pub fn stop_all(&self, id: u32, timeout_ms: u32, quiet_ms: u32) {
        let core = self.core.clone();
        let patience = patience(timeout_ms, quiet_ms);
        self.mailbox.answer_apart(id, move || {
            core.stop_all(patience);
            Ok(None)
        });
    }

    #[napi]
    pub fn active_topics(&self) -> Vec<String> {
        self.core.active_topics()
    }

    /// The next slab, or null when nothing waits.
    #[napi]
    pub fn take<'env>(&self, env: &'env Env) -> Result<Option<NativeSlab<'env>>> {
        let Some(slab) = self.core.take() else { return Ok(None) };
        let count = slab.count as u32;
        Ok(Some(NativeSlab { buffer: array_buffer(env, slab)?, count }))
    }

    /// Lanes that must stop: finish the running handler, drop the rest, then call `laneIdle`.
    #[napi]
    pub fn take_closing(&self) -> Vec<u32> {
        self.core.take_closing()
    }

    #[napi]
    pub fn lane(&self, lane: u32) -> Option<NativeLane> {
        let info = self.core.lane(lane)?;
        Some(NativeLane { topic: info.topic.to_string(), partition: info.partition, group_id: info.group.to_string() })
    }

    /// No handler of this lane runs any more.
    #[napi]
    pub fn lane_idle(&self, lane: u32) {
        if let Some(consumer) = self.core.owner(lane) {
            consumer.lane_idle(lane);
        }
    }

    /// Handlers finished: triples of lane, next offset, number of messages.
    #[napi]
    pub fn advance(&self, progress: &[f64]) {
        for step in progress.chunks_exact(3) {
            if let Some(consumer) = self.core.owner(step[0] as u32) {
                consumer.advance(step[0] as u32, step[1] as i64, step[2] as u32);
            }
        }
    }

    /// Time that handlers took, in µs, for the metrics.
    #[napi]
    pub fn record_handler_time(&self, us: f64, times: u32) {
        self.core.record_handler_time(us as u64, times.into());
    }

    #[napi]
    pub fn pause_lane(&self, lane: u32, paused: bool) {
        if let Some(consumer) = self.core.owner(lane) {
            consumer.pause(lane, paused);
        }
    }

    /// Offset after the last message of the partition, as last heard from the broker; -1: not known.
    #[napi]
    pub fn high_watermark(&self, lane: u32) -> i64 {
        self.core.owner(lane).map_or(-1, |consumer| consumer.high_watermark(lane))
    }

    /// Commits what the handlers have finished in the group of this lane.
    #[napi]
    pub fn commit(&self, id: u32, lane: u32) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || core.commit(lane).map(|()| None));
    }

    #[napi]
    pub fn set_retry_policy(&self, topic: String, policy: NativeRetryPolicy) -> Option<NativeError> {
        let NativeRetryPolicy { attempts, initial_backoff_ms, max_backoff_ms, multiplier, jitter, dead_letter, stop } =
            policy;
        let numbers =
            PolicyNumbers { attempts, initial_backoff_ms, max_backoff_ms, multiplier, jitter, dead_letter, stop };
        outcome(self.core.set_policy(&topic, numbers))
    }

    /// Counts the failure and decides what follows.
    #[napi]
    pub fn handler_failed(&self, failure: NativeHandlerFailure) -> NativeDecision {
        let (action, after_ms) = match self.core.failed(&failure.into()) {
            Ok(Decision::Retry { after_ms }) => ("retry", after_ms as u32),
            Ok(Decision::DeadLetter) => ("deadLetter", 0),
            Ok(Decision::Skip) => ("skip", 0),
            Ok(Decision::Stop) => ("stop", 0),
            Err(_) => ("gone", 0),
        };
        NativeDecision { action: action.to_string(), after_ms }
    }

    /// A retry policy stops this topic: told by the status until it is started again.
    #[napi]
    pub fn note_stopped(&self, topic: String) {
        self.core.note_stopped(&topic);
    }

    /// Sends the one record of the slab to the dead-letter topic; completes when the brokers have it.
    #[napi]
    pub fn dead_letter(&self, id: u32, failure: NativeHandlerFailure, slab: &[u8], index: &[i32]) {
        let core = self.core.clone();
        let (slab, index) = (slab.to_vec(), index.to_vec());
        self.mailbox.answer(id, move || {
            let record = record(&slab, &index)?;
            core.dead_letter(&failure.into(), record.key, record.value, record.headers, record.timestamp)?;
            Ok(None)
        });
    }
}
