//! The stages around [`Node::step`], sans-IO, so that the simulator can crash between any two:
//!
//! 1. **gather** ([`Driver::gather`]): what arrives becomes inputs; only sessions make [`exchange::Verified`] bodies.
//! 2. **step, seal** ([`Driver::turn`]): acts and warnings first; what is said gets its signatures and numbers.
//! 3. **commit** (the shell): one row with all of it, in one durable write.
//! 4. **emit** ([`Driver::committed`]): frames leave.
//!
//! INVARIANT (journal before wire): what leaves is in the journal. A crash before the commit loses inputs that nobody
//! was told of; a crash after it loses nothing: partners say what they hold and are sent the rest.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use exchange::session::{Inbound, Outbound};
use exchange::wire::Frame;
use exchange::{Digest, SealError, Sealed, Signer, Verified, seal};
use gateway::LinkId;
use physics::plot::Plot;
use physics::time::Tai;
use statement::{Lane, Nation, Roster, planted};

use crate::feeds::{Feeds, Key};
use crate::input::{Act, Effect, Identity, Input, Milestone, Now, Proof};
use crate::journal::{Journal, JournalError};
use crate::listing::Listing;
use crate::node::{Node, RecoverError};
use crate::refusals::Refusals;
use crate::replay::Replayer;
use crate::row::{Output, Recorded, Row, Step};
use crate::seal::unsigned;

mod links;
mod sessions;

use links::Bound;
pub use sessions::session_now;

/// Partners' track batches and own plots that one turn takes at most: a flood of them delays no warning.
const PICTURE_INPUTS_PER_TURN: usize = 128;

/// Bodies kept at hand for sending; older ones are read from the journal.
const FRESH_BODIES_MAX: usize = 1_024;

/// Time passes for the node at least this often on the realm's clock, nanoseconds.
const TICK_NS: i64 = 1_000_000_000;

/// What comes to the driver from the shell or the simulator.
#[derive(Debug)]
pub enum Arrival {
    /// A link with a recognised peer; dialled for a lane, or accepted.
    Opened {
        /// Its name.
        link: LinkId,
        /// By its certificate.
        peer: Nation,
        /// The lane that we dialled it for; `None` where the peer dialled.
        dialled: Option<Lane>,
    },
    /// A frame of a link.
    Frame {
        /// Which link.
        link: LinkId,
        /// What.
        frame: Box<Frame>,
    },
    /// A link ended.
    Closed {
        /// Which.
        link: LinkId,
    },
    /// Plots of own sensors.
    Plots(Vec<Plot>),
    /// A person acts.
    Act(Proof, Act),
    /// Something was turned away at the edge or in a sensor's line.
    Refused {
        /// Whom it came from.
        who: String,
        /// Why.
        reason: String,
    },
    /// The node's identity changed.
    Identity(Identity),
    /// A newer roster.
    Roster(Verified<Roster>),
    /// Another policy.
    Policy {
        /// The file.
        file: String,
        /// The rules.
        text: String,
    },
    /// A catalogue or notices.
    Listing {
        /// Which.
        listing: Listing,
        /// The file.
        file: String,
        /// Its text.
        text: String,
    },
}

/// What leaves.
#[derive(Debug)]
pub enum Emission {
    /// Send a frame.
    Send(LinkId, Box<Frame>),
    /// Close a link.
    Close(LinkId),
    /// Tell people.
    Show(Milestone),
}

/// Why the node must stop: it signs and sends nothing more.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The journal failed.
    #[error("the journal failed: {0}")]
    Journal(#[from] JournalError),
    /// A statement could not be sealed.
    #[error("a statement could not be sealed: {0}")]
    Seal(#[from] SealError),
    /// Configuration that the core refuses.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// A row could not be written down.
    #[error("a row could not be encoded: {0}")]
    Row(String),
}

struct Pending {
    input: Input,
    /// What the sessions made durable together with it.
    given: Vec<Output>,
    /// When it was gathered, monotonic nanoseconds: what waits behind a flood is as old as it is.
    came_ns: u64,
}

/// One node's stages. See the module.
pub struct Driver {
    node: Node,
    feeds: Feeds,
    links: BTreeMap<LinkId, Bound>,
    saying: BTreeMap<Key, LinkId>,
    hearing: BTreeMap<Key, LinkId>,
    urgent: VecDeque<Pending>,
    picture: VecDeque<Pending>,
    refusals: Refusals,
    /// Of the turn that is being committed: entries by feed, as (epoch, size).
    taken: BTreeMap<Key, (u64, u64)>,
    fresh: VecDeque<(Digest, Arc<[u8]>)>,
    fresh_in_turn: Vec<Digest>,
    emissions: Vec<Emission>,
    last_tick: Option<Tai>,
    /// Whether a partner showed this process that its journal is an old copy.
    restore_seen: bool,
    /// When this process was first told the time, and when it last took data, monotonic nanoseconds.
    started_ns: Option<u64>,
    last_data_ns: Option<u64>,
}

impl Driver {
    /// A driver around a node that has just been made or recovered.
    pub fn new(replayer: Replayer) -> Driver {
        Driver {
            node: replayer.node,
            feeds: replayer.feeds,
            links: BTreeMap::new(),
            saying: BTreeMap::new(),
            hearing: BTreeMap::new(),
            urgent: VecDeque::new(),
            picture: VecDeque::new(),
            refusals: Refusals::default(),
            taken: BTreeMap::new(),
            fresh: VecDeque::new(),
            fresh_in_turn: Vec::new(),
            emissions: Vec::new(),
            last_tick: None,
            restore_seen: false,
            started_ns: None,
            last_data_ns: None,
        }
    }

    /// The node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The feeds.
    pub fn feeds(&self) -> &Feeds {
        &self.feeds
    }

    // ── gather ──

    /// Takes what arrived. Nothing leaves and nothing is said before the next turn is committed.
    pub fn gather(&mut self, now: Now, arrival: Arrival, signer: &dyn Signer, journal: &dyn Journal) {
        let of = match &arrival {
            Arrival::Opened { link, .. } | Arrival::Frame { link, .. } => Some(*link),
            _ => None,
        };
        match arrival {
            Arrival::Opened { link, peer, dialled: Some(lane) } => self.begin_saying(now, link, (peer, lane)),
            Arrival::Opened { link, peer, dialled: None } => {
                self.links.insert(link, Bound::Unclaimed(peer));
            }
            Arrival::Frame { link, frame } => self.frame(now, link, *frame),
            Arrival::Closed { link } => self.closed(now, link),
            Arrival::Plots(plots) => self.picture.push_back(Pending {
                input: Input::Plots(plots),
                given: vec![],
                came_ns: now.mono_ns,
            }),
            Arrival::Act(proof, act) => self.queue(now, Input::Act(proof, act)),
            Arrival::Refused { who, reason } => self.refusals.count(who, reason),
            Arrival::Identity(identity) => self.queue(now, Input::Identity(identity)),
            Arrival::Roster(roster) => self.queue(now, Input::Roster(roster)),
            Arrival::Policy { file, text } => self.queue(now, Input::Policy { file, text }),
            Arrival::Listing { listing, file, text } => {
                self.queue(now, Input::Listing { listing, file, text })
            }
        }
        // Nothing came for the other sessions; what is due there has its own deadline.
        match of.and_then(|link| self.links.get(&link)) {
            Some(Bound::Outbound(key)) => self.poll_outbound((now, session_now(now)), *key, signer, journal),
            Some(Bound::Inbound(key)) => self.poll_inbound((now, session_now(now)), *key, signer),
            Some(Bound::Unclaimed(_)) => {}
            None => self.poll_sessions(now, signer, journal),
        }
    }

    fn queue(&mut self, now: Now, input: Input) {
        self.urgent.push_back(Pending { input, given: Vec::new(), came_ns: now.mono_ns });
    }

    // ── step, seal ──

    /// Steps what was gathered and seals what is said. Returns the row to be committed; `None` where nothing happened.
    pub fn turn(&mut self, now: Now, signer: &dyn Signer) -> Result<Option<Vec<u8>>, Stop> {
        for (who, reason, count) in self.refusals.due(now.mono_ns) {
            self.queue(now, Input::Refused { who, reason, count });
        }
        if self.tick_due(now) {
            self.last_tick = Some(now.tai);
            self.queue(now, Input::Tick);
        }
        // All that is urgent, always: sessions rely on it that what they handed out is in the next row.
        let mut todo: Vec<Pending> = self.urgent.drain(..).collect();
        let bounded = self.picture.len().min(if planted!("picture-without-bound") {
            usize::MAX
        } else {
            PICTURE_INPUTS_PER_TURN
        });
        let urgent = todo.len();
        todo.extend(self.picture.drain(..bounded));
        if planted!("picture-before-warnings") {
            todo.rotate_left(urgent);
        }
        if todo.is_empty() {
            return Ok(None);
        }
        let mut row = Row::default();
        for pending in todo {
            let step = self.step(now, pending, signer)?;
            row.steps.push(step);
        }
        // What sessions made durable without a statement: answers, receipts, new epochs.
        let mut facts = Vec::new();
        for (&(partner, lane), outbound) in &mut self.feeds.outbound {
            if planted!("facts-not-journalled") {
                outbound.take_facts();
            }
            facts.extend(outbound.take_facts().into_iter().map(|fact| Output::Fact { partner, lane, fact }));
        }
        if !facts.is_empty() {
            let facts = Pending { input: Input::Tick, given: facts, came_ns: now.mono_ns };
            let step = self.step(now, facts, signer)?;
            row.steps.push(step);
        }
        if planted!("sent-before-commit") {
            self.feeds.outbound.values_mut().for_each(Outbound::journalled);
            self.poll_sessions(now, signer, &crate::journal::MemoryJournal::default());
        }
        if planted!("ticks-not-journalled") {
            row.steps.retain(|step| step.input != Recorded::Tick || !step.outputs.is_empty());
        }
        postcard::to_stdvec(&row).map(Some).map_err(|error| Stop::Row(error.to_string()))
    }

    fn step(&mut self, now: Now, pending: Pending, signer: &dyn Signer) -> Result<Step, Stop> {
        let Pending { input, given, came_ns } = pending;
        self.note_taken(&input);
        self.started_ns.get_or_insert(now.mono_ns);
        if brings_data(&input) {
            self.last_data_ns = self.last_data_ns.max(Some(came_ns));
        }
        let recorded = Recorded::from(&input);
        let effects = self.node.step(now, input)?;
        if recorded.changes_partners() {
            self.ensure_feeds();
        }
        let mut outputs = given;
        for output in &outputs {
            if let Output::Fact { partner, lane, fact } = output {
                self.node.apply_fact(*partner, *lane, fact);
            }
        }
        for effect in effects {
            match effect {
                Effect::Say(released) => {
                    let sealed = seal(unsigned(&self.node, now, &released)?, signer)?;
                    self.node.apply(now, &sealed);
                    self.number(&sealed, &mut outputs);
                }
                Effect::Show(milestone) => self.emissions.push(Emission::Show(milestone)),
            }
        }
        Ok(Step { now, input: recorded, outputs })
    }

    /// Gives the body its number in the feed to each of its audience.
    fn number(&mut self, sealed: &Sealed, outputs: &mut Vec<Output>) {
        let (id, header) = (sealed.id(), &sealed.body().header);
        outputs.push(Output::Sealed(sealed.bytes().to_vec()));
        let lane = header.kind.lane();
        let everyone = self.node.partners();
        let audience = if planted!("sent-to-all-partners") { &everyone } else { &header.audience };
        for &partner in audience {
            if let Some(outbound) = self.feeds.outbound.get_mut(&(partner, lane)) {
                outbound.append(id);
                for fact in outbound.take_facts() {
                    self.node.apply_fact(partner, lane, &fact);
                    outputs.push(Output::Fact { partner, lane, fact });
                }
            }
        }
        self.fresh.push_back((id, sealed.bytes().clone()));
        while self.fresh.len() > FRESH_BODIES_MAX {
            self.fresh.pop_front();
        }
        self.fresh_in_turn.push(id);
    }

    fn note_taken(&mut self, input: &Input) {
        if let Input::Entry { from, lane, epoch, number, .. }
        | Input::Unreadable { from, lane, epoch, number, .. } = input
        {
            self.taken.insert((*from, *lane), (*epoch, number + 1));
        }
    }

    fn ensure_feeds(&mut self) {
        let identity = &self.node.state().identity;
        let (realm, nation) = (identity.realm.clone(), identity.nation);
        self.feeds.ensure(&realm, nation, self.node.partners());
    }

    // ── emit ──

    /// The row is durable, as number `row`. From here a restart recovers it.
    pub fn committed(&mut self, now: Now, row: u64, signer: &dyn Signer, journal: &dyn Journal) {
        for id in self.fresh_in_turn.drain(..) {
            self.feeds.bodies.insert(id, row);
        }
        self.feeds.outbound.values_mut().for_each(Outbound::journalled);
        for (key, (epoch, size)) in std::mem::take(&mut self.taken) {
            if let Some(inbound) = self.feeds.inbound.get_mut(&key) {
                inbound.commit(epoch, size);
            }
        }
        self.poll_sessions(now, signer, journal);
    }

    /// Time has passed: heartbeats, dead links, of the sessions whose time has come.
    pub fn wake(&mut self, now: Now, signer: &dyn Signer, journal: &dyn Journal) {
        let at = session_now(now);
        let due = |deadline: Option<u64>| deadline.is_some_and(|deadline| deadline <= now.mono_ns);
        let saying = self.feeds.outbound.iter().filter(|(_, outbound)| due(outbound.next_deadline()));
        for key in saying.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.poll_outbound((now, at), key, signer, journal);
        }
        let hearing = self.feeds.inbound.iter().filter(|(_, inbound)| due(inbound.next_deadline()));
        for key in hearing.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.poll_inbound((now, at), key, signer);
        }
    }

    /// What leaves now. Everything in it is durable, or says nothing (Hello, heartbeats, heads of durable entries).
    pub fn emissions(&mut self) -> Vec<Emission> {
        std::mem::take(&mut self.emissions)
    }

    /// Whether anything waits for the next turn.
    pub fn has_work(&self, now: Now) -> bool {
        !self.urgent.is_empty() || !self.picture.is_empty() || self.tick_due(now)
    }

    /// Where the realm's clock was set back, time passes on from there: waiting until it is again what it was would
    /// stop the node for as long.
    fn tick_due(&self, now: Now) -> bool {
        self.last_tick.is_none_or(|last| now.tai < last || now.tai.0.saturating_sub(last.0) >= TICK_NS)
    }

    /// When to wake at the latest, monotonic nanoseconds, ticks of the realm's clock aside.
    pub fn next_deadline(&self) -> Option<u64> {
        let saying = self.feeds.outbound.values().filter_map(Outbound::next_deadline);
        let hearing = self.feeds.inbound.values().filter_map(Inbound::next_deadline);
        saying.chain(hearing).chain(self.refusals.next_due()).min()
    }

    /// When the realm's clock ticks next.
    pub fn next_tick(&self) -> Option<Tai> {
        self.last_tick.map(|last| Tai(last.0.saturating_add(TICK_NS)))
    }

    /// How long ago data came, seconds of time: own plots or a partner's entry. By the monotonic clock, whatever happens
    /// to the realm's; only of data from before this process there is nothing else to go by, but it is no younger than
    /// the process. `clock_speed`: how many seconds of the realm pass in one.
    pub fn data_age_s(&self, now: Now, clock_speed: f64) -> Option<f64> {
        let since_s = |ns: u64| now.mono_ns.saturating_sub(ns) as f64 * 1e-9;
        if let Some(last_data_ns) = self.last_data_ns {
            return Some(since_s(last_data_ns));
        }
        let by_realm_s = now.tai.since_s(self.node.state().last_data?) / clock_speed;
        Some(by_realm_s.max(self.started_ns.map_or(0.0, since_s)))
    }

    /// The links that stand: whether we say to, and hear from, a partner in a lane.
    pub fn sessions(&self) -> (&BTreeMap<Key, Outbound>, &BTreeMap<Key, Inbound>) {
        (&self.feeds.outbound, &self.feeds.inbound)
    }
}

/// Whether an input is news of the world: own plots, or what a partner says.
fn brings_data(input: &Input) -> bool {
    match input {
        Input::Plots(plots) => !plots.is_empty(),
        Input::Entry { .. } => true,
        Input::Tick => planted!("a-tick-counts-as-data"),
        _ => false,
    }
}
