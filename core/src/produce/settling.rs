//! Records that are acknowledged or failed: what changes in their accounts, and what it adds to the metrics.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::MutexGuard;
use std::time::Instant;

use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use super::accounts::Accounts;
use super::ledger::Ledger;
use super::report::{Failure, PartitionResult, Persisted, SendReport};

/// The lock of the ledger while the records of one event are settled.
pub struct Settling<'a> {
    ledger: &'a Ledger,
    accounts: MutexGuard<'a, Accounts>,
    settled: bool,
    produced: u64,
    produced_bytes: u64,
    failed: u64,
}

impl<'a> Settling<'a> {
    pub(super) fn new(ledger: &'a Ledger, accounts: MutexGuard<'a, Accounts>) -> Self {
        Settling { ledger, accounts, settled: false, produced: 0, produced_bytes: 0, failed: 0 }
    }

    /// A record of `bytes` was acknowledged. `told` is asked for once for a partition and send: the timestamp, and the first
    /// offset of the partition.
    pub fn stored(
        &mut self,
        opaque: u64,
        (topic, partition): (u32, i32),
        offset: i64,
        bytes: usize,
        told: impl FnOnce() -> (i64, i64),
    ) {
        let Some(account) = self.accounts.of(opaque) else { return };
        // Reports come in runs of one partition, so the last one is nearly always the one.
        let known = account.report.partitions.iter_mut().rev().find(|p| p.topic == topic && p.partition == partition);
        // librdkafka's "invalid" is a negative number, too.
        let offset = offset.max(-1);
        match known {
            Some(known) if offset >= 0 && (known.base_offset < 0 || offset < known.base_offset) => {
                known.base_offset = offset
            }
            Some(_) => {}
            None => {
                let (timestamp, log_start) = told();
                let result = PartitionResult { topic, partition, base_offset: offset, timestamp, log_start };
                account.report.partitions.push(result);
            }
        }
        self.accounts.transmitted += 1;
        self.produced += 1;
        self.produced_bytes += bytes as u64;
        self.close_one(opaque);
    }

    /// A record failed for good.
    pub fn failed(&mut self, opaque: u64, error: RespErr, persisted: Persisted) {
        if self.accounts.of(opaque).is_some() {
            self.fail_one(opaque, error, persisted);
        }
    }

    fn fail_one(&mut self, opaque: u64, error: RespErr, persisted: Persisted) {
        let account = &mut self.accounts.all[(opaque >> 32) as usize];
        account.report.failures.push(Failure { index: opaque as u32, error, persisted });
        // Positive codes are the brokers'.
        let transmitted = persisted == Persisted::Unknown || error as i32 > 0;
        self.accounts.transmitted += u64::from(transmitted);
        self.failed += 1;
        self.close_one(opaque);
    }

    /// Fails the late records whose time is over: sent or not, which is not known.
    pub fn expire(&mut self, now: Instant, error: RespErr) {
        for number in std::mem::take(&mut self.accounts.late) {
            let Some(late) = &mut self.accounts.all[number as usize].late else { continue };
            if now < late.deadline {
                self.accounts.late.push(number);
                continue;
            }
            for index in late.expire() {
                self.fail_one(u64::from(number) << 32 | u64::from(index), error, Persisted::Unknown);
            }
        }
    }

    /// Settles what is still open, without waiting for its reports: the handle goes away.
    pub fn abandon(&mut self, error: RespErr) {
        for number in 0..self.accounts.all.len() as u64 {
            let account = &mut self.accounts.all[number as usize];
            if account.open == 0 {
                continue;
            }
            // Which records are open is not kept: with none acknowledged it is all but those that failed; else every
            // record that is not known to have failed may be stored, and is said to be uncertain.
            let mut known = vec![false; account.report.count as usize];
            account.report.failures.iter().for_each(|f| known[f.index as usize] = true);
            let open = known.iter().enumerate().filter(|(_, known)| !**known).map(|(index, _)| index as u32);
            let failures = open.map(|index| Failure { index, error, persisted: Persisted::Unknown });
            account.report.failures.extend(failures);
            let open = account.open;
            account.open = 1;
            self.failed += u64::from(open);
            self.accounts.messages -= open as usize - 1;
            self.close_one(number << 32);
        }
    }

    fn close_one(&mut self, opaque: u64) {
        let number = (opaque >> 32) as u32;
        let accounts = &mut *self.accounts;
        let account = &mut accounts.all[number as usize];
        account.open -= 1;
        accounts.messages -= 1;
        if account.open > 0 {
            return;
        }
        accounts.bytes -= account.bytes;
        let empty = SendReport { send_id: 0, count: 0, partitions: Vec::new(), failures: Vec::new() };
        let mut report = std::mem::replace(&mut account.report, empty);
        report.failures.sort_unstable_by_key(|failure| failure.index);
        let stored = u64::from(report.count) - report.failures.len() as u64;
        if stored > 0 {
            let us = account.since.elapsed().as_micros() as u64;
            self.ledger.telemetry.publish_latency.record(us, stored);
        }
        accounts.reports.push_back(report);
        accounts.release(number);
        self.settled = true;
    }

    /// True: at least one send was settled, somebody should be woken.
    pub fn finish(self) -> bool {
        self.settled
    }
}

impl Drop for Settling<'_> {
    fn drop(&mut self) {
        let telemetry = &self.ledger.telemetry;
        telemetry.produced.fetch_add(self.produced, Relaxed);
        telemetry.produced_bytes.fetch_add(self.produced_bytes, Relaxed);
        telemetry.produce_errors.fetch_add(self.failed, Relaxed);
        if self.accounts.messages == 0 {
            self.ledger.idle.notify_all();
        }
    }
}
