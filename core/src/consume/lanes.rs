//! A lane: one assigned partition of one group, from its assignment (or a seek) to its end. Holds the lane's credit
//! (what was handed out and not finished), its progress and its phase; the fetch thread, the floor above and the
//! watchdog meet here.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use super::native::NONE;

/// Numbers of lanes, shared by all groups of a process so that one number names one lane; never reused.
#[derive(Default)]
pub struct LaneIds(AtomicU32);

impl LaneIds {
    pub fn next(&self) -> u32 {
        // Relaxed: only uniqueness matters.
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// What a lane number stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneInfo {
    pub topic: Arc<str>,
    pub partition: i32,
    pub group: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Running,
    /// Nothing more is handed out; handlers that run may finish and report.
    Closing,
    /// The partition belongs to somebody else, or to another lane: reports are ignored.
    Gone,
}

/// Messages of one slab that belong to one lane.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Offset after the last message.
    pub end: i64,
    pub count: u32,
    pub bytes: usize,
    pub first_epoch: i32,
    pub last_epoch: i32,
}

/// An offset with the leader epoch of the message before it. librdkafka compares epochs first: an offset stored without
/// one would never be committed over one that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub offset: i64,
    pub epoch: i32,
}

impl Position {
    pub const NONE: Position = Position { offset: NONE, epoch: -1 };
}

pub struct LaneState {
    pub phase: Phase,
    /// By the application: nothing is handed out, the watchdog looks away.
    pub paused: bool,
    /// Messages wait in librdkafka, credit is used up: `advance` puts the lane back on the list.
    pub starved: bool,
    /// The log that its offsets belong to is no more: they are not stored.
    pub void: bool,
    /// Only the floor above says when the lane is idle: it commits offsets before that.
    pub strict: bool,
    /// The floor above said that no handler of this lane runs any more; or it was waited for in vain.
    pub idle: bool,
    /// After a seek: nothing is handed out before the lane of this number, its predecessor, is idle.
    pub gate: Option<u32>,
    /// Offset of the next message to hand out.
    pub next: i64,
    /// Messages are handled up to here.
    pub done: Position,
    /// `done` is not yet stored in librdkafka.
    pub dirty: bool,
    pub committed: i64,
    /// Handed out and not finished, oldest first. As many as slabs with unfinished messages, so bounded by the credit.
    runs: VecDeque<Run>,
    pub out_count: u32,
    pub out_bytes: usize,
    /// Of those, still in slabs that nobody took.
    pub untaken: u32,
    /// In librdkafka's queue and in the fetch thread's hands, counted once a second.
    pub queued: u64,
    /// librdkafka's fetcher: the offset it asks for next.
    pub fetch_offset: i64,
    /// Delivery, progress or movement of the fetcher.
    pub last_progress: Instant,
    /// Something of it has moved since it was made.
    pub progressed: bool,
    /// The watchdog's: the lane should move, and has not, since then.
    pub waiting_since: Option<Instant>,
    pub stalled: bool,
    /// Attempts of the watchdog to heal this stall.
    pub heals: u32,
}

pub struct Lane {
    pub id: u32,
    pub topic: Arc<str>,
    pub partition: i32,
    /// On the fetch thread's list. An atomic: rung from librdkafka's threads, which must not wait for the state's lock.
    listed: AtomicBool,
    state: Mutex<LaneState>,
}

impl Lane {
    pub fn new(id: u32, topic: Arc<str>, partition: i32) -> Arc<Self> {
        Arc::new(Lane {
            id,
            topic,
            partition,
            listed: AtomicBool::new(false),
            state: Mutex::new(LaneState {
                phase: Phase::Running,
                paused: false,
                starved: false,
                void: false,
                strict: false,
                idle: false,
                gate: None,
                next: NONE,
                done: Position::NONE,
                dirty: false,
                committed: NONE,
                runs: VecDeque::new(),
                out_count: 0,
                out_bytes: 0,
                untaken: 0,
                queued: 0,
                fetch_offset: NONE,
                last_progress: Instant::now(),
                progressed: false,
                waiting_since: None,
                stalled: false,
                heals: 0,
            }),
        })
    }

    pub fn state(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().expect("nothing panics under this lock")
    }

    /// True for the caller that has to put the lane on the list. AcqRel: what was queued before is seen by the fetch
    /// thread, which clears the mark before it looks into the queue.
    pub fn list(&self) -> bool {
        !self.listed.swap(true, Ordering::AcqRel)
    }

    pub fn unlist(&self) {
        self.listed.swap(false, Ordering::AcqRel);
    }

    /// Handlers of this lane are done, or none ever ran.
    pub fn is_idle(&self) -> bool {
        let state = self.state();
        // Behind a gate a handler of the predecessor runs, on the same partition.
        state.phase == Phase::Gone || (state.gate.is_none() && (state.idle || (state.out_count == 0 && !state.strict)))
    }
}

impl LaneState {
    /// May messages be handed out, credit aside?
    pub fn open(&self) -> bool {
        self.phase == Phase::Running && !self.paused && self.gate.is_none()
    }

    pub fn hand_out(&mut self, run: Run) {
        self.out_count += run.count;
        self.out_bytes += run.bytes;
        self.untaken += run.count;
        self.next = run.end;
        self.runs.push_back(run);
        self.moved();
    }

    /// Something of this lane moved: the watchdog counts anew.
    pub fn moved(&mut self) {
        self.progressed = true;
        self.count_anew();
    }

    pub fn count_anew(&mut self) {
        self.last_progress = Instant::now();
        self.waiting_since = None;
    }

    /// Handlers finished everything before `next_offset`, `count` messages of it since the last report.
    /// False: the lane is gone, or the report lies behind an earlier one.
    pub fn advance(&mut self, next_offset: i64, count: u32) -> bool {
        if self.phase == Phase::Gone || next_offset < self.done.offset.max(0) || next_offset > self.next {
            return false;
        }
        let mut epoch = self.done.epoch;
        let mut left = count;
        while let Some(run) = self.runs.front_mut() {
            if run.end <= next_offset {
                self.out_count -= run.count;
                self.out_bytes -= run.bytes;
                left = left.saturating_sub(run.count);
                epoch = run.last_epoch;
                self.runs.pop_front();
                continue;
            }
            // Within a run: the last message of it stays out until its end is reported.
            let finished = left.min(run.count - 1);
            let bytes = run.bytes / run.count as usize * finished as usize;
            run.count -= finished;
            run.bytes -= bytes;
            self.out_count -= finished;
            self.out_bytes -= bytes;
            if finished > 0 {
                epoch = run.first_epoch;
            }
            break;
        }
        if next_offset > self.done.offset {
            self.done = Position { offset: next_offset, epoch: epoch.max(self.done.epoch) };
            self.dirty = !self.void;
        }
        self.moved();
        true
    }

    /// The end: what was stored stays readable for the status, everything handed out is forgotten.
    pub fn end(&mut self) {
        self.phase = Phase::Gone;
        self.runs.clear();
        self.out_count = 0;
        self.out_bytes = 0;
        self.untaken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(end: i64, count: u32, bytes: usize, epoch: i32) -> Run {
        Run { end, count, bytes, first_epoch: epoch, last_epoch: epoch }
    }

    #[test]
    fn credit_comes_back_with_progress() {
        let lane = Lane::new(1, "t".into(), 0);
        let mut state = lane.state();
        state.hand_out(run(10, 10, 1000, 3));
        state.hand_out(run(30, 20, 4000, 4));
        assert_eq!((state.out_count, state.out_bytes, state.next), (30, 5000, 30));
        assert!(state.advance(4, 4));
        assert_eq!((state.out_count, state.out_bytes), (26, 4600));
        assert_eq!(state.done, Position { offset: 4, epoch: 3 });
        assert!(state.advance(30, 26));
        assert_eq!((state.out_count, state.out_bytes), (0, 0));
        assert_eq!(state.done, Position { offset: 30, epoch: 4 });
    }

    #[test]
    fn reports_that_make_no_sense_change_nothing() {
        let lane = Lane::new(1, "t".into(), 0);
        let mut state = lane.state();
        state.hand_out(run(10, 10, 1000, 0));
        assert!(state.advance(10, 10));
        assert!(!state.advance(5, 5), "behind");
        assert!(!state.advance(11, 1), "never handed out");
        assert!(!state.advance(-5, 1));
        state.hand_out(run(20, 10, 1000, 0));
        assert!(state.advance(12, u32::MAX), "a wrong count cannot underflow");
        assert_eq!(state.out_count, 1);
        state.end();
        assert!(!state.advance(20, 1), "gone");
        assert_eq!(state.done.offset, 12);
    }

    #[test]
    fn offsets_with_gaps_count_as_messages() {
        let lane = Lane::new(1, "t".into(), 0);
        let mut state = lane.state();
        // Compacted: three messages between offsets 100 and 199.
        state.hand_out(run(200, 3, 30, 0));
        assert!(state.advance(150, 2));
        assert_eq!(state.out_count, 1);
        assert!(state.advance(200, 1));
        assert_eq!(state.out_count, 0);
    }

    #[test]
    fn a_lane_is_listed_once() {
        let lane = Lane::new(1, "t".into(), 0);
        assert!(lane.list());
        assert!(!lane.list());
        lane.unlist();
        assert!(lane.list());
    }
}
