//! Real boost and coast profiles of Falcon 9 first stages, by a simulated radar: cut-off, a withdrawn impact, notices.
//!
//! The recordings give speed and height alone. The course is made up (north-east), the horizontal speed turns round where
//! the boostback burn makes it least, and what lies between cut-off, boostback burn and entry burn is flown by the
//! simulator's own law of motion from the recorded speed and climb.

mod common;

use common::recordings;
use nalgebra::Vector3;
use physics::frames::Site;
use physics::geodesic::distance_and_azimuth;
use physics::geodetic::Geodetic;
use physics::measure;
use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use picture::{Picture, Settings};
use serde_json::Value;
use sim::infrared::{Gaze, geostationary};
use sim::random::Random;
use sim::truth::Truth;
use statement::{Assessment, AssessmentStatus, Circle, ObjectClass, PlannedLaunch};

const PAD: Geodetic = Geodetic { lat_deg: 28.608, lon_deg: -80.604, alt_m: 5.0 };
const COURSE_DEG: f64 = 45.0;
const STEP_S: f64 = 0.1;

/// One stage's flight up to its entry burn: Earth-fixed positions every [`STEP_S`], metres.
struct Flight {
    positions_m: Vec<Vector3<f64>>,
    cut_off_s: f64,
    boostback_s: [f64; 2],
    entry_s: f64,
}

/// Speed, and climb as the slope of a line through the heights of some seconds around.
struct Profile {
    time_s: Vec<f64>,
    speed_mps: Vec<f64>,
    height_m: Vec<f64>,
}

impl Profile {
    fn around(&self, time_s: f64, half_s: f64) -> core::ops::Range<usize> {
        let at = |time_s: f64| self.time_s.partition_point(|time| *time < time_s);
        at(time_s - half_s)..at(time_s + half_s).max(at(time_s - half_s) + 2).min(self.time_s.len())
    }

    fn speed_mps(&self, time_s: f64) -> f64 {
        let near = &self.speed_mps[self.around(time_s, 0.5)];
        near.iter().sum::<f64>() / near.len() as f64
    }

    fn climb_mps(&self, time_s: f64) -> f64 {
        let range = self.around(time_s, 4.0);
        let count = range.len() as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
        let (times, heights) = (&self.time_s[range.clone()], &self.height_m[range]);
        let (time, height) = (mean(times), mean(heights));
        let both: f64 = times.iter().zip(heights).map(|(t, h)| (t - time) * (h - height)).sum();
        both / times.iter().map(|t| (t - time) * (t - time)).sum::<f64>()
    }

    /// (climb, speed over ground), m/s.
    fn velocity(&self, time_s: f64) -> (f64, f64) {
        let (speed, climb) = (self.speed_mps(time_s), self.climb_mps(time_s));
        (climb.clamp(-speed, speed), (speed * speed - climb * climb).max(0.0).sqrt())
    }
}

fn flight(folder: &std::path::Path) -> Flight {
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    let (raw, events) = (read("stage1_raw.json"), read("events.json"));
    let list = |key: &str, factor: f64| -> Vec<f64> {
        raw[key].as_array().unwrap().iter().map(|value| factor * value.as_f64().unwrap()).collect()
    };
    let profile = Profile {
        time_s: list("time", 1.0),
        speed_mps: list("velocity", 1.0),
        height_m: list("altitude", 1_000.0),
    };
    let event = |key: &str| events[key].as_f64().unwrap();
    let (cut_off_s, entry_s) = (event("meco"), event("entry_start"));
    let boostback_s = [event("boostback_start"), event("boostback_end")];

    let site = Site::at(PAD);
    let (sin, cos) = libm::sincos(COURSE_DEG.to_radians());
    let along = site.axes.transpose() * Vector3::new(sin, cos, 0.0);
    let across = along.cross(&site.origin.vector()).normalize();
    let axes = |position: &Vector3<f64>| {
        let up = position.normalize();
        (up, -across.cross(&up).normalize())
    };
    let mut position = site.origin.vector();
    let mut positions_m = vec![position];
    let steps = |from_s: f64, to_s: f64| ((to_s - from_s) / STEP_S).round() as usize;

    let powered = |positions_m: &mut Vec<Vector3<f64>>,
                   from_s: f64,
                   to_s: f64,
                   velocity: &dyn Fn(f64) -> (f64, f64)| {
        for step in 0..steps(from_s, to_s) {
            let position = positions_m[positions_m.len() - 1];
            let (up, ahead) = axes(&position);
            let (climb, ground) = velocity(from_s + STEP_S * (step as f64 + 0.5));
            positions_m.push(position + (up * climb + ahead * ground) * STEP_S);
        }
    };
    // The velocity at its end as the profile's, then the law of motion alone.
    let coast = |positions_m: &mut Vec<Vector3<f64>>, from_s: f64, to_s: f64, (climb, ground): (f64, f64)| {
        let position = positions_m[positions_m.len() - 1];
        let (up, ahead) = axes(&position);
        let velocity = up * climb + ahead * ground;
        let truth = Truth::orbiting("stage", from_s, position.into(), velocity.into(), to_s + 1.0);
        for step in 1..=steps(from_s, to_s) {
            let (position, _, _) = truth.state(from_s + STEP_S * step as f64).unwrap();
            positions_m.push(position.into());
        }
        let (position, velocity, _) = truth.state(to_s).unwrap();
        let (up, ahead) = axes(&position.into());
        let velocity = Vector3::from(velocity);
        (velocity.dot(&up), velocity.dot(&ahead))
    };
    powered(&mut positions_m, 0.0, cut_off_s, &|time_s| profile.velocity(time_s));
    let reached = coast(&mut positions_m, cut_off_s, boostback_s[0], profile.velocity(cut_off_s));

    let turn_s = (0..steps(boostback_s[0], boostback_s[1]))
        .map(|step| boostback_s[0] + STEP_S * step as f64)
        .min_by(|a, b| profile.velocity(*a).1.total_cmp(&profile.velocity(*b).1))
        .unwrap();
    let signed = |time_s: f64| {
        let (climb, ground) = profile.velocity(time_s);
        (climb, if time_s > turn_s { -ground } else { ground })
    };
    // The flown coast ends a little off the profile: what is off is lost along the burn.
    let begun = signed(boostback_s[0]);
    let off = (reached.0 - begun.0, reached.1 - begun.1);
    powered(&mut positions_m, boostback_s[0], boostback_s[1], &|time_s| {
        let left = (boostback_s[1] - time_s) / (boostback_s[1] - boostback_s[0]);
        let (climb, ground) = signed(time_s);
        (climb + off.0 * left, ground + off.1 * left)
    });
    coast(&mut positions_m, boostback_s[1], entry_s, signed(boostback_s[1]));
    position = positions_m[positions_m.len() - 1];
    assert!(position.norm() > 6.4e6);
    Flight { positions_m, cut_off_s, boostback_s, entry_s }
}

fn radar() -> Sensor {
    // On the coast, some 150 km up range of the boostback: made up.
    let text = r#"{"id": "coast", "lat_deg": 29.6, "lon_deg": -81.4, "alt_m": 10, "sigma_range_m": 10, "sigma_az_rad": 0.0002,
        "sigma_el_rad": 0.0002, "pd": 0.98, "rate_hz": 5, "slow_fraction": 0}"#;
    serde_json::from_str(text).unwrap()
}

fn start() -> Tai {
    Tai::from_utc("2017-06-03T21:07:38Z").unwrap()
}

/// What is said of a flight with these notices.
fn assessments(flight: &Flight, notices: Vec<PlannedLaunch>) -> Vec<(f64, Assessment)> {
    let sensor = radar();
    let site = Site::at(sensor.place());
    let mut random = Random::new(7);
    let mut picture =
        Picture::new(vec![sensor.clone()], Settings { assess_every_s: 0.2, ..Settings::default() });
    picture.set_notices(notices);
    let mut said = Vec::new();
    for scan in 0..(flight.entry_s * sensor.rate_hz) as i64 {
        let time_s = scan as f64 / sensor.rate_hz;
        let index = (time_s / STEP_S).round() as usize;
        let Some(seen) = measure::sight(&site, flight.positions_m[index]) else { continue };
        let now = start().plus_s(time_s);
        let mut plots = Vec::new();
        if seen.measured.z > 0.02 && random.chance(sensor.pd) {
            plots.push(Plot {
                time: now,
                scan,
                sensor_id: sensor.id.clone(),
                range_m: Some(seen.measured.x + 10.0 * random.normal()),
                az_rad: (seen.measured.y + 2e-4 * random.normal()).rem_euclid(core::f64::consts::TAU),
                el_rad: seen.measured.z + 2e-4 * random.normal(),
                height_m: None,
                address: None,
                range_rate_mps: None,
                truth_id: None,
            });
        }
        picture.observe(now, &plots);
        said.extend(picture.assess(now).into_iter().map(|assessment| (time_s, assessment)));
    }
    said
}

fn notice(falls: Vec<Circle>) -> PlannedLaunch {
    PlannedLaunch {
        id: "N-1".into(),
        window: [start().plus_s(-600.0), start().plus_s(600.0)],
        area: Circle { middle: PAD, radius_m: 20_000.0 },
        course_deg: [30.0, 60.0],
        falls,
    }
}

fn space_launch(said: &Assessment) -> bool {
    said.classes.most_likely() == ObjectClass::SpaceLaunch
}

fn follows(test: &str, mission: &str) {
    let Some(data) = recordings(test, "falcon9") else { return };
    let flight = flight(&data.join(mission));
    let said = assessments(&flight, Vec::new());
    let [burns_s, burnt_s] = flight.boostback_s;
    let established = |assessment: &Assessment| assessment.status == AssessmentStatus::Established;

    // One track; nothing established, and no impact, before the cut-off.
    assert!(said.iter().all(|(_, assessment)| assessment.track_id == "T-1"), "several tracks");
    let early = said.iter().filter(|(time_s, _)| *time_s < flight.cut_off_s - 1.0);
    assert!(early.clone().count() > 100);
    for (time_s, assessment) in early {
        assert!(!established(assessment) && assessment.impact.is_none(), "at {time_s} s: {assessment:?}");
    }
    let (coasts_s, first) = said
        .iter()
        .find(|(time_s, assessment)| *time_s < burns_s && established(assessment))
        .expect("a coast before the boostback burn");
    let cut_off_s = first.burnout.expect("a cut-off").time.since_s(start());
    println!(
        "{test}: cut-off at {cut_off_s:.1} s, recorded {} s; known at {coasts_s} s; boostback {burns_s}–{burnt_s} s",
        flight.cut_off_s
    );
    assert!((cut_off_s - flight.cut_off_s).abs() <= 2.0, "{cut_off_s} for {}", flight.cut_off_s);

    // The impact of before the burn is withdrawn, and another one reckoned after it.
    let (_, before) =
        said.iter().rev().find(|(time_s, said)| *time_s < burns_s && said.impact.is_some()).unwrap();
    let withdrawn_s =
        said.iter().find(|(time_s, said)| *time_s > burns_s && said.impact.is_none()).unwrap().0;
    println!("{test}: withdrawn {:.1} s into the burn", withdrawn_s - burns_s);
    assert!(withdrawn_s - burns_s < 15.0, "withdrawn at {withdrawn_s} s");
    let burning = said.iter().filter(|(time_s, _)| *time_s > withdrawn_s && *time_s < burnt_s - 1.0);
    let (wrong, of) =
        (burning.clone().filter(|(_, said)| said.impact.is_some()).count(), burning.clone().count());
    println!("{test}: {wrong} of {of} assessments in the burn have an impact");
    // Where the display shows little thrust for some seconds, a coast is tried, and refuted.
    assert!(5 * wrong <= of, "{wrong} of {of} impacts while it burns");
    let (_, after) = said.iter().rev().find(|(_, said)| said.impact.is_some()).expect("an impact after it");
    let (moved_m, _) = distance_and_azimuth(before.impact.unwrap().place, after.impact.unwrap().place);
    println!("{test}: the impact moved by {:.0} km", moved_m / 1e3);
    assert!(moved_m > 50_000.0);
    // Without a notice it is a launch to orbit by the way it rises, once that is seen.
    let rises =
        said.iter().filter(|(time_s, said)| *time_s < flight.cut_off_s && said.under_thrust == Some(true));
    let rises = rises.filter(|(_, said)| said.launch.is_some());
    let (so_called, of) = (rises.clone().filter(|(_, said)| space_launch(said)).count(), rises.count());
    println!("{test}: {so_called} of {of} assessments of its rise call it a space launch");
    assert!(of > 100 && 10 * so_called > 9 * of, "{so_called} of {of}");
    // Yet it comes down, and alarms.
    assert!(said.iter().any(|(_, said)| said.warning));

    // Announced: named, flagged as a space launch, and nobody is alarmed.
    let announced = assessments(&flight, vec![notice(Vec::new())]);
    let warned = announced.iter().filter(|(_, said)| said.warning).count();
    assert_eq!(warned, 0, "warnings of an announced launch");
    let named = announced.iter().filter(|(_, said)| said.notice == "N-1");
    assert!(named.clone().count() > 300);
    // At first it may not yet be sure to leave the air.
    let called = |class| named.clone().filter(|(_, said)| said.classes.most_likely() == class).count();
    assert_eq!(called(ObjectClass::Ballistic), 0);
    assert!(20 * called(ObjectClass::SpaceLaunch) > 19 * named.clone().count());

    // Announced to come down where the first coast leads: after the burn it departs from that, and alarms again.
    let down_range = Circle { middle: before.impact.unwrap().place, radius_m: 30_000.0 };
    let departs = assessments(&flight, vec![notice(vec![down_range])]);
    assert!(departs.iter().filter(|(time_s, _)| *time_s < burns_s).all(|(_, said)| !said.warning));
    assert!(departs.iter().any(|(time_s, said)| *time_s > burnt_s && said.warning && said.notice.is_empty()));

    // Announced for another day: it alarms.
    let other = PlannedLaunch { window: [Tai(0), Tai(0).plus_s(600.0)], ..notice(Vec::new()) };
    assert!(assessments(&flight, vec![other]).iter().any(|(_, said)| said.warning));
}

#[test]
fn nrol_76_is_followed_through_its_boostback() {
    follows("nrol_76_is_followed_through_its_boostback", "nrol-76");
}

#[test]
fn crs_11_is_followed_through_its_boostback() {
    follows("crs_11_is_followed_through_its_boostback", "crs-11");
}

/// What is said of a flight that two satellites see burn above the clouds: its boost and its boostback.
fn seen_by_heat(flight: &Flight, notices: Vec<PlannedLaunch>) -> Vec<(f64, Assessment)> {
    let sensors = [-110.6, -50.6].map(geostationary);
    let mut gazes = sensors.each_ref().map(|sensor| Gaze::new(sensor, 11));
    let mut picture = Picture::new(sensors.to_vec(), Settings::default());
    picture.set_notices(notices);
    let [burns_s, burnt_s] = flight.boostback_s;
    let mut said = Vec::new();
    for scan in 0..flight.entry_s as i64 {
        // One at the whole second, the other half a second later.
        for (gaze, time_s) in gazes.iter_mut().zip([scan as f64, scan as f64 + 0.5]) {
            let now = start().plus_s(time_s);
            let burning = time_s <= flight.cut_off_s || (burns_s..=burnt_s).contains(&time_s);
            let position_m = flight.positions_m.get((time_s / STEP_S).round() as usize);
            let high = |position_m: &&Vector3<f64>| physics::motion::radial_height_m(**position_m) > 10_000.0;
            let plot = position_m
                .filter(high)
                .filter(|_| burning)
                .and_then(|position_m| gaze.plot(scan, now, (*position_m).into()));
            let rejected = picture.observe(now, plot.as_slice());
            assert!(rejected.is_empty(), "{rejected:?}");
        }
        // The fits are what takes time.
        if scan % 10 == 0 || (scan as f64 - flight.cut_off_s).abs() < 12.0 {
            let now = start().plus_s(scan as f64 + 0.5);
            said.extend(picture.assess(now).into_iter().map(|assessment| (scan as f64, assessment)));
        }
    }
    said
}

fn is_seen_by_heat(test: &str, mission: &str) {
    let Some(data) = recordings(test, "falcon9") else { return };
    let flight = flight(&data.join(mission));
    let said = seen_by_heat(&flight, Vec::new());
    // The boostback is no second launch.
    assert!(said.iter().all(|(_, said)| said.track_id == "I-1"), "several objects");
    assert!(said.iter().all(|(_, said)| !said.warning && said.impact.is_none()));
    let (ended_s, ended) = said.iter().find(|(_, said)| said.under_thrust == Some(false)).expect("a cut-off");
    let cut_off_s = ended.burnout.expect("a cut-off").time.since_s(start());
    let ground = ended.launch.expect("a launch");
    let (missed_m, _) = distance_and_azimuth(ground.place, PAD);
    let late_s = -ground.time.since_s(start());
    println!(
        "{test}: cut-off at {cut_off_s:.1} s, recorded {} s, known at {ended_s} s; launch missed by {missed_m:.0} m (90 % {:?} m), {late_s:.1} s (sigma {:.1} s)",
        flight.cut_off_s,
        ground.ellipse.axes_m(0.9),
        ground.time_sigma_s
    );
    assert!((cut_off_s - flight.cut_off_s).abs() <= 2.0, "{cut_off_s} for {}", flight.cut_off_s);
    assert!(*ended_s <= flight.cut_off_s + 10.0);
    assert!(missed_m < ground.ellipse.axes_m(0.999).0, "missed by {missed_m} m");
    assert!(late_s.abs() < 4.0 * ground.time_sigma_s, "{late_s} s late of {}", ground.time_sigma_s);

    // Announced: named, and taken for the launch to space that it was said to be.
    let announced = seen_by_heat(&flight, vec![notice(Vec::new())]);
    let (_, last) = announced.iter().rfind(|(time_s, _)| *time_s < flight.boostback_s[0]).unwrap();
    assert!(last.notice == "N-1" && last.classes.most_likely() == ObjectClass::SpaceLaunch);
}

#[test]
fn nrol_76_is_seen_by_heat() {
    is_seen_by_heat("nrol_76_is_seen_by_heat", "nrol-76");
}

#[test]
fn crs_11_is_seen_by_heat() {
    is_seen_by_heat("crs_11_is_seen_by_heat", "crs-11");
}
