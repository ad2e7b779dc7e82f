//! A vehicle with lift: it comes down an arc, pulls up in dense air, glides or skips, and dives.
//!
//! NOTIONAL: nothing is a real system's. Lift and drag follow the parabolic polar of hypersonic flight (Vinh, Busemann,
//! Culp, "Hypersonic and Planetary Entry Flight Mechanics", 1980: C_D = C_D0 + K C_L²). With u the lift over that of the
//! best ratio, L* / D* that ratio and β* mass over drag coefficient times area there, q = ½ ρ v²:
//!
//! - lift  q / β* · (L* / D*) · u
//! - drag  q / β* · (1 + u²) / 2
//!
//! | drawn, uniform | from | to | why |
//! |---|---|---|---|
//! | L* / D* | 1.5 | 3 | shapes between a cone with flaps and a flat glider; 2.6 is reckoned for one that was tested (Acton, Science & Global Security 23, 2015, 191–219) |
//! | β* (log-uniform), kg/m² | 1,500 | 4,500 | a weight that lift can carry between 25 and 45 km at 2 km/s |
//! | lift from this height down, km | 40 | 60 | |
//! | greatest load, m/s² | 60 | 150 | |
//! | bank after the pull-up, degrees | −45 | 45 | |
//! | bank changes sides after, seconds | 20 | 120 | |
//! | skips (all lift all the time) | | | one in three; the others fly level |
//! | dives at a speed below, m/s | 800 | 1,300 | |
//! | dives so steeply, degrees | 30 | 70 | |

use super::atmosphere::air;
use super::earth::{air_velocity, gravity, height_m};
use super::flight::{advance, node};
use super::path::Phase;
use super::vector::{Vector, add, add_scaled, cross, dot, norm, scale, subtract, unit};
use super::{Truth, earth};
use crate::random::Random;

/// Above this air gives no lift that matters, metres: the arc is the launch's own.
const AIR_M: f64 = 70_000.0;
const STEP_S: f64 = 0.25;
/// Longer than any flight of a thousand kilometres, seconds.
const GLIDE_S_MAX: f64 = 1_500.0;
/// Lift that counts as the start of the pull-up, m/s².
pub const PULL_UP_MPS2: f64 = 5.0;
/// How quickly a level flight turns back to its slope, 1/s, and that slope, radians.
const LEVELS_PER_S: f64 = 0.15;
const SLOPE_RAD: f64 = -0.01;

/// What glides, and how it is steered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glide {
    /// Best lift over drag.
    pub lift_over_drag: f64,
    /// Mass over drag coefficient times area there, kg/m².
    pub ballistic_coefficient_kgpm2: f64,
    /// Lift from this height down, metres.
    pub pulls_up_below_m: f64,
    /// Greatest lift, m/s².
    pub load_max_mps2: f64,
    /// Bank after the pull-up, radians to the right.
    pub bank_rad: f64,
    /// Seconds after the pull-up when the bank changes sides.
    pub turns_after_s: f64,
    /// All lift all the time.
    pub skips: bool,
    /// It dives below this speed, m/s.
    pub dives_below_mps: f64,
    /// How steeply, radians.
    pub dive_rad: f64,
}

/// A flight with lift.
#[derive(Clone, Debug)]
pub struct Glided {
    /// The whole of it.
    pub truth: Truth,
    /// When lift first exceeds [`PULL_UP_MPS2`], seconds since the scenario's start.
    pub pull_up_s: f64,
    /// The lowest height of the pull-up, metres.
    pub lowest_m: f64,
    /// What flew, and how.
    pub glide: Glide,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Leg {
    Entry,
    PullUp,
    Glide { since_s: f64 },
    Dive,
    Fall,
}

impl Glide {
    pub(crate) fn draw(random: &mut Random) -> Glide {
        Glide {
            lift_over_drag: random.between(1.5, 3.0),
            ballistic_coefficient_kgpm2: libm::exp(random.between(libm::log(1_500.0), libm::log(4_500.0))),
            pulls_up_below_m: random.between(40e3, 60e3),
            load_max_mps2: random.between(60.0, 150.0),
            bank_rad: random.between(-45.0, 45.0).to_radians(),
            turns_after_s: random.between(20.0, 120.0),
            skips: random.chance(1.0 / 3.0),
            dives_below_mps: random.between(800.0, 1_300.0),
            dive_rad: random.between(30.0, 70.0).to_radians(),
        }
    }

    /// `truth` up to the air, and from there on with lift; `None` of what does not come down.
    pub fn fly(&self, truth: &Truth) -> Option<Glided> {
        let entry = truth.path.nodes.iter().find(|node| {
            height_m(node.position_m) < AIR_M && dot(node.position_m, node.velocity_mps) < 0.0
        })?;
        let mut path = truth.path.until(entry.time_s);
        let mut time_s = entry.time_s;
        let mut state = earth::to_inertial(time_s, entry.position_m, entry.velocity_mps);
        let (mut leg, mut pull_up_s, mut lowest_m) = (Leg::Entry, None, None);
        while time_s - entry.time_s < GLIDE_S_MAX {
            leg = self.next(leg, time_s, state);
            if matches!(leg, Leg::Glide { .. }) {
                lowest_m.get_or_insert(height_m(state.0));
            }
            let (share, bank_rad) = self.control(leg, time_s, state);
            let force = |position: Vector, velocity: Vector| self.force(share, bank_rad, position, velocity);
            if norm(force(state.0, state.1).0) > PULL_UP_MPS2 {
                pull_up_s.get_or_insert(time_s);
            }
            let acceleration = |_: f64, position: Vector, velocity: Vector| {
                let (lift, drag) = force(position, velocity);
                add(gravity(position), add(lift, drag))
            };
            let next = advance(time_s, state, STEP_S, &acceleration);
            if height_m(next.0) <= 0.0 {
                let (mut above_s, mut below_s) = (0.0, STEP_S);
                for _ in 0..40 {
                    let middle_s = 0.5 * (above_s + below_s);
                    let (position, _) = advance(time_s, state, middle_s, &acceleration);
                    if height_m(position) > 0.0 { above_s = middle_s } else { below_s = middle_s }
                }
                let end = advance(time_s, state, below_s, &acceleration);
                path.nodes.push(node(time_s + below_s, end));
                if path.phase_at(time_s) != Phase::Reentry {
                    path.phases.push((entry.time_s, Phase::Reentry));
                }
                return Some(Glided {
                    truth: truth.with_path(truth.id.clone(), path),
                    pull_up_s: pull_up_s? + truth.start_s,
                    lowest_m: lowest_m?,
                    glide: *self,
                });
            }
            (state, time_s) = (next, time_s + STEP_S);
            path.nodes.push(node(time_s, state));
        }
        None
    }

    fn next(&self, leg: Leg, time_s: f64, (position, velocity): (Vector, Vector)) -> Leg {
        let against = subtract(velocity, air_velocity(position));
        let slope_rad = libm::asin(dot(unit(against), unit(position)).clamp(-1.0, 1.0));
        match leg {
            Leg::Entry if height_m(position) < self.pulls_up_below_m => Leg::PullUp,
            Leg::PullUp if slope_rad > SLOPE_RAD => Leg::Glide { since_s: time_s },
            Leg::PullUp | Leg::Glide { .. } if norm(against) < self.dives_below_mps => Leg::Dive,
            Leg::Dive if slope_rad < -self.dive_rad => Leg::Fall,
            same => same,
        }
    }

    /// Lift over that of the best ratio, and the bank.
    fn control(&self, leg: Leg, time_s: f64, (position, velocity): (Vector, Vector)) -> (f64, f64) {
        let against = subtract(velocity, air_velocity(position));
        let speed_mps = norm(against);
        let best_mps2 = self.best_lift_mps2(position, speed_mps).max(1e-6);
        let most = (self.load_max_mps2 / best_mps2).min(1.0);
        match leg {
            Leg::Entry | Leg::Fall => (0.0, 0.0),
            Leg::PullUp => (most, 0.0),
            Leg::Dive => (-0.5 * most, 0.0),
            Leg::Glide { since_s } => {
                let side = if time_s - since_s > self.turns_after_s { -1.0 } else { 1.0 };
                if self.skips {
                    return (most, side * self.bank_rad);
                }
                let slope_rad = libm::asin(dot(unit(against), unit(position)).clamp(-1.0, 1.0));
                let level = norm(gravity(position)) - speed_mps * speed_mps / norm(position);
                let wanted = level + LEVELS_PER_S * (SLOPE_RAD - slope_rad) * speed_mps;
                let share = wanted / (best_mps2 * libm::cos(self.bank_rad));
                (share.clamp(0.0, most), side * self.bank_rad)
            }
        }
    }

    fn best_lift_mps2(&self, position: Vector, speed_mps: f64) -> f64 {
        let pressure = 0.5 * air(height_m(position)).density_kgpm3 * speed_mps * speed_mps;
        pressure / self.ballistic_coefficient_kgpm2 * self.lift_over_drag
    }

    /// Lift and drag, m/s².
    fn force(&self, share: f64, bank_rad: f64, position: Vector, velocity: Vector) -> (Vector, Vector) {
        let against = subtract(velocity, air_velocity(position));
        let best_mps2 = self.best_lift_mps2(position, norm(against));
        let (along, up) = (unit(against), unit(position));
        let across_up = unit(add_scaled(up, along, -dot(up, along)));
        let right = cross(along, across_up);
        let (sine, cosine) = libm::sincos(bank_rad);
        let lift = scale(add_scaled(scale(across_up, cosine), right, sine), share * best_mps2);
        let drag_mps2 = 0.5 * best_mps2 / self.lift_over_drag * (1.0 + share * share);
        (lift, scale(along, -drag_mps2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raid::Raid;

    #[test]
    fn without_lift_it_falls_where_the_launch_falls() {
        let launch = &Raid::s0(3).unwrap().truths[0];
        // Half of the drag at best is that without lift.
        let none = Glide {
            lift_over_drag: 1e-9,
            ballistic_coefficient_kgpm2: 2_500.0,
            pulls_up_below_m: 0.0,
            ..Glide::draw(&mut Random::new(1))
        };
        assert!(none.fly(launch).is_none(), "no pull-up, no glide");
        let glide = Glide { pulls_up_below_m: 1.0, ..none };
        let entry = launch.path.nodes.iter().find(|node| height_m(node.position_m) < 20e3).unwrap();
        let (lift, drag) = glide.force(0.0, 0.0, entry.position_m, entry.velocity_mps);
        assert_eq!(norm(lift), 0.0);
        let against = subtract(entry.velocity_mps, air_velocity(entry.position_m));
        let expected = 0.5 * air(height_m(entry.position_m)).density_kgpm3 * dot(against, against) / 5_000.0;
        assert!((norm(drag) / expected - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_level_glide_reaches_as_far_as_equilibrium_glide_says() {
        // Vinh, Busemann and Culp 1980, equilibrium glide: from speed v₁ to v₂ the way is
        // L/D · r/2 · ln((1 − v₂²/gr) / (1 − v₁²/gr)); here without bank and at less than the best lift, so less.
        let glide = Glide {
            lift_over_drag: 2.5,
            ballistic_coefficient_kgpm2: 2_000.0,
            pulls_up_below_m: 50e3,
            load_max_mps2: 100.0,
            bank_rad: 0.0,
            turns_after_s: 50.0,
            skips: false,
            dives_below_mps: 900.0,
            dive_rad: 0.9,
        };
        let glided = glide.fly(&Raid::s4(2).unwrap().truths[0]).unwrap();
        let nodes = &glided.truth.path.nodes;
        let speed = |node: &super::super::path::Node| norm(node.velocity_mps);
        let level: Vec<_> = nodes
            .iter()
            .filter(|node| node.time_s > glided.pull_up_s + 40.0 && speed(node) > glide.dives_below_mps)
            .collect();
        let (first, last) = (level[0], level[level.len() - 1]);
        let way_m = earth::distance_m(earth::place_of(first.position_m), earth::place_of(last.position_m));
        let gr = 9.7 * 6.4e6;
        let fast = |node| 1.0 - speed(node) * speed(node) / gr;
        let most_m = glide.lift_over_drag * 3.2e6 * libm::log(fast(last) / fast(first));
        assert!(way_m < 1.1 * most_m && way_m > 0.4 * most_m, "{way_m} {most_m}");
    }
}
