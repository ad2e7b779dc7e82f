//! `watchfire track`, the program itself: the real flight at White Sands, and input that is not good.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Runs `watchfire track`; output goes to `folder`.
fn track(folder: &Path, sensors: &Path, plots: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_watchfire"))
        .arg("track")
        .arg("--sensors")
        .arg(sensors)
        .arg("--plots")
        .arg(plots)
        .arg("--out")
        .arg(folder.join("tracks.csv"))
        .arg("--assessments")
        .arg(folder.join("assessments.jsonl"))
        .output()
        .unwrap()
}

/// The folder of the real data, where it is.
fn data(test: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("WATCHFIRE_DATA").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED {test}: no data at {}", folder.display());
    None
}

/// Where the payload came down, degrees north and east (README of the data).
const LANDED_DEG: (f64, f64) = (33.1501, -106.5005);

/// Metres from an impact to the landing, and that distance squared in units of the 90 % ellipse: at most 1 inside.
fn miss(impact: &Value) -> (f64, f64) {
    let number = |key: &str| impact[key].as_f64().unwrap();
    // Metres in a degree at 33.15° north on WGS-84.
    let north_m = (LANDED_DEG.0 - number("lat_deg")) * 110_906.0;
    let east_m = (LANDED_DEG.1 - number("lon_deg")) * 93_310.0;
    let azimuth_rad = number("ellipse90_azimuth_deg").to_radians();
    let (sin, cos) = (libm::sin(azimuth_rad), libm::cos(azimuth_rad));
    let along = (north_m * cos + east_m * sin) / number("ellipse90_semi_major_m");
    let across = (east_m * cos - north_m * sin) / number("ellipse90_semi_minor_m");
    (libm::hypot(north_m, east_m), along * along + across * across)
}

fn white_sands(test: &str, rate: &str, step_s: f64) {
    let Some(data) = data(test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let source = data.join("white-sands-36353");
    let sensors = source.join(format!("sensors{rate}.json"));
    let done = track(folder.path(), &sensors, &source.join(format!("plots{rate}.csv")));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    println!("{}", String::from_utf8_lossy(&done.stdout).trim_end());

    // One track, with a row for each plot from T+65 s to T+600 s, through re-entry. The arc begins at T+61 s, and the
    // plots on the rail are not part of it.
    let rows = std::fs::read_to_string(folder.path().join("tracks.csv")).unwrap();
    let rows: Vec<(f64, &str)> = rows
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect::<Vec<_>>())
        .map(|row| (row[0].parse().unwrap(), row[1]))
        .collect();
    assert!(rows.iter().all(|(_, id)| *id == "T-1"));
    assert!(rows[0].0 > 60.7 && rows[0].0 < 65.0, "firm at T+{} s", rows[0].0);
    for pair in rows.windows(2).filter(|pair| pair[0].0 < 600.0) {
        assert!(pair[1].0 - pair[0].0 < 3.5 * step_s, "nothing from T+{} to {} s", pair[0].0, pair[1].0);
    }
    assert!(rows.last().unwrap().0 >= 600.0);

    let assessments = std::fs::read_to_string(folder.path().join("assessments.jsonl")).unwrap();
    let mut checked = 0;
    for line in assessments.lines() {
        let said: Value = serde_json::from_str(line).unwrap();
        let time_s = said["time_s"].as_f64().unwrap();
        let class = said["class"].as_str().unwrap();
        assert!(!["satellite", "aircraft"].contains(&class), "{class} at T+{time_s} s");
        let age_s = time_s - said["evidence"]["first_observed_s"].as_f64().unwrap();
        if age_s < 30.0 || time_s > 505.0 {
            continue;
        }
        assert_eq!((class, &said["status"]), ("ballistic", &Value::from("established")), "T+{time_s} s");
        let (miss_m, inside) = miss(&said["impact"]);
        let major_m = said["impact"]["ellipse90_semi_major_m"].as_f64().unwrap();
        assert!(miss_m < 2_000.0, "{miss_m:.0} m at T+{time_s} s");
        assert!(inside <= 1.0, "outside its ellipse at T+{time_s} s: {miss_m:.0} m, {inside:.2}");
        assert!((1_000.0..=5_000.0).contains(&major_m), "{major_m:.0} m at T+{time_s} s");
        if checked % 60 == 0 {
            println!(
                "age {age_s:5.1} s: miss {miss_m:4.0} m, 90 % ellipse {major_m:.0} m, {inside:.2} of its square"
            );
        }
        checked += 1;
    }
    assert!(checked > 400, "{checked} assessments");
}

#[test]
fn white_sands_at_1_hz_is_one_ballistic_track_whose_ellipse_holds_the_landing() {
    white_sands("white_sands_at_1_hz", "", 1.0);
}

#[test]
fn white_sands_at_20_hz_is_one_ballistic_track_whose_ellipse_holds_the_landing() {
    white_sands("white_sands_at_20_hz", "-20hz", 0.05);
}

const SENSORS: &str = r#"{"t0_utc":"2021-09-09T17:25:00Z","sensors":[
{"id":"A","lat_deg":32.4,"lon_deg":-106.4,"alt_m":1236.0,"sigma_range_m":2.0,"sigma_az_rad":0.001,"sigma_el_rad":0.001,"pd":1.0,"rate_hz":1.0}]}
"#;

const PLOTS: &str = "time_s,scan,sensor_id,range_m,az_rad,el_rad
1.0,1,A,90000.0,1.0,0.5
2.0,2,A,91000.0,1.0,0.5
3.0,3,A,92000.0,1.0,0.5
";

/// The one line that this input is refused with, exit status 2; nothing may be left in the folder but the input.
fn refused(sensors: &[u8], plots: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (sensors_file, plots_file) = (folder.path().join("s.json"), folder.path().join("p.csv"));
    std::fs::write(&sensors_file, sensors).unwrap();
    std::fs::write(&plots_file, plots).unwrap();
    let done = track(folder.path(), &sensors_file, &plots_file);
    let line = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(done.stdout.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "something was written");
    line
}

#[test]
fn good_input_is_summed_up_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (sensors, plots) = (folder.path().join("s.json"), folder.path().join("p.csv"));
    std::fs::write(&sensors, SENSORS).unwrap();
    std::fs::write(&plots, PLOTS).unwrap();
    let done = track(folder.path(), &sensors, &plots);
    assert_eq!(String::from_utf8_lossy(&done.stdout), "0 tracks, 3 plots, 0 rejected, 0 warnings\n");
    assert_eq!(done.status.code(), Some(0));
    // A last line without an end may be a number cut short: it is read, and said.
    std::fs::write(&plots, PLOTS.trim_end()).unwrap();
    let done = track(folder.path(), &sensors, &plots);
    assert_eq!(done.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&done.stderr).contains("p.csv: line 4: has no line end"));
}

#[test]
fn a_plot_that_is_not_good_is_named_by_file_line_and_what_was_expected() {
    for (line, expected) in [
        ("3.0,3,A,92000.0,1.0\n", "expected 6 fields, found 5"),
        ("3.0,3,A,92000.0,1.", "the file may be cut off"),
        ("3.0,3,A,NaN,1.0,0.5\n", "expected a finite number in column range_m, found `NaN`"),
        ("3.0,3,A,92000.0,1.0,inf\n", "expected a finite number in column el_rad"),
        ("3.0,3,A,92000.0,east,0.5\n", "expected a number in column az_rad, found `east`"),
        ("3.0,3,A,92000.0,6.3,0.5\n", "expected az_rad in [0, 2 pi), found 6.3"),
        ("3.0,3,A,92000.0,1.0,1.7\n", "expected el_rad in [-pi/2, pi/2], found 1.7"),
        ("3.0,3,A,-5.0,1.0,0.5\n", "expected a positive range_m"),
        ("3.0,x,A,92000.0,1.0,0.5\n", "expected a whole number in column scan"),
        ("1.5,3,A,92000.0,1.0,0.5\n", "expected time not to run backwards within sensor A"),
        ("3.0,3,B,92000.0,1.0,0.5\n", "expected a known sensor, found `B`; nearest known: A"),
        ("2.0,2,A,91000.0,1.0,0.5\n", "expected each plot once, found that of sensor A at 2 s of line 3"),
    ] {
        let good = PLOTS.rfind("3.0,").unwrap();
        let said = refused(SENSORS.as_bytes(), (PLOTS[..good].to_owned() + line).as_bytes());
        assert!(said.contains("p.csv: line 4: ") && said.contains(expected), "{said}");
    }
    let mut bytes = PLOTS.as_bytes().to_vec();
    let length = bytes.len();
    bytes[length - 2] = 0xff;
    assert!(refused(SENSORS.as_bytes(), &bytes).contains("p.csv: line 4: expected text in UTF-8"));
}

#[test]
fn a_plot_file_without_plots_or_columns_is_named() {
    for (plots, expected) in [
        ("", "p.csv: line 1: expected a header"),
        (PLOTS.lines().next().unwrap(), "p.csv: line 2: expected a plot, found nothing"),
        ("time_s,scan,sensor_id,range_m,el_rad\n", "p.csv: line 1: expected a column az_rad"),
    ] {
        let said = refused(SENSORS.as_bytes(), plots.as_bytes());
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_sensor_file_that_is_not_good_is_named() {
    let twice = {
        let at = SENSORS.find("{\"id\"").unwrap();
        let sensor = &SENSORS[at..SENSORS.rfind("]}").unwrap()];
        SENSORS.replacen("]}", &format!(",\n{sensor}]}}"), 1)
    };
    for (sensors, expected) in [
        (String::new(), "s.json: line 1: expected a list of sensors, found nothing"),
        (SENSORS[..60].to_owned(), "s.json: line 2: expected JSON"),
        (SENSORS.replace("32.4", "NaN"), "s.json: line 2: expected JSON"),
        (SENSORS.replace("32.4", "132.4"), "sensor 1 (`A`): expected lat_deg from -90 to 90, found 132.4"),
        (SENSORS.replace("\"pd\":1.0", "\"pd\":2.0"), "expected pd from 0 to 1"),
        (SENSORS.replace("\"sigma_range_m\":2.0,", ""), "missing sigma_range_m"),
        (SENSORS.replace("17:25:00Z", "25:17:00Z"), "t0_utc: expected a UTC instant such as"),
        ("[]".to_owned(), "expected at least one sensor"),
        (twice, "sensor 2 (`A`): expected an id that no other sensor has"),
    ] {
        let said = refused(sensors.as_bytes(), PLOTS.as_bytes());
        assert!(said.contains("s.json: ") && said.contains(expected), "{said}");
    }
}

#[test]
fn a_file_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let done = track(folder.path(), &folder.path().join("none.json"), &folder.path().join("p.csv"));
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(said.contains("none.json: cannot be read") && said.lines().count() == 1, "{said}");
}
