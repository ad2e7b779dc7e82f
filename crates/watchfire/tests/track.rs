//! `watchfire track`: a real flight, and every kind of bad input.

mod common;

use std::path::Path;
use std::process::Output;

use common::{assert_refused, recordings, stdout, watchfire};
use serde_json::Value;

const SENSORS: &str = r#"[{"id": "A", "lat_deg": 40.0, "lon_deg": 126.0, "alt_m": 0, "sigma_range_m": 20,
    "sigma_az_rad": 0.001, "sigma_el_rad": 0.001, "sigma_range_rate_mps": null, "pd": 0.9, "rate_hz": 1}]"#;
const HEADER: &str = "time_s,scan,sensor_id,range_m,az_rad,el_rad\n";

fn track(folder: &Path, sensors: &Path, plots: &Path) -> Output {
    let (out, assessments) = (folder.join("tracks.csv"), folder.join("assessments.jsonl"));
    let paths = [sensors, plots, &out, &assessments].map(|path| path.to_str().unwrap());
    watchfire(&[
        "track",
        "--sensors",
        paths[0],
        "--plots",
        paths[1],
        "--out",
        paths[2],
        "--assessments",
        paths[3],
    ])
}

fn track_text(folder: &Path, sensors: &str, plots: impl AsRef<[u8]>) -> Output {
    let files = (folder.join("sensors.json"), folder.join("plots.csv"));
    std::fs::write(&files.0, sensors).unwrap();
    std::fs::write(&files.1, plots).unwrap();
    track(folder, &files.0, &files.1)
}

fn assessments(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("assessments.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How far a place lies from an estimate, in units of its 90 % ellipse (1: on it), and in metres.
fn miss(estimate: &Value, lat_deg: f64, lon_deg: f64) -> (f64, f64) {
    let number = |key: &str| estimate[key].as_f64().unwrap();
    let degree_m = 111_000.0;
    let north_m = (lat_deg - number("lat_deg")) * degree_m;
    let east_m = (lon_deg - number("lon_deg")) * degree_m * libm::cos(lat_deg.to_radians());
    let (sin, cos) = libm::sincos(number("ellipse90_azimuth_deg").to_radians());
    let along = (north_m * cos + east_m * sin) / number("ellipse90_semi_major_m");
    let across = (east_m * cos - north_m * sin) / number("ellipse90_semi_minor_m");
    (libm::hypot(along, across), libm::hypot(north_m, east_m))
}

/// The recorded payload came down at 33.1501 N 106.5005 W (the recording's README).
fn white_sands(test: &str, suffix: &str) {
    let Some(data) = recordings(test, "white-sands-36353") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (sensors, plots) = (format!("sensors{suffix}.json"), format!("plots{suffix}.csv"));
    let output = track(folder.path(), &data.join(sensors), &data.join(plots));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    // One firm track, from the first seconds of the arc through re-entry.
    let tracks = std::fs::read_to_string(folder.path().join("tracks.csv")).unwrap();
    let rows: Vec<(f64, &str)> = tracks
        .lines()
        .skip(1)
        .map(|row| row.split_once(',').unwrap())
        .map(|(time, rest)| (time.parse().unwrap(), rest.split(',').next().unwrap()))
        .collect();
    assert!(rows.iter().all(|(_, id)| *id == "T-1"), "more than one track");
    assert!((61.0..=66.0).contains(&rows[0].0), "firm at {}", rows[0].0);
    let gaps = rows.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|gap| *gap > 1.5).count();
    let through = rows.iter().filter(|(time, _)| (66.0..=600.0).contains(time)).count();
    assert!(gaps <= 1 && through >= 530, "{gaps} gaps, {through} updates");

    let (mut largest_m, mut worst, mut judged) = (0.0_f64, 0.0_f64, 0);
    for assessment in assessments(folder.path()) {
        assert_eq!(assessment["class"], "ballistic", "{assessment}");
        let time_s = assessment["time_s"].as_f64().unwrap();
        if !(61.0 + 30.0..=505.0).contains(&time_s) {
            continue;
        }
        let impact = &assessment["impact"];
        let major_m = impact["ellipse90_semi_major_m"].as_f64().unwrap();
        assert!((600.0..=1_200.0).contains(&major_m), "{major_m} m at {time_s} s");
        let (ellipses, miss_m) = miss(impact, 33.1501, -106.5005);
        assert!(ellipses <= 1.0 && miss_m < 2_000.0, "{miss_m} m off, {ellipses} ellipses, at {time_s} s");
        (largest_m, worst, judged) = (largest_m.max(major_m), worst.max(ellipses), judged + 1);
    }
    assert!(judged > 400);
    println!(
        "{test}: {judged} assessments, at worst {worst:.2} of the 90 % ellipse off, at most {largest_m:.0} m large"
    );
}

#[test]
fn white_sands_at_1_hz_comes_down_within_its_ellipse() {
    white_sands("white_sands_at_1_hz_comes_down_within_its_ellipse", "");
}

#[test]
fn white_sands_at_20_hz_comes_down_within_its_ellipse() {
    white_sands("white_sands_at_20_hz_comes_down_within_its_ellipse", "-20hz");
}

#[test]
fn a_few_plots_are_read_and_no_track_is_made_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        track_text(folder.path(), SENSORS, format!("{HEADER}1,1,A,200000,1.5,0.5\n2,2,A,201000,1.5,0.5\n"));
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("2 plots, 0 firm tracks, 0 assessments"), "{}", stdout(&output));
    assert_eq!(std::fs::read_to_string(folder.path().join("tracks.csv")).unwrap().lines().count(), 1);
}

#[test]
fn bad_plots_get_one_line_that_names_file_line_and_expectation() {
    let good = "1,1,A,200000,1.5,0.5\n";
    for (rows, words) in [
        ("1,1,A,200000,1.5\n".to_owned(), ["line 2", "expected 6 fields"]),
        (format!("{good}2,2,A,2000"), ["line 3", "expected 6 fields"]),
        ("1,1,A,NaN,1.5,0.5\n".to_owned(), ["line 2", "range_m"]),
        ("1,1,A,inf,1.5,0.5\n".to_owned(), ["line 2", "range_m"]),
        ("1,1,A,-5,1.5,0.5\n".to_owned(), ["line 2", "positive range_m"]),
        ("1,1,A,200000,7,0.5\n".to_owned(), ["line 2", "az_rad in [0, 2 pi)"]),
        ("1,1,A,200000,1.5,2\n".to_owned(), ["line 2", "el_rad in [-pi/2, pi/2]"]),
        (format!("{good}0.5,2,A,200000,1.5,0.5\n"), ["line 3", "time not to run backwards"]),
        (format!("{good}2,2,B,200000,1.5,0.5\n"), ["line 3", "expected a known sensor"]),
        ("x,1,A,200000,1.5,0.5\n".to_owned(), ["line 2", "time_s"]),
        (String::new(), ["line 2", "expected a plot"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = track_text(folder.path(), SENSORS, format!("{HEADER}{rows}"));
        assert_refused(&output, &["plots.csv", words[0], words[1]]);
        assert!(!folder.path().join("tracks.csv").exists(), "half-written output");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_refused(&track_text(folder.path(), SENSORS, ""), &["plots.csv", "line 1", "expected a header"]);
    assert_refused(
        &track_text(folder.path(), SENSORS, "time_s,scan\n"),
        &["plots.csv", "line 1", "expected a column"],
    );
    assert_refused(
        &track_text(folder.path(), SENSORS, b"time_s\n\xff\xfe"),
        &["plots.csv", "line 2", "UTF-8"],
    );
}

#[test]
fn bad_sensors_get_one_line() {
    for (sensors, words) in [
        ("", ["line 1", "expected a list of sensors"]),
        ("[{]", ["line 1", "expected JSON"]),
        ("{}", ["sensors", "expected"]),
        (&SENSORS.replace("40.0", "140.0"), ["lat_deg", "expected"]),
        (&SENSORS.replace("\"pd\": 0.9", "\"pd\": 2"), ["pd", "expected"]),
        (&SENSORS.replace("\"rate_hz\": 1", "\"rate_hz\": 0"), ["rate_hz", "expected"]),
        (&SENSORS.replace("\"id\": \"A\", ", ""), ["id", "expected"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = track_text(folder.path(), sensors, format!("{HEADER}1,1,A,200000,1.5,0.5\n"));
        assert_refused(&output, &["sensors.json", words[0], words[1]]);
    }
    let missing = watchfire(&["track", "--sensors", "/nowhere/s.json", "--plots", "p.csv", "--out", "t.csv"]);
    assert_refused(&missing, &["/nowhere/s.json", "cannot be read"]);
}
