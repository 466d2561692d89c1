//! A transaction step by step: its caller begins it, sends, adds offsets, ends it. The other way, all in one call, is
//! `TransactionalProducer::run`; one producer is used in one way only.

use std::ffi::CString;
use std::sync::atomic::Ordering;
use std::sync::Arc;

use rdkafka_sys as rdsys;

use crate::client::Client;
use crate::error::{Error, ErrorClass, Result};
use crate::runtime::Deadline;

use super::super::refusal::{aborted, call, Refusal};
use super::super::report::SendReport;
use super::{TransactionalProducer, ABORT_GRACE};

/// An offset that is committed with a transaction.
#[derive(Debug, Clone)]
pub struct GroupOffset {
    pub topic: String,
    pub partition: i32,
    /// The next one to read.
    pub offset: i64,
    pub metadata: Option<String>,
}

impl TransactionalProducer {
    /// Blocks until a broker answered.
    pub fn await_broker(&self, servers: &[String], attempts: u32, deadline: Deadline) -> Result<()> {
        self.producer.await_broker(servers, attempts, deadline)
    }

    /// Begins a transaction; the first one gets the producer's id from the coordinator, which fences an earlier producer of
    /// the same transactional id. Blocks until the deadline at most.
    pub fn begin(&self, deadline: Deadline) -> Result<()> {
        let client = self.producer.client()?;
        if let Some(fatal) = client.fatal_error() {
            return Err(fatal);
        }
        self.initialize(&client, deadline).map_err(root)?;
        // SAFETY: the handle is alive.
        call(|| unsafe { rdsys::rd_kafka_begin_transaction(client.rk()) }).map_err(|refusal| self.refused(refusal))
    }

    /// As `Producer::send`.
    pub fn send(&self, slab: &[u8], index: &[i32], sends: &[i32]) -> Result<()> {
        self.producer.send(slab, index, sends)
    }

    /// As `Producer::take_reports`.
    pub fn take_reports(&self) -> Vec<SendReport> {
        self.producer.take_reports()
    }

    /// Messages that are not settled.
    pub fn in_flight(&self) -> usize {
        self.producer.in_flight()
    }

    /// Makes the commit of a group's offsets a part of the transaction. The group is known by its id only: a member that
    /// lost its partitions meanwhile is not told from one that holds them (no fencing of KIP-447).
    pub fn send_offsets(&self, group: &str, offsets: &[GroupOffset], deadline: Deadline) -> Result<()> {
        let client = self.producer.client()?;
        let group = CString::new(group).map_err(|_| Error::invalid("a group id with NUL"))?;
        let list = Offsets::new(offsets)?;
        // SAFETY: made here, destroyed below; librdkafka copies what it keeps.
        let metadata = unsafe { rdsys::rd_kafka_consumer_group_metadata_new(group.as_ptr()) };
        let send = |ms| unsafe {
            // SAFETY: all three are alive.
            rdsys::rd_kafka_send_offsets_to_transaction(client.rk(), list.0, metadata, ms)
        };
        let outcome = self.repeat(&client, send, deadline);
        // SAFETY: nobody uses it any more.
        unsafe { rdsys::rd_kafka_consumer_group_metadata_destroy(metadata) };
        outcome.map_err(|refusal| self.refused(refusal))
    }

    /// Commits, once every record is acknowledged. An error tells by `details.outcome` of a KafkaTransactionError what became
    /// of it: `aborted`, or `unknown`.
    pub fn commit_steps(&self, deadline: Deadline) -> Result<()> {
        let client = self.producer.client()?;
        if !self.producer.flush(deadline) {
            let error = Error::timeout("the records of the transaction were not acknowledged in time");
            return Err(self.give_up(&client, error, deadline));
        }
        // SAFETY: the handle is alive. After a retriable refusal the same call goes on with the same commit.
        let commit = |ms| unsafe { rdsys::rd_kafka_commit_transaction(client.rk(), ms) };
        let Err(refusal) = self.repeat(&client, commit, deadline) else {
            self.telemetry.transactions_committed.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        };
        if refusal.must_abort {
            return Err(self.give_up(&client, refusal.error, deadline));
        }
        self.broken.store(true, Ordering::Release);
        self.telemetry.transactions_aborted.fetch_add(1, Ordering::Relaxed);
        if refusal.fatal {
            return Err(refusal.error);
        }
        let message = format!("whether the transaction was committed is not known: {}", refusal.error.message);
        Err(Error::new(ErrorClass::KafkaTransactionError, "TRANSACTION_OUTCOME_UNKNOWN", message)
            .details(serde_json::json!({ "outcome": "unknown" }))
            .caused_by(refusal.error))
    }

    /// Aborts. Records that are under way fail; when this returns, all of them are reported.
    pub fn abort_steps(&self, deadline: Deadline) -> Result<()> {
        let client = self.producer.client()?;
        self.end_without_commit(&client, deadline)
    }

    /// The transaction is aborted for `cause`.
    fn give_up(&self, client: &Arc<Client>, cause: Error, deadline: Deadline) -> Error {
        // Nothing becomes visible without a commit, whatever comes of the abort.
        let _ = self.end_without_commit(client, deadline);
        aborted(cause)
    }

    fn end_without_commit(&self, client: &Arc<Client>, deadline: Deadline) -> Result<()> {
        let grace = Deadline::after(ABORT_GRACE.max(deadline.left()));
        // A record that a broker refused leaves a gap in the sequence of its partition, which librdkafka does not close: the
        // next transaction would fail for it. A new producer begins anew.
        let gap = self.reason(client).is_some();
        self.producer.drop_pending();
        // SAFETY: the handle is alive.
        let abort = |ms| unsafe { rdsys::rd_kafka_abort_transaction(client.rk(), ms) };
        let outcome = self.repeat(client, abort, grace);
        self.telemetry.transactions_aborted.fetch_add(1, Ordering::Relaxed);
        if outcome.is_err() || !self.await_reports(client, grace) || gap {
            self.broken.store(true, Ordering::Release);
        }
        outcome.map_err(|refusal| self.refused(refusal))
    }

    fn refused(&self, refusal: Refusal) -> Error {
        self.note(&refusal);
        refusal.error
    }
}

/// What an error is about, without the word that the transaction was aborted: it had not begun.
fn root(error: Error) -> Error {
    match error.cause {
        Some(cause) => *cause,
        None => error,
    }
}

/// librdkafka's list, given back at the end.
struct Offsets(*mut rdsys::rd_kafka_topic_partition_list_t);

impl Offsets {
    fn new(offsets: &[GroupOffset]) -> Result<Offsets> {
        // SAFETY: the list is ours; names are copied by `add`, metadata into memory of the C library's, which the list frees.
        unsafe {
            let list = Offsets(rdsys::rd_kafka_topic_partition_list_new(offsets.len() as i32));
            for each in offsets {
                let topic = CString::new(each.topic.as_str()).map_err(|_| Error::invalid("a topic name with NUL"))?;
                let entry = &mut *rdsys::rd_kafka_topic_partition_list_add(list.0, topic.as_ptr(), each.partition);
                entry.offset = each.offset;
                let Some(metadata) = each.metadata.as_deref().filter(|text| !text.is_empty()) else { continue };
                let copy = libc_malloc(metadata.as_bytes())?;
                entry.metadata = copy;
                entry.metadata_size = metadata.len();
            }
            Ok(list)
        }
    }
}

impl Drop for Offsets {
    fn drop(&mut self) {
        // SAFETY: made by `new`, used by nobody else.
        unsafe { rdsys::rd_kafka_topic_partition_list_destroy(self.0) };
    }
}

extern "C" {
    fn malloc(size: usize) -> *mut std::ffi::c_void;
}

/// A copy that the C library's `free` takes.
///
/// # Safety
/// The result must be freed by it.
unsafe fn libc_malloc(bytes: &[u8]) -> Result<*mut std::ffi::c_void> {
    let copy = malloc(bytes.len());
    if copy.is_null() {
        return Err(Error::state("NO_QUEUE", "no memory for the metadata of an offset"));
    }
    std::ptr::copy_nonoverlapping(bytes.as_ptr(), copy.cast::<u8>(), bytes.len());
    Ok(copy)
}
