//! The accounts of the ledger: one for each send that is under way, found by the upper half of a record's opaque.

use std::collections::VecDeque;
use std::time::Instant;

use super::late::Late;
use super::report::SendReport;

pub struct Account {
    pub report: SendReport,
    /// Records not settled yet; 0: the account is free.
    pub open: u32,
    pub bytes: u64,
    pub since: Instant,
    /// Some of its records were handed over late.
    pub late: Option<Box<Late>>,
}

#[derive(Default)]
pub struct Accounts {
    pub all: Vec<Account>,
    free: Vec<u32>,
    pub messages: usize,
    pub bytes: u64,
    /// Settled records that reached a broker.
    pub transmitted: u64,
    /// Accounts that have, or had, late records.
    pub late: Vec<u32>,
    /// Settled and not taken yet. Counted against the limit of messages, so that a caller who never takes is refused.
    pub reports: VecDeque<SendReport>,
}

impl Accounts {
    pub fn insert(&mut self, account: Account) -> u32 {
        match self.free.pop() {
            Some(number) => {
                self.all[number as usize] = account;
                number
            }
            None => {
                // Accounts are as many as messages at most, and those are bounded far below 2^32.
                self.all.push(account);
                self.all.len() as u32 - 1
            }
        }
    }

    /// The account is free once nothing is open and no report is owed.
    pub fn release(&mut self, number: u32) {
        let account = &mut self.all[number as usize];
        if account.open == 0 && !account.late.as_ref().is_some_and(|late| late.owes()) {
            account.late = None;
            self.free.push(number);
        }
    }

    /// The account of a record that is open; a report for anything else is not ours to count.
    pub fn of(&mut self, opaque: u64) -> Option<&mut Account> {
        let number = (opaque >> 32) as u32;
        if let Some(late) = &mut self.all.get_mut(number as usize)?.late {
            if !late.report(opaque as u32) {
                self.release(number);
                return None;
            }
        }
        Some(&mut self.all[number as usize]).filter(|account| account.open > 0)
    }
}
