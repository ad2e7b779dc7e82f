//! Where and when an arc comes down.
//!
//! 1. Down to [`AIR_BELOW_M`] gravity rules: the arc, and the columns of its covariance to either side, are flown there.
//! 2. From there it falls once for each of seven ballistic coefficients ([`super::mixture`]): the coefficient is the
//!    larger unknown, and what it does is far from linear. What the entry's own error does there is nearly the same for
//!    all: it is reckoned for the middle one.
//! 3. Wind carries what air holds back: its velocity times the delay against a fall through nothing.

use nalgebra::{SMatrix, Vector3};
use physics::ellipse::Ellipse;
use physics::filter::Estimate;
use physics::frames::Site;
use physics::integrate::{self, Arrival};
use physics::motion::{self, Matrix6, State};
use statement::GroundEstimate;

use super::ground::{below, ellipse, moved, root};
use super::mixture::{HERMITE, Mixture, NODES, moments};
use crate::motion::{AIR_BELOW_M, BALLISTIC_COEFFICIENT_KGPM2, height_and_climb};

/// The ballistic coefficient of what comes down, kg/m², is 5,000 in the middle. Public figures for warheads run from 2,000 (blunt) to
/// 15,000 (slender); one sigma of the logarithm, 0.7, covers 2,500 to 10,000. The air's density is off by 10 % (U.S.
/// Standard Atmosphere, 1976, part 1: 5 to 20 % up to 90 km), which is as much of the coefficient: √(0.7² + 0.1²).
const LN_BALLISTIC_COEFFICIENT_SIGMA: f64 = 0.707;

/// Wind over the heights that hold an object back, one sigma each way, m/s: the jet stream's 20 m/s at 11 km, half of it
/// below 5 km.
const WIND_SIGMA_MPS: f64 = 12.0;

/// What a radar of slow errors leaves unsaid, one sigma each way, metres. The filter takes slow errors for one
/// exponential memory; the one recorded payload, seen by such a radar, fell 320 to 900 m from where its arcs end.
const SLOW_SIGMA_M: f64 = 400.0;

/// What is known to some hundred metres is followed to so much a step, metres.
const TOLERANCE_M: f64 = 1.0;

/// Longer than any flight that comes down: an apogee beyond 40,000 km.
const FLIGHT_S_MAX: f64 = 60_000.0;

/// The end of an arc.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Descent {
    pub ground: GroundEstimate,
    /// Greatest height, metres, and its sigma.
    pub apogee_m: (f64, f64),
}

/// Follows an arc through the air to height 0; `None` where it does not come down.
pub(crate) fn impact(arc: &Estimate<6>) -> Option<Descent> {
    let root = root(&arc.covariance)?;
    let ascent = Ascent::of(&arc.state)?;
    let entry = ascent.fly(&arc.state, BALLISTIC_COEFFICIENT_KGPM2)?;
    let mut columns = Matrix6::zeros();
    for column in 0..6 {
        let step: State = root.column(column).into_owned();
        let ends =
            [arc.state + step, arc.state - step].map(|from| ascent.fly(&from, BALLISTIC_COEFFICIENT_KGPM2));
        let [Some(more), Some(less)] = ends else { return None };
        columns.set_column(column, &((more - less) / 2.0));
    }

    let middle = fall(&entry, BALLISTIC_COEFFICIENT_KGPM2)?;
    let site = Site::at(below(motion::position(&middle.state)));
    let on_ground = |arrival: &Arrival| {
        let local = site.axes * (motion::position(&arrival.state) - site.origin.vector());
        Vector3::new(local.x, local.y, arrival.elapsed_s)
    };
    let by_entry = derivative(&entry, &on_ground(&middle), |state| {
        Some(on_ground(&fall(state, BALLISTIC_COEFFICIENT_KGPM2)?))
    })? * columns;
    let mut of_entry = by_entry * by_entry.transpose();
    if !arc.slow.is_empty() {
        of_entry[(0, 0)] += SLOW_SIGMA_M * SLOW_SIGMA_M;
        of_entry[(1, 1)] += SLOW_SIGMA_M * SLOW_SIGMA_M;
    }

    let unheld = integrate::fly_within(&entry, 0.0, false, FLIGHT_S_MAX, TOLERANCE_M)?;
    let mut nodes = [Vector3::zeros(); NODES];
    for (node, (x, _)) in nodes.iter_mut().zip(HERMITE) {
        let coefficient = BALLISTIC_COEFFICIENT_KGPM2 * libm::exp(LN_BALLISTIC_COEFFICIENT_SIGMA * x);
        *node = match ascent.in_air {
            true => on_ground(&fall(&ascent.fly(&arc.state, coefficient)?, coefficient)?),
            false if x == 0.0 => on_ground(&middle),
            false => on_ground(&fall(&entry, coefficient)?),
        };
    }
    let sigmas_m = nodes.map(|node| WIND_SIGMA_MPS * (node.z - unheld.elapsed_s).max(0.0));
    // The ellipse's shape is for most of what may fall, and light objects are few: the mean drift, not its mean square.
    let drift_m: f64 = sigmas_m.iter().zip(HERMITE).map(|(sigma, (_, weight))| sigma * weight).sum();
    let (mean, of_drag) = moments(&nodes);
    let whole = of_drag + of_entry;

    let mut shape_m2 = whole.fixed_view::<2, 2>(0, 0).into_owned();
    shape_m2[(0, 0)] += drift_m * drift_m;
    shape_m2[(1, 1)] += drift_m * drift_m;
    let mixture = Mixture {
        places_m: nodes.map(|node| node.xy()),
        sigmas_m,
        covariance_m2: of_entry.fixed_view::<2, 2>(0, 0).into_owned(),
    };
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
            time: arc.time.plus_s(ascent.lasts_s + mean.z),
            time_sigma_s: whole[(2, 2)].sqrt(),
        },
        apogee_m: (ascent.apogee_m(&arc.state, &middle)?, apogee_sigma_m(&arc.state, &root)?),
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

/// The derivative of `f` by a state at which it is `at`, by differences over 1 km and 10 m/s: some thousand times what
/// the flights err by, and far below what they bend over.
fn derivative(
    state: &State,
    at: &Vector3<f64>,
    f: impl Fn(&State) -> Option<Vector3<f64>>,
) -> Option<SMatrix<f64, 3, 6>> {
    let mut derivative = SMatrix::<f64, 3, 6>::zeros();
    for axis in 0..6 {
        let step = if axis < 3 { 1_000.0 } else { 10.0 };
        let mut moved = *state;
        moved[axis] += step;
        derivative.set_column(axis, &((f(&moved)? - at) / step));
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
