//! Re-entry: what comes down through the air, and how light it is.
//!
//! Seven states: position and velocity, and ln(β/β₀), the logarithm of the ballistic coefficient over that of a middling
//! object. Gravity and drag −½ ρ |v| v / β move it, through still air of the standard; the coefficient begins at the
//! prior and wanders a little, as the drag coefficient does with the Mach number and the air's density does off the
//! standard's. A. Farina, B. Ristic, D. Benvenuti, "Tracking a ballistic target: comparison of several nonlinear
//! filters", IEEE Trans. AES 38(3), 2002, 854–867, whose extended filter this is, with ln β instead of β.
//!
//! It takes the coast's place beside the thrust filter, which needs no law and holds the track where this one fails
//! (tumbling, break-up, a parachute, a pull-up): the odds between them decide, and a fall that is refuted is dropped.

use nalgebra::{SMatrix, SVector};
use physics::filter::{Estimate, Expectation, Fit, Measurement, Projection, SlowLink};
use physics::motion::{self, Matrix6, State};
use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::motion::{BALLISTIC_COEFFICIENT_KGPM2, GATE};

/// One sigma of ln β: what may fall (0.7), and the air's density, which is as much of the coefficient.
///
/// Public figures for warheads run from 2,000 (blunt) to 15,000 kg/m² (slender); one sigma covers 2,500 to 10,000. The
/// air's density is off by 10 % (U.S. Standard Atmosphere, 1976, part 1: 5 to 20 % up to 90 km): √(0.7² + 0.1²).
pub(crate) const LN_BALLISTIC_COEFFICIENT_SIGMA: f64 = 0.707;

/// Power of the coefficient's wandering, 1/s: 3 % in a second, 14 % over the twenty that the rest of the fall takes. The
/// drag coefficient of a slender cone changes by some fifth between Mach 7 and 2.
const WANDER_PSD: f64 = 1e-3;
const REST_S: f64 = 20.0;

/// Power of unmodelled acceleration over the squared drag, seconds: wind of 20 m/s at 2,000 m/s turns it by 1 %, and makes
/// it 2 % more or less, for the five seconds that the air's 7 km last: 2 · 0.02² · 5 s.
const WIND_S: f64 = 4e-3;

/// The same beside drag, m²/s³.
const STILL_PSD: f64 = 2e-6;

/// A fall through the air.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Fall {
    estimate: Estimate<7>,
}

/// What is known of the ballistic coefficient of what falls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drag {
    /// ln(β/β₀), and its sigma.
    pub ln_mean: f64,
    pub ln_sigma: f64,
    /// How the state's error goes with one sigma of it.
    pub by_sigma: State,
}

impl Drag {
    /// Before air has shown anything.
    pub fn prior() -> Drag {
        Drag { ln_mean: 0.0, ln_sigma: LN_BALLISTIC_COEFFICIENT_SIGMA, by_sigma: State::zeros() }
    }

    /// The ballistic coefficient so many sigmas from the middle, kg/m².
    pub fn coefficient_kgpm2(&self, sigmas: f64) -> f64 {
        BALLISTIC_COEFFICIENT_KGPM2 * libm::exp(self.ln_mean + self.ln_sigma * sigmas)
    }

    /// Of a state's covariance what does not go with the coefficient.
    pub fn beside(&self, covariance: &Matrix6) -> Matrix6 {
        covariance - self.by_sigma * self.by_sigma.transpose()
    }
}

impl Fall {
    /// From the coast that comes down.
    pub fn of(coast: &Estimate<6>) -> Fall {
        let mut state = SVector::<f64, 7>::zeros();
        state.fixed_rows_mut::<6>(0).copy_from(&coast.state);
        let mut covariance = SMatrix::<f64, 7, 7>::zeros();
        covariance.fixed_view_mut::<6, 6>(0, 0).copy_from(&coast.covariance);
        covariance[(6, 6)] = LN_BALLISTIC_COEFFICIENT_SIGMA * LN_BALLISTIC_COEFFICIENT_SIGMA;
        let slow = coast.slow.iter().map(|link| {
            let mut cross = SMatrix::<f64, 7, 3>::zeros();
            cross.fixed_rows_mut::<6>(0).copy_from(&link.cross);
            SlowLink { sensor: link.sensor, slow_time_s: link.slow_time_s, cross }
        });
        Fall { estimate: Estimate { time: coast.time, state, covariance, slow: slow.collect() } }
    }

    pub fn state(&self) -> State {
        self.estimate.state.fixed_rows::<6>(0).into_owned()
    }

    pub fn kinematic(&self) -> Estimate<6> {
        self.estimate.kinematic()
    }

    /// The coefficient over the rest of the fall, as far as the air has shown it.
    pub fn drag(&self) -> Drag {
        let ln_sigma = (self.estimate.covariance[(6, 6)] + WANDER_PSD * REST_S).sqrt();
        let by_sigma = self.estimate.covariance.fixed_view::<6, 1>(0, 6) / ln_sigma;
        Drag { ln_mean: self.estimate.state[6], ln_sigma, by_sigma }
    }

    pub fn predict_to(&mut self, time: Tai) {
        let coefficient_kgpm2 = BALLISTIC_COEFFICIENT_KGPM2 * libm::exp(self.estimate.state[6]);
        let drag_mps2 = motion::drag(&self.state(), coefficient_kgpm2).norm();
        let psd = STILL_PSD + WIND_S * drag_mps2 * drag_mps2;
        self.estimate.reenter_to(time, BALLISTIC_COEFFICIENT_KGPM2, psd, WANDER_PSD);
    }

    pub fn project(&self, measurement: &Measurement) -> Option<Projection> {
        self.estimate.project(measurement.site)
    }

    pub fn expect_from(
        &self,
        projection: &Projection,
        measurement: &Measurement,
        spread_m2: f64,
    ) -> Option<Expectation> {
        self.estimate.expect_from(projection, measurement, spread_m2)
    }

    /// Takes in a plot that is in its gate; how any fits.
    pub fn update(&mut self, measurement: &Measurement) -> Option<Fit> {
        let expected = self.estimate.expect(measurement, 0.0)?;
        let fit = expected.fit(measurement.measured)?;
        if fit.distance_squared < GATE {
            self.estimate.take(&expected, measurement);
        }
        Some(fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Vector3;
    use physics::filter::Noise;
    use physics::frames::Site;
    use physics::geodetic::Geodetic;
    use physics::{integrate, measure, wgs84};

    /// Down at 2 km/s by 35° to the east, from 80 km over 40° N 127° E.
    fn entry() -> State {
        let place = Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 80_000.0 };
        let axes = Site::at(place).axes.transpose();
        let velocity = axes * Vector3::new(1_640.0, 0.0, -1_150.0);
        motion::state(wgs84::to_earth_fixed(place).vector(), velocity)
    }

    /// A fall of that coefficient, followed with plots of a radar 150 km away, without noise, down to 30 km.
    fn followed(coefficient_kgpm2: f64) -> (Fall, State) {
        let site = Site::at(Geodetic { lat_deg: 39.0, lon_deg: 128.0, alt_m: 0.0 });
        let noise =
            Noise { independent: Vector3::new(20.0, 1e-3, 1e-3), slow: Vector3::zeros(), slow_time_s: 1.0 };
        let sigmas = State::new(50.0, 50.0, 50.0, 1.0, 1.0, 1.0);
        let covariance = Matrix6::from_diagonal(&sigmas.component_mul(&sigmas));
        let mut at = entry();
        let mut fall = Fall::of(&Estimate { time: Tai(0), state: at, covariance, slow: Vec::new() });
        for second in 1..60 {
            let air = |at: &State| motion::derivative_in_air(at, coefficient_kgpm2);
            let next = integrate::fly_for(&at, 1.0, 1e-3, air).unwrap();
            if motion::radial_height_m(motion::position(&next)) < 30_000.0 {
                break;
            }
            at = next;
            let measured = measure::sight(&site, motion::position(&at)).unwrap().measured;
            fall.predict_to(Tai(second * 1_000_000_000));
            let of = Measurement { site: &site, sensor: 0, measured, range_rate_mps: None, noise };
            let fit = fall.update(&of).unwrap();
            assert!(fit.distance_squared < 3.0, "{second} {fit:?}");
        }
        (fall, at)
    }

    #[test]
    fn what_the_air_holds_back_shows_its_coefficient() {
        for coefficient_kgpm2 in [2_000.0, 5_000.0] {
            let (fall, truth) = followed(coefficient_kgpm2);
            let drag = fall.drag();
            let error = drag.ln_mean - libm::log(coefficient_kgpm2 / BALLISTIC_COEFFICIENT_KGPM2);
            assert!(error.abs() < 0.1, "{coefficient_kgpm2} {error}");
            assert!(drag.ln_sigma < 0.5 * LN_BALLISTIC_COEFFICIENT_SIGMA, "{drag:?}");
            let away = fall.state() - truth;
            assert!(motion::position(&away).norm() < 60.0 && motion::velocity(&away).norm() < 10.0, "{away}");
            // What goes with the coefficient is a part of the covariance, not more than it.
            let beside = drag.beside(&fall.kinematic().covariance);
            assert!(beside.symmetric_eigenvalues().min() > 0.0);
        }
    }

    #[test]
    fn the_impact_of_a_known_fall_is_where_it_ends_and_surer_than_by_the_prior() {
        let (fall, truth) = followed(9_000.0);
        let end = integrate::fall_to_height(&truth, 0.0, 9_000.0, 1_000.0).unwrap();
        let reckon =
            |drag: &Drag| crate::assess::impact::impact(&fall.kinematic(), drag, None).unwrap().ground;
        let (known, unknown) = (reckon(&fall.drag()), reckon(&Drag::prior()));
        let away_m = |ground: &statement::GroundEstimate| {
            (wgs84::to_earth_fixed(ground.place).vector() - motion::position(&end.state)).norm()
        };
        assert!(away_m(&known) < known.ellipse.axes_m(0.9).0, "{}", away_m(&known));
        let area =
            |ground: &statement::GroundEstimate| ground.ellipse.semi_major_m * ground.ellipse.semi_minor_m;
        assert!(area(&known) < 0.5 * area(&unknown) && known.time_sigma_s < 0.5 * unknown.time_sigma_s);
    }
}
