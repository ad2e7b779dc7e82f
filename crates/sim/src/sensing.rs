//! What a sensor reports of the truth: its own measurement code, apart from the filter's.
//!
//! An object inside the sensor's volume gives a plot with probability `pd`. Each measured quantity has an independent
//! normal error; where the sensor states a slow part, a first-order Gauss-Markov error of its own, common to all
//! objects, takes that share of the variance. False plots are as many as a Poisson draw says, uniform over the volume
//! (azimuth even, elevation even in its sine, range even in its cube). Refraction and resolution are left out: two
//! close objects give two plots.

use core::f64::consts::{FRAC_PI_2, PI};

use physics::plot::Plot;
use physics::sensor::{Sensor, Volume};
use physics::time::Tai;

use crate::random::Random;
use crate::truth::Truth;
use crate::truth::earth::{azimuth_elevation, fixed_of, local_axes};
use crate::truth::vector::{Vector, dot, norm, subtract, unit};

/// One sensor at work: its place, its errors, its own stream of random numbers.
#[derive(Clone, Debug)]
pub struct Watch {
    sensor: Sensor,
    position_m: Vector,
    axes: [Vector; 3],
    random: Random,
    /// Slow errors of range, azimuth, elevation and range rate, in sigmas, and when they were drawn.
    slow: Option<([f64; 4], f64)>,
}

/// A line of sight: slant range (metres), azimuth and elevation (radians), range rate (m/s).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sight {
    pub(crate) range_m: f64,
    pub(crate) az_rad: f64,
    pub(crate) el_rad: f64,
    pub(crate) range_rate_mps: f64,
}

impl Watch {
    /// `sensor` with random numbers that depend on `seed` and its id alone.
    pub fn new(sensor: &Sensor, seed: u64) -> Watch {
        let place = sensor.place();
        Watch {
            sensor: sensor.clone(),
            position_m: fixed_of(place),
            axes: local_axes(place),
            random: Random::stream(seed, &sensor.id),
            slow: None,
        }
    }

    /// The plots of the sensor's scan number `scan` at `time_s` since the scenario's start, which is `start`; in the
    /// order of azimuth.
    pub fn scan<'a>(
        &mut self,
        scan: i64,
        time_s: f64,
        start: Tai,
        truths: impl IntoIterator<Item = &'a Truth>,
    ) -> Vec<Plot> {
        let slow = self.slow_errors(time_s);
        let time = start.plus_s(time_s);
        let mut plots = Vec::new();
        for truth in truths {
            let Some((position_m, velocity_mps, _)) = truth.state(time_s) else { continue };
            let sight = self.sight(position_m, velocity_mps);
            if self.sees(&sight) && self.random.chance(self.sensor.pd) {
                let measured = self.measured(sight, slow);
                plots.push(self.plot(scan, time, measured, Some(truth.id.clone())));
            }
        }
        if let Some(volume) = self.sensor.volume {
            for _ in 0..self.random.poisson(self.sensor.clutter_mean_per_scan) {
                let sight = false_sight(&volume, &mut self.random);
                plots.push(self.plot(scan, time, sight, None));
            }
        }
        plots.sort_by(|a, b| a.az_rad.total_cmp(&b.az_rad));
        plots
    }

    /// The true line of sight to an Earth-fixed state.
    pub(crate) fn sight(&self, position_m: Vector, velocity_mps: Vector) -> Sight {
        let line = subtract(position_m, self.position_m);
        let (az_rad, el_rad) = azimuth_elevation(&self.axes, line);
        Sight { range_m: norm(line), az_rad, el_rad, range_rate_mps: dot(unit(line), velocity_mps) }
    }

    /// Whether the line of sight lies in the volume; a sensor that states none sees all above its horizon.
    pub(crate) fn sees(&self, sight: &Sight) -> bool {
        let Some(volume) = self.sensor.volume else { return sight.el_rad >= 0.0 };
        let within = |value: f64, [from, to]: [f64; 2]| value >= from && value <= to;
        let [from, to] = volume.az_rad;
        let in_azimuth = within((sight.az_rad - from).rem_euclid(2.0 * PI), [0.0, width(from, to)]);
        in_azimuth && within(sight.range_m, volume.range_m) && within(sight.el_rad, volume.el_rad)
    }

    fn measured(&mut self, sight: Sight, slow: [f64; 4]) -> Sight {
        let slow_fraction = self.slow_fraction();
        let (slow_share, quick_share) = (slow_fraction.sqrt(), (1.0 - slow_fraction).sqrt());
        let random = &mut self.random;
        let mut error = |sigma: Option<f64>, slow: f64| {
            // Drawn for each quantity, measured or not, so that a sensor's other numbers stay the same.
            let quick = random.normal();
            sigma.unwrap_or(0.0) * (slow_share * slow + quick_share * quick)
        };
        let range_m = sight.range_m + error(self.sensor.sigma_range_m, slow[0]);
        let az_rad = sight.az_rad + error(self.sensor.sigma_az_rad, slow[1]);
        let el_rad = sight.el_rad + error(self.sensor.sigma_el_rad, slow[2]);
        let range_rate_mps = sight.range_rate_mps + error(self.sensor.sigma_range_rate_mps, slow[3]);
        // Past the zenith the other side of the sky begins.
        let (az_rad, el_rad) = if el_rad > FRAC_PI_2 { (az_rad + PI, PI - el_rad) } else { (az_rad, el_rad) };
        Sight { range_m: range_m.max(1.0), az_rad, el_rad: el_rad.max(-FRAC_PI_2), range_rate_mps }
    }

    fn plot(&self, scan: i64, time: Tai, sight: Sight, truth_id: Option<String>) -> Plot {
        Plot {
            time,
            scan,
            sensor_id: self.sensor.id.clone(),
            range_m: self.sensor.sigma_range_m.map(|_| sight.range_m),
            az_rad: turn(sight.az_rad),
            el_rad: sight.el_rad,
            height_m: None,
            address: None,
            range_rate_mps: self.sensor.sigma_range_rate_mps.map(|_| sight.range_rate_mps),
            truth_id,
        }
    }

    fn slow_fraction(&self) -> f64 {
        self.sensor.slow_fraction.unwrap_or(0.0).clamp(0.0, 1.0)
    }

    /// The slow errors at `time_s`, in sigmas: a stationary process of unit variance.
    fn slow_errors(&mut self, time_s: f64) -> [f64; 4] {
        if self.slow_fraction() == 0.0 {
            return [0.0; 4];
        }
        let correlation_s = self.sensor.slow_time_s.unwrap_or(Sensor::SLOW_TIME_S);
        let (last, kept) = match self.slow {
            Some((last, last_s)) => (last, libm::exp(-(time_s - last_s).abs() / correlation_s)),
            None => ([0.0; 4], 0.0),
        };
        let fresh = (1.0 - kept * kept).sqrt();
        let next = last.map(|error| kept * error + fresh * self.random.normal());
        self.slow = Some((next, time_s));
        next
    }
}

/// Width of an azimuth sector, radians; all round where both ends are a full turn apart.
fn width(from: f64, to: f64) -> f64 {
    if (to - from).abs() >= 2.0 * PI { 2.0 * PI } else { (to - from).rem_euclid(2.0 * PI) }
}

/// The angle in 0 to 2π, 2π excluded.
fn turn(angle: f64) -> f64 {
    let turned = angle.rem_euclid(2.0 * PI);
    // A tiny negative angle is rounded up to a full turn.
    if turned >= 2.0 * PI { 0.0 } else { turned }
}

fn false_sight(volume: &Volume, random: &mut Random) -> Sight {
    let cube = |range_m: f64| range_m * range_m * range_m;
    let [from, to] = volume.az_rad;
    let sine = random.between(libm::sin(volume.el_rad[0]), libm::sin(volume.el_rad[1]));
    Sight {
        az_rad: from + width(from, to) * random.unit(),
        el_rad: libm::asin(sine.clamp(-1.0, 1.0)),
        range_m: libm::cbrt(random.between(cube(volume.range_m[0]), cube(volume.range_m[1]))),
        range_rate_mps: random.between(-FALSE_RATE_MPS, FALSE_RATE_MPS),
    }
}

/// Largest range rate of a false plot, m/s.
const FALSE_RATE_MPS: f64 = 7_000.0;

#[cfg(test)]
mod tests {
    use super::*;
    use physics::sensor::SensorKind;

    fn sensor() -> Sensor {
        Sensor {
            id: "test".into(),
            name: None,
            kind: SensorKind::Radar,
            lat_deg: 36.0,
            lon_deg: 130.0,
            alt_m: 0.0,
            sigma_range_m: Some(20.0),
            sigma_az_rad: Some(1e-3),
            sigma_el_rad: Some(1e-3),
            sigma_height_m: None,
            sigma_range_rate_mps: Some(5.0),
            pd: 0.9,
            rate_hz: 1.0,
            clutter_mean_per_scan: 0.0,
            volume: Some(Volume { range_m: [5e4, 3e6], az_rad: [5.8, 0.8], el_rad: [0.05, 1.4] }),
            slow_fraction: Some(0.0),
            slow_time_s: None,
            sac: None,
            sic: None,
            notional: true,
        }
    }

    /// Stands still at an Earth-fixed place: an orbit sampled at one instant only.
    fn object() -> Truth {
        let place = physics::geodetic::Geodetic { lat_deg: 41.0, lon_deg: 131.0, alt_m: 400_000.0 };
        Truth::orbiting("object", 0.0, fixed_of(place), [3_000.0, -6_000.0, 1_000.0], 4.0)
    }

    #[test]
    fn a_place_straight_to_the_north_is_seen_there() {
        let watch = Watch::new(&sensor(), 1);
        let north = physics::geodetic::Geodetic { lat_deg: 37.0, lon_deg: 130.0, alt_m: 0.0 };
        let sight = watch.sight(fixed_of(north), [0.0; 3]);
        // A degree of latitude at 36.5° is 110.95 km on WGS-84 (NGA, length of a degree); the chord is 1.4 m shorter,
        // and dips by half the angle.
        assert!((sight.range_m - 110_950.0).abs() < 40.0, "{sight:?}");
        assert!(sight.az_rad < 1e-9 || sight.az_rad > 2.0 * PI - 1e-9);
        assert!((sight.el_rad + 0.5_f64.to_radians()).abs() < 1e-4);
    }

    #[test]
    fn errors_have_the_stated_sigmas_and_detections_the_stated_probability() {
        let (count, truth) = (20_000, [object()]);
        let mut watch = Watch::new(&sensor(), 3);
        let (position_m, velocity_mps, _) = truth[0].state(0.0).unwrap();
        let sight = watch.sight(position_m, velocity_mps);
        let mut squares = [0.0; 4];
        let mut seen = 0.0;
        for scan in 0..count {
            for plot in watch.scan(scan, 0.0, Tai(0), &truth) {
                seen += 1.0;
                let errors = [
                    (plot.range_m.unwrap() - sight.range_m) / 20.0,
                    (plot.az_rad - sight.az_rad) / 1e-3,
                    (plot.el_rad - sight.el_rad) / 1e-3,
                    (plot.range_rate_mps.unwrap() - sight.range_rate_mps) / 5.0,
                ];
                squares = core::array::from_fn(|index| squares[index] + errors[index] * errors[index]);
            }
        }
        // Six standard errors of a share and of a variance.
        let share: f64 = seen / count as f64;
        assert!((share - 0.9).abs() < 6.0 * (0.9 * 0.1 / count as f64).sqrt());
        for square in squares {
            assert!((square / seen - 1.0).abs() < 6.0 * (2.0 / seen).sqrt(), "{squares:?}");
        }
    }

    #[test]
    fn slow_errors_are_correlated_as_stated() {
        let slow = Sensor { slow_fraction: Some(1.0), slow_time_s: Some(50.0), pd: 1.0, ..sensor() };
        let mut watch = Watch::new(&slow, 5);
        let errors: Vec<f64> = (0..100_000).map(|second| watch.slow_errors(f64::from(second))[0]).collect();
        let mean_product = |lag: usize| {
            let sum: f64 = errors.iter().zip(errors.iter().skip(lag)).map(|(a, b)| a * b).sum();
            sum / (errors.len() - lag) as f64
        };
        // Some 2,000 independent spans of 50 s: a standard error of 0.03.
        assert!((mean_product(0) - 1.0).abs() < 0.12);
        assert!((mean_product(50) - libm::exp(-1.0)).abs() < 0.12);
    }

    #[test]
    fn false_plots_stay_in_the_volume_and_are_as_many_as_stated() {
        let cluttered = Sensor { clutter_mean_per_scan: 20.0, ..sensor() };
        let mut watch = Watch::new(&cluttered, 7);
        let mut count = 0;
        for scan in 0..1_000 {
            for plot in watch.scan(scan, scan as f64, Tai(0), &[]) {
                count += 1;
                assert!(plot.truth_id.is_none());
                assert!(plot.az_rad >= 5.8 || plot.az_rad <= 0.8);
                assert!((0.05..=1.4).contains(&plot.el_rad));
                assert!((5e4..=3e6).contains(&plot.range_m.unwrap()));
            }
        }
        assert!((f64::from(count) - 20_000.0).abs() < 6.0 * 20_000.0_f64.sqrt());
    }

    #[test]
    fn a_sector_across_north_is_one_sector() {
        let watch = Watch::new(&sensor(), 1);
        let at = |az_rad| Sight { range_m: 1e5, az_rad, el_rad: 0.5, range_rate_mps: 0.0 };
        assert!(watch.sees(&at(6.2)) && watch.sees(&at(0.1)) && watch.sees(&at(5.9)));
        assert!(!watch.sees(&at(1.0)) && !watch.sees(&at(5.7)) && !watch.sees(&at(3.0)));
    }
}
