//! One librdkafka handle of a group with its main queue, and what librdkafka's callbacks leave there for the fetch
//! thread. Callbacks only note: the fetch thread acts when the poll is over, when it may also wait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::callbacks::{ClientState, ConsumerCallbacks};
use crate::client::{Client, Kind};
use crate::error::{Error, Result};
use crate::patience::Patience;
use crate::runtime::Deadline;

use super::group::Group;
use super::native::{check, check_code, entries, Entry, Message, Queue};
use super::signal::Bell;
use super::statistics::Statistics;

pub struct Rebalance {
    /// False: revoked.
    pub assigned: bool,
    pub partitions: Vec<Entry>,
}

pub struct Committed {
    pub err: RespErr,
    pub partitions: Vec<Entry>,
}

#[derive(Default)]
struct Notes {
    /// librdkafka posts the next one only when the one before was answered; at most two.
    rebalances: VecDeque<Rebalance>,
    /// One for each commit; taken after each poll.
    commits: VecDeque<Committed>,
    /// The last report.
    statistics: Option<Statistics>,
}

/// Filled by librdkafka's callbacks during a poll, emptied after it, on the same thread.
#[derive(Default)]
pub struct Inbox(Mutex<Notes>);

impl Inbox {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().expect("nothing panics under this lock")
    }

    pub fn next_rebalance(&self) -> Option<Rebalance> {
        self.notes().rebalances.pop_front()
    }

    pub fn take_commits(&self) -> VecDeque<Committed> {
        std::mem::take(&mut self.notes().commits)
    }

    pub fn take_statistics(&self) -> Option<Statistics> {
        self.notes().statistics.take()
    }
}

impl ConsumerCallbacks for Inbox {
    fn rebalance(&self, err: RespErr, partitions: *mut rdsys::rd_kafka_topic_partition_list_t) {
        let assigned = err == RespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        // SAFETY: valid during the call, copied.
        let partitions = unsafe { entries(partitions) };
        self.notes().rebalances.push_back(Rebalance { assigned, partitions });
    }

    fn offsets_committed(&self, err: RespErr, partitions: *mut rdsys::rd_kafka_topic_partition_list_t) {
        // SAFETY: as above.
        let partitions = unsafe { entries(partitions) };
        self.notes().commits.push_back(Committed { err, partitions });
    }
}

/// Messages (they are errors) that one poll takes at most, so that a flood of them cannot hold up the lanes.
const POLL_LIMIT: usize = 64;

pub struct Connection {
    // Dropped before the client.
    main: Queue,
    pub inbox: Arc<Inbox>,
    pub client: Arc<Client>,
    // Dropped after the queue that rings it.
    _bell: Arc<Bell>,
}

impl Connection {
    pub fn open(group: &Group) -> Result<Connection> {
        let state = ClientState::new(group.name.clone(), group.telemetry.clone(), group.events.clone());
        let inbox = Arc::new(Inbox::default());
        let _ = state.consumer.set(inbox.clone());
        if group.options.manual {
            let told = group.notes.clone();
            let _ = state.debug_lines.set(Box::new(move |facility, line| told.debug_line(facility, line)));
        }
        if let Some(requests) = &group.options.requests {
            let _ = state.requests.set(requests.clone());
        }
        let notes = inbox.clone();
        let _ = state.statistics.set(Box::new(move |json| {
            if let Some(statistics) = Statistics::parse(json) {
                notes.notes().statistics = Some(statistics);
            }
        }));
        let client = Client::create(Kind::Consumer, &group.properties, 0, state)?;
        // SAFETY: the handle is a consumer's and alive; the bell is kept by the connection until its queue has none.
        unsafe {
            // Everything (errors, statistics, commit results) comes through the consumer's queue: one to poll.
            check_code(rdsys::rd_kafka_poll_set_consumer(client.rk()), "open the consumer's queue")?;
            let main = Queue::from_raw(rdsys::rd_kafka_queue_get_consumer(client.rk()))
                .ok_or_else(|| Error::state("CONSUMER_CLOSED", "a consumer without a queue"))?;
            let bell = Arc::new(Bell { signal: group.signal.clone(), lane: None });
            bell.hang(main.as_ptr());
            Ok(Connection { main, inbox, client, _bell: bell })
        }
    }

    pub fn rk(&self) -> *mut rdsys::rd_kafka_t {
        self.client.rk()
    }

    /// Serves callbacks, and returns errors. Does not wait. Also tells librdkafka that the consumer lives
    /// (`max.poll.interval.ms`).
    pub fn poll(&self) -> Vec<Message> {
        let mut errors = Vec::new();
        while errors.len() < POLL_LIMIT {
            // SAFETY: the handle is alive; a message is ours.
            match unsafe { Message::from_raw(rdsys::rd_kafka_consumer_poll(self.rk(), 0)) } {
                Some(message) => errors.push(message),
                None => break,
            }
        }
        errors
    }

    /// Starts leaving the group; goes on while the connection is polled, until [`Connection::is_closed`].
    pub fn leave(&self) -> Result<()> {
        // SAFETY: both are alive. The main queue itself is allowed as the queue of the close (it stays polled).
        unsafe { check(rdsys::rd_kafka_consumer_close_queue(self.rk(), self.main.as_ptr()), "leave the group") }
    }

    pub fn is_closed(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { rdsys::rd_kafka_consumer_closed(self.rk()) != 0 }
    }

    /// Gives the handle up in the background: the member leaves its group (or is already leaving) and the handle is
    /// destroyed. Destroying it while the answer to a LeaveGroup is outstanding crashes librdkafka up to 2.14.1 (issue 5347),
    /// so that is waited for, longer than any request may take.
    pub fn reap(self) {
        const LONGEST: Duration = Duration::from_secs(90);
        // The thread ends by itself: closed, or after LONGEST. Without a thread the handle goes here and now.
        let run = move || {
            let leaving = self.leave().is_ok() || !self.is_closed();
            let deadline = Deadline::after(LONGEST);
            while leaving && !self.is_closed() && !deadline.passed() && self.client.fatal_error().is_none() {
                // SAFETY: the handle is alive; while it terminates librdkafka takes any assignment for none.
                unsafe {
                    drop(Message::from_raw(rdsys::rd_kafka_consumer_poll(self.rk(), 100)));
                    while self.inbox.next_rebalance().is_some() {
                        rdsys::rd_kafka_assign(self.rk(), std::ptr::null());
                    }
                }
            }
            self.destroy(Deadline::after(LONGEST));
        };
        let _ = std::thread::Builder::new().name("kafka4-reap".into()).spawn(run);
    }

    /// True: destroyed while there was patience. Else it goes on in the background.
    pub fn destroy(self, patience: impl Into<Patience>) -> bool {
        let client = self.client.clone();
        drop(self);
        client.destroy_by(patience)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: the queue is alive.
        unsafe { Bell::remove(self.main.as_ptr()) }
    }
}
