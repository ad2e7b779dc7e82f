//! Signed notes: heads and receipts, as they come and as a member could sign them.

use exchange::head::{open_head, sign_head};
use exchange::keys::{KeyUse, Signer};
use exchange::note::{Note, NoteSignature, SignatureType};
use exchange::receipt::{open_receipt, sign_receipt};
use exchange::{Delays, Digest, TreeHead};
use statement::{Lane, Member};

use crate::Target;
use crate::source::Source;
use crate::world::{VECTORS, WORLD, nation, place};

/// The targets of this file.
pub fn targets() -> Vec<Target> {
    vec![
        Target {
            name: "note",
            about: "heads and receipts as they come, real keys: accepted only where they are what was signed",
            seeds: || {
                VECTORS.heads.iter().chain(&VECTORS.receipts).map(|note| note.as_bytes().to_vec()).collect()
            },
            words: &WORDS,
            bytes_max: 7_300,
            attempt: note,
        },
        Target {
            name: "signed-head",
            about: "any text, signed as a head: what is accepted has one encoding",
            seeds: || signed_seeds(false),
            words: &WORDS,
            bytes_max: 600,
            attempt: signed_head,
        },
        Target {
            name: "signed-receipt",
            about: "any text, signed as a receipt: what is accepted has one encoding",
            seeds: || signed_seeds(true),
            words: &WORDS,
            bytes_max: 2_000,
            attempt: signed_receipt,
        },
    ]
}

const WORDS: [&str; 9] = [
    "\u{2014} ",
    "\n\n",
    "watchfire/v1/exercise/vectors/jpn/usa/warning/1",
    "watchfire/v1/exercise/vectors/jpn/usa/picture/2",
    "watchfire/v1/exercise/vectors/usa/receipt",
    "delays-ns ",
    " -1",
    "18446744073709551615",
    "9223372036854775808",
];

fn note(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    if let Ok(note) = Note::decode(text) {
        assert_eq!(note.encode(), text);
        if let Ok((tree, rest)) = TreeHead::read(&note.text) {
            assert_eq!(tree.text() + rest, note.text, "two encodings of one checkpoint");
            for place in Lane::ALL.map(place) {
                if let Ok(epoch) = place.epoch_of(&tree.origin) {
                    assert_eq!(place.origin(epoch), tree.origin);
                }
            }
        }
    }
    for (lane, (head, receipt)) in Lane::ALL.into_iter().zip(VECTORS.heads.iter().zip(&VECTORS.receipts)) {
        if open_head(text, &place(lane), &VECTORS.trust).is_ok() {
            assert_eq!(text, head, "a head that nobody signed was accepted");
        }
        if open_receipt(text, &place(lane), &VECTORS.trust).is_ok() {
            assert_eq!(text, receipt, "a receipt that nobody signed was accepted");
        }
    }
}

fn signed_seeds(receipt: bool) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (byte, lane) in [0u8, 1].into_iter().zip(Lane::ALL) {
        let tree = TreeHead { origin: place(lane).origin(7), size: 12, root: Digest([3; 32]) };
        let rest = if receipt { "delays-ns 10 5 -6\n" } else { "" };
        seeds.push([&[byte, 4][..], (tree.text() + rest).as_bytes()].concat());
    }
    seeds
}

/// Input: the lane, the time in POSIX seconds, the text.
fn signed_head(bytes: &[u8]) {
    let mut source = Source(bytes);
    let lane = Lane::ALL[usize::from(source.byte() & 1)];
    let posix_s = source.number();
    let Ok(text) = core::str::from_utf8(source.0) else { return };
    let tree = TreeHead::read(text);
    let name = tree.as_ref().map_or("?", |(tree, _)| tree.origin.as_str());
    let lines = KeyUse::of_heads(lane).iter().map(|&key| match key {
        KeyUse::HeadEd25519 => line(key, "jpn", name, SignatureType::Ed25519, None, text.as_bytes()),
        _ => {
            let message = tree.as_ref().map(|(tree, _)| cosigned(tree, name, posix_s)).unwrap_or_default();
            line(key, "jpn", name, SignatureType::MlDsa44Cosignature, Some(posix_s), &message)
        }
    });
    let note = Note { text: text.to_owned(), signatures: lines.collect() }.encode();
    let place = place(lane);
    let Ok(head) = open_head(&note, &place, &WORLD.trust) else { return };
    let size = head.tree.size;
    let again =
        sign_head(&place, head.epoch, size, head.tree.root, posix_s, &WORLD.keys("jpn")).expect("a head");
    assert_eq!(again.note, note, "two encodings of one head");
}

/// Input: the lane, the time in POSIX seconds, the text.
fn signed_receipt(bytes: &[u8]) {
    let mut source = Source(bytes);
    let lane = Lane::ALL[usize::from(source.byte() & 1)];
    let posix_s = source.number();
    let Ok(text) = core::str::from_utf8(source.0) else { return };
    let tree = TreeHead::read(text);
    let place = place(lane);
    let name = place.receiver_name();
    let lines = KeyUse::of_receipts(lane).iter().map(|&key| match key {
        KeyUse::ReceiptEd25519 => {
            let message = format!("cosignature/v1\ntime {posix_s}\n{text}");
            line(key, "usa", &name, SignatureType::Ed25519Cosignature, Some(posix_s), message.as_bytes())
        }
        _ => {
            let message = tree.as_ref().map(|(tree, _)| cosigned(tree, &name, posix_s)).unwrap_or_default();
            line(key, "usa", &name, SignatureType::MlDsa44Cosignature, Some(posix_s), &message)
        }
    });
    let note = Note { text: text.to_owned(), signatures: lines.collect() }.encode();
    let Ok(receipt) = open_receipt(&note, &place, &WORLD.trust) else { return };
    assert_eq!(receipt.posix_s, posix_s);
    let head = exchange::Head { epoch: receipt.epoch, tree: receipt.tree, note: String::new() };
    let delays = Delays { ..receipt.delays };
    let again = sign_receipt(&place, &head, delays, posix_s, &WORLD.keys("usa")).expect("a receipt");
    assert_eq!(again.note, note, "two encodings of one receipt");
}

/// A signature line, as c2sp.org/signed-note and tlog-cosignature have it.
fn line(
    key: KeyUse,
    of: &str,
    name: &str,
    kind: SignatureType,
    posix_s: Option<u64>,
    message: &[u8],
) -> NoteSignature {
    let keys = WORLD.keys(of);
    let member: &Member = WORLD.trust.member(nation(of)).expect("a member");
    let public_key = key.public_key(member).unwrap_or_default();
    let mut signature = posix_s.map(|posix_s| posix_s.to_be_bytes().to_vec()).unwrap_or_default();
    signature.extend(Signer::sign(keys.signer, key, message).expect("a signature"));
    NoteSignature { name: name.to_owned(), key_id: kind.key_id(name, public_key), signature }
}

/// `cosigned_message` of c2sp.org/tlog-cosignature.
fn cosigned(tree: &TreeHead, name: &str, posix_s: u64) -> Vec<u8> {
    let counted = |text: &str| {
        let bytes = &text.as_bytes()[..text.len().min(255)];
        [&[bytes.len() as u8], bytes].concat()
    };
    let mut message = b"subtree/v1\n\0".to_vec();
    message.extend(counted(name));
    message.extend(posix_s.to_be_bytes());
    message.extend(counted(&tree.origin));
    message.extend(0u64.to_be_bytes());
    message.extend(tree.size.to_be_bytes());
    message.extend(tree.root.0);
    message
}
