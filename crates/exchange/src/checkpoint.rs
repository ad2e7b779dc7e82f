//! What heads and receipts share: the checkpoint's text (c2sp.org/tlog-checkpoint) and the two messages that are
//! signed over it (c2sp.org/signed-note and c2sp.org/tlog-cosignature).

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use statement::{Lane, Nation, Realm};

use crate::digest::Digest;
use crate::limits::ORIGIN_BYTES_MAX;
use crate::refusal::Refusal;

/// Which lane of which feed: from whom to whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The realm.
    pub realm: Realm,
    /// The nation that says.
    pub from: Nation,
    /// The nation that hears.
    pub to: Nation,
    /// The lane.
    pub lane: Lane,
}

impl Place {
    /// The origin of this lane's heads in one epoch: `watchfire/v1/REALM/FROM/TO/LANE/EPOCH`.
    pub fn origin(&self, epoch: u64) -> String {
        format!("{self}/{epoch}")
    }

    /// The name of the receiver's receipt keys: `watchfire/v1/REALM/TO/receipt`.
    pub fn receiver_name(&self) -> String {
        format!("watchfire/v1/{}/{}/receipt", self.realm, self.to)
    }

    /// The epoch of an origin of this place; refuses any other origin.
    pub fn epoch_of(&self, origin: &str) -> Result<u64, Refusal> {
        let wrong = || Refusal::Malformed(format!("`{}` is no origin of {self}", Refusal::quoted(origin)));
        let epoch = origin.strip_prefix(&format!("{self}/")).and_then(decimal).ok_or_else(wrong)?;
        if epoch == 0 { Err(wrong()) } else { Ok(epoch) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "watchfire/v1/{}/{}/{}/{}", self.realm, self.from, self.to, self.lane)
    }
}

/// The three lines of a checkpoint: which tree, how large, with which root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeHead {
    /// The origin: at most 255 bytes.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Digest,
}

impl TreeHead {
    /// The checkpoint's text: three lines, each with its newline.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// Reads the three lines; gives what follows them.
    pub fn read(text: &str) -> Result<(TreeHead, &str), Refusal> {
        let not_one = || Refusal::malformed("it is no checkpoint");
        let mut parts = text.splitn(4, '\n');
        let (Some(origin), Some(size), Some(root), Some(rest)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(not_one());
        };
        if origin.is_empty() || origin.len() > ORIGIN_BYTES_MAX {
            return Err(not_one());
        }
        let size = decimal(size).ok_or_else(not_one)?;
        let root = STANDARD.decode(root).ok().and_then(|bytes| Digest::try_from(bytes.as_slice()).ok());
        Ok((TreeHead { origin: origin.to_owned(), size, root: root.ok_or_else(not_one)? }, rest))
    }

    /// The message of an ML-DSA-44 cosignature: `cosigned_message` of c2sp.org/tlog-cosignature. Names beyond 255
    /// bytes cannot be written; origins and names here are shorter by construction.
    pub(crate) fn ml_dsa_44_message(&self, name: &str, posix_s: u64) -> Vec<u8> {
        let counted = |text: &str| {
            let bytes = text.as_bytes();
            let bytes = bytes.get(..ORIGIN_BYTES_MAX).unwrap_or(bytes);
            [&[bytes.len() as u8], bytes].concat()
        };
        [
            b"subtree/v1\n\0".as_slice(),
            &counted(name),
            &posix_s.to_be_bytes(),
            &counted(&self.origin),
            &0u64.to_be_bytes(),
            &self.size.to_be_bytes(),
            &self.root.0,
        ]
        .concat()
    }
}

/// A timestamped signature: eight bytes of POSIX seconds, then the signature.
pub(crate) fn timestamped(posix_s: u64, signature: &[u8]) -> Vec<u8> {
    [&posix_s.to_be_bytes(), signature].concat()
}

/// Takes a timestamped signature apart.
pub(crate) fn split_timestamp(bytes: &[u8]) -> Result<(u64, &[u8]), Refusal> {
    match bytes.split_first_chunk::<8>() {
        // C2SP: it must not exceed 2^63 - 1.
        Some((time, signature)) if time[0] < 0x80 => Ok((u64::from_be_bytes(*time), signature)),
        _ => Err(Refusal::malformed("a signature has no timestamp")),
    }
}

/// A decimal without leading zeroes or sign.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
