//! Scenario files that are wrong: one line each, which says where, what was expected and what was found.

use std::path::Path;

use sim::scenario::Scenario;
use sim::world::{Stage, What};

const BASE: &str = r#"
name = "x"
title = "x"
special = "x"
notional = "x"
facts = []
t0_utc = "2022-10-03T22:21:30Z"
end_s = 2130
realm = "exercise/x"
laydown = "north-east-asia"
"#;

const LAUNCH: &str = r#"
[[launches]]
id = "launch-1"
vehicle = "irbm"
site = { name = "x", lat_deg = 40.61, lon_deg = 126.43 }
launch_s = 30
range_km = [4500, 4600]
apogee_km = [970, 1000]
flight_time_s = [1260, 1380]
course_deg = 85
"#;

/// The error of a text, which is one line of `file: line N: …` about the line that holds `at`.
fn refused(text: &str, at: &str) -> String {
    let error = match Scenario::parse("x.toml", text) {
        Ok(_) => panic!("not refused: {at}"),
        Err(error) => error.to_string(),
    };
    let line = 1 + text.lines().position(|line| line.contains(at)).unwrap();
    assert!(!error.contains('\n'), "{error}");
    assert!(error.starts_with(&format!("x.toml: line {line}: expected ")), "line {line}? {error}");
    assert!(error.contains("found "), "{error}");
    error
}

/// The launch with one line changed or added.
fn with(from: &str, to: &str) -> String {
    assert!(LAUNCH.contains(from), "{from}");
    let launch = if from.is_empty() { format!("{LAUNCH}{to}\n") } else { LAUNCH.replacen(from, to, 1) };
    format!("{BASE}{launch}")
}

#[test]
fn the_base_is_in_order() {
    Scenario::parse("x.toml", &format!("{BASE}{LAUNCH}")).unwrap();
}

#[test]
fn an_impossible_flight_is_refused_with_the_law_that_it_breaks() {
    for (from, to, expected) in [
        (
            "flight_time_s = [1260, 1380]",
            "flight_time_s = [500, 600]",
            "a flight of at least 1227 s, which range 4500 km at apogee 970 km needs by Kepler's equation (Bate, Mueller \
             and White, 4.2 and 6.4), found at most 600 s",
        ),
        (
            "",
            "burn_s = [1400, 1500]",
            "a burn shorter than the flight of at most 1380 s, found at least 1400 s",
        ),
        ("", "speed_mps = [11500, 12000]", "less than the escape speed √(2μ/r) = 11180 m/s"),
        (
            "",
            "speed_mps = [3000, 3500]",
            "m/s over the ground, which range 4500 km at apogee 970 km needs by energy",
        ),
        (
            "vehicle = \"irbm\"\nsite = { name = \"x\", lat_deg = 40.61, lon_deg = 126.43 }\nlaunch_s = 30\nrange_km = \
             [4500, 4600]",
            "vehicle = \"srbm\"\nsite = { name = \"x\", lat_deg = 40.61, lon_deg = 126.43 }\nlaunch_s = 30\nrange_km = \
             [4500, 4600]",
            "expected a range within reach: an SRBM gains at most",
        ),
        (
            "",
            "failure = { at_s = [1300, 1500], pieces = 2 }",
            "a failure within the flight of at most 1380 s",
        ),
    ] {
        let key = to.rsplit('\n').next().unwrap().split(" =").next().unwrap();
        let error = refused(&with(from, to), &format!("{key} ="));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn apogees_are_bounded_on_both_sides_of_the_easiest() {
    let least_km = |error: &str| -> f64 {
        let words: Vec<&str> = error.split(' ').collect();
        let at = words.iter().position(|word| *word == "km").unwrap();
        words[at - 1].parse().unwrap()
    };
    let srbm = LAUNCH.replace("irbm", "srbm").replace("[4500, 4600]", "[1000, 1000]");
    let low = srbm.replace("apogee_km = [970, 1000]\nflight_time_s = [1260, 1380]", "apogee_km = [20, 30]");
    let error = refused(&format!("{BASE}{low}"), "apogee_km =");
    assert!(error.contains("an apogee of at least"), "{error}");
    assert!((31.0..200.0).contains(&least_km(&error)), "{error}");
    let high =
        srbm.replace("apogee_km = [970, 1000]\nflight_time_s = [1260, 1380]", "apogee_km = [9000, 9000]");
    let error = refused(&format!("{BASE}{high}"), "apogee_km =");
    assert!(error.contains("an apogee of at most"), "{error}");
    assert!((1_000.0..4_000.0).contains(&least_km(&error)), "{error}");
}

#[test]
fn wrong_units_keys_and_numbers_are_refused() {
    for (from, to, at, expected) in [
        (
            "range_km = [4500, 4600]",
            "range_m = [4500, 4600]",
            "range_m",
            "expected `range_km`, in km, found `range_m`",
        ),
        ("launch_s = 30", "launch_min = 0.5", "launch_min", "expected `launch_s`, in s, found `launch_min`"),
        (
            "range_km = [4500, 4600]",
            "range_km = \"4500 km\"",
            "range_km",
            "an array of length 2, found string \"4500 km\"",
        ),
        (
            "range_km = [4500, 4600]",
            "range_km = [4500000, 4600000]",
            "range_km",
            "from 20 to 15000, found 4500000",
        ),
        ("", "count = -3", "count", "expected `count`, a whole number from 1 to 1000, found -3"),
        (
            "",
            "failure = { at_s = [100, 200], pieces = -2 }",
            "failure",
            "a whole number from 1 to 200, found -2",
        ),
        ("lon_deg = 126.43", "lon_deg = 126.43, alt_m = -40", "alt_m", "a launch from the ground"),
        ("lat_deg = 40.61", "lat_deg = 91", "lat_deg", "`lat_deg` -90 to 90"),
        (
            "",
            "over = { name = \"x\", lat_deg = 40, lon_deg = 140 }",
            "course_deg",
            "`over` or `course_deg`, found both",
        ),
        ("course_deg = 85", "", "id = ", "`over` or `course_deg`, found neither"),
        (
            "apogee_km = [970, 1000]",
            "orbit_km = [500, 500]",
            "orbit_km",
            "vehicle `slv` for an orbit, found `irbm`",
        ),
        ("apogee_km = [970, 1000]", "", "id = ", "`apogee_km` or `orbit_km`, found neither"),
        ("launch_s = 30", "launch_s = 3000", "launch_s", "expected `launch_s` from 0 to 2130, found 3000"),
        ("launch_s = 30", "", "[[launches]]", "expected a key `launch_s`, found none"),
        (
            "lon_deg = 126.43",
            "lon_deg = 131.5",
            "site =",
            "a site on land, or `at_sea = true`, found 40.61, 131.5 at sea",
        ),
        ("", "colour = \"red\"", "colour", "found `colour`"),
    ] {
        let error = refused(&with(from, to), at);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_lay_down_is_found_changed_or_refused() {
    let parse = |text: &str| Scenario::parse("x.toml", text);
    let all = parse(BASE).unwrap();
    let count =
        |scenario: &Scenario| scenario.nations.iter().map(|nation| nation.sensors.len()).sum::<usize>();
    assert_eq!((all.nations.len(), count(&all), all.links.len()), (3, 11, 6));
    assert!(all.notional.starts_with("x All sensors' performance"), "{}", all.notional);
    let fewer = parse(&format!("{BASE}without_sensors = [\"usa-ship\", \"usa-shemya\"]\n")).unwrap();
    assert_eq!(count(&fewer), 9);

    let error = refused(&format!("{BASE}without_sensors = [\"usa-shipp\"]\n"), "without_sensors");
    assert!(error.contains("usa-ship, found `usa-shipp`") || error.contains("found `usa-shipp`"), "{error}");
    let error = refused(&BASE.replace("north-east-asia", "atlantis"), "laydown");
    assert!(error.contains("or one of north-east-asia, found neither"), "{error}");
    assert!(
        refused(&BASE.replace("north-east-asia", "../x"), "laydown").contains("letters, digits and hyphens")
    );
    let sensor = "id = \"s\"\nname = \"s\"\nnotional = true\nlat_deg = 1\nlon_deg = 1\nalt_m = 1\nsigma_range_m = 1\n\
                  sigma_az_rad = 1e-3\nsigma_el_rad = 1e-3\npd = 0.9\nrate_hz = 1\nvolume = { range_km = [1, 2], az_deg = \
                  [0, 360], el_deg = [0, 90] }\n";
    let added = |line: &str| format!("{BASE}[[sensors]]\n{line}\n{sensor}");
    assert_eq!(count(&parse(&added("nation = \"jpn\"")).unwrap()), 12);
    assert!(refused(&added(""), "[[sensors]]").contains("expected a key `nation`, found none"));
    assert!(refused(&added("nation = \"fra\""), "nation =").contains("(kor, jpn, usa), found `fra`"));
    assert!(
        refused(&added("nation = \"jpn\"").replace("id = \"s\"", "id = \"jpn-sado\""), "id = \"jpn-sado\"")
            .contains("found `jpn-sado` twice")
    );
    let nations = format!(
        "{BASE}[[nations]]\nid = \"jpn\"\nname = \"x\"\nofficer = {{ acknowledge_after_s = 5 }}\nsensors = []\n"
    );
    assert!(refused(&nations, "laydown").contains("`nations` and `links`, found both"));
    assert!(
        Scenario::parse("x.toml", &BASE.replace("laydown = \"north-east-asia\"", ""))
            .unwrap_err()
            .to_string()
            .contains("expected `laydown` or `nations`, found neither")
    );

    // A file beside the scenario comes before the one that is built in, and its errors name it.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("laydown")).unwrap();
    std::fs::write(folder.path().join("x.toml"), BASE).unwrap();
    std::fs::write(
        folder.path().join("laydown/north-east-asia.toml"),
        "notional = \"mine\"\nnations = []\nlinks = 3\n",
    )
    .unwrap();
    let error = Scenario::load(&folder.path().join("x.toml")).unwrap_err().to_string();
    assert!(
        error.contains("laydown/north-east-asia.toml: line 3: expected a sequence, found integer `3`"),
        "{error}"
    );
}

fn fault(lines: &str) -> String {
    format!("{BASE}[[faults]]\n{lines}\n")
}

#[test]
fn faults_are_read_for_the_sorted_nations_in_the_order_of_time() {
    let text = format!(
        "{}[[faults]]\nat_s = 20\nkind = \"cut\"\nfrom = \"kor\"\nto = \"usa\"\none_way = true\nfor_s = 7.5\n",
        fault("at_s = 100\nkind = \"crash\"\nnation = \"jpn\"\nstage = \"half-emitted\"\ndown_s = 5")
    );
    let mut scenario = Scenario::parse("x.toml", &text).unwrap();
    assert_eq!(scenario.faults.len(), 2);
    assert_eq!(scenario.faults[0].what, What::Cut { from: 1, to: 2, one_way: true, for_s: 7.5 });
    assert_eq!(scenario.faults[1].what, What::Crash { who: 0, stage: Stage::HalfEmitted, down_s: 5.0 });
    // A file of faults goes with any scenario.
    let more = "[[faults]]\nat_s = 50\nkind = \"clock\"\nnation = \"usa\"\nstep_s = -30\n";
    scenario.parse_faults("f.toml", more).unwrap();
    assert_eq!(scenario.faults[1].what, What::Clock { who: 2, step_s: -30.0, drift: 0.0 });
    let error = scenario
        .parse_faults("g.toml", "[[faults]]\nat_s = 102\nkind = \"stop\"\nnation = \"jpn\"\nfor_s = 1\n");
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("g.toml: line 3: expected no overlap with the `crash` of x.toml: line 13"),
        "{error}"
    );
    let missing = scenario.load_faults(Path::new("no-such.toml")).unwrap_err().to_string();
    assert!(missing.starts_with("no-such.toml: "), "{missing}");
}

#[test]
fn every_kind_of_fault_is_read() {
    let kinds = [
        "kind = \"crash\"\nnation = \"jpn\"\nstage = \"torn\"\ndown_s = 5",
        "kind = \"disk-full\"\nnation = \"jpn\"\nfor_s = 5",
        "kind = \"flip\"\nnation = \"jpn\"\nbit = 77",
        "kind = \"restore\"\nnation = \"jpn\"\nback_s = 60\ndown_s = 5",
        "kind = \"clock\"\nnation = \"jpn\"\nstep_s = 3600\ndrift = 1e-4",
        "kind = \"stop\"\nnation = \"jpn\"\nfor_s = 5",
        "kind = \"slow\"\nnation = \"jpn\"\neach_s = 0.1\nfor_s = 5",
        "kind = \"cut\"\nfrom = \"jpn\"\nto = \"usa\"\nfor_s = 5",
        "kind = \"reset\"\nfrom = \"jpn\"\nto = \"usa\"",
        "kind = \"vanish\"\nfrom = \"jpn\"\nto = \"usa\"",
        "kind = \"hostile\"\nnation = \"jpn\"\ntrick = \"two-heads\"\nfor_s = 5",
        "kind = \"spoof\"\nnation = \"jpn\"\nplots = 100",
        "kind = \"click\"\nnation = \"jpn\"\ntimes = 2",
    ];
    for kind in kinds {
        let scenario = Scenario::parse("x.toml", &fault(&format!("at_s = 10\n{kind}"))).unwrap();
        assert_eq!(scenario.faults.len(), 1, "{kind}");
    }
}

#[test]
fn wrong_faults_are_refused() {
    for (lines, at, expected) in [
        (
            "at_s = 10\nkind = \"crahs\"\nnation = \"jpn\"",
            "kind",
            "a kind among crash, disk-full, flip, restore",
        ),
        ("at_s = 10\nkind = \"stop\"\nnation = \"fra\"\nfor_s = 1", "nation", "(kor, jpn, usa), found `fra`"),
        ("at_s = 10\nkind = \"stop\"\nnation = \"jpn\"", "kind", "a key `for_s` of a `stop`, found none"),
        (
            "at_s = 10\nkind = \"stop\"\nnation = \"jpn\"\nfor_s = 1\nplots = 2",
            "plots",
            "at_s, kind, nation, for_s, found `plots`",
        ),
        (
            "at_s = 10\nkind = \"stop\"\nnation = \"jpn\"\nfor_ms = 1000",
            "for_ms",
            "expected `for_s`, in s, found `for_ms`",
        ),
        (
            "at_s = 2131\nkind = \"stop\"\nnation = \"jpn\"\nfor_s = 1",
            "at_s = 2131",
            "before the scenario's end at 2130 s",
        ),
        ("at_s = -1\nkind = \"stop\"\nnation = \"jpn\"\nfor_s = 1", "at_s", "from 0 to 2130, found -1"),
        ("at_s = 10\nkind = \"stop\"\nnation = \"jpn\"\nfor_s = -1", "for_s", "found -1"),
        (
            "at_s = 10\nkind = \"spoof\"\nnation = \"jpn\"\nplots = -1",
            "plots",
            "a whole number from 1 to 10000, found -1",
        ),
        (
            "at_s = 10\nkind = \"crash\"\nnation = \"jpn\"\nstage = \"later\"\ndown_s = 1",
            "stage",
            "`stage` among gathered, turned",
        ),
        (
            "at_s = 10\nkind = \"hostile\"\nnation = \"jpn\"\ntrick = \"lie\"\nfor_s = 5",
            "trick",
            "`trick` among replay, withhold",
        ),
        (
            "at_s = 10\nkind = \"cut\"\nfrom = \"jpn\"\nto = \"jpn\"\nfor_s = 1",
            "to = ",
            "two nations, found the same one twice",
        ),
    ] {
        let error = refused(&fault(lines), at);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn faults_that_overlap_on_one_thing_are_refused_and_others_are_not() {
    let two = |one: &str, other: &str| format!("{}[[faults]]\n{other}\n", fault(one));
    let parse = |one: &str, other: &str| {
        Scenario::parse("x.toml", &two(one, other)).map_err(|error| error.to_string())
    };
    let stop = "at_s = 100\nkind = \"stop\"\nnation = \"jpn\"\nfor_s = 10";
    let crash = |at_s: f64| {
        format!("at_s = {at_s}\nkind = \"crash\"\nnation = \"jpn\"\nstage = \"torn\"\ndown_s = 5")
    };
    let error = parse(stop, &crash(109.0)).unwrap_err();
    let expected = "expected no overlap with the `stop` of line 13, which lasts from 100 to 110 s, found a `crash` from 109 to 114 s";
    assert!(error.contains(expected), "{error}");
    assert!(error.starts_with("x.toml: line 18: "), "{error}");
    assert!(parse(stop, &crash(110.0)).is_ok(), "one after the other");
    assert!(parse(stop, &crash(96.0)).is_err(), "the earlier one written later");
    let cut = |from: &str, to: &str, at_s: u32| {
        format!("at_s = {at_s}\nkind = \"cut\"\nfrom = \"{from}\"\nto = \"{to}\"\none_way = true\nfor_s = 10")
    };
    assert!(parse(&cut("jpn", "usa", 10), &cut("usa", "jpn", 12)).is_ok(), "each way for itself");
    assert!(parse(&cut("jpn", "usa", 10), &cut("jpn", "usa", 12)).is_err());
    assert!(
        parse(&cut("jpn", "usa", 10), "at_s = 12\nkind = \"reset\"\nfrom = \"usa\"\nto = \"jpn\"").is_err()
    );
    let hostile = |nation: &str, at_s: u32| {
        format!("at_s = {at_s}\nkind = \"hostile\"\nnation = \"{nation}\"\ntrick = \"flood\"\nfor_s = 600")
    };
    assert!(parse(&hostile("jpn", 10), &hostile("usa", 500)).is_err(), "two hostile partners");
    let disk = "at_s = 100\nkind = \"disk-full\"\nnation = \"jpn\"\nfor_s = 10";
    assert!(parse(stop, disk).is_ok(), "a full disk under a process that stands still");
}

#[test]
fn the_faults_that_come_with_the_project_go_with_a_scenario() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files: Vec<_> =
        std::fs::read_dir(folder.join("faults")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2);
    for file in files {
        let mut scenario = Scenario::load(&folder.join("2022-11-03.toml")).unwrap();
        scenario.load_faults(&file).unwrap();
        assert_eq!(scenario.faults.len(), 2, "{}", file.display());
    }
}
