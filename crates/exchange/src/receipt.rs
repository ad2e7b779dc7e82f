//! Receipts: the partner's cosignature of a head, with the delays that it measured, signed together.
//!
//! A receipt is a note of its own: the head's three lines, then one line of delays (a checkpoint's extension line),
//! then the receiver's cosignatures. The Ed25519 cosignature covers all of it; the ML-DSA-44 cosignature of the
//! warning lane covers origin, size, root and time, as C2SP defines it, and so fits the head's own note too.

use crate::checkpoint::{Place, TreeHead, decimal, split_timestamp, timestamped};
use crate::head::{Head, SenderKeys};
use crate::keys::{KeyUse, SignError};
use crate::limits::RECEIPT_DELAYS_MAX;
use crate::note::{Note, NoteSignature, SignatureType};
use crate::refusal::Refusal;
use crate::trust::Trust;

/// How long each of the newest entries took from made to received, by the receiver's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// The number of the first entry listed.
    pub first_number: u64,
    /// Nanoseconds, number by number; below zero where the clocks disagree. At most 64.
    pub delays_ns: Vec<i64>,
}

impl Delays {
    fn line(&self) -> String {
        let mut line = format!("delays-ns {}", self.first_number);
        for delay_ns in self.delays_ns.iter().take(RECEIPT_DELAYS_MAX) {
            line.push_str(&format!(" {delay_ns}"));
        }
        line.push('\n');
        line
    }

    fn read(line: &str) -> Option<Delays> {
        let mut words = line.strip_suffix('\n')?.split(' ');
        if words.next()? != "delays-ns" {
            return None;
        }
        let first_number = decimal(words.next()?)?;
        let delays_ns = words.map(|word| word.parse().ok()).collect::<Option<Vec<i64>>>()?;
        let delays = Delays { first_number, delays_ns };
        // One encoding only, and no more than is written.
        (delays.line() == line).then_some(delays)
    }
}

/// A receipt whose signatures were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Of which epoch.
    pub epoch: u64,
    /// What was received: all entries of this tree.
    pub tree: TreeHead,
    /// When it was signed, POSIX seconds by the receiver's clock.
    pub posix_s: u64,
    /// What was measured.
    pub delays: Delays,
    /// The note as it came.
    pub note: String,
}

/// Signs a receipt for a head that was checked and whose entries are held durably.
pub fn sign_receipt(
    place: &Place,
    head: &Head,
    delays: Delays,
    posix_s: u64,
    keys: &SenderKeys<'_>,
) -> Result<Receipt, SignError> {
    let name = place.receiver_name();
    let text = format!("{}{}", head.tree.text(), delays.line());
    let mut signatures = Vec::new();
    for &key in KeyUse::of_receipts(place.lane) {
        let (kind, message) = cosignature(key, &head.tree, &text, &name, posix_s);
        let public_key = keys.public(key).ok_or(SignError::NotHeld(key))?;
        signatures.push(NoteSignature {
            name: name.clone(),
            key_id: kind.key_id(&name, public_key),
            signature: timestamped(posix_s, &keys.signer.sign(key, &message)?),
        });
    }
    let note = Note { text, signatures }.encode();
    Ok(Receipt { epoch: head.epoch, tree: head.tree.clone(), posix_s, delays, note })
}

/// Checks a receipt for `place`: its origin, its form, and exactly the signatures that its lane needs, of one time.
pub fn open_receipt(note: &str, place: &Place, trust: &Trust) -> Result<Receipt, Refusal> {
    let read = Note::decode(note)?;
    let (tree, rest) = TreeHead::read(&read.text)?;
    let delays = Delays::read(rest).ok_or_else(|| Refusal::malformed("its line of delays"))?;
    let epoch = place.epoch_of(&tree.origin)?;
    let name = place.receiver_name();
    let due = KeyUse::of_receipts(place.lane);
    if read.signatures.len() != due.len() {
        return Err(Refusal::WrongSignatures {
            expected: due.len() as u64,
            found: read.signatures.len() as u64,
        });
    }
    let mut time = None;
    for (&key, line) in due.iter().zip(&read.signatures) {
        let (posix_s, signature) = split_timestamp(&line.signature)?;
        if *time.get_or_insert(posix_s) != posix_s {
            return Err(Refusal::malformed("its signatures are of different times"));
        }
        let (kind, message) = cosignature(key, &tree, &read.text, &name, posix_s);
        let public_key = key.public_key(trust.member(place.to)?).unwrap_or_default();
        if line.name != name || line.key_id != kind.key_id(&name, public_key) {
            return Err(Refusal::BadSignature { signer: place.to.to_string(), key });
        }
        trust.check(place.to, key, &message, signature)?;
    }
    Ok(Receipt { epoch, tree, posix_s: time.unwrap_or_default(), delays, note: note.to_owned() })
}

/// The type and the message of a cosignature.
fn cosignature(
    key: KeyUse,
    tree: &TreeHead,
    text: &str,
    name: &str,
    posix_s: u64,
) -> (SignatureType, Vec<u8>) {
    if key == KeyUse::ReceiptEd25519 {
        let message = format!("cosignature/v1\ntime {posix_s}\n{text}");
        (SignatureType::Ed25519Cosignature, message.into_bytes())
    } else {
        (SignatureType::MlDsa44Cosignature, tree.ml_dsa_44_message(name, posix_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_one_encoding() {
        let many = Delays { first_number: 7, delays_ns: (0..64).collect() };
        for delays in [Delays::default(), Delays { first_number: 7, delays_ns: vec![5, -4, 0] }, many.clone()]
        {
            assert_eq!(Delays::read(&delays.line()), Some(delays));
        }
        let too_many = many.line().replace('\n', " 64\n");
        for line in [
            "",
            "delays-ns\n",
            "delays-ns 7",
            "delays-ns 07 5\n",
            "delays-ns 7 +5\n",
            "delays-ns 7 05\n",
            "delays-ns 7 -0\n",
            "delays-ns 7  5\n",
            "delays-ns 7 5 \n",
            "delays-ns 7 5\nmore\n",
            &too_many,
        ] {
            assert_eq!(Delays::read(line), None, "{line:?}");
        }
    }
}
