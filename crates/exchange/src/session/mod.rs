//! Sessions: one connection carries one lane of one feed, from the nation that says ([`Outbound`], which dials) to
//! the nation that hears ([`Inbound`], which accepts).
//!
//! Sans-IO: frames go in by `handle`, and everything comes out of `poll`, in order, until it gives nothing more.

mod clocks;
mod events;
mod hello;
mod inbound;
mod outbound;
mod sending;

pub use clocks::Latency;
pub use events::{InboundEvent, OutboundEvent};
pub use hello::claimed;
pub use inbound::Inbound;
pub use outbound::Outbound;
pub use release::Terms;

use crate::limits::{DEAD_AFTER_NS, HEARTBEAT_EVERY_NS, REASON_BYTES_MAX};
use crate::refusal::Refusal;
use crate::wire;
use crate::wire::frame::Content;

/// The session versions that this build speaks.
pub const VERSIONS: [u32; 1] = [1];

/// The largest epoch that is believed: one above it always has a successor.
pub const EPOCH_MAX: u64 = 1 << 62;

/// The instant of a call, on every clock that a session needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock, nanoseconds: all timers.
    pub mono_ns: u64,
    /// The estimate of TAI, nanoseconds since 1970-01-01T00:00:00 TAI: delays.
    pub tai_ns: i64,
    /// The estimate of UTC, POSIX seconds: the time in heads and receipts.
    pub posix_s: u64,
}

/// Why a session asks for its connection to be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Something was refused; the event before says what.
    Refused,
    /// No sign of life for four seconds.
    Dead,
    /// The other side said Bye: its code and its reason.
    Bye {
        /// One word.
        code: String,
        /// One sentence.
        reason: String,
    },
    /// A missing entry did not come.
    Gap,
    /// Signing failed, or the journal gave another body than the one numbered.
    Failed,
}

/// The frame that a Bye is.
pub(crate) fn bye(code: &str, reason: &str) -> wire::Frame {
    frame(Content::Bye(wire::Bye { code: code.to_owned(), reason: shortened(reason) }))
}

pub(crate) fn bye_for(refusal: &Refusal) -> wire::Frame {
    bye(refusal.code(), &refusal.to_string())
}

pub(crate) fn frame(content: Content) -> wire::Frame {
    wire::Frame { content: Some(content) }
}

/// What a Bye says, bounded and without control characters.
pub(crate) fn read_bye(bye: &wire::Bye) -> Closed {
    Closed::Bye { code: Refusal::quoted(&bye.code), reason: printable(&bye.reason) }
}

pub(crate) fn printable(text: &str) -> String {
    shortened(&text.chars().filter(|letter| !letter.is_control()).collect::<String>())
}

/// At most `REASON_BYTES_MAX` bytes, cut between letters.
pub(crate) fn shortened(text: &str) -> String {
    let end = (0..=REASON_BYTES_MAX.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}

/// The name of a frame, for refusals.
pub(crate) fn name_of(content: &Content) -> &'static str {
    match content {
        Content::Hello(_) => "hello",
        Content::HelloAnswer(_) => "hello_answer",
        Content::Entry(_) => "entry",
        Content::Heartbeat(_) => "heartbeat",
        Content::Receipt(_) => "receipt",
        Content::Bye(_) => "bye",
    }
}

/// The timers of one connection, monotonic nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers {
    heard_ns: u64,
    beat_ns: Option<u64>,
}

impl Timers {
    pub fn new(now: Now) -> Timers {
        Timers { heard_ns: now.mono_ns, beat_ns: None }
    }

    pub fn heard(&mut self, now: Now) {
        self.heard_ns = now.mono_ns;
    }

    pub fn beat(&mut self, now: Now) {
        self.beat_ns = Some(now.mono_ns);
    }

    pub fn dead(&self, now: Now) -> bool {
        now.mono_ns.saturating_sub(self.heard_ns) >= DEAD_AFTER_NS
    }

    pub fn beat_due(&self, now: Now) -> bool {
        self.beat_ns.is_none_or(|beat_ns| now.mono_ns.saturating_sub(beat_ns) >= HEARTBEAT_EVERY_NS)
    }

    pub fn deadline(&self, answered: bool) -> u64 {
        let dead = self.heard_ns.saturating_add(DEAD_AFTER_NS);
        match self.beat_ns {
            Some(beat_ns) if answered => dead.min(beat_ns.saturating_add(HEARTBEAT_EVERY_NS)),
            _ => dead,
        }
    }
}
