//! Partners' tracks: the newest of each.

use std::collections::BTreeMap;

use physics::time::Tai;
use statement::{Nation, Track, TrackBatch};

/// Tracks of one partner that are kept.
const TRACKS_MAX: usize = 2_000;

/// By partner and the track's id there: the newest, and when it came.
pub type TracksAbroad = BTreeMap<(Nation, String), (Track, Tai)>;

/// Keeps the newest of each track. A partner that says more tracks than are kept loses its own new ones, and no other
/// partner's.
pub(crate) fn keep(kept: &mut TracksAbroad, from: Nation, batch: TrackBatch, now: Tai) {
    let mut count = kept.keys().filter(|(nation, _)| *nation == from).count();
    for track in batch.tracks {
        let key = (from, track.track_id.clone());
        match kept.get_mut(&key) {
            Some(held) if held.0.time <= track.time => *held = (track, now),
            Some(_) => {}
            None if count < TRACKS_MAX => {
                kept.insert(key, (track, now));
                count += 1;
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statement::{Evidence, TrackStatus};

    fn batch(ids: core::ops::Range<usize>, time: Tai) -> TrackBatch {
        let track = |id: usize| Track {
            track_id: format!("T-{id}"),
            status: TrackStatus::Firm,
            time,
            state: [0.0; 6],
            covariance: [0.0; 21],
            evidence: Evidence::default(),
            tracklet: None,
        };
        TrackBatch { tracks: ids.map(track).collect(), hops: Default::default() }
    }

    #[test]
    fn a_partner_that_floods_stops_no_other_and_its_known_tracks_go_on() {
        let (hostile, honest): (Nation, Nation) = ("aaa".parse().unwrap(), "kor".parse().unwrap());
        let mut kept = TracksAbroad::new();
        for thousand in 0..10 {
            keep(&mut kept, hostile, batch(thousand * 1_000..(thousand + 1) * 1_000, Tai(1)), Tai(1));
        }
        assert_eq!(kept.len(), TRACKS_MAX);
        keep(&mut kept, honest, batch(0..3, Tai(2)), Tai(2));
        keep(&mut kept, honest, batch(0..1, Tai(1)), Tai(3));
        keep(&mut kept, hostile, batch(0..1, Tai(3)), Tai(3));
        assert_eq!(kept[&(honest, "T-0".to_owned())].0.time, Tai(2), "an older one came later");
        assert_eq!(kept[&(hostile, "T-0".to_owned())].0.time, Tai(3));
        assert_eq!(kept.len(), TRACKS_MAX + 3);
    }
}
