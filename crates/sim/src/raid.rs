//! The measured scenarios S0, S0c, R100 and R1000, which say what a tracking figure means.
//!
//! S0: 650 km of range, 155 km of apogee; one radar 300 km down range and 100 km off the plane; 20 m, 1 mrad, 1 mrad,
//! no range rate, no bias; 1 Hz, independent detections of probability 0.9; azimuth ±60°, elevation 3 to 80°, 50 to
//! 3,000 km; an object is seen after its burn-out only; no clutter. S0c: 20 false plots a scan. R100: S0c with 10 sites
//! at most 2 km apart and 100 launches in 60 s; R1000 likewise.
//!
//! How the rest is read here: launches go due east from 40° N 127° E; the radar stands to the right of the plane and its
//! boresight points 45° up range of the plane's normal, so that the sector holds a flight from the pad to about 330 km
//! down range. There is one radar, in a raid too, and its 20 false plots a scan don't grow with the raid. Sites lie
//! anywhere in a square of 1.4 km; launch times are uniform. Each launch is a draw of its own
//! ([`crate::truth::draw`], `srbm`); in a raid range is drawn ± 5 km, apogee ± 3 km, azimuth ± 0.5°.

use physics::geodetic::Geodetic;
use physics::plot::Plot;
use physics::sensor::{Sensor, SensorKind, Volume};
use physics::time::Tai;

use crate::random::Random;
use crate::sensing::Watch;
use crate::truth::draw::{DrawError, ReportedLaunch, VehicleClass};
use crate::truth::earth::{fixed_of, local_axes, place_of};
use crate::truth::fit::Course;
use crate::truth::vector::{add_scaled, scale, unit};
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
    seed: u64,
}

/// How large, and how noisy.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Size {
    sites: u32,
    launches: u32,
    within_s: f64,
    clutter_mean_per_scan: f64,
}

const CENTRE: Geodetic = Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 100.0 };
/// Half the side of the square that holds the sites: no two are more than 2 km apart.
const SITES_HALF_M: f64 = 700.0;
const CLUTTER_MEAN_PER_SCAN: f64 = 20.0;

impl Raid {
    /// S0: one launch, no clutter.
    pub fn s0(seed: u64) -> Result<Raid, DrawError> {
        Raid::draw(Size { sites: 1, launches: 1, within_s: 0.0, clutter_mean_per_scan: 0.0 }, seed)
    }

    /// S0c: one launch among 20 false plots a scan.
    pub fn s0c(seed: u64) -> Result<Raid, DrawError> {
        let clutter_mean_per_scan = CLUTTER_MEAN_PER_SCAN;
        Raid::draw(Size { sites: 1, launches: 1, within_s: 0.0, clutter_mean_per_scan }, seed)
    }

    /// R100: 100 launches from 10 sites in 60 s.
    pub fn r100(seed: u64) -> Result<Raid, DrawError> {
        let clutter_mean_per_scan = CLUTTER_MEAN_PER_SCAN;
        Raid::draw(Size { sites: 10, launches: 100, within_s: 60.0, clutter_mean_per_scan }, seed)
    }

    /// R1000: 1,000 launches from 10 sites in 60 s.
    pub fn r1000(seed: u64) -> Result<Raid, DrawError> {
        let clutter_mean_per_scan = CLUTTER_MEAN_PER_SCAN;
        Raid::draw(Size { sites: 10, launches: 1_000, within_s: 60.0, clutter_mean_per_scan }, seed)
    }

    fn draw(size: Size, seed: u64) -> Result<Raid, DrawError> {
        let mut random = Random::stream(seed, "raid");
        let sites: Vec<Geodetic> = (0..size.sites)
            .map(|_| match size.sites {
                1 => CENTRE,
                _ => moved(CENTRE, random.between(-1.0, 1.0), random.between(-1.0, 1.0), SITES_HALF_M),
            })
            .collect();
        // One launch is S0 itself; a raid scatters.
        let scatter = if size.launches == 1 { 0.0 } else { 1.0 };
        let mut truths = Vec::new();
        for index in 0..size.launches {
            let site = sites[index as usize % sites.len()];
            truths
                .push(Truth::draw(&launch(index, site, random.between(0.0, size.within_s), scatter), seed)?);
        }
        let impacts = truths.iter().filter_map(|truth| truth.impact()).map(|impact| impact.time_s);
        let end_s = impacts.fold(0.0, f64::max);
        // Any instant serves: nothing here depends on the date.
        Ok(Raid {
            sensor: radar(size.clutter_mean_per_scan),
            truths,
            start: Tai(1_700_000_000_000_000_000),
            end_s,
            seed,
        })
    }

    /// The radar's scans, one a second from second 0 until the last object has come down: time since the start in
    /// seconds, and plots.
    pub fn scans(&self) -> impl Iterator<Item = (f64, Vec<Plot>)> + '_ {
        let mut watch = Watch::new(&self.sensor, self.seed);
        (0..=libm::ceil(self.end_s) as i64).map(move |scan| {
            let time_s = scan as f64 / self.sensor.rate_hz;
            let coasting = self
                .truths
                .iter()
                .filter(|truth| truth.state(time_s).is_some_and(|(_, _, phase)| phase != Phase::Boost));
            (time_s, watch.scan(scan, time_s, self.start, coasting))
        })
    }
}

fn launch(index: u32, site: Geodetic, launch_s: f64, scatter: f64) -> ReportedLaunch {
    ReportedLaunch {
        id: format!("raid-{index:03}"),
        class: VehicleClass::Srbm,
        site,
        site_spread_m: 0.0,
        launch_s,
        launch_spread_s: 0.0,
        range_m: (650e3 - 5e3 * scatter, 650e3 + 5e3 * scatter),
        apogee_m: (155e3 - 3e3 * scatter, 155e3 + 3e3 * scatter),
        flight_time_s: (0.0, 7_200.0),
        course: Course::Azimuth(90.0),
        course_spread: 0.5 * scatter,
    }
}

fn radar(clutter_mean_per_scan: f64) -> Sensor {
    let place = moved(CENTRE, 3.0, -1.0, 100e3);
    Sensor {
        id: "s0-radar".to_owned(),
        name: None,
        kind: SensorKind::Radar,
        lat_deg: place.lat_deg,
        lon_deg: place.lon_deg,
        alt_m: 0.0,
        sigma_range_m: Some(20.0),
        sigma_az_rad: Some(1e-3),
        sigma_el_rad: Some(1e-3),
        sigma_height_m: None,
        sigma_range_rate_mps: None,
        pd: 0.9,
        rate_hz: 1.0,
        clutter_mean_per_scan,
        volume: Some(Volume {
            range_m: [50e3, 3_000e3],
            // Boresight 315°: the normal to a plane that runs east is north.
            az_rad: [255.0_f64.to_radians(), 15.0_f64.to_radians()],
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
}
