//! Plays one run: the queue of what happens, and to whom.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use exchange::wire::Frame;
use exchange::wire::frame::Content;
use gateway::LinkId;
use node::driver::{Arrival, Emission};
use node::input::{Milestone, Now};
use physics::plot::Plot;
use statement::Lane;

use super::checks::{Ledger, Violation};
use super::faults::Fault;
use super::ground::{Ground, Heard};
use super::hostile::play_trick;
use super::links::{Links, Weather};
use super::span::Span;
use super::station::Station;
use crate::random::Random;

/// After the last fault is over partners agree within this time, seconds.
pub const CONVERGED_WITHIN_S: f64 = 20.0;
/// A link that broke is dialled again after this, nanoseconds.
const REDIAL_NS: u64 = 1_000_000_000;
/// Bodies on the wire that a hostile nation may use again, of each nation.
const BODIES_KEPT: usize = 50;

/// Frames kept of a traced run.
const WIRE_KEPT: usize = 400;

/// Something worth a line in the trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Since the start, seconds.
    pub at_s: f64,
    /// Which nation, by index.
    pub who: usize,
    /// What.
    pub text: String,
}

/// How a seed went.
#[derive(Clone, Debug)]
pub struct Report {
    /// Simulated seconds.
    pub simulated_s: f64,
    /// What does not hold.
    pub violation: Option<Violation>,
    /// What happened.
    pub notes: Vec<Note>,
    /// What passed on the wires last, where the run was traced.
    pub wire: VecDeque<Note>,
    /// Checks made.
    pub checked: u64,
}

/// One run.
pub(crate) struct Setup<'a> {
    pub seed: u64,
    pub faults: &'a [Fault],
    pub weather: BTreeMap<(usize, usize), Weather>,
    /// By nation: which of its [`Ground::rules`].
    pub rules: Vec<usize>,
    pub heard: Box<dyn Iterator<Item = Heard> + 'a>,
    pub end_ns: u64,
    /// Whether all is quiet at the end, so that partners must agree to the last entry.
    pub ends_quiet: bool,
    /// Whether the last fault is over long enough for partners to agree at the end.
    pub ends_healed: bool,
    /// Whether to keep what passes on the wires.
    pub traced: bool,
    /// Whether officers act once their own nation warns; else once it says anything.
    pub act_on_warnings: bool,
}

/// What a run leaves.
pub(crate) struct Played {
    /// In the order of the nations' letters.
    pub stations: Vec<Station>,
    /// By whom, in their order.
    pub milestones: Vec<(usize, Milestone)>,
    pub checked: u64,
    pub violation: Option<Violation>,
}

/// What happens.
pub(super) enum Happening {
    Opened(LinkId, Option<Lane>),
    Frame(LinkId, Box<Frame>),
    Closed(LinkId),
    Dial(usize, Lane),
    /// The process goes round its loop.
    Round,
    /// The row of the turn is durable.
    Durable,
    Heard(Box<Heard>),
    Fault(usize),
    Boot,
    Click,
}

struct Planned {
    at: u64,
    number: u64,
    who: usize,
    happening: Happening,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Planned) -> bool {
        self.number == other.number
    }
}
impl Eq for Planned {}
impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Planned) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Planned {
    fn cmp(&self, other: &Planned) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

pub(crate) struct World<'a> {
    pub(super) ground: &'a Ground,
    pub(super) setup: Setup<'a>,
    pub(super) stations: Vec<Station>,
    pub(super) links: Links,
    queue: BinaryHeap<Reverse<Planned>>,
    planned: u64,
    pub(super) random: Random,
    pub(super) ledger: Ledger,
    pub(super) notes: Vec<Note>,
    wire: VecDeque<Note>,
    pub(super) milestones: Vec<(usize, Milestone)>,
    /// What was on the wire to each nation.
    bodies: Vec<Vec<Vec<u8>>>,
    /// The first plot of each nation's sensors.
    pub(super) seen: Vec<Option<Plot>>,
}

/// Plays a seed with these faults to its end, or to the first invariant that does not hold.
pub fn play(ground: &Ground, seed: u64, span: &Span, faults: &[Fault]) -> Report {
    play_one(ground, seed, span, faults, false)
}

/// As [`play`], keeping what passes on the wires.
pub fn trace(ground: &Ground, seed: u64, span: &Span, faults: &[Fault]) -> Report {
    play_one(ground, seed, span, faults, true)
}

fn play_one(ground: &Ground, seed: u64, span: &Span, faults: &[Fault], traced: bool) -> Report {
    let mut random = Random::stream(seed, "setup");
    let weather = Weather::draw(&mut random);
    let rules = ground
        .rules
        .iter()
        .map(|rules| if random.chance(0.5) { (random.bits() % rules.len() as u64) as usize } else { 0 });
    let setup = Setup {
        seed,
        faults,
        rules: rules.collect(),
        weather: ground.weather.keys().map(|way| (*way, weather)).collect(),
        heard: Box::new(ground.seen_from(&span.launches_s).into_iter()),
        end_ns: (span.end_s * 1e9) as u64,
        ends_quiet: true,
        ends_healed: true,
        traced,
        act_on_warnings: false,
    };
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut world = World::new(ground, setup);
        let violation = world.run(&mut |_| ()).err();
        Report {
            simulated_s: span.end_s,
            violation,
            notes: world.notes,
            wire: world.wire,
            checked: world.ledger.checked,
        }
    }));
    played.unwrap_or_else(|_| Report {
        simulated_s: 0.0,
        violation: Some(Violation { at_s: 0.0, who: 0, name: "no panic", what: "the node panicked".into() }),
        notes: vec![],
        wire: VecDeque::new(),
        checked: 0,
    })
}

impl<'a> World<'a> {
    pub fn new(ground: &'a Ground, setup: Setup<'a>) -> World<'a> {
        let mut random = Random::stream(setup.seed, "world");
        let stations = setup.rules.iter().map(|rules| Station::new(*rules, &mut random)).collect();
        World {
            ground,
            stations,
            links: Links::new(setup.seed, setup.weather.clone()),
            setup,
            queue: BinaryHeap::new(),
            planned: 0,
            random,
            ledger: Ledger::default(),
            notes: Vec::new(),
            wire: VecDeque::new(),
            milestones: Vec::new(),
            bodies: vec![Vec::new(); ground.nations.len()],
            seen: vec![None; ground.nations.len()],
        }
    }

    /// Plays to the end, or to what does not hold. `progress` hears simulated seconds, ten at a time.
    pub fn run(&mut self, progress: &mut dyn FnMut(f64)) -> Result<(), Violation> {
        for who in 0..self.stations.len() {
            self.plan(0, who, Happening::Boot);
        }
        let ways: Vec<_> = self.setup.weather.keys().copied().collect();
        for (who, to) in ways {
            for lane in Lane::ALL {
                self.plan(1_000, who, Happening::Dial(to, lane));
            }
        }
        for index in 0..self.setup.faults.len() {
            self.plan((self.setup.faults[index].at_s * 1e9) as u64, 0, Happening::Fault(index));
        }
        self.plan_heard();
        let mut told_ns = 0;
        while let Some(Reverse(Planned { at, who, happening, .. })) = self.queue.pop() {
            if at >= self.setup.end_ns {
                break;
            }
            if at - told_ns >= 10_000_000_000 {
                told_ns = at;
                progress(at as f64 * 1e-9);
            }
            self.happen(at, who, happening)?;
        }
        self.check_end(self.setup.end_ns)
    }

    /// What the run leaves.
    pub fn played(self, violation: Option<Violation>) -> Played {
        let World { stations, milestones, ledger, .. } = self;
        Played { stations, milestones, checked: ledger.checked, violation }
    }

    pub(super) fn plan(&mut self, at: u64, who: usize, happening: Happening) {
        self.planned += 1;
        self.queue.push(Reverse(Planned { at, number: self.planned, who, happening }));
    }

    /// What the sensors say comes one by one: a long run's does not fit into memory.
    fn plan_heard(&mut self) {
        if let Some(heard) = self.setup.heard.next() {
            self.plan(heard.at_ns, heard.who, Happening::Heard(Box::new(heard)));
        }
    }

    pub(super) fn note(&mut self, at: u64, who: usize, text: impl Into<String>) {
        self.notes.push(Note { at_s: at as f64 * 1e-9, who, text: text.into() });
    }

    /// What the clocks of a nation show.
    pub(super) fn now(&self, who: usize, at: u64) -> Now {
        let station = &self.stations[who];
        let drifted_s = station.drift.0 * at.saturating_sub(station.drift.1) as f64 * 1e-9;
        let true_tai = self.ground.start.0 + at as i64;
        let tai = physics::time::Tai(true_tai).plus_s(station.offset_s + drifted_s);
        Now { mono_ns: at - station.booted_ns, tai, bound_ns: 0 }
    }

    fn note_frame(&mut self, at: u64, who: usize, link: LinkId, frame: &Frame) {
        let Some(connection) = self.links.all.get(&link).filter(|_| self.setup.traced) else { return };
        let from = self.ground.nations[connection.ends[1 - connection.end_of(who)]];
        let what = match &frame.content {
            Some(Content::Hello(hello)) => format!("Hello, realm {}", hello.realm),
            Some(Content::HelloAnswer(answer)) => {
                format!("HelloAnswer, {} entries of epoch {}", answer.size, answer.epoch)
            }
            Some(Content::Entry(entry)) => format!("entry {} of epoch {}", entry.number, entry.epoch),
            Some(Content::Heartbeat(beat)) if beat.head.is_empty() => "heartbeat".to_owned(),
            Some(Content::Heartbeat(beat)) => {
                format!("head of size {}", beat.head.lines().nth(1).unwrap_or_default())
            }
            Some(Content::Receipt(receipt)) => {
                format!("receipt for {}", receipt.note.lines().nth(1).unwrap_or_default())
            }
            Some(Content::Bye(bye)) => format!("Bye, {}: {}", bye.code, bye.reason),
            None => "an empty frame".to_owned(),
        };
        let text = format!("{} lane, link {}, from {from}: {what}", connection.lane, link.0);
        self.wire.push_back(Note { at_s: at as f64 * 1e-9, who, text });
        if self.wire.len() > WIRE_KEPT {
            self.wire.pop_front();
        }
    }

    fn happen(&mut self, at: u64, who: usize, happening: Happening) -> Result<(), Violation> {
        let arrival = match happening {
            Happening::Boot => return self.boot(at, who),
            Happening::Fault(index) => return self.strike(at, self.setup.faults[index].what),
            Happening::Round => return self.round_due(at, who),
            Happening::Durable => return self.durable(at, who),
            Happening::Dial(to, lane) => {
                self.dial(at, who, to, lane);
                return Ok(());
            }
            Happening::Opened(link, dialled) => {
                let Some(connection) = self.links.all.get(&link) else { return Ok(()) };
                let end = connection.end_of(who);
                if !connection.open[end] {
                    return Ok(());
                }
                let peer = self.ground.nations[connection.ends[1 - end]];
                Arrival::Opened { link, peer, dialled }
            }
            Happening::Frame(link, frame) => {
                let Some(connection) = self.links.all.get_mut(&link) else { return Ok(()) };
                let end = connection.end_of(who);
                if !connection.open[end] {
                    return Ok(());
                }
                if let Some(Content::Hello(hello)) = &frame.content {
                    connection.wrong_realm = hello.realm != self.ground.realm.to_string();
                }
                self.note_frame(at, who, link, &frame);
                Arrival::Frame { link, frame }
            }
            Happening::Closed(link) => {
                if !self.shut(at, link, who) {
                    return Ok(());
                }
                Arrival::Closed { link }
            }
            Happening::Heard(heard) => {
                self.plan_heard();
                if self.seen[who].is_none() {
                    self.seen[who] = heard.plots.first().cloned();
                }
                Arrival::Plots(heard.plots)
            }
            Happening::Click => match self.click(who) {
                Some((proof, act)) => Arrival::Act(proof, act),
                None => return Ok(()),
            },
        };
        self.arrive(at, who, arrival)
    }

    pub(super) fn emit(&mut self, at: u64, who: usize, emissions: Vec<Emission>) -> Result<(), Violation> {
        for emission in emissions {
            match emission {
                Emission::Send(link, frame) => self.send(at, who, link, frame)?,
                Emission::Close(link) => {
                    if self.setup.traced {
                        self.note(at, who, format!("closes link {}", link.0));
                    }
                    self.shut(at, link, who);
                }
                Emission::Show(milestone) => {
                    self.note(at, who, milestone.text.clone());
                    self.milestones.push((who, milestone));
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, at: u64, who: usize, link: LinkId, frame: Box<Frame>) -> Result<(), Violation> {
        let Some(connection) = self.links.all.get(&link) else { return Ok(()) };
        let end = connection.end_of(who);
        if !connection.open[end] {
            return Ok(());
        }
        let (to, lane) = (connection.ends[1 - end], connection.lane);
        if self.stations[who].trick(at).is_none() {
            self.check_sent(at, link, (who, to, lane), &frame)?;
        }
        if let Some(Content::Entry(entry)) = &frame.content
            && self.bodies[to].len() < BODIES_KEPT
        {
            self.bodies[to].push(entry.body.clone());
        }
        let Some(trick) = self.stations[who].trick(at) else {
            self.carry(at, who, link, frame);
            return Ok(());
        };
        let other = (0..self.stations.len()).find(|other| *other != who && *other != to).unwrap_or(who);
        let place = (self.ground, who, to, other);
        let tricked =
            play_trick(trick, &frame, place, &self.bodies[other], &mut self.random, &mut self.ledger.lies);
        if let (Some(lie), Some(connection)) = (tricked.lie, self.links.all.get_mut(&link)) {
            connection.lied_from.get_or_insert(lie);
        }
        for frame in tricked.frames {
            self.carry(at, who, link, Box::new(frame));
        }
        Ok(())
    }

    fn carry(&mut self, at: u64, who: usize, link: LinkId, frame: Box<Frame>) {
        if let Some((to, arrives)) = self.links.carry(link, who, at) {
            self.plan(arrives, to, Happening::Frame(link, frame));
        }
    }

    /// One end of a connection ends; the other hears of it. Returns whether it was open.
    pub(super) fn shut(&mut self, at: u64, link: LinkId, who: usize) -> bool {
        self.stations[who].links.remove(&link);
        let Some(connection) = self.links.all.get_mut(&link) else { return false };
        let end = connection.end_of(who);
        let was_open = std::mem::replace(&mut connection.open[end], false);
        let (peer, lane, peer_open) = (connection.ends[1 - end], connection.lane, connection.open[1 - end]);
        if was_open
            && peer_open
            && let Some((peer, arrives)) = self.links.carry(link, who, at)
        {
            self.plan(arrives, peer, Happening::Closed(link));
        }
        if was_open && end == 0 {
            self.plan(at + REDIAL_NS, who, Happening::Dial(peer, lane));
        }
        self.links.forget(link);
        was_open
    }

    fn dial(&mut self, at: u64, who: usize, to: usize, lane: Lane) {
        let standing = self.stations[who].links.iter().any(|link| {
            self.links
                .all
                .get(link)
                .is_some_and(|connection| connection.ends == [who, to] && connection.lane == lane)
        });
        if standing || self.stations[who].driver.is_none() {
            return;
        }
        if self.stations[to].driver.is_none() || self.links.is_cut(who, to, at) {
            self.plan(at + REDIAL_NS, who, Happening::Dial(to, lane));
            return;
        }
        let link = self.links.dial(who, to, lane, at);
        self.stations[who].links.insert(link);
        self.stations[to].links.insert(link);
        self.plan(at, to, Happening::Opened(link, None));
        self.plan(at, who, Happening::Opened(link, Some(lane)));
    }

    /// A nation that started dials its partners.
    pub(super) fn plan_dials(&mut self, at: u64, who: usize) {
        for to in (0..self.stations.len()).filter(|to| *to != who) {
            for lane in Lane::ALL {
                self.plan(at + REDIAL_NS / 2, who, Happening::Dial(to, lane));
            }
        }
    }

    pub(super) fn violated(&self, at: u64, who: usize, name: &'static str, what: String) -> Violation {
        Violation { at_s: at as f64 * 1e-9, who, name, what }
    }
}
