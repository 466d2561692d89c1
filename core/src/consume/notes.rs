//! What a member is told by its group, for floors above that manage offsets themselves ([`GroupOptions::manual`]):
//! assignments with their lanes, rebalances, what keeps the group from working.
//!
//! [`GroupOptions::manual`]: super::GroupOptions

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Instant;

use rdkafka_sys as rdsys;
use serde::Serialize;

use crate::client::Client;
use crate::error::Error;

use super::native::text;

/// Notes come at the pace of rebalances; more than these wait only where nobody takes them.
const LIMIT: usize = 1_024;

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Note {
    /// An assignment was received.
    Joined {
        generation: i32,
        member_id: String,
        /// Known in the classic protocol only.
        leader_id: Option<String>,
        protocol: String,
        /// ms since the rebalance began
        duration: u64,
        /// Everything that is assigned now.
        partitions: Vec<Assigned>,
        /// Topics that were assigned, by a foreign leader, without being subscribed.
        unsubscribed: Vec<String>,
    },
    /// A partition goes on at another offset, as a new lane: the one before was not in its log. The old lane closes.
    Restarted {
        #[serde(flatten)]
        assigned: Assigned,
    },
    /// Partitions are taken away; those lanes close.
    Rebalancing { member_id: String, lost: bool },
    /// The group cannot be worked in: no permission, a fatal error.
    Failed { error: Error },
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assigned {
    pub topic: String,
    pub partition: i32,
    pub lane: u32,
}

struct Noted {
    waiting: VecDeque<Note>,
    leader_id: Option<String>,
    protocol: Option<String>,
    /// When the rebalance that goes on began.
    rebalance: Option<Instant>,
}

pub struct Notes(Mutex<Noted>);

impl Default for Notes {
    fn default() -> Self {
        Notes(Mutex::new(Noted { waiting: VecDeque::new(), leader_id: None, protocol: None, rebalance: None }))
    }
}

impl Notes {
    fn noted(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.0.lock().expect("nothing panics under this lock")
    }

    pub fn add(&self, note: Note) {
        let mut noted = self.noted();
        if noted.waiting.len() == LIMIT {
            noted.waiting.pop_front();
        }
        noted.waiting.push_back(note);
    }

    pub fn take(&self) -> Vec<Note> {
        self.noted().waiting.drain(..).collect()
    }

    pub fn rebalance_begins(&self) {
        self.noted().rebalance.get_or_insert_with(Instant::now);
    }

    /// ms since the rebalance began.
    pub fn rebalance_ends(&self) -> u64 {
        self.noted().rebalance.take().map_or(0, |begun| begun.elapsed().as_millis() as u64)
    }

    /// A line of librdkafka's debug log: it names the leader of the group nowhere else.
    pub fn debug_line(&self, facility: &str, line: &str) {
        if facility != "JOINGROUP" {
            return;
        }
        if let Some((protocol, leader)) = join_response(line) {
            let mut noted = self.noted();
            noted.protocol = Some(protocol.to_string());
            noted.leader_id = Some(leader.to_string());
        }
    }

    /// Leader and protocol of the last join.
    pub fn joined(&self) -> (Option<String>, Option<String>) {
        let noted = self.noted();
        (noted.leader_id.clone(), noted.protocol.clone())
    }
}

/// `JoinGroup response: GenerationId 1, Protocol roundrobin, LeaderId x (me), my MemberId x, …`
fn join_response(line: &str) -> Option<(&str, &str)> {
    let rest = line.split_once("JoinGroup response: GenerationId ")?.1;
    let (protocol, rest) = rest.split_once(", Protocol ")?.1.split_once(", LeaderId ")?;
    let leader = rest.split_once(", my MemberId ")?.0;
    Some((protocol, leader.strip_suffix(" (me)").unwrap_or(leader)))
}

/// The id that the coordinator knows this member by; empty before it has one.
pub fn member_id(client: &Client) -> String {
    // SAFETY: the handle is alive; the text is a copy that is given back.
    unsafe {
        let id = rdsys::rd_kafka_memberid(client.rk());
        let copy = text(id);
        if !id.is_null() {
            rdsys::rd_kafka_mem_free(client.rk(), id.cast());
        }
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leader_is_read_from_the_join() {
        let line = "[thrd:main]: JoinGroup response: GenerationId 3, Protocol roundrobin, LeaderId a, b-1 (me), my \
                    MemberId a, b-1, member metadata count 2: (no error)";
        assert_eq!(join_response(line), Some(("roundrobin", "a, b-1")));
        assert_eq!(join_response("JoinGroup response: discarding outdated request"), None);
        let notes = Notes::default();
        notes.debug_line("HEARTBEAT", line);
        assert_eq!(notes.joined(), (None, None));
        notes.debug_line("JOINGROUP", line);
        assert_eq!(notes.joined(), (Some("a, b-1".into()), Some("roundrobin".into())));
    }

    #[test]
    fn notes_that_nobody_takes_are_bounded() {
        let notes = Notes::default();
        for _ in 0..LIMIT + 5 {
            notes.add(Note::Rebalancing { member_id: String::new(), lost: false });
        }
        assert_eq!(notes.take().len(), LIMIT);
        assert!(notes.take().is_empty());
    }
}
