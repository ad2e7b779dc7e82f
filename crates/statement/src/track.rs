//! Tracks as nations exchange them.

use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::assessment::{Evidence, Hops};

/// The life of a track at its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackStatus {
    /// Started, not yet sure that there is an object.
    Tentative,
    /// Sure.
    Firm,
    /// Firm, not observed of late.
    Coasting,
    /// Given up.
    Lost,
    /// A value that this build does not know.
    Unknown,
}

/// The state of one object at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Unique within its origin.
    pub track_id: String,
    /// Where it stands.
    pub status: TrackStatus,
    /// The instant the state is valid at.
    pub time: Tai,
    /// x, y, z (m), vx, vy, vz (m/s), Earth-fixed (WGS-84).
    pub state: [f64; 6],
    /// Covariance of the state, upper triangle row by row: p00, p01, …, p05, p11, …, p55.
    #[serde(with = "triangle")]
    pub covariance: [f64; 21],
    /// What it rests on.
    pub evidence: Evidence,
}

/// Tracks of one step. Level `track`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrackBatch {
    /// The tracks, in the order of their ids.
    pub tracks: Vec<Track>,
    /// The way of the newest observation.
    pub hops: Hops,
}

/// Serde has arrays up to 32 only by tuples: a triangle is one.
mod triangle {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(triangle: &[f64; 21], serializer: S) -> Result<S::Ok, S::Error> {
        triangle.as_slice().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; 21], D::Error> {
        let numbers = Vec::<f64>::deserialize(deserializer)?;
        numbers.try_into().map_err(|_| serde::de::Error::custom("a covariance has 21 numbers"))
    }
}
