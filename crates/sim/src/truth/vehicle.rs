//! What flies, and how it steers.

use super::atmosphere::Air;
use super::vector::{Vector, add, scale};

/// One rocket stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Propellant, kg; all of it is burned.
    pub propellant_kg: f64,
    /// What is dropped when it is burned, kg.
    pub dry_kg: f64,
    /// Exhaust velocity in vacuum, m/s.
    pub exhaust_mps: f64,
    /// Area of the nozzle's exit, m²: outside pressure times it is lost thrust.
    pub exit_area_m2: f64,
    /// Burn time, seconds.
    pub burn_s: f64,
    /// The mass flow falls evenly from (1 + taper) to (1 − taper) times its mean.
    pub taper: f64,
    /// Time without thrust before the next stage, seconds.
    pub gap_s: f64,
}

/// A missile: stages, and what flies on when the last one is burned.
#[derive(Clone, Debug, PartialEq)]
pub struct Vehicle {
    /// In the order of burning.
    pub stages: Vec<Stage>,
    /// What is left after the last stage, kg.
    pub payload_kg: f64,
    /// Reference area of the drag under thrust, m².
    pub drag_area_m2: f64,
    /// Mass over drag coefficient times area of what comes down, kg/m²; the same at all speeds.
    pub ballistic_coefficient_kgpm2: f64,
}

/// A last stage that burns level at apogee to bring what it carries into orbit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kick {
    /// Mass at ignition, propellant and payload included, kg.
    pub start_kg: f64,
    /// Exhaust velocity in vacuum, m/s.
    pub exhaust_mps: f64,
    /// Burn time, seconds.
    pub burn_s: f64,
}

/// The steering law: vertical rise, a smooth turn, then constant attitude in inertial axes until the last stage is
/// burned, all in one plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steering {
    /// Azimuth of the plane at launch, radians from true north to east.
    pub azimuth_rad: f64,
    /// Vertical rise, seconds.
    pub rise_s: f64,
    /// How long the turn takes after it, seconds.
    pub turn_s: f64,
    /// Angle between the attitude after the turn and the vertical at launch, radians.
    pub pitch_rad: f64,
}

impl Vehicle {
    /// Mass at launch, kg.
    pub fn launch_kg(&self) -> f64 {
        self.payload_kg + self.stages.iter().map(|stage| stage.propellant_kg + stage.dry_kg).sum::<f64>()
    }

    /// From launch to the end of the last burn, seconds.
    pub fn boost_s(&self) -> f64 {
        let gaps = self.stages.iter().rev().skip(1).map(|stage| stage.gap_s).sum::<f64>();
        self.stages.iter().map(|stage| stage.burn_s).sum::<f64>() + gaps
    }

    /// When each stage is burned, seconds after launch.
    pub(crate) fn burned_s(&self) -> Vec<f64> {
        let mut at_s = 0.0;
        let mut burned_s = Vec::new();
        for stage in &self.stages {
            burned_s.push(at_s + stage.burn_s);
            at_s += stage.burn_s + stage.gap_s;
        }
        burned_s
    }

    /// Velocity gained without gravity and air, m/s (Tsiolkovsky).
    pub(crate) fn ideal_velocity_mps(&self) -> f64 {
        let mut mass_kg = self.launch_kg();
        let mut gained_mps = 0.0;
        for stage in &self.stages {
            gained_mps += stage.exhaust_mps * libm::log(mass_kg / (mass_kg - stage.propellant_kg));
            mass_kg -= stage.propellant_kg + stage.dry_kg;
        }
        gained_mps
    }

    /// The same vehicle with `factor` times the propellant, and so the thrust, in each stage.
    pub(crate) fn with_propellant(&self, factor: f64) -> Vehicle {
        let mut other = self.clone();
        for stage in &mut other.stages {
            stage.propellant_kg *= factor;
        }
        other
    }
}

impl Stage {
    /// Mass flow at `burning_s` after ignition, kg/s.
    fn flow_kgps(&self, burning_s: f64) -> f64 {
        self.propellant_kg / self.burn_s * (1.0 + self.taper * (1.0 - 2.0 * burning_s / self.burn_s))
    }

    /// Propellant gone at `burning_s` after ignition, kg: the integral of the flow.
    pub(crate) fn burned_kg(&self, burning_s: f64) -> f64 {
        let share = burning_s / self.burn_s;
        self.propellant_kg * share * (1.0 + self.taper * (1.0 - share))
    }

    /// Thrust at `burning_s` after ignition, newtons.
    pub(crate) fn thrust_n(&self, burning_s: f64, air: Air) -> f64 {
        (self.flow_kgps(burning_s) * self.exhaust_mps - air.pressure_pa * self.exit_area_m2).max(0.0)
    }
}

impl Steering {
    /// Unit vector of the thrust `flown_s` after launch, by the unit vectors up and down range at launch.
    pub(crate) fn attitude(&self, flown_s: f64, up: Vector, down_range: Vector) -> Vector {
        let share = ((flown_s - self.rise_s) / self.turn_s).clamp(0.0, 1.0);
        let (sine, cosine) = libm::sincos(self.pitch_rad * share * share * (3.0 - 2.0 * share));
        add(scale(up, cosine), scale(down_range, sine))
    }
}

/// Drag coefficient under thrust by Mach number: the usual shape for a slender body (low, a peak near 1.1, falling),
/// with values of the right order and no particular missile's.
const DRAG: [(f64, f64); 6] = [(0.0, 0.20), (0.8, 0.22), (1.1, 0.45), (2.0, 0.33), (4.0, 0.22), (8.0, 0.18)];

pub(crate) fn boost_drag_coefficient(mach: f64) -> f64 {
    for (below, above) in DRAG.iter().zip(DRAG.iter().skip(1)) {
        if mach < above.0 {
            return below.1 + (above.1 - below.1) * (mach - below.0) / (above.0 - below.0);
        }
    }
    DRAG[DRAG.len() - 1].1
}

#[cfg(test)]
mod tests {
    use super::super::atmosphere::air;
    use super::*;

    const STAGE: Stage = Stage {
        propellant_kg: 9_000.0,
        dry_kg: 600.0,
        exhaust_mps: 2_500.0,
        exit_area_m2: 0.2,
        burn_s: 90.0,
        taper: 0.2,
        gap_s: 1.0,
    };

    #[test]
    fn flow_adds_up_to_the_propellant() {
        let steps = 9_000;
        let step_s = STAGE.burn_s / f64::from(steps);
        let sum: f64 =
            (0..steps).map(|step| STAGE.flow_kgps((f64::from(step) + 0.5) * step_s) * step_s).sum();
        assert!((sum - STAGE.propellant_kg).abs() < 1e-6);
        assert!((STAGE.burned_kg(STAGE.burn_s) - STAGE.propellant_kg).abs() < 1e-9);
        assert!(STAGE.burned_kg(45.0) > STAGE.propellant_kg / 2.0);
    }

    #[test]
    fn outside_pressure_costs_thrust() {
        let lost_n = STAGE.thrust_n(10.0, air(500_000.0)) - STAGE.thrust_n(10.0, air(0.0));
        assert!((lost_n - 101_325.0 * 0.2).abs() < 1e-6);
    }

    #[test]
    fn the_turn_starts_upright_and_ends_at_its_pitch() {
        let steering = Steering { azimuth_rad: 0.0, rise_s: 5.0, turn_s: 50.0, pitch_rad: 0.9 };
        let (up, down_range) = ([0.0, 0.0, 1.0], [1.0, 0.0, 0.0]);
        assert_eq!(steering.attitude(5.0, up, down_range), up);
        let after = steering.attitude(70.0, up, down_range);
        assert!((libm::atan2(after[0], after[2]) - 0.9).abs() < 1e-12);
    }
}
