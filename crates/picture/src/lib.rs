//! One nation's own sensors to plots, tracks, assessments: **sense → track → assess**.
//!
//! [`Picture`] is the whole of it: a state that plots change, from which tracks and assessments are read. It has no
//! clock and draws no random numbers; the same plots in the same order give the same state, bit for bit.

mod picture;
mod sense;
mod settings;

pub use picture::Picture;
pub use sense::{RejectedPlot, Rejection};
pub use settings::Settings;
