//! How the core tells the floor above that something waits to be taken: a nudge without data. Data is pulled.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// Fulfilled by the border (a weak threadsafe call into JavaScript) and by tests (a condition variable).
/// Called from librdkafka's and the core's own threads: it must return at once and must never call back into the core.
pub trait Wake: Send + Sync {
    fn wake(&self);
}

/// Folds many nudges into one: only the first after a `rearm` goes up.
pub struct WakeOnce {
    target: Arc<dyn Wake>,
    pending: AtomicBool,
}

impl WakeOnce {
    pub fn new(target: Arc<dyn Wake>) -> Self {
        WakeOnce { target, pending: AtomicBool::new(false) }
    }

    pub fn notify(&self) {
        // AcqRel: what was queued before this call is visible to whoever takes after the wake-up.
        if !self.pending.swap(true, Ordering::AcqRel) {
            self.target.wake();
        }
    }

    /// To be called before taking, so that what arrives while taking raises a new nudge.
    pub fn rearm(&self) {
        self.pending.store(false, Ordering::Release);
    }
}
