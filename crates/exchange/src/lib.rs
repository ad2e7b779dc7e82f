//! Bodies, feeds, heads, receipts, sessions, roster: Released<T> out, Verified<T> in.
//!
//! Sans-IO: no clock, socket, file, thread or asynchronous runtime. Instants are arguments. Nothing is random but the
//! ML-DSA signatures, which no id, leaf or digest covers. docs/exchange.md describes every byte.

pub mod body;
pub mod checkpoint;
mod cose;
pub mod digest;
pub mod evidence;
pub mod feed;
pub mod head;
pub mod header;
pub mod held;
pub mod keys;
pub mod limits;
pub mod merkle;
pub mod note;
pub mod receipt;
pub mod refusal;
pub mod roster;
pub mod session;
pub mod simulated;
pub mod soft_keys;
pub mod trust;
pub mod verified;

pub use body::{Body, SealError, Sealed, Stamp, Unsigned, open, seal};
pub use checkpoint::{Place, TreeHead};
pub use digest::{Digest, sha256};
pub use evidence::{Evidence, Proven};
pub use feed::{BadFact, Feed, FeedFact, Held};
pub use head::{Head, SenderKeys};
pub use header::Header;
pub use held::{BadHeldFact, HeldFact, HeldFeed};
pub use keys::{Algorithm, KeyUse, SignError, Signer};
pub use receipt::{Delays, Receipt};
pub use refusal::Refusal;
pub use roster::{RootPublic, open_roster, seal_roster};
pub use session::{Closed, Inbound, InboundEvent, Latency, Now, Outbound, OutboundEvent};
pub use simulated::SimulatedKeys;
pub use soft_keys::{KeySeeds, PersonKey, PublicKeys, RootKeys, RootSeeds, Seed, SoftKeys};
pub use trust::Trust;
pub use verified::Verified;

/// The session's wire forms, as `proto/watchfire/v1/session.proto` defines and documents them.
#[allow(missing_docs, clippy::all)]
pub mod wire {
    include!(concat!(env!("OUT_DIR"), "/watchfire.v1.rs"));
}

#[cfg(test)]
mod tests;
