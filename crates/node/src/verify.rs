//! Checks a journal without recomputing it: every signature, every number, every head that a partner signed for.

use std::collections::BTreeMap;

use exchange::body::id_of;
use exchange::merkle::Frontier;
use exchange::receipt::open_receipt;
use exchange::{FeedFact, HeldFact, Place, RootPublic, Sealed, Trust, open, open_roster};

use crate::feeds::{Feeds, Key};
use crate::journal::{Journal, StoredRow};
use crate::replay::{ReplayError, head, same_node};
use crate::row::{Head, Output, Recorded, Row, Step};

const ROWS_AT_A_TIME: usize = 256;

/// What was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Checked {
    /// Rows of the chain.
    pub rows: u64,
    /// Own bodies whose signatures are right.
    pub statements: u64,
    /// Partners' bodies whose signatures are right.
    pub entries: u64,
    /// Numbers given or taken, each the next of its feed.
    pub numbers: u64,
    /// Receipts of partners whose signatures are right and whose heads are those of the feed.
    pub receipts: u64,
}

struct Verifier {
    head: Head,
    trust: Option<Trust>,
    feeds: Feeds,
    /// Roots of the present epoch of each feed, by size.
    roots: BTreeMap<Key, (u64, Frontier, Vec<exchange::Digest>)>,
    checked: Checked,
}

/// Checks a whole journal under the realm's root keys.
pub fn verify(journal: &dyn Journal, root: &RootPublic) -> Result<Checked, ReplayError> {
    let Some(head) = head(journal)? else {
        return Err(ReplayError::Row { row: 0, what: "the journal is empty".into() });
    };
    let checked = Checked { rows: 1, ..Checked::default() };
    let mut verifier =
        Verifier { head, trust: None, feeds: Feeds::default(), roots: BTreeMap::new(), checked };
    let mut next = 1;
    loop {
        let rows = journal.rows(next, ROWS_AT_A_TIME)?;
        let Some(last) = rows.last() else { break };
        next = last.number + 1;
        for StoredRow { number, bytes, .. } in &rows {
            let wrong = |what: String| ReplayError::Row { row: *number, what };
            let row: Row =
                postcard::from_bytes(bytes).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
            for step in &row.steps {
                verifier.step(step, root).map_err(wrong)?;
            }
            verifier.checked.rows += 1;
        }
    }
    // The snapshot's own digest.
    journal.snapshot()?;
    Ok(verifier.checked)
}

impl Verifier {
    fn step(&mut self, step: &Step, root: &RootPublic) -> Result<(), String> {
        match &step.input {
            Recorded::Identity(identity) => {
                same_node(identity, &self.head.identity).map_err(|error| error.to_string())?;
                self.head.identity = identity.clone();
            }
            Recorded::Roster(bytes) => {
                let roster = open_roster(bytes, root, &self.head.identity.realm)
                    .map_err(|error| format!("roster: {error}"))?;
                let own = self.head.identity.nation;
                let partners: Vec<_> =
                    roster.members.iter().map(|member| member.nation).filter(|n| *n != own).collect();
                self.feeds.ensure(&self.head.identity.realm, own, partners);
                match &mut self.trust {
                    Some(trust) => trust.replace(roster).map_err(|error| format!("roster: {error}"))?,
                    None => self.trust = Some(Trust::new(roster)),
                }
            }
            Recorded::Entry { from, lane, epoch, number, raw } => {
                let body = open(raw, self.trust()?, self.head.identity.nation, *from)
                    .map_err(|error| format!("entry {number} of {from} in the {lane} lane: {error}"))?;
                let fact = HeldFact::Entry { epoch: *epoch, number: *number, body_id: body.id() };
                self.feeds.apply_held((*from, *lane), &fact)?;
                self.checked.entries += 1;
                self.checked.numbers += 1;
            }
            Recorded::Unreadable { from, lane, epoch, number, raw, .. } => {
                let body_id = id_of(raw).map_err(|error| error.to_string())?;
                let fact = HeldFact::Entry { epoch: *epoch, number: *number, body_id };
                self.feeds.apply_held((*from, *lane), &fact)?;
                self.checked.numbers += 1;
            }
            _ => {}
        }
        step.outputs.iter().try_for_each(|output| self.output(output))
    }

    fn output(&mut self, output: &Output) -> Result<(), String> {
        match output {
            Output::Sealed(bytes) => {
                Sealed::from_own_journal(bytes, self.trust()?, self.head.identity.nation)
                    .map_err(|error| format!("an own statement: {error}"))?;
                self.checked.statements += 1;
            }
            Output::Fact { partner, lane, fact } => {
                self.feeds.apply_fact((*partner, *lane), fact)?;
                let known = self.roots.entry((*partner, *lane)).or_default();
                match fact {
                    FeedFact::Opened { epoch } => *known = (*epoch, Frontier::default(), Vec::new()),
                    FeedFact::Numbered { body_id, .. } => {
                        known.1.append(&body_id.0);
                        known.2.push(known.1.root());
                        self.checked.numbers += 1;
                    }
                    _ => {}
                }
            }
            Output::Held { partner, lane, fact } => self.feeds.apply_held((*partner, *lane), fact)?,
            Output::Receipt { partner, lane, note } => {
                let identity = &self.head.identity;
                let (realm, from) = (identity.realm.clone(), identity.nation);
                let place = Place { realm, from, to: *partner, lane: *lane };
                let receipt = open_receipt(note, &place, self.trust()?)
                    .map_err(|error| format!("a receipt of {partner} in the {lane} lane: {error}"))?;
                let (epoch, _, roots) = self.roots.entry((*partner, *lane)).or_default();
                let index = usize::try_from(receipt.tree.size).unwrap_or(usize::MAX).wrapping_sub(1);
                if receipt.epoch == *epoch && roots.get(index) != Some(&receipt.tree.root) {
                    return Err(format!(
                        "{partner} signed for a head of size {} in the {lane} lane that is not this feed's",
                        receipt.tree.size
                    ));
                }
                self.checked.receipts += 1;
            }
            Output::Equivocation { .. } => {}
        }
        Ok(())
    }

    fn trust(&self) -> Result<&Trust, String> {
        self.trust.as_ref().ok_or_else(|| "a signed thing stands before the roster".to_owned())
    }
}
