//! Connections: streams that keep their order, are delayed, cut and broken, and are dialled again.

use std::collections::BTreeMap;

use gateway::LinkId;
use statement::Lane;

use crate::random::Random;

/// A lost packet holds up its stream about so long (RFC 6298), seconds.
const RETRANSMISSION_S: f64 = 0.2;

/// How a line is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weather {
    /// One way, seconds.
    pub delay_s: f64,
    /// Up to so much more, uniform, seconds.
    pub jitter_s: f64,
    /// Share of packets lost, 0 to 1.
    pub loss: f64,
}

impl Weather {
    /// As a seed has it.
    pub fn draw(random: &mut Random) -> Weather {
        let delay_s = random.between(0.002, 0.15);
        let jitter_s = random.between(0.0, delay_s);
        let loss = if random.chance(0.5) { random.between(0.0, 0.2) } else { 0.0 };
        Weather { delay_s, jitter_s, loss }
    }
}

/// One connection. Ends: 0 dialled, 1 accepted.
pub(super) struct Connection {
    pub ends: [usize; 2],
    pub lane: Lane,
    pub open: [bool; 2],
    /// Nothing passes any more, and no end hears of it: a line card burnt, an address translator forgot.
    pub vanished: bool,
    /// When the last frame to each end arrives: none overtakes another.
    last_ns: [u64; 2],
    /// Whether its Hello was of another realm.
    pub wrong_realm: bool,
    /// The dialler withheld or exchanged an entry, (epoch, number): a head beyond it tells.
    pub lied_from: Option<(Lie, u64, u64)>,
    /// Since when the accepting end knows of an entry that does not come, nanoseconds.
    pub gap_since: Option<u64>,
}

/// What was done to an entry on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lie {
    Withheld,
    Exchanged,
}

impl Connection {
    pub fn end_of(&self, who: usize) -> usize {
        usize::from(self.ends[1] == who)
    }
}

/// All connections, and the weather on the lines.
pub(super) struct Links {
    pub all: BTreeMap<LinkId, Connection>,
    random: Random,
    weather: BTreeMap<(usize, usize), Weather>,
    /// Until when nothing passes, by direction, nanoseconds.
    cut_until: BTreeMap<(usize, usize), u64>,
    next: u64,
}

impl Links {
    pub fn new(seed: u64, weather: BTreeMap<(usize, usize), Weather>) -> Links {
        let random = Random::stream(seed, "links");
        Links { all: BTreeMap::new(), random, weather, cut_until: BTreeMap::new(), next: 0 }
    }

    pub fn cut(&mut self, from: usize, to: usize, until_ns: u64) {
        let until = self.cut_until.entry((from, to)).or_default();
        *until = (*until).max(until_ns);
    }

    pub fn is_cut(&self, a: usize, b: usize, now_ns: u64) -> bool {
        let cut = |from, to| self.cut_until.get(&(from, to)).is_some_and(|until| *until > now_ns);
        cut(a, b) || cut(b, a)
    }

    /// A new connection.
    pub fn dial(&mut self, from: usize, to: usize, lane: Lane, now_ns: u64) -> LinkId {
        self.next += 1;
        let link = LinkId(self.next);
        let connection = Connection {
            ends: [from, to],
            lane,
            open: [true; 2],
            vanished: false,
            last_ns: [now_ns; 2],
            wrong_realm: false,
            lied_from: None,
            gap_since: None,
        };
        self.all.insert(link, connection);
        link
    }

    /// Something leaves `from` on `link`: when it is at the other end. TCP sends again what a cut swallowed.
    pub fn carry(&mut self, link: LinkId, from: usize, now_ns: u64) -> Option<(usize, u64)> {
        let connection = self.all.get_mut(&link).filter(|connection| !connection.vanished)?;
        let end = 1 - connection.end_of(from);
        let to = connection.ends[end];
        let weather = self.weather.get(&(from, to))?;
        let mut delay_s = weather.delay_s + self.random.between(0.0, weather.jitter_s);
        while self.random.chance(weather.loss) {
            delay_s += RETRANSMISSION_S;
        }
        let leaves_ns = self.cut_until.get(&(from, to)).map_or(now_ns, |until| now_ns.max(*until));
        let arrives_ns = (leaves_ns + (delay_s * 1e9) as u64).max(connection.last_ns[end]);
        connection.last_ns[end] = arrives_ns;
        Some((to, arrives_ns))
    }

    /// Forgets what is closed at both ends.
    pub fn forget(&mut self, link: LinkId) {
        if self.all.get(&link).is_some_and(|connection| connection.open == [false; 2]) {
            self.all.remove(&link);
        }
    }
}
