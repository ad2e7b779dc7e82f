//! Health: which sensors contradict the others, their own files or themselves.
//!
//! A **degraded** sensor is kept apart: its plots go to tracks of its own, so that they hurt nobody else's, and what
//! rests on it alone is not established. Two sensors that contradict each other while nothing tells which of them errs
//! are **disputed**: that is shown, and holds nothing back, since one of them may see an attack.
//!
//! - **Jump, clock**: plots of an object lie elsewhere from an instant on, while others see it go on ([`crate::common`]).
//!   Where one shift in time explains them, it is the clock.
//! - **Contradiction**: of what it sees, another sensor that should see it sees nothing there, and the other way round.
//!   With three sensors the one that contradicts two is degraded.
//! - **Volume**: most of its plots lie where its file says that it does not look.
//!
//! It ends when other sensors confirm the plots again, or when these lie in the volume again.

use std::collections::BTreeMap;

use nalgebra::Vector3;
use physics::measure;
use physics::sensor::{Sensor, Volume};
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::TrackStatus;

use crate::common::{NEAR_M, Off};
use crate::sense::{Radar, Sensed};
use crate::track::Track;

/// What was found of a sensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// From when on.
    pub since: Tai,
    /// Until when; `None`: still.
    pub until: Option<Tai>,
    /// Why, in one line for people.
    pub why: String,
}

impl Finding {
    /// Since then, still.
    pub(crate) fn new(since: Tai, why: String) -> Finding {
        Finding { since, until: None, why }
    }
}

/// Past findings of a sensor that are kept.
const PAST_MAX: usize = 8;

/// Plots in a row that others confirm, after which a sensor is no longer degraded.
const CONFIRMED_PLOTS: u32 = 30;

/// Scans in a row that miss what another sensor sees, both ways, that make a contradiction; and for how long they count,
/// seconds.
const MISSED_SCANS: u32 = 15;
const MISSED_S: f64 = 30.0;

/// A dispute is shown for so long after the last sign of it, seconds.
const DISPUTED_S: f64 = 600.0;

/// Share of a sensor's last plots outside its volume at which it is degraded, at which it no longer is, and the weight
/// of a new one.
const OUTSIDE: f64 = 0.5;
const INSIDE: f64 = 0.1;
const OUTSIDE_WEIGHT: f64 = 0.05;

/// So far outside a volume a plot may lie by its errors: share of the range, and radians.
const MARGIN: (f64, f64) = (0.03, 0.02);

/// The health of all sensors.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Health {
    each: BTreeMap<u32, OneHealth>,
    /// What of (the first's) objects (the second) misses.
    missed: BTreeMap<(u32, u32), Missed>,
    disputes: BTreeMap<(u32, u32), Dispute>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct OneHealth {
    /// By others.
    contradicted: Option<Finding>,
    /// By its file.
    outside: Option<Finding>,
    outside_share: f64,
    outside_since: Option<Tai>,
    past: Vec<Finding>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Missed {
    scans: u32,
    since: Tai,
    last: Tai,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Dispute {
    since: Tai,
    last: Tai,
    why: String,
}

impl Health {
    /// What stands against a sensor at an instant, and since when: (degraded or not, finding).
    pub fn of(&self, radar: u32, now: Tai, radars: &[Radar]) -> Option<(bool, Finding)> {
        let own = self.each.get(&radar);
        if let Some(finding) = own.and_then(|own| own.contradicted.as_ref().or(own.outside.as_ref())) {
            return Some((true, finding.clone()));
        }
        let live = self.disputes.iter().filter(|((a, b), dispute)| {
            (*a == radar || *b == radar)
                && now.since_s(dispute.last) < DISPUTED_S
                && !self.is_degraded(*a)
                && !self.is_degraded(*b)
        });
        let ((a, b), dispute) = live.min_by_key(|(_, dispute)| dispute.since)?;
        let other = &radars[if *a == radar { *b } else { *a } as usize].sensor.id;
        let why = format!("{} {other}; which of the two errs cannot be told", dispute.why);
        Some((false, Finding::new(dispute.since, why)))
    }

    /// What was found of a sensor and has passed.
    pub fn past(&self, radar: u32) -> &[Finding] {
        self.each.get(&radar).map_or(&[], |own| &own.past)
    }

    pub fn is_degraded(&self, radar: u32) -> bool {
        let own = self.each.get(&radar);
        own.is_some_and(|own| own.contradicted.is_some() || own.outside.is_some())
    }

    /// Marks the degraded ones.
    pub fn show(&self, radars: &mut [Radar]) {
        for (index, radar) in radars.iter_mut().enumerate() {
            radar.degraded = self.is_degraded(index as u32);
        }
    }

    /// Other sensors confirm a sensor's newest plots.
    pub fn agrees(&mut self, now: Tai, radar: u32, plots: u32, with: &[u32]) {
        let with: Vec<u32> = with.iter().copied().filter(|other| !self.is_degraded(*other)).collect();
        if plots < CONFIRMED_PLOTS || with.is_empty() {
            return;
        }
        for other in with {
            self.disputes.remove(&pair(radar, other));
            self.missed.remove(&(radar, other));
            self.missed.remove(&(other, radar));
        }
        if let Some(own) = self.each.get_mut(&radar)
            && let Some(finding) = own.contradicted.take()
        {
            own.end(finding, now);
        }
    }

    /// A sensor is off by the witness of others. Whether it is now known to be the one that errs.
    pub fn off(&mut self, now: Tai, radar: u32, off: &Off, radars: &[Radar]) -> bool {
        let witnesses: Vec<u32> =
            off.witnesses.iter().copied().filter(|witness| !self.is_degraded(*witness)).collect();
        let Some(&witness) = witnesses.first() else { return false };
        if self.each.get(&radar).is_some_and(|own| own.contradicted.is_some()) {
            return false;
        }
        if off.had_agreed {
            let why = match off.clock_s {
                Some(clock_s) => format!("its clock jumped by {clock_s:+.1} s"),
                None => format!("its plots jumped: {}", aside(off)),
            };
            self.contradict(radar, off.since, why);
            return true;
        }
        if witnesses.len() >= 2 {
            let names: Vec<&str> =
                witnesses.iter().map(|witness| radars[*witness as usize].sensor.id.as_str()).collect();
            self.contradict(radar, off.since, format!("contradicts {}: {}", names.join(" and "), aside(off)));
            return true;
        }
        let why = format!("{:.1} km from where it is seen by", off.apart_m / 1_000.0);
        self.dispute(radar, witness, off.since, now, &why);
        self.each.get(&radar).is_some_and(|own| own.contradicted.is_some())
    }

    /// Looks which objects of other sensors a scan misses though its sensor should see them.
    pub fn note_missing(&mut self, scan: &[Sensed], tracks: &[Track], radars: &[Radar]) {
        let (now, radar) = (scan[0].time, scan[0].radar);
        let Radar { site, sensor, .. } = &radars[radar as usize];
        let Some(volume) = &sensor.volume else { return };
        for track in tracks.iter().filter(|track| track.status == TrackStatus::Firm) {
            let others: Vec<u32> =
                track.seen_lately(now, LATELY_S, radars).filter(|other| *other != radar).collect();
            if others.is_empty() || track.seen_lately(now, MISSED_S, radars).any(|other| other == radar) {
                continue;
            }
            let position_m = track.place_at(now);
            let Some(sight) = measure::sight(site, position_m) else { continue };
            if !well_inside(&sight.measured, volume) {
                continue;
            }
            let near = |plot: &Sensed| (plot.position_m - position_m).norm_squared() < NEAR_M * NEAR_M;
            let seen = scan.iter().any(near);
            for other in others {
                if seen {
                    self.missed.remove(&(other, radar));
                    continue;
                }
                let missed =
                    self.missed.entry((other, radar)).or_insert(Missed { scans: 0, since: now, last: now });
                if now.since_s(missed.last) > MISSED_S {
                    *missed = Missed { scans: 0, since: now, last: now };
                }
                (missed.scans, missed.last) = (missed.scans + 1, now);
                self.miss(other, radar, now);
            }
        }
    }

    fn miss(&mut self, a: u32, b: u32, now: Tai) {
        let both = [self.missed.get(&(a, b)), self.missed.get(&(b, a))];
        let [Some(one), Some(other)] = both else { return };
        let enough = |missed: &Missed| missed.scans >= MISSED_SCANS && now.since_s(missed.last) < MISSED_S;
        if enough(one) && enough(other) && !self.is_degraded(a) && !self.is_degraded(b) {
            let since = one.since.max(other.since);
            self.dispute(a, b, since, now, "sees what is not there, and does not see what is there, for");
        }
    }

    /// Two sensors contradict each other; where one of them contradicts a third too, it is the one.
    fn dispute(&mut self, a: u32, b: u32, since: Tai, now: Tai, why: &str) {
        let dispute = self.disputes.entry(pair(a, b)).or_insert_with(|| Dispute {
            since,
            last: now,
            why: why.to_owned(),
        });
        dispute.last = dispute.last.max(now);
        let against = |radar: u32| -> Vec<u32> {
            let pairs = self.disputes.keys().filter(|(a, b)| *a == radar || *b == radar);
            pairs
                .map(|(a, b)| if *a == radar { *b } else { *a })
                .filter(|other| !self.is_degraded(*other))
                .collect()
        };
        let (against_a, against_b) = (against(a).len(), against(b).len());
        let guilty = match (against_a >= 2, against_b >= 2) {
            (true, false) => a,
            (false, true) => b,
            _ => return,
        };
        if !self.is_degraded(guilty) {
            self.contradict(
                guilty,
                since,
                format!("contradicts {} others: {why} them", against(guilty).len()),
            );
        }
    }

    fn contradict(&mut self, radar: u32, since: Tai, why: String) {
        self.each.entry(radar).or_default().contradicted = Some(Finding::new(since, why));
    }

    /// Whether the plots lie where the sensor's file says that it looks.
    pub fn check_volume(&mut self, scan: &[Sensed], radars: &mut [Radar]) {
        let Some(first) = scan.first() else { return };
        let sensor = &radars[first.radar as usize].sensor;
        let Some(volume) = &sensor.volume else { return };
        if first.el_sigma_rad.is_some() || sensor.sigma_range_m.is_none() {
            return;
        }
        let known = self.each.contains_key(&first.radar);
        let outside = scan.iter().filter(|plot| !is_within(&plot.measured, volume, MARGIN)).count();
        if outside == 0 && !known {
            return;
        }
        let swapped = scan.iter().any(|plot| is_swapped(&plot.measured, volume));
        let mirrored = scan.iter().any(|plot| {
            is_within(&Vector3::new(plot.measured.x, -plot.measured.y, plot.measured.z), volume, MARGIN)
        });
        let own = self.each.entry(first.radar).or_default();
        if own.outside_share < OUTSIDE_WEIGHT || own.outside_since.is_none() {
            own.outside_since = Some(first.time);
        }
        let share = outside as f64 / scan.len() as f64;
        own.outside_share += OUTSIDE_WEIGHT * (share - own.outside_share);
        if own.outside.is_none() && own.outside_share > OUTSIDE {
            let likely = match (swapped, mirrored) {
                (true, _) => "azimuth and elevation look swapped",
                (false, true) => "azimuth looks mirrored",
                (false, false) => "wrong angles or a wrong file",
            };
            let why = format!("most of its plots lie outside the volume that its file states: {likely}");
            own.outside = Some(Finding::new(own.outside_since.unwrap_or(first.time), why));
        } else if own.outside_share < INSIDE
            && let Some(finding) = own.outside.take()
        {
            own.end(finding, first.time);
        }
        radars[first.radar as usize].degraded = self.is_degraded(first.radar);
    }
}

impl OneHealth {
    fn end(&mut self, finding: Finding, now: Tai) {
        if self.past.len() == PAST_MAX {
            self.past.remove(0);
        }
        self.past.push(Finding { until: Some(now), ..finding });
    }
}

/// Another sensor saw it so lately, seconds.
const LATELY_S: f64 = 3.0;

fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

/// Where the plots lie, for people.
fn aside(off: &Off) -> String {
    format!(
        "{:.1} km aside (range {:+.0} m, azimuth {:+.1} mrad, elevation {:+.1} mrad)",
        off.apart_m / 1_000.0,
        off.residual.x,
        1_000.0 * off.residual.y,
        1_000.0 * off.residual.z
    )
}

/// Whether range (m), azimuth and elevation (rad) lie in a volume that is wider by margins.
fn is_within(measured: &Vector3<f64>, volume: &Volume, (of_range, angle_rad): (f64, f64)) -> bool {
    use core::f64::consts::TAU;
    let [from, to] = volume.az_rad;
    let width = if (to - from).abs() >= TAU { TAU } else { (to - from).rem_euclid(TAU) };
    let mut turned = measured.y - from + angle_rad;
    // Asked of each plot: a remainder only where it is needed.
    if turned < 0.0 {
        turned += TAU;
    }
    if !(0.0..TAU).contains(&turned) {
        turned = turned.rem_euclid(TAU);
    }
    (volume.range_m[0] * (1.0 - of_range)..=volume.range_m[1] * (1.0 + of_range)).contains(&measured.x)
        && turned <= width + 2.0 * angle_rad
        && (volume.el_rad[0] - angle_rad..=volume.el_rad[1] + angle_rad).contains(&measured.z)
}

/// So far inside that it should be seen.
pub(crate) fn well_inside(measured: &Vector3<f64>, volume: &Volume) -> bool {
    is_within(measured, volume, (-0.05, -0.05))
}

/// Whether it would lie in the volume if azimuth and elevation were each other.
fn is_swapped(measured: &Vector3<f64>, volume: &Volume) -> bool {
    !is_within(measured, volume, MARGIN)
        && is_within(&Vector3::new(measured.x, measured.z, measured.y), volume, MARGIN)
}

/// The same of numbers that are impossible as they are.
pub(crate) fn look_swapped(sensor: &Sensor, range_m: f64, az_rad: f64, el_rad: f64) -> bool {
    sensor.volume.as_ref().is_some_and(|volume| is_swapped(&Vector3::new(range_m, az_rad, el_rad), volume))
}
