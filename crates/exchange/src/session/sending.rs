//! What the sending side keeps of one connection.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::clocks::Clocks;
use super::{Now, Timers};
use crate::digest::Digest;
use crate::merkle::Frontier;
use crate::wire;

/// One connection of [`super::Outbound`].
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub hello: Option<wire::Hello>,
    pub answered: bool,
    pub timers: Timers,
    pub clocks: Clocks,
    /// The epoch that the numbers below are of.
    pub epoch: u64,
    /// The entries sent: its size is the next number.
    pub sent: Frontier,
    /// Entries below it are held by the partner.
    pub held: u64,
    /// Bodies from the next number on.
    pub ready: VecDeque<(Digest, Arc<[u8]>)>,
    /// Numbers below it were asked of the journal.
    pub asked: u64,
    /// Heads are never smaller than this: the largest that the partner saw.
    pub head_floor: u64,
    /// The newest head: size and note.
    pub head: Option<(u64, String)>,
    /// Roots of heads without a receipt, by size.
    pub open_heads: BTreeMap<u64, Digest>,
}

impl Connection {
    pub fn new(now: Now, hello: wire::Hello) -> Connection {
        Connection {
            hello: Some(hello),
            answered: false,
            timers: Timers::new(now),
            clocks: Clocks::default(),
            epoch: 0,
            sent: Frontier::default(),
            held: 0,
            ready: VecDeque::new(),
            asked: 0,
            head_floor: 0,
            head: None,
            open_heads: BTreeMap::new(),
        }
    }

    /// Sends what follows `sent` in `epoch`.
    pub fn begin(&mut self, epoch: u64, sent: Frontier, head_floor: u64) {
        self.epoch = epoch;
        self.held = sent.size();
        self.sent = sent;
        self.ready.clear();
        self.asked = 0;
        self.head_floor = head_floor;
        self.head = None;
        self.open_heads.clear();
    }

    /// The number of the next body to get ready.
    pub fn next_wanted(&self) -> u64 {
        self.sent.size() + self.ready.len() as u64
    }
}
