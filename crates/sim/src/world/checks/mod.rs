//! The invariants, each a few lines. A new one is a function here and its call.

mod end;
mod journal;
mod wire;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use exchange::{Body, Digest, Verified, sha256};
use node::driver::Driver;
use statement::{Lane, Nation};

use super::hostile::Lies;
use super::play::World;

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

/// A statement's name: its id, its revision, its level.
pub(crate) type Said = (String, u32, String);

/// What the outside has seen.
#[derive(Default)]
pub(super) struct Ledger {
    pub checked: u64,
    /// What hostile nations made up.
    pub lies: Lies,
    /// Which body left under which number: (way, epoch, number).
    sent: BTreeMap<(Way, u64, u64), Digest>,
    /// What a receiver said that it holds: (epoch, size), by way.
    promised: BTreeMap<Way, (u64, u64)>,
    /// Which body a statement was, by nation.
    said: BTreeMap<(usize, Said), Digest>,
    /// Bodies that were opened before, by the hash of their bytes and the nation they came from.
    opened: HashMap<(Digest, usize), Result<Verified<Body>, String>>,
}

/// A journal that an old copy took the place of.
#[derive(Clone, Debug)]
pub(crate) struct Restore {
    /// The first row after it.
    row: usize,
    /// What was said in the rows that were lost.
    lost: BTreeSet<Said>,
}

impl World<'_> {
    /// What an honest node that started again must still know.
    pub fn check_recovered(&mut self, at: u64, who: usize, driver: &Driver) -> Result<(), Violation> {
        for (&(from, to, lane), &promised) in self.ledger.promised.iter().filter(|((_, to, _), _)| *to == who)
        {
            self.ledger.checked += 1;
            let inbound = driver.feeds().inbound.get(&(self.ground.nations[from], lane));
            let held = inbound.map(|inbound| inbound.reached());
            if held.is_some_and(|held| held < promised) {
                let what = format!("{} was told {promised:?}, {held:?} is left", self.ground.nations[from]);
                return Err(self.violated(at, to, "nothing acknowledged is lost", what));
            }
        }
        Ok(())
    }

    /// Ages shown are never younger than the truth, whatever the clocks do.
    pub fn check_age(&mut self, at: u64, who: usize) -> Result<(), Violation> {
        let now = self.now(who, at);
        let station = &self.stations[who];
        let Some(driver) = &station.driver else { return Ok(()) };
        self.ledger.checked += 1;
        // Of data from before this process there is no other clock to go by.
        let age_s =
            driver.data_age_s(now, 1.0).filter(|_| station.last_data_ns.is_some() || station.clock_trusted);
        let true_s = station.last_data_ns.map(|came| (at - came) as f64 * 1e-9);
        if let (Some(age_s), Some(true_s)) = (age_s, true_s)
            && age_s < true_s - 1e-6
        {
            let what = format!("data of {true_s:.3} s ago is shown as {age_s:.3} s old");
            return Err(self.violated(at, who, "ages are never younger than the truth", what));
        }
        Ok(())
    }

    /// People put an old copy of the journal back: its first `keep` rows.
    pub fn put_back(&mut self, who: usize, keep: usize) {
        let lost = self.statements(who, keep);
        let station = &mut self.stations[who];
        for restore in &mut station.restores {
            restore.row = restore.row.min(keep);
        }
        station.restores.push(Restore { row: keep, lost });
        station.disk.truncate(keep);
        station.expected = None;
        station.durable.clear();
        // What was lost with the journal is known to be lost: promises begin anew.
        self.ledger.promised.retain(|(_, to, _), _| *to != who);
    }

    /// A body of `from` for `to`: its signatures, realm and origin hold, and it is released to `to`.
    fn opened(&mut self, raw: &[u8], from: usize, to: usize) -> Result<Verified<Body>, String> {
        let (opened, peer) = (self.opened_by_any(raw, from)?, self.ground.nations[to]);
        if !opened.header.audience.contains(&peer) {
            return Err(format!("it is not released to {peer}"));
        }
        Ok(opened)
    }

    /// A body of `from`, whoever it is released to. Each is opened once, as signatures take their time.
    fn opened_by_any(&mut self, raw: &[u8], from: usize) -> Result<Verified<Body>, String> {
        let own = self.ground.nations[from];
        let open = || {
            let as_read_by = |me: &Nation| exchange::open(raw, &self.ground.trust, *me, own);
            let mut tried = self.ground.nations.iter().map(as_read_by);
            let refused = |error: exchange::Refusal| error.to_string();
            tried.find(Result::is_ok).unwrap_or(Err(exchange::Refusal::WrongAudience(own))).map_err(refused)
        };
        self.ledger.opened.entry((sha256(&[raw]), from)).or_insert_with(open).clone()
    }

    /// A nation that was never hostile, and whose journal is its own.
    fn is_steady(&self, who: usize) -> bool {
        self.stations[who].hostile.is_none() && !self.stations[who].is_restored()
    }
}

/// The name of a body.
pub(super) fn name_of(body: &[u8]) -> Option<Digest> {
    exchange::body::id_of(body).ok()
}
