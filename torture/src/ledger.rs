//! What the journals of all nations say together, as they grow: who numbered what, who holds what, who signed for
//! what.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use exchange::body::id_of;
use exchange::checkpoint::Place;
use exchange::{Digest, FeedFact, TreeHead, note::Note};
use node::journal::Journal;
use node::row::{Output, Recorded, Row};
use node::shell::sqlite::SqliteJournal;
use statement::{Lane, Nation, Realm};

/// From whom, to whom, in which lane, of which epoch.
pub type Feed = (Nation, Nation, Lane, u64);

/// The journals so far.
#[derive(Default)]
pub struct Ledger {
    /// Where each journal was read to: rows, and the hash of the last one.
    read: BTreeMap<Nation, (u64, Digest)>,
    /// By the sender's journal.
    numbered: BTreeMap<Feed, BTreeMap<u64, Digest>>,
    /// By the receiver's journal.
    held: BTreeMap<Feed, BTreeMap<u64, Digest>>,
    /// By receipts in the sender's journal, each signed by the receiver: so many are held.
    receipted: BTreeMap<Feed, u64>,
    /// Of the receipts, how much was compared with what the receiver holds.
    compared: BTreeMap<Feed, u64>,
    /// What does not fit.
    pub wrong: Vec<String>,
    /// Acknowledged entries that were not there.
    pub lost: u64,
    /// Numbers that name two bodies.
    pub reused: u64,
    /// Acknowledged entries that were looked for, each once.
    pub acknowledged: u64,
}

impl Ledger {
    /// Numbers that were given, over all feeds.
    pub fn numbers(&self) -> u64 {
        self.numbered.values().map(|feed| feed.len() as u64).sum()
    }

    /// Reads on in a nation's journal. What was read before must still be there, to the last bit. `but_the_last`: its
    /// node is in the middle of something, and the last row may not be durable yet.
    pub fn read(&mut self, nation: Nation, realm: &Realm, file: &Path, but_the_last: bool) -> Result<()> {
        let journal = SqliteJournal::open_to_read(file).with_context(|| format!("{nation}"))?;
        let (known, tip) = self.read.get(&nation).copied().unwrap_or((0, Digest([0; 32])));
        if known > 0 {
            let last = journal.rows(known - 1, 1).unwrap_or_default();
            if last.first().is_none_or(|row| row.hash != tip) {
                self.lost += 1;
                self.wrong.push(format!("{nation}: row {} was there before, and is not", known - 1));
                return Ok(());
            }
        }
        let mut rows = journal.rows(known, usize::MAX).with_context(|| format!("{nation}"))?;
        if but_the_last {
            rows.pop();
        }
        for stored in rows {
            self.read.insert(nation, (stored.number + 1, stored.hash));
            if stored.number == 0 {
                continue;
            }
            let row: Row = postcard::from_bytes(&stored.bytes)
                .with_context(|| format!("{nation}: row {}", stored.number))?;
            for step in row.steps {
                if let Recorded::Entry { from, lane, epoch, number, raw }
                | Recorded::Unreadable { from, lane, epoch, number, raw, .. } = step.input
                {
                    let id = id_of(&raw).map_err(|refusal| anyhow::anyhow!("{nation}: {refusal}"))?;
                    let before = self.held.entry((from, nation, lane, epoch)).or_default().insert(number, id);
                    if before.is_some() {
                        self.reused += 1;
                        self.wrong.push(format!(
                            "{nation} took number {number} of {from} in the {lane} lane twice"
                        ));
                    }
                }
                for output in step.outputs {
                    self.output(nation, realm, output);
                }
            }
        }
        Ok(())
    }

    fn output(&mut self, nation: Nation, realm: &Realm, output: Output) {
        match output {
            Output::Fact { partner, lane, fact: FeedFact::Numbered { epoch, number, body_id } } => {
                let feed = self.numbered.entry((nation, partner, lane, epoch)).or_default();
                if feed.insert(number, body_id).is_some() {
                    self.reused += 1;
                    self.wrong
                        .push(format!("{nation} gave number {number} to {partner} in the {lane} lane twice"));
                }
            }
            Output::Fact { partner, lane, fact: FeedFact::Opened { epoch } } if epoch > 1 => {
                // A kill keeps the journal whole, and a whole journal keeps its epoch.
                self.wrong.push(format!("{nation} began epoch {epoch} to {partner} in the {lane} lane"));
            }
            Output::Receipt { partner, lane, note } => {
                let place = Place { realm: realm.clone(), from: nation, to: partner, lane };
                let read = Note::decode(&note).and_then(|note| {
                    let (tree, _) = TreeHead::read(&note.text)?;
                    Ok((place.epoch_of(&tree.origin)?, tree.size))
                });
                match read {
                    Ok((epoch, size)) => {
                        let most = self.receipted.entry((nation, partner, lane, epoch)).or_default();
                        *most = size.max(*most);
                    }
                    Err(refusal) => self.wrong.push(format!("{nation}: a receipt of {partner}: {refusal}")),
                }
            }
            _ => {}
        }
    }

    /// Compares after `killed` was killed, all journals being read: what it signed for it holds; what partners hold of
    /// it, it said. `None`: of every nation.
    pub fn compare(&mut self, killed: Option<Nation>) {
        let of = |nation: Nation| killed.is_none_or(|killed| killed == nation);
        for (feed, &size) in self.receipted.iter().filter(|((_, to, ..), _)| of(*to)) {
            let compared = self.compared.entry(*feed).or_default();
            let held = self.held.get(feed);
            for number in *compared..size {
                let said = self.numbered.get(feed).and_then(|said| said.get(&number));
                self.acknowledged += 1;
                if said.is_none() || held.and_then(|held| held.get(&number)) != said {
                    self.lost += 1;
                    self.wrong.push(format!(
                        "{feed:?}: {} signed for number {number} and does not hold it",
                        feed.1
                    ));
                }
            }
            *compared = size.max(*compared);
        }
        for (feed, held) in self.held.iter().filter(|((from, ..), _)| of(*from)) {
            let said = self.numbered.get(feed);
            for (number, id) in held {
                match said.and_then(|said| said.get(number)) {
                    Some(numbered) if numbered == id => {}
                    Some(_) => {
                        self.reused += 1;
                        self.wrong.push(format!("{feed:?}: number {number} names two bodies"));
                    }
                    None => {
                        self.lost += 1;
                        self.wrong.push(format!(
                            "{feed:?}: {} holds number {number}, its sender forgot it",
                            feed.1
                        ));
                    }
                }
            }
        }
    }

    /// At the end everything that was said has arrived.
    pub fn compare_the_end(&mut self) {
        self.compare(None);
        for (feed, said) in &self.numbered {
            let held = self.held.get(feed).map_or(0, BTreeMap::len);
            if held != said.len() {
                self.wrong.push(format!("{feed:?}: {held} of {} came", said.len()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed() -> Feed {
        ("jpn".parse().unwrap(), "usa".parse().unwrap(), Lane::Warning, 1)
    }

    /// Two entries said, held and signed for.
    fn whole() -> Ledger {
        let mut ledger = Ledger::default();
        let entries: BTreeMap<u64, Digest> = [(0, Digest([1; 32])), (1, Digest([2; 32]))].into();
        ledger.numbered.insert(feed(), entries.clone());
        ledger.held.insert(feed(), entries);
        ledger.receipted.insert(feed(), 2);
        ledger
    }

    #[test]
    fn what_is_whole_passes_and_each_acknowledged_entry_is_looked_for_once() {
        let mut ledger = whole();
        ledger.compare(Some(feed().1));
        ledger.compare_the_end();
        assert_eq!((ledger.acknowledged, ledger.lost, ledger.reused), (2, 0, 0));
        assert!(ledger.wrong.is_empty(), "{:?}", ledger.wrong);
    }

    #[test]
    fn losses_and_numbers_used_twice_are_seen() {
        let mut ledger = whole();
        ledger.held.get_mut(&feed()).unwrap().remove(&1);
        ledger.compare(Some(feed().1));
        assert_eq!((ledger.lost, ledger.reused), (1, 0), "the receiver signed, and does not hold");

        let mut ledger = whole();
        ledger.numbered.get_mut(&feed()).unwrap().remove(&1);
        ledger.receipted.insert(feed(), 1);
        ledger.compare(Some(feed().0));
        assert_eq!((ledger.lost, ledger.reused), (1, 0), "the sender said it, and forgot");

        let mut ledger = whole();
        ledger.held.get_mut(&feed()).unwrap().insert(1, Digest([3; 32]));
        ledger.receipted.insert(feed(), 1);
        ledger.compare(Some(feed().0));
        assert_eq!((ledger.lost, ledger.reused), (0, 1), "one number, two bodies");

        let mut ledger = whole();
        ledger.held.get_mut(&feed()).unwrap().remove(&1);
        ledger.receipted.insert(feed(), 1);
        ledger.compare_the_end();
        assert!(ledger.lost == 0 && ledger.wrong.len() == 1, "said, and never came: {:?}", ledger.wrong);
    }
}
