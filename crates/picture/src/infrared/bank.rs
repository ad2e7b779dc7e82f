//! The bank: kinds of boosting vehicle, each a continuous family.
//!
//! A bank of fixed profiles fails where the flown one is not in it. Here each kind is a normal prior over the shape of
//! [`super::boost`]; the plots choose within it, and between the kinds by their evidence. The middles are public orders of
//! magnitude and no particular vehicle's:
//!
//! | kind | a₀/g | τ, s | β, kg/m² | as |
//! |---|---|---|---|---|
//! | short | 2.5, factor 1.3 | 100, factor 1.25 | 35,000 | single short stages: storable 2.25 (130 kN on 5.9 t, burned in a minute), solid up to 3 |
//! | middle | 1.9, 1.25 | 160, 1.25 | 55,000 | single long stages and first stages of two: 1.4 (670 kN on 50 t, τ 180 s) to 2.6 (solid) |
//! | long | 1.45, 1.15 | 210, 1.2 | 100,000 | first stages of the largest, and launchers: 1.9 MN on 150 t, τ 200 s |
//! | any | 2.0, 1.45 | 140, 1.5 | 50,000 | whatever is none of these |

use nalgebra::SMatrix;

use super::boost::{SHAPE, TURN_S, TURNS, Unknowns};

/// Standard gravity, m/s².
const G0: f64 = 9.806_65;

/// A kind of vehicle: middles and one sigma.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    /// Share of launches that are of this kind, as an observer of unknown ones states it.
    pub share: f64,
    ln_thrust: (f64, f64),
    ln_burn_up: (f64, f64),
    flow_growth: f64,
    ln_ballistic_coefficient: (f64, f64),
    turn_from_s: f64,
    /// Cholesky factor of the covariance of the rates at the knots, rad/s.
    turn_root: SMatrix<f64, TURNS, TURNS>,
}

/// A shape: the numbers that [`super::boost`] flies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub thrust_mps2: f64,
    pub burn_up_s: f64,
    pub flow_growth: f64,
    pub ballistic_coefficient_kgpm2: f64,
    pub turn_from_s: f64,
    pub turn_lasts_s: f64,
    pub turn_rad: f64,
    /// At the knots, beside that turn.
    pub departure_radps: [f64; TURNS],
}

/// A programmed turn: it begins when `TURN_FROM` of τ is past, leans over by an angle in so long a time, and is over.
/// The V-2's, the best documented of all, began 4 s after lift-off and held 47–49° from 50 s on, of 65 s; τ was 102 s.
const TURN_FROM: f64 = 0.045;
/// The angle, rad (middle, one sigma: a lofted one hardly leans), and the logarithm of the time over τ.
const TURN_RAD: (f64, f64) = (0.8, 0.5);
const LN_TURN_TIME: (f64, f64) = (-0.545, 0.3);

/// Departures of the rate of turn from that at the knots, over the mean rate, and over how much of τ they are alike.
const DEPARTURE_SIGMA: f64 = 0.4;
const DEPARTURE_SHARE: f64 = 0.12;

/// One sigma of c, the growth of the flow in a minute: flows change by some tens of per cent over a burn.
const FLOW_GROWTH_SIGMA: f64 = 0.1;

impl Kind {
    fn new(share: f64, thrust_g: (f64, f64), burn_up_s: (f64, f64), beta: (f64, f64)) -> Kind {
        let ln = |(middle, factor): (f64, f64)| (libm::log(middle), libm::log(factor));
        let rate_radps = TURN_RAD.0 / (libm::exp(LN_TURN_TIME.0) * burn_up_s.0);
        let sigma_radps = DEPARTURE_SIGMA * rate_radps;
        let covariance = SMatrix::<f64, TURNS, TURNS>::from_fn(|row, column| {
            let apart = (TURN_S[row] - TURN_S[column]).abs() / burn_up_s.0;
            // A departure needs time: there is none at lift-off.
            let grown = |time_s: f64| sigma_radps * (time_s / (0.2 * burn_up_s.0)).min(1.0);
            grown(TURN_S[row]) * grown(TURN_S[column]) * libm::exp(-apart / DEPARTURE_SHARE)
        });
        Kind {
            share,
            ln_thrust: ln((thrust_g.0 * G0, thrust_g.1)),
            ln_burn_up: ln(burn_up_s),
            flow_growth: FLOW_GROWTH_SIGMA,
            ln_ballistic_coefficient: ln(beta),
            turn_from_s: TURN_FROM * burn_up_s.0,
            // An exponential kernel is positive definite.
            turn_root: covariance.cholesky().map_or_else(SMatrix::zeros, |cholesky| cholesky.l()),
        }
    }

    /// The kinds.
    pub fn bank() -> [Kind; 4] {
        [
            Kind::new(0.3, (2.5, 1.3), (100.0, 1.25), (35_000.0, 1.6)),
            Kind::new(0.3, (1.9, 1.25), (160.0, 1.25), (55_000.0, 1.6)),
            Kind::new(0.2, (1.45, 1.15), (210.0, 1.2), (100_000.0, 1.6)),
            Kind::new(0.2, (2.0, 1.45), (140.0, 1.5), (50_000.0, 2.0)),
        ]
    }

    /// The numbers that unknowns stand for.
    pub fn shape(&self, unknowns: &Unknowns) -> Shape {
        let of = |(middle, sigma): (f64, f64), index: usize| {
            libm::exp(middle + sigma * unknowns[SHAPE + index].clamp(-5.0, 5.0))
        };
        let departures = self.turn_root * unknowns.fixed_rows::<TURNS>(SHAPE + 6);
        let burn_up_s = of(self.ln_burn_up, 1);
        let turn_time = LN_TURN_TIME.0 + LN_TURN_TIME.1 * unknowns[SHAPE + 5].clamp(-5.0, 5.0);
        Shape {
            thrust_mps2: of(self.ln_thrust, 0),
            burn_up_s,
            flow_growth: self.flow_growth * unknowns[SHAPE + 2].clamp(-5.0, 5.0),
            ballistic_coefficient_kgpm2: of(self.ln_ballistic_coefficient, 3),
            turn_from_s: self.turn_from_s,
            turn_lasts_s: libm::exp(turn_time) * burn_up_s,
            turn_rad: TURN_RAD.0 + TURN_RAD.1 * unknowns[SHAPE + 4],
            departure_radps: departures.into(),
        }
    }
}
