//! Who takes the reports. A report that has to wait until the delivery thread runs costs an awaited send a change of
//! threads, a fifth of its time. So the caller is woken by librdkafka itself, and settles what is there when it comes for its
//! reports (`Producer::take_reports`), as long as that is little. The delivery thread does everything else: many messages at
//! once, errors and statistics, all of it while records are pending or somebody flushes, and what a caller that is busy
//! has left lying for a tick.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use rdkafka_sys as rdsys;

use crate::client::Client;
use crate::wake::WakeOnce;

use super::reports_queue::{Event, Queue};

/// Messages that a caller settles by itself when it comes; about 30 µs of its thread.
const MESSAGES: usize = 512;
/// With more messages in flight the delivery thread settles everything.
pub const MANY: usize = 4_096;

#[derive(Default)]
struct Desk {
    /// The delivery thread is to look at the queue.
    rung: bool,
    /// Taken from the queue by a caller, to be handled by the delivery thread.
    handed: VecDeque<Event>,
}

pub struct Direct {
    /// Whom librdkafka wakes: true the caller, false the delivery thread.
    on: AtomicBool,
    /// There is a caller who comes for reports, and it has come.
    wanted: bool,
    came: AtomicBool,
    flushes: AtomicUsize,
    desk: Mutex<Desk>,
    rung: Condvar,
    /// Held by who handles events, so that they are handled in the order in which they came. `None`: closed.
    turn: Mutex<Option<(Queue, Arc<Client>)>>,
    wake: Arc<WakeOnce>,
}

impl Direct {
    /// `wanted`: the reports are taken by a caller whom `wake` wakes.
    pub fn new(client: &Arc<Client>, wake: Arc<WakeOnce>, wanted: bool) -> Arc<Direct> {
        let direct = Arc::new(Direct {
            on: AtomicBool::new(false),
            wanted,
            came: AtomicBool::new(false),
            flushes: AtomicUsize::new(0),
            // What came before the bell hung has rung for nobody.
            desk: Mutex::new(Desk { rung: true, handed: VecDeque::new() }),
            rung: Condvar::new(),
            turn: Mutex::new(None),
            wake,
        });
        let queue = Queue::of(client);
        // SAFETY: `ring` calls nothing of librdkafka's; `close`, which silences it, comes before the last owner goes.
        unsafe { queue.ring(ring, Arc::as_ptr(&direct) as *mut c_void) };
        *direct.turn() = Some((queue, client.clone()));
        direct
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("nothing panics at the desk")
    }

    fn turn(&self) -> MutexGuard<'_, Option<(Queue, Arc<Client>)>> {
        self.turn.lock().expect("no panic while handling events")
    }

    /// Has the delivery thread look at the queue.
    pub fn nudge(&self) {
        self.desk().rung = true;
        self.rung.notify_one();
    }

    /// Much is in flight: the delivery thread takes over at once.
    pub fn delegate(&self) {
        if self.on.swap(false, SeqCst) {
            self.nudge();
        }
    }

    /// Until the guard goes, the delivery thread takes the reports: whoever flushes waits on the ledger.
    pub fn flush(&self) -> Flushing<'_> {
        self.flushes.fetch_add(1, SeqCst);
        self.on.store(false, SeqCst);
        self.nudge();
        Flushing(self)
    }

    /// For the delivery thread: waits until it is to do something, at most `tick`.
    pub fn wait(&self, tick: Duration) {
        let idle = |desk: &mut Desk| !desk.rung;
        let mut desk = self.rung.wait_timeout_while(self.desk(), tick, idle).expect("nothing panics at the desk").0;
        desk.rung = false;
    }

    /// For the delivery thread: gives `work` what was handed over, while no caller handles anything.
    pub fn work<T>(&self, work: impl FnOnce(VecDeque<Event>) -> T) -> T {
        let _turn = self.turn();
        let handed = std::mem::take(&mut self.desk().handed);
        work(handed)
    }

    /// For the delivery thread, when it has emptied the queue: who is to take what comes next. True: that has
    /// changed, and what came meanwhile is to be looked for.
    pub fn settle_turn(&self, much: bool) -> bool {
        let on = self.wanted && self.came.load(SeqCst) && !much && self.flushes.load(SeqCst) == 0;
        let before = self.on.swap(on, SeqCst);
        // A flush that began just now has counted itself before it looked.
        if on && self.flushes.load(SeqCst) > 0 {
            self.on.store(false, SeqCst);
            return false;
        }
        // Also when it turns off: what came a moment ago has woken a caller who now leaves it.
        on != before
    }

    /// For the caller: handles the events that are there with `little`, or leaves them to the delivery thread.
    pub fn take(&self, mut little: impl FnMut(&Client, Event)) {
        self.came.store(true, SeqCst);
        if !self.on.load(SeqCst) {
            return;
        }
        // The delivery thread is at it, or is about to be.
        let turn = match self.turn.try_lock() {
            Ok(turn) if self.desk().handed.is_empty() => turn,
            _ => return self.nudge(),
        };
        let Some((queue, client)) = &*turn else { return };
        let mut messages = 0;
        while let Some(event) = queue.next() {
            messages += event.messages();
            if event.kind() != rdsys::RD_KAFKA_EVENT_DR || messages > MESSAGES {
                self.desk().handed.push_back(event);
                return self.nudge();
            }
            little(client, event);
        }
    }

    /// No caller takes anything any more, and nothing rings.
    pub fn close(&self) {
        self.on.store(false, SeqCst);
        if let Some((queue, _)) = self.turn().take() {
            queue.silence();
        }
        self.nudge();
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        // An owner that never came to `close`.
        self.close();
    }
}

/// See [`Direct::flush`].
pub struct Flushing<'a>(&'a Direct);

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        self.0.flushes.fetch_sub(1, SeqCst);
    }
}

/// # Safety
/// Called by librdkafka with what `Direct::new` gave it.
unsafe extern "C" fn ring(_: *mut rdsys::rd_kafka_t, opaque: *mut c_void) {
    let direct = &*(opaque as *const Direct);
    if direct.on.load(SeqCst) {
        direct.wake.notify();
    } else {
        direct.nudge();
    }
}
