//! Plays one seed: the queue of what happens, and the stations it happens to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use exchange::wire::Frame;
use exchange::wire::frame::Content;
use exchange::{Digest, Signer, sha256};
use gateway::LinkId;
use node::driver::{Arrival, Driver, Emission};
use node::input::{Act, Identity, Now, Proof};
use node::journal::{Journal, Snapshot};
use node::replay::Replayer;
use node::row::{FORMAT, Head};
use statement::Lane;

use super::checks::{Ledger, Violation};
use super::disk::Disk;
use super::faults::{Fault, HEALED_S, Stage, Trick, What};
use super::ground::Ground;
use super::hostile::play_trick;
use super::links::Links;
use crate::cast::OFFICER;
use crate::random::Random;

/// After the last fault is over partners agree within this time, seconds.
pub const CONVERGED_WITHIN_S: f64 = 20.0;
/// A link that broke is dialled again after this, nanoseconds.
const REDIAL_NS: u64 = 1_000_000_000;
/// A process that stopped is started again after this, nanoseconds.
const RESTART_NS: u64 = 1_000_000_000;
const SNAPSHOT_EVERY_ROWS: usize = 60;

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
    /// Checks made.
    pub checked: u64,
}

enum Happening {
    Opened(LinkId, Option<Lane>),
    Frame(LinkId, Box<Frame>),
    Closed(LinkId),
    Dial(usize, Lane),
    Wake,
    Plots(usize),
    Fault(usize),
    Boot,
    Click,
}

pub(super) struct Station {
    pub driver: Option<Driver>,
    pub disk: Disk,
    wake_at: Option<u64>,
    busy_until: u64,
    slow: (u64, u64),
    crash: Option<(Stage, f64)>,
    offset_s: f64,
    drift: (f64, u64),
    pub clock_trusted: bool,
    pub trick: Option<Trick>,
    pub restored: bool,
    full_until: u64,
    links: BTreeSet<LinkId>,
    clicked: bool,
    pub last_data_ns: Option<u64>,
    /// The state that a recovery must lead to.
    expected: Option<Vec<u8>>,
}

pub(super) struct World<'a> {
    pub ground: &'a Ground,
    faults: &'a [Fault],
    pub stations: Vec<Station>,
    links: Links,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: BTreeMap<u64, (usize, Happening)>,
    next: u64,
    random: Random,
    pub ledger: Ledger,
    pub notes: Vec<Note>,
    bodies: Vec<Vec<Vec<u8>>>,
}

/// Plays a seed with these faults to its end, or to the first invariant that does not hold.
pub fn play(ground: &Ground, seed: u64, faults: &[Fault]) -> Report {
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut world = World::new(ground, seed, faults);
        let violation = world.run().err();
        let simulated_s = HEALED_S + CONVERGED_WITHIN_S;
        Report { simulated_s, violation, notes: world.notes, checked: world.ledger.checked }
    }));
    played.unwrap_or_else(|_| Report {
        simulated_s: 0.0,
        violation: Some(Violation { at_s: 0.0, who: 0, name: "no panic", what: "the node panicked".into() }),
        notes: vec![],
        checked: 0,
    })
}

impl<'a> World<'a> {
    fn new(ground: &'a Ground, seed: u64, faults: &'a [Fault]) -> World<'a> {
        let stations = ground.nations.iter().map(|_| Station {
            driver: None,
            disk: Disk::default(),
            wake_at: None,
            busy_until: 0,
            slow: (0, 0),
            crash: None,
            offset_s: 0.0,
            drift: (0.0, 0),
            clock_trusted: true,
            trick: None,
            restored: false,
            full_until: 0,
            links: BTreeSet::new(),
            clicked: false,
            last_data_ns: None,
            expected: None,
        });
        World {
            ground,
            faults,
            stations: stations.collect(),
            links: Links::new(seed),
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next: 0,
            random: Random::stream(seed, "world"),
            ledger: Ledger::default(),
            notes: Vec::new(),
            bodies: vec![Vec::new(); ground.nations.len()],
        }
    }

    fn run(&mut self) -> Result<(), Violation> {
        for who in 0..self.stations.len() {
            self.plan(0, who, Happening::Boot);
            for at in 0..self.ground.plots[who].len() {
                self.plan(self.ground.plots[who][at].0, who, Happening::Plots(at));
            }
            for to in (0..self.stations.len()).filter(|to| *to != who) {
                for lane in Lane::ALL {
                    self.plan(1_000, who, Happening::Dial(to, lane));
                }
            }
        }
        for (index, fault) in self.faults.iter().enumerate() {
            self.plan((fault.at_s * 1e9) as u64, 0, Happening::Fault(index));
        }
        let end_ns = ((HEALED_S + CONVERGED_WITHIN_S) * 1e9) as u64;
        while let Some(Reverse((at, number))) = self.queue.pop() {
            if at >= end_ns {
                break;
            }
            let Some((who, happening)) = self.happenings.remove(&number) else { continue };
            let busy_until = self.stations[who].busy_until;
            if busy_until > at && !matches!(happening, Happening::Fault(_) | Happening::Boot) {
                self.plan(busy_until, who, happening);
                continue;
            }
            self.happen(at, who, happening)?;
        }
        self.check_end(end_ns)
    }

    fn plan(&mut self, at: u64, who: usize, happening: Happening) {
        self.next += 1;
        self.happenings.insert(self.next, (who, happening));
        self.queue.push(Reverse((at, self.next)));
    }

    pub fn note(&mut self, at: u64, who: usize, text: impl Into<String>) {
        self.notes.push(Note { at_s: at as f64 * 1e-9, who, text: text.into() });
    }

    pub fn now(&self, who: usize, at: u64) -> Now {
        let station = &self.stations[who];
        let drifted_s = station.drift.0 * at.saturating_sub(station.drift.1) as f64 * 1e-9;
        let true_tai = self.ground.start.0 + at as i64;
        let tai = physics::time::Tai(true_tai).plus_s(station.offset_s + drifted_s);
        Now { mono_ns: at, tai, bound_ns: 0 }
    }

    fn happen(&mut self, at: u64, who: usize, happening: Happening) -> Result<(), Violation> {
        match happening {
            Happening::Boot => return self.boot(at, who),
            Happening::Fault(index) => return self.strike(at, self.faults[index].what),
            Happening::Dial(to, lane) => {
                self.dial(at, who, to, lane);
                return Ok(());
            }
            _ => {}
        }
        if self.stations[who].driver.is_none() {
            return Ok(());
        }
        let arrival = match happening {
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
                if matches!(frame.content, Some(Content::Entry(_))) {
                    self.stations[who].last_data_ns = Some(at);
                }
                Arrival::Frame { link, frame }
            }
            Happening::Closed(link) => {
                if !self.shut(at, link, who) {
                    return Ok(());
                }
                Arrival::Closed { link }
            }
            Happening::Plots(index) => {
                self.stations[who].last_data_ns = Some(at);
                Arrival::Plots(self.ground.plots[who][index].1.clone())
            }
            Happening::Click => match self.click(who) {
                Some((proof, act)) => Arrival::Act(proof, act),
                None => return Ok(()),
            },
            Happening::Wake => {
                if self.stations[who].wake_at != Some(at) {
                    return Ok(());
                }
                self.stations[who].wake_at = None;
                let now = self.now(who, at);
                let station = &mut self.stations[who];
                if let Some(driver) = &mut station.driver {
                    driver.wake(now, &self.ground.keys[who], &station.disk);
                }
                return self.settle(at, who);
            }
            Happening::Boot | Happening::Fault(_) | Happening::Dial(..) => return Ok(()),
        };
        self.arrive(at, who, arrival)
    }

    fn arrive(&mut self, at: u64, who: usize, arrival: Arrival) -> Result<(), Violation> {
        let now = self.now(who, at);
        let station = &mut self.stations[who];
        if let Some(driver) = &mut station.driver {
            driver.gather(now, arrival, &self.ground.keys[who], &station.disk);
        }
        if station.slow.1 > at {
            station.busy_until = at + station.slow.0;
        }
        self.settle(at, who)
    }

    /// Turns until nothing waits. The process may end between any two stages.
    fn settle(&mut self, at: u64, who: usize) -> Result<(), Violation> {
        let now = self.now(who, at);
        loop {
            let keys: &dyn Signer = &self.ground.keys[who];
            let station = &mut self.stations[who];
            let Some(driver) = &mut station.driver else { return Ok(()) };
            if !driver.has_work(now) {
                break;
            }
            let armed = station.crash;
            let dies = |stage| armed.filter(|(at_stage, _)| *at_stage == stage).map(|(_, down_s)| down_s);
            if let Some(down_s) = dies(Stage::Gathered) {
                station.expected = driver.node().snapshot().ok();
                self.die(at, who, down_s, "after gathering");
                return Ok(());
            }
            let row = match driver.turn(now, keys) {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(stop) => {
                    let what = stop.to_string();
                    return Err(self.violated(at, who, "a node never stops of itself", what));
                }
            };
            // INVARIANT tried here: what waits to leave before the commit rests on nothing that is not durable.
            let early = driver.emissions();
            self.emit(at, who, early)?;
            let station = &mut self.stations[who];
            if let Some(down_s) = dies(Stage::Turned).or(dies(Stage::Written)).or(dies(Stage::Torn)) {
                self.die(at, who, down_s, "before the row was durable");
                return Ok(());
            }
            station.disk.now_ns = at;
            station.disk.full = station.full_until > at;
            let Ok(number) = station.disk.append(&row) else {
                self.die(at, who, RESTART_NS as f64 * 1e-9, "since its disk is full");
                return Ok(());
            };
            let Some(driver) = &mut station.driver else { return Ok(()) };
            if let Some(down_s) = dies(Stage::Synced) {
                station.expected = driver.node().snapshot().ok();
                self.die(at, who, down_s, "after the row was durable");
                return Ok(());
            }
            driver.committed(now, number, keys, &station.disk);
            if station.disk.len().is_multiple_of(SNAPSHOT_EVERY_ROWS)
                && let Ok(bytes) = driver.node().snapshot()
            {
                let _ = station.disk.keep_snapshot(&Snapshot { row: number, bytes });
            }
            let last_data = driver.node().state().last_data;
            if let Some(down_s) = dies(Stage::Committed) {
                station.expected = driver.node().snapshot().ok();
                self.die(at, who, down_s, "after the commit");
                return Ok(());
            }
            if let Some(down_s) = dies(Stage::HalfEmitted) {
                station.expected = driver.node().snapshot().ok();
                let mut half = driver.emissions();
                half.truncate(half.len() / 2);
                self.emit(at, who, half)?;
                self.die(at, who, down_s, "with half of its frames sent");
                return Ok(());
            }
            self.check_age(at, who, last_data)?;
        }
        let Some(driver) = &mut self.stations[who].driver else { return Ok(()) };
        let leaves = driver.emissions();
        self.emit(at, who, leaves)?;
        let station = &self.stations[who];
        let Some(driver) = &station.driver else { return Ok(()) };
        let tick_ns = driver
            .next_tick()
            .map(|tick| at as i64 + tick.0.saturating_sub(now.tai.0).clamp(0, 2_000_000_000));
        let wake = driver.next_deadline().into_iter().chain(tick_ns.map(|tick| tick as u64)).min();
        let wake = wake.map(|wake| wake.max(at + 1_000_000).max(station.busy_until));
        let warned = !station.clicked
            && driver
                .node()
                .state()
                .events
                .all()
                .iter()
                .any(|event| event.column(self.ground.nations[who]).is_some());
        if let Some(wake) =
            wake.filter(|wake| station.wake_at.is_none_or(|planned| *wake < planned || planned <= at))
        {
            self.stations[who].wake_at = Some(wake);
            self.plan(wake, who, Happening::Wake);
        }
        if warned {
            self.stations[who].clicked = true;
            self.plan(at + 3_000_000_000, who, Happening::Click);
        }
        Ok(())
    }

    fn emit(&mut self, at: u64, who: usize, emissions: Vec<Emission>) -> Result<(), Violation> {
        for emission in emissions {
            match emission {
                Emission::Send(link, frame) => self.send(at, who, link, *frame)?,
                Emission::Close(link) => {
                    self.shut(at, link, who);
                }
                Emission::Show(milestone) => self.note(at, who, milestone.text),
            }
        }
        Ok(())
    }

    fn send(&mut self, at: u64, who: usize, link: LinkId, frame: Frame) -> Result<(), Violation> {
        let Some(connection) = self.links.all.get(&link) else { return Ok(()) };
        let end = connection.end_of(who);
        let (to, lane, wrong_realm) = (connection.ends[1 - end], connection.lane, connection.wrong_realm);
        if !connection.open[end] {
            return Ok(());
        }
        if self.stations[who].trick.is_none() {
            self.check_sent(at, (who, to, lane), wrong_realm, &frame)?;
        }
        if let Some(Content::Entry(entry)) = &frame.content
            && self.bodies[to].len() < 50
        {
            self.bodies[to].push(entry.body.clone());
        }
        let frames = match self.stations[who].trick {
            Some(trick) => {
                let other =
                    (0..self.stations.len()).find(|other| *other != who && *other != to).unwrap_or(who);
                let place = (self.ground, who, to, lane);
                let others = &self.bodies[other];
                play_trick(trick, &frame, place, others, &mut self.random, &mut self.ledger.forged)
            }
            None => vec![frame],
        };
        for frame in frames {
            if let Some((to, arrives)) = self.links.carry(link, who, at) {
                self.plan(arrives, to, Happening::Frame(link, Box::new(frame)));
            }
        }
        Ok(())
    }

    /// One end of a connection ends; the other hears of it. Returns whether it was open.
    fn shut(&mut self, at: u64, link: LinkId, who: usize) -> bool {
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

    fn die(&mut self, at: u64, who: usize, down_s: f64, why: &str) {
        self.note(at, who, format!("crash {why}"));
        let station = &mut self.stations[who];
        station.driver = None;
        station.crash = None;
        station.wake_at = None;
        station.busy_until = 0;
        for link in self.stations[who].links.clone() {
            self.shut(at, link, who);
        }
        self.plan(at + (down_s * 1e9) as u64, who, Happening::Boot);
    }

    fn boot(&mut self, at: u64, who: usize) -> Result<(), Violation> {
        if self.stations[who].driver.is_some() {
            return Ok(());
        }
        let nation = self.ground.nations[who];
        let identity =
            Identity { nation, realm: self.ground.realm.clone(), sensors: self.ground.sensors[who].clone() };
        let head = Head { format: FORMAT, build: node::BUILD.to_owned(), identity };
        let fresh = self.stations[who].disk.len() == 0;
        if fresh && let Ok(bytes) = head.encode() {
            let _ = self.stations[who].disk.append(&bytes);
        }
        let recovered =
            Replayer::recover_simulated(&self.stations[who].disk, &head, self.ground.root.clone());
        let replayer = match recovered {
            Ok(replayer) => replayer,
            Err(error) => {
                return Err(self.violated(
                    at,
                    who,
                    "recovery equals never having crashed",
                    error.to_string(),
                ));
            }
        };
        if let Some(expected) = self.stations[who].expected.take()
            && replayer.node.snapshot().ok() != Some(expected)
        {
            let what = "the recovered state is another one".to_owned();
            return Err(self.violated(at, who, "recovery equals never having crashed", what));
        }
        let driver = Driver::new(replayer);
        self.check_recovered(at, who, &driver)?;
        self.stations[who].driver = Some(driver);
        self.note(at, who, "starts");
        if self.stations[who].disk.len() < 2 {
            let (file, text) = self.ground.policies[who].clone();
            self.gather_only(at, who, Arrival::Roster(self.ground.roster.clone()));
            self.gather_only(at, who, Arrival::Policy { file, text });
        }
        self.settle(at, who)?;
        for to in (0..self.stations.len()).filter(|to| *to != who) {
            for lane in Lane::ALL {
                self.plan(at + REDIAL_NS / 2, who, Happening::Dial(to, lane));
            }
        }
        Ok(())
    }

    fn gather_only(&mut self, at: u64, who: usize, arrival: Arrival) {
        let now = self.now(who, at);
        let station = &mut self.stations[who];
        if let Some(driver) = &mut station.driver {
            driver.gather(now, arrival, &self.ground.keys[who], &station.disk);
        }
    }

    fn strike(&mut self, at: u64, what: What) -> Result<(), Violation> {
        let ns = |for_s: f64| at + (for_s * 1e9) as u64;
        let who = match what {
            What::Reset { a, .. } => a,
            What::Cut { from, .. } => from,
            What::Crash { who, .. }
            | What::DiskFull { who, .. }
            | What::Flip { who, .. }
            | What::Restore { who, .. }
            | What::Clock { who, .. }
            | What::Stop { who, .. }
            | What::Slow { who, .. }
            | What::Hostile { who, .. }
            | What::Spoof { who, .. }
            | What::Click { who, .. } => who,
        };
        self.note(at, who, format!("fault {what:?}"));
        match what {
            What::Crash { who, stage, down_s } => self.stations[who].crash = Some((stage, down_s)),
            What::DiskFull { who, for_s } => self.stations[who].full_until = ns(for_s),
            What::Flip { who, bit } => {
                let rows = self.stations[who].disk.len();
                if rows > 2 && self.stations[who].driver.is_some() {
                    self.die(at, who, 1.0, "and its disk is damaged");
                    let row = 2 + (bit as usize / 64) % (rows - 2);
                    let disk = &mut self.stations[who].disk;
                    disk.flip(row, bit as usize);
                    self.ledger.checked += 1;
                    if disk.rows(0, usize::MAX).is_ok() {
                        return Err(self.violated(at, who, "a damaged row is seen", format!("row {row}")));
                    }
                    self.stations[who].disk.truncate(row);
                    self.put_back(who);
                }
            }
            What::Restore { who, back_s, down_s } if self.stations[who].driver.is_some() => {
                self.die(at, who, down_s, "and an old copy is put back");
                self.stations[who].disk.as_of(at.saturating_sub((back_s * 1e9) as u64));
                self.put_back(who);
            }
            What::Restore { .. } => {}
            What::Clock { who, step_s, drift } => {
                let station = &mut self.stations[who];
                station.offset_s +=
                    station.drift.0 * at.saturating_sub(station.drift.1) as f64 * 1e-9 + step_s;
                station.drift = (drift, at);
                station.clock_trusted = false;
            }
            What::Stop { who, for_s } => self.stations[who].busy_until = ns(for_s),
            What::Slow { who, each_s, for_s } => self.stations[who].slow = ((each_s * 1e9) as u64, ns(for_s)),
            What::Cut { from, to, one_way, for_s } => {
                self.links.cut(from, to, ns(for_s));
                if !one_way {
                    self.links.cut(to, from, ns(for_s));
                }
            }
            What::Reset { a, b } => {
                let links: Vec<LinkId> =
                    self.stations[a].links.intersection(&self.stations[b].links).copied().collect();
                for link in links {
                    self.plan(at, a, Happening::Closed(link));
                }
            }
            What::Hostile { who, trick } => self.stations[who].trick = Some(trick),
            What::Spoof { who, plots } => {
                let Some((_, plot)) = self.ground.plots[who].first() else { return Ok(()) };
                let mut spoofed = Vec::new();
                for _ in 0..plots {
                    let mut plot = plot[0].clone();
                    plot.time = physics::time::Tai(self.ground.start.0 + at as i64);
                    plot.az_rad = self.random.between(0.0, 6.2);
                    plot.el_rad = self.random.between(0.1, 1.4);
                    spoofed.push(plot);
                }
                if self.stations[who].driver.is_some() && self.stations[who].busy_until <= at {
                    self.stations[who].last_data_ns = Some(at);
                    return self.arrive(at, who, Arrival::Plots(spoofed));
                }
            }
            What::Click { who, times } => {
                for time in 0..u64::from(times) {
                    self.plan(at + time * 100_000_000, who, Happening::Click);
                }
            }
        }
        Ok(())
    }

    fn put_back(&mut self, who: usize) {
        let station = &mut self.stations[who];
        station.restored = true;
        station.expected = None;
    }

    fn click(&self, who: usize) -> Option<(Proof, Act)> {
        let node = self.stations[who].driver.as_ref()?.node();
        let event = node.state().events.all().first()?;
        let act =
            Act::Acknowledge { event_id: event.id.clone(), shown_digest: sha256(&[&event.shown_bytes()]).0 };
        let message = act.to_be_signed(&self.ground.realm, self.ground.nations[who]);
        let officer = &self.ground.officers[who];
        let proof =
            Proof { actor: OFFICER.to_owned(), key: officer.public(), signature: officer.sign(&message) };
        Some((proof, act))
    }

    pub fn violated(&self, at: u64, who: usize, name: &'static str, what: String) -> Violation {
        Violation { at_s: at as f64 * 1e-9, who, name, what }
    }
}

/// For checks: the name of a body.
pub(super) fn name_of(body: &[u8]) -> Option<Digest> {
    exchange::body::id_of(body).ok()
}
