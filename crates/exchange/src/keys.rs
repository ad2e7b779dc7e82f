//! Which key signs what, the [`Signer`] that holds the private halves, and the one function that verifies.

use core::fmt;

use aws_lc_rs::signature::{ED25519, ML_DSA_44, ML_DSA_65, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use statement::{Lane, Member};

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Ed25519 (RFC 8032): public key 32 bytes, signature 64.
    Ed25519,
    /// ML-DSA-44 (FIPS 204), empty context: public key 1,312 bytes, signature 2,420.
    MlDsa44,
    /// ML-DSA-65 (FIPS 204), empty context: public key 1,952 bytes, signature 3,309.
    MlDsa65,
}

impl Algorithm {
    /// Length of a public key, bytes.
    pub const fn public_key_bytes(self) -> usize {
        match self {
            Algorithm::Ed25519 => 32,
            Algorithm::MlDsa44 => 1_312,
            Algorithm::MlDsa65 => 1_952,
        }
    }

    /// Length of a signature, bytes.
    pub const fn signature_bytes(self) -> usize {
        match self {
            Algorithm::Ed25519 => 64,
            Algorithm::MlDsa44 => 2_420,
            Algorithm::MlDsa65 => 3_309,
        }
    }
}

/// What a key is for. Each has its own key: a signature of one use says nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUse {
    /// Every body.
    BodyEd25519,
    /// Bodies of the warning lane, besides.
    BodyMlDsa65,
    /// Every head.
    HeadEd25519,
    /// Heads of the warning lane, besides.
    HeadMlDsa44,
    /// Every receipt.
    ReceiptEd25519,
    /// Receipts of the warning lane, besides.
    ReceiptMlDsa44,
    /// The roster; held offline by the realm's root, never by a node.
    RootEd25519,
    /// The roster, besides.
    RootMlDsa65,
}

impl KeyUse {
    /// The algorithm of this key.
    pub const fn algorithm(self) -> Algorithm {
        match self {
            KeyUse::BodyEd25519 | KeyUse::HeadEd25519 | KeyUse::ReceiptEd25519 | KeyUse::RootEd25519 => {
                Algorithm::Ed25519
            }
            KeyUse::BodyMlDsa65 | KeyUse::RootMlDsa65 => Algorithm::MlDsa65,
            KeyUse::HeadMlDsa44 | KeyUse::ReceiptMlDsa44 => Algorithm::MlDsa44,
        }
    }

    /// The signatures of a body in this lane, in their order.
    pub const fn of_bodies(lane: Lane) -> &'static [KeyUse] {
        match lane {
            Lane::Warning => &[KeyUse::BodyEd25519, KeyUse::BodyMlDsa65],
            Lane::Picture => &[KeyUse::BodyEd25519],
        }
    }

    /// The signatures of a head of this lane, in their order.
    pub const fn of_heads(lane: Lane) -> &'static [KeyUse] {
        match lane {
            Lane::Warning => &[KeyUse::HeadEd25519, KeyUse::HeadMlDsa44],
            Lane::Picture => &[KeyUse::HeadEd25519],
        }
    }

    /// The signatures of a receipt of this lane, in their order.
    pub const fn of_receipts(lane: Lane) -> &'static [KeyUse] {
        match lane {
            Lane::Warning => &[KeyUse::ReceiptEd25519, KeyUse::ReceiptMlDsa44],
            Lane::Picture => &[KeyUse::ReceiptEd25519],
        }
    }

    /// A member's public key for this use; `None` for the root's, which no member has.
    pub fn public_key(self, member: &Member) -> Option<&[u8]> {
        match self {
            KeyUse::BodyEd25519 => Some(&member.body_ed25519),
            KeyUse::BodyMlDsa65 => Some(&member.body_ml_dsa_65),
            KeyUse::HeadEd25519 => Some(&member.head_ed25519),
            KeyUse::HeadMlDsa44 => Some(&member.head_ml_dsa_44),
            KeyUse::ReceiptEd25519 => Some(&member.receipt_ed25519),
            KeyUse::ReceiptMlDsa44 => Some(&member.receipt_ml_dsa_44),
            KeyUse::RootEd25519 | KeyUse::RootMlDsa65 => None,
        }
    }
}

impl fmt::Display for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyUse::BodyEd25519 => "body Ed25519 key",
            KeyUse::BodyMlDsa65 => "body ML-DSA-65 key",
            KeyUse::HeadEd25519 => "head Ed25519 key",
            KeyUse::HeadMlDsa44 => "head ML-DSA-44 key",
            KeyUse::ReceiptEd25519 => "receipt Ed25519 key",
            KeyUse::ReceiptMlDsa44 => "receipt ML-DSA-44 key",
            KeyUse::RootEd25519 => "root Ed25519 key",
            KeyUse::RootMlDsa65 => "root ML-DSA-65 key",
        })
    }
}

/// Why nothing was signed. On it a node stops signing and says so: it never sends unsigned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// This signer has no such key.
    #[error("this signer holds no {0}")]
    NotHeld(KeyUse),
    /// The device or library failed.
    #[error("signing with the {0} failed")]
    Failed(KeyUse),
}

/// Holds private keys and signs with them: software, or a device.
pub trait Signer: Send + Sync {
    /// Signs a message with the key of one use: raw signature bytes, as long as its algorithm's are.
    fn sign(&self, key: KeyUse, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// Whether `signature` is the signature of `message` by `public_key` (raw encodings).
pub fn verify(algorithm: Algorithm, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    // Other encodings of keys would be accepted too: only the raw one is ours.
    if public_key.len() != algorithm.public_key_bytes() || signature.len() != algorithm.signature_bytes() {
        return false;
    }
    match algorithm {
        Algorithm::Ed25519 => UnparsedPublicKey::new(&ED25519, public_key).verify(message, signature),
        Algorithm::MlDsa44 => UnparsedPublicKey::new(&ML_DSA_44, public_key).verify(message, signature),
        Algorithm::MlDsa65 => UnparsedPublicKey::new(&ML_DSA_65, public_key).verify(message, signature),
    }
    .is_ok()
}
