//! How long a run is, and when its launches come.

use super::ground::TRAFFIC_S;
use super::play::CONVERGED_WITHIN_S;
use crate::random::Random;

/// The longest fault of a run of one launch, and of a watch, seconds.
const LONGEST_S: f64 = 10.0;
const LONGEST_OF_WATCH_S: f64 = 600.0;
/// In a watch a launch comes about so often, seconds.
const LAUNCH_EVERY_S: f64 = 7_200.0;

/// What a run spans, seconds since its start.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// When each launch is first seen; it is seen for a minute.
    pub launches_s: Vec<f64>,
    /// The longest that a fault lasts.
    pub longest_s: f64,
    /// From here on nothing is wrong any more.
    pub healed_s: f64,
    /// The end: partners have agreed again.
    pub end_s: f64,
}

impl Span {
    /// One launch from the first second on, and faults as long as it is seen.
    pub fn launch() -> Span {
        let healed_s = TRAFFIC_S + LONGEST_S;
        Span { launches_s: vec![0.0], longest_s: LONGEST_S, healed_s, end_s: healed_s + CONVERGED_WITHIN_S }
    }

    /// Hours of which most are quiet: a launch about every two hours, at least one.
    pub fn watch(seed: u64, hours: f64) -> Span {
        let shortest = Span::launch();
        let end_s = (hours * 3_600.0).max(shortest.end_s);
        let healed_s = end_s - CONVERGED_WITHIN_S;
        let latest_s = healed_s - shortest.healed_s;
        let mut random = Random::stream(seed, "launches");
        let count = (end_s / LAUNCH_EVERY_S).round().max(1.0) as u32;
        let mut launches_s: Vec<f64> = (0..count).map(|_| random.between(0.0, latest_s)).collect();
        launches_s.sort_by(f64::total_cmp);
        Span { launches_s, longest_s: LONGEST_OF_WATCH_S, healed_s, end_s }
    }

    /// Whether it is more than its one launch.
    pub fn is_watch(&self) -> bool {
        *self != Span::launch()
    }
}
