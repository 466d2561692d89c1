//! What the clients count, and what they log. Counters are plain atomics: the hot paths add once a batch.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::Serialize;

pub mod histogram;
pub mod log;

use histogram::{Histogram, Percentiles};

/// Adds up over the life of one set of services. All public fields only ever grow.
#[derive(Default)]
pub struct Telemetry {
    pub log: log::Logger,
    pub produced: AtomicU64,
    pub produced_bytes: AtomicU64,
    pub produce_errors: AtomicU64,
    /// Messages that were transmitted again.
    pub produce_retries: AtomicU64,
    pub transactions_committed: AtomicU64,
    pub transactions_aborted: AtomicU64,
    /// Messages handed to handlers' queues.
    pub consumed: AtomicU64,
    pub consumed_bytes: AtomicU64,
    /// Messages whose handler finished.
    pub handled: AtomicU64,
    pub handler_errors: AtomicU64,
    pub handler_retries: AtomicU64,
    pub dead_letters: AtomicU64,
    pub commits: AtomicU64,
    pub commit_errors: AtomicU64,
    pub rebalances: AtomicU64,
    pub stalls: AtomicU64,
    pub connection_errors: AtomicU64,
    /// µs from the call to the acknowledgement of a publish.
    pub publish_latency: Histogram,
    /// µs that a handler took for a message or a batch.
    pub handler_latency: Histogram,
    samples: Mutex<VecDeque<Sample>>,
}

struct Sample {
    at: Instant,
    produced: u64,
    handled: u64,
}

/// Span over which rates are averaged.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// A snapshot for programs: plain numbers, times in ms, rates in messages a second over the last 10 s.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    pub produced: u64,
    pub produced_bytes: u64,
    pub produce_errors: u64,
    pub produce_retries: u64,
    pub produce_rate: f64,
    pub transactions_committed: u64,
    pub transactions_aborted: u64,
    pub consumed: u64,
    pub consumed_bytes: u64,
    pub handled: u64,
    pub handle_rate: f64,
    pub handler_errors: u64,
    pub handler_retries: u64,
    pub dead_letters: u64,
    pub commits: u64,
    pub commit_errors: u64,
    pub rebalances: u64,
    pub stalls: u64,
    pub connection_errors: u64,
    pub publish_latency: Percentiles,
    pub handler_latency: Percentiles,
}

impl Telemetry {
    /// Remembers the totals for the rates; called about once a second by whichever client thread runs.
    pub fn sample(&self) {
        let now = Instant::now();
        let mut samples = self.samples.lock().expect("no panic while sampling");
        if samples.back().is_some_and(|last| now - last.at < Duration::from_millis(900)) {
            return;
        }
        samples.push_back(Sample {
            at: now,
            produced: self.produced.load(Relaxed),
            handled: self.handled.load(Relaxed),
        });
        while samples.front().is_some_and(|first| now - first.at > RATE_WINDOW) {
            samples.pop_front();
        }
    }

    fn rates(&self) -> (f64, f64) {
        let samples = self.samples.lock().expect("no panic while sampling");
        let Some(first) = samples.front() else { return (0.0, 0.0) };
        let seconds = first.at.elapsed().as_secs_f64();
        if seconds < 0.05 || first.at.elapsed() > RATE_WINDOW * 2 {
            return (0.0, 0.0);
        }
        let rate = |now: &AtomicU64, then: u64| now.load(Relaxed).saturating_sub(then) as f64 / seconds;
        (rate(&self.produced, first.produced), rate(&self.handled, first.handled))
    }

    pub fn snapshot(&self) -> Snapshot {
        self.sample();
        let (produce_rate, handle_rate) = self.rates();
        Snapshot {
            produced: self.produced.load(Relaxed),
            produced_bytes: self.produced_bytes.load(Relaxed),
            produce_errors: self.produce_errors.load(Relaxed),
            produce_retries: self.produce_retries.load(Relaxed),
            produce_rate,
            transactions_committed: self.transactions_committed.load(Relaxed),
            transactions_aborted: self.transactions_aborted.load(Relaxed),
            consumed: self.consumed.load(Relaxed),
            consumed_bytes: self.consumed_bytes.load(Relaxed),
            handled: self.handled.load(Relaxed),
            handle_rate,
            handler_errors: self.handler_errors.load(Relaxed),
            handler_retries: self.handler_retries.load(Relaxed),
            dead_letters: self.dead_letters.load(Relaxed),
            commits: self.commits.load(Relaxed),
            commit_errors: self.commit_errors.load(Relaxed),
            rebalances: self.rebalances.load(Relaxed),
            stalls: self.stalls.load(Relaxed),
            connection_errors: self.connection_errors.load(Relaxed),
            publish_latency: self.publish_latency.percentiles(),
            handler_latency: self.handler_latency.percentiles(),
        }
    }
}
