//! Clutter: how many false plots a radar gives where, and so what a plot says for an object being there.
//!
//! The evidence for an object is the logarithm of a likelihood ratio, summed plot by plot: the chance of such a plot
//! from the object, over the density of false plots there. Wald's sequential test as in Blackman, Popoli, "Design and
//! Analysis of Modern Tracking Systems" (1999), section 6.2.

use core::f64::consts::TAU;

use physics::sensor::Sensor;

/// A radar that states no clutter still gives a false plot a scan, in case; one that states no volume watches everything
/// up to this range, metres.
const FALSE_A_SCAN_MIN: f64 = 1.0;
const RANGE_M: f64 = 1e6;

/// Detection is neither certain nor hopeless, whatever a file says.
const PD_MIN: f64 = 0.2;
const PD_MAX: f64 = 0.99;

fn false_a_scan(sensor: &Sensor) -> f64 {
    sensor.clutter_mean_per_scan.max(FALSE_A_SCAN_MIN)
}

/// Logarithm of the false plots a scan for each metre of range, radian of azimuth and unit of the sine of elevation.
fn log_density(sensor: &Sensor) -> f64 {
    let extent = sensor.volume.map_or(RANGE_M * TAU, |volume| {
        let [range_m, az_rad, el_rad] = [volume.range_m, volume.az_rad, volume.el_rad];
        let turn_rad = az_rad[1] - az_rad[0];
        let turn_rad = if turn_rad > 0.0 { turn_rad } else { turn_rad + TAU };
        (range_m[1] - range_m[0]) * turn_rad * (libm::sin(el_rad[1]) - libm::sin(el_rad[0]))
    });
    libm::log(false_a_scan(sensor) / extent.max(1.0))
}

/// The same for each cubic metre, at a range in metres.
pub(crate) fn log_density_of_space(sensor: &Sensor, range_m: f64) -> f64 {
    log_density(sensor) - 2.0 * libm::log(range_m.max(1.0))
}

/// The same for each metre of range and radian of azimuth and elevation, at an elevation.
pub(crate) fn log_density_of_measures(sensor: &Sensor, el_rad: f64) -> f64 {
    log_density(sensor) + libm::log(libm::cos(el_rad).max(1e-3))
}

/// Logarithm of the chance that an object is seen after it was missed `missed` times.
pub(crate) fn log_seen_after(sensor: &Sensor, missed: i64) -> f64 {
    let pd = sensor.pd.clamp(PD_MIN, PD_MAX);
    libm::log(pd) + missed as f64 * libm::log(1.0 - pd)
}

/// Evidence that makes an object believed. Under false plots alone the likelihood ratios of all that a plot can be
/// continued to add up to 1 in the mean, whatever follows; so of N first plots no more than N e^−t reach evidence t (Wald
/// 1945; Ville's inequality). Here: of an hour's, one.
pub(crate) fn convincing(sensor: &Sensor) -> f64 {
    libm::log((3_600.0 * sensor.rate_hz * false_a_scan(sensor)).max(1.0))
}

/// Evidence below which a possible object is given up: of twenty real ones, one (Wald's lower bound).
pub(crate) const GIVEN_UP: f64 = -3.0;
