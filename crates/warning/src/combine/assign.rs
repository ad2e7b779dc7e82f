//! Optimal assignment of one nation's tracks to objects: as many as fit, then at the least cost.

/// Larger knots of objects and tracks than this are assigned by the cheapest pair first: honest ones are far smaller.
const EXACT_MAX: usize = 64;

/// More than any cost of a pair that fits.
const NONE: f64 = 1e9;

/// A pair that fits: an object, a track, and its cost.
pub(super) type Pair = (usize, usize, f64);

/// The best assignment of the pairs that fit: each object and each track once at most. In the order of the objects.
pub(super) fn assign(mut pairs: Vec<Pair>) -> Vec<(usize, usize)> {
    pairs.sort_by_key(|pair| (pair.0, pair.1));
    let mut chosen: Vec<(usize, usize)> = knots(&pairs).iter().flat_map(|knot| solve(knot)).collect();
    chosen.sort_unstable();
    chosen
}

/// Pairs that have an object or a track in common with each other, directly or not.
fn knots(pairs: &[Pair]) -> Vec<Vec<Pair>> {
    let rows = pairs.iter().map(|pair| pair.0 + 1).max().unwrap_or(0);
    let columns = pairs.iter().map(|pair| pair.1 + 1).max().unwrap_or(0);
    let mut parent: Vec<usize> = (0..rows + columns).collect();
    fn top(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for (row, column, _) in pairs {
        let (a, b) = (top(&mut parent, *row), top(&mut parent, rows + *column));
        parent[a.max(b)] = a.min(b);
    }
    let mut knots: std::collections::BTreeMap<usize, Vec<Pair>> = Default::default();
    for pair in pairs {
        knots.entry(top(&mut parent, pair.0)).or_default().push(*pair);
    }
    knots.into_values().collect()
}

fn solve(knot: &[Pair]) -> Vec<(usize, usize)> {
    let distinct = |of: fn(&Pair) -> usize| {
        let mut distinct: Vec<usize> = knot.iter().map(of).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    };
    let (rows, columns) = (distinct(|pair| pair.0), distinct(|pair| pair.1));
    if rows.len().max(columns.len()) > EXACT_MAX {
        return cheapest_first(knot);
    }
    let size = rows.len().max(columns.len());
    let mut costs = vec![vec![NONE; size]; size];
    for (row, column, cost) in knot {
        if let (Ok(row), Ok(column)) = (rows.binary_search(row), columns.binary_search(column)) {
            costs[row][column] = *cost;
        }
    }
    let assigned = hungarian(&costs);
    let fits = assigned.into_iter().enumerate().filter(|(row, column)| costs[*row][*column] < NONE);
    fits.map(|(row, column)| (rows[row], columns[column])).collect()
}

fn cheapest_first(knot: &[Pair]) -> Vec<(usize, usize)> {
    let mut pairs = knot.to_vec();
    pairs.sort_by(|a, b| a.2.total_cmp(&b.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    let (mut rows, mut columns) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    let mut chosen = Vec::new();
    for (row, column, _) in pairs {
        if !rows.contains(&row) && !columns.contains(&column) {
            rows.insert(row);
            columns.insert(column);
            chosen.push((row, column));
        }
    }
    chosen
}

/// The column of each row in the cheapest complete assignment of a square of costs: shortest augmenting paths with
/// potentials (R. Jonker, A. Volgenant, Computing 38, 1987, 325–340).
fn hungarian(costs: &[Vec<f64>]) -> Vec<usize> {
    let size = costs.len();
    let (mut of_rows, mut of_columns) = (vec![0.0; size], vec![0.0; size + 1]);
    // The row of each column; the last column is the one that a new row starts from.
    let mut row_of: Vec<Option<usize>> = vec![None; size + 1];
    for row in 0..size {
        row_of[size] = Some(row);
        let mut at = size;
        let (mut least, mut from, mut done) =
            (vec![f64::INFINITY; size], vec![size; size], vec![false; size + 1]);
        while let Some(here) = row_of[at] {
            done[at] = true;
            let (mut step, mut next) = (f64::INFINITY, at);
            for column in (0..size).filter(|column| !done[*column]) {
                let reduced = costs[here][column] - of_rows[here] - of_columns[column];
                if reduced < least[column] {
                    (least[column], from[column]) = (reduced, at);
                }
                if least[column] < step {
                    (step, next) = (least[column], column);
                }
            }
            for column in 0..=size {
                match (done[column], row_of[column]) {
                    (true, Some(row)) => {
                        of_rows[row] += step;
                        of_columns[column] -= step;
                    }
                    (true, None) => of_columns[column] -= step,
                    (false, _) => least[column] -= step,
                }
            }
            at = next;
        }
        while at != size {
            row_of[at] = row_of[from[at]];
            at = from[at];
        }
    }
    let mut column_of = vec![0; size];
    for (column, row) in row_of.iter().take(size).enumerate() {
        if let Some(row) = row {
            column_of[*row] = column;
        }
    }
    column_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The best of all assignments, by trying each: most pairs, then least cost.
    fn best(pairs: &[Pair], rows: usize, taken: u32) -> (usize, f64) {
        let Some(row) = rows.checked_sub(1) else { return (0, 0.0) };
        let mut found = best(pairs, row, taken);
        for (_, column, cost) in pairs.iter().filter(|pair| pair.0 == row && taken & (1 << pair.1) == 0) {
            let (count, sum) = best(pairs, row, taken | 1 << column);
            if (count + 1, -(sum + cost)) > (found.0, -found.1) {
                found = (count + 1, sum + cost);
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_assignment_is_better(costs in proptest::collection::vec(proptest::option::of(-20.0..60.0), 30)) {
            let pairs: Vec<Pair> = costs
                .iter()
                .enumerate()
                .filter_map(|(place, cost)| Some((place / 6, place % 6, (*cost)?)))
                .collect();
            let chosen = assign(pairs.clone());
            let cost = |row, column| pairs.iter().find(|pair| (pair.0, pair.1) == (row, column)).unwrap().2;
            let sum: f64 = chosen.iter().map(|(row, column)| cost(*row, *column)).sum();
            let (count, least) = best(&pairs, 5, 0);
            prop_assert_eq!(chosen.len(), count);
            prop_assert!((sum - least).abs() < 1e-6, "{} {}", sum, least);
        }
    }

    #[test]
    fn a_knot_that_is_too_large_is_still_assigned_once_each() {
        let pairs: Vec<Pair> = (0..100)
            .flat_map(|row| (row..row + 3).map(move |column| (row, column, (column - row) as f64)))
            .collect();
        let chosen = assign(pairs);
        assert_eq!(chosen, (0..100).map(|row| (row, row)).collect::<Vec<_>>());
    }
}
