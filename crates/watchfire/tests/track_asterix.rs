//! `watchfire track --format asterix`: half an hour of real air traffic, and bad input.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{assert_refused, recordings, stdout, watchfire};
use formats::asterix::{self, Blocks, Record};
use nalgebra::Vector3;
use physics::frames::Site;
use physics::measure;
use physics::plot::Plot;
use serde_json::Value;

/// The recorded plot that a track's row is of: of its instant, and nearest in azimuth and range.
fn plot_of<'a>(plots: &'a BTreeMap<i64, Vec<Plot>>, site: &Site, row: &Row) -> Option<&'a Plot> {
    let seen = measure::sight(site, row.position_m)?.measured;
    let miss_m = |plot: &Plot| {
        let range_m = plot.range_m.unwrap_or(0.0);
        (range_m - seen.x).abs().max(range_m * measure::wrap(plot.az_rad - seen.y).abs())
    };
    let at_once = plots.get(&row.time_ms)?.iter();
    at_once.min_by(|a, b| miss_m(a).total_cmp(&miss_m(b))).filter(|plot| miss_m(plot) < 1_500.0)
}

struct Row {
    time_ms: i64,
    track: String,
    position_m: Vector3<f64>,
}

fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |index: usize| fields[index].parse::<f64>().unwrap();
        Row {
            time_ms: (number(0) * 1e3).round() as i64,
            track: fields[1].to_owned(),
            position_m: Vector3::new(number(2), number(3), number(4)),
        }
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn real_air_traffic_is_read_whole_followed_and_alarms_nobody() {
    let test = "real_air_traffic_is_read_whole_followed_and_alarms_nobody";
    let Some(data) = recordings(test, "barcelona-cat048") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (out, said) = (folder.path().join("tracks.csv"), folder.path().join("assessments.jsonl"));
    let (sensors, recording) = (data.join("sensors.json"), data.join("first-half.ast"));
    let paths = [&sensors, &recording, &out, &said].map(|path| path.to_str().unwrap());
    let output = watchfire(&[
        "track",
        "--format",
        "asterix",
        "--sensors",
        paths[0],
        "--plots",
        paths[1],
        "--out",
        paths[2],
        "--assessments",
        paths[3],
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = stdout(&output);
    // As the recording's README counts them.
    assert!(summary.contains("22042 target reports"), "{summary}");
    assert!(summary.contains("102 target reports gave no plot: no detection"), "{summary}");
    assert!(summary.contains("21940 plots") && summary.contains("warnings of 0 tracks"), "{summary}");
    assert!(!summary.contains("not used"), "{summary}");

    let file = formats::read_sensors("sensors.json", &std::fs::read_to_string(&sensors).unwrap()).unwrap();
    let (t0, site) = (file.t0.unwrap(), Site::at(file.sensors[0].place()));
    let read = asterix::read_plots(&std::fs::read(&recording).unwrap(), &file.sensors, t0).unwrap();
    let aircraft: BTreeSet<u32> = read.plots.iter().filter_map(|plot| plot.address).collect();
    assert_eq!(aircraft.len(), 104);
    let mut plots: BTreeMap<i64, Vec<Plot>> = BTreeMap::new();
    for plot in read.plots {
        plots.entry((plot.time.since_s(t0) * 1e3).round() as i64).or_default().push(plot);
    }

    let mut seen_as: BTreeMap<String, BTreeMap<Option<u32>, u32>> = BTreeMap::new();
    for row in rows(&std::fs::read_to_string(&out).unwrap()) {
        if let Some(plot) = plot_of(&plots, &site, &row) {
            *seen_as.entry(row.track).or_default().entry(plot.address).or_default() += 1;
        }
    }
    // A track is of the aircraft whose plots it took most of.
    let mut tracks_of: BTreeMap<u32, u32> = BTreeMap::new();
    let (mut own, mut all) = (0, 0);
    for counts in seen_as.values() {
        let Some((address, count)) = counts.iter().max_by_key(|(_, count)| **count) else { continue };
        (own, all) = (own + count, all + counts.values().sum::<u32>());
        if let Some(address) = address {
            *tracks_of.entry(*address).or_default() += 1;
        }
    }
    let (followed, tracks) = (tracks_of.len(), seen_as.len());
    println!(
        "{test}: {followed} of 104 aircraft followed in {tracks} tracks, {:.1} % of updates of one aircraft",
        100.0 * f64::from(own) / f64::from(all)
    );
    // Twenty or so stay on the ground or fly slower than what is tracked.
    assert!(followed >= 75, "{followed} aircraft followed");
    assert!(tracks <= 2 * followed, "{tracks} tracks of {followed} aircraft");
    assert!(f64::from(own) > 0.97 * f64::from(all), "{own} of {all}");

    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for line in std::fs::read_to_string(&said).unwrap().lines() {
        let assessment: Value = serde_json::from_str(line).unwrap();
        assert_eq!(assessment["warning"], false, "{line}");
        assert!(assessment["impact"].is_null(), "{line}");
        last.insert(assessment["track_id"].as_str().unwrap().to_owned(), assessment);
    }
    let called = last.values().filter(|assessment| assessment["class"] == "aircraft").count();
    println!("{test}: {called} of {} tracks called aircraft at their end", last.len());
    assert!(5 * called > 4 * last.len(), "{called} of {}", last.len());
}

#[test]
fn bad_recordings_get_one_line_that_names_the_byte() {
    let sensors = r#"[{"id": "B", "sac": 20, "sic": 129, "lat_deg": 41.3, "lon_deg": 2.1, "alt_m": 27,
        "sigma_range_m": 10, "sigma_az_rad": 0.0003, "sigma_el_rad": null, "sigma_height_m": 30, "pd": 0.98,
        "rate_hz": 0.25}]"#;
    let target = [48, 0, 14, 0b1111_0000, 20, 129, 0x38, 0x40, 0x40, 0xe0, 0x0a, 0x00, 0x40, 0x00_u8];
    for (bytes, sensors, words) in [
        (
            target[..9].to_vec(),
            sensors.to_owned(),
            ["byte 3", "expected 11 bytes of a block of category 048"],
        ),
        (vec![], sensors.to_owned(), ["byte 0", "expected a target report of category 048, found none"]),
        (target.to_vec(), sensors.replace("129", "130"), ["byte 3", "found 20/129"]),
        (b"time_s,scan,sensor_id\n".to_vec(), sensors.to_owned(), ["byte 3", "expected"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("sensors.json"), sensors).unwrap();
        std::fs::write(path("plots.ast"), bytes).unwrap();
        let output = watchfire(&[
            "track",
            "--format",
            "asterix",
            "--sensors",
            &path("sensors.json"),
            "--plots",
            &path("plots.ast"),
            "--out",
            &path("t.csv"),
        ]);
        assert_refused(&output, &["plots.ast", words[0], words[1]]);
        assert!(!folder.path().join("t.csv").exists(), "half-written output");
    }
    assert!(matches!(Blocks::new(&target).next(), Some(Ok(Record::Target(_)))));
}
