//! Settled sends on their way into a buffer of the caller's.

use std::sync::Mutex;

use kafka4_core::produce::SendReport;
use napi::bindgen_prelude::*;

use crate::producer_service::pack;

/// Numbers for which room is kept between calls.
const KEPT: usize = 64 * 1024;

/// Packed reports for which a caller had no room.
#[derive(Default)]
pub(crate) struct Unread {
    numbers: Mutex<Vec<f64>>,
}

impl Unread {
    /// Writes what is unread and these reports to `into`, see [`pack`]; gives how many numbers these are. A negative number:
    /// so much room is wanted, they wait for the next call.
    pub(crate) fn write(&self, reports: &[SendReport], mut into: Float64ArraySlice<'_>) -> i32 {
        let mut unread = self.numbers.lock().expect("no panic while reporting");
        pack(reports, &mut unread);
        let count = unread.len();
        if count > into.len() {
            return -(count as i32);
        }
        // SAFETY: JavaScript lends it for this call, on whose thread this runs, and reads it afterwards.
        let room = unsafe { into.as_mut() };
        room[..count].copy_from_slice(&unread);
        unread.clear();
        unread.shrink_to(KEPT);
        count as i32
    }
}
