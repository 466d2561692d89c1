//! Whether the process ends. What is dropped from then on is left to the system: handles that are destroyed then, and the
//! threads that do it, would race with the C library's own end of things, and may wait for sockets of brokers that are gone.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

static ENDS: AtomicBool = AtomicBool::new(false);

/// The main environment of the process goes away. There is no way back.
pub fn begin() {
    ENDS.store(true, SeqCst);
}

pub fn has_begun() -> bool {
    ENDS.load(SeqCst)
}
