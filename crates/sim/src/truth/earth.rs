//! The Earth of the truth: WGS-84 ellipsoid, point mass with J2, rotation. Written apart from `physics` on purpose.
//!
//! Source of the constants: NGA.STND.0036, "Department of Defense World Geodetic System 1984", version 1.0.0 (2014),
//! tables 3.1 and 3.3; J2 from its zonal coefficient, −√5 · C̄₂₀ with C̄₂₀ = −4.841 651 437 908 15e−4 (table 5.1).

use physics::geodetic::Geodetic;

use super::vector::{Vector, cross, dot, norm, turn_about_pole, unit};

/// Gravitational parameter, m³/s².
pub(crate) const MU: f64 = 3.986_004_418e14;
/// Equatorial radius, metres.
pub(crate) const RADIUS_M: f64 = 6_378_137.0;
/// Flattening of the ellipsoid.
pub(crate) const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Rotation rate, radians a second.
pub(crate) const ROTATION_RADPS: f64 = 7.292_115e-5;
const J2: f64 = 1.082_626_173_852e-3;
const ECCENTRICITY_SQUARED: f64 = FLATTENING * (2.0 - FLATTENING);

/// Gravitational acceleration at `position` (metres from the centre, third axis the pole), m/s².
///
/// Vallado, Fundamentals of Astrodynamics and Applications, 4th edition (2013), equation 8-30, zonal term 2.
pub(crate) fn gravity(position: Vector) -> Vector {
    let radius_squared = dot(position, position);
    let radius = radius_squared.sqrt();
    let central = -MU / (radius_squared * radius);
    let polar_squared = position[2] * position[2] / radius_squared;
    let oblate = 1.5 * J2 * RADIUS_M * RADIUS_M / radius_squared;
    let equatorial = central * (1.0 + oblate * (1.0 - 5.0 * polar_squared));
    let polar = central * (1.0 + oblate * (3.0 - 5.0 * polar_squared));
    [equatorial * position[0], equatorial * position[1], polar * position[2]]
}

/// Height over the ellipsoid along the radius, metres; within 1 m of the geodetic height below 150 km.
pub(crate) fn height_m(position: Vector) -> f64 {
    let radius = norm(position);
    let polar = position[2] / radius;
    let polar_squared = polar * polar;
    let minor = 1.0 - FLATTENING;
    radius - RADIUS_M * minor / (minor * minor * (1.0 - polar_squared) + polar_squared).sqrt()
}

/// Velocity of the ground, and of air at rest, at `position` in inertial axes, m/s.
pub(crate) fn air_velocity(position: Vector) -> Vector {
    [-ROTATION_RADPS * position[1], ROTATION_RADPS * position[0], 0.0]
}

/// The Earth-fixed state, at `time_s` since the axes coincided, as inertial position and velocity.
pub(crate) fn to_inertial(time_s: f64, position: Vector, velocity: Vector) -> (Vector, Vector) {
    let position = turn_about_pole(position, ROTATION_RADPS * time_s);
    let relative = turn_about_pole(velocity, ROTATION_RADPS * time_s);
    let air = air_velocity(position);
    (position, [relative[0] + air[0], relative[1] + air[1], relative[2] + air[2]])
}

/// The inertial state, at `time_s` since the axes coincided, as Earth-fixed position and velocity.
pub(crate) fn to_fixed(time_s: f64, position: Vector, velocity: Vector) -> (Vector, Vector) {
    let air = air_velocity(position);
    let relative = [velocity[0] - air[0], velocity[1] - air[1], velocity[2] - air[2]];
    (turn_about_pole(position, -ROTATION_RADPS * time_s), turn_about_pole(relative, -ROTATION_RADPS * time_s))
}

/// Earth-fixed position of a place, metres.
pub fn fixed_of(place: Geodetic) -> Vector {
    let (sine, cosine) = libm::sincos(place.lat_deg.to_radians());
    let (sine_east, cosine_east) = libm::sincos(place.lon_deg.to_radians());
    let normal_m = RADIUS_M / (1.0 - ECCENTRICITY_SQUARED * sine * sine).sqrt();
    [
        (normal_m + place.alt_m) * cosine * cosine_east,
        (normal_m + place.alt_m) * cosine * sine_east,
        (normal_m * (1.0 - ECCENTRICITY_SQUARED) + place.alt_m) * sine,
    ]
}

/// The place of an Earth-fixed position: fixed-point iteration on the latitude, to well under a millimetre.
pub fn place_of(position: Vector) -> Geodetic {
    let equatorial_m = libm::hypot(position[0], position[1]);
    let mut latitude = libm::atan2(position[2], equatorial_m * (1.0 - ECCENTRICITY_SQUARED));
    let mut normal_m = RADIUS_M;
    for _ in 0..6 {
        let sine = libm::sin(latitude);
        normal_m = RADIUS_M / (1.0 - ECCENTRICITY_SQUARED * sine * sine).sqrt();
        latitude = libm::atan2(position[2] + ECCENTRICITY_SQUARED * normal_m * sine, equatorial_m);
    }
    let (sine, cosine) = libm::sincos(latitude);
    Geodetic {
        lat_deg: latitude.to_degrees(),
        lon_deg: libm::atan2(position[1], position[0]).to_degrees(),
        // This form of the height holds at the poles too.
        alt_m: equatorial_m * cosine + position[2] * sine - RADIUS_M * RADIUS_M / normal_m,
    }
}

/// Unit vectors to the east, to the north and up (the ellipsoid's normal) at a place, Earth-fixed.
pub(crate) fn local_axes(place: Geodetic) -> [Vector; 3] {
    let (sine, cosine) = libm::sincos(place.lat_deg.to_radians());
    let (sine_east, cosine_east) = libm::sincos(place.lon_deg.to_radians());
    [
        [-sine_east, cosine_east, 0.0],
        [-sine * cosine_east, -sine * sine_east, cosine],
        [cosine * cosine_east, cosine * sine_east, sine],
    ]
}

/// Length of the geodesic between two places on the ellipsoid, metres; heights are left out.
///
/// T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid", Survey Review 23 (1975), inverse formula.
/// It does not converge for nearly antipodal places: then the spherical distance is given.
pub fn distance_m(from: Geodetic, to: Geodetic) -> f64 {
    let reduced = |lat_deg: f64| libm::atan((1.0 - FLATTENING) * libm::tan(lat_deg.to_radians()));
    let (sin_1, cos_1) = libm::sincos(reduced(from.lat_deg));
    let (sin_2, cos_2) = libm::sincos(reduced(to.lat_deg));
    let difference = (to.lon_deg - from.lon_deg).to_radians();
    let mut lambda = difference;
    for _ in 0..100 {
        let (sin_lambda, cos_lambda) = libm::sincos(lambda);
        let sin_sigma = libm::hypot(cos_2 * sin_lambda, cos_1 * sin_2 - sin_1 * cos_2 * cos_lambda);
        if sin_sigma == 0.0 {
            return 0.0;
        }
        let cos_sigma = sin_1 * sin_2 + cos_1 * cos_2 * cos_lambda;
        let sigma = libm::atan2(sin_sigma, cos_sigma);
        let sin_alpha = cos_1 * cos_2 * sin_lambda / sin_sigma;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        let middle = if cos2_alpha > 0.0 { cos_sigma - 2.0 * sin_1 * sin_2 / cos2_alpha } else { 0.0 };
        let c = FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha));
        let inner = middle + c * cos_sigma * (2.0 * middle * middle - 1.0);
        let next = difference + (1.0 - c) * FLATTENING * sin_alpha * (sigma + c * sin_sigma * inner);
        if (next - lambda).abs() < 1e-12 {
            let minor_m = RADIUS_M * (1.0 - FLATTENING);
            let u2 = cos2_alpha * (RADIUS_M * RADIUS_M - minor_m * minor_m) / (minor_m * minor_m);
            let a = 1.0 + u2 / 16_384.0 * (4_096.0 + u2 * (u2 * (320.0 - 175.0 * u2) - 768.0));
            let b = u2 / 1_024.0 * (256.0 + u2 * (u2 * (74.0 - 47.0 * u2) - 128.0));
            let outer = middle * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * middle * middle - 3.0);
            let correction = cos_sigma * (2.0 * middle * middle - 1.0) - b / 6.0 * outer;
            return minor_m * a * (sigma - b * sin_sigma * (middle + b / 4.0 * correction));
        }
        lambda = next;
    }
    let (a, b) = (unit(fixed_of(from)), unit(fixed_of(to)));
    RADIUS_M * libm::atan2(norm(cross(a, b)), dot(a, b))
}

/// Azimuth (radians from true north to east, 0 to 2π) and elevation (radians above the ellipsoid's horizon) of the
/// Earth-fixed direction `line` at a place with these [`local_axes`].
pub(crate) fn azimuth_elevation(axes: &[Vector; 3], line: Vector) -> (f64, f64) {
    let [east, north, up] = [dot(axes[0], line), dot(axes[1], line), dot(axes[2], line)];
    let azimuth = libm::atan2(east, north);
    let azimuth = if azimuth < 0.0 { azimuth + 2.0 * core::f64::consts::PI } else { azimuth };
    (azimuth, libm::atan2(up, libm::hypot(east, north)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_agree_with_vallado() {
        // Vallado 2013, example 3-3: r = (6524.834, 6862.875, 6448.296) km is at 34.352496° N, 46.4464° E, 5085.22 km.
        let place = place_of([6_524_834.0, 6_862_875.0, 6_448_296.0]);
        assert!((place.lat_deg - 34.352_496).abs() < 1e-5);
        assert!((place.lon_deg - 46.446_4).abs() < 1e-4);
        assert!((place.alt_m - 5_085_220.0).abs() < 10.0);
        let back = fixed_of(place);
        assert!(norm([back[0] - 6_524_834.0, back[1] - 6_862_875.0, back[2] - 6_448_296.0]) < 1e-3);
    }

    #[test]
    fn gravity_agrees_with_the_normal_gravity_formula() {
        // WGS 84 normal gravity: 9.780 325 336 m/s² at the equator, 9.832 184 938 at the pole, rotation included.
        let equator = -gravity([RADIUS_M, 0.0, 0.0])[0] - ROTATION_RADPS * ROTATION_RADPS * RADIUS_M;
        let pole = -gravity([0.0, 0.0, RADIUS_M * (1.0 - FLATTENING)])[2];
        // The ellipsoid's own J4 (−2.37e-6), left out here, takes 4.4e-5 and 1.2e-4 m/s².
        assert!((equator - 9.780_325_336).abs() < 6e-5, "{equator}");
        assert!((pole - 9.832_184_938).abs() < 1.3e-4, "{pole}");
    }

    #[test]
    fn distances_agree_with_vincenty() {
        // Geoscience Australia's worked example of Vincenty's formulae (GRS80, which differs by less than 0.1 mm
        // here): Flinders Peak to Buninyong, 54,972.271 m.
        let from = Geodetic {
            lat_deg: -(37.0 + 57.0 / 60.0 + 3.720_30 / 3600.0),
            lon_deg: 144.424_867_888_9,
            alt_m: 0.0,
        };
        let to = Geodetic {
            lat_deg: -(37.0 + 39.0 / 60.0 + 10.156_10 / 3600.0),
            lon_deg: 143.926_495_527_8,
            alt_m: 0.0,
        };
        assert!((distance_m(from, to) - 54_972.271).abs() < 0.01, "{}", distance_m(from, to));
    }

    #[test]
    fn radial_height_is_close_to_the_geodetic_one() {
        for lat_deg in [-80.0, -45.0, 0.0, 30.0, 45.0, 60.0, 90.0] {
            for alt_m in [0.0, 30_000.0, 150_000.0] {
                let height_m = height_m(fixed_of(Geodetic { lat_deg, lon_deg: 20.0, alt_m }));
                assert!((height_m - alt_m).abs() < 1.0, "{lat_deg} {alt_m} {height_m}");
            }
        }
    }

    #[test]
    fn inertial_and_back() {
        let (position, velocity) = to_inertial(700.0, [6.4e6, 1.0e6, 2.0e6], [100.0, -2_000.0, 3_000.0]);
        let (position, velocity) = to_fixed(700.0, position, velocity);
        assert!(norm([position[0] - 6.4e6, position[1] - 1.0e6, position[2] - 2.0e6]) < 1e-6);
        assert!(norm([velocity[0] - 100.0, velocity[1] + 2_000.0, velocity[2] - 3_000.0]) < 1e-9);
    }
}
