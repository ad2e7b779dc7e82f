//! What the example policies decide, and what happens when a rule cannot be decided.

use std::collections::BTreeSet;

use release::{Policy, Why};
use statement::{Assessment, Label, Level, Nation, Sensitivity, Statement, TrackBatch};

fn nation(letters: &str) -> Nation {
    letters.parse().unwrap()
}

fn nations() -> BTreeSet<Nation> {
    ["jpn", "kor", "usa"].map(nation).into()
}

fn partners_of(own: &str) -> BTreeSet<Nation> {
    nations().into_iter().filter(|other| *other != nation(own)).collect()
}

fn tracks() -> Statement {
    Statement::TrackBatch(TrackBatch::default())
}

fn label(sensitivity: Sensitivity) -> Label {
    Label { sensitivity, releasable_to: None, sources: BTreeSet::from(["jpn-sado".to_owned()]) }
}

fn example(own: &str) -> Policy {
    let path = format!("{}/../../policy/{own}/release.cedar", env!("CARGO_MANIFEST_DIR"));
    Policy::parse(&path, &std::fs::read_to_string(&path).unwrap(), &nations()).unwrap()
}

#[test]
fn japan_gives_korea_warnings_and_the_united_states_tracks_too() {
    let policy = example("jpn");
    let label = label(Sensitivity::SensorDerived);
    let warning = policy.release(Statement::Assessment(Assessment::default()), &label, &partners_of("jpn"));
    assert_eq!(*warning.released.unwrap().audience(), partners_of("jpn"));
    let decision = policy.release(tracks(), &label, &partners_of("jpn"));
    assert_eq!(*decision.released.unwrap().audience(), BTreeSet::from([nation("usa")]));
    assert_eq!(decision.withheld.len(), 1);
    assert!(
        decision.withheld[0].why.to_string().contains("United States only"),
        "{}",
        decision.withheld[0].why
    );
    assert_eq!(policy.terms(nation("usa"), &label).level, Some(Level::Track));
    let terms = policy.terms(nation("kor"), &label);
    assert_eq!(terms.level, Some(Level::Warning));
    assert!(terms.reason.contains("jpn-no-tracks-to-korea"));
}

#[test]
fn what_is_national_only_leaves_under_no_example_policy() {
    for own in ["jpn", "kor", "usa"] {
        for statement in [tracks(), Statement::Assessment(Assessment::default())] {
            let decision =
                example(own).release(statement, &label(Sensitivity::NationalOnly), &partners_of(own));
            assert!(decision.released.is_none());
            assert_eq!(decision.withheld.len(), 2);
        }
    }
}

#[test]
fn a_label_that_does_not_allow_a_nation_beats_every_permit() {
    let limited =
        Label { releasable_to: Some(BTreeSet::from([nation("usa")])), ..label(Sensitivity::Coalition) };
    let decision = example("kor").release(tracks(), &limited, &partners_of("kor"));
    assert_eq!(decision.withheld[0].why, Why::Label);
}

#[test]
fn a_rule_that_fails_withholds_and_says_so() {
    // Cedar skips a forbid that fails; this one overflows for every assessment with a revision above 1.
    let text = r#"@id("all") permit (principal, action, resource);
        @id("r7") forbid (principal, action, resource) when { resource.revision * 9223372036854775807 > 5 };"#;
    let policy = Policy::parse("failing.cedar", text, &nations()).unwrap();
    let assessment = Statement::Assessment(Assessment { revision: 2, ..Default::default() });
    let decision = policy.release(assessment, &label(Sensitivity::Coalition), &partners_of("jpn"));
    assert!(decision.released.is_none());
    let Why::RuleFailed(failures) = &decision.withheld[0].why else { panic!("{:?}", decision.withheld) };
    assert_eq!(failures[0].0, "r7");
    assert!(failures[0].1.contains("overflow"), "{failures:?}");
}

#[test]
fn a_policy_that_cannot_be_used_is_refused_in_one_line() {
    for (text, expected) in [
        ("@id(\"x\")\npermit (principal action, resource);", "bad.cedar: line 2: "),
        ("permit (principal, action, resource);", "has no @id"),
        ("@id(\"x\") permit (principal == Nation::\"jnp\", action, resource);", "jnp"),
        (
            "@id(\"x\") permit (principal, action, resource) when { resource.levle == Level::\"track\" };",
            "levle",
        ),
    ] {
        let error = Policy::parse("bad.cedar", text, &nations()).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
    }
}

fn arbitrary_label(bits: u8) -> Label {
    let sensitivity = [Sensitivity::Coalition, Sensitivity::SensorDerived, Sensitivity::NationalOnly]
        [usize::from(bits % 3)];
    let allowed = |bits: u8| nations().into_iter().enumerate().filter(move |(i, _)| bits >> i & 1 == 1);
    let releasable_to = (bits & 64 != 0).then(|| allowed(bits >> 3).map(|(_, nation)| nation).collect());
    Label { sensitivity, releasable_to, sources: BTreeSet::from([format!("s{}", bits % 5)]) }
}

proptest::proptest! {
    /// What the join of two labels lets out, either of them lets out.
    #[test]
    fn a_join_never_releases_more(a: u8, b: u8) {
        let (a, b) = (arbitrary_label(a), arbitrary_label(b));
        let joined = a.join(&b);
        proptest::prop_assert_eq!(&joined, &b.join(&a));
        for own in ["jpn", "kor", "usa"] {
            let policy = example(own);
            let audience = |label: &Label| {
                let decision = policy.release(tracks(), label, &partners_of(own));
                decision.released.map(|released| released.audience().clone()).unwrap_or_default()
            };
            // The rule on Shemya forbids by source; sources only grow in a join, so the same holds there.
            proptest::prop_assert!(audience(&joined).is_subset(&audience(&a)));
            proptest::prop_assert!(audience(&joined).is_subset(&audience(&b)));
        }
    }
}
