//! What a radar measures of an object, with analytic derivatives.

use nalgebra::{Matrix3, Vector3};

use crate::frames::{EarthFixed, Position, Site};
use crate::motion;

/// Slant range (m), azimuth from true north to east in (−π, π] and elevation above the ellipsoid's horizon (rad),
/// with their derivatives by the Earth-fixed position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// Range (m), azimuth (rad), elevation (rad).
    pub measured: Vector3<f64>,
    /// Rows: their derivatives by x, y, z.
    pub jacobian: Matrix3<f64>,
}

/// What a radar at `site` measures of an object at an Earth-fixed position (m). `None` within 1 m of the site's
/// vertical, where azimuth is undefined.
pub fn sight(site: &Site, position_m: Vector3<f64>) -> Option<Sighting> {
    let local = site.axes * (position_m - site.origin.vector());
    let (east, north, up) = (local.x, local.y, local.z);
    let ground2 = east * east + north * north;
    if ground2 < 1.0 {
        return None;
    }
    let ground = ground2.sqrt();
    let range2 = ground2 + up * up;
    let range = range2.sqrt();
    let measured = Vector3::new(range, libm::atan2(east, north), libm::atan2(up, ground));
    let by_local = Matrix3::new(
        east / range,
        north / range,
        up / range,
        north / ground2,
        -east / ground2,
        0.0,
        -east * up / (range2 * ground),
        -north * up / (range2 * ground),
        ground / range2,
    );
    Some(Sighting { measured, jacobian: by_local * site.axes })
}

/// Range rate (m/s) and its derivatives by Earth-fixed position and velocity; the site turns with the Earth, so
/// Earth-fixed velocity is velocity relative to it.
pub fn range_rate(
    site: &Site,
    position_m: Vector3<f64>,
    velocity_mps: Vector3<f64>,
) -> (f64, Vector3<f64>, Vector3<f64>) {
    let line = position_m - site.origin.vector();
    let range = line.norm().max(1.0);
    let direction = line / range;
    let rate = direction.dot(&velocity_mps);
    (rate, (velocity_mps - direction * rate) / range, direction)
}

/// The Earth-fixed position of a plot: range (m), azimuth and elevation (rad) from a site.
pub fn locate(site: &Site, range_m: f64, az_rad: f64, el_rad: f64) -> Position<EarthFixed> {
    let (sin_az, cos_az) = libm::sincos(az_rad);
    let (sin_el, cos_el) = libm::sincos(el_rad);
    let ground = range_m * cos_el;
    site.to_earth_fixed(Position::new(ground * sin_az, ground * cos_az, range_m * sin_el))
}

/// The elevation (rad) at which what is `range_m` away is `height_m` above the ellipsoid, and its sigma, from those of
/// range and height: a radar without elevation that is told the height. Near the site's vertical, where the height says
/// nothing of the elevation, the sigma grows to a radian.
pub fn elevation_of_height(
    site: &Site,
    (range_m, sigma_range_m): (f64, f64),
    az_rad: f64,
    (height_m, sigma_height_m): (f64, f64),
) -> (f64, f64) {
    let height_at = |el_rad: f64| motion::radial_height_m(locate(site, range_m, az_rad, el_rad).vector());
    let slope_m = |el_rad: f64| range_m * libm::cos(el_rad).max(LEAST_COSINE);
    let limit_rad = libm::acos(LEAST_COSINE);
    let mut el_rad = 0.0;
    // Newton's method: the height is nearly linear in the sine, and two steps settle it to a metre within 500 km.
    for _ in 0..4 {
        let step_rad = (height_m - height_at(el_rad)) / slope_m(el_rad);
        el_rad = (el_rad + step_rad).clamp(-limit_rad, limit_rad);
    }
    let by_range_m = sigma_range_m * libm::sin(el_rad);
    let sigma_rad = libm::hypot(sigma_height_m, by_range_m) / slope_m(el_rad);
    (el_rad, sigma_rad.min(1.0))
}

/// Cosine of the highest elevation that a height is turned into.
const LEAST_COSINE: f64 = 0.05;

/// Measured minus predicted (range, azimuth, elevation), azimuth the short way round.
pub fn residual(measured: Vector3<f64>, predicted: Vector3<f64>) -> Vector3<f64> {
    let mut difference = measured - predicted;
    difference.y = wrap(difference.y);
    difference
}

/// An angle in (−π, π], radians.
pub fn wrap(angle_rad: f64) -> f64 {
    use core::f64::consts::{PI, TAU};
    // Nearly every angle: as below, without the search for the turn.
    if (0.0..=PI).contains(&angle_rad) {
        return angle_rad;
    }
    if (-TAU..0.0).contains(&angle_rad) {
        let turned = angle_rad + TAU;
        return if turned > PI { turned - TAU } else { turned };
    }
    let turned = angle_rad - TAU * (angle_rad / TAU).floor();
    if turned > PI { turned - TAU } else { turned }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodetic::Geodetic;

    fn site() -> Site {
        Site::at(Geodetic { lat_deg: 39.007, lon_deg: -104.883, alt_m: 2_187.0 })
    }

    #[test]
    fn a_known_sighting() {
        // Vallado 2013, example 4-1/7-1 geometry: seen from 39.007 N 104.883 W at 2.187 km, range 604.68 km,
        // azimuth 205.6°, elevation 30.7°, the object is at Earth-fixed
        // site (-1275.1219, -4797.9890, 3994.2975) km plus (-204.65.., ..): turned back it is the same sighting.
        let origin = site().origin.vector();
        assert!((origin - Vector3::new(-1_275_121.9, -4_797_989.0, 3_994_297.5)).norm() < 1.0, "{origin}");
        let position = locate(&site(), 604_680.0, 205.6_f64.to_radians(), 30.7_f64.to_radians());
        let seen = sight(&site(), position.vector()).unwrap().measured;
        let expected = Vector3::new(604_680.0, 205.6_f64.to_radians(), 30.7_f64.to_radians());
        assert!(residual(seen, expected).norm() < 1e-6);
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let position = locate(&site(), 604_680.0, 3.5, 0.6).vector();
        let velocity = Vector3::new(-2_000.0, 4_000.0, 1_000.0);
        let seen = sight(&site(), position).unwrap();
        let (_, by_position, by_velocity) = range_rate(&site(), position, velocity);
        for axis in 0..3 {
            let mut step = Vector3::zeros();
            step[axis] = 10.0;
            let more = sight(&site(), position + step).unwrap().measured;
            let less = sight(&site(), position - step).unwrap().measured;
            let difference = residual(more, less) / 20.0;
            for row in 0..3 {
                let tolerance = 1e-6 * seen.jacobian.row(row).norm();
                assert!((seen.jacobian[(row, axis)] - difference[row]).abs() < tolerance);
            }
            let rate = |p, v| range_rate(&site(), p, v).0;
            let by_p = (rate(position + step, velocity) - rate(position - step, velocity)) / 20.0;
            assert!((by_position[axis] - by_p).abs() < 1e-9);
            let by_v = (rate(position, velocity + step) - rate(position, velocity - step)) / 20.0;
            assert!((by_velocity[axis] - by_v).abs() < 1e-9);
        }
    }

    #[test]
    fn a_height_gives_the_elevation() {
        for (range_m, height_m) in
            [(5_000.0, 3_000.0), (50_000.0, 11_000.0), (400_000.0, 11_000.0), (300_000.0, 0.0)]
        {
            let (el_rad, sigma_rad) = elevation_of_height(&site(), (range_m, 10.0), 1.0, (height_m, 30.0));
            let there = crate::wgs84::to_geodetic(locate(&site(), range_m, 1.0, el_rad));
            assert!((there.alt_m - height_m).abs() < 1.0 + 2e-3 * height_m, "{} at {range_m}", there.alt_m);
            let (higher_rad, _) = elevation_of_height(&site(), (range_m, 10.0), 1.0, (height_m + 30.0, 30.0));
            assert!((sigma_rad / (higher_rad - el_rad) - 1.0).abs() < 0.05);
        }
        // Told to be higher than it is far: nothing is known of the elevation.
        let (el_rad, sigma_rad) = elevation_of_height(&site(), (400.0, 10.0), 1.0, (12_000.0, 30.0));
        assert!(el_rad.is_finite() && sigma_rad > 0.5, "{el_rad} {sigma_rad}");
    }

    #[test]
    fn azimuth_wraps() {
        assert!((wrap(6.2) - (6.2 - core::f64::consts::TAU)).abs() < 1e-12);
        assert!((wrap(-3.5) - (core::f64::consts::TAU - 3.5)).abs() < 1e-12);
    }
}
