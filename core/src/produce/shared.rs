//! What the callers and the delivery thread share, and the way of a send through it.

use std::ffi::{c_char, CStr, CString};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::telemetry::Telemetry;
use crate::wake::{Wake, WakeOnce};

use super::delivery::{is_missing, settle};
use super::direct::{Direct, MANY};
use super::enqueue::Enqueuer;
use super::intake::{check, Item};
use super::ledger::{Ledger, Limits};
use super::pending::{self, Pending};
use super::report::{Persisted, SendReport};
use super::topic_table::{Choice, TopicTable};
use super::warmth::Warmth;

/// A record that waited so long in `pending` is watched by our own clock (`late`).
const LATE: Duration = Duration::from_millis(100);

/// Scratch space beyond this many records is given back after a call.
const KEEP: usize = 16 * 1024;

/// All of a producer but its handle; the delivery thread holds it, too.
pub struct Shared {
    pub telemetry: Arc<Telemetry>,
    pub ledger: Ledger,
    pub wake: Arc<WakeOnce>,
    pub direct: Arc<Direct>,
    pub warmth: Warmth,
    /// With acks=all an acknowledgement without an offset is none (see `warmth`).
    pub needs_offset: bool,
    /// Ends the delivery thread.
    pub stop: AtomicBool,
    /// One lock for whole calls: records are enqueued in call order, also past `pending`. Taken before the ledger's.
    intake: Mutex<Intake>,
    /// Something is pending; spares the delivery thread the lock.
    waiting: AtomicBool,
    /// ms that a record may wait in `pending` before it fails like one that waits in librdkafka; `None`: for ever.
    timeout: Option<Duration>,
    /// A transaction needs each report before the next one begins, and has a deadline of its own.
    watches_late: bool,
    /// Values above it never fit into librdkafka's queue, however empty.
    max_value: usize,
    stage: Mutex<Stage>,
    /// Signalled when `stage` becomes `Closed`.
    pub closed: Condvar,
}

/// Whoever waits does so on the ledger.
struct Nobody;

impl Wake for Nobody {
    fn wake(&self) {}
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Open,
    Closing,
    Closed,
}

pub struct Intake {
    /// None: closed.
    pub client: Option<Arc<Client>>,
    /// `close` has begun.
    pub refusing: bool,
    pub table: TopicTable,
    enqueuer: Enqueuer,
    pub pending: Pending,
    /// Scratch space of `send`.
    items: Vec<Item>,
    failed: Vec<(u64, RespErr)>,
}

impl Shared {
    /// `wake`: of the caller who takes the reports; without one the delivery thread settles everything.
    pub fn new(client: &Arc<Client>, choice: Choice, telemetry: Arc<Telemetry>, wake: Option<Arc<dyn Wake>>) -> Self {
        // 0 takes librdkafka's limit away; a bound there is all the same.
        let messages = match setting(client, "queue.buffering.max.messages") {
            None | Some(0) => 10_000_000,
            Some(messages) => messages as usize,
        };
        let bytes = setting(client, "queue.buffering.max.kbytes").unwrap_or(1024 * 1024) * 1024;
        let limits = Limits { messages: messages + pending::MESSAGES, bytes: bytes + pending::BYTES };
        let timeout = setting(client, "message.timeout.ms").unwrap_or(120_000);
        let wanted = wake.is_some();
        let wake = Arc::new(WakeOnce::new(wake.unwrap_or_else(|| Arc::new(Nobody))));
        Shared {
            ledger: Ledger::new(limits, telemetry.clone()),
            telemetry,
            direct: Direct::new(client, wake.clone(), wanted),
            wake,
            warmth: Warmth::default(),
            // librdkafka writes `all` as -1, which is no number of acknowledgements.
            needs_offset: setting(client, "acks").is_none(),
            stop: AtomicBool::new(false),
            intake: Mutex::new(Intake {
                client: Some(client.clone()),
                refusing: false,
                table: TopicTable::new(choice),
                enqueuer: Enqueuer::default(),
                pending: Pending::default(),
                items: Vec::new(),
                failed: Vec::new(),
            }),
            waiting: AtomicBool::new(false),
            timeout: (timeout > 0).then(|| Duration::from_millis(timeout)),
            watches_late: text(client, "transactional.id").is_none_or(|id| id.is_empty()),
            max_value: bytes.min(i32::MAX as u64) as usize,
            stage: Mutex::new(Stage::Open),
            closed: Condvar::new(),
        }
    }

    pub fn intake(&self) -> MutexGuard<'_, Intake> {
        self.intake.lock().expect("no panic while enqueueing")
    }

    pub fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().expect("no panic between stages")
    }

    /// See `Producer::send`. True: sends were settled during the call, somebody should be woken.
    pub fn send(&self, slab: &[u8], index: &[i32], sends: &[i32]) -> Result<bool> {
        let now = Instant::now();
        let mut guard = self.intake();
        let intake = &mut *guard;
        let client = intake.client.clone().filter(|_| !intake.refusing).ok_or_else(closed)?;
        let bytes = check(slab, index, sends, intake.table.len(), &mut intake.items)?;
        // The accounts stand before the first record is enqueued: its report can come at once.
        let mut settled = self.ledger.open(sends, &mut intake.items, bytes, now)?;
        let (max, failed) = (self.max_value, &mut intake.failed);
        intake.items.retain(|item| {
            let fits = item.value_len <= 0 || item.value_len as usize <= max;
            if !fits {
                failed.push((item.opaque, RespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE));
            }
            fits
        });
        intake.table.assign(slab, &mut intake.items, now);
        // `assign` left the records of a topic together.
        for items in intake.items.chunk_by(|a, b| a.topic == b.topic) {
            let taken = match intake.pending.holds(items[0].topic) {
                true => 0,
                false => {
                    let (table, enqueuer, failed) = (&intake.table, &mut intake.enqueuer, &mut intake.failed);
                    self.enqueue(&client, enqueuer, table, slab, items, None, failed)
                }
            };
            intake.pending.push(slab, &items[taken..], now);
        }
        if !intake.pending.is_empty() {
            self.waiting.store(true, Ordering::Release);
            self.direct.nudge();
        }
        if self.has_much() {
            self.direct.delegate();
        }
        settled |= self.settle_failed(&mut intake.failed);
        intake.items.clear();
        intake.items.shrink_to(KEEP);
        Ok(settled)
    }

    /// Records are pending, or many are in flight: the reports are the delivery thread's.
    pub fn has_much(&self) -> bool {
        self.waiting.load(Ordering::Acquire) || self.ledger.in_flight() > MANY
    }

    /// Settled sends, each once; see `Producer::take_reports`.
    pub fn take_reports(&self) -> Vec<SendReport> {
        self.wake.rearm();
        self.direct.take(|client, event| {
            // SAFETY: the event is alive, and of this client.
            unsafe { settle(self, client, event.as_ptr()) };
        });
        self.ledger.take_reports()
    }

    /// Called by the delivery thread after each round: moves pending records on as far as librdkafka has room, fails
    /// those that waited too long, there or since they were handed over late.
    pub fn move_on(&self, client: &Client) {
        if self.ledger.has_late() {
            let mut settling = self.ledger.settle();
            settling.expire(Instant::now(), RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT);
            if settling.finish() {
                self.wake.notify();
            }
        }
        // Acquire: pairs with the store in `send`, under whose lock the records were pushed.
        while self.waiting.load(Ordering::Acquire) {
            let mut guard = self.intake();
            let intake = &mut *guard;
            let (table, enqueuer, failed) = (&intake.table, &mut intake.enqueuer, &mut intake.failed);
            let now = Instant::now();
            // First: what is handed over has time left, so it is watched before its time is over.
            let over = self.timeout.map(|timeout| intake.pending.expired(timeout, now)).unwrap_or_default();
            failed.extend(over.into_iter().map(|opaque| (opaque, RespErr::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)));
            let more = intake.pending.step(|slab, items, since| {
                let late = self.watches_late && now.saturating_duration_since(since) >= LATE;
                let deadline = self.timeout.filter(|_| late).map(|timeout| since + timeout);
                self.enqueue(client, enqueuer, table, slab, items, deadline, failed)
            });
            self.waiting.store(!intake.pending.is_empty(), Ordering::Release);
            let settled = self.settle_failed(&mut intake.failed);
            drop(guard);
            if settled {
                self.wake.notify();
            }
            if !more {
                break;
            }
        }
    }

    /// Hands over what may go now; gives how many records are dealt with. `deadline`: of records that come late.
    #[allow(clippy::too_many_arguments)]
    fn enqueue(
        &self,
        client: &Client,
        enqueuer: &mut Enqueuer,
        table: &TopicTable,
        slab: &[u8],
        items: &[Item],
        deadline: Option<Instant>,
        failed: &mut Vec<(u64, RespErr)>,
    ) -> usize {
        let (before, mut first) = (failed.len(), Vec::new());
        let allowed = self.warmth.allowed(items, &mut first);
        // Before the hand-over, since the report can come at once.
        first.iter().for_each(|n| self.warmth.probe(&items[*n]));
        if let Some(deadline) = deadline {
            self.ledger.watch(&items[..allowed], deadline);
        }
        let taken = enqueue(client, enqueuer, table, slab, &items[..allowed], failed);
        if deadline.is_some() {
            self.ledger.unwatch(&items[taken..allowed]);
        }
        for item in first.iter().map(|n| (*n, &items[*n])) {
            let refused = failed[before..].iter().any(|(opaque, _)| *opaque == item.1.opaque);
            if item.0 >= taken || refused {
                self.warmth.cool(item.1.topic, item.1.partition);
            }
        }
        taken
    }

    fn settle_failed(&self, failed: &mut Vec<(u64, RespErr)>) -> bool {
        if failed.is_empty() {
            return false;
        }
        let mut settling = self.ledger.settle();
        for (opaque, error) in failed.drain(..) {
            settling.failed(opaque, error, Persisted::NotStored);
        }
        settling.finish()
    }

    /// Fails records that were not handed to librdkafka.
    pub fn fail(&self, opaques: Vec<u64>, error: RespErr) {
        let mut failed = opaques.into_iter().map(|opaque| (opaque, error)).collect();
        if self.settle_failed(&mut failed) {
            self.wake.notify();
        }
    }
}

pub fn closed() -> Error {
    Error::state("CLOSED", "the producer is closed: connect again before publishing")
}

/// Hands records over; gives how many are dealt with.
fn enqueue(
    client: &Client,
    enqueuer: &mut Enqueuer,
    table: &TopicTable,
    slab: &[u8],
    items: &[Item],
    failed: &mut Vec<(u64, RespErr)>,
) -> usize {
    let before = failed.len();
    // SAFETY: the handle is alive, and with it every topic of the table.
    let taken = unsafe { enqueuer.enqueue(client.rk(), |id| table.handle(id), slab, items, failed) };
    if failed[before..].iter().any(|(_, error)| is_missing(*error)) {
        let mut topics: Vec<u32> = items.iter().map(|item| item.topic).collect();
        topics.dedup();
        topics.into_iter().for_each(|id| table.forget(id));
    }
    taken
}

/// A number of the handle's configuration.
fn setting(client: &Client, name: &str) -> Option<u64> {
    text(client, name)?.parse().ok()
}

/// What the handle's configuration says, as librdkafka has it, whatever the name under which it was given. `None`: not
/// set, or longer than a number or a word.
fn text(client: &Client, name: &str) -> Option<String> {
    let c_name = CString::new(name).ok()?;
    let mut text = [0 as c_char; 64];
    let mut len = text.len();
    // SAFETY: the configuration belongs to the live handle; the buffer's length is given.
    let found = unsafe {
        let conf = rdsys::rd_kafka_conf(client.rk());
        rdsys::rd_kafka_conf_get(conf, c_name.as_ptr(), text.as_mut_ptr(), &mut len)
    };
    if found != rdsys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
        return None;
    }
    // SAFETY: librdkafka wrote a text with NUL.
    Some(unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().ok()?.to_string())
}
