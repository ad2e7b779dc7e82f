//! One nation's own sensors to plots, tracks, assessments: **sense → track → assess**.
//!
//! [`Picture`] is the whole of it: a state that plots change, from which tracks and assessments are read. It has no
//! clock and draws no random numbers; the same plots in the same order give the same state, bit for bit.

mod assess;
mod assign;
mod catalogue;
mod clutter;
mod gate;
mod infrared;
mod lift;
mod motion;
mod names;
mod noise;
mod notice;
mod past;
mod picture;
mod seed;
mod sense;
mod settings;
mod start;
mod track;
mod tracker;

pub use catalogue::Catalogue;
pub use picture::Picture;
pub use sense::{RejectedPlot, Rejection, SECTORS};
pub use settings::Settings;
