//! The clocks of one node: a monotonic one for timers, and the realm's.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use physics::time::Tai;
use serde::Deserialize;

use crate::input::Now;

/// An exercise's own clock: at `started_posix_ns` of the machine it showed `start_utc`, and runs `speed` times as fast.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExerciseClock {
    /// What the exercise's clock showed at its start, UTC.
    pub start_utc: String,
    /// When it was started, by the machine's clock: POSIX nanoseconds.
    pub started_posix_ns: i64,
    /// How many exercise seconds pass in one second.
    pub speed: f64,
}

/// The clocks of one node.
#[derive(Clone, Debug)]
pub struct Clock {
    origin: Instant,
    exercise: Option<(Tai, i64, f64)>,
    bound_ns: u64,
}

impl Clock {
    /// The live clock, or an exercise's. `bound_ms`: how far the machine's UTC may be off.
    pub fn new(
        exercise: Option<&ExerciseClock>,
        bound_ms: f64,
    ) -> Result<Clock, physics::time::NotAnInstant> {
        let exercise = match exercise {
            Some(clock) => Some((Tai::from_utc(&clock.start_utc)?, clock.started_posix_ns, clock.speed)),
            None => None,
        };
        Ok(Clock { origin: Instant::now(), exercise, bound_ns: (bound_ms * 1e6) as u64 })
    }

    /// How many seconds of the realm pass in one second.
    pub fn speed(&self) -> f64 {
        self.exercise.as_ref().map_or(1.0, |(_, _, speed)| *speed)
    }

    /// Now.
    pub fn now(&self) -> Now {
        let tai = match self.exercise {
            None => Tai::from_posix_ns(posix_ns()),
            Some((start, started, speed)) => start.plus_s((posix_ns() - started) as f64 * 1e-9 * speed),
        };
        Now { mono_ns: self.origin.elapsed().as_nanos() as u64, tai, bound_ns: self.bound_ns }
    }

    /// How long until the realm's clock shows `tai`, nanoseconds; 0 where it is past.
    pub fn until_ns(&self, tai: Tai) -> u64 {
        let seconds = tai.since_s(self.now().tai) / self.speed();
        (seconds.max(0.0) * 1e9) as u64
    }
}

/// The machine's clock: nanoseconds since 1970-01-01T00:00:00Z.
pub fn posix_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
