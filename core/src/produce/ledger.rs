//! The accounts of sends that are under way: how many of their records are open, where the others went, what failed.
//! A record's opaque is its account's number (upper half) and its position in the send (lower half).

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

use crate::error::{Error, ErrorClass, Result};
use crate::runtime::Deadline;
use crate::telemetry::Telemetry;

use super::accounts::{Account, Accounts};
use super::intake::Item;
use super::late::Late;
use super::report::{pairs, SendReport};
use super::settling::Settling;

// An opaque carries two halves of 32 bits in a pointer.
const _: () = assert!(size_of::<usize>() == 8, "kafka4 needs a 64-bit platform");

/// How much may be under way: librdkafka's own queue and what `pending` may hold on top.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub messages: usize,
    pub bytes: u64,
}

pub struct Ledger {
    limits: Limits,
    pub(super) telemetry: Arc<Telemetry>,
    /// One lock, taken once by a send and once by a delivery event, whatever the number of records.
    accounts: Mutex<Accounts>,
    /// Signalled when the last open record is settled.
    pub(super) idle: Condvar,
}

impl Ledger {
    pub fn new(limits: Limits, telemetry: Arc<Telemetry>) -> Self {
        Ledger { limits, telemetry, accounts: Mutex::default(), idle: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().expect("no panic while counting")
    }

    /// Opens one account for each send and writes the opaques of its records. Refuses the whole call when too much is
    /// under way. True: a send without records was settled at once.
    pub fn open(&self, sends: &[i32], items: &mut [Item], bytes: u64, now: Instant) -> Result<bool> {
        let mut accounts = self.lock();
        let waiting = accounts.messages + accounts.reports.len();
        if waiting + items.len() > self.limits.messages || accounts.bytes + bytes > self.limits.bytes {
            return Err(self.full(items.len(), bytes, waiting, accounts.bytes));
        }
        let mut rest = items;
        let mut settled = false;
        for (send_id, count) in pairs(sends)? {
            let report = SendReport { send_id, count, partitions: Vec::new(), failures: Vec::new() };
            if count == 0 {
                accounts.reports.push_back(report);
                settled = true;
                continue;
            }
            let (mine, others) = rest.split_at_mut(count as usize);
            rest = others;
            let bytes = mine.iter().map(|item| item.len() as u64).sum();
            let number = accounts.insert(Account { report, open: count, bytes, since: now, late: None });
            for (n, item) in mine.iter_mut().enumerate() {
                item.opaque = u64::from(number) << 32 | n as u64;
            }
            accounts.messages += count as usize;
            accounts.bytes += bytes;
        }
        Ok(settled)
    }

    fn full(&self, messages: usize, bytes: u64, open: usize, open_bytes: u64) -> Error {
        let possible = messages <= self.limits.messages && bytes <= self.limits.bytes;
        let hint = if possible { "wait for earlier sends, then send again" } else { "send it in smaller parts" };
        let message = format!(
            "{open} messages of {open_bytes} bytes wait for the brokers, {messages} messages of {bytes} bytes more are \
             too many (limits: {}, {}): {hint}",
            self.limits.messages, self.limits.bytes
        );
        Error::new(ErrorClass::KafkaPublishError, "QUEUE_FULL", message).retriable(possible)
    }

    /// Settles records under one lock.
    pub fn settle(&self) -> Settling<'_> {
        Settling::new(self, self.lock())
    }

    /// These records go to librdkafka only now: those of them that it has not reported by `deadline` are failed by
    /// [`Settling::expire`].
    pub fn watch(&self, items: &[Item], deadline: Instant) {
        let accounts = &mut *self.lock();
        for item in items {
            let number = (item.opaque >> 32) as u32;
            let account = &mut accounts.all[number as usize];
            let late = account.late.get_or_insert_with(|| {
                accounts.late.push(number);
                Box::new(Late::new(deadline, account.report.count))
            });
            late.watch(item.opaque as u32);
        }
    }

    /// These records were not taken.
    pub fn unwatch(&self, items: &[Item]) {
        let mut accounts = self.lock();
        for item in items {
            if let Some(late) = &mut accounts.all[(item.opaque >> 32) as usize].late {
                late.report(item.opaque as u32);
            }
        }
    }

    /// Records were handed over late, and may still be open.
    pub fn has_late(&self) -> bool {
        !self.lock().late.is_empty()
    }

    pub fn take_reports(&self) -> Vec<SendReport> {
        std::mem::take(&mut self.lock().reports).into()
    }

    pub fn in_flight(&self) -> usize {
        self.lock().messages
    }

    /// Messages that were transmitted, or are open and may have been.
    pub fn sent_once(&self) -> u64 {
        let accounts = self.lock();
        accounts.transmitted + accounts.messages as u64
    }

    /// Blocks until nothing is open, at most until the deadline. False: something still is.
    pub fn wait_idle(&self, deadline: Deadline) -> bool {
        let accounts = self.lock();
        let waited = self.idle.wait_timeout_while(accounts, deadline.left(), |accounts| accounts.messages > 0);
        waited.expect("no panic while counting").0.messages == 0
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
