//! The WGS-84 ellipsoid: constants, geodetic to Earth-fixed and back, distances for display.

use crate::frames::{EarthFixed, Position};
use crate::geodetic::Geodetic;

/// Semi-major axis, metres. NIMA TR8350.2, table 3.1.
pub const SEMI_MAJOR_M: f64 = 6_378_137.0;
/// Flattening. NIMA TR8350.2, table 3.1.
pub const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// First eccentricity squared: f (2 − f).
pub const ECCENTRICITY_SQUARED: f64 = FLATTENING * (2.0 - FLATTENING);
/// Semi-minor axis, metres.
pub const SEMI_MINOR_M: f64 = SEMI_MAJOR_M * (1.0 - FLATTENING);
/// Gravitational constant of the Earth with its air, m³/s². NIMA TR8350.2, table 3.1.
pub const GM_M3PS2: f64 = 3.986_004_418e14;
/// Angular velocity, radians a second. NIMA TR8350.2, table 3.1.
pub const EARTH_RATE_RADPS: f64 = 7.292_115e-5;
/// Second zonal harmonic of EGM96, tide-free: −√5 C̄20 with C̄20 = −0.484165371736e-3 (NASA/TP-1998-206861).
pub const J2: f64 = 1.082_626_684e-3;

/// Earth-fixed position of a place. Vallado 2013, equations 3-7 and 3-14.
pub fn to_earth_fixed(place: Geodetic) -> Position<EarthFixed> {
    let (sin_lat, cos_lat) = libm::sincos(place.lat_deg.to_radians());
    let (sin_lon, cos_lon) = libm::sincos(place.lon_deg.to_radians());
    let normal_m = SEMI_MAJOR_M / (1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat).sqrt();
    let across_m = (normal_m + place.alt_m) * cos_lat;
    let z_m = (normal_m * (1.0 - ECCENTRICITY_SQUARED) + place.alt_m) * sin_lat;
    Position::new(across_m * cos_lon, across_m * sin_lon, z_m)
}

/// The place of an Earth-fixed position, to better than 1 mm from 10 km below to 10,000 km above the ellipsoid.
///
/// Bowring's formula in reduced latitude (Survey Review 28, 1985), iterated. At the Earth's centre the answer is a
/// pole: there is no better one.
pub fn to_geodetic(position: Position<EarthFixed>) -> Geodetic {
    let vector = position.vector();
    let (x, y, z) = (vector.x, vector.y, vector.z);
    let across_m = (x * x + y * y).sqrt();
    let second_eccentricity_squared = ECCENTRICITY_SQUARED / (1.0 - ECCENTRICITY_SQUARED);
    let mut reduced = libm::atan2(z, across_m * (1.0 - FLATTENING));
    let mut latitude = reduced;
    // Each turn gains seven digits or more: two do nearly everywhere, and the others are for the Earth's middle.
    for _ in 0..4 {
        let last = reduced;
        let (sin, cos) = libm::sincos(reduced);
        latitude = libm::atan2(
            z + second_eccentricity_squared * SEMI_MINOR_M * sin * sin * sin,
            across_m - ECCENTRICITY_SQUARED * SEMI_MAJOR_M * cos * cos * cos,
        );
        let (sin, cos) = libm::sincos(latitude);
        reduced = libm::atan2((1.0 - FLATTENING) * sin, cos);
        if (reduced - last).abs() < 1e-12 {
            break;
        }
    }
    let (sin, cos) = libm::sincos(latitude);
    let alt_m = across_m * cos + z * sin - SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED * sin * sin).sqrt();
    Geodetic { lat_deg: latitude.to_degrees(), lon_deg: libm::atan2(y, x).to_degrees(), alt_m }
}

/// Height above the ellipsoid, metres: [`to_geodetic`]'s.
pub fn height_m(position: Position<EarthFixed>) -> f64 {
    to_geodetic(position).alt_m
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_place() {
        // Vallado 2013, example 3-3: (6524.834, 6862.875, 6448.296) km is 34.352496 N 46.4464 E at 5085.22 km.
        let place = to_geodetic(Position::new(6_524_834.0, 6_862_875.0, 6_448_296.0));
        assert!((place.lat_deg - 34.352_496).abs() < 1e-6);
        assert!((place.lon_deg - 46.446_417).abs() < 1e-5);
        assert!((place.alt_m - 5_085_220.0).abs() < 5.0);
    }

    proptest! {
        #[test]
        fn there_and_back_within_1_mm(lat_deg in -90.0..90.0_f64, lon_deg in -180.0..180.0_f64, alt_m in -1e4..1e7_f64) {
            let position = to_earth_fixed(Geodetic { lat_deg, lon_deg, alt_m });
            let again = to_geodetic(position);
            prop_assert!((to_earth_fixed(again) - position).norm() < 1e-3);
            prop_assert!((again.alt_m - alt_m).abs() < 1e-3);
        }
    }
}
