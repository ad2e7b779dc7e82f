//! What came in and passed every check: made by this crate alone.

use core::ops::Deref;
use std::sync::Arc;

use crate::digest::Digest;

/// A `T` whose signatures, realm, origin, audience and form were checked here, with the bytes that prove it.
/// It has no public field and cannot be deserialised: a journal's bytes are opened again.
///
/// ```compile_fail
/// // Nobody outside of this crate can make one …
/// let forged = exchange::Verified { inner: 7, id: exchange::Digest([0; 32]), bytes: [].into() };
/// ```
/// ```compile_fail
/// // … nor have one deserialised …
/// fn read<T: serde::de::DeserializeOwned>() {}
/// read::<exchange::Verified<exchange::Body>>();
/// ```
/// ```
/// // … but everybody can look into one, and deserialise a header.
/// fn look(body: &exchange::Verified<exchange::Body>) -> (exchange::Digest, u32) { (body.id(), body.header.revision) }
/// fn read<T: serde::de::DeserializeOwned>() {}
/// read::<exchange::Header>();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Verified<T> {
    inner: Arc<T>,
    id: Digest,
    bytes: Arc<[u8]>,
}

impl<T> Verified<T> {
    pub(crate) fn new(inner: T, id: Digest, bytes: &[u8]) -> Verified<T> {
        Verified { inner: Arc::new(inner), id, bytes: bytes.into() }
    }

    /// The SHA-256 name, over protected header and payload, never signatures.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The bytes as they came, signatures included.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The content, out of its proof.
    pub fn into_inner(self) -> T
    where
        T: Clone,
    {
        Arc::unwrap_or_clone(self.inner)
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.inner
    }
}
