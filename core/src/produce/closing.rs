//! The end: flush, then purge what is left, then the handle. Every send settles, whatever the brokers do.
//! A flush that progresses, or whose brokers at least answer, has all of the time that it was given; one whose brokers are
//! gone is given up soon (`patience`).

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::patience::Patience;
use crate::runtime::Deadline;

use super::shared::{Shared, Stage};

/// How long `close` waits for the reports of purged records before it settles their sends itself.
const PURGE_GRACE: Duration = Duration::from_secs(1);

/// One look at what is in flight while flushing or purging.
const SLICE: Duration = Duration::from_millis(50);

impl Shared {
    /// See `Producer::flush`.
    pub fn flush(&self, patience: &Patience) -> bool {
        let _flushing = self.direct.flush();
        let mut produced = self.telemetry.produced.load(Ordering::Relaxed);
        loop {
            if self.ledger.in_flight() == 0 {
                return true;
            }
            let client = self.intake().client.clone();
            let Some(client) = client else { return false };
            if patience.over(&client.peers) {
                return false;
            }
            let slice = Deadline::after(SLICE).min(patience.deadline());
            // SAFETY: the handle is alive. With reports as events this only waits, and ends the linger meanwhile.
            unsafe { rdsys::rd_kafka_flush(client.rk(), slice.left_ms()) };
            self.ledger.wait_idle(slice);
            // Of acknowledged messages only: those that time out are reported without a broker.
            let now = self.telemetry.produced.load(Ordering::Relaxed);
            if now != produced {
                produced = now;
                patience.heard();
            }
        }
    }

    /// See `Producer::close`.
    pub fn close(&self, patience: &Patience) {
        {
            let stage = self.stage();
            let wait = |stage: &mut Stage| *stage == Stage::Closing;
            let waited = self.closed.wait_timeout_while(stage, patience.left(), wait);
            let mut stage = waited.expect("no panic between stages").0;
            if *stage != Stage::Open {
                return;
            }
            *stage = Stage::Closing;
        }
        let _flushing = self.direct.flush();
        self.intake().refusing = true;
        if !self.flush(patience) {
            self.purge();
        }
        // A caller who takes reports has ended with them when this returns.
        self.direct.close();
        let client = {
            let mut intake = self.intake();
            intake.table.clear();
            // Release: pairs with the thread's load; everything is settled.
            self.stop.store(true, Ordering::Release);
            intake.client.take()
        };
        self.direct.nudge();
        if let Some(client) = client {
            client.destroy_by(patience.clone());
        }
        *self.stage() = Stage::Closed;
        self.closed.notify_all();
    }

    /// Fails everything that is left.
    fn purge(&self) {
        let (client, opaques) = {
            let mut intake = self.intake();
            (intake.client.clone(), intake.pending.expired(Duration::ZERO, Instant::now()))
        };
        self.fail(opaques, RespErr::RD_KAFKA_RESP_ERR__PURGE_QUEUE);
        let Some(client) = client else { return };
        let grace = Deadline::after(PURGE_GRACE);
        let flags =
            rdsys::RD_KAFKA_PURGE_F_QUEUE | rdsys::RD_KAFKA_PURGE_F_INFLIGHT | rdsys::RD_KAFKA_PURGE_F_NON_BLOCKING;
        loop {
            // Not waited for: a broker's thread that resolves a name answers after seconds. Repeated: a record that was
            // being moved from one queue to another is missed by one round.
            // SAFETY: the handle is alive.
            unsafe { rdsys::rd_kafka_purge(client.rk(), flags) };
            if self.ledger.wait_idle(Deadline::after(SLICE)) {
                return;
            }
            if grace.passed() {
                break;
            }
        }
        let mut settling = self.ledger.settle();
        settling.abandon(RespErr::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT);
        if settling.finish() {
            self.wake.notify();
        }
    }
}
