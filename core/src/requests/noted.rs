//! What is noted of requests until somebody takes it: what waits for an answer, and where brokers are.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;

use super::RequestNote;

/// More than these wait to be taken only where nobody takes them; the oldest go.
pub const LIMIT: usize = 4_096;
#[derive(Default)]
pub struct Noted {
    pub waiting: VecDeque<RequestNote>,
    pub in_flight: HashMap<String, InFlight>,
    /// Answers that librdkafka has told once: it calls again when it hands one over to the thread that asked.
    told_once: VecDeque<Told>,
    /// Addresses of brokers as they are advertised.
    addresses: HashSet<String>,
    /// Where librdkafka's connections that are called by their role (`GroupCoordinator`) lead to.
    roles: HashMap<String, String>,
}

/// Requests to one broker that have no answer: number and time of writing, by kind, oldest first. Bounded by librdkafka's
/// own bound of requests in flight.
#[derive(Default)]
pub struct InFlight(pub HashMap<i16, VecDeque<(i32, i64)>>);

/// What tells one answer from others: broker, kind, µs, bytes.
pub type Told = (String, i16, i64, usize);
impl InFlight {
    pub fn len(&self) -> u32 {
        self.0.values().map(VecDeque::len).sum::<usize>() as u32
    }
}

impl Noted {
    /// Where the broker is; `peer` is asked for a connection that is called by its role. Else what librdkafka calls it.
    pub fn address(&mut self, name: &str, peer: impl FnOnce() -> Option<SocketAddr>) -> String {
        if name.contains(':') {
            if !self.addresses.contains(name) {
                self.addresses.insert(name.to_string());
            }
            return name.to_string();
        }
        if let Some(peer) = peer() {
            let known: Vec<_> = self.addresses.iter().filter(|a| port_of(a) == Some(peer.port())).collect();
            let address = if let [only] = known[..] { only.clone() } else { peer.to_string() };
            self.roles.insert(name.to_string(), address);
        }
        self.roles.get(name).cloned().unwrap_or_else(|| name.to_string())
    }

    /// False for the second of two equal answers.
    pub fn is_news(&mut self, told: Told) -> bool {
        const LONGEST: usize = 256;
        if let Some(index) = self.told_once.iter().position(|each| *each == told) {
            self.told_once.remove(index);
            return false;
        }
        if self.told_once.len() == LONGEST {
            self.told_once.pop_front();
        }
        self.told_once.push_back(told);
        true
    }

    pub fn push(&mut self, note: RequestNote) {
        if self.waiting.len() == LIMIT {
            self.waiting.pop_front();
        }
        self.waiting.push_back(note);
    }
}

fn port_of(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}
