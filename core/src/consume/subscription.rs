//! Topics come and go while the others run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cancel;
use crate::error::{Error, ErrorClass, Result};
use crate::patience::Patience;
use crate::runtime::Deadline;
use crate::topics::is_valid_name;

use super::group::{Group, GroupPhase, State, Topic};
use super::lanes::Lane;
use super::member::subscribe;
use super::status::MemberState;
use super::{lookup, offsets};

/// Between two looks at what is waited for.
pub const BETWEEN: Duration = Duration::from_millis(50);

/// A change of the subscription waits for others that come with it: topics are mostly started together.
const GATHER: Duration = Duration::from_millis(20);

/// How long a change of the subscription waits for the assignment that answers the one before.
const LONGEST_JOIN: Duration = Duration::from_secs(10);

/// Subscribes to a topic and waits for the assignment that answers it. On an error it is not subscribed.
pub fn add(group: &Group, name: &str, deadline: Deadline) -> Result<()> {
    if !is_valid_name(name) {
        return Err(Error::invalid(format!(
            "{name:?} cannot be a topic name: 1 to 249 of a-z, A-Z, 0-9, '.', '_', '-'"
        )));
    }
    let client = group.client()?;
    lookup::look(group, &client, name, deadline)?;
    let mut state = group.state();
    // Being removed by another call: that one ends first.
    while state.topics.get(name).is_some_and(|topic| topic.removing) && !deadline.passed() {
        state = group.wait_change(state, deadline.left().min(BETWEEN));
    }
    check_open(group, &state)?;
    let fresh = !state.topics.contains_key(name);
    if fresh {
        let since = Instant::now();
        let topic = Topic { covered: false, given: false, removing: false, error: None, since };
        state.topics.insert(name.to_string(), topic);
        // librdkafka looks for the coordinator as soon as the handle exists, and tells a refusal once: such a one counts.
        state.problem = state.problem.take().filter(|problem| is_refusal(problem.class));
        if state.member == MemberState::Idle {
            state.member = MemberState::Joining;
        }
    }
    drop(state);
    let joined = give(group, name, deadline).and_then(|()| await_cover(group, name, deadline));
    if joined.is_err() && fresh {
        group.state().topics.remove(name);
        let _ = resubscribe(group);
        group.changed.notify_all();
    }
    joined
}

fn is_refusal(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::KafkaAuthorizationError | ErrorClass::KafkaAuthenticationError)
}

/// Has librdkafka subscribe to the topic, together with others that are added at the same time.
///
/// Not while a join is under way: librdkafka would give it up and send another. In the first one it has no member id yet,
/// so the coordinator takes it for another member, and waits for the one that was given up until its session ends.
fn give(group: &Group, name: &str, deadline: Deadline) -> Result<()> {
    let given = |state: &State| state.topics.get(name).is_none_or(|topic| topic.given);
    loop {
        let mut state = group.state();
        while !given(&state) && is_joining(&state) && !deadline.passed() {
            cancel::check()?;
            check_open(group, &state)?;
            state = group.wait_change(state, deadline.left().min(BETWEEN));
        }
        drop(state);
        let _turn = group.subscribing.lock().expect("nothing panics under this lock");
        if given(&group.state()) {
            return Ok(());
        }
        // Another one had the turn before.
        if is_joining(&group.state()) && !deadline.passed() {
            continue;
        }
        std::thread::sleep(GATHER.min(deadline.left()));
        return subscribe(group, &*group.client()?);
    }
}

/// An assignment is awaited that answers a subscription.
fn is_joining(state: &State) -> bool {
    state.subscribed.is_some_and(|at| at.elapsed() < LONGEST_JOIN)
        && state.topics.values().any(|topic| topic.given && !topic.covered && !topic.removing)
}

/// The subscription is read and given to librdkafka in one turn, so that of two concurrent changes the later one holds
/// both.
fn resubscribe(group: &Group) -> Result<()> {
    let _turn = group.subscribing.lock().expect("nothing panics under this lock");
    subscribe(group, &*group.client()?)
}

pub fn check_open(group: &Group, state: &State) -> Result<()> {
    if state.phase == GroupPhase::Open {
        return Ok(());
    }
    let closed = || Error::state("CONSUMER_CLOSED", format!("the consumer of group {} is closed", group.id));
    Err(state.problem.clone().unwrap_or_else(closed))
}

fn await_cover(group: &Group, name: &str, deadline: Deadline) -> Result<()> {
    let mut state = group.state();
    loop {
        cancel::check()?;
        check_open(group, &state)?;
        if let Some(problem) = &state.problem {
            return Err(problem.clone());
        }
        match state.topics.get(name) {
            None => return Err(Error::state("TOPIC_REMOVED", format!("topic {name} was stopped while it started"))),
            Some(topic) if topic.covered => return Ok(()),
            Some(topic) => {
                if let Some(error) = topic.error.as_ref().filter(|error| !error.retriable) {
                    return Err(error.clone());
                }
            }
        }
        if deadline.passed() {
            let message =
                format!("group {} did not assign topic {name} in time; check that its coordinator is up", group.id);
            return Err(Error::timeout(message));
        }
        // In pieces: a cancellation notifies nobody.
        state = group.wait_change(state, BETWEEN.min(deadline.left()));
    }
}

fn lanes_of(group: &Group, name: &str) -> Vec<Arc<Lane>> {
    group.all_lanes().into_iter().filter(|lane| &*lane.topic == name).collect()
}

/// Stops the lanes of a topic, waits for their handlers, commits, and takes the topic out of the subscription, in any
/// case. An error tells what was not awaited. No topic of that name: nothing to do.
pub fn remove(group: &Group, name: &str, patience: &Patience) -> Result<()> {
    let deadline = patience.deadline();
    {
        let mut state = group.state();
        match state.topics.get_mut(name) {
            Some(topic) if !topic.removing => topic.removing = true,
            // Another call removes it: that one's end is awaited below.
            Some(_) => return await_gone(group, name, patience),
            None => return Ok(()),
        }
    }
    let lanes = lanes_of(group, name);
    group.stop_lanes(&lanes);
    let idle = await_idle(group, || lanes_of(group, name), handlers_deadline(deadline));
    if !idle {
        // The revocation that follows must not wait for them a second time.
        lanes_of(group, name).iter().for_each(|lane| lane.state().idle = true);
    }
    let result = group.client().and_then(|client| offsets::commit(group, &client, || lanes_of(group, name), patience));
    group.state().topics.remove(name);
    let result = resubscribe(group).and(result);
    {
        let mut state = group.state();
        if state.topics.is_empty() && state.member != MemberState::Revoking {
            state.member = MemberState::Idle;
        }
    }
    group.changed.notify_all();
    await_gone(group, name, patience)?;
    if !idle {
        let message =
            format!("handlers of topic {name} still ran at the deadline; their messages will be handled again");
        return Err(Error::timeout(message));
    }
    result
}

/// Waits until no lane of the topic is left.
fn await_gone(group: &Group, name: &str, patience: &Patience) -> Result<()> {
    let mut state = group.state();
    loop {
        let open = state.phase == GroupPhase::Open;
        drop(state);
        if !open || lanes_of(group, name).is_empty() {
            return Ok(());
        }
        if group.client().is_ok_and(|client| patience.over(&client.peers)) || patience.deadline().passed() {
            return Err(Error::timeout(format!(
                "topic {name} was unsubscribed, its partitions are not given back yet"
            )));
        }
        state = group.wait_change(group.state(), BETWEEN.min(patience.left()));
    }
}

/// Handlers do not get all of the time that a call has: commit and leave take some.
pub fn handlers_deadline(deadline: Deadline) -> Deadline {
    const RESERVE: Duration = Duration::from_secs(2);
    Deadline::after(deadline.left() - (deadline.left() / 4).min(RESERVE))
}

/// Waits until the handlers of all these lanes are done. False: some were not at the deadline.
pub fn await_idle(group: &Group, lanes: impl Fn() -> Vec<Arc<Lane>>, deadline: Deadline) -> bool {
    loop {
        if lanes().iter().all(|lane| lane.is_idle()) {
            return true;
        }
        if deadline.passed() {
            return false;
        }
        // A lane may become idle between the look and the wait, unseen: the wait is short for that.
        drop(group.wait_change(group.state(), BETWEEN.min(deadline.left())));
    }
}
