//! Notices: launches that somebody has said beforehand.

use physics::geodetic::Geodetic;
use physics::time::Tai;
use serde::{Deserialize, Serialize};

/// A planned launch: when, from where, whither.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedLaunch {
    /// Unique in its file.
    pub id: String,
    /// When the window opens and closes.
    pub window: [Tai; 2],
    /// Where it starts.
    pub area: Circle,
    /// Course over ground at launch, degrees from true north to east: from, clockwise, to.
    pub course_deg: [f64; 2],
    /// Where parts of it are to come down; empty: anywhere in its direction, or back in the area.
    pub falls: Vec<Circle>,
}

/// A circle on the ground.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Circle {
    /// Its middle.
    pub middle: Geodetic,
    /// Its radius, metres.
    pub radius_m: f64,
}
