//! Why something from outside was not taken. Each refusal is one clear sentence and one word to count by.

use serde::{Deserialize, Serialize};
use statement::{Kind, Lane, Nation};

use crate::keys::KeyUse;

/// A reason why bytes or a frame from outside were not accepted. Nothing of them has any effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// Made for another realm.
    #[error("it is of realm `{found}`, this node serves `{expected}`")]
    WrongRealm {
        /// The realm of this node.
        expected: String,
        /// The realm it names.
        found: String,
    },
    /// Not released to this nation.
    #[error("it is not released to {0}")]
    WrongAudience(Nation),
    /// Says another's name than the peer's.
    #[error("it comes from {expected} and says that its origin is `{found}`")]
    WrongOrigin {
        /// The nation at the other end.
        expected: Nation,
        /// The nation it names.
        found: String,
    },
    /// No member of the roster.
    #[error("`{0}` is not in the roster")]
    UnknownNation(String),
    /// A signature that does not verify.
    #[error("the signature by the {key} of {signer} is wrong")]
    BadSignature {
        /// Whose: a nation or `root`.
        signer: String,
        /// Which key.
        key: KeyUse,
    },
    /// Not exactly the signatures that are due, in their order.
    #[error("it carries {found} signatures or others than the {expected} that are due")]
    WrongSignatures {
        /// How many are due.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// A number that was already taken.
    #[error("number {found} was already received, the next is {expected}")]
    ReplayedNumber {
        /// The next number.
        expected: u64,
        /// The number it has.
        found: u64,
    },
    /// A number after the next.
    #[error("number {found} skips, the next is {expected}")]
    SkippedNumber {
        /// The next number.
        expected: u64,
        /// The number it has.
        found: u64,
    },
    /// An epoch that has ended.
    #[error("epoch {found} has ended, the present one is {expected}")]
    OlderEpoch {
        /// The present epoch.
        expected: u64,
        /// The epoch it names.
        found: u64,
    },
    /// Too long.
    #[error("{what} has {bytes} bytes, at most {bytes_max} are taken")]
    Oversize {
        /// What.
        what: String,
        /// Its length, bytes.
        bytes: u64,
        /// The longest, bytes.
        bytes_max: u64,
    },
    /// Not of the form that docs/exchange.md gives.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// The same content in another than the one permitted encoding.
    #[error("it is not in the canonical encoding")]
    NotCanonical,
    /// A kind that this build does not know, authentically signed.
    #[error("its kind `{0}` is not known here")]
    UnknownKind(String),
    /// A kind at a level that is not its own.
    #[error("a body of kind {kind} cannot be of level `{level}`")]
    WrongLevel {
        /// The kind.
        kind: Kind,
        /// The level it names.
        level: String,
    },
    /// A body of a lane in the other.
    #[error("it does not belong into the {0} lane")]
    WrongLane(Lane),
    /// Two things signed by one nation that cannot both be true.
    #[error("{0} contradicts itself: its head does not fit the entries it sent")]
    Equivocation(Nation),
    /// A head that is smaller than one before it in the same epoch.
    #[error("a head of size {found} after one of size {seen}")]
    HeadWentBack {
        /// The largest size seen.
        seen: u64,
        /// The size it has.
        found: u64,
    },
    /// A receipt for a head that was never sent, or with another root.
    #[error("it is a receipt for a head of size {0} that was not sent")]
    UnknownHead(u64),
    /// No session version in common.
    #[error("none of its session versions is spoken here")]
    Version,
    /// A roster that is not newer.
    #[error("roster version {found} is not newer than {held}")]
    RosterNotNewer {
        /// The version held.
        held: u32,
        /// The version offered.
        found: u32,
    },
    /// A frame that may not come now, or not from this side.
    #[error("a frame `{0}` may not come here")]
    UnexpectedFrame(String),
}

impl Refusal {
    /// One word to count by and to send in a Bye.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::WrongRealm { .. } => "wrong-realm",
            Refusal::WrongAudience(_) => "wrong-audience",
            Refusal::WrongOrigin { .. } => "wrong-origin",
            Refusal::UnknownNation(_) => "unknown-nation",
            Refusal::BadSignature { .. } => "bad-signature",
            Refusal::WrongSignatures { .. } => "wrong-signatures",
            Refusal::ReplayedNumber { .. } => "replayed-number",
            Refusal::SkippedNumber { .. } => "skipped-number",
            Refusal::OlderEpoch { .. } => "older-epoch",
            Refusal::Oversize { .. } => "oversize",
            Refusal::Malformed(_) => "malformed",
            Refusal::NotCanonical => "not-canonical",
            Refusal::UnknownKind(_) => "unknown-kind",
            Refusal::WrongLevel { .. } => "wrong-level",
            Refusal::WrongLane(_) => "wrong-lane",
            Refusal::Equivocation(_) => "equivocation",
            Refusal::HeadWentBack { .. } => "head-went-back",
            Refusal::UnknownHead(_) => "unknown-head",
            Refusal::Version => "version",
            Refusal::RosterNotNewer { .. } => "roster-not-newer",
            Refusal::UnexpectedFrame(_) => "unexpected-frame",
        }
    }

    pub(crate) fn malformed(what: &str) -> Refusal {
        Refusal::Malformed(what.to_owned())
    }

    pub(crate) fn oversize(what: &str, bytes: usize, bytes_max: usize) -> Refusal {
        Refusal::Oversize { what: what.to_owned(), bytes: bytes as u64, bytes_max: bytes_max as u64 }
    }

    /// A text from outside, short enough to repeat.
    pub(crate) fn quoted(text: &str) -> String {
        text.chars().filter(|letter| !letter.is_control()).take(48).collect()
    }
}
