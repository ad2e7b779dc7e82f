//! Which tracks of several nations are of one object: by the statistical distance of their states at one instant.
//!
//! Nation after nation, its tracks are assigned to the objects that those before it follow: in the gate with every track
//! of the object, as many as fit, then at the greatest likelihood. Tracks that belonged together stay so in a wider gate
//! and are preferred, so that close objects don't swap partners.

use std::collections::BTreeMap;

use physics::information::{inverse, log_determinant};
use physics::time::Tai;
use statement::{Nation, Track, TrackStatus};

use super::assign::{Pair, assign};
use super::fuse::carried;
use super::intersection::Normal;

/// Tracks of one object, at most one of each nation.
pub(super) type Group<'a> = Vec<(Nation, &'a Track)>;

/// Tracks of one nation that are looked at, the newest first: a partner that floods crowds out none but its own.
pub(super) const TRACKS_MAX: usize = 1_000;

/// Tracks of one nation that are compared with one object, the nearest first.
const NEAR_MAX: usize = 12;

/// Squared distances that 99.9 % and 99.99 % of right pairs stay within, six degrees of freedom: to begin, and to stay.
/// Abramowitz & Stegun, table 26.8.
const GATE_TO_BEGIN: f64 = 22.46;
const GATE_TO_STAY: f64 = 27.86;

/// What having belonged together is worth, as a squared distance.
const LOYALTY: f64 = 12.0;

/// A track older than this is left alone, seconds; one from the future too, but for what clocks may differ.
const AGE_S_MAX: f64 = 60.0;
const AHEAD_S_MAX: f64 = 5.0;

/// What is vaguer or moves otherwise than this is left alone: metres, m/s, metres from the Earth's centre.
const SIGMA_M_MAX: f64 = 50e3;
const SIGMA_MPS_MAX: f64 = 5e3;
const SPEED_MPS_MAX: f64 = 12e3;
const RADIUS_M: core::ops::Range<f64> = 6.3e6..60e6;

/// A track at the common instant.
struct Seen<'a> {
    nation: Nation,
    track: &'a Track,
    at: Normal,
    sigma_m: f64,
    known: Option<u64>,
}

/// Groups of tracks that are of one object, of all nations, `own` first.
pub(super) fn associate<'a>(
    own: Nation,
    tracks: &'a [(Nation, Track)],
    now: Tai,
    known: &BTreeMap<(Nation, String), u64>,
) -> Vec<Group<'a>> {
    // Of a track that came twice, the newest.
    let mut newest: BTreeMap<(bool, Nation, &str), &Track> = BTreeMap::new();
    for (nation, track) in tracks.iter().filter(|(_, track)| may_be_combined(track, now)) {
        let held = newest.entry((*nation != own, *nation, &track.track_id)).or_insert(track);
        if held.time < track.time {
            *held = track;
        }
    }
    let mut by_nation: BTreeMap<(bool, Nation), Vec<&Track>> = BTreeMap::new();
    for ((other, nation, _), track) in newest {
        by_nation.entry((other, nation)).or_default().push(track);
    }
    let mut objects: Vec<Vec<Seen>> = Vec::new();
    for ((_, nation), mut tracks) in by_nation {
        // Those that are in a combined track already are looked at before others: a flood of newer ones breaks no pair.
        let number = |track: &Track| known.get(&(nation, track.track_id.clone())).copied();
        tracks.sort_by_cached_key(|track| (number(track).is_none(), -track.time.0, track.track_id.clone()));
        tracks.truncate(TRACKS_MAX);
        let seen: Vec<Seen> = tracks
            .into_iter()
            .filter_map(|track| {
                let at = carried(track, now);
                let sigma_m = at.covariance.fixed_view::<3, 3>(0, 0).trace().sqrt();
                // What has no inverse is no covariance.
                inverse(&at.covariance)?;
                Some(Seen { nation, track, at, sigma_m, known: number(track) })
            })
            .collect();
        take(&mut objects, seen);
    }
    objects
        .into_iter()
        .map(|object| object.into_iter().map(|seen| (seen.nation, seen.track)).collect())
        .collect()
}

/// Whether a track is such that it can be compared: also a hostile one does no harm further on.
fn may_be_combined(track: &Track, now: Tai) -> bool {
    let [x, y, z, vx, vy, vz] = track.state;
    let age_s = now.since_s(track.time);
    let variance = |places: [usize; 3]| places.iter().map(|&place| track.covariance[place]).sum::<f64>();
    let known = |variance: f64, sigma_max: f64| variance > 0.0 && variance < sigma_max * sigma_max;
    matches!(track.status, TrackStatus::Firm | TrackStatus::Coasting)
        && (-AHEAD_S_MAX..=AGE_S_MAX).contains(&age_s)
        && RADIUS_M.contains(&(x * x + y * y + z * z).sqrt())
        && (vx * vx + vy * vy + vz * vz).sqrt() < SPEED_MPS_MAX
        && known(variance([0, 6, 11]), SIGMA_M_MAX)
        && known(variance([15, 18, 20]), SIGMA_MPS_MAX)
}

/// Gives one nation's tracks to the objects that others follow; those that fit none are objects of their own.
fn take<'a>(objects: &mut Vec<Vec<Seen<'a>>>, seen: Vec<Seen<'a>>) {
    let mut pairs: Vec<Pair> = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        pairs.extend(
            near(object, &seen)
                .into_iter()
                .filter_map(|place| Some((index, place, cost(object, &seen[place])?))),
        );
    }
    let mut object_of: BTreeMap<usize, usize> =
        assign(pairs).into_iter().map(|(object, place)| (place, object)).collect();
    for (place, seen) in seen.into_iter().enumerate() {
        match object_of.remove(&place) {
            Some(object) => objects[object].push(seen),
            None => objects.push(vec![seen]),
        }
    }
}

/// The tracks that are worth comparing with an object: old companions, then the nearest.
fn near(object: &[Seen], seen: &[Seen]) -> Vec<usize> {
    let Some(first) = object.first() else { return Vec::new() };
    let mut near: Vec<(bool, f64, usize)> = seen
        .iter()
        .enumerate()
        .filter_map(|(place, other)| {
            let apart = first.at.state - other.at.state;
            let apart_m = apart.fixed_rows::<3>(0).norm();
            // No coordinate of a pair in the wider gate is farther apart than √27.86 sigmas.
            let within_m = GATE_TO_STAY.sqrt() * (first.sigma_m + other.sigma_m);
            (apart_m <= within_m).then(|| (!belongs(object, other), apart_m, place))
        })
        .collect();
    near.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    near.truncate(NEAR_MAX);
    near.into_iter().map(|(_, _, place)| place).collect()
}

/// Whether it was of this object before.
fn belongs(object: &[Seen], other: &Seen) -> bool {
    other.known.is_some() && object.iter().any(|seen| seen.known == other.known)
}

/// Twice the negative logarithm of the likelihood that a track is of an object, by that track of it that fits worst;
/// `None` outside the gate.
fn cost(object: &[Seen], other: &Seen) -> Option<f64> {
    let belonged = belongs(object, other);
    let gate = if belonged { GATE_TO_STAY } else { GATE_TO_BEGIN };
    let mut worst = f64::NEG_INFINITY;
    for seen in object {
        let covariance = seen.at.covariance + other.at.covariance;
        let apart = seen.at.state - other.at.state;
        let distance_squared = apart.dot(&(inverse(&covariance)? * apart));
        if distance_squared.is_nan() || distance_squared > gate {
            return None;
        }
        worst = worst.max(distance_squared + log_determinant(&covariance)?);
    }
    Some(if belonged { worst - LOYALTY } else { worst })
}
