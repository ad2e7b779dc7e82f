//! The Merkle tree against published vectors and against its own definition.

use proptest::prelude::*;

use crate::digest::{Digest, sha256};
use crate::merkle::{Frontier, RecentTree, includes, inclusion_proof, leaf_hash, root};

/// The leaves of the reference tests of Certificate Transparency
/// (github.com/google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc).
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The roots over the first 1, 2, … 8 of them (the same file).
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Audit paths (the same file): (leaf index, tree size, path from the sibling up).
const PATHS: [(u64, u64, &[&str]); 3] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
];

fn digest(text: &str) -> Digest {
    Digest::try_from(hex::decode(text).unwrap().as_slice()).unwrap()
}

#[test]
fn the_roots_of_certificate_transparency() {
    let mut frontier = Frontier::default();
    // RFC 6962, section 2.1: of no leaves it is SHA-256 of nothing.
    assert_eq!(frontier.root(), digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        frontier.append(&hex::decode(leaf).unwrap());
        assert_eq!(frontier.root(), digest(root), "size {}", frontier.size());
    }
}

#[test]
fn the_audit_paths_of_certificate_transparency() {
    for (index, size, path) in PATHS {
        let leaf = hex::decode(LEAVES[index as usize]).unwrap();
        let path: Vec<Digest> = path.iter().map(|hash| digest(hash)).collect();
        assert!(includes(digest(ROOTS[size as usize - 1]), size, index, &leaf, &path), "{index} of {size}");
    }
}

/// The definition of RFC 6962, section 2.1, word for word: MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])).
fn by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => sha256(&[]),
        [leaf] => leaf_hash(&leaf.0),
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = leaves.split_at(k);
            sha256(&[&[1], &by_definition(left).0, &by_definition(right).0])
        }
    }
}

proptest! {
    #[test]
    fn every_leaf_is_proven_at_its_place_and_nowhere_else(
        size in 1usize..70,
        index in 0u64..70,
        other in 0u64..70,
        flip in 0usize..256,
    ) {
        let leaves: Vec<Digest> = (0..size).map(|number| sha256(&[&number.to_be_bytes()])).collect();
        let root = root(&leaves);
        prop_assert_eq!(root, by_definition(&leaves));
        let index = index % size as u64;
        let leaf = leaves[index as usize];
        let mut proof = inclusion_proof(&leaves, index).unwrap();
        let size = size as u64;
        prop_assert!(includes(root, size, index, &leaf.0, &proof));
        prop_assert_eq!(inclusion_proof(&leaves, size), None);
        if other != index {
            prop_assert!(!includes(root, size, other, &leaf.0, &proof));
        }
        let longer = [proof.as_slice(), &[root]].concat();
        prop_assert!(!includes(root, size, index, &leaf.0, &longer));
        if let Some(last) = proof.last_mut() {
            last.0[flip / 8] ^= 1 << (flip % 8);
            prop_assert!(!includes(root, size, index, &leaf.0, &proof));
            proof.pop();
            prop_assert!(!includes(root, size, index, &leaf.0, &proof));
        }
    }

    #[test]
    fn earlier_roots_are_known_as_far_back_as_leaves_are_kept(size in 0u64..60, kept in 1usize..20, at in 0u64..70) {
        let leaves: Vec<Digest> = (0..size).map(|number| sha256(&[&number.to_be_bytes()])).collect();
        let mut tree = RecentTree::default();
        leaves.iter().for_each(|leaf| tree.append(*leaf, kept));
        let known = at <= size && at >= size.saturating_sub(kept as u64);
        prop_assert_eq!(tree.frontier_at(at).is_some(), known);
        if let Some(frontier) = tree.frontier_at(at) {
            prop_assert_eq!(frontier.root(), by_definition(&leaves[..at as usize]));
            prop_assert_eq!(tree.leaf(at), leaves.get(at as usize).copied());
            prop_assert!(tree.leaves_from(at).eq(leaves[at as usize..].iter().copied()));
        }
    }
}
