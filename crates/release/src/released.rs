//! What policy has passed, and what it has not.

use core::fmt;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use statement::{Kind, Label, Level, Nation};

/// Something that policy has passed for an audience. No public field, no `Deserialize`, no `Default`: it cannot be
/// had in another way.
///
/// ```compile_fail
/// // Nobody outside of this crate can make one …
/// let forged = release::Released { inner: 7, audience: Default::default() };
/// ```
/// ```
/// // … but everybody can look into one.
/// fn look(released: &release::Released<statement::Statement>) -> statement::Kind { released.inner().kind() }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Released<T> {
    inner: T,
    audience: BTreeSet<Nation>,
    level: Level,
    label: Label,
}

impl<T> Released<T> {
    pub(crate) fn new(inner: T, audience: BTreeSet<Nation>, level: Level, label: Label) -> Self {
        Released { inner, audience, level, label }
    }

    /// What was released.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// The nations that it was released to; never empty.
    pub fn audience(&self) -> &BTreeSet<Nation> {
        &self.audience
    }

    /// The level that the audience is cleared for.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Its label: the join of all that went into it.
    pub fn label(&self) -> &Label {
        &self.label
    }
}

/// Why something was withheld.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Why {
    /// No rule permits it.
    NoRule,
    /// These rules forbid it, in order: (id, the reason that the rule's author gave).
    Forbidden(Vec<(String, String)>),
    /// The label does not allow this nation.
    Label,
    /// A rule could not be evaluated: (id, error). Whatever the others say, it is withheld.
    RuleFailed(Vec<(String, String)>),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, rules: &[(String, String)]| {
            for (index, (id, text)) in rules.iter().enumerate() {
                write!(f, "{}rule `{id}`: {text}", if index > 0 { "; " } else { "" })?;
            }
            Ok(())
        };
        match self {
            Why::NoRule => f.write_str("no rule permits it"),
            Why::Forbidden(rules) => list(f, rules),
            Why::Label => f.write_str("its label does not allow this nation"),
            Why::RuleFailed(rules) => {
                f.write_str("withheld since a rule failed: ")?;
                list(f, rules)
            }
        }
    }
}

/// One nation from which a statement was withheld.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// From whom.
    pub partner: Nation,
    /// What kind of statement.
    pub kind: Kind,
    /// At which level.
    pub level: Level,
    /// Why.
    pub why: Why,
}

/// What policy decided on one statement: to whom it goes, and from whom it was withheld.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<T> {
    /// `None` where nobody may see it.
    pub released: Option<Released<T>>,
    /// Everybody else, with the reason.
    pub withheld: Vec<Withheld>,
}
