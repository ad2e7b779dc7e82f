//! What nations say to each other: domain types and their wire forms.
//!
//! The wire forms ([`wire`]) come from `proto/`; `TryFrom` (in [`convert`]) is the only door from them, and it
//! refuses what a domain type cannot hold. Instants are [`physics::time::Tai`]; places are WGS-84.

pub mod assessment;
pub mod convert;
pub mod kind;
pub mod label;
pub mod nation;
pub mod notice;
pub mod plant;
pub mod roster;
pub mod track;

pub use assessment::{
    Acknowledge, Assessment, AssessmentStatus, ClassProbabilities, Evidence, FlightPoint, GroundEstimate,
    Hops, ObjectClass, Phase, Phenomenon, ReachableArea, StatementRef,
};
pub use convert::Malformed;
pub use kind::{Kind, Lane, Level, Statement};
pub use label::{Label, Sensitivity};
pub use nation::{Nation, Realm};
pub use notice::{Circle, PlannedLaunch};
pub use roster::{Member, Officer, Roster};
pub use track::{Prior, Track, TrackBatch, TrackStatus, Tracklet};

/// The wire forms, as `proto/watchfire/v1/statement.proto` defines and documents them.
#[allow(missing_docs, clippy::all)]
pub mod wire {
    include!(concat!(env!("OUT_DIR"), "/watchfire.v1.rs"));
}
