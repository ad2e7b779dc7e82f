//! From the uncertainty of a state to that of something reckoned from it.

use nalgebra::{Matrix2, SMatrix, SVector, Vector2, Vector3};
use physics::ellipse::Ellipse;
use physics::frames::{Position, Site};
use physics::geodesic;
use physics::geodetic::Geodetic;
use physics::motion::{Matrix6, State};
use physics::wgs84;

/// A quantity of `N` components with its covariance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread<const N: usize> {
    pub mean: SVector<f64, N>,
    pub covariance: SMatrix<f64, N, N>,
}

/// What `f` makes of an uncertain state and of uncertain parameters: `f` at the middle, and the sum of the squares of
/// half the differences between plus and minus one sigma along each column of the covariance's Cholesky factor and each
/// parameter (the divided-difference filter's first order; Nørgaard, Poulsen, Ravn, Automatica 36, 2000).
pub(crate) fn spread<const P: usize, const N: usize>(
    state: &State,
    covariance: &Matrix6,
    parameters: [(f64, f64); P],
    f: impl Fn(&State, [f64; P]) -> Option<SVector<f64, N>>,
) -> Option<Spread<N>> {
    let middle = parameters.map(|(mean, _)| mean);
    let mean = f(state, middle)?;
    let root = root(covariance)?;
    let mut spread = SMatrix::<f64, N, N>::zeros();
    for column in 0..6 {
        let step: State = root.column(column).into_owned();
        let half = (f(&(state + step), middle)? - f(&(state - step), middle)?) / 2.0;
        spread += half * half.transpose();
    }
    for (index, (_, sigma)) in parameters.into_iter().enumerate() {
        let (mut more, mut less) = (middle, middle);
        more[index] += sigma;
        less[index] -= sigma;
        let half = (f(state, more)? - f(state, less)?) / 2.0;
        spread += half * half.transpose();
    }
    mean.iter()
        .chain(spread.iter())
        .all(|value| value.is_finite())
        .then_some(Spread { mean, covariance: spread })
}

/// Cholesky factor of a covariance in mixed units; where rounding has made it indefinite, of its diagonal.
pub(crate) fn root(covariance: &Matrix6) -> Option<Matrix6> {
    let scale = covariance.diagonal().map(|variance| variance.max(1e-12).sqrt());
    let unit = Matrix6::from_fn(|row, column| covariance[(row, column)] / (scale[row] * scale[column]));
    let factor = match unit.cholesky() {
        Some(cholesky) => cholesky.l(),
        None => Matrix6::identity(),
    };
    let root = Matrix6::from_diagonal(&scale) * factor;
    root.iter().all(|value| value.is_finite()).then_some(root)
}

/// The ellipse of a covariance of (east, north), m².
pub(crate) fn ellipse(covariance: &Matrix2<f64>) -> Ellipse {
    let (east, north, both) = (covariance[(0, 0)], covariance[(1, 1)], covariance[(0, 1)]);
    let middle = (east + north) / 2.0;
    let half = libm::hypot((east - north) / 2.0, both);
    // The major axis lies at half the angle whose tangent is 2 cov / (var north − var east), from north to east.
    let azimuth_deg = libm::atan2(2.0 * both, north - east).to_degrees() / 2.0;
    Ellipse {
        semi_major_m: (middle + half).max(0.0).sqrt(),
        semi_minor_m: (middle - half).max(0.0).sqrt(),
        azimuth_deg: if azimuth_deg < 0.0 { azimuth_deg + 180.0 } else { azimuth_deg },
        ..Ellipse::default()
    }
}

/// The covariance (east, north), m², of an ellipse.
pub(crate) fn covariance(ellipse: &Ellipse) -> Matrix2<f64> {
    let (sin, cos) = libm::sincos(ellipse.azimuth_deg.to_radians());
    let (along, across) = (Vector2::new(sin, cos), Vector2::new(cos, -sin));
    let (major, minor) = (ellipse.semi_major_m, ellipse.semi_minor_m);
    along * along.transpose() * (major * major) + across * across.transpose() * (minor * minor)
}

/// East and north of an Earth-fixed position from a place, along the ground, metres.
pub(crate) fn east_north(from: Geodetic, position_m: Vector3<f64>) -> (f64, f64) {
    let to = wgs84::to_geodetic(Position::from_vector(position_m));
    let (distance_m, azimuth_deg) = geodesic::distance_and_azimuth(from, to);
    let (sin, cos) = libm::sincos(azimuth_deg.to_radians());
    (distance_m * sin, distance_m * cos)
}

/// The place under an Earth-fixed position, on the ellipsoid.
pub(crate) fn below(position_m: Vector3<f64>) -> Geodetic {
    Geodetic { alt_m: 0.0, ..wgs84::to_geodetic(Position::from_vector(position_m)) }
}

/// The place `east_m` and `north_m` from another, for distances up to some hundred kilometres.
pub(crate) fn moved(from: Geodetic, east_m: f64, north_m: f64) -> Geodetic {
    let site = Site::at(Geodetic { alt_m: 0.0, ..from });
    // Down from the tangent plane to the ellipsoid keeps the direction; the plane's excess is d³/3R²: 9 m at 100 km.
    let there = site.to_earth_fixed(Position::new(east_m, north_m, 0.0));
    below(there.vector())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipse_points_along_its_long_axis() {
        // 5 km along 30° from north to east, 1 km across.
        let (sin, cos) = libm::sincos(30.0_f64.to_radians());
        let (along, across) = (nalgebra::Vector2::new(sin, cos), nalgebra::Vector2::new(cos, -sin));
        let covariance = along * along.transpose() * 25e6 + across * across.transpose() * 1e6;
        let found = ellipse(&covariance);
        assert!((found.semi_major_m - 5_000.0).abs() < 1e-6);
        assert!((found.semi_minor_m - 1_000.0).abs() < 1e-6);
        assert!((found.azimuth_deg - 30.0).abs() < 1e-9);
        assert!((super::covariance(&found) - covariance).norm() < 1e-6);
    }

    #[test]
    fn moved_and_back() {
        let from = Geodetic { lat_deg: 40.0, lon_deg: 126.0, alt_m: 0.0 };
        let there = moved(from, 60_000.0, -30_000.0);
        let (east, north) = east_north(from, wgs84::to_earth_fixed(there).vector());
        assert!((east - 60_000.0).abs() < 20.0 && (north + 30_000.0).abs() < 20.0, "{east} {north}");
    }
}
