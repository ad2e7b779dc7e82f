//! What comes out of the two sides of a session, for the driver to do.

use std::sync::Arc;

use super::{Closed, Terms};
use crate::body::Body;
use crate::digest::Digest;
use crate::feed::Held;
use crate::held::HeldFact;
use crate::receipt::Receipt;
use crate::refusal::Refusal;
use crate::verified::Verified;
use crate::wire;

/// What comes out of [`super::Outbound::poll`].
#[derive(Clone, Debug, PartialEq)]
pub enum OutboundEvent {
    /// Send this frame.
    Send(wire::Frame),
    /// Answer with [`super::Outbound::provide`]: the bodies of these numbers, from the journal.
    NeedBodies {
        /// The epoch.
        epoch: u64,
        /// The first number.
        from: u64,
        /// At most so many.
        max: u64,
    },
    /// The partner answered: connected. What it holds, and its newest roster version.
    Connected {
        /// What it holds.
        held: Held,
        /// Its newest roster version.
        roster_version: u32,
    },
    /// The partner knows more of this feed than the journal does: it is an old copy. Call
    /// [`super::Outbound::force_new_epoch`] on every other feed.
    RestoreSeen,
    /// The partner signed for all entries below a size; a fact of it is there to be journalled too.
    Receipted(Receipt),
    /// Something of the partner's was refused.
    Refused(Refusal),
    /// Close the connection. The feed stays as it is.
    Close(Closed),
}

/// What comes out of [`super::Inbound::poll`].
#[derive(Clone, Debug, PartialEq)]
pub enum InboundEvent {
    /// Send this frame.
    Send(wire::Frame),
    /// A partner said Hello, and is answered once every entry before is committed.
    Connected {
        /// What it gives and why not more, for the watch.
        terms: Terms,
        /// Its newest roster version.
        roster_version: u32,
    },
    /// The next entry. Journal its bytes, then call [`super::Inbound::commit`].
    Entry {
        /// The epoch.
        epoch: u64,
        /// The number.
        number: u64,
        /// The body, its bytes within.
        body: Verified<Body>,
    },
    /// The next entry: signed by the partner, and beyond what this build reads. Journal its bytes and commit it like
    /// any other, and show the watch that there is something it cannot see.
    Unreadable {
        /// The epoch.
        epoch: u64,
        /// The number.
        number: u64,
        /// The body's name.
        body_id: Digest,
        /// Its bytes.
        bytes: Arc<[u8]>,
        /// What was not understood.
        why: Refusal,
    },
    /// A head ahead of the entries was seen. Journal it, so that the sender can be told of it after a restart.
    HeadSeen(HeldFact),
    /// Entries are missing, and did not come within a second.
    Gap {
        /// Entries that are here.
        size: u64,
        /// Entries that the head speaks of.
        head_size: u64,
    },
    /// Proof that the partner contradicts itself: its earlier head, where there was one, and the one that does not
    /// fit. With the entries in the journal they convince anyone.
    Equivocation {
        /// The last head that fitted, a signed note.
        earlier: Option<String>,
        /// The head that does not, a signed note.
        later: String,
    },
    /// Something of the partner's was refused.
    Refused(Refusal),
    /// Close the connection.
    Close(Closed),
}
