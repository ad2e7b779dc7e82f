//! Where and when an arc comes down.
//!
//! 1. Down to [`AIR_BELOW_M`] gravity rules: the arc, and the columns of its covariance to either side, are flown there.
//! 2. From there it falls once for each of seven ballistic coefficients ([`super::mixture`]): the coefficient is the
//!    larger unknown, and what it does is far from linear. What the entry's own error does there is nearly the same for
//!    all: it is reckoned for the middle one.
//! 3. Wind carries what air holds back: its velocity times the delay against a fall through nothing.
//! 4. Once the air has shown what the object is ([`crate::reentry`]), the coefficients are those that it may still have,
//!    each with the state that goes with it.
//! 5. The time is told as the shortest window of 90 %: its middle, and the sigma of a normal error that is as wide. The
//!    mean and its sigma would be those of few light objects, which take minutes longer.

use nalgebra::{Matrix3, SMatrix, Vector3};
use physics::ellipse::Ellipse;
use physics::filter::Estimate;
use physics::frames::Site;
use physics::integrate::{self, Arrival};
use physics::motion::{self, Matrix6, State};
use statement::GroundEstimate;

use super::ground::{below, ellipse, moved, root};
use super::mixture::{self, HERMITE, Mixture, NODES, moments};
use crate::motion::{AIR_BELOW_M, BALLISTIC_COEFFICIENT_KGPM2, height_and_climb};
use crate::reentry::Drag;

/// Wind over the heights that hold an object back, one sigma each way, m/s: the jet stream's 20 m/s at 11 km, half of it
/// below 5 km.
const WIND_SIGMA_MPS: f64 = 12.0;

/// What a radar of slow errors leaves unsaid, one sigma each way, metres. The filter takes slow errors for one
/// exponential memory; the one recorded payload, seen by such a radar, fell 320 to 900 m from where its arcs end.
const SLOW_SIGMA_M: f64 = 400.0;

/// What is known to some hundred metres is followed to so much a step, metres.
const TOLERANCE_M: f64 = 1.0;

/// A standard normal deviate is below this with 95 %. Abramowitz & Stegun, table 26.5.
const NORMAL_95: f64 = 1.644_854;

/// Longer than any flight that comes down: an apogee beyond 40,000 km.
const FLIGHT_S_MAX: f64 = 60_000.0;

/// The end of an arc.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Descent {
    pub ground: GroundEstimate,
    /// Greatest height, metres, and its sigma.
    pub apogee_m: (f64, f64),
}

/// Follows an arc, or a fall that has begun, through the air to height 0; `None` where it does not come down. `before`:
/// of a fall, the arc that it came from, whose top is the greatest height.
pub(crate) fn impact(arc: &Estimate<6>, drag: &Drag, before: Option<&Estimate<6>>) -> Option<Descent> {
    let root_of = root;
    let root = root_of(&drag.beside(&arc.covariance))?;
    let ascent = Ascent::of(&arc.state)?;
    let middling = drag.coefficient_kgpm2(0.0);
    let entry = ascent.fly(&arc.state, middling)?;
    let mut columns = Matrix6::zeros();
    for column in 0..6 {
        let step: State = root.column(column).into_owned();
        let ends = [arc.state + step, arc.state - step].map(|from| ascent.fly(&from, middling));
        let [Some(more), Some(less)] = ends else { return None };
        columns.set_column(column, &((more - less) / 2.0));
    }

    let middle = fall(&entry, middling)?;
    let site = Site::at(below(motion::position(&middle.state)));
    let on_ground = |arrival: &Arrival| {
        let local = site.axes * (motion::position(&arrival.state) - site.origin.vector());
        Vector3::new(local.x, local.y, arrival.elapsed_s)
    };
    let by_entry = by_entry(&entry, &middle, middling, &site, &on_ground)?;
    let of_entry = by_entry * columns;
    let mut of_entry = of_entry * of_entry.transpose();
    if !arc.slow.is_empty() {
        of_entry[(0, 0)] += SLOW_SIGMA_M * SLOW_SIGMA_M;
        of_entry[(1, 1)] += SLOW_SIGMA_M * SLOW_SIGMA_M;
    }

    let unheld = integrate::fly_within(&entry, 0.0, false, FLIGHT_S_MAX, TOLERANCE_M)?;
    let mut nodes = [Vector3::zeros(); NODES];
    for (place, (x, _)) in HERMITE.into_iter().enumerate() {
        let coefficient = drag.coefficient_kgpm2(x);
        let from = arc.state + drag.by_sigma * x;
        nodes[place] = match ascent.in_air || from != arc.state {
            true => on_ground(&fall(&ascent.fly(&from, coefficient)?, coefficient)?),
            false if x == 0.0 => on_ground(&middle),
            // What hardly slows it does so as one over its coefficient.
            false if place == NODES - 1 => {
                let (unheld, last) = (on_ground(&unheld), nodes[place - 1]);
                unheld + (last - unheld) * (drag.coefficient_kgpm2(HERMITE[place - 1].0) / coefficient)
            }
            false => on_ground(&fall(&entry, coefficient)?),
        };
    }
    let sigmas_m = nodes.map(|node| WIND_SIGMA_MPS * (node.z - unheld.elapsed_s).max(0.0));
    // The ellipse's shape is for most of what may fall, and light objects are few: the mean drift, not its mean square.
    let drift_m: f64 = sigmas_m.iter().zip(HERMITE).map(|(sigma, (_, weight))| sigma * weight).sum();
    let (mean, of_drag) = moments(&nodes);
    let mut shape_m2 = (of_drag + of_entry).fixed_view::<2, 2>(0, 0).into_owned();
    shape_m2[(0, 0)] += drift_m * drift_m;
    shape_m2[(1, 1)] += drift_m * drift_m;
    let mixture = Mixture {
        places_m: nodes.map(|node| node.xy()),
        sigmas_m,
        covariance_m2: of_entry.fixed_view::<2, 2>(0, 0).into_owned(),
    };
    let (first_s, last_s) = mixture::window(&nodes.map(|node| node.z), of_entry[(2, 2)].max(0.0).sqrt());
    let shares = [0.5, 0.9, 0.99];
    let within = mixture.quantiles(mean.xy(), &shape_m2, shares)?;
    let [half, nine_of_ten, nearly_all]: [f64; 3] =
        core::array::from_fn(|place| within[place].sqrt() / Ellipse::scale(shares[place]));
    Some(Descent {
        ground: GroundEstimate {
            place: moved(below(site.origin.vector()), mean.x, mean.y),
            ellipse: Ellipse {
                tails: [half / nine_of_ten, nearly_all / nine_of_ten],
                ..ellipse(&(shape_m2 * (nine_of_ten * nine_of_ten)))
            },
            time: arc.time.plus_s(ascent.lasts_s + (first_s + last_s) / 2.0),
            time_sigma_s: (last_s - first_s) / (2.0 * NORMAL_95),
        },
        apogee_m: match before {
            Some(before) => (
                Ascent::of(&before.state)?.apogee_m(&before.state, &middle)?,
                apogee_sigma_m(&before.state, &root_of(&before.covariance)?)?,
            ),
            None => (ascent.apogee_m(&arc.state, &middle)?, apogee_sigma_m(&arc.state, &root)?),
        },
    })
}

/// The way to the entry into the air.
struct Ascent {
    /// How long it takes, seconds: 0 where the entry is past.
    lasts_s: f64,
    /// Whether it begins in the air, below the entry's height on the way up.
    in_air: bool,
    /// Greatest height on it, metres.
    top_m: Option<f64>,
}

impl Ascent {
    fn of(state: &State) -> Option<Ascent> {
        let (height_m, climb_mps) = height_and_climb(state);
        let past = Ascent { lasts_s: 0.0, in_air: false, top_m: None };
        if climb_mps < 0.0 && height_m <= AIR_BELOW_M {
            return Some(past);
        }
        let in_air = height_m < AIR_BELOW_M;
        let coefficient = if in_air { BALLISTIC_COEFFICIENT_KGPM2 } else { f64::INFINITY };
        let entry = integrate::fall_within(state, AIR_BELOW_M, coefficient, FLIGHT_S_MAX, TOLERANCE_M);
        match entry {
            Some(entry) => {
                let top_m = (climb_mps >= 0.0).then_some(entry.apogee_m);
                Some(Ascent { lasts_s: entry.elapsed_s, in_air, top_m })
            }
            // Never as high as that: all of it is a fall through the air. Else it stays up.
            None => in_air.then_some(past),
        }
    }

    fn fly(&self, state: &State, ballistic_coefficient_kgpm2: f64) -> Option<State> {
        if self.in_air {
            let derivative = |at: &State| motion::derivative_in_air(at, ballistic_coefficient_kgpm2);
            integrate::fly_for(state, self.lasts_s, TOLERANCE_M, derivative)
        } else {
            integrate::fly_for(state, self.lasts_s, TOLERANCE_M, motion::derivative)
        }
    }

    /// Greatest height of the arc, metres, also where it is past.
    fn apogee_m(&self, state: &State, end: &Arrival) -> Option<f64> {
        if let Some(top_m) = self.top_m {
            return Some(top_m);
        }
        if height_and_climb(state).1 >= 0.0 {
            return Some(end.apogee_m);
        }
        integrate::fly_within(state, 0.0, true, FLIGHT_S_MAX, TOLERANCE_M).map(|back| back.apogee_m)
    }
}

fn fall(from: &State, ballistic_coefficient_kgpm2: f64) -> Option<Arrival> {
    integrate::fall_within(from, 0.0, ballistic_coefficient_kgpm2, FLIGHT_S_MAX, TOLERANCE_M)
}

/// The derivative of the end of a fall (east, north, time) by the entry.
///
/// By the velocity and by the height it is taken from falls that differ by 10 m/s and 1 km: some thousand times what they
/// err by, and far below what they bend over. Aside, the whole fall may be turned about the Earth's centre instead: that
/// moves the end as it moves the entry, and turns the velocity, which is taken back.
fn by_entry(
    entry: &State,
    middle: &Arrival,
    middling: f64,
    site: &Site,
    on_ground: &impl Fn(&Arrival) -> Vector3<f64>,
) -> Option<SMatrix<f64, 3, 6>> {
    let (at, end) = (on_ground(middle), motion::position(&middle.state));
    let (position, velocity) = (motion::position(entry), motion::velocity(entry));
    let difference =
        |step: &State, size: f64| Some((on_ground(&fall(&(entry + step), middling)?) - at) / size);
    let mut derivative = SMatrix::<f64, 3, 6>::zeros();
    let mut by_velocity = Matrix3::zeros();
    for axis in 0..3 {
        let mut step = State::zeros();
        step[axis + 3] = 10.0;
        by_velocity.set_column(axis, &difference(&step, 10.0)?);
    }
    let up = position.normalize();
    let by_height = difference(&motion::state(up * 1_000.0, Vector3::zeros()), 1_000.0)?;
    for axis in 0..3 {
        let moved = Vector3::ith(axis, 1.0);
        let turn = position.cross(&moved) / position.norm_squared();
        let mut turned = site.axes * turn.cross(&end);
        turned.z = 0.0;
        let taken_back = by_velocity * turn.cross(&velocity);
        derivative.set_column(axis, &(turned - taken_back + by_height * up[axis]));
        derivative.set_column(axis + 3, &by_velocity.column(axis));
    }
    Some(derivative)
}

/// One sigma of the greatest height, metres: of the Kepler orbit's apogee, from which air and the Earth's shape change
/// the height, and hardly its error.
fn apogee_sigma_m(state: &State, root: &Matrix6) -> Option<f64> {
    let mut variance_m2 = 0.0;
    for column in 0..6 {
        let step: State = root.column(column).into_owned();
        let half_m =
            (motion::apogee_radius_m(&(state + step)) - motion::apogee_radius_m(&(state - step))) / 2.0;
        variance_m2 += half_m * half_m;
    }
    variance_m2.is_finite().then(|| variance_m2.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_moves_by_the_entry_as_whole_falls_show() {
        // At 90 km over 39° N, down by 35° to the south-east, at 2.4 km/s.
        let entry = State::new(-3.06e6, 4.04e6, 4.057_5e6, -1_000.0, -1_200.0, -1_800.0);
        let middle = fall(&entry, BALLISTIC_COEFFICIENT_KGPM2).unwrap();
        let site = Site::at(below(motion::position(&middle.state)));
        let on_ground = |arrival: &Arrival| {
            let local = site.axes * (motion::position(&arrival.state) - site.origin.vector());
            Vector3::new(local.x, local.y, arrival.elapsed_s)
        };
        let derivative = by_entry(&entry, &middle, BALLISTIC_COEFFICIENT_KGPM2, &site, &on_ground).unwrap();
        for axis in 0..6 {
            let step = if axis < 3 { 1_000.0 } else { 10.0 };
            let end = |sign: f64| {
                let mut from = entry;
                from[axis] += sign * step;
                on_ground(&integrate::fall_to_height(&from, 0.0, BALLISTIC_COEFFICIENT_KGPM2, 1e4).unwrap())
            };
            let difference = (end(1.0) - end(-1.0)) / 2.0;
            let found = derivative.column(axis) * step;
            assert!(
                (found - difference).norm() < 0.02 * difference.norm() + 2.0,
                "{axis} {found} {difference}"
            );
        }
    }
}
