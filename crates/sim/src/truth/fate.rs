//! What becomes of a launch on its way: burned stages that fly on by themselves, a break-up, an orbit.
//!
//! NOTIONAL: a burned stage is pushed back by 1 to 4 m/s and tumbles (ballistic coefficient 200–1,000 kg/m²); the pieces
//! of a break-up leave it with 60 m/s (one sigma, each axis) and fall with 50–2,000 kg/m², what is left of the vehicle
//! itself keeps its velocity and falls with 500–5,000 kg/m². Each is an object of its own, of which a radar has a plot of
//! its own, however close they are.

use super::draw::{DrawError, Flown, ReportedLaunch};
use super::earth::place_of;
use super::flight::{fall_from, to_orbit};
use super::path::Path;
use super::vector::{Vector, scale, unit};
use super::{Phase, Truth};
use crate::random::Random;

/// What becomes of a launch. By default it comes down in one piece.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fate {
    /// Whether burned stages fly on as objects of their own.
    pub drops: bool,
    /// It fails in flight.
    pub failure: Option<Failure>,
    /// Its last stage burns at apogee and brings it into orbit, which is flown until then, seconds after launch.
    pub orbit_until_s: Option<f64>,
}

/// A failure in flight: thrust ends, and nothing stays whole where there is more than one piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// When, seconds after launch, uniform.
    pub at_s: (f64, f64),
    /// Into how many pieces it breaks; 1: thrust ends.
    pub pieces: u32,
}

const PIECE_SIGMA_MPS: f64 = 60.0;
/// A stage leaves so long after it is burned, seconds.
const DROP_AFTER_S: f64 = 0.5;

/// The launch itself first, then what left it, in the order of leaving.
pub(crate) fn objects(launch: &ReportedLaunch, flown: Flown, seed: u64) -> Result<Vec<Truth>, DrawError> {
    let Flown { truth, mut burned_s, kick } = flown;
    let mut random = Random::stream(seed, &format!("{} fate", launch.id));
    let mut path = (*truth.path).clone();
    if let (Some(until_s), Some(kick)) = (launch.fate.orbit_until_s, kick) {
        let apogee_km = path.apogee().map_or(0.0, |top| place_of(top.position_m).alt_m * 1e-3);
        let no_orbit = || DrawError::NoOrbit { id: launch.id.clone(), apogee_km };
        let (inserted, end_s) = to_orbit(&path, &kick, until_s).ok_or_else(no_orbit)?;
        burned_s.push(end_s);
        path = inserted;
    }
    let fails_s = launch.fate.failure.map(|failure| random.between(failure.at_s.0, failure.at_s.1));
    let mut left = Vec::new();
    if launch.fate.drops {
        for (index, &at_s) in burned_s.iter().enumerate() {
            let (push_mps, coefficient) =
                (random.between(1.0, 4.0), log_between(&mut random, 200.0, 1_000.0));
            let at_s = at_s + DROP_AFTER_S;
            if fails_s.is_some_and(|fails_s| fails_s <= at_s) {
                break;
            }
            let Some(from) = path.at(at_s) else { break };
            let back = scale(unit(from.velocity_mps), -push_mps);
            let id = format!("{}-stage-{}", launch.id, index + 1);
            left.extend(fall_from(&path, at_s, back, coefficient).map(|path| truth.with_path(id, path)));
        }
    }
    if let (Some(failure), Some(fails_s)) = (launch.fate.failure, fails_s) {
        let coefficient = log_between(&mut random, 500.0, 5_000.0);
        let whole = path;
        path = broken(&whole, fails_s, coefficient).unwrap_or_else(|| whole.clone());
        for piece in 2..=failure.pieces {
            let push: Vector = core::array::from_fn(|_| PIECE_SIGMA_MPS * random.normal());
            let coefficient = log_between(&mut random, 50.0, 2_000.0);
            let id = format!("{}-piece-{piece}", launch.id);
            left.extend(fall_from(&whole, fails_s, push, coefficient).map(|path| truth.with_path(id, path)));
        }
    }
    let itself = truth.with_path(launch.id.clone(), path);
    Ok(core::iter::once(itself).chain(left).collect())
}

/// `path` up to `fails_s`, and from there on without thrust. `None` where it has come down before.
fn broken(path: &Path, fails_s: f64, coefficient: f64) -> Option<Path> {
    let falls = fall_from(path, fails_s, [0.0; 3], coefficient)?;
    let mut broken = path.until(fails_s);
    if broken.phase_at(fails_s) != Phase::Coast {
        broken.phases.push((fails_s, Phase::Coast));
    }
    broken.nodes.extend(falls.nodes.into_iter().skip(1));
    broken.phases.extend(falls.phases.into_iter().skip(1));
    Some(broken)
}

fn log_between(random: &mut Random, low: f64, high: f64) -> f64 {
    libm::exp(random.between(libm::log(low), libm::log(high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truth::vector::norm;
    use crate::truth::vehicle::{Stage, Steering, Vehicle};
    use physics::geodetic::Geodetic;

    fn truth() -> Truth {
        let stage = |propellant_kg: f64, dry_kg: f64, burn_s: f64| Stage {
            propellant_kg,
            dry_kg,
            exhaust_mps: 2_700.0,
            exit_area_m2: 0.2,
            burn_s,
            taper: 0.1,
            gap_s: 2.0,
        };
        let vehicle = Vehicle {
            stages: vec![stage(14_000.0, 1_400.0, 90.0), stage(3_800.0, 450.0, 60.0)],
            payload_kg: 650.0,
            drag_area_m2: 2.0,
            ballistic_coefficient_kgpm2: 5_000.0,
        };
        let steering = Steering { azimuth_rad: 1.5, rise_s: 6.0, turn_s: 100.0, pitch_rad: 0.8 };
        let site = Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 200.0 };
        Truth::launched("x", &vehicle, &steering, site, 10.0).unwrap()
    }

    #[test]
    fn a_broken_path_is_whole_and_goes_on_from_where_it_broke() {
        let truth = truth();
        let broken = broken(&truth.path, 100.0, 2_000.0).unwrap();
        let (before, after) = (broken.at(99.999).unwrap(), broken.at(100.001).unwrap());
        assert!(norm(core::array::from_fn(|axis| after.position_m[axis] - before.position_m[axis])) < 10.0);
        assert!(broken.nodes.windows(2).all(|pair| pair[0].time_s < pair[1].time_s));
        assert_eq!(broken.phase_at(99.0), Phase::Boost);
        assert_eq!(broken.phase_at(101.0), Phase::Coast);
        // Half of the thrust is missing.
        assert!(broken.range_m() < 0.5 * truth.path.range_m());
        assert!(place_of(broken.nodes.last().unwrap().position_m).alt_m.abs() < 1.0);
    }

    #[test]
    fn a_stage_that_leaves_without_a_push_flies_beside_until_there_is_air() {
        let truth = truth();
        let path = fall_from(&truth.path, 155.0, [0.0; 3], 300.0).unwrap();
        let apart_m = |time_s: f64| {
            let (a, b) = (path.at(time_s).unwrap(), truth.path.at(time_s).unwrap());
            norm(core::array::from_fn(|axis| a.position_m[axis] - b.position_m[axis]))
        };
        assert!(apart_m(500.0) < 100.0, "{}", apart_m(500.0));
        let (body, payload) = (path.nodes.last().unwrap(), truth.path.nodes.last().unwrap());
        assert!(body.time_s > payload.time_s + 5.0, "a light body comes down later");
    }
}
