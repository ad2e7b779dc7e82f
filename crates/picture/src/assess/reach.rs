//! Where an object may come down that is steered, or still burns.
//!
//! A fixed set of [`FLIGHTS`] possible futures is flown, each as likely as any other: what is known of the state with its
//! error, and what is not known (how it will be steered, how long it will burn) by a stated prior, are filled evenly by
//! multiples of the roots of primes (Kronecker's sequence; Niederreiter 1992, section 4.1). Of `n` places drawn like the
//! true one their convex hull holds a share 1 − V/(n + 1) in the mean, V its corners (Efron, Biometrika 52, 1965). The hull is
//! drawn in the gnomonic projection, in which geodesics of the sphere are straight.

use nalgebra::{SMatrix, SVector, Vector3};
use physics::filter::Estimate;
use physics::integrate::{self, rk4};
use physics::motion::{self, State};
use physics::time::Tai;
use statement::ReachableArea;

use super::ground::below;
use crate::manoeuvre::{self, Flown};
use crate::motion::{BALLISTIC_COEFFICIENT_KGPM2, height_and_climb};

/// Futures that are flown.
pub(crate) const FLIGHTS: usize = 64;

/// Longest flight that is followed, seconds; and the steps of a glide, seconds.
const BALLISTIC_S_MAX: f64 = 10_000.0;
const GLIDE_S_MAX: f64 = 1_500.0;
const GLIDE_STEP_S: f64 = 2.0;

/// What a burn is followed to, metres: of an area of hundreds of kilometres.
const TOLERANCE_M: f64 = 1_000.0;

/// Farther from the middle than this the projection is no use, radians.
const AWAY_RAD_MAX: f64 = 1.3;

/// Arrivals before the earliest and after the latest time, of a glide and of a burn. What lies between `t` of `n` on either
/// side holds (n − 1 − 2t) / (n + 1) of the like; gliders are steered less differently than is allowed for here.
const GLIDE_TAIL: usize = 1;
const BURN_TAIL: usize = 1;

/// The hull of a glide is drawn wider by this, so that it holds nine of ten of the simulator's glides, which are steered by a law of
/// their own (docs/tracking/glide.md).
const WIDER: f64 = 1.13;

/// A place on the ground (unit vector) and when, seconds from the state.
type Landing = (Vector3<f64>, f64);

/// Of something that glides.
pub(crate) fn of_glide(seen: &Estimate<9>) -> Option<ReachableArea> {
    let root = root(&seen.covariance)?;
    let landings: Vec<Landing> = (0..FLIGHTS).filter_map(|index| glide(seen, &root, index)).collect();
    area(&landings, seen.time, GLIDE_TAIL, WIDER)
}

/// Bank either way at most (radians), when it changes sides at the latest (seconds), the speeds and slopes at which it may dive
/// (m/s, radians), and how many of ten skip.
const BANK_RAD: f64 = 1.05;
const TURNS_S: f64 = 150.0;
const DIVES_MPS: (f64, f64) = (600.0, 1_400.0);
const DIVE_RAD: (f64, f64) = (0.45, 1.3);
const SKIPS: f64 = 0.33;
/// Most lift, m/s².
const LOAD_MPS2: f64 = 100.0;
/// The best lift over drag of gliders, middle and one sigma; and by how much what is seen may be off it, since not all lift is
/// used all the time.
const LIFT_OVER_DRAG: (f64, f64) = (2.5, 0.7);
const USED_SIGMA: f64 = 0.7;
const LIFT_OVER_DRAG_MIN: f64 = 0.8;
/// How quickly a level flight turns back to its slope, 1/s.
const LEVELS_PER_S: f64 = 0.1;

/// The best lift over drag: what gliders have, and what is seen, each by its weight; and a normal error, by two even numbers.
fn best_lift(seen: &Estimate<9>, first: f64, second: f64) -> f64 {
    let lift = libm::hypot(seen.state[7], seen.state[8]);
    let variance = seen.covariance[(7, 7)].max(seen.covariance[(8, 8)]) + USED_SIGMA * USED_SIGMA;
    let (own, of_all) = (1.0 / variance, 1.0 / (LIFT_OVER_DRAG.1 * LIFT_OVER_DRAG.1));
    let middle = (lift * own + LIFT_OVER_DRAG.0 * of_all) / (own + of_all);
    let error = (-2.0 * libm::log(1.0 - first)).sqrt() * libm::cos(core::f64::consts::TAU * second);
    (middle + error / (own + of_all).sqrt()).max(LIFT_OVER_DRAG_MIN)
}

/// One way that a glider may be steered: all its lift until it is level, then level with what lift that takes, or all of it
/// all the time, banked; below some speed down, and on without lift. Drag by lift as in a parabolic polar (Vinh, Busemann,
/// Culp, "Hypersonic and Planetary Entry Flight Mechanics", 1980): (1 + u²)/2 of that at the best ratio, u the lift over
/// the best ratio's.
fn glide(seen: &Estimate<9>, root: &SMatrix<f64, 9, 9>, index: usize) -> Option<Landing> {
    let mut at: Flown = seen.state + root * normals::<9>(index, 0);
    let best = best_lift(seen, unit(index, 9), unit(index, 15));
    let bank_rad = BANK_RAD * (2.0 * unit(index, 10) - 1.0);
    let turns_s = TURNS_S * unit(index, 11);
    let speed_mps = at.fixed_rows::<3>(3).norm();
    let fastest_mps = DIVES_MPS.1.min(speed_mps).max(DIVES_MPS.0);
    let dives_mps = DIVES_MPS.0 + (fastest_mps - DIVES_MPS.0) * unit(index, 12);
    let dive_rad = DIVE_RAD.0 + (DIVE_RAD.1 - DIVE_RAD.0) * unit(index, 13);
    let skips = unit(index, 14) < SKIPS;
    let ln_best = at[6];
    let (mut elapsed_s, mut dives, mut falls) = (0.0, false, false);
    while elapsed_s < GLIDE_S_MAX {
        let state: State = at.fixed_rows::<6>(0).into_owned();
        let (height_m, climb_mps) = height_and_climb(&state);
        let speed_mps = motion::velocity(&state).norm();
        let slope_rad = libm::asin((climb_mps / speed_mps.max(1.0)).clamp(-1.0, 1.0));
        dives |= speed_mps < dives_mps;
        falls |= dives && slope_rad < -dive_rad;
        let most_mps2 = motion::drag(&state, libm::exp(ln_best)).norm() * best;
        let most = (LOAD_MPS2 / most_mps2.max(1e-6)).min(1.0);
        let side = if elapsed_s > turns_s { -bank_rad } else { bank_rad };
        let (share, bank) = if falls {
            (0.0, 0.0)
        } else if dives {
            (-0.5 * most, 0.0)
        } else if skips || slope_rad < -0.1 {
            (most, if slope_rad < -0.1 { 0.0 } else { side })
        } else {
            let position = motion::position(&state);
            let level = motion::gravity(position).norm() - speed_mps * speed_mps / position.norm();
            let wanted = level - LEVELS_PER_S * slope_rad * speed_mps;
            ((wanted / (most_mps2.max(1e-6) * libm::cos(side))).clamp(0.0, most), side)
        };
        let drag_share = 0.5 * (1.0 + share * share);
        let lift = share * best / drag_share;
        let (sin, cos) = libm::sincos(bank);
        (at[6], at[7], at[8]) = (ln_best - libm::log(drag_share), lift * cos, lift * sin);
        let step_s = GLIDE_STEP_S.min((0.5 * height_m / speed_mps.max(1.0)).max(0.1));
        at = rk4(&at, step_s, manoeuvre::derivative);
        elapsed_s += step_s;
        if motion::radial_height_m(at.fixed_rows::<3>(0).into_owned()) < 0.0 {
            return Some((at.fixed_rows::<3>(0).normalize(), elapsed_s));
        }
    }
    None
}

/// Burns end after so many seconds, evenly in the logarithm: those of short-range missiles take one minute, of the
/// largest five.
const BURN_S: (f64, f64) = (55.0, 330.0);
/// Mean acceleration since launch, by the share s of the burn that is past, over that at burn-out: even at first, then
/// growing as the mass falls; and one sigma of its logarithm.
const fn growth(part: f64) -> (f64, f64) {
    (0.42, 0.58 * part)
}
const GROWTH_POWER: f64 = 2.5;
const GROWTH_SIGMA: f64 = 0.22;
/// One sigma of the present acceleration over the mean one, beside what the filter is not sure of.
const PRESENT_SIGMA: f64 = 0.35;
/// How much of its slope a flight may still lose until burn-out: at most, and for each share of the burn that is left.
const BENDS: (f64, f64) = (0.65, 2.0);
/// How far it may leave its course, one sigma, radians.
const COURSE_RAD: f64 = 0.03;
/// Futures of a burn that are looked at for each that is flown.
const CANDIDATES: usize = 10;

/// Of something under thrust, `burnt_s` seconds after its launch, whose speed grows by so much each second (m/s², and one
/// sigma).
pub(crate) fn of_burn(
    seen: &Estimate<6>,
    burnt_s: f64,
    acceleration_mps2: (f64, f64),
) -> Option<ReachableArea> {
    let root = super::ground::root(&seen.covariance)?;
    let landings: Vec<Landing> = (0..CANDIDATES * FLIGHTS)
        .filter_map(|index| {
            let from = seen.state + root * normals::<6>(index, 0);
            burn(&from, burnt_s, acceleration_mps2, index)
        })
        .take(FLIGHTS)
        .collect();
    area(&landings, seen.time, BURN_TAIL, 1.0)
}

/// One way that a burn may go on, and where what it carries comes down. `None` where it does not, or where the burn is
/// at another stage by its present acceleration.
fn burn(from: &State, burnt_s: f64, acceleration_mps2: (f64, f64), index: usize) -> Option<Landing> {
    let least_s = BURN_S.0.max(burnt_s + 1.0);
    let burn_s = least_s * libm::pow((BURN_S.1 / least_s).max(1.0), unit(index, 10));
    let (left_s, share) = (burn_s - burnt_s, burnt_s / burn_s);
    let (position, velocity) = (motion::position(from), motion::velocity(from));
    let speed_mps = velocity.norm();
    let mean_mps2 = (speed_mps / burnt_s).max(1.0);
    let (even, grown) = growth(libm::pow(share, GROWTH_POWER));
    // The speed is s (even + grown) of that at burn-out: its rate over its mean rate.
    let expected = 1.0 + GROWTH_POWER * grown / (even + grown);
    let sigma = libm::hypot(PRESENT_SIGMA, acceleration_mps2.1 / mean_mps2);
    let off = (acceleration_mps2.0 / mean_mps2 - expected) / sigma;
    if libm::exp(-0.5 * off * off) < unit(index, 15) {
        return None;
    }
    let up = position.normalize();
    let climb_mps = velocity.dot(&up);
    let level = velocity - up * climb_mps;
    let [more, aside] = [normals::<2>(index, 11).x, normals::<2>(index, 11).y];
    let reached_mps = mean_mps2 * burn_s / (even + grown) * libm::exp(GROWTH_SIGMA * more);
    let reached_mps = reached_mps.max(speed_mps);
    let bends = BENDS.0.min(BENDS.1 * (1.0 - share));
    let slope_rad = libm::atan2(climb_mps, level.norm()) * (1.0 - bends * unit(index, 13));
    let (sin, cos) = libm::sincos(COURSE_RAD * aside * (1.0 - share));
    let ahead = level.normalize();
    let ahead = ahead * cos + ahead.cross(&up) * sin;
    let (sin, cos) = libm::sincos(slope_rad);
    let reached = (up * sin + ahead * cos) * reached_mps;
    // Speed grows faster towards the end.
    let place = position + (velocity * 0.6 + reached * 0.4) * left_s;
    let end = integrate::fall_within(
        &motion::state(place, reached),
        0.0,
        BALLISTIC_COEFFICIENT_KGPM2,
        BALLISTIC_S_MAX,
        TOLERANCE_M,
    )?;
    Some((motion::position(&end.state).normalize(), left_s + end.elapsed_s))
}

/// The area around landings: all but `tail` of them on either side in time, and a hull `wider` than theirs.
fn area(landings: &[Landing], from: Tai, tail: usize, wider: f64) -> Option<ReachableArea> {
    let middle = landings.iter().map(|(place, _)| place).sum::<Vector3<f64>>();
    if landings.len() < FLIGHTS / 3 || middle.norm() < 1e-3 {
        return None;
    }
    let middle = middle.normalize();
    let east = Vector3::z().cross(&middle).normalize();
    let north = middle.cross(&east);
    let points: Vec<(f64, f64)> = landings
        .iter()
        .filter(|(place, _)| place.dot(&middle) > libm::cos(AWAY_RAD_MAX))
        .map(|(place, _)| (place.dot(&east) / place.dot(&middle), place.dot(&north) / place.dot(&middle)))
        .collect();
    let corners = hull(points);
    let count = corners.len() as f64;
    let centre =
        corners.iter().fold((0.0, 0.0), |centre, (x, y)| (centre.0 + x / count, centre.1 + y / count));
    let outline_deg: Vec<(f64, f64)> = corners
        .into_iter()
        .take(ReachableArea::CORNERS_MAX)
        .map(|(x, y)| {
            let (x, y) = (centre.0 + wider * (x - centre.0), centre.1 + wider * (y - centre.1));
            let place = below((middle + east * x + north * y).normalize() * physics::wgs84::SEMI_MAJOR_M);
            (place.lat_deg, place.lon_deg)
        })
        .collect();
    let mut times: Vec<f64> = landings.iter().map(|(_, time_s)| *time_s).collect();
    times.sort_by(f64::total_cmp);
    let time = (from.plus_s(times[tail]), from.plus_s(times[times.len() - 1 - tail]));
    (outline_deg.len() >= 3).then_some(ReachableArea { outline_deg, time })
}

/// Convex hull, counter-clockwise (Andrew's monotone chain, Information Processing Letters 9, 1979).
pub(crate) fn hull(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let turns_left = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| {
        (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0) > 0.0
    };
    let half = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut chain: Vec<(f64, f64)> = Vec::new();
        for point in points {
            while chain.len() >= 2 && !turns_left(chain[chain.len() - 2], chain[chain.len() - 1], point) {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut lower = half(&mut points.iter().copied());
    lower.extend(half(&mut points.iter().rev().copied()));
    lower
}

/// The fraction of the index's multiple of the root of a prime: fills 0 to 1 evenly, each dimension for itself.
fn unit(index: usize, dimension: usize) -> f64 {
    const PRIMES: [f64; 16] =
        [2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0, 29.0, 31.0, 37.0, 41.0, 43.0, 47.0, 53.0];
    let multiple = (index as f64 + 1.0) * PRIMES[dimension].sqrt();
    multiple - libm::floor(multiple)
}

/// Standard normal deviates from the dimensions on from `first`, by Box and Muller; of `N` an odd one takes two.
fn normals<const N: usize>(index: usize, first: usize) -> SVector<f64, N> {
    SVector::from_fn(|place, _| {
        let pair = first + place / 2 * 2;
        let radius = (-2.0 * libm::log(1.0 - unit(index, pair))).sqrt();
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * unit(index, pair + 1));
        radius * if place % 2 == 0 { cos } else { sin }
    })
}

/// Cholesky factor of a covariance in mixed units; where rounding has made it indefinite, of its diagonal.
fn root(covariance: &SMatrix<f64, 9, 9>) -> Option<SMatrix<f64, 9, 9>> {
    let scale = covariance.diagonal().map(|variance| variance.max(1e-12).sqrt());
    let relative =
        SMatrix::<f64, 9, 9>::from_fn(|row, column| covariance[(row, column)] / (scale[row] * scale[column]));
    let factor = relative.cholesky().map_or(SMatrix::identity(), |cholesky| cholesky.l());
    let root = SMatrix::<f64, 9, 9>::from_diagonal(&scale) * factor;
    root.iter().all(|value| value.is_finite()).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hull_has_the_corners_alone() {
        let square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let mut points: Vec<(f64, f64)> = (0..50).map(|index| (unit(index, 0), unit(index, 1))).collect();
        points.extend(square);
        assert_eq!(hull(points), square);
    }
}
