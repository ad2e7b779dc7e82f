//! Finds the launch that flies as reported.
//!
//! Three unknowns for three reported facts: the amount of propellant and the pitch after the turn give range and
//! apogee, the azimuth gives the ground that it passes over. Newton's method with differences of coarse flights;
//! the start is the ellipse without air or rotation through the same range and apogee.

use physics::geodetic::Geodetic;

use super::earth::{MU, RADIUS_M, ROTATION_RADPS, distance_m, fixed_of, local_axes, place_of};
use super::flight::{Fineness, FlightError, fly};
use super::path::Path;
use super::vector::{Vector, cross, dot, subtract, unit};
use super::vehicle::{Steering, Vehicle};

/// Which way the launch goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Course {
    /// Its ground track passes over this place.
    Over(Geodetic),
    /// It leaves by this azimuth, degrees from true north to east.
    Azimuth(f64),
}

/// What the flight is to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Where it starts, WGS-84.
    pub site: Geodetic,
    /// Length on the ground, metres.
    pub range_m: f64,
    /// Greatest height, metres.
    pub apogee_m: f64,
    /// Which way.
    pub course: Course,
}

/// A report that no launch of this vehicle was found for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The first try does not fly.
    #[error("expected a vehicle that flies so, found that {0}")]
    Flight(#[from] FlightError),
    /// The tries do not come closer.
    #[error(
        "expected a flight as reported, found none: the nearest is off by {range_km:.0} km in range and {apogee_km:.0} km in apogee"
    )]
    NotFound {
        /// Error of the best try's range, km.
        range_km: f64,
        /// Error of its apogee, km.
        apogee_km: f64,
    },
}

/// Errors under which a try is taken: apogee, range, ground track, metres.
const TAKEN_M: [f64; 3] = [100.0, 200.0, 200.0];
const TRIES_MAX: usize = 15;
/// Differences for the derivatives: share of propellant, radians, radians.
const PROBE: [f64; 3] = [1e-4, 1e-4, 1e-4];
/// Longest move of one try, in the same units.
const MOVE_MAX: [f64; 3] = [0.10, 0.12, 0.2];

/// Moves of the start that are tried in turn: of the logarithm of propellant, and of pitch as a factor.
const STARTS: [(f64, f64); 7] =
    [(0.0, 1.0), (0.1, 1.0), (-0.1, 1.0), (0.0, 0.7), (0.0, 1.3), (0.15, 0.7), (-0.15, 1.3)];

/// The vehicle with its propellant and the steering with its pitch and azimuth, so that they fly as reported.
pub(crate) fn fit(
    vehicle: &Vehicle,
    steering: &Steering,
    report: &Report,
) -> Result<(Vehicle, Steering), FitError> {
    let [propellant, pitch_rad, azimuth_rad] = start(vehicle, report);
    let mut fitted = fit_from([propellant, pitch_rad, azimuth_rad], vehicle, steering, report);
    for (more, factor) in STARTS.into_iter().skip(1) {
        if fitted.is_ok() {
            break;
        }
        let moved = [propellant + more, pitch_rad * factor, azimuth_rad];
        fitted = fit_from(moved, vehicle, steering, report).or(fitted);
    }
    fitted
}

fn fit_from(
    start: [f64; 3],
    vehicle: &Vehicle,
    steering: &Steering,
    report: &Report,
) -> Result<(Vehicle, Steering), FitError> {
    let launch = |unknowns: [f64; 3]| {
        let [propellant, pitch_rad, azimuth_rad] = unknowns;
        (vehicle.with_propellant(libm::exp(propellant)), Steering { azimuth_rad, pitch_rad, ..*steering })
    };
    let miss = |unknowns: [f64; 3]| -> Result<[f64; 3], FlightError> {
        let (vehicle, steering) = launch(unknowns);
        let path = fly(&vehicle, &steering, report.site, Fineness::TRIED)?;
        Ok(misses(&path, &steering, report))
    };

    let mut unknowns = start;
    let mut missed = miss(unknowns)?;
    for _ in 0..TRIES_MAX {
        if missed.iter().zip(TAKEN_M).all(|(miss_m, taken_m)| miss_m.abs() < taken_m) {
            return Ok(launch(unknowns));
        }
        let mut columns = [[0.0; 3]; 3];
        for (index, column) in columns.iter_mut().enumerate() {
            let mut probed = unknowns;
            probed[index] += PROBE[index];
            let there = miss(probed)?;
            *column = core::array::from_fn(|row| (there[row] - missed[row]) / PROBE[index]);
        }
        let step = solve(columns, missed);
        (unknowns, missed) = shortened(unknowns, step, missed, &miss)?;
    }
    Err(FitError::NotFound { range_km: missed[1] / 1e3, apogee_km: missed[0] / 1e3 })
}

/// The next unknowns: the whole step where that comes closer, else half of it, and so on.
fn shortened(
    unknowns: [f64; 3],
    step: [f64; 3],
    missed: [f64; 3],
    miss: &impl Fn([f64; 3]) -> Result<[f64; 3], FlightError>,
) -> Result<([f64; 3], [f64; 3]), FitError> {
    let size = |missed: [f64; 3]| missed.iter().map(|miss_m| miss_m * miss_m).sum::<f64>();
    let over = step.iter().zip(MOVE_MAX).map(|(part, limit)| part.abs() / limit).fold(1.0, f64::max);
    let mut share = 1.0 / over;
    for _ in 0..8 {
        let next = core::array::from_fn(|index| unknowns[index] - share * step[index]);
        if let Ok(there) = miss(next)
            && size(there) < size(missed)
        {
            return Ok((next, there));
        }
        share *= 0.5;
    }
    Err(FitError::NotFound { range_km: missed[1] / 1e3, apogee_km: missed[0] / 1e3 })
}

/// Apogee, range and ground track of a flight against the report, metres.
fn misses(path: &Path, steering: &Steering, report: &Report) -> [f64; 3] {
    let apogee_m = path.apogee().map_or(0.0, |node| place_of(node.position_m).alt_m);
    let aside_m = match report.course {
        Course::Azimuth(azimuth_deg) => (steering.azimuth_rad - azimuth_deg.to_radians()) * RADIUS_M,
        Course::Over(place) => aside_m(path, fixed_of(place)),
    };
    [apogee_m - report.apogee_m, path.range_m() - report.range_m, aside_m]
}

/// How far the ground track passes to the right of `point`, metres.
fn aside_m(path: &Path, point: Vector) -> f64 {
    let Some(closest) = path.closest_to(point) else { return 0.0 };
    let last = path.nodes.len() - 1;
    let before = path.nodes[closest.saturating_sub(1)].position_m;
    let after = path.nodes[(closest + 1).min(last)].position_m;
    dot(unit(cross(before, after)), unit(point)) * RADIUS_M
}

/// First guess of propellant (logarithm of the factor), pitch and azimuth.
fn start(vehicle: &Vehicle, report: &Report) -> [f64; 3] {
    let azimuth_rad = match report.course {
        Course::Azimuth(azimuth_deg) => azimuth_deg.to_radians(),
        Course::Over(place) => {
            let [east, north, _] = local_axes(report.site);
            let line = subtract(fixed_of(place), fixed_of(report.site));
            libm::atan2(dot(east, line), dot(north, line))
        }
    };
    // The ellipse with the Earth's centre in one focus whose apogee lies half-way.
    let (half_sine, half_cosine) = libm::sincos(0.5 * report.range_m / RADIUS_M);
    let apogee_radius_m = RADIUS_M + report.apogee_m;
    let eccentricity = (apogee_radius_m - RADIUS_M) / (apogee_radius_m - RADIUS_M * half_cosine);
    let parameter_m = apogee_radius_m * (1.0 - eccentricity);
    let speed = (MU / parameter_m).sqrt();
    let level_mps = speed * (1.0 - eccentricity * half_cosine);
    let climb_mps = speed * eccentricity * half_sine;

    let east_mps = ROTATION_RADPS * RADIUS_M * libm::cos(report.site.lat_deg.to_radians());
    let thrust_level_mps = (level_mps - east_mps * libm::sin(azimuth_rad)).max(100.0);
    // Gravity takes its full share of the boost; the height at burn-out gives back some of the climb.
    let thrust_climb_mps = 0.9 * climb_mps + 8.5 * vehicle.boost_s();
    // The turn points some of the thrust elsewhere, and air takes a little.
    let ideal_mps = 1.08 * libm::hypot(thrust_level_mps, thrust_climb_mps);
    let (mut low, mut high) = (-2.0, 2.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        let enough = vehicle.with_propellant(libm::exp(middle)).ideal_velocity_mps() > ideal_mps;
        if enough { high = middle } else { low = middle }
    }
    [high, 1.1 * libm::atan2(thrust_level_mps, thrust_climb_mps), azimuth_rad]
}

/// x with columns · x = right side, by Cramer's rule; zero where there is none.
fn solve(columns: [[f64; 3]; 3], right: [f64; 3]) -> [f64; 3] {
    let [a, b, c] = columns;
    let determinant = dot(a, cross(b, c));
    if determinant == 0.0 {
        return [0.0; 3];
    }
    [dot(right, cross(b, c)), dot(a, cross(right, c)), dot(a, cross(b, right))].map(|part| part / determinant)
}

/// Distance from `place` to the ground track of `path`, metres, for tests and reports.
pub(crate) fn passes_at_m(path: &Path, place: Geodetic) -> Option<(f64, f64)> {
    let node = path.nodes.get(path.closest_to(fixed_of(place))?)?;
    let below = place_of(node.position_m);
    Some((node.time_s, distance_m(Geodetic { alt_m: 0.0, ..below }, place)))
}
