//! Error ellipses on the ground.

use serde::{Deserialize, Serialize};

/// An error ellipse on the local horizontal plane, at one standard deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ellipse {
    /// Semi-major axis at one sigma, metres.
    pub semi_major_m: f64,
    /// Semi-minor axis at one sigma, metres.
    pub semi_minor_m: f64,
    /// Direction of the major axis, degrees from true north to east, 0 to 180.
    pub azimuth_deg: f64,
}

impl Ellipse {
    /// The factor from one sigma to the ellipse that holds the truth with `probability` (0 to 1, exclusive):
    /// √(−2 ln(1 − p)), the quantile of a χ² of two degrees of freedom.
    pub fn scale(probability: f64) -> f64 {
        libm::sqrt(-2.0 * libm::log1p(-probability))
    }

    /// The axes of the ellipse that holds the truth with `probability`: (semi-major, semi-minor), metres.
    pub fn axes_m(&self, probability: f64) -> (f64, f64) {
        let scale = Self::scale(probability);
        (self.semi_major_m * scale, self.semi_minor_m * scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_the_chi_squared_quantiles() {
        // Abramowitz & Stegun, table 26.8, two degrees of freedom: 1.386, 4.605, 9.210.
        for (probability, quantile) in [(0.5, 1.3863), (0.9, 4.6052), (0.99, 9.2103)] {
            assert!((Ellipse::scale(probability) * Ellipse::scale(probability) - quantile).abs() < 1e-4);
        }
    }
}
