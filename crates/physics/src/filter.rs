//! The Kalman filter: extended, in Joseph form, with slow sensor errors considered (Schmidt).
//!
//! A radar's slow error b is a first-order Gauss–Markov process, common to all its plots. The filter does not
//! estimate it, it *considers* it: beside the covariance P of the state it carries the cross-covariance C of the
//! state's error with b of each such sensor, and so knows that the next plot errs like the last one. S. F. Schmidt,
//! "Application of state-space methods to navigation problems" (1966); Bar-Shalom, Li, Kirubarajan, "Estimation with
//! Applications to Tracking and Navigation" (2001), section 5.4 (Joseph form).

use nalgebra::{ArrayStorage, Matrix3, SMatrix, SVector, Vector3};
use serde::{Deserialize, Serialize};

use crate::frames::Site;
use crate::integrate;
use crate::measure::{self, Sighting};
use crate::motion::{self, Matrix6, State};
use crate::time::Tai;
use crate::wgs84::EARTH_RATE_RADPS;

/// Longest step through air, seconds: drag may double within two.
const REENTRY_STEP_S: f64 = 0.5;

/// A state of `N` components with its covariance at an instant. The first three are the Earth-fixed position (m), the
/// next three the velocity (m/s); of nine, the last three are the thrust acceleration (m/s²).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate<const N: usize> {
    /// When.
    pub time: Tai,
    /// The state.
    pub state: SVector<f64, N>,
    /// Its covariance.
    pub covariance: SMatrix<f64, N, N>,
    /// Cross-covariances with the slow errors of the sensors that have any.
    pub slow: Vec<SlowLink<N>>,
}

/// How an estimate's error goes with one sensor's slow error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlowLink<const N: usize> {
    /// The sensor's number, as the caller counts them.
    pub sensor: u32,
    /// Correlation time, seconds.
    pub slow_time_s: f64,
    /// Cross-covariance of the state with the slow errors of range, azimuth, elevation in units of their sigmas.
    pub cross: SMatrix<f64, N, 3>,
}

/// One measured position and how well it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement<'a> {
    /// Where it was measured from.
    pub site: &'a Site,
    /// The sensor's number, as the caller counts them.
    pub sensor: u32,
    /// Range (m), azimuth, elevation (rad).
    pub measured: Vector3<f64>,
    /// Range rate and its sigma, m/s.
    pub range_rate_mps: Option<(f64, f64)>,
    /// The sensor's noise.
    pub noise: Noise,
}

/// A sensor's noise in range (m), azimuth and elevation (rad).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Sigmas of what is independent from plot to plot.
    pub independent: Vector3<f64>,
    /// Sigmas of what changes slowly; zero: nothing does.
    pub slow: Vector3<f64>,
    /// Correlation time of the slow part, seconds.
    pub slow_time_s: f64,
}

/// How a measurement fits an estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Squared statistical distance of the three-dimensional residual.
    pub distance_squared: f64,
    /// Logarithm of the determinant of the residual's covariance.
    pub log_determinant: f64,
}

impl Fit {
    /// Logarithm of the likelihood, without the constant −3/2 ln 2π.
    pub fn log_likelihood(&self) -> f64 {
        -0.5 * (self.distance_squared + self.log_determinant)
    }
}

/// An estimate's position as a sensor sees it, whatever the sensor's noise: the first part of an [`Expectation`].
#[derive(Clone, Copy, Debug)]
pub struct Projection {
    sighting: Sighting,
    /// Of range (m²), azimuth and elevation (rad²).
    covariance: Matrix3<f64>,
}

/// What a sensor is expected to measure of an estimate, and how surely: made once, compared with many measurements.
#[derive(Clone, Copy, Debug)]
pub struct Expectation {
    sighting: Sighting,
    /// Of the residual: range (m²), azimuth, elevation (rad²).
    variances: Vector3<f64>,
    /// Of the covariance of the residual.
    inverse: Matrix3<f64>,
    log_determinant: f64,
}

impl Expectation {
    /// How a measured range (m), azimuth and elevation (rad) fits. `None` where it cannot be compared.
    pub fn fit(&self, measured: Vector3<f64>) -> Option<Fit> {
        self.compare(measured).map(|(_, fit)| fit)
    }

    /// Measured minus expected range (m), azimuth and elevation (rad).
    pub fn residual(&self, measured: Vector3<f64>) -> Vector3<f64> {
        measure::residual(measured, self.sighting.measured)
    }

    /// The range (m), azimuth and elevation (rad) that are expected.
    pub fn measured(&self) -> Vector3<f64> {
        self.sighting.measured
    }

    /// The variances of the residual in range (m²), azimuth and elevation (rad²), where `spread_m2` is added to the
    /// variance of each coordinate of the position.
    pub fn variances(&self, spread_m2: f64) -> Vector3<f64> {
        let rows = self.sighting.jacobian;
        self.variances + Vector3::from_fn(|row, _| spread_m2 * rows.row(row).norm_squared())
    }

    fn compare(&self, measured: Vector3<f64>) -> Option<(Vector3<f64>, Fit)> {
        let residual = self.residual(measured);
        let distance_squared = residual.dot(&(self.inverse * residual));
        let fit = Fit { distance_squared, log_determinant: self.log_determinant };
        distance_squared.is_finite().then_some((residual, fit))
    }
}

impl<const N: usize> Estimate<N> {
    /// Position, metres.
    pub fn position(&self) -> Vector3<f64> {
        self.state.fixed_rows::<3>(0).into_owned()
    }

    /// Velocity, metres a second.
    pub fn velocity(&self) -> Vector3<f64> {
        self.state.fixed_rows::<3>(3).into_owned()
    }

    /// Covariance of the position, m².
    pub fn position_covariance(&self) -> Matrix3<f64> {
        self.covariance.fixed_view::<3, 3>(0, 0).into_owned()
    }

    /// Position and velocity alone.
    pub fn kinematic(&self) -> Estimate<6> {
        Estimate {
            time: self.time,
            state: self.state.fixed_rows::<6>(0).into_owned(),
            covariance: self.covariance.fixed_view::<6, 6>(0, 0).into_owned(),
            slow: self
                .slow
                .iter()
                .map(|link| SlowLink {
                    sensor: link.sensor,
                    slow_time_s: link.slow_time_s,
                    cross: link.cross.fixed_view::<6, 3>(0, 0).into_owned(),
                })
                .collect(),
        }
    }

    /// How a measurement of this estimate's instant fits it; `spread_m2` is added to the variance of each coordinate
    /// of the position first. `None` where it cannot be compared.
    pub fn fit(&self, measurement: &Measurement, spread_m2: f64) -> Option<Fit> {
        self.expect(measurement, spread_m2)?.fit(measurement.measured)
    }

    /// What the sensor of `measurement` is expected to measure at this estimate's instant, whatever it did measure;
    /// `spread_m2` is added to the variance of each coordinate of the position first. `None` where it cannot be said.
    pub fn expect(&self, measurement: &Measurement, spread_m2: f64) -> Option<Expectation> {
        self.expect_from(&self.project(measurement.site)?, measurement, spread_m2)
    }

    /// The estimate as it is seen from a site. `None` where that cannot be said.
    pub fn project(&self, site: &Site) -> Option<Projection> {
        let sighting = measure::sight(site, self.position())?;
        let jacobian = sighting.jacobian;
        let covariance = by_transposed(&product(&jacobian, &self.position_covariance()), &jacobian);
        Some(Projection { sighting, covariance })
    }

    /// [`Estimate::expect`], where the projection on the measurement's site is known.
    pub fn expect_from(
        &self,
        projection: &Projection,
        measurement: &Measurement,
        spread_m2: f64,
    ) -> Option<Expectation> {
        let Projection { sighting, mut covariance } = *projection;
        let jacobian = sighting.jacobian;
        if spread_m2 > 0.0 {
            let spread = self.position_covariance() + Matrix3::from_diagonal_element(spread_m2);
            covariance = by_transposed(&product(&jacobian, &spread), &jacobian);
        }
        let noise = &measurement.noise;
        if let Some(link) = self.link(measurement) {
            let slow = jacobian * link.cross.fixed_view::<3, 3>(0, 0) * Matrix3::from_diagonal(&noise.slow);
            covariance += slow + slow.transpose();
        }
        for axis in 0..3 {
            covariance[(axis, axis)] +=
                noise.independent[axis] * noise.independent[axis] + noise.slow[axis] * noise.slow[axis];
        }
        let (inverse, log_determinant) = invert(&covariance)?;
        Some(Expectation { sighting, variances: covariance.diagonal(), inverse, log_determinant })
    }

    fn link(&self, measurement: &Measurement) -> Option<&SlowLink<N>> {
        self.slow.iter().find(|link| link.sensor == measurement.sensor)
    }

    /// Takes in a measurement of this estimate's instant. `None`, and nothing changes, where it cannot be used.
    pub fn update(&mut self, measurement: &Measurement) -> Option<Fit> {
        let expected = self.expect(measurement, 0.0)?;
        self.take(&expected, measurement)
    }

    /// The same of a measurement that `expected` is of, by this estimate and with nothing added.
    pub fn take(&mut self, expected: &Expectation, measurement: &Measurement) -> Option<Fit> {
        let (residual, fit) = expected.compare(measurement.measured)?;
        let Expectation { sighting, inverse, .. } = expected;
        let noise = &measurement.noise;
        let slow = Matrix3::from_diagonal(&noise.slow);
        let has_slow = noise.slow != Vector3::zeros();
        if has_slow && self.link(measurement).is_none() {
            self.slow.push(SlowLink {
                sensor: measurement.sensor,
                slow_time_s: noise.slow_time_s,
                cross: SMatrix::zeros(),
            });
        }
        if !has_slow {
            self.slow.retain(|link| link.sensor != measurement.sensor);
        }
        let cross = self.link(measurement).map_or(SMatrix::zeros(), |link| link.cross);
        let jacobian = sighting.jacobian;
        let by_measured = by_transposed(&self.covariance.fixed_columns::<3>(0).into_owned(), &jacobian);
        let gain = match has_slow {
            true => product(&(by_measured + cross * slow), inverse),
            false => product(&by_measured, inverse),
        };
        self.state += gain * residual;

        // Joseph form: A P Aᵀ − A C D Kᵀ − K D Cᵀ Aᵀ + K (D² + R) Kᵀ with A = I − K H.
        let kept = self.covariance - by_transposed(&gain, &by_measured);
        let kept_measured = by_transposed(&kept.fixed_columns::<3>(0).into_owned(), &jacobian);
        let mut joined = kept - by_transposed(&kept_measured, &gain);
        let mut own = slow * slow;
        for axis in 0..3 {
            own[(axis, axis)] += noise.independent[axis] * noise.independent[axis];
        }
        joined += by_transposed(&product(&gain, &own), &gain);
        if has_slow {
            let kept_cross: SMatrix<f64, N, 3> = cross - gain * (jacobian * cross.fixed_rows::<3>(0));
            let mixed = kept_cross * slow * gain.transpose();
            joined -= mixed + mixed.transpose();
        }
        self.covariance = symmetric(joined);
        for link in &mut self.slow {
            let seen = jacobian * link.cross.fixed_rows::<3>(0);
            link.cross -= gain * seen;
            if link.sensor == measurement.sensor {
                link.cross -= gain * slow;
            }
        }
        if let Some((rate_mps, sigma_mps)) = measurement.range_rate_mps {
            self.update_range_rate(measurement.site, rate_mps, sigma_mps);
        }
        Some(fit)
    }

    /// Range rate as a further, scalar measurement; its error is taken as independent.
    fn update_range_rate(&mut self, site: &Site, rate_mps: f64, sigma_mps: f64) {
        let (predicted, by_position, by_velocity) =
            measure::range_rate(site, self.position(), self.velocity());
        let mut row = SVector::<f64, N>::zeros();
        row.fixed_rows_mut::<3>(0).copy_from(&by_position);
        row.fixed_rows_mut::<3>(3).copy_from(&by_velocity);
        let by_measured = self.covariance * row;
        let variance = row.dot(&by_measured) + sigma_mps * sigma_mps;
        if variance.is_nan() || variance <= 0.0 {
            return;
        }
        let gain = by_measured / variance;
        self.state += gain * (rate_mps - predicted);
        let kept = self.covariance - gain * by_measured.transpose();
        let joined =
            kept - (kept * row) * gain.transpose() + gain * gain.transpose() * (sigma_mps * sigma_mps);
        self.covariance = symmetric(joined);
        for link in &mut self.slow {
            let seen = row.transpose() * link.cross;
            link.cross -= gain * seen;
        }
    }

    /// Slow errors forget: each cross-covariance shrinks by exp(−|dt|/τ), and is turned by the transition matrix.
    fn carry_slow(&mut self, transition: &SMatrix<f64, N, N>, dt_s: f64) {
        for link in &mut self.slow {
            link.cross = transition * link.cross * libm::exp(-dt_s.abs() / link.slow_time_s);
        }
    }
}

impl Estimate<6> {
    /// Coasts to another instant, later or earlier. `noise_psd` is the power of unmodelled acceleration, m²/s³, each
    /// axis.
    pub fn coast_to(&mut self, time: Tai, noise_psd: f64) {
        self.carry_to(time, noise_psd, integrate::coast_with_transition);
    }

    /// Falls through air to another instant, as [`Estimate::coast_to`] coasts.
    pub fn fall_to(&mut self, time: Tai, ballistic_coefficient_kgpm2: f64, noise_psd: f64) {
        self.carry_to(time, noise_psd, |state, dt_s| {
            integrate::fall_with_transition(state, dt_s, ballistic_coefficient_kgpm2)
        });
    }

    fn carry_to(&mut self, time: Tai, noise_psd: f64, carry: impl Fn(&State, f64) -> (State, Matrix6)) {
        let dt_s = time.since_s(self.time);
        if dt_s == 0.0 {
            return;
        }
        let (state, phi) = carry(&self.state, dt_s);
        self.state = state;
        self.covariance = symmetric(by_transposed(&product(&phi, &self.covariance), &phi));
        add_noise(&mut self.covariance, dt_s, noise_psd);
        self.carry_slow(&phi, dt_s);
        self.time = time;
    }
}

impl Estimate<7> {
    /// Falls through air to another instant; the seventh component is ln(β/β₀), with β the ballistic coefficient and β₀
    /// `middle_kgpm2`. `noise_psd` is the power of unmodelled acceleration, m²/s³, each axis; `wander_psd` that of the
    /// change of ln β, 1/s.
    pub fn reenter_to(&mut self, time: Tai, middle_kgpm2: f64, noise_psd: f64, wander_psd: f64) {
        let mut remaining_s = time.since_s(self.time);
        while remaining_s != 0.0 {
            let dt_s = remaining_s.clamp(-REENTRY_STEP_S, REENTRY_STEP_S);
            self.reenter_step(dt_s, middle_kgpm2, noise_psd, wander_psd);
            remaining_s -= dt_s;
        }
        self.time = time;
    }

    /// The transition is I + A dt + A² dt²/2 with A = [0 I 0; G C a; 0 0 0] midway: G and C the derivatives of the
    /// acceleration by position and velocity, a that by ln β, which is minus the drag.
    fn reenter_step(&mut self, dt_s: f64, middle_kgpm2: f64, noise_psd: f64, wander_psd: f64) {
        const W: f64 = EARTH_RATE_RADPS;
        let coefficient_kgpm2 = middle_kgpm2 * libm::exp(self.state[6]);
        let from = self.state.fixed_rows::<6>(0).into_owned();
        let next = integrate::rk4(&from, dt_s, |at| motion::derivative_in_air(at, coefficient_kgpm2));
        let midway = (from + next) / 2.0;
        let (by_position, by_velocity) = motion::drag_gradients(&midway, coefficient_kgpm2);
        let mut by_position = by_position + motion::gravity_gradient(motion::position(&midway));
        by_position[(0, 0)] += W * W;
        by_position[(1, 1)] += W * W;
        let coriolis = Matrix3::new(0.0, 2.0 * W, 0.0, -2.0 * W, 0.0, 0.0, 0.0, 0.0, 0.0);
        let mut rate = SMatrix::<f64, 7, 7>::zeros();
        rate.fixed_view_mut::<3, 3>(0, 3).copy_from(&Matrix3::identity());
        rate.fixed_view_mut::<3, 3>(3, 0).copy_from(&by_position);
        rate.fixed_view_mut::<3, 3>(3, 3).copy_from(&(by_velocity + coriolis));
        rate.fixed_view_mut::<3, 1>(3, 6).copy_from(&-motion::drag(&midway, coefficient_kgpm2));
        let phi = SMatrix::identity() + rate * dt_s + product(&rate, &rate) * (dt_s * dt_s / 2.0);
        self.state.fixed_rows_mut::<6>(0).copy_from(&next);
        let mut covariance = symmetric(by_transposed(&product(&phi, &self.covariance), &phi));
        let mut kinematic = covariance.fixed_view::<6, 6>(0, 0).into_owned();
        add_noise(&mut kinematic, dt_s, noise_psd);
        covariance.fixed_view_mut::<6, 6>(0, 0).copy_from(&kinematic);
        covariance[(6, 6)] += wander_psd * dt_s.abs();
        self.covariance = covariance;
        self.carry_slow(&phi, dt_s);
    }
}

impl Estimate<9> {
    /// Flies under thrust to another instant, later or earlier: gravity as in a coast, and an acceleration that
    /// wanders. `noise_psd` is the power of its unmodelled change, m²/s⁵, each axis.
    pub fn thrust_to(&mut self, time: Tai, noise_psd: f64) {
        let mut remaining_s = time.since_s(self.time);
        while remaining_s != 0.0 {
            let dt_s = remaining_s.clamp(-integrate::STEP_S_MAX, integrate::STEP_S_MAX);
            self.thrust_step(dt_s, noise_psd);
            remaining_s -= dt_s;
        }
        self.time = time;
    }

    fn thrust_step(&mut self, dt_s: f64, noise_psd: f64) {
        let thrust = self.state.fixed_rows::<3>(6).into_owned();
        let from = self.state.fixed_rows::<6>(0).into_owned();
        let next = integrate::rk4(&from, dt_s, |at: &State| {
            motion::state(
                motion::velocity(at),
                motion::acceleration(motion::position(at), motion::velocity(at)) + thrust,
            )
        });
        let mut phi = SMatrix::<f64, 9, 9>::identity();
        phi.fixed_view_mut::<6, 6>(0, 0).copy_from(&motion::transition(&((from + next) / 2.0), dt_s));
        for axis in 0..3 {
            phi[(axis, axis + 6)] = dt_s * dt_s / 2.0;
            phi[(axis + 3, axis + 6)] = dt_s;
        }
        self.state.fixed_rows_mut::<6>(0).copy_from(&next);
        self.covariance = symmetric(by_transposed(&product(&phi, &self.covariance), &phi));
        let (h, sign) = (dt_s.abs(), dt_s.signum());
        let h2 = h * h;
        let blocks = [
            (0, 0, h2 * h2 * h / 20.0),
            (0, 3, sign * h2 * h2 / 8.0),
            (0, 6, h2 * h / 6.0),
            (3, 3, h2 * h / 3.0),
            (3, 6, sign * h2 / 2.0),
            (6, 6, h),
        ];
        for (row, column, value) in blocks {
            for axis in 0..3 {
                self.covariance[(row + axis, column + axis)] += noise_psd * value;
                if row != column {
                    self.covariance[(column + axis, row + axis)] += noise_psd * value;
                }
            }
        }
        self.carry_slow(&phi, dt_s);
    }
}

/// White acceleration noise of power `psd` over `dt_s`: ψ [dt³/3 dt²/2; dt²/2 dt] on each axis.
fn add_noise(covariance: &mut Matrix6, dt_s: f64, psd: f64) {
    let h = dt_s.abs();
    for axis in 0..3 {
        covariance[(axis, axis)] += psd * h * h * h / 3.0;
        covariance[(axis + 3, axis + 3)] += psd * h;
        let mixed = psd * dt_s.signum() * h * h / 2.0;
        covariance[(axis, axis + 3)] += mixed;
        covariance[(axis + 3, axis)] += mixed;
    }
}

/// a b, bit for bit as `a * b`: the sums run in the same order. Over arrays of known size, without the checks of indices
/// and strides, it takes half the time, and nearly all that a filter does is this.
fn product<const N: usize, const M: usize, const K: usize>(
    a: &SMatrix<f64, N, M>,
    b: &SMatrix<f64, M, K>,
) -> SMatrix<f64, N, K> {
    summed(a, |inner, column| b.data.0[column][inner])
}

/// a bᵀ, likewise.
fn by_transposed<const N: usize, const M: usize, const K: usize>(
    a: &SMatrix<f64, N, M>,
    b: &SMatrix<f64, K, M>,
) -> SMatrix<f64, N, K> {
    summed(a, |inner, column| b.data.0[inner][column])
}

#[inline(always)]
fn summed<const N: usize, const M: usize, const K: usize>(
    a: &SMatrix<f64, N, M>,
    factor: impl Fn(usize, usize) -> f64,
) -> SMatrix<f64, N, K> {
    let mut sums = [[0.0; N]; K];
    for (column, sums) in sums.iter_mut().enumerate() {
        for inner in 0..M {
            let (of_a, factor) = (&a.data.0[inner], factor(inner, column));
            for row in 0..N {
                let term = of_a[row] * factor;
                sums[row] = if inner == 0 { term } else { sums[row] + term };
            }
        }
    }
    SMatrix::from_data(ArrayStorage(sums))
}

/// The symmetric part of a matrix.
fn symmetric<const N: usize>(matrix: SMatrix<f64, N, N>) -> SMatrix<f64, N, N> {
    (matrix + matrix.transpose()) * 0.5
}

/// Inverse and logarithm of the determinant of a positive definite matrix whose scales may differ widely.
fn invert(matrix: &Matrix3<f64>) -> Option<(Matrix3<f64>, f64)> {
    let scale = Vector3::new(matrix[(0, 0)].sqrt(), matrix[(1, 1)].sqrt(), matrix[(2, 2)].sqrt());
    if !(scale.x > 0.0 && scale.y > 0.0 && scale.z > 0.0) {
        return None;
    }
    let unit = Matrix3::from_fn(|row, column| matrix[(row, column)] / (scale[row] * scale[column]));
    let determinant = unit.determinant();
    if determinant.is_nan() || determinant <= 1e-14 {
        return None;
    }
    let inverse = unit.try_inverse()?;
    let inverse = Matrix3::from_fn(|row, column| inverse[(row, column)] / (scale[row] * scale[column]));
    Some((inverse, libm::log(determinant) + 2.0 * libm::log(scale.x * scale.y * scale.z)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_carries_its_covariance_as_differences_of_falls_show() {
        let position = Vector3::new(-3.06e6, 4.04e6, 4.057_5e6) * (6_410_000.0 / 6_490_000.0);
        let mut state = SVector::<f64, 7>::zeros();
        state.fixed_rows_mut::<3>(0).copy_from(&position);
        state.fixed_rows_mut::<3>(3).copy_from(&Vector3::new(-1_000.0, -1_200.0, -1_800.0));
        let fall = |state: SVector<f64, 7>, covariance: SMatrix<f64, 7, 7>| {
            let mut estimate = Estimate { time: Tai(0), state, covariance, slow: Vec::new() };
            estimate.reenter_to(Tai(2_000_000_000), 3_000.0, 0.0, 0.0);
            estimate
        };
        for component in 0..7 {
            let sigma = [50.0, 50.0, 50.0, 1.0, 1.0, 1.0, 0.02][component];
            let mut step = SVector::<f64, 7>::zeros();
            step[component] = sigma;
            let none = SMatrix::zeros();
            let half = (fall(state + step, none).state - fall(state - step, none).state) / 2.0;
            let carried = fall(state, step * step.transpose()).covariance;
            for row in 0..6 {
                let found = carried[(row, row)].sqrt();
                let tolerance = 0.02 * half[row].abs() + 0.002 * half.fixed_rows::<6>(0).norm();
                assert!(
                    (found - half[row].abs()).abs() < tolerance,
                    "{component} {row} {found} {}",
                    half[row]
                );
            }
        }
    }

    #[test]
    fn products_are_those_of_the_library_to_the_bit() {
        let a = SMatrix::<f64, 6, 3>::from_fn(|row, column| libm::sin((3 * row + column) as f64));
        let b = SMatrix::<f64, 3, 6>::from_fn(|row, column| libm::cos((6 * row + column) as f64));
        assert_eq!(product(&a, &b), a * b);
        assert_eq!(by_transposed(&a, &b.transpose()), a * b);
    }

    #[test]
    fn the_inverse_of_widely_differing_scales_keeps_its_digits() {
        let noise = Vector3::new(20.0, 1e-6, 1e-4);
        let correlated = Matrix3::new(1.0, 0.9, -0.3, 0.9, 1.0, 0.1, -0.3, 0.1, 1.0);
        let matrix = Matrix3::from_diagonal(&noise) * correlated * Matrix3::from_diagonal(&noise);
        let (inverse, log_determinant) = invert(&matrix).unwrap();
        let unit = Matrix3::from_diagonal(&noise) * inverse * Matrix3::from_diagonal(&noise) * correlated;
        assert!((unit - Matrix3::identity()).norm() < 1e-11, "{unit}");
        let known = libm::log(correlated.determinant()) + 2.0 * libm::log(noise.product());
        assert!((log_determinant - known).abs() < 1e-10);
        assert!(invert(&Matrix3::new(1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0)).is_none());
    }
}
