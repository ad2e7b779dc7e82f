//! Names: a track is told to others by a number that stays its own, though a late plot may change which one was first.

use std::collections::BTreeMap;

use physics::motion;
use serde::{Deserialize, Serialize};

use crate::track::Track;

/// A track that lies as near to where another was is that one, metres.
const SAME_M: f64 = 20_000.0;

/// The names of the firm tracks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Names {
    /// By the tracker's numbers: the name, and the track as it was when last looked at.
    named: BTreeMap<u64, Named>,
    count: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Named {
    name: u64,
    seen: Seen,
}

/// What a track is known again by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    first: physics::time::Tai,
    at: physics::time::Tai,
    state: motion::State,
}

impl Seen {
    fn of(track: &Track) -> Seen {
        Seen { first: track.first, at: track.motion.time, state: track.motion.state() }
    }

    /// How far apart two are, metres, both moved straight on to the later one's instant.
    fn apart_m(&self, other: &Seen) -> f64 {
        let at = self.at.max(other.at);
        let there =
            |seen: &Seen| motion::position(&seen.state) + motion::velocity(&seen.state) * at.since_s(seen.at);
        (there(self) - there(other)).norm()
    }
}

impl Names {
    /// The name of a track.
    pub fn of(&self, track: &Track) -> u64 {
        self.named.get(&track.number).map_or(track.number, |named| named.name)
    }

    /// Names the tracks that are new.
    pub fn note(&mut self, tracks: &[Track]) {
        let known = self.named.last_key_value().map_or(0, |(number, _)| *number);
        let new = tracks.partition_point(|track| track.number <= known);
        for track in &tracks[new..] {
            self.count += 1;
            self.named.insert(track.number, Named { name: self.count, seen: Seen::of(track) });
        }
        if self.named.len() > tracks.len() {
            self.named.retain(|number, _| tracks.binary_search_by_key(number, |track| track.number).is_ok());
        }
    }

    /// Before plots are stepped once more: how the tracks look now.
    pub fn look(&mut self, tracks: &[Track]) {
        for track in tracks {
            if let Some(named) = self.named.get_mut(&track.number) {
                named.seen = Seen::of(track);
            }
        }
    }

    /// After plots were stepped once more: each track keeps the name of the one that it was.
    pub fn carry_over(&mut self, tracks: &[Track]) {
        let mut old = core::mem::take(&mut self.named);
        let mut unnamed = Vec::new();
        for track in tracks {
            let seen = Seen::of(track);
            match old.get(&track.number) {
                Some(named) if named.seen.first == seen.first && named.seen.apart_m(&seen) < SAME_M => {
                    let name = named.name;
                    old.remove(&track.number);
                    self.named.insert(track.number, Named { name, seen });
                }
                _ => unnamed.push((track.number, seen)),
            }
        }
        for (number, seen) in unnamed {
            let nearest = old
                .iter()
                .map(|(number, named)| (*number, named.seen.apart_m(&seen)))
                .filter(|(_, apart_m)| *apart_m < SAME_M)
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let name = match nearest.and_then(|(number, _)| old.remove(&number)) {
                Some(named) => named.name,
                None => {
                    self.count += 1;
                    self.count
                }
            };
            self.named.insert(number, Named { name, seen });
        }
    }
}
