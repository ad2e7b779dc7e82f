//! The normal equations of lines of sight, with each sensor's unknown bias integrated out.
//!
//! Of one sensor and one angle the errors of n plots have the covariance σ² I + b² 1 1ᵀ: own errors σ, and a bias of
//! normal prior b common to all. Its inverse is (I − γ 1 1ᵀ) / σ² with γ = b² / (σ² + n b²) (Sherman and Morrison), so
//! that rᵀ C⁻¹ r = (Σ r² − γ (Σ r)²) / σ², and Jᵀ C⁻¹ J likewise. That is the same as fitting the bias with its prior
//! and leaving it out of the result.

use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

use super::sight::{Eye, Line};

/// Sums over the plots of one sensor and one angle.
#[derive(Clone, Copy, Debug)]
struct Sums<const N: usize> {
    count: f64,
    /// Σ r, Σ r².
    of_residuals: [f64; 2],
    of_rows: SVector<f64, N>,
}

/// Jᵀ C⁻¹ J, Jᵀ C⁻¹ r and rᵀ C⁻¹ r.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Normal<const N: usize> {
    pub information: SMatrix<f64, N, N>,
    pub gradient: SVector<f64, N>,
    pub chi2: f64,
}

/// The residuals (across, up; rad) of a line of sight to what is at `position_m`, as a direction in the plane at right
/// angles to the measured line; and its slope by the position (rows, 1/m).
fn residual(line: &Line, position_m: Vector3<f64>) -> ([f64; 2], [Vector3<f64>; 2]) {
    let way = position_m - line.origin_m;
    let range_m = way.norm().max(1.0);
    let toward = way / range_m;
    let square = (Matrix3::identity() - toward * toward.transpose()) / range_m;
    // The other side of the Earth is no small angle: what lies behind counts as far off.
    let behind = if toward.dot(&line.along) < 0.0 { 10.0 } else { 1.0 };
    let axes = [line.across, line.up];
    (axes.map(|axis| -axis.dot(&toward) * behind), axes.map(|axis| square * axis * behind))
}

/// rᵀ C⁻¹ r alone; `position_m` gives where the object is on each line.
pub(crate) fn chi2(lines: &[Line], eyes: &[Eye], position_m: impl Fn(usize) -> Vector3<f64>) -> f64 {
    let mut sums = vec![[(0.0, 0.0, 0.0); 2]; eyes.len()];
    for (index, line) in lines.iter().enumerate() {
        let (residuals, _) = residual(line, position_m(index));
        for (sum, r) in sums[line.eye as usize].iter_mut().zip(residuals) {
            *sum = (sum.0 + 1.0, sum.1 + r, sum.2 + r * r);
        }
    }
    let mut chi2 = 0.0;
    for (eye, sums) in eyes.iter().zip(&sums) {
        for (axis, &(count, sum, squares)) in sums.iter().enumerate() {
            let (variance, shared) = weights(eye, axis, count);
            chi2 += (squares - shared * sum * sum) / variance;
        }
    }
    chi2
}

/// σ² and γ.
fn weights(eye: &Eye, axis: usize, count: f64) -> (f64, f64) {
    let (own, bias) = (eye.sigma_rad[axis], eye.bias_rad[axis]);
    let (variance, common) = (own * own, bias * bias);
    (variance, common / (variance + count * common))
}

/// The whole; `at` gives where the object is on each line and the slope of that by the unknowns.
pub(crate) fn normal<const N: usize>(
    lines: &[Line],
    eyes: &[Eye],
    at: impl Fn(usize) -> (Vector3<f64>, SMatrix<f64, 3, N>),
) -> Normal<N> {
    let none = Sums { count: 0.0, of_residuals: [0.0; 2], of_rows: SVector::<f64, N>::zeros() };
    let mut sums = vec![[none; 2]; eyes.len()];
    let (information, gradient) = (SMatrix::<f64, N, N>::zeros(), SVector::<f64, N>::zeros());
    let mut whole = Normal { information, gradient, chi2: 0.0 };
    for (index, line) in lines.iter().enumerate() {
        let (position_m, by_unknowns) = at(index);
        let (residuals, slopes) = residual(line, position_m);
        let eye = &eyes[line.eye as usize];
        for (axis, (r, slope)) in residuals.into_iter().zip(slopes).enumerate() {
            let row = by_unknowns.tr_mul(&slope);
            let inverse = 1.0 / (eye.sigma_rad[axis] * eye.sigma_rad[axis]);
            whole.information.ger(inverse, &row, &row, 1.0);
            whole.gradient.axpy(inverse * r, &row, 1.0);
            whole.chi2 += inverse * r * r;
            let sum = &mut sums[line.eye as usize][axis];
            sum.count += 1.0;
            sum.of_residuals[0] += r;
            sum.of_rows += row;
        }
    }
    for (eye, sums) in eyes.iter().zip(&sums) {
        for (axis, sum) in sums.iter().enumerate() {
            let (variance, shared) = weights(eye, axis, sum.count);
            let weight = -shared / variance;
            whole.information.ger(weight, &sum.of_rows, &sum.of_rows, 1.0);
            whole.gradient.axpy(weight * sum.of_residuals[0], &sum.of_rows, 1.0);
            whole.chi2 += weight * sum.of_residuals[0] * sum.of_residuals[0];
        }
    }
    whole
}
