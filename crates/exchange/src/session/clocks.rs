//! Round trip and clock offset from heartbeats and their echoes (as RFC 5905, section 8, with the waiting measured on
//! monotonic clocks).

use serde::{Deserialize, Serialize};

use super::Now;
use crate::wire;

/// What the newest echo showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// There and back, without the other side's waiting, nanoseconds.
    pub round_trip_ns: u64,
    /// The other side's TAI minus ours, nanoseconds, known to half a round trip.
    pub offset_ns: i64,
    /// When it was measured, monotonic nanoseconds.
    pub measured_mono_ns: u64,
}

/// The stamps of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clocks {
    /// The newest heartbeat of the other side: its stamps and when it came.
    newest: Option<(u64, i64, Now)>,
    latency: Option<Latency>,
}

impl Clocks {
    pub fn latency(&self) -> Option<Latency> {
        self.latency
    }

    pub fn received(&mut self, now: Now, beat: &wire::Heartbeat) {
        self.newest = Some((beat.sent_mono_ns, beat.sent_tai_ns, now));
        if let Some(echo) = &beat.echo {
            self.latency = measure(now, echo).or(self.latency);
        }
    }

    pub fn heartbeat(&self, now: Now, head: String) -> wire::Heartbeat {
        wire::Heartbeat {
            head,
            sent_mono_ns: now.mono_ns,
            sent_tai_ns: now.tai_ns,
            echo: self.newest.map(|(sent_mono_ns, sent_tai_ns, received)| wire::Echo {
                sent_mono_ns,
                sent_tai_ns,
                received_tai_ns: received.tai_ns,
                held_ns: now.mono_ns.saturating_sub(received.mono_ns),
            }),
        }
    }
}

/// Nothing where the stamps cannot be: an echo is a claim of the other side.
fn measure(now: Now, echo: &wire::Echo) -> Option<Latency> {
    let round_trip_ns = now.mono_ns.checked_sub(echo.sent_mono_ns)?.checked_sub(echo.held_ns)?;
    let arrived_tai_ns = echo.sent_tai_ns.checked_add(i64::try_from(round_trip_ns / 2).ok()?)?;
    let offset_ns = echo.received_tai_ns.checked_sub(arrived_tai_ns)?;
    Some(Latency { round_trip_ns, offset_ns, measured_mono_ns: now.mono_ns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_and_round_trip() {
        // The other clock is 5 ms ahead; 140 ms there, 140 ms back, held for 700 ms.
        let ms = 1_000_000;
        let at =
            |mono_ms: u64, tai_ms: i64| Now { mono_ns: mono_ms * ms, tai_ns: tai_ms * ms as i64, posix_s: 0 };
        let mut ours = Clocks::default();
        let mut theirs = Clocks::default();
        theirs.received(at(90_140, 1_145), &ours.heartbeat(at(1_000, 1_000), String::new()));
        ours.received(at(1_980, 1_980), &theirs.heartbeat(at(90_840, 1_845), String::new()));
        let latency = ours.latency().unwrap();
        assert_eq!((latency.round_trip_ns, latency.offset_ns), (280 * ms, 5 * ms as i64));
    }

    #[test]
    fn impossible_echoes_measure_nothing() {
        let now = Now { mono_ns: 10, tai_ns: 10, posix_s: 0 };
        for (sent_mono_ns, held_ns, received_tai_ns, sent_tai_ns) in
            [(11, 0, 0, 0), (0, 11, 0, 0), (0, 0, i64::MAX, -10), (0, 0, 0, i64::MAX)]
        {
            let echo = wire::Echo { sent_mono_ns, sent_tai_ns, received_tai_ns, held_ns };
            assert_eq!(measure(now, &echo), None);
        }
    }
}
