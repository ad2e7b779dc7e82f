//! Covariances of states and their inverses, informations: inverted, checked, and written as triangles.

use nalgebra::SVector;

use crate::motion::Matrix6;

/// A matrix counts as positive semidefinite where this much more on its diagonal, of unit length, makes it definite:
/// differences of informations are rounded at 1e-10 of them.
const ROUNDING: f64 = 1e-9;

/// The upper triangle row by row: m00, m01, …, m05, m11, …, m55.
pub fn triangle(matrix: &Matrix6) -> [f64; 21] {
    let mut triangle = [0.0; 21];
    for (element, (row, column)) in triangle.iter_mut().zip(places()) {
        *element = matrix[(row, column)];
    }
    triangle
}

/// The symmetric matrix of such a triangle.
pub fn of_triangle(triangle: &[f64; 21]) -> Matrix6 {
    let mut matrix = Matrix6::zeros();
    for (element, (row, column)) in triangle.iter().zip(places()) {
        matrix[(row, column)] = *element;
        matrix[(column, row)] = *element;
    }
    matrix
}

fn places() -> impl Iterator<Item = (usize, usize)> {
    (0..6).flat_map(|row| (row..6).map(move |column| (row, column)))
}

/// The inverse of a positive definite matrix of mixed units, by Cholesky in units that make its diagonal 1; `None` where
/// it is not definite beyond rounding.
pub fn inverse(matrix: &Matrix6) -> Option<Matrix6> {
    let scale = scale(matrix)?;
    let root = scaled(matrix, &scale, 0.0).cholesky()?;
    if root.l_dirty().diagonal().min() < 1e-7 {
        return None;
    }
    let mut inverse = Matrix6::identity();
    root.solve_mut(&mut inverse);
    Some(scaled(&inverse, &scale, 0.0))
}

/// Logarithm of the determinant of a positive definite matrix.
pub fn log_determinant(matrix: &Matrix6) -> Option<f64> {
    let scale = scale(matrix)?;
    let root = scaled(matrix, &scale, 0.0).cholesky()?;
    let logs = |vector: &SVector<f64, 6>| vector.iter().map(|part| libm::log(*part)).sum::<f64>();
    Some(2.0 * (logs(&root.l_dirty().diagonal()) - logs(&scale)))
}

/// Whether a symmetric matrix is positive semidefinite, but for rounding: what a covariance or an information can be.
pub fn is_semidefinite(matrix: &Matrix6) -> bool {
    if matrix.iter().any(|element| !element.is_finite()) {
        return false;
    }
    // Where nothing is known of a component, nothing is known of it together with others.
    let unknown =
        |row: usize| matrix[(row, row)] == 0.0 && matrix.row(row).iter().all(|element| *element == 0.0);
    let filled = Matrix6::from_fn(|row, column| match row == column && unknown(row) {
        true => 1.0,
        false => matrix[(row, column)],
    });
    scale(&filled).is_some_and(|scale| scaled(&filled, &scale, ROUNDING).cholesky().is_some())
}

/// What makes the diagonal 1; `None` where it is not positive.
fn scale(matrix: &Matrix6) -> Option<SVector<f64, 6>> {
    let scale = matrix.diagonal().map(|element| 1.0 / element.sqrt());
    scale.iter().all(|part| part.is_finite() && *part > 0.0).then_some(scale)
}

fn scaled(matrix: &Matrix6, scale: &SVector<f64, 6>, more: f64) -> Matrix6 {
    Matrix6::from_fn(|row, column| {
        let mean = 0.5 * (matrix[(row, column)] + matrix[(column, row)]);
        mean * (scale[row] * scale[column]) + if row == column { more } else { 0.0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed() -> Matrix6 {
        let root = Matrix6::from_fn(|row, column| ((row * 7 + column * 3) % 5) as f64 - 1.0)
            + Matrix6::identity() * 6.0;
        let units = Matrix6::from_diagonal(&SVector::<f64, 6>::new(1e3, 1e3, 1e3, 0.1, 0.1, 0.1));
        of_triangle(&triangle(&(units * root * root.transpose() * units)))
    }

    #[test]
    fn an_inverse_is_one_and_a_triangle_comes_back() {
        let matrix = mixed();
        let one = matrix * inverse(&matrix).unwrap();
        assert!((one - Matrix6::identity()).abs().max() < 1e-9, "{one}");
        assert_eq!(of_triangle(&triangle(&matrix)), matrix);
        let determinant = log_determinant(&matrix).unwrap();
        assert!((determinant - libm::log(matrix.determinant())).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_covariance_is_told_from_what_is() {
        let mut known_in_part = mixed();
        for other in 0..6 {
            known_in_part[(4, other)] = 0.0;
            known_in_part[(other, 4)] = 0.0;
        }
        let flat = SVector::<f64, 6>::new(1e3, -2e3, 5.0, 0.1, 0.2, 0.0);
        for possible in [mixed(), known_in_part, flat * flat.transpose(), Matrix6::zeros()] {
            assert!(is_semidefinite(&possible), "{possible}");
        }
        let mut negative = mixed();
        negative[(3, 3)] = -1e-3;
        let mut too_close = mixed();
        (too_close[(0, 4)], too_close[(4, 0)]) = (1e9, 1e9);
        let mut alone = known_in_part;
        (alone[(4, 1)], alone[(1, 4)]) = (1.0, 1.0);
        for not in [negative, too_close, alone, mixed() * f64::NAN, -mixed()] {
            assert!(!is_semidefinite(&not) && inverse(&not).is_none(), "{not}");
        }
        assert!(inverse(&(flat * flat.transpose())).is_none());
    }
}
