//! What an unknown with a normal distribution, which moves a place on the ground by far more to one side than to the
//! other, makes of that place: moments, and how large an ellipse has to be.
//!
//! The unknown is x; the place is known at the seven nodes of Gauss and Hermite's quadrature. Moments are that
//! quadrature's, which is exact up to x¹³. An ellipse of these moments holds more than its share near the middle and less
//! far out, as the place's distribution has one long tail. What it does hold is counted over points of the distribution.

use std::sync::OnceLock;

use nalgebra::{Matrix2, Matrix3, Vector2, Vector3};

/// Number of nodes.
pub(crate) const NODES: usize = 7;

/// Nodes and weights of Gauss and Hermite's quadrature over a standard normal x. Abramowitz & Stegun, table 25.10, n = 7,
/// with √2 times its abscissas and its weights over √π.
pub(crate) const HERMITE: [(f64, f64); NODES] = [
    (-3.750_439_717_725_742, 5.482_688_559_722_185e-4),
    (-2.366_759_410_734_541, 3.075_712_396_758_645e-2),
    (-1.154_405_394_739_968, 0.240_123_178_605_013),
    (0.0, 0.457_142_857_142_857),
    (1.154_405_394_739_968, 0.240_123_178_605_013),
    (2.366_759_410_734_541, 3.075_712_396_758_645e-2),
    (3.750_439_717_725_742, 5.482_688_559_722_185e-4),
];

/// Points of the distribution that are counted: a share of 1 % is ten of them.
const POINTS: usize = 1_000;

/// Mean and covariance of what the unknown makes of (east, north, time).
pub(crate) fn moments(nodes: &[Vector3<f64>; NODES]) -> (Vector3<f64>, Matrix3<f64>) {
    let weighed = || nodes.iter().zip(HERMITE).map(|(node, (_, weight))| (node, weight));
    let mean: Vector3<f64> = weighed().map(|(node, weight)| node * weight).sum();
    let covariance = weighed().map(|(node, weight)| (node - mean) * (node - mean).transpose() * weight).sum();
    (mean, covariance)
}

/// A place on the ground, (east, north) in metres: at the nodes of the unknown, and around each of these a normal error of
/// one covariance, wider by a sigma of its own on each axis.
pub(crate) struct Mixture {
    pub places_m: [Vector2<f64>; NODES],
    pub sigmas_m: [f64; NODES],
    pub covariance_m2: Matrix2<f64>,
}

impl Mixture {
    /// The squared distances from `centre_m`, in units of the ellipse of `shape_m2`, that these shares of the places
    /// stay within.
    pub fn quantiles<const N: usize>(
        &self,
        centre_m: Vector2<f64>,
        shape_m2: &Matrix2<f64>,
        shares: [f64; N],
    ) -> Option<[f64; N]> {
        let weight = shape_m2.try_inverse()?;
        // Along the axes of the common covariance both errors add on each axis.
        let eigen = self.covariance_m2.symmetric_eigen();
        let (first, second) = (eigen.eigenvectors.column(0), eigen.eigenvectors.column(1));
        let variances = eigen.eigenvalues;
        let mut squared: Vec<f64> = points()
            .iter()
            .map(|point| {
                let (mut away, mut sigma_m) = (-centre_m, 0.0);
                for (share, (place, sigma)) in
                    point.shares.iter().zip(self.places_m.iter().zip(self.sigmas_m))
                {
                    away += place * *share;
                    sigma_m += sigma * share;
                }
                let variance = sigma_m * sigma_m;
                away += first * ((variances.x + variance).max(0.0).sqrt() * point.error.x);
                away += second * ((variances.y + variance).max(0.0).sqrt() * point.error.y);
                away.dot(&(weight * away))
            })
            .collect();
        if squared.iter().any(|squared| !squared.is_finite()) {
            return None;
        }
        Some(shares.map(|share| select(&mut squared, share)))
    }
}

/// The shortest window that holds 90 % of a number that is known at the nodes but for a normal error of one sigma.
pub(crate) fn window(at_nodes: &[f64; NODES], sigma: f64) -> (f64, f64) {
    const OUTSIDE: usize = POINTS / 10;
    const INSIDE: usize = POINTS - OUTSIDE;
    let mut values: Vec<f64> = points()
        .iter()
        .map(|point| {
            let value: f64 = point.shares.iter().zip(at_nodes).map(|(share, node)| share * node).sum();
            value + sigma * point.error.x
        })
        .collect();
    // It begins at one of the least and ends at one of the greatest values: only these need an order.
    values.select_nth_unstable_by(OUTSIDE, f64::total_cmp);
    values[OUTSIDE..].select_nth_unstable_by(INSIDE - OUTSIDE, f64::total_cmp);
    values[..OUTSIDE].sort_unstable_by(f64::total_cmp);
    values[INSIDE..].sort_unstable_by(f64::total_cmp);
    let windows = values[..OUTSIDE].iter().zip(&values[INSIDE..]);
    let shortest = windows.min_by(|(a, b), (c, d)| (**b - **a).total_cmp(&(**d - **c)));
    shortest.map_or((f64::NAN, f64::NAN), |(first, last)| (*first, *last))
}

/// The value below which that share of [`POINTS`] values is.
fn select(values: &mut [f64], share: f64) -> f64 {
    let place = ((share * POINTS as f64) as usize).min(POINTS - 1);
    *values.select_nth_unstable_by(place, f64::total_cmp).1
}

/// One point of the distribution of x and of a plane's standard normal error.
struct Point {
    /// Lagrange's polynomials at x: the share of each node.
    shares: [f64; NODES],
    error: Vector2<f64>,
}

/// Points that fill the distribution evenly: x by equal steps of its probability, the error by the sequence of Roberts
/// (multiples of the plastic number's powers, 2018), turned normal by Box and Muller.
fn points() -> &'static [Point] {
    static POINTS_ONCE: OnceLock<Vec<Point>> = OnceLock::new();
    POINTS_ONCE.get_or_init(|| {
        const PLASTIC: f64 = 1.324_717_957_244_746;
        let fraction = |value: f64| value - libm::floor(value);
        let mut x = -3.5;
        (0..POINTS)
            .map(|index| {
                let step = index as f64 + 0.5;
                x = normal_quantile(step / POINTS as f64, x);
                let radius = libm::sqrt(-2.0 * libm::log(1.0 - fraction(step / PLASTIC)));
                let turn = fraction(step / (PLASTIC * PLASTIC)) * core::f64::consts::TAU;
                let (sin, cos) = libm::sincos(turn);
                Point { shares: lagrange(x), error: Vector2::new(radius * cos, radius * sin) }
            })
            .collect()
    })
}

/// Where the standard normal distribution comes to `share`, by Newton's method from a place below it.
fn normal_quantile(share: f64, from: f64) -> f64 {
    let mut x = from;
    for _ in 0..20 {
        let excess = 0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2) - share;
        let density = libm::exp(-0.5 * x * x) / libm::sqrt(core::f64::consts::TAU);
        // Far out the tangent would lead beyond the middle.
        x -= (excess / density).clamp(-0.5, 0.5);
    }
    x
}

/// Lagrange's polynomials over the nodes, at x.
fn lagrange(x: f64) -> [f64; NODES] {
    core::array::from_fn(|index| {
        let others = HERMITE.iter().enumerate().filter(|(other, _)| *other != index);
        others.map(|(_, (node, _))| (x - node) / (HERMITE[index].0 - node)).product()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_lognormal() {
        // e^(x/2) has mean e^(1/8) and variance e^(1/4) (e^(1/4) − 1).
        let nodes = HERMITE.map(|(x, _)| Vector3::new(libm::exp(0.5 * x), x, 1.0));
        let (mean, covariance) = moments(&nodes);
        assert!((mean.x - libm::exp(0.125)).abs() < 1e-9, "{mean}");
        let variance = libm::exp(0.25) * libm::expm1(0.25);
        assert!((covariance[(0, 0)] - variance).abs() < 1e-7, "{covariance}");
        assert!((covariance[(1, 1)] - 1.0).abs() < 1e-9 && covariance[(2, 2)].abs() < 1e-9);
    }

    #[test]
    fn a_normal_error_stays_within_the_known_quantiles() {
        // Abramowitz & Stegun, table 26.8, two degrees of freedom: 1.386, 4.605, 9.210.
        let covariance_m2 = Matrix2::new(4e6, 1e6, 1e6, 1e6);
        let mixture =
            Mixture { places_m: [Vector2::zeros(); NODES], sigmas_m: [500.0; NODES], covariance_m2 };
        let shape_m2 = covariance_m2 + Matrix2::identity() * 250_000.0;
        let found = mixture.quantiles(Vector2::zeros(), &shape_m2, [0.5, 0.9, 0.99]).unwrap();
        for (found, known) in found.into_iter().zip([1.386, 4.605, 9.210]) {
            assert!((found / known - 1.0).abs() < 0.03, "{found} {known}");
        }
    }

    #[test]
    fn a_window_is_as_wide_as_is_known_and_the_shortest() {
        // A standard normal deviate is within 1.6449 with 90 % (the same, table 26.5); here of variance 3² + 4².
        let (first, last) = window(&HERMITE.map(|(x, _)| 3.0 * x), 4.0);
        assert!((first / 5.0 + 1.645).abs() < 0.15 && (last / 5.0 - 1.645).abs() < 0.15, "{first} {last}");
        assert!(((last - first) / 10.0 - 1.645).abs() < 0.05);
        // e^(x/2) has its long tail above: 90 % from nearly 0 to less than its 95 % quantile, e^0.822.
        let (first, last) = window(&HERMITE.map(|(x, _)| libm::exp(0.5 * x)), 0.0);
        assert!(first < libm::exp(-0.822) && last < libm::exp(0.78), "{first} {last}");
    }

    #[test]
    fn an_unknown_alone_stays_within_its_own_quantiles() {
        // 1 km east for each sigma: x² has one degree of freedom: 0.455, 2.706, 6.635 (the same table).
        let places_m = HERMITE.map(|(x, _)| Vector2::new(1_000.0 * x, 0.0));
        let covariance_m2 = Matrix2::identity() * 1e-3;
        let mixture = Mixture { places_m, sigmas_m: [0.0; NODES], covariance_m2 };
        let shape_m2 = Matrix2::new(1e6, 0.0, 0.0, 1.0);
        let found = mixture.quantiles(Vector2::zeros(), &shape_m2, [0.5, 0.9, 0.99]).unwrap();
        for (found, known) in found.into_iter().zip([0.455, 2.706, 6.635]) {
            assert!((found / known - 1.0).abs() < 0.03, "{found} {known}");
        }
    }
}
