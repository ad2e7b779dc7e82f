//! The way down in air that nobody foretold: the same flight as the truth's up to its re-entry, then with a ballistic
//! coefficient, an air density and a wind of its own.
//!
//! A prediction of the impact is worth what it is worth against such ends. Drawn are, for each launch by its seed:
//!
//! | drawn | how | why |
//! |---|---|---|
//! | ballistic coefficient | log-normal, 5,000 kg/m², ln σ 0.7 | the prior that an observer of an unknown object states |
//! | air density | the standard's times a log-normal factor, σ 0.1 at all heights | U.S. Standard Atmosphere, 1976, part 1, figures on variability: 5–20 % up to 90 km |
//! | wind | normal, σ 20 m/s to east and to north, at 11 km; less away from it, as exp(−((h − 11 km)/8 km)²) | the jet stream's order of magnitude |

use super::random::Random;
use super::truth::atmosphere::air;
use super::truth::earth::{air_velocity, gravity, height_m, local_axes, place_of, to_fixed, to_inertial};
use super::truth::vector::{Vector, add, add_scaled, norm, scale, subtract};
use super::truth::{Moment, Phase, Truth};

const STEP_S: f64 = 0.25;
const WIND_HEIGHT_M: f64 = 11_000.0;
const WIND_DEPTH_M: f64 = 8_000.0;

/// What the air of one descent is like, and what falls through it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// Mass over drag coefficient times area, kg/m².
    pub ballistic_coefficient_kgpm2: f64,
    /// Air density over the standard's.
    pub density_factor: f64,
    /// Wind to east and to north at 11 km, m/s.
    pub wind_mps: [f64; 2],
}

/// When (seconds), where (m) and how fast (m/s) it was.
type Flown = (f64, Vector, Vector);

impl Descent {
    /// As `seed` draws it.
    pub fn draw(seed: u64) -> Descent {
        let mut random = Random::stream(seed, "descent");
        Descent {
            ballistic_coefficient_kgpm2: 5_000.0 * libm::exp(0.7 * random.normal()),
            density_factor: libm::exp(0.1 * random.normal()),
            wind_mps: [20.0 * random.normal(), 20.0 * random.normal()],
        }
    }

    /// Where and when the truth comes down so; `None` of what does not.
    pub fn impact(&self, truth: &Truth) -> Option<Moment> {
        let (entry_s, states) = self.fall(truth)?;
        states
            .last()
            .map(|&(elapsed_s, fixed_m, _)| Moment { time_s: entry_s + elapsed_s, place: place_of(fixed_m) })
    }

    /// The truth as it comes down so; `None` of what does not.
    pub fn flown(&self, truth: &Truth) -> Option<Truth> {
        let (entry_s, states) = self.fall(truth)?;
        Some(truth.going_on(entry_s, &states))
    }

    /// When it enters the air, and its states from there on, Earth-fixed, each with its time since then.
    fn fall(&self, truth: &Truth) -> Option<(f64, Vec<Flown>)> {
        let entry_s = entry_s(truth)?;
        let (position_m, velocity_mps, _) = truth.state(entry_s)?;
        let place = truth.impact()?.place;
        let [east, north, _] = local_axes(place);
        let wind_fixed = add(scale(east, self.wind_mps[0]), scale(north, self.wind_mps[1]));
        // Inertial axes that coincide with the Earth-fixed ones at the entry: in the two minutes of a descent they turn
        // by half a degree, which the wind does not notice.
        let (mut at, mut velocity) = to_inertial(0.0, position_m, velocity_mps);
        let mut elapsed_s = 0.0;
        let mut states = Vec::new();
        while height_m(at) > 0.0 && elapsed_s < 1_000.0 {
            let height_above_m = height_m(at);
            // The last step ends on the ground, to a metre: as long as the remaining height asks for.
            let climb_mps = (height_m(add_scaled(at, velocity, 1e-3)) - height_above_m) / 1e-3;
            let step_s =
                if climb_mps < 0.0 { STEP_S.min(height_above_m / -climb_mps + 1e-4) } else { STEP_S };
            (at, velocity) = self.advance(at, velocity, step_s, wind_fixed);
            elapsed_s += step_s;
            let (fixed_m, fixed_mps) = to_fixed(elapsed_s, at, velocity);
            states.push((elapsed_s, fixed_m, fixed_mps));
        }
        Some((entry_s, states))
    }

    fn acceleration(&self, at: Vector, velocity: Vector, wind: Vector) -> Vector {
        let height = height_m(at);
        let share = (height - WIND_HEIGHT_M) / WIND_DEPTH_M;
        let moving = add(air_velocity(at), scale(wind, libm::exp(-share * share)));
        let against = subtract(velocity, moving);
        let density = self.density_factor * air(height).density_kgpm3;
        add_scaled(gravity(at), against, -0.5 * density * norm(against) / self.ballistic_coefficient_kgpm2)
    }

    /// Runge and Kutta's fourth order.
    fn advance(&self, at: Vector, velocity: Vector, step_s: f64, wind: Vector) -> (Vector, Vector) {
        let half_s = 0.5 * step_s;
        let a1 = self.acceleration(at, velocity, wind);
        let v2 = add_scaled(velocity, a1, half_s);
        let a2 = self.acceleration(add_scaled(at, velocity, half_s), v2, wind);
        let v3 = add_scaled(velocity, a2, half_s);
        let a3 = self.acceleration(add_scaled(at, v2, half_s), v3, wind);
        let v4 = add_scaled(velocity, a3, step_s);
        let a4 = self.acceleration(add_scaled(at, v3, step_s), v4, wind);
        let sum = |k1, k2, k3, k4| add(add(k1, scale(add(k2, k3), 2.0)), k4);
        (
            add_scaled(at, sum(velocity, v2, v3, v4), step_s / 6.0),
            add_scaled(velocity, sum(a1, a2, a3, a4), step_s / 6.0),
        )
    }
}

/// When the truth enters the air on its way down, seconds, to a tenth of one.
fn entry_s(truth: &Truth) -> Option<f64> {
    let (mut before_s, mut after_s) = (truth.apogee()?.time_s, truth.impact()?.time_s - 0.01);
    let entered = |time_s: f64| truth.state(time_s).is_none_or(|(_, _, phase)| phase == Phase::Reentry);
    if entered(before_s) {
        return Some(before_s);
    }
    while after_s - before_s > 0.1 {
        let middle_s = 0.5 * (before_s + after_s);
        if entered(middle_s) { after_s = middle_s } else { before_s = middle_s }
    }
    Some(before_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raid::Raid;
    use crate::truth::earth::distance_m;

    fn still(ballistic_coefficient_kgpm2: f64) -> Descent {
        Descent { ballistic_coefficient_kgpm2, density_factor: 1.0, wind_mps: [0.0; 2] }
    }

    #[test]
    fn still_air_of_the_standard_leads_where_the_truth_falls() {
        // The draw's coefficient is between 3,000 and 10,000: the truth falls between the two ends.
        let raid = Raid::s0(5).unwrap();
        let (truth, fell) = (&raid.truths[0], raid.truths[0].impact().unwrap());
        let short = still(3_000.0).impact(truth).unwrap();
        let far = still(10_000.0).impact(truth).unwrap();
        assert!(short.place.lon_deg < fell.place.lon_deg && fell.place.lon_deg < far.place.lon_deg);
        assert!(short.place.alt_m.abs() < 2.0 && fell.place.alt_m.abs() < 2.0, "{short:?}");
        assert!(distance_m(short.place, far.place) < 20_000.0);
        assert!(far.time_s < fell.time_s && fell.time_s < short.time_s);
    }

    #[test]
    fn wind_carries_and_dense_air_holds_back() {
        let truth = &Raid::s0(6).unwrap().truths[0];
        let calm = still(3_000.0).impact(truth).unwrap();
        let blown = Descent { wind_mps: [0.0, 50.0], ..still(3_000.0) }.impact(truth).unwrap();
        assert!(blown.place.lat_deg > calm.place.lat_deg);
        let dense = Descent { density_factor: 1.2, ..still(3_000.0) }.impact(truth).unwrap();
        // Twice the air is half the coefficient.
        let light = still(2_500.0).impact(truth).unwrap();
        assert!(distance_m(dense.place, light.place) < 1.0);
    }
}
