//! Sensors: where one stands, what it measures and how well. As `sensors.json` writes them.

use serde::{Deserialize, Serialize};

use crate::geodetic::Geodetic;

/// What a sensor sees by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorKind {
    /// Echoes of its own signal: range and two angles.
    #[default]
    Radar,
    /// Heat: two angles.
    Infrared,
}

/// The part of space that a sensor watches. Angles in radians, azimuth from true north to east; where `az_rad` goes
/// from a larger to a smaller number, the volume crosses north.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Slant range, from and to, metres.
    pub range_m: [f64; 2],
    /// Azimuth, from and to, radians.
    pub az_rad: [f64; 2],
    /// Elevation above the ellipsoid's horizon, from and to, radians.
    pub el_rad: [f64; 2],
}

/// One sensor. The sigmas describe one plot (one standard deviation); `None`: not measured.
///
/// A real radar's errors are correlated in time. Of each sigma's variance the share `slow_fraction` belongs to an
/// error that changes as a first-order Gauss–Markov process of correlation time `slow_time_s`; the rest is
/// independent from plot to plot. Where the file does not say, the tracker learns from the plots which of the two
/// it is (`picture`, `noise.rs`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensor {
    /// Unique among a nation's sensors.
    pub id: String,
    /// A name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// What it sees by; radar where absent.
    #[serde(default)]
    pub kind: SensorKind,
    /// Geodetic latitude, degrees.
    pub lat_deg: f64,
    /// Longitude, degrees east.
    pub lon_deg: f64,
    /// Height above the ellipsoid, metres.
    pub alt_m: f64,
    /// Sigma of slant range, metres.
    pub sigma_range_m: Option<f64>,
    /// Sigma of azimuth, radians.
    pub sigma_az_rad: Option<f64>,
    /// Sigma of elevation, radians.
    pub sigma_el_rad: Option<f64>,
    /// Sigma of the height that transponders tell (metres), of a sensor that measures no elevation.
    #[serde(default)]
    pub sigma_height_m: Option<f64>,
    /// Sigma of range rate, metres a second.
    #[serde(default)]
    pub sigma_range_rate_mps: Option<f64>,
    /// Probability that an object in the volume gives a plot in one scan, 0 to 1.
    pub pd: f64,
    /// Scans a second.
    pub rate_hz: f64,
    /// Mean number of false plots in one scan.
    #[serde(default)]
    pub clutter_mean_per_scan: f64,
    /// The part of space that it watches; `None`: not stated.
    #[serde(default)]
    pub volume: Option<Volume>,
    /// Share of each sigma's variance that changes slowly, 0 to 1; `None`: not stated.
    #[serde(default)]
    pub slow_fraction: Option<f64>,
    /// Correlation time of the slow part, seconds; `None`: [`Sensor::SLOW_TIME_S`].
    #[serde(default)]
    pub slow_time_s: Option<f64>,
    /// ASTERIX: system area code.
    #[serde(default)]
    pub sac: Option<u8>,
    /// ASTERIX: system identification code.
    #[serde(default)]
    pub sic: Option<u8>,
    /// Whether its place or performance is made up for an exercise.
    #[serde(default)]
    pub notional: bool,
}

impl Sensor {
    /// Share of the variance that is slow in a radar found to have slow errors.
    ///
    /// CLAIM: the one real recording at hand (White Sands, NASA 36.353) shows correlations of 0.7 in range and 0.8
    /// in azimuth after 20 s; `SLOW_FRACTION` · exp(−20 s / `SLOW_TIME_S`) = 0.74.
    pub const SLOW_FRACTION: f64 = 0.9;

    /// Correlation time of slow errors where the file does not state one, seconds. See [`Sensor::SLOW_FRACTION`].
    pub const SLOW_TIME_S: f64 = 100.0;

    /// Where it stands.
    pub fn place(&self) -> Geodetic {
        Geodetic { lat_deg: self.lat_deg, lon_deg: self.lon_deg, alt_m: self.alt_m }
    }
}
