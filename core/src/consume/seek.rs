//! A partition goes on at another offset, by a seek or by a reset of librdkafka's: as a new lane, so that what was handed out
//! before can be told apart.

use std::sync::Arc;

use super::draw::Track;
use super::fetch::Fetcher;
use super::lanes::{Lane, Phase};
use super::notes::{Assigned, Note};
use super::offsets;
use super::signal::Bell;

impl Fetcher {
    /// The partition goes on at `offset` as lane `new`. Its number is new so that everything handed out under the old
    /// one can be told apart and dropped, wherever it is.
    pub fn seek(&mut self, old: u32, new: Arc<Lane>, offset: i64) {
        // Revoked meanwhile, or about to be: then the revocation waits for the old lane and takes it away.
        let revoked = self.revoking.as_ref().is_some_and(|revoking| revoking.concerns(old));
        let track = if revoked { None } else { self.tracks.remove(&old) };
        let Some(mut track) = track else {
            self.group.stop_lanes(std::slice::from_ref(&new));
            self.group.drop_lane(&new);
            return;
        };
        track.held.clear();
        track.reset = None;
        track.seek = Some(offset);
        let previous = self.go_on(track, new);
        if !self.group.options.manual {
            offsets::store(&self.link.client, std::slice::from_ref(&previous));
        }
        self.group.drop_lane(&previous);
        self.retry_seeks();
    }

    /// librdkafka has reset the partition's offset, and what was read before is handled: goes on as a new lane, whose
    /// offsets may be lower than those of the old one.
    pub fn restart(&mut self, old: u32) {
        let Some(track) = self.tracks.get(&old).filter(|track| track.must_restart()) else { return };
        let previous = track.lane.clone();
        let new = self.group.new_lane(previous.topic.clone(), previous.partition);
        {
            let mut was = previous.state();
            was.phase = Phase::Closing;
            // The floor above may still commit what the old one has handled.
            new.state().gate = (was.strict && !was.idle).then_some(old);
        }
        self.group.add_lane(&new);
        let (topic, partition) = (new.topic.to_string(), new.partition);
        self.group.note(|| Note::Restarted { assigned: Assigned { topic, partition, lane: new.id } });
        self.group.state().closing.push(old);
        self.group.wake.notify();
        let mut track = self.tracks.remove(&old).expect("looked at just now");
        track.held = track.reset.take().unwrap_or_default();
        self.go_on(track, new.clone());
        self.group.drop_lane(&previous);
        self.group.signal.ready(&new);
    }

    /// The partition's queue belongs to this lane from now on; gives the one before.
    fn go_on(&mut self, mut track: Track, new: Arc<Lane>) -> Arc<Lane> {
        let bell = Arc::new(Bell { signal: self.group.signal.clone(), lane: Some(new.clone()) });
        // SAFETY: queue and bell are kept by the track; the old bell is dropped after it was replaced.
        unsafe { bell.hang(track.queue.as_ptr()) };
        track.bell = bell;
        let previous = std::mem::replace(&mut track.lane, new.clone());
        self.by_partition.insert((new.topic.to_string(), new.partition), new.id);
        self.tracks.insert(new.id, track);
        previous
    }

    /// Has librdkafka seek where it has not yet. It refuses while the partition's first offset is being looked up.
    pub fn retry_seeks(&mut self) {
        let waiting: Vec<u32> = self.tracks.iter().filter(|(_, t)| t.seek.is_some()).map(|(id, _)| *id).collect();
        for id in waiting {
            let track = self.tracks.get_mut(&id).expect("collected just now");
            let Some(offset) = track.seek else { continue };
            match super::member::seek(&self.link.client, &track.lane, offset) {
                Ok(()) => {
                    track.seek = None;
                    track.lane.state().next = offset;
                    self.group.signal.ready(&track.lane);
                }
                Err(error) => self.group.telemetry.log.debug(&self.group.name, &error.to_string()),
            }
        }
    }
}
