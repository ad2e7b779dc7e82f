//! Two objects that cross so close together that a radar's plots of them mingle for half a minute.

mod common;

use nalgebra::{SMatrix, SVector, Vector3};
use physics::frames::Site;
use physics::geodetic::Geodetic;
use physics::integrate;
use physics::measure;
use physics::motion::{self, State};
use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use picture::{Picture, Settings};

use common::Random;

const SIGMAS: [f64; 3] = [20.0, 1e-3, 1e-3];

fn radar() -> Sensor {
    serde_json::from_str(
        r#"{"id": "A", "lat_deg": 39.0, "lon_deg": 130.0, "alt_m": 0, "sigma_range_m": 20, "sigma_az_rad": 0.001,
        "sigma_el_rad": 0.001, "pd": 0.9, "rate_hz": 1, "slow_fraction": 0, "clutter_mean_per_scan": 1}"#,
    )
    .unwrap()
}

/// After so long, seconds, they are nearest to each other; and the end.
const MEET_S: f64 = 60.0;
const END_S: i64 = 110;

/// What became of a pair: whether the tracks changed objects, whether one was lost, and each track's normalised error
/// squared at the end.
fn cross(seed: u64, apart_m: f64, closing_mps: f64) -> (bool, bool, Vec<f64>) {
    let sensor = radar();
    let site = Site::at(sensor.place());
    let start = Site::at(Geodetic { lat_deg: 41.0, lon_deg: 127.0, alt_m: 120_000.0 });
    let velocity = start.axes.transpose() * Vector3::new(1_600.0, -400.0, 700.0);
    let first = motion::state(start.origin.vector(), velocity);
    // Across the line of sight, where a radar measures worst.
    let line = (start.origin.vector() - site.origin.vector()).normalize();
    let across = line.cross(&velocity).normalize();
    let up = across.cross(&line);
    let away = -across * closing_mps * MEET_S + up * apart_m;
    let second =
        motion::state(motion::position(&first) + away, motion::velocity(&first) + across * closing_mps);
    let mut random = Random(seed);
    let mut picture = Picture::new(vec![sensor.clone()], Settings::default());
    let truth = |object: &State, time_s: f64| integrate::coast(object, time_s);
    let mut first_names: Option<Vec<String>> = None;
    for second_s in 0..END_S {
        let time_s = second_s as f64;
        let time = Tai(0).plus_s(time_s);
        let mut plots = Vec::new();
        for object in [&first, &second] {
            let seen = measure::sight(&site, motion::position(&truth(object, time_s))).unwrap().measured;
            let measured = [0, 1, 2].map(|axis| seen[axis] + SIGMAS[axis] * random.normal());
            if random.next() < 0.9 {
                plots.push(Plot {
                    time,
                    scan: second_s,
                    sensor_id: "A".to_owned(),
                    range_m: Some(measured[0]),
                    az_rad: measured[1].rem_euclid(core::f64::consts::TAU),
                    el_rad: measured[2],
                    height_m: None,
                    address: None,
                    range_rate_mps: None,
                    truth_id: None,
                });
            }
        }
        picture.observe(time, &plots);
        if second_s == 30 {
            first_names = Some(names(&picture, &[first, second]).into_iter().map(|of| of.0).collect());
        }
    }
    let last = names(&picture, &[first, second]);
    let lost = last[0].0 == last[1].0;
    let switched = !lost && first_names.is_some_and(|names| names[0] != last[0].0 || names[1] != last[1].0);
    (switched, lost, last.into_iter().map(|of| of.1).collect())
}

/// For each object the nearest track's name, and its normalised error squared.
fn names(picture: &Picture, objects: &[State]) -> Vec<(String, f64)> {
    let tracks = picture.tracks();
    let of = |object: &State| {
        let normalised = |track: &statement::Track| {
            let back_s = track.time.since_s(Tai(0));
            let error = SVector::<f64, 6>::from(track.state) - integrate::coast(object, back_s);
            let mut covariance = SMatrix::<f64, 6, 6>::zeros();
            let triangle = (0..6).flat_map(|row| (row..6).map(move |column| (row, column)));
            for (element, (row, column)) in track.covariance.iter().zip(triangle) {
                covariance[(row, column)] = *element;
                covariance[(column, row)] = *element;
            }
            (error.dot(&(covariance.try_inverse().unwrap() * error)), motion::position(&error).norm())
        };
        let near = tracks.iter().map(|track| (track.track_id.clone(), normalised(track)));
        let (name, (squared, _)) = near.min_by(|a, b| a.1.1.total_cmp(&b.1.1)).unwrap();
        (name, squared)
    };
    objects.iter().map(of).collect()
}

#[test]
fn tracks_of_objects_that_cross_stay_theirs_and_honest() {
    // Without a deferred decision 28 and 5 of 100 pairs end up exchanged, with a normalised error squared of 90 and 28.
    for (closing_mps, switches_max, mean_max) in [(30.0, 24, 65.0), (45.0, 2, 9.0)] {
        let (mut switches, mut lost, mut squares) = (0, 0, Vec::new());
        for seed in 1..101 {
            let (switched, gone, normalised) = cross(seed, 100.0, closing_mps);
            switches += u32::from(switched);
            lost += u32::from(gone);
            squares.extend(normalised);
        }
        let mean = squares.iter().sum::<f64>() / squares.len() as f64;
        println!(
            "100 m apart, {closing_mps} m/s: {switches} of 100 pairs switched, {lost} lost; normalised error squared {mean:.2}"
        );
        assert!(
            switches <= switches_max && lost == 0 && mean < mean_max,
            "{closing_mps}: {switches}, {lost}, {mean}"
        );
    }
}
