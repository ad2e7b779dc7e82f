//! The measured scenarios, which say what a tracking figure means.
//!
//! S0: 650 km of range, 155 km of apogee; one radar 300 km down range and 100 km off the plane; 20 m, 1 mrad, 1 mrad,
//! no range rate, no bias; 1 Hz, independent detections of probability 0.9; azimuth ±60°, elevation 3 to 80°, 50 to
//! 3,000 km; an object is seen after its burn-out only; no clutter. S0c: 20 false plots a scan. S1: 0.3 mrad and a range
//! rate of 5 m/s. S2: lofted, 1,000 km of range and 6,000 km of apogee. S3: 4,600 km of range, 1,000 km of apogee. R100:
//! S0c with 10 sites at most 2 km apart and 100 launches in 60 s; R1000 likewise. S0h: no object, and false plots so
//! dense that a confirmation gate holds 0.05 of them.
//!
//! How the rest is read here: launches go due east from 40° N 127° E; the radar stands to the right of the plane and its
//! boresight points 45° up range of the plane's normal, so that the sector holds a flight from the pad to about 330 km
//! down range. There is one radar, in a raid too, and its 20 false plots a scan don't grow with the raid. Sites lie
//! anywhere in a square of 1.4 km; launch times are uniform. Each launch is a draw of its own
//! ([`crate::truth::draw`], `srbm`; `irbm` in S2 and S3); in a raid range is drawn ± 5 km, apogee ± 3 km, azimuth ± 0.5°.
//! In S2 and S3 the radar of S0 stands as large a part of the range down range as in S0. [`Seen`] says from when on: S0's burn-out is at some 35 km,
//! where drag still takes metres a second each second; where the coasting filter's own accuracy is asked for, an object
//! is seen from 80 km on.
//!
//! S4: an arc of 480 to 620 km up to 95 to 105 km, then a pull-up and a glide ([`crate::truth::glide`]) that ends 650 to
//! 1,000 km from the pad and was lowest, before it went on level, between 25 and 45 km; what is drawn otherwise is drawn
//! again. Its pull-up starts 400 to 550 km down range, so the radar stands 530 km down range, 100 km off the plane, and
//! its boresight points 15° up range of the normal: the sector holds the plane from 160 to 630 km down range, and the
//! pull-up starts 100 to 165 km from the radar, some 20° above its horizon. Else it is S0's.
//!
//! Boost areas are asked for before the radars of S0 to S3 see anything: [`Raid::from_the_side`] stands the same radar
//! 100 km to the right of the pad instead, looking at it, so that it sees a launch from some 6 km of height on.
//!
//! A confirmation gate (S0h) is the ellipsoid that holds 99.9 % of third plots, a second after the second and two after
//! the first, on a straight line through these: 6 σ² in each measure. There are 20 false plots a scan, as in S0c, in the
//! part of the volume around the middle of S0 that makes them as dense as asked.

use core::f64::consts::PI;

use physics::geodetic::Geodetic;
use physics::plot::Plot;
use physics::sensor::{Sensor, SensorKind, Volume};
use physics::time::Tai;

use crate::descent::Descent;
use crate::random::Random;
use crate::sensing::Watch;
use crate::truth::draw::{DrawError, ReportedLaunch, VehicleClass};
use crate::truth::earth::{fixed_of, height_m, local_axes, place_of};
use crate::truth::fate::Fate;
use crate::truth::fit::Course;
use crate::truth::glide::{Glide, Glided};
use crate::truth::vector::{Vector, add_scaled, dot, scale, unit};
use crate::truth::{Phase, Truth};

/// One of the measured scenarios, drawn by a seed.
#[derive(Clone, Debug)]
pub struct Raid {
    /// The radar.
    pub sensor: Sensor,
    /// What flies; ids are `raid-000` and so on.
    pub truths: Vec<Truth>,
    /// The instant of second 0.
    pub start: Tai,
    /// When the last one has come down, seconds.
    pub end_s: f64,
    seen: Seen,
    seed: u64,
}

/// From when on an object gives plots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// From the pad on, under thrust.
    FromLaunch,
    /// From its burn-out on.
    FromBurnout,
    /// From 80 km on after its burn-out: above the air.
    AboveAir,
}

/// What flies, and how it is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Setting {
    sites: u32,
    launches: u32,
    within_s: f64,
    class: VehicleClass,
    range_m: f64,
    apogee_m: f64,
    clutter_mean_per_scan: f64,
    sigma_angle_rad: f64,
    sigma_range_rate_mps: Option<f64>,
}

const S0: Setting = Setting {
    sites: 1,
    launches: 1,
    within_s: 0.0,
    class: VehicleClass::Srbm,
    range_m: 650e3,
    apogee_m: 155e3,
    clutter_mean_per_scan: 0.0,
    sigma_angle_rad: 1e-3,
    sigma_range_rate_mps: None,
};

const CENTRE: Geodetic = Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 100.0 };
/// Half the side of the square that holds the sites: no two are more than 2 km apart.
const SITES_HALF_M: f64 = 700.0;
const CLUTTER_MEAN_PER_SCAN: f64 = 20.0;
/// Height from which [`Seen::AboveAir`] sees, metres: drag is below 0.01 m/s² there.
const ABOVE_AIR_M: f64 = 80e3;
/// False plots in a confirmation gate of S0h.
const FALSE_PER_GATE: f64 = 0.05;
/// Squared distance that 99.9 % of right plots stay within, three degrees of freedom. Abramowitz & Stegun, table 26.8.
const GATE: f64 = 16.27;

impl Raid {
    /// S0: one launch, no clutter.
    pub fn s0(seed: u64) -> Result<Raid, DrawError> {
        Raid::draw(S0, seed)
    }

    /// S0c: one launch among 20 false plots a scan.
    pub fn s0c(seed: u64) -> Result<Raid, DrawError> {
        Raid::draw(Setting { clutter_mean_per_scan: CLUTTER_MEAN_PER_SCAN, ..S0 }, seed)
    }

    /// S1: S0 with a finer radar that measures range rate.
    pub fn s1(seed: u64) -> Result<Raid, DrawError> {
        Raid::draw(Setting { sigma_angle_rad: 0.3e-3, sigma_range_rate_mps: Some(5.0), ..S0 }, seed)
    }

    /// S2: lofted.
    pub fn s2(seed: u64) -> Result<Raid, DrawError> {
        let class = VehicleClass::Irbm;
        Raid::draw(Setting { class, range_m: 1_000e3, apogee_m: 6_000e3, ..S0 }, seed)
    }

    /// S3: far.
    pub fn s3(seed: u64) -> Result<Raid, DrawError> {
        let class = VehicleClass::Irbm;
        Raid::draw(Setting { class, range_m: 4_600e3, apogee_m: 1_000e3, ..S0 }, seed)
    }

    /// S4: a glide with a pull-up. Gives the raid and what was flown.
    pub fn s4_glided(seed: u64) -> Result<(Raid, Glided), DrawError> {
        let mut random = Random::stream(seed, "glide");
        loop {
            let range_m = random.between(480e3, 620e3);
            let apogee_m = random.between(95e3, 105e3);
            let raid = Raid::draw(Setting { range_m, apogee_m, ..S0 }, random.bits())?;
            for _ in 0..GLIDES_MAX {
                let glided = raid.truths.first().and_then(|truth| Glide::draw(&mut random).fly(truth));
                let Some(glided) = glided.filter(is_s4) else { continue };
                let end_s = glided.truth.impact().map_or(0.0, |impact| impact.time_s);
                let sensor = radar_at([530e3, -100e3], 345.0, &S0);
                let truths = vec![glided.truth.clone()];
                return Ok((Raid { sensor, truths, end_s, seed, ..raid }, glided));
            }
        }
    }

    /// S4 alone.
    pub fn s4(seed: u64) -> Result<Raid, DrawError> {
        Raid::s4_glided(seed).map(|(raid, _)| raid)
    }

    /// R100: 100 launches from 10 sites in 60 s.
    pub fn r100(seed: u64) -> Result<Raid, DrawError> {
        Raid::of(100, seed)
    }

    /// R1000: 1,000 launches from 10 sites in 60 s.
    pub fn r1000(seed: u64) -> Result<Raid, DrawError> {
        Raid::of(1_000, seed)
    }

    /// R100 with another number of launches, at least two.
    pub fn of(launches: u32, seed: u64) -> Result<Raid, DrawError> {
        let clutter_mean_per_scan = CLUTTER_MEAN_PER_SCAN;
        Raid::draw(Setting { sites: 10, launches, within_s: 60.0, clutter_mean_per_scan, ..S0 }, seed)
    }

    /// S0h: `hours` of false plots alone.
    pub fn s0h(hours: f64, seed: u64) -> Raid {
        let mut sensor = radar(&Setting { clutter_mean_per_scan: CLUTTER_MEAN_PER_SCAN, ..S0 });
        sensor.volume = Some(dense_volume());
        Raid {
            sensor,
            truths: Vec::new(),
            start: START,
            end_s: hours * 3_600.0,
            seen: Seen::FromBurnout,
            seed,
        }
    }

    /// The same, seen from elsewhere on.
    pub fn seen(self, seen: Seen) -> Raid {
        Raid { seen, ..self }
    }

    /// S0 as it comes down in air that nobody foretold, before the radar of S4 at 620 km down range.
    pub fn s0_falling(seed: u64) -> Result<Raid, DrawError> {
        let raid = Raid::s0(seed)?;
        let descent = Descent::draw(seed);
        let truths: Vec<Truth> = raid.truths.iter().filter_map(|truth| descent.flown(truth)).collect();
        let ends = truths.iter().filter_map(|truth| truth.impact()).map(|impact| impact.time_s);
        let end_s = ends.fold(0.0, f64::max);
        Ok(Raid { sensor: radar_at([620e3, -100e3], 345.0, &S0), truths, end_s, ..raid })
    }

    /// A launch to a circular orbit 500 km high, whose second stage comes down 3,000 km away.
    pub fn to_orbit(seed: u64) -> Result<Raid, DrawError> {
        let setting = Setting { class: VehicleClass::Slv, range_m: 3_000e3, apogee_m: 500e3, ..S0 };
        let fate = Fate { orbit_until_s: Some(3_000.0), ..Fate::default() };
        let truths = Truth::draw(&ReportedLaunch { fate, ..launch(0, CENTRE, 0.0, &setting) }, seed)?;
        Ok(Raid { sensor: radar(&setting), truths, start: START, end_s: 600.0, seen: Seen::FromLaunch, seed })
    }

    /// The same, seen from launch on by a radar 100 km to the right of the pad.
    pub fn from_the_side(self) -> Raid {
        let mut sensor = radar_at([20e3, -100e3], 0.0, &S0);
        sensor.sigma_range_rate_mps = self.sensor.sigma_range_rate_mps;
        (sensor.sigma_az_rad, sensor.sigma_el_rad) = (self.sensor.sigma_az_rad, self.sensor.sigma_el_rad);
        Raid { sensor, seen: Seen::FromLaunch, ..self }
    }

    fn draw(setting: Setting, seed: u64) -> Result<Raid, DrawError> {
        let mut random = Random::stream(seed, "raid");
        let sites: Vec<Geodetic> = (0..setting.sites)
            .map(|_| match setting.sites {
                1 => CENTRE,
                _ => moved(CENTRE, random.between(-1.0, 1.0), random.between(-1.0, 1.0), SITES_HALF_M),
            })
            .collect();
        let mut truths = Vec::new();
        for index in 0..setting.launches {
            let site = sites[index as usize % sites.len()];
            let launch_s = random.between(0.0, setting.within_s);
            truths.extend(Truth::draw(&launch(index, site, launch_s, &setting), seed)?);
        }
        let impacts = truths.iter().filter_map(|truth| truth.impact()).map(|impact| impact.time_s);
        let end_s = impacts.fold(0.0, f64::max);
        Ok(Raid { sensor: radar(&setting), truths, start: START, end_s, seen: Seen::FromBurnout, seed })
    }

    /// The radar's scans, one a second from second 0 until the last object has come down: time since the start in
    /// seconds, and plots.
    pub fn scans(&self) -> impl Iterator<Item = (f64, Vec<Plot>)> + '_ {
        let mut watch = Watch::new(&self.sensor, self.seed);
        (0..=libm::ceil(self.end_s) as i64).map(move |scan| {
            let time_s = scan as f64 / self.sensor.rate_hz;
            let shown = self.truths.iter().filter(|truth| self.shows(truth, time_s));
            (time_s, watch.scan(scan, time_s, self.start, shown))
        })
    }

    /// Which of the objects the radar covers at `time_s`, where each is (Earth-fixed, metres) and its velocity (m/s).
    pub fn covered(&self, time_s: f64) -> Vec<(usize, Vector, Vector)> {
        let watch = Watch::new(&self.sensor, self.seed);
        let shown = self.truths.iter().enumerate().filter(|(_, truth)| self.shows(truth, time_s));
        shown
            .filter_map(|(index, truth)| {
                truth.state(time_s).map(|(position, velocity, _)| (index, position, velocity))
            })
            .filter(|&(_, position_m, velocity_mps)| watch.sees(&watch.sight(position_m, velocity_mps)))
            .collect()
    }

    fn shows(&self, truth: &Truth, time_s: f64) -> bool {
        let Some((position_m, velocity_mps, phase)) = truth.state(time_s) else { return false };
        match self.seen {
            Seen::FromLaunch => true,
            Seen::FromBurnout => phase != Phase::Boost,
            // On the way down it is above the air no longer; who asks for this asks for the way up.
            Seen::AboveAir => {
                phase != Phase::Boost
                    && (height_m(position_m) > ABOVE_AIR_M || dot(position_m, velocity_mps) < 0.0)
            }
        }
    }
}

/// Any instant serves: nothing here depends on the date.
const START: Tai = Tai(1_700_000_000_000_000_000);

fn launch(index: u32, site: Geodetic, launch_s: f64, setting: &Setting) -> ReportedLaunch {
    // One launch is the scenario's own; a raid scatters.
    let scatter = if setting.launches == 1 { 0.0 } else { 1.0 };
    ReportedLaunch {
        id: format!("raid-{index:03}"),
        class: setting.class,
        burn_s: None,
        site,
        site_spread_m: 0.0,
        launch_s,
        launch_spread_s: 0.0,
        range_m: (setting.range_m - 5e3 * scatter, setting.range_m + 5e3 * scatter),
        apogee_m: (setting.apogee_m - 3e3 * scatter, setting.apogee_m + 3e3 * scatter),
        flight_time_s: (0.0, 7_200.0),
        speed_mps: None,
        course: Course::Azimuth(90.0),
        course_spread: 0.5 * scatter,
        fate: Fate::default(),
    }
}

/// A part of S0's volume, around 330 km, azimuth 315°, elevation 22°, in which [`CLUTTER_MEAN_PER_SCAN`] false plots are
/// as dense as S0h asks. Elevation is drawn even in its sine: so is its width here.
fn dense_volume() -> Volume {
    let sigmas = 20.0 * S0.sigma_angle_rad * S0.sigma_angle_rad;
    let gate = 4.0 / 3.0 * PI * libm::pow(GATE, 1.5) * libm::pow(6.0, 1.5) * sigmas;
    let volume = gate * CLUTTER_MEAN_PER_SCAN / FALSE_PER_GATE;
    // A box as wide as it is high and, at 330 km, half as deep.
    let (range_m, middle_el_rad) = (330e3, 22.0_f64.to_radians());
    let angle_rad = libm::cbrt(volume / (0.5 * range_m));
    let depth_m = volume / (angle_rad * angle_rad);
    Volume {
        range_m: [range_m - 0.5 * depth_m, range_m + 0.5 * depth_m],
        az_rad: [315.0_f64.to_radians() - 0.5 * angle_rad, 315.0_f64.to_radians() + 0.5 * angle_rad],
        el_rad: [middle_el_rad - 0.5 * angle_rad, middle_el_rad + 0.5 * angle_rad],
    }
}

/// Draws of a glide from one arc.
const GLIDES_MAX: u32 = 60;

/// Whether a glide is as S4 asks.
fn is_s4(glided: &Glided) -> bool {
    let range_m = glided.truth.range_m().unwrap_or(0.0);
    (650e3..=1_000e3).contains(&range_m) && (25e3..=45e3).contains(&glided.lowest_m)
}

fn radar(setting: &Setting) -> Sensor {
    radar_at([300e3 * setting.range_m / S0.range_m, -100e3], 315.0, setting)
}

/// The radar at metres to the east and north of the pad, with its boresight there.
fn radar_at([east_m, north_m]: [f64; 2], boresight_deg: f64, setting: &Setting) -> Sensor {
    let place = moved(CENTRE, east_m / 100e3, north_m / 100e3, 100e3);
    let turned = |by_deg: f64| (boresight_deg + by_deg).rem_euclid(360.0).to_radians();
    Sensor {
        id: "s0-radar".to_owned(),
        name: None,
        kind: SensorKind::Radar,
        lat_deg: place.lat_deg,
        lon_deg: place.lon_deg,
        alt_m: 0.0,
        sigma_range_m: Some(20.0),
        sigma_az_rad: Some(setting.sigma_angle_rad),
        sigma_el_rad: Some(setting.sigma_angle_rad),
        sigma_range_rate_mps: setting.sigma_range_rate_mps,
        sigma_height_m: None,
        pd: 0.9,
        rate_hz: 1.0,
        clutter_mean_per_scan: setting.clutter_mean_per_scan,
        volume: Some(Volume {
            range_m: [50e3, 3_000e3],
            // The normal to a plane that runs east is north; S0's boresight is 315°.
            az_rad: [turned(-60.0), turned(60.0)],
            el_rad: [3.0_f64.to_radians(), 80.0_f64.to_radians()],
        }),
        slow_fraction: Some(0.0),
        slow_time_s: None,
        sac: None,
        sic: None,
        notional: true,
    }
}

/// The place at `east` and `north` units of `unit_m` from `place`, along the curve of the Earth, at the same height.
fn moved(place: Geodetic, east: f64, north: f64, unit_m: f64) -> Geodetic {
    let axes = local_axes(place);
    let away = add_scaled(scale(axes[0], east * unit_m), axes[1], north * unit_m);
    let distance_m = libm::hypot(east, north) * unit_m;
    let centre = fixed_of(place);
    let radius_m = libm::sqrt(centre.iter().map(|part| part * part).sum());
    // The tangent of the angle at the Earth's centre instead of the angle.
    let along = scale(unit(away), radius_m * libm::tan(distance_m / radius_m));
    Geodetic { alt_m: place.alt_m, ..place_of(add_scaled(centre, along, 1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truth::earth::distance_m;

    #[test]
    fn s0_flies_and_is_seen_as_defined() {
        let raid = Raid::s0(1).unwrap();
        let truth = &raid.truths[0];
        assert!((truth.range_m().unwrap() - 650e3).abs() < 500.0);
        assert!((truth.apogee().unwrap().place.alt_m - 155e3).abs() < 300.0);
        let place = raid.sensor.place();
        assert!((distance_m(CENTRE, place) - 316.2e3).abs() < 1.5e3, "{}", distance_m(CENTRE, place));
        let seen: Vec<f64> =
            raid.scans().filter(|(_, plots)| !plots.is_empty()).map(|(time_s, _)| time_s).collect();
        let burnout_s = truth.burnout().unwrap().time_s;
        assert!(seen[0] >= burnout_s && seen[0] < burnout_s + 10.0, "{burnout_s} {seen:?}");
        // Figures are asked for at 120 s of track.
        assert!(seen[seen.len() - 1] > seen[0] + 125.0, "{seen:?}");
    }

    #[test]
    fn r100_is_as_large_as_defined() {
        let raid = Raid::r100(2).unwrap();
        assert_eq!(raid.truths.len(), 100);
        let launches: Vec<_> = raid.truths.iter().map(|truth| truth.launch().unwrap()).collect();
        assert!(launches.iter().all(|launch| (0.0..=60.0).contains(&launch.time_s)));
        let apart_m = launches
            .iter()
            .flat_map(|a| launches.iter().map(|b| distance_m(a.place, b.place)))
            .fold(0.0, f64::max);
        assert!(apart_m > 500.0 && apart_m <= 2_000.0, "{apart_m}");
        let (mut true_plots, mut false_plots, mut scans) = (0, 0, 0);
        for (_, plots) in raid.scans() {
            scans += 1;
            let seen = plots.iter().filter(|plot| plot.truth_id.is_some()).count();
            true_plots += seen;
            false_plots += plots.len() - seen;
        }
        let mean = false_plots as f64 / f64::from(scans);
        assert!((mean - 20.0).abs() < 6.0 * (20.0 / f64::from(scans)).sqrt());
        assert!(true_plots > 100 * 100, "{true_plots}");
    }

    #[test]
    fn the_far_and_the_lofted_one_fly_as_defined_and_are_seen_for_two_minutes() {
        for (raid, range_m, apogee_m) in
            [(Raid::s2(1).unwrap(), 1_000e3, 6_000e3), (Raid::s3(1).unwrap(), 4_600e3, 1_000e3)]
        {
            let truth = &raid.truths[0];
            assert!((truth.range_m().unwrap() - range_m).abs() < 500.0, "{:?}", truth.range_m());
            assert!((truth.apogee().unwrap().place.alt_m - apogee_m).abs() < 500.0);
            let covered = (0..7_200).filter(|second| !raid.covered(f64::from(*second)).is_empty()).count();
            assert!(covered > 120, "{range_m} {covered}");
        }
    }

    #[test]
    fn a_glide_pulls_up_in_view() {
        for seed in 1..6 {
            let (raid, glided) = Raid::s4_glided(seed).unwrap();
            assert!((glided.truth.apogee().unwrap().place.alt_m - 100e3).abs() < 6e3);
            for second in -20..20 {
                let time_s = glided.pull_up_s + f64::from(second);
                assert_eq!(raid.covered(time_s).len(), 1, "seed {seed}: {second} s from the pull-up");
            }
        }
    }

    #[test]
    fn false_plots_are_as_dense_as_the_hard_case_asks() {
        // The share of the volume that one gate fills, by throwing darts: 4 half-axes of sqrt(16.27 * 6) sigmas.
        let raid = Raid::s0h(0.5, 3);
        let volume = raid.sensor.volume.unwrap();
        let half = (16.27_f64 * 6.0).sqrt();
        let middle = [volume.range_m, volume.az_rad, volume.el_rad].map(|[from, to]| 0.5 * (from + to));
        let (mut inside, mut scans) = (0, 0);
        for (_, plots) in raid.scans() {
            scans += 1;
            inside += plots
                .iter()
                .filter(|plot| {
                    let away = [
                        (plot.range_m.unwrap() - middle[0]) / (20.0 * half),
                        (plot.az_rad - middle[1]) / (1e-3 * half),
                        (plot.el_rad - middle[2]) / (1e-3 * half),
                    ];
                    away.iter().map(|part| part * part).sum::<f64>() < 1.0
                })
                .count();
        }
        let (mean, expected) = (inside as f64 / f64::from(scans), 0.05);
        assert!((mean - expected).abs() < 6.0 * (expected / f64::from(scans)).sqrt(), "{mean}");
    }
}
