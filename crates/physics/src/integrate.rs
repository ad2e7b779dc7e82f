//! Numerical integration of motion: fixed steps (RK4) and adaptive ones (Dormand–Prince 5(4)).

use nalgebra::{SVector, Vector3};

use crate::motion::{self, Matrix6, State};

/// Longest fixed step, seconds. RK4's error of a coast of 1,500 s stays below 1 mm with it.
pub const STEP_S_MAX: f64 = 5.0;

/// One step of the classical Runge–Kutta method for y' = f(y).
pub fn rk4<const N: usize>(
    y: &SVector<f64, N>,
    dt_s: f64,
    f: impl Fn(&SVector<f64, N>) -> SVector<f64, N>,
) -> SVector<f64, N> {
    let k1 = f(y);
    let k2 = f(&(y + k1 * (dt_s / 2.0)));
    let k3 = f(&(y + k2 * (dt_s / 2.0)));
    let k4 = f(&(y + k3 * dt_s));
    y + (k1 + (k2 + k3) * 2.0 + k4) * (dt_s / 6.0)
}

/// A coasting state `dt_s` later (earlier where negative).
pub fn coast(from: &State, dt_s: f64) -> State {
    let (count, step) = steps(dt_s);
    (0..count).fold(*from, |at, _| rk4(&at, step, motion::derivative))
}

/// A coasting state `dt_s` later and the transition matrix to it.
pub fn coast_with_transition(from: &State, dt_s: f64) -> (State, Matrix6) {
    with_transition(from, dt_s, motion::derivative)
}

/// A state that air slows `dt_s` later, and a coast's transition matrix to it: what drag adds to the matrix is small
/// beside what is unknown of the drag.
pub fn fall_with_transition(from: &State, dt_s: f64, ballistic_coefficient_kgpm2: f64) -> (State, Matrix6) {
    with_transition(from, dt_s, |at| motion::derivative_in_air(at, ballistic_coefficient_kgpm2))
}

fn with_transition(from: &State, dt_s: f64, derivative: impl Fn(&State) -> State) -> (State, Matrix6) {
    let (count, step) = steps(dt_s);
    let mut at = *from;
    let mut phi = Matrix6::identity();
    for index in 0..count {
        let next = rk4(&at, step, &derivative);
        let part = motion::transition(&((at + next) / 2.0), step);
        phi = if index == 0 { part } else { part * phi };
        at = next;
    }
    (at, phi)
}

/// The number and the length of the fixed steps over `dt_s`; at most 100,000.
fn steps(dt_s: f64) -> (u32, f64) {
    if dt_s == 0.0 || !dt_s.is_finite() {
        return (0, 0.0);
    }
    let count = (dt_s.abs() / STEP_S_MAX).ceil().clamp(1.0, 100_000.0);
    (count as u32, dt_s / count)
}

/// Where a flight met the height it was followed to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Seconds from the start, negative for a flight followed backwards.
    pub elapsed_s: f64,
    /// The state there.
    pub state: State,
    /// Greatest height above the ellipsoid on the way, metres (radial).
    pub apogee_m: f64,
    /// When that was, seconds from the start.
    pub apogee_s: f64,
}

/// Follows a coasting flight, backwards where `backwards`, until it comes down through `height_m`; `None` where it
/// does not within `limit_s` or starts below it and never rises above.
pub fn fly_to_height(from: &State, height_m: f64, backwards: bool, limit_s: f64) -> Option<Arrival> {
    fly_within(from, height_m, backwards, limit_s, EXACT_M)
}

/// Follows a flight through the air down to `height_m`, as [`fly_to_height`] does; the object's mass over its drag
/// coefficient times area is `ballistic_coefficient_kgpm2`.
pub fn fall_to_height(
    from: &State,
    height_m: f64,
    ballistic_coefficient_kgpm2: f64,
    limit_s: f64,
) -> Option<Arrival> {
    fall_within(from, height_m, ballistic_coefficient_kgpm2, limit_s, EXACT_M)
}

/// The same where one step may err by `tolerance_m` (and by a hundredth of it each second): for what is known to some
/// hundred metres, a metre is enough, and takes a fourth of the time.
pub fn fall_within(
    from: &State,
    height_m: f64,
    ballistic_coefficient_kgpm2: f64,
    limit_s: f64,
    tolerance_m: f64,
) -> Option<Arrival> {
    let derivative = |at: &State| motion::derivative_in_air(at, ballistic_coefficient_kgpm2);
    fly(Flight::new(from, false, tolerance_m, derivative), height_m, limit_s)
}

/// A coasting flight to `height_m` as [`fly_to_height`] follows it, as exact as [`fall_within`].
pub fn fly_within(
    from: &State,
    height_m: f64,
    backwards: bool,
    limit_s: f64,
    tolerance_m: f64,
) -> Option<Arrival> {
    fly(Flight::new(from, backwards, tolerance_m, motion::derivative), height_m, limit_s)
}

/// The state `dt_s` later (earlier where negative) of a flight with that derivative, as exact as [`fall_within`]; `None`
/// where the motion is none.
pub fn fly_for(
    from: &State,
    dt_s: f64,
    tolerance_m: f64,
    derivative: impl Fn(&State) -> State,
) -> Option<State> {
    let mut flight = Flight::new(from, dt_s < 0.0, tolerance_m, derivative);
    for _ in 0..STEPS_MAX {
        if flight.elapsed_s >= dt_s.abs() {
            return Some(flight.at);
        }
        flight.step(dt_s.abs() - flight.elapsed_s)?;
    }
    None
}

fn fly<F: Fn(&State) -> State>(mut flight: Flight<F>, height_m: f64, limit_s: f64) -> Option<Arrival> {
    let sign = flight.sign;
    // Height over the one asked for, and its rate on the way.
    let vertical = |at: &State| {
        let position = motion::position(at);
        let climb_mps = motion::velocity(at).dot(&position) / position.norm();
        (motion::radial_height_m(position) - height_m, sign * climb_mps)
    };
    let (height, mut climb) = vertical(&flight.at);
    let mut above = height > 0.0;
    let (mut apogee, mut apogee_s) = (height, 0.0);
    for _ in 0..STEPS_MAX {
        if flight.elapsed_s >= limit_s {
            break;
        }
        let (start, start_s) = (flight.start(), flight.elapsed_s);
        let step_s = flight.step(f64::INFINITY)?;
        let (next_height, next_climb) = vertical(&flight.at);
        if climb > 0.0 && next_climb <= 0.0 {
            // The top: where the climb, which is nearly a straight line, is zero.
            let (part_s, top) = flight.zero(start, step_s, |at| {
                let climb_mps = vertical(at).1;
                (climb_mps, (next_climb - climb) / step_s, climb_mps.abs() < 0.1)
            });
            if vertical(&top).0 > apogee {
                (apogee, apogee_s) = (vertical(&top).0, start_s + part_s);
            }
        }
        if above && next_height <= 0.0 {
            let (part_s, state) = flight.zero(start, step_s, |at| {
                let (height, climb) = vertical(at);
                (height, climb, height.abs() < EXACT_M)
            });
            return Some(Arrival {
                elapsed_s: sign * (start_s + part_s),
                state,
                apogee_m: apogee + height_m,
                apogee_s: sign * apogee_s,
            });
        }
        if next_height > apogee {
            (apogee, apogee_s) = (next_height, flight.elapsed_s);
        }
        above |= next_height > 0.0;
        climb = next_climb;
    }
    None
}

/// What one step may err by where nothing else is asked for, metres.
const EXACT_M: f64 = 1e-3;

/// A flight that takes more steps than this is none that anybody means: below the ground the air is so thick that steps
/// become as short as one likes. A flight through the air takes some hundred.
const STEPS_MAX: u32 = 10_000;

/// Steps of Newton's method before halving alone.
const NEWTON_MAX: u32 = 12;

/// Longest adaptive step, seconds.
const ADAPTIVE_S_MAX: f64 = 300.0;

/// A flight followed in steps whose length fits the error that each may make.
struct Flight<F> {
    at: State,
    /// The derivative there.
    slope: State,
    elapsed_s: f64,
    /// The next step, seconds.
    step_s: f64,
    /// −1 where followed backwards.
    sign: f64,
    tolerance_m: f64,
    derivative: F,
}

impl<F: Fn(&State) -> State> Flight<F> {
    fn new(from: &State, backwards: bool, tolerance_m: f64, derivative: F) -> Flight<F> {
        let sign = if backwards { -1.0 } else { 1.0 };
        let slope = derivative(from);
        Flight { at: *from, slope, elapsed_s: 0.0, step_s: 10.0, sign, tolerance_m, derivative }
    }

    fn start(&self) -> (State, State) {
        (self.at, self.slope)
    }

    /// One step, of at most so many seconds; gives back its length.
    fn step(&mut self, most_s: f64) -> Option<f64> {
        loop {
            let step_s = self.step_s.min(most_s);
            let (next, error, slope) = dopri5(&self.at, &self.slope, self.sign * step_s, &self.derivative);
            // Metres and metres a second, weighted so that 1 is what one step may err by.
            let size = (error.fixed_rows::<3>(0).norm() + 100.0 * error.fixed_rows::<3>(3).norm())
                / self.tolerance_m;
            if !size.is_finite() {
                return None;
            }
            // The fifth root would do: the fourth is a little more careful, and quicker to take.
            let scale = (0.9 / size.max(1e-10).sqrt().sqrt()).clamp(0.2, 5.0);
            if size > 1.0 {
                self.step_s = step_s * scale;
                continue;
            }
            (self.at, self.slope) = (next, slope);
            self.elapsed_s += step_s;
            self.step_s = (step_s * scale).min(ADAPTIVE_S_MAX);
            return Some(step_s);
        }
    }

    /// Where in a step of `step_s` from `start` a quantity comes down through zero: seconds from the start, and the
    /// state. `quantity` gives its value, its rate and whether that is near enough. Newton's method, kept between both
    /// ends by halving.
    fn zero(
        &self,
        start: (State, State),
        step_s: f64,
        quantity: impl Fn(&State) -> (f64, f64, bool),
    ) -> (f64, State) {
        let (mut low, mut high) = (0.0, step_s);
        let ends = (quantity(&start.0).0, quantity(&self.at).0);
        let mut part_s = step_s * (ends.0 / (ends.0 - ends.1)).clamp(0.0, 1.0);
        let mut tried = 0;
        loop {
            tried += 1;
            let (state, ..) = dopri5(&start.0, &start.1, self.sign * part_s, &self.derivative);
            let (value, rate, near) = quantity(&state);
            if near || high - low < 1e-6 || !value.is_finite() {
                return (part_s, state);
            }
            if value > 0.0 {
                low = part_s;
            } else {
                high = part_s;
            }
            let newton_s = part_s - value / rate;
            let newton = tried < NEWTON_MAX && newton_s > low && newton_s < high;
            part_s = if newton { newton_s } else { (low + high) / 2.0 };
        }
    }
}

/// One step of Dormand and Prince's 5(4) pair from `y` with its derivative `k1`: the next state, the error estimate, and
/// the derivative there, which is the next step's first. J. Comp. Appl. Math. 6 (1980), 19–26.
fn dopri5(y: &State, k1: &State, h: f64, f: impl Fn(&State) -> State) -> (State, State, State) {
    let k2 = f(&(y + k1 * (h / 5.0)));
    let k3 = f(&(y + (k1 * (3.0 / 40.0) + k2 * (9.0 / 40.0)) * h));
    let k4 = f(&(y + (k1 * (44.0 / 45.0) - k2 * (56.0 / 15.0) + k3 * (32.0 / 9.0)) * h));
    let k5 = f(&(y
        + (k1 * (19_372.0 / 6_561.0) - k2 * (25_360.0 / 2_187.0) + k3 * (64_448.0 / 6_561.0)
            - k4 * (212.0 / 729.0))
            * h));
    let k6 = f(&(y
        + (k1 * (9_017.0 / 3_168.0) - k2 * (355.0 / 33.0)
            + k3 * (46_732.0 / 5_247.0)
            + k4 * (49.0 / 176.0)
            - k5 * (5_103.0 / 18_656.0))
            * h));
    let next = y
        + (k1 * (35.0 / 384.0) + k3 * (500.0 / 1_113.0) + k4 * (125.0 / 192.0) - k5 * (2_187.0 / 6_784.0)
            + k6 * (11.0 / 84.0))
            * h;
    let k7 = f(&next);
    let error = (k1 * (71.0 / 57_600.0) - k3 * (71.0 / 16_695.0) + k4 * (71.0 / 1_920.0)
        - k5 * (17_253.0 / 339_200.0)
        + k6 * (22.0 / 525.0)
        - k7 * (1.0 / 40.0))
        * h;
    (next, error, k7)
}

/// Unit vector of the ellipsoid's normal (up) at an Earth-fixed position on or near it. The gradient of
/// (x² + y²)/a² + z²/b²; exact on the ellipsoid.
pub fn up(position_m: Vector3<f64>) -> Vector3<f64> {
    use crate::wgs84::{SEMI_MAJOR_M, SEMI_MINOR_M};
    let squash = (SEMI_MAJOR_M / SEMI_MINOR_M) * (SEMI_MAJOR_M / SEMI_MINOR_M);
    Vector3::new(position_m.x, position_m.y, position_m.z * squash).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wgs84::{EARTH_RATE_RADPS, GM_M3PS2, SEMI_MAJOR_M};

    fn sample() -> State {
        State::new(-3.1e6, 3.9e6, 4.4e6, -2_300.0, -1_500.0, 3_900.0)
    }

    #[test]
    fn the_two_integrators_agree() {
        let arrival = fly_to_height(&sample(), 0.0, false, 4_000.0).expect("it comes down");
        let fixed = coast(&sample(), arrival.elapsed_s);
        assert!((motion::position(&fixed) - motion::position(&arrival.state)).norm() < 0.5);
        assert!(motion::radial_height_m(motion::position(&arrival.state)).abs() < 0.01);
    }

    #[test]
    fn a_rough_fall_ends_where_an_exact_one_does() {
        for coefficient_kgpm2 in [300.0, 5_000.0, 80_000.0] {
            let exact = fall_to_height(&sample(), 0.0, coefficient_kgpm2, 6_000.0).expect("it comes down");
            let rough = fall_within(&sample(), 0.0, coefficient_kgpm2, 6_000.0, 0.3).expect("it comes down");
            let away_m = (motion::position(&exact.state) - motion::position(&rough.state)).norm();
            assert!(away_m < 10.0, "{coefficient_kgpm2}: {away_m} m");
            assert!((exact.elapsed_s - rough.elapsed_s).abs() < 0.02);
            assert!((exact.apogee_m - rough.apogee_m).abs() < 5.0);
        }
    }

    /// Found in the exercise of 2024-05-27: a fall from below the ground took steps without end.
    #[test]
    fn a_fall_below_the_ground_ends() {
        let below = State::new(-2.9e6, 3.7e6, 4.1e6, 1_000.0, -1_500.0, -2_000.0);
        let _ = fall_within(&below, 0.0, 300.0, 6_000.0, 0.3);
        assert_eq!(fly_for(&below, f64::INFINITY, 0.3, |at| motion::derivative_in_air(at, 300.0)), None);
    }

    #[test]
    fn a_flight_for_a_time_ends_where_the_fixed_steps_do() {
        let flown = fly_for(&sample(), 333.0, 0.01, motion::derivative).expect("it flies");
        assert!((motion::position(&flown) - motion::position(&coast(&sample(), 333.0))).norm() < 0.5);
        let back = fly_for(&flown, -333.0, 0.01, motion::derivative).expect("it flies");
        assert!((motion::position(&back) - motion::position(&sample())).norm() < 0.5);
    }

    #[test]
    fn backwards_undoes_forwards() {
        let there = coast(&sample(), 900.0);
        let back = coast(&there, -900.0);
        assert!((back - sample()).norm() < 1e-3);
    }

    #[test]
    fn transition_agrees_with_differences_over_a_flight() {
        let (end, phi) = coast_with_transition(&sample(), 600.0);
        for axis in 0..6 {
            let mut step = State::zeros();
            step[axis] = if axis < 3 { 100.0 } else { 0.1 };
            let difference = (coast(&(sample() + step), 600.0) - coast(&(sample() - step), 600.0)) / 2.0;
            let mapped = phi * step;
            assert!((mapped - difference).norm() < 1e-4 * mapped.norm(), "axis {axis} {}", end[0]);
        }
    }

    #[test]
    fn energy_in_the_turning_axes_is_kept() {
        // The Jacobi integral v²/2 − GM/r (1 − J2 …) − ω² (x² + y²)/2 is constant in turning axes.
        let jacobi = |at: &State| {
            let (r, v) = (motion::position(at), motion::velocity(at));
            let sin2 = r.z * r.z / r.norm_squared();
            let ratio = SEMI_MAJOR_M / r.norm();
            let oblate = crate::wgs84::J2 * ratio * ratio * (1.5 * sin2 - 0.5);
            v.norm_squared() / 2.0
                - GM_M3PS2 / r.norm() * (1.0 - oblate)
                - EARTH_RATE_RADPS * EARTH_RATE_RADPS * (r.x * r.x + r.y * r.y) / 2.0
        };
        let end = coast(&sample(), 900.0);
        assert!((jacobi(&end) / jacobi(&sample()) - 1.0).abs() < 1e-11);
    }

    #[test]
    fn kepler_flight_without_rotation_of_a_known_orbit() {
        // Vallado 2013, example 2-4: r = (1131.340, -2282.343, 6672.423) km, v = (-5.64305, 4.30333, 2.42879) km/s,
        // after 40 min r = (-4219.7527, 4363.0292, -3958.7666) km (two-body). J2 moves it by some kilometres.
        let position = Vector3::new(1_131_340.0, -2_282_343.0, 6_672_423.0);
        let velocity = Vector3::new(-5_643.05, 4_303.33, 2_428.79);
        let two_body = |y: &State| {
            let r = motion::position(y);
            motion::state(motion::velocity(y), r * (-GM_M3PS2 / (r.norm_squared() * r.norm())))
        };
        let mut at = motion::state(position, velocity);
        for _ in 0..480 {
            at = rk4(&at, 5.0, two_body);
        }
        let expected = Vector3::new(-4_219_752.7, 4_363_029.2, -3_958_766.6);
        assert!((motion::position(&at) - expected).norm() < 50.0, "{at}");
    }
}
