//! Who takes part.

use serde::{Deserialize, Serialize};

use crate::nation::{Nation, Realm};

/// A person who may act for a nation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Role and person, such as `watch-officer-1`.
    pub actor: String,
    /// Ed25519, 32 bytes.
    pub key: Vec<u8>,
}

/// A nation's place in the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which nation.
    pub nation: Nation,
    /// Its name in English.
    pub name: String,
    /// Its certificate authority: one X.509 certificate in DER.
    pub ca_certificate: Vec<u8>,
    /// Where its node takes links: `host:port`, in the order to be tried.
    pub addresses: Vec<String>,
    /// Body keys: Ed25519, 32 bytes.
    pub body_ed25519: Vec<u8>,
    /// Body keys: ML-DSA-65, 1,952 bytes.
    pub body_ml_dsa_65: Vec<u8>,
    /// Head keys: Ed25519, 32 bytes.
    pub head_ed25519: Vec<u8>,
    /// Head keys: ML-DSA-44, 1,312 bytes.
    pub head_ml_dsa_44: Vec<u8>,
    /// Receipt keys: Ed25519, 32 bytes.
    pub receipt_ed25519: Vec<u8>,
    /// Receipt keys: ML-DSA-44, 1,312 bytes.
    pub receipt_ml_dsa_44: Vec<u8>,
    /// The people who may act.
    pub officers: Vec<Officer>,
}

impl Member {
    /// A member of whom nothing is known yet but its name: keys, certificate, addresses and people are still to come.
    pub fn named(nation: Nation, name: &str) -> Member {
        Member {
            nation,
            name: name.to_owned(),
            ca_certificate: Vec::new(),
            addresses: Vec::new(),
            body_ed25519: Vec::new(),
            body_ml_dsa_65: Vec::new(),
            head_ed25519: Vec::new(),
            head_ml_dsa_44: Vec::new(),
            receipt_ed25519: Vec::new(),
            receipt_ml_dsa_44: Vec::new(),
            officers: Vec::new(),
        }
    }
}

/// Who takes part, signed by the realm's offline root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Only grows.
    pub version: u32,
    /// The realm it is of.
    pub realm: Realm,
    /// The nations, in the order of their letters.
    pub members: Vec<Member>,
}

impl Roster {
    /// The entry of one nation.
    pub fn member(&self, nation: Nation) -> Option<&Member> {
        self.members.iter().find(|member| member.nation == nation)
    }
}
