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
    /// What of it is news, where its owner can say so.
    pub tracklet: Option<Tracklet>,
}

/// What of a coasting track is news: all that its plots from one instant to another say, and nothing that was known
/// before; so that others may add it to what they know, once.
///
/// Of the track's information P⁻¹ (the inverse of its covariance) a part Y was there before `from`, carried on to the
/// track's instant; the rest, J = P⁻¹ − Y, is what the plots gave. With y = Y (x̄ − x), x̄ the state as it was expected
/// without them, their equivalent measurement is J z = J x − y. O. E. Drummond, "Track and tracklet fusion filtering",
/// Proc. SPIE 4728 (2002); Bar-Shalom, Willett, Tian, "Tracking and Data Fusion" (2011), chapter 8.
///
/// Each tracklet of a track stands in the place of those before it, which it contains: one that is lost, comes late or
/// comes twice changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tracklet {
    /// The first plot that may be in it.
    pub from: Tai,
    /// The last plot in it; not after the track's instant.
    pub to: Tai,
    /// What was known before; `None`: nothing, all of the track is news.
    pub prior: Option<Prior>,
}

/// What was known before a tracklet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Y, the information at the track's instant: upper triangle row by row, in the inverse units of the covariance.
    #[serde(with = "triangle")]
    pub information: [f64; 21],
    /// y = Y (x̄ − x).
    pub offset: [f64; 6],
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
