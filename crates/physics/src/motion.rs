//! Motion under gravity, alone or in air, in Earth-fixed axes.
//!
//! A [`State`] is x, y, z (m) and vx, vy, vz (m/s), Earth-fixed. These axes turn, so the acceleration holds the
//! Coriolis and the centrifugal part beside gravity with J2.

use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

use crate::atmosphere;
use crate::wgs84::{EARTH_RATE_RADPS, FLATTENING, GM_M3PS2, J2, SEMI_MAJOR_M, SEMI_MINOR_M};

/// Position (m) and velocity (m/s), Earth-fixed.
pub type State = SVector<f64, 6>;
/// A matrix over [`State`]: a covariance or a transition.
pub type Matrix6 = SMatrix<f64, 6, 6>;

/// Strength of the J2 term: 3/2 J2 GM a².
const J2_STRENGTH: f64 = 1.5 * J2 * GM_M3PS2 * SEMI_MAJOR_M * SEMI_MAJOR_M;

/// The position part of a state, metres.
pub fn position(state: &State) -> Vector3<f64> {
    state.fixed_rows::<3>(0).into_owned()
}

/// The velocity part of a state, metres a second.
pub fn velocity(state: &State) -> Vector3<f64> {
    state.fixed_rows::<3>(3).into_owned()
}

/// A state from its parts, metres and metres a second.
pub fn state(position_m: Vector3<f64>, velocity_mps: Vector3<f64>) -> State {
    let (p, v) = (position_m, velocity_mps);
    State::new(p.x, p.y, p.z, v.x, v.y, v.z)
}

/// Gravity with J2, m/s², at an Earth-fixed position (m). Vallado 2013, equation 8-30:
/// −μ r/r³ − 3/2 J2 μ a² [ r (1 − 5 z²/r²) + 2 z ẑ ] / r⁵.
#[inline]
pub fn gravity(position_m: Vector3<f64>) -> Vector3<f64> {
    let inverse2 = 1.0 / position_m.norm_squared();
    gravity_by_inverse(position_m, inverse2.sqrt(), inverse2)
}

/// [`gravity`], where 1/r and 1/r² are known.
#[inline]
fn gravity_by_inverse(position_m: Vector3<f64>, inverse: f64, inverse2: f64) -> Vector3<f64> {
    let inverse3 = inverse2 * inverse;
    let oblate = J2_STRENGTH * inverse3 * inverse2;
    let z = position_m.z;
    let radial = -GM_M3PS2 * inverse3 - oblate * (1.0 - 5.0 * z * z * inverse2);
    let mut acceleration = position_m * radial;
    acceleration.z -= 2.0 * oblate * z;
    acceleration
}

/// The gradient of [`gravity`], 1/s².
pub fn gravity_gradient(position_m: Vector3<f64>) -> Matrix3<f64> {
    let r2 = position_m.norm_squared();
    let r = r2.sqrt();
    let r3 = r2 * r;
    let r5 = r3 * r2;
    let r7 = r5 * r2;
    let z = position_m.z;
    let pole = Vector3::z();
    let outer = position_m * position_m.transpose();
    let two_body = (outer * (3.0 / r2) - Matrix3::identity()) * (GM_M3PS2 / r3);
    let slope = position_m * (-5.0 / r7 + 35.0 * z * z / (r7 * r2)) - pole * (10.0 * z / r7);
    let slope_of_z = pole / r5 - position_m * (5.0 * z / r7);
    let oblate = Matrix3::identity() * ((1.0 - 5.0 * z * z / r2) / r5)
        + position_m * slope.transpose()
        + pole * (2.0 * slope_of_z.transpose());
    two_body - oblate * J2_STRENGTH
}

/// Acceleration in the turning axes, m/s²: gravity − 2 ω × v − ω × (ω × r).
#[inline]
pub fn acceleration(position_m: Vector3<f64>, velocity_mps: Vector3<f64>) -> Vector3<f64> {
    gravity(position_m) + turning(position_m, velocity_mps)
}

/// The Coriolis and the centrifugal acceleration, m/s².
#[inline]
fn turning(position_m: Vector3<f64>, velocity_mps: Vector3<f64>) -> Vector3<f64> {
    const W: f64 = EARTH_RATE_RADPS;
    Vector3::new(
        2.0 * W * velocity_mps.y + W * W * position_m.x,
        -2.0 * W * velocity_mps.x + W * W * position_m.y,
        0.0,
    )
}

/// The time derivative of a state.
pub fn derivative(at: &State) -> State {
    let v = velocity(at);
    state(v, acceleration(position(at), v))
}

/// The time derivative of a state that air slows: [`drag`] beside [`acceleration`].
pub fn derivative_in_air(at: &State, ballistic_coefficient_kgpm2: f64) -> State {
    let (r, v) = (position(at), velocity(at));
    let radius_m = r.norm();
    let inverse = 1.0 / radius_m;
    let inverse2 = inverse * inverse;
    let held = v * -slowing(radius_m, r.z * r.z * inverse2, v, ballistic_coefficient_kgpm2);
    state(v, gravity_by_inverse(r, inverse, inverse2) + turning(r, v) + held)
}

/// Drag, m/s²: −½ ρ |v| v / β, with still air that turns with the Earth; β is mass over drag coefficient times area.
pub fn drag(at: &State, ballistic_coefficient_kgpm2: f64) -> Vector3<f64> {
    let (r, v) = (position(at), velocity(at));
    let radius_m = r.norm();
    v * -slowing(radius_m, r.z * r.z / (radius_m * radius_m), v, ballistic_coefficient_kgpm2)
}

/// The derivatives of [`drag`] by the position (1/s²) and by the velocity (1/s): air thins upward, and
/// ∂(|v| v)/∂v = |v| (I + v vᵀ/v²).
pub fn drag_gradients(at: &State, ballistic_coefficient_kgpm2: f64) -> (Matrix3<f64>, Matrix3<f64>) {
    let (r, v) = (position(at), velocity(at));
    let speed2 = v.norm_squared();
    let height_m = radial_height_m(r);
    let density = |height_m: f64| atmosphere::density_kgpm3(height_m);
    let thins = (density(height_m + 500.0) - density(height_m - 500.0)) / 1_000.0;
    let held = v * (-0.5 * speed2.sqrt() / ballistic_coefficient_kgpm2);
    let along = if speed2 > 0.0 { v * v.transpose() / speed2 } else { Matrix3::zeros() };
    let slowing = 0.5 * density(height_m) * speed2.sqrt() / ballistic_coefficient_kgpm2;
    (held * thins * r.normalize().transpose(), (Matrix3::identity() + along) * -slowing)
}

/// ½ ρ |v| / β, 1/s, at a distance from the Earth's centre, with the squared sine of the latitude.
///
/// The ellipsoid's radius is a (1 − f s² − 3/2 f² s² (1 − s²)) to the third order of f, which is 0.3 m: nothing to air,
/// and quicker than [`radial_height_m`].
#[inline]
fn slowing(radius_m: f64, sine2: f64, velocity_mps: Vector3<f64>, ballistic_coefficient_kgpm2: f64) -> f64 {
    const F: f64 = FLATTENING;
    let height_m = radius_m - SEMI_MAJOR_M * (1.0 - F * sine2 - 1.5 * F * F * sine2 * (1.0 - sine2));
    0.5 * atmosphere::density_kgpm3(height_m) * velocity_mps.norm() / ballistic_coefficient_kgpm2
}

/// The transition matrix from a state to the one `dt_s` later (earlier where negative), for |dt| up to 10 s.
///
/// With A = [0 I; G C], G the gradient of gravity and centrifugal acceleration midway and C the Coriolis matrix:
/// I + A dt + A² dt²/2 + A³ dt³/6, small blocks left out.
pub fn transition(midway: &State, dt_s: f64) -> Matrix6 {
    const W: f64 = EARTH_RATE_RADPS;
    let mut gradient = gravity_gradient(position(midway));
    gradient[(0, 0)] += W * W;
    gradient[(1, 1)] += W * W;
    let coriolis = Matrix3::new(0.0, 2.0 * W, 0.0, -2.0 * W, 0.0, 0.0, 0.0, 0.0, 0.0);
    let (dt, half, sixth) = (dt_s, dt_s * dt_s / 2.0, dt_s * dt_s * dt_s / 6.0);
    let one = Matrix3::identity();
    let mut phi = Matrix6::zeros();
    phi.fixed_view_mut::<3, 3>(0, 0).copy_from(&(one + gradient * half));
    phi.fixed_view_mut::<3, 3>(0, 3).copy_from(&(one * dt + coriolis * half + gradient * sixth));
    phi.fixed_view_mut::<3, 3>(3, 0).copy_from(&(gradient * dt + coriolis * gradient * half));
    phi.fixed_view_mut::<3, 3>(3, 3).copy_from(&(one + coriolis * dt + gradient * half));
    phi
}

/// Specific energy (J/kg) and angular momentum (m²/s) in the inertial axes that coincide with the Earth-fixed ones.
pub fn energy_and_momentum(at: &State) -> (f64, Vector3<f64>) {
    let r = position(at);
    let v = velocity(at) + Vector3::new(-EARTH_RATE_RADPS * r.y, EARTH_RATE_RADPS * r.x, 0.0);
    (v.norm_squared() / 2.0 - GM_M3PS2 / r.norm(), r.cross(&v))
}

/// Radius of the perigee of the Kepler orbit that touches the state, metres. Vallado 2013, section 2.4: p/(1 + e).
pub fn perigee_radius_m(at: &State) -> f64 {
    let (parameter_m, eccentricity) = parameter_and_eccentricity(at);
    parameter_m / (1.0 + eccentricity)
}

/// Radius of its apogee, metres: p/(1 − e). Infinite of what leaves the Earth.
pub fn apogee_radius_m(at: &State) -> f64 {
    let (parameter_m, eccentricity) = parameter_and_eccentricity(at);
    if eccentricity < 1.0 { parameter_m / (1.0 - eccentricity) } else { f64::INFINITY }
}

fn parameter_and_eccentricity(at: &State) -> (f64, f64) {
    let (energy, momentum) = energy_and_momentum(at);
    let h2 = momentum.norm_squared();
    (h2 / GM_M3PS2, (1.0 + 2.0 * energy * h2 / (GM_M3PS2 * GM_M3PS2)).max(0.0).sqrt())
}

/// Height above the ellipsoid along the radius, metres: zero exactly on the ellipsoid, within 0.2 % of the geodetic
/// height elsewhere, and cheap.
#[inline]
pub fn radial_height_m(position_m: Vector3<f64>) -> f64 {
    let r = position_m.norm();
    if r == 0.0 {
        return -SEMI_MINOR_M;
    }
    let (across2, z2) =
        (position_m.x * position_m.x + position_m.y * position_m.y, position_m.z * position_m.z);
    const PER_A2: f64 = 1.0 / (SEMI_MAJOR_M * SEMI_MAJOR_M);
    const PER_B2: f64 = 1.0 / (SEMI_MINOR_M * SEMI_MINOR_M);
    r - r / (across2 * PER_A2 + z2 * PER_B2).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> State {
        State::new(-3.1e6, 3.9e6, 4.4e6, -2_300.0, -1_500.0, 3_900.0)
    }

    #[test]
    fn gradient_agrees_with_differences() {
        let at = position(&sample());
        let gradient = gravity_gradient(at);
        for axis in 0..3 {
            let mut step = Vector3::zeros();
            step[axis] = 50.0;
            let difference = (gravity(at + step) - gravity(at - step)) / 100.0;
            assert!((gradient.column(axis) - difference).norm() < 1e-6 * gradient.norm());
        }
    }

    #[test]
    fn gravity_at_pole_and_equator_with_j2() {
        // Normal gravity of WGS-84 (NIMA TR8350.2, table 3.4): 9.8321849378 at the pole, 9.7803253359 m/s² at the
        // equator with the centrifugal part. Left out here, the ellipsoid's J4 (-2.37e-6) adds −5 J4 GM/b² = 1.2e-4 at
        // the pole and 15/8 J4 GM/a² = -4e-5 at the equator.
        let pole = acceleration(Vector3::new(0.0, 0.0, SEMI_MINOR_M), Vector3::zeros());
        let equator = acceleration(Vector3::new(SEMI_MAJOR_M, 0.0, 0.0), Vector3::zeros());
        assert!((pole.norm() - 9.832_184_937_8 + 1.17e-4).abs() < 2e-6, "{}", pole.norm());
        assert!((equator.norm() - 9.780_325_335_9 + 4.3e-5).abs() < 5e-6, "{}", equator.norm());
    }

    #[test]
    fn drag_is_that_of_the_standard_at_each_latitude() {
        // U.S. Standard Atmosphere, 1976, table I: 0.41351 kg/m³ at 10 km; ½ ρ v² / β = 4.1351 m/s² at 1 km/s, 50,000 kg/m².
        for lat_deg in [0.0, 30.0, 45.0, 77.0, 90.0] {
            let place = crate::geodetic::Geodetic { lat_deg, lon_deg: 20.0, alt_m: 10_000.0 };
            let r = crate::wgs84::to_earth_fixed(place).vector();
            let drag = drag(&state(r, Vector3::new(0.0, 1_000.0, 0.0)), 50_000.0);
            assert!((drag.y + 4.135_1).abs() < 1e-3 && drag.x == 0.0, "{lat_deg} {drag}");
            let air = derivative_in_air(&state(r, Vector3::new(0.0, 1_000.0, 0.0)), 50_000.0);
            let none = derivative(&state(r, Vector3::new(0.0, 1_000.0, 0.0)));
            assert!((velocity(&air) - velocity(&none) - drag).norm() < 1e-9);
        }
    }

    #[test]
    fn the_gradients_of_drag_agree_with_differences() {
        let r = position(&sample()) * (6_400_000.0 / position(&sample()).norm());
        let at = state(r, velocity(&sample()));
        let (by_position, by_velocity) = drag_gradients(&at, 3_000.0);
        for axis in 0..6 {
            let mut step = State::zeros();
            step[axis] = if axis < 3 { 200.0 } else { 1.0 };
            let difference = (drag(&(at + step), 3_000.0) - drag(&(at - step), 3_000.0)) / (2.0 * step[axis]);
            let found = if axis < 3 { by_position.column(axis) } else { by_velocity.column(axis - 3) };
            assert!(
                (found - difference).norm() < 0.01 * difference.norm() + 1e-9,
                "{axis} {found} {difference}"
            );
        }
    }

    #[test]
    fn perigee_of_a_known_orbit() {
        // Vallado 2013, example 2-5: r = (6524.834, 6862.875, 6448.296) km, v = (4.901327, 5.533756, -1.976341) km/s
        // inertial; p = 11067.790 km, e = 0.832853.
        let r = Vector3::new(6_524_834.0, 6_862_875.0, 6_448_296.0);
        let inertial = Vector3::new(4_901.327, 5_533.756, -1_976.341);
        let v = inertial - Vector3::new(-EARTH_RATE_RADPS * r.y, EARTH_RATE_RADPS * r.x, 0.0);
        assert!((perigee_radius_m(&state(r, v)) - 11_067_790.0 / 1.832_853).abs() < 50.0);
        assert!((apogee_radius_m(&state(r, v)) / (11_067_790.0 / 0.167_147) - 1.0).abs() < 1e-5);
    }
}
