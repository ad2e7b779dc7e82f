//! The kinds of statements, the lanes they travel in and the levels they are released at.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::assessment::{Acknowledge, Assessment};
use crate::roster::Roster;
use crate::track::TrackBatch;

/// How much of what a nation says a partner sees. A partner cleared for `Track` also gets all of `Warning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// What a watch and a public warning need.
    Warning,
    /// Tracks with their covariance.
    Track,
}

/// The two ways from one nation to another: tracks never delay a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Assessments, acknowledgements and all else that people act on.
    Warning,
    /// Track batches.
    Picture,
}

impl Lane {
    /// Both lanes, the urgent one first.
    pub const ALL: [Lane; 2] = [Lane::Warning, Lane::Picture];

    /// `warning` or `picture`.
    pub fn as_str(self) -> &'static str {
        match self {
            Lane::Warning => "warning",
            Lane::Picture => "picture",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of statement a body carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`TrackBatch`].
    TrackBatch,
    /// [`Assessment`].
    Assessment,
    /// [`Acknowledge`].
    Acknowledge,
    /// [`Roster`]; signed by the realm's root, never sent over a feed.
    Roster,
}

impl Kind {
    /// The name in a body's header.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::TrackBatch => "track-batch",
            Kind::Assessment => "assessment",
            Kind::Acknowledge => "acknowledge",
            Kind::Roster => "roster",
        }
    }

    /// The kind of a name in a body's header.
    pub fn from_name(name: &str) -> Option<Kind> {
        [Kind::TrackBatch, Kind::Assessment, Kind::Acknowledge, Kind::Roster]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }

    /// The lane that the kind travels in.
    pub fn lane(self) -> Lane {
        match self {
            Kind::TrackBatch => Lane::Picture,
            Kind::Assessment | Kind::Acknowledge | Kind::Roster => Lane::Warning,
        }
    }

    /// The level that a partner must be cleared for.
    pub fn level(self) -> Level {
        match self {
            Kind::TrackBatch => Level::Track,
            Kind::Assessment | Kind::Acknowledge | Kind::Roster => Level::Warning,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that a nation says.
#[expect(
    clippy::large_enum_variant,
    reason = "the largest is the one that matters most; a box would cost it"
)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Statement {
    /// Tracks of one step.
    TrackBatch(TrackBatch),
    /// One object, assessed.
    Assessment(Assessment),
    /// A person has seen it.
    Acknowledge(Acknowledge),
    /// Who takes part.
    Roster(Roster),
}

impl Statement {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Statement::TrackBatch(_) => Kind::TrackBatch,
            Statement::Assessment(_) => Kind::Assessment,
            Statement::Acknowledge(_) => Kind::Acknowledge,
            Statement::Roster(_) => Kind::Roster,
        }
    }
}
