//! Catalogue: which known satellite a track may be.

use std::sync::Arc;

use nalgebra::SMatrix;
use physics::filter::Estimate;
use physics::motion::{self, Matrix6};
use physics::satellite::Satellite;
use physics::time::Tai;
use serde::{Deserialize, Serialize};

/// Error of a catalogued position and velocity, one sigma on each axis: at once, and for each day since the elements'
/// epoch. Fresh public element sets are good to about a kilometre; along the track it grows by some kilometres a day.
const SIGMA_M: (f64, f64) = (1_500.0, 2_500.0);
const SIGMA_MPS: (f64, f64) = (2.0, 3.0);

/// Squared distance that 99.9 % of right matches stay within, six degrees of freedom. Abramowitz & Stegun, table 26.8.
const NEAR: f64 = 22.46;

/// A track whose velocity is less sure than this fits too much, m/s, all axes together.
const VELOCITY_SIGMA_MPS_MAX: f64 = 400.0;

/// A track without a match is looked up again after so long, seconds.
const AGAIN_S: f64 = 5.0;

/// Known satellites.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Catalogue(Arc<Vec<Satellite>>);

impl Catalogue {
    /// A catalogue of these.
    pub fn new(satellites: Vec<Satellite>) -> Catalogue {
        Catalogue(Arc::new(satellites))
    }
}

/// Which known satellite a track was found to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Match {
    /// Its place in the catalogue and its name.
    found: Option<(usize, String)>,
    searched: Option<Tai>,
}

impl Match {
    /// The name of the satellite that the track fits.
    pub fn name(&self) -> Option<&str> {
        self.found.as_ref().map(|(_, name)| name.as_str())
    }

    /// Whether the track still fits the satellite that it fitted, or another one.
    pub fn renew(&mut self, estimate: &Estimate<6>, catalogue: &Catalogue) {
        let velocity_variance = estimate.covariance.fixed_view::<3, 3>(3, 3).trace();
        if velocity_variance.is_nan() || velocity_variance > VELOCITY_SIGMA_MPS_MAX * VELOCITY_SIGMA_MPS_MAX {
            self.found = None;
            return;
        }
        let known = self.found.take();
        let still = |(index, name): &(usize, String)| {
            let satellite = catalogue.0.get(*index).filter(|satellite| satellite.name() == name)?;
            distance_squared(satellite, estimate).filter(|squared| *squared < NEAR)
        };
        if known.as_ref().is_some_and(|known| still(known).is_some()) {
            self.found = known;
            return;
        }
        if self.searched.is_some_and(|searched| estimate.time.since_s(searched).abs() < AGAIN_S) {
            return;
        }
        self.searched = Some(estimate.time);
        let mut least = NEAR;
        for (index, satellite) in catalogue.0.iter().enumerate() {
            if let Some(squared) = distance_squared(satellite, estimate)
                && squared < least
            {
                least = squared;
                self.found = Some((index, satellite.name().to_owned()));
            }
        }
    }
}

/// Squared statistical distance of a satellite from an estimate; `None` where it is far away.
fn distance_squared(satellite: &Satellite, estimate: &Estimate<6>) -> Option<f64> {
    let days = estimate.time.since_s(satellite.epoch).abs() / 86_400.0;
    let (sigma_m, sigma_mps) = (SIGMA_M.0 + SIGMA_M.1 * days, SIGMA_MPS.0 + SIGMA_MPS.1 * days);
    let there = satellite.state(estimate.time)?;
    let away = there - estimate.state;
    let own_m2 = estimate.position_covariance().trace();
    let limit_m2 = NEAR * (own_m2 + 3.0 * sigma_m * sigma_m);
    if motion::position(&away).norm_squared() > limit_m2 {
        return None;
    }
    let mut covariance: Matrix6 = estimate.covariance;
    for axis in 0..3 {
        covariance[(axis, axis)] += sigma_m * sigma_m;
        covariance[(axis + 3, axis + 3)] += sigma_mps * sigma_mps;
    }
    // Metres and metres a second differ by orders of magnitude: scaled to correlations first.
    let scale = covariance.diagonal().map(f64::sqrt);
    let unit =
        SMatrix::<f64, 6, 6>::from_fn(|row, column| covariance[(row, column)] / (scale[row] * scale[column]));
    let away = away.component_div(&scale);
    let solved = unit.cholesky()?.solve(&away);
    Some(away.dot(&solved)).filter(|squared| squared.is_finite())
}
