//! The tracker against the simulator's launches, which fly by a motion code of their own.

use std::collections::{BTreeMap, BTreeSet};

use physics::frames::Site;
use physics::geodetic::Geodetic;
use physics::wgs84;
use picture::{Picture, Settings};
use sim::scenario::Scenario;
use statement::{Assessment, AssessmentStatus, GroundEstimate, Nation, ObjectClass};

fn load(file: &str) -> Scenario {
    Scenario::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(file))
        .unwrap()
}

/// What each nation assesses on its own up to `end_s`, in order.
fn assessments(scenario: &Scenario, seed: u64, end_s: f64) -> BTreeMap<Nation, Vec<Assessment>> {
    let mut pictures: BTreeMap<Nation, Picture> = scenario
        .nations
        .iter()
        .map(|participant| {
            (participant.nation, Picture::new(participant.sensors.clone(), Settings::default()))
        })
        .collect();
    let mut said: BTreeMap<Nation, Vec<Assessment>> =
        pictures.keys().map(|nation| (*nation, Vec::new())).collect();
    for observed in scenario.observations(seed) {
        if observed.time_s > end_s {
            break;
        }
        let now = scenario.start.plus_s(observed.time_s);
        let picture = pictures.get_mut(&observed.nation).unwrap();
        picture.observe(now, &observed.plots);
        picture.advance(now);
        said.get_mut(&observed.nation).unwrap().extend(picture.assess(now));
    }
    said
}

/// Whether a place lies within the 90 % ellipse of an estimate.
fn holds(estimate: &GroundEstimate, place: Geodetic) -> bool {
    let local = Site::at(estimate.place);
    let away = local.axes * (wgs84::to_earth_fixed(place).vector() - local.origin.vector());
    let (major_m, minor_m) = estimate.ellipse.axes_m(0.9);
    let (sin, cos) = libm::sincos(estimate.ellipse.azimuth_deg.to_radians());
    let along = (away.x * sin + away.y * cos) / major_m;
    let across = (away.x * cos - away.y * sin) / minor_m;
    along * along + across * across <= 1.0
}

/// Shares of truths that 90 % ellipses hold, by nation: (held, of).
#[derive(Default)]
struct Coverage(BTreeMap<Nation, (u32, u32)>);

impl Coverage {
    fn count(&mut self, nation: Nation, held: bool) {
        let (count, of) = self.0.entry(nation).or_default();
        *count += u32::from(held);
        *of += 1;
    }

    fn assert_within(&self, what: &str, least: f64, most: f64, of_least: u32) {
        for (nation, (held, of)) in &self.0 {
            let share = f64::from(*held) / f64::from(*of);
            println!("{what}, {nation}: {held} of {of} within the 90 % ellipse");
            assert!(*of >= of_least && (least..=most).contains(&share), "{what}, {nation}: {held} of {of}");
        }
    }
}

/// Boost ends 180 to 210 s into the scenario; a minute later each nation has an arc.
const ARC_S: f64 = 270.0;

#[test]
fn nine_of_ten_launch_ellipses_hold_the_launch() {
    let scenario = load("2022-10-04.toml");
    let (mut launches, mut impacts, mut times) = (Coverage::default(), Coverage::default(), Vec::new());
    let mut tracks = BTreeMap::<usize, u32>::new();
    let mut after_burnout_s = Vec::new();
    for seed in 0..200 {
        let truth = scenario.observations(seed).truths()[0].clone();
        let (launched, landed) = (truth.launch().unwrap(), truth.impact().unwrap());
        let burnt_out = truth.burnout().unwrap();
        for (nation, said) in assessments(&scenario, seed, ARC_S) {
            let first = said.iter().find(|assessment| assessment.status == AssessmentStatus::Established);
            after_burnout_s.push(first.map_or(f64::INFINITY, |assessment| {
                assessment.hops.assessed.since_s(scenario.start) - burnt_out.time_s
            }));
            let ids: BTreeSet<&String> = said.iter().map(|assessment| &assessment.track_id).collect();
            *tracks.entry(ids.len()).or_default() += 1;
            if let Some(launch) = said.iter().rev().find_map(|assessment| assessment.launch) {
                launches.count(nation, holds(&launch, launched.place));
                times.push((launch.time.since_s(scenario.start) - launched.time_s) / launch.time_sigma_s);
            }
            if let Some(impact) = said.iter().rev().find_map(|assessment| assessment.impact) {
                impacts.count(nation, holds(&impact, landed.place));
            }
        }
    }
    println!("tracks that a nation has of one launch: {tracks:?}");
    assert_eq!(tracks.keys().collect::<Vec<_>>(), [&1], "a launch fell into several tracks: {tracks:?}");
    after_burnout_s.sort_by(f64::total_cmp);
    let early = after_burnout_s.iter().filter(|after_s| **after_s < 0.0).count();
    let of = after_burnout_s.len();
    println!(
        "established {:.1} s after burn-out (median), {:.1} s (19 of 20); {early} of {of} under thrust",
        after_burnout_s[of / 2],
        after_burnout_s[of * 19 / 20]
    );
    assert!(early * 50 <= of, "{early} of {of} established under thrust");
    assert!(after_burnout_s[of * 19 / 20] < 30.0, "{after_burnout_s:?}");
    let time_rms = (times.iter().map(|time| time * time).sum::<f64>() / times.len() as f64).sqrt();
    println!("launch times: {time_rms:.2} sigmas rms");
    launches.assert_within("launch", 0.85, 0.95, 195);
    impacts.assert_within("impact", 0.80, 1.0, 195);
    assert!((0.5..1.3).contains(&time_rms), "{time_rms}");
}

#[test]
fn a_satellite_is_a_satellite_and_no_warning() {
    let scenario = load("satellite-pass.toml");
    let mut seen = 0;
    for seed in 0..3 {
        for said in assessments(&scenario, seed, scenario.end_s()).values() {
            assert!(said.iter().all(|assessment| !assessment.warning));
            let last = said.last().map(|assessment| assessment.classes.most_likely());
            seen += u32::from(last == Some(ObjectClass::Satellite));
        }
    }
    println!("{seen} nations called it a satellite");
    assert!(seen >= 3);
}
