//! The truth's own equations of motion, integrated in inertial axes that coincide with the Earth-fixed ones at
//! launch, by the classical Runge-Kutta method of fourth order; legs end where forces jump, so no step straddles one.

use physics::geodetic::Geodetic;

use super::atmosphere::air;
use super::earth::{MU, air_velocity, fixed_of, gravity, height_m, local_axes, to_fixed, to_inertial};
use super::path::{Node, Path, Phase};
use super::vector::{Vector, add, add_scaled, dot, norm, scale, subtract, unit};
use super::vehicle::{Kick, Stage, Steering, Vehicle, boost_drag_coefficient};

/// Step under thrust and where there is air, seconds.
const DENSE_STEP_S: f64 = 0.25;
/// Step in vacuum, seconds.
const VACUUM_STEP_S: f64 = 2.0;
/// Above this height steps are long, metres.
const VACUUM_M: f64 = 130_000.0;
/// What has not come down by then is in orbit, seconds.
const FLIGHT_MAX_S: f64 = 7_200.0;

/// A launch that is no flight from ground to ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlightError {
    /// Its thrust does not lift it.
    #[error("it does not leave the pad")]
    NeverRose,
    /// It is still up after two hours.
    #[error("it does not come down within two hours")]
    NeverFell,
}

/// How fine to integrate: a factor on both steps. The solver tries launches at a coarse one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fineness(pub(crate) f64);

impl Fineness {
    /// For what is kept: its error stays under a metre (tested).
    pub(crate) const KEPT: Fineness = Fineness(1.0);
    /// For tries: within some ten metres of the kept one.
    pub(crate) const TRIED: Fineness = Fineness(2.0);
}

/// Flies `vehicle` from rest on the ground at `site` until it comes down.
pub(crate) fn fly(
    vehicle: &Vehicle,
    steering: &Steering,
    site: Geodetic,
    fineness: Fineness,
) -> Result<Path, FlightError> {
    let mut flight = Flight::at(site, fineness);
    let plane = Plane::at(site, steering);
    let mut mass_kg = vehicle.launch_kg();
    for (index, stage) in vehicle.stages.iter().enumerate() {
        flight.boost(vehicle, stage, mass_kg, &plane)?;
        mass_kg -= stage.propellant_kg + stage.dry_kg;
        if index + 1 < vehicle.stages.len() {
            flight.gap(vehicle, stage.gap_s, mass_kg);
        }
    }
    flight.path.phases.push((flight.time_s, Phase::Coast));
    flight.fall(vehicle.ballistic_coefficient_kgpm2)?;
    Ok(flight.path)
}

/// What leaves `path` at `from_s` with the velocity `push_mps` of its own (Earth-fixed) and flies on without thrust: a
/// path from there until it comes down, or until [`FLIGHT_MAX_S`] where it does not. `None` outside the path.
pub(crate) fn fall_from(
    path: &Path,
    from_s: f64,
    push_mps: Vector,
    ballistic_coefficient_kgpm2: f64,
) -> Option<Path> {
    let from = path.at(from_s)?;
    let state = to_inertial(from_s, from.position_m, add(from.velocity_mps, push_mps));
    let nodes = vec![node(from_s, state)];
    let path = Path { nodes, phases: vec![(f64::NEG_INFINITY, Phase::Coast)] };
    let mut flight = Flight { time_s: from_s, state, fineness: Fineness::KEPT, path };
    // What does not come down stays on its path.
    let _ = flight.fall(ballistic_coefficient_kgpm2);
    Some(flight.path)
}

/// Burns `kick` level near the apogee of `path`, so that it ends in a circle, and flies on until `until_s` without air.
/// Gives the path and the end of the burn, seconds; `None` where no burn does it.
///
/// Two unknowns for two conditions: the propellant gives the speed of the circle, the ignition a level end.
pub(crate) fn to_orbit(path: &Path, kick: &Kick, until_s: f64) -> Option<(Path, f64)> {
    let (coast_s, top_s) = (path.start_of(Phase::Coast)?, path.apogee()?.time_s);
    let climb_mps = |(position, velocity): (Vector, Vector)| dot(unit(position), velocity);
    let burned = |ignition_s: f64| {
        let from = path.at(ignition_s)?;
        let start = to_inertial(ignition_s, from.position_m, from.velocity_mps);
        let (mut low_kg, mut high_kg) = (0.0, 0.95 * kick.start_kg);
        let fast = |(position, velocity): (Vector, Vector)| dot(velocity, velocity) > MU / norm(position);
        let end = |propellant_kg: f64| level_burn(start, ignition_s, kick, propellant_kg).pop();
        if !fast(end(high_kg)?.1) {
            return None;
        }
        for _ in 0..30 {
            let middle_kg = 0.5 * (low_kg + high_kg);
            if fast(end(middle_kg)?.1) { high_kg = middle_kg } else { low_kg = middle_kg }
        }
        Some(level_burn(start, ignition_s, kick, high_kg))
    };
    let (mut early_s, mut late_s) = (coast_s, top_s);
    for _ in 0..25 {
        let middle_s = 0.5 * (early_s + late_s);
        let climbs =
            burned(middle_s).is_some_and(|states| states.last().is_some_and(|end| climb_mps(end.1) > 0.0));
        if climbs { early_s = middle_s } else { late_s = middle_s }
    }
    let states = burned(late_s)?;
    let &(end_s, end) = states.last()?;
    // Level within the speed of a lift: a circle within some kilometres.
    if climb_mps(end).abs() > 5.0 {
        return None;
    }
    let mut inserted = path.until(late_s);
    inserted.phases.push((late_s, Phase::Boost));
    inserted.nodes.extend(states.iter().skip(1).map(|&(time_s, state)| node(time_s, state)));
    let fixed = to_fixed(end_s, end.0, end.1);
    let around = orbit(end_s, fixed.0, fixed.1, until_s.max(end_s));
    inserted.nodes.extend(around.nodes.into_iter().filter(|node| node.time_s > end_s));
    inserted.phases.push((end_s, Phase::Orbit));
    Some((inserted, end_s))
}

/// The states of a level burn, with their times.
fn level_burn(
    start: (Vector, Vector),
    ignition_s: f64,
    kick: &Kick,
    propellant_kg: f64,
) -> Vec<(f64, (Vector, Vector))> {
    let thrust_n = propellant_kg / kick.burn_s * kick.exhaust_mps;
    let acceleration = |time_s: f64, position: Vector, velocity: Vector| {
        let share = ((time_s - ignition_s) / kick.burn_s).clamp(0.0, 1.0);
        let mass_kg = kick.start_kg - share * propellant_kg;
        let up = unit(position);
        let level = unit(add_scaled(velocity, up, -dot(velocity, up)));
        add_scaled(gravity(position), level, thrust_n / mass_kg)
    };
    let (steps, step_s) = even_steps(kick.burn_s, VACUUM_STEP_S);
    let mut states = vec![(ignition_s, start)];
    let (mut time_s, mut state) = (ignition_s, start);
    for _ in 0..steps {
        state = advance(time_s, state, step_s, &acceleration);
        time_s += step_s;
        states.push((time_s, state));
    }
    states
}

/// Flies what is in orbit: from Earth-fixed `position` (metres) and `velocity` (m/s) at `from_s` both ways, so that
/// the path spans 0 to `end_s`, without air.
pub(crate) fn orbit(from_s: f64, position: Vector, velocity: Vector, end_s: f64) -> Path {
    let mut nodes = Vec::new();
    for (until_s, step_s) in [(0.0, -VACUUM_STEP_S), (end_s, VACUUM_STEP_S)] {
        let mut state = to_inertial(from_s, position, velocity);
        let mut time_s = from_s;
        nodes.push(node(time_s, state));
        while (until_s - time_s) * step_s > 0.0 {
            state = advance(time_s, state, step_s, &|_, position, _| gravity(position));
            time_s += step_s;
            nodes.push(node(time_s, state));
        }
        if step_s < 0.0 {
            nodes.reverse();
            nodes.pop();
        }
    }
    Path { nodes, phases: vec![(f64::NEG_INFINITY, Phase::Orbit)] }
}

/// The plane of the steering in inertial axes.
struct Plane {
    up: Vector,
    down_range: Vector,
    steering: Steering,
}

impl Plane {
    fn at(site: Geodetic, steering: &Steering) -> Plane {
        let [east, north, up] = local_axes(site);
        let (sine, cosine) = libm::sincos(steering.azimuth_rad);
        Plane { up, down_range: add(scale(east, sine), scale(north, cosine)), steering: *steering }
    }
}

struct Flight {
    time_s: f64,
    /// Inertial position and velocity.
    state: (Vector, Vector),
    fineness: Fineness,
    path: Path,
}

impl Flight {
    fn at(site: Geodetic, fineness: Fineness) -> Flight {
        let state = to_inertial(0.0, fixed_of(site), [0.0; 3]);
        let path = Path { nodes: vec![node(0.0, state)], phases: vec![(f64::NEG_INFINITY, Phase::Boost)] };
        Flight { time_s: 0.0, state, fineness, path }
    }

    fn step(&mut self, step_s: f64, acceleration: &impl Fn(f64, Vector, Vector) -> Vector) {
        self.state = advance(self.time_s, self.state, step_s, acceleration);
        self.time_s += step_s;
        self.path.nodes.push(node(self.time_s, self.state));
    }

    /// Burns `stage`; `mass_kg` is everything that flies at ignition.
    fn boost(
        &mut self,
        vehicle: &Vehicle,
        stage: &Stage,
        mass_kg: f64,
        plane: &Plane,
    ) -> Result<(), FlightError> {
        let ignition_s = self.time_s;
        let ground_m = height_m(self.path.nodes[0].position_m);
        let acceleration = |time_s: f64, position: Vector, velocity: Vector| {
            let burning_s = (time_s - ignition_s).clamp(0.0, stage.burn_s);
            let mass_kg = mass_kg - stage.burned_kg(burning_s);
            let thrust_n = stage.thrust_n(burning_s, air(height_m(position)));
            let attitude = plane.steering.attitude(time_s, plane.up, plane.down_range);
            let drag = boost_drag(vehicle, mass_kg, position, velocity);
            add_scaled(add(gravity(position), drag), attitude, thrust_n / mass_kg)
        };
        let (steps, step_s) = even_steps(stage.burn_s, DENSE_STEP_S * self.fineness.0);
        for _ in 0..steps {
            self.step(step_s, &acceleration);
            if height_m(self.state.0) < ground_m {
                return Err(FlightError::NeverRose);
            }
        }
        Ok(())
    }

    fn gap(&mut self, vehicle: &Vehicle, gap_s: f64, mass_kg: f64) {
        let acceleration = |_: f64, position: Vector, velocity: Vector| {
            add(gravity(position), boost_drag(vehicle, mass_kg, position, velocity))
        };
        let (steps, step_s) = even_steps(gap_s, DENSE_STEP_S * self.fineness.0);
        for _ in 0..steps {
            self.step(step_s, &acceleration);
        }
    }

    /// Flies without thrust until the height is 0; the last node is the impact.
    fn fall(&mut self, ballistic_coefficient_kgpm2: f64) -> Result<(), FlightError> {
        let acceleration = |_: f64, position: Vector, velocity: Vector| {
            let wind = subtract(velocity, air_velocity(position));
            let density = air(height_m(position)).density_kgpm3;
            add_scaled(gravity(position), wind, -0.5 * density * norm(wind) / ballistic_coefficient_kgpm2)
        };
        loop {
            let high = height_m(self.state.0) > VACUUM_M;
            let step_s = self.fineness.0 * if high { VACUUM_STEP_S } else { DENSE_STEP_S };
            let before = (self.time_s, self.state);
            self.step(step_s, &acceleration);
            if matches!(self.path.phases.last(), Some((_, Phase::Coast))) && self.entering() {
                self.path.phases.push((self.time_s, Phase::Reentry));
            }
            if height_m(self.state.0) < 0.0 {
                self.path.nodes.pop();
                (self.time_s, self.state) = before;
                self.land(step_s, &acceleration);
                return Ok(());
            }
            if self.time_s > FLIGHT_MAX_S {
                return Err(FlightError::NeverFell);
            }
        }
    }

    fn entering(&self) -> bool {
        height_m(self.state.0) <= VACUUM_M && dot(self.state.0, self.state.1) < 0.0
    }

    /// Finds the part of the last step that ends on the ground, by bisection.
    fn land(&mut self, step_s: f64, acceleration: &impl Fn(f64, Vector, Vector) -> Vector) {
        let (mut above_s, mut below_s) = (0.0, step_s);
        for _ in 0..40 {
            let middle_s = 0.5 * (above_s + below_s);
            let (position, _) = advance(self.time_s, self.state, middle_s, acceleration);
            if height_m(position) > 0.0 { above_s = middle_s } else { below_s = middle_s }
        }
        self.step(below_s, acceleration);
    }
}

fn boost_drag(vehicle: &Vehicle, mass_kg: f64, position: Vector, velocity: Vector) -> Vector {
    let air = air(height_m(position));
    let wind = subtract(velocity, air_velocity(position));
    let speed_mps = norm(wind);
    let area_m2 = vehicle.drag_area_m2 * boost_drag_coefficient(speed_mps / air.sound_mps);
    scale(unit(wind), -0.5 * air.density_kgpm3 * speed_mps * speed_mps * area_m2 / mass_kg)
}

/// How many steps of what length, at most `step_max_s`, fill `duration_s`.
fn even_steps(duration_s: f64, step_max_s: f64) -> (u32, f64) {
    let steps = libm::ceil(duration_s / step_max_s).clamp(0.0, 1e6) as u32;
    (steps, duration_s / f64::from(steps.max(1)))
}

pub(super) fn node(time_s: f64, (position, velocity): (Vector, Vector)) -> Node {
    let (position_m, velocity_mps) = to_fixed(time_s, position, velocity);
    Node { time_s, position_m, velocity_mps }
}

/// One Runge-Kutta step of fourth order.
pub(super) fn advance(
    time_s: f64,
    (position, velocity): (Vector, Vector),
    step_s: f64,
    acceleration: &impl Fn(f64, Vector, Vector) -> Vector,
) -> (Vector, Vector) {
    let half_s = 0.5 * step_s;
    let a1 = acceleration(time_s, position, velocity);
    let v2 = add_scaled(velocity, a1, half_s);
    let a2 = acceleration(time_s + half_s, add_scaled(position, velocity, half_s), v2);
    let v3 = add_scaled(velocity, a2, half_s);
    let a3 = acceleration(time_s + half_s, add_scaled(position, v2, half_s), v3);
    let v4 = add_scaled(velocity, a3, step_s);
    let a4 = acceleration(time_s + step_s, add_scaled(position, v3, step_s), v4);
    let sum = |k1: Vector, k2: Vector, k3: Vector, k4: Vector| add(add(k1, scale(add(k2, k3), 2.0)), k4);
    (
        add_scaled(position, sum(velocity, v2, v3, v4), step_s / 6.0),
        add_scaled(velocity, sum(a1, a2, a3, a4), step_s / 6.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: Geodetic = Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 200.0 };

    fn vehicle() -> Vehicle {
        let stage = |propellant_kg: f64, dry_kg: f64, burn_s: f64| Stage {
            propellant_kg,
            dry_kg,
            exhaust_mps: 2_700.0,
            exit_area_m2: 0.2,
            burn_s,
            taper: 0.1,
            gap_s: 2.0,
        };
        Vehicle {
            stages: vec![stage(14_000.0, 1_400.0, 90.0), stage(3_800.0, 450.0, 60.0)],
            payload_kg: 650.0,
            drag_area_m2: 2.0,
            ballistic_coefficient_kgpm2: 5_000.0,
        }
    }

    const STEERING: Steering = Steering { azimuth_rad: 1.5, rise_s: 6.0, turn_s: 100.0, pitch_rad: 0.8 };

    #[test]
    fn a_quarter_of_the_step_lands_in_the_same_place() {
        let kept = fly(&vehicle(), &STEERING, SITE, Fineness::KEPT).unwrap();
        let fine = fly(&vehicle(), &STEERING, SITE, Fineness(0.25)).unwrap();
        let (kept_end, fine_end) = (kept.nodes.last().unwrap(), fine.nodes.last().unwrap());
        let apart_m = norm(subtract(kept_end.position_m, fine_end.position_m));
        assert!(apart_m < 1.0, "{apart_m}");
        assert!((kept_end.time_s - fine_end.time_s).abs() < 1e-3);
        // Between its own nodes the kept path is as good.
        for second in 0..1_000 {
            let time_s = f64::from(second) + 0.37;
            let (Some(kept), Some(fine)) = (kept.at(time_s), fine.at(time_s)) else { continue };
            assert!(norm(subtract(kept.position_m, fine.position_m)) < 1.0, "{time_s}");
            assert!(norm(subtract(kept.velocity_mps, fine.velocity_mps)) < 0.5, "{time_s}");
        }
    }

    #[test]
    fn energy_is_kept_where_nothing_but_gravity_acts() {
        let path = fly(&vehicle(), &STEERING, SITE, Fineness::KEPT).unwrap();
        let high: Vec<&Node> =
            path.nodes.iter().filter(|node| height_m(node.position_m) > 250_000.0).collect();
        let energy = |node: &Node| {
            // In rotating axes the Jacobi integral of an oblate body is kept; J2's potential is Vallado 2013, 8-19.
            let [x, y, z] = node.position_m;
            let radius = norm(node.position_m);
            let flat = 1.0
                - 1.082_626_173_852e-3 * 6_378_137.0 * 6_378_137.0 / (radius * radius)
                    * 0.5
                    * (3.0 * z * z / (radius * radius) - 1.0);
            let turning = 7.292_115e-5 * 7.292_115e-5 * (x * x + y * y);
            0.5 * (dot(node.velocity_mps, node.velocity_mps) - turning) - 3.986_004_418e14 / radius * flat
        };
        let (first, last) = (energy(high[0]), energy(high[high.len() - 1]));
        // Drag at 250 km takes less than 1e-8 of it.
        assert!(high.len() > 100);
        assert!(((last - first) / first).abs() < 1e-8, "{first} {last}");
    }

    #[test]
    fn too_little_thrust_stays_on_the_pad_and_too_much_stays_up() {
        let weak = vehicle().with_propellant(0.1);
        assert_eq!(fly(&weak, &STEERING, SITE, Fineness::KEPT).err(), Some(FlightError::NeverRose));
        let strong = vehicle().with_propellant(8.0);
        assert_eq!(fly(&strong, &STEERING, SITE, Fineness::KEPT).err(), Some(FlightError::NeverFell));
    }
}
