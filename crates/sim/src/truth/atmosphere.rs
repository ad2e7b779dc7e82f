//! The air of the truth: the U.S. Standard Atmosphere, 1976.

/// Air at one height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Air {
    pub(crate) density_kgpm3: f64,
    pub(crate) pressure_pa: f64,
    pub(crate) sound_mps: f64,
}

/// (geopotential height of the base in metres, temperature there in kelvin, its gradient in K/m, pressure in Pa):
/// U.S. Standard Atmosphere, 1976, table 4 and equations 33a and 33b.
const LAYERS: [(f64, f64, f64, f64); 7] = [
    (0.0, 288.15, -0.006_5, 101_325.0),
    (11_000.0, 216.65, 0.0, 22_632.06),
    (20_000.0, 216.65, 0.001, 5_474.889),
    (32_000.0, 228.65, 0.002_8, 868.018_7),
    (47_000.0, 270.65, 0.0, 110.906_3),
    (51_000.0, 270.65, -0.002_8, 66.938_87),
    (71_000.0, 214.65, -0.002, 3.956_420),
];

/// (geometric height in metres, density in kg/m³) above the layers: U.S. Standard Atmosphere, 1976, table I;
/// between the rows the logarithm is linear.
const HIGH: [(f64, f64); 10] = [
    (86_000.0, 6.958e-6),
    (100_000.0, 5.604e-7),
    (110_000.0, 9.708e-8),
    (120_000.0, 2.222e-8),
    (150_000.0, 2.076e-9),
    (200_000.0, 2.541e-10),
    (300_000.0, 1.916e-11),
    (500_000.0, 5.215e-13),
    (700_000.0, 3.070e-14),
    (1_000_000.0, 3.561e-15),
];

const GEOPOTENTIAL_RADIUS_M: f64 = 6_356_766.0;
const GRAVITY_MPS2: f64 = 9.806_65;
/// Specific gas constant of air, J/(kg K): R* / M0 of the standard.
const GAS_CONSTANT: f64 = 8_314.32 / 28.964_4;
const HEAT_RATIO: f64 = 1.4;
/// Speed of sound at 86 km; higher up it only selects a drag coefficient that no longer matters.
const HIGH_SOUND_MPS: f64 = 274.1;

/// The air at `height_m` over the ellipsoid; below 0 as at 0.
pub(crate) fn air(height_m: f64) -> Air {
    if height_m >= HIGH[0].0 { high_air(height_m) } else { layered_air(height_m.max(0.0)) }
}

fn layered_air(height_m: f64) -> Air {
    let geopotential_m = GEOPOTENTIAL_RADIUS_M * height_m / (GEOPOTENTIAL_RADIUS_M + height_m);
    let mut layer = LAYERS[0];
    for candidate in LAYERS {
        if geopotential_m >= candidate.0 {
            layer = candidate;
        }
    }
    let (base_m, base_k, gradient, base_pa) = layer;
    let above_m = geopotential_m - base_m;
    let temperature_k = base_k + gradient * above_m;
    let pressure_pa = if gradient == 0.0 {
        base_pa * libm::exp(-GRAVITY_MPS2 * above_m / (GAS_CONSTANT * base_k))
    } else {
        base_pa * libm::pow(base_k / temperature_k, GRAVITY_MPS2 / (GAS_CONSTANT * gradient))
    };
    Air {
        density_kgpm3: pressure_pa / (GAS_CONSTANT * temperature_k),
        pressure_pa,
        sound_mps: (HEAT_RATIO * GAS_CONSTANT * temperature_k).sqrt(),
    }
}

fn high_air(height_m: f64) -> Air {
    let none = Air { density_kgpm3: 0.0, pressure_pa: 0.0, sound_mps: HIGH_SOUND_MPS };
    for (below, above) in HIGH.iter().zip(HIGH.iter().skip(1)) {
        if height_m < above.0 {
            let share = (height_m - below.0) / (above.0 - below.0);
            let density_kgpm3 = below.1 * libm::exp(share * libm::log(above.1 / below.1));
            return Air { density_kgpm3, ..none };
        }
    }
    none
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_and_pressure_are_those_of_the_standard() {
        // U.S. Standard Atmosphere, 1976, table I: geometric height, pressure (Pa), density (kg/m³).
        for (height_m, pressure_pa, density) in [
            (0.0, 101_325.0, 1.225_0),
            (10_000.0, 26_499.0, 0.413_51),
            (25_000.0, 2_549.2, 4.008_4e-2),
            (40_000.0, 287.14, 3.995_7e-3),
            (60_000.0, 21.958, 3.096_8e-4),
            (80_000.0, 1.052_4, 1.845_8e-5),
        ] {
            let air = air(height_m);
            assert!((air.pressure_pa / pressure_pa - 1.0).abs() < 1e-3, "{height_m} {air:?}");
            assert!((air.density_kgpm3 / density - 1.0).abs() < 1e-3, "{height_m} {air:?}");
        }
        assert!((air(0.0).sound_mps - 340.294).abs() < 0.01);
    }

    #[test]
    fn density_falls_without_steps() {
        let mut last = air(0.0).density_kgpm3;
        for height_100m in 1..9_999 {
            let density = air(f64::from(height_100m) * 100.0).density_kgpm3;
            assert!(density < last && density > last * 0.9, "{height_100m}");
            last = density;
        }
    }
}
