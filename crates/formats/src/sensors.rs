//! Sensor files: JSON, a list of sensors or an object with `t0_utc` and `sensors`.

use std::collections::BTreeSet;

use core::f64::consts::{FRAC_PI_2, TAU};

use physics::sensor::Sensor;
use physics::time::Tai;
use serde::Deserialize;
use serde_json::Value;

use crate::number::short;

/// What a sensor file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct SensorFile {
    /// The instant of `time_s` 0 in plot files, where the file states it.
    pub t0: Option<Tai>,
    /// The sensors.
    pub sensors: Vec<Sensor>,
}

/// What is wrong with a sensor file: one line with file, place and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}: {expected}")]
pub struct SensorFileError {
    /// The file.
    pub file: String,
    /// Line, or which sensor.
    pub place: String,
    /// What was expected and what was found.
    pub expected: String,
}

/// Reads the text of sensor file `name`. Unknown keys are ignored.
pub fn read_sensors(name: &str, text: &str) -> Result<SensorFile, SensorFileError> {
    let refuse = |place: String, expected: String| SensorFileError { file: name.to_owned(), place, expected };
    if text.trim().is_empty() {
        return Err(refuse("line 1".into(), "expected a list of sensors, found nothing".into()));
    }
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| refuse(format!("line {}", error.line()), format!("expected JSON, found {error}")))?;
    let (t0, list) = match value {
        Value::Array(list) => (None, list),
        Value::Object(mut object) => {
            let t0 = match object.remove("t0_utc") {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(Tai::from_utc(&text).map_err(|_| {
                    let found = short(&text);
                    refuse(
                        "t0_utc".into(),
                        format!("expected a UTC instant such as 2022-10-03T22:22:00Z, found `{found}`"),
                    )
                })?),
                Some(_) => {
                    return Err(refuse(
                        "t0_utc".into(),
                        "expected a text such as 2022-10-03T22:22:00Z".into(),
                    ));
                }
            };
            match object.remove("sensors") {
                Some(Value::Array(list)) => (t0, list),
                _ => return Err(refuse("line 1".into(), "expected a list under the key `sensors`".into())),
            }
        }
        _ => return Err(refuse("line 1".into(), "expected a list of sensors, or an object with one".into())),
    };
    let mut sensors = Vec::with_capacity(list.len());
    let mut ids = BTreeSet::new();
    for (index, entry) in list.into_iter().enumerate() {
        let id = entry.get("id").and_then(Value::as_str).map(short);
        let place = id.map_or(format!("sensor {}", index + 1), |id| format!("sensor {} (`{id}`)", index + 1));
        let sensor = Sensor::deserialize(with_sigmas(entry))
            .map_err(|error| refuse(place.clone(), format!("expected all keys of a sensor: {error}")))?;
        check(&sensor).map_err(|expected| refuse(place.clone(), expected))?;
        let code = sensor.sac.zip(sensor.sic);
        if sensor.sac.is_some() != sensor.sic.is_some() {
            return Err(refuse(place, "expected both sac and sic, or neither".into()));
        }
        if code.is_some() && sensors.iter().any(|other: &Sensor| other.sac.zip(other.sic) == code) {
            return Err(refuse(place, "expected a sac and sic that no other sensor has".into()));
        }
        if !ids.insert(sensor.id.clone()) {
            return Err(refuse(place, "expected an id that no other sensor has".into()));
        }
        sensors.push(sensor);
    }
    if sensors.is_empty() {
        return Err(refuse("line 1".into(), "expected at least one sensor, found none".into()));
    }
    Ok(SensorFile { t0, sensors })
}

/// A sensor that does not measure something writes null; a forgotten sigma is an error. Serde takes both for `None`,
/// so the forgotten one becomes a text, which serde refuses by name.
fn with_sigmas(mut entry: Value) -> Value {
    if let Value::Object(object) = &mut entry {
        for key in ["sigma_range_m", "sigma_az_rad", "sigma_el_rad"] {
            object
                .entry(key)
                .or_insert_with(|| Value::String(format!("missing {key}; null where not measured")));
        }
        if object.get("kind").is_some_and(Value::is_null) {
            object.remove("kind");
        }
    }
    entry
}

fn check(sensor: &Sensor) -> Result<(), String> {
    let within = |name: &str, value: f64, low: f64, high: f64| {
        if value.is_finite() && (low..=high).contains(&value) {
            Ok(())
        } else {
            Err(format!("expected {name} from {low} to {high}, found {value}"))
        }
    };
    if sensor.id.is_empty() || sensor.id.contains([',', '\n', '\r', '"']) {
        return Err(format!("expected an id without commas or quotes, found `{}`", short(&sensor.id)));
    }
    within("lat_deg", sensor.lat_deg, -90.0, 90.0)?;
    within("lon_deg", sensor.lon_deg, -180.0, 360.0)?;
    within("alt_m", sensor.alt_m, -1_000.0, 1e8)?;
    for (name, sigma, high) in [
        ("sigma_range_m", sensor.sigma_range_m, 1e6),
        ("sigma_az_rad", sensor.sigma_az_rad, 1.0),
        ("sigma_el_rad", sensor.sigma_el_rad, 1.0),
        ("sigma_height_m", sensor.sigma_height_m, 1e5),
        ("sigma_range_rate_mps", sensor.sigma_range_rate_mps, 1e5),
    ] {
        if let Some(sigma) = sigma
            && !(sigma.is_finite() && sigma > 0.0 && sigma <= high)
        {
            return Err(format!("expected {name} above 0 and at most {high}, found {sigma}"));
        }
    }
    within("pd", sensor.pd, 0.0, 1.0)?;
    within("rate_hz", sensor.rate_hz, 1e-4, 1e4)?;
    within("clutter_mean_per_scan", sensor.clutter_mean_per_scan, 0.0, 1e6)?;
    within("slow_fraction", sensor.slow_fraction.unwrap_or(0.0), 0.0, 1.0)?;
    within("slow_time_s", sensor.slow_time_s.unwrap_or(1.0), 1e-3, 1e6)?;
    if let Some(volume) = &sensor.volume {
        for range_m in volume.range_m {
            within("volume.range_m", range_m, 0.0, 1e9)?;
        }
        for az_rad in volume.az_rad {
            within("volume.az_rad", az_rad, -TAU, TAU)?;
        }
        for el_rad in volume.el_rad {
            within("volume.el_rad", el_rad, -FRAC_PI_2, FRAC_PI_2)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = r#"{"t0_utc":"2021-09-09T17:25:00.31Z","sensors":[{"id":"A","colour":"red","lat_deg":32.35797,
        "lon_deg":-106.36829,"alt_m":1236.0,"sigma_range_m":2.0,"sigma_az_rad":0.001,"sigma_el_rad":null,"pd":1.0,
        "rate_hz":20.0}]}"#;

    #[test]
    fn reads_both_forms() {
        let file = read_sensors("s.json", GOOD).unwrap();
        assert_eq!(file.t0, Some(Tai::from_utc("2021-09-09T17:25:00.31Z").unwrap()));
        assert_eq!(file.sensors[0].sigma_el_rad, None);
        let list = &GOOD[GOOD.find('[').unwrap()..GOOD.len() - 1];
        assert_eq!(read_sensors("s.json", list).unwrap(), SensorFile { t0: None, ..file });
    }

    #[test]
    fn each_error_is_one_line_that_names_file_and_place() {
        for (from, to, expected) in [
            ("\"pd\":1.0", "\"pd\":1.5", "s.json: sensor 1 (`A`): expected pd from 0 to 1, found 1.5"),
            ("\"lat_deg\":32.35797", "\"lat_deg\":132.0", "expected lat_deg from -90 to 90"),
            ("\"sigma_range_m\":2.0,", "", "missing sigma_range_m"),
            ("\"sigma_range_m\":2.0", "\"sigma_range_m\":0", "expected sigma_range_m above 0"),
            ("\"rate_hz\":20.0", "\"rate\":20.0", "missing field `rate_hz`"),
            (
                "2021-09-09T17:25:00.31Z",
                "noon",
                "expected a UTC instant such as 2022-10-03T22:22:00Z, found `noon`",
            ),
            ("\"A\"", "\"A,B\"", "expected an id without commas"),
            ("]}", "]", "s.json: line 3: expected JSON"),
        ] {
            let error = read_sensors("s.json", &GOOD.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains('\n'), "{error}");
        }
        assert!(read_sensors("s.json", "").unwrap_err().to_string().contains("found nothing"));
        assert!(read_sensors("s.json", "[]").unwrap_err().to_string().contains("at least one sensor"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = read_sensors("s.json", &text);
        }

        #[test]
        fn no_cut_off_file_panics(length in 0..GOOD.len()) {
            prop_assert!(read_sensors("s.json", &GOOD[..length]).is_err());
        }
    }
}
