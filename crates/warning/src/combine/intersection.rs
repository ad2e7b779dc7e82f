//! Inverse covariance intersection: two estimates that may rest on common information, which is not known.
//!
//! B. Noack, J. Sijs, M. Reinhardt, U. D. Hanebeck, "Decentralized data fusion with inverse covariance intersection",
//! Automatica 79 (2017), 35–41: with Γ = ω A + (1 − ω) B,
//!
//! P⁻¹ = A⁻¹ + B⁻¹ − Γ⁻¹,  x = P (A⁻¹ − ω Γ⁻¹) a + P (B⁻¹ − (1 − ω) Γ⁻¹) b.
//!
//! Whatever part of what both know is the same, for every ω in 0 to 1 the error's covariance is at most P. It is never
//! wider than covariance intersection; two equal estimates give that estimate.

use nalgebra::SymmetricEigen;
use physics::information::inverse;
use physics::motion::{Matrix6, State};

/// A state with its covariance.
#[derive(Clone, Debug, PartialEq)]
pub struct Normal {
    /// Position (m) and velocity (m/s), Earth-fixed.
    pub state: State,
    /// Its covariance.
    pub covariance: Matrix6,
}

/// Fuses two estimates of one state; `None` where one's covariance is none. ω makes the determinant of P least, which
/// asks for no weighing of metres against metres a second.
pub fn intersect(a: &Normal, b: &Normal) -> Option<Normal> {
    let (of_a, of_b) = (inverse(&a.covariance)?, inverse(&b.covariance)?);
    let weight = weight(&of_a, &b.covariance)?;
    let common = inverse(&(a.covariance * weight + b.covariance * (1.0 - weight)))?;
    let covariance = inverse(&(of_a + of_b - common))?;
    // The gains add up to one: x = a + L (b − a), which keeps the digits of positions far from the origin.
    let gain = covariance * (of_b - common * (1.0 - weight));
    let state = a.state + gain * (b.state - a.state);
    Some(Normal { state, covariance })
}

/// The ω that makes det P least. In the axes in which A is 1 and B diagonal (δ), P⁻¹ is diagonal too: its elements are
/// 1 + 1/δ − 1/(ω + (1 − ω) δ), each concave in ω, and so is the sum of their logarithms: halving finds its top.
fn weight(of_a: &Matrix6, b: &Matrix6) -> Option<f64> {
    // A⁻¹ = R Rᵀ: the eigenvalues of Rᵀ B R. B is scaled by R, so that mixed units do no harm.
    let root = of_a.cholesky()?.l();
    let relative = root.transpose() * b * root;
    if relative.iter().any(|element| !element.is_finite()) {
        return None;
    }
    let ratios = SymmetricEigen::new(relative).eigenvalues;
    if ratios.iter().any(|ratio| !(ratio.is_finite() && *ratio > 0.0)) {
        return None;
    }
    // Derivative of the sum of logarithms: Σ (1 − δ) / (ω + (1 − ω) δ)² / element. It falls as ω grows.
    let slope = |weight: f64| -> f64 {
        ratios
            .iter()
            .map(|ratio| {
                let mixed = weight + (1.0 - weight) * ratio;
                let element = 1.0 + 1.0 / ratio - 1.0 / mixed;
                (1.0 - ratio) / (mixed * mixed) / element
            })
            .sum()
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use physics::information::{is_semidefinite, log_determinant};
    use proptest::prelude::*;

    /// A random information of positions known to some 100 m and velocities to some 1 m/s.
    pub(crate) fn information() -> impl Strategy<Value = Matrix6> {
        proptest::collection::vec(-1.0..1.0, 36).prop_map(|numbers| {
            let root = Matrix6::from_column_slice(&numbers) + Matrix6::identity() * 0.3;
            let units = Matrix6::from_diagonal(&State::new(0.01, 0.01, 0.01, 1.0, 1.0, 1.0));
            units * root * root.transpose() * units + units * units * 0.01
        })
    }

    fn gains(a: &Matrix6, b: &Matrix6) -> (Matrix6, Matrix6, Matrix6) {
        // By what becomes of unit states: x is linear in a and b.
        let mut fused = intersect(
            &Normal { state: State::zeros(), covariance: *a },
            &Normal { state: State::zeros(), covariance: *b },
        )
        .unwrap();
        let covariance = fused.covariance;
        let mut of_b = Matrix6::zeros();
        for axis in 0..6 {
            let mut unit = State::zeros();
            unit[axis] = 1.0;
            fused = intersect(
                &Normal { state: State::zeros(), covariance: *a },
                &Normal { state: unit, covariance: *b },
            )
            .unwrap();
            of_b.set_column(axis, &fused.state);
        }
        (Matrix6::identity() - of_b, of_b, covariance)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// The theorem of the paper: a = (own A, common C), b = (own B, common C); the true covariance of the fused
        /// state, with the cross-covariance A C B that the common part makes, is at most P.
        #[test]
        fn whatever_is_common_the_covariance_holds(own_a in information(), own_b in information(), common in information(), share in 0.0..30.0) {
            let common = common * share;
            let a = inverse(&(own_a + common)).unwrap();
            let b = inverse(&(own_b + common)).unwrap();
            let cross = a * common * b;
            let (of_a, of_b, covariance) = gains(&a, &b);
            let mixed: Matrix6 = of_a * cross * of_b.transpose();
            let real = of_a * a * of_a.transpose() + of_b * b * of_b.transpose() + mixed + mixed.transpose();
            prop_assert!(is_semidefinite(&(covariance - real + covariance * 1e-7)));
        }

        /// Never wider than covariance intersection, of which either alone is the end.
        #[test]
        fn it_is_better_than_either_and_than_covariance_intersection(of_a in information(), of_b in information(), weight in 0.0..=1.0) {
            let (a, b) = (inverse(&of_a).unwrap(), inverse(&of_b).unwrap());
            let (_, _, covariance) = gains(&a, &b);
            for weight in [0.0, weight, 1.0] {
                let intersected = inverse(&(of_a * weight + of_b * (1.0 - weight))).unwrap();
                let wider = log_determinant(&intersected).unwrap();
                prop_assert!(log_determinant(&covariance).unwrap() <= wider + 1e-6);
            }
        }
    }

    /// A = diag(1, 4) and B = diag(4, 1): by symmetry ω = ½ and P = 1/(1 + ¼ − 1/2.5) = 1/0.85 on both axes, where covariance
    /// intersection has 1/(½ + ⅛) = 1.6 and independence 1/(1 + ¼) = 0.8.
    #[test]
    fn crossed_ellipses_give_what_the_formula_gives_by_hand() {
        let crossed = |first: f64, second: f64| {
            Matrix6::from_diagonal(&State::new(first, second, first, second, first, second))
        };
        let a = Normal { state: State::zeros(), covariance: crossed(1.0, 4.0) };
        let b = Normal { state: State::repeat(1.0), covariance: crossed(4.0, 1.0) };
        let fused = intersect(&a, &b).unwrap();
        assert!((fused.covariance - Matrix6::identity() / 0.85).abs().max() < 1e-9, "{}", fused.covariance);
        // L = P (B⁻¹ − ½ Γ⁻¹) = (¼ − 0.2) / 0.85 where B is poor, (1 − 0.2) / 0.85 where it is good.
        assert!((fused.state[0] - 0.05 / 0.85).abs() < 1e-9 && (fused.state[1] - 0.8 / 0.85).abs() < 1e-9);
    }

    #[test]
    fn the_same_estimate_twice_is_that_estimate() {
        let covariance = Matrix6::from_fn(|row, column| if row == column { 4.0 } else { 0.5 });
        let one = Normal { state: State::repeat(7e6), covariance };
        let fused = intersect(&one, &one).unwrap();
        assert!((fused.covariance - covariance).abs().max() < 1e-9);
        assert_eq!(fused.state, one.state);
        assert!(intersect(&one, &Normal { covariance: Matrix6::zeros(), ..one.clone() }).is_none());
    }
}
