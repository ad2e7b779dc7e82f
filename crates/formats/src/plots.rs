//! Plot files: CSV, a header and a plot on each line.
//!
//! `time_s,scan,sensor_id,range_m,az_rad,el_rad[,range_rate_mps][,height_m][,truth_id]`; unknown columns are ignored.
//! `height_m` is the height that a transponder told a radar without elevation.

use core::f64::consts::{FRAC_PI_2, TAU};
use std::collections::BTreeMap;

use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;

use crate::number::{finite, short};

const REQUIRED: [&str; 6] = ["time_s", "scan", "sensor_id", "range_m", "az_rad", "el_rad"];

/// Times in a file that are further than this from its zero are no times, seconds (about 30 years).
const TIME_S_MAX: f64 = 1e9;

/// What is wrong with a line of a plot file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {expected}")]
pub struct LineError {
    /// Line number, from 1 (the header).
    pub line: usize,
    /// What was expected and what was found.
    pub expected: String,
}

/// Reads plots line by line, as a file or a live sensor gives them: it knows the header, and for each sensor the time
/// of its last plot.
#[derive(Clone, Debug)]
pub struct PlotLines {
    width: usize,
    required: [usize; 6],
    range_rate: Option<usize>,
    height: Option<usize>,
    truth: Option<usize>,
    sensors: Option<Vec<String>>,
    last: BTreeMap<String, Newest>,
}

/// A sensor's newest plots, those of one instant.
#[derive(Clone, Debug)]
struct Newest {
    time_s: f64,
    line: usize,
    /// What each said, bit by bit, and its line.
    said: BTreeMap<(i64, [u64; 4]), usize>,
}

impl PlotLines {
    /// Reads the header.
    pub fn header(line: &str) -> Result<PlotLines, LineError> {
        let line = line.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
        let names: Vec<&str> = line.split(',').map(str::trim).collect();
        let place = |name: &str| names.iter().position(|column| *column == name);
        let mut required = [0; 6];
        for (index, name) in REQUIRED.iter().enumerate() {
            required[index] = place(name).ok_or_else(|| LineError {
                line: 1,
                expected: format!("expected a column {name} in the header, found `{}`", short(line)),
            })?;
        }
        Ok(PlotLines {
            width: names.len(),
            required,
            range_rate: place("range_rate_mps"),
            height: place("height_m"),
            truth: place("truth_id"),
            sensors: None,
            last: BTreeMap::new(),
        })
    }

    /// From here on plots of other sensors than these are refused.
    pub fn only_of(mut self, sensors: &[Sensor]) -> PlotLines {
        self.sensors = Some(sensors.iter().map(|sensor| sensor.id.clone()).collect());
        self
    }

    /// Reads line `number` (the header is 1); `t0` is the instant of `time_s` 0. An error leaves this reader as it
    /// was, so that a live feed can go on with the next line.
    pub fn line(&mut self, number: usize, text: &str, t0: Tai) -> Result<Plot, LineError> {
        let refuse = |expected: String| LineError { line: number, expected };
        let fields: Vec<&str> = text.trim_end_matches(['\r', '\n']).split(',').collect();
        if fields.len() != self.width {
            return Err(refuse(format!("expected {} fields, found {}", self.width, fields.len())));
        }
        let field = |place: usize| fields.get(place).map_or("", |text| text.trim());
        let [time, scan, sensor, range, azimuth, elevation] = self.required.map(field);

        let time_s = finite("time_s", time).map_err(refuse)?;
        if time_s.abs() > TIME_S_MAX {
            return Err(refuse(format!("expected time_s within ±1e9 s, found {}", short(time))));
        }
        let scan = scan.parse::<i64>().map_err(|_| {
            refuse(format!("expected a whole number in column scan, found `{}`", short(scan)))
        })?;
        self.check_sensor(sensor).map_err(refuse)?;
        let range_m = optional("range_m", range).map_err(refuse)?;
        if let Some(range_m) = range_m
            && range_m <= 0.0
        {
            return Err(refuse(format!("expected a positive range_m, found {}", short(range))));
        }
        let az_rad = finite("az_rad", azimuth).map_err(refuse)?;
        if !(0.0..TAU).contains(&az_rad) {
            return Err(refuse(format!("expected az_rad in [0, 2 pi), found {}", short(azimuth))));
        }
        let el_rad = finite("el_rad", elevation).map_err(refuse)?;
        if !(-FRAC_PI_2..=FRAC_PI_2).contains(&el_rad) {
            return Err(refuse(format!("expected el_rad in [-pi/2, pi/2], found {}", short(elevation))));
        }
        let range_rate_mps = optional("range_rate_mps", self.range_rate.map_or("", field)).map_err(refuse)?;
        let height_m = optional("height_m", self.height.map_or("", field)).map_err(refuse)?;
        let bits = |number: Option<f64>| number.map_or(u64::MAX, f64::to_bits);
        let said = (scan, [bits(range_m), az_rad.to_bits(), el_rad.to_bits(), bits(range_rate_mps)]);
        self.note(sensor, time_s, number, said).map_err(refuse)?;
        let truth_id = self.truth.map(field).filter(|id| !id.is_empty()).map(str::to_owned);
        Ok(Plot {
            time: t0.plus_s(time_s),
            scan,
            sensor_id: sensor.to_owned(),
            range_m,
            az_rad,
            el_rad,
            height_m,
            address: None,
            range_rate_mps,
            truth_id,
        })
    }

    /// Remembers a plot; refuses what is before its sensor's newest, or there already.
    fn note(&mut self, sensor: &str, time_s: f64, line: usize, said: (i64, [u64; 4])) -> Result<(), String> {
        let Some(newest) = self.last.get_mut(sensor) else {
            let newest = Newest { time_s, line, said: BTreeMap::from([(said, line)]) };
            self.last.insert(sensor.to_owned(), newest);
            return Ok(());
        };
        if time_s < newest.time_s {
            let (earlier_s, last_line) = (newest.time_s - time_s, newest.line);
            return Err(format!(
                "expected time not to run backwards within sensor {}, found {time_s} s, {earlier_s} s before line {last_line}",
                short(sensor)
            ));
        }
        if time_s > newest.time_s {
            newest.said.clear();
        } else if let Some(before) = newest.said.get(&said) {
            return Err(format!(
                "expected each plot once, found that of sensor {} at {time_s} s of line {before} again",
                short(sensor)
            ));
        }
        newest.said.insert(said, line);
        (newest.time_s, newest.line) = (time_s, line);
        Ok(())
    }

    fn check_sensor(&self, id: &str) -> Result<(), String> {
        if id.is_empty() {
            return Err("expected a sensor in column sensor_id, found nothing".to_owned());
        }
        match &self.sensors {
            Some(known) if !known.iter().any(|sensor| sensor == id) => {
                let nearest = nearest(id, known);
                Err(format!("expected a known sensor, found `{}`; nearest known: {nearest}", short(id)))
            }
            _ => Ok(()),
        }
    }
}

fn optional(column: &str, text: &str) -> Result<Option<f64>, String> {
    if text.trim().is_empty() { Ok(None) } else { finite(column, text).map(Some) }
}

/// Up to three known ids that look most like `id`.
fn nearest(id: &str, known: &[String]) -> String {
    let mut by_distance: Vec<(usize, &String)> =
        known.iter().map(|candidate| (edits(id, candidate), candidate)).collect();
    by_distance.sort();
    let names: Vec<&str> = by_distance.iter().take(3).map(|(_, name)| name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Levenshtein's distance between the first 64 letters of two texts.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut next = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let replaced = row[j] + usize::from(from != *to);
            next.push(replaced.min(row[j + 1] + 1).min(next[j] + 1));
        }
        row = next;
    }
    row[b.len()]
}

/// A whole plot file, plot by plot. Its errors name the file.
pub struct PlotFile<'a> {
    name: &'a str,
    rest: core::iter::Enumerate<core::str::SplitInclusive<'a, char>>,
    lines: PlotLines,
    t0: Tai,
    failed: bool,
}

impl<'a> PlotFile<'a> {
    /// Opens the text of file `name`; `t0` is the instant of `time_s` 0. Plots of other sensors than `sensors` are
    /// refused.
    pub fn open(name: &'a str, text: &'a str, sensors: &[Sensor], t0: Tai) -> Result<PlotFile<'a>, String> {
        let mut rest = text.split_inclusive('\n').enumerate();
        let header = match rest.next() {
            Some((_, header)) if !header.trim().is_empty() => header,
            _ => return Err(format!("{name}: line 1: expected a header of a plot file, found nothing")),
        };
        let lines = PlotLines::header(header).map_err(|error| format!("{name}: {error}"))?.only_of(sensors);
        Ok(PlotFile { name, rest, lines, t0, failed: false })
    }
}

impl Iterator for PlotFile<'_> {
    type Item = Result<Plot, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let (index, line) = self.rest.next()?;
        let read = self.lines.line(index + 1, line, self.t0).map_err(|error| {
            let cut = if line.ends_with('\n') { "" } else { " (the last line: the file may be cut off)" };
            format!("{}: {error}{cut}", self.name)
        });
        self.failed = read.is_err();
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "time_s,scan,sensor_id,range_m,az_rad,el_rad";
    const T0: Tai = Tai(1_000_000_000_000_000_000);

    fn sensor(id: &str) -> Sensor {
        let text = format!(
            r#"[{{"id":"{id}","lat_deg":0,"lon_deg":0,"alt_m":0,"sigma_range_m":1,"sigma_az_rad":1,"sigma_el_rad":1,"pd":1,"rate_hz":1}}]"#
        );
        crate::read_sensors("s.json", &text).unwrap().sensors.remove(0)
    }

    fn refused(line: &str) -> String {
        let text = format!("{HEADER}\n1.0,1,WSMR-A,1000.0,1.0,0.5\n{line}");
        let mut file = PlotFile::open("p.csv", &text, &[sensor("WSMR-A")], T0).unwrap();
        assert!(file.next().unwrap().is_ok());
        file.next().unwrap().unwrap_err()
    }

    #[test]
    fn reads_a_plot_and_ignores_unknown_columns() {
        let text = format!(
            "colour,{HEADER},height_m,range_rate_mps,truth_id\nred,1.5,7,A,1000.0,6.2,0.5,3048,-20,m1\n"
        );
        let plots: Vec<_> =
            PlotFile::open("p.csv", &text, &[sensor("A")], T0).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(
            plots,
            [Plot {
                time: T0.plus_s(1.5),
                scan: 7,
                sensor_id: "A".into(),
                range_m: Some(1000.0),
                az_rad: 6.2,
                el_rad: 0.5,
                height_m: Some(3048.0),
                address: None,
                range_rate_mps: Some(-20.0),
                truth_id: Some("m1".into()),
            }]
        );
    }

    #[test]
    fn each_error_names_file_line_and_what_was_expected() {
        for (line, expected) in [
            ("2.0,2,WSMR-A,1000.0,1.0\n", "expected 6 fields, found 5"),
            ("2.0,2,WSMR-A,1000.0,1.0", "may be cut off"),
            ("2.0,2,WSMR-A,1000.0,1.0,", "expected a number in column el_rad, found nothing"),
            ("2.0,2,WSMR-A,NaN,1.0,0.5\n", "expected a finite number in column range_m"),
            ("2.0,2,WSMR-A,1000.0,inf,0.5\n", "expected a finite number in column az_rad"),
            ("2.0,2,WSMR-A,1000.0,6.2832,0.5\n", "expected az_rad in [0, 2 pi)"),
            ("2.0,2,WSMR-A,1000.0,-0.1,0.5\n", "expected az_rad in [0, 2 pi)"),
            ("2.0,2,WSMR-A,1000.0,1.0,1.6\n", "expected el_rad in [-pi/2, pi/2]"),
            ("2.0,2,WSMR-A,-1.0,1.0,0.5\n", "expected a positive range_m"),
            ("0.5,2,WSMR-A,1000.0,1.0,0.5\n", "backwards within sensor WSMR-A"),
            ("2.0,2,WSMR-B,1000.0,1.0,0.5\n", "nearest known: WSMR-A"),
            ("2.0,two,WSMR-A,1000.0,1.0,0.5\n", "expected a whole number in column scan"),
            ("\n", "expected 6 fields, found 1"),
        ] {
            let error = refused(line);
            assert!(error.starts_with("p.csv: line 3: ") && error.contains(expected), "{error}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn a_missing_column_and_an_empty_file_are_named() {
        let open = |text| PlotFile::open("p.csv", text, &[], T0).err().unwrap();
        assert!(open("").contains("line 1: expected a header"));
        assert!(open("time_s,scan,sensor_id,range_m,el_rad\n").contains("expected a column az_rad"));
    }

    proptest! {
        #[test]
        fn no_text_panics(header in "\\PC*", line in "\\PC*", number in any::<usize>()) {
            let _ = PlotLines::header(&header);
            let mut lines = PlotLines::header(HEADER).unwrap();
            let _ = lines.line(number, &line, T0);
        }

        #[test]
        fn no_row_of_fields_panics(fields in proptest::collection::vec("[-0-9.einfaNA,é]{0,12}", 6)) {
            let mut lines = PlotLines::header(HEADER).unwrap().only_of(&[sensor("A")]);
            if let Ok(plot) = lines.line(2, &fields.join(","), T0) {
                prop_assert!(plot.az_rad.is_finite() && plot.el_rad.is_finite());
            }
        }
    }
}
