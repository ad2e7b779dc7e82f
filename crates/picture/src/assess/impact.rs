//! Where and when an arc comes down.

use nalgebra::SVector;
use physics::filter::Estimate;
use physics::integrate::{self, Arrival};
use physics::motion::{self, State};
use statement::GroundEstimate;

use super::ground::{below, east_north, ellipse, spread};
use crate::motion::height_and_climb;

/// Ballistic coefficient of what comes down, kg/m²: middle 5,000, and logarithm of the factor of one sigma. Public
/// figures for warheads run from 2,000 (blunt) to 15,000 (slender); one sigma covers 2,500 to 10,000.
const BALLISTIC_COEFFICIENT_KGPM2: f64 = 5_000.0;
const LN_BALLISTIC_COEFFICIENT_SIGMA: f64 = 0.7;

/// What wind, lift, tumbling and the air's own doubt add on the ground, one sigma each way, metres. At White Sands the
/// wind profile alone moves a falling payload by several hundred metres (range safety corrects rail angles for it),
/// and the one recorded payload fell 320 to 700 m from its gravity-only arc's end.
const AIR_SIGMA_M: f64 = 600.0;

/// What the air adds to the time, one sigma, seconds.
const AIR_SIGMA_S: f64 = 1.0;

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
    let fall = |state: &State, ln_factor: f64| {
        let coefficient = BALLISTIC_COEFFICIENT_KGPM2 * libm::exp(ln_factor);
        integrate::fall_to_height(state, 0.0, coefficient, FLIGHT_S_MAX)
    };
    let middle = fall(&arc.state, 0.0)?;
    let place = below(motion::position(&middle.state));
    let reckoned = spread(
        &arc.state,
        &arc.covariance,
        [(0.0, LN_BALLISTIC_COEFFICIENT_SIGMA)],
        |state, [ln_factor]| {
            let arrival = fall(state, ln_factor)?;
            let (east_m, north_m) = east_north(place, motion::position(&arrival.state));
            let apogee_m = apogee_m(state, &arrival)?;
            Some(SVector::<f64, 4>::new(east_m, north_m, arrival.elapsed_s, apogee_m))
        },
    )?;
    let mut on_ground = reckoned.covariance.fixed_view::<2, 2>(0, 0).into_owned();
    on_ground[(0, 0)] += AIR_SIGMA_M * AIR_SIGMA_M;
    on_ground[(1, 1)] += AIR_SIGMA_M * AIR_SIGMA_M;
    Some(Descent {
        ground: GroundEstimate {
            place,
            ellipse: ellipse(&on_ground),
            time: arc.time.plus_s(reckoned.mean[2]),
            time_sigma_s: (reckoned.covariance[(2, 2)] + AIR_SIGMA_S * AIR_SIGMA_S).sqrt(),
        },
        apogee_m: (reckoned.mean[3], reckoned.covariance[(3, 3)].max(0.0).sqrt()),
    })
}

/// Greatest height of the arc, metres, also where it is past.
fn apogee_m(state: &State, arrival: &Arrival) -> Option<f64> {
    if height_and_climb(state).1 >= 0.0 {
        return Some(arrival.apogee_m);
    }
    integrate::fly_to_height(state, 0.0, true, FLIGHT_S_MAX).map(|back| back.apogee_m)
}
