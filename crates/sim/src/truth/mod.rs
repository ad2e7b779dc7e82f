//! What really flies: its own motion code, so that the filter is never tested against itself.
//!
//! Inertial axes (the filter works in rotating ones), point mass with J2, rotation, the U.S. Standard Atmosphere,
//! drag, stages with thrust and mass flow. None of it calls `physics`, whose data types alone are used.

pub mod arc;
pub(crate) mod atmosphere;
pub mod classes;
pub mod draw;
pub mod earth;
pub mod fate;
pub mod fit;
mod flight;
pub mod glide;
mod path;
pub mod vector;
pub mod vehicle;

use std::sync::Arc;

use physics::geodetic::Geodetic;

pub use flight::FlightError;
pub use path::{Moment, Phase};

use path::{Node, Path};
use vector::Vector;
use vehicle::{Steering, Vehicle};

/// One object that really flies: its whole path, known from the start.
#[derive(Clone, Debug)]
pub struct Truth {
    /// Its name, which a simulated plot carries as `truth_id`.
    pub id: String,
    /// When its path starts, seconds since the scenario's start.
    start_s: f64,
    path: Arc<Path>,
}

impl Truth {
    /// Flies `vehicle` from rest at `site`, `launch_s` after the scenario's start, until it comes down.
    pub fn launched(
        id: &str,
        vehicle: &Vehicle,
        steering: &Steering,
        site: Geodetic,
        launch_s: f64,
    ) -> Result<Truth, FlightError> {
        let path = flight::fly(vehicle, steering, site, flight::Fineness::KEPT)?;
        Ok(Truth { id: id.to_owned(), start_s: launch_s, path: Arc::new(path) })
    }

    /// An object in orbit that has Earth-fixed `position_m` and `velocity_mps` at `from_s` after the scenario's start;
    /// its path spans 0 to `end_s`.
    pub fn orbiting(id: &str, from_s: f64, position_m: Vector, velocity_mps: Vector, end_s: f64) -> Truth {
        let path = flight::orbit(from_s, position_m, velocity_mps, end_s);
        Truth { id: id.to_owned(), start_s: 0.0, path: Arc::new(path) }
    }

    /// Earth-fixed position (metres), velocity (m/s) and phase at `time_s` since the scenario's start; `None` before
    /// launch and after impact.
    pub fn state(&self, time_s: f64) -> Option<(Vector, Vector, Phase)> {
        let node = self.path.at(time_s - self.start_s)?;
        Some((node.position_m, node.velocity_mps, self.path.phase_at(node.time_s)))
    }

    /// This launch's time with another name and path.
    fn with_path(&self, id: String, path: Path) -> Truth {
        Truth { id, start_s: self.start_s, path: Arc::new(path) }
    }

    /// This up to `from_s` since the scenario's start, then through these states of Earth-fixed position (m) and velocity
    /// (m/s), each with its time since then.
    pub(crate) fn going_on(&self, from_s: f64, states: &[(f64, Vector, Vector)]) -> Truth {
        let mut path = self.path.until(from_s - self.start_s);
        path.nodes.extend(states.iter().map(|&(time_s, position_m, velocity_mps)| Node {
            time_s: from_s - self.start_s + time_s,
            position_m,
            velocity_mps,
        }));
        self.with_path(self.id.clone(), path)
    }

    /// Launch; `None` of what was in orbit before, and of what left another object on its way.
    pub fn launch(&self) -> Option<Moment> {
        self.path.start_of(Phase::Boost).and(self.path.nodes.first()).map(|node| self.moment(node))
    }

    /// The end of thrust (of a launch to orbit: before its last stage), with the height in its place; `None` of what
    /// was not launched.
    pub fn burnout(&self) -> Option<Moment> {
        self.path.start_of(Phase::Boost)?;
        self.path.at(self.path.start_of(Phase::Coast)?).map(|node| self.moment(&node))
    }

    /// When it is in orbit from, seconds since the scenario's start.
    pub fn in_orbit_s(&self) -> Option<f64> {
        self.path.start_of(Phase::Orbit).map(|since_s| since_s + self.start_s)
    }

    /// The highest point; `None` of what does not come down.
    pub fn apogee(&self) -> Option<Moment> {
        self.comes_down().then(|| self.path.apogee())?.map(|node| self.moment(&node))
    }

    /// Where and when it comes down; `None` of what does not.
    pub fn impact(&self) -> Option<Moment> {
        self.comes_down().then(|| self.path.nodes.last())?.map(|node| self.moment(node))
    }

    /// From its first to its last state along the ground, metres; `None` of what does not come down.
    pub fn range_m(&self) -> Option<f64> {
        self.comes_down().then(|| self.path.range_m())
    }

    /// The greatest speed over the ground, m/s.
    pub fn speed_max_mps(&self) -> f64 {
        self.path.speed_max_mps()
    }

    fn comes_down(&self) -> bool {
        self.path.nodes.last().is_some_and(|node| earth::height_m(node.position_m) < 1_000.0)
    }

    /// When its ground track is closest to `place`, seconds since the scenario's start, and how far from it, metres.
    pub fn passes(&self, place: Geodetic) -> Option<(f64, f64)> {
        fit::passes_at_m(&self.path, place).map(|(time_s, aside_m)| (time_s + self.start_s, aside_m))
    }

    fn moment(&self, node: &Node) -> Moment {
        Moment { time_s: node.time_s + self.start_s, place: earth::place_of(node.position_m) }
    }
}
