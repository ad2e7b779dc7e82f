//! An object that several sensors see, and what it says of their biases: its state and the biases in one filter.
//!
//! A sensor's plot of an object at x(t) is
//! z = h(x(t)) + (b_range, b_azimuth, b_elevation) − ḣ b_time + noise:
//! its biases are constant, and its stamps late by b_time. In a coast x(t) has six unknowns, so plots of one object by
//! several sensors determine sums and differences of their biases, and gravity and the changing lines of sight much of
//! the rest. Nothing tells a shift of all clocks, and little a turn of all sensors: there the priors decide, and the
//! intervals say so. The state is augmented by the biases, each with its prior (Blackman, Popoli, "Design and Analysis of
//! Modern Tracking Systems", 1999, section 10.4; Bar-Shalom, Willett, Tian, "Tracking and Data Fusion", 2011, chapter 9);
//! asynchronous sensors need no more than that the state is carried to each plot's instant (Lin, Bar-Shalom,
//! Kirubarajan, "Multisensor multitarget bias estimation for general asynchronous sensors", IEEE T-AES 41, 2005).
//!
//! It takes plots by its own gate, which is as wide as the biases may be: the tracks may not have joined what two biased
//! sensors see.
//!
//! **Slow errors** look like a bias for a while. A Gauss–Markov error of variance s² and correlation time τ has, at low
//! frequencies, the power 2 s² τ; independent errors of variance 2 s² τ f at f plots a second have the same. So much is
//! added to a plot's variance, and shared by the objects that the sensor sees at once: a bias is then never surer than
//! the slow error's mean over the time, and less sure over times shorter than τ.

use std::collections::VecDeque;

use nalgebra::{Matrix3, SMatrix, SVector, Vector3};
use physics::filter::Estimate;
use physics::frames::Site;
use physics::motion::State;
use physics::time::Tai;
use physics::{integrate, measure, motion as flight};
use serde::{Deserialize, Serialize};

use crate::health::well_inside;
use crate::motion::{
    AIR_BELOW_M, BALLISTIC_COEFFICIENT_KGPM2, COAST_PSD, DRAG_S, GATE, THIN_AIR_M, height_and_climb,
};
use crate::sense::{Radar, Sensed};
use crate::track::Track;

/// Sensors whose biases one object tells of; what further ones see of it is left out.
pub(crate) const SENSORS_MAX: usize = 4;
/// Biases of a sensor: range (m), azimuth, elevation (rad), time (s).
pub(crate) const MEASURES: usize = 4;
const BIASES: usize = MEASURES * SENSORS_MAX;
const STATES: usize = 6 + BIASES;

/// What the biases of a sensor that is off may be before anything is seen, one sigma. Range: a delay of 5 µs that was not
/// calibrated. Angles: 2.4 minutes of arc of levelling and north. Time: a clock set over a network.
pub(crate) const BIAS_SIGMA: [f64; MEASURES] = [700.0, 0.7e-3, 0.7e-3, 0.05];

/// Spread of the first state, m and m/s: so wide that the track it comes from is not counted as a measurement.
const START_SIGMA: (f64, f64) = (10_000.0, 500.0);

/// A plot that lies this near where the object is expected, and outside the gate, speaks against its sensor, metres.
pub(crate) const NEAR_M: f64 = 15_000.0;

/// A plot this near a track that another sensor sees too is that track's, metres.
const ANOTHER_M: f64 = 3_000.0;

/// A second plot within so many gates makes it unclear which is the object's.
const CLEAR: f64 = 9.0;

/// Plots of a sensor from which on what is found of it counts.
const SETTLED_PLOTS: u32 = 10;

/// Plots in a row, outside the gate, at which a sensor is judged; and at which the object is given up where nobody else
/// sees it.
const MISFITS: u32 = 5;
const MISFITS_ALONE: u32 = 8;

/// A sensor that agrees with others only if its bias is larger than so many sigmas of the prior does not agree.
const PLAUSIBLE_SIGMAS: f64 = 4.0;

/// Rounds of the search for a clock's step.
const CLOCK_ROUNDS: usize = 5;

/// Plots in a row, by another sensor, that witness where the object is.
const WITNESSED: usize = 3;

/// Logarithm of the odds at which witnesses decide that an object is not where a sensor says.
const DECIDED: f64 = 20.0;

/// What is known of the biases is set aside once in so many seconds, in case the object turns out not to coast.
const SET_ASIDE_S: f64 = 10.0;

/// Without a plot for so long the object is no longer followed, seconds; and without a second sensor's.
const UNSEEN_S: f64 = 10.0;
const ALONE_S: f64 = 20.0;

/// What an object has said of its sensors' biases beyond their priors, in units of [`BIAS_SIGMA`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Information {
    /// The sensors, in the order of the blocks of four.
    pub radars: Vec<u32>,
    pub matrix: SMatrix<f64, BIASES, BIASES>,
    pub vector: SVector<f64, BIASES>,
}

/// One object that several sensors see.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Common {
    time: Tai,
    begun: Tai,
    last: Tai,
    /// Earth-fixed position (m), velocity (m/s); biases, four a sensor, in units of [`BIAS_SIGMA`].
    state: SVector<f64, STATES>,
    covariance: SMatrix<f64, STATES, STATES>,
    /// The sensors, in the order of the blocks.
    seen: Vec<Seen>,
    taken: u32,
    crowded: u32,
    /// What was known some while ago, the older and the newer, and when the newer was.
    aside: Option<(Tai, Option<Information>, Information)>,
}

/// What one sensor sees of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    radar: u32,
    plots: u32,
    fits_in_row: u32,
    misfits_in_row: u32,
    misfit_since: Tai,
    /// The last plots, fitting or not.
    recent: VecDeque<Compared>,
}

/// Plots of a sensor that are kept to judge it by.
const RECENT_MAX: usize = 8;

/// A plot compared with what was expected.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Compared {
    time: Tai,
    measured: Vector3<f64>,
    /// What the known biases are taken to add.
    bias: Vector3<f64>,
    /// Measured minus expected range (m), azimuth, elevation (rad), and the inverse of its covariance.
    residual: Vector3<f64>,
    inverse: Matrix3<f64>,
    jacobian: Matrix3<f64>,
}

impl Compared {
    fn distance_squared(&self) -> f64 {
        self.residual.dot(&(self.inverse * self.residual))
    }
}

/// What the newest scan says of a sensor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing new.
    Open,
    /// It agrees with other sensors for so many plots in a row; these are they. Whether with biases that it may have.
    Agrees { plots: u32, with: Vec<u32>, plausible: bool },
    /// The object does not coast, or is no longer seen: nothing more is learned from it.
    Ended { coasted: bool },
    /// The sensor's plots lie elsewhere, while others see the object where it must be.
    Off(Off),
}

/// How a sensor is off.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Off {
    pub since: Tai,
    /// Whether its plots of this object fitted before.
    pub had_agreed: bool,
    pub witnesses: Vec<u32>,
    /// How far its plots lie from the object, metres.
    pub apart_m: f64,
    /// In its own measures: range (m), azimuth, elevation (rad).
    pub residual: Vector3<f64>,
    /// By how much its clock is ahead, seconds, where that alone explains it.
    pub clock_s: Option<f64>,
}

impl Common {
    /// From where a track sees the object.
    pub fn begin(time: Tai, from: &State) -> Common {
        let mut state = SVector::<f64, STATES>::zeros();
        state.fixed_rows_mut::<6>(0).copy_from(from);
        let mut covariance = SMatrix::<f64, STATES, STATES>::identity();
        for axis in 0..3 {
            covariance[(axis, axis)] = START_SIGMA.0 * START_SIGMA.0;
            covariance[(axis + 3, axis + 3)] = START_SIGMA.1 * START_SIGMA.1;
        }
        Common {
            time,
            begun: time,
            last: time,
            state,
            covariance,
            seen: Vec::new(),
            taken: 0,
            crowded: 0,
            aside: None,
        }
    }

    /// Where it is expected at an instant, roughly, metres.
    pub fn position_at(&self, time: Tai) -> Vector3<f64> {
        let (r, v) = (flight::position(&self.kinematic_state()), flight::velocity(&self.kinematic_state()));
        let dt_s = time.since_s(self.time);
        r + v * dt_s + flight::acceleration(r, v) * (0.5 * dt_s * dt_s)
    }

    fn kinematic_state(&self) -> State {
        self.state.fixed_rows::<6>(0).into_owned()
    }

    /// Whether it is seen by this sensor.
    pub fn is_seen_by(&self, radar: u32) -> bool {
        self.seen.iter().any(|seen| seen.radar == radar)
    }

    /// Whether two sensors have seen enough of it.
    pub fn is_settled(&self) -> bool {
        self.seen.iter().filter(|seen| seen.plots >= SETTLED_PLOTS).count() >= 2
    }

    /// The object's state where the biases are those of all objects: value and sigma of each sensor's four. With the gain
    /// G = P_xb P_bb⁻¹, x + G (b − b̂), and P_xx − G P_bx + G Σ_b Gᵀ.
    pub fn estimate(&self, known: impl Fn(u32, usize) -> (f64, f64)) -> Option<Estimate<6>> {
        let root = self.covariance.fixed_view::<BIASES, BIASES>(6, 6).into_owned().cholesky()?;
        let by_state = self.covariance.fixed_view::<BIASES, 6>(6, 0).into_owned();
        let gain = root.solve(&by_state).transpose();
        let mut change = SVector::<f64, BIASES>::zeros();
        let mut variance = SVector::<f64, BIASES>::repeat(1.0);
        for (block, seen) in self.seen.iter().enumerate() {
            for (measure, unit) in BIAS_SIGMA.into_iter().enumerate() {
                let place = MEASURES * block + measure;
                let (value, sigma) = known(seen.radar, measure);
                change[place] = value / unit - self.state[6 + place];
                variance[place] = (sigma / unit) * (sigma / unit);
            }
        }
        let known = SMatrix::<f64, BIASES, BIASES>::from_diagonal(&variance);
        let own = self.covariance.fixed_view::<6, 6>(0, 0);
        let covariance = own - gain * by_state + gain * known * gain.transpose();
        Some(Estimate {
            time: self.time,
            state: self.kinematic_state() + gain * change,
            covariance: (covariance + covariance.transpose()) * 0.5,
            slow: Vec::new(),
        })
    }

    /// What it says of the biases: Λ = P⁻¹ − I and η = P⁻¹ b of their posterior, whose prior is (0, I).
    pub fn information(&self) -> Option<Information> {
        if !self.is_settled() {
            return None;
        }
        let posterior = self.covariance.fixed_view::<BIASES, BIASES>(6, 6).into_owned();
        let root = posterior.cholesky()?;
        let mut inverse = SMatrix::<f64, BIASES, BIASES>::identity();
        root.solve_mut(&mut inverse);
        let vector = inverse * self.state.fixed_rows::<BIASES>(6);
        let matrix = inverse - SMatrix::<f64, BIASES, BIASES>::identity();
        Some(Information { radars: self.seen.iter().map(|seen| seen.radar).collect(), matrix, vector })
    }

    /// What it had said of them before anything can have gone wrong.
    pub fn information_aside(&self) -> Option<Information> {
        self.aside.as_ref().and_then(|(_, older, _)| older.clone())
    }

    /// Begins to learn a sensor's biases anew: they have changed.
    pub fn forget(&mut self, radar: u32) {
        self.aside = None;
        let Some(block) = self.seen.iter().position(|seen| seen.radar == radar) else { return };
        for index in self.place(block)..self.place(block) + MEASURES {
            self.state[index] = 0.0;
            for other in 0..STATES {
                self.covariance[(index, other)] = 0.0;
                self.covariance[(other, index)] = 0.0;
            }
            self.covariance[(index, index)] = 1.0;
        }
        let seen = &mut self.seen[block];
        (seen.plots, seen.fits_in_row, seen.misfits_in_row) = (0, 0, 0);
        seen.recent.clear();
    }

    /// First index of a block.
    fn place(&self, block: usize) -> usize {
        6 + MEASURES * block
    }

    /// Takes a scan of one radar. `shared`: how many objects tell of that radar at present.
    pub fn take(&mut self, scan: &[Sensed], tracks: &[Track], radars: &[Radar], shared: usize) -> Verdict {
        let Some(first) = scan.first() else { return Verdict::Open };
        let expected_m = self.position_at(first.time);
        let (height_m, climb_mps) = height_and_climb(&self.kinematic_state());
        // In dense air nothing coasts.
        let fell = climb_mps < 0.0 && height_m < AIR_BELOW_M;
        if fell || first.time.since_s(self.last) > UNSEEN_S {
            return Verdict::Ended { coasted: true };
        }
        if first.time.since_s(self.begun) > ALONE_S && self.is_seen_by_one() {
            return Verdict::Ended { coasted: false };
        }
        let near: Vec<&Sensed> = scan
            .iter()
            .filter(|plot| (plot.position_m - expected_m).norm_squared() < NEAR_M * NEAR_M)
            .collect();
        if near.is_empty() {
            return Verdict::Open;
        }
        let Some(block) = self.block(first.radar, first.time) else { return Verdict::Open };
        self.predict_to(first.time);
        let mut compared: Vec<(f64, &Sensed, Compared)> = near
            .iter()
            .filter_map(|plot| {
                let compared = self.compare(plot, block, radars, None)?.0;
                Some((compared.distance_squared(), *plot, compared))
            })
            .collect();
        compared.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some(&(distance_squared, plot, kept)) = compared.first() else { return Verdict::Open };
        let second = compared.get(1).map_or(f64::INFINITY, |(distance, _, _)| *distance);
        if second < CLEAR * GATE || (distance_squared > GATE && compared.len() > 1) {
            self.crowded += 1;
            let lost = self.crowded > 5 && self.crowded * 2 > self.taken;
            return if lost { Verdict::Ended { coasted: false } } else { Verdict::Open };
        }
        let fits = distance_squared < GATE;
        let agreed = self.seen[block].plots as usize >= WITNESSED;
        if !fits && !self.tells_against(plot, expected_m, agreed, tracks, radars) {
            return Verdict::Open;
        }
        self.last = first.time;
        let seen = &mut self.seen[block];
        if seen.recent.len() == RECENT_MAX {
            seen.recent.pop_front();
        }
        seen.recent.push_back(kept);
        if !fits {
            if seen.misfits_in_row == 0 {
                seen.misfit_since = first.time;
            }
            seen.misfits_in_row += 1;
            seen.fits_in_row = 0;
            return self.judge(block, radars);
        }
        seen.misfits_in_row = 0;
        seen.fits_in_row += 1;
        seen.plots += 1;
        self.taken += 1;
        if let Some((compared, by_measured)) = self.compare(plot, block, radars, Some(shared)) {
            self.update(&compared, &by_measured);
        }
        self.set_aside();
        let (plots, radar) = (self.seen[block].fits_in_row, self.seen[block].radar);
        let with: Vec<u32> = self.fitting().filter(|other| *other != radar).collect();
        let biases = self.state.rows(self.place(block), MEASURES);
        let plausible = biases.iter().all(|bias| bias.abs() < PLAUSIBLE_SIGMAS);
        if with.is_empty() { Verdict::Open } else { Verdict::Agrees { plots, with, plausible } }
    }

    /// Whether a plot outside the gate says something of its sensor: that should see the object, and the plot is not of
    /// another one: a track that another sensor sees too, or, of a sensor that agreed so far, that was there before.
    fn tells_against(
        &self,
        plot: &Sensed,
        expected_m: Vector3<f64>,
        agreed: bool,
        tracks: &[Track],
        radars: &[Radar],
    ) -> bool {
        let Radar { site, sensor, .. } = &radars[plot.radar as usize];
        let sighting = measure::sight(site, expected_m);
        let looks_there = match (&sensor.volume, sighting) {
            (Some(volume), Some(sighting)) => well_inside(&sighting.measured, volume),
            _ => true,
        };
        let is_another = |track: &Track| {
            let position_m = track.place_at(plot.time);
            let away_m = (position_m - plot.position_m).norm();
            away_m < ANOTHER_M
                && away_m < (position_m - expected_m).norm()
                && (track.seen_lately(plot.time, UNSEEN_S, radars).any(|radar| radar != plot.radar)
                    || (agreed && plot.time.since_s(track.first) > UNSEEN_S))
        };
        looks_there && !tracks.iter().any(is_another)
    }

    /// The sensors whose newest plots fit.
    fn fitting(&self) -> impl Iterator<Item = u32> + '_ {
        let fits = |seen: &&Seen| seen.misfits_in_row == 0 && seen.fits_in_row as usize >= WITNESSED;
        self.seen.iter().filter(fits).map(|seen| seen.radar)
    }

    /// Whether no second sensor's plots fit, nor did before those that are yet to be judged.
    fn is_seen_by_one(&self) -> bool {
        let sees = |seen: &&Seen| seen.plots as usize >= WITNESSED && seen.misfits_in_row < MISFITS_ALONE;
        self.seen.iter().filter(sees).count() < 2
    }

    fn block(&mut self, radar: u32, time: Tai) -> Option<usize> {
        if let Some(block) = self.seen.iter().position(|seen| seen.radar == radar) {
            return Some(block);
        }
        if self.seen.len() == SENSORS_MAX {
            return None;
        }
        let recent = VecDeque::new();
        self.seen.push(Seen {
            radar,
            plots: 0,
            fits_in_row: 0,
            misfits_in_row: 0,
            misfit_since: time,
            recent,
        });
        Some(self.seen.len() - 1)
    }

    /// Gravity carries the object on, and what is left of the air holds it back, as in `motion`; biases stay.
    fn predict_to(&mut self, time: Tai) {
        let dt_s = time.since_s(self.time);
        if dt_s == 0.0 {
            return;
        }
        let from = self.kinematic_state();
        let in_air = (THIN_AIR_M.0..THIN_AIR_M.1).contains(&flight::radial_height_m(flight::position(&from)));
        let ((state, phi), psd) = if in_air {
            let drag_mps2 = flight::drag(&from, BALLISTIC_COEFFICIENT_KGPM2).norm();
            let psd = COAST_PSD + DRAG_S * drag_mps2 * drag_mps2;
            (integrate::fall_with_transition(&from, dt_s, BALLISTIC_COEFFICIENT_KGPM2), psd)
        } else {
            (integrate::coast_with_transition(&from, dt_s), COAST_PSD)
        };
        let mut own = Estimate::<6> {
            time: self.time,
            state: from,
            covariance: self.covariance.fixed_view::<6, 6>(0, 0).into_owned(),
            slow: Vec::new(),
        };
        // The covariance with its noise as the coasting filter reckons it.
        if in_air {
            own.fall_to(time, BALLISTIC_COEFFICIENT_KGPM2, psd);
        } else {
            own.coast_to(time, psd);
        }
        let cross = phi * self.covariance.fixed_view::<6, BIASES>(0, 6);
        self.state.fixed_rows_mut::<6>(0).copy_from(&state);
        self.covariance.fixed_view_mut::<6, 6>(0, 0).copy_from(&own.covariance);
        self.covariance.fixed_view_mut::<6, BIASES>(0, 6).copy_from(&cross);
        self.covariance.fixed_view_mut::<BIASES, 6>(6, 0).copy_from(&cross.transpose());
        self.time = time;
    }

    /// A plot against what is expected, and P Hᵀ. `shared`: slow errors as [`Common`] adds them to what is learned;
    /// without, as they lie in one plot.
    fn compare(
        &self,
        plot: &Sensed,
        block: usize,
        radars: &[Radar],
        shared: Option<usize>,
    ) -> Option<(Compared, SMatrix<f64, STATES, 3>)> {
        let radar = &radars[plot.radar as usize];
        let state = self.kinematic_state();
        let sighting = measure::sight(&radar.site, flight::position(&state))?;
        let place = self.place(block);
        let by_time: Vector3<f64> = sighting.jacobian * flight::velocity(&state) * -BIAS_SIGMA[3];
        let by_angle = Matrix3::from_diagonal(&Vector3::new(BIAS_SIGMA[0], BIAS_SIGMA[1], BIAS_SIGMA[2]));
        let by_measured: SMatrix<f64, STATES, 3> = self.covariance.fixed_columns::<3>(0)
            * sighting.jacobian.transpose()
            + self.covariance.fixed_columns::<3>(place) * by_angle
            + self.covariance.column(place + 3) * by_time.transpose();
        let mut covariance: Matrix3<f64> = sighting.jacobian * by_measured.fixed_rows::<3>(0)
            + by_angle * by_measured.fixed_rows::<3>(place)
            + by_time * by_measured.row(place + 3);
        let noise = radar.slowness.noise(&radar.sensor);
        let rate = radar.sensor.rate_hz.max(1e-3);
        let slow = match shared {
            None => 1.0,
            Some(shared) => (2.0 * noise.slow_time_s * rate).max(1.0) * shared.max(1) as f64,
        };
        for axis in 0..3 {
            covariance[(axis, axis)] += noise.independent[axis] * noise.independent[axis]
                + slow * noise.slow[axis] * noise.slow[axis];
        }
        let inverse = invert(&covariance)?;
        let bias = by_angle * self.state.fixed_rows::<3>(place) + by_time * self.state[place + 3];
        let residual = measure::residual(plot.measured, sighting.measured + bias);
        let jacobian = sighting.jacobian;
        let (time, measured) = (plot.time, plot.measured);
        Some((Compared { time, measured, bias, residual, inverse, jacobian }, by_measured))
    }

    fn update(&mut self, compared: &Compared, by_measured: &SMatrix<f64, STATES, 3>) {
        let gain = by_measured * compared.inverse;
        self.state += gain * compared.residual;
        let kept = self.covariance - gain * by_measured.transpose();
        self.covariance = (kept + kept.transpose()) * 0.5;
    }

    fn set_aside(&mut self) {
        if let Some((at, older, newer)) = &mut self.aside {
            if self.time.since_s(*at) < SET_ASIDE_S {
                return;
            }
            *older = Some(newer.clone());
        }
        let Some(information) = self.information() else { return };
        match &mut self.aside {
            Some((at, _, newer)) => (*at, *newer) = (self.time, information),
            None => self.aside = Some((self.time, None, information)),
        }
    }

    /// Several plots of a sensor lie elsewhere: has the object moved, or is the sensor off? Those that still see it where
    /// it must be are asked how likely their plots were if it were where the sensor says.
    fn judge(&self, block: usize, radars: &[Radar]) -> Verdict {
        let suspect = &self.seen[block];
        let agreed = suspect.plots >= WITNESSED as u32;
        if suspect.misfits_in_row < if agreed { MISFITS } else { RECENT_MAX as u32 } {
            return Verdict::Open;
        }
        let misfits: Vec<&Compared> = suspect.recent.iter().rev().take(MISFITS as usize).collect();
        let count = misfits.len() as f64;
        let mut offset_m = Vector3::zeros();
        let mut residual = Vector3::zeros();
        for misfit in &misfits {
            residual += misfit.residual / count;
            let Some(back) = misfit.jacobian.try_inverse() else { return Verdict::Open };
            offset_m += back * misfit.residual / count;
        }
        let since = suspect.misfit_since;
        let (mut witnesses, mut odds, mut others_misfit) = (Vec::new(), 0.0, false);
        for other in self.seen.iter().filter(|other| other.radar != suspect.radar) {
            others_misfit |= other.misfits_in_row >= 2 && other.plots > 0;
            let after: Vec<&Compared> = other.recent.iter().filter(|plot| plot.time >= since).collect();
            if other.misfits_in_row > 0 || after.len() < WITNESSED {
                continue;
            }
            witnesses.push(other.radar);
            for plot in after {
                let moved = plot.residual - plot.jacobian * offset_m;
                odds += 0.5 * (moved.dot(&(plot.inverse * moved)) - plot.distance_squared());
            }
        }
        if witnesses.is_empty() {
            let gone = others_misfit || suspect.misfits_in_row >= MISFITS_ALONE;
            return if gone { Verdict::Ended { coasted: false } } else { Verdict::Open };
        }
        if odds < DECIDED {
            let moved = suspect.misfits_in_row >= MISFITS_ALONE;
            return if moved { Verdict::Ended { coasted: false } } else { Verdict::Open };
        }
        Verdict::Off(Off {
            since,
            had_agreed: agreed,
            witnesses,
            apart_m: offset_m.norm(),
            residual,
            clock_s: self.clock_s(&misfits, &radars[suspect.radar as usize].site),
        })
    }

    /// By how much a clock would have to be ahead for plots to fit, seconds; `None` where no shift in time makes them.
    fn clock_s(&self, misfits: &[&Compared], site: &Site) -> Option<f64> {
        let mut ahead_s = 0.0;
        // Each round moves the instants along the flight to where the plots are nearest.
        for _ in 0..CLOCK_ROUNDS {
            let (mut weight, mut weighted, mut fits) = (0.0, 0.0, true);
            for misfit in misfits {
                let then = misfit.time.since_s(self.time) - ahead_s;
                let state = integrate::coast(&self.kinematic_state(), then);
                let sighting = measure::sight(site, flight::position(&state))?;
                let rest = measure::residual(misfit.measured, sighting.measured + misfit.bias);
                fits &= rest.dot(&(misfit.inverse * rest)) < GATE;
                let rate = sighting.jacobian * flight::velocity(&state);
                weighted += rate.dot(&(misfit.inverse * rest));
                weight += rate.dot(&(misfit.inverse * rate));
            }
            if fits {
                return Some(ahead_s);
            }
            ahead_s -= weighted / weight;
        }
        None
    }
}

/// The inverse of a covariance whose scales differ widely; `None` where it is not positive.
fn invert(matrix: &Matrix3<f64>) -> Option<Matrix3<f64>> {
    let scale = matrix.diagonal().map(f64::sqrt);
    if !scale.iter().all(|part| *part > 0.0) {
        return None;
    }
    let unit = Matrix3::from_fn(|row, column| matrix[(row, column)] / (scale[row] * scale[column]));
    let inverse = unit.try_inverse()?;
    Some(Matrix3::from_fn(|row, column| inverse[(row, column)] / (scale[row] * scale[column])))
}
