//! Launches as reported, varied by seed in what the report leaves open.
//!
//! What a report gives (range, apogee, course) is drawn within its precision; what it leaves open is drawn by the class
//! of the vehicle ([`super::classes`]). A draw whose flight time or greatest speed is outside the report is drawn again
//! (2 % of the launch of 2022-10-04). Wind and steering out of the plane are left out.

use physics::geodetic::Geodetic;

use super::Truth;
use super::classes::{self, Drawn};
use super::earth::{fixed_of, local_axes, place_of};
use super::fate::{self, Fate};
use super::fit::{Course, FitError, Report, fit};
use super::vector::add_scaled;
use super::vehicle::Kick;
use crate::random::Random;

pub use super::classes::VehicleClass;

/// A launch as reported: what is known, each with its precision.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedLaunch {
    /// Name of the object, which plots carry as `truth_id`.
    pub id: String,
    /// Class of the vehicle.
    pub class: VehicleClass,
    /// How long it burns in all, seconds, uniform, where the report says so; else by class.
    pub burn_s: Option<(f64, f64)>,
    /// Where, WGS-84.
    pub site: Geodetic,
    /// The true place lies within this distance to north and to east, metres, uniform.
    pub site_spread_m: f64,
    /// When, seconds since the scenario's start.
    pub launch_s: f64,
    /// The true time lies within this, seconds, uniform.
    pub launch_spread_s: f64,
    /// Least and greatest range, metres, uniform.
    pub range_m: (f64, f64),
    /// Least and greatest apogee, metres, uniform.
    pub apogee_m: (f64, f64),
    /// Least and greatest flight time, seconds; a draw outside is drawn again.
    pub flight_time_s: (f64, f64),
    /// Least and greatest of its greatest speeds over the ground, m/s, where the report gives one; a draw outside is
    /// drawn again.
    pub speed_mps: Option<(f64, f64)>,
    /// Which way.
    pub course: Course,
    /// Spread of the course, uniform: metres aside of the place that it passes over, or degrees of azimuth.
    pub course_spread: f64,
    /// What becomes of it.
    pub fate: Fate,
}

/// A reported launch that no flight was found for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DrawError {
    /// The solver finds none.
    #[error("launch `{id}`: {error}")]
    Fit {
        /// Which launch.
        id: String,
        /// What the solver says.
        error: FitError,
    },
    /// The flight times of all draws are outside the report.
    #[error(
        "launch `{id}`: expected a flight of {least_s:.0} to {greatest_s:.0} s as reported, found {flown_s:.0} s flown"
    )]
    FlightTime {
        /// Which launch.
        id: String,
        /// Flight time of the last draw, seconds.
        flown_s: f64,
        /// Reported, seconds.
        least_s: f64,
        /// Reported, seconds.
        greatest_s: f64,
    },
    /// The greatest speeds of all draws are outside the report.
    #[error(
        "launch `{id}`: expected a greatest speed of {least_mps:.0} to {greatest_mps:.0} m/s, found {flown_mps:.0} m/s flown"
    )]
    Speed {
        /// Which launch.
        id: String,
        /// Greatest speed of the last draw, m/s.
        flown_mps: f64,
        /// Reported, m/s.
        least_mps: f64,
        /// Reported, m/s.
        greatest_mps: f64,
    },
    /// Its last stage does not bring it into orbit.
    #[error("launch `{id}`: its last stage reaches no orbit at {apogee_km:.0} km")]
    NoOrbit {
        /// Which launch.
        id: String,
        /// Where it burns, km.
        apogee_km: f64,
    },
}

/// Draws that are tried before a report is given up.
const DRAWS_MAX: u32 = 20;

impl Truth {
    /// The launch with everything in the middle of its spread; what leaves it on the way comes after it.
    pub fn nominal(launch: &ReportedLaunch) -> Result<Vec<Truth>, DrawError> {
        let flown = flown(launch, &mut Dice::Middle)?;
        fate::objects(launch, flown, 0)
    }

    /// The launch as `seed` varies it; what leaves it on the way comes after it.
    pub fn draw(launch: &ReportedLaunch, seed: u64) -> Result<Vec<Truth>, DrawError> {
        let mut dice = Dice::Thrown(Random::stream(seed, &launch.id));
        let mut last = flown(launch, &mut dice);
        for _ in 1..DRAWS_MAX {
            if last.is_ok() {
                break;
            }
            last = flown(launch, &mut dice);
        }
        fate::objects(launch, last?, seed)
    }
}

/// The middle of each spread, or its upper end, or a draw from it.
pub(crate) enum Dice {
    Middle,
    Largest,
    Thrown(Random),
}

impl Dice {
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        match self {
            Dice::Middle => 0.5 * (low + high),
            Dice::Largest => high,
            Dice::Thrown(random) => random.between(low, high),
        }
    }

    pub(crate) fn log_between(&mut self, low: f64, high: f64) -> f64 {
        libm::exp(self.between(libm::log(low), libm::log(high)))
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        match self {
            Dice::Middle => probability > 0.5,
            Dice::Largest => false,
            Dice::Thrown(random) => random.chance(probability),
        }
    }
}

/// A launch that flew as reported, before its fate.
pub(crate) struct Flown {
    pub(crate) truth: Truth,
    /// When each stage is burned, seconds after launch.
    pub(crate) burned_s: Vec<f64>,
    pub(crate) kick: Option<Kick>,
}

fn flown(launch: &ReportedLaunch, dice: &mut Dice) -> Result<Flown, DrawError> {
    let named = |error: FitError| DrawError::Fit { id: launch.id.clone(), error };
    let Drawn { vehicle, steering, kick } =
        classes::draw(launch.class, launch.burn_s, launch.fate.orbit_until_s.is_some(), dice);
    let course_spread = dice.between(-launch.course_spread, launch.course_spread);
    let report = Report {
        site: moved(launch.site, launch.site_spread_m, dice),
        range_m: dice.between(launch.range_m.0, launch.range_m.1),
        apogee_m: dice.between(launch.apogee_m.0, launch.apogee_m.1),
        course: match launch.course {
            Course::Over(place) => Course::Over(aside(place, course_spread)),
            Course::Azimuth(azimuth_deg) => Course::Azimuth(azimuth_deg + course_spread),
        },
    };
    let launch_s = launch.launch_s + dice.between(-launch.launch_spread_s, launch.launch_spread_s);
    let (vehicle, steering) = fit(&vehicle, &steering, &report).map_err(named)?;
    let truth = Truth::launched(&launch.id, &vehicle, &steering, report.site, launch_s)
        .map_err(|error| named(FitError::Flight(error)))?;
    let flown_s = truth.impact().map_or(0.0, |impact| impact.time_s - launch_s);
    let (least_s, greatest_s) = launch.flight_time_s;
    if flown_s < least_s || flown_s > greatest_s {
        return Err(DrawError::FlightTime { id: launch.id.clone(), flown_s, least_s, greatest_s });
    }
    if let Some((least_mps, greatest_mps)) = launch.speed_mps {
        let flown_mps = truth.speed_max_mps();
        if flown_mps < least_mps || flown_mps > greatest_mps {
            return Err(DrawError::Speed { id: launch.id.clone(), flown_mps, least_mps, greatest_mps });
        }
    }
    Ok(Flown { truth, burned_s: vehicle.burned_s(), kick })
}

fn moved(site: Geodetic, spread_m: f64, dice: &mut Dice) -> Geodetic {
    let [east, north, _] = local_axes(site);
    let to_east = add_scaled(fixed_of(site), east, dice.between(-spread_m, spread_m));
    let there = place_of(add_scaled(to_east, north, dice.between(-spread_m, spread_m)));
    Geodetic { alt_m: site.alt_m, ..there }
}

/// `place`, `north_m` to the north. A course that is reported by what it passes over runs east or west here.
fn aside(place: Geodetic, north_m: f64) -> Geodetic {
    let [_, north, _] = local_axes(place);
    Geodetic { alt_m: place.alt_m, ..place_of(add_scaled(fixed_of(place), north, north_m)) }
}
