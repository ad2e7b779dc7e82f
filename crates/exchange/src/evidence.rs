//! Evidence for one statement: the body, its place in the feed, the sender's head and the receiver's receipt.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::body::{Body, open};
use crate::checkpoint::Place;
use crate::digest::Digest;
use crate::head::{Head, open_head};
use crate::merkle;
use crate::note::Note;
use crate::receipt::{Receipt, open_receipt};
use crate::refusal::Refusal;
use crate::trust::Trust;
use crate::verified::Verified;

/// That `from` said it, and that `to` had it: checked offline, by anyone who holds the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which lane of which feed.
    pub place: Place,
    /// The body, COSE_Sign.
    pub body: Vec<u8>,
    /// Its number.
    pub number: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub proof: Vec<Digest>,
    /// The sender's head, a signed note.
    pub head: String,
    /// The receiver's receipt for that head, a signed note.
    pub receipt: String,
}

/// What evidence shows once it is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Proven {
    /// What was said.
    pub body: Verified<Body>,
    /// The head that covers it.
    pub head: Head,
    /// The receipt for that head.
    pub receipt: Receipt,
}

impl Evidence {
    /// Checks body, proof, head and receipt, and that they belong together.
    pub fn verify(&self, trust: &Trust) -> Result<Proven, Refusal> {
        let body = open(&self.body, trust, self.place.to, self.place.from)?;
        if body.header.kind.lane() != self.place.lane {
            return Err(Refusal::WrongLane(self.place.lane));
        }
        let head = open_head(&self.head, &self.place, trust)?;
        let receipt = open_receipt(&self.receipt, &self.place, trust)?;
        if receipt.tree != head.tree {
            return Err(Refusal::UnknownHead(receipt.tree.size));
        }
        if !merkle::includes(head.tree.root, head.tree.size, self.number, &body.id().0, &self.proof) {
            return Err(Refusal::malformed("the inclusion proof does not lead from the body to the head"));
        }
        Ok(Proven { body, head, receipt })
    }

    /// The same as a C2SP proof file (c2sp.org/tlog-proof@v1), for other tools: the body as extra data, the index,
    /// the inclusion proof and the head, on the warning lane with the receiver's ML-DSA-44 cosignature. The record
    /// whose hash is proven is the body's id.
    pub fn tlog_proof(&self) -> Result<String, Refusal> {
        let mut head = Note::decode(&self.head)?;
        // The Ed25519 cosignature covers the delays too, and so fits the receipt's own note only.
        head.signatures.extend(Note::decode(&self.receipt)?.signatures.into_iter().skip(1));
        let mut text =
            format!("c2sp.org/tlog-proof@v1\nextra {}\nindex {}\n", STANDARD.encode(&self.body), self.number);
        for hash in &self.proof {
            text.push_str(&STANDARD.encode(hash.0));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&head.encode());
        Ok(text)
    }
}
