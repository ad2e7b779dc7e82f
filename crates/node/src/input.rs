//! What can happen to a node, and what it does about it: closed lists.

use exchange::{Body, Verified};
use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use release::{Released, Terms};
use serde::{Deserialize, Serialize};
use statement::{Lane, Nation, Realm, Roster, Statement};

use crate::listing::Listing;

/// An instant as the shell knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Now {
    /// Monotonic nanoseconds: for timers and ages of links.
    pub mono_ns: u64,
    /// The realm's clock: live time, or the exercise's own.
    pub tai: Tai,
    /// How far `tai` may be off either way, nanoseconds.
    pub bound_ns: u64,
}

/// What a node is: the part of its configuration that changes what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Whose node.
    pub nation: Nation,
    /// The one realm it serves.
    pub realm: Realm,
    /// Its sensors.
    pub sensors: Vec<Sensor>,
}

/// A person's act at the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// "I have seen this."
    Acknowledge {
        /// The event.
        event_id: String,
        /// SHA-256 of what was shown.
        shown_digest: [u8; 32],
    },
}

impl Act {
    /// The bytes that the person's key signs: realm, nation, event, act and digest of what was shown.
    pub fn to_be_signed(&self, realm: &Realm, nation: Nation) -> Vec<u8> {
        match self {
            Act::Acknowledge { event_id, shown_digest } => {
                acknowledge_message(realm, nation, event_id, shown_digest)
            }
        }
    }
}

/// The bytes of an acknowledgement that a person's key signs; partners check the same ones.
pub fn acknowledge_message(
    realm: &Realm,
    nation: Nation,
    event_id: &str,
    shown_digest: &[u8; 32],
) -> Vec<u8> {
    let digest = hex::encode(shown_digest);
    format!("watchfire/v1/act\n{realm}\n{nation}\nacknowledge\n{event_id}\n{digest}\n").into_bytes()
}

/// Who acts, and the proof: a signature over [`Act::to_be_signed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Role and person, such as `watch-officer-1`; must be in the roster with this key.
    pub actor: String,
    /// Ed25519, 32 bytes.
    pub key: Vec<u8>,
    /// 64 bytes.
    pub signature: Vec<u8>,
}

/// A change of a link that people and statements depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkChange {
    /// The partner answered our Hello on this lane.
    SendingUp,
    /// No longer.
    SendingDown,
    /// The partner says to us on this lane, on these terms.
    ReceivingUp(Terms),
    /// No longer.
    ReceivingDown,
    /// The partner has durably got our feed up to this size, and measured these delays (made to received, ns).
    Receipted {
        /// The feed's epoch.
        epoch: u64,
        /// Entries covered.
        size: u64,
    },
    /// The partner knows more of our feed than our journal does: the journal is an old copy.
    RestoreSeen,
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Input {
    /// What the node is: first of all, and whenever it changes.
    Identity(Identity),
    /// Who takes part, signed by the root.
    Roster(Verified<Roster>),
    /// Cedar rules, by the name of their file; already parsed once by the shell, which refuses bad ones.
    Policy {
        /// The file they came from.
        file: String,
        /// The rules.
        text: String,
    },
    /// Plots of own sensors.
    Plots(Vec<Plot>),
    /// A partner's verified body, at its number of the feed.
    Entry {
        /// Who sent it.
        from: Nation,
        /// In which lane.
        lane: Lane,
        /// The feed's epoch.
        epoch: u64,
        /// Its number.
        number: u64,
        /// What it says.
        body: Box<Verified<Body>>,
    },
    /// A partner's authentic body that this build cannot read; its number is taken.
    Unreadable {
        /// Who sent it.
        from: Nation,
        /// In which lane.
        lane: Lane,
        /// The feed's epoch.
        epoch: u64,
        /// Its number.
        number: u64,
        /// As it came.
        raw: Vec<u8>,
        /// Why it cannot be read.
        why: String,
    },
    /// What was refused of one peer or sensor since the last such input: never the bytes.
    Refused {
        /// Whom it came from: a nation, a sensor or an address.
        who: String,
        /// Why, in one sentence.
        reason: String,
        /// How often.
        count: u32,
    },
    /// A person acts.
    Act(Proof, Act),
    /// A link changes.
    Link {
        /// The partner.
        partner: Nation,
        /// The lane.
        lane: Lane,
        /// How.
        change: LinkChange,
    },
    /// Time passes.
    Tick,
    /// A catalogue or notices, read anew; already parsed once by the shell, which refuses bad ones.
    Listing {
        /// Which.
        listing: Listing,
        /// The file it came from.
        file: String,
        /// Its text.
        text: String,
    },
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Says something: it is sealed, journalled and sent.
    Say(Box<Released<Statement>>),
    /// Tells its people; the console shows the state itself, this is what is new in it.
    Show(Milestone),
}

/// Something that people wait for has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// When, on the realm's clock.
    pub at: Tai,
    /// What, for machines.
    pub what: What,
    /// What, for people: one line.
    pub text: String,
    /// Of an arrival: how long it took from its making, on the realm's clock, nanoseconds.
    pub delay_ns: Option<i64>,
}

impl Milestone {
    /// The line for people, where the realm's clock runs `clock_speed` times as fast as time does.
    pub fn line(&self, clock_speed: f64) -> String {
        match self.delay_ns {
            Some(delay_ns) => {
                format!("{}, {:.1} ms after it was made", self.text, delay_ns as f64 * 1e-6 / clock_speed)
            }
            None => self.text.clone(),
        }
    }
}

/// What a milestone is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The first plot that made a track.
    FirstPlot,
    /// A track became firm.
    FirmTrack,
    /// The first assessment of a track.
    Assessment,
    /// The first assessment of a track that warns.
    Warning,
    /// A partner's first word on an event arrived.
    Arrival(Nation),
    /// Somebody acknowledged.
    Acknowledged(Nation),
    /// A partner has durably got our acknowledgement.
    Receipt(Nation),
    /// A track was lost.
    Lost,
    /// An event ended.
    Ended,
}
