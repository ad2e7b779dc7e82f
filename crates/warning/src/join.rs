//! May two assessments be of the same launch?

use statement::{Assessment, GroundEstimate};

/// Mean radius of the Earth, metres (IUGG R1); ample for distances between estimates of one place.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// What two honest sensors may differ by beyond their own sigmas: clocks and sites, seconds and metres.
const TIME_FLOOR_S: f64 = 2.0;
const PLACE_FLOOR_M: f64 = 2_000.0;

/// 99.9 % quantile of χ² with three degrees of freedom (Abramowitz & Stegun, table 26.8): launch time and place.
pub const JOIN_DISTANCE_SQUARED_MAX: f64 = 16.27;

/// Where the launch cannot be said, first observations at most this far apart may be of one launch, seconds.
const UNKNOWN_LAUNCH_WINDOW_S: f64 = 600.0;

/// Squared statistical distance between two assessments' launches: time and place, each by the sum of both
/// covariances. `None` where either has no launch estimate.
pub fn distance_squared(a: &Assessment, b: &Assessment) -> Option<f64> {
    let (a, b) = (a.launch.as_ref()?, b.launch.as_ref()?);
    let time_variance =
        a.time_sigma_s * a.time_sigma_s + b.time_sigma_s * b.time_sigma_s + TIME_FLOOR_S * TIME_FLOOR_S;
    let time_s = a.time.since_s(b.time);
    Some(time_s * time_s / time_variance + place_distance_squared(a, b, PLACE_FLOOR_M))
}

/// Squared statistical distance between two places on the ground, two degrees of freedom; `floor_m` is added to
/// both axes.
pub fn place_distance_squared(a: &GroundEstimate, b: &GroundEstimate, floor_m: f64) -> f64 {
    let (east_m, north_m) = offset_m(a, b);
    let (a_ee, a_en, a_nn) = covariance(a);
    let (b_ee, b_en, b_nn) = covariance(b);
    let floor = floor_m * floor_m;
    let (ee, en, nn) = (a_ee + b_ee + floor, a_en + b_en, a_nn + b_nn + floor);
    let determinant = ee * nn - en * en;
    (nn * east_m * east_m - 2.0 * en * east_m * north_m + ee * north_m * north_m) / determinant
}

/// From `a` to `b` on the local horizontal plane: (east, north), metres.
pub fn offset_m(a: &GroundEstimate, b: &GroundEstimate) -> (f64, f64) {
    let mean_lat = (a.place.lat_deg + b.place.lat_deg).to_radians() / 2.0;
    // The shorter way around.
    let mut lon_deg = b.place.lon_deg - a.place.lon_deg;
    if lon_deg > 180.0 {
        lon_deg -= 360.0;
    } else if lon_deg < -180.0 {
        lon_deg += 360.0;
    }
    let north_m = (b.place.lat_deg - a.place.lat_deg).to_radians() * EARTH_RADIUS_M;
    (lon_deg.to_radians() * EARTH_RADIUS_M * libm::cos(mean_lat), north_m)
}

/// Covariance of an estimate's place in east and north, m²: (ee, en, nn).
fn covariance(ground: &GroundEstimate) -> (f64, f64, f64) {
    let (major, minor) = (ground.ellipse.semi_major_m, ground.ellipse.semi_minor_m);
    let azimuth = ground.ellipse.azimuth_deg.to_radians();
    let (sin, cos) = (libm::sin(azimuth), libm::cos(azimuth));
    let (major, minor) = (major * major, minor * minor);
    (
        major * sin * sin + minor * cos * cos,
        (major - minor) * sin * cos,
        major * cos * cos + minor * sin * sin,
    )
}

/// Whether the two may be of one launch, and how far apart they are (0 where it cannot be said).
pub fn may_join(a: &Assessment, b: &Assessment) -> Option<f64> {
    match distance_squared(a, b) {
        Some(distance) => (distance <= JOIN_DISTANCE_SQUARED_MAX).then_some(distance),
        None => {
            let apart_s = a.evidence.first_observed.since_s(b.evidence.first_observed).abs();
            (apart_s <= UNKNOWN_LAUNCH_WINDOW_S).then_some(0.0)
        }
    }
}
