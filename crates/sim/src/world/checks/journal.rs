//! What journals hold.

use std::collections::{BTreeMap, BTreeSet};

use exchange::{Digest, FeedFact, sha256};
use node::input::LinkChange;
use node::journal::Journal;
use node::replay::Replayer;
use node::row::{Output, Recorded, Row};
use statement::{Lane, Nation, Statement};

use super::{Said, Violation, name_of};
use crate::world::play::World;

/// As `node::driver` bounds what a turn takes of tracks.
const PICTURE_INPUTS_PER_TURN: usize = 128;

/// What a journal was found to hold.
#[derive(Default)]
pub(super) struct Kept {
    /// Bodies of own, by whom they are for.
    pub said: BTreeMap<(Nation, Lane), BTreeSet<Digest>>,
    /// Own bodies that have a number, by feed.
    pub numbered: BTreeMap<(Nation, Lane), BTreeSet<Digest>>,
    /// Partners' bodies, by feed.
    pub taken: BTreeMap<(Nation, Lane), BTreeSet<Digest>>,
}

impl World<'_> {
    /// The statements in the rows from `from` on.
    pub(super) fn statements(&mut self, who: usize, from: usize) -> BTreeSet<Said> {
        let rows = self.stations[who].disk.rows(from as u64, usize::MAX).unwrap_or_default();
        let rows = rows.iter().filter_map(|stored| postcard::from_bytes::<Row>(&stored.bytes).ok());
        let outputs = rows.flat_map(|row| row.steps).flat_map(|step| step.outputs);
        let sealed = outputs.filter_map(|output| match output {
            Output::Sealed(bytes) => Some(bytes),
            _ => None,
        });
        sealed
            .filter_map(|bytes| self.opened_by_any(&bytes, who).ok())
            .map(|body| said(&body.header))
            .collect()
    }

    /// The journal of an honest nation replays, and each row of it is as it may be.
    pub(super) fn check_journal(&mut self, at: u64, who: usize) -> Result<Kept, Violation> {
        let replays = "replay is bit-identical";
        let disk = &self.stations[who].disk;
        let head = match node::replay::head(disk) {
            Ok(Some(head)) => head,
            other => return Err(self.violated(at, who, replays, format!("{:?}", other.err()))),
        };
        let cast = &self.ground.cast;
        let proven = Replayer::prove(disk, &head, cast.root.clone(), cast.signatures)
            .map_err(|error| self.violated(at, who, replays, error.to_string()))?;
        self.ledger.checked += proven.report.rows;
        let alive = self.stations[who].driver.as_ref().and_then(|driver| driver.node().snapshot().ok());
        if alive.is_some() && self.stations[who].is_idle() && alive != proven.node.snapshot().ok() {
            return Err(self.violated(at, who, replays, "the state is another one".into()));
        }
        let mut reading = Reading::default();
        for stored in self.stations[who].disk.rows(1, usize::MAX).unwrap_or_default() {
            let Ok(row) = postcard::from_bytes::<Row>(&stored.bytes) else { continue };
            self.check_row(at, who, stored.number as usize, row, &mut reading)?;
        }
        self.check_epochs(at, who, &reading)?;
        Ok(reading.kept)
    }

    fn check_row(
        &mut self,
        at: u64,
        who: usize,
        number: usize,
        row: Row,
        reading: &mut Reading,
    ) -> Result<(), Violation> {
        if self.stations[who].restores.iter().any(|restore| restore.row == number) {
            reading.copied = Some(reading.epochs.clone());
            reading.revealed = false;
        }
        let mut picture = 0;
        for step in row.steps {
            self.ledger.checked += 1;
            match &step.input {
                Recorded::Link { change: LinkChange::RestoreSeen, .. } => reading.revealed = true,
                Recorded::Plots(_) | Recorded::Entry { lane: Lane::Picture, .. } => picture += 1,
                Recorded::Act(..) | Recorded::Entry { lane: Lane::Warning, .. } if picture > 0 => {
                    let what = format!("row {number}: a warning waited for {picture} picture inputs");
                    return Err(self.violated(at, who, "a warning never waits for the picture", what));
                }
                _ => {}
            }
            if picture > PICTURE_INPUTS_PER_TURN {
                let what = format!("row {number} took more than {PICTURE_INPUTS_PER_TURN} picture inputs");
                return Err(self.violated(at, who, "a warning never waits for the picture", what));
            }
            if let Recorded::Entry { from, lane, epoch, number: entry, raw } = &step.input {
                self.check_taken(at, who, number, (*from, *lane), raw)?;
                let (was, next) = reading.held.get(&(*from, *lane)).copied().unwrap_or((0, 0));
                if *epoch < was || *entry != if *epoch > was { 0 } else { next } {
                    let what = format!("row {number}: entry {entry} of epoch {epoch} after {next} of {was}");
                    return Err(self.violated(at, who, "entries are taken in their order", what));
                }
                reading.held.insert((*from, *lane), (*epoch, entry + 1));
                if let Some(id) = name_of(raw) {
                    reading.kept.taken.entry((*from, *lane)).or_default().insert(id);
                }
            }
            for output in step.outputs {
                self.check_output(at, who, number, output, reading)?;
            }
        }
        Ok(())
    }

    /// What was taken of a partner.
    fn check_taken(
        &mut self,
        at: u64,
        who: usize,
        number: usize,
        (from, _): (Nation, Lane),
        raw: &[u8],
    ) -> Result<(), Violation> {
        let own = self.ground.nations[who];
        let forged = self.ledger.lies.bodies.contains(&sha256(&[raw]));
        let origin = self.ground.nations.binary_search(&from).unwrap_or_default();
        let body = self.opened(raw, origin, who);
        let not_fit = body.err().unwrap_or_default();
        if forged || !not_fit.is_empty() {
            let why = if forged { "made up by a hostile nation".to_owned() } else { not_fit };
            let what = format!("row {number}: a body of {from} is taken by {own}: {why}");
            return Err(self.violated(at, who, "only what is signed for us is taken", what));
        }
        Ok(())
    }

    fn check_output(
        &mut self,
        at: u64,
        who: usize,
        number: usize,
        output: Output,
        reading: &mut Reading,
    ) -> Result<(), Violation> {
        let own = self.ground.nations[who];
        match output {
            Output::Sealed(bytes) => {
                let Ok(body) = self.opened_by_any(&bytes, who) else {
                    let what = format!("row {number}");
                    return Err(self.violated(at, who, "what was sealed can be opened", what));
                };
                let name = said(&body.header);
                let restores = &self.stations[who].restores;
                let lost = restores.iter().any(|one| one.row <= number && one.lost.contains(&name));
                if reading.revealed && lost {
                    let what = format!("row {number}: {} revision {}, as in its lost past", name.0, name.1);
                    return Err(self.violated(at, who, "an id is given once", what));
                }
                if self.ledger.said.insert((who, name.clone()), body.id()).is_some() {
                    let what = format!("row {number}: {} revision {}", name.0, name.1);
                    return Err(self.violated(at, who, "a revision is said once", what));
                }
                if let Statement::Acknowledge(acknowledge) = &body.statement {
                    let member = self.ground.cast.roster.member(own);
                    let known = member.is_some_and(|member| {
                        let is = |officer: &statement::Officer| {
                            officer.actor == acknowledge.actor && officer.key == acknowledge.actor_key
                        };
                        member.officers.iter().any(is)
                    });
                    if !known {
                        let what = format!("row {number}: an acknowledgement of `{}`", acknowledge.actor);
                        return Err(self.violated(at, who, "only rostered officers act", what));
                    }
                }
                for &partner in &body.header.audience {
                    let feed = (partner, body.header.kind.lane());
                    reading.kept.said.entry(feed).or_default().insert(body.id());
                }
            }
            Output::Fact { partner, lane, fact: FeedFact::Opened { epoch } } => {
                reading.epochs.insert((partner, lane), epoch);
            }
            Output::Fact { partner, lane, fact: FeedFact::Numbered { body_id, .. } } => {
                reading.kept.numbered.entry((partner, lane)).or_default().insert(body_id);
            }
            _ => {}
        }
        Ok(())
    }

    /// Where one feed showed that the journal is an old copy, all begin new epochs.
    fn check_epochs(&mut self, at: u64, who: usize, reading: &Reading) -> Result<(), Violation> {
        let Some(copied) = reading.copied.as_ref().filter(|_| reading.revealed) else { return Ok(()) };
        for (feed, epoch) in copied {
            self.ledger.checked += 1;
            if reading.epochs.get(feed) <= Some(epoch) {
                let what = format!("to {} in the {} lane it is still {epoch}", feed.0, feed.1);
                return Err(self.violated(at, who, "a restored nation begins new epochs", what));
            }
        }
        Ok(())
    }
}

/// Of a journal that is being read.
#[derive(Default)]
struct Reading {
    kept: Kept,
    /// (epoch, next number) of what is held.
    held: BTreeMap<(Nation, Lane), (u64, u64)>,
    /// The epoch of each own feed; and as they were in the copy that was put back last.
    epochs: BTreeMap<(Nation, Lane), u64>,
    copied: Option<BTreeMap<(Nation, Lane), u64>>,
    /// Whether a partner has shown since that it is an old copy.
    revealed: bool,
}

fn said(header: &exchange::Header) -> Said {
    (header.statement_id.clone(), header.revision, format!("{:?}", header.level))
}
