//! How the fetch thread sleeps and is woken. librdkafka rings from its own threads while it holds a queue's lock, so
//! everything here is a flag or a push under one short lock, and never calls librdkafka.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use rdkafka_sys as rdsys;

use super::lanes::Lane;

/// Something that the fetch thread must do for another thread.
pub enum Command {
    /// Continue the partition of lane `old` at `offset`, as lane `new`.
    Seek { old: u32, new: Arc<Lane>, offset: i64 },
}

/// More commands than this wait for the fetch thread only if it hangs; further ones are refused.
const MAX_COMMANDS: usize = 1024;

#[derive(Default)]
struct Inner {
    /// The consumer's main queue got something: rebalances, errors, commit results, statistics.
    main: bool,
    /// Something changed that the fetch thread looks at by itself: room for slabs, an idle lane, a closing group.
    nudged: bool,
    /// Lanes whose partition queue holds something. Each at most once ([`Lane::list`]), so bounded by their number.
    ready: VecDeque<Arc<Lane>>,
    commands: Vec<Command>,
}

#[derive(Default)]
pub struct Signal {
    inner: Mutex<Inner>,
    rung: Condvar,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics under this lock")
    }

    pub fn main(&self) {
        self.lock().main = true;
        self.rung.notify_one();
    }

    pub fn nudge(&self) {
        self.lock().nudged = true;
        self.rung.notify_one();
    }

    /// Puts a lane on the list of those to be served, once.
    pub fn ready(&self, lane: &Arc<Lane>) {
        if lane.list() {
            self.lock().ready.push_back(lane.clone());
            self.rung.notify_one();
        }
    }

    /// False: too many wait already.
    pub fn command(&self, command: Command) -> bool {
        {
            let mut inner = self.lock();
            if inner.commands.len() >= MAX_COMMANDS {
                return false;
            }
            inner.commands.push(command);
        }
        self.rung.notify_one();
        true
    }

    pub fn take_commands(&self) -> Vec<Command> {
        std::mem::take(&mut self.lock().commands)
    }

    /// Waits until something is to be done, at most `timeout`. `room`: lanes can be served; else they do not wake.
    pub fn wait(&self, timeout: Duration, room: bool) {
        let inner = self.lock();
        let idle = |inner: &mut Inner| {
            !inner.main && !inner.nudged && inner.commands.is_empty() && (!room || inner.ready.is_empty())
        };
        let (mut inner, _) =
            self.rung.wait_timeout_while(inner, timeout, idle).expect("nothing panics under this lock");
        inner.main = false;
        inner.nudged = false;
    }

    pub fn ready_count(&self) -> usize {
        self.lock().ready.len()
    }

    /// The next lane, off the list: whatever rings for it from now on lists it again.
    pub fn next_ready(&self) -> Option<Arc<Lane>> {
        let lane = self.lock().ready.pop_front()?;
        lane.unlist();
        Some(lane)
    }
}

/// What librdkafka rings when a queue goes from empty to not empty.
pub struct Bell {
    pub signal: Arc<Signal>,
    /// `None`: the main queue.
    pub lane: Option<Arc<Lane>>,
}

impl Bell {
    /// Has librdkafka ring this bell for `queue`. The bell must live until the queue has another or none.
    ///
    /// # Safety
    /// `queue` is alive; the caller keeps `self` alive until [`Bell::remove`] or another `hang` for the same queue.
    pub unsafe fn hang(self: &Arc<Self>, queue: *mut rdsys::rd_kafka_queue_t) {
        rdsys::rd_kafka_queue_cb_event_enable(queue, Some(ring), Arc::as_ptr(self) as *mut c_void);
    }

    /// After this no ring is under way: librdkafka rings and replaces bells under the same lock of the queue.
    ///
    /// # Safety
    /// `queue` is alive.
    pub unsafe fn remove(queue: *mut rdsys::rd_kafka_queue_t) {
        rdsys::rd_kafka_queue_cb_event_enable(queue, None, std::ptr::null_mut());
    }
}

// SAFETY: librdkafka calls with the pointer that `hang` gave, whose caller keeps the bell for as long as a queue has it.
unsafe extern "C" fn ring(_rk: *mut rdsys::rd_kafka_t, opaque: *mut c_void) {
    let bell = &*(opaque as *const Bell);
    match &bell.lane {
        Some(lane) => bell.signal.ready(lane),
        None => bell.signal.main(),
    }
}
