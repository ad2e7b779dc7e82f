//! Frames, time, gravity, motion, measurement, filters, ellipses: pure functions.
//!
//! Nothing here reads a clock, a file or a random generator. Elementary functions come from `libm`, since the
//! system's differ between processors. SI units throughout; the unit is the last word of a name.

pub mod atmosphere;
pub mod ellipse;
pub mod filter;
pub mod frames;
pub mod geodesic;
pub mod geodetic;
pub mod information;
pub mod integrate;
pub mod measure;
pub mod motion;
pub mod plot;
pub mod satellite;
pub mod sensor;
pub mod time;
pub mod wgs84;
