//! One nation's process: it starts, goes round its loop as the shell does, and ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use exchange::wire::frame::Content;
use gateway::LinkId;
use node::driver::{Arrival, Driver};
use node::input::{Act, Identity, Proof};
use node::journal::{Journal, Snapshot};
use node::replay::Replayer;
use node::row::{FORMAT, Head};
use statement::Lane;

use super::checks::{Restore, Violation};
use super::disk::Disk;
use super::faults::{Stage, Trick};
use super::play::{Happening, World};
use crate::cast::{OFFICER, SECOND_OFFICER};
use crate::random::Random;

/// A process that stopped is started again after this, seconds.
const RESTART_S: f64 = 1.0;
/// A snapshot after so many rows; in a long journal, whose state is as large each time, after ten times as many.
const SNAPSHOT_EVERY_ROWS: usize = 60;
/// At most so many arrivals in one round.
const GATHER_MAX: usize = 512;
/// After what happened the process wakes at the earliest, nanoseconds.
const WAKE_NS: u64 = 1_000_000;

pub(crate) struct Station {
    pub driver: Option<Driver>,
    pub disk: Disk,
    /// Which of the nation's policies.
    rules: usize,
    /// What has arrived, for the next round.
    inbox: VecDeque<Arrival>,
    /// A turn whose row is being written.
    writing: Option<Vec<u8>>,
    /// How long a write takes, nanoseconds.
    write_ns: u64,
    round_at: Option<u64>,
    /// Stands still until then.
    pub stopped_until: u64,
    /// Each round takes so much longer, until then.
    pub slow: (u64, u64),
    pub crash: Option<(Stage, f64)>,
    pub offset_s: f64,
    pub drift: (f64, u64),
    pub clock_trusted: bool,
    pub booted_ns: u64,
    /// Plays this trick, until then.
    pub hostile: Option<(Trick, u64)>,
    pub restores: Vec<Restore>,
    pub full_until: u64,
    pub links: BTreeSet<LinkId>,
    pub called: bool,
    /// When data was last taken.
    pub last_data_ns: Option<u64>,
    /// What is durably held of each feed: (epoch, size), by (from, lane).
    pub durable: BTreeMap<(usize, Lane), (u64, u64)>,
    /// The state that a recovery must lead to.
    pub expected: Option<Vec<u8>>,
    /// What the officer tries next.
    pub attempt: u32,
}

impl Station {
    pub fn new(rules: usize, random: &mut Random) -> Station {
        Station {
            driver: None,
            disk: Disk::default(),
            rules,
            inbox: VecDeque::new(),
            writing: None,
            write_ns: random.between(1e5, 1.2e7) as u64,
            round_at: None,
            stopped_until: 0,
            slow: (0, 0),
            crash: None,
            offset_s: 0.0,
            drift: (0.0, 0),
            clock_trusted: true,
            booted_ns: 0,
            hostile: None,
            restores: Vec::new(),
            full_until: 0,
            links: BTreeSet::new(),
            called: false,
            last_data_ns: None,
            durable: BTreeMap::new(),
            expected: None,
            attempt: 0,
        }
    }

    /// Whether nothing is under way: what the driver knows is what the journal holds.
    pub fn is_idle(&self) -> bool {
        self.writing.is_none()
    }

    pub fn is_restored(&self) -> bool {
        !self.restores.is_empty()
    }

    pub fn trick(&self, at: u64) -> Option<Trick> {
        self.hostile.filter(|(_, until)| *until > at).map(|(trick, _)| trick)
    }
}

impl World<'_> {
    /// Something comes to the process: it is taken in the next round, at once where none is under way.
    pub(super) fn arrive(&mut self, at: u64, who: usize, arrival: Arrival) -> Result<(), Violation> {
        let station = &mut self.stations[who];
        if station.driver.is_none() {
            return Ok(());
        }
        station.inbox.push_back(arrival);
        if station.writing.is_none() && station.stopped_until <= at {
            return self.round(at, who);
        }
        Ok(())
    }

    pub(super) fn plan_round(&mut self, at: u64, who: usize) {
        let station = &mut self.stations[who];
        if station.round_at.is_none_or(|planned| at < planned) {
            station.round_at = Some(at);
            self.plan(at, who, Happening::Round);
        }
    }

    pub(super) fn round_due(&mut self, at: u64, who: usize) -> Result<(), Violation> {
        let station = &mut self.stations[who];
        if station.round_at != Some(at) {
            return Ok(());
        }
        station.round_at = None;
        if station.stopped_until > at {
            let until = station.stopped_until;
            self.plan_round(until, who);
            return Ok(());
        }
        if station.driver.is_none() || station.writing.is_some() {
            return Ok(());
        }
        self.round(at, who)
    }

    /// Gather, step, seal: as the shell's loop. The process may end between any two stages.
    fn round(&mut self, at: u64, who: usize) -> Result<(), Violation> {
        let now = self.now(who, at);
        let arrivals = self.gathered(who);
        let keys = &*self.ground.cast.players[who].keys;
        let station = &mut self.stations[who];
        let Some(driver) = &mut station.driver else { return Ok(()) };
        if arrivals.is_empty() {
            driver.wake(now, keys, &station.disk);
        }
        let mut told = Vec::new();
        for arrival in arrivals {
            match &arrival {
                Arrival::Plots(plots) if !plots.is_empty() => station.last_data_ns = Some(at),
                Arrival::Frame { link, frame } => match &frame.content {
                    Some(Content::Entry(_)) => station.last_data_ns = Some(at),
                    Some(Content::Heartbeat(beat)) if !beat.head.is_empty() => {
                        told.push((*link, beat.head.clone()))
                    }
                    _ => {}
                },
                _ => {}
            }
            driver.gather(now, arrival, keys, &station.disk);
        }
        let crash = station.crash;
        if let Some((Stage::Gathered, down_s)) = crash {
            station.expected = driver.node().snapshot().ok();
            self.die(at, who, down_s, "after gathering");
            return Ok(());
        }
        let mut row = None;
        if driver.has_work(now) {
            row = driver.turn(now, keys).map_err(|stop| Violation {
                at_s: at as f64 * 1e-9,
                who,
                name: "a node never stops of itself",
                what: stop.to_string(),
            })?;
        }
        // INVARIANT tried here: what waits to leave before the commit rests on nothing that is not durable.
        let leaves = driver.emissions();
        self.emit(at, who, leaves)?;
        self.check_told(at, who, &told)?;
        let station = &mut self.stations[who];
        let Some(row) = row else {
            self.plan_wake(at, who);
            return Ok(());
        };
        if let Some((Stage::Turned | Stage::Written | Stage::Torn, down_s)) = crash {
            self.die(at, who, down_s, "before the row was durable");
            return Ok(());
        }
        let slow_ns = if station.slow.1 > at { station.slow.0 } else { 0 };
        let durable_at = at + station.write_ns + slow_ns;
        station.writing = Some(row);
        self.plan(durable_at, who, Happening::Durable);
        Ok(())
    }

    /// What the next round takes: people first, then partners, then sensors.
    fn gathered(&mut self, who: usize) -> Vec<Arrival> {
        let inbox = &mut self.stations[who].inbox;
        let taken = inbox.len().min(GATHER_MAX);
        let mut arrivals: Vec<Arrival> = inbox.drain(..taken).collect();
        arrivals.sort_by_key(|arrival| match arrival {
            Arrival::Act(..) => 0,
            Arrival::Plots(_) => 2,
            _ => 1,
        });
        arrivals
    }

    /// Commit and emit.
    pub(super) fn durable(&mut self, at: u64, who: usize) -> Result<(), Violation> {
        let now = self.now(who, at);
        let keys = &*self.ground.cast.players[who].keys;
        let station = &mut self.stations[who];
        if station.stopped_until > at && station.writing.is_some() {
            let until = station.stopped_until;
            self.plan(until, who, Happening::Durable);
            return Ok(());
        }
        let (Some(row), Some(driver)) = (station.writing.take(), &mut station.driver) else { return Ok(()) };
        station.disk.now_ns = at;
        station.disk.full = station.full_until > at;
        let Ok(number) = station.disk.append(&row) else {
            self.die(at, who, RESTART_S, "since its disk is full");
            return Ok(());
        };
        if let Some((Stage::Synced, down_s)) = station.crash {
            station.expected = driver.node().snapshot().ok();
            self.die(at, who, down_s, "after the row was durable");
            return Ok(());
        }
        driver.committed(now, number, keys, &station.disk);
        let rows = station.disk.len();
        let every = if rows < 10 * SNAPSHOT_EVERY_ROWS { 1 } else { 10 } * SNAPSHOT_EVERY_ROWS;
        if rows.is_multiple_of(every)
            && let Ok(bytes) = driver.node().snapshot()
        {
            let _ = station.disk.keep_snapshot(&Snapshot { row: number, bytes });
        }
        let station = &mut self.stations[who];
        let Some(driver) = &mut station.driver else { return Ok(()) };
        for ((from, lane), inbound) in &driver.feeds().inbound {
            if let Ok(from) = self.ground.nations.binary_search(from) {
                station.durable.insert((from, *lane), inbound.reached());
            }
        }
        if let Some((stage @ (Stage::Committed | Stage::HalfEmitted), down_s)) = station.crash {
            station.expected = driver.node().snapshot().ok();
            let mut half = driver.emissions();
            half.truncate(if stage == Stage::Committed { 0 } else { half.len() / 2 });
            self.emit(at, who, half)?;
            self.die(at, who, down_s, "after the commit, with half of its frames sent, or none");
            return Ok(());
        }
        let leaves = driver.emissions();
        self.emit(at, who, leaves)?;
        self.check_age(at, who)?;
        self.call_officer(at, who);
        self.plan_wake(at, who);
        Ok(())
    }

    fn plan_wake(&mut self, at: u64, who: usize) {
        let now = self.now(who, at);
        let station = &self.stations[who];
        let Some(driver) = &station.driver else { return };
        if !station.inbox.is_empty() || driver.has_work(now) {
            self.plan_round(at, who);
            return;
        }
        let until_tick = |tick: physics::time::Tai| (tick.0 - now.tai.0).clamp(0, 2_000_000_000) as u64;
        let tick = driver.next_tick().map(|tick| at + until_tick(tick));
        let deadline = driver.next_deadline().map(|mono_ns| mono_ns + station.booted_ns);
        if let Some(wake) = deadline.into_iter().chain(tick).min() {
            self.plan_round(wake.max(at + WAKE_NS), who);
        }
    }

    pub(super) fn die(&mut self, at: u64, who: usize, down_s: f64, why: &str) {
        self.note(at, who, format!("crash {why}"));
        let station = &mut self.stations[who];
        station.driver = None;
        station.crash = None;
        station.round_at = None;
        station.writing = None;
        station.inbox.clear();
        station.stopped_until = 0;
        for link in self.stations[who].links.clone() {
            self.shut(at, link, who);
        }
        self.plan(at + (down_s * 1e9) as u64, who, Happening::Boot);
    }

    pub(super) fn boot(&mut self, at: u64, who: usize) -> Result<(), Violation> {
        if self.stations[who].driver.is_some() {
            return Ok(());
        }
        let nation = self.ground.nations[who];
        let identity =
            Identity { nation, realm: self.ground.realm.clone(), sensors: self.ground.sensors[who].clone() };
        let head = Head { format: FORMAT, build: node::BUILD.to_owned(), identity };
        let station = &mut self.stations[who];
        station.booted_ns = at;
        station.last_data_ns = None;
        if station.disk.len() == 0
            && let Ok(bytes) = head.encode()
        {
            let _ = station.disk.append(&bytes);
        }
        let cast = &self.ground.cast;
        let name = "recovery equals never having crashed";
        let replayer = Replayer::recover(&station.disk, &head, cast.root.clone(), cast.signatures)
            .map_err(|error| self.violated(at, who, name, error.to_string()))?;
        if let Some(expected) = self.stations[who].expected.take()
            && replayer.node.snapshot().ok() != Some(expected)
        {
            return Err(self.violated(at, who, name, "the recovered state is another one".to_owned()));
        }
        let driver = Driver::new(replayer);
        self.check_recovered(at, who, &driver)?;
        let fresh = driver.node().trust_in_force().is_none();
        self.stations[who].driver = Some(driver);
        self.note(at, who, "starts");
        if fresh {
            let rules = &self.ground.rules[who][self.stations[who].rules];
            let (file, text) = (rules.file.clone(), rules.text.clone());
            let station = &mut self.stations[who];
            station.inbox.push_back(Arrival::Roster(self.ground.cast.roster.clone()));
            station.inbox.push_back(Arrival::Policy { file, text });
        }
        self.round(at, who)?;
        self.plan_dials(at, who);
        Ok(())
    }

    /// What the policy in force of one nation lets another have.
    pub(super) fn level(&self, who: usize, to: usize) -> Option<statement::Level> {
        self.ground.rules[who][self.stations[who].rules].levels.get(&to).copied().flatten()
    }

    // ── officers ──

    fn call_officer(&mut self, at: u64, who: usize) {
        let (own, on_warnings) = (self.ground.nations[who], self.setup.act_on_warnings);
        let station = &mut self.stations[who];
        let Some(driver) = station.driver.as_ref().filter(|_| !station.called) else { return };
        let calls = driver
            .node()
            .state()
            .events
            .all()
            .iter()
            .any(|event| event.column(own).is_some_and(|heard| heard.assessment.warning || !on_warnings));
        if calls {
            station.called = true;
            let after_ns = (self.ground.officer_after_s[who] * 1e9) as u64;
            self.plan(at + after_ns, who, Happening::Click);
        }
    }

    /// An officer acts: first as it should be; then, where people click on, the other officer on the same event, a
    /// stranger, an officer of another nation, and one who signed something else.
    pub(super) fn click(&mut self, who: usize) -> Option<(Proof, Act)> {
        let (own, on_warnings) = (self.ground.nations[who], self.setup.act_on_warnings);
        let attempt = self.stations[who].attempt;
        let node = self.stations[who].driver.as_ref()?.node();
        let event =
            node.state().events.all().iter().find(|event| {
                !on_warnings || event.column(own).is_some_and(|heard| heard.assessment.warning)
            })?;
        let act = Act::Acknowledge {
            event_id: event.id.clone(),
            shown_digest: exchange::sha256(&[&event.shown_bytes()]).0,
        };
        self.stations[who].attempt += 1;
        let players = &self.ground.cast.players;
        let foreign = &players[(who + 1) % players.len()].officers[0];
        let message = act.to_be_signed(&self.ground.realm, own);
        let (actor, officer, signed) = match attempt % 5 {
            0 => (OFFICER, &players[who].officers[0], message),
            1 => (SECOND_OFFICER, &players[who].officers[1], message),
            2 => ("a-stranger", &players[who].officers[0], message),
            3 => (OFFICER, foreign, message),
            _ => (OFFICER, &players[who].officers[0], b"something else".to_vec()),
        };
        let proof =
            Proof { actor: actor.to_owned(), key: officer.public(), signature: officer.sign(&signed) };
        Some((proof, act))
    }
}
