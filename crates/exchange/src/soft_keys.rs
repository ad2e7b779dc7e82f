//! Keys in software: made from 32-byte seeds, which the shell keeps in files readable by the node alone.

use core::fmt;

use aws_lc_rs::rand;
use aws_lc_rs::signature::{
    Ed25519KeyPair, KeyPair, ML_DSA_44_SIGNING, ML_DSA_65_SIGNING, PqdsaKeyPair, PqdsaSigningAlgorithm,
};
use serde::{Deserialize, Serialize};
use statement::Member;

use crate::keys::{KeyUse, SignError, Signer};
use crate::roster::RootPublic;

/// A 32-byte secret from which a key pair follows (RFC 8032; FIPS 204, algorithm 6). Serialised as 64 hex digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed of given bytes: for tests and exercises; a real one comes from [`Seed::generate`].
    pub fn from_bytes(bytes: [u8; 32]) -> Seed {
        Seed(bytes)
    }

    /// A new seed from the system's random generator. For the shell and the key tool, never below them.
    pub fn generate() -> Result<Seed, NoRandomness> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Seed(bytes))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(secret)")
    }
}

impl TryFrom<String> for Seed {
    type Error = NotASeed;
    fn try_from(text: String) -> Result<Seed, NotASeed> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(&text, &mut bytes).map_err(|_| NotASeed)?;
        Ok(Seed(bytes))
    }
}

impl From<Seed> for String {
    fn from(seed: Seed) -> String {
        hex::encode(seed.0)
    }
}

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random generator gave nothing")]
pub struct NoRandomness;

/// A text that is no seed. Does not repeat the text: it may be a damaged secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key seed; expected 64 hex digits")]
pub struct NotASeed;

/// The seeds of a node's six keys, as a key file holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySeeds {
    /// Of the body keys: Ed25519.
    pub body_ed25519: Seed,
    /// Of the body keys: ML-DSA-65.
    pub body_ml_dsa_65: Seed,
    /// Of the head keys: Ed25519.
    pub head_ed25519: Seed,
    /// Of the head keys: ML-DSA-44.
    pub head_ml_dsa_44: Seed,
    /// Of the receipt keys: Ed25519.
    pub receipt_ed25519: Seed,
    /// Of the receipt keys: ML-DSA-44.
    pub receipt_ml_dsa_44: Seed,
}

impl KeySeeds {
    /// Six new seeds. For the shell and the key tool, never below them.
    pub fn generate() -> Result<KeySeeds, NoRandomness> {
        Ok(KeySeeds {
            body_ed25519: Seed::generate()?,
            body_ml_dsa_65: Seed::generate()?,
            head_ed25519: Seed::generate()?,
            head_ml_dsa_44: Seed::generate()?,
            receipt_ed25519: Seed::generate()?,
            receipt_ml_dsa_44: Seed::generate()?,
        })
    }
}

/// A node's six keys in memory.
pub struct SoftKeys {
    body_ed25519: Ed25519KeyPair,
    body_ml_dsa_65: PqdsaKeyPair,
    head_ed25519: Ed25519KeyPair,
    head_ml_dsa_44: PqdsaKeyPair,
    receipt_ed25519: Ed25519KeyPair,
    receipt_ml_dsa_44: PqdsaKeyPair,
}

impl SoftKeys {
    /// The keys that follow from the seeds. Fails only where the cryptographic library does.
    pub fn from_seeds(seeds: &KeySeeds) -> Result<SoftKeys, SignError> {
        Ok(SoftKeys {
            body_ed25519: ed25519(&seeds.body_ed25519, KeyUse::BodyEd25519)?,
            body_ml_dsa_65: ml_dsa(&ML_DSA_65_SIGNING, &seeds.body_ml_dsa_65, KeyUse::BodyMlDsa65)?,
            head_ed25519: ed25519(&seeds.head_ed25519, KeyUse::HeadEd25519)?,
            head_ml_dsa_44: ml_dsa(&ML_DSA_44_SIGNING, &seeds.head_ml_dsa_44, KeyUse::HeadMlDsa44)?,
            receipt_ed25519: ed25519(&seeds.receipt_ed25519, KeyUse::ReceiptEd25519)?,
            receipt_ml_dsa_44: ml_dsa(&ML_DSA_44_SIGNING, &seeds.receipt_ml_dsa_44, KeyUse::ReceiptMlDsa44)?,
        })
    }

    /// The public halves, in their raw encodings.
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            body_ed25519: self.body_ed25519.public_key().as_ref().to_vec(),
            body_ml_dsa_65: self.body_ml_dsa_65.public_key().as_ref().to_vec(),
            head_ed25519: self.head_ed25519.public_key().as_ref().to_vec(),
            head_ml_dsa_44: self.head_ml_dsa_44.public_key().as_ref().to_vec(),
            receipt_ed25519: self.receipt_ed25519.public_key().as_ref().to_vec(),
            receipt_ml_dsa_44: self.receipt_ml_dsa_44.public_key().as_ref().to_vec(),
        }
    }
}

impl Signer for SoftKeys {
    fn sign(&self, key: KeyUse, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match key {
            KeyUse::BodyEd25519 => sign_ed25519(&self.body_ed25519, key, message),
            KeyUse::BodyMlDsa65 => sign_ml_dsa(&self.body_ml_dsa_65, key, message),
            KeyUse::HeadEd25519 => sign_ed25519(&self.head_ed25519, key, message),
            KeyUse::HeadMlDsa44 => sign_ml_dsa(&self.head_ml_dsa_44, key, message),
            KeyUse::ReceiptEd25519 => sign_ed25519(&self.receipt_ed25519, key, message),
            KeyUse::ReceiptMlDsa44 => sign_ml_dsa(&self.receipt_ml_dsa_44, key, message),
            KeyUse::RootEd25519 | KeyUse::RootMlDsa65 => Err(SignError::NotHeld(key)),
        }
    }
}

/// The public keys of a member, ready for its place in the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeys {
    /// 32 bytes.
    pub body_ed25519: Vec<u8>,
    /// 1,952 bytes.
    pub body_ml_dsa_65: Vec<u8>,
    /// 32 bytes.
    pub head_ed25519: Vec<u8>,
    /// 1,312 bytes.
    pub head_ml_dsa_44: Vec<u8>,
    /// 32 bytes.
    pub receipt_ed25519: Vec<u8>,
    /// 1,312 bytes.
    pub receipt_ml_dsa_44: Vec<u8>,
}

impl PublicKeys {
    /// Writes these keys into a member.
    pub fn write_to(self, member: &mut Member) {
        member.body_ed25519 = self.body_ed25519;
        member.body_ml_dsa_65 = self.body_ml_dsa_65;
        member.head_ed25519 = self.head_ed25519;
        member.head_ml_dsa_44 = self.head_ml_dsa_44;
        member.receipt_ed25519 = self.receipt_ed25519;
        member.receipt_ml_dsa_44 = self.receipt_ml_dsa_44;
    }
}

/// The seeds of a realm's root, kept offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootSeeds {
    /// Ed25519.
    pub ed25519: Seed,
    /// ML-DSA-65.
    pub ml_dsa_65: Seed,
}

impl RootSeeds {
    /// Two new seeds. For the key tool.
    pub fn generate() -> Result<RootSeeds, NoRandomness> {
        Ok(RootSeeds { ed25519: Seed::generate()?, ml_dsa_65: Seed::generate()? })
    }
}

/// A realm's root, which signs rosters and nothing else.
pub struct RootKeys {
    ed25519: Ed25519KeyPair,
    ml_dsa_65: PqdsaKeyPair,
}

impl RootKeys {
    /// The keys that follow from the seeds. Fails only where the cryptographic library does.
    pub fn from_seeds(seeds: &RootSeeds) -> Result<RootKeys, SignError> {
        Ok(RootKeys {
            ed25519: ed25519(&seeds.ed25519, KeyUse::RootEd25519)?,
            ml_dsa_65: ml_dsa(&ML_DSA_65_SIGNING, &seeds.ml_dsa_65, KeyUse::RootMlDsa65)?,
        })
    }

    /// The public halves, which every node of the realm is configured with.
    pub fn public(&self) -> RootPublic {
        RootPublic {
            ed25519: self.ed25519.public_key().as_ref().to_vec(),
            ml_dsa_65: self.ml_dsa_65.public_key().as_ref().to_vec(),
        }
    }
}

impl Signer for RootKeys {
    fn sign(&self, key: KeyUse, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match key {
            KeyUse::RootEd25519 => sign_ed25519(&self.ed25519, key, message),
            KeyUse::RootMlDsa65 => sign_ml_dsa(&self.ml_dsa_65, key, message),
            _ => Err(SignError::NotHeld(key)),
        }
    }
}

/// A single Ed25519 key from a seed: a person's, for acts.
pub struct PersonKey(Ed25519KeyPair);

impl PersonKey {
    /// The key that follows from the seed. Fails only where the cryptographic library does.
    pub fn from_seed(seed: &Seed) -> Result<PersonKey, SignError> {
        ed25519(seed, KeyUse::BodyEd25519).map(PersonKey)
    }

    /// The public half, 32 bytes.
    pub fn public(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// Signs a message: 64 bytes. Check with [`crate::keys::verify`].
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

fn ed25519(seed: &Seed, key: KeyUse) -> Result<Ed25519KeyPair, SignError> {
    Ed25519KeyPair::from_seed_unchecked(&seed.0).map_err(|_| SignError::Failed(key))
}

fn ml_dsa(
    algorithm: &'static PqdsaSigningAlgorithm,
    seed: &Seed,
    key: KeyUse,
) -> Result<PqdsaKeyPair, SignError> {
    PqdsaKeyPair::from_seed(algorithm, &seed.0).map_err(|_| SignError::Failed(key))
}

fn sign_ed25519(pair: &Ed25519KeyPair, key: KeyUse, message: &[u8]) -> Result<Vec<u8>, SignError> {
    pair.try_sign(message).map(|signature| signature.as_ref().to_vec()).map_err(|_| SignError::Failed(key))
}

fn sign_ml_dsa(pair: &PqdsaKeyPair, key: KeyUse, message: &[u8]) -> Result<Vec<u8>, SignError> {
    let mut signature = vec![0; key.algorithm().signature_bytes()];
    let length = pair.sign(message, &mut signature).map_err(|_| SignError::Failed(key))?;
    // CLAIM: FIPS 204 signatures have one length; another would be a fault of the library.
    if length == signature.len() { Ok(signature) } else { Err(SignError::Failed(key)) }
}
