//! A whole subscription at once: given, and the assignment that answers it awaited.

use std::time::Instant;

use crate::cancel;
use crate::error::{Error, Result};
use crate::runtime::Deadline;

use super::group::{Group, Topic};
use super::member::subscribe;
use super::status::MemberState;
use super::subscription::{check_open, BETWEEN};

/// Subscribes to all of these and waits until the member has joined with them, whatever it is assigned. What keeps it
/// from joining for good is an error at once; the subscription stays, the caller closes.
pub fn join(group: &Group, names: &[String], deadline: Deadline) -> Result<()> {
    {
        let mut state = group.state();
        check_open(group, &state)?;
        for name in names {
            let since = Instant::now();
            let topic = Topic { covered: false, given: false, removing: false, error: None, since };
            state.topics.insert(name.clone(), topic);
        }
        state.member = MemberState::Joining;
    }
    group.notes.rebalance_begins();
    {
        let _turn = group.subscribing.lock().expect("nothing panics under this lock");
        subscribe(group, &*group.client()?)?;
    }
    let mut state = group.state();
    loop {
        cancel::check()?;
        check_open(group, &state)?;
        if let Some(problem) = &state.problem {
            return Err(problem.clone());
        }
        if state.topics.values().all(|topic| topic.covered) {
            return Ok(());
        }
        if let Some(error) = state.topics.values().filter_map(|t| t.error.as_ref()).find(|error| !error.retriable) {
            return Err(error.clone());
        }
        if deadline.passed() {
            let message = format!("group {} gave no assignment in time; check that its coordinator is up", group.id);
            return Err(Error::timeout(message));
        }
        state = group.wait_change(state, BETWEEN.min(deadline.left()));
    }
}
