//! Manoeuvre: whether what comes down through the air has lift.
//!
//! From [`AIR_BELOW_M`] down two filters follow the fall side by side. Both know the logarithm of the ballistic
//! coefficient β and the lift as a share of the drag, upward and to the right of the way: with k = ½ ρ v² / β,
//!
//!   a = gravity + turning + k (−v̂ + λ_up û + λ_right r̂)
//!
//! They differ in what they hold likely of λ alone: hardly any (what spins, tumbles or meets a cross wind), or as much as
//! a glider has. λ forgets (a first-order Gauss–Markov process), since lift is steered. The logarithm of the odds between
//! them adds up plot by plot, and never falls so low that a late manoeuvre would be held back by a long quiet fall
//! (Page, "Continuous inspection schemes", Biometrika 41, 1954). Lift that grows with the density as the object comes down is what
//! tells a glide from noise in some plots.

use nalgebra::{SMatrix, SVector, Vector3};
use physics::filter::{Estimate, SlowLink};
use physics::integrate::rk4;
use physics::motion::{self as law, State};
use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::motion::{AIR_BELOW_M, GATE, Motion, height_and_climb};
use crate::sense::{Radar, Sensed};

/// Logarithm of the ballistic coefficient, kg/m²: middle and one sigma. From a light tank (200) to a slender
/// warhead (15,000) within two of them, since drag alone must explain all that falls without lift.
const LN_COEFFICIENT: (f64, f64) = (8.2, 1.2);

/// Power of its change, 1/s: 0.3 in ten seconds, as the speed of sound nears and the body heats and turns.
const COEFFICIENT_PSD: f64 = 0.01;

/// What is lighter than this is no glider, whatever it seems to be lifted by (kg/m², 300 and 500: where it is given up, and
/// from where on it is called one): the one recorded payload fell with 100 to 150, and its tumbling and the radar's slow
/// errors looked like lift.
const LN_COEFFICIENT_MIN: (f64, f64) = (5.7, 6.2);

/// Lift over drag of what has none to speak of, and of what glides, one sigma each way, and how long it lasts, seconds.
/// A cross wind of 60 m/s at 1 km/s acts as 0.06, a payload that tumbles has more; gliders have 1 to 3 (Acton, Science & Global Security 23, 2015).
const NO_LIFT: (f64, f64) = (0.15, 10.0);
const LIFT: (f64, f64) = (1.5, 15.0);

/// Less lift over drag, or less lift in m/s², is not called a glide: a payload that tumbles has some.
const LIFT_MIN: f64 = 0.7;
const LIFT_MPS2_MIN: f64 = 3.0;

/// Power of acceleration beside all that, m²/s³.
const OTHER_PSD: f64 = 1e-2;

/// Longest step, seconds: drag may double in five.
const STEP_S: f64 = 1.0;

/// What comes into the air, or is first seen in it, is looked at when it flies this fast, m/s: faster than any aircraft.
const SPEED_MPS_MIN: f64 = 1_200.0;

/// Logarithms of the odds of lift: the bounds, of one plot, where it is believed and where given up.
const FLOOR: f64 = -1.0;
const CEILING: f64 = 20.0;
const ONE_PLOT: (f64, f64) = (-2.0, 5.0);
const BELIEVED: f64 = 3.0;
const GIVEN_UP: f64 = 0.0;

/// Position, velocity, ln β, λ_up, λ_right.
pub(crate) type Flown = SVector<f64, 9>;
type Matrix9 = SMatrix<f64, 9, 9>;

/// What is known of a fall's lift.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Manoeuvre {
    filters: Option<Box<[Estimate<9>; 2]>>,
    odds: f64,
    held: bool,
}

impl Manoeuvre {
    /// Where it is in the air and how it flies, once lift is believed: position, velocity, ln β, and lift over drag upward
    /// and to the right.
    pub fn gliding(&self) -> Option<&Estimate<9>> {
        self.filters.as_ref().filter(|_| self.held).map(|filters| &filters[1])
    }

    /// Looks at a plot that the track took; `motion` has it already.
    pub fn note(&mut self, plot: &Sensed, radars: &[Radar], motion: &Motion) {
        let Some(filters) = &mut self.filters else {
            self.filters = begin(plot, motion).map(Box::new);
            self.odds = FLOOR;
            return;
        };
        let measurement = plot.measurement(radars);
        let fits = [0, 1].map(|index| {
            let (filter, lift) = (&mut filters[index], [NO_LIFT, LIFT][index]);
            carry(filter, plot.time, lift);
            let fit = filter.fit(&measurement, 0.0);
            if fit.is_some_and(|fit| fit.distance_squared < 2.0 * GATE) {
                filter.update(&measurement);
            } else {
                // Drag or lift that changes all at once: what was known of it, and not quite of the velocity, is past.
                loosen(filter, lift.0);
                filter.update(&measurement);
            }
            fit
        });
        if let [Some(without), Some(with)] = fits {
            let told = with.log_likelihood() - without.log_likelihood();
            self.odds = (self.odds + told.clamp(ONE_PLOT.0, ONE_PLOT.1)).clamp(FLOOR, CEILING);
            let ln_coefficient = filters[1].state[6];
            self.held = match self.held {
                true => self.odds > GIVEN_UP && ln_coefficient > LN_COEFFICIENT_MIN.0,
                false => {
                    self.odds > BELIEVED && ln_coefficient > LN_COEFFICIENT_MIN.1 && is_strong(&filters[1])
                }
            };
        }
    }
}

/// Whether the lift that is reckoned is a glider's, and enough to be seen.
fn is_strong(filter: &Estimate<9>) -> bool {
    let state: State = filter.state.fixed_rows::<6>(0).into_owned();
    let lift = libm::hypot(filter.state[7], filter.state[8]);
    let lift_mps2 = lift * law::drag(&state, libm::exp(filter.state[6])).norm();
    lift > LIFT_MIN && lift_mps2 > LIFT_MPS2_MIN
}

/// Both filters, where a fall through air begins: from the arc, or from what is first seen in the air.
fn begin(plot: &Sensed, motion: &Motion) -> Option<[Estimate<9>; 2]> {
    let (height_m, climb_mps) = height_and_climb(&motion.state());
    if height_m > AIR_BELOW_M {
        return None;
    }
    if law::velocity(&motion.state()).norm() < SPEED_MPS_MIN {
        return None;
    }
    let from = if motion.is_in_air() {
        motion.arc()?.clone()
    } else {
        let unknown = motion.thrust_seen.is_none() && !motion.coasts() && motion.velocity_sigma_mps() < 100.0;
        (unknown && climb_mps < 0.0).then(|| motion.kinematic())?
    };
    let mut both = [NO_LIFT, LIFT].map(|(sigma, _)| with_air(&from, sigma));
    if from.time < plot.time {
        for (filter, lift) in both.iter_mut().zip([NO_LIFT, LIFT]) {
            carry(filter, plot.time, lift);
        }
    }
    Some(both)
}

fn with_air(from: &Estimate<6>, lift_sigma: f64) -> Estimate<9> {
    let mut state = Flown::zeros();
    state.fixed_rows_mut::<6>(0).copy_from(&from.state);
    state[6] = LN_COEFFICIENT.0;
    let mut covariance = Matrix9::zeros();
    covariance.fixed_view_mut::<6, 6>(0, 0).copy_from(&from.covariance);
    covariance[(6, 6)] = LN_COEFFICIENT.1 * LN_COEFFICIENT.1;
    covariance[(7, 7)] = lift_sigma * lift_sigma;
    covariance[(8, 8)] = lift_sigma * lift_sigma;
    let slow = from.slow.iter().map(|link| {
        let mut cross = SMatrix::<f64, 9, 3>::zeros();
        cross.fixed_rows_mut::<6>(0).copy_from(&link.cross);
        SlowLink { sensor: link.sensor, slow_time_s: link.slow_time_s, cross }
    });
    Estimate { time: from.time, state, covariance, slow: slow.collect() }
}

/// Lets a lift that lasts `lift.1` seconds be any of sigma `lift.0`, and moves on.
fn carry(filter: &mut Estimate<9>, time: Tai, lift: (f64, f64)) {
    let all_s = time.since_s(filter.time);
    if all_s <= 0.0 {
        return;
    }
    let steps = libm::ceil(all_s / STEP_S).clamp(1.0, 1_000.0);
    let dt_s = all_s / steps;
    let kept = libm::exp(-dt_s / lift.1);
    for _ in 0..steps as u32 {
        let midway = rk4(&filter.state, 0.5 * dt_s, derivative);
        let next = rk4(&filter.state, dt_s, derivative);
        let slope = slope(&midway);
        let moved = slope * dt_s;
        let mut phi = Matrix9::identity() + moved + moved * moved * 0.5 + moved * moved * moved * (1.0 / 6.0);
        filter.state = next;
        for lift in 7..9 {
            filter.state[lift] *= kept;
            for column in 0..9 {
                phi[(lift, column)] *= kept;
            }
        }
        let mut covariance = phi * filter.covariance * phi.transpose();
        for axis in 0..3 {
            covariance[(axis, axis)] += OTHER_PSD * dt_s * dt_s * dt_s / 3.0;
            covariance[(axis, axis + 3)] += OTHER_PSD * dt_s * dt_s / 2.0;
            covariance[(axis + 3, axis)] += OTHER_PSD * dt_s * dt_s / 2.0;
            covariance[(axis + 3, axis + 3)] += OTHER_PSD * dt_s;
        }
        covariance[(6, 6)] += COEFFICIENT_PSD * dt_s;
        let renewed = lift.0 * lift.0 * (1.0 - kept * kept);
        covariance[(7, 7)] += renewed;
        covariance[(8, 8)] += renewed;
        filter.covariance = (covariance + covariance.transpose()) * 0.5;
        for link in &mut filter.slow {
            link.cross = phi * link.cross * libm::exp(-dt_s / link.slow_time_s);
        }
    }
    filter.time = time;
}

/// The time derivative of a flight through air with lift; ln β and λ keep.
pub(crate) fn derivative(at: &Flown) -> Flown {
    let state: State = at.fixed_rows::<6>(0).into_owned();
    let (position, velocity) = (law::position(&state), law::velocity(&state));
    let drag = law::drag(&state, libm::exp(at[6].clamp(0.0, 15.0)));
    let force = drag + lifted(&position, &velocity, at[7], at[8]) * drag.norm();
    let acceleration = law::acceleration(position, velocity) + force;
    let mut rate = Flown::zeros();
    rate.fixed_rows_mut::<3>(0).copy_from(&velocity);
    rate.fixed_rows_mut::<3>(3).copy_from(&acceleration);
    rate
}

/// λ_up û + λ_right r̂: û is across the way and points most upward.
fn lifted(position: &Vector3<f64>, velocity: &Vector3<f64>, up: f64, right: f64) -> Vector3<f64> {
    let (above, along) = (position.normalize(), velocity.normalize());
    let across = (above - along * above.dot(&along)).normalize();
    across * up + along.cross(&across) * right
}

/// Derivatives of [`derivative`] by differences.
fn slope(at: &Flown) -> Matrix9 {
    const STEPS: [f64; 9] = [50.0, 50.0, 50.0, 1.0, 1.0, 1.0, 0.01, 0.01, 0.01];
    let middle = derivative(at);
    let mut slope = Matrix9::zeros();
    for (column, step) in STEPS.into_iter().enumerate() {
        let mut there = *at;
        there[column] += step;
        slope.set_column(column, &((derivative(&there) - middle) / step));
    }
    slope
}

/// Widens a filter that drag or lift has taken by surprise.
fn loosen(filter: &mut Estimate<9>, lift_sigma: f64) {
    const SURPRISE_MPS2: f64 = 30.0;
    for axis in 0..3 {
        filter.covariance[(axis, axis)] += SURPRISE_MPS2 * SURPRISE_MPS2;
        filter.covariance[(axis + 3, axis + 3)] += SURPRISE_MPS2 * SURPRISE_MPS2;
    }
    filter.covariance[(6, 6)] += 0.5;
    filter.covariance[(7, 7)] += lift_sigma * lift_sigma;
    filter.covariance[(8, 8)] += lift_sigma * lift_sigma;
}
