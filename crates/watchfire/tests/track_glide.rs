//! Glides: called manoeuvring with an area, warned of, and nothing else is.

use picture::{Picture, Settings};
use sim::raid::Raid;
use statement::{Assessment, AssessmentStatus, ObjectClass};

fn said(raid: &Raid) -> Vec<(f64, Assessment)> {
    said_from(raid, 0.0)
}

/// What is said where the radar sees nothing before `from_s`.
fn said_from(raid: &Raid, from_s: f64) -> Vec<(f64, Assessment)> {
    let mut picture = Picture::new(vec![raid.sensor.clone()], Settings::default());
    let mut said = Vec::new();
    for (time_s, plots) in raid.scans().filter(|(time_s, _)| *time_s >= from_s) {
        let now = raid.start.plus_s(time_s);
        picture.observe(now, &plots);
        said.extend(picture.assess(now).into_iter().map(|assessment| (time_s, assessment)));
    }
    said
}

fn manoeuvres(said: &Assessment) -> bool {
    said.classes.most_likely() == ObjectClass::Manoeuvring
}

#[test]
fn a_glide_is_told_with_an_area_instead_of_an_ellipse_and_warned_of() {
    for seed in 1..6 {
        let (raid, glided) = Raid::s4_glided(seed).unwrap();
        let said = said(&raid);
        let first = said.iter().position(|(_, said)| manoeuvres(said)).expect("it manoeuvres");
        let (called_s, _) = said[first];
        println!("seed {seed}: called {:.1} s after the pull-up", called_s - glided.pull_up_s);
        assert!((-5.0..15.0).contains(&(called_s - glided.pull_up_s)));
        for (time_s, said) in &said[first..] {
            assert!(manoeuvres(said), "seed {seed}: flaps at {time_s} s");
            assert!(said.impact.is_none() && said.warning, "seed {seed}: {said:?}");
            assert_eq!(said.status, AssessmentStatus::Established);
            let area = said.reachable.as_ref().expect("an area");
            assert!((3..=64).contains(&area.outline_deg.len()) && area.time.0 < area.time.1);
            assert!(area.time.0 > raid.start.plus_s(*time_s - 5.0));
        }
    }
}

#[test]
fn what_is_first_seen_in_its_glide_is_called_so_too() {
    for seed in 1..6 {
        let (raid, glided) = Raid::s4_glided(seed).unwrap();
        let from_s = glided.pull_up_s + 15.0;
        let said = said_from(&raid, from_s);
        let first = said.iter().find(|(_, said)| manoeuvres(said));
        println!("seed {seed}: {:?} s after it was first seen", first.map(|(time_s, _)| time_s - from_s));
        assert!(first.is_some(), "seed {seed}");
    }
}

#[test]
fn a_fall_through_air_off_the_model_is_no_manoeuvre() {
    for seed in 1..9 {
        let raid = Raid::s0_falling(seed).unwrap();
        let said = said(&raid);
        assert!(said.iter().all(|(_, said)| !manoeuvres(said)), "seed {seed}");
        let (_, last) = said.last().unwrap();
        assert!(last.warning && last.impact.is_some() && last.reachable.is_none());
        assert!(last.observed.unwrap().place.alt_m < 25_000.0, "seed {seed}: it was seen in dense air");
        // The greatest height is the arc's, though the impact is reckoned from the fall by then.
        let apogee_m = raid.truths[0].apogee().unwrap().place.alt_m;
        assert!((last.apogee_m.unwrap().0 - apogee_m).abs() < 2_000.0, "seed {seed}: {:?}", last.apogee_m);
    }
}

#[test]
fn a_launch_has_an_area_while_it_burns_and_an_ellipse_afterwards() {
    let raid = Raid::s0(1).unwrap().from_the_side();
    let burnt_s = raid.truths[0].burnout().unwrap().time_s;
    let said = said(&raid);
    let burns = said.iter().filter(|(time_s, said)| *time_s < burnt_s && said.under_thrust == Some(true));
    // Until it is fast enough to leave the air it may be anything.
    let burns = burns.filter(|(_, said)| said.threat_probability > 0.5);
    assert!(burns.clone().count() > 10);
    for (time_s, said) in burns {
        assert!(
            said.reachable.is_some() && said.impact.is_none() && !said.warning,
            "at {time_s} s: {said:?}"
        );
        assert_eq!(said.classes.most_likely(), ObjectClass::Ballistic, "at {time_s} s: {said:?}");
    }
    let after = said.iter().find(|(time_s, said)| *time_s > burnt_s && said.impact.is_some());
    assert!(after.expect("an impact after its burn-out").1.reachable.is_none());
}
