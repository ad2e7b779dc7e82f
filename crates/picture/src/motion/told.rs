//! What is known of an object's motion, by the description that holds, or by both.

use nalgebra::{Matrix3, SMatrix, Vector3};
use physics::filter::{Estimate, SlowLink};
use physics::frames::Position;
use physics::motion::{self, State};
use physics::time::Tai;
use physics::wgs84;
use statement::{FlightPoint, Tracklet};

use super::{Motion, PAUSE_S, STANDS};
use crate::reentry::Drag;

/// Probability that is left to either filter at least while both run.
const OPEN: f64 = 0.02;

/// The fall's ln β is known better than before the air once its sigma is so much of the prior's.
const SHOWN: f64 = 0.95;

impl Motion {
    /// Where it is at present, and how it moves: by the description that holds; while that is open, by both, each with
    /// its probability, and the covariance that this mixture has (Bar-Shalom, Li, Kirubarajan 2001, section 1.4.16).
    pub fn kinematic(&self) -> Estimate<6> {
        if let (Some(fall), Some(thrust)) = (&self.fall, &self.thrust) {
            let fall = fall.kinematic();
            return if self.odds > STANDS {
                fall
            } else {
                mixed(&fall, &thrust.kinematic(), self.coasting())
            };
        }
        match (&self.coast, &self.thrust) {
            (Some(coast), Some(_)) if self.stands => coast.clone(),
            (Some(coast), Some(thrust)) => mixed(coast, &thrust.kinematic(), self.coasting()),
            (None, Some(thrust)) => thrust.kinematic(),
            (Some(coast), None) => coast.clone(),
            (None, None) => unreachable_empty(self.time),
        }
    }

    /// Probability that it coasts, while both filters run.
    pub(super) fn coasting(&self) -> f64 {
        (1.0 / (1.0 + libm::exp(-self.odds))).clamp(OPEN, 1.0 - OPEN)
    }

    /// Position (m) and velocity (m/s) at present, by the better description.
    pub fn state(&self) -> State {
        if let Some(fall) = self.fall.as_ref().filter(|_| self.odds > 0.0) {
            return fall.state();
        }
        match (&self.coast, &self.thrust) {
            (Some(coast), _) if self.stands || self.odds > 0.0 => coast.state,
            (_, Some(thrust)) => thrust.state.fixed_rows::<6>(0).into_owned(),
            (Some(coast), None) => coast.state,
            (None, None) => State::zeros(),
        }
    }

    /// One sigma of the position, all axes together, metres.
    pub fn position_sigma_m(&self) -> f64 {
        let trace = |matrix: Matrix3<f64>| matrix.trace();
        let variance = match (&self.thrust, &self.coast) {
            (Some(thrust), _) => trace(thrust.position_covariance()),
            (None, Some(coast)) => trace(coast.position_covariance()),
            (None, None) => f64::INFINITY,
        };
        variance.max(0.0).sqrt()
    }

    /// One sigma of the velocity, all axes together, m/s.
    pub fn velocity_sigma_mps(&self) -> f64 {
        let variance = match (&self.thrust, &self.coast) {
            (Some(thrust), _) => thrust.covariance.fixed_view::<3, 3>(3, 3).trace(),
            (None, Some(coast)) => coast.covariance.fixed_view::<3, 3>(3, 3).trace(),
            (None, None) => f64::INFINITY,
        };
        variance.max(0.0).sqrt()
    }

    /// One sigma of the position (m) and of the velocity (m/s) along a direction.
    pub fn sigmas_along(&self, line: &Vector3<f64>) -> (f64, f64) {
        let along = |block: Matrix3<f64>| line.dot(&(block * line)).max(0.0).sqrt();
        match (&self.thrust, &self.coast) {
            (Some(thrust), _) => (
                along(thrust.position_covariance()),
                along(thrust.covariance.fixed_view::<3, 3>(3, 3).into_owned()),
            ),
            (None, Some(coast)) => (
                along(coast.position_covariance()),
                along(coast.covariance.fixed_view::<3, 3>(3, 3).into_owned()),
            ),
            (None, None) => (f64::INFINITY, f64::INFINITY),
        }
    }

    /// Whether it is sure enough that nothing but gravity moves it (or moved it, before the air did).
    pub fn coasts(&self) -> bool {
        self.stands
    }

    /// Whether gravity alone will carry it on.
    pub fn coasts_in_space(&self) -> bool {
        self.stands && self.thrust.is_none() && self.arc.is_none()
    }

    /// By how much its speed grows each second, m/s², and one sigma of that, by the thrust filter.
    pub fn speeding_up(&self) -> Option<(f64, f64)> {
        let thrust = self.thrust.as_ref()?;
        let along = thrust.velocity().normalize();
        let push =
            thrust.state.fixed_rows::<3>(6) + motion::acceleration(thrust.position(), thrust.velocity());
        let variance = along.dot(&(thrust.covariance.fixed_view::<3, 3>(6, 6) * along));
        Some((along.dot(&push), variance.max(0.0).sqrt()))
    }

    /// Whether it came down from its arc into the air.
    pub fn is_in_air(&self) -> bool {
        self.stands && self.arc.is_some()
    }

    /// The coast that launch and impact are reckoned from; `None` while it does not stand.
    pub fn arc(&self) -> Option<&Estimate<6>> {
        if !self.stands {
            return None;
        }
        self.arc.as_ref().or(self.coast.as_ref())
    }

    /// What of the coast is news to others; `first` is its first plot.
    pub fn tracklet(&self, first: Tai) -> Option<Tracklet> {
        let coast = self.coast.as_ref().filter(|_| self.stands && self.arc.is_none())?;
        self.anchor.tracklet(first, coast)
    }

    /// What the impact is reckoned from: the arc, with nothing known of its drag; or the fall, once the air has shown
    /// more of it than was known before.
    pub fn comes_down(&self) -> Option<(Estimate<6>, Drag)> {
        let arc = self.arc()?;
        let fall = self.fall.as_ref().filter(|_| self.odds > STANDS);
        match fall.map(|fall| (fall, fall.drag())) {
            Some((fall, drag)) if drag.ln_sigma < SHOWN * Drag::prior().ln_sigma => {
                Some((fall.kinematic(), drag))
            }
            _ => Some((arc.clone(), Drag::prior())),
        }
    }

    /// Where it is at present.
    pub fn flight_point(&self) -> FlightPoint {
        flight_point(&self.state(), self.time)
    }

    /// Whether it is under thrust; `None` while that is open, and in the air on the way down.
    pub fn under_thrust(&self) -> Option<bool> {
        if self.arc.is_some() {
            return None;
        }
        let lately = |seen: &FlightPoint| self.time.since_s(seen.time) < PAUSE_S;
        if self.stands { Some(false) } else { self.thrust_seen.as_ref().is_some_and(lately).then_some(true) }
    }

    /// Where thrust was last seen, once it coasts.
    pub fn burnout(&self) -> Option<FlightPoint> {
        self.thrust_seen.filter(|_| self.stands)
    }
}

/// Two descriptions of one object as one: mean and covariance of their mixture. `first` is the probability of the first.
fn mixed(a: &Estimate<6>, b: &Estimate<6>, first: f64) -> Estimate<6> {
    let second = 1.0 - first;
    let apart = a.state - b.state;
    let slow = a.slow.iter().filter_map(|link| {
        let other = b.slow.iter().find(|other| other.sensor == link.sensor)?;
        Some(SlowLink { cross: link.cross * first + other.cross * second, ..link.clone() })
    });
    Estimate {
        time: a.time,
        state: a.state * first + b.state * second,
        covariance: a.covariance * first
            + b.covariance * second
            + apart * apart.transpose() * (first * second),
        slow: slow.collect(),
    }
}

pub(super) fn flight_point(state: &State, time: Tai) -> FlightPoint {
    FlightPoint { place: wgs84::to_geodetic(Position::from_vector(motion::position(state))), time }
}

/// A motion always has a filter; a damaged one stands still at the Earth's centre, without any certainty.
fn unreachable_empty(time: Tai) -> Estimate<6> {
    Estimate {
        time,
        state: State::zeros(),
        covariance: SMatrix::<f64, 6, 6>::identity() * 1e12,
        slow: Vec::new(),
    }
}
