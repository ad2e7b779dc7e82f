//! Places on and above the WGS-84 ellipsoid.

use serde::{Deserialize, Serialize};

/// A place by geodetic latitude and longitude (degrees, WGS-84, north and east positive) and ellipsoidal height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Geodetic {
    /// Geodetic latitude, degrees, −90 to 90.
    pub lat_deg: f64,
    /// Longitude, degrees, −180 to 180, east positive.
    pub lon_deg: f64,
    /// Height above the ellipsoid, metres.
    pub alt_m: f64,
}
