//! Calls that nobody wants any more. A blocking call runs in the scope of its [`Cancel`]; whatever waits below it, on the
//! same thread, looks at [`cancelled`] between two waits, so that the way down needs no further argument.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use crate::error::{Error, Result};

/// One wish to end calls, shared by whoever may have it and by the calls that it ends.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

thread_local! {
    /// The scopes of this thread, the innermost last: an outer one ends the inner ones, too, unless a shield (`None`) lies
    /// between.
    static SCOPES: RefCell<Vec<Option<Cancel>>> = const { RefCell::new(Vec::new()) };
}

/// Leaves the scope when it is dropped, also by a panic.
struct Scope;

impl Drop for Scope {
    fn drop(&mut self) {
        SCOPES.with_borrow_mut(Vec::pop);
    }
}

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Runs `work`, whose waits end soon after a cancellation.
    pub fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        SCOPES.with_borrow_mut(|scopes| scopes.push(Some(self.clone())));
        let _scope = Scope;
        work()
    }
}

/// Runs what a cancelled call still has to do, cleaning up, as if it were not cancelled.
pub fn shielded<T>(work: impl FnOnce() -> T) -> T {
    SCOPES.with_borrow_mut(|scopes| scopes.push(None));
    let _scope = Scope;
    work()
}

/// The call that this thread runs was cancelled.
pub fn cancelled() -> bool {
    SCOPES.with_borrow(|scopes| scopes.iter().rev().map_while(Option::as_ref).any(Cancel::is_cancelled))
}

/// The error of a cancelled call, where it was.
pub fn check() -> Result<()> {
    match cancelled() {
        true => Err(Error::state("CANCELLED", "the call was given up, by a stop or by its own signal")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outer_scope_ends_the_inner_one_and_not_the_other_way_round() {
        let (outer, inner) = (Cancel::default(), Cancel::default());
        outer.scope(|| {
            inner.scope(|| {
                assert!(!cancelled() && check().is_ok());
                inner.cancel();
                assert!(cancelled());
            });
            assert!(!cancelled());
            outer.cancel();
            shielded(|| assert!(!cancelled()));
            Cancel::default().scope(|| assert_eq!(check().unwrap_err().code, "ERR_KAFKA_CANCELLED"));
        });
        assert!(!cancelled());
    }

    #[test]
    fn a_panic_leaves_the_scope() {
        let cancel = Cancel::default();
        cancel.cancel();
        let panicked = std::panic::catch_unwind(|| cancel.scope(|| panic!("in the scope")));
        assert!(panicked.is_err() && !cancelled());
    }
}
