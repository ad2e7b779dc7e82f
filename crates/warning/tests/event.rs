//! What joins, what does not, what counts as a source, and what is a difference.

use physics::ellipse::Ellipse;
use physics::geodetic::Geodetic;
use physics::time::Tai;
use proptest::prelude::*;
use statement::{
    Acknowledge, Assessment, AssessmentStatus, ClassProbabilities, Evidence, GroundEstimate, Nation,
    ObjectClass, Phase, StatementRef,
};
use warning::{Acknowledged, EventState, Events, Field, Heard, differences};

fn nation(letters: &str) -> Nation {
    letters.parse().unwrap()
}

fn ground(lat_deg: f64, lon_deg: f64, time_s: f64, sigma_m: f64) -> GroundEstimate {
    GroundEstimate {
        place: Geodetic { lat_deg, lon_deg, alt_m: 0.0 },
        ellipse: Ellipse { semi_major_m: sigma_m, semi_minor_m: sigma_m, ..Ellipse::default() },
        time: Tai(0).plus_s(time_s),
        time_sigma_s: 3.0,
    }
}

fn heard(origin: &str, id: &str, revision: u32, launch: GroundEstimate, tags: &[&str]) -> Heard {
    let digest = id.bytes().chain(origin.bytes()).fold(revision as u8, u8::wrapping_add);
    Heard {
        reference: StatementRef {
            origin: nation(origin),
            statement_id: id.into(),
            revision,
            body_id: [digest; 32],
        },
        assessment: Assessment {
            assessment_id: id.into(),
            revision,
            status: AssessmentStatus::Established,
            classes: ClassProbabilities(vec![(ObjectClass::Ballistic, 1.0)]),
            threat_probability: 0.99,
            warning: true,
            launch: Some(launch),
            impact: Some(ground(40.0, 170.0, launch.time.since_s(Tai(0)) + 1_320.0, 5_000.0)),
            evidence: Evidence {
                source_tags: tags.iter().map(|tag| tag.to_string()).collect(),
                first_observed: launch.time.plus_s(60.0),
                last_observed: launch.time.plus_s(90.0),
                ..Default::default()
            },
            ..Default::default()
        },
        received: launch.time.plus_s(91.0),
    }
}

#[test]
fn three_nations_one_launch_one_event() {
    let mut events = Events::new(nation("jpn"));
    let now = Tai(0).plus_s(100.0);
    for (origin, offset) in [("jpn", 0.0), ("kor", 0.02), ("usa", -0.03)] {
        events.hear(
            heard(origin, "a", 1, ground(40.6 + offset, 126.4, offset * 100.0, 3_000.0), &[origin]),
            now,
        );
    }
    assert_eq!(events.all().len(), 1);
    assert_eq!(events.all()[0].nations().len(), 3);
    assert_eq!(events.all()[0].state, EventState::Confirmed);
}

#[test]
fn a_launch_elsewhere_is_another_event() {
    let mut events = Events::new(nation("jpn"));
    let now = Tai(0).plus_s(100.0);
    events.hear(heard("jpn", "a", 1, ground(40.6, 126.4, 0.0, 3_000.0), &["s"]), now);
    events.hear(heard("kor", "b", 1, ground(39.2, 127.5, 0.0, 3_000.0), &["t"]), now);
    assert_eq!(events.all().len(), 2);
}

#[test]
fn one_sensor_reported_by_two_capitals_counts_once() {
    let mut events = Events::new(nation("jpn"));
    let now = Tai(0).plus_s(100.0);
    for origin in ["jpn", "usa"] {
        events.hear(heard(origin, "a", 1, ground(40.6, 126.4, 0.0, 3_000.0), &["satellite-7"]), now);
    }
    assert_eq!(events.all()[0].source_tags().len(), 1);
    assert_eq!(events.all()[0].state, EventState::Unconfirmed);
}

#[test]
fn an_older_revision_changes_nothing() {
    let mut events = Events::new(nation("jpn"));
    let now = Tai(0).plus_s(100.0);
    events.hear(heard("kor", "a", 5, ground(40.6, 126.4, 0.0, 3_000.0), &["s"]), now);
    let before = events.clone();
    events.hear(heard("kor", "a", 4, ground(40.7, 126.5, 1.0, 3_000.0), &["s"]), now);
    assert_eq!(events, before);
}

#[test]
fn a_satellite_opens_no_event() {
    let mut events = Events::new(nation("jpn"));
    let mut harmless = heard("jpn", "a", 1, ground(40.6, 126.4, 0.0, 3_000.0), &["s"]);
    harmless.assessment.warning = false;
    harmless.assessment.classes = ClassProbabilities(vec![(ObjectClass::Satellite, 1.0)]);
    assert_eq!(events.hear(harmless, Tai(0)), None);
    assert!(events.all().is_empty());
}

#[test]
fn unobserved_is_lost_and_ends_only_after_the_latest_impact_and_its_debris() {
    let mut events = Events::new(nation("jpn"));
    let mut last = heard("jpn", "a", 2, ground(40.6, 126.4, 0.0, 3_000.0), &["s"]);
    last.assessment.phase = Phase::Final;
    events.hear(last, Tai(0).plus_s(100.0));
    assert_eq!(events.all()[0].state, EventState::Lost);
    // Impact at 1,320 s, sigma 3 s: 99.9 % by 1,329.3 s; debris for 600 s more.
    events.advance(Tai(0).plus_s(1_929.0));
    assert_eq!(events.all()[0].state, EventState::Lost);
    assert!(events.advance(Tai(0).plus_s(1_930.0)));
    assert_eq!(events.all()[0].state, EventState::Ended);
}

#[test]
fn what_differs_beyond_its_uncertainty_is_said_in_a_sentence() {
    let mut events = Events::new(nation("jpn"));
    let now = Tai(0).plus_s(100.0);
    let launch = ground(40.6, 126.4, 0.0, 3_000.0);
    events.hear(heard("jpn", "a", 1, launch, &["s"]), now);
    let mut other = heard("kor", "b", 1, launch, &["t"]);
    other.assessment.impact = Some(ground(40.0, 171.0, 1_400.0, 5_000.0));
    other.assessment.status = AssessmentStatus::Preliminary;
    events.hear(other, now);
    let found = differences(&events.all()[0]);
    let text =
        |field| found.iter().find(|difference| difference.field == field).map(|found| found.text.as_str());
    assert_eq!(text(Field::ImpactTime), Some("KOR puts the impact 80 s later than JPN"));
    assert_eq!(text(Field::Impact), Some("KOR puts the impact 85 km east of JPN's"));
    assert_eq!(text(Field::Status), Some("JPN says established, KOR preliminary"));
    assert_eq!(text(Field::LaunchTime), None);
}

#[test]
fn an_acknowledgement_that_overtakes_its_statement_waits_for_it() {
    let mut events = Events::new(nation("jpn"));
    let line = heard("kor", "a", 1, ground(40.6, 126.4, 0.0, 3_000.0), &["s"]);
    let acknowledged = Acknowledged {
        nation: nation("usa"),
        statement: Acknowledge {
            acknowledge_id: "usa-ack-1".into(),
            event_id: "usa-e1".into(),
            statements: vec![line.reference.clone()],
            actor: "watch-officer-1".into(),
            shown_digest: [0; 32],
            actor_key: vec![0; 32],
            actor_signature: vec![0; 64],
            acted: Tai(0),
        },
        body_id: [9; 32],
    };
    assert_eq!(events.acknowledge(acknowledged.clone()), None);
    events.hear(line, Tai(0));
    assert_eq!(events.all()[0].acknowledged, std::slice::from_ref(&acknowledged));
    events.acknowledge(acknowledged);
    assert_eq!(events.all()[0].acknowledged.len(), 1, "said twice, shown once");
}

proptest! {
    /// The order in which nations' first words arrive does not change what is joined.
    #[test]
    fn joining_does_not_depend_on_order(order in Just(vec![0_usize, 1, 2]).prop_shuffle()) {
        let words = [("jpn", 0.0), ("kor", 0.01), ("usa", 0.02)]
            .map(|(origin, offset)| heard(origin, "a", 1, ground(40.6 + offset, 126.4, 0.0, 3_000.0), &[origin]));
        let mut events = Events::new(nation("jpn"));
        for index in order {
            events.hear(words[index].clone(), Tai(0).plus_s(100.0));
        }
        prop_assert_eq!(events.all().len(), 1);
        prop_assert_eq!(events.all()[0].lines.len(), 3);
    }
}

/// Of a lost beginning nobody knows where it falls; the same launch seen later has an impact, and that decides.
#[test]
fn a_lost_beginning_without_impact_does_not_hold_up_the_end() {
    let mut events = Events::new(nation("jpn"));
    let launch = ground(40.6, 126.4, 0.0, 3_000.0);
    let mut lost = heard("usa", "a", 1, launch, &["satellite"]);
    lost.assessment.impact = None;
    lost.assessment.evidence.last_observed = Tai(0).plus_s(70.0);
    events.hear(lost.clone(), Tai(0).plus_s(71.0));
    events.hear(heard("usa", "b", 1, launch, &["radar"]), Tai(0).plus_s(91.0));
    let impact_s = 1_320.0;
    assert_eq!(events.all().len(), 1);
    assert_eq!(events.all()[0].latest_end(), Tai(0).plus_s(impact_s + 3.09 * 3.0 + 600.0));

    // Seen later than anything that has an impact, it may be another object: it waits.
    lost.reference.revision = 2;
    lost.assessment.evidence.last_observed = Tai(0).plus_s(95.0);
    events.hear(lost, Tai(0).plus_s(96.0));
    assert_eq!(events.all()[0].latest_end(), Tai(0).plus_s(95.0 + 2_400.0));
}
