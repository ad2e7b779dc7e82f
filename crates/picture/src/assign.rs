//! Assign: which plot belongs to which track, where several could.
//!
//! Tracks and plots fall into clusters that share no gate. A cluster of one track and one plot needs no thought; in
//! the others the total cost is made least (Jonker and Volgenant's algorithm).

/// A plot in a track's gate, and what the match costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub track: usize,
    pub plot: usize,
    /// Twice the negative logarithm of the likelihood.
    pub cost: f64,
}

/// Clusters above this are matched greedily, cheapest first: they are overload, not tracking.
const CLUSTER_MAX: usize = 100;

/// What leaving a track without a plot costs more than any match in its gate: matching is preferred.
const UNMATCHED_COST: f64 = 1e4;

/// The matches (track, plot), each track and each plot at most once, in the order of tracks.
pub(crate) fn assign(mut candidates: Vec<Candidate>) -> Vec<(usize, usize)> {
    candidates.sort_by_key(|candidate| (candidate.track, candidate.plot));
    let mut matches = Vec::with_capacity(candidates.len());
    for cluster in clusters(&candidates) {
        match cluster.as_slice() {
            [only] => matches.push((only.track, only.plot)),
            _ => solve(&cluster, &mut matches),
        }
    }
    matches.sort_unstable();
    matches
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

fn solve(cluster: &[Candidate], matches: &mut Vec<(usize, usize)>) {
    let mut tracks: Vec<usize> = cluster.iter().map(|candidate| candidate.track).collect();
    let mut plots: Vec<usize> = cluster.iter().map(|candidate| candidate.plot).collect();
    for list in [&mut tracks, &mut plots] {
        list.sort_unstable();
        list.dedup();
    }
    let size = tracks.len() + plots.len();
    if size > CLUSTER_MAX {
        return greedy(cluster, matches);
    }
    // Rows: the tracks, then one dummy for each plot. Columns: the plots, then one dummy for each track.
    let mut costs = lapjv::Matrix::<f64>::from_elem((size, size), UNMATCHED_COST);
    for row in tracks.len()..size {
        for column in plots.len()..size {
            costs[(row, column)] = 0.0;
        }
    }
    for candidate in cluster {
        if let (Ok(row), Ok(column)) =
            (tracks.binary_search(&candidate.track), plots.binary_search(&candidate.plot))
        {
            costs[(row, column)] = candidate.cost;
        }
    }
    let Ok((columns, _)) = lapjv::lapjv(&costs) else { return greedy(cluster, matches) };
    for (row, &track) in tracks.iter().enumerate() {
        let column = columns[row];
        if let Some(&plot) = plots.get(column)
            && costs[(row, column)] < UNMATCHED_COST
        {
            matches.push((track, plot));
        }
    }
}

fn greedy(cluster: &[Candidate], matches: &mut Vec<(usize, usize)>) {
    let mut order = cluster.to_vec();
    order.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for candidate in order {
        if !taken.iter().any(|&(track, plot)| track == candidate.track || plot == candidate.plot) {
            taken.push((candidate.track, candidate.plot));
        }
    }
    matches.extend(taken);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(track: usize, plot: usize, cost: f64) -> Candidate {
        Candidate { track, plot, cost }
    }

    #[test]
    fn the_least_total_is_chosen_not_the_nearest_first() {
        // Greedy would take (0, 0) at 1 and leave 1 without a plot.
        let matches = assign(vec![candidate(0, 0, 1.0), candidate(0, 1, 2.0), candidate(1, 0, 3.0)]);
        assert_eq!(matches, [(0, 1), (1, 0)]);
    }

    #[test]
    fn clusters_that_meet_are_one() {
        let all = [candidate(0, 0, 1.0), candidate(1, 1, 1.0), candidate(2, 0, 1.0), candidate(2, 1, 1.0)];
        assert_eq!(clusters(&all).len(), 1);
        assert_eq!(clusters(&all[..2]).len(), 2);
    }

    /// The least total cost by trying everything: (unmatched tracks, total).
    fn best(candidates: &[Candidate], tracks: usize, from: usize, used: &mut Vec<usize>) -> (usize, f64) {
        if from == tracks {
            return (0, 0.0);
        }
        let without = best(candidates, tracks, from + 1, used);
        let mut least = (without.0 + 1, without.1);
        for candidate in candidates.iter().filter(|candidate| candidate.track == from) {
            if used.contains(&candidate.plot) {
                continue;
            }
            used.push(candidate.plot);
            let rest = best(candidates, tracks, from + 1, used);
            used.pop();
            let here = (rest.0, rest.1 + candidate.cost);
            if here.0 < least.0 || (here.0 == least.0 && here.1 < least.1) {
                least = here;
            }
        }
        least
    }

    proptest! {
        #[test]
        fn agrees_with_trying_everything(costs in proptest::collection::vec(proptest::option::of(0.0..20.0_f64), 16)) {
            let candidates: Vec<Candidate> = costs.iter().enumerate()
                .filter_map(|(index, cost)| cost.map(|cost| candidate(index / 4, index % 4, cost))).collect();
            let matches = assign(candidates.clone());
            let total: f64 = matches.iter().map(|&(track, plot)| {
                candidates.iter().find(|c| c.track == track && c.plot == plot).unwrap().cost
            }).sum();
            let expected = best(&candidates, 4, 0, &mut Vec::new());
            prop_assert_eq!(4 - matches.len(), expected.0);
            prop_assert!((total - expected.1).abs() < 1e-9);
        }
    }
}
