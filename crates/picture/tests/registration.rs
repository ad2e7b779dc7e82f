//! Several radars that see the same missile, one of which is wrong.

mod common;

use nalgebra::Vector3;
use physics::frames::Site;
use physics::geodetic::Geodetic;
use physics::motion::{self, State};
use physics::plot::Plot;
use physics::sensor::{Sensor, SensorKind, Volume};
use physics::time::Tai;
use physics::{integrate, measure};
use picture::{Picture, SensorState, Settings, Standing};
use statement::{Assessment, ObjectClass, TrackStatus};

use common::Random;

const SIGMAS: [f64; 3] = [20.0, 1e-3, 1e-3];

/// A radar on one side of the flight, which passes between 40 N 127 E and 40 N 134 E.
fn radar(id: &str, lat_deg: f64, lon_deg: f64) -> Sensor {
    let az_rad = if lat_deg < 40.0 { [4.45, 1.5] } else { [1.6, 4.9] };
    Sensor {
        id: id.to_owned(),
        name: None,
        kind: SensorKind::Radar,
        lat_deg,
        lon_deg,
        alt_m: 0.0,
        sigma_range_m: Some(SIGMAS[0]),
        sigma_az_rad: Some(SIGMAS[1]),
        sigma_el_rad: Some(SIGMAS[2]),
        sigma_height_m: None,
        sigma_range_rate_mps: None,
        pd: 0.9,
        rate_hz: 1.0,
        clutter_mean_per_scan: 0.0,
        volume: Some(Volume { range_m: [50e3, 3_000e3], az_rad, el_rad: [0.05, 1.4] }),
        slow_fraction: Some(0.0),
        slow_time_s: None,
        sac: None,
        sic: None,
        notional: true,
    }
}

fn south() -> Sensor {
    radar("south", 39.1, 130.5)
}

fn north() -> Sensor {
    radar("north", 40.9, 130.5)
}

fn third() -> Sensor {
    radar("third", 38.7, 129.0)
}

/// Some objects, `apart_s` one behind the other, after their burn-out, at a second.
fn objects(count: usize, apart_s: f64, second: f64) -> Vec<State> {
    let start = Site::at(Geodetic { lat_deg: 40.0, lon_deg: 127.6, alt_m: 60_000.0 });
    let velocity = start.axes.transpose() * Vector3::new(1_750.0, 0.0, 1_350.0);
    let state = motion::state(start.origin.vector(), velocity);
    let ages = (0..count).map(|index| second - apart_s * index as f64).filter(|age_s| *age_s >= 0.0);
    ages.map(|age_s| integrate::coast(&state, age_s))
        .filter(|state| motion::radial_height_m(motion::position(state)) > 20_000.0)
        .collect()
}

/// What goes wrong with a radar's plots: called with each, and the second that it is sensed in.
type Fault<'a> = &'a dyn Fn(&mut Plot, i64);

const NO_FAULT: Fault = &|_, _| {};

/// Plots of one scan of a radar that stands where `sensor` says.
fn scan(sensor: &Sensor, second: i64, objects: &[State], random: &mut Random, fault: Fault) -> Vec<Plot> {
    let site = Site::at(sensor.place());
    let volume = sensor.volume.unwrap();
    let mut plots = Vec::new();
    for object in objects {
        let seen = measure::sight(&site, motion::position(object)).unwrap().measured;
        let errors = Vector3::from_fn(|axis, _| SIGMAS[axis] * random.normal());
        let inside = seen.z > volume.el_rad[0] && seen.z < volume.el_rad[1];
        if random.next() < sensor.pd && inside {
            plots.push(plot(sensor, second, seen + errors));
        }
    }
    for _ in 0..sensor.clutter_mean_per_scan as usize {
        let mut within = |[from, to]: [f64; 2]| from + (to - from) * random.next();
        let az_rad = within([volume.az_rad[0], volume.az_rad[0] + 2.0]);
        let measured = Vector3::new(within(volume.range_m), az_rad, within(volume.el_rad));
        plots.push(plot(sensor, second, measured));
    }
    plots.iter_mut().for_each(|plot| fault(plot, second));
    plots
}

fn plot(sensor: &Sensor, second: i64, measured: Vector3<f64>) -> Plot {
    Plot {
        time: at(second as f64),
        scan: second,
        sensor_id: sensor.id.clone(),
        range_m: Some(measured.x),
        az_rad: measured.y.rem_euclid(core::f64::consts::TAU),
        el_rad: measured.z,
        height_m: None,
        address: None,
        range_rate_mps: None,
        truth_id: None,
    }
}

fn at(second: f64) -> Tai {
    Tai(1_700_000_000_000_000_000).plus_s(second)
}

/// What came of a run.
struct Outcome {
    picture: Picture,
    /// The newest assessment of each track.
    said: Vec<Assessment>,
    /// The sensors as they were after each second.
    sensors: Vec<Vec<SensorState>>,
}

impl Outcome {
    fn last(&self, id: &str) -> &SensorState {
        self.sensors.last().unwrap().iter().find(|sensor| sensor.id == id).unwrap()
    }

    /// The first second after which a sensor was degraded.
    fn degraded_after_s(&self, id: &str) -> Option<usize> {
        let degraded = |sensor: &SensorState| sensor.id == id && sensor.standing == Standing::Degraded;
        self.sensors.iter().position(|sensors| sensors.iter().any(degraded))
    }

    /// The best assessment that rests on this sensor, of all or of some.
    fn warning_by(&self, id: &str) -> Option<&Assessment> {
        self.said
            .iter()
            .filter(|said| said.evidence.source_tags.iter().any(|tag| tag == id))
            .max_by_key(|said| said.evidence.plots)
    }
}

/// Follows `count` objects for some seconds; each radar with where it really stands and its fault.
fn run(radars: &[(Sensor, Sensor, Fault)], count: usize, seconds: i64, seed: u64) -> Outcome {
    let configured: Vec<Sensor> = radars.iter().map(|(configured, _, _)| configured.clone()).collect();
    let mut picture = Picture::new(configured, Settings::default());
    let mut random = Random(seed);
    let mut outcome = Outcome { picture: picture.clone(), said: Vec::new(), sensors: Vec::new() };
    for second in 0..seconds {
        let objects = objects(count, 5.0, second as f64);
        for (_, real, fault) in radars {
            let plots = scan(real, second, &objects, &mut random, fault);
            picture.observe(at(second as f64), &plots);
        }
        for said in picture.assess(at(second as f64)) {
            outcome.said.retain(|old| old.track_id != said.track_id);
            outcome.said.push(said);
        }
        outcome.sensors.push(picture.sensors());
    }
    outcome.picture = picture;
    outcome
}

fn healthy(sensor: Sensor) -> (Sensor, Sensor, Fault<'static>) {
    (sensor.clone(), sensor, NO_FAULT)
}

/// The track that rests on a sensor holds to the truth, and what is said of it is a warning.
fn assert_unharmed(outcome: &Outcome, id: &str, seconds: i64, what: &str) {
    let truth = objects(1, 5.0, (seconds - 1) as f64)[0];
    let tracks = outcome.picture.tracks();
    let error_m = |track: &statement::Track| {
        let state = State::from(track.state);
        let dt_s = at((seconds - 1) as f64).since_s(track.time);
        (motion::position(&integrate::coast(&state, dt_s)) - motion::position(&truth)).norm()
    };
    let own = tracks
        .iter()
        .filter(|track| {
            track.status == TrackStatus::Firm && track.evidence.source_tags.iter().any(|tag| tag == id)
        })
        .max_by_key(|track| track.evidence.plots)
        .unwrap_or_else(|| panic!("{what}: no track by {id}"));
    let sigma_m = (own.covariance[0] + own.covariance[6] + own.covariance[11]).sqrt();
    assert!(error_m(own) < 4.0 * sigma_m + 20.0, "{what}: {} m off, sigma {sigma_m}", error_m(own));
    let said = outcome.warning_by(id).unwrap();
    assert!(said.warning && said.classes.of(ObjectClass::Ballistic) > 0.9, "{what}: {said:?}");
    // The impact by a run with that radar alone is as far as it knows.
    let alone = run(&[healthy(if id == "south" { south() } else { third() })], 1, seconds, 99);
    let [impact, other] =
        [said, alone.warning_by(id).unwrap()].map(|said| said.impact.as_ref().expect("an impact"));
    let apart_m = 111_200.0
        * libm::hypot(
            impact.place.lat_deg - other.place.lat_deg,
            (impact.place.lon_deg - other.place.lon_deg) * 0.77,
        );
    let reach_m = 3.0 * impact.ellipse.semi_major_m.max(other.ellipse.semi_major_m);
    assert!(apart_m < 2.0 * reach_m, "{what}: impact {apart_m} m away, ellipse {reach_m}");
}

fn biased(range_m: f64, angle_rad: f64) -> impl Fn(&mut Plot, i64) {
    move |plot, _| {
        plot.range_m = plot.range_m.map(|range| range + range_m);
        plot.az_rad += angle_rad;
        plot.el_rad += angle_rad;
    }
}

#[test]
fn biases_are_found_within_their_intervals_and_applied() {
    let truth = [500.0, 0.7e-3, 0.7e-3, 0.0];
    let (mut inside, mut all, mut found) = (0, 0, 0);
    let runs = 20;
    for seed in 0..runs {
        let fault = biased(500.0, 0.7e-3);
        let outcome = run(&[healthy(south()), (north(), north(), &fault)], 1, 120, seed);
        let known = outcome.last("north").biases.expect("biases");
        for (bias, truth) in known.iter().zip(truth) {
            inside += i32::from(bias.low <= truth && truth <= bias.high);
            all += 1;
        }
        for bias in outcome.last("south").biases.unwrap() {
            inside += i32::from(bias.low <= 0.0 && 0.0 <= bias.high);
            all += 1;
        }
        let at_60_s = outcome.sensors[62].iter().find(|sensor| sensor.id == "north").unwrap();
        found += i32::from(at_60_s.relative.iter().any(|(_, biases)| biases[0].low > 0.0));
        for id in ["south", "north"] {
            assert!(outcome.degraded_after_s(id).is_none(), "{seed}: {:?}", outcome.last(id));
        }
        // One missile, one track.
        let live = outcome.picture.tracks().into_iter().filter(|track| track.status == TrackStatus::Firm);
        assert_eq!(live.count(), 1, "seed {seed}");
    }
    assert!(f64::from(inside) / f64::from(all) > 0.9, "{inside} of {all}");
    assert!(found >= 19, "{found} of {runs}");
}

#[test]
fn a_jump_is_found_when_it_happens() {
    let fault = |plot: &mut Plot, second: i64| {
        if second >= 70 {
            plot.range_m = plot.range_m.map(|range| range + 5_000.0);
        }
    };
    let outcome = run(&[healthy(south()), (north(), north(), &fault)], 1, 130, 1);
    let found = outcome.last("north");
    assert_eq!(found.standing, Standing::Degraded, "{found:?}");
    let finding = found.finding.clone().unwrap();
    let since_s = finding.since.since_s(at(0.0));
    assert!((since_s - 70.0).abs() < 3.0 && finding.why.contains("jumped"), "{finding:?}");
    assert!(outcome.degraded_after_s("north").unwrap() < 80);
    assert_eq!(outcome.last("south").standing, Standing::Healthy);
    assert_unharmed(&outcome, "south", 130, "jump");
    // What only the degraded radar shows is not established.
    let alone = |said: &&Assessment| said.evidence.source_tags == ["north"];
    assert!(outcome.said.iter().filter(alone).all(|said| !said.warning));
}

#[test]
fn a_clock_that_steps_is_called_that() {
    for step_s in [2.0, -3.0] {
        let fault = |plot: &mut Plot, second: i64| {
            if second >= 70 {
                plot.time = plot.time.plus_s(step_s);
            }
        };
        let outcome = run(&[healthy(south()), (north(), north(), &fault)], 1, 130, 2);
        let found = outcome.last("north");
        assert_eq!(found.standing, Standing::Degraded, "{found:?}");
        let finding = found.finding.clone().unwrap();
        let since_s = finding.since.since_s(at(0.0));
        assert!((since_s - 70.0 - step_s).abs() < 4.0 && finding.why.contains("clock"), "{finding:?}");
        assert_eq!(outcome.last("south").standing, Standing::Healthy);
        assert_unharmed(&outcome, "south", 130, "clock");
    }
}

#[test]
fn a_clock_far_ahead_does_not_make_the_others_late() {
    let fault = |plot: &mut Plot, second: i64| {
        if second >= 70 {
            plot.time = plot.time.plus_s(45.0);
        }
    };
    let outcome = run(&[healthy(south()), (north(), north(), &fault)], 1, 130, 2);
    let finding = outcome.last("north").finding.clone().unwrap();
    assert!(finding.why.contains("clock is ahead"), "{finding:?}");
    assert_eq!(outcome.last("south").standing, Standing::Healthy);
    assert_unharmed(&outcome, "south", 130, "ahead");
}

#[test]
fn a_wrong_position_is_found_by_two_others_and_shown_by_one() {
    for moved_deg in [0.05, 0.1, 0.5] {
        let real = north();
        let configured = Sensor { lat_deg: real.lat_deg + moved_deg, ..real.clone() };
        let wrong = (configured, real, NO_FAULT);
        let three = run(&[healthy(south()), wrong.clone(), healthy(third())], 1, 130, 3);
        let found = three.last("north");
        assert_eq!(found.standing, Standing::Degraded, "{moved_deg}: {found:?}");
        for id in ["south", "third"] {
            assert!(three.degraded_after_s(id).is_none(), "{moved_deg}: {:?}", three.last(id));
        }
        assert_unharmed(&three, "south", 130, "position");
        let two = run(&[healthy(south()), wrong], 1, 130, 3);
        for id in ["south", "north"] {
            let found = two.last(id);
            assert_eq!(found.standing, Standing::Disputed, "{moved_deg}: {found:?}");
            assert!(two.degraded_after_s(id).is_none());
        }
        assert_unharmed(&two, "south", 130, "position, disputed");
    }
}

#[test]
fn swapped_angles_are_found_and_mirrored_ones() {
    let swap = |plot: &mut Plot, _: i64| core::mem::swap(&mut plot.az_rad, &mut plot.el_rad);
    let mirror = |plot: &mut Plot, _: i64| plot.az_rad = core::f64::consts::TAU - plot.az_rad;
    // Looking west and north-east: angles that are impossible the other way round, and angles that are not.
    let east = Sensor {
        volume: Some(Volume { range_m: [50e3, 3_000e3], az_rad: [4.0, 6.2], el_rad: [0.05, 1.4] }),
        ..radar("north", 39.0, 134.0)
    };
    let west = Sensor {
        volume: Some(Volume { range_m: [50e3, 3_000e3], az_rad: [0.5, 1.5], el_rad: [0.05, 0.45] }),
        ..radar("north", 38.6, 126.5)
    };
    for (faulty, fault, word) in [
        (&east, &swap as Fault, "swapped"),
        (&west, &swap as Fault, "swapped"),
        (&east, &mirror as Fault, "mirrored"),
    ] {
        let outcome = run(&[healthy(south()), (faulty.clone(), faulty.clone(), fault)], 1, 130, 4);
        let found = outcome.last("north");
        assert_eq!(found.standing, Standing::Degraded, "{word}: {found:?}");
        let finding = found.finding.clone().unwrap();
        assert!(finding.why.contains(word), "{finding:?}");
        assert!(finding.since.since_s(at(0.0)) < 40.0, "{finding:?}");
        assert_eq!(outcome.last("south").standing, Standing::Healthy, "{word}");
        assert_unharmed(&outcome, "south", 130, word);
    }
}

#[test]
fn plots_heard_twice_are_dropped_and_counted() {
    let mut once = Picture::new(vec![south(), north()], Settings::default());
    let mut twice = once.clone();
    let mut random = Random(5);
    let mut sent = 0;
    for second in 0..60 {
        let objects = objects(1, 5.0, second as f64);
        for sensor in [south(), north()] {
            let plots = scan(&sensor, second, &objects, &mut random, NO_FAULT);
            once.observe(at(second as f64), &plots);
            twice.observe(at(second as f64), &plots);
            if sensor.id == "north" {
                sent += plots.len() as u64;
                twice.observe(at(second as f64), &[plots.clone(), plots].concat());
            }
        }
    }
    assert_eq!(once.tracks(), twice.tracks());
    let states = twice.sensors();
    assert_eq!((states[0].duplicates, states[1].duplicates), (0, 2 * sent));
    assert!(states[1].last_duplicate.unwrap().since_s(at(0.0)) > 50.0);
    assert!(states.iter().all(|state| state.standing == Standing::Healthy));
}

#[test]
fn healthy_radars_stay_healthy_in_clutter_in_crowds_and_after_a_restart() {
    let cluttered = |sensor: Sensor| Sensor { clutter_mean_per_scan: 20.0, ..sensor };
    let pause = |plot: &mut Plot, second: i64| {
        // It counts its scans from 0 again after a pause in which it says nothing.
        plot.scan = if second >= 60 { second - 60 } else { second };
        if (45..60).contains(&second) {
            plot.range_m = None;
        }
    };
    for seed in 0..4 {
        let radars = [healthy(cluttered(south())), (cluttered(north()), cluttered(north()), &pause as Fault)];
        for count in [1, 20] {
            let outcome = run(&radars, count, 150, seed);
            for id in ["south", "north"] {
                assert!(outcome.degraded_after_s(id).is_none(), "{count}: {:?}", outcome.last(id));
                assert_eq!(outcome.last(id).standing, Standing::Healthy, "{:?}", outcome.last(id));
            }
        }
    }
}

#[test]
fn slow_errors_are_not_taken_for_a_bias() {
    // A radar whose errors are slow, and larger than those of the other: all of it, for longer than the run.
    let slow = Sensor { slow_fraction: Some(0.9), slow_time_s: Some(100.0), ..north() };
    let (mut outside, runs) = (0, 20);
    for seed in 0..runs {
        let mut random = Random(1_000 + seed);
        let errors: Vec<[f64; 3]> = {
            let kept = libm::exp(-0.01);
            let mut error = [0, 1, 2].map(|_| random.normal());
            let mut step = || {
                error = error.map(|old| kept * old + (1.0 - kept * kept).sqrt() * random.normal());
                error
            };
            (0..130).map(|_| step()).collect()
        };
        let fault = |plot: &mut Plot, second: i64| {
            let [range, azimuth, elevation] = errors[second as usize];
            plot.range_m = plot.range_m.map(|range_m| range_m + 20.0 * range);
            plot.az_rad += 1e-3 * azimuth;
            plot.el_rad += 1e-3 * elevation;
        };
        let outcome = run(&[healthy(south()), (slow.clone(), slow.clone(), &fault)], 1, 120, seed);
        for bias in outcome.last("north").biases.unwrap() {
            outside += i32::from(bias.excludes_zero());
        }
        assert!(outcome.degraded_after_s("north").is_none(), "{:?}", outcome.last("north"));
    }
    assert!(outside <= 6, "{outside} of 80");
}

#[test]
fn late_plots_leave_the_same_biases_and_findings() {
    // A jump amid them: it must not matter in which order its plots come.
    let fault = |plot: &mut Plot, second: i64| {
        biased(500.0, 0.7e-3)(plot, second);
        if second >= 90 {
            plot.range_m = plot.range_m.map(|range| range + 5_000.0);
        }
    };
    let mut random = Random(11);
    let mut plots = Vec::new();
    for second in 0..115 {
        let objects = objects(1, 5.0, second as f64);
        plots.extend(scan(&south(), second, &objects, &mut random, NO_FAULT));
        plots.extend(scan(&north(), second, &objects, &mut random, &fault));
    }
    let follow = |plots: &[Plot]| {
        let mut picture = Picture::new(vec![south(), north()], Settings::default());
        for plot in plots {
            assert!(picture.observe(Tai(0), core::slice::from_ref(plot)).is_empty());
        }
        picture
    };
    let in_order = follow(&plots);
    let states = in_order.sensors();
    assert_eq!(states[1].standing, Standing::Degraded, "{states:?}");
    let mut late: Vec<(f64, Plot)> =
        plots.iter().map(|plot| (plot.time.since_s(at(0.0)) + 25.0 * random.next(), plot.clone())).collect();
    late.sort_by(|a, b| a.0.total_cmp(&b.0));
    let late: Vec<Plot> = late.into_iter().map(|(_, plot)| plot).collect();
    let late = follow(&late);
    assert_eq!(late.sensors(), states);
    let moves = |picture: &Picture| -> Vec<[f64; 6]> {
        picture.tracks().into_iter().map(|track| track.state).collect()
    };
    assert_eq!(moves(&late).len(), moves(&in_order).len());
    assert!(moves(&in_order).iter().all(|state| moves(&late).contains(state)));
}
