//! A histogram of durations: fixed memory, one atomic addition a value, percentiles within 7 %.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// Each power of two is cut into this many buckets, which bounds the error of a percentile to 1/16.
const STEPS: usize = 16;
/// 2^40 µs are twelve days; what takes longer counts as that.
const POWERS: usize = 40;

/// Counts of values in µs.
pub struct Histogram {
    buckets: Box<[AtomicU64]>,
    count: AtomicU64,
    sum_us: AtomicU64,
    max_us: AtomicU64,
}

/// Percentiles in ms; all 0 before the first value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    pub count: u64,
    pub mean: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            buckets: (0..STEPS * POWERS).map(|_| AtomicU64::new(0)).collect(),
            count: AtomicU64::new(0),
            sum_us: AtomicU64::new(0),
            max_us: AtomicU64::new(0),
        }
    }
}

fn bucket(us: u64) -> usize {
    if us < STEPS as u64 {
        return us as usize;
    }
    let power = 63 - us.leading_zeros() as usize;
    let step = (us >> (power - 4)) as usize & (STEPS - 1);
    ((power - 3) * STEPS + step).min(STEPS * POWERS - 1)
}

/// The middle of a bucket, in µs.
fn middle(bucket: usize) -> f64 {
    if bucket < STEPS {
        return bucket as f64;
    }
    let power = bucket / STEPS + 3;
    let width = (1u64 << (power - 4)) as f64;
    (STEPS + bucket % STEPS) as f64 * width + width / 2.0
}

impl Histogram {
    /// Counts `times` values of `us` microseconds.
    pub fn record(&self, us: u64, times: u64) {
        self.buckets[bucket(us)].fetch_add(times, Relaxed);
        self.count.fetch_add(times, Relaxed);
        self.sum_us.fetch_add(us.saturating_mul(times), Relaxed);
        self.max_us.fetch_max(us, Relaxed);
    }

    pub fn percentiles(&self) -> Percentiles {
        let counts: Vec<u64> = self.buckets.iter().map(|b| b.load(Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        let max = self.max_us.load(Relaxed) as f64;
        let at = |share: f64| {
            let wanted = (total as f64 * share).ceil() as u64;
            let mut seen = 0;
            let found = counts.iter().position(|n| {
                seen += n;
                seen >= wanted.max(1)
            });
            found.map_or(0.0, |bucket| middle(bucket).min(max) / 1000.0)
        };
        let count = self.count.load(Relaxed);
        let mean = if count == 0 { 0.0 } else { self.sum_us.load(Relaxed) as f64 / count as f64 / 1000.0 };
        Percentiles { count, mean, p50: at(0.50), p95: at(0.95), p99: at(0.99), max: max / 1000.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_seven_percent() {
        let histogram = Histogram::default();
        for us in 1..=100_000u64 {
            histogram.record(us, 1);
        }
        let p = histogram.percentiles();
        for (got, wanted) in [(p.p50, 50.0), (p.p95, 95.0), (p.p99, 99.0), (p.max, 100.0), (p.mean, 50.0)] {
            assert!((got - wanted).abs() / wanted < 0.07, "{got} for {wanted}");
        }
        assert_eq!(p.count, 100_000);
    }

    #[test]
    fn empty_and_extreme() {
        let histogram = Histogram::default();
        assert_eq!(histogram.percentiles().p99, 0.0);
        histogram.record(u64::MAX, 1);
        histogram.record(0, 1);
        assert_eq!(histogram.percentiles().count, 2);
    }
}
