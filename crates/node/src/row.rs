//! Journal rows: what happened in one turn of the driver, and what was sealed because of it.
//!
//! INVARIANT (one chain): row n's hash covers row n − 1's hash, its own number and its bytes, so that no row can be
//! changed, dropped, inserted or moved unseen.

use exchange::HeldFact;
use exchange::{Digest, FeedFact, sha256};
use physics::plot::Plot;
use serde::{Deserialize, Serialize};
use statement::{Lane, Nation};

use crate::input::{Act, Identity, Input, LinkChange, Now, Proof};
use crate::listing::Listing;

/// The form of the rows. A journal of another form is refused with a sentence.
pub const FORMAT: u32 = 2;

/// Row 0: what the journal is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`].
    pub format: u32,
    /// The build that opened it.
    pub build: String,
    /// The node's identity at that time.
    pub identity: Identity,
}

/// A row after row 0: one turn of the driver, in one durable write.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// In their order.
    pub steps: Vec<Step>,
}

/// One input and what followed from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub now: Now,
    /// What happened.
    pub input: Recorded,
    /// What was sealed, and which numbers it got, in their order.
    pub outputs: Vec<Output>,
}

/// An input as the journal keeps it. What came from outside is kept as it came, and opened again on replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Recorded {
    /// As [`Input::Identity`].
    Identity(Identity),
    /// As [`Input::Roster`], signed.
    Roster(Vec<u8>),
    /// As [`Input::Policy`].
    Policy {
        /// The file.
        file: String,
        /// The rules.
        text: String,
    },
    /// As [`Input::Plots`].
    Plots(Vec<Plot>),
    /// As [`Input::Entry`], as it came.
    Entry {
        /// Who sent it.
        from: Nation,
        /// In which lane.
        lane: Lane,
        /// The feed's epoch.
        epoch: u64,
        /// Its number.
        number: u64,
        /// The body, signatures included.
        raw: Vec<u8>,
    },
    /// As [`Input::Unreadable`].
    Unreadable {
        /// Who sent it.
        from: Nation,
        /// In which lane.
        lane: Lane,
        /// The feed's epoch.
        epoch: u64,
        /// Its number.
        number: u64,
        /// The body, signatures included.
        raw: Vec<u8>,
        /// Why it could not be read.
        why: String,
    },
    /// As [`Input::Refused`].
    Refused {
        /// Whom it came from.
        who: String,
        /// Why.
        reason: String,
        /// How often.
        count: u32,
    },
    /// As [`Input::Act`].
    Act(Proof, Act),
    /// As [`Input::Link`].
    Link {
        /// The partner.
        partner: Nation,
        /// The lane.
        lane: Lane,
        /// How it changed.
        change: LinkChange,
    },
    /// As [`Input::Tick`].
    Tick,
    /// As [`Input::Listing`].
    Listing {
        /// Which.
        listing: Listing,
        /// The file.
        file: String,
        /// Its text.
        text: String,
    },
}

impl Recorded {
    /// Whether there may be other partners after it than before.
    pub fn changes_partners(&self) -> bool {
        matches!(self, Recorded::Identity(_) | Recorded::Roster(_))
    }
}

impl From<&Input> for Recorded {
    fn from(input: &Input) -> Recorded {
        match input.clone() {
            Input::Identity(identity) => Recorded::Identity(identity),
            Input::Roster(roster) => Recorded::Roster(roster.bytes().to_vec()),
            Input::Policy { file, text } => Recorded::Policy { file, text },
            Input::Plots(plots) => Recorded::Plots(plots),
            Input::Entry { from, lane, epoch, number, body } => {
                Recorded::Entry { from, lane, epoch, number, raw: body.bytes().to_vec() }
            }
            Input::Unreadable { from, lane, epoch, number, raw, why } => {
                Recorded::Unreadable { from, lane, epoch, number, raw, why }
            }
            Input::Refused { who, reason, count } => Recorded::Refused { who, reason, count },
            Input::Act(proof, act) => Recorded::Act(proof, act),
            Input::Link { partner, lane, change } => Recorded::Link { partner, lane, change },
            Input::Tick => Recorded::Tick,
            Input::Listing { listing, file, text } => Recorded::Listing { listing, file, text },
        }
    }
}

/// What followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// A body was sealed: its bytes, signatures included.
    Sealed(Vec<u8>),
    /// Something is durable about the feed to a partner: opened, numbered, receipted.
    Fact {
        /// The partner that the feed goes to.
        partner: Nation,
        /// Its lane.
        lane: Lane,
        /// What.
        fact: FeedFact,
    },
    /// Something is durable about the feed from a partner beside its entries: a head ahead of them.
    Held {
        /// The partner that the feed comes from.
        partner: Nation,
        /// Its lane.
        lane: Lane,
        /// What.
        fact: HeldFact,
    },
    /// A partner's receipt, as it came: evidence.
    Receipt {
        /// The partner.
        partner: Nation,
        /// The lane.
        lane: Lane,
        /// The signed note.
        note: String,
    },
    /// Two heads of a partner that cannot both be true, as they came: evidence.
    Equivocation {
        /// The partner.
        partner: Nation,
        /// The lane.
        lane: Lane,
        /// The signed notes: the one that fitted, where there was one, and the one that did not.
        notes: Vec<String>,
    },
}

/// The hash of a row: over the hash of the row before it (zeros for row 0), its number and its bytes.
pub fn chain(before: &Digest, number: u64, bytes: &[u8]) -> Digest {
    sha256(&[b"watchfire/v1/row\0", &before.0, &number.to_be_bytes(), bytes])
}

/// The hash before row 0.
pub const CHAIN_START: Digest = Digest([0; 32]);

impl Head {
    /// The bytes of row 0. Fails with a sentence.
    pub fn encode(&self) -> Result<Vec<u8>, String> {
        postcard::to_stdvec(self).map_err(|error| error.to_string())
    }
}
