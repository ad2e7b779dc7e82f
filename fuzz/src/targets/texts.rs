//! Files that people and other programs write: plots, sensors, policies, configurations, scenarios.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use formats::plots::PlotFile;
use formats::read_sensors;
use node::shell::config::Config;
use physics::sensor::Sensor;
use physics::time::Tai;
use release::Policy;
use sim::scenario::Scenario;
use statement::Nation;

use crate::Target;
use crate::world::nation;

/// The targets of this file.
pub fn targets() -> Vec<Target> {
    vec![
        Target {
            name: "plots",
            about: "plot-CSV of a sensor feed: what is read is a number, and is written and read back the same",
            seeds: || vec![PLOTS.as_bytes().to_vec(), MORE_PLOTS.as_bytes().to_vec()],
            words: &[
                "time_s",
                "scan",
                "sensor_id",
                "range_m",
                "az_rad",
                "el_rad",
                "range_rate_mps",
                "truth_id",
                "nan",
                "inf",
                "1e308",
                "-0",
                "\r\n",
                "\"",
                "\u{feff}",
            ],
            bytes_max: 1_000,
            attempt: |bytes| text(bytes, plots),
        },
        Target {
            name: "sensors",
            about: "a sensor file, JSON: read or refused in one line",
            seeds: || {
                vec![
                    SENSORS.as_bytes().to_vec(),
                    format!("{{\"t0_utc\":\"2022-10-03T22:22:00Z\",\"sensors\":{SENSORS}}}").into_bytes(),
                ]
            },
            words: &[
                "\"id\":",
                "\"kind\":\"infrared\"",
                "\"lat_deg\":",
                "null",
                "1e400",
                "-1",
                "\"volume\":",
                "\"ephemeris\":",
                "\"t0_utc\":",
                "[",
                "]",
                "{",
                "}",
                "2016-12-31T23:59:60Z",
            ],
            bytes_max: 1_500,
            attempt: |bytes| text(bytes, sensors),
        },
        Target {
            name: "config",
            about: "a node's configuration, TOML: read or refused in one line",
            seeds: || vec![CONFIG.as_bytes().to_vec()],
            words: &[
                "[clock]\n",
                "speed = ",
                "start_utc = ",
                "live",
                "nan",
                "inf",
                "\"\"\"",
                "officer_key = ",
                "clock_bound_ms = ",
                "0x",
                "= {",
                "[[",
            ],
            bytes_max: 1_500,
            attempt: |bytes| text(bytes, config),
        },
        Target {
            name: "policy",
            about: "a release policy, Cedar: compiled or refused in one line",
            seeds: || {
                vec![
                    include_bytes!("../../../policy/jpn/release.cedar").to_vec(),
                    include_bytes!("../../../policy/kor/release.cedar").to_vec(),
                    b"permit(principal, action, resource) when { resource.warning };".to_vec(),
                ]
            },
            words: &[
                "permit",
                "forbid",
                "principal",
                "action",
                "resource",
                "when",
                "unless",
                "has",
                "in",
                "==",
                "&&",
                "@id(\"x\")",
                "like",
                "context",
            ],
            bytes_max: 3_000,
            attempt: |bytes| text(bytes, policy),
        },
        Target {
            name: "scenario",
            about: "a scenario, TOML: read, or refused in one line",
            seeds: || {
                vec![
                    include_bytes!("../../../scenarios/2022-10-04.toml").to_vec(),
                    include_bytes!("../../../scenarios/satellite-pass.toml").to_vec(),
                ]
            },
            words: &["nan", "inf", "-1", "1e300", "[[launches]]\n", "[[nations]]\n", "live", "= {", "0"],
            bytes_max: 20_000,
            attempt: |bytes| text(bytes, scenario),
        },
    ]
}

fn text(bytes: &[u8], attempt: fn(&str)) {
    if let Ok(text) = core::str::from_utf8(bytes) {
        attempt(text);
    }
}

/// What a person is told is one line, and not endless.
fn one_line(error: &str) {
    assert!(!error.contains('\n') && !error.is_empty(), "not one line: {error:?}");
}

const PLOTS: &str = "time_s,scan,sensor_id,range_m,az_rad,el_rad,range_rate_mps\n\
1.0,1,radar-1,1000.5,1.0,0.5,-20.25\n2.5,2,eye-1,,6.28,-0.1,\n";
const MORE_PLOTS: &str = "\u{feff}el_rad,az_rad,colour,range_m,sensor_id,scan,time_s,truth_id\r\n\
0.5,1.0,red,2e6,radar-1,3,10,t\r\n";
const SENSORS: &str = r#"[{"id":"radar-1","lat_deg":40.9,"lon_deg":140.3,"alt_m":300,"sigma_range_m":20,"sigma_az_rad":0.001,"sigma_el_rad":0.001,"sigma_range_rate_mps":5,"pd":0.9,"rate_hz":1,"clutter_mean_per_scan":2,"volume":{"range_m":[50000,3000000],"az_rad":[0,1],"el_rad":[0.05,1.4]}},{"id":"eye-1","kind":"infrared","lat_deg":0,"lon_deg":105,"alt_m":35786000,"sigma_range_m":null,"sigma_az_rad":1e-5,"sigma_el_rad":1e-5,"pd":0.95,"rate_hz":1}]"#;
const CONFIG: &str = r#"nation = "jpn"
realm = "exercise/e1"
title = "One"
keys = "keys.json"
officer_key = "officer.json"
certificate = "node.crt"
certificate_key = "node.key"
root = "root.json"
roster = "roster.cose"
policy = "release.cedar"
sensors = "sensors.json"
journal = "journal.db"
listen = "127.0.0.1:7001"
sensor_feed = "127.0.0.1:7002"
console = "[::1]:7003"
[clock]
start_utc = "2022-10-03T22:21:00.5Z"
started_posix_ns = 1664835660000000000
speed = 10.0
"#;
const T0: Tai = Tai(1_664_835_757_000_000_000);

static READ_SENSORS: LazyLock<Vec<Sensor>> =
    LazyLock::new(|| read_sensors("sensors.json", SENSORS).expect("good sensors").sensors);

fn plots(text: &str) {
    let file = match PlotFile::open("plots.csv", text, &READ_SENSORS, T0) {
        Ok(file) => file,
        Err(error) => return one_line(&error),
    };
    for plot in file {
        let plot = match plot {
            Ok(plot) => plot,
            Err(error) => return one_line(&error),
        };
        let optional = |number: Option<f64>| number.map(|number| format!("{number:?}")).unwrap_or_default();
        assert!(plot.az_rad.is_finite() && plot.el_rad.is_finite());
        assert!(plot.range_m.is_none_or(f64::is_finite) && plot.range_rate_mps.is_none_or(f64::is_finite));
        let written = format!(
            "time_s,scan,sensor_id,range_m,az_rad,el_rad,range_rate_mps\n{:?},{},{},{},{:?},{:?},{}\n",
            // From nanoseconds back to seconds the last of the range may come out one digit beyond it.
            plot.time.since_s(T0).clamp(-1e9, 1e9),
            plot.scan,
            plot.sensor_id,
            optional(plot.range_m),
            plot.az_rad,
            plot.el_rad,
            optional(plot.range_rate_mps)
        );
        let mut again = PlotFile::open("plots.csv", &written, &READ_SENSORS, T0).expect("a header");
        let read = again.next().expect("a line").expect("what was read is written as it may be read");
        // A time beyond 2^53 ns is read as the nearest one.
        assert_eq!(
            (read.scan, read.range_m, read.az_rad, read.el_rad, read.range_rate_mps),
            (plot.scan, plot.range_m, plot.az_rad, plot.el_rad, plot.range_rate_mps)
        );
    }
}

fn sensors(text: &str) {
    match read_sensors("sensors.json", text) {
        Ok(file) => {
            let written = serde_json::json!({ "t0_utc": T0.to_utc(), "sensors": file.sensors }).to_string();
            let read =
                read_sensors("sensors.json", &written).expect("what was read is written as it may be read");
            assert_eq!(read.sensors.len(), file.sensors.len());
        }
        Err(error) => one_line(&error.to_string()),
    }
}

fn config(text: &str) {
    if let Err(error) = Config::parse(Path::new("node.toml"), text) {
        one_line(&error.to_string());
    }
}

fn policy(text: &str) {
    static NATIONS: LazyLock<BTreeSet<Nation>> = LazyLock::new(|| ["jpn", "kor", "usa"].map(nation).into());
    if let Err(error) = Policy::parse("release.cedar", text, &NATIONS) {
        one_line(&error.to_string());
    }
}

fn scenario(text: &str) {
    if let Err(error) = Scenario::parse("scenario.toml", text) {
        one_line(&error.to_string());
    }
}
