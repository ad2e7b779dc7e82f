//! Sense: which plots can be used at all, and why the others cannot.

use core::fmt;

use physics::frames::Site;
use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use serde::{Deserialize, Serialize};

/// How far behind the newest plot a plot may be and still be used, seconds. Several sensors' scans arrive
/// interleaved: a later one is then used at its own time.
pub(crate) const LATE_S_MAX: f64 = 0.5;

/// A plot that was not used, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectedPlot {
    /// The plot as it came.
    pub plot: Plot,
    /// Why it was not used.
    pub reason: Rejection,
}

/// Why a plot was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rejection {
    /// No such sensor is configured.
    UnknownSensor,
    /// A number is not finite, or an angle or a range is impossible.
    Impossible,
    /// The sensor measures no range or no angle, or the plot lacks it: not used yet.
    NotThreeDimensional,
    /// Its time is before that of plots already used.
    Late,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rejection::UnknownSensor => "unknown sensor",
            Rejection::Impossible => "impossible number",
            Rejection::NotThreeDimensional => "no range or angle",
            Rejection::Late => "late",
        })
    }
}

/// A sensor with what the tracker derives from it once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Radar {
    pub sensor: Sensor,
}

impl Radar {
    pub fn site(&self) -> Site {
        Site::at(self.sensor.place())
    }
}

/// Checks one plot against its sensor and the newest time; the index of its sensor where it can be used.
pub(crate) fn usable(plot: &Plot, radars: &[Radar], newest: Tai) -> Result<usize, Rejection> {
    let index =
        radars.iter().position(|radar| radar.sensor.id == plot.sensor_id).ok_or(Rejection::UnknownSensor)?;
    let sensor = &radars[index].sensor;
    let (Some(range_m), Some(_), Some(_), Some(_)) =
        (plot.range_m, sensor.sigma_range_m, sensor.sigma_az_rad, sensor.sigma_el_rad)
    else {
        return Err(Rejection::NotThreeDimensional);
    };
    let finite = range_m.is_finite()
        && plot.az_rad.is_finite()
        && plot.el_rad.is_finite()
        && plot.range_rate_mps.is_none_or(f64::is_finite);
    let possible = range_m > 0.0 && plot.el_rad.abs() <= core::f64::consts::FRAC_PI_2;
    if !finite || !possible {
        return Err(Rejection::Impossible);
    }
    if newest.since_s(plot.time) > LATE_S_MAX {
        return Err(Rejection::Late);
    }
    Ok(index)
}
