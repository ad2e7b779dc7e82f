//! Signed notes (c2sp.org/signed-note, v1.0.0): a text and lines of signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::digest::sha256;
use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};
use crate::refusal::Refusal;

/// A note's signature types that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureType {
    /// Ed25519 over the text (0x01).
    Ed25519,
    /// Timestamped Ed25519 cosignature of a checkpoint (0x04, c2sp.org/tlog-cosignature).
    Ed25519Cosignature,
    /// Timestamped ML-DSA-44 cosignature of a tree (0x06, c2sp.org/tlog-cosignature).
    MlDsa44Cosignature,
}

impl SignatureType {
    fn identifier(self) -> u8 {
        match self {
            SignatureType::Ed25519 => 0x01,
            SignatureType::Ed25519Cosignature => 0x04,
            SignatureType::MlDsa44Cosignature => 0x06,
        }
    }

    /// The id of a key of this type: the first four bytes of SHA-256(name || 0x0A || type || public key).
    pub fn key_id(self, name: &str, public_key: &[u8]) -> [u8; 4] {
        let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[self.identifier()], public_key]).0;
        [a, b, c, d]
    }

    /// A verifier key, as other tools take it: `name+hex(key id)+base64(type || public key)`.
    pub fn verifier_key(self, name: &str, public_key: &[u8]) -> String {
        let material = [&[self.identifier()], public_key].concat();
        format!("{name}+{}+{}", hex::encode(self.key_id(name, public_key)), STANDARD.encode(material))
    }
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub key_id: [u8; 4],
    /// The bytes after the id.
    pub signature: Vec<u8>,
}

/// A text with its signatures, none of them checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text, with its final newline.
    pub text: String,
    /// The signature lines in their order.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// The note as text.
    pub fn encode(&self) -> String {
        let mut note = format!("{}\n", self.text);
        for NoteSignature { name, key_id, signature } in &self.signatures {
            let bytes = [key_id.as_slice(), signature].concat();
            note.push_str(&format!("\u{2014} {name} {}\n", STANDARD.encode(bytes)));
        }
        note
    }

    /// Reads a note; refuses every text but the one that [`Note::encode`] gives.
    pub fn decode(note: &str) -> Result<Note, Refusal> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(Refusal::oversize("the note", note.len(), NOTE_BYTES_MAX));
        }
        let not_a_note = || Refusal::malformed("it is no signed note");
        if note.chars().any(|letter| letter < '\u{20}' && letter != '\n') {
            return Err(not_a_note());
        }
        // The text ends with a newline, and the last empty line parts it from the signatures.
        let split = note.rfind("\n\n").ok_or_else(not_a_note)?;
        let (text, lines) = note.split_at_checked(split + 1).ok_or_else(not_a_note)?;
        let lines =
            lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n')).ok_or_else(not_a_note)?;
        let signatures: Vec<NoteSignature> = lines
            .split('\n')
            .map(|line| decode_line(line).ok_or_else(not_a_note))
            .collect::<Result<_, _>>()?;
        if signatures.len() > NOTE_SIGNATURES_MAX {
            return Err(Refusal::oversize("the list of signatures", signatures.len(), NOTE_SIGNATURES_MAX));
        }
        let read = Note { text: text.to_owned(), signatures };
        if read.encode() == note { Ok(read) } else { Err(Refusal::NotCanonical) }
    }
}

fn decode_line(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    if name.is_empty() || name.contains(|letter: char| letter.is_whitespace() || letter == '+') {
        return None;
    }
    let bytes = STANDARD.decode(encoded).ok()?;
    let (key_id, signature) = bytes.split_first_chunk::<4>()?;
    Some(NoteSignature { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Algorithm, verify};

    /// The example of c2sp.org/signed-note (section "Example"): its verifier key verifies its note.
    #[test]
    fn the_specifications_example_verifies() {
        let note = "This is an example message.\n\n\u{2014} example.com/foo \
            Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        let verifier_key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
        let material = STANDARD.decode("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").unwrap();
        let public_key = &material[1..];
        assert_eq!(SignatureType::Ed25519.verifier_key("example.com/foo", public_key), verifier_key);

        let read = Note::decode(note).unwrap();
        assert_eq!(read.text, "This is an example message.\n");
        assert_eq!(read.signatures.len(), 1);
        let line = &read.signatures[0];
        assert_eq!(line.key_id, SignatureType::Ed25519.key_id("example.com/foo", public_key));
        assert!(verify(Algorithm::Ed25519, public_key, read.text.as_bytes(), &line.signature));
        assert!(!verify(Algorithm::Ed25519, public_key, b"This is another message.\n", &line.signature));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let good = "text\n\n\u{2014} name AAAAAAA=\n";
        assert!(Note::decode(good).is_ok());
        for bad in [
            "",
            "\n",
            "\n\n",
            "text\n",
            "text\n\n",
            "text\n\n- name AAAAAAA=\n",
            "text\n\n\u{2014} name AAAAAAA=",
            "text\n\n\u{2014}  AAAAAAA=\n",
            "text\n\n\u{2014} na+me AAAAAAA=\n",
            "text\n\n\u{2014} name AAAA\n",
            "text\n\n\u{2014} name AAAAAAB=\n",
            "te\rxt\n\n\u{2014} name AAAAAAA=\n",
            "text\n\n\u{2014} name AAAAAAA=\n\n",
        ] {
            assert!(Note::decode(bad).is_err(), "{bad:?}");
        }
    }
}
