//! Density of the air: the U.S. Standard Atmosphere, 1976.

/// Density by whole kilometres of geometric height, kg/m³. Up to 86 km from the standard's layers (table 4, equations
/// 18, 33a, 33b and 42), rounded to seven digits; above, table I's 6.958e-6 at 86 km, 3.416e-6 at 90, 1.393e-6 at 95,
/// 5.604e-7 at 100, 9.708e-8 at 110 and 2.222e-8 at 120 km, with a straight logarithm between.
#[rustfmt::skip]
const DENSITY_KGPM3: [f64; 121] = [
    1.224999e+00, 1.111659e+00, 1.006553e+00, 9.092539e-01, 8.193463e-01, 7.364284e-01,
    6.601112e-01, 5.900183e-01, 5.257860e-01, 4.670630e-01, 4.135104e-01, 3.648016e-01,
    3.119381e-01, 2.665961e-01, 2.278560e-01, 1.947550e-01, 1.664708e-01, 1.423014e-01,
    1.216470e-01, 1.039956e-01, 8.890990e-02, 7.571487e-02, 6.450984e-02, 5.500571e-02,
    4.693787e-02, 4.008389e-02, 3.425658e-02, 2.929833e-02, 2.507629e-02, 2.147844e-02,
    1.841017e-02, 1.579160e-02, 1.355515e-02, 1.157304e-02, 9.887403e-03, 8.463375e-03,
    7.257919e-03, 6.235466e-03, 5.366558e-03, 4.626743e-03, 3.995678e-03, 3.456407e-03,
    2.994764e-03, 2.598894e-03, 2.258851e-03, 1.966280e-03, 1.714148e-03, 1.496520e-03,
    1.316700e-03, 1.162772e-03, 1.026878e-03, 9.069015e-04, 8.056162e-04, 7.179071e-04,
    6.390041e-04, 5.680990e-04, 5.044504e-04, 4.473794e-04, 3.962644e-04, 3.505369e-04,
    3.096778e-04, 2.732129e-04, 2.407100e-04, 2.117753e-04, 1.860505e-04, 1.632099e-04,
    1.429575e-04, 1.250250e-04, 1.091693e-04, 9.517012e-05, 8.282864e-05, 7.196515e-05,
    6.237318e-05, 5.382387e-05, 4.638525e-05, 3.992107e-05, 3.431081e-05, 2.944797e-05,
    2.523851e-05, 2.159954e-05, 1.845803e-05, 1.574977e-05, 1.341831e-05, 1.141415e-05,
    9.693871e-06, 8.219500e-06, 6.958000e-06, 5.824287e-06, 4.875298e-06, 4.080933e-06,
    3.416000e-06, 2.854989e-06, 2.386114e-06, 1.994242e-06, 1.666727e-06, 1.393000e-06,
    1.161076e-06, 9.677650e-07, 8.066392e-07, 6.723397e-07, 5.604000e-07, 4.702852e-07,
    3.946612e-07, 3.311979e-07, 2.779398e-07, 2.332459e-07, 1.957389e-07, 1.642632e-07,
    1.378489e-07, 1.156822e-07, 9.708000e-08, 8.377052e-08, 7.228574e-08, 6.237550e-08,
    5.382394e-08, 4.644478e-08, 4.007729e-08, 3.458277e-08, 2.984154e-08, 2.575032e-08,
    2.222000e-08,
];

/// What is above slows nothing that comes down, metres: the table's end.
const TOP_M: f64 = 120_000.0;

/// Density at a height above the ellipsoid, kg/m³; below 0 as at 0, none above 120 km.
///
/// Between the rows a cubic whose slope at each row is that between its neighbours (Catmull and Rom, 1974): within
/// 0.01 % of the layers, and 0.3 % beside the corner of the temperature at 11 km. No logarithm is taken: this is asked
/// for at every step of every fall.
#[inline]
pub fn density_kgpm3(height_m: f64) -> f64 {
    if height_m.is_nan() || height_m >= TOP_M {
        return 0.0;
    }
    let height_km = (height_m * 1e-3).max(0.0);
    let index = (height_km as usize).min(DENSITY_KGPM3.len() - 2);
    let part = height_km - index as f64;
    let (below, above) = (DENSITY_KGPM3[index], DENSITY_KGPM3[index + 1]);
    // At the ground the row below is the one on a parabola through the next three; at the top air is no matter.
    let after = DENSITY_KGPM3.get(index + 2).copied().unwrap_or(0.0);
    let before = if index == 0 { 3.0 * below - 3.0 * above + after } else { DENSITY_KGPM3[index - 1] };
    let (slope, next_slope) = ((above - before) / 2.0, (after - below) / 2.0);
    let rise = above - below;
    below
        + part
            * (slope
                + part * (3.0 * rise - 2.0 * slope - next_slope + part * (slope + next_slope - 2.0 * rise)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_are_those_of_the_standard() {
        // U.S. Standard Atmosphere, 1976, table I: geometric height, density.
        for (height_m, density) in [
            (0.0, 1.225_0),
            (10_000.0, 0.413_51),
            (25_000.0, 4.008_4e-2),
            (40_000.0, 3.995_7e-3),
            (60_000.0, 3.096_8e-4),
            (80_000.0, 1.845_8e-5),
            (86_000.0, 6.958e-6),
            (100_000.0, 5.604e-7),
        ] {
            assert!((density_kgpm3(height_m) / density - 1.0).abs() < 1e-4, "{height_m}");
        }
        assert_eq!(density_kgpm3(130_000.0), 0.0);
        assert_eq!(density_kgpm3(-300.0), density_kgpm3(0.0));
    }

    #[test]
    fn between_the_rows_it_follows_the_layers() {
        // The standard's lowest layer (equations 33a and 42): T = 288.15 K − 6.5 K/km H, p = 101325 Pa (288.15 / T)^−5.25588,
        // with the geopotential height H = r h / (r + h), r = 6,356,766 m.
        for height_m in (50..10_000).step_by(137).map(f64::from) {
            let geopotential_m = 6_356_766.0 * height_m / (6_356_766.0 + height_m);
            let temperature_k = 288.15 - 6.5e-3 * geopotential_m;
            let pressure_pa = 101_325.0 * libm::pow(temperature_k / 288.15, 5.255_876);
            let density = pressure_pa / (8_314.32 / 28.964_4 * temperature_k);
            assert!((density_kgpm3(height_m) / density - 1.0).abs() < 1e-4, "{height_m}");
        }
        let mut last = density_kgpm3(0.0);
        for height_m in (100..120_000).step_by(100).map(f64::from) {
            let density = density_kgpm3(height_m);
            assert!(density < last && density > 0.95 * last, "{height_m}");
            last = density;
        }
    }
}
