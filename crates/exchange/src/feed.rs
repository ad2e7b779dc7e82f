//! One lane of a feed as its sender knows it: which numbers name which bodies. It changes only by [`FeedFact`]s, in
//! life as in recovery.
//!
//! INVARIANT (a number names one body): after every start a feed is unresolved, and bodies wait without numbers until
//! the partner says what it holds. Where the partner holds or saw more than this journal knows, the journal is an old
//! copy, and a new epoch begins.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use statement::planted;

use crate::digest::Digest;
use crate::limits::BODY_IDS_KEPT_MAX;
use crate::merkle::{Frontier, RecentTree};

/// What is durable about a feed. The driver journals each fact before anything that rests on it leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeedFact {
    /// A body waits for its number: the feed is unresolved.
    Queued {
        /// The body.
        body_id: Digest,
    },
    /// A new epoch begins, numbered from 0.
    Opened {
        /// The epoch.
        epoch: u64,
    },
    /// A body got its number.
    Numbered {
        /// The epoch, the present one.
        epoch: u64,
        /// The number, the next one.
        number: u64,
        /// The body.
        body_id: Digest,
    },
    /// The partner holds all entries below a size, and signed for it.
    Receipted {
        /// The epoch.
        epoch: u64,
        /// The size.
        size: u64,
    },
    /// The next answer of the partner begins a new epoch, whatever it holds.
    Forced,
}

/// A fact that does not follow from those before it: the journal is not whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is not whole: in epoch {epoch} of size {size} there cannot be {fact:?}")]
pub struct BadFact {
    /// The epoch that the facts before it lead to.
    pub epoch: u64,
    /// The size that they lead to.
    pub size: u64,
    /// What does not follow.
    pub fact: FeedFact,
}

/// What a partner says that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The newest epoch; 0 for none.
    pub epoch: u64,
    /// Entries of it.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The largest head seen of it.
    pub head_size_max: u64,
}

/// How a feed goes on once the partner has answered. The facts are applied already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// To be journalled before anything is sent.
    pub facts: Vec<FeedFact>,
    /// What the partner holds of the epoch: its size is the number to send first.
    pub resume_from: Frontier,
    /// Whether the partner's answer shows that this journal is an old copy: then every other feed needs a new epoch.
    pub restored: bool,
}

/// The durable state of one lane to one partner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    epoch: u64,
    tree: RecentTree,
    waiting: VecDeque<Digest>,
    receipted: u64,
    forced: bool,
}

impl Feed {
    /// The present epoch; 0 before the first.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The tree of the present epoch.
    pub fn tree(&self) -> &RecentTree {
        &self.tree
    }

    /// Bodies that wait for a number.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Entries that the partner has signed for.
    pub fn receipted(&self) -> u64 {
        self.receipted
    }

    /// Applies one fact; refuses one that does not follow.
    pub fn apply(&mut self, fact: &FeedFact) -> Result<(), BadFact> {
        let bad = || Err(BadFact { epoch: self.epoch, size: self.tree.size(), fact: fact.clone() });
        match *fact {
            FeedFact::Queued { body_id } => self.waiting.push_back(body_id),
            FeedFact::Opened { epoch } => {
                if epoch <= self.epoch {
                    return bad();
                }
                self.epoch = epoch;
                self.tree = RecentTree::default();
                self.receipted = 0;
                self.forced = false;
            }
            FeedFact::Numbered { epoch, number, body_id } => {
                if epoch == 0 || epoch != self.epoch || number != self.tree.size() {
                    return bad();
                }
                if self.waiting.front() == Some(&body_id) {
                    self.waiting.pop_front();
                }
                self.tree.append(body_id, BODY_IDS_KEPT_MAX);
            }
            FeedFact::Receipted { epoch, size } => {
                if epoch != self.epoch || size > self.tree.size() {
                    return bad();
                }
                self.receipted = self.receipted.max(size);
            }
            FeedFact::Forced => self.forced = true,
        }
        Ok(())
    }

    /// Takes a body while the feed is unresolved.
    pub(crate) fn queue(&mut self, body_id: Digest) -> FeedFact {
        self.waiting.push_back(body_id);
        FeedFact::Queued { body_id }
    }

    /// Numbers a body.
    pub(crate) fn number(&mut self, body_id: Digest) -> FeedFact {
        let number = self.tree.size();
        self.tree.append(body_id, BODY_IDS_KEPT_MAX);
        FeedFact::Numbered { epoch: self.epoch, number, body_id }
    }

    pub(crate) fn receipt(&mut self, size: u64) -> FeedFact {
        let size = if planted!("receipt-one-too-many") { size + 1 } else { size };
        self.receipted = self.receipted.max(size);
        FeedFact::Receipted { epoch: self.epoch, size }
    }

    pub(crate) fn force(&mut self) -> FeedFact {
        self.forced = true;
        FeedFact::Forced
    }

    /// Decides how to go on from what the partner holds.
    pub(crate) fn resolve(&mut self, held: &Held) -> Resolution {
        let ours = self.tree.size();
        let same_epoch = held.epoch == self.epoch && self.epoch > 0;
        // `None` also where the leaves are forgotten, beyond BODY_IDS_KEPT_MAX: then a new epoch is the safe way.
        let common = same_epoch
            .then(|| {
                self.tree.frontier_at(if planted!("resume-off-by-one") {
                    held.size.saturating_sub(1)
                } else {
                    held.size
                })
            })
            .flatten()
            .filter(|frontier| frontier.root() == held.root || planted!("resume-off-by-one"));
        let knows_more = held.epoch > self.epoch || (same_epoch && held.size.max(held.head_size_max) > ours);
        let restored = !planted!("epoch-kept-after-restore")
            && self.epoch > 0
            && (knows_more || (same_epoch && common.is_none()));
        let same_root = common.is_some();

        if self.epoch > 0 && !restored && !self.forced {
            return Resolution {
                facts: self.number_waiting(),
                resume_from: common.unwrap_or_default(),
                restored,
            };
        }
        // What the partner lacks of this journal is fed again: it drops by id what it has.
        let first = match () {
            () if same_root => held.size,
            () if same_epoch && held.size > ours => ours,
            () if held.epoch > self.epoch => self.receipted,
            () => 0,
        };
        let facts = self.open(
            if planted!("epoch-raised-above-own-only") { self.epoch } else { self.epoch.max(held.epoch) } + 1,
            first,
        );
        Resolution { facts, resume_from: Frontier::default(), restored }
    }

    /// Begins a new epoch while resolved, feeding again what no receipt covers.
    pub(crate) fn reopen(&mut self) -> Vec<FeedFact> {
        self.open(self.epoch + 1, self.receipted)
    }

    fn open(&mut self, epoch: u64, feed_again_from: u64) -> Vec<FeedFact> {
        let again: Vec<Digest> = self.tree.leaves_from(feed_again_from).collect();
        self.epoch = epoch;
        self.tree = RecentTree::default();
        self.receipted = 0;
        self.forced = false;
        let mut facts = vec![FeedFact::Opened { epoch }];
        facts.extend(again.into_iter().map(|body_id| self.number(body_id)));
        facts.extend(self.number_waiting());
        facts
    }

    fn number_waiting(&mut self) -> Vec<FeedFact> {
        let waiting = core::mem::take(&mut self.waiting);
        if planted!("waiting-bodies-forgotten") {
            return Vec::new();
        }
        waiting.into_iter().map(|body_id| self.number(body_id)).collect()
    }
}
