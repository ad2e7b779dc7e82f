//! From target reports to plots.

use std::collections::{BTreeMap, BTreeSet};

use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;

use super::block::{Blocks, Record};
use super::cat048::{Detection, Target};
use super::clock::{Days, Turns};
use super::{AsterixError, Source};

/// What an ASTERIX file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AsterixPlots {
    /// Its plots, in the order of the file.
    pub plots: Vec<Plot>,
    /// Records of category 048.
    pub targets: usize,
    /// Records of category 034.
    pub services: usize,
    /// Why records of category 048 gave no plot, and how many.
    pub set_aside: BTreeMap<&'static str, usize>,
    /// Blocks of other categories.
    pub other_blocks: usize,
}

/// One radar of the file.
struct Feed<'a> {
    sensor: &'a Sensor,
    days: Days,
    turns: Turns,
}

/// Reads all plots of `bytes`; radars are known by `sac` and `sic` of `sensors`, the day by `t0`. A record that gives
/// no plot is counted; one that cannot be read, or of a radar that is not among the sensors, is an error.
pub fn read_plots(bytes: &[u8], sensors: &[Sensor], t0: Tai) -> Result<AsterixPlots, AsterixError> {
    let mut feeds: BTreeMap<Source, Feed> = BTreeMap::new();
    for sensor in sensors {
        if let (Some(sac), Some(sic)) = (sensor.sac, sensor.sic) {
            let feed = Feed { sensor, days: Days::from(t0), turns: Turns::new(sensor.rate_hz) };
            feeds.insert(Source { sac, sic }, feed);
        }
    }
    let mut read = AsterixPlots::default();
    let mut seen = BTreeSet::new();
    for record in Blocks::new(bytes) {
        match record? {
            Record::Target(target) => {
                read.targets += 1;
                let feed = feed_of(&mut feeds, target.source, target.offset)?;
                let plot = match plot(&target, feed) {
                    Ok(plot) => plot,
                    Err(reason) => {
                        *read.set_aside.entry(reason).or_default() += 1;
                        continue;
                    }
                };
                let said = (target.source, plot.time, plot.range_m.map(f64::to_bits), plot.az_rad.to_bits());
                if seen.insert(said) {
                    read.plots.push(plot);
                } else {
                    *read.set_aside.entry("said before").or_default() += 1;
                }
            }
            Record::Service(service) => {
                read.services += 1;
                let feed = feed_of(&mut feeds, service.source, service.offset)?;
                if let Some(time_of_day_s) = service.time_of_day_s {
                    feed.days.instant(time_of_day_s);
                }
                feed.turns.learn(&service);
            }
            Record::Other(_) => read.other_blocks += 1,
        }
    }
    Ok(read)
}

fn feed_of<'f, 's>(
    feeds: &'f mut BTreeMap<Source, Feed<'s>>,
    source: Option<Source>,
    offset: usize,
) -> Result<&'f mut Feed<'s>, AsterixError> {
    let known: Vec<String> = feeds.keys().map(|source| format!("{}/{}", source.sac, source.sic)).collect();
    let found = match source {
        Some(source) => match feeds.get_mut(&source) {
            Some(feed) => return Ok(feed),
            None => format!("{}/{}", source.sac, source.sic),
        },
        None => "none".to_owned(),
    };
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let expected = format!("expected a radar whose sac/sic a sensor has ({known}), found {found}");
    Err(AsterixError { offset, expected })
}

/// The plot of a target report; `Err` says why it gives none.
fn plot(target: &Target, feed: &mut Feed) -> Result<Plot, &'static str> {
    let Some(time_of_day_s) = target.time_of_day_s else { return Err("no time") };
    let time = feed.days.instant(time_of_day_s);
    // Made-up targets never come upon a live screen.
    if target.simulated || target.test {
        return Err("simulated or test target");
    }
    if matches!(target.detection, None | Some(Detection::None)) {
        return Err("no detection");
    }
    let Some((range_m, az_rad)) = target.polar.filter(|(range_m, _)| *range_m > 0.0) else {
        return Err("no range");
    };
    Ok(Plot {
        time,
        scan: feed.turns.of(time, az_rad),
        sensor_id: feed.sensor.id.clone(),
        range_m: Some(range_m),
        az_rad,
        el_rad: 0.0,
        height_m: target.measured_height_m.or(target.pressure_height_m),
        address: target.address,
        range_rate_mps: None,
        truth_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_sensors;
    use proptest::prelude::*;

    const SENSORS: &str = r#"[{"id": "BCN", "sac": 20, "sic": 129, "lat_deg": 41.3, "lon_deg": 2.1, "alt_m": 27,
        "sigma_range_m": 10, "sigma_az_rad": 0.0003, "sigma_el_rad": null, "sigma_height_m": 30, "pd": 0.98,
        "rate_hz": 0.25}]"#;

    fn sensors() -> Vec<Sensor> {
        read_sensors("s.json", SENSORS).unwrap().sensors
    }

    fn t0() -> Tai {
        Tai::from_utc("2023-05-02T00:00:00Z").unwrap()
    }

    /// Category 048: 010, 140, 020, 040, 090, 220 in one record; 8:00:00.5 UTC, roll-call with primary, 10 NM at 90°,
    /// flight level 100, address 34658A.
    const TARGET: [u8; 20] = [
        48,
        0,
        20,
        0b1111_0101,
        0b1000_0000,
        20,
        129,
        0x38,
        0x40,
        0x40,
        0xe0,
        0x0a,
        0x00,
        0x40,
        0x00,
        0x01,
        0x90,
        0x34,
        0x65,
        0x8a,
    ];

    fn target() -> Vec<u8> {
        TARGET.to_vec()
    }

    #[test]
    fn a_target_report_is_a_plot() {
        let read = read_plots(&target(), &sensors(), t0()).unwrap();
        let plot = &read.plots[0];
        assert_eq!(plot.time.to_utc(), "2023-05-02T08:00:00.500Z");
        assert_eq!(plot.sensor_id, "BCN");
        assert_eq!(plot.range_m, Some(18_520.0));
        assert!((plot.az_rad - core::f64::consts::FRAC_PI_2).abs() < 1e-12);
        assert!((plot.height_m.unwrap() - 10_000.0 * 0.3048).abs() < 1e-9);
        assert_eq!(plot.address, Some(0x34658a));
    }

    #[test]
    fn what_is_no_detection_is_set_aside_and_counted() {
        let set_aside = |octet: u8| {
            let mut bytes = target();
            bytes[10] = octet;
            let read = read_plots(&bytes, &sensors(), t0()).unwrap();
            (read.plots.len(), read.set_aside.into_keys().collect::<Vec<_>>())
        };
        assert_eq!(set_aside(0x00), (0, vec!["no detection"]));
        assert_eq!(set_aside(0xf0), (0, vec!["simulated or test target"]));
        let twice = [target(), target()].concat();
        let read = read_plots(&twice, &sensors(), t0()).unwrap();
        assert_eq!((read.targets, read.plots.len(), read.set_aside["said before"]), (2, 1, 1));
    }

    #[test]
    fn service_messages_and_other_categories_are_stepped_over() {
        // Category 034: 010, 000 (north), 030, 020, 041 (4.0 s), 050 with COM and MDS, 120.
        let service = [
            34,
            0,
            26,
            0b1111_1101,
            0b0001_0000,
            20,
            129,
            1,
            0x38,
            0x40,
            0x40,
            0,
            0x02,
            0x00,
            0b1000_0100,
            0x40,
            0x20,
            0x00,
            0,
            27,
            1,
            2,
            3,
            4,
            5,
            6,
        ];
        let Some(Ok(Record::Service(north))) = Blocks::new(&service).next() else { panic!() };
        assert_eq!((north.kind, north.turn_s), (Some(crate::asterix::ServiceKind::North), Some(4.0)));
        assert_eq!(north.time_of_day_s, Some(28_800.5));
        let all = [&service[..], &[21, 0, 5, 1, 2], &target()].concat();
        let read = read_plots(&all, &sensors(), t0()).unwrap();
        assert_eq!((read.services, read.other_blocks, read.plots.len()), (1, 1, 1));
    }

    /// The same without I048/010.
    fn no_source(bytes: &mut Vec<u8>) {
        bytes.drain(5..7);
        (bytes[2], bytes[3]) = (18, 0b0111_0101);
    }

    #[test]
    fn each_error_names_the_byte() {
        for (change, expected) in [
            (
                Box::new(|b: &mut Vec<u8>| b[2] = 2) as Box<dyn Fn(&mut Vec<u8>)>,
                "byte 1: expected the block's length, at least 3",
            ),
            (Box::new(|b| b[2] = 40), "byte 3: expected 37 bytes of a block of category 048, found 17"),
            (
                Box::new(|b| b[5] = 21),
                "byte 3: expected a radar whose sac/sic a sensor has (20/129), found 21/129",
            ),
            (
                Box::new(|b| no_source(b)),
                "byte 3: expected a radar whose sac/sic a sensor has (20/129), found none",
            ),
            (Box::new(|b| b[7] = 0xff), "byte 7: expected a time of day below 86401 s"),
            (Box::new(|b| b[4] = 0b1000_0001), "byte 3: expected at most 28 fields"),
            (Box::new(|b| b.truncate(19)), "byte 3: expected 17 bytes"),
            (Box::new(|b| b.push(48)), "byte 20: expected 3 bytes of a block's category and length, found 1"),
        ] {
            let mut bytes = target();
            change(&mut bytes);
            if expected.contains("28 fields") {
                bytes[5..9].fill(0xff);
            }
            let error = read_plots(&bytes, &sensors(), t0()).unwrap_err().to_string();
            assert!(error.starts_with(expected) && !error.contains('\n'), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_plots(&bytes, &sensors(), t0());
        }

        #[test]
        fn no_record_panics(category in prop_oneof![Just(34_u8), Just(48)], mut record in proptest::collection::vec(any::<u8>(), 1..120)) {
            // A known radar first, so that the rest is read too.
            record[0] |= 0x80;
            let mut bytes = vec![category, 0, 3 + record.len() as u8];
            bytes.extend(record);
            for record in Blocks::new(&bytes) {
                let _ = record;
            }
            let _ = read_plots(&bytes, &sensors(), t0());
        }
    }
}
