//! What goes through the door comes back the same; what the domain cannot hold does not go through.

use physics::ellipse::Ellipse;
use physics::geodetic::Geodetic;
use physics::time::Tai;
use proptest::prelude::*;
use statement::{
    Assessment, AssessmentStatus, ClassProbabilities, Evidence, FlightPoint, GroundEstimate, Kind,
    ObjectClass, Phase, Phenomenon, Prior, ReachableArea, Statement, Track, TrackBatch, TrackStatus,
    Tracklet,
};

fn ground() -> impl Strategy<Value = GroundEstimate> {
    let ellipse = (1.0..1e6, 0.01..1.0, 0.0..180.0, 0.2..1.0, 1.0..5.0);
    (-90.0..90.0, -180.0..180.0, ellipse, any::<i64>(), 0.0..1e3).prop_map(
        |(lat_deg, lon_deg, (semi_major_m, ratio, azimuth_deg, body, tail), time, time_sigma_s)| {
            GroundEstimate {
                place: Geodetic { lat_deg, lon_deg, alt_m: 0.0 },
                ellipse: Ellipse {
                    semi_major_m,
                    semi_minor_m: semi_major_m * ratio,
                    azimuth_deg,
                    tails: [body, tail],
                },
                time: Tai(time),
                time_sigma_s,
            }
        },
    )
}

fn assessment() -> impl Strategy<Value = Assessment> {
    (
        proptest::option::of(ground()),
        proptest::option::of(ground()),
        0.0..1.0,
        "[a-z0-9-]{1,20}",
        any::<u32>(),
    )
        .prop_map(|(launch, impact, threat_probability, id, revision)| Assessment {
            assessment_id: id.clone(),
            revision,
            phase: Phase::Update,
            status: AssessmentStatus::Established,
            classes: ClassProbabilities(vec![(ObjectClass::Ballistic, 0.75), (ObjectClass::Unknown, 0.25)]),
            threat_probability,
            warning: true,
            launch,
            impact,
            course_deg: Some((95.0, 0.5)),
            apogee_m: None,
            object_count: (1, 2),
            evidence: Evidence {
                phenomena: vec![Phenomenon::Radar],
                source_tags: vec!["a".into(), "b".into()],
                plots: 7,
                first_observed: Tai(1),
                last_observed: Tai(2),
            },
            hops: Default::default(),
            track_id: id,
            observed: launch.map(|launch| FlightPoint { place: launch.place, time: launch.time }),
            under_thrust: Some(revision % 2 == 0),
            notice: if revision % 2 == 0 { "N-1".into() } else { String::new() },
            satellite: if revision % 3 == 0 { "VANGUARD 1".into() } else { String::new() },
            burnout: impact.map(|impact| FlightPoint { place: impact.place, time: impact.time }),
            reachable: launch.map(|launch| ReachableArea {
                outline_deg: vec![
                    (launch.place.lat_deg, launch.place.lon_deg),
                    (40.0, 130.5),
                    (41.0, -179.5),
                ],
                time: (launch.time, launch.time),
            }),
        })
}

fn nearly(a: &Option<GroundEstimate>, b: &Option<GroundEstimate>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * x.abs().max(1.0);
            a.place == b.place
                && a.time == b.time
                && a.time_sigma_s == b.time_sigma_s
                && close(a.ellipse.semi_major_m, b.ellipse.semi_major_m)
                && close(a.ellipse.semi_minor_m, b.ellipse.semi_minor_m)
                // Read in millionths.
                && (0..2).all(|at| (a.ellipse.tails[at] - b.ellipse.tails[at]).abs() < 1e-6)
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn an_assessment_comes_back(original in assessment()) {
        let payload = Statement::Assessment(original.clone()).encode_payload();
        let Statement::Assessment(back) = Statement::decode_payload(Kind::Assessment, &payload).unwrap() else {
            panic!("another kind came back");
        };
        prop_assert!(nearly(&original.launch, &back.launch) && nearly(&original.impact, &back.impact));
        let same = Assessment { launch: original.launch, impact: original.impact, ..back };
        prop_assert_eq!(original, same);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for kind in [Kind::TrackBatch, Kind::Assessment, Kind::Acknowledge, Kind::Roster] {
            let _ = Statement::decode_payload(kind, &bytes);
        }
    }
}

fn track() -> Track {
    Track {
        track_id: "t".into(),
        status: TrackStatus::Firm,
        time: Tai(5),
        state: [1.0; 6],
        covariance: [2.0; 21],
        evidence: Evidence::default(),
        tracklet: None,
    }
}

/// With a tracklet of which something was known before.
fn track_with_news() -> Track {
    let mut information = [0.0; 21];
    (information[0], information[1], information[6]) = (2.0, 1.0, 3.0);
    let prior = Prior { information, offset: [0.5; 6] };
    Track { tracklet: Some(Tracklet { from: Tai(1), to: Tai(4), prior: Some(prior) }), ..track() }
}

#[test]
fn a_track_batch_comes_back() {
    let whole = Tracklet { from: Tai(1), to: Tai(5), prior: None };
    let tracks = vec![track(), track_with_news(), Track { tracklet: Some(whole), ..track() }];
    let original = Statement::TrackBatch(TrackBatch { tracks, hops: Default::default() });
    assert_eq!(Statement::decode_payload(Kind::TrackBatch, &original.encode_payload()).unwrap(), original);
}

#[test]
fn a_tracklet_that_none_can_have_is_refused_by_name() {
    type Spoil = fn(&mut statement::wire::Tracklet);
    let spoilt: [(Spoil, &str); 7] = [
        (|it| it.from_tai_ns = 5, "tracklet.from_tai_ns: expected at most tracklet.to_tai_ns"),
        (|it| it.to_tai_ns = 6, "tracklet.to_tai_ns: expected at most track.time_tai_ns"),
        (
            |it| it.prior_information[6] = 0.1,
            "tracklet.prior_information: expected a positive semidefinite matrix",
        ),
        (
            |it| it.prior_information[0] = f64::NAN,
            "tracklet.prior_information: expected a positive semidefinite matrix",
        ),
        (|it| it.prior_information.truncate(20), "tracklet.prior_information: expected none or 21 numbers"),
        (|it| it.prior_offset.clear(), "tracklet.prior_offset: expected 6 numbers"),
        (|it| it.prior_offset[2] = f64::INFINITY, "tracklet.prior_offset: expected a finite number"),
    ];
    for (spoil, why) in spoilt {
        let mut wire = statement::wire::Track::from(&track_with_news());
        spoil(wire.tracklet.as_mut().unwrap());
        assert_eq!(Track::try_from(wire).unwrap_err().to_string(), why);
    }
}

#[test]
fn numbers_that_are_none_are_refused_by_name() {
    let mut hostile = track();
    hostile.state[3] = f64::NAN;
    let payload = Statement::TrackBatch(TrackBatch { tracks: vec![hostile], hops: Default::default() })
        .encode_payload();
    let refused = Statement::decode_payload(Kind::TrackBatch, &payload).unwrap_err();
    assert_eq!(refused.to_string(), "track.state: expected finite numbers");
}

#[test]
fn a_class_of_a_later_version_is_unknown_and_no_reason_to_drop_a_warning() {
    let mut wire = statement::wire::Assessment::from(&Assessment::default());
    wire.classes = vec![statement::wire::ClassProbability { class: 99, probability: 1.0 }];
    let back = Assessment::try_from(wire).unwrap();
    assert_eq!(back.classes.most_likely(), ObjectClass::Unknown);
}
