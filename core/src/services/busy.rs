//! One at a time by name, and nobody waits for longer than its own deadline.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use crate::cancel;
use crate::error::{Error, Result};
use crate::runtime::Deadline;

/// Names that somebody works on.
#[derive(Default)]
pub struct Busy {
    names: Mutex<BTreeSet<String>>,
    freed: Condvar,
}

/// Frees the name when it is dropped.
pub struct Pass<'a> {
    busy: &'a Busy,
    name: String,
}

impl Busy {
    /// Waits until nobody works on `name`. Errors: KafkaTimeoutError at the deadline, or that the call was cancelled.
    pub fn enter(&self, name: &str, deadline: Deadline) -> Result<Pass<'_>> {
        /// Between two looks at whether the call is still wanted.
        const LOOK: Duration = Duration::from_millis(50);
        let mut names = self.names.lock().expect("no panic under this lock");
        while names.contains(name) {
            cancel::check()?;
            if deadline.passed() {
                return Err(Error::timeout(format!("an earlier start or stop of {name} did not end in time")));
            }
            names = self.freed.wait_timeout(names, LOOK.min(deadline.left())).expect("no panic under this lock").0;
        }
        names.insert(name.to_string());
        Ok(Pass { busy: self, name: name.to_string() })
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.busy.names.lock().expect("no panic under this lock").remove(&self.name);
        self.busy.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_exclude_themselves_only() {
        let busy = Busy::default();
        let pass = busy.enter("a", Deadline::after_ms(0)).unwrap();
        assert!(busy.enter("b", Deadline::after_ms(0)).is_ok());
        assert_eq!(busy.enter("a", Deadline::after_ms(5)).err().unwrap().code, "ERR_KAFKA_TIMED_OUT");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| busy.enter("a", Deadline::after_ms(10_000)).is_ok());
            drop(pass);
            assert!(waiting.join().unwrap());
        });
    }
}
