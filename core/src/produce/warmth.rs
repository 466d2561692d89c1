//! The first record of a partition goes alone.
//!
//! A broker that has no state of an idempotent producer for a partition accepts any sequence number. If the first of
//! several requests in flight fails with a retriable error (the leader of a topic that was created just now is not ready)
//! and the second is accepted, the first is refused as a duplicate when it is sent again, and librdkafka takes that for
//! its acknowledgement ("implicit ack", rdkafka_request.c): acknowledged, and lost. So nothing follows the first record of
//! a partition before the broker has acknowledged it. It costs one round trip a partition in a producer's life.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use super::intake::Item;

/// Topic id and partition; the partition is `UNASSIGNED` where librdkafka chooses it.
type Place = (u32, i32);

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its first record is under way.
    Probing,
    /// The broker knows this producer here.
    Warm,
}

/// Locked once a call and once a delivery event, never while another lock is waited for.
#[derive(Default)]
pub struct Warmth(Mutex<HashMap<Place, State>>);

impl Warmth {
    fn lock(&self) -> MutexGuard<'_, HashMap<Place, State>> {
        self.0.lock().expect("nothing panics under this lock")
    }

    /// How many of the items may be handed over now. Places that get their first record are told by its number in
    /// `first`, for [`Warmth::probe`].
    pub fn allowed(&self, items: &[Item], first: &mut Vec<usize>) -> usize {
        let states = self.lock();
        let mut warm = None;
        for (n, item) in items.iter().enumerate() {
            let place = (item.topic, item.partition);
            if warm == Some(place) {
                continue;
            }
            match states.get(&place) {
                Some(State::Warm) => warm = Some(place),
                Some(State::Probing) => return n,
                None if first.iter().any(|i| (items[*i].topic, items[*i].partition) == place) => return n,
                None => first.push(n),
            }
        }
        items.len()
    }

    /// The first record of a place is with librdkafka.
    pub fn probe(&self, item: &Item) {
        self.lock().insert((item.topic, item.partition), State::Probing);
    }

    /// The broker acknowledged records of a partition: it, and whatever was sent to the topic without a partition, may be
    /// followed by others.
    pub fn warm(&self, topic: u32, partition: i32) {
        let mut states = self.lock();
        states.insert((topic, partition), State::Warm);
        states.insert((topic, super::intake::UNASSIGNED), State::Warm);
    }

    /// Records of a partition failed: the next one is the first again.
    pub fn cool(&self, topic: u32, partition: i32) {
        let mut states = self.lock();
        for place in [(topic, partition), (topic, super::intake::UNASSIGNED)] {
            if states.get(&place) == Some(&State::Probing) {
                states.remove(&place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(topic: u32, partition: i32) -> Item {
        let (at, key_len, value_len, headers_len, timestamp, opaque) = (0, -1, 0, 0, 0, 0);
        Item { at, key_len, value_len, headers_len, topic, partition, timestamp, opaque }
    }

    #[test]
    fn a_partition_takes_one_record_until_it_is_acknowledged() {
        let warmth = Warmth::default();
        let items = [item(0, 1), item(0, 2), item(0, 2), item(0, 1)];
        let mut first = Vec::new();
        assert_eq!(warmth.allowed(&items, &mut first), 2);
        assert_eq!(first, [0, 1]);
        first.iter().for_each(|n| warmth.probe(&items[*n]));
        assert_eq!(warmth.allowed(&items[2..], &mut Vec::new()), 0);
        warmth.warm(0, 2);
        assert_eq!(warmth.allowed(&items[2..], &mut Vec::new()), 1);
        warmth.cool(0, 1);
        first.clear();
        assert_eq!((warmth.allowed(&items[2..], &mut first), first), (2, vec![1]));
        warmth.cool(0, 2);
        assert_eq!(warmth.allowed(&[item(0, 2), item(0, 2)], &mut Vec::new()), 2, "warm stays warm");
    }
}
