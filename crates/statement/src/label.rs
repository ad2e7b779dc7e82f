//! Labels: how sensitive a statement is, and what it was made from. Derived data takes the join.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::nation::Nation;

/// How sensitive: a higher one dominates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// May be released to all members.
    #[default]
    Coalition,
    /// Says something of how well a sensor sees.
    SensorDerived,
    /// Stays at home.
    NationalOnly,
}

/// The label of a plot, track or statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The highest sensitivity of anything that went into it.
    pub sensitivity: Sensitivity,
    /// Nations that it may at most be released to; `None`: no limit of its own.
    pub releasable_to: Option<BTreeSet<Nation>>,
    /// Opaque tags of the sensors that it rests on.
    pub sources: BTreeSet<String>,
}

impl Label {
    /// The least label that is at least as strict as both: highest sensitivity, intersection of the nations, union
    /// of the sources.
    pub fn join(&self, other: &Label) -> Label {
        let releasable_to = match (&self.releasable_to, &other.releasable_to) {
            (None, limit) | (limit, None) => limit.clone(),
            (Some(a), Some(b)) => Some(a.intersection(b).copied().collect()),
        };
        Label {
            sensitivity: self.sensitivity.max(other.sensitivity),
            releasable_to,
            sources: self.sources.union(&other.sources).cloned().collect(),
        }
    }
}
