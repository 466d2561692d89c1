//! The one tokio runtime of the process, for timers and for waiting on calls of librdkafka that block. It starts with
//! the first client, never at import; the hot paths do not use it (they have threads of their own).

use std::future::Future;
use std::time::{Duration, Instant};

use once_cell::sync::Lazy;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

static RUNTIME: Lazy<Runtime> = Lazy::new(|| {
    Builder::new_multi_thread()
        .worker_threads(1)
        // Blocking calls (connect, admin, commit, close) are few at a time; the bound keeps a burst of them from
        // becoming a burst of threads.
        .max_blocking_threads(32)
        .thread_name("kafka4-runtime")
        .thread_keep_alive(Duration::from_secs(5))
        .enable_time()
        .build()
        .expect("the runtime's threads can be started")
});

/// Runs a future on the runtime.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    RUNTIME.spawn(future)
}

/// Runs a call that blocks on a thread of its own.
pub fn spawn_blocking<F, T>(work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    RUNTIME.spawn_blocking(work)
}

/// A point in time that bounds a whole operation, however many steps it takes.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn after(duration: Duration) -> Self {
        Deadline(Instant::now() + duration)
    }

    pub fn after_ms(ms: u64) -> Self {
        Self::after(Duration::from_millis(ms))
    }

    pub fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// What is left as librdkafka wants it: whole milliseconds in an `int`, never negative (which would mean forever).
    pub fn left_ms(&self) -> i32 {
        self.left().as_millis().min(i32::MAX as u128) as i32
    }

    pub fn passed(&self) -> bool {
        self.left().is_zero()
    }

    /// The earlier of two.
    pub fn min(self, other: Deadline) -> Deadline {
        Deadline(self.0.min(other.0))
    }
}
