//! One boost from the ground: unknowns to a path.
//!
//! A rocket of constant mass flow that lifts off at rest, Earth-fixed axes:
//!
//! - thrust per mass a(t) = a₀ e^(c t/60 s) / (1 − t/τ) × (1 − 0.08 e^(−h/7.2 km)): Tsiolkovsky's growing acceleration with
//!   τ = mass / mass flow at lift-off; c for a flow that is not constant; the last factor is the outside pressure on the
//!   nozzle, 8 % of the thrust at the ground (specific impulses at sea level are 7–15 % below those in vacuum; Sutton and
//!   Biblarz, Rocket Propulsion Elements, 9th ed., tables 11-1 and 5-5);
//! - its direction leans from the vertical at the pad by ψ(t), into the course: a programmed turn and departures from it,
//!   whose rate is 0 at lift-off and linear between knots;
//! - drag ½ ρ v² / β / (1 − t/τ), with the usual rise of a slender body's drag around Mach 1.3.
//!
//! No staging: what follows a first stage is another path.

use core::f64::consts::PI;

use nalgebra::{SVector, Vector3};
use physics::atmosphere;
use physics::frames::{Position, Site};
use physics::geodetic::Geodetic;
use physics::integrate;
use physics::motion::{self, State};
use physics::wgs84;

use super::bank::{Kind, Shape};

/// Unknowns: east and north of the reference (km), height of the pad (in its prior's sigmas), lift-off (s), course (rad),
/// then in their priors' sigmas ln a₀, ln τ, c, ln β, angle and time of the programmed turn, and the departures at the knots.
pub(crate) const UNKNOWNS: usize = 11 + TURNS;
pub(crate) type Unknowns = SVector<f64, UNKNOWNS>;

/// The first unknown with a prior beside the pad's height.
pub(crate) const SHAPE: usize = 5;

/// Knots of the departures, and their times since lift-off, seconds.
pub(crate) const TURNS: usize = 6;
pub(crate) const TURN_S: [f64; TURNS] = [12.0, 24.0, 36.0, 50.0, 68.0, 92.0];

/// Height of a pad above the ellipsoid: middle and one sigma, metres; no terrain is known here. A rocket takes its first
/// hundred metres slowly: of pads higher than that lift-off is said 0.4 s early for each hundred (docs/tracking/infrared.md).
pub(crate) const PAD_M: (f64, f64) = (100.0, 100.0);

/// Step of the path, seconds: Runge and Kutta's error over it is far below a metre.
const STEP_S: f64 = 2.0;

/// What pressure takes of the thrust at the ground, and the height over which it falls by e, metres.
const PRESSURE_LOSS: f64 = 0.08;
const PRESSURE_HEIGHT_M: f64 = 7_200.0;

/// Speed of sound where drag matters most, m/s.
const SOUND_MPS: f64 = 300.0;

/// Where and when unknowns of 0 are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    pub site: Site,
}

impl Reference {
    pub fn below(position_m: Vector3<f64>) -> Reference {
        let place = wgs84::to_geodetic(Position::from_vector(position_m));
        Reference { site: Site::at(Geodetic { alt_m: 0.0, ..place }) }
    }

    /// The pad.
    pub fn pad(&self, unknowns: &Unknowns) -> Geodetic {
        let local = Position::new(1e3 * unknowns[0], 1e3 * unknowns[1], 0.0);
        let place = wgs84::to_geodetic(self.site.to_earth_fixed(local));
        Geodetic { alt_m: PAD_M.0 + PAD_M.1 * unknowns[2], ..place }
    }
}

/// A path: states every [`STEP_S`] from lift-off on.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    lift_off_s: f64,
    states: Vec<State>,
}

impl Path {
    /// Flies `unknowns` of a kind until `until_s` (since the reference's time).
    pub fn fly(reference: &Reference, kind: &Kind, unknowns: &Unknowns, until_s: f64) -> Path {
        let pad = reference.pad(unknowns);
        let site = Site::at(pad);
        let shape = kind.shape(unknowns);
        let turn = Turn::of(&shape);
        let (sin, cos) = libm::sincos(unknowns[4]);
        let (upright, ahead) =
            (site.axes.transpose() * Vector3::z(), site.axes.transpose() * Vector3::new(sin, cos, 0.0));
        let acceleration = |time_s: f64, at: &State| -> State {
            let (position_m, velocity_mps) = (motion::position(at), motion::velocity(at));
            let height_m = motion::radial_height_m(position_m);
            let left = (1.0 - time_s / shape.burn_up_s).max(0.05);
            let lost = 1.0 - PRESSURE_LOSS * libm::exp(-height_m.max(0.0) / PRESSURE_HEIGHT_M);
            let thrust_mps2 = shape.thrust_mps2 * libm::exp(shape.flow_growth * time_s / 60.0) / left * lost;
            let (sin, cos) = libm::sincos(turn.at(time_s));
            let speed_mps = velocity_mps.norm();
            let beyond = (speed_mps / SOUND_MPS - 1.3) / 0.7;
            let drag = 0.5
                * atmosphere::density_kgpm3(height_m)
                * speed_mps
                * (1.0 + 0.9 * libm::exp(-beyond * beyond))
                / (shape.ballistic_coefficient_kgpm2 * left);
            let total = motion::acceleration(position_m, velocity_mps)
                + (upright * cos + ahead * sin) * thrust_mps2
                - velocity_mps * drag;
            motion::state(velocity_mps, total)
        };
        let mut states = vec![motion::state(site.origin.vector(), Vector3::zeros())];
        let steps = ((until_s - unknowns[3]) / STEP_S).ceil().clamp(1.0, STEPS_MAX) as usize;
        for step in 0..steps {
            let from_s = STEP_S * step as f64;
            let y = states[step];
            // The classical method by hand: its derivative depends on time.
            let k1 = acceleration(from_s, &y);
            let k2 = acceleration(from_s + STEP_S / 2.0, &(y + k1 * (STEP_S / 2.0)));
            let k3 = acceleration(from_s + STEP_S / 2.0, &(y + k2 * (STEP_S / 2.0)));
            let k4 = acceleration(from_s + STEP_S, &(y + k3 * STEP_S));
            states.push(y + (k1 + (k2 + k3) * 2.0 + k4) * (STEP_S / 6.0));
        }
        Path { lift_off_s: unknowns[3], states }
    }

    /// Position (m) and velocity (m/s) at a time since the reference's; before lift-off at rest on the pad.
    pub fn at(&self, time_s: f64) -> State {
        let steps = ((time_s - self.lift_off_s) / STEP_S).max(0.0);
        let index = (steps.floor() as usize).min(self.states.len() - 2);
        let (from, to) = (&self.states[index], &self.states[index + 1]);
        let share = (steps - index as f64).min(1.0);
        between(from, to, share)
    }
}

/// Longer than any first stage and the wait for its first sight, in steps.
const STEPS_MAX: f64 = 200.0;

/// Cubic Hermite interpolation of a step.
fn between(from: &State, to: &State, share: f64) -> State {
    let (p0, p1) = (motion::position(from), motion::position(to));
    let (v0, v1) = (motion::velocity(from) * STEP_S, motion::velocity(to) * STEP_S);
    let (s2, s3) = (share * share, share * share * share);
    let rise = p1 - p0;
    let position = p0 + v0 * share + (rise * 3.0 - v0 * 2.0 - v1) * s2 + (v0 + v1 - rise * 2.0) * s3;
    let rate = v0 + (rise * 3.0 - v0 * 2.0 - v1) * (2.0 * share) + (v0 + v1 - rise * 2.0) * (3.0 * s2);
    motion::state(position, rate / STEP_S)
}

/// The turn: a programmed one, and an angle that is the integral of rates linear between knots.
struct Turn {
    from_s: f64,
    lasts_s: f64,
    angle_rad: f64,
    /// At each knot from lift-off on: time, rate, angle.
    knots: [(f64, f64, f64); TURNS + 1],
}

impl Turn {
    fn of(shape: &Shape) -> Turn {
        let mut knots = [(0.0, 0.0, 0.0); TURNS + 1];
        for (index, (to_s, to_rate)) in TURN_S.into_iter().zip(shape.departure_radps).enumerate() {
            let (from_s, from_rate, angle) = knots[index];
            knots[index + 1] = (to_s, to_rate, angle + 0.5 * (from_rate + to_rate) * (to_s - from_s));
        }
        let (from_s, lasts_s, angle_rad) = (shape.turn_from_s, shape.turn_lasts_s, shape.turn_rad);
        Turn { from_s, lasts_s, angle_rad, knots }
    }

    /// The angle, rad; the last knot's rate goes on. The programmed rate is a sine over half a turn.
    fn at(&self, time_s: f64) -> f64 {
        let later = self.knots.partition_point(|knot| knot.0 <= time_s).max(1);
        let (from_s, from_rate, angle) = self.knots[later - 1];
        let dt_s = time_s - from_s;
        let slope = match self.knots.get(later) {
            Some((to_s, to_rate, _)) => (to_rate - from_rate) / (to_s - from_s),
            None => 0.0,
        };
        let share = ((time_s - self.from_s) / self.lasts_s).clamp(0.0, 1.0);
        let programmed = self.angle_rad * 0.5 * (1.0 - libm::cos(PI * share));
        programmed + angle + from_rate * dt_s + 0.5 * slope * dt_s * dt_s
    }
}

/// Follows thrust above the air for `burn_s`, which grows by `growth_ps` of itself (1/s) and turns by `turn_radps` from its
/// direction towards `aside`, a unit vector at right angles to it: the state at its end.
pub(crate) fn burn_on(
    from: &State,
    thrust_mps2: Vector3<f64>,
    growth_ps: f64,
    (aside, turn_radps): (Vector3<f64>, f64),
    burn_s: f64,
) -> State {
    let steps = (burn_s / STEP_S).ceil().max(1.0);
    let step_s = burn_s / steps;
    let size_mps2 = thrust_mps2.norm();
    let mut state = *from;
    for step in 0..steps as usize {
        // As it is midway: its change within a step is small beside what is not known of it.
        let middle_s = step_s * (step as f64 + 0.5);
        let (sin, cos) = libm::sincos((turn_radps * middle_s).clamp(-TURN_RAD_MAX, TURN_RAD_MAX));
        let thrust = (thrust_mps2 * cos + aside * (size_mps2 * sin)) * (1.0 + growth_ps * middle_s);
        state = integrate::rk4(&state, step_s, |at| {
            let velocity_mps = motion::velocity(at);
            let acceleration = motion::acceleration(motion::position(at), velocity_mps);
            motion::state(velocity_mps, acceleration + thrust)
        });
    }
    state
}

/// A boost that burns on turns no further, rad.
const TURN_RAD_MAX: f64 = 1.0;
