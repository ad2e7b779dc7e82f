//! Frames, time, gravity, motion, measurement, filters, ellipses: pure functions.
//!
//! Nothing here reads a clock, a file or a random generator. Elementary functions come from `libm`, since the
//! system's differ between processors. SI units throughout; the unit is the last word of a name.

pub mod ellipse;
pub mod frames;
pub mod geodetic;
pub mod plot;
pub mod sensor;
pub mod time;
pub mod wgs84;
