//! What a track may be: ballistic, satellite, space launch, aircraft or unknown, as probabilities.

use nalgebra::SVector;
use physics::filter::Estimate;
use physics::motion::{self, State};
use physics::wgs84::{GM_M3PS2, SEMI_MAJOR_M};
use statement::{ClassProbabilities, ObjectClass};

use super::ground::spread;
use super::launch::Origin;
use crate::motion::height_and_climb;
use crate::track::Track;

/// What stays above this at its perigee stays up, metres.
const PERIGEE_M: f64 = 100_000.0;

/// What does not rise above this may be held up by air: middle and one sigma of the doubt, metres.
const AIR_TOP_M: (f64, f64) = (35_000.0, 7_000.0);

/// How sure somebody can be that what is under thrust, on its way up, comes down again: it may go to orbit.
const UNDER_THRUST: f64 = 0.8;

/// How sure somebody can be that what was not seen under thrust coasts, before the filters have decided: of all that is up
/// there most does.
const COASTS: f64 = 0.6;

/// How sure somebody can be that what air is seen to hold up is an aircraft.
const HELD_UP: f64 = 0.98;

/// How sure somebody can be that what is seen to have lift, and flew too fast or came from too high for an aircraft,
/// manoeuvres.
const MANOEUVRES: f64 = 0.97;

/// How sure somebody can be that what is seen to fall freely, fast, in air that would hold an aircraft up is none.
const THROWN: f64 = 0.98;

/// How sure somebody can be that a launch that fits a notice is the one that was announced.
const ANNOUNCED: f64 = 0.95;

/// Odds by which a match with a catalogued satellite speaks for its being one: a chance match is rarer than that.
const CATALOGUED: f64 = 1_000.0;

/// Odds by which what may be a satellite is held back from being called ballistic: satellites pass every minute,
/// missiles of nearly their speed once in years. What is held back is called unknown.
const PASSES: f64 = 1_000.0;

/// Mean acceleration since launch of missiles and of launches to orbit, m/s², at so many seconds after it (at 0, and more
/// for each second), and one sigma of its logarithm. Launchers to orbit rise slowly and burn long: public telemetry of two has
/// 4 at 30 s, 5 at 60 s, 11 at 145 s; missiles of a minute's burn have 15 to 30, of two and a half 12 to 40.
const OF_MISSILES: (f64, f64, f64) = (10.0, 0.13, 0.3);
const OF_LAUNCHERS: (f64, f64, f64) = (3.5, 0.05, 0.35);

/// Odds of a launch to orbit against one of a missile, as long as nothing is known of its rise.
const TO_ORBIT: f64 = 1.0 / 3.0;

/// A launcher to orbit that is faster than this burns on: what coasts then and comes down is none, at odds of ten to one.
const BURNS_ON_MPS: f64 = 5_500.0;
const COASTS_ON: f64 = 0.1;

/// What a track may be, and the probability that it comes down where somebody may be, whatever it is.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub classes: ClassProbabilities,
    pub comes_down: f64,
}

/// What a track may be. `catalogued`: it fits a known satellite; `risen`: its launch, where it was seen to rise.
pub(crate) fn classify(track: &Track, catalogued: bool, risen: Option<&Origin>) -> Verdict {
    let verdict = |classes: ClassProbabilities| {
        let comes_down = classes.of(ObjectClass::Ballistic) + classes.of(ObjectClass::Manoeuvring);
        Verdict { classes, comes_down }
    };
    if track.lift.is_held_up() {
        return verdict(probabilities(0.0, 0.0, 0.0, HELD_UP));
    }
    if track.manoeuvre.gliding().is_some() {
        return verdict(manoeuvring());
    }
    let estimate = track.motion.arc().cloned().unwrap_or_else(|| track.motion.kinematic());
    let leaves_air = if track.lift.is_thrown() { THROWN } else { leaves_air(&estimate) };
    let stays_up = stays_up(&estimate);
    let comes_down = 1.0 - weighed(stays_up, PASSES);
    let thrust_seen = track.motion.thrust_seen.is_some();
    if thrust_seen && !catalogued {
        // It was seen to rise: what stays up is on its way to orbit, and what comes down may be a launcher's stage.
        let to_orbit = risen.map_or(weighed(0.5, TO_ORBIT), |risen| to_orbit(track, &estimate, risen));
        let (falls, sure) = if track.motion.coasts() {
            (1.0 - stays_up, leaves_air)
        } else {
            (1.0, UNDER_THRUST * leaves_air)
        };
        let missile = falls * (1.0 - to_orbit);
        let classes = probabilities(missile * sure, (1.0 - missile) * sure, 0.0, 0.0);
        Verdict { classes, comes_down: falls * sure }
    } else if track.motion.coasts() || (catalogued && !thrust_seen) {
        let satellite = if catalogued { weighed(stays_up, CATALOGUED) } else { stays_up };
        let falls = comes_down.min(1.0 - satellite);
        verdict(probabilities(falls * leaves_air, 0.0, satellite * leaves_air, 0.0))
    } else {
        // Not yet known whether it is under thrust.
        verdict(probabilities(0.5 * (1.0 - stays_up) * leaves_air, 0.0, COASTS * stays_up * leaves_air, 0.0))
    }
}

/// Probability that a launch is one to orbit, by how fast it has become since it was launched: at present, or at its burn-out
/// where it coasts.
fn to_orbit(track: &Track, estimate: &Estimate<6>, risen: &Origin) -> f64 {
    let speed_mps = estimate.velocity().norm();
    let (speed_mps, at) = match track.motion.burnout() {
        Some(burnout) => {
            // The coast's energy at the place of the burn-out.
            let radius_m = SEMI_MAJOR_M + burnout.place.alt_m;
            let risen = 2.0 * GM_M3PS2 * (1.0 / radius_m - 1.0 / estimate.position().norm());
            ((speed_mps * speed_mps + risen).max(1.0).sqrt(), burnout.time)
        }
        None => (speed_mps, estimate.time),
    };
    let burnt_s = at.since_s(risen.ground.time).max(1.0);
    let doubt = risen.ground.time_sigma_s / burnt_s;
    let log_likelihood = |(first, growth, spread): (f64, f64, f64)| {
        let sigma = libm::hypot(spread, doubt);
        let off = libm::log(speed_mps / burnt_s / (first + growth * burnt_s)) / sigma;
        -0.5 * off * off - libm::log(sigma)
    };
    let told = (log_likelihood(OF_LAUNCHERS) - log_likelihood(OF_MISSILES)).clamp(-5.0, 5.0);
    let coasts_on = if track.motion.coasts() && speed_mps > BURNS_ON_MPS { COASTS_ON } else { 1.0 };
    weighed(0.5, TO_ORBIT * coasts_on * libm::exp(told))
}

/// The same of a launch that fits a notice: what would come down is the announced launch's. With the probability that it is
/// another that comes down.
pub(crate) fn announced(classes: &ClassProbabilities, comes_down: f64) -> (ClassProbabilities, f64) {
    let ballistic = classes.of(ObjectClass::Ballistic);
    let launched =
        ANNOUNCED * (ballistic + classes.of(ObjectClass::Satellite)) + classes.of(ObjectClass::SpaceLaunch);
    let classes = probabilities((1.0 - ANNOUNCED) * ballistic, launched, 0.0, 0.0);
    (classes, (1.0 - ANNOUNCED) * comes_down)
}

fn manoeuvring() -> ClassProbabilities {
    ClassProbabilities(vec![
        (ObjectClass::Ballistic, 1.0 - MANOEUVRES),
        (ObjectClass::Manoeuvring, MANOEUVRES),
        (ObjectClass::SpaceLaunch, 0.0),
        (ObjectClass::Satellite, 0.0),
        (ObjectClass::Aircraft, 0.0),
        (ObjectClass::Unknown, 0.0),
    ])
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
