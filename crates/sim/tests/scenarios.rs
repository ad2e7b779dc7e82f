//! Each scenario flies as was reported, and plays to its end; what cannot be is refused in one line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use physics::geodetic::Geodetic;
use sim::exercise::Exercise;
use sim::scenario::{Scenario, least_flight_s};
use sim::truth::arc::FreeFlight;
use sim::truth::earth::{distance_m, place_of};
use sim::truth::{Phase, Truth};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

fn load(name: &str) -> Scenario {
    Scenario::load(&folder().join(format!("{name}.toml"))).unwrap()
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn find<'a>(truths: &'a [Truth], id: &str) -> &'a Truth {
    truths.iter().find(|truth| truth.id == id).unwrap_or_else(|| panic!("no {id}"))
}

#[test]
fn each_launch_flies_as_reported_whatever_the_seed() {
    let mut launches = 0;
    for name in names() {
        let scenario = load(&name);
        for seed in 0..6 {
            for launch in &scenario.launches {
                launches += 1;
                // A draw that failed would be flown with everything in the middle, always the same.
                let truths =
                    Truth::draw(launch, seed).unwrap_or_else(|error| panic!("{name} {seed}: {error}"));
                let truth = &truths[0];
                let launched_s = truth.launch().unwrap().time_s;
                assert!((launched_s - launch.launch_s).abs() <= launch.launch_spread_s, "{name} {seed}");
                let within = |what: &str, value: f64, (low, high): (f64, f64), precision: f64| {
                    let held = (low - precision..=high + precision).contains(&value);
                    assert!(held, "{name} {seed} {}: {what} {value}, reported {low} to {high}", launch.id);
                };
                if launch.fate.orbit_until_s.is_some() {
                    continue;
                }
                within("apogee", truth.apogee().unwrap().place.alt_m, launch.apogee_m, 1e3);
                // Pieces of what broke fall where they fall: a light one some ten kilometres short.
                let precision_m = if launch.fate.failure.is_some() { 30e3 } else { 1e3 };
                within("range", truth.range_m().unwrap(), launch.range_m, precision_m);
                let flown_s = truth.impact().unwrap().time_s - launched_s;
                assert!(flown_s > least_flight_s(launch), "{name} {seed}: flies faster than without air");
                if launch.fate.failure.is_none() {
                    within("flight time", flown_s, launch.flight_time_s, 1.0);
                }
                if let Some(speed_mps) = launch.speed_mps {
                    within("speed", truth.speed_max_mps(), speed_mps, 1.0);
                }
            }
        }
    }
    assert!(launches >= 6 * 20, "{launches}");
}

#[test]
fn a_space_launch_ends_in_orbit_and_its_stages_come_down_on_the_way() {
    let scenario = load("2023-11-21");
    for seed in 0..6 {
        let truths = scenario.truths(seed);
        let rocket = find(&truths, "launch-1");
        let from_s = rocket.in_orbit_s().expect("in orbit");
        assert!((500.0..700.0).contains(&(from_s - rocket.launch().unwrap().time_s)), "{from_s}");
        assert!(rocket.impact().is_none() && rocket.apogee().is_none());
        let mut time_s = from_s + 1.0;
        while time_s < scenario.end_s() {
            let (position, _, phase) = rocket.state(time_s).expect("still up");
            assert_eq!(phase, Phase::Orbit);
            let height_km = place_of(position).alt_m * 1e-3;
            // The circle's height, and what the Earth's flatness and an end that is not quite level do to it.
            assert!((460.0..540.0).contains(&height_km), "seed {seed}: {height_km} km at {time_s}");
            time_s += 10.0;
        }
        let site = rocket.launch().unwrap().place;
        let fell_km = |id: &str| distance_m(site, find(&truths, id).impact().unwrap().place) * 1e-3;
        let (first, second) = (fell_km("launch-1-stage-1"), fell_km("launch-1-stage-2"));
        assert!((200.0..1_000.0).contains(&first), "seed {seed}: {first}");
        assert!((2_500.0..3_000.0).contains(&second), "seed {seed}: {second}");
        // The empty third stage stays up beside what it carried.
        assert!(find(&truths, "launch-1-stage-3").impact().is_none());
    }
}

#[test]
fn what_fails_in_flight_comes_down_short_and_in_pieces() {
    let scenario = load("2024-05-27");
    for seed in 0..6 {
        let truths = scenario.truths(seed);
        let rocket = find(&truths, "launch-1");
        assert!(rocket.in_orbit_s().is_none());
        let end_s = rocket.burnout().unwrap().time_s - rocket.launch().unwrap().time_s;
        assert!((100.0..=150.0).contains(&end_s), "thrust for {end_s} s");
        let pieces: Vec<&Truth> = truths.iter().filter(|truth| truth.id.contains("-piece-")).collect();
        assert_eq!(pieces.len(), 8, "and the rocket itself");
        for truth in pieces.iter().chain([&rocket]) {
            let fell_km = distance_m(rocket.launch().unwrap().place, truth.impact().unwrap().place) * 1e-3;
            assert!((30.0..2_000.0).contains(&fell_km), "{} {fell_km}", truth.id);
        }
        let born_s = rocket.burnout().unwrap().time_s;
        assert!(pieces.iter().all(|piece| piece.state(born_s - 0.01).is_none()));
        assert!(pieces.iter().all(|piece| piece.state(born_s + 0.01).is_some()));
        // Apart by their own velocity: 60 m/s in each axis, one sigma.
        let (a, ..) = pieces[0].state(born_s + 20.0).unwrap();
        let (b, ..) = pieces[1].state(born_s + 20.0).unwrap();
        let apart_m = (0..3).map(|axis| (a[axis] - b[axis]) * (a[axis] - b[axis])).sum::<f64>().sqrt();
        assert!((50.0..20_000.0).contains(&apart_m), "{apart_m}");
    }
    let fell = load("2023-05-31");
    let eocheong_do = Geodetic { lat_deg: 36.12, lon_deg: 125.98, alt_m: 0.0 };
    for truth in (0..6).flat_map(|seed| fell.truths(seed)) {
        let west_km = distance_m(eocheong_do, truth.impact().unwrap().place) * 1e-3;
        assert!((165.0..235.0).contains(&west_km), "{west_km} km from Eocheong-do");
    }
}

#[test]
fn a_salvo_is_eight_launches_from_four_areas() {
    let scenario = load("2022-06-05");
    let truths = scenario.truths(3);
    let launches: Vec<_> = truths.iter().filter_map(Truth::launch).collect();
    assert_eq!(launches.len(), 8);
    // 09:08 to 09:43 KST, and half a minute either way.
    for launch in &launches {
        let at = scenario.start.plus_s(launch.time_s).to_utc();
        assert!(("2022-06-05T00:07:30".."2022-06-05T00:43:30").contains(&at.as_str()), "{at}");
    }
    let mut areas = 0;
    for (index, launch) in launches.iter().enumerate() {
        let known = launches.iter().take(index).any(|other| distance_m(other.place, launch.place) < 5e3);
        areas += u32::from(!known);
    }
    assert_eq!(areas, 4);
    // Two alike are two draws.
    let apart_m = find(&truths, "sunan-1").range_m().unwrap() - find(&truths, "sunan-2").range_m().unwrap();
    assert!(apart_m.abs() > 10.0);
}

#[test]
fn a_picture_shows_every_sensor_and_every_impact() {
    for name in ["2022-06-05", "2022-10-04", "2023-11-21"] {
        let scenario = load(name);
        let svg = scenario.svg(1);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}");
        for sensor in scenario.nations.iter().flat_map(|participant| &participant.sensors) {
            assert_eq!(svg.matches(&format!(">{}<", sensor.id)).count(), 1, "{}", sensor.id);
        }
        let come_down = scenario.truths(1).iter().filter(|truth| truth.impact().is_some()).count();
        assert_eq!(svg.matches(">×<").count(), come_down, "{name}");
    }
    // Who never sees it in the picture has no plot of it.
    let scenario = load("2022-09-25");
    let seen = |id: &str| {
        scenario.observations(1).any(|observed| {
            observed.sensor_id == id && observed.plots.iter().any(|plot| plot.truth_id.is_some())
        })
    };
    let svg = scenario.svg(1);
    for sensor in scenario.nations.iter().flat_map(|participant| &participant.sensors) {
        assert_eq!(svg.contains(&format!(">{} never<", sensor.id)), !seen(&sensor.id), "{}", sensor.id);
    }
}

/// One sensor of each nation, and those that a scenario adds; a scan in five seconds and no false plots.
fn thinned(mut scenario: Scenario) -> Scenario {
    let kept = ["kor-cheongju", "kor-ship-west", "jpn-sado", "usa-kyogamisaki"];
    for participant in &mut scenario.nations {
        participant.sensors.retain(|sensor| kept.contains(&sensor.id.as_str()));
        for sensor in &mut participant.sensors {
            sensor.rate_hz = 0.2;
            sensor.clutter_mean_per_scan = 0.0;
        }
    }
    scenario
}

#[test]
fn every_scenario_plays_without_a_violated_invariant() {
    let policy = |nation: &str| {
        let file = folder().join(format!("../policy/{nation}/release.cedar"));
        (nation.parse().unwrap(), ("release.cedar".to_owned(), std::fs::read_to_string(file).unwrap()))
    };
    let policies: BTreeMap<_, _> = ["jpn", "kor", "usa"].into_iter().map(policy).collect();
    for name in names() {
        let mut scenario = thinned(load(&name));
        // The beginning of those that last long: boost, separation and failure lie in it.
        scenario.end_s = scenario.end_s.min(700.0);
        let outcome = Exercise::new(&scenario, &policies, 1).unwrap().play(|_| {}).unwrap();
        assert_eq!(outcome.summary.invariants.violated, Vec::<String>::new(), "{name}");
        assert!(outcome.summary.invariants.checked > 0);
        let seen = outcome.summary.nations.values().filter(|nation| nation.first_plot_s.is_some()).count();
        assert!(seen > 0, "{name}: nobody sees it");
    }
}

/// The reported rows that a test reads of launches.csv.
struct Row {
    event: String,
    source: String,
    range_km: Option<f64>,
    apogee_km: Option<f64>,
    flight_time_s: Option<(f64, f64)>,
    site: Option<(Geodetic, f64)>,
}

/// The public reports; `None` where the shared data are not here.
fn reports(test: &str) -> Option<Vec<Row>> {
    let folder = std::env::var("WATCHFIRE_DATA").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    let Ok(text) = std::fs::read_to_string(folder.join("launches/launches.csv")) else {
        println!("SKIPPED {test}: no data at {}", folder.display());
        return None;
    };
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        // Free text, which may be quoted and hold commas, comes after everything that is read here but two columns.
        let cells = cells(line);
        let cell = |name: &str| cells[names.iter().position(|known| *known == name).unwrap()].clone();
        let number = |name: &str| cell(name).parse::<f64>().ok();
        let bound = |value: &str, bound: &str| if cell(bound).is_empty() { number(value) } else { None };
        let site =
            Geodetic { lat_deg: number("site_lat_deg")?, lon_deg: number("site_lon_deg")?, alt_m: 0.0 };
        Some(Row {
            event: cell("event_id").trim_start_matches("KP-").to_owned(),
            source: cell("source"),
            range_km: bound("range_km", "range_bound"),
            apogee_km: bound("apogee_km", "apogee_bound"),
            flight_time_s: number("flight_time_s").zip(number("flight_time_precision_s")),
            site: Some(site).zip(number("site_precision_deg")),
        })
    };
    Some(lines.filter_map(row).collect())
}

/// The cells of a line of CSV; a quoted one may hold commas.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

#[test]
fn each_scenario_says_what_some_source_said() {
    let Some(rows) = reports("each_scenario_says_what_some_source_said") else { return };
    let mut compared = 0;
    for name in names() {
        let scenario = load(&name);
        let [launch] = scenario.launches.as_slice() else { continue };
        let of_event: Vec<&Row> = rows.iter().filter(|row| row.event == name).collect();
        assert!(!of_event.is_empty(), "{name} is not in the data");
        let holds = |value: f64, (low, high): (f64, f64)| (low..=high).contains(&value);
        let agrees = |row: &&&Row| {
            let range = row.range_km.is_none_or(|km| holds(km * 1e3, launch.range_m));
            let apogee = row.apogee_km.is_none_or(|km| holds(km * 1e3, launch.apogee_m));
            let time = row.flight_time_s.is_none_or(|(flown_s, precision_s)| {
                let (low, high) = launch.flight_time_s;
                holds(flown_s, (low - precision_s, high + precision_s))
            });
            let near = row.site.is_none_or(|(site, precision_deg)| {
                distance_m(site, launch.site) <= precision_deg * 111e3 + launch.site_spread_m + 2e3
            });
            range && apogee && time && near
        };
        let agreeing: Vec<&str> = of_event.iter().filter(agrees).map(|row| row.source.as_str()).collect();
        println!("{name}: as said by {agreeing:?}, of {} rows", of_event.len());
        assert!(!agreeing.is_empty(), "{name} says what nobody said");
        compared += 1;
    }
    assert!(compared >= 11, "{compared}");
}

/// The data's own account: reported times are 0.6 to 4.1 min longer than free flight on an Earth that does not turn, and
/// the turning Earth takes up to a minute of that. A report whose difference is negative contradicts itself.
#[test]
fn no_report_flies_faster_than_kepler() {
    let Some(rows) = reports("no_report_flies_faster_than_kepler") else { return };
    let mut checked = 0;
    for row in &rows {
        let (Some(range_km), Some(apogee_km), Some((flown_s, precision_s))) =
            (row.range_km, row.apogee_km, row.flight_time_s)
        else {
            continue;
        };
        let Some((site, _)) = row.site else { continue };
        let still = FreeFlight::over(range_km * 1e3 / 6_371e3, 6_371e3, apogee_km * 1e3).time_s();
        let turning = FreeFlight::on_the_turning_earth(site, 80.0, range_km * 1e3, apogee_km * 1e3).time_s();
        let more_min = (flown_s - still) / 60.0;
        println!(
            "{} {}: reported {flown_s:.0} s, free flight {still:.0} s, {turning:.0} s on the turning Earth, {more_min:+.1} min",
            row.event, row.source
        );
        assert!((0.5..4.2).contains(&more_min), "{} {}", row.event, row.source);
        assert!(flown_s + precision_s > turning, "{} {} contradicts itself", row.event, row.source);
        checked += 1;
    }
    assert!(checked >= 12, "{checked}");
}
