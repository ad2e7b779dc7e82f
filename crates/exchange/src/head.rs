//! Heads: what a nation says its feed holds, signed. A C2SP checkpoint.

use statement::Lane;

use crate::checkpoint::{Place, TreeHead, split_timestamp, timestamped};
use crate::digest::Digest;
use crate::keys::{KeyUse, SignError, Signer};
use crate::note::{Note, NoteSignature, SignatureType};
use crate::refusal::Refusal;
use crate::trust::Trust;

/// A head whose signatures were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Of which epoch.
    pub epoch: u64,
    /// Which tree, how large, with which root.
    pub tree: TreeHead,
    /// The note as it came.
    pub note: String,
}

/// Signs a head at POSIX time `posix_s`: by Ed25519 over the text, on the warning lane besides by ML-DSA-44 as C2SP
/// cosigns trees. The keys' name is the origin.
pub fn sign_head(
    place: &Place,
    epoch: u64,
    size: u64,
    root: Digest,
    posix_s: u64,
    keys: &SenderKeys<'_>,
) -> Result<Head, SignError> {
    let tree = TreeHead { origin: place.origin(epoch), size, root };
    let text = tree.text();
    let mut signatures = Vec::new();
    for &key in KeyUse::of_heads(place.lane) {
        let (kind, signature) = if key == KeyUse::HeadEd25519 {
            (SignatureType::Ed25519, keys.signer.sign(key, text.as_bytes())?)
        } else {
            let message = tree.ml_dsa_44_message(&tree.origin, posix_s);
            (SignatureType::MlDsa44Cosignature, timestamped(posix_s, &keys.signer.sign(key, &message)?))
        };
        let public_key = keys.public(key).ok_or(SignError::NotHeld(key))?;
        signatures.push(NoteSignature {
            name: tree.origin.clone(),
            key_id: kind.key_id(&tree.origin, public_key),
            signature,
        });
    }
    Ok(Head { epoch, tree, note: Note { text, signatures }.encode() })
}

/// Checks a head of `place`: its origin, and exactly the signatures that its lane needs, in their order.
pub fn open_head(note: &str, place: &Place, trust: &Trust) -> Result<Head, Refusal> {
    let read = Note::decode(note)?;
    let (tree, rest) = TreeHead::read(&read.text)?;
    if !rest.is_empty() {
        return Err(Refusal::malformed("a head has no further lines"));
    }
    let epoch = place.epoch_of(&tree.origin)?;
    let due = KeyUse::of_heads(place.lane);
    if read.signatures.len() != due.len() {
        return Err(Refusal::WrongSignatures {
            expected: due.len() as u64,
            found: read.signatures.len() as u64,
        });
    }
    for (&key, line) in due.iter().zip(&read.signatures) {
        let kind = if key == KeyUse::HeadEd25519 {
            SignatureType::Ed25519
        } else {
            SignatureType::MlDsa44Cosignature
        };
        let public_key = key.public_key(trust.member(place.from)?).unwrap_or_default();
        if line.name != tree.origin || line.key_id != kind.key_id(&tree.origin, public_key) {
            return Err(Refusal::BadSignature { signer: place.from.to_string(), key });
        }
        if key == KeyUse::HeadEd25519 {
            trust.check(place.from, key, read.text.as_bytes(), &line.signature)?;
        } else {
            let (posix_s, signature) = split_timestamp(&line.signature)?;
            trust.check(place.from, key, &tree.ml_dsa_44_message(&tree.origin, posix_s), signature)?;
        }
    }
    Ok(Head { epoch, tree, note: note.to_owned() })
}

/// A node's own signer with the public keys that its roster gives it: key ids are made from them.
#[derive(Clone, Copy)]
pub struct SenderKeys<'a> {
    /// Signs.
    pub signer: &'a dyn Signer,
    /// The roster that names the node's public keys.
    pub trust: &'a Trust,
    /// The node's own nation.
    pub me: statement::Nation,
}

impl SenderKeys<'_> {
    pub(crate) fn public(&self, key: KeyUse) -> Option<&[u8]> {
        key.public_key(self.trust.member(self.me).ok()?)
    }
}

/// The verifier keys with which any C2SP tool checks the heads of one feed, in the order of the signatures.
pub fn head_verifier_keys(place: &Place, epoch: u64, trust: &Trust) -> Result<Vec<String>, Refusal> {
    let origin = place.origin(epoch);
    let member = trust.member(place.from)?;
    let mut keys = vec![SignatureType::Ed25519.verifier_key(&origin, &member.head_ed25519)];
    if place.lane == Lane::Warning {
        keys.push(SignatureType::MlDsa44Cosignature.verifier_key(&origin, &member.head_ml_dsa_44));
    }
    Ok(keys)
}
