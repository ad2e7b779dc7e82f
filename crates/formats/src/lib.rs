//! Plot files, sensor files, track and assessment files: codecs, no decisions.

pub mod assessments;
pub mod asterix;
mod number;
pub mod plots;
pub mod sensors;
pub mod tracks;

pub use assessments::write_assessment;
pub use plots::{LineError, PlotFile, PlotLines};
pub use sensors::{SensorFile, SensorFileError, read_sensors};
pub use tracks::{TRACKS_HEADER, write_track};
