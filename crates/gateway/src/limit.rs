//! A token bucket for each peer: a flood waits at the door and delays nobody but its sender.

use std::time::Instant;

/// Frames a second that a peer may send on one link for long, and in one burst.
pub const FRAMES_PER_SECOND: f64 = 20_000.0;
/// In one burst.
pub const BURST: f64 = 5_000.0;

/// Tokens that fill up with time.
#[derive(Debug)]
pub struct TokenBucket {
    tokens: f64,
    filled: Instant,
}

impl TokenBucket {
    /// A full one.
    pub fn new(now: Instant) -> TokenBucket {
        TokenBucket { tokens: BURST, filled: now }
    }

    /// Takes one token; gives the seconds to wait where there is none.
    pub fn take(&mut self, now: Instant) -> Option<f64> {
        let elapsed_s = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + elapsed_s * FRAMES_PER_SECOND).min(BURST);
        self.filled = now;
        self.tokens -= 1.0;
        (self.tokens < 0.0).then(|| -self.tokens / FRAMES_PER_SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_flood_is_slowed_to_the_rate_and_a_quiet_peer_is_not() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(start);
        assert!((0..BURST as u32).all(|_| bucket.take(start).is_none()));
        let wait_s = bucket.take(start).unwrap();
        assert!((wait_s - 1.0 / FRAMES_PER_SECOND).abs() < 1e-9);
        assert!(bucket.take(start + Duration::from_secs(1)).is_none());
    }
}
