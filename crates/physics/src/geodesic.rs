//! Distances and directions along the ellipsoid, for display and for courses.

use crate::geodetic::Geodetic;
use crate::wgs84::{FLATTENING, SEMI_MAJOR_M, SEMI_MINOR_M};

/// The shortest way along the ellipsoid from one place to another (heights are ignored): length in metres and
/// direction at its start in degrees from true north to east, 0 to 360.
///
/// Vincenty's inverse formula (Survey Review 23, 1975), good to 1 mm. Near the antipodes, where it does not settle,
/// the great circle on the mean sphere stands in (0.5 %).
pub fn distance_and_azimuth(from: Geodetic, to: Geodetic) -> (f64, f64) {
    let reduced = |lat_deg: f64| libm::atan((1.0 - FLATTENING) * libm::tan(lat_deg.to_radians()));
    let (sin_u1, cos_u1) = libm::sincos(reduced(from.lat_deg));
    let (sin_u2, cos_u2) = libm::sincos(reduced(to.lat_deg));
    let apart = crate::measure::wrap((to.lon_deg - from.lon_deg).to_radians());
    let mut lambda = apart;
    for _ in 0..100 {
        let (sin_lambda, cos_lambda) = libm::sincos(lambda);
        let (across, along) = (cos_u2 * sin_lambda, cos_u1 * sin_u2 - sin_u1 * cos_u2 * cos_lambda);
        let sin_sigma = libm::hypot(across, along);
        if sin_sigma == 0.0 {
            return (0.0, 0.0);
        }
        let cos_sigma = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos_lambda;
        let sigma = libm::atan2(sin_sigma, cos_sigma);
        let sin_alpha = cos_u1 * cos_u2 * sin_lambda / sin_sigma;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        let cos_2m = if cos2_alpha == 0.0 { 0.0 } else { cos_sigma - 2.0 * sin_u1 * sin_u2 / cos2_alpha };
        let c = FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha));
        let bend = cos_2m + c * cos_sigma * (2.0 * cos_2m * cos_2m - 1.0);
        let next = apart + (1.0 - c) * FLATTENING * sin_alpha * (sigma + c * sin_sigma * bend);
        let settled = (next - lambda).abs() < 1e-12;
        lambda = next;
        if settled {
            let ratio = SEMI_MAJOR_M / SEMI_MINOR_M;
            let u2 = cos2_alpha * (ratio * ratio - 1.0);
            let a = 1.0 + u2 / 16_384.0 * (4_096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
            let b = u2 / 1_024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
            let inner = cos_sigma * (2.0 * cos_2m * cos_2m - 1.0)
                - b / 6.0 * cos_2m * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * cos_2m * cos_2m - 3.0);
            let correction = b * sin_sigma * (cos_2m + b / 4.0 * inner);
            return (SEMI_MINOR_M * a * (sigma - correction), compass_deg(across, along));
        }
    }
    great_circle(from, to)
}

/// Distance (m) and first direction (degrees) on a sphere of the mean radius 6,371,008.8 m.
fn great_circle(from: Geodetic, to: Geodetic) -> (f64, f64) {
    let (sin_1, cos_1) = libm::sincos(from.lat_deg.to_radians());
    let (sin_2, cos_2) = libm::sincos(to.lat_deg.to_radians());
    let (sin_apart, cos_apart) = libm::sincos((to.lon_deg - from.lon_deg).to_radians());
    let (across, along) = (cos_2 * sin_apart, cos_1 * sin_2 - sin_1 * cos_2 * cos_apart);
    let central = libm::atan2(libm::hypot(across, along), sin_1 * sin_2 + cos_1 * cos_2 * cos_apart);
    (6_371_008.8 * central, compass_deg(across, along))
}

/// The direction of (east, north) in degrees from true north to east, 0 to 360.
pub fn compass_deg(east: f64, north: f64) -> f64 {
    let degrees = libm::atan2(east, north).to_degrees();
    if degrees < 0.0 { degrees + 360.0 } else { degrees }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geographiclib_rs::{Geodesic, InverseGeodesic};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_geographiclib(lat_1 in -85.0..85.0_f64, lat_2 in -85.0..85.0_f64, lon_1 in -180.0..180.0_f64, apart in -170.0..170.0_f64) {
            let from = Geodetic { lat_deg: lat_1, lon_deg: lon_1, alt_m: 0.0 };
            let to = Geodetic { lat_deg: lat_2, lon_deg: lon_1 + apart, alt_m: 0.0 };
            let (length, azimuth) = distance_and_azimuth(from, to);
            let (expected, azimuth_expected, _, _): (f64, f64, f64, f64) =
                Geodesic::wgs84().inverse(lat_1, lon_1, lat_2, to.lon_deg);
            prop_assert!((length - expected).abs() < 0.01, "{length} {expected}");
            let turn = crate::measure::wrap((azimuth - azimuth_expected).to_radians());
            prop_assert!(turn.abs() * length.min(1e6) < 0.5);
        }
    }

    #[test]
    fn near_the_antipodes_it_still_answers() {
        let from = Geodetic { lat_deg: 0.0, lon_deg: 0.0, alt_m: 0.0 };
        let to = Geodetic { lat_deg: 0.1, lon_deg: 179.9, alt_m: 0.0 };
        assert!((distance_and_azimuth(from, to).0 - 2.0e7).abs() < 1e5);
    }
}
