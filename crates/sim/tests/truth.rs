//! The truth against what was reported of the launch, against orbits that are known, and against itself.

use std::path::{Path, PathBuf};

use physics::geodetic::Geodetic;
use physics::sensor::Sensor;
use sim::random::Random;
use sim::scenario::{Observed, Scenario};
use sim::sensing::Watch;
use sim::truth::earth::{distance_m, place_of};
use sim::truth::{Phase, Truth};

fn scenario_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

fn launch_of_2022() -> Scenario {
    Scenario::load(&scenario_file("2022-10-04.toml")).unwrap()
}

/// Japan's Ministry of Defense: 4,600 km, 1,000 km, 22 min, over Aomori at 22:28 to 22:29Z, down 3,200 km east of
/// Japan; Korea's Joint Chiefs of Staff: 4,500 km, 970 km (shared data, launches.csv, KP-2022-10-04).
fn assert_as_reported(scenario: &Scenario, truth: &Truth) {
    let (launch, impact) = (truth.launch().unwrap(), truth.impact().unwrap());
    let range_m = truth.range_m().unwrap();
    assert!((4_499e3..=4_601e3).contains(&range_m), "range {range_m}");
    let apogee_m = truth.apogee().unwrap().place.alt_m;
    assert!((969e3..=1_001e3).contains(&apogee_m), "apogee {apogee_m}");
    let flown_s = impact.time_s - launch.time_s;
    assert!((1_260.0..=1_380.0).contains(&flown_s), "flight time {flown_s}");

    let aomori = Geodetic { lat_deg: 40.8, lon_deg: 140.8, alt_m: 0.0 };
    let (passed_s, aside_m) = truth.passes(aomori).unwrap();
    assert!(aside_m < 30e3, "passes {aside_m} m aside of the middle of the prefecture");
    let passed = scenario.start.plus_s(passed_s).to_utc();
    // 22:28 to 22:29 to the minute, and a minute more.
    assert!(("2022-10-03T22:27".."2022-10-03T22:31").contains(&passed.as_str()), "passes at {passed}");

    let todogasaki = Geodetic { lat_deg: 39.55, lon_deg: 142.07, alt_m: 0.0 }; // the easternmost point of Honshu
    let east_m = distance_m(todogasaki, impact.place);
    assert!((3_100e3..=3_300e3).contains(&east_m), "{east_m} m from Honshu");
    assert!(impact.place.alt_m.abs() < 1.0);
}

#[test]
fn the_launch_of_2022_flies_as_reported() {
    let scenario = launch_of_2022();
    let truth = &scenario.nominal_truths()[0];
    assert_as_reported(&scenario, truth);
    assert_eq!(scenario.start.plus_s(truth.launch().unwrap().time_s).to_utc(), "2022-10-03T22:22:00.000Z");
}

#[test]
fn draws_fly_as_reported_and_differ_in_boost() {
    let scenario = launch_of_2022();
    let truths: Vec<Truth> = (0..60).flat_map(|seed| scenario.truths(seed)).collect();
    assert_eq!(truths.len(), 60);
    let mut boosts = Vec::new();
    for truth in &truths {
        assert_as_reported(&scenario, truth);
        boosts.push(truth.burnout().unwrap().time_s - truth.launch().unwrap().time_s);
    }
    boosts.sort_by(f64::total_cmp);
    // Uniform over 150 s ± 15 %, and a pause between stages: all but the tails are found in 60 draws.
    assert!(boosts[0] < 133.0 && boosts[59] > 167.0, "{boosts:?}");
    assert!(boosts[0] >= 127.0 && boosts[59] <= 177.0, "{boosts:?}");
}

#[test]
fn a_path_obeys_its_own_velocity() {
    let truth = &launch_of_2022().nominal_truths()[0];
    let (from_s, to_s) = (truth.launch().unwrap().time_s, truth.impact().unwrap().time_s);
    let mut time_s = from_s + 1.0;
    while time_s < to_s - 1.0 {
        let (before, ..) = truth.state(time_s - 0.01).unwrap();
        let (_, velocity, _) = truth.state(time_s).unwrap();
        let (after, ..) = truth.state(time_s + 0.01).unwrap();
        for axis in 0..3 {
            let speed = (after[axis] - before[axis]) / 0.02;
            assert!((speed - velocity[axis]).abs() < 0.5, "at {time_s}: {speed} {}", velocity[axis]);
        }
        time_s += 3.7;
    }
}

#[test]
fn phases_follow_each_other() {
    let truth = &launch_of_2022().nominal_truths()[0];
    let at = |time_s: f64| truth.state(time_s).map(|(_, _, phase)| phase);
    let (launch_s, burnout_s) = (truth.launch().unwrap().time_s, truth.burnout().unwrap().time_s);
    let impact_s = truth.impact().unwrap().time_s;
    assert_eq!(at(launch_s - 0.1), None);
    assert_eq!(at(launch_s), Some(Phase::Boost));
    assert_eq!(at(burnout_s - 0.1), Some(Phase::Boost));
    assert_eq!(at(burnout_s + 0.1), Some(Phase::Coast));
    assert_eq!(at(impact_s - 1.0), Some(Phase::Reentry));
    assert_eq!(at(impact_s + 0.1), None);
}

#[test]
fn an_orbit_keeps_its_height_and_its_plane_turns_as_j2_says() {
    // Vallado 2013, equation 9-37: the node of a circular orbit turns by −1.5 n J2 (R/p)² cos i.
    let radius_m = 7_000e3;
    let mean_motion = (3.986_004_418e14_f64 / (radius_m * radius_m * radius_m)).sqrt();
    let inclination = 60.0_f64.to_radians();
    let speed = mean_motion * radius_m;
    let rotation = 7.292_115e-5;
    // At the ascending node on the first axis; the Earth's rotation is taken off.
    let velocity =
        [0.0, speed * libm::cos(inclination) - rotation * radius_m, speed * libm::sin(inclination)];
    let truth = Truth::orbiting("orbit", 0.0, [radius_m, 0.0, 0.0], velocity, 90_000.0);
    let inertial_longitude = |time_s: f64| {
        let (position, ..) = truth.state(time_s).unwrap();
        libm::atan2(position[1], position[0]) + rotation * time_s
    };
    // The last crossing of the equator northwards within 15 turns.
    let (mut low_s, mut high_s) = (15.0 * 5_800.0, 15.0 * 5_860.0);
    let north = |time_s: f64| truth.state(time_s).unwrap().0[2];
    assert!(north(low_s) < 0.0 && north(high_s) > 0.0);
    for _ in 0..60 {
        let middle_s = 0.5 * (low_s + high_s);
        if north(middle_s) < 0.0 { low_s = middle_s } else { high_s = middle_s }
    }
    let turned = inertial_longitude(low_s);
    let turned = turned - 2.0 * core::f64::consts::PI * libm::round(turned / (2.0 * core::f64::consts::PI));
    let ratio = 6_378_137.0 / radius_m;
    let expected = -1.5 * mean_motion * 1.082_626e-3 * ratio * ratio * libm::cos(inclination) * low_s;
    assert!((turned / expected - 1.0).abs() < 0.01, "{turned} {expected}");
    let (position, ..) = truth.state(90_000.0).unwrap();
    assert!((place_of(position).alt_m - (radius_m - 6_378e3)).abs() < 40e3);
}

#[test]
fn a_coast_agrees_with_the_filters_own_integrator() {
    // Two codes written apart, in inertial and in turning axes. From 300 km up to 300 km down air does not matter.
    let truth = &launch_of_2022().nominal_truths()[0];
    let (from_s, to_s) = (250.0, 1_250.0);
    let (from, to) = (truth.state(from_s).unwrap(), truth.state(to_s).unwrap());
    assert!(place_of(from.0).alt_m > 300e3 && place_of(to.0).alt_m > 300e3);
    let coasted =
        physics::integrate::coast(&physics::motion::state(from.0.into(), from.1.into()), to_s - from_s);
    for axis in 0..3 {
        assert!((coasted[axis] - to.0[axis]).abs() < 0.2, "{} m", coasted[axis] - to.0[axis]);
        assert!((coasted[axis + 3] - to.1[axis]).abs() < 0.001);
    }
}

#[test]
fn a_plot_without_error_agrees_with_the_filters_own_measurement() {
    let scenario = launch_of_2022();
    let truths = scenario.nominal_truths();
    for sensor in scenario.nations.iter().flat_map(|participant| &participant.sensors) {
        let exact = Sensor {
            sigma_range_m: Some(0.0),
            sigma_az_rad: Some(0.0),
            sigma_el_rad: Some(0.0),
            sigma_range_rate_mps: Some(0.0),
            pd: 1.0,
            clutter_mean_per_scan: 0.0,
            volume: None,
            ..sensor.clone()
        };
        let mut watch = Watch::new(&exact, 1);
        let site = physics::frames::Site::at(sensor.place());
        let (mut seen, mut time_s) = (0, 60.0);
        while time_s < 1_380.0 {
            let (position, velocity, _) = truths[0].state(time_s).unwrap();
            for plot in watch.scan(0, time_s, scenario.start, &truths) {
                let expected = physics::measure::sight(&site, position.into()).unwrap().measured;
                let (rate, ..) = physics::measure::range_rate(&site, position.into(), velocity.into());
                assert!((plot.range_m.unwrap() - expected[0]).abs() < 1e-6);
                assert!(physics::measure::wrap(plot.az_rad - expected[1]).abs() < 1e-9);
                assert!((plot.el_rad - expected[2]).abs() < 1e-9);
                assert!((plot.range_rate_mps.unwrap() - rate).abs() < 1e-6);
                seen += 1;
            }
            time_s += 5.0;
        }
        assert!(seen > 30, "{} sees it {seen} times", sensor.id);
    }
}

#[test]
fn observations_are_ordered_complete_and_the_same_for_a_seed() {
    let scenario = launch_of_2022();
    let first: Vec<Observed> = scenario.observations(4).collect();
    let second: Vec<Observed> = scenario.observations(4).collect();
    assert!(first == second);
    assert!(first.iter().zip(first.iter().skip(1)).all(|(a, b)| a.time_s <= b.time_s));
    let sensors = scenario.nations.iter().map(|participant| participant.sensors.len()).sum::<usize>();
    // 1 Hz each: scans 0 to 2,129, and where a sensor starts at 0 also 2,130.
    assert_eq!(first.len(), sensors * 2_130 + 1);
    let other: Vec<Observed> = scenario.observations(5).collect();
    assert!(first != other);
}

#[test]
fn each_nation_sees_the_launch_itself() {
    let scenario = launch_of_2022();
    for seed in 0..5 {
        let mut observations = scenario.observations(seed);
        let truth = observations.truths()[0].clone();
        let launch_s = truth.launch().unwrap().time_s;
        let mut first_s = std::collections::BTreeMap::new();
        let mut last_s = 0.0_f64;
        for observed in &mut observations {
            if observed.plots.iter().any(|plot| plot.truth_id.as_deref() == Some("launch-1")) {
                first_s.entry(observed.nation.to_string()).or_insert(observed.time_s - launch_s);
                last_s = observed.time_s;
            }
        }
        // Horizons: Korea sees it first, the others over the curve of the Earth.
        assert!((40.0..80.0).contains(&first_s["kor"]), "{first_s:?}");
        assert!((80.0..160.0).contains(&first_s["jpn"]), "{first_s:?}");
        assert!((80.0..160.0).contains(&first_s["usa"]), "{first_s:?}");
        let left_s = truth.impact().unwrap().time_s - last_s;
        assert!(left_s < 120.0, "last seen {left_s} s before impact");
    }
}

#[test]
fn a_passing_satellite_is_seen_and_is_no_launch() {
    let scenario = Scenario::load(&scenario_file("satellite-pass.toml")).unwrap();
    let truths = scenario.truths(1);
    assert!(truths.iter().all(|truth| truth.launch().is_none() && truth.impact().is_none()));
    let mut plots = std::collections::BTreeMap::new();
    for observed in scenario.observations(1) {
        let seen = observed.plots.iter().filter(|plot| plot.truth_id.is_some()).count();
        *plots.entry(observed.nation.to_string()).or_insert(0) += seen;
    }
    assert!(plots.values().all(|&count| count > 100), "{plots:?}");
}

#[test]
fn a_wrong_scenario_is_refused_in_one_line_that_says_where() {
    let text = std::fs::read_to_string(scenario_file("2022-10-04.toml")).unwrap();
    let line_of = |needle: &str| 1 + text.lines().position(|line| line.contains(needle)).unwrap();
    for (from, to, expected) in [
        (
            "launch_spread_s = 20",
            "lanch_spread_s = 20",
            "the nearest is `launch_spread_s`, found `lanch_spread_s`",
        ),
        ("end_s = 2130", "end_s = -5", "expected `end_s` from 1 to 86400, found -5"),
        ("realm = \"exercise/2022-10-04\"", "realm = \"live\"", "never plays live"),
        (
            "range_km = [4500, 4600]",
            "range_km = [4600, 4500]",
            "expected the lesser of `range_km` first, found 4600 before 4500",
        ),
        ("site_spread_km = 2", "site_spread_km = nan", "expected `site_spread_km` from 0 to 100, found NaN"),
        ("apogee_km = [970, 1000]", "apogee_km = 970", "expected an array of length 2, found integer `970`"),
        ("apogee_km = [970, 1000]", "apogee_km = [800, 800]", "launch `launch-1`: expected a flight of"),
        (
            "vehicle = \"irbm\"",
            "vehicle = \"rocket\"",
            "expected one of `srbm`, `irbm`, `icbm`, `slv`, found `rocket`",
        ),
    ] {
        let error = Scenario::parse("x.toml", &text.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains('\n'), "{error}");
        let line = if expected.starts_with("launch `") { line_of("[[launches]]") + 1 } else { line_of(from) };
        assert!(error.starts_with(&format!("x.toml: line {line}: ")), "{error}, expected line {line}");
    }
    let satellite =
        "over = { name = \"x\", lat_deg = 0, lon_deg = 0 }\nat_s = 0\nheight_km = 500\ncourse_deg = 0\n";
    let twice = format!("{text}\n[[satellites]]\nid = \"launch-1\"\n{satellite}");
    assert!(
        Scenario::parse("x.toml", &twice)
            .unwrap_err()
            .to_string()
            .contains("expected each name once, found `launch-1` twice")
    );
    let cut: String = text.chars().take(text.len() / 2).collect();
    assert!(Scenario::parse("x.toml", &cut).unwrap_err().to_string().starts_with("x.toml:"));
    assert!(Scenario::parse("x.toml", "").is_err());
    assert!(Scenario::load(Path::new("no-such.toml")).unwrap_err().to_string().starts_with("no-such.toml: "));
}

#[test]
fn no_damaged_scenario_panics() {
    let text = std::fs::read_to_string(scenario_file("2022-10-04.toml")).unwrap();
    let mut random = Random::new(11);
    let mut below = |limit: usize| (random.bits() % limit as u64) as usize;
    let mut refused = 0;
    for _ in 0..300 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=below(3) {
            let at = below(bytes.len().max(1));
            match below(3) {
                _ if bytes.is_empty() => bytes.push(b'x'),
                0 => bytes[at] = b"0129-.=[]{}\"'#\nxe"[below(17)],
                1 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let Ok(damaged) = String::from_utf8(bytes) else { continue };
        if let Err(error) = Scenario::parse("x.toml", &damaged) {
            refused += 1;
            let error = error.to_string();
            assert!(error.starts_with("x.toml:") && !error.contains('\n'), "{error}");
        }
    }
    assert!(refused > 150, "{refused}");
}
