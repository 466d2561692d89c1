//! Time, CPU of the whole process (user + system) and memory.

use std::time::Instant;

use serde_json::{json, Value};

pub struct Meter {
    at: Instant,
    cpu_us: f64,
}

impl Meter {
    pub fn start() -> Meter {
        Meter { at: Instant::now(), cpu_us: usage().0 }
    }

    /// The fields that every adapter reports.
    pub fn stop(&self, messages: u64) -> Value {
        let seconds = self.at.elapsed().as_secs_f64();
        let (cpu_us, peak_kb) = usage();
        json!({
            "messages": messages,
            "seconds": seconds,
            "rate": messages as f64 / seconds,
            "cpuUs": (cpu_us - self.cpu_us) / messages as f64,
            "rssMb": peak_kb / 1024.0,
        })
    }
}

/// µs of CPU so far; peak resident memory in KiB.
fn usage() -> (f64, f64) {
    // SAFETY: the struct is plain data that the call fills.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let us = |time: libc::timeval| time.tv_sec as f64 * 1e6 + time.tv_usec as f64;
    (us(usage.ru_utime) + us(usage.ru_stime), usage.ru_maxrss as f64)
}

/// Percentiles of µs, in ms; sorts them.
pub fn percentiles(us: &mut [f64]) -> Value {
    us.sort_by(f64::total_cmp);
    let at = |share: f64| us[((us.len() as f64 * share).ceil() as usize).clamp(1, us.len()) - 1] / 1000.0;
    json!({ "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0) })
}
