//! What a track may be: ballistic, satellite, space launch, aircraft or unknown, as probabilities.

use nalgebra::SVector;
use physics::filter::Estimate;
use physics::motion::{self, State};
use physics::wgs84::{GM_M3PS2, SEMI_MAJOR_M};
use statement::{ClassProbabilities, ObjectClass};

use super::ground::spread;
use crate::motion::height_and_climb;
use crate::track::Track;

/// What stays above this at its perigee stays up, metres.
const PERIGEE_M: f64 = 100_000.0;

/// What does not rise above this may be held up by air: middle and one sigma of the doubt, metres.
const AIR_TOP_M: (f64, f64) = (35_000.0, 7_000.0);

/// How sure somebody can be that what is under thrust, on its way up, comes down again: it may go to orbit.
const UNDER_THRUST: f64 = 0.8;

/// How sure somebody can be that what air is seen to hold up is an aircraft.
const HELD_UP: f64 = 0.98;

/// How sure somebody can be that a launch that fits a notice is the one that was announced.
const ANNOUNCED: f64 = 0.95;

/// Odds by which a match with a catalogued satellite speaks for its being one: a chance match is rarer than that.
const CATALOGUED: f64 = 1_000.0;

/// Odds by which what may be a satellite is held back from being called ballistic: satellites pass every minute,
/// missiles of nearly their speed once in years. What is held back is called unknown.
const PASSES: f64 = 1_000.0;

/// The probabilities of a track's classes. `catalogued`: it fits a known satellite.
pub(crate) fn classify(track: &Track, catalogued: bool) -> ClassProbabilities {
    if track.lift.is_held_up() {
        return probabilities(0.0, 0.0, 0.0, HELD_UP);
    }
    let estimate = track.motion.arc().cloned().unwrap_or_else(|| track.motion.kinematic());
    let (stays_up, leaves_air) = (stays_up(&estimate), leaves_air(&estimate));
    let comes_down = 1.0 - weighed(stays_up, PASSES);
    let thrust_seen = track.motion.thrust_seen.is_some();
    if track.motion.coasts() && thrust_seen {
        // It was seen to rise: what stays up is on its way to orbit.
        probabilities((1.0 - stays_up) * leaves_air, stays_up * leaves_air, 0.0, 0.0)
    } else if track.motion.coasts() || (catalogued && !thrust_seen) {
        let satellite = if catalogued { weighed(stays_up, CATALOGUED) } else { stays_up };
        probabilities(comes_down.min(1.0 - satellite) * leaves_air, 0.0, satellite * leaves_air, 0.0)
    } else if thrust_seen {
        probabilities(UNDER_THRUST * leaves_air, 0.0, 0.0, 0.0)
    } else {
        // Not yet known whether it is under thrust.
        probabilities(0.5 * (1.0 - stays_up) * leaves_air, 0.0, 0.5 * stays_up * leaves_air, 0.0)
    }
}

/// The same of a launch that fits a notice: what would come down is the announced launch's.
pub(crate) fn announced(classes: &ClassProbabilities) -> ClassProbabilities {
    let ballistic = classes.of(ObjectClass::Ballistic);
    let launched =
        ANNOUNCED * (ballistic + classes.of(ObjectClass::Satellite)) + classes.of(ObjectClass::SpaceLaunch);
    probabilities((1.0 - ANNOUNCED) * ballistic, launched, 0.0, 0.0)
}

pub(crate) fn probabilities(
    ballistic: f64,
    space_launch: f64,
    satellite: f64,
    aircraft: f64,
) -> ClassProbabilities {
    let unknown = (1.0 - ballistic - space_launch - satellite - aircraft).max(0.0);
    ClassProbabilities(vec![
        (ObjectClass::Ballistic, ballistic),
        (ObjectClass::SpaceLaunch, space_launch),
        (ObjectClass::Satellite, satellite),
        (ObjectClass::Aircraft, aircraft),
        (ObjectClass::Unknown, unknown),
    ])
}

/// A probability whose odds are multiplied.
fn weighed(probability: f64, factor: f64) -> f64 {
    let for_it = probability * factor;
    for_it / (for_it + 1.0 - probability).max(f64::MIN_POSITIVE)
}

/// Probability that the perigee is above [`PERIGEE_M`].
fn stays_up(estimate: &Estimate<6>) -> f64 {
    let perigee = |state: &State, _: [f64; 0]| Some(SVector::<f64, 1>::new(motion::perigee_radius_m(state)));
    match spread(&estimate.state, &estimate.covariance, [], perigee) {
        Some(perigee) => {
            normal_above(perigee.mean.x - SEMI_MAJOR_M - PERIGEE_M, perigee.covariance.x.max(0.0).sqrt())
        }
        None => 0.5,
    }
}

/// Probability that the arc leaves the air.
fn leaves_air(estimate: &Estimate<6>) -> f64 {
    let top = |state: &State, _: [f64; 0]| Some(SVector::<f64, 1>::new(top_m(state)));
    match spread(&estimate.state, &estimate.covariance, [], top) {
        Some(top) => {
            let sigma_m = libm::hypot(top.covariance.x.max(0.0).sqrt(), AIR_TOP_M.1);
            normal_above(top.mean.x - AIR_TOP_M.0, sigma_m)
        }
        None => 0.5,
    }
}

/// Height of the top of a coast, metres, whether it is past or to come: the present height and what the vertical speed
/// is good for in uniform gravity.
fn top_m(state: &State) -> f64 {
    let (height_m, climb_mps) = height_and_climb(state);
    let gravity = GM_M3PS2 / (SEMI_MAJOR_M * SEMI_MAJOR_M);
    height_m + climb_mps * climb_mps / (2.0 * gravity)
}

/// Probability that a normal deviate of this mean and sigma is above 0.
fn normal_above(mean: f64, sigma: f64) -> f64 {
    0.5 * libm::erfc(-mean / (sigma.max(1e-6) * core::f64::consts::SQRT_2))
}
