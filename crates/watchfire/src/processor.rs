//! Time by the processor's clock: on a shared machine it says what a core does when it is let, which the wall's does not.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What this thread has had of its processor.
pub fn thread_time() -> Duration {
    had(ClockId::ThreadCPUTime)
}

/// What all threads of this process have had together.
pub fn process_time() -> Duration {
    had(ClockId::ProcessCPUTime)
}

fn had(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
