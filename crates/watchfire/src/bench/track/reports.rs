//! Reported launches: what was said in public of real ones, held against Kepler and against what the tracker would have
//! said.
//!
//! A truth is fitted to one source's range and apogee, perturbed within what they are rounded to, and flown through the
//! exercises' radars. From a minute after burn-out on the assessment has an arc; the figures of the *other* sources of the
//! same launch that agree with what was flown, within what they are rounded to, must lie within its 99 % and that.

use physics::geodesic::distance_and_azimuth;
use physics::geodetic::Geodetic;
use physics::wgs84;
use picture::{Picture, Settings};
use sim::scenario::Participant;
use sim::sensing::Watch;
use sim::truth::Truth;
use sim::truth::arc::FreeFlight;
use sim::truth::draw::{ReportedLaunch, VehicleClass};
use sim::truth::fate::Fate;
use sim::truth::fit::Course;
use statement::Assessment;

use super::real::data;
use super::statistics::share;
use super::{Form, Noted, failed};
use crate::built_in;

/// Whose radars watch.
const LAY_DOWN: &str = "2022-10-04";

/// So long after burn-out it is asked what was said, seconds.
const ARC_S: f64 = 90.0;

/// Half the width of a normal's central 99 %, in sigmas. Abramowitz & Stegun, table 26.5.
const SIGMAS_99: f64 = 2.576;

/// The course of all, degrees: none is reported.
const COURSE_DEG: f64 = 80.0;

const RADIUS_M: f64 = 6_371e3;

/// What one source said of one launch.
#[derive(Clone, Debug)]
struct Report {
    event: String,
    source: String,
    site: Geodetic,
    range_km: Option<f64>,
    apogee_km: Option<f64>,
    /// With its precision, seconds.
    flight_s: Option<(f64, f64)>,
}

/// The figures of reported launches; none where the reports are not at hand.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let Some(file) = data("reported launches", "launches/launches.csv") else { return Ok(Vec::new()) };
    let reports = read(&std::fs::read_to_string(file).map_err(failed)?)?;
    let mut noted = vec![kinematic(&reports)];
    let laid_down = built_in::scenario(LAY_DOWN).map_err(|problem| format!("{problem:?}"))?;
    let (mut held, mut of, mut flown) = (0, 0, 0);
    let mut outside = Vec::new();
    for report in &reports {
        let Some(truth) = fitted(report, form.seed) else { continue };
        let others: Vec<&Report> = reports
            .iter()
            .filter(|other| other.event == report.event && other.source != report.source)
            .collect();
        flown += 1;
        for participant in &laid_down.nations {
            let Some(said) = said_of(&truth, participant, form.seed) else { continue };
            for other in &others {
                for (what, held_here) in covered(&said, &truth, other) {
                    of += 1;
                    held += usize::from(held_here);
                    if !held_here {
                        outside
                            .push(format!("{} {} by {}: {what}", report.event, other.source, report.source));
                    }
                }
            }
        }
    }
    let found = share(held, of);
    let note = format!(
        "[{:.3}, {:.3}], {held} of {of} figures, {flown} fitted launches; outside: {outside:?}",
        found.low, found.high
    );
    let name = "reported launches: agreeing figures of other sources within the assessment".to_owned();
    noted.push(Noted::new(name, Some(0.97), found.value, "share", true, note));
    Ok(noted)
}

/// Reports that contradict themselves: flown in less time than gravity alone allows between their range and apogee.
fn kinematic(reports: &[Report]) -> Noted {
    let (mut checked, mut wrong, mut least_s) = (0, Vec::new(), f64::INFINITY);
    for report in reports {
        let (Some(range_km), Some(apogee_km), Some((flight_s, precision_s))) =
            (report.range_km, report.apogee_km, report.flight_s)
        else {
            continue;
        };
        checked += 1;
        let free_s = FreeFlight::over(range_km * 1e3 / RADIUS_M, RADIUS_M, apogee_km * 1e3).time_s();
        let more_s = flight_s + precision_s - free_s;
        least_s = least_s.min(more_s);
        if more_s < 0.0 {
            wrong.push(format!("{} {}", report.event, report.source));
        }
    }
    let note =
        format!("of {checked}; the closest has {:.1} min left for its boost: {wrong:?}", least_s / 60.0);
    let name = "reported launches: reports that contradict themselves".to_owned();
    Noted::new(name, None, wrong.len() as f64, "", false, note)
}

/// Half of what a figure is rounded to.
fn rounding(value: f64) -> f64 {
    let step = [100.0, 50.0, 10.0, 1.0].into_iter().find(|step| value % step == 0.0);
    0.5 * step.unwrap_or(0.1)
}

/// A launch as reported; `None` where too little was said or no such flight is found.
fn fitted(report: &Report, seed: u64) -> Option<Truth> {
    let (range_km, apogee_km) = (report.range_km?, report.apogee_km?);
    let class = match apogee_km {
        apogee_km if apogee_km < 300.0 && range_km < 1_000.0 => VehicleClass::Srbm,
        apogee_km if apogee_km < 2_500.0 => VehicleClass::Irbm,
        _ => VehicleClass::Icbm,
    };
    let within = |value: f64| (1e3 * (value - rounding(value)), 1e3 * (value + rounding(value)));
    let launch = ReportedLaunch {
        id: format!("{} {}", report.event, report.source),
        class,
        burn_s: None,
        site: report.site,
        site_spread_m: 0.0,
        launch_s: 10.0,
        launch_spread_s: 0.0,
        range_m: within(range_km),
        apogee_m: within(apogee_km),
        flight_time_s: report
            .flight_s
            .map_or((0.0, 7_200.0), |(flown_s, precision_s)| (flown_s - precision_s, flown_s + precision_s)),
        speed_mps: None,
        course: Course::Azimuth(COURSE_DEG),
        course_spread: 0.0,
        fate: Fate::default(),
    };
    // Where the reported time is no such vehicle's, any is taken: range and apogee are asked for.
    let free = ReportedLaunch { flight_time_s: (0.0, 7_200.0), ..launch.clone() };
    Truth::draw(&launch, seed).or_else(|_| Truth::draw(&free, seed)).ok()?.into_iter().next()
}

/// A nation's last assessment with an impact, from burn-out up to [`ARC_S`] after it. In a pause between stages there is one
/// too, of what would come down if no next stage burned.
fn said_of(truth: &Truth, participant: &Participant, seed: u64) -> Option<Assessment> {
    let start = physics::time::Tai(1_700_000_000_000_000_000);
    let burnout_s = truth.burnout()?.time_s;
    let end_s = burnout_s + ARC_S;
    let mut picture = Picture::new(participant.sensors.clone(), Settings::default());
    let mut watches: Vec<(f64, Watch)> =
        participant.sensors.iter().map(|sensor| (1.0 / sensor.rate_hz, Watch::new(sensor, seed))).collect();
    let mut scans: Vec<(f64, i64, usize)> = Vec::new();
    for (index, (every_s, _)) in watches.iter().enumerate() {
        let count = (end_s / every_s) as i64;
        scans.extend((0..count).map(|scan| (scan as f64 * every_s + 0.01 * index as f64, scan, index)));
    }
    scans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut last = None;
    for (time_s, scan, index) in scans {
        let now = start.plus_s(time_s);
        let plots = watches[index].1.scan(scan, time_s, start, [truth]);
        picture.observe(now, &plots);
        // Of the object itself: a burned stage has an impact of its own.
        let of_it = |said: &Assessment| {
            time_s > burnout_s
                && said.impact.is_some()
                && said.observed.is_some_and(|seen| is_at(truth, seen.time.since_s(start), seen.place))
        };
        last = picture.assess(now).into_iter().rfind(of_it).or(last);
    }
    last
}

/// Whether the truth was there then, give or take what a track may be off.
fn is_at(truth: &Truth, time_s: f64, place: Geodetic) -> bool {
    let there = wgs84::to_earth_fixed(place).vector();
    truth
        .state(time_s)
        .is_some_and(|(at_m, _, _)| (nalgebra::Vector3::from(at_m) - there).norm() < super::NEAR_M)
}

/// The other's figures that agree with what was flown, within what they are rounded to, and whether the assessment holds
/// each, as rounded.
fn covered(said: &Assessment, truth: &Truth, other: &Report) -> Vec<(String, bool)> {
    let (Some(launch), Some(impact)) = (said.launch, said.impact) else { return Vec::new() };
    let (Some(launched), Some(landed)) = (truth.launch(), truth.impact()) else { return Vec::new() };
    let (range_m, _) = distance_and_azimuth(launch.place, impact.place);
    let range_sigma_m = libm::hypot(launch.ellipse.semi_major_m, impact.ellipse.semi_major_m);
    let time_sigma_s = libm::hypot(launch.time_sigma_s, impact.time_sigma_s);
    let km = |value: f64| (value, rounding(value));
    let figures = [
        (
            "range, km",
            other.range_km.map(km),
            truth.range_m().map(|m| m * 1e-3),
            Some((range_m * 1e-3, range_sigma_m * 1e-3)),
        ),
        (
            "apogee, km",
            other.apogee_km.map(km),
            truth.apogee().map(|top| top.place.alt_m * 1e-3),
            said.apogee_m.map(|(apogee_m, sigma_m)| (apogee_m * 1e-3, sigma_m * 1e-3)),
        ),
        (
            "flight time, s",
            other.flight_s,
            Some(landed.time_s - launched.time_s),
            Some((impact.time.since_s(launch.time), time_sigma_s)),
        ),
    ];
    let mut held = Vec::new();
    for (what, told, flown, reckoned) in figures {
        let (Some((told, rounded)), Some(flown), Some((reckoned, sigma))) = (told, flown, reckoned) else {
            continue;
        };
        if (flown - told).abs() <= rounded {
            let holds = (reckoned - told).abs() <= rounded + SIGMAS_99 * sigma;
            held.push((format!("{what}: {told}, reckoned {reckoned:.0} ± {sigma:.0}"), holds));
        }
    }
    held
}

/// Reads the reports of launches that flew from a known site.
fn read(text: &str) -> Result<Vec<Report>, String> {
    let mut lines = text.lines();
    let names: Vec<String> = cells(lines.next().unwrap_or_default());
    let place = |name: &str| {
        let found = names.iter().position(|known| known == name);
        found.ok_or_else(|| format!("launches.csv: line 1: expected a column {name}"))
    };
    let [event, source, outcome] = [place("event_id")?, place("source")?, place("outcome")?];
    let [lat, lon] = [place("site_lat_deg")?, place("site_lon_deg")?];
    let [range, range_bound] = [place("range_km")?, place("range_bound")?];
    let [apogee, apogee_bound] = [place("apogee_km")?, place("apogee_bound")?];
    let [time, precision] = [place("flight_time_s")?, place("flight_time_precision_s")?];
    let report = |line: &str| {
        let cells = cells(line);
        let cell = |index: usize| cells.get(index).map_or("", String::as_str);
        let number = |index: usize| cell(index).parse::<f64>().ok();
        let about = |value: usize, bound: usize| number(value).filter(|_| cell(bound).is_empty());
        let site = Geodetic { lat_deg: number(lat)?, lon_deg: number(lon)?, alt_m: 50.0 };
        (cell(outcome) == "flew").then(|| Report {
            event: cell(event).to_owned(),
            source: cell(source).to_owned(),
            site,
            range_km: about(range, range_bound),
            apogee_km: about(apogee, apogee_bound),
            flight_s: number(time).zip(number(precision)),
        })
    };
    Ok(lines.filter_map(report).collect())
}

/// The cells of a line of CSV; a quoted one may hold commas.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match (letter, cells.last_mut()) {
            ('"', _) => quoted = !quoted,
            (',', _) if !quoted => cells.push(String::new()),
            (letter, Some(cell)) => cell.push(letter),
            (_, None) => {}
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "event_id,source,site_lat_deg,site_lon_deg,range_km,apogee_km,flight_time_s,range_bound,splash_text,apogee_bound,flight_time_precision_s,outcome";

    fn reports(rows: &str) -> Vec<Report> {
        read(&format!("{HEADER}\n{rows}")).unwrap()
    }

    #[test]
    fn bounds_failures_and_quoted_commas_are_minded() {
        let read = reports(
            "E1,A,39,125,800,2000,1800,,\"sea, east\",>,60,flew\nE1,B,39,125,800,2000,,,,,,failed in flight\n",
        );
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].range_km, read[0].apogee_km, read[0].flight_s),
            (Some(800.0), None, Some((1800.0, 60.0)))
        );
        assert!(super::read("event_id\n").unwrap_err().contains("expected a column source"));
    }

    #[test]
    fn a_report_that_flies_too_fast_is_named() {
        let said = kinematic(&reports(
            "E1,A,39,125,800,2000,1800,,,,60,flew\nE2,B,39,125,800,2000,900,,,,60,flew\n",
        ));
        assert_eq!(said.figure.measured, 1.0);
        assert!(said.note.contains("E2 B") && !said.note.contains("E1 A"), "{}", said.note);
    }
}
