//! Pairs: two objects so close together that their plots mingle, told apart afterwards.
//!
//! While plots could as well have been exchanged, the assignment that costs least is taken, as everywhere; but it favours
//! tracks that turn away from each other over tracks that cross, plot by plot, and in the end both may follow the wrong
//! object with a velocity that is neither's. So the decision is deferred: both motions are kept as they were before, and
//! once the plots are clear again, both ways of joining the motions before with the plots after are weighed, by the
//! likelihood of those plots; what came in between, which says least of who is who, is left out. The likelier way stands,
//! and its motions with it: a decision over two hypotheses a pair, as in Blackman and Popoli, "Design and Analysis of
//! Modern Tracking Systems" (1999), section 6.7, kept apart for as long as the pair is not resolved.

use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::TrackStatus;

use crate::motion::{GATE, Motion};
use crate::sense::{Radar, Sensed};
use crate::track::Track;

/// A motion is known well enough to be told by, before, after so many plots in a coast.
const PLOTS_BEFORE: u32 = 25;

/// Plots of each after the last that could have been exchanged: from so many on a clear decision is taken, with so many
/// any.
const PLOTS_AFTER: usize = 12;
const PLOTS_AFTER_MAX: usize = 20;

/// Twice the logarithm of the odds of a clear decision.
const CLEARLY: f64 = 9.2;

/// A pair that is not told apart within this is left as it is, seconds.
const PAIR_S_MAX: f64 = 150.0;

/// Pairs that are open at once: a bound for overload.
const PAIRS_MAX: usize = 64;

/// Two tracks whose plots mingled.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pair {
    /// Their numbers, the lesser first, and their motions before.
    numbers: [u64; 2],
    before: [Motion; 2],
    since: Tai,
    /// The plots that each was given since they were last mingled.
    after: [Vec<Sensed>; 2],
}

/// All pairs that are not decided.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Pairs {
    open: Vec<Pair>,
}

impl Pairs {
    /// Before a scan's plots are taken: which tracks mingle, and what those that did are given. `exchanges`: for each match
    /// the one that it could have exchanged plots with.
    pub fn note(
        &mut self,
        tracks: &[Track],
        scan: &[Sensed],
        matches: &[(usize, usize)],
        exchanges: &[Option<usize>],
    ) {
        for (index, with) in exchanges.iter().enumerate() {
            let Some(with) = with.filter(|with| *with > index) else { continue };
            let pair = [index, with].map(|index| &tracks[matches[index].0]);
            self.mingle(pair);
        }
        for pair in &mut self.open {
            let place = |number: u64| {
                let track = tracks.binary_search_by_key(&number, |track| track.number).ok()?;
                matches.binary_search_by_key(&track, |of| of.0).ok()
            };
            let [first, second] = pair.numbers.map(place);
            let mingled = |at: Option<usize>| at.is_some_and(|at| exchanges[at].is_some());
            if mingled(first) || mingled(second) {
                pair.after = Default::default();
                continue;
            }
            for (at, after) in [first, second].into_iter().zip(&mut pair.after) {
                after.extend(at.map(|at| scan[matches[at].1]));
            }
        }
    }

    fn mingle(&mut self, pair: [&Track; 2]) {
        let numbers = pair.map(|track| track.number);
        let known = self.open.iter().any(|open| open.numbers.iter().any(|number| numbers.contains(number)));
        let settled = |track: &&Track| {
            track.motion.coasts()
                && track.motion.coast_plots >= PLOTS_BEFORE
                && track.status == TrackStatus::Firm
        };
        if known || self.open.len() >= PAIRS_MAX || !pair.iter().all(settled) {
            return;
        }
        let since = pair[0].motion.time;
        let before = pair.map(|track| track.motion.clone());
        self.open.push(Pair { numbers, before, since, after: Default::default() });
    }

    /// After a scan: tells pairs apart that can be.
    pub fn decide(&mut self, tracks: &mut [Track], now: Tai, radars: &[Radar]) {
        self.open.retain_mut(|pair| {
            let place = |number: u64| tracks.binary_search_by_key(&number, |track| track.number).ok();
            let [Some(first), Some(second)] = pair.numbers.map(place) else { return false };
            if now.since_s(pair.since) > PAIR_S_MAX {
                return false;
            }
            let fewest = pair.after[0].len().min(pair.after[1].len());
            if fewest < PLOTS_AFTER {
                return true;
            }
            let ways = [[0, 1], [1, 0]].map(|way| pair.joined(way, radars));
            let clear = |cost: f64, other: f64| other - cost > CLEARLY || fewest >= PLOTS_AFTER_MAX;
            let [(as_given, given), (exchanged, other)] = ways;
            if as_given.min(exchanged) > GATE * (pair.after[0].len() + pair.after[1].len()) as f64 {
                // Neither: they were pushed, or are others.
                return false;
            }
            let (low, high) = tracks.split_at_mut(second);
            let (first, second) = (&mut low[first], &mut high[0]);
            if as_given <= exchanged && clear(as_given, exchanged) {
                [first.motion, second.motion] = given;
            } else if exchanged < as_given && clear(exchanged, as_given) {
                first.exchange_plots(second, other);
            } else {
                return true;
            }
            false
        });
    }
}

impl Pair {
    /// Twice the negative logarithm of the likelihood of the plots after, the first motion with those that `way` says;
    /// and the motions then.
    fn joined(&self, way: [usize; 2], radars: &[Radar]) -> (f64, [Motion; 2]) {
        let mut cost = 0.0;
        let mut motions = self.before.clone();
        for (motion, of) in motions.iter_mut().zip(way) {
            for plot in &self.after[of] {
                motion.predict_to(plot.time);
                let measurement = plot.measurement(radars);
                let fit = motion.expect(&measurement, 0.0, f64::INFINITY).fit(plot.measured);
                cost += fit.map_or(GATE * GATE, |fit| fit.cost);
                motion.update(&measurement, false);
            }
        }
        (cost, motions)
    }
}
