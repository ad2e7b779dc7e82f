//! Every size that a peer can choose is bounded here; what depends on each other is checked at compile time.

use statement::Lane;

/// The longest body, bytes of COSE_Sign with its signatures.
pub const BODY_BYTES_MAX: usize = 512 * 1024;
/// The longest protected header of a body, bytes.
pub const HEADER_BYTES_MAX: usize = 8 * 1024;
/// The longest frame, bytes of protobuf.
pub const FRAME_BYTES_MAX: usize = BODY_BYTES_MAX + 8 * 1024;
/// The longest signed note (head or receipt), bytes.
pub const NOTE_BYTES_MAX: usize = 7 * 1024;
/// The most signatures that a note may carry.
pub const NOTE_SIGNATURES_MAX: usize = 16;
/// The longest signed roster, bytes.
pub const ROSTER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest text of a Hello's reason or a Bye, bytes of UTF-8.
pub const REASON_BYTES_MAX: usize = 512;
/// The longest origin of a head and name of a signer: C2SP's ML-DSA-44 message counts them in one byte.
pub const ORIGIN_BYTES_MAX: usize = 255;
/// The longest statement id, bytes of UTF-8.
pub const STATEMENT_ID_BYTES_MAX: usize = 128;
/// The most delays that one receipt lists.
pub const RECEIPT_DELAYS_MAX: usize = 64;
/// Body ids of one feed that its sender keeps in memory to answer a partner who holds less (32 MiB).
pub const BODY_IDS_KEPT_MAX: usize = 1 << 20;
/// Heads whose receipt may be outstanding on one connection.
pub const HEADS_OPEN_MAX: usize = 1024;

/// Entries that may be on the way without a receipt.
pub const fn window(lane: Lane) -> u64 {
    match lane {
        Lane::Warning => 512,
        Lane::Picture => 256,
    }
}

/// A heartbeat goes out after this long.
pub const HEARTBEAT_EVERY_NS: u64 = 1_000_000_000;
/// A connection without a sign of life for this long is dead.
pub const DEAD_AFTER_NS: u64 = 4_000_000_000;
/// A head that is ahead of what arrived for this long, without progress, is a gap.
pub const GAP_AFTER_NS: u64 = 1_000_000_000;

// CLAIM: an ML-DSA-65 signature is 3,309 bytes, an ML-DSA-44 signature 2,420 (FIPS 204, table 2).
const ML_DSA_65_BYTES: usize = 3_309;
const ML_DSA_44_BASE64_BYTES: usize = (4 + 8 + 2_420usize).div_ceil(3) * 4;
const _: () = assert!(HEADER_BYTES_MAX + ML_DSA_65_BYTES + 64 + 1024 < BODY_BYTES_MAX);
const _: () = assert!(BODY_BYTES_MAX + 64 <= FRAME_BYTES_MAX);
// A head's text, two signature lines, and a receipt's delays of at most 20 digits each.
const _: () = assert!(
    3 * (ORIGIN_BYTES_MAX + 8) + 80 + ML_DSA_44_BASE64_BYTES + 128 + 21 * (RECEIPT_DELAYS_MAX + 1)
        <= NOTE_BYTES_MAX
);
const _: () = assert!(NOTE_BYTES_MAX + 256 <= FRAME_BYTES_MAX);
const _: () =
    assert!(window(Lane::Warning) <= HEADS_OPEN_MAX as u64 && window(Lane::Picture) <= HEADS_OPEN_MAX as u64);
const _: () = assert!(HEARTBEAT_EVERY_NS * 2 < DEAD_AFTER_NS);
