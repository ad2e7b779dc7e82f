//! Sense: which plots can be used at all, and why the others cannot.

use core::cmp::Ordering;
use core::fmt;

use nalgebra::Vector3;
use physics::filter::Measurement;
use physics::frames::Site;
use physics::measure;
use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::noise::Slowness;
use crate::registration::Correction;

/// Farther than any radar sees, metres.
const RANGE_M_MAX: f64 = 1e8;

/// Higher than any object that tells a height, metres.
const HEIGHT_M_MAX: f64 = 1e6;

/// Height of what tells none, seen at this range by a radar that relies on being told: air traffic's, middle and one
/// sigma, metres. Nearby it is low more often than overhead.
fn untold_height_m(range_m: f64) -> (f64, f64) {
    ((range_m / 4.0).min(6_000.0), (range_m / 5.0).min(4_000.0))
}

/// A plot that is stamped so much later than it came is refused, seconds: it would make all others late.
const AHEAD_S_MAX: f64 = 10.0;

/// Correlation time of what remains of a corrected bias, seconds.
const REMAINS_S: f64 = 1_000.0;

/// Sectors of a turning antenna. Fewer weigh more plots against each other, and wait longer for them.
pub const SECTORS: f64 = 8.0;

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
    /// The sensor measures no range or no azimuth, or the plot lacks it; or it measures no elevation and is told no
    /// heights: not used yet.
    NotThreeDimensional,
    /// It comes too long after plots already used.
    Late,
    /// It is stamped with an instant that is still to come: the sensor's clock is wrong.
    Ahead,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rejection::UnknownSensor => "unknown sensor",
            Rejection::Impossible => "impossible number",
            Rejection::NotThreeDimensional => "no range or angle",
            Rejection::Late => "late",
            Rejection::Ahead => "from the future",
        })
    }
}

/// A sensor with what the tracker derives from it and learns of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Radar {
    pub sensor: Sensor,
    pub site: Site,
    pub slowness: Slowness,
    /// What is taken off its measurements.
    pub correction: Option<Correction>,
    /// Its plots are kept apart.
    pub degraded: bool,
}

impl Radar {
    pub fn new(sensor: Sensor) -> Radar {
        let (site, slowness) = (Site::at(sensor.place()), Slowness::of(&sensor));
        Radar { sensor, site, slowness, correction: None, degraded: false }
    }
}

/// A plot that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sensed {
    pub time: Tai,
    pub received: Tai,
    pub scan: i64,
    /// The number of its radar.
    pub radar: u32,
    /// Range (m), azimuth, elevation (rad).
    pub measured: Vector3<f64>,
    pub range_rate_mps: Option<f64>,
    /// Where that is, Earth-fixed, metres.
    pub position_m: Vector3<f64>,
    /// Sigma of the elevation (rad) where it was reckoned from a height, and not measured.
    pub el_sigma_rad: Option<f64>,
    /// The address that the aircraft's transponder told.
    pub address: Option<u32>,
}

impl Sensed {
    /// The order of plots, whatever order they came in.
    pub fn order(&self, other: &Sensed) -> Ordering {
        let place = |plot: &Sensed| (plot.time, plot.radar, plot.scan);
        let [(range, azimuth, elevation), (range_to, azimuth_to, elevation_to)] =
            [self, other].map(|plot| (plot.measured.x, plot.measured.y, plot.measured.z));
        place(self)
            .cmp(&place(other))
            .then(azimuth.total_cmp(&azimuth_to))
            .then(range.total_cmp(&range_to))
            .then(elevation.total_cmp(&elevation_to))
    }

    /// Which of [`SECTORS`] it lies in.
    fn sector(&self) -> i64 {
        libm::floor(self.measured.y * SECTORS / core::f64::consts::TAU) as i64
    }

    /// Whether it told another address than `address`: then it is of another aircraft.
    pub fn denies(&self, address: Option<u32>) -> bool {
        self.address.zip(address).is_some_and(|(own, other)| own != other)
    }

    /// As the filter takes it.
    pub fn measurement<'a>(&self, radars: &'a [Radar]) -> Measurement<'a> {
        let radar = &radars[self.radar as usize];
        let mut noise = radar.slowness.noise(&radar.sensor);
        if let Some(correction) = &radar.correction {
            // What remains of a bias stays as it is far longer than any track.
            noise.slow = noise.slow.zip_map(&correction.remaining, libm::hypot);
            noise.slow_time_s = noise.slow_time_s.max(REMAINS_S);
        }
        if let Some(sigma_rad) = self.el_sigma_rad {
            (noise.independent.z, noise.slow.z) = (sigma_rad, 0.0);
        }
        Measurement {
            site: &radar.site,
            sensor: self.radar,
            measured: self.measured,
            range_rate_mps: self.range_rate_mps.zip(radar.sensor.sigma_range_rate_mps),
            noise,
        }
    }
}

/// Checks one plot against its sensor.
pub(crate) fn sense(plot: &Plot, received: Tai, radars: &[Radar]) -> Result<Sensed, Rejection> {
    let index =
        radars.iter().position(|radar| radar.sensor.id == plot.sensor_id).ok_or(Rejection::UnknownSensor)?;
    let Radar { sensor, site, .. } = &radars[index];
    let (Some(range_m), Some(sigma_range_m), Some(_)) =
        (plot.range_m, sensor.sigma_range_m, sensor.sigma_az_rad)
    else {
        return Err(Rejection::NotThreeDimensional);
    };
    let finite = range_m.is_finite()
        && plot.az_rad.is_finite()
        && plot.el_rad.is_finite()
        && plot.height_m.is_none_or(f64::is_finite)
        && plot.range_rate_mps.is_none_or(f64::is_finite);
    let possible =
        range_m > 0.0 && range_m < RANGE_M_MAX && plot.el_rad.abs() <= core::f64::consts::FRAC_PI_2;
    let possible = possible && plot.height_m.is_none_or(|height_m| height_m.abs() < HEIGHT_M_MAX);
    // A caller that does not know when it received the plot gives the epoch.
    if received > Tai(0) && plot.time.since_s(received) > AHEAD_S_MAX {
        return Err(Rejection::Ahead);
    }
    if !finite || !possible {
        return Err(Rejection::Impossible);
    }
    let (el_rad, el_sigma_rad) = match (sensor.sigma_el_rad, sensor.sigma_height_m) {
        (Some(_), _) => (plot.el_rad, None),
        (None, Some(sigma_height_m)) => {
            let height =
                plot.height_m.map_or_else(|| untold_height_m(range_m), |height_m| (height_m, sigma_height_m));
            let (el_rad, sigma_rad) =
                measure::elevation_of_height(site, (range_m, sigma_range_m), plot.az_rad, height);
            (el_rad, Some(sigma_rad))
        }
        (None, None) => return Err(Rejection::NotThreeDimensional),
    };
    Ok(Sensed {
        time: plot.time,
        received,
        scan: plot.scan,
        radar: index as u32,
        measured: Vector3::new(range_m, plot.az_rad, el_rad),
        range_rate_mps: plot.range_rate_mps,
        position_m: measure::locate(site, range_m, plot.az_rad, el_rad).vector(),
        el_sigma_rad,
        address: plot.address,
    })
}

/// Splits plots into scans: plots that follow each other, of one radar, of one scan, of nearly one time. An antenna that
/// turns sees all of a sector within some tenths of a second: those plots are weighed together too, each at its time.
pub(crate) fn scans(sensed: &[Sensed]) -> impl Iterator<Item = &[Sensed]> {
    sensed.chunk_by(|a, b| {
        let together = match (a.el_sigma_rad, b.el_sigma_rad) {
            (None, None) => b.time.since_s(a.time).abs() < 0.25,
            (Some(_), Some(_)) => a.sector() == b.sector(),
            _ => false,
        };
        together && a.radar == b.radar && a.scan == b.scan
    })
}
