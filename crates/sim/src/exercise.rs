//! An exercise in virtual time: whole nations, the same step and driver code as in life, a simulated network, officers
//! who acknowledge, and the faults that its scenario names. It depends on scenario, build and seed alone.

use std::collections::BTreeMap;

use exchange::{RootPublic, sha256};
use node::input::{Milestone, What};
use node::journal::{Journal, JournalError, StoredRow};
use node::replay::ReplayError;
use physics::plot::Plot;
use physics::time::Tai;
use serde::Serialize;
use statement::{Assessment, Nation, Statement};

use crate::scenario::{Observed, Scenario};
use crate::world::{CONVERGED_WITHIN_S, Fault, Ground, Heard, Setup, Violation, World};

/// Why an exercise could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExerciseError {
    /// A nation has no policy.
    #[error("no policy for {0}; expected policy/{0}/release.cedar")]
    NoPolicy(Nation),
    /// The library that signs failed.
    #[error(transparent)]
    Sign(#[from] exchange::SignError),
    /// A journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A journal did not lead back to its node.
    #[error("the journal of {0} does not replay: {1}")]
    Replay(Nation, ReplayError),
    /// A row could not be encoded.
    #[error("a journal's head could not be encoded: {0}")]
    Encode(String),
}

/// What `exercise run` prints of each nation. Seconds after launch; `None` where it did not happen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NationSummary {
    /// The first plot of the launch by an own sensor.
    pub first_plot_s: Option<f64>,
    /// The first firm track.
    pub firm_track_s: Option<f64>,
    /// The first assessment.
    pub first_assessment_s: Option<f64>,
    /// The first assessment that alarms the watch.
    pub first_warning_s: Option<f64>,
    /// When this nation's first assessment was verified at each partner.
    pub arrived_s: BTreeMap<Nation, Option<f64>>,
    /// The first alert to the public.
    pub alert_s: Option<f64>,
    /// The end of the event.
    pub ended_s: Option<f64>,
    /// The officer's acknowledgement.
    pub acknowledged_s: Option<f64>,
    /// When every partner's receipt for it was here.
    pub receipts_s: BTreeMap<Nation, f64>,
}

/// Checks on the whole of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Invariants {
    /// How many checks were made.
    pub checked: u64,
    /// What did not hold.
    pub violated: Vec<String>,
}

/// The summary of an exercise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The realm.
    pub realm: String,
    /// The build.
    pub build: String,
    /// SHA-256 over all statements and final states, without signatures, receipts and wall times.
    pub digest: String,
    /// Simulated seconds.
    pub simulated_s: f64,
    /// By nation.
    pub nations: BTreeMap<Nation, NationSummary>,
    /// Whole-system checks.
    pub invariants: Invariants,
}

/// What an exercise leaves.
pub struct Outcome {
    /// The summary.
    pub summary: Summary,
    /// Each nation's journal, row by row.
    pub journals: BTreeMap<Nation, Vec<StoredRow>>,
    /// Each nation's own assessments, in their order.
    pub assessments: BTreeMap<Nation, Vec<Assessment>>,
    /// All milestones, in their order.
    pub milestones: Vec<(Nation, Milestone)>,
    /// The realm's root, to verify the journals with.
    pub root: RootPublic,
}

/// An exercise about to be played.
pub struct Exercise<'a> {
    scenario: &'a Scenario,
    seed: u64,
    ground: Ground,
}

impl<'a> Exercise<'a> {
    /// Sets up every nation. `policies`: the Cedar rules by nation, with their file's name.
    pub fn new(
        scenario: &'a Scenario,
        policies: &BTreeMap<Nation, (String, String)>,
        seed: u64,
    ) -> Result<Exercise<'a>, ExerciseError> {
        Ok(Exercise { scenario, seed, ground: Ground::exercise(scenario, policies, seed)? })
    }

    /// Plays to the end, or to the first invariant that does not hold. `progress` hears simulated seconds now and then.
    pub fn play(self, mut progress: impl FnMut(f64)) -> Result<Outcome, ExerciseError> {
        let nations = self.ground.nations().to_vec();
        let mut first_plots = BTreeMap::new();
        let end_ns = (self.scenario.end_s() * 1e9) as u64;
        let healed_s = self.scenario.faults.iter().map(Fault::until_s).fold(0.0, f64::max);
        let played = {
            let heard = self.scenario.observations(self.seed).filter_map(|observed| {
                let who = nations.binary_search(&observed.nation).ok()?;
                if observed.plots.iter().any(|plot| plot.truth_id.is_some()) {
                    first_plots.entry(observed.nation).or_insert(observed.time_s);
                }
                heard(who, observed)
            });
            let setup = Setup {
                seed: self.seed,
                faults: &self.scenario.faults,
                weather: self.ground.weather().clone(),
                rules: vec![0; nations.len()],
                heard: Box::new(heard),
                end_ns,
                ends_quiet: false,
                ends_healed: healed_s + CONVERGED_WITHIN_S < self.scenario.end_s(),
                traced: false,
                act_on_warnings: true,
            };
            let mut world = World::new(&self.ground, setup);
            let violation = world.run(&mut progress).err();
            world.played(violation)
        };
        let mut digest = b"watchfire/v1/exercise\0".to_vec();
        let (mut journals, mut assessments) = (BTreeMap::new(), BTreeMap::new());
        for (&nation, station) in nations.iter().zip(&played.stations) {
            digest.extend_from_slice(nation.as_str().as_bytes());
            if let Some(driver) = &station.driver {
                let node = driver.node();
                let bodies = node::replay::own_bodies(&station.disk, node)
                    .map_err(|error| ExerciseError::Replay(nation, error))?;
                digest.extend(bodies.iter().flat_map(|body| body.id().0));
                assessments.insert(nation, bodies.into_iter().filter_map(assessment).collect());
                for event in node.state().events.all() {
                    digest.extend_from_slice(&sha256(&[&event.shown_bytes()]).0);
                }
                for track in node.state().picture.tracks() {
                    for number in track.state.iter().chain(&track.covariance) {
                        digest.extend_from_slice(&number.to_bits().to_be_bytes());
                    }
                }
            }
            journals.insert(nation, station.disk.rows(0, usize::MAX)?);
        }
        let milestones: Vec<_> =
            played.milestones.into_iter().map(|(who, milestone)| (nations[who], milestone)).collect();
        let launched_s = launched_s(self.scenario, self.seed);
        let seen = Seen { start: self.scenario.start, launched_s, milestones: &milestones };
        let summary = |nation: &Nation| {
            let first_plot_s = first_plots.get(nation).map(|plot_s| plot_s - launched_s);
            (*nation, NationSummary { first_plot_s, ..seen.summary(*nation, &nations) })
        };
        let violated = played.violation.map(|violation| {
            let Violation { at_s, who, name, what } = violation;
            format!("at {at_s:.3} s, at {}: {name}: {what}", nations[who])
        });
        let summary = Summary {
            scenario: self.scenario.name.clone(),
            seed: self.seed,
            realm: self.scenario.realm.to_string(),
            build: node::BUILD.to_owned(),
            digest: sha256(&[&digest]).to_string(),
            simulated_s: end_ns as f64 * 1e-9,
            nations: nations.iter().map(summary).collect(),
            invariants: Invariants { checked: played.checked, violated: violated.into_iter().collect() },
        };
        Ok(Outcome { summary, journals, assessments, milestones, root: self.ground.root().clone() })
    }
}

fn assessment(body: exchange::Sealed) -> Option<Assessment> {
    match &body.body().statement {
        Statement::Assessment(assessment) => Some(assessment.clone()),
        _ => None,
    }
}

/// What happened, for the summary.
struct Seen<'a> {
    start: Tai,
    launched_s: f64,
    milestones: &'a [(Nation, Milestone)],
}

impl Seen<'_> {
    fn first(&self, who: Nation, what: What) -> Option<f64> {
        let of = |(by, milestone): &&(Nation, Milestone)| *by == who && milestone.what == what;
        let milestone = self.milestones.iter().find(of)?;
        Some(milestone.1.at.since_s(self.start) - self.launched_s)
    }

    fn summary(&self, nation: Nation, nations: &[Nation]) -> NationSummary {
        let partners = nations.iter().copied().filter(|partner| *partner != nation);
        NationSummary {
            first_plot_s: None,
            firm_track_s: self.first(nation, What::FirmTrack),
            first_assessment_s: self.first(nation, What::Assessment),
            first_warning_s: self.first(nation, What::Warning),
            arrived_s: partners
                .clone()
                .map(|partner| (partner, self.first(partner, What::Arrival(nation))))
                .collect(),
            alert_s: None,
            ended_s: self.first(nation, What::Ended),
            acknowledged_s: self.first(nation, What::Acknowledged(nation)),
            receipts_s: partners
                .filter_map(|partner| Some((partner, self.first(nation, What::Receipt(partner))?)))
                .collect(),
        }
    }
}

fn launched_s(scenario: &Scenario, seed: u64) -> f64 {
    let truths = scenario.truths(seed);
    let launched_s = truths.iter().filter_map(|truth| truth.launch()).map(|launch| launch.time_s);
    launched_s
        .fold(None, |first: Option<f64>, at| Some(first.map_or(at, |first| first.min(at))))
        .unwrap_or(0.0)
}

/// A tracker must not even see which plots are true.
fn heard(who: usize, observed: Observed) -> Option<Heard> {
    let plots: Vec<Plot> = observed.plots.into_iter().map(|plot| Plot { truth_id: None, ..plot }).collect();
    (!plots.is_empty()).then_some(Heard { at_ns: (observed.time_s * 1e9) as u64, who, plots })
}
