//! The Merkle tree of RFC 6962, section 2.1, over body ids: SHA-256, leaves under 0x00, nodes under 0x01.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, sha256};

/// The hash of a leaf: its data is the 32 bytes of a body's id.
pub fn leaf_hash(leaf: &[u8]) -> Digest {
    sha256(&[&[0x00], leaf])
}

fn node_hash(left: &Digest, right: &Digest) -> Digest {
    sha256(&[&[0x01], &left.0, &right.0])
}

/// All that is needed to append to a tree and to know its root: at most 64 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, the largest first: one for each bit set in `size`.
    subtrees: Vec<Digest>,
}

impl Frontier {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn append(&mut self, leaf: &[u8]) {
        let mut hash = leaf_hash(leaf);
        // As many complete subtrees are joined as there are trailing ones in the size.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    /// The root; of no leaves SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        let mut smallest_first = self.subtrees.iter().rev();
        match smallest_first.next() {
            None => sha256(&[]),
            Some(last) => smallest_first.fold(*last, |hash, left| node_hash(left, &hash)),
        }
    }
}

/// A tree that still knows its last leaves, and so its roots at earlier sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentTree {
    now: Frontier,
    base: Frontier,
    leaves: VecDeque<Digest>,
}

impl RecentTree {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.now.size()
    }

    /// The present root.
    pub fn root(&self) -> Digest {
        self.now.root()
    }

    /// Appends a leaf; forgets the earliest where more than `kept_max` are known.
    pub fn append(&mut self, leaf: Digest, kept_max: usize) {
        self.now.append(&leaf.0);
        self.leaves.push_back(leaf);
        while self.leaves.len() > kept_max {
            if let Some(earliest) = self.leaves.pop_front() {
                self.base.append(&earliest.0);
            }
        }
    }

    /// The frontier at an earlier size; `None` where the leaves before it are forgotten or it never had that size.
    pub fn frontier_at(&self, size: u64) -> Option<Frontier> {
        if size == self.size() {
            return Some(self.now.clone());
        }
        let appended = usize::try_from(size.checked_sub(self.base.size())?).ok()?;
        if appended > self.leaves.len() {
            return None;
        }
        let mut frontier = self.base.clone();
        self.leaves.iter().take(appended).for_each(|leaf| frontier.append(&leaf.0));
        Some(frontier)
    }

    /// The leaves from an index on, as far back as they are known.
    pub fn leaves_from(&self, index: u64) -> impl Iterator<Item = Digest> + '_ {
        let skipped = usize::try_from(index.saturating_sub(self.base.size())).unwrap_or(usize::MAX);
        self.leaves.iter().skip(skipped).copied()
    }

    /// The leaf at an index; `None` where it is forgotten or was never there.
    pub fn leaf(&self, index: u64) -> Option<Digest> {
        self.leaves.get(usize::try_from(index.checked_sub(self.base.size())?).ok()?).copied()
    }
}

/// The root over all leaves (RFC 6962, section 2.1).
pub fn root(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.append(&leaf.0));
    frontier.root()
}

/// The audit path of a leaf in the tree over `leaves`, from its sibling up (RFC 6962, section 2.1.1); `None` where
/// there is no such leaf.
pub fn inclusion_proof(leaves: &[Digest], index: u64) -> Option<Vec<Digest>> {
    let mut index = usize::try_from(index).ok().filter(|&index| index < leaves.len())?;
    let mut range = leaves;
    let mut path = Vec::new();
    while range.len() > 1 {
        // The largest power of two below the length.
        let (left, right) = range.split_at(range.len().next_power_of_two() / 2);
        if index < left.len() {
            path.push(root(right));
            range = left;
        } else {
            path.push(root(left));
            index -= left.len();
            range = right;
        }
    }
    path.reverse();
    Some(path)
}

/// Whether `proof` shows that `leaf` is number `index` of the tree of `size` leaves with `root` (RFC 9162, section
/// 2.1.3.2, which reads RFC 6962's paths).
pub fn includes(root: Digest, size: u64, index: u64, leaf: &[u8], proof: &[Digest]) -> bool {
    if index >= size {
        return false;
    }
    let (mut index, mut last) = (index, size - 1);
    let mut hash = leaf_hash(leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if index % 2 == 1 || index == last {
            hash = node_hash(sibling, &hash);
            // A node without a right sibling moves up unchanged.
            while index % 2 == 0 && index != 0 {
                index /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        index /= 2;
        last /= 2;
    }
    last == 0 && hash == root
}
