//! Tracks of several nations combined: nothing counted twice, by whatever path and in whatever order it came.

use physics::information::{inverse, is_semidefinite, triangle};
use physics::integrate;
use physics::motion::{Matrix6, State};
use physics::time::Tai;
use proptest::prelude::*;
use statement::{Evidence, Nation, Prior, Track, TrackStatus, Tracklet};
use warning::{Combined, CombinedTrack, Combiner, Method, Normal, intersect};

const NOW: Tai = Tai(1_000_000_000_000);

fn nation(letters: &str) -> Nation {
    letters.parse().unwrap()
}

/// 120 km up, 2.3 km/s.
fn truth() -> State {
    State::new(-3.2e6, 3.9e6, 4.2e6, -1_700.0, -1_500.0, 300.0)
}

/// A whole track: all of it is news.
fn track(id: &str, tag: &str, state: State, covariance: Matrix6) -> Track {
    Track {
        track_id: id.into(),
        status: TrackStatus::Firm,
        time: NOW,
        state: state.into(),
        covariance: triangle(&covariance),
        evidence: Evidence { source_tags: vec![tag.into()], ..Evidence::default() },
        tracklet: Some(Tracklet { from: Tai(0), to: NOW, prior: None }),
    }
}

fn sigmas(position_m: f64, velocity_mps: f64) -> Matrix6 {
    let (p, v) = (position_m * position_m, velocity_mps * velocity_mps);
    Matrix6::from_diagonal(&State::new(p, 4.0 * p, p, v, v, 9.0 * v))
}

fn combine(tracks: &[(Nation, Track)]) -> Vec<Combined<CombinedTrack>> {
    Combiner::default().combine(nation("jpn"), tracks, NOW)
}

fn only(tracks: &[(Nation, Track)]) -> Combined<CombinedTrack> {
    let mut combined = combine(tracks);
    assert_eq!(combined.len(), 1, "{combined:?}");
    combined.remove(0)
}

fn nearly(a: &Matrix6, b: &Matrix6) -> bool {
    let scale = a.diagonal().map(f64::sqrt);
    (0..36).all(|place| {
        let (row, column) = (place / 6, place % 6);
        (a[(row, column)] - b[(row, column)]).abs() < 1e-6 * scale[row] * scale[column]
    })
}

fn drawn(numbers: &[f64], at: usize) -> State {
    State::from_fn(|axis, _| numbers[at + axis] * if axis < 3 { 60.0 } else { 1.0 })
}

/// A covariance of some 100 m and some m/s.
fn covariance() -> impl Strategy<Value = Matrix6> {
    proptest::collection::vec(-1.0..1.0, 36).prop_map(|numbers| {
        let root = Matrix6::from_column_slice(&numbers) + Matrix6::identity();
        let units = Matrix6::from_diagonal(&State::new(100.0, 100.0, 100.0, 2.0, 2.0, 2.0));
        units * (root * root.transpose() + Matrix6::identity() * 0.3) * units
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tracklets_add_up_and_are_no_wider_than_each(a in covariance(), b in covariance(), c in covariance(), errors in proptest::collection::vec(-0.5..0.5, 18)) {
        let tracks = [
            (nation("jpn"), track("T-1", "j", truth() + drawn(&errors, 0), a)),
            (nation("kor"), track("T-9", "k", truth() + drawn(&errors, 6), b)),
            (nation("usa"), track("T-4", "u", truth() + drawn(&errors, 12), c)),
        ];
        let combined = only(&tracks);
        let it = combined.show();
        prop_assert_eq!(it.method, Method::Tracklet);
        let sum = [a, b, c].iter().map(|covariance| inverse(covariance).unwrap()).sum::<Matrix6>();
        prop_assert!(nearly(&it.covariance, &inverse(&sum).unwrap()));
        for covariance in [a, b, c] {
            prop_assert!(is_semidefinite(&(covariance - it.covariance + covariance * 1e-6)));
        }
    }

    /// In any order, with any of them twice or thrice: the same to the last bit.
    #[test]
    fn order_and_copies_change_no_bit(a in covariance(), b in covariance(), c in covariance(), seed in 0_usize..1_000, shared in any::<bool>()) {
        let tag = if shared { "k" } else { "u" };
        let tracks = [
            (nation("jpn"), track("T-1", "j", truth(), a)),
            (nation("kor"), track("T-9", "k", truth(), b)),
            (nation("usa"), track("T-4", tag, truth(), c)),
        ];
        let mut mixed: Vec<_> = (0..3 + seed % 4).map(|copy| tracks[(seed + copy * (1 + seed % 2)) % 3].clone()).collect();
        mixed.extend(tracks.iter().rev().cloned());
        prop_assert_eq!(combine(&tracks), combine(&mixed));
    }

    /// What was known before comes twice where both followed the boost: it is intersected, and the plots since are added.
    #[test]
    fn what_was_known_before_is_intersected_and_news_are_added(before_a in covariance(), before_b in covariance(), news_a in covariance(), news_b in covariance()) {
        let of = |matrix: &Matrix6| inverse(matrix).unwrap();
        let said = |id: &str, tag: &str, before: &Matrix6, news: &Matrix6| {
            let total = of(&(of(before) + of(news)));
            let prior = Prior { information: triangle(&of(before)), offset: [0.0; 6] };
            let tracklet = Some(Tracklet { from: Tai(5), to: NOW, prior: Some(prior) });
            Track { tracklet, ..track(id, tag, truth(), total) }
        };
        let tracks = [
            (nation("jpn"), said("T-1", "j", &before_a, &news_a)),
            (nation("kor"), said("T-2", "k", &before_b, &news_b)),
        ];
        let combined = only(&tracks);
        let normal = |covariance: &Matrix6| Normal { state: truth(), covariance: *covariance };
        let before = intersect(&normal(&before_a), &normal(&before_b)).unwrap();
        let expected = of(&(of(&before.covariance) + of(&news_a) + of(&news_b)));
        let close = (0..6).all(|axis| (combined.show().covariance[(axis, axis)] / expected[(axis, axis)] - 1.0).abs() < 1e-5);
        prop_assert!(close, "{} {}", combined.show().covariance, expected);
        prop_assert!((combined.show().state - truth()).norm() < 1e-3);
    }
}

/// One sensor's data told by two capitals beside the own: its track counts once.
#[test]
fn three_paths_count_once() {
    let seen = track("T-1", "satellite-radar", truth(), sigmas(100.0, 2.0));
    let alone = Normal { state: truth(), covariance: sigmas(100.0, 2.0) };
    let tracks: Vec<_> = ["jpn", "kor", "usa"].map(|letters| (nation(letters), seen.clone())).into();
    let combined = only(&tracks);
    assert_eq!(combined.show().method, Method::Intersection);
    assert!(nearly(&combined.show().covariance, &alone.covariance), "{}", combined.show().covariance);
    // Without tags nobody knows: not independent either.
    let untagged = |letters| (nation(letters), Track { evidence: Evidence::default(), ..seen.clone() });
    let combined = only(&[untagged("jpn"), untagged("kor")]);
    assert!(nearly(&combined.show().covariance, &alone.covariance));
    // One who names both binds the others.
    let mut both = tracks[2].clone();
    both.1.evidence.source_tags = vec!["a".into(), "b".into()];
    let tagged = |letters, tag| (nation(letters), track("T-1", tag, truth(), sigmas(100.0, 2.0)));
    let combined = only(&[tagged("jpn", "a"), tagged("kor", "b"), both]);
    assert!(combined.show().sources.iter().all(|source| source.method == Method::Intersection));
    assert!(nearly(&combined.show().covariance, &alone.covariance));
}

#[test]
fn tracks_of_other_instants_are_brought_together_by_gravity() {
    let mut later = track("T-2", "k", integrate::coast(&truth(), 4.0), sigmas(100.0, 2.0));
    later.time = NOW.plus_s(4.0);
    let early = track("T-1", "j", truth(), sigmas(100.0, 2.0));
    let combined = only(&[(nation("jpn"), early), (nation("kor"), later.clone())]);
    assert_eq!(combined.show().time, later.time);
    assert!((combined.show().state - State::from(later.state)).norm() < 1e-3);
    assert!(combined.show().covariance[(0, 0)] < 0.6 * 100.0 * 100.0);
}

#[test]
fn what_nobody_says_coasts_is_intersected_with_room_for_thrust() {
    let mut old = track("T-2", "k", truth(), sigmas(100.0, 2.0));
    (old.tracklet, old.time) = (None, NOW.plus_s(-1.0));
    old.state = integrate::coast(&truth(), -1.0).into();
    let combined = only(&[
        (nation("jpn"), track("T-1", "j", truth() + State::repeat(1.0), sigmas(300.0, 9.0))),
        (nation("kor"), old),
    ]);
    let methods: Vec<Method> = combined.show().sources.iter().map(|source| source.method).collect();
    assert_eq!(methods, [Method::Tracklet, Method::Intersection]);
    assert_eq!(combined.show().method, Method::Intersection);
    assert!(combined.show().covariance[(3, 3)] > 5.0 * 5.0, "{}", combined.show().covariance);
}

/// Five pairs 400 m apart whose tracks wander by as much: who belongs together stays together.
#[test]
fn close_objects_do_not_swap_partners_and_keep_their_numbers() {
    let mut combiner = Combiner::default();
    let mut lot = 1_u64;
    let mut draw = || {
        lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (lot >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut first: Vec<(u64, Vec<String>)> = Vec::new();
    for round in 0..60 {
        let mut tracks = Vec::new();
        for object in 0..5 {
            // Far apart at first.
            let apart_m = if round == 0 { 3_000.0 } else { 400.0 };
            let place = truth() + State::new(0.0, apart_m * f64::from(object), 0.0, 0.0, 0.0, 0.0);
            for letters in ["jpn", "kor"] {
                let wander = State::new(300.0 * draw(), 300.0 * draw(), 300.0 * draw(), 0.0, 0.0, 0.0);
                let id = format!("T-{object}");
                tracks.push((nation(letters), track(&id, letters, place + wander, sigmas(200.0, 5.0))));
            }
        }
        let pairs: Vec<(u64, Vec<String>)> = combiner
            .combine(nation("jpn"), &tracks, NOW)
            .iter()
            .map(|combined| {
                let ids = combined.show().sources.iter().map(|source| source.track_id.clone());
                (combined.show().id, ids.collect())
            })
            .collect();
        if round == 0 {
            first = pairs.clone();
        }
        assert_eq!(pairs, first, "round {round}");
    }
    assert!(first.iter().all(|(_, ids)| ids[0] == ids[1]));
}

#[test]
fn what_is_left_of_a_combined_track_keeps_its_number_and_says_that_it_is_single() {
    let mut combiner = Combiner::default();
    let own = (nation("jpn"), track("T-1", "j", truth(), sigmas(100.0, 2.0)));
    let partner = (nation("kor"), track("T-2", "k", truth(), sigmas(100.0, 2.0)));
    assert!(combiner.combine(nation("jpn"), std::slice::from_ref(&own), NOW).is_empty());
    let both = combiner.combine(nation("jpn"), &[own.clone(), partner], NOW);
    let left = combiner.combine(nation("jpn"), std::slice::from_ref(&own), NOW);
    assert_eq!((left[0].show().id, left[0].show().method), (both[0].show().id, Method::Single));
    assert!(nearly(&left[0].show().covariance, &sigmas(100.0, 2.0)));
}

/// States, covariances and tracklets that no honest partner has: none stops or spoils the others'.
#[test]
fn hostile_tracks_spoil_nothing() {
    let own = (nation("jpn"), track("T-1", "j", truth(), sigmas(100.0, 2.0)));
    let partner = (nation("kor"), track("T-2", "k", truth(), sigmas(100.0, 2.0)));
    let honest = combine(&[own.clone(), partner.clone()]);
    let hostile = |spoil: fn(&mut Track)| {
        let mut it = track("X", "x", truth(), sigmas(100.0, 2.0));
        spoil(&mut it);
        (nation("usa"), it)
    };
    let spoilt: [fn(&mut Track); 10] = [
        |it| it.state = [f64::MAX; 6],
        |it| it.state[0] = f64::NAN,
        |it| it.state = [0.0; 6],
        |it| it.covariance = [0.0; 21],
        |it| it.covariance = [-1.0; 21],
        |it| it.covariance[1] = 1e12,
        |it| it.covariance[0] = f64::INFINITY,
        |it| it.time = Tai(i64::MAX),
        |it| it.time = Tai(i64::MIN),
        |it| it.status = TrackStatus::Lost,
    ];
    for (index, spoil) in spoilt.into_iter().enumerate() {
        let combined = combine(&[own.clone(), partner.clone(), hostile(spoil)]);
        assert_eq!(combined, honest, "hostile {index}");
    }
    // Claims to have known more before its tracklet than it knows now: what it says is intersected, not added.
    let claims = hostile(|it| {
        let prior = Prior { information: triangle(&inverse(&sigmas(1.0, 0.1)).unwrap()), offset: [1e6; 6] };
        it.tracklet = Some(Tracklet { from: Tai(0), to: NOW, prior: Some(prior) });
    });
    let combined = only(&[own, partner, claims]);
    assert_eq!(combined.show().sources[2].method, Method::Intersection);
    assert!((combined.show().state - truth()).norm() < 1.0);
}

/// A partner with 10,000 tracks around our own: ours and the honest partner's are combined as before.
#[test]
fn a_flood_crowds_out_none_but_its_own() {
    let place = |index: usize| truth() + State::new(0.0, 20e3 * index as f64, 0.0, 0.0, 0.0, 0.0);
    let mut tracks: Vec<(Nation, Track)> = Vec::new();
    for index in 0..20 {
        tracks.push((nation("jpn"), track(&format!("T-{index}"), "j", place(index), sigmas(100.0, 2.0))));
        tracks.push((nation("kor"), track(&format!("T-{index}"), "k", place(index), sigmas(100.0, 2.0))));
    }
    let mut combiner = Combiner::default();
    let before: Vec<u64> =
        combiner.combine(nation("jpn"), &tracks, NOW).iter().map(|combined| combined.show().id).collect();
    for index in 0..10_000 {
        let near = place(index % 20) + State::new(0.1 * index as f64, 0.0, 0.0, 0.0, 0.0, 0.0);
        tracks.push((nation("usa"), track(&format!("X-{index}"), "x", near, sigmas(20e3, 1_000.0))));
    }
    let combined = combiner.combine(nation("jpn"), &tracks, NOW);
    let honest: Vec<&CombinedTrack> =
        combined.iter().map(Combined::show).filter(|it| it.sources[0].nation == nation("jpn")).collect();
    assert_eq!(honest.iter().map(|it| it.id).collect::<Vec<_>>(), before);
    for it in honest {
        assert!(it.sources[0].track_id == it.sources[1].track_id && it.sources[1].nation == nation("kor"));
    }
    assert!(combined.len() <= 20 + 1_000);
}
