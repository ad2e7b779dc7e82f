//! Frames as types: a position in one frame cannot be added to one in another.
//!
//! Three frames: [`EarthFixed`] (x through Greenwich, z through the pole, turning with the Earth; WGS-84),
//! [`Inertial`] (the Earth-fixed axes frozen at an epoch that the caller keeps) and [`Local`] (east, north, up of the
//! ellipsoid at a site).
//!
//! ```compile_fail
//! use physics::frames::{EarthFixed, Local, Position};
//! let radar = Position::<EarthFixed>::new(6_378_137.0, 0.0, 0.0);
//! let plot = Position::<Local>::new(1.0, 2.0, 3.0);
//! let _ = plot - radar;
//! ```
//! Its twin compiles, so it is the frame that fails above:
//! ```
//! use physics::frames::{EarthFixed, Position};
//! let radar = Position::<EarthFixed>::new(6_378_137.0, 0.0, 0.0);
//! let plot = Position::<EarthFixed>::new(1.0, 2.0, 3.0);
//! let _ = plot - radar;
//! ```

use core::fmt;
use core::marker::PhantomData;
use core::ops::Sub;

use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

use crate::geodetic::Geodetic;
use crate::wgs84;

/// Earth-centred, Earth-fixed axes of WGS-84.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarthFixed {}

/// Earth-centred axes that do not turn: the Earth-fixed ones, frozen at an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inertial {}

/// East, north, up at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {}

/// A position in frame `F`, metres.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Position<F> {
    metres: Vector3<f64>,
    frame: PhantomData<F>,
}

/// A velocity relative to frame `F` in its axes, metres a second.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Velocity<F> {
    metres_per_second: Vector3<f64>,
    frame: PhantomData<F>,
}

impl<F> Position<F> {
    /// From its components, metres.
    pub fn new(x_m: f64, y_m: f64, z_m: f64) -> Self {
        Self::from_vector(Vector3::new(x_m, y_m, z_m))
    }

    /// CLAIM of the caller: `metres` are in frame `F`.
    pub fn from_vector(metres: Vector3<f64>) -> Self {
        Position { metres, frame: PhantomData }
    }

    /// The components, metres.
    pub fn vector(&self) -> Vector3<f64> {
        self.metres
    }
}

impl<F> Velocity<F> {
    /// From its components, metres a second.
    pub fn new(x_mps: f64, y_mps: f64, z_mps: f64) -> Self {
        Self::from_vector(Vector3::new(x_mps, y_mps, z_mps))
    }

    /// CLAIM of the caller: `metres_per_second` are in frame `F`.
    pub fn from_vector(metres_per_second: Vector3<f64>) -> Self {
        Velocity { metres_per_second, frame: PhantomData }
    }

    /// The components, metres a second.
    pub fn vector(&self) -> Vector3<f64> {
        self.metres_per_second
    }
}

/// The way from one position to another in the same frame, metres.
impl<F> Sub for Position<F> {
    type Output = Vector3<f64>;
    fn sub(self, other: Self) -> Vector3<f64> {
        self.metres - other.metres
    }
}

impl<F> Clone for Position<F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F> Copy for Position<F> {}
impl<F> Clone for Velocity<F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F> Copy for Velocity<F> {}
impl<F> PartialEq for Position<F> {
    fn eq(&self, other: &Self) -> bool {
        self.metres == other.metres
    }
}
impl<F> PartialEq for Velocity<F> {
    fn eq(&self, other: &Self) -> bool {
        self.metres_per_second == other.metres_per_second
    }
}
impl<F> fmt::Debug for Position<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} m", self.metres.as_slice())
    }
}
impl<F> fmt::Debug for Velocity<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} m/s", self.metres_per_second.as_slice())
    }
}

/// Earth-fixed position and velocity as inertial ones, where the frozen axes are the Earth-fixed ones of
/// `since_epoch_s` seconds earlier. The velocity gains ω × r.
pub fn to_inertial(
    position: Position<EarthFixed>,
    velocity: Velocity<EarthFixed>,
    since_epoch_s: f64,
) -> (Position<Inertial>, Velocity<Inertial>) {
    let turn = earth_turn(since_epoch_s);
    let seen_at_rest = velocity.vector() + earth_rate().cross(&position.vector());
    (Position::from_vector(turn * position.vector()), Velocity::from_vector(turn * seen_at_rest))
}

/// The inverse of [`to_inertial`].
pub fn to_earth_fixed(
    position: Position<Inertial>,
    velocity: Velocity<Inertial>,
    since_epoch_s: f64,
) -> (Position<EarthFixed>, Velocity<EarthFixed>) {
    let back = earth_turn(since_epoch_s).transpose();
    let position = back * position.vector();
    let velocity = back * velocity.vector() - earth_rate().cross(&position);
    (Position::from_vector(position), Velocity::from_vector(velocity))
}

/// The Earth's angular velocity, radians a second.
pub fn earth_rate() -> Vector3<f64> {
    Vector3::new(0.0, 0.0, wgs84::EARTH_RATE_RADPS)
}

fn earth_turn(since_epoch_s: f64) -> Matrix3<f64> {
    let (sin, cos) = libm::sincos(wgs84::EARTH_RATE_RADPS * since_epoch_s);
    Matrix3::new(cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0)
}

/// A place with its local axes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Where it stands.
    pub origin: Position<EarthFixed>,
    /// Rows: east, north, up, in Earth-fixed components.
    pub axes: Matrix3<f64>,
}

impl Site {
    /// The site at a place; its up is the ellipsoid's normal there.
    pub fn at(place: Geodetic) -> Site {
        let (sin_lat, cos_lat) = libm::sincos(place.lat_deg.to_radians());
        let (sin_lon, cos_lon) = libm::sincos(place.lon_deg.to_radians());
        let axes = Matrix3::new(
            -sin_lon,
            cos_lon,
            0.0,
            -sin_lat * cos_lon,
            -sin_lat * sin_lon,
            cos_lat,
            cos_lat * cos_lon,
            cos_lat * sin_lon,
            sin_lat,
        );
        Site { origin: wgs84::to_earth_fixed(place), axes }
    }

    /// An Earth-fixed position in the site's axes.
    pub fn to_local(&self, position: Position<EarthFixed>) -> Position<Local> {
        Position::from_vector(self.axes * (position - self.origin))
    }

    /// The inverse of [`Site::to_local`].
    pub fn to_earth_fixed(&self, position: Position<Local>) -> Position<EarthFixed> {
        Position::from_vector(self.origin.vector() + self.axes.transpose() * position.vector())
    }

    /// An Earth-fixed velocity in the site's axes.
    pub fn velocity_to_local(&self, velocity: Velocity<EarthFixed>) -> Velocity<Local> {
        Velocity::from_vector(self.axes * velocity.vector())
    }

    /// The inverse of [`Site::velocity_to_local`].
    pub fn velocity_to_earth_fixed(&self, velocity: Velocity<Local>) -> Velocity<EarthFixed> {
        Velocity::from_vector(self.axes.transpose() * velocity.vector())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inertial_and_back() {
        let (position, velocity) =
            (Position::new(6.7e6, -1.1e6, 2.0e6), Velocity::<EarthFixed>::new(-900.0, 5_000.0, 3_000.0));
        let (p, v) = to_inertial(position, velocity, 700.0);
        let (position_again, velocity_again) = to_earth_fixed(p, v, 700.0);
        assert!((position - position_again).norm() < 1e-8);
        assert!((velocity.vector() - velocity_again.vector()).norm() < 1e-11);
    }

    #[test]
    fn a_place_at_rest_on_the_equator_moves_east_by_465_m_a_second() {
        // Equatorial radius times Earth rate: 6,378,137 m × 7.292115e-5 rad/s = 465.10 m/s.
        let (_, velocity) =
            to_inertial(Position::new(wgs84::SEMI_MAJOR_M, 0.0, 0.0), Velocity::new(0.0, 0.0, 0.0), 0.0);
        assert!((velocity.vector() - Vector3::new(0.0, 465.10, 0.0)).norm() < 0.01);
    }

    #[test]
    fn up_is_up() {
        let place = Geodetic { lat_deg: 40.61, lon_deg: 126.43, alt_m: 0.0 };
        let above = wgs84::to_earth_fixed(Geodetic { alt_m: 1_000.0, ..place });
        let local = Site::at(place).to_local(above).vector();
        assert!((local - Vector3::new(0.0, 0.0, 1_000.0)).norm() < 1e-6);
    }
}
