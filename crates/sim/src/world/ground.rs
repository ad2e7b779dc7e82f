//! What all runs of a scenario have in common: who takes part, their policies and keys, and what their sensors see.
//! Made once.

use std::collections::{BTreeMap, BTreeSet};

use exchange::{RootPublic, SignError, Trust};
use physics::plot::Plot;
use physics::time::Tai;
use release::Policy;
use statement::{Label, Level, Nation, Realm, Sensitivity};

use super::links::Weather;
use crate::cast::Cast;
use crate::exercise::ExerciseError;
use crate::scenario::Scenario;

/// Of each sensor one plot in so many seconds is taken: a launch is seen, at little cost.
const PLOT_EVERY_S: f64 = 2.0;
/// How long the sensors see it, seconds.
pub const TRAFFIC_S: f64 = 60.0;

/// What all runs have in common.
pub struct Ground {
    pub(super) realm: Realm,
    pub(super) cast: Cast,
    pub(super) trust: Trust,
    pub(super) nations: Vec<Nation>,
    pub(super) sensors: Vec<Vec<physics::sensor::Sensor>>,
    /// From the showing of an event to the officer's act, seconds.
    pub(super) officer_after_s: Vec<f64>,
    /// By nation: its policy as it is, and stricter ones that seeds choose among.
    pub(super) rules: Vec<Vec<Rules>>,
    /// By (from, to): how the lines are.
    pub(super) weather: BTreeMap<(usize, usize), Weather>,
    /// By nation: rules under which only it is told anything. What a hostile nation goes by.
    pub(super) only: Vec<Policy>,
    /// What the sensors see, in the order of time, where it is the same for all runs.
    pub(super) traffic: Vec<Heard>,
    pub(super) start: Tai,
}

/// A policy, and what it lets each partner have, decided here apart from any node.
pub(super) struct Rules {
    pub file: String,
    pub text: String,
    /// By the partner's index.
    pub levels: BTreeMap<usize, Option<Level>>,
}

/// What one nation's sensors say at one instant.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Since the start, nanoseconds.
    pub at_ns: u64,
    /// By index.
    pub who: usize,
    pub plots: Vec<Plot>,
}

impl Ground {
    /// For many seeds: the nations of a scenario with simulated signatures, its launch seen for [`TRAFFIC_S`] from its
    /// first plot on.
    pub fn new(
        scenario: &Scenario,
        policies: &BTreeMap<Nation, (String, String)>,
    ) -> Result<Ground, ExerciseError> {
        let mut ground = Ground::with(scenario, policies, Cast::simulated(scenario)?)?;
        for who in 0..ground.nations.len() {
            let stricter = ground.stricter(who)?;
            ground.rules[who].extend(stricter);
        }
        (ground.start, ground.traffic) = traffic(scenario, &ground.nations);
        ground.officer_after_s = vec![3.0; ground.nations.len()];
        Ok(ground)
    }

    /// What the sensors see of the launch as often as it comes, first seen at these instants, seconds since the start.
    pub(super) fn seen_from(&self, launches_s: &[f64]) -> Vec<Heard> {
        let mut seen: Vec<Heard> = launches_s
            .iter()
            .flat_map(|launch_s| {
                self.traffic.iter().map(move |heard| {
                    let later = |plot: &Plot| Plot {
                        time: plot.time.plus_s(*launch_s),
                        scan: plot.scan + *launch_s as i64,
                        ..plot.clone()
                    };
                    Heard {
                        at_ns: heard.at_ns + (launch_s * 1e9) as u64,
                        who: heard.who,
                        plots: heard.plots.iter().map(later).collect(),
                    }
                })
            })
            .collect();
        // One launch may come while another is still seen.
        seen.sort_by_key(|heard| heard.at_ns);
        seen
    }

    /// For one exercise: real signatures by keys that follow from the seed.
    pub(crate) fn exercise(
        scenario: &Scenario,
        policies: &BTreeMap<Nation, (String, String)>,
        seed: u64,
    ) -> Result<Ground, ExerciseError> {
        Ground::with(scenario, policies, Cast::draw(scenario, seed)?)
    }

    /// Who takes part, in the order of their letters.
    pub fn nations(&self) -> &[Nation] {
        &self.nations
    }

    pub(crate) fn weather(&self) -> &BTreeMap<(usize, usize), Weather> {
        &self.weather
    }

    pub(crate) fn root(&self) -> &RootPublic {
        &self.cast.root
    }

    fn with(
        scenario: &Scenario,
        policies: &BTreeMap<Nation, (String, String)>,
        cast: Cast,
    ) -> Result<Ground, ExerciseError> {
        let nations: Vec<Nation> = cast.players.iter().map(|player| player.nation).collect();
        let participants = nations.iter().filter_map(|nation| scenario.participant(*nation));
        let trust = match cast.signatures {
            node::replay::Signatures::Real => Trust::new(cast.roster.clone()),
            node::replay::Signatures::Simulated => Trust::simulated(cast.roster.clone())
                .map_err(|_| ExerciseError::Sign(SignError::Failed(exchange::KeyUse::RootEd25519)))?,
        };
        let place = |nation: Nation| nations.iter().position(|known| *known == nation);
        let weather = scenario.links.iter().filter_map(|link| {
            let weather = Weather { delay_s: link.delay_s, jitter_s: link.jitter_s, loss: link.loss };
            Some(((place(link.from)?, place(link.to)?), weather))
        });
        let mut ground = Ground {
            realm: scenario.realm.clone(),
            trust,
            sensors: participants.clone().map(|participant| participant.sensors.clone()).collect(),
            officer_after_s: participants.map(|one| one.officer.acknowledge_after_s).collect(),
            rules: Vec::new(),
            weather: weather.collect(),
            only: Vec::new(),
            traffic: Vec::new(),
            start: scenario.start,
            nations,
            cast,
        };
        for who in 0..ground.nations.len() {
            let nation = ground.nations[who];
            let (file, text) = policies.get(&nation).cloned().ok_or(ExerciseError::NoPolicy(nation))?;
            let rules = ground.rules(who, file, text)?;
            ground.rules.push(vec![rules]);
            let only = format!("@id(\"only\") permit (principal == Nation::\"{nation}\", action, resource);");
            ground.only.push(ground.policy("only", &only)?);
        }
        Ok(ground)
    }

    fn policy(&self, file: &str, text: &str) -> Result<Policy, ExerciseError> {
        let members: BTreeSet<Nation> = self.nations.iter().copied().collect();
        Policy::parse(file, text, &members).map_err(|error| ExerciseError::Encode(error.to_string()))
    }

    fn rules(&self, who: usize, file: String, text: String) -> Result<Rules, ExerciseError> {
        let policy = self.policy(&file, &text)?;
        let sources = self.sensors[who].iter().take(1).map(|sensor| sensor.id.clone()).collect();
        let label = Label { sensitivity: Sensitivity::SensorDerived, releasable_to: None, sources };
        let others = self.nations.iter().enumerate().filter(|(to, _)| *to != who);
        let levels = others.map(|(to, nation)| (to, policy.terms(*nation, &label).level)).collect();
        Ok(Rules { file, text, levels })
    }

    /// The policy of a nation with one more rule: nothing, or no tracks, to one partner.
    fn stricter(&self, who: usize) -> Result<Vec<Rules>, ExerciseError> {
        let mut found = Vec::new();
        for (to, nation) in self.nations.iter().enumerate() {
            for (name, condition) in
                [("nothing", ""), ("no-tracks", "when { resource.level == Level::\"track\" }")]
            {
                if to != who {
                    let rule = format!(
                        "@id(\"{name}-to-{nation}\") forbid (principal == Nation::\"{nation}\", action, resource) {condition};"
                    );
                    let own = &self.rules[who][0];
                    found.push(self.rules(who, own.file.clone(), format!("{}\n{rule}\n", own.text))?);
                }
            }
        }
        Ok(found)
    }
}

/// The true plots of the launch in the middle of its spread, thinned out; and the instant of second 0.
fn traffic(scenario: &Scenario, nations: &[Nation]) -> (Tai, Vec<Heard>) {
    let mut traffic = Vec::new();
    let mut first_s = None;
    let mut taken_s: BTreeMap<String, f64> = BTreeMap::new();
    for observed in scenario.observations(1) {
        let launched = |plot: &&Plot| plot.truth_id.is_some();
        let Some(plot) = observed.plots.iter().find(launched) else { continue };
        let first_s = *first_s.get_or_insert(observed.time_s - 1.0);
        let since_s = observed.time_s - first_s;
        if since_s > TRAFFIC_S {
            break;
        }
        let last_s = taken_s.get(&observed.sensor_id).copied().unwrap_or(f64::NEG_INFINITY);
        let Some(who) = nations.iter().position(|nation| *nation == observed.nation) else { continue };
        if since_s - last_s >= PLOT_EVERY_S {
            taken_s.insert(observed.sensor_id.clone(), since_s);
            let plots = vec![Plot { truth_id: None, ..plot.clone() }];
            traffic.push(Heard { at_ns: (since_s * 1e9) as u64, who, plots });
        }
    }
    (scenario.start.plus_s(first_s.unwrap_or(0.0)), traffic)
}
