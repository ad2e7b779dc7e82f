//! Where a boosting object may come down: from its state, and from how long it may still burn.
//!
//! The time of a burn in all is taken for log-normal, 130 s and a factor of 1.7 (from 60 s of the shortest to 300 s of the
//! largest); what is past of it cuts the rest off. For each of some ends of the thrust the object burns on, in its
//! direction or leaning over further, and falls; around each fall lies the ellipse of what is unknown of the state. The
//! area is the hull of all.

use nalgebra::Vector3;
use physics::frames::Position;
use physics::integrate;
use physics::motion::{self, Matrix6, State};
use physics::time::Tai;
use physics::wgs84;
use statement::ReachableArea;

use super::boost::burn_on;
use crate::assess::ground::root;
use crate::assess::reach;
use crate::motion::BALLISTIC_COEFFICIENT_KGPM2;

/// ln of the burn time in all: middle and one sigma.
const LN_BURN_S: (f64, f64) = (4.868, 0.53);

/// Ends of the thrust among those still possible, as shares of their probability.
const ENDS: [f64; 6] = [0.02, 0.2, 0.4, 0.6, 0.8, 0.95];

/// How a boost that burns on leans over: towards the ground ahead, °/s.
const TURNS_DEGPS: [f64; 3] = [-0.2, 0.3, 0.9];

/// What the thrust of the rest may differ by on each axis from what was seen, over its size: one sigma.
const THRUST_SHARE_SIGMA: f64 = 0.1;

/// Sigmas of the ellipse around each fall: 90 % of two dimensions.
const SIGMAS: f64 = 2.146;

/// What the way down adds to everything: drag and wind that nobody knows, metres and seconds.
const DESCENT_M: f64 = 4_000.0;
const DESCENT_S: (f64, f64) = (15.0, 40.0);

/// A burn's acceleration does not grow beyond this, m/s².
const THRUST_MPS2_MAX: f64 = 120.0;

/// What has not come down by then stays up, seconds.
const FALL_S_MAX: f64 = 7_200.0;
const TOLERANCE_M: f64 = 20.0;

/// What is known of a boost when it was last seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Boosting {
    pub time: Tai,
    pub state: State,
    pub covariance: Matrix6,
    pub acceleration_mps2: Vector3<f64>,
    /// Since lift-off, seconds.
    pub burned_s: f64,
    /// Whether it still burns; else it may have for as long as this after it was last seen, seconds.
    pub burns: bool,
    pub unseen_s: f64,
}

/// The area; `None` where it stays up, or where more may be reached than is worth saying.
pub(crate) fn reachable(from: &Boosting) -> Option<ReachableArea> {
    let thrust = from.acceleration_mps2
        - motion::acceleration(motion::position(&from.state), motion::velocity(&from.state));
    let root = root(&from.covariance)?;
    let mut falls: Vec<Vector3<f64>> = Vec::new();
    let mut times_s = (f64::INFINITY, f64::NEG_INFINITY);
    let rests: Vec<f64> = match from.burns {
        true => ENDS.iter().map(|share| rest_s(from.burned_s, *share)).collect(),
        false => vec![0.0, 0.5 * from.unseen_s, from.unseen_s],
    };
    let up = motion::position(&from.state).normalize();
    let toward = thrust.normalize();
    // Ahead: where it goes over ground, else where the thrust leans.
    let flat = |of: Vector3<f64>| of - up * of.dot(&up);
    let ahead = flat(motion::velocity(&from.state)).normalize();
    let aside = (ahead - toward * ahead.dot(&toward)).normalize();
    let ways = rests.iter().flat_map(|rest_s| {
        let turns = if *rest_s > 5.0 { &TURNS_DEGPS[..] } else { &[0.0] };
        turns.iter().map(|turn_degps| (*rest_s, turn_degps.to_radians()))
    });
    for (rest_s, turn_radps) in ways {
        // Thrust over what is left: it doubles while as much burns again as has burned.
        let growth_ps = (1.0 / from.burned_s.max(20.0))
            .min((THRUST_MPS2_MAX / thrust.norm().max(1.0) - 1.0).max(0.0) / rest_s.max(1.0));
        let fall_by = |state: &State, thrust: Vector3<f64>| {
            let burnt = if rest_s > 0.0 {
                burn_on(state, thrust, growth_ps, (aside, turn_radps), rest_s)
            } else {
                *state
            };
            integrate::fall_within(&burnt, 0.0, BALLISTIC_COEFFICIENT_KGPM2, FALL_S_MAX, TOLERANCE_M)
                .map(|arrival| (motion::position(&arrival.state), rest_s + arrival.elapsed_s))
        };
        let fall = |state: &State| fall_by(state, thrust);
        let Some((middle, after_s)) = fall(&from.state) else { continue };
        let (mut spread, mut spread_s) = (nalgebra::Matrix3::<f64>::zeros(), 0.0);
        for column in 0..6 {
            let step: State = root.column(column).into_owned();
            let (Some(more), Some(less)) = (fall(&(from.state + step)), fall(&(from.state - step))) else {
                continue;
            };
            let half = (more.0 - less.0) / 2.0;
            spread += half * half.transpose();
            spread_s += (more.1 - less.1) * (more.1 - less.1) / 4.0;
        }
        for axis in 0..3 {
            let mut step = Vector3::zeros();
            step[axis] = THRUST_SHARE_SIGMA * thrust.norm();
            let ends = (fall_by(&from.state, thrust + step), fall_by(&from.state, thrust - step));
            let (Some(more), Some(less)) = ends else { continue };
            let half = (more.0 - less.0) / 2.0;
            spread += half * half.transpose();
            spread_s += (more.1 - less.1) * (more.1 - less.1) / 4.0;
        }
        let up = integrate::up(middle);
        let east = Vector3::z().cross(&up).normalize();
        let north = up.cross(&east);
        for sixteenth in 0..16 {
            let (sin, cos) = libm::sincos(core::f64::consts::TAU * f64::from(sixteenth) / 16.0);
            let toward = east * sin + north * cos;
            // The support of the ellipse in this direction, where it touches.
            let along = spread * toward;
            let reach_m = toward.dot(&along).max(1.0).sqrt();
            let touches = along * (SIGMAS / reach_m) + toward * DESCENT_M;
            falls.push(middle + touches);
        }
        let window_s = 1.645 * spread_s.sqrt();
        times_s.0 = times_s.0.min(after_s - window_s - DESCENT_S.0);
        times_s.1 = times_s.1.max(after_s + window_s + DESCENT_S.1);
    }
    let outline_deg = hull(&falls)?;
    Some(ReachableArea { outline_deg, time: (from.time.plus_s(times_s.0), from.time.plus_s(times_s.1)) })
}

/// How much longer a burn lasts that has lasted `burned_s`, at a share of the probability that is left.
fn rest_s(burned_s: f64, share: f64) -> f64 {
    let (middle, sigma) = LN_BURN_S;
    let gone = |total_s: f64| {
        let deviate = (libm::log(total_s.max(1.0)) - middle) / sigma;
        0.5 * libm::erfc(deviate / core::f64::consts::SQRT_2)
    };
    let wanted = (1.0 - share) * gone(burned_s.max(1.0));
    let (mut low_s, mut high_s) = (burned_s.max(1.0), burned_s.max(1.0) + 1_000.0);
    for _ in 0..40 {
        let middle_s = 0.5 * (low_s + high_s);
        if gone(middle_s) > wanted { low_s = middle_s } else { high_s = middle_s }
    }
    (low_s - burned_s).clamp(0.0, 300.0)
}

/// The convex hull of places on the ground, its edges geodesics: on the plane that touches the Earth in their middle, onto
/// which great circles are projected from its centre as straight lines. Thinned to the corners that a statement holds.
/// `None` where they span too much of the Earth.
fn hull(places_m: &[Vector3<f64>]) -> Option<Vec<(f64, f64)>> {
    let middle = places_m.iter().fold(Vector3::zeros(), |sum, place| sum + place.normalize());
    let middle = (places_m.len() > 2 && middle.norm() > 0.1).then(|| middle.normalize())?;
    let east = Vector3::z().cross(&middle).normalize();
    let north = middle.cross(&east);
    let mut flat = Vec::with_capacity(places_m.len());
    for place in places_m {
        let depth = place.dot(&middle);
        // More than 75° from the middle there is no area, but half a world.
        if depth < 0.26 * place.norm() {
            return None;
        }
        flat.push((place.dot(&east) / depth, place.dot(&north) / depth));
    }
    let corners = reach::hull(flat);
    let every = corners.len().div_ceil(ReachableArea::CORNERS_MAX).max(1);
    let kept: Vec<(f64, f64)> = corners.into_iter().step_by(every).collect();
    let on_ground = |(x, y): (f64, f64)| {
        let toward = (middle + east * x + north * y).normalize() * wgs84::SEMI_MAJOR_M;
        let place = wgs84::to_geodetic(Position::from_vector(toward));
        (place.lat_deg, place.lon_deg)
    };
    (kept.len() >= 3).then(|| kept.into_iter().map(on_ground).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hull_keeps_the_corners_and_drops_what_lies_inside() {
        let at = |lat_deg: f64, lon_deg: f64| {
            let place = physics::geodetic::Geodetic { lat_deg, lon_deg, alt_m: 0.0 };
            wgs84::to_earth_fixed(place).vector()
        };
        let found =
            hull(&[at(40.0, 130.0), at(41.0, 130.0), at(40.4, 130.5), at(41.0, 131.0), at(40.0, 131.0)])
                .unwrap();
        assert_eq!(found.len(), 4);
        let near =
            |lat: f64, lon: f64| found.iter().any(|c| (c.0 - lat).abs() < 0.2 && (c.1 - lon).abs() < 1e-6);
        assert!(
            near(40.0, 130.0) && near(41.0, 131.0) && near(41.0, 130.0) && near(40.0, 131.0),
            "{found:?}"
        );
        assert_eq!(hull(&[at(0.0, 0.0), at(0.0, 90.0), at(0.0, 180.0), at(80.0, 0.0)]), None);
    }

    #[test]
    fn what_has_burned_long_burns_on_for_less() {
        // Half of those that reach 10 s burn for the middle in all; of those that reach 250 s few go on for long.
        assert!((rest_s(10.0, 0.5) - 120.0).abs() < 3.0, "{}", rest_s(10.0, 0.5));
        assert!(rest_s(250.0, 0.5) < 80.0 && rest_s(250.0, 0.9) > rest_s(250.0, 0.5));
    }
}
