//! Assessments: what a nation concludes of one object; and acknowledgements of them.

use physics::ellipse::Ellipse;
use physics::geodetic::Geodetic;
use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::nation::Nation;

/// What kind of object it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectClass {
    /// On an arc that comes down.
    Ballistic,
    /// Glides or turns.
    Manoeuvring,
    /// On its way to orbit.
    SpaceLaunch,
    /// In orbit.
    Satellite,
    /// Held up by air.
    Aircraft,
    /// Cannot be said, or a value that this build does not know.
    #[default]
    Unknown,
}

/// How far an assessment stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssessmentStatus {
    /// Too early to say where it comes down.
    #[default]
    Preliminary,
    /// Stands until replaced.
    Established,
    /// Taken back.
    Withdrawn,
    /// A value that this build does not know.
    Unknown,
}

/// Which message of its line a revision is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The first of its line.
    #[default]
    Initial,
    /// Replaces an earlier one.
    Update,
    /// Nothing follows.
    Final,
    /// The line was in error.
    Cancel,
    /// A value that this build does not know.
    Unknown,
}

/// By what an object was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phenomenon {
    /// Echoes of one's own signal.
    Radar,
    /// Heat.
    Infrared,
    /// A value that this build does not know.
    Unknown,
}

/// A probability for each class, in the order of [`ObjectClass`]; they add up to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassProbabilities(pub Vec<(ObjectClass, f64)>);

impl ClassProbabilities {
    /// The class with the highest probability; `Unknown` where there is none.
    pub fn most_likely(&self) -> ObjectClass {
        let mut best = (ObjectClass::Unknown, 0.0);
        for &(class, probability) in &self.0 {
            if probability > best.1 {
                best = (class, probability);
            }
        }
        best.0
    }

    /// The probability of one class; 0 where it is not listed.
    pub fn of(&self, class: ObjectClass) -> f64 {
        self.0.iter().filter(|(listed, _)| *listed == class).map(|(_, probability)| probability).sum()
    }
}

/// A place and a time on the Earth's surface with their uncertainty: of a launch or of an impact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroundEstimate {
    /// The place.
    pub place: Geodetic,
    /// Its error, at one sigma.
    pub ellipse: Ellipse,
    /// When.
    pub time: Tai,
    /// One sigma of the time, seconds.
    pub time_sigma_s: f64,
}

/// A place of the object on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlightPoint {
    /// The place.
    pub place: Geodetic,
    /// When it was there.
    pub time: Tai,
}

/// Where an object may come down: it does so inside, and within the time, with a probability of 0.9 each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReachableArea {
    /// Corners in their order round the area: (latitude, longitude), degrees; 3 to [`ReachableArea::CORNERS_MAX`].
    /// Edges are geodesics.
    pub outline_deg: Vec<(f64, f64)>,
    /// Earliest and latest.
    pub time: (Tai, Tai),
}

impl ReachableArea {
    /// The most corners.
    pub const CORNERS_MAX: usize = 64;
}

/// What an assessment or a track rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// By what it was seen, each once, ordered.
    pub phenomena: Vec<Phenomenon>,
    /// One opaque tag for each physical sensor, each once, ordered.
    pub source_tags: Vec<String>,
    /// Plots that it rests on.
    pub plots: u64,
    /// When the object was first observed.
    pub first_observed: Tai,
    /// When it was last observed.
    pub last_observed: Tai,
}

/// The steps of the newest observation on its way through the node; `Tai(0)` where a step did not happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hops {
    /// When the sensor saw it.
    pub sensed: Tai,
    /// When the node received the plot.
    pub received: Tai,
    /// When it was joined to a track.
    pub tracked: Tai,
    /// When the assessment was made.
    pub assessed: Tai,
    /// When release decided.
    pub released: Tai,
}

/// One nation's assessment of one object. Level `warning`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Unique within its origin.
    pub assessment_id: String,
    /// From 1; a higher one replaces all lower ones.
    pub revision: u32,
    /// Which message of its line.
    pub phase: Phase,
    /// How far it stands.
    pub status: AssessmentStatus,
    /// What it may be.
    pub classes: ClassProbabilities,
    /// Probability that it is a threat, 0 to 1.
    pub threat_probability: f64,
    /// Whether the origin's watch is alarmed by it.
    pub warning: bool,
    /// Where it came from; `None` where that cannot be said.
    pub launch: Option<GroundEstimate>,
    /// Where it comes down; `None` where that cannot be said, always while it is under thrust.
    pub impact: Option<GroundEstimate>,
    /// Course over ground at launch: (degrees from true north to east, one sigma).
    pub course_deg: Option<(f64, f64)>,
    /// Greatest height above the ellipsoid: (metres, one sigma).
    pub apogee_m: Option<(f64, f64)>,
    /// How many objects, at least and at most.
    pub object_count: (u32, u32),
    /// What it rests on.
    pub evidence: Evidence,
    /// The way of the newest observation.
    pub hops: Hops,
    /// The origin's own track.
    pub track_id: String,
    /// Where the object was when it was last observed.
    pub observed: Option<FlightPoint>,
    /// Whether it was under thrust then; `None` where that cannot be said.
    pub under_thrust: Option<bool>,
    /// Where its thrust was last seen, once it coasts; `None` where no thrust was seen.
    pub burnout: Option<FlightPoint>,
    /// The id of the planned launch that it fits, as its origin was given notice; empty where there is none.
    pub notice: String,
    /// The name of the satellite of its origin's catalogue that it fits; empty where there is none.
    pub satellite: String,
    /// Where it may come down while no ellipse can be said, because it is under thrust or manoeuvres; `None` where
    /// nothing can be said.
    pub reachable: Option<ReachableArea>,
}

/// One revision of one statement, named so that nobody can mean another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StatementRef {
    /// Who said it.
    pub origin: Nation,
    /// Its id.
    pub statement_id: String,
    /// Its revision.
    pub revision: u32,
    /// SHA-256 of its body's protected header and payload.
    pub body_id: [u8; 32],
}

/// "A person here has seen this." Level `warning`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledge {
    /// Unique within its origin.
    pub acknowledge_id: String,
    /// The event as the acknowledging nation names it.
    pub event_id: String,
    /// The statements that made the event when it was shown.
    pub statements: Vec<StatementRef>,
    /// Who: opaque to other nations.
    pub actor: String,
    /// SHA-256 of what was shown.
    pub shown_digest: [u8; 32],
    /// The person's Ed25519 key.
    pub actor_key: Vec<u8>,
    /// The person's signature over realm, event, act and shown digest.
    pub actor_signature: Vec<u8>,
    /// When the person acted.
    pub acted: Tai,
}
