//! Which tracks a nation has of which objects where stages separate, something breaks up, or an arc leaves the view.

use std::collections::{BTreeMap, BTreeSet};

use nalgebra::Vector3;
use picture::{Picture, Settings};
use sim::scenario::Scenario;
use statement::{Assessment, Nation, TrackStatus};

/// What one nation's picture made of an exercise.
#[derive(Default)]
struct Seen {
    /// By track: which object it was nearest to, how often.
    nearest: BTreeMap<String, BTreeMap<String, u32>>,
    /// Each assessment with its second.
    said: Vec<(f64, Assessment)>,
}

impl Seen {
    /// The object that a track was nearest to for most of its life.
    fn object_of(&self, track: &str) -> Option<&str> {
        let counts = self.nearest.get(track)?;
        counts.iter().max_by_key(|(_, count)| **count).map(|(id, _)| id.as_str())
    }

    /// The tracks of an object.
    fn tracks_of(&self, object: &str) -> Vec<&str> {
        self.nearest
            .keys()
            .map(String::as_str)
            .filter(|track| self.object_of(track) == Some(object))
            .collect()
    }
}

/// What `nation` makes of a scenario up to `end_s`.
fn watch(file: &str, nation: &str, seed: u64, end_s: f64) -> Seen {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(file);
    let scenario = Scenario::load(&path).unwrap();
    let nation: Nation = nation.parse().unwrap();
    let own = scenario.nations.iter().find(|participant| participant.nation == nation).unwrap();
    let mut picture = Picture::new(own.sensors.clone(), Settings::default());
    let observations = scenario.observations(seed);
    let truths = observations.truths().to_vec();
    let mut seen = Seen::default();
    for observed in observations.take_while(|observed| observed.time_s < end_s) {
        if observed.nation != nation {
            continue;
        }
        let now = scenario.start.plus_s(observed.time_s);
        picture.observe(now, &observed.plots);
        seen.said.extend(picture.assess(now).into_iter().map(|said| (observed.time_s, said)));
        let fresh = |track: &statement::Track| track.status == TrackStatus::Firm && track.time == now;
        for track in picture.tracks().into_iter().filter(fresh) {
            let place = Vector3::new(track.state[0], track.state[1], track.state[2]);
            let near = truths.iter().filter_map(|truth| {
                let (position, ..) = truth.state(observed.time_s)?;
                Some(((Vector3::from(position) - place).norm(), &truth.id))
            });
            if let Some((_, id)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
                *seen.nearest.entry(track.track_id).or_default().entry(id.clone()).or_default() += 1;
            }
        }
    }
    seen
}

#[test]
fn a_lofted_arc_that_comes_into_view_again_is_the_same_track() {
    // Out of each radar's reach for 15 min.
    for nation in ["jpn", "kor", "usa"] {
        let seen = watch("2022-01-30.toml", nation, 1, 1_850.0);
        assert_eq!(seen.nearest.keys().collect::<Vec<_>>(), ["T-1"], "{nation}");
        let plots = seen.said.last().unwrap().1.evidence.plots;
        assert!(plots > 1_000, "{nation}: {plots}");
        // Lost once, and once more when it came down.
        let mut finals =
            seen.said.iter().map(|(_, said)| said.phase == statement::Phase::Final).collect::<Vec<_>>();
        finals.dedup();
        assert_eq!(finals, [false, true, false, true], "{nation}");
        // The launch is that of the way up, minutes before what comes down was seen.
        let launched = |of: &Assessment| of.launch.map(|launch| launch.time);
        let first = seen.said.iter().find_map(|(_, said)| launched(said)).unwrap();
        let last = seen.said.iter().rev().find_map(|(_, said)| launched(said)).unwrap();
        assert!(last.since_s(first).abs() < 30.0, "{nation}: {}", last.since_s(first));
    }
}

#[test]
fn a_dropped_stage_is_counted_and_does_not_alarm() {
    // Korea sees it whole before its first stage drops.
    let seen = watch("2023-11-21.toml", "kor", 1, 500.0);
    let [stage] = seen.tracks_of("launch-1-stage-1")[..] else { panic!("{:?}", seen.nearest) };
    assert!(seen.said.iter().all(|(_, said)| said.track_id != stage || !said.warning));
    let main = seen.tracks_of("launch-1");
    let counts: BTreeSet<(u32, u32)> = seen
        .said
        .iter()
        .filter(|(_, said)| main.contains(&said.track_id.as_str()))
        .map(|(_, said)| said.object_count)
        .collect();
    // One while it is whole, then the first stage beside it, then the second.
    assert!(counts.contains(&(1, 1)) && counts.contains(&(2, 2)) && counts.contains(&(3, 3)), "{counts:?}");
    assert!(counts.iter().all(|(_, most)| *most <= 4), "{counts:?}");
    // They are of one launch.
    let launch = |track: &str| {
        let of = seen.said.iter().rev().find(|(_, said)| said.track_id == track && said.launch.is_some());
        of.and_then(|(_, said)| said.launch).unwrap()
    };
    let apart_s = launch(stage).time.since_s(launch(main[0]).time).abs();
    assert!(apart_s < 10.0, "{apart_s}");
}

#[test]
fn what_breaks_up_is_counted() {
    let seen = watch("2024-05-27.toml", "kor", 1, 300.0);
    let most = seen.said.iter().map(|(_, said)| said.object_count).max().unwrap();
    // Its first stage, itself and eight pieces.
    assert!(most.0 >= 8 && most.0 <= 10 && most.1 <= 12, "{most:?}");
}
