//! The free flight between two places: the arc of an ellipse with the Earth's centre in one focus, without air or thrust.
//! It bounds what a report may say.
//!
//! Bate, Mueller and White, "Fundamentals of Astrodynamics" (1971): sections 1.4 to 1.9 (energy, ellipse, circle, escape),
//! 4.2 (time of flight: Kepler's equation), 6.2 and 6.4 (ballistic missiles, and what the turning Earth changes).

use core::f64::consts::PI;

use physics::geodetic::Geodetic;

use super::earth::{MU, RADIUS_M, ROTATION_RADPS, fixed_of, local_axes};
use super::vector::{Vector, add, cross, dot, norm, scale, turn_about_pole, unit};

/// A free flight from the ground to the ground whose apogee lies half-way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreeFlight {
    radius_m: f64,
    apogee_radius_m: f64,
    eccentricity: f64,
}

impl FreeFlight {
    /// Over `angle_rad` at the centre of an Earth of `radius_m`, up to `apogee_m` above it.
    pub fn over(angle_rad: f64, radius_m: f64, apogee_m: f64) -> FreeFlight {
        let apogee_radius_m = radius_m + apogee_m;
        let eccentricity = apogee_m / (apogee_radius_m - radius_m * libm::cos(0.5 * angle_rad));
        FreeFlight { radius_m, apogee_radius_m, eccentricity }
    }

    /// From `site` along the great circle that leaves it by `azimuth_deg` to what lies `range_m` away when it arrives:
    /// the Earth turns meanwhile.
    pub fn on_the_turning_earth(site: Geodetic, azimuth_deg: f64, range_m: f64, apogee_m: f64) -> FreeFlight {
        let from = fixed_of(Geodetic { alt_m: 0.0, ..site });
        let radius_m = norm(from);
        let [east, north, _] = local_axes(site);
        let (sine, cosine) = libm::sincos(azimuth_deg.to_radians());
        let up = unit(from);
        let level = add(scale(east, sine), scale(north, cosine));
        let (far, near) = libm::sincos(range_m / RADIUS_M);
        let to: Vector = unit(add(scale(up, near), scale(level, far)));
        let mut flight = FreeFlight::over(range_m / RADIUS_M, radius_m, apogee_m);
        for _ in 0..8 {
            let then = turn_about_pole(to, ROTATION_RADPS * flight.time_s());
            let angle_rad = libm::atan2(norm(cross(up, then)), dot(up, then));
            flight = FreeFlight::over(angle_rad, radius_m, apogee_m);
        }
        flight
    }

    fn semi_major_axis_m(&self) -> f64 {
        self.apogee_radius_m / (1.0 + self.eccentricity)
    }

    /// From ground to ground, seconds, by Kepler's equation.
    pub fn time_s(&self) -> f64 {
        let axis_m = self.semi_major_axis_m();
        let cosine = ((1.0 - self.radius_m / axis_m) / self.eccentricity).clamp(-1.0, 1.0);
        let anomaly = libm::acos(cosine);
        let mean = anomaly - self.eccentricity * libm::sin(anomaly);
        2.0 * (axis_m * axis_m * axis_m / MU).sqrt() * (PI - mean)
    }

    /// Speed at `height_m` above the ground in axes that do not turn, m/s, by energy; 0 above the apogee.
    pub fn speed_mps(&self, height_m: f64) -> f64 {
        let squared = MU * (2.0 / (self.radius_m + height_m) - 1.0 / self.semi_major_axis_m());
        squared.max(0.0).sqrt()
    }
}

/// Above this speed nothing comes back, m/s: at `height_m` above the equator.
pub fn escape_speed_mps(height_m: f64) -> f64 {
    (2.0 * MU / (RADIUS_M + height_m)).sqrt()
}

/// What the turning Earth can give a launch at this latitude, m/s.
pub fn rotation_speed_mps(lat_deg: f64) -> f64 {
    ROTATION_RADPS * RADIUS_M * libm::cos(lat_deg.to_radians())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_up_is_the_radial_ellipse() {
        // Straight up to 1,000 km: the closed form of a radial fall, t = √(r³/2μ) (arccos √x + √(x(1−x))), x = R/r.
        let flight = FreeFlight::over(0.0, RADIUS_M, 1_000e3);
        let (top_m, share) = (RADIUS_M + 1_000e3, RADIUS_M / (RADIUS_M + 1_000e3));
        let fall_s = (top_m * top_m * top_m / (2.0 * MU)).sqrt()
            * (libm::acos(share.sqrt()) + (share * (1.0 - share)).sqrt());
        assert!((flight.time_s() - 2.0 * fall_s).abs() < 1e-6, "{} {}", flight.time_s(), 2.0 * fall_s);
        let speed = (2.0 * MU * (1.0 / RADIUS_M - 1.0 / top_m)).sqrt();
        assert!((flight.speed_mps(0.0) - speed).abs() < 1e-6);
        assert!(flight.speed_mps(1_000e3) < 1e-3);
    }

    #[test]
    fn the_farthest_throw_at_a_speed_is_that_of_the_textbook() {
        // Bate, Mueller and White, section 6.2, the throw of maximum range: sin(ψ/2) = Q/(2 − Q), Q = v² r/μ; the apogee of that
        // arc follows from e² = 1 − Q(2 − Q) cos²φ with φ = (π − ψ)/4.
        let angle = 60.0_f64.to_radians();
        let sine = libm::sin(0.5 * angle);
        let q = 2.0 * sine / (1.0 + sine);
        let climb = 0.25 * (PI - angle);
        let eccentricity = (1.0 - q * (2.0 - q) * libm::cos(climb) * libm::cos(climb)).sqrt();
        let axis_m = RADIUS_M / (2.0 - q);
        let apogee_m = axis_m * (1.0 + eccentricity) - RADIUS_M;
        let flight = FreeFlight::over(angle, RADIUS_M, apogee_m);
        assert!((flight.speed_mps(0.0) - (q * MU / RADIUS_M).sqrt()).abs() < 1e-6);
        // Any other apogee needs more.
        for other_m in [0.8 * apogee_m, 1.2 * apogee_m] {
            assert!(FreeFlight::over(angle, RADIUS_M, other_m).speed_mps(0.0) > flight.speed_mps(0.0));
        }
    }

    #[test]
    fn the_turning_earth_lengthens_a_flight_to_the_east() {
        let site = Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 0.0 };
        let time_s =
            |azimuth_deg| FreeFlight::on_the_turning_earth(site, azimuth_deg, 4_500e3, 970e3).time_s();
        let still = FreeFlight::over(4_500e3 / RADIUS_M, RADIUS_M, 970e3).time_s();
        assert!(time_s(90.0) > still + 10.0 && time_s(270.0) < still - 10.0, "{} {still}", time_s(90.0));
        assert!((escape_speed_mps(0.0) - 11_180.0).abs() < 1.0);
    }
}
