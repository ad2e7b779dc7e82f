//! Notice files: JSON, a list of planned launches. `docs/formats.md` describes the form.

use std::collections::BTreeSet;

use physics::geodetic::Geodetic;
use physics::time::Tai;
use serde::Deserialize;
use statement::{Circle, PlannedLaunch};

use crate::number::short;

#[derive(Deserialize)]
struct File {
    notices: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Notice {
    id: String,
    opens_utc: String,
    closes_utc: String,
    area: Area,
    course_deg: [f64; 2],
    #[serde(default)]
    falls: Vec<Area>,
}

#[derive(Deserialize)]
struct Area {
    lat_deg: f64,
    lon_deg: f64,
    radius_m: f64,
}

/// The longest id, characters.
const ID_MAX: usize = 64;

/// Reads the text of notice file `name`. Unknown keys are ignored. An error names the file, the line or the notice, and
/// what was expected.
pub fn read_notices(name: &str, text: &str) -> Result<Vec<PlannedLaunch>, String> {
    let file: File = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        format!("{name}: line {}: expected an object with a list `notices`: {error}", error.line())
    })?;
    let mut ids = BTreeSet::new();
    let mut notices = Vec::with_capacity(file.notices.len());
    for (index, value) in file.notices.into_iter().enumerate() {
        let refuse = |what: String| format!("{name}: notice {}: {what}", index + 1);
        let notice = Notice::deserialize(value)
            .map_err(|error| refuse(format!("expected all keys of a notice: {error}")))?;
        let notice = checked(notice).map_err(refuse)?;
        if !ids.insert(notice.id.clone()) {
            return Err(refuse("expected an id that no other notice has".to_owned()));
        }
        notices.push(notice);
    }
    Ok(notices)
}

fn checked(notice: Notice) -> Result<PlannedLaunch, String> {
    let id = notice.id.trim();
    if id.is_empty() || id.chars().count() > ID_MAX || id.chars().any(char::is_control) {
        return Err(format!("expected an id of 1 to {ID_MAX} characters, found `{}`", short(id)));
    }
    let instant = |key: &str, text: &str| {
        Tai::from_utc(text).map_err(|_| {
            format!("expected {key} as a UTC instant such as 2022-10-03T22:22:00Z, found `{}`", short(text))
        })
    };
    let window = [instant("opens_utc", &notice.opens_utc)?, instant("closes_utc", &notice.closes_utc)?];
    if window[0] > window[1] {
        return Err("expected closes_utc not before opens_utc".to_owned());
    }
    for course_deg in notice.course_deg {
        within("course_deg", course_deg, 0.0, 360.0)?;
    }
    Ok(PlannedLaunch {
        id: id.to_owned(),
        window,
        area: circle("area", &notice.area)?,
        course_deg: notice.course_deg,
        falls: notice.falls.iter().map(|area| circle("falls", area)).collect::<Result<_, _>>()?,
    })
}

fn circle(key: &str, area: &Area) -> Result<Circle, String> {
    let lat_deg = within(&format!("{key}.lat_deg"), area.lat_deg, -90.0, 90.0)?;
    let lon_deg = within(&format!("{key}.lon_deg"), area.lon_deg, -180.0, 180.0)?;
    let radius_m = within(&format!("{key}.radius_m"), area.radius_m, 1.0, 2e7)?;
    Ok(Circle { middle: Geodetic { lat_deg, lon_deg, alt_m: 0.0 }, radius_m })
}

fn within(key: &str, value: f64, low: f64, high: f64) -> Result<f64, String> {
    if value.is_finite() && (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(format!("expected {key} from {low} to {high}, found {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = r#"{"notices": [{"id": "2017-06 CRS-11", "opens_utc": "2017-06-03T21:00:00Z",
        "closes_utc": "2017-06-03T21:30:00Z", "area": {"lat_deg": 28.6, "lon_deg": -80.6, "radius_m": 5000},
        "course_deg": [30, 60], "falls": [{"lat_deg": 28.5, "lon_deg": -80.5, "radius_m": 20000}]}]}"#;

    #[test]
    fn reads_a_notice() {
        let notices = read_notices("n.json", GOOD).unwrap();
        assert_eq!(notices[0].id, "2017-06 CRS-11");
        assert_eq!(notices[0].window[1].since_s(notices[0].window[0]), 1_800.0);
        assert_eq!((notices[0].course_deg, notices[0].falls.len()), ([30.0, 60.0], 1));
    }

    #[test]
    fn each_error_is_one_line_that_names_file_and_place() {
        for (from, to, expected) in [
            ("21:30", "20:30", "n.json: notice 1: expected closes_utc not before opens_utc"),
            ("2017-06-03T21:30:00Z", "noon", "expected closes_utc as a UTC instant"),
            ("28.6", "98.6", "n.json: notice 1: expected area.lat_deg from -90 to 90, found 98.6"),
            ("[30, 60]", "[30, 400]", "expected course_deg from 0 to 360, found 400"),
            ("\"id\"", "\"ident\"", "missing field `id`"),
            ("2017-06 CRS-11", "", "expected an id of 1 to 64 characters"),
            ("]}]}", "]}", "n.json: line 3: expected an object with a list `notices`"),
        ] {
            let error = read_notices("n.json", &GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(expected) && !error.contains('\n'), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", length in 0..GOOD.len()) {
            let _ = read_notices("n.json", &text);
            prop_assert!(read_notices("n.json", &GOOD[..length]).is_err());
        }
    }
}
