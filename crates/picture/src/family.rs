//! Family: which tracks are of one launch, and which of them are burned stages.
//!
//! Until a stage separates, or something breaks up, all of it is one object and gives one track. Afterwards there are
//! several; each plot goes where it fits, so the track that was there may follow either. A track is **split off** from
//! another where, at its first plot, it was at that one's place with that one's velocity, within the errors of both, what
//! pushed it away, and the thrust that the other had; and where the other had been followed alone for a time. Asked once
//! the new track's opening shows where it began (some 15 s), by Mahalanobis distances of place and of velocity, each of
//! three degrees of freedom. What was seen before is then its history too: its launch is reckoned from there.

use std::sync::Arc;

use nalgebra::{Matrix3, Vector3};
use physics::filter::Estimate;
use physics::motion;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{FlightPoint, TrackStatus};

use crate::motion::GATE;
use crate::sense::Radar;
use crate::track::Track;

/// What something is split off from was followed for so long at least, seconds.
const ALONE_S: f64 = 10.0;

/// And was seen this lately when the other began, in scans of the slowest of its radars, and seconds.
const LATELY_SCANS: f64 = 3.0;
const LATELY_S: f64 = 3.5;

/// Nothing farther away is looked at, metres.
const NEAR_M: f64 = 20_000.0;

/// What pushes parts apart, one sigma of each component, m/s: a stage some m/s, a break-up some tens.
const PUSH_MPS: f64 = 60.0;

/// Thrust that the opening's first seconds leave open, m/s².
const THRUST_MPS2: f64 = 40.0;

/// So much longer than a stage what left it burns at least, seconds; and so long after a split the stage's track may
/// still have plots of what burns on.
const BURNS_ON_S: f64 = 5.0;
const MINGLED_S: f64 = 20.0;

/// A track is sure to be an object of its own after so long, seconds: shorter ones may be echoes, or one object twice.
const OWN_S: f64 = 5.0;

/// Share of scans that gave a track two plots from which it may be two objects.
const DOUBLE: f64 = 0.5;

/// How fast that share follows: over some five scans.
const DOUBLE_GAIN: f64 = 0.2;

/// A track's kin.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Kin {
    /// The number of the track that the launch was first seen as.
    pub launch: u64,
    /// When it split off.
    pub left: Option<Tai>,
    /// What it may have split off from, until that is decided.
    partings: Vec<Parting>,
    /// Share of late scans in which another plot lay in its gate that was no other's.
    doubled: f64,
}

/// A track beside which another began.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parting {
    number: u64,
    launch: u64,
    /// At the other's first plot. Shared by all copies of the tracker: in a raid there are many.
    there: Arc<Estimate<6>>,
    thrust_seen: Option<FlightPoint>,
    /// How long the state was carried back under thrust, seconds.
    back_s: f64,
}

impl Kin {
    /// Whether another plot lay in its gate in a scan.
    pub fn note_scan(&mut self, double: bool) {
        self.doubled += DOUBLE_GAIN * (f64::from(u8::from(double)) - self.doubled);
    }
}

/// A new track's kin: alone, beside the tracks that it may have split off from.
pub(crate) fn beside(new: &Track, tracks: &[Track], radars: &[Radar]) -> Kin {
    let Some(first_m) = new.first_position_m() else { return Kin::default() };
    let lately_s = |track: &Track| {
        let scans_s = track.radars.iter().map(|radar| LATELY_SCANS / radars[*radar as usize].sensor.rate_hz);
        scans_s.fold(LATELY_S, f64::max)
    };
    let partings = tracks.iter().filter(|track| {
        matches!(track.status, TrackStatus::Firm | TrackStatus::Coasting)
            && new.first.since_s(track.first) > ALONE_S
            && new.last.since_s(track.last) < lately_s(track)
    });
    let partings = partings.filter_map(|track| {
        let mut there = track.motion.kinematic();
        let back_s = there.time.since_s(new.first);
        // A straight line is enough to see what is far away.
        let roughly_m = there.position() - there.velocity() * back_s;
        if (roughly_m - first_m).norm() > NEAR_M {
            return None;
        }
        there.coast_to(new.first, 0.0);
        let back_s = if track.motion.coasts() { 0.0 } else { back_s.abs() };
        let launch = track.kin.launch;
        let (number, there) = (track.number, Arc::new(there));
        Some(Parting { number, launch, there, thrust_seen: track.motion.thrust_seen, back_s })
    });
    Kin { partings: partings.collect(), ..Kin::default() }
}

/// Decides of the tracks whose opening is known by now from which others they split off.
pub(crate) fn decide(tracks: &mut [Track]) {
    for index in 0..tracks.len() {
        let track = &tracks[index];
        let Some(opened) = track.opened.as_ref().filter(|_| !track.kin.partings.is_empty()) else { continue };
        let nearest = track
            .kin
            .partings
            .iter()
            .filter_map(|parting| Some((parting.apart_squared(opened)?, parting)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, parting)) = nearest else {
            tracks[index].kin.partings.clear();
            continue;
        };
        let (number, launch, thrust_seen) = (parting.number, parting.launch, parting.thrust_seen);
        let whole = tracks.binary_search_by_key(&number, |track| track.number).ok();
        let before = whole.and_then(|whole| tracks[whole].opened.clone());
        let track = &mut tracks[index];
        track.kin = Kin { launch, left: Some(track.first), partings: Vec::new(), ..track.kin };
        track.motion.thrust_seen = track.motion.thrust_seen.or(thrust_seen);
        track.opened = before.or(track.opened.take());
    }
}

impl Parting {
    /// Squared distance in place of what began as `opened`; `None` where place or velocity is another.
    fn apart_squared(&self, opened: &Estimate<6>) -> Option<f64> {
        let thrust_m = 0.5 * THRUST_MPS2 * self.back_s * self.back_s;
        let away = opened.state - self.there.state;
        let covariance = opened.covariance + self.there.covariance;
        let place = covariance.fixed_view::<3, 3>(0, 0) + isotropic(thrust_m);
        let speed = covariance.fixed_view::<3, 3>(3, 3) + isotropic(PUSH_MPS + THRUST_MPS2 * self.back_s);
        let placed = distance_squared(motion::position(&away), place)?;
        let moving = distance_squared(motion::velocity(&away), speed)?;
        (placed < GATE && moving < GATE).then_some(placed)
    }
}

fn isotropic(sigma: f64) -> Matrix3<f64> {
    Matrix3::from_diagonal_element(sigma * sigma)
}

fn distance_squared(away: Vector3<f64>, covariance: Matrix3<f64>) -> Option<f64> {
    Some(away.dot(&(covariance.try_inverse()? * away))).filter(|squared| squared.is_finite())
}

/// Tracks of one launch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Family<'a> {
    /// In the order of their numbers.
    pub members: Vec<&'a Track>,
}

impl Family<'_> {
    /// How many objects there are, at least and at most: those that were seen beside each other at an instant; and those
    /// that are still up, seen or not, each of which may be two where it has two plots.
    pub fn count(&self, now: Tai) -> (u32, u32) {
        let seen =
            |track: &&&Track| now.since_s(track.last) < LATELY_S && track.last.since_s(track.first) > OWN_S;
        let least = self.members.iter().filter(seen).count().max(1) as u32;
        let double = |track: &Track| 1 + u32::from(track.kin.doubled > DOUBLE);
        let up = self.members.iter().filter(|track| track.is_up(now));
        (least, up.map(|track| double(track)).sum::<u32>().max(least))
    }

    /// Whether a member is a burned stage: after the two were one, it coasts, and another burned on, which is still
    /// followed.
    pub fn is_burned_stage(&self, track: &Track) -> bool {
        let burned_until = |track: &Track| track.motion.thrust_seen.map(|seen| seen.time);
        let burns_on = |other: &&Track| {
            let Some(split) = track.kin.left.max(other.kin.left) else { return false };
            let own = burned_until(track).unwrap_or(split);
            other.number != track.number
                && matches!(other.status, TrackStatus::Firm | TrackStatus::Coasting)
                && own.since_s(split) < MINGLED_S
                && burned_until(other).is_some_and(|until| until.since_s(own.max(split)) > BURNS_ON_S)
        };
        track.motion.under_thrust() != Some(true) && self.members.iter().any(burns_on)
    }
}
