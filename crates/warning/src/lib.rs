//! Joins the nations' assessments of one launch into an event, side by side.
//!
//! Of what nations say, nothing is averaged: each nation's newest word stands in its own column, and what they disagree
//! on beyond their uncertainty is listed as a [`Difference`]. Their tracks are combined beside it, for one's own eyes
//! ([`Combiner`]): what comes of that is [`Combined`], and cannot be released.

mod combine;
mod difference;
mod event;
mod join;

pub use combine::{Combined, CombinedTrack, Combiner, Method, Normal, Source, intersect};
pub use difference::{Difference, Field, differences};
pub use event::{Acknowledged, Event, EventState, Events, Heard};
pub use join::{JOIN_DISTANCE_SQUARED_MAX, distance_squared, offset_m};
