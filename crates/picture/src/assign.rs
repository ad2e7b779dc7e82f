//! Assign: which plot belongs to which track, where several could.
//!
//! Tracks and plots fall into clusters that share no gate. A cluster of one track and one plot needs no thought; in
//! the others the total cost is made least.

/// A plot in a track's gate, and what the match costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub track: usize,
    pub plot: usize,
    /// Twice the negative logarithm of the likelihood.
    pub cost: f64,
    /// The same for a plot at the rim of the track's gate.
    pub rim: f64,
}

/// The matches (track, plot), each track and each plot at most once, in the order of tracks.
pub(crate) fn assign(candidates: &mut [Candidate]) -> Vec<(usize, usize)> {
    candidates.sort_by_key(|candidate| (candidate.track, candidate.plot));
    let plots = candidates.iter().map(|candidate| candidate.plot + 1).max().unwrap_or(0);
    let mut wanted = vec![0_u32; plots];
    for candidate in &*candidates {
        wanted[candidate.plot] += 1;
    }
    let mut matches = Vec::with_capacity(candidates.len());
    let mut contested = Vec::new();
    for of_track in candidates.chunk_by(|a, b| a.track == b.track) {
        match of_track {
            [only] if wanted[only.plot] == 1 => matches.push((only.track, only.plot)),
            _ => contested.extend_from_slice(of_track),
        }
    }
    for cluster in clusters(&contested) {
        solve(&cluster, &mut matches);
    }
    matches.sort_unstable();
    matches
}

/// Plots that two tracks could as well have had the other way round, with less than these odds against it, as a logarithm.
const AMBIGUOUS: f64 = 0.7;

/// For each match the one that it could as well have exchanged plots with, by its place in `matches`. `candidates` and
/// `matches` are in the order of tracks.
pub(crate) fn exchanges(candidates: &[Candidate], matches: &[(usize, usize)]) -> Vec<Option<usize>> {
    let cost = |track: usize, plot: usize| {
        let at = candidates.binary_search_by_key(&(track, plot), |of| (of.track, of.plot)).ok()?;
        Some(candidates[at].cost)
    };
    let mut owners: Vec<(usize, usize)> =
        matches.iter().enumerate().map(|(index, (_, plot))| (*plot, index)).collect();
    owners.sort_unstable();
    let owner = |plot: usize| owners.binary_search_by_key(&plot, |owner| owner.0).ok().map(|at| owners[at].1);
    let mut of_tracks = candidates.chunk_by(|a, b| a.track == b.track);
    let of_match = |&(track, plot): &(usize, usize)| {
        let of_track = of_tracks.find(|of_track| of_track[0].track == track)?;
        let others = of_track.iter().filter(|candidate| candidate.plot != plot);
        let exchanged = others.filter_map(|other| {
            let with = owner(other.plot)?;
            let worse = other.cost + cost(matches[with].0, plot)?
                - cost(track, plot)?
                - cost(matches[with].0, other.plot)?;
            Some((with, 0.5 * worse))
        });
        let (with, odds) = exchanged.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (odds < AMBIGUOUS).then_some(with)
    };
    matches.iter().map(of_match).collect()
}

/// Groups candidates that share a track or a plot. `candidates` are in the order of tracks.
fn clusters(candidates: &[Candidate]) -> Vec<Vec<Candidate>> {
    let plots = candidates.iter().map(|candidate| candidate.plot + 1).max().unwrap_or(0);
    // For each plot the cluster that it is in; clusters that meet are merged into the older one.
    let mut cluster_of_plot: Vec<Option<usize>> = vec![None; plots];
    let mut clusters: Vec<Vec<Candidate>> = Vec::new();
    for of_track in candidates.chunk_by(|a, b| a.track == b.track) {
        let mut met: Vec<usize> =
            of_track.iter().filter_map(|candidate| cluster_of_plot[candidate.plot]).collect();
        met.sort_unstable();
        met.dedup();
        let home = match met.first() {
            Some(&home) => home,
            None => {
                clusters.push(Vec::new());
                clusters.len() - 1
            }
        };
        for &other in met.iter().skip(1) {
            let moved = core::mem::take(&mut clusters[other]);
            for candidate in &moved {
                cluster_of_plot[candidate.plot] = Some(home);
            }
            clusters[home].extend(moved);
        }
        for candidate in of_track {
            cluster_of_plot[candidate.plot] = Some(home);
            clusters[home].push(*candidate);
        }
    }
    clusters.retain(|cluster| !cluster.is_empty());
    clusters
}

/// The matches of a cluster that cost least in total. A track without a plot costs as much as the least likely plot in
/// any of the cluster's gates: to leave one track without is better than to push two aside to the rims of their gates.
///
/// Shortest augmenting paths with potentials (Jonker, Volgenant, "A shortest augmenting path algorithm for dense and
/// sparse linear assignment problems", Computing 38, 1987), over the candidates alone: few plots are in any gate.
fn solve(cluster: &[Candidate], matches: &mut Vec<(usize, usize)>) {
    let mut plots: Vec<usize> = cluster.iter().map(|candidate| candidate.plot).collect();
    plots.sort_unstable();
    plots.dedup();
    let mut ordered = cluster.to_vec();
    ordered.sort_by_key(|candidate| (candidate.track, candidate.plot));
    let unmatched = cluster.iter().map(|candidate| candidate.rim).fold(f64::NEG_INFINITY, f64::max);
    let edge = |candidate: &Candidate| {
        let column = plots.binary_search(&candidate.plot).ok()?;
        Some((column, candidate.cost - unmatched))
    };
    let of_tracks: Vec<&[Candidate]> = ordered.chunk_by(|a, b| a.track == b.track).collect();
    let rows: Vec<Vec<(usize, f64)>> =
        of_tracks.iter().map(|of_track| of_track.iter().filter_map(edge).collect()).collect();
    let columns = Assignment::new(rows, plots.len()).solved();
    for (of_track, column) in of_tracks.iter().zip(columns) {
        if let Some(column) = column {
            matches.push((of_track[0].track, plots[column]));
        }
    }
}

/// Rows to be matched with columns, by sparse costs; a row that stays alone costs nothing.
struct Assignment {
    rows: Vec<Vec<(usize, f64)>>,
    row_potential: Vec<f64>,
    column_potential: Vec<f64>,
    column_of: Vec<Option<usize>>,
    row_of: Vec<Option<usize>>,
    /// For the search of one path: the distance of each column, the row it was reached from, whether it is settled.
    reached: Vec<(f64, usize, bool)>,
    touched: Vec<usize>,
}

const UNREACHED: (f64, usize, bool) = (f64::INFINITY, usize::MAX, false);

impl Assignment {
    fn new(rows: Vec<Vec<(usize, f64)>>, columns: usize) -> Assignment {
        let row_potential =
            rows.iter().map(|row| row.iter().map(|(_, cost)| *cost).fold(0.0, f64::min)).collect();
        let column_of = vec![None; rows.len()];
        Assignment {
            rows,
            row_potential,
            column_potential: vec![0.0; columns],
            column_of,
            row_of: vec![None; columns],
            reached: vec![UNREACHED; columns],
            touched: Vec::new(),
        }
    }

    /// The column of each row.
    fn solved(mut self) -> Vec<Option<usize>> {
        for row in 0..self.rows.len() {
            self.add(row);
        }
        self.column_of
    }

    /// Finds a place for one more row, along the path that costs least.
    fn add(&mut self, start: usize) {
        // The rows on the tree of paths, with their distances.
        let mut tree = vec![(start, 0.0)];
        let (mut row, mut so_far) = (start, 0.0);
        let (mut least, mut alone) = (f64::INFINITY, start);
        let free_column = loop {
            let row_alone = so_far - self.row_potential[row];
            if row_alone < least {
                (least, alone) = (row_alone, row);
            }
            for &(column, cost) in &self.rows[row] {
                let (distance, from, settled) = &mut self.reached[column];
                let by_row = so_far + cost - self.row_potential[row] - self.column_potential[column];
                if !*settled && by_row < *distance {
                    if *from == usize::MAX {
                        self.touched.push(column);
                    }
                    (*distance, *from) = (by_row, row);
                }
            }
            let open = self.touched.iter().copied().filter(|column| !self.reached[*column].2);
            let nearest = open.min_by(|a, b| self.reached[*a].0.total_cmp(&self.reached[*b].0));
            let Some(column) = nearest.filter(|column| self.reached[*column].0 < least) else { break None };
            so_far = self.reached[column].0;
            let Some(next) = self.row_of[column] else {
                least = so_far;
                break Some(column);
            };
            self.reached[column].2 = true;
            row = next;
            tree.push((row, so_far));
        };
        for (row, distance) in tree {
            self.row_potential[row] += least - distance;
        }
        // From the end of the path back to its start, each row gives its column to the row before.
        let mut column = free_column.or_else(|| self.column_of[alone].take());
        while let Some(given) = column {
            let row = self.reached[given].1;
            column = self.column_of[row].replace(given);
            self.row_of[given] = Some(row);
            if row == start {
                break;
            }
        }
        for column in self.touched.drain(..) {
            let (distance, _, settled) = self.reached[column];
            if settled {
                self.column_potential[column] -= least - distance;
            }
            self.reached[column] = UNREACHED;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(track: usize, plot: usize, cost: f64) -> Candidate {
        Candidate { track, plot, cost, rim: RIM }
    }

    const RIM: f64 = 16.0;

    #[test]
    fn the_least_total_is_chosen_not_the_nearest_first() {
        // Greedy would take (0, 0) at 1 and leave 1 without a plot.
        let matches = assign(&mut [candidate(0, 0, 1.0), candidate(0, 1, 2.0), candidate(1, 0, 3.0)]);
        assert_eq!(matches, [(0, 1), (1, 0)]);
    }

    #[test]
    fn a_track_whose_plot_is_missing_does_not_push_its_neighbour_aside() {
        // Track 0 got no plot; plot 0 is track 1's, plot 1 of something new, at the rims of both gates.
        let mut all = vec![candidate(0, 0, 14.0), candidate(1, 0, 3.0), candidate(1, 1, 14.0)];
        assert_eq!(assign(&mut all), [(1, 0)]);
    }

    #[test]
    fn a_wide_track_does_not_take_the_plot_of_a_narrow_one() {
        // Nearer to the wide track in its sigmas, and yet likelier of the narrow one.
        let wide = Candidate { track: 0, plot: 0, cost: 1.0 + 9.0, rim: 16.0 + 9.0 };
        assert_eq!(assign(&mut [wide, candidate(1, 0, 3.0)]), [(1, 0)]);
    }

    #[test]
    fn an_exchange_is_found_where_it_is_nearly_as_likely() {
        let mut close =
            [candidate(0, 0, 1.0), candidate(0, 1, 1.5), candidate(1, 0, 2.0), candidate(1, 1, 1.5)];
        let matches = assign(&mut close);
        assert_eq!(matches, [(0, 0), (1, 1)]);
        // One worse in twice the logarithm: odds of 1.6 to 1.
        assert_eq!(exchanges(&close, &matches), [Some(1), Some(0)]);
        let mut clear =
            [candidate(0, 0, 1.0), candidate(0, 1, 14.0), candidate(1, 0, 14.0), candidate(1, 1, 1.0)];
        let matches = assign(&mut clear);
        assert_eq!(exchanges(&clear, &matches), [None, None]);
    }

    #[test]
    fn clusters_that_meet_are_one() {
        let all = [candidate(0, 0, 1.0), candidate(1, 1, 1.0), candidate(2, 0, 1.0), candidate(2, 1, 1.0)];
        assert_eq!(clusters(&all).len(), 1);
        assert_eq!(clusters(&all[..2]).len(), 2);
    }

    /// The least total cost by trying everything.
    fn best(candidates: &[Candidate], tracks: usize, from: usize, used: &mut Vec<usize>) -> f64 {
        if from == tracks {
            return 0.0;
        }
        let mut least = RIM + best(candidates, tracks, from + 1, used);
        for candidate in candidates.iter().filter(|candidate| candidate.track == from) {
            if !used.contains(&candidate.plot) {
                used.push(candidate.plot);
                least = least.min(candidate.cost + best(candidates, tracks, from + 1, used));
                used.pop();
            }
        }
        least
    }

    proptest! {
        #[test]
        fn agrees_with_trying_everything(costs in proptest::collection::vec(proptest::option::of(0.0..RIM), 25)) {
            let candidates: Vec<Candidate> = costs.iter().enumerate()
                .filter_map(|(index, cost)| cost.map(|cost| candidate(index / 5, index % 5, cost))).collect();
            let matches = assign(&mut candidates.clone());
            let mut plots: Vec<usize> = matches.iter().map(|(_, plot)| *plot).collect();
            plots.sort_unstable();
            plots.dedup();
            prop_assert_eq!(plots.len(), matches.len());
            let total: f64 = matches.iter().map(|&(track, plot)| {
                candidates.iter().find(|c| c.track == track && c.plot == plot).unwrap().cost
            }).sum::<f64>() + (5 - matches.len()) as f64 * RIM;
            prop_assert!((total - best(&candidates, 5, 0, &mut Vec::new())).abs() < 1e-9);
        }
    }
}
