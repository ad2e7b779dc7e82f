//! The partner-facing edge: mutual TLS 1.3, gRPC, limits for each peer.
//!
//! It carries sealed bytes. It holds the key of its TLS certificate and nothing else: no signing key, no plot, no
//! policy; it cannot read, make or change what nations say.
//!
//! INVARIANT (a peer is its certificate): a link's peer is the member whose own certificate authority issued the
//! certificate at the other end, never a name that the other end gives.

mod dial;
mod identity;
mod limit;
mod link;
mod serve;

pub use identity::{Identity, IdentityError, Peer, read_pem};
pub use link::{Event, Gateway, LinkId, Side};

/// The service's generated code.
#[allow(missing_docs, clippy::all)]
mod grpc {
    include!(concat!(env!("OUT_DIR"), "/watchfire.v1.rs"));
}
