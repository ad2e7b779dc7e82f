//! What a nation may set.

use serde::{Deserialize, Serialize};

/// What a nation may set; the defaults suit ground radars at about one scan a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// A firm track without a plot for this long is coasting, seconds.
    pub coasting_after_s: f64,
    /// A track without a plot for this long is lost, seconds.
    pub lost_after_s: f64,
    /// The same for a track that is known to coast in space, which gravity alone carries on: it is met again where it
    /// was reckoned to be, by the next radar.
    pub arc_lost_after_s: f64,
    /// Threat probability from which an established assessment alarms the watch, 0 to 1.
    pub warning_threshold: f64,
    /// Shortest time between two assessments of one track whose status has not changed, seconds.
    pub assess_every_s: f64,
    /// Only what coasts is looked for, by the coasting filter alone: for a radar that sees objects after their
    /// burn-out and above the air. Thrust and drag then break a track.
    pub coasting_only: bool,
    /// Biases that are found are taken off the plots; off, they are found and shown alone.
    pub corrects_biases: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            coasting_after_s: 5.0,
            lost_after_s: 60.0,
            arc_lost_after_s: 300.0,
            warning_threshold: 0.5,
            assess_every_s: 1.0,
            coasting_only: false,
            corrects_biases: true,
        }
    }
}
