//! Means, shares and counts with their 95 % confidence intervals.

/// Half the width of a normal's central 95 %, in sigmas. Abramowitz & Stegun, table 26.5.
const SIGMAS_95: f64 = 1.959_964;

/// A measured number and its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    fn around(value: f64, half: f64) -> Interval {
        Interval { value, low: value - half, high: value + half }
    }
}

/// Mean of independent values.
pub fn mean(values: &[f64]) -> Interval {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0);
    Interval::around(mean, SIGMAS_95 * (variance / count).sqrt())
}

/// Root of the ratio of two sums, √(Σ a / Σ b), over independent pairs (a, b): the interval by the delta method.
pub fn root_ratio(pairs: &[(f64, f64)]) -> Interval {
    let count = pairs.len() as f64;
    let (a, b) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    let ratio = a / b;
    let squares: f64 = pairs.iter().map(|(a, b)| (a - ratio * b) * (a - ratio * b)).sum();
    let sigma_of_ratio = (squares / (count * (count - 1.0))).sqrt() / (b / count);
    Interval::around(ratio.sqrt(), SIGMAS_95 * sigma_of_ratio / (2.0 * ratio.sqrt()))
}

/// A share of `of`, with Wilson's interval (J. Am. Stat. Assoc. 22, 1927, 209–212).
pub fn share(count: usize, of: usize) -> Interval {
    let (n, p) = (of as f64, count as f64 / of as f64);
    let z2 = SIGMAS_95 * SIGMAS_95;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = SIGMAS_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Interval { value: p, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// The largest mean of a Poisson count under which `count` or fewer still come with 5 %: its upper 95 % bound (Garwood,
/// Biometrika 28, 1936).
pub fn poisson_upper(count: u32) -> f64 {
    let at_most = |mean: f64| {
        let (mut term, mut sum) = (libm::exp(-mean), 0.0);
        for events in 0..=count {
            sum += term;
            term *= mean / f64::from(events + 1);
        }
        sum
    };
    // Above some hundreds e^−mean is no number; there the normal limit serves.
    if count > 400 {
        let n = f64::from(count);
        return n + 1.645 * n.sqrt() + 1.6;
    }
    let (mut low, mut high) = (f64::from(count), 2.0 * f64::from(count) + 10.0);
    while high - low > 1e-6 {
        let middle = 0.5 * (low + high);
        if at_most(middle) > 0.05 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The value that `share` of the values do not exceed; not a number where there are none.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.clamp(1, values.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_intervals() {
        // Garwood 1936, table: none seen, 2.996; ten seen, 16.962 (upper limits of the 90 % two-sided interval).
        assert!((poisson_upper(0) - 2.996).abs() < 1e-3);
        assert!((poisson_upper(10) - 16.962).abs() < 1e-3);
        assert!((poisson_upper(400) / poisson_upper(401) - 1.0).abs() < 0.005);
        // Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 by Wilson's score: 0.2553 to 0.3662.
        let found = share(81, 263);
        assert!((found.low - 0.2553).abs() < 1e-4 && (found.high - 0.3662).abs() < 1e-4, "{found:?}");
        let one = mean(&[1.0, 2.0, 3.0]);
        assert!(
            (one.value - 2.0).abs() < 1e-12 && (one.high - 2.0 - 1.959_964 / 3.0_f64.sqrt()).abs() < 1e-9
        );
        // Errors twice the bound in each run: exactly 2, without doubt.
        let exact = root_ratio(&[(4.0, 1.0), (8.0, 2.0), (12.0, 3.0)]);
        assert!((exact.value - 2.0).abs() < 1e-12 && exact.high - exact.low < 1e-9);
    }

    #[test]
    fn a_quantile_is_the_least_value_that_enough_do_not_exceed() {
        assert_eq!(quantile(&mut [4.0, 1.0, 3.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(&mut [4.0, 1.0, 3.0, 2.0], 0.99), 4.0);
        assert!(quantile(&mut [], 0.5).is_nan());
    }
}
