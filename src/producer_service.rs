//! The producer service: one call down for all sends of a tick, one array up for all that settled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use kafka4_core::error::{Error, RespErr};
use kafka4_core::produce::{Persisted, SendReport};
use kafka4_core::requests::Requests;
use kafka4_core::runtime::Deadline;
use kafka4_core::services::producer_service::ProducerService;
use napi::bindgen_prelude::*;
use napi_derive::napi;
use once_cell::sync::Lazy;

use crate::context::NativeContext;
use crate::error::{outcome, NativeError};
use crate::mailbox::{patience, Mailbox};
use crate::unread::Unread;

#[napi]
pub struct NativeProducerService {
    pub(crate) core: Arc<ProducerService>,
    mailbox: Arc<Mailbox>,
    unread: Unread,
    /// Where the context takes note of them, see `NativeContext.watchProducerRequests`.
    requests: Option<Arc<Requests>>,
}

/// The id of a topic, or why its name is none.
#[napi(object)]
pub struct NativeTopicId {
    pub id: u32,
    pub error: Option<NativeError>,
}

#[napi]
impl NativeProducerService {
    #[napi(constructor)]
    pub fn new(context: &NativeContext) -> Self {
        let mailbox = context.mailbox.clone();
        let requests = context.core.producer_requests.get().cloned();
        let core = ProducerService::new(context.core.clone(), mailbox.clone());
        let weak = Arc::downgrade(&core);
        // Not waited for: the environment ends now, and librdkafka's threads must not keep running for nobody.
        mailbox.at_end(move || {
            if let Some(core) = weak.upgrade() {
                kafka4_core::runtime::spawn_blocking(move || core.disconnect(Deadline::after_ms(1_000)));
            }
        });
        NativeProducerService { core, mailbox, unread: Unread::default(), requests }
    }

    #[napi]
    pub fn connect(&self, id: u32) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || core.connect().map(|()| None));
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

    /// See core/src/records.rs for the slab and the index. The slab is read during the call only.
    #[napi]
    pub fn send(&self, slab: &[u8], index: &[i32], sends: &[i32]) -> Option<NativeError> {
        outcome(self.core.send(slab, index, sends))
    }

    /// Writes the settled sends to `into`, see [`pack`]; gives how many numbers these are. A negative number: so much room
    /// is wanted, they wait for the next call. A buffer of the caller's, since one made for each call costs more than its
    /// contents.
    #[napi]
    pub fn take_reports(&self, into: Float64ArraySlice<'_>) -> i32 {
        self.unread.write(&self.core.take_reports(), into)
    }

    /// All records or none; completes with the reports in the form of `takeReports`, as JSON text.
    #[napi]
    pub fn transaction(&self, id: u32, slab: &[u8], index: &[i32], sends: &[i32]) {
        let core = self.core.clone();
        let (slab, index, sends) = (slab.to_vec(), index.to_vec(), sends.to_vec());
        self.mailbox.answer(id, move || {
            let reports = core.transaction(&slab, &index, &sends)?;
            let mut numbers = Vec::new();
            pack(&reports, &mut numbers);
            Ok(Some(serde_json::to_string(&numbers).expect("plain numbers")))
        });
    }

    #[napi]
    pub fn set_transactional_id(&self, id: Option<String>) -> Option<NativeError> {
        outcome(self.core.set_transactional_id(id))
    }

    /// Completes with what brokers know of these topics, see core/src/produce/metadata.rs.
    #[napi]
    pub fn metadata(&self, id: u32, topics: Vec<String>) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || {
            let topics = core.metadata(&topics)?;
            Ok(Some(serde_json::to_string(&topics).expect("plain data")))
        });
    }

    /// The requests to brokers that were noted since the last call, as JSON texts (core/src/requests).
    #[napi]
    pub fn take_requests(&self) -> Vec<String> {
        let notes = self.requests.as_ref().map(|requests| requests.take()).unwrap_or_default();
        notes.iter().map(|note| serde_json::to_string(note).expect("plain data")).collect()
    }

    #[napi]
    pub fn is_connected(&self) -> bool {
        self.core.is_connected()
    }
}

/// Codes that `pack` has sent up. JavaScript asks with the number; only numbers that came from librdkafka are turned back
/// into its enumeration, because any other would be undefined behaviour.
static SEEN: Lazy<Mutex<BTreeMap<i32, RespErr>>> = Lazy::new(Mutex::default);

/// What an error code of a failed message means.
#[napi]
pub fn describe_error_code(code: i32, context: String) -> NativeError {
    let known = SEEN.lock().expect("no panic while looking up").get(&code).copied();
    Error::from_resp(known.unwrap_or(RespErr::RD_KAFKA_RESP_ERR_UNKNOWN), &context).into()
}

/// A report as numbers: send id, messages, partitions, failures; then for each partition topic id, partition, smallest
/// offset, timestamp, first offset of the partition; then for each failure index in the send, error code, 1 where the broker
/// may have stored it.
pub(crate) fn pack(reports: &[SendReport], out: &mut Vec<f64>) {
    out.reserve(reports.len() * 8);
    for report in reports {
        out.extend([
            f64::from(report.send_id),
            f64::from(report.count),
            report.partitions.len() as f64,
            report.failures.len() as f64,
        ]);
        for p in &report.partitions {
            out.extend([f64::from(p.topic), f64::from(p.partition)]);
            out.extend([p.base_offset as f64, p.timestamp as f64, p.log_start as f64]);
        }
        for failure in &report.failures {
            SEEN.lock().expect("no panic while noting").insert(failure.error as i32, failure.error);
            let unknown = matches!(failure.persisted, Persisted::Unknown);
            out.extend([f64::from(failure.index), f64::from(failure.error as i32), f64::from(u8::from(unknown))]);
        }
    }
}
