//! Records that were handed to librdkafka late: its delivery timeout begins with the hand-over, the caller's began with
//! the send. A record that waited in `pending` for the first one of its partition would get the whole timeout once more
//! when that one times out. So the ledger settles it by its own clock, and ignores the report that comes afterwards.

use std::time::Instant;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Settled, or with librdkafka since its send: its report comes in time.
    InTime,
    /// Handed over late, its report has not come.
    Open,
    /// Failed by our clock; librdkafka still has it and will report it.
    Told,
}

/// Of one account: the state of each of its records.
pub struct Late {
    pub deadline: Instant,
    states: Vec<State>,
    /// Records that are `Told`.
    owed: u32,
}

impl Late {
    pub fn new(deadline: Instant, records: u32) -> Self {
        Late { deadline, states: vec![State::InTime; records as usize], owed: 0 }
    }

    /// The record is handed over now.
    pub fn watch(&mut self, index: u32) {
        self.states[index as usize] = State::Open;
    }

    /// It was not taken after all, or its report came. False: it was failed before, the report is of no interest.
    pub fn report(&mut self, index: u32) -> bool {
        let state = std::mem::replace(&mut self.states[index as usize], State::InTime);
        self.owed -= u32::from(state == State::Told);
        state != State::Told
    }

    /// The records whose time is over; their reports are owed from now on.
    pub fn expire(&mut self) -> Vec<u32> {
        let open = (0..self.states.len() as u32).filter(|index| self.states[*index as usize] == State::Open);
        let open: Vec<u32> = open.collect();
        open.iter().for_each(|index| self.states[*index as usize] = State::Told);
        self.owed += open.len() as u32;
        open
    }

    /// A report is still to come for a record that was settled: its opaque must not be given to another.
    pub fn owes(&self) -> bool {
        self.owed > 0
    }
}
