//! The invariants, each a few lines. A new one is a function here and its call.

use std::collections::{BTreeMap, BTreeSet};

use exchange::wire::Frame;
use exchange::wire::frame::Content;
use exchange::{Digest, sha256};
use node::driver::Driver;
use node::journal::Journal;
use node::replay::Replayer;
use node::row::{Recorded, Row};
use physics::time::Tai;
use statement::{Kind, Lane, Level};

use super::play::{World, name_of};

/// What does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// When it was seen, seconds since the start.
    pub at_s: f64,
    /// At which nation.
    pub who: usize,
    /// The invariant.
    pub name: &'static str,
    /// How it was broken.
    pub what: String,
}

/// (from, to, lane) by index.
pub(super) type Way = (usize, usize, Lane);

/// What the outside has seen.
#[derive(Default)]
pub(super) struct Ledger {
    pub checked: u64,
    /// Bodies that nobody may take: their signatures are wrong.
    pub forged: BTreeSet<Digest>,
    /// Which body left under which number: (way, epoch, number).
    sent: BTreeMap<(Way, u64, u64), Digest>,
    /// What a receiver said that it holds: (epoch, size), by way.
    promised: BTreeMap<Way, (u64, u64)>,
    /// Which body a statement's revision was, by (nation, statement, revision, level).
    said: BTreeMap<(usize, String, u32, String), Digest>,
}

impl World<'_> {
    /// What an honest node sends.
    pub fn check_sent(
        &mut self,
        at: u64,
        way: Way,
        wrong_realm: bool,
        frame: &Frame,
    ) -> Result<(), Violation> {
        let (who, to, lane) = way;
        let heard = (to, who, lane);
        self.ledger.checked += 1;
        match &frame.content {
            Some(Content::HelloAnswer(answer)) => {
                if wrong_realm {
                    return Err(self.violated(
                        at,
                        who,
                        "no other realm",
                        "a Hello of another realm was answered".into(),
                    ));
                }
                self.promise(heard, answer.epoch, answer.size);
            }
            Some(Content::Receipt(receipt)) => {
                let mut lines = receipt.note.lines();
                let epoch = lines.next().and_then(|origin| origin.rsplit('/').next()?.parse().ok());
                let size = lines.next().and_then(|size| size.parse().ok());
                if let (Some(epoch), Some(size)) = (epoch, size) {
                    self.promise(heard, epoch, size);
                    let held = self.stations[who].driver.as_ref().and_then(|driver| {
                        let inbound = driver.feeds().inbound.get(&(self.ground.nations[to], lane))?;
                        Some((inbound.held().epoch, inbound.held().size))
                    });
                    if held.is_some_and(|held| held < (epoch, size)) {
                        let what =
                            format!("it signed for {size} entries of epoch {epoch}, it holds {held:?}");
                        return Err(self.violated(at, who, "nothing acknowledged is lost", what));
                    }
                }
            }
            Some(Content::Entry(entry)) => {
                return self.check_entry(at, way, entry.epoch, entry.number, &entry.body);
            }
            _ => {}
        }
        Ok(())
    }

    fn promise(&mut self, way: Way, epoch: u64, size: u64) {
        let promised = self.ledger.promised.entry(way).or_default();
        *promised = (*promised).max((epoch, size));
    }

    fn check_entry(
        &mut self,
        at: u64,
        way: Way,
        epoch: u64,
        number: u64,
        bytes: &[u8],
    ) -> Result<(), Violation> {
        let (who, to, lane) = way;
        let Some(id) = name_of(bytes) else {
            return Err(self.violated(at, who, "what leaves can be read", "an entry without form".into()));
        };
        if let Some(before) = self.ledger.sent.insert((way, epoch, number), id)
            && before != id
        {
            // A journal put back may forget what its partner does not hold either; see docs/exchange.md.
            let promised = self.ledger.promised.get(&way).is_some_and(|held| *held > (epoch, number));
            if !self.stations[who].restored || (promised && !self.stations[to].restored) {
                let what = format!("number {number} of epoch {epoch}, {lane} lane, names two bodies");
                return Err(self.violated(at, who, "a number names one body", what));
            }
        }
        let (own, peer) = (self.ground.nations[who], self.ground.nations[to]);
        let body = match exchange::open(bytes, &self.ground.trust, peer, own) {
            Ok(body) => body,
            Err(error) => {
                return Err(self.violated(
                    at,
                    who,
                    "nothing leaves that policy did not release",
                    error.to_string(),
                ));
            }
        };
        let level = self.ground.levels.get(&(own, peer)).copied().flatten();
        let allowed = body.header.audience.contains(&peer)
            && level.is_some()
            && (body.header.kind != Kind::TrackBatch || level == Some(Level::Track));
        if !allowed {
            let what = format!("a {} left to {peer}, who is cleared for {level:?}", body.header.kind);
            return Err(self.violated(at, who, "nothing leaves that policy did not release", what));
        }
        let header = &body.header;
        let key = (who, header.statement_id.clone(), header.revision, format!("{:?}", header.level));
        if let Some(before) = self.ledger.said.insert(key, id)
            && before != id
            && !self.stations[who].restored
        {
            let what =
                format!("{} revision {} was said twice, differently", header.statement_id, header.revision);
            return Err(self.violated(at, who, "a revision is said once", what));
        }
        Ok(())
    }

    /// What an honest node that started again must still know.
    pub fn check_recovered(&mut self, at: u64, who: usize, driver: &Driver) -> Result<(), Violation> {
        if self.stations[who].restored {
            // What was lost with the journal is known to be lost: promises begin anew.
            self.ledger.promised.retain(|(_, to, _), _| *to != who);
            return Ok(());
        }
        for (&(from, to, lane), &promised) in self.ledger.promised.iter().filter(|((_, to, _), _)| *to == who)
        {
            self.ledger.checked += 1;
            let held =
                driver.feeds().inbound.get(&(self.ground.nations[from], lane)).map(|inbound| inbound.held());
            if held.is_some_and(|held| (held.epoch, held.size) < promised) {
                let what = format!("{} was told {promised:?}, {held:?} is left", self.ground.nations[from]);
                return Err(self.violated(at, to, "nothing acknowledged is lost", what));
            }
        }
        Ok(())
    }

    /// Ages shown are never younger than the truth: new data is data that came.
    pub fn check_age(&mut self, at: u64, who: usize, last_data: Option<Tai>) -> Result<(), Violation> {
        let station = &self.stations[who];
        self.ledger.checked += 1;
        let came = station.last_data_ns.map(|ns| self.ground.start.0 + ns as i64);
        if station.clock_trusted && last_data.map(|data| data.0) > came {
            let what = format!("data of {last_data:?} is shown, the last came at {came:?}");
            return Err(self.violated(at, who, "ages are never younger than the truth", what));
        }
        Ok(())
    }

    /// All faults are over: partners agree, journals replay, and hold what they may hold.
    pub fn check_end(&mut self, at: u64) -> Result<(), Violation> {
        for who in 0..self.stations.len() {
            if self.stations[who].trick.is_none() {
                self.check_journal(at, who)?;
            }
            for to in (0..self.stations.len()).filter(|to| *to != who) {
                if self.stations[who].trick.is_none() && self.stations[to].trick.is_none() {
                    self.check_agreed(at, who, to)?;
                }
            }
        }
        Ok(())
    }

    fn check_agreed(&mut self, at: u64, who: usize, to: usize) -> Result<(), Violation> {
        let name = "partners agree soon after the last fault";
        let (Some(sender), Some(receiver)) = (&self.stations[who].driver, &self.stations[to].driver) else {
            return Err(self.violated(at, who, name, "a process did not come back".into()));
        };
        for lane in Lane::ALL {
            self.ledger.checked += 1;
            let outbound = sender.feeds().outbound.get(&(self.ground.nations[to], lane));
            let inbound = receiver.feeds().inbound.get(&(self.ground.nations[who], lane));
            let (Some(outbound), Some(inbound)) = (outbound, inbound) else { continue };
            let (feed, held) = (outbound.feed(), inbound.held());
            // An epoch of which nothing was said is not known to the partner.
            let unsaid = feed.tree().size() == 0 && feed.epoch() > held.epoch;
            let agreed = unsaid
                || feed.epoch() == held.epoch
                    && feed.tree().size() == held.size
                    && feed.tree().root() == held.root;
            if !agreed || feed.waiting() > 0 || (!unsaid && feed.receipted() < held.size) {
                let what = format!(
                    "{lane} lane to {}: epoch {} with {} entries, {} waiting, {} receipted; held are {} of epoch {}",
                    self.ground.nations[to],
                    feed.epoch(),
                    feed.tree().size(),
                    feed.waiting(),
                    feed.receipted(),
                    held.size,
                    held.epoch
                );
                return Err(self.violated(at, who, name, what));
            }
        }
        Ok(())
    }

    fn check_journal(&mut self, at: u64, who: usize) -> Result<(), Violation> {
        let (disk, own) = (&self.stations[who].disk, self.ground.nations[who]);
        let head = match node::replay::head(disk) {
            Ok(Some(head)) => head,
            other => {
                return Err(self.violated(at, who, "replay is bit-identical", format!("{:?}", other.err())));
            }
        };
        let proven = match Replayer::prove_simulated(disk, &head, self.ground.root.clone()) {
            Ok(proven) => proven,
            Err(error) => return Err(self.violated(at, who, "replay is bit-identical", error.to_string())),
        };
        self.ledger.checked += proven.report.rows;
        let alive = self.stations[who].driver.as_ref().and_then(|driver| driver.node().snapshot().ok());
        if alive.is_some() && alive != proven.node.snapshot().ok() {
            return Err(self.violated(at, who, "replay is bit-identical", "the state is another one".into()));
        }
        for stored in self.stations[who].disk.rows(1, usize::MAX).unwrap_or_default() {
            let Ok(row) = postcard::from_bytes::<Row>(&stored.bytes) else { continue };
            let mut picture = 0;
            for step in row.steps {
                match step.input {
                    Recorded::Plots(_) | Recorded::Entry { lane: Lane::Picture, .. } => picture += 1,
                    Recorded::Act(..) | Recorded::Entry { lane: Lane::Warning, .. } if picture > 0 => {
                        let what =
                            format!("row {}: a warning waited for {picture} picture inputs", stored.number);
                        return Err(self.violated(at, who, "a warning never waits for the picture", what));
                    }
                    _ => {}
                }
                if let Recorded::Entry { from, raw, .. } = &step.input {
                    let forged = self.ledger.forged.contains(&sha256(&[raw]));
                    let body = exchange::open(raw, &self.ground.trust, own, *from).ok();
                    let fits = body.is_some_and(|body| {
                        let header = &body.header;
                        header.realm == self.ground.realm
                            && header.origin == *from
                            && header.audience.contains(&own)
                    });
                    if forged || !fits {
                        let what = format!(
                            "row {}: a body of {from} that is forged, or not for {own}",
                            stored.number
                        );
                        return Err(self.violated(at, who, "only what is signed for us is taken", what));
                    }
                }
            }
        }
        Ok(())
    }
}
