//! Joins the nations' assessments of one launch into an event, side by side.
//!
//! Nothing here averages: each nation's newest word stands in its own column, and what they disagree on beyond
//! their uncertainty is listed as a [`Difference`].

mod difference;
mod event;
mod join;

pub use difference::{Difference, Field, differences};
pub use event::{Acknowledged, Event, EventState, Events, Heard};
pub use join::{JOIN_DISTANCE_SQUARED_MAX, distance_squared, offset_m};
