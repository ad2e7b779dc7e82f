//! Error ellipses on the ground.

use serde::{Deserialize, Serialize};

/// An error ellipse on the local horizontal plane, at one standard deviation: so large that the ellipse of 90 % holds the
/// truth with 90 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ellipse {
    /// Semi-major axis at one sigma, metres.
    pub semi_major_m: f64,
    /// Semi-minor axis at one sigma, metres.
    pub semi_minor_m: f64,
    /// Direction of the major axis, degrees from true north to east, 0 to 180.
    pub azimuth_deg: f64,
    /// How much larger than a normal error's the ellipses of 50 % and of 99 % are: 1 and 1 for that; less and more for
    /// an error with a long tail.
    pub tails: [f64; 2],
}

impl Default for Ellipse {
    fn default() -> Ellipse {
        Ellipse { semi_major_m: 0.0, semi_minor_m: 0.0, azimuth_deg: 0.0, tails: [1.0; 2] }
    }
}

impl Ellipse {
    /// The factor from one sigma to the ellipse that holds the truth with `probability` (0 to 1, exclusive):
    /// √(−2 ln(1 − p)), the quantile of a χ² of two degrees of freedom.
    pub fn scale(probability: f64) -> f64 {
        libm::sqrt(-2.0 * libm::log1p(-probability))
    }

    /// The axes of the ellipse that holds the truth with `probability`: (semi-major, semi-minor), metres. Between 50, 90
    /// and 99 % the tails' factors change evenly with the scale.
    pub fn axes_m(&self, probability: f64) -> (f64, f64) {
        let scale = Self::scale(probability);
        let (half, nine_of_ten, nearly_all) = (Self::scale(0.5), Self::scale(0.9), Self::scale(0.99));
        let (tail, far) = if scale < nine_of_ten {
            (self.tails[0], (nine_of_ten - scale) / (nine_of_ten - half))
        } else {
            (self.tails[1], (scale - nine_of_ten) / (nearly_all - nine_of_ten))
        };
        let factor = scale * (1.0 + (tail - 1.0) * far.min(1.0));
        (self.semi_major_m * factor, self.semi_minor_m * factor)
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

    #[test]
    fn tails_stretch_their_own_ellipses_and_not_that_of_nine_in_ten() {
        let ellipse = Ellipse { semi_major_m: 2.0, semi_minor_m: 1.0, azimuth_deg: 0.0, tails: [0.5, 1.5] };
        for (probability, factor) in [(0.3, 0.5), (0.5, 0.5), (0.9, 1.0), (0.99, 1.5), (0.999, 1.5)] {
            let (major_m, minor_m) = ellipse.axes_m(probability);
            assert!((minor_m - factor * Ellipse::scale(probability)).abs() < 1e-12, "{probability}");
            assert!((major_m - 2.0 * minor_m).abs() < 1e-12);
        }
        assert!(ellipse.axes_m(0.7).0 < ellipse.axes_m(0.8).0);
    }
}
