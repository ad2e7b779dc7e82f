//! A node that is told of a launch beforehand.

use node::input::{Identity, Input, Now};
use node::listing::Listing;
use node::node::Node;
use physics::sensor::Sensor;
use physics::time::Tai;
use sim::scenario::Scenario;
use statement::{Assessment, Nation};

struct Played {
    node: Node,
    now: Now,
    last: Option<Assessment>,
}

fn now(tai: Tai) -> Now {
    Now { mono_ns: tai.0.unsigned_abs(), tai, bound_ns: 0 }
}

impl Played {
    fn step(&mut self, input: Input) {
        if let Input::Plots(plots) = &input {
            // What it will say, which nobody hears without a policy.
            let mut picture = self.node.state().picture.clone();
            picture.observe(self.now.tai, plots);
            self.last = picture.assess(self.now.tai).pop().or(self.last.take());
        }
        self.node.step(self.now, input).unwrap();
    }

    fn list(&mut self, listing: Listing, text: &str) {
        self.step(Input::Listing { listing, file: "file".into(), text: text.into() });
    }

    /// What was said last.
    fn said(&self) -> &Assessment {
        self.last.as_ref().unwrap()
    }
}

/// The launch of 4 October 2022 as Japan's node sees it, up to a minute after burn-out; `each_second` may change things.
fn play(each_second: impl Fn(i64, &mut Played)) -> Played {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/2022-10-04.toml");
    let scenario = Scenario::load(&path).unwrap();
    let nation: Nation = "jpn".parse().unwrap();
    let own = scenario.nations.iter().find(|participant| participant.nation == nation).unwrap();
    let identity = Identity { nation, realm: scenario.realm.clone(), sensors: own.sensors.clone() };
    let mut played = Played { node: Node::new(identity), now: now(scenario.start), last: None };
    let mut second = -1;
    for observed in scenario.observations(1).take_while(|observed| observed.time_s < 280.0) {
        played.now = now(scenario.start.plus_s(observed.time_s));
        if observed.time_s as i64 > second {
            second = observed.time_s as i64;
            each_second(second, &mut played);
        }
        if observed.nation == nation {
            played.step(Input::Plots(observed.plots));
        }
    }
    played
}

/// A day around the launch, within 60 km of the site, to the east.
const NOTICE: &str = r#"{"notices": [{"id": "N-7", "opens_utc": "2022-10-03T12:00:00Z",
    "closes_utc": "2022-10-04T12:00:00Z", "area": {"lat_deg": 40.6, "lon_deg": 126.4, "radius_m": 120000},
    "course_deg": [40, 140]}]}"#;

#[test]
fn a_notice_that_a_node_is_given_silences_the_launch_it_names_until_it_is_taken_back() {
    assert!(play(|_, _| {}).said().warning);
    let told = play(|second, played| {
        if second == 230 {
            played.list(Listing::Notices, NOTICE);
        }
    });
    assert_eq!((told.said().warning, told.said().notice.as_str()), (false, "N-7"));
    assert!(told.node.knows(Listing::Notices, NOTICE));
    let taken_back = play(|second, played| match second {
        10 => played.list(Listing::Notices, NOTICE),
        260 => played.list(Listing::Notices, ""),
        _ => {}
    });
    assert!(taken_back.said().warning && taken_back.node.knows(Listing::Notices, ""));
}

#[test]
fn a_bad_listing_is_counted_and_leaves_the_one_in_force() {
    let played = play(|second, played| match second {
        10 => played.list(Listing::Notices, NOTICE),
        20 => played.list(Listing::Notices, r#"{"notices": [{"id": "N-8"}]}"#),
        21 => played.list(Listing::Catalogue, "no elements\n"),
        _ => {}
    });
    assert_eq!(played.said().notice, "N-7");
    let refused: Vec<&str> =
        played.node.state().refusals.iter().map(|refused| refused.who.as_str()).collect();
    assert!(refused.contains(&"notices") && refused.contains(&"catalogue"), "{refused:?}");
    assert!(played.node.knows(Listing::Notices, NOTICE));
}

#[test]
fn other_sensors_leave_what_is_known() {
    let played = play(|second, played| {
        if second == 10 {
            played.list(Listing::Notices, NOTICE);
        }
        if second == 20 {
            let mut identity = played.node.state().identity.clone();
            identity.sensors =
                identity.sensors.into_iter().map(|s| Sensor { alt_m: s.alt_m + 1.0, ..s }).collect();
            played.step(Input::Identity(identity));
        }
    });
    assert_eq!(played.said().notice, "N-7");
}
