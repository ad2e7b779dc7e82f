//! Starts where it is hard: many objects close together, and false plots close together.

mod common;

use nalgebra::Vector3;
use physics::frames::Site;
use physics::integrate;
use physics::measure;
use physics::motion::{self, State};
use physics::plot::Plot;
use physics::sensor::{Sensor, SensorKind, Volume};
use physics::time::Tai;
use picture::{Picture, Settings};
use statement::TrackStatus;

use common::Random;

const START: Tai = Tai(1_700_000_000_000_000_000);
const SIGMAS: [f64; 3] = [20.0, 1e-3, 1e-3];

/// 20 false plots a scan in this are so dense that the gate of a third plot holds 0.05 of them.
const SMALL: Volume = Volume { range_m: [325e3, 335e3], az_rad: [5.47, 5.527], el_rad: [0.356, 0.413] };

fn radar(volume: Option<Volume>) -> Sensor {
    Sensor {
        id: "A".to_owned(),
        name: None,
        kind: SensorKind::Radar,
        lat_deg: 39.0,
        lon_deg: 130.0,
        alt_m: 0.0,
        sigma_range_m: Some(SIGMAS[0]),
        sigma_az_rad: Some(SIGMAS[1]),
        sigma_el_rad: Some(SIGMAS[2]),
        sigma_height_m: None,
        sigma_range_rate_mps: None,
        pd: 0.9,
        rate_hz: 1.0,
        clutter_mean_per_scan: 20.0,
        volume,
        slow_fraction: Some(0.0),
        slow_time_s: None,
        sac: None,
        sic: None,
        notional: true,
    }
}

impl Random {
    fn within(&mut self, [from, to]: [f64; 2]) -> f64 {
        from + (to - from) * self.next()
    }

    fn false_plots(&mut self, scan: u32, volume: &Volume) -> Vec<Plot> {
        let mut one = || [volume.range_m, volume.az_rad, volume.el_rad].map(|span| self.within(span));
        (0..20).map(|_| plot(scan, one())).collect()
    }

    /// A plot of what is at an Earth-fixed place (m).
    fn plot_of(&mut self, scan: u32, site: &Site, place_m: Vector3<f64>) -> Plot {
        let seen = measure::sight(site, place_m).unwrap().measured;
        plot(scan, [0, 1, 2].map(|axis| seen[axis] + SIGMAS[axis] * self.normal()))
    }
}

fn plot(scan: u32, measured: [f64; 3]) -> Plot {
    Plot {
        time: at(scan),
        scan: i64::from(scan),
        sensor_id: "A".to_owned(),
        range_m: Some(measured[0]),
        az_rad: measured[1].rem_euclid(core::f64::consts::TAU),
        el_rad: measured[2],
        height_m: None,
        address: None,
        range_rate_mps: None,
        truth_id: None,
    }
}

fn at(scan: u32) -> Tai {
    START.plus_s(f64::from(scan))
}

fn place_after(state: &State, dt_s: f64) -> Vector3<f64> {
    motion::position(&integrate::coast(state, dt_s))
}

/// Up and along the horizon at a place.
fn up_and_along(place_m: Vector3<f64>) -> (Vector3<f64>, Vector3<f64>) {
    let up = place_m.normalize();
    (up, up.cross(&Vector3::z()).normalize())
}

/// One object every 0.6 s, from one place ± 700 m, at 2.2 km/s ± 100 m/s: each is 1.3 km behind the last, and an angle's
/// sigma is 300 m.
#[test]
fn each_object_of_a_dense_stream_has_one_track() {
    let site = Site::at(radar(None).place());
    let mut random = Random(7);
    let from = measure::locate(&site, 300e3, 5.4, 0.25).vector();
    let (up, along) = up_and_along(from);
    let objects: Vec<(f64, State)> = (0..60)
        .map(|index| {
            let scatter = Vector3::from_fn(|_, _| random.next() - 0.5) * 1_400.0;
            let velocity = up * 1_500.0 - along * 1_600.0 + Vector3::from_fn(|_, _| random.normal()) * 100.0;
            (0.6 * f64::from(index) + random.next(), motion::state(from + scatter, velocity))
        })
        .collect();
    let mut picture = Picture::new(vec![radar(None)], Settings::default());
    let (mut covered, mut held) = (0, 0);
    for scan in 0..120 {
        let time_s = f64::from(scan);
        let flying = objects.iter().filter(|(since_s, _)| *since_s <= time_s);
        let places: Vec<Vector3<f64>> =
            flying.map(|(since_s, state)| place_after(state, time_s - since_s)).collect();
        let mut plots = Vec::new();
        for place in &places {
            if random.next() < 0.9 {
                plots.push(random.plot_of(scan, &site, *place));
            }
        }
        picture.observe(at(scan), &plots);
        picture.advance(at(scan));
        let there: Vec<Vector3<f64>> = picture
            .tracks()
            .iter()
            .map(|track| place_after(&State::from(track.state), at(scan).since_s(track.time)))
            .collect();
        covered += places.len();
        held += places
            .iter()
            .filter(|place| there.iter().any(|track_m| (track_m - **place).norm() < 1_000.0))
            .count();
    }
    let tracks = picture.tracks();
    let firm = tracks.iter().filter(|track| track.status == TrackStatus::Firm).count();
    println!("{held} of {covered} held, {firm} firm of {} tracks", tracks.len());
    assert!(held as f64 > 0.93 * f64::from(covered as u32), "{held} of {covered}");
    assert!((58..=61).contains(&firm) && tracks.len() <= 70, "{firm} firm of {}", tracks.len());
}

/// Ten minutes.
#[test]
fn dense_false_plots_make_no_track() {
    let mut picture = Picture::new(vec![radar(Some(SMALL))], Settings::default());
    let mut random = Random(1);
    for scan in 0..600 {
        picture.observe(at(scan), &random.false_plots(scan, &SMALL));
        picture.advance(at(scan));
        assert!(picture.tracks().is_empty(), "a track of false plots in scan {scan}");
    }
}

#[test]
fn an_object_among_dense_false_plots_is_found() {
    let site = Site::at(radar(None).place());
    let mut random = Random(3);
    let from = measure::locate(&site, 333e3, 5.48, 0.36).vector();
    let (up, along) = up_and_along(from);
    let state = motion::state(from, up * 900.0 + along * 700.0);
    let mut found_s = Vec::new();
    for _ in 0..20 {
        let mut picture = Picture::new(vec![radar(Some(SMALL))], Settings::default());
        for scan in 0..15 {
            let place = place_after(&state, f64::from(scan));
            let mut plots = random.false_plots(scan, &SMALL);
            plots.push(random.plot_of(scan, &site, place));
            picture.observe(at(scan), &plots);
            let is_it = |track: &statement::Track| {
                (motion::position(&State::from(track.state)) - place).norm() < 3_000.0
            };
            if picture.tracks().iter().any(is_it) {
                found_s.push(scan);
                break;
            }
        }
    }
    println!("found after {found_s:?} s");
    assert!(found_s.len() >= 18, "{found_s:?}");
    assert!(found_s.iter().sum::<u32>() <= 8 * found_s.len() as u32, "{found_s:?}");
}
