//! The least error that any estimator could have: the Cramér–Rao bound on the detections that were realised.
//!
//! The motion after burn-out is deterministic, so each detection at t_k says of the state at t
//! Φ(t_k, t)ᵀ Hᵀ R⁻¹ H Φ(t_k, t), with H the measurement's derivative at the true position, R the radar's variances
//! and Φ the transition of gravity and the Earth's turning along the true path; these informations add, no prior is
//! given, and the inverse of the sum bounds the covariance. J. H. Taylor, "The Cramér–Rao estimation error lower bound
//! computation for deterministic nonlinear systems", IEEE Trans. Automatic Control 24 (1979), 343–344. Where something
//! is reckoned from the state and from an unknown with a prior (the impact, from ln β), their informations add likewise
//! (Van Trees, "Detection, Estimation, and Modulation Theory" I, 1968, section 2.4: the posterior bound).

use nalgebra::{Matrix3, RowSVector, SMatrix, SVector, Vector3};
use physics::frames::{Position, Site};
use physics::integrate;
use physics::measure;
use physics::motion::{self, Matrix6, State};
use physics::sensor::Sensor;
use physics::wgs84;

/// The prior on the ballistic coefficient: middle, kg/m², and sigma of its logarithm. `picture`'s and the simulated
/// descents'.
const BALLISTIC_COEFFICIENT: (f64, f64) = (5_000.0, 0.7);

/// The air's priors, the simulated descents': sigma of the logarithm of its density, and of the wind to east and to north
/// where it is strongest, m/s; there, and how deep it is, metres.
const LN_DENSITY_SIGMA: f64 = 0.1;
const WIND_SIGMA_MPS: f64 = 20.0;
const WIND_M: (f64, f64) = (11_000.0, 8_000.0);

/// From here down air counts, metres.
const AIR_BELOW_M: f64 = 90_000.0;

/// Longer than any measured flight, seconds.
const FLIGHT_S_MAX: f64 = 20_000.0;

/// What the detections so far say of the present state.
#[derive(Clone, Debug)]
pub struct Bound {
    site: Site,
    sigmas: Vector3<f64>,
    sigma_range_rate_mps: Option<f64>,
    information: Matrix6,
    time_s: f64,
}

impl Bound {
    /// Nothing known yet. The sensor measures range and both angles.
    pub fn new(sensor: &Sensor) -> Bound {
        let sigma = |sigma: Option<f64>| sigma.unwrap_or(f64::INFINITY);
        Bound {
            site: Site::at(sensor.place()),
            sigmas: Vector3::new(
                sigma(sensor.sigma_range_m),
                sigma(sensor.sigma_az_rad),
                sigma(sensor.sigma_el_rad),
            ),
            sigma_range_rate_mps: sensor.sigma_range_rate_mps,
            information: Matrix6::zeros(),
            time_s: 0.0,
        }
    }

    /// Moves on to `time_s`, where the true state is `truth`.
    pub fn advance(&mut self, time_s: f64, truth: &State) {
        let (_, back) = integrate::coast_with_transition(truth, self.time_s - time_s);
        self.information = back.transpose() * self.information * back;
        self.time_s = time_s;
    }

    /// A detection of the true state `truth` at the present time.
    pub fn see(&mut self, truth: &State) {
        let (position, velocity) = (motion::position(truth), motion::velocity(truth));
        let Some(sighting) = measure::sight(&self.site, position) else { return };
        let weight = Matrix3::from_diagonal(&self.sigmas.map(|sigma| 1.0 / (sigma * sigma)));
        let seen = sighting.jacobian.transpose() * weight * sighting.jacobian;
        let mut of_position = self.information.fixed_view_mut::<3, 3>(0, 0);
        of_position += seen;
        if let Some(sigma) = self.sigma_range_rate_mps {
            let (_, by_position, by_velocity) = measure::range_rate(&self.site, position, velocity);
            let mut row = RowSVector::<f64, 6>::zeros();
            row.fixed_columns_mut::<3>(0).copy_from(&by_position.transpose());
            row.fixed_columns_mut::<3>(3).copy_from(&by_velocity.transpose());
            self.information += row.transpose() * row / (sigma * sigma);
        }
    }

    /// The bound on the covariance of the present state; `None` while the detections do not determine it.
    pub fn covariance(&self) -> Option<Matrix6> {
        inverse(&self.information)
    }
}

/// The least covariances of (east, north, time) of the impact of a state with that covariance, metres, metres, seconds.
///
/// The first is the posterior Cramér–Rao bound with a prior on the ballistic coefficient alone, in still air of the
/// standard: linear at the middle. The other is the covariance of the posterior itself, with priors on density and wind as
/// well: no estimator has a lesser mean square error. They differ since ends are far from normal: what is made of
/// derivatives at the middle knows nothing of their long tail.
pub fn impact(truth: &State, covariance: &Matrix6) -> Option<[Matrix3<f64>; 2]> {
    let fall = |state: &State, ln_factor: f64| {
        let coefficient = BALLISTIC_COEFFICIENT.0 * libm::exp(ln_factor);
        integrate::fall_to_height(state, 0.0, coefficient, FLIGHT_S_MAX)
    };
    let middle = fall(truth, 0.0)?;
    let site = Site::at(wgs84::to_geodetic(Position::from_vector(motion::position(&middle.state))));
    let end = |state: &State, ln_factor: f64| {
        let arrival = fall(state, ln_factor)?;
        let local = site.axes * (motion::position(&arrival.state) - site.origin.vector());
        Some(Vector3::new(local.x, local.y, arrival.elapsed_s))
    };
    // Differences over a tenth of a sigma: the derivative, in units of sigmas.
    let root = covariance.cholesky()?.l();
    let mut of_state = Matrix3::zeros();
    for column in 0..6 {
        let step: State = root.column(column) * 0.1;
        let by: Vector3<f64> = (end(&(truth + step), 0.0)? - end(&(truth - step), 0.0)?) / 0.2;
        of_state += by * by.transpose();
    }
    let by = (end(truth, 0.1)? - end(truth, -0.1)?) / 0.2;
    let linear = of_state + by * by.transpose() * (BALLISTIC_COEFFICIENT.1 * BALLISTIC_COEFFICIENT.1);
    let ends: Option<Vec<Vector3<f64>>> = drags().map(|ln_factor| end(truth, ln_factor)).collect();
    let ends = ends?;
    let mean = ends.iter().sum::<Vector3<f64>>() / ends.len() as f64;
    let spread = |end: &Vector3<f64>| (end - mean) * (end - mean).transpose();
    let mut whole = of_state + ends.iter().map(spread).sum::<Matrix3<f64>>() / ends.len() as f64;
    // Wind carries what air holds back, by as much more as it is held back longer (Didion's lag rule).
    let unheld_s = end(truth, UNHELD)?.z;
    let lag = |end: &Vector3<f64>| (end.z - unheld_s) / (middle.elapsed_s - unheld_s);
    let lags = ends.iter().map(|end| lag(end) * lag(end)).sum::<f64>() / ends.len() as f64;
    let entry = integrate::fly_to_height(truth, AIR_BELOW_M, false, FLIGHT_S_MAX);
    let entry = entry.map_or(*truth, |entry| entry.state);
    for axis in 0..2 {
        let ends = [1.0, -1.0].map(|sign| {
            let wind_mps: Vector3<f64> = site.axes.row(axis).transpose() * (sign * WIND_SIGMA_MPS);
            let (state, elapsed_s) = fall_in_wind(&entry, wind_mps);
            let local = site.axes * (motion::position(&state) - site.origin.vector());
            Vector3::new(local.x, local.y, elapsed_s)
        });
        let by = (ends[0] - ends[1]) / 2.0;
        whole += by * by.transpose() * lags;
    }
    Some([linear, whole])
}

/// The variance of the time of impact by the state's error alone, s².
pub fn of_state_s2(truth: &State, covariance: &Matrix6) -> Option<f64> {
    let end_s = |state: &State| {
        integrate::fall_to_height(state, 0.0, BALLISTIC_COEFFICIENT.0, FLIGHT_S_MAX)
            .map(|arrival| arrival.elapsed_s)
    };
    let root = covariance.cholesky()?.l();
    let mut variance_s2 = 0.0;
    for column in 0..6 {
        let step: State = root.column(column) * 0.1;
        let by_s = (end_s(&(truth + step))? - end_s(&(truth - step))?) / 0.2;
        variance_s2 += by_s * by_s;
    }
    Some(variance_s2)
}

/// The fall of the middling object in a wind that is strongest at one height: where and when it ends.
fn fall_in_wind(from: &State, wind_mps: Vector3<f64>) -> (State, f64) {
    let derivative = |at: &State| {
        let share = (motion::radial_height_m(motion::position(at)) - WIND_M.0) / WIND_M.1;
        let blown = wind_mps * libm::exp(-share * share);
        let against = motion::state(motion::position(at), motion::velocity(at) - blown);
        motion::derivative(at)
            + motion::state(Vector3::zeros(), motion::drag(&against, BALLISTIC_COEFFICIENT.0))
    };
    let (mut at, mut elapsed_s) = (*from, 0.0);
    loop {
        let next = integrate::rk4(&at, WIND_STEP_S, derivative);
        let (height_m, next_m) = (height_m(&at), height_m(&next));
        if next_m <= 0.0 || elapsed_s > FLIGHT_S_MAX {
            // The end of the last step by a straight line: what it errs by is the same in all winds.
            let part = height_m / (height_m - next_m);
            return (at + (next - at) * part, elapsed_s + part * WIND_STEP_S);
        }
        (at, elapsed_s) = (next, elapsed_s + WIND_STEP_S);
    }
}

const WIND_STEP_S: f64 = 0.25;

fn height_m(at: &State) -> f64 {
    motion::radial_height_m(motion::position(at))
}

/// The shortest windows of 90 % of the time of impact that an honest watcher can say who knows the state to that
/// covariance and nothing of the object but the priors: seconds. Falls at even steps of the coefficient's probability,
/// each with the state's normal error.
pub fn least_window_s(truth: &State, of_state_s2: f64) -> Option<f64> {
    const ERRORS: usize = 25;
    let mut times_s = Vec::with_capacity(FALLS * ERRORS);
    for ln_factor in drags() {
        let coefficient = BALLISTIC_COEFFICIENT.0 * libm::exp(ln_factor);
        let end_s = integrate::fall_to_height(truth, 0.0, coefficient, FLIGHT_S_MAX)?.elapsed_s;
        for error in 0..ERRORS {
            let error = normal_quantile((error as f64 + 0.5) / ERRORS as f64);
            times_s.push(end_s + of_state_s2.sqrt() * error);
        }
    }
    times_s.sort_by(f64::total_cmp);
    let inside = times_s.len() * 9 / 10;
    times_s.windows(inside + 1).map(|window| window[inside] - window[0]).min_by(f64::total_cmp)
}

/// Coefficients at even steps of their probability, as logarithms over the middle one; denser air is as much less of it.
fn drags() -> impl Iterator<Item = f64> {
    let sigma = libm::hypot(BALLISTIC_COEFFICIENT.1, LN_DENSITY_SIGMA);
    (0..FALLS).map(move |fall| sigma * normal_quantile((fall as f64 + 0.5) / FALLS as f64))
}

const FALLS: usize = 40;

/// A coefficient that hardly any air holds back, as a logarithm over the middle one.
const UNHELD: f64 = 8.0;

/// Where the standard normal distribution comes to `share`, by halving.
fn normal_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    while high - low > 1e-9 {
        let middle = 0.5 * (low + high);
        let below = 0.5 * libm::erfc(-middle * core::f64::consts::FRAC_1_SQRT_2);
        if below < share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The inverse of a positive definite matrix of mixed units, by Cholesky in units that make its diagonal 1.
pub fn inverse<const N: usize>(matrix: &SMatrix<f64, N, N>) -> Option<SMatrix<f64, N, N>> {
    let scale = SVector::<f64, N>::from_fn(|index, _| 1.0 / matrix[(index, index)].sqrt());
    if !scale.iter().all(|part| part.is_finite()) {
        return None;
    }
    let scale = SMatrix::<f64, N, N>::from_diagonal(&scale);
    let mut unit = scale * matrix * scale;
    let transposed = unit.transpose();
    unit = (unit + transposed) * 0.5;
    // Two detections that determine it leave more than rounding's 1e-16.
    let root = unit.cholesky()?;
    let least = root.l().diagonal().min();
    if least < 1e-7 {
        return None;
    }
    // The inverse of a Cholesky factor of static size, column by column.
    let mut found = SMatrix::<f64, N, N>::identity();
    root.solve_mut(&mut found);
    Some(scale * found * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::raid::Raid;

    fn state(raid: &Raid, time_s: f64) -> State {
        let (p, v, _) = raid.truths[0].state(time_s).unwrap();
        State::new(p[0], p[1], p[2], v[0], v[1], v[2])
    }

    /// Many detections, weighed at once by differences of whole coasts instead of step by step.
    #[test]
    fn steps_add_up_to_the_whole() {
        let raid = Raid::s1(1).unwrap();
        let mut bound = Bound::new(&raid.sensor);
        let times: Vec<f64> = (100..160).step_by(3).map(f64::from).collect();
        for &time_s in &times {
            bound.advance(time_s, &state(&raid, time_s));
            bound.see(&state(&raid, time_s));
        }
        let (last_s, end) = (times[times.len() - 1], state(&raid, times[times.len() - 1]));
        let site = Site::at(raid.sensor.place());
        let measured = |end: &State, time_s: f64| {
            let then = integrate::coast(end, time_s - last_s);
            let seen = measure::sight(&site, motion::position(&then)).unwrap().measured;
            let rate = measure::range_rate(&site, motion::position(&then), motion::velocity(&then)).0;
            [seen.x / 20.0, seen.y / 0.3e-3, seen.z / 0.3e-3, rate / 5.0]
        };
        let mut information = Matrix6::zeros();
        for &time_s in &times {
            let rows: Vec<[f64; 4]> = (0..6)
                .map(|axis| {
                    let mut step = State::zeros();
                    step[axis] = if axis < 3 { 10.0 } else { 0.1 };
                    let (more, less) = (measured(&(end + step), time_s), measured(&(end - step), time_s));
                    core::array::from_fn(|row| (more[row] - less[row]) / (2.0 * step[axis]))
                })
                .collect();
            for row in 0..6 {
                for column in 0..6 {
                    information[(row, column)] +=
                        (0..4).map(|part| rows[row][part] * rows[column][part]).sum::<f64>();
                }
            }
        }
        let (stepwise, whole) = (bound.covariance().unwrap(), inverse(&information).unwrap());
        for axis in 0..6 {
            let ratio = stepwise[(axis, axis)] / whole[(axis, axis)];
            assert!((ratio - 1.0).abs() < 1e-3, "{axis} {ratio}");
        }
    }

    #[test]
    fn one_detection_determines_nothing_and_two_do() {
        let raid = Raid::s0(1).unwrap();
        let mut bound = Bound::new(&raid.sensor);
        bound.advance(100.0, &state(&raid, 100.0));
        bound.see(&state(&raid, 100.0));
        assert!(bound.covariance().is_none());
        bound.advance(101.0, &state(&raid, 101.0));
        bound.see(&state(&raid, 101.0));
        let covariance = bound.covariance().unwrap();
        // The speed from two places 1 s apart: at 300 m each, some hundreds of metres a second.
        let sigma_mps = covariance.fixed_view::<3, 3>(3, 3).trace().sqrt();
        assert!(sigma_mps > 200.0 && sigma_mps < 1_000.0, "{sigma_mps}");
    }

    #[test]
    fn the_impact_of_what_is_surely_known_is_as_unsure_as_its_drag() {
        let raid = Raid::s0(1).unwrap();
        let sure = Matrix6::from_diagonal_element(1e-6);
        let [bound, whole] = impact(&state(&raid, 200.0), &sure).unwrap();
        let sigma_m = (bound[(0, 0)] + bound[(1, 1)]).sqrt();
        assert!(sigma_m > 300.0 && sigma_m < 10_000.0, "{sigma_m}");
        // Drag holds back along the way, which runs some 7° south of east there, and takes time.
        assert!(bound[(0, 0)] > 50.0 * bound[(1, 1)] && bound[(0, 2)] < 0.0, "{bound}");
        // Wind carries it aside: by less than it blows for as long as the air holds the object back.
        let aside_m = (whole[(1, 1)] - bound[(1, 1)]).sqrt();
        assert!(aside_m > 50.0 && aside_m < 1_000.0, "{aside_m}");
        // The long tail of what is light.
        assert!(whole[(0, 0)] > 1.2 * bound[(0, 0)], "{whole}");
    }

    #[test]
    fn the_shortest_window_of_what_falls_is_that_of_its_drag() {
        // Below, a watcher who knows all but the coefficient; above, one who errs by 10 s beside: 2 × 1.645 × 10 s at least.
        let state = state(&Raid::s0(1).unwrap(), 200.0);
        let sharp_s = least_window_s(&state, 0.0).unwrap();
        let blunt_s = least_window_s(&state, 100.0).unwrap();
        assert!(
            sharp_s > 5.0 && sharp_s < 40.0 && blunt_s > 32.9 && blunt_s < 32.9 + sharp_s,
            "{sharp_s} {blunt_s}"
        );
    }
}
