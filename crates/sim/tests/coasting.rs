//! The coasting filter alone against the simulator's motion.

use physics::filter::Estimate;
use picture::{Picture, Settings};
use sim::raid::{Raid, Seen};

/// The greatest error of the position from 30 s after the first plot on, metres, and the number of tracks at the end.
fn worst(raid: &Raid, coasting_only: bool) -> (f64, usize) {
    let mut picture =
        Picture::new(vec![raid.sensor.clone()], Settings { coasting_only, ..Settings::default() });
    let (mut first_s, mut worst_m) = (None, 0.0_f64);
    for (time_s, plots) in raid.scans() {
        let now = raid.start.plus_s(time_s);
        picture.observe(now, &plots);
        picture.advance(now);
        if raid.covered(time_s).is_empty() {
            if first_s.is_some() {
                break;
            }
            continue;
        }
        let age_s = time_s - *first_s.get_or_insert(time_s);
        let (position_m, _, _) = raid.truths[0].state(time_s).unwrap();
        for track in picture.tracks().iter().filter(|_| age_s > 30.0) {
            let mut estimate = Estimate::<6> {
                time: track.time,
                state: track.state.into(),
                covariance: nalgebra::SMatrix::identity(),
                slow: Vec::new(),
            };
            estimate.coast_to(now, 0.0);
            worst_m = worst_m.max((estimate.position() - nalgebra::Vector3::from(position_m)).norm());
        }
    }
    (worst_m, picture.tracks().len())
}

#[test]
fn above_the_air_a_coast_is_one_track_with_or_without_the_thrust_filter() {
    for seed in 1..20 {
        let raid = Raid::s0(seed).unwrap().seen(Seen::AboveAir);
        for coasting_only in [true, false] {
            let (worst_m, tracks) = worst(&raid, coasting_only);
            // The bound is 110 m at 30 s and falls; five times that is chance no more.
            assert!(
                tracks == 1 && worst_m < 550.0,
                "seed {seed}, {coasting_only}: {worst_m} m, {tracks} tracks"
            );
        }
    }
}

#[test]
fn under_thrust_the_coasting_filter_alone_cannot_hold_a_track() {
    let raid = Raid::s0(3).unwrap().seen(Seen::FromLaunch);
    let (_, with_thrust) = worst(&raid, false);
    let (worst_m, alone) = worst(&raid, true);
    assert_eq!(with_thrust, 1);
    assert!(alone > 1 || worst_m > 5_000.0, "{worst_m} m, {alone} tracks");
}
