//! The classes of vehicle that scenarios launch.
//!
//! NOTIONAL: sizes, masses and times are of the public order of magnitude for such classes, and no particular
//! vehicle's. They are drawn as widely as somebody who watches an unknown one must expect:
//!
//! | drawn | `srbm` | `irbm` | `icbm` | `slv` |
//! |---|---|---|---|---|
//! | burn time in all, uniform ± 15 % | 75 s | 150 s | 290 s | 270 s |
//! | stages | one | one (60 %), or two of which the first burns 55–65 % of the time | two, 48–56 % | two, 42–48 %, and a third that a launch to orbit burns at apogee |
//! | pause between stages, uniform | – | 1–4 s | 1–4 s | 2–6 s |
//! | exhaust velocity in vacuum, uniform | 2,300–2,600 m/s | 2,550–2,850 m/s | 2,700–2,900 m/s | 2,750–2,950 m/s |
//! | mass flow: first and last part against the mean, uniform | ± 20 % | +20 … −10 % | ± 10 % | ± 10 % |
//! | vertical rise, uniform | 3–6 s | 4–10 s | 6–12 s | 8–14 s |
//! | end of the turn, uniform share of the burn time | 60–95 % | 60–95 % | 60–95 % | 60–95 % |
//! | drag area under thrust, uniform | 0.6–1.0 m² | 1.5–3.0 m² | 2.5–5.0 m² | 4.0–6.0 m² |
//! | ballistic coefficient coming down, log-uniform | 3,000–10,000 kg/m² | 3,000–10,000 kg/m² | 3,000–10,000 kg/m² | 500–3,000 kg/m² |
//!
//! Propellant (and so thrust), pitch and azimuth follow from the report ([`super::fit`]).

use super::draw::Dice;
use super::vehicle::{Kick, Stage, Steering, Vehicle};

/// Which order of magnitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VehicleClass {
    /// Some hundreds of kilometres.
    Srbm,
    /// Some thousands of kilometres.
    Irbm,
    /// Between continents.
    Icbm,
    /// To orbit.
    Slv,
}

/// More than so many times the class's propellant is another class.
const PROPELLANT_FACTOR_MAX: f64 = 2.0;

impl VehicleClass {
    /// What it is called in a file.
    pub fn name(self) -> &'static str {
        match self {
            VehicleClass::Srbm => "srbm",
            VehicleClass::Irbm => "irbm",
            VehicleClass::Icbm => "icbm",
            VehicleClass::Slv => "slv",
        }
    }

    /// What no vehicle of this class can gain, m/s: the rocket equation with the largest draw of each number.
    pub fn velocity_max_mps(self) -> f64 {
        let stages = |vehicle: Vehicle| vehicle.with_propellant(PROPELLANT_FACTOR_MAX).ideal_velocity_mps();
        let (largest, middle) = (&mut Dice::Largest, &mut Dice::Middle);
        let gained = |dice: &mut Dice| stages(draw(self, None, true, dice).vehicle);
        gained(largest).max(gained(middle))
    }
}

/// A vehicle without what the solver finds.
pub(crate) struct Drawn {
    pub(crate) vehicle: Vehicle,
    pub(crate) steering: Steering,
    /// The stage that a launch to orbit burns at apogee; part of the vehicle's payload until then.
    pub(crate) kick: Option<Kick>,
}

/// A vehicle of `class`, with the burn time of the report where it gives one. Of a space launcher that is not `to_orbit`
/// the first stage alone burns.
pub(crate) fn draw(
    class: VehicleClass,
    burn_s: Option<(f64, f64)>,
    to_orbit: bool,
    dice: &mut Dice,
) -> Drawn {
    let burn = |mean_s: f64, dice: &mut Dice| match burn_s {
        Some((least_s, most_s)) => dice.between(least_s, most_s),
        None => dice.between(0.85, 1.15) * mean_s,
    };
    match class {
        VehicleClass::Srbm => srbm(burn(75.0, dice), dice),
        VehicleClass::Irbm => irbm(burn(150.0, dice), dice),
        VehicleClass::Icbm => icbm(burn(290.0, dice), dice),
        VehicleClass::Slv => slv(burn(if to_orbit { 270.0 } else { 120.0 }, dice), to_orbit, dice),
    }
}

fn irbm(burn_s: f64, dice: &mut Dice) -> Drawn {
    let exhaust_mps = dice.between(2_550.0, 2_850.0);
    let taper = dice.between(-0.1, 0.2);
    let one_stage = dice.chance(0.6);
    let first_share = dice.between(0.55, 0.65);
    let gap_s = dice.between(1.0, 4.0);
    let stage = |propellant_kg: f64, dry_kg: f64, exit_area_m2: f64, burn_s: f64| Stage {
        propellant_kg,
        dry_kg,
        exhaust_mps,
        exit_area_m2,
        burn_s,
        taper,
        gap_s,
    };
    let stages = if one_stage {
        vec![stage(24_000.0, 1_900.0, 0.25, burn_s)]
    } else {
        vec![
            stage(14_000.0, 1_400.0, 0.25, burn_s * first_share),
            stage(3_800.0, 450.0, 0.1, burn_s * (1.0 - first_share)),
        ]
    };
    let vehicle = Vehicle {
        stages,
        payload_kg: 650.0,
        drag_area_m2: dice.between(1.5, 3.0),
        ballistic_coefficient_kgpm2: dice.log_between(3_000.0, 10_000.0),
    };
    Drawn { vehicle, steering: steering(burn_s, 4.0, 10.0, dice), kick: None }
}

fn srbm(burn_s: f64, dice: &mut Dice) -> Drawn {
    let stage = Stage {
        propellant_kg: 4_500.0,
        dry_kg: 1_000.0,
        exhaust_mps: dice.between(2_300.0, 2_600.0),
        exit_area_m2: 0.1,
        burn_s,
        taper: dice.between(-0.2, 0.2),
        gap_s: 0.0,
    };
    let vehicle = Vehicle {
        stages: vec![stage],
        payload_kg: 700.0,
        drag_area_m2: dice.between(0.6, 1.0),
        ballistic_coefficient_kgpm2: dice.log_between(3_000.0, 10_000.0),
    };
    Drawn { vehicle, steering: steering(burn_s, 3.0, 6.0, dice), kick: None }
}

fn icbm(burn_s: f64, dice: &mut Dice) -> Drawn {
    let exhaust_mps = dice.between(2_700.0, 2_900.0);
    let taper = dice.between(-0.1, 0.1);
    let first_share = dice.between(0.48, 0.56);
    let gap_s = dice.between(1.0, 4.0);
    let stage = |propellant_kg: f64, dry_kg: f64, exit_area_m2: f64, burn_s: f64| Stage {
        propellant_kg,
        dry_kg,
        exhaust_mps,
        exit_area_m2,
        burn_s,
        taper,
        gap_s,
    };
    let vehicle = Vehicle {
        stages: vec![
            stage(62_000.0, 5_000.0, 0.7, burn_s * first_share),
            stage(14_500.0, 1_300.0, 0.3, burn_s * (1.0 - first_share)),
        ],
        payload_kg: 1_400.0,
        drag_area_m2: dice.between(2.5, 5.0),
        ballistic_coefficient_kgpm2: dice.log_between(3_000.0, 10_000.0),
    };
    Drawn { vehicle, steering: steering(burn_s, 6.0, 12.0, dice), kick: None }
}

/// Mass above the second stage, kg: the third stage with its propellant, and the satellite.
const ABOVE_SECOND_STAGE_KG: f64 = 2_600.0;

fn slv(burn_s: f64, to_orbit: bool, dice: &mut Dice) -> Drawn {
    let exhaust_mps = dice.between(2_750.0, 2_950.0);
    let taper = dice.between(-0.1, 0.1);
    let first_share = dice.between(0.42, 0.48);
    let gap_s = dice.between(2.0, 6.0);
    let kick_s = dice.between(120.0, 180.0);
    let stage = |propellant_kg: f64, dry_kg: f64, exit_area_m2: f64, burn_s: f64| Stage {
        propellant_kg,
        dry_kg,
        exhaust_mps,
        exit_area_m2,
        burn_s,
        taper,
        gap_s,
    };
    let (second_propellant_kg, second_dry_kg) = (14_000.0, 1_500.0);
    let (stages, payload_kg) = if to_orbit {
        let second = stage(second_propellant_kg, second_dry_kg, 0.4, burn_s * (1.0 - first_share));
        (vec![stage(60_000.0, 5_500.0, 0.8, burn_s * first_share), second], ABOVE_SECOND_STAGE_KG)
    } else {
        // What did not burn comes down with what carries it.
        let unburned_kg = ABOVE_SECOND_STAGE_KG + second_propellant_kg + second_dry_kg;
        (vec![stage(60_000.0, 5_500.0, 0.8, burn_s)], unburned_kg)
    };
    let vehicle = Vehicle {
        stages,
        payload_kg,
        drag_area_m2: dice.between(4.0, 6.0),
        ballistic_coefficient_kgpm2: dice.log_between(500.0, 3_000.0),
    };
    let kick = to_orbit.then_some(Kick { start_kg: ABOVE_SECOND_STAGE_KG, exhaust_mps, burn_s: kick_s });
    Drawn { vehicle, steering: steering(burn_s, 8.0, 14.0, dice), kick }
}

/// Pitch and azimuth are found by the solver.
fn steering(burn_s: f64, rise_least_s: f64, rise_most_s: f64, dice: &mut Dice) -> Steering {
    let rise_s = dice.between(rise_least_s, rise_most_s);
    let turn_s = burn_s * dice.between(0.60, 0.95) - rise_s;
    Steering { azimuth_rad: 0.0, rise_s, turn_s, pitch_rad: 0.0 }
}
