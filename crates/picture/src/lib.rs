//! One nation's own sensors to plots, tracks, assessments: **sense → track → assess**.
//!
//! [`Picture`] is the whole of it: a state that plots change, from which tracks and assessments are read. It has no
//! clock and draws no random numbers; the same plots in the same order give the same state, bit for bit.

mod arrivals;
mod assess;
mod assign;
mod catalogue;
mod clutter;
mod common;
mod family;
mod gate;
mod health;
mod infrared;
mod joint;
mod lift;
mod manoeuvre;
mod motion;
mod names;
mod noise;
mod notice;
mod pair;
mod past;
mod picture;
mod reentry;
mod registration;
mod seed;
mod sense;
mod sensor_state;
mod settings;
mod start;
mod track;
mod tracker;
mod tracklet;

pub use catalogue::Catalogue;
pub use health::Finding;
pub use picture::Picture;
pub use sense::{RejectedPlot, Rejection, SECTORS};
pub use sensor_state::{Bias, SensorState, Standing};
pub use settings::Settings;
