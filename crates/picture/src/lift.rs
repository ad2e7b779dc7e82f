//! Lift: whether air holds an object up.
//!
//! What flies level, or climbs or sinks slowly, is held up: gravity alone would have bent its path. Over spans of
//! [`SPAN_S`] the change of velocity is compared with that of a coast; of the difference only the part across the flight
//! and upward counts, since thrust and drag act along it. A missile under thrust may fly straight too, but steeply;
//! the spans in which it does say nothing.

use nalgebra::Vector3;
use physics::integrate;
use physics::motion::{self as law, State};
use physics::time::Tai;
use physics::wgs84::{GM_M3PS2, SEMI_MAJOR_M};
use serde::{Deserialize, Serialize};

use crate::motion::{Motion, height_and_climb};

/// Shorter spans say too little where a velocity is known to some tens of m/s, seconds; over longer ones too much may have happened.
const SPAN_S: f64 = 12.0;
const SPAN_S_MAX: f64 = 30.0;

/// Faster and higher than this no aircraft flies level, m/s and metres (the fastest ever flew at 980 m/s and 26 km).
const SPEED_MPS_MAX: f64 = 1_000.0;
const HEIGHT_M_MAX: f64 = 30_000.0;

/// Beyond these by so much it is no aircraft after all.
const BEYOND: f64 = 1.2;

/// Sine of the steepest climb or descent that counts as level flight: 20°.
const SLOPE_MAX: f64 = 0.34;

/// What came down from above this was not held up by air there, metres.
const ABOVE_AIR_M: f64 = 45_000.0;

/// Spread of the lift of aircraft that turn, push and pull, and of what is thrown, tumbles and is driven off its course
/// by wind, m/s².
const LIFTED_SIGMA_MPS2: f64 = 3.5;
const THROWN_SIGMA_MPS2: f64 = 1.5;

/// Logarithms of the odds of lift: at first, of one span at most, the bounds, and where it is believed.
const FIRST: f64 = -2.0;
const ONE_SPAN: f64 = 3.0;
const BOUND: f64 = 6.0;
const BELIEVED: f64 = 3.5;

/// Odds at which it is known to fall freely, and the least speed of what does so for two spans and is no aircraft in a
/// zoom climb or a parabola, m/s.
const THROWN: f64 = -5.5;
const THROWN_MPS_MIN: f64 = 600.0;

/// What is known of an object's lift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lift {
    /// Where the span began: instant, state, one sigma of each component of its velocity (m/s).
    since: Option<(Tai, State, f64)>,
    odds: f64,
    held: bool,
    thrown: bool,
    above_air: bool,
}

impl Default for Lift {
    fn default() -> Self {
        Lift { since: None, odds: FIRST, held: false, thrown: false, above_air: false }
    }
}

impl Lift {
    /// Whether air holds it up. Once believed it stands until the object flies as no aircraft does.
    pub fn is_held_up(&self) -> bool {
        self.held
    }

    /// Whether it was seen to fall freely, fast, where air would hold an aircraft up.
    pub fn is_thrown(&self) -> bool {
        self.thrown
    }

    /// Looks at the motion after a plot.
    pub fn note(&mut self, motion: &Motion) {
        if self.above_air {
            return;
        }
        let state = motion.state();
        let (height_m, climb_mps) = height_and_climb(&state);
        let speed_mps = law::velocity(&state).norm();
        let gravity_mps2 = GM_M3PS2 / (SEMI_MAJOR_M * SEMI_MAJOR_M);
        let thrown_to_m = height_m + climb_mps * climb_mps / (2.0 * gravity_mps2);
        let leaves = motion.coasts() && thrown_to_m > ABOVE_AIR_M && !self.held;
        if height_m > BEYOND * HEIGHT_M_MAX || speed_mps > BEYOND * SPEED_MPS_MAX || leaves {
            let above_air = leaves || height_m > ABOVE_AIR_M;
            *self = Lift { above_air, thrown: self.thrown, ..Lift::default() };
            return;
        }
        let sigma_mps = motion.velocity_sigma_mps() / 3.0_f64.sqrt();
        let (time, from, from_sigma_mps) = *self.since.get_or_insert((motion.time, state, sigma_mps));
        let span_s = motion.time.since_s(time);
        if span_s < SPAN_S {
            return;
        }
        self.since = Some((motion.time, state, sigma_mps));
        let flies = height_m < HEIGHT_M_MAX && speed_mps < SPEED_MPS_MAX;
        // By the way made, since a velocity's vertical part may be off by a third of an aircraft's speed.
        let way_m = law::position(&state) - law::position(&from);
        let risen_m = height_m - height_and_climb(&from).0;
        if span_s > SPAN_S_MAX || speed_mps < 1.0 || risen_m.abs() > SLOPE_MAX * way_m.norm() {
            return;
        }
        let fallen = integrate::coast(&from, span_s);
        let force = (law::velocity(&state) - law::velocity(&fallen)) / span_s;
        let lift_mps2 = force.dot(&across_and_up(&law::position(&state), &way_m));
        let sigma_mps2 = libm::hypot(sigma_mps, from_sigma_mps) / span_s;
        let log_likelihood = |middle: f64, spread: f64| {
            let sigma = libm::hypot(sigma_mps2, spread);
            let relative = (lift_mps2 - middle) / sigma;
            -0.5 * relative * relative - libm::log(sigma)
        };
        let told = log_likelihood(gravity_mps2, LIFTED_SIGMA_MPS2) - log_likelihood(0.0, THROWN_SIGMA_MPS2);
        // Higher or faster than any aircraft it may still be seen to fall.
        let most = if flies { ONE_SPAN } else { 0.0 };
        self.odds = (self.odds + told.clamp(-ONE_SPAN, most)).clamp(-BOUND, BOUND);
        self.held |= self.odds > BELIEVED;
        self.thrown |= self.odds < THROWN && speed_mps > THROWN_MPS_MIN && motion.coasts();
    }
}

/// The direction across the way made that points most upward, at a place.
fn across_and_up(place_m: &Vector3<f64>, way_m: &Vector3<f64>) -> Vector3<f64> {
    let (up, along) = (place_m.normalize(), way_m.normalize());
    (up - along * up.dot(&along)).normalize()
}
