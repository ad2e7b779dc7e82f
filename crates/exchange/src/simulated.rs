//! Signatures for virtual time: cheap, deterministic, of the real lengths, and worth nothing. Anyone can make them, so
//! they count only under a [`crate::Trust::simulated`], which refuses the live realm.

use crate::digest::sha256;
use crate::keys::{Algorithm, KeyUse, SignError, Signer};
use crate::soft_keys::PublicKeys;
use statement::{Member, Nation};

/// A node's keys in a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedKeys {
    nation: Nation,
}

impl SimulatedKeys {
    /// The keys of a nation: they follow from its name.
    pub fn new(nation: Nation) -> SimulatedKeys {
        SimulatedKeys { nation }
    }

    /// The public halves, of the real lengths, for the nation's place in the roster.
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            body_ed25519: self.public_key(KeyUse::BodyEd25519),
            body_ml_dsa_65: self.public_key(KeyUse::BodyMlDsa65),
            head_ed25519: self.public_key(KeyUse::HeadEd25519),
            head_ml_dsa_44: self.public_key(KeyUse::HeadMlDsa44),
            receipt_ed25519: self.public_key(KeyUse::ReceiptEd25519),
            receipt_ml_dsa_44: self.public_key(KeyUse::ReceiptMlDsa44),
        }
    }

    /// Writes the public halves into a member.
    pub fn write_to(&self, member: &mut Member) {
        self.public().write_to(member);
    }

    fn public_key(&self, key: KeyUse) -> Vec<u8> {
        let name = sha256(&[b"watchfire simulated key", self.nation.as_str().as_bytes(), &[key as u8]]);
        padded(name.0, key.algorithm().public_key_bytes())
    }
}

impl Signer for SimulatedKeys {
    fn sign(&self, key: KeyUse, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match key {
            KeyUse::RootEd25519 | KeyUse::RootMlDsa65 => Err(SignError::NotHeld(key)),
            _ => Ok(signature(key.algorithm(), &self.public_key(key), message)),
        }
    }
}

/// Whether a simulated signature is that of a message by a public key.
pub(crate) fn verify(algorithm: Algorithm, public_key: &[u8], message: &[u8], claimed: &[u8]) -> bool {
    claimed == signature(algorithm, public_key, message)
}

fn signature(algorithm: Algorithm, public_key: &[u8], message: &[u8]) -> Vec<u8> {
    let digest = sha256(&[b"watchfire simulated signature", public_key, message]);
    padded(digest.0, algorithm.signature_bytes())
}

fn padded(digest: [u8; 32], length: usize) -> Vec<u8> {
    let mut bytes = digest.to_vec();
    bytes.resize(length, 0);
    bytes
}
