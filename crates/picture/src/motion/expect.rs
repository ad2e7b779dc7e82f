//! What a radar is expected to measure of an object, and how a plot fits that.

use nalgebra::Vector3;
use physics::filter::{Estimate, Expectation, Fit, Measurement};
use physics::measure;

use super::{GATE, JUMP_MPS2, JUMP_S_MIN, Motion};

/// Acceleration that an established coast may meet with before the gate, m/s²: thrust again, or drag.
const SURPRISE_MPS2: f64 = 30.0;

/// Longest time that a surprise goes on unseen, for the gate, seconds.
const SURPRISED_S_MAX: f64 = 3.0;

/// Twice the negative logarithm of the probability of a jump of the thrust between two plots, 2 %.
const JUMP_UNLIKELY: f64 = 7.8;

impl Motion {
    /// How far a surprise leads aside at most, metres, so long after the last plot: to the gate.
    pub fn surprise_m(&self, since_plot_s: f64) -> f64 {
        let dt_s = since_plot_s.min(SURPRISED_S_MAX);
        let away_m2 = match self.thrust {
            Some(_) => away_m2(JUMP_MPS2, dt_s.max(JUMP_S_MIN)),
            None => away_m2(SURPRISE_MPS2, dt_s),
        };
        (GATE * away_m2).sqrt()
    }

    /// What a radar is expected to measure at the present instant. `measurement` is any one of the scan; `since_plot_s`
    /// is how long ago the last plot was: surprises (thrust again, drag; staging, burn-out) grow with it.
    /// Nothing is asked for beyond a squared distance of `within`.
    pub fn expect<'a>(
        &'a mut self,
        measurement: &Measurement<'a>,
        since_plot_s: f64,
        within: f64,
    ) -> Expected<'a> {
        let dt_s = since_plot_s.min(SURPRISED_S_MAX);
        self.foresee(measurement);
        let thrust = self.thrust.as_ref();
        let spread_m2 = if thrust.is_some() { 0.0 } else { away_m2(SURPRISE_MPS2, dt_s) };
        let jump_m2 = away_m2(JUMP_MPS2, dt_s.max(JUMP_S_MIN));
        let by_thrust = thrust.and_then(|thrust| thrust.expect(measurement, 0.0));
        let by_coast = self.expected_of_coast(measurement, spread_m2);
        // A squared distance is no less than that of each component alone; a hundredth for rounding.
        let half = |expected: &Expectation, jump_m2: f64| {
            expected.variances(jump_m2).map(|variance| (1.01 * within * variance).sqrt())
        };
        let half = match (&by_coast, &by_thrust) {
            (Some(coast), Some(thrust)) => {
                let apart = measure::residual(coast.measured(), thrust.measured()).abs();
                half(thrust, jump_m2).sup(&(half(coast, 0.0) + apart))
            }
            (None, Some(thrust)) => half(thrust, jump_m2),
            (Some(coast), None) => half(coast, 0.0),
            (None, None) => Vector3::zeros(),
        };
        Expected {
            by_thrust,
            by_coast,
            jumped: None,
            thrust,
            measurement: *measurement,
            jump_m2,
            half,
            unlikely: match thrust {
                Some(_) if self.coast.is_some() || self.fall.is_some() => {
                    let coasting = self.coasting();
                    (-2.0 * libm::log(coasting), -2.0 * libm::log(1.0 - coasting))
                }
                _ => (0.0, 0.0),
            },
        }
    }

    pub(super) fn foresee(&mut self, measurement: &Measurement) {
        if self.foreseen.is_none_or(|(sensor, _)| sensor != measurement.sensor) {
            let projection = match (&self.coast, &self.fall) {
                (Some(coast), _) => coast.project(measurement.site),
                (None, Some(fall)) => fall.project(measurement),
                (None, None) => None,
            };
            self.foreseen = projection.map(|projection| (measurement.sensor, projection));
        }
    }

    /// As last foreseen by its sensor; in the air, of the fall.
    pub(super) fn expected_of_coast(&self, measurement: &Measurement, spread_m2: f64) -> Option<Expectation> {
        let (_, projection) = self.foreseen.as_ref()?;
        match (&self.coast, &self.fall) {
            (Some(coast), _) => coast.expect_from(projection, measurement, spread_m2),
            (None, fall) => fall.as_ref()?.expect_from(projection, measurement, spread_m2),
        }
    }
}

/// What a radar is expected to measure of an object: compared with each plot near it.
pub(crate) struct Expected<'a> {
    by_thrust: Option<Expectation>,
    by_coast: Option<Expectation>,
    /// By the thrust filter, where the thrust jumped: reckoned when first asked for.
    jumped: Option<Option<Expectation>>,
    thrust: Option<&'a Estimate<9>>,
    measurement: Measurement<'a>,
    jump_m2: f64,
    /// Half the box, in range (m), azimuth and elevation (rad), outside which nothing fits as well as was asked.
    half: Vector3<f64>,
    /// Twice the negative logarithms of the probabilities that it coasts, and that it is under thrust.
    unlikely: (f64, f64),
}

/// How a plot fits an object's motion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Likeness {
    /// Squared statistical distance by the description that makes the plot likeliest.
    pub distance_squared: f64,
    /// Twice the negative logarithm of the plot's likelihood by it, its own probability included, without 3 ln 2π.
    pub cost: f64,
}

impl Likeness {
    fn of(fit: Fit, unlikely: f64) -> Likeness {
        let cost = fit.distance_squared + fit.log_determinant + unlikely;
        Likeness { distance_squared: fit.distance_squared, cost }
    }
}

impl Expected<'_> {
    /// How well a plot of the scan fits: inside [`GATE`] it may be taken. `None` where it fits worse than was asked.
    pub fn fit(&mut self, measured: Vector3<f64>) -> Option<Likeness> {
        let middle = self.by_thrust.as_ref().or(self.by_coast.as_ref())?.measured();
        let away = (measured - middle).abs();
        let around = away.y.min((core::f64::consts::TAU - away.y).abs());
        if away.x > self.half.x || around > self.half.y || away.z > self.half.z {
            return None;
        }
        let by_coast = self.by_coast.and_then(|expected| expected.fit(measured));
        let by_thrust = self.by_thrust.and_then(|expected| expected.fit(measured));
        let by_jump = match by_thrust {
            Some(fit) if fit.distance_squared > GATE => {
                let jumped = *self.jumped.get_or_insert_with(|| {
                    self.thrust.and_then(|thrust| thrust.expect(&self.measurement, self.jump_m2))
                });
                jumped.and_then(|expected| expected.fit(measured))
            }
            _ => None,
        };
        let (coasting, thrusting) = self.unlikely;
        let fits = [(by_coast, coasting), (by_thrust, thrusting), (by_jump, thrusting + JUMP_UNLIKELY)];
        let fits = fits.into_iter().filter_map(|(fit, unlikely)| Some(Likeness::of(fit?, unlikely)));
        // Of those in the gate the likeliest, else the nearest.
        fits.min_by(|a, b| {
            let (a_in, b_in) = (a.distance_squared < GATE, b.distance_squared < GATE);
            match (a_in, b_in) {
                (true, true) => a.cost.total_cmp(&b.cost),
                (false, false) => a.distance_squared.total_cmp(&b.distance_squared),
                _ => b_in.cmp(&a_in),
            }
        })
    }
}

/// Square of the way that an acceleration unknown to the filter leads in a time, m².
fn away_m2(acceleration_mps2: f64, dt_s: f64) -> f64 {
    let away_m = 0.5 * acceleration_mps2 * dt_s * dt_s;
    away_m * away_m
}
