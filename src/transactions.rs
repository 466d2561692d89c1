//! Transactions step by step. Sends cross as those of the producer service, and are reported in the same form.

use std::sync::Arc;

use kafka4_core::produce::GroupOffset;
use kafka4_core::requests::Requests;
use kafka4_core::runtime::Deadline;
use kafka4_core::services::transactions::TransactionService;
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::context::NativeContext;
use crate::error::{outcome, NativeError};
use crate::mailbox::{patience, Mailbox};
use crate::producer_service::NativeTopicId;
use crate::unread::Unread;

/// An offset that is committed with the transaction.
#[napi(object)]
pub struct NativeGroupOffset {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub metadata: Option<String>,
}

#[napi]
pub struct NativeTransactions {
    core: Arc<TransactionService>,
    mailbox: Arc<Mailbox>,
    unread: Unread,
    requests: Option<Arc<Requests>>,
}

#[napi]
impl NativeTransactions {
    #[napi(constructor)]
    pub fn new(context: &NativeContext, transactional_id: String) -> Self {
        let mailbox = context.mailbox.clone();
        let requests = context.core.producer_requests.get().cloned();
        let core = TransactionService::new(context.core.clone(), mailbox.clone(), transactional_id);
        let weak = Arc::downgrade(&core);
        // Not waited for: the environment ends now.
        mailbox.at_end(move || {
            if let Some(core) = weak.upgrade() {
                kafka4_core::runtime::spawn_blocking(move || core.disconnect(Deadline::after_ms(1_000)));
            }
        });
        NativeTransactions { core, mailbox, unread: Unread::default(), requests }
    }

    /// As `NativeProducerService.takeRequests`.
    #[napi]
    pub fn take_requests(&self) -> Vec<String> {
        let notes = self.requests.as_ref().map(|requests| requests.take()).unwrap_or_default();
        notes.iter().map(|note| serde_json::to_string(note).expect("plain data")).collect()
    }

    #[napi]
    pub fn begin(&self, id: u32) {
        let core = self.core.clone();
        let closings = core.closings();
        self.mailbox.answer(id, move || core.begin(closings).map(|()| None));
    }

    #[napi]
    pub fn topic_id(&self, name: String) -> NativeTopicId {
        match self.core.topic_id(&name) {
            Ok(id) => NativeTopicId { id, error: None },
            Err(error) => NativeTopicId { id: 0, error: Some(error.into()) },
        }
    }

    #[napi]
    pub fn topic_name(&self, id: u32) -> Option<String> {
        self.core.topic_name(id)
    }

    /// As `NativeProducerService.send`.
    #[napi]
    pub fn send(&self, slab: &[u8], index: &[i32], sends: &[i32]) -> Option<NativeError> {
        outcome(self.core.send(slab, index, sends))
    }

    /// As `NativeProducerService.takeReports`.
    #[napi]
    pub fn take_reports(&self, into: Float64ArraySlice<'_>) -> i32 {
        self.unread.write(&self.core.take_reports(), into)
    }

    #[napi]
    pub fn send_offsets(&self, id: u32, group: String, offsets: Vec<NativeGroupOffset>) {
        let core = self.core.clone();
        let offset = |o: NativeGroupOffset| GroupOffset {
            topic: o.topic,
            partition: o.partition,
            offset: o.offset,
            metadata: o.metadata,
        };
        let offsets: Vec<GroupOffset> = offsets.into_iter().map(offset).collect();
        self.mailbox.answer(id, move || core.send_offsets(&group, &offsets).map(|()| None));
    }

    #[napi]
    pub fn commit(&self, id: u32) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || core.commit().map(|()| None));
    }

    #[napi]
    pub fn abort(&self, id: u32) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || core.abort().map(|()| None));
    }

    /// `timeoutMs`: bound of flushing and closing; `quietMs`: the bound where no broker answers.
    #[napi]
    pub fn disconnect(&self, id: u32, timeout_ms: u32, quiet_ms: u32) {
        let core = self.core.clone();
        let patience = patience(timeout_ms, quiet_ms);
        self.mailbox.answer_apart(id, move || {
            core.disconnect(patience);
            Ok(None)
        });
    }
}
