//! Launches as reported, varied by seed in what the report leaves open.
//!
//! NOTIONAL: sizes, masses and times are of the public order of magnitude for such classes of missile, and no
//! particular missile's. What a report gives (range, apogee, course) is drawn within its precision; what it leaves open
//! is drawn as widely as somebody who watches an unknown missile must expect:
//!
//! | drawn | medium range (`irbm`) | short range (`srbm`) |
//! |---|---|---|
//! | burn time in all, uniform | 150 s ± 15 % | 75 s ± 15 % |
//! | stages | one (60 %), or two of which the first burns 55–65 % of the time | one |
//! | pause between stages, uniform | 1–4 s | – |
//! | exhaust velocity in vacuum, uniform | 2,550–2,850 m/s | 2,300–2,600 m/s |
//! | mass flow: first and last part against the mean, uniform | +20 … −10 % | ± 20 % |
//! | vertical rise, uniform | 4–10 s | 3–6 s |
//! | end of the turn, uniform share of the burn time | 60–95 % | 60–95 % |
//! | drag area under thrust, uniform | 1.5–3.0 m² | 0.6–1.0 m² |
//! | ballistic coefficient coming down, log-uniform | 3,000–10,000 kg/m² | 3,000–10,000 kg/m² |
//!
//! A draw whose flight time is outside the report is drawn again (2 % of the launch of 2022-10-04).
//! Propellant (and so thrust), pitch and azimuth follow from the report ([`super::fit`]). Wind, a burn cut short,
//! steering out of the plane and the push of separation are left out.

use physics::geodetic::Geodetic;

use super::Truth;
use super::earth::{fixed_of, local_axes, place_of};
use super::fit::{Course, FitError, Report, fit};
use super::vector::add_scaled;
use super::vehicle::{Stage, Steering, Vehicle};
use crate::random::Random;

/// Which order of magnitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VehicleClass {
    /// Some thousands of kilometres.
    Irbm,
    /// Some hundreds of kilometres.
    Srbm,
}

/// A launch as reported: what is known, each with its precision.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedLaunch {
    /// Name of the object, which plots carry as `truth_id`.
    pub id: String,
    /// Class of the vehicle.
    pub class: VehicleClass,
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
    /// Which way.
    pub course: Course,
    /// Spread of the course, uniform: metres aside of the place that it passes over, or degrees of azimuth.
    pub course_spread: f64,
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
    #[error("launch `{id}`: flies {flown_s:.0} s, reported are {least_s:.0} to {greatest_s:.0} s")]
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
}

/// Draws that are tried before a report is given up.
const DRAWS_MAX: u32 = 20;

impl Truth {
    /// The launch with everything in the middle of its spread.
    pub fn nominal(launch: &ReportedLaunch) -> Result<Truth, DrawError> {
        flown(launch, &mut Dice::Middle)
    }

    /// The launch as `seed` varies it.
    pub fn draw(launch: &ReportedLaunch, seed: u64) -> Result<Truth, DrawError> {
        let mut dice = Dice::Thrown(Random::stream(seed, &launch.id));
        let mut last = flown(launch, &mut dice);
        for _ in 1..DRAWS_MAX {
            if last.is_ok() {
                break;
            }
            last = flown(launch, &mut dice);
        }
        last
    }
}

/// Either the middle of each spread, or a draw from it.
enum Dice {
    Middle,
    Thrown(Random),
}

impl Dice {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        match self {
            Dice::Middle => 0.5 * (low + high),
            Dice::Thrown(random) => random.between(low, high),
        }
    }

    fn log_between(&mut self, low: f64, high: f64) -> f64 {
        libm::exp(self.between(libm::log(low), libm::log(high)))
    }

    fn chance(&mut self, probability: f64) -> bool {
        match self {
            Dice::Middle => probability > 0.5,
            Dice::Thrown(random) => random.chance(probability),
        }
    }
}

fn flown(launch: &ReportedLaunch, dice: &mut Dice) -> Result<Truth, DrawError> {
    let named = |error: FitError| DrawError::Fit { id: launch.id.clone(), error };
    let (vehicle, steering) = match launch.class {
        VehicleClass::Irbm => irbm(dice),
        VehicleClass::Srbm => srbm(dice),
    };
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
    Ok(truth)
}

fn irbm(dice: &mut Dice) -> (Vehicle, Steering) {
    let burn_s = dice.between(0.85, 1.15) * 150.0;
    let exhaust_mps = dice.between(2_550.0, 2_850.0);
    let taper = dice.between(-0.1, 0.2);
    let one_stage = dice.chance(0.6);
    let first_share = dice.between(0.55, 0.65);
    let gap_s = dice.between(1.0, 4.0);
    let stage = |propellant_kg: f64, dry_kg: f64, exit_area_m2: f64, burn_s: f64| Stage {
        propellant_kg,
        dry_kg,
        exhaust_mps,
        exit_area_m2,
        burn_s,
        taper,
        gap_s,
    };
    let stages = if one_stage {
        vec![stage(24_000.0, 1_900.0, 0.25, burn_s)]
    } else {
        vec![
            stage(14_000.0, 1_400.0, 0.25, burn_s * first_share),
            stage(3_800.0, 450.0, 0.1, burn_s * (1.0 - first_share)),
        ]
    };
    let vehicle = Vehicle {
        stages,
        payload_kg: 650.0,
        drag_area_m2: dice.between(1.5, 3.0),
        ballistic_coefficient_kgpm2: dice.log_between(3_000.0, 10_000.0),
    };
    (vehicle, steering(burn_s, 4.0, 10.0, dice))
}

fn srbm(dice: &mut Dice) -> (Vehicle, Steering) {
    let burn_s = dice.between(0.85, 1.15) * 75.0;
    let stage = Stage {
        propellant_kg: 4_500.0,
        dry_kg: 1_000.0,
        exhaust_mps: dice.between(2_300.0, 2_600.0),
        exit_area_m2: 0.1,
        burn_s,
        taper: dice.between(-0.2, 0.2),
        gap_s: 0.0,
    };
    let vehicle = Vehicle {
        stages: vec![stage],
        payload_kg: 700.0,
        drag_area_m2: dice.between(0.6, 1.0),
        ballistic_coefficient_kgpm2: dice.log_between(3_000.0, 10_000.0),
    };
    (vehicle, steering(burn_s, 3.0, 6.0, dice))
}

/// Pitch and azimuth are found by the solver.
fn steering(burn_s: f64, rise_least_s: f64, rise_most_s: f64, dice: &mut Dice) -> Steering {
    let rise_s = dice.between(rise_least_s, rise_most_s);
    let turn_s = burn_s * dice.between(0.60, 0.95) - rise_s;
    Steering { azimuth_rad: 0.0, rise_s, turn_s, pitch_rad: 0.0 }
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
