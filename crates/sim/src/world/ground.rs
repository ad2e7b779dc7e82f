//! What all seeds have in common: who takes part, their policies and keys, and what their sensors see. Made once.

use std::collections::{BTreeMap, BTreeSet};

use exchange::{
    PersonKey, RootKeys, RootPublic, RootSeeds, Seed, SignError, SimulatedKeys, Trust, Verified, open_roster,
    seal_roster, sha256,
};
use physics::plot::Plot;
use physics::time::Tai;
use release::Policy;
use statement::{Label, Level, Member, Nation, Officer, Realm, Roster, Sensitivity};

use crate::cast::OFFICER;
use crate::exercise::ExerciseError;
use crate::scenario::Scenario;

/// Of each sensor one plot in so many seconds is taken: a launch is seen, at little cost.
const PLOT_EVERY_S: f64 = 2.0;
/// How long the sensors see it, seconds.
pub const TRAFFIC_S: f64 = 60.0;

/// What all seeds have in common.
pub struct Ground {
    pub(super) realm: Realm,
    pub(super) root: RootPublic,
    pub(super) roster: Verified<Roster>,
    pub(super) trust: Trust,
    pub(super) nations: Vec<Nation>,
    pub(super) keys: Vec<SimulatedKeys>,
    pub(super) officers: Vec<PersonKey>,
    pub(super) policies: Vec<(String, String)>,
    pub(super) sensors: Vec<Vec<physics::sensor::Sensor>>,
    /// By nation: (nanoseconds, plots).
    pub(super) plots: Vec<Vec<(u64, Vec<Plot>)>>,
    /// What the policy of one nation lets another have, decided here apart from any node.
    pub(super) levels: BTreeMap<(Nation, Nation), Option<Level>>,
    pub(super) start: Tai,
}

impl Ground {
    /// The nations and sensors of a scenario, its launch seen for [`TRAFFIC_S`] from its first plot on.
    pub fn new(
        scenario: &Scenario,
        policies: &BTreeMap<Nation, (String, String)>,
    ) -> Result<Ground, ExerciseError> {
        let mut participants: Vec<_> = scenario.nations.iter().collect();
        participants.sort_by_key(|participant| participant.nation);
        let nations: Vec<Nation> = participants.iter().map(|participant| participant.nation).collect();
        let (mut members, mut keys, mut officers, mut rules) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for participant in &participants {
            let nation = participant.nation;
            let officer = PersonKey::from_seed(&seed(nation.as_str()))?;
            let simulated = SimulatedKeys::new(nation);
            let mut member = Member {
                officers: vec![Officer { actor: OFFICER.to_owned(), key: officer.public() }],
                ..Member::named(nation, &participant.name)
            };
            simulated.write_to(&mut member);
            members.push(member);
            keys.push(simulated);
            officers.push(officer);
            rules.push(policies.get(&nation).cloned().ok_or(ExerciseError::NoPolicy(nation))?);
        }
        let seeds = RootSeeds { ed25519: seed("root 1"), ml_dsa_65: seed("root 2") };
        let root_keys = RootKeys::from_seeds(&seeds)?;
        let realm = scenario.realm.clone();
        let roster = Roster { version: 1, realm: realm.clone(), members };
        let root = root_keys.public();
        let failed = || ExerciseError::Sign(SignError::Failed(exchange::KeyUse::RootEd25519));
        let roster = open_roster(&seal_roster(&roster, &root_keys)?, &root, &realm).map_err(|_| failed())?;
        let trust = Trust::simulated(roster.clone()).map_err(|_| failed())?;
        let members: BTreeSet<Nation> = nations.iter().copied().collect();
        let mut levels = BTreeMap::new();
        for (index, (file, text)) in rules.iter().enumerate() {
            let policy = Policy::parse(file, text, &members)
                .map_err(|error| ExerciseError::Encode(error.to_string()))?;
            let sources =
                participants[index].sensors.iter().take(1).map(|sensor| sensor.id.clone()).collect();
            let label = Label { sensitivity: Sensitivity::SensorDerived, releasable_to: None, sources };
            for &to in nations.iter().filter(|to| **to != nations[index]) {
                levels.insert((nations[index], to), policy.terms(to, &label).level);
            }
        }
        let (start, plots) = traffic(scenario, &nations);
        let sensors = participants.iter().map(|participant| participant.sensors.clone()).collect();
        Ok(Ground {
            realm,
            root,
            roster,
            trust,
            nations,
            keys,
            officers,
            policies: rules,
            sensors,
            plots,
            levels,
            start,
        })
    }
}

/// Of one nation: when its sensors speak (nanoseconds), and what they say.
type Heard = Vec<(u64, Vec<Plot>)>;

/// The true plots of the launch in the middle of its spread, thinned out; and the instant of second 0.
fn traffic(scenario: &Scenario, nations: &[Nation]) -> (Tai, Vec<Heard>) {
    let mut plots = vec![Vec::new(); nations.len()];
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
            plots[who].push(((since_s * 1e9) as u64, vec![Plot { truth_id: None, ..plot.clone() }]));
        }
    }
    (scenario.start.plus_s(first_s.unwrap_or(0.0)), plots)
}

fn seed(purpose: &str) -> Seed {
    Seed::from_bytes(sha256(&[b"watchfire simulator\n", purpose.as_bytes()]).0)
}
