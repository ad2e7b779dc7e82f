//! Registration: the sensors' biases in range, azimuth, elevation and time, from what several of them see.
//!
//! Each object that two or more sensors see says something of their biases ([`crate::common`]). Of independent objects
//! these informations add to that of the priors: Λ = Λ₀ + Σ Λᵢ, b = Λ⁻¹ Σ ηᵢ. Which of two sensors is biased the plots
//! say only in part; the rest the priors decide. A sensor is **well** (most are) or **off**, with narrow and wide priors:
//! each hypothesis of which ones are off has its evidence, and the estimate is their mixture, whose variance says where
//! they differ. The interval of a bias is b ± 1.96 σ. A bias whose interval excludes zero is applied: its sensor's plots
//! are corrected before anything else is made of them. What is applied is the likeliest set with the biases that are
//! not applied at zero, so that corrected sensors agree with those that are left as they are; how unsure it stays is
//! carried as a slow error (`physics::filter`).
//!
//! It is part of the tracker: a fold over plots. It takes them as they were measured, never corrected ones, so that a
//! correction does not feed on itself. Where fewer than two sensors measure three dimensions it does nothing.

use nalgebra::{Vector3, Vector4};
use physics::measure;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::TrackStatus;

use crate::common::{BIAS_SIGMA, Common, Information, MEASURES, NEAR_M, Verdict};
use crate::health::Health;
use crate::sense::{Radar, Sensed};
use crate::settings::Settings;
use crate::track::Track;

/// Precision of the biases of a sensor that is well, in units of [`BIAS_SIGMA`]: sigmas of 20 m, a third of a minute of
/// arc and 5 ms.
const WELL_PRECISION: [f64; MEASURES] = [35.0 * 35.0, 49.0, 49.0, 100.0];

/// Probability that a sensor is off before anything is seen.
const OFF: f64 = 0.1;

/// Of so many sensors at most two are allowed to be off at once; of more, one.
const PAIRS_AMONG: usize = 8;

/// Half the width of a normal's central 95 %, in sigmas. Abramowitz & Stegun, table 26.5.
pub(crate) const SIGMAS_95: f64 = 1.959_964;

/// At so many sigmas two sensors' biases differ for sure: they are taken off though it may not be clear yet which of the
/// two is off. What is left open is carried as their remaining error.
const SIGMAS_APART: f64 = 3.0;

/// An applied bias is applied until its interval holds zero well inside: at so many sigmas.
const SIGMAS_HELD: f64 = 1.0;

/// A correction is renewed when it is off by so much of its own sigma: each renewal moves the tracks.
const RENEWED_SIGMAS: f64 = 0.25;

/// Biases are solved for once in so many seconds.
const SOLVE_S: f64 = 5.0;

/// Objects that are learned from at once, and tracks among which they are sought: in a crowd little is sure.
const COMMONS_MAX: usize = 16;
const TRACKS_MAX: usize = 100;

/// Another sensor saw it so lately, seconds.
const LATELY_S: f64 = 3.0;

/// No two objects that are learned from are nearer, metres.
const APART_M: f64 = 10_000.0;

/// A track this near an object is its, metres and m/s.
const OWN: (f64, f64) = (5_000.0, 300.0);

/// What is learned of a sensor fades, with this time constant: it may drift. Seconds.
const FADES_S: f64 = 6.0 * 3_600.0;

/// What is taken off a sensor's measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Correction {
    /// Range (m), azimuth, elevation (rad), time (s): zero where nothing is applied.
    pub bias: Vector4<f64>,
    /// One sigma of what remains of range (m), azimuth, elevation (rad); zero where nothing is applied.
    pub remaining: Vector3<f64>,
}

/// A bias as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Known {
    pub value: f64,
    pub sigma: f64,
}

/// All that is known of the sensors' biases, and of their health.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub health: Health,
    commons: Vec<Common>,
    /// From objects that are gone: upper triangle not used, row by row, four biases a sensor; empty until there are any.
    matrix: Vec<f64>,
    vector: Vec<f64>,
    faded: Option<Tai>,
    solved: Option<Tai>,
    /// Plots of each sensor that others confirmed.
    pub common_plots: Vec<u64>,
}

impl Registration {
    /// Takes a scan as it was measured, and the tracks as they are with it. Renews the corrections in `radars`.
    pub fn take(
        &mut self,
        scan: &[Sensed],
        tracks: &mut Vec<Track>,
        radars: &mut [Radar],
        settings: &Settings,
    ) {
        let Some(first) = scan.first() else { return };
        self.health.check_volume(scan, radars);
        let three_dimensional = |radar: &Radar| {
            let sensor = &radar.sensor;
            sensor.sigma_range_m.is_some() && sensor.sigma_az_rad.is_some() && sensor.sigma_el_rad.is_some()
        };
        if first.el_sigma_rad.is_some()
            || !three_dimensional(&radars[first.radar as usize])
            || radars.iter().filter(|radar| three_dimensional(radar)).count() < 2
        {
            return;
        }
        self.health.note_missing(scan, tracks, radars);
        self.begin(scan, tracks, radars);
        let shared = self.commons.iter().filter(|common| common.is_seen_by(first.radar)).count();
        let mut forgotten = false;
        for index in (0..self.commons.len()).rev() {
            match self.commons[index].take(scan, tracks, radars, shared) {
                Verdict::Open => {}
                Verdict::Agrees { plots, with, plausible } => {
                    self.common_plots.resize(radars.len(), 0);
                    self.common_plots[first.radar as usize] += 1;
                    if plausible {
                        self.health.agrees(first.time, first.radar, plots, &with);
                    }
                }
                Verdict::Ended { coasted } => {
                    let common = self.commons.remove(index);
                    let said = if coasted { common.information() } else { common.information_aside() };
                    if let Some(information) = said {
                        self.learn(&information, first.time, radars.len());
                    }
                }
                Verdict::Off(off) => {
                    if self.health.off(first.time, first.radar, &off, radars) && off.had_agreed {
                        self.forget(first.radar, radars);
                        forgotten = true;
                    }
                }
            }
        }
        self.health.show(radars);
        let due = self.solved.is_none_or(|solved| first.time.since_s(solved) >= SOLVE_S);
        let anew = forgotten || (due && self.commons.iter().any(Common::is_settled));
        if anew && settings.corrects_biases {
            self.solved = Some(first.time);
            self.correct(tracks, radars);
        }
    }

    /// Follows objects that a second sensor sees now.
    fn begin(&mut self, scan: &[Sensed], tracks: &[Track], radars: &[Radar]) {
        if tracks.len() > TRACKS_MAX {
            return;
        }
        for track in
            tracks.iter().filter(|track| track.status == TrackStatus::Firm && !track.is_apart(radars))
        {
            if self.commons.len() == COMMONS_MAX {
                return;
            }
            let (time, radar) = (scan[0].time, scan[0].radar);
            let position_m = track.place_at(time);
            let near = |plot: &Sensed| (plot.position_m - position_m).norm_squared() < NEAR_M * NEAR_M;
            let mut others = track.seen_lately(time, LATELY_S, radars).filter(|other| *other != radar);
            // Seen to burn, and not yet known to coast: there is nothing to be learned from it.
            let burns = track.motion.thrust_seen.is_some() && !track.motion.coasts();
            if others.next().is_none() || burns || !scan.iter().any(near) {
                continue;
            }
            let taken = |common: &Common| (common.position_at(time) - position_m).norm() < APART_M;
            if self.commons.iter().any(taken) {
                continue;
            }
            let velocity = physics::motion::velocity(&track.motion.state());
            self.commons.push(Common::begin(time, &physics::motion::state(position_m, velocity)));
        }
    }

    /// Adds what an object said. What was learned before has faded since.
    fn learn(&mut self, said: &Information, time: Tai, sensors: usize) {
        let size = MEASURES * sensors;
        self.matrix.resize(size * size, 0.0);
        self.vector.resize(size, 0.0);
        let elapsed_s = self.faded.map_or(0.0, |faded| time.since_s(faded).max(0.0));
        let kept = libm::exp(-elapsed_s / FADES_S);
        self.matrix.iter_mut().chain(&mut self.vector).for_each(|part| *part *= kept);
        self.faded = Some(time);
        add(&mut self.matrix, &mut self.vector, said);
    }

    /// What was learned of a sensor holds no longer: its biases are integrated out, and what the others' share of it
    /// says remains.
    fn forget(&mut self, radar: u32, radars: &[Radar]) {
        for common in &mut self.commons {
            common.forget(radar);
        }
        let size = MEASURES * radars.len();
        if self.matrix.len() != size * size {
            return;
        }
        let own = MEASURES * radar as usize..MEASURES * (radar as usize + 1);
        // One bias after the other: Λ' = Λ − Λ_k Λ_kᵀ / (1 + Λ_kk), its prior's 1 included.
        for k in own {
            let pivot = 1.0 + self.matrix[k * size + k];
            let column: Vec<f64> = (0..size).map(|row| self.matrix[row * size + k]).collect();
            let value = self.vector[k];
            for row in (0..size).filter(|row| *row != k) {
                for other in (0..size).filter(|other| *other != k) {
                    self.matrix[row * size + other] -= column[row] * column[other] / pivot;
                }
                self.vector[row] -= column[row] * value / pivot;
            }
            for other in 0..size {
                self.matrix[k * size + other] = 0.0;
                self.matrix[other * size + k] = 0.0;
            }
            self.vector[k] = 0.0;
        }
    }

    /// Λ without the prior, and η, of all objects.
    fn total(&self, sensors: usize) -> (Vec<f64>, Vec<f64>) {
        let size = MEASURES * sensors;
        let (mut matrix, mut vector) = (self.matrix.clone(), self.vector.clone());
        matrix.resize(size * size, 0.0);
        vector.resize(size, 0.0);
        for information in self.commons.iter().filter_map(Common::information) {
            add(&mut matrix, &mut vector, &information);
        }
        (matrix, vector)
    }

    /// The biases of all sensors; `None` where nothing is known of any.
    pub fn biases(&self, sensors: usize) -> Option<Weighed> {
        let (matrix, vector) = self.total(sensors);
        weigh(&matrix, &vector)
    }

    /// Renews the corrections, and moves the tracks that rest on plots which were not corrected so.
    fn correct(&mut self, tracks: &mut Vec<Track>, radars: &mut [Radar]) {
        let (matrix, vector) = self.total(radars.len());
        // Where nothing is known any more, nothing is applied.
        let Weighed { biases, differences, likeliest } =
            weigh(&matrix, &vector).unwrap_or_else(|| Weighed::nothing(vector.len()));
        let is_applied = |index: &usize| {
            let (known, radar) = (biases[*index], &radars[*index / MEASURES]);
            let held = radar.correction.is_some_and(|correction| correction.bias[*index % MEASURES] != 0.0);
            let apart = differences.iter().any(|(one, other, each)| {
                let difference = &each[*index % MEASURES];
                let own = *one == *index / MEASURES || *other == *index / MEASURES;
                own && difference.value.abs() > SIGMAS_APART * difference.sigma
            });
            apart || known.value.abs() > if held { SIGMAS_HELD } else { SIGMAS_95 } * known.sigma
        };
        let applied: Vec<usize> = (0..biases.len()).filter(is_applied).collect();
        let Some(solved) = solve(&matrix, &vector, &applied, &likeliest) else { return };
        let mut corrections = vec![(Vector4::zeros(), Vector4::zeros()); radars.len()];
        for (index, value) in applied.iter().zip(solved.value) {
            let (bias, sigma) = &mut corrections[index / MEASURES];
            bias[index % MEASURES] = value * BIAS_SIGMA[index % MEASURES];
            sigma[index % MEASURES] = biases[*index].sigma;
        }
        let mut changed = Vec::new();
        for (radar, (bias, sigma)) in corrections.into_iter().enumerate() {
            let old = radars[radar].correction.map_or(Vector4::zeros(), |correction| correction.bias);
            let change = bias - old;
            let moved = (0..MEASURES).any(|measure| {
                let appears = (bias[measure] == 0.0) != (old[measure] == 0.0);
                appears || change[measure].abs() > RENEWED_SIGMAS * sigma[measure]
            });
            if moved {
                let correction = Correction { bias, remaining: sigma.fixed_rows::<3>(0).into_owned() };
                radars[radar].correction = Some(correction).filter(|_| bias != Vector4::zeros());
                changed.push((radar as u32, change));
            }
        }
        if !changed.is_empty() {
            self.move_tracks(&changed, &biases, tracks, radars);
        }
    }

    /// Where an object is followed with its sensors' biases, its track becomes what that shows, and the tracks that
    /// single biased sensors made of it end. The others are as unsure as the change of the corrections is large.
    fn move_tracks(
        &self,
        changed: &[(u32, Vector4<f64>)],
        biases: &[Known],
        tracks: &mut Vec<Track>,
        radars: &[Radar],
    ) {
        let mut settled = vec![false; tracks.len()];
        let mut needless = vec![false; tracks.len()];
        for common in self.commons.iter().filter(|common| common.is_settled()) {
            let known = |radar: u32, measure: usize| {
                let applied =
                    radars[radar as usize].correction.map_or(0.0, |correction| correction.bias[measure]);
                (applied, biases[MEASURES * radar as usize + measure].sigma)
            };
            let Some(estimate) = common.estimate(known) else { continue };
            let near = |track: &Track| {
                let there = track.place_at(estimate.time);
                let velocity = physics::motion::velocity(&track.motion.state());
                !track.is_apart(radars)
                    && track.status != TrackStatus::Lost
                    && (there - estimate.position()).norm() < OWN.0
                    && (velocity - estimate.velocity()).norm() < OWN.1
            };
            let own: Vec<usize> = (0..tracks.len()).filter(|index| near(&tracks[*index])).collect();
            let Some(&longest) =
                own.iter().max_by_key(|index| (tracks[**index].plots, core::cmp::Reverse(**index)))
            else {
                continue;
            };
            for index in own {
                settled[index] = true;
                needless[index] = index != longest;
            }
            tracks[longest].motion.settle(&estimate);
        }
        for (index, track) in tracks.iter_mut().enumerate().filter(|(index, _)| !settled[*index]) {
            debug_assert!(!needless[index]);
            for (radar, change) in changed.iter().filter(|(radar, _)| track.radars.contains(radar)) {
                track.motion.loosen(&radars[*radar as usize].site, change);
            }
        }
        let mut index = 0;
        tracks.retain(|_| {
            index += 1;
            !needless[index - 1]
        });
    }
}

/// A scan as it would have been measured without its sensor's known biases; `None` where none is applied.
pub(crate) fn corrected(scan: &[Sensed], radars: &[Radar]) -> Option<Vec<Sensed>> {
    let radar = &radars[scan.first()?.radar as usize];
    let correction = radar.correction.as_ref()?;
    let correct = |plot: &Sensed| {
        let mut measured = plot.measured - correction.bias.fixed_rows::<3>(0);
        measured.x = measured.x.max(1.0);
        Sensed {
            time: plot.time.plus_s(-correction.bias[3]),
            measured,
            position_m: measure::locate(&radar.site, measured.x, measured.y, measured.z).vector(),
            ..*plot
        }
    };
    Some(scan.iter().map(correct).collect())
}

/// Adds one object's information to that of all sensors.
fn add(matrix: &mut [f64], vector: &mut [f64], said: &Information) {
    let size = vector.len();
    let place = |index: usize| MEASURES * said.radars[index / MEASURES] as usize + index % MEASURES;
    for row in 0..MEASURES * said.radars.len() {
        for column in 0..MEASURES * said.radars.len() {
            matrix[place(row) * size + place(column)] += said.matrix[(row, column)];
        }
        vector[place(row)] += said.vector[row];
    }
}

/// What all objects say together.
pub(crate) struct Weighed {
    /// Four a sensor.
    pub biases: Vec<Known>,
    /// (One sensor, another, the first's biases less the second's) of all that anything is known of.
    pub differences: Vec<(usize, usize, [Known; MEASURES])>,
    /// Precisions of the priors, in units of [`BIAS_SIGMA`], as the likeliest hypothesis has them.
    likeliest: Vec<f64>,
}

impl Weighed {
    fn nothing(size: usize) -> Weighed {
        let unknown = |index: usize| Known { value: 0.0, sigma: BIAS_SIGMA[index % MEASURES] };
        let biases = (0..size).map(unknown).collect();
        Weighed { biases, differences: Vec::new(), likeliest: vec![1.0; size] }
    }
}

/// The biases over all hypotheses of which sensors are off: mean and variance of the mixture, each hypothesis with its
/// prior and the evidence √(|Λ₀| / |Λ₀ + Λ|) exp(½ ηᵀ (Λ₀ + Λ)⁻¹ η).
fn weigh(matrix: &[f64], vector: &[f64]) -> Option<Weighed> {
    let size = vector.len();
    let told: Vec<usize> = (0..size / MEASURES)
        .filter(|sensor| (0..MEASURES).any(|measure| vector[MEASURES * sensor + measure] != 0.0))
        .collect();
    let of: Vec<usize> = told
        .iter()
        .flat_map(|sensor| (0..MEASURES).map(move |measure| MEASURES * sensor + measure))
        .collect();
    let mut off: Vec<Vec<usize>> = vec![Vec::new()];
    off.extend(told.iter().map(|one| vec![*one]));
    if told.len() <= PAIRS_AMONG {
        for (index, one) in told.iter().enumerate() {
            off.extend(told[index + 1..].iter().map(|other| vec![*one, *other]));
        }
    }
    let mut hypotheses = Vec::new();
    for off in &off {
        let precision = |index: usize| match off.contains(&(index / MEASURES)) {
            true => 1.0,
            false => WELL_PRECISION[index % MEASURES],
        };
        let prior: Vec<f64> = (0..size).map(precision).collect();
        let solved = solve(matrix, vector, &of, &prior)?;
        let odds = off.len() as f64 * libm::log(OFF / (1.0 - OFF));
        hypotheses.push((solved.evidence + odds, prior, solved));
    }
    if told.is_empty() {
        return None;
    }
    let best = (0..hypotheses.len()).max_by(|a, b| hypotheses[*a].0.total_cmp(&hypotheses[*b].0))?;
    let most = hypotheses[best].0;
    let total: f64 = hypotheses.iter().map(|(evidence, _, _)| libm::exp(evidence - most)).sum();
    // Mean and variance of a bias, or of the difference of two, over the mixture.
    let mixed = |place: usize, less: Option<usize>| {
        let (mut mean, mut square) = (0.0, 0.0);
        for (evidence, _, solved) in &hypotheses {
            let weight = libm::exp(evidence - most) / total;
            let value = solved.value[place] - less.map_or(0.0, |less| solved.value[less]);
            mean += weight * value;
            square += weight * (value * value + solved.variance(place, less));
        }
        let unit = BIAS_SIGMA[place % MEASURES];
        Known { value: mean * unit, sigma: (square - mean * mean).max(0.0).sqrt() * unit }
    };
    let mut weighed = Weighed::nothing(size);
    for (place, index) in of.iter().enumerate() {
        weighed.biases[*index] = mixed(place, None);
    }
    for (a, one) in told.iter().enumerate() {
        for (b, other) in told.iter().enumerate().filter(|(b, _)| *b > a) {
            let less = |measure: usize| mixed(MEASURES * a + measure, Some(MEASURES * b + measure));
            weighed.differences.push((*one, *other, core::array::from_fn(less)));
        }
    }
    weighed.likeliest = hypotheses.swap_remove(best).1;
    Some(weighed)
}

/// Biases by one hypothesis.
struct Solved {
    value: Vec<f64>,
    /// Inverse of the root of Λ₀ + Λ, lower triangle, row by row: the covariance is its transpose times itself.
    inverse: Vec<f64>,
    /// Logarithm, up to a constant.
    evidence: f64,
}

/// Means and sigmas of some biases, the others being zero: (Λ₀ + Λ)⁻¹ η by Cholesky's method, in loops of a fixed order.
/// `prior`: the diagonal of Λ₀.
fn solve(matrix: &[f64], vector: &[f64], of: &[usize], prior: &[f64]) -> Option<Solved> {
    let (size, count) = (vector.len(), of.len());
    let mut root = vec![0.0; count * count];
    for row in 0..count {
        for column in 0..=row {
            let own = if row == column { 1.0 } else { 0.0 };
            let mut rest =
                own + 0.5 * (matrix[of[row] * size + of[column]] + matrix[of[column] * size + of[row]]);
            for k in 0..column {
                rest -= root[row * count + k] * root[column * count + k];
            }
            if row == column {
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                root[row * count + row] = rest.sqrt();
            } else {
                root[row * count + column] = rest / root[column * count + column];
            }
        }
    }
    let mut inverse = vec![0.0; count * count];
    for column in 0..count {
        for row in column..count {
            let own = if row == column { 1.0 } else { 0.0 };
            let known: f64 = (column..row).map(|k| root[row * count + k] * inverse[k * count + column]).sum();
            inverse[row * count + column] = (own - known) / root[row * count + row];
        }
    }
    let halved: Vec<f64> =
        (0..count).map(|row| (0..=row).map(|k| inverse[row * count + k] * vector[of[k]]).sum()).collect();
    let through = |column: usize, by: &dyn Fn(usize) -> f64| -> f64 {
        (column..count).map(|row| inverse[row * count + column] * by(row)).sum()
    };
    let value = (0..count).map(|column| through(column, &|row| halved[row])).collect();
    let evidence = (0..count)
        .map(|row| {
            let determinants = 0.5 * libm::log(prior[of[row]]) - libm::log(root[row * count + row]);
            determinants + 0.5 * halved[row] * halved[row]
        })
        .sum();
    Some(Solved { value, inverse, evidence })
}

impl Solved {
    /// Variance of a bias, or of its difference from another.
    fn variance(&self, place: usize, less: Option<usize>) -> f64 {
        let count = self.value.len();
        let part = |row: usize| {
            let own = self.inverse[row * count + place];
            own - less.map_or(0.0, |less| self.inverse[row * count + less])
        };
        (0..count).map(|row| part(row) * part(row)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn biases_are_solved_for_with_their_priors() {
        // One measurement of b₀ − b₁ = 2 with variance 1/2, both with prior (0, 1): Λ = 2 [1 −1; −1 1], η = 4 [1; −1].
        let (matrix, vector) = ([2.0, -2.0, -2.0, 2.0], [4.0, -4.0]);
        let solved = solve(&matrix, &vector, &[0, 1], &[1.0; 2]).unwrap();
        let (value, evidence) = (&solved.value, solved.evidence);
        // (I + Λ)⁻¹ = [3 2; 2 3] / 5.
        assert!((value[0] - 0.8).abs() < 1e-12 && (value[1] + 0.8).abs() < 1e-12);
        assert!((solved.variance(0, None) - 0.6).abs() < 1e-12);
        // 3/5 + 3/5 − 2 · 2/5.
        assert!((solved.variance(0, Some(1)) - 0.4).abs() < 1e-12);
        // With the other at zero: 4 / 3.
        let one = solve(&matrix, &vector, &[0], &[1.0; 2]).unwrap();
        assert!((one.value[0] - 4.0 / 3.0).abs() < 1e-12);
        // The density of the difference 2 under N(0, 1/2 + 2), over that under N(0, 1/2): √(1/5) e^(4 − 4/5).
        assert!((evidence - (0.5 * libm::log(0.2) + 3.2)).abs() < 1e-12, "{evidence}");
    }
}
