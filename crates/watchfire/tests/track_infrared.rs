//! `watchfire track` with infrared sensors: plots without range.

mod common;

use std::path::Path;
use std::process::Output;

use common::{assert_refused, stdout, watchfire};
use serde_json::Value;
use sim::infrared::{Flown, Sky};
use sim::truth::earth::distance_m;

fn track(folder: &Path, sensors: &str, plots: &str) -> Output {
    let files =
        ["sensors.json", "plots.csv", "tracks.csv", "assessments.jsonl"].map(|name| folder.join(name));
    std::fs::write(&files[0], sensors).unwrap();
    std::fs::write(&files[1], plots).unwrap();
    let [sensors, plots, out, assessments] = files.each_ref().map(|file| file.to_str().unwrap());
    let named = ["--sensors", sensors, "--plots", plots, "--out", out, "--assessments", assessments];
    watchfire(&[&["track"], &named[..]].concat())
}

fn csv(sky: &Sky) -> String {
    let mut text = "time_s,scan,sensor_id,range_m,az_rad,el_rad\n".to_owned();
    for (time_s, plots) in sky.scans() {
        for plot in plots {
            text += &format!("{time_s},{},{},,{},{}\n", plot.scan, plot.sensor_id, plot.az_rad, plot.el_rad);
        }
    }
    text
}

#[test]
fn plots_without_range_lead_to_the_launch() {
    let folder = tempfile::tempdir().unwrap();
    let sky = Sky::ir2(Flown::Short, 3).unwrap();
    let sensors = serde_json::to_string(&sky.sensors).unwrap();
    let output = track(folder.path(), &sensors, &csv(&sky));
    assert!(output.status.success());
    assert!(!stdout(&output).contains("not used"), "{}", stdout(&output));
    let text = std::fs::read_to_string(folder.path().join("assessments.jsonl")).unwrap();
    let said: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(said.len() > 20 && said.iter().all(|said| said["warning"] == false));
    let launch = &said[said.len() - 1]["launch"];
    let number = |key: &str| launch[key].as_f64().unwrap();
    let place =
        physics::geodetic::Geodetic { lat_deg: number("lat_deg"), lon_deg: number("lon_deg"), alt_m: 0.0 };
    let missed_m = distance_m(place, sky.truth.launch().unwrap().place);
    assert!(missed_m < 1_500.0, "{missed_m}");
}

#[test]
fn a_broken_line_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let sky = Sky::ir2(Flown::Short, 3).unwrap();
    let sensors = serde_json::to_string(&sky.sensors).unwrap();
    let broken = csv(&sky).replacen(",,", ",far,", 1);
    assert_refused(
        &track(folder.path(), &sensors, &broken),
        &["line 2: expected a number in column range_m"],
    );
}
