//! The measured scenarios of infrared, IR2 and IR1, which say what their figures mean.
//!
//! IR2: two geostationary infrared sensors, 60° apart in longitude; 10 µrad, 1 Hz; a cloud break at 10 km; an unknown
//! bias of 5 µrad each. IR1: one of them. How the rest is read here: they stand over 97° E and 157° E, 30° to either side
//! of the site of [`crate::raid`]; both microradians hold for each of the two directions at right angles to the line of
//! sight, one sigma, normal; a bias stays as it is for the whole flight; each scans at its own moment of the second and
//! misses one plot in twenty; an object is seen from the break on until its thrust ends (between stages too: what has
//! burned is hot). Launches go any way: the flights of S0, S3 and S2 ([`Flown`]), drawn as the raid's are. What the
//! sensors measure is reckoned here, apart from the filter's code.

use core::f64::consts::PI;

use physics::geodetic::Geodetic;
use physics::plot::Plot;
use physics::sensor::{Sensor, SensorKind};
use physics::time::Tai;

use crate::random::Random;
use crate::truth::draw::{DrawError, ReportedLaunch, VehicleClass};
use crate::truth::earth::{azimuth_elevation, fixed_of, height_m, local_axes};
use crate::truth::fate::Fate;
use crate::truth::fit::Course;
use crate::truth::vector::{Vector, subtract};
use crate::truth::{Phase, Truth};

/// What flies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flown {
    /// 650 km of range, 155 km of apogee: S0's.
    Short,
    /// 4,600 km of range, 1,000 km of apogee: S3's.
    Far,
    /// 1,000 km of range, 6,000 km of apogee: S2's.
    Lofted,
}

/// One launch and the sensors that see it.
#[derive(Clone, Debug)]
pub struct Sky {
    /// The sensors.
    pub sensors: Vec<Sensor>,
    /// What flies.
    pub truth: Truth,
    /// The instant of second 0.
    pub start: Tai,
    seed: u64,
}

/// What a geostationary sensor sees by: its place, its bias and when in the second it scans.
#[derive(Clone, Debug)]
pub struct Gaze {
    sensor: Sensor,
    position_m: Vector,
    axes: [Vector; 3],
    /// Across and along the vertical plane, rad.
    bias_rad: [f64; 2],
    phase_s: f64,
    random: Random,
}

const SITE: Geodetic = Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 100.0 };
const LONGITUDES_DEG: [f64; 2] = [97.0, 157.0];
const GEOSTATIONARY_M: f64 = 35_786_000.0;
const SIGMA_RAD: f64 = 10e-6;
const BIAS_RAD: f64 = 5e-6;
const DETECTION: f64 = 0.95;
/// Height from which on a boosting object is seen, metres.
const CLOUD_BREAK_M: f64 = 10_000.0;
/// Any instant serves.
const START: Tai = Tai(1_700_000_000_000_000_000);

impl Sky {
    /// IR2.
    pub fn ir2(flown: Flown, seed: u64) -> Result<Sky, DrawError> {
        Sky::draw(flown, &LONGITUDES_DEG, seed)
    }

    /// IR1: the satellite to the west or to the east, by turns.
    pub fn ir1(flown: Flown, seed: u64) -> Result<Sky, DrawError> {
        Sky::draw(flown, &LONGITUDES_DEG[(seed % 2) as usize..][..1], seed)
    }

    fn draw(flown: Flown, longitudes_deg: &[f64], seed: u64) -> Result<Sky, DrawError> {
        let mut random = Random::stream(seed, "infrared");
        let (class, range_m, apogee_m) = match flown {
            Flown::Short => (VehicleClass::Srbm, 650e3, 155e3),
            Flown::Far => (VehicleClass::Irbm, 4_600e3, 1_000e3),
            Flown::Lofted => (VehicleClass::Irbm, 1_000e3, 6_000e3),
        };
        let launch = ReportedLaunch {
            id: "launch".to_owned(),
            class,
            burn_s: None,
            site: SITE,
            site_spread_m: 0.0,
            launch_s: random.between(30.0, 60.0),
            launch_spread_s: 0.0,
            range_m: (0.97 * range_m, 1.03 * range_m),
            apogee_m: (0.97 * apogee_m, 1.03 * apogee_m),
            flight_time_s: (0.0, 7_200.0),
            speed_mps: None,
            course: Course::Azimuth(random.between(0.0, 360.0)),
            course_spread: 0.0,
            fate: Fate::default(),
        };
        let mut truths = Truth::draw(&launch, seed)?;
        let sensors = longitudes_deg.iter().map(|lon_deg| geostationary(*lon_deg)).collect();
        Ok(Sky { sensors, truth: truths.swap_remove(0), start: START, seed })
    }

    /// The scans up to half a minute after the end of the thrust, in the order of time: time since the start in seconds,
    /// and plots.
    pub fn scans(&self) -> Vec<(f64, Vec<Plot>)> {
        let end_s = self.truth.burnout().map_or(0.0, |burnout| burnout.time_s) + 30.0;
        let mut scans = Vec::new();
        for sensor in &self.sensors {
            let mut gaze = Gaze::new(sensor, self.seed);
            for scan in 0..end_s as i64 {
                let time_s = scan as f64 + gaze.phase_s;
                let state = self.truth.state(time_s);
                let seen = state.filter(|(position_m, _, phase)| {
                    *phase == Phase::Boost && height_m(*position_m) > CLOUD_BREAK_M
                });
                let plot = seen
                    .and_then(|(position_m, _, _)| gaze.plot(scan, self.start.plus_s(time_s), position_m));
                scans.push((time_s, plot.into_iter().collect()));
            }
        }
        scans.sort_by(|a: &(f64, Vec<Plot>), b| a.0.total_cmp(&b.0));
        scans
    }
}

impl Gaze {
    /// A sensor with a bias and random numbers that depend on `seed` and its id alone.
    pub fn new(sensor: &Sensor, seed: u64) -> Gaze {
        let mut random = Random::stream(seed, &sensor.id);
        let place = sensor.place();
        Gaze {
            sensor: sensor.clone(),
            position_m: fixed_of(place),
            axes: local_axes(place),
            bias_rad: [BIAS_RAD * random.normal(), BIAS_RAD * random.normal()],
            phase_s: random.unit(),
            random,
        }
    }

    /// The plot of what is at an Earth-fixed place; `None` where it is missed.
    pub fn plot(&mut self, scan: i64, time: Tai, position_m: Vector) -> Option<Plot> {
        let (az_rad, el_rad) = azimuth_elevation(&self.axes, subtract(position_m, self.position_m));
        let sigmas = [self.sensor.sigma_az_rad, self.sensor.sigma_el_rad];
        let [across, up]: [f64; 2] = core::array::from_fn(|axis| {
            self.bias_rad[axis] + sigmas[axis].unwrap_or(0.0) * self.random.normal()
        });
        let seen = self.random.chance(self.sensor.pd);
        // An angle across the line is a larger one of azimuth, the nearer to the point underneath.
        let az_rad = (az_rad + across / libm::cos(el_rad)).rem_euclid(2.0 * PI);
        seen.then(|| Plot {
            time,
            scan,
            sensor_id: self.sensor.id.clone(),
            range_m: None,
            az_rad: if az_rad < 2.0 * PI { az_rad } else { 0.0 },
            el_rad: el_rad + up,
            height_m: None,
            address: None,
            range_rate_mps: None,
            truth_id: None,
        })
    }
}

/// An infrared sensor over the equator, with the numbers of IR2.
pub fn geostationary(lon_deg: f64) -> Sensor {
    Sensor {
        id: format!("geo-{lon_deg:.0}"),
        name: None,
        kind: SensorKind::Infrared,
        lat_deg: 0.0,
        lon_deg,
        alt_m: GEOSTATIONARY_M,
        sigma_range_m: None,
        sigma_az_rad: Some(SIGMA_RAD),
        sigma_el_rad: Some(SIGMA_RAD),
        sigma_range_rate_mps: None,
        sigma_height_m: None,
        pd: DETECTION,
        rate_hz: 1.0,
        clutter_mean_per_scan: 0.0,
        volume: None,
        slow_fraction: None,
        slow_time_s: None,
        sac: None,
        sic: None,
        notional: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launch_is_seen_from_the_clouds_to_the_end_of_its_thrust_by_both() {
        let sky = Sky::ir2(Flown::Short, 3).unwrap();
        let (launch_s, burnt_s) = (sky.truth.launch().unwrap().time_s, sky.truth.burnout().unwrap().time_s);
        for sensor in &sky.sensors {
            let seen: Vec<f64> = sky
                .scans()
                .into_iter()
                .filter(|(_, plots)| plots.iter().any(|plot| plot.sensor_id == sensor.id))
                .map(|(time_s, _)| time_s)
                .collect();
            let (first_s, last_s) = (seen[0], seen[seen.len() - 1]);
            let (position_m, ..) = sky.truth.state(first_s).unwrap();
            assert!(height_m(position_m) > 10_000.0 && height_m(position_m) < 12_500.0);
            assert!(first_s > launch_s + 15.0 && last_s <= burnt_s && last_s > burnt_s - 4.0);
        }
    }

    #[test]
    fn errors_and_biases_are_as_large_as_defined() {
        let place_m = fixed_of(Geodetic { alt_m: 20_000.0, ..SITE });
        let (mut mean_squares, mut squares, mut count) = (0.0, 0.0, 0.0);
        for seed in 0..400 {
            let mut gaze = Gaze { random: Random::new(seed), ..Gaze::new(&geostationary(97.0), seed) };
            let (_, el_rad) = azimuth_elevation(&gaze.axes, subtract(place_m, gaze.position_m));
            let errors: Vec<f64> = (0..100)
                .filter_map(|scan| gaze.plot(scan, Tai(0), place_m))
                .map(|plot| plot.el_rad - el_rad)
                .collect();
            let mean = errors.iter().sum::<f64>() / errors.len() as f64;
            mean_squares += mean * mean;
            squares += errors.iter().map(|error| (error - mean) * (error - mean)).sum::<f64>();
            count += errors.len() as f64 - 1.0;
        }
        // 400 biases of 5 µrad, with a hundredth of (10 µrad)² from the mean of the plots: six standard errors.
        let bias2: f64 = mean_squares / 400.0 * 1e12;
        assert!((bias2 - 26.05).abs() < 6.0 * 26.05 * (2.0_f64 / 400.0).sqrt(), "{bias2}");
        let own2: f64 = squares / count * 1e12;
        assert!((own2 - 100.0).abs() < 6.0 * 100.0 * (2.0_f64 / count).sqrt(), "{own2}");
    }
}
