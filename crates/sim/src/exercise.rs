//! An exercise in virtual time: whole nations, the same step and driver code as in life, a simulated network, and
//! officers who acknowledge. It depends on scenario, build and seed alone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use exchange::wire::Frame;
use exchange::{RootPublic, sha256};
use gateway::LinkId;
use node::driver::{Arrival, Driver, Emission, Stop};
use node::input::{Act, Identity, Milestone, Now, Proof, What};
use node::journal::{Journal, JournalError, MemoryJournal, StoredRow};
use node::replay::{ReplayError, Replayer};
use node::row::{FORMAT, Head};
use physics::plot::Plot;
use serde::Serialize;
use statement::{Assessment, Kind, Level, Nation};

use crate::cast::{Cast, OFFICER, Player};
use crate::network::Network;
use crate::scenario::Scenario;

/// Why an exercise could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExerciseError {
    /// A nation has no policy.
    #[error("no policy for {0}; expected policy/{0}/release.cedar")]
    NoPolicy(Nation),
    /// The library that signs failed.
    #[error(transparent)]
    Sign(#[from] exchange::SignError),
    /// A node stopped.
    #[error("the node of {0} stopped: {1}")]
    Stopped(Nation, Stop),
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

enum Happening {
    Opened(LinkId, Nation, Option<statement::Lane>),
    Frame(LinkId, Box<Frame>),
    Acknowledge,
    Wake,
}

struct Station {
    nation: Nation,
    player: Player,
    driver: Driver,
    journal: MemoryJournal,
    acknowledge_after_ns: u64,
    officer_called: bool,
    wake_at: Option<u64>,
}

/// An exercise being played.
pub struct Exercise<'a> {
    scenario: &'a Scenario,
    seed: u64,
    root: RootPublic,
    stations: BTreeMap<Nation, Station>,
    network: Network,
    queue: BinaryHeap<Reverse<(u64, u64, Nation)>>,
    happenings: BTreeMap<u64, Happening>,
    next: u64,
    milestones: Vec<(Nation, Milestone)>,
    first_plots: BTreeMap<Nation, f64>,
}

impl<'a> Exercise<'a> {
    /// Sets up every nation's node. `policies`: the Cedar rules by nation, with their file's name.
    pub fn new(
        scenario: &'a Scenario,
        policies: &BTreeMap<Nation, (String, String)>,
        seed: u64,
    ) -> Result<Exercise<'a>, ExerciseError> {
        let cast = Cast::draw(scenario, seed)?;
        let network = Network::new(scenario, seed);
        let mut exercise = Exercise {
            scenario,
            seed,
            root: cast.root.clone(),
            stations: BTreeMap::new(),
            network,
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next: 0,
            milestones: Vec::new(),
            first_plots: BTreeMap::new(),
        };
        for player in cast.nations {
            let nation = player.nation;
            let (file, text) = policies.get(&nation).cloned().ok_or(ExerciseError::NoPolicy(nation))?;
            let participant = scenario.participant(nation);
            let identity = Identity {
                nation,
                realm: scenario.realm.clone(),
                sensors: participant.map(|participant| participant.sensors.clone()).unwrap_or_default(),
            };
            let mut journal = MemoryJournal::default();
            let head = Head { format: FORMAT, build: node::BUILD.to_owned(), identity };
            let bytes = head.encode().map_err(ExerciseError::Encode)?;
            journal.append(&bytes)?;
            let replayer = Replayer::recover(&journal, &head, cast.root.clone())
                .map_err(|error| ExerciseError::Replay(nation, error))?;
            let mut driver = Driver::new(replayer);
            let now = exercise.now(0);
            driver.gather(now, Arrival::Roster(cast.roster.clone()), &player.keys, &journal);
            driver.gather(now, Arrival::Policy { file, text }, &player.keys, &journal);
            let after_s = participant.map_or(5.0, |participant| participant.officer.acknowledge_after_s);
            exercise.stations.insert(
                nation,
                Station {
                    nation,
                    player,
                    driver,
                    journal,
                    acknowledge_after_ns: (after_s * 1e9) as u64,
                    officer_called: false,
                    wake_at: None,
                },
            );
        }
        let streams: Vec<_> = exercise.network.streams().cloned().collect();
        for nation in exercise.stations.keys().copied().collect::<Vec<_>>() {
            exercise.settle(nation, 0)?;
        }
        for stream in streams {
            exercise.plan(0, stream.from, Happening::Opened(stream.link, stream.to, Some(stream.lane)));
            exercise.plan(0, stream.to, Happening::Opened(stream.link, stream.from, None));
        }
        Ok(exercise)
    }

    /// Plays to the end. `progress` hears simulated seconds now and then.
    pub fn play(mut self, mut progress: impl FnMut(f64)) -> Result<Outcome, ExerciseError> {
        let mut observations = self.scenario.observations(self.seed).peekable();
        let launched_s = observations_launch_s(self.scenario, self.seed);
        let end_ns = (self.scenario.end_s() * 1e9) as u64;
        let mut told_s = 0.0;
        loop {
            let planned = self.queue.peek().map(|Reverse((at, ..))| *at);
            let observed = observations.peek().map(|observed| (observed.time_s * 1e9) as u64);
            let at = match (planned, observed) {
                (Some(planned), Some(observed)) => planned.min(observed),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => break,
            };
            if at >= end_ns {
                break;
            }
            if at as f64 * 1e-9 - told_s >= 10.0 {
                told_s = at as f64 * 1e-9;
                progress(told_s);
            }
            if observed == Some(at) && planned.is_none_or(|planned| planned >= at) {
                let Some(observed) = observations.next() else { break };
                self.observe(observed.nation, at, observed.plots)?;
            } else if let Some(Reverse((at, number, nation))) = self.queue.pop()
                && let Some(happening) = self.happenings.remove(&number)
            {
                self.happen(nation, at, happening)?;
            }
        }
        self.outcome(launched_s, end_ns)
    }

    fn now(&self, at_ns: u64) -> Now {
        let tai = physics::time::Tai(self.scenario.start.0 + at_ns as i64);
        Now { mono_ns: at_ns, tai, bound_ns: 0 }
    }

    fn plan(&mut self, at_ns: u64, nation: Nation, happening: Happening) {
        self.next += 1;
        self.happenings.insert(self.next, happening);
        self.queue.push(Reverse((at_ns, self.next, nation)));
    }

    fn observe(&mut self, nation: Nation, at: u64, plots: Vec<Plot>) -> Result<(), ExerciseError> {
        if plots.is_empty() {
            return Ok(());
        }
        if plots.iter().any(|plot| plot.truth_id.is_some()) {
            self.first_plots.entry(nation).or_insert(at as f64 * 1e-9);
        }
        // A tracker must not even see which plots are true.
        let plots = plots.into_iter().map(|plot| Plot { truth_id: None, ..plot }).collect();
        self.arrive(nation, at, Arrival::Plots(plots))
    }

    fn happen(&mut self, nation: Nation, at: u64, happening: Happening) -> Result<(), ExerciseError> {
        match happening {
            Happening::Opened(link, peer, dialled) => {
                self.arrive(nation, at, Arrival::Opened { link, peer, dialled })
            }
            Happening::Frame(link, frame) => self.arrive(nation, at, Arrival::Frame { link, frame }),
            Happening::Acknowledge => {
                let Some(station) = self.stations.get(&nation) else { return Ok(()) };
                match acknowledge(station) {
                    Some((proof, act)) => self.arrive(nation, at, Arrival::Act(proof, act)),
                    None => Ok(()),
                }
            }
            Happening::Wake => {
                let now = self.now(at);
                let Some(station) = self.stations.get_mut(&nation) else { return Ok(()) };
                if station.wake_at == Some(at) {
                    station.wake_at = None;
                    station.driver.wake(now, &station.player.keys, &station.journal);
                    self.settle(nation, at)?;
                }
                Ok(())
            }
        }
    }

    fn arrive(&mut self, nation: Nation, at: u64, arrival: Arrival) -> Result<(), ExerciseError> {
        let now = self.now(at);
        if let Some(station) = self.stations.get_mut(&nation) {
            station.driver.gather(now, arrival, &station.player.keys, &station.journal);
        }
        self.settle(nation, at)
    }

    /// Turns until nothing waits; carries out what leaves; plans the next wake.
    fn settle(&mut self, nation: Nation, at: u64) -> Result<(), ExerciseError> {
        let now = self.now(at);
        let Some(station) = self.stations.get_mut(&nation) else { return Ok(()) };
        let stopped = |stop| ExerciseError::Stopped(nation, stop);
        while station.driver.has_work(now) {
            let Some(bytes) = station.driver.turn(now, &station.player.keys).map_err(stopped)? else { break };
            let row = station.journal.append(&bytes)?;
            station.driver.committed(now, row, &station.player.keys, &station.journal);
        }
        let emissions = station.driver.emissions();
        let tick_ns = station.driver.next_tick().map(|tick| (tick.0 - self.scenario.start.0).max(0) as u64);
        let wake =
            station.driver.next_deadline().into_iter().chain(tick_ns).min().map(|wake| wake.max(at + 1));
        let plan_wake = wake.filter(|wake| station.wake_at.is_none_or(|planned| *wake < planned));
        if plan_wake.is_some() {
            station.wake_at = plan_wake;
        }
        let call = !station.officer_called
            && station
                .driver
                .node()
                .state()
                .events
                .all()
                .iter()
                .any(|event| event.column(nation).is_some_and(|heard| heard.assessment.warning));
        if call {
            station.officer_called = true;
        }
        let acknowledge_at = at + station.acknowledge_after_ns;
        for emission in emissions {
            match emission {
                Emission::Send(link, frame) => {
                    if let Some((receiver, arrives_ns)) = self.network.carry(link, nation, at) {
                        self.plan(arrives_ns, receiver, Happening::Frame(link, frame));
                    }
                }
                // Streams of an exercise without faults stay open.
                Emission::Close(_) => {}
                Emission::Show(milestone) => self.milestones.push((nation, milestone)),
            }
        }
        if let Some(wake) = plan_wake {
            self.plan(wake, nation, Happening::Wake);
        }
        if call {
            self.plan(acknowledge_at, nation, Happening::Acknowledge);
        }
        Ok(())
    }

    fn outcome(self, launched_s: f64, end_ns: u64) -> Result<Outcome, ExerciseError> {
        let mut nations = BTreeMap::new();
        for &nation in self.stations.keys() {
            nations.insert(nation, self.summarise(nation, launched_s));
        }
        let mut journals = BTreeMap::new();
        let mut assessments = BTreeMap::new();
        let mut invariants = Invariants::default();
        let mut digest = b"watchfire/v1/exercise\0".to_vec();
        for (&nation, station) in &self.stations {
            let mut proof = prove(nation, station, &self.root)?;
            invariants.checked += proof.checked;
            invariants.violated.append(&mut proof.violated);
            digest.extend_from_slice(nation.as_str().as_bytes());
            for id in &proof.statements {
                digest.extend_from_slice(id);
            }
            for event in station.driver.node().state().events.all() {
                digest.extend_from_slice(&sha256(&[&event.shown_bytes()]).0);
            }
            for track in station.driver.node().state().picture.tracks() {
                for number in track.state.iter().chain(&track.covariance) {
                    digest.extend_from_slice(&number.to_bits().to_be_bytes());
                }
            }
            assessments.insert(nation, proof.assessments);
        }
        self.check_exchange(&mut invariants);
        for (nation, station) in &self.stations {
            journals.insert(*nation, station.journal.rows(0, usize::MAX)?);
        }
        let summary = Summary {
            scenario: self.scenario.name.clone(),
            seed: self.seed,
            realm: self.scenario.realm.to_string(),
            build: node::BUILD.to_owned(),
            digest: sha256(&[&digest]).to_string(),
            simulated_s: end_ns as f64 * 1e-9,
            nations,
            invariants,
        };
        Ok(Outcome { summary, journals, assessments, milestones: self.milestones, root: self.root })
    }

    fn summarise(&self, nation: Nation, launched_s: f64) -> NationSummary {
        let after_launch = |milestone: &Milestone| milestone.at.since_s(self.scenario.start) - launched_s;
        let first = |who: Nation, what: What| {
            let of = |(by, milestone): &&(Nation, Milestone)| *by == who && milestone.what == what;
            self.milestones.iter().find(of).map(|(_, milestone)| after_launch(milestone))
        };
        let partners = self.stations.keys().copied().filter(|partner| *partner != nation);
        NationSummary {
            first_plot_s: self.first_plots.get(&nation).map(|plot_s| plot_s - launched_s),
            firm_track_s: first(nation, What::FirmTrack),
            first_assessment_s: first(nation, What::Assessment),
            first_warning_s: first(nation, What::Warning),
            arrived_s: partners
                .clone()
                .map(|partner| (partner, first(partner, What::Arrival(nation))))
                .collect(),
            alert_s: None,
            ended_s: first(nation, What::Ended),
            acknowledged_s: first(nation, What::Acknowledged(nation)),
            receipts_s: partners
                .filter_map(|partner| Some((partner, first(nation, What::Receipt(partner))?)))
                .collect(),
        }
    }

    /// What one nation numbered is what the other holds, and nobody was told what policy withholds.
    fn check_exchange(&self, invariants: &mut Invariants) {
        for (&from, sender) in &self.stations {
            for (&(to, lane), outbound) in &sender.driver.feeds().outbound {
                invariants.checked += 1;
                let Some(receiver) = self.stations.get(&to) else { continue };
                let Some(inbound) = receiver.driver.feeds().inbound.get(&(from, lane)) else { continue };
                let held = inbound.held();
                let tree = outbound.feed().tree();
                let same = held.size < tree.size() || (held.size == tree.size() && held.root == tree.root());
                let begun = tree.size() > 0;
                if begun && (held.epoch != outbound.feed().epoch() || !same) {
                    invariants
                        .violated
                        .push(format!("{to} does not hold what {from} numbered in the {lane} lane"));
                }
                invariants.checked += 1;
                let level = sender.driver.node().terms(to).level;
                let told_tracks =
                    receiver.driver.node().state().tracks_abroad.keys().any(|(origin, _)| *origin == from);
                if level != Some(Level::Track) && told_tracks {
                    invariants
                        .violated
                        .push(format!("{to} has tracks of {from}, whose policy withholds them"));
                }
            }
        }
    }
}

struct Proven {
    checked: u64,
    violated: Vec<String>,
    statements: Vec<[u8; 32]>,
    assessments: Vec<Assessment>,
}

/// Replays a nation's journal bit for bit and lists what it said.
fn prove(nation: Nation, station: &Station, root: &RootPublic) -> Result<Proven, ExerciseError> {
    let failed = |error| ExerciseError::Replay(nation, error);
    let head = node::replay::head(&station.journal).map_err(failed)?;
    let Some(head) = head else {
        return Err(ExerciseError::Encode("the journal is empty".into()));
    };
    let mut proven = Proven { checked: 1, violated: vec![], statements: vec![], assessments: vec![] };
    if let Err(error) = Replayer::prove(&station.journal, &head, root.clone()) {
        proven.violated.push(format!("{nation}: the journal does not replay: {error}"));
    }
    for body in node::replay::own_bodies(&station.journal, station.driver.node()).map_err(failed)? {
        proven.statements.push(body.id().0);
        if body.body().header.kind == Kind::Assessment
            && let statement::Statement::Assessment(assessment) = &body.body().statement
        {
            proven.assessments.push(assessment.clone());
        }
    }
    Ok(proven)
}

fn acknowledge(station: &Station) -> Option<(Proof, Act)> {
    let node = station.driver.node();
    let event = node
        .state()
        .events
        .all()
        .iter()
        .find(|event| event.column(station.nation).is_some_and(|heard| heard.assessment.warning))?;
    let shown_digest = sha256(&[&event.shown_bytes()]).0;
    let act = Act::Acknowledge { event_id: event.id.clone(), shown_digest };
    let message = act.to_be_signed(&node.state().identity.realm, station.nation);
    let officer = &station.player.officer;
    let proof = Proof { actor: OFFICER.to_owned(), key: officer.public(), signature: officer.sign(&message) };
    Some((proof, act))
}

fn observations_launch_s(scenario: &Scenario, seed: u64) -> f64 {
    let truths = scenario.truths(seed);
    let launched_s = truths.iter().filter_map(|truth| truth.launch()).map(|launch| launch.time_s);
    launched_s
        .fold(None, |first: Option<f64>, at| Some(first.map_or(at, |first| first.min(at))))
        .unwrap_or(0.0)
}
