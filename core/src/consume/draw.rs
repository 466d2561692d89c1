//! From one partition's queue into the batch that becomes a slab, as far as the lane's credit and the slab's room go.

use std::collections::VecDeque;
use std::sync::Arc;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use super::lanes::{Lane, Run};
use super::native::{Message, Queue};
use super::signal::Bell;
use super::slab::Measured;

/// A slab is closed at this many messages or bytes. Larger ones do not go faster, and hold memory longer while one of
/// their messages is kept.
pub const SLAB_MESSAGES: usize = 4_096;
pub const SLAB_BYTES: usize = 1024 * 1024;
/// Messages that one call takes from a partition's queue at most. What then does not fit the slab waits for the next.
pub const BATCH: usize = 1_024;

/// Handed out and not finished, of one lane: more than a batch handler takes at once, little enough that a slow lane
/// costs no memory. One message is always allowed.
pub const LANE_MESSAGES: u32 = 2_048;
pub const LANE_BYTES: usize = 4 * 1024 * 1024;
/// Where the floor above makes whole batches of what it gets: that the next one is packed while it has one.
pub const BATCH_LANE_MESSAGES: u32 = 4 * LANE_MESSAGES;

/// What the fetch thread holds of a lane.
pub struct Track {
    pub lane: Arc<Lane>,
    /// Taken from librdkafka, not yet packed; at most [`BATCH`].
    pub held: VecDeque<Measured>,
    pub queue: Queue,
    pub bell: Arc<Bell>,
    /// Mean size of recent messages, to guess how many fit.
    average: usize,
    /// A seek that librdkafka has not taken yet.
    pub seek: Option<i64>,
    /// librdkafka has reset the offset (`tools/librdkafka/patches/18`), and what came after that. The lane ends when what
    /// it has is handled: the offsets of a new one may be lower ([`Fetcher::restart`](super::fetch::Fetcher::restart)).
    pub reset: Option<VecDeque<Measured>>,
}

impl Track {
    pub fn new(lane: Arc<Lane>, queue: Queue, bell: Arc<Bell>) -> Self {
        Track { lane, held: VecDeque::new(), queue, bell, average: 256, seek: None, reset: None }
    }
}

impl Track {
    /// Everything from before a reset is handled.
    pub fn must_restart(&self) -> bool {
        if self.reset.is_none() || !self.held.is_empty() {
            return false;
        }
        let state = self.lane.state();
        state.open() && state.out_count == 0
    }

    /// Taken from librdkafka and not packed.
    pub fn waiting(&self) -> usize {
        self.held.len() + self.reset.as_ref().map_or(0, VecDeque::len)
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        // SAFETY: the queue is alive; after this nothing rings the bell.
        unsafe { Bell::remove(self.queue.as_ptr()) }
    }
}

/// Moves messages of one lane into the batch. True: there is more, and it fits the next slab.
pub fn draw(
    track: &mut Track,
    batch: &mut Vec<(Measured, u32)>,
    bytes: &mut usize,
    raw: &mut Vec<*mut rdsys::rd_kafka_message_t>,
    errors: &mut Vec<Message>,
) -> bool {
    let mut drained = false;
    loop {
        let credit = match hand_out(track, batch, bytes) {
            Some(credit) => credit,
            None => return false,
        };
        if !track.held.is_empty() {
            return true;
        }
        if drained || track.reset.is_some() {
            return false;
        }
        let room = SLAB_BYTES.saturating_sub(*bytes) / track.average.max(1);
        let wanted = room.min(SLAB_MESSAGES - batch.len()).min(BATCH).min(credit);
        if wanted == 0 {
            return true;
        }
        raw.clear();
        // SAFETY: the queue is alive; librdkafka writes at most `wanted` pointers, which fit, and gives them away.
        let count = unsafe {
            let count = rdsys::rd_kafka_consume_batch_queue(track.queue.as_ptr(), 0, raw.as_mut_ptr(), wanted);
            let count = usize::try_from(count).unwrap_or(0);
            raw.set_len(count);
            count
        };
        // Fewer than wanted: the queue was found empty, and the next message rings.
        drained = count < wanted;
        for pointer in raw.drain(..) {
            // SAFETY: given away by librdkafka.
            let Some(message) = (unsafe { Message::from_raw(pointer) }) else { continue };
            if message.err() == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                let measured = Measured::new(message);
                track.average = (track.average * 15 + measured.packed_len()) / 16;
                track.reset.as_mut().unwrap_or(&mut track.held).push_back(measured);
            } else {
                if message.err() == RespErr::RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET {
                    // What came between two resets is void.
                    track.reset = Some(VecDeque::new());
                    track.lane.state().void = true;
                }
                errors.push(message);
            }
        }
    }
}

/// Moves what is held. Returns the messages that the lane's credit leaves; `None`: the lane must wait, and whoever ends
/// the waiting (credit, resume, an idle predecessor) rings.
fn hand_out(track: &mut Track, batch: &mut Vec<(Measured, u32)>, bytes: &mut usize) -> Option<usize> {
    const _: () = assert!(SLAB_MESSAGES >= BATCH);
    let lane = track.lane.clone();
    let mut state = lane.state();
    if !state.open() || track.seek.is_some() {
        return None;
    }
    let most = if state.strict { BATCH_LANE_MESSAGES } else { LANE_MESSAGES };
    let mut run = Run { end: 0, count: 0, bytes: 0, first_epoch: -1, last_epoch: -1 };
    let mut starved = false;
    while let Some(front) = track.held.front() {
        let offset = front.message().raw().offset;
        // librdkafka pauses and resumes partitions around rebalances; what was already handed out may come again.
        if offset < state.next {
            track.held.pop_front();
            continue;
        }
        let size = front.packed_len();
        if batch.len() >= SLAB_MESSAGES || (!batch.is_empty() && *bytes + size > SLAB_BYTES) {
            break;
        }
        let out = state.out_count + run.count;
        if out >= most || (out > 0 && state.out_bytes + run.bytes + size > LANE_BYTES) {
            starved = true;
            break;
        }
        let epoch = front.leader_epoch();
        if run.count == 0 {
            run.first_epoch = epoch;
        }
        run.last_epoch = epoch;
        run.end = offset + 1;
        run.count += 1;
        run.bytes += size;
        *bytes += size;
        let measured = track.held.pop_front().expect("looked at just now");
        batch.push((measured, lane.id));
    }
    if run.count > 0 {
        state.hand_out(run);
    }
    let credit = (most - state.out_count.min(most)) as usize;
    starved |= credit == 0;
    // The last report of what is out leads to the restart.
    starved |= track.reset.is_some() && state.out_count > 0;
    state.starved = starved;
    (!starved).then_some(credit)
}
