//! Plots: single detections, as `plots.csv` writes them.

use serde::{Deserialize, Serialize};

use crate::time::Tai;

/// One detection by one sensor, in the sensor's own measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// When it was sensed.
    pub time: Tai,
    /// The sensor's count of its scans.
    pub scan: i64,
    /// Which sensor.
    pub sensor_id: String,
    /// Slant range, metres; `None` from a sensor without range.
    pub range_m: Option<f64>,
    /// Azimuth from true north to east, radians, in [0, 2π).
    pub az_rad: f64,
    /// Elevation above the ellipsoid's horizon, radians, in [−π/2, π/2]; 0 where the sensor measures none.
    pub el_rad: f64,
    /// Height above the ellipsoid, metres, from a sensor that measures no elevation and is told the height instead: the
    /// transponder's, a pressure height.
    pub height_m: Option<f64>,
    /// The 24-bit address that the aircraft's transponder told.
    pub address: Option<u32>,
    /// Rate of the slant range, metres a second, positive when it opens.
    pub range_rate_mps: Option<f64>,
    /// In made-up data, the object it came from; never used by a tracker.
    pub truth_id: Option<String>,
}
