//! What a group looks like from outside. No network: watermarks are those that came with fetched data.

use std::ffi::CString;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde::Serialize;

use crate::error::Error;

use super::group::{Group, GroupPhase};
use super::lanes::{Lane, Phase};
use super::native::NONE;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MemberState {
    /// Nothing is subscribed.
    Idle,
    /// Subscribed, no assignment yet.
    Joining,
    /// An assignment was received.
    Joined,
    /// Partitions are being taken away; handlers of theirs are waited for.
    Revoking,
    Closing,
    Closed,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupStatus {
    pub group_id: String,
    pub topics: Vec<String>,
    pub member_state: MemberState,
    /// Why the group cannot be joined or goes on without success.
    pub error: Option<Error>,
    pub partitions: Vec<LaneStatus>,
}

/// Offsets are `null` where they are not known yet.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneStatus {
    pub topic: String,
    pub partition: i32,
    pub lane: u32,
    /// Next offset to be handed to the application.
    pub position: Option<i64>,
    /// Everything before it is handled.
    pub stored: Option<i64>,
    pub committed: Option<i64>,
    pub high_watermark: Option<i64>,
    /// Messages up to the high watermark that are not handled yet.
    pub lag: Option<i64>,
    /// Fetched, not handed out; counted once a second.
    pub queued: u64,
    /// Handed out, not finished.
    pub in_handler: u32,
    pub paused: bool,
    /// Taken away or given up; finishing.
    pub closing: bool,
    /// ms since messages or progress were last seen.
    pub last_progress_ms: u64,
    pub stalled: bool,
}

/// The cached high watermark, -1: not known.
pub fn high_watermark(group: &Group, lane: &Lane) -> i64 {
    let Ok(client) = group.client() else { return NONE };
    let Ok(topic) = CString::new(&*lane.topic) else { return NONE };
    let (mut low, mut high) = (NONE, NONE);
    // SAFETY: the handle lives as long as `client`, the name as long as the call.
    let err = unsafe {
        rdsys::rd_kafka_get_watermark_offsets(client.rk(), topic.as_ptr(), lane.partition, &mut low, &mut high)
    };
    if err == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        high.max(NONE)
    } else {
        NONE
    }
}

fn known(offset: i64) -> Option<i64> {
    (offset >= 0).then_some(offset)
}

fn lane_status(group: &Group, lane: &Lane) -> LaneStatus {
    let high = high_watermark(group, lane);
    let state = lane.state();
    // Nothing handed out yet and nothing waiting: what the fetcher asks for is what comes next.
    let position = known(state.next).or(known(state.fetch_offset).filter(|_| state.queued == 0));
    let handled = known(state.done.offset).or(known(state.committed)).or(position);
    LaneStatus {
        topic: lane.topic.to_string(),
        partition: lane.partition,
        lane: lane.id,
        position,
        stored: known(state.done.offset),
        committed: known(state.committed),
        high_watermark: known(high),
        // Where the fetcher skipped the tail (control records, aborted messages) nothing is left to handle.
        lag: match (known(high), handled) {
            (Some(high), _) if state.fetch_offset >= high && state.out_count == 0 && state.queued == 0 => Some(0),
            (Some(high), Some(handled)) => Some((high - handled).max(0)),
            // At least these.
            (Some(_), None) if state.queued > 0 => Some(state.queued as i64),
            _ => None,
        },
        queued: state.queued,
        in_handler: state.out_count,
        paused: state.paused,
        closing: state.phase != Phase::Running,
        last_progress_ms: state.last_progress.elapsed().as_millis() as u64,
        stalled: state.stalled,
    }
}

pub fn status(group: &Group) -> GroupStatus {
    let mut partitions: Vec<_> = group.all_lanes().iter().map(|lane| lane_status(group, lane)).collect();
    partitions.sort_by(|a, b| (&a.topic, a.partition, a.lane).cmp(&(&b.topic, b.partition, b.lane)));
    let state = group.state();
    let member_state = match state.phase {
        GroupPhase::Open => state.member,
        GroupPhase::Closing => MemberState::Closing,
        GroupPhase::Closed => MemberState::Closed,
    };
    let topics = state.topics.iter().filter(|(_, t)| !t.removing).map(|(name, _)| name.clone()).collect();
    GroupStatus { group_id: group.id.to_string(), topics, member_state, error: state.problem.clone(), partitions }
}
