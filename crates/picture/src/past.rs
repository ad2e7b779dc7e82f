//! The past: the last half minute's plots, and the tracker as it was, so that a late plot is taken in as if it had come in
//! time.
//!
//! Plots have an order of their own (time, radar, scan, azimuth, …), whatever order they came in. What comes in that
//! order is stepped at once. For what does not, the tracker goes back to the last mark before it and steps all plots since
//! then once more: so the result is that of having had all plots in order, bit for bit.

use std::collections::VecDeque;

use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::sense::{Sensed, scans};
use crate::settings::Settings;
use crate::tracker::Tracker;

/// How far behind the newest plot a plot may be and still be used, seconds.
pub(crate) const LATE_S_MAX: f64 = 30.0;

/// The tracker is kept once in so many seconds of plots.
const MARK_S: f64 = 15.0;

/// More plots than this are not kept, however late others may come: about 50 MB.
const PLOTS_MAX: usize = 300_000;

/// Marks and plots of the last seconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Past {
    /// The tracker as it was before the plot of this order, the oldest first. None before the first plot.
    marks: VecDeque<(Sensed, Tracker)>,
    /// All plots from the first mark's on, in their order.
    plots: VecDeque<Sensed>,
    /// Before the first mark's plot, plots were forgotten.
    begun: bool,
}

impl Past {
    /// Whether a plot of this instant can still be taken in.
    pub fn reaches(&self, time: Tai) -> bool {
        let Some(newest) = self.plots.back() else { return true };
        let kept = !self.begun || self.marks.front().is_some_and(|(first, _)| first.time < time);
        kept && newest.time.since_s(time) <= LATE_S_MAX
    }

    /// Whether a plot is here already.
    pub fn holds(&self, plot: &Sensed) -> bool {
        let is_newer = self.plots.back().is_none_or(|last| last.order(plot).is_lt());
        !is_newer && self.plots.binary_search_by(|kept| kept.order(plot)).is_ok()
    }

    /// Whether plots, in their order, come after all others.
    pub fn goes_on_with(&self, plots: &[Sensed]) -> bool {
        let (Some(last), Some(first)) = (self.plots.back(), plots.first()) else { return true };
        last.order(first).is_lt() && scans(&[*last, *first]).count() == 2
    }

    /// Takes in plots, in their order, that come after all others.
    pub fn go_on(&mut self, tracker: &mut Tracker, plots: Vec<Sensed>, settings: &Settings) {
        self.step(tracker, &plots, settings);
        self.plots.extend(plots);
        self.forget();
    }

    /// Takes in plots, in their order, among others that were stepped already. `empty` is a tracker without any plot.
    pub fn go_back(
        &mut self,
        tracker: &mut Tracker,
        plots: Vec<Sensed>,
        settings: &Settings,
        empty: Tracker,
    ) {
        let Some(first) = plots.first() else { return };
        let before = |(mark, _): &(Sensed, Tracker)| mark.order(first).is_lt();
        let kept = self.marks.iter().rposition(before).map_or(0, |index| index + 1);
        self.marks.truncate(kept);
        let from = match self.marks.pop_back() {
            Some((mark, marked)) => {
                *tracker = marked;
                self.plots.partition_point(|plot| plot.order(&mark).is_lt())
            }
            None => {
                *tracker = empty;
                0
            }
        };
        let mut again: Vec<Sensed> = self.plots.drain(from..).chain(plots).collect();
        again.sort_by(Sensed::order);
        // Heard twice is seen once.
        again.dedup_by(|a, b| a.order(b).is_eq());
        self.step(tracker, &again, settings);
        self.plots.extend(again);
        self.forget();
    }

    /// Steps plots in their order, scan by scan.
    fn step(&mut self, tracker: &mut Tracker, plots: &[Sensed], settings: &Settings) {
        for scan in scans(plots) {
            let Some(first) = scan.first() else { continue };
            if self.marks.back().is_none_or(|(mark, _)| first.time.since_s(mark.time) >= MARK_S) {
                self.marks.push_back((*first, tracker.clone()));
            }
            tracker.take_scan(scan, settings);
        }
    }

    /// Keeps what the latest plot that may still come could need.
    fn forget(&mut self) {
        let Some(newest) = self.plots.back().map(|plot| plot.time) else { return };
        let mut dropped = false;
        while let Some((second, _)) = self.marks.get(1) {
            let needless = newest.since_s(second.time) > LATE_S_MAX;
            if !needless && self.plots.len() <= PLOTS_MAX {
                break;
            }
            let second = *second;
            self.marks.pop_front();
            let from = self.plots.partition_point(|plot| plot.order(&second).is_lt());
            self.plots.drain(..from);
            dropped = true;
        }
        self.begun |= dropped;
    }
}

#[cfg(test)]
impl Past {
    /// From the first plot that is kept to the last, seconds.
    pub fn spans_s(&self) -> f64 {
        let ends = self.plots.front().zip(self.plots.back());
        ends.map_or(0.0, |(first, last)| last.time.since_s(first.time))
    }
}
