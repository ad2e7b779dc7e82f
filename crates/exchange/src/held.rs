//! One lane of a feed as its receiver knows it: which entries are here, durably.

use core::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::feed::Held;
use crate::merkle::Frontier;
use crate::refusal::Refusal;

/// What is durable about a partner's feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeldFact {
    /// An entry is here.
    Entry {
        /// The epoch.
        epoch: u64,
        /// The number: the next one, or 0 of a later epoch.
        number: u64,
        /// The body.
        body_id: Digest,
    },
    /// A head was seen that is ahead of the entries: the sender has used these numbers.
    HeadSeen {
        /// The epoch.
        epoch: u64,
        /// The head's size.
        size: u64,
    },
}

/// A fact that does not follow from those before it: the journal is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is not whole: after {size} entries of epoch {epoch} there cannot be {fact:?}")]
pub struct BadHeldFact {
    /// The epoch that the facts before it lead to.
    pub epoch: u64,
    /// The size that they lead to.
    pub size: u64,
    /// What does not follow.
    pub fact: HeldFact,
}

/// The durable state of one lane of a partner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldFeed {
    epoch: u64,
    tree: Frontier,
    head_size_max: u64,
}

impl HeldFeed {
    /// The newest epoch; 0 before the first.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The entries of it.
    pub fn tree(&self) -> &Frontier {
        &self.tree
    }

    /// The size of the largest head seen of it.
    pub fn head_size_max(&self) -> u64 {
        self.head_size_max
    }

    /// What a HelloAnswer says.
    pub fn held(&self) -> Held {
        Held {
            epoch: self.epoch,
            size: self.tree.size(),
            root: self.tree.root(),
            head_size_max: self.head_size_max,
        }
    }

    /// Applies one fact; refuses one that does not follow.
    pub fn apply(&mut self, fact: &HeldFact) -> Result<(), BadHeldFact> {
        let bad = BadHeldFact { epoch: self.epoch, size: self.tree.size(), fact: *fact };
        match *fact {
            HeldFact::Entry { epoch, number, body_id } => {
                let next = if epoch > self.epoch { 0 } else { self.tree.size() };
                if (epoch < self.epoch && !statement::planted!("older-epoch-taken"))
                    || epoch == 0
                    || number != next
                {
                    return Err(bad);
                }
                self.enter(epoch);
                self.tree.append(&body_id.0);
                self.head_size_max = self.head_size_max.max(self.tree.size());
            }
            HeldFact::HeadSeen { epoch, size } => {
                if epoch < self.epoch || epoch == 0 {
                    return Err(bad);
                }
                self.enter(epoch);
                self.head_size_max = self.head_size_max.max(size);
            }
        }
        Ok(())
    }

    /// Whether an entry is the next: of the present epoch, or number 0 of a later one.
    pub(crate) fn check_next(&self, epoch: u64, number: u64) -> Result<(), Refusal> {
        if epoch == 0 {
            return Err(Refusal::malformed("epochs count from 1"));
        }
        if epoch < self.epoch && !statement::planted!("older-epoch-taken") {
            return Err(Refusal::OlderEpoch { expected: self.epoch, found: epoch });
        }
        let expected = if epoch > self.epoch { 0 } else { self.tree.size() };
        match number.cmp(&expected) {
            Ordering::Less => Err(Refusal::ReplayedNumber { expected, found: number }),
            Ordering::Greater => Err(Refusal::SkippedNumber { expected, found: number }),
            Ordering::Equal => Ok(()),
        }
    }

    fn enter(&mut self, epoch: u64) {
        if epoch > self.epoch {
            *self = HeldFeed { epoch, ..HeldFeed::default() };
        }
    }
}
