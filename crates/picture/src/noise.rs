//! What part of a radar's errors is slow: as its file states it, or as its plots show.
//!
//! A radar's sigmas describe one plot. Whether the next plot errs like it (a smoothed or biased radar) or afresh
//! decides what a long track is worth. Where the sensor's file does not say (`slow_fraction`), both are allowed for,
//! in full, until the plots of coasting tracks have shown which it is: residuals as large as the sigmas are
//! independent, residuals far below them are slow.

use nalgebra::Vector3;
use physics::filter::Noise;
use physics::sensor::Sensor;
use serde::{Deserialize, Serialize};

/// Plots of one coast after which its residuals are looked at: by then its own error is small or as slow as theirs.
pub(crate) const SETTLED_PLOTS: u32 = 10;

/// Logarithm of the odds at which it is decided (e⁸ ≈ 3,000 to 1), and at which it is held.
const DECIDED: f64 = 8.0;
const HELD: f64 = 20.0;

/// Variance of a residual, in units of sigma², where errors are independent, and where they are slow.
const INDEPENDENT_VARIANCE: f64 = 1.1;
const SLOW_VARIANCE: f64 = 0.25;

/// What is known of a radar's slow errors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Slowness {
    /// The file states the share of the variance.
    Stated(f64),
    /// Logarithm of the odds of independent against slow, as the plots show it.
    Learned(f64),
}

impl Slowness {
    pub fn of(sensor: &Sensor) -> Slowness {
        sensor.slow_fraction.map_or(Slowness::Learned(0.0), Slowness::Stated)
    }

    /// The noise that the tracker reckons with.
    pub fn noise(&self, sensor: &Sensor) -> Noise {
        let sigma = sigmas(sensor);
        let (independent, slow) = match *self {
            Slowness::Stated(share) => (1.0 - share, share),
            Slowness::Learned(odds) if odds > DECIDED => (1.0, 0.0),
            Slowness::Learned(odds) if odds < -DECIDED => {
                (1.0 - Sensor::SLOW_FRACTION, Sensor::SLOW_FRACTION)
            }
            Slowness::Learned(_) => (1.0, Sensor::SLOW_FRACTION),
        };
        Noise {
            // Never quite zero: a measurement without any independent error has no likelihood.
            independent: sigma * independent.max(1e-4).sqrt(),
            slow: sigma * slow.sqrt(),
            slow_time_s: sensor.slow_time_s.unwrap_or(Sensor::SLOW_TIME_S),
        }
    }

    /// Learns from the residual (range, azimuth, elevation) of a plot on a settled coast.
    pub fn learn(&mut self, residual: Vector3<f64>, sensor: &Sensor) {
        let Slowness::Learned(odds) = self else { return };
        let sigma = sigmas(sensor);
        let measured = if sensor.sigma_el_rad.is_some() { 3 } else { 2 };
        for axis in 0..measured {
            let relative = residual[axis] / sigma[axis];
            // One wild plot shall not decide.
            let square = (relative * relative).min(4.0);
            *odds += 0.5 * square * (1.0 / SLOW_VARIANCE - 1.0 / INDEPENDENT_VARIANCE)
                - 0.5 * libm::log(INDEPENDENT_VARIANCE / SLOW_VARIANCE);
        }
        *odds = odds.clamp(-HELD, HELD);
    }
}

/// Sigmas of range (m), azimuth and elevation (rad). Where the elevation is reckoned from a height, its sigma is the
/// plot's own; plots of a radar that lacks another are refused before this.
fn sigmas(sensor: &Sensor) -> Vector3<f64> {
    Vector3::new(
        sensor.sigma_range_m.unwrap_or(f64::INFINITY),
        sensor.sigma_az_rad.unwrap_or(f64::INFINITY),
        sensor.sigma_el_rad.unwrap_or(1.0),
    )
}
