//! The partner-facing edge: TLS, gRPC, per-peer limits; sealed bytes only.
