//! The roster, signed by the realm's offline root.

use coset::cbor::value::Value;
use statement::{Kind, Member, Realm, Roster, Statement};

use crate::cose::{Envelope, body_id, encode_value, to_be_signed};
use crate::keys::{self, Algorithm, KeyUse, SignError, Signer};
use crate::limits::ROSTER_BYTES_MAX;
use crate::refusal::Refusal;
use crate::verified::Verified;

/// The signatures of a roster, in their order.
const ROOT_KEYS: [KeyUse; 2] = [KeyUse::RootEd25519, KeyUse::RootMlDsa65];

/// The public keys of a realm's root: what a node is configured with, and all it trusts at first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RootPublic {
    /// Ed25519, 32 bytes.
    pub ed25519: Vec<u8>,
    /// ML-DSA-65, 1,952 bytes.
    pub ml_dsa_65: Vec<u8>,
}

/// Signs a roster: COSE_Sign with the header `{kind: "roster", realm, version}`, both root signatures.
pub fn seal_roster(roster: &Roster, root: &dyn Signer) -> Result<Vec<u8>, SignError> {
    let protected = protected_header(roster);
    let payload = Statement::Roster(roster.clone()).encode_payload();
    let external = roster.realm.external_aad();
    let mut signatures = Vec::new();
    for key in ROOT_KEYS {
        let message = to_be_signed(&protected, key.algorithm(), &external, &payload);
        signatures.push((key.algorithm(), root.sign(key, &message)?));
    }
    Ok(Envelope { protected, payload, signatures }.encode())
}

/// Opens a roster of `realm`: both signatures of the root, exactly one encoding, members once each and in order, keys
/// of the right lengths. Whether it is newer is for [`crate::Trust::replace`].
pub fn open_roster(bytes: &[u8], root: &RootPublic, realm: &Realm) -> Result<Verified<Roster>, Refusal> {
    if bytes.len() > ROSTER_BYTES_MAX {
        return Err(Refusal::oversize("the roster", bytes.len(), ROSTER_BYTES_MAX));
    }
    let envelope = Envelope::decode(bytes)?;
    check_signatures(&envelope, root, realm)?;
    let payload = Statement::decode_payload(Kind::Roster, &envelope.payload)
        .map_err(|malformed| Refusal::Malformed(malformed.to_string()))?;
    let Statement::Roster(roster) = payload else {
        return Err(Refusal::malformed("the payload is no roster"));
    };
    if roster.realm != *realm {
        return Err(Refusal::WrongRealm { expected: realm.to_string(), found: roster.realm.to_string() });
    }
    if envelope.protected != protected_header(&roster) {
        return Err(Refusal::malformed("the header does not fit the roster"));
    }
    check_members(&roster.members)?;
    Ok(Verified::new(roster, body_id(&envelope.protected, &envelope.payload), bytes))
}

fn protected_header(roster: &Roster) -> Vec<u8> {
    // In the order of RFC 8949, section 4.2.1.
    encode_value(&Value::Map(vec![
        ("kind".into(), Kind::Roster.as_str().into()),
        ("realm".into(), roster.realm.to_string().into()),
        ("version".into(), roster.version.into()),
    ]))
}

fn check_signatures(envelope: &Envelope, root: &RootPublic, realm: &Realm) -> Result<(), Refusal> {
    let found: Vec<Algorithm> = envelope.signatures.iter().map(|(algorithm, _)| *algorithm).collect();
    if !found.iter().copied().eq(ROOT_KEYS.map(KeyUse::algorithm)) {
        return Err(Refusal::WrongSignatures { expected: ROOT_KEYS.len() as u64, found: found.len() as u64 });
    }
    for (key, (algorithm, signature)) in ROOT_KEYS.into_iter().zip(&envelope.signatures) {
        let public_key = if key == KeyUse::RootEd25519 { &root.ed25519 } else { &root.ml_dsa_65 };
        let message = to_be_signed(&envelope.protected, *algorithm, &realm.external_aad(), &envelope.payload);
        if !keys::verify(*algorithm, public_key, &message, signature) {
            return Err(Refusal::BadSignature { signer: "root".to_owned(), key });
        }
    }
    Ok(())
}

fn check_members(members: &[Member]) -> Result<(), Refusal> {
    if !members.is_sorted_by(|a, b| a.nation < b.nation) {
        return Err(Refusal::malformed("its members are not in order, each once"));
    }
    let uses = [
        KeyUse::BodyEd25519,
        KeyUse::BodyMlDsa65,
        KeyUse::HeadEd25519,
        KeyUse::HeadMlDsa44,
        KeyUse::ReceiptEd25519,
        KeyUse::ReceiptMlDsa44,
    ];
    for member in members {
        for key in uses {
            if key.public_key(member).map(<[u8]>::len) != Some(key.algorithm().public_key_bytes()) {
                return Err(Refusal::Malformed(format!("the {key} of {} has a wrong length", member.nation)));
            }
        }
    }
    // INVARIANT (one key, one use): else a signature of one use could pass in another.
    let mut ed25519: Vec<&[u8]> = members
        .iter()
        .flat_map(|member| [&member.body_ed25519, &member.head_ed25519, &member.receipt_ed25519])
        .map(Vec::as_slice)
        .collect();
    let all = ed25519.len();
    ed25519.sort_unstable();
    ed25519.dedup();
    if ed25519.len() != all {
        return Err(Refusal::malformed("an Ed25519 key is there twice"));
    }
    Ok(())
}
