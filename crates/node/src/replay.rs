//! Rows back to a node: for recovery after a crash, and to prove a journal bit for bit.

use exchange::body::id_of;
use exchange::{HeldFact, RootPublic, Sealed, Trust, open, open_roster};

use crate::feeds::Feeds;
use crate::input::{Effect, Identity, Input};
use crate::journal::{Journal, JournalError, StoredRow};
use crate::node::{Node, RecoverError};
use crate::row::{FORMAT, Head, Output, Recorded, Row, Step};
use crate::seal::unsigned;

/// Rows read at a time.
const ROWS_AT_A_TIME: usize = 256;

/// A journal that does not lead to a node, or not to the one that wrote it.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal itself.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A row that holds what cannot be.
    #[error("row {row}: {what}")]
    Row {
        /// Its number.
        row: u64,
        /// What is wrong.
        what: String,
    },
    /// Recomputing gave another statement than the journal holds.
    #[error("row {row}, step {step}: {what}")]
    Differs {
        /// The row.
        row: u64,
        /// The step within it, from 0.
        step: usize,
        /// What differs.
        what: String,
    },
}

/// What a replay went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Rows, the first one included.
    pub rows: u64,
    /// Inputs stepped.
    pub inputs: u64,
    /// Own statements compared, or applied.
    pub statements: u64,
    /// Partners' bodies whose signatures were checked.
    pub entries: u64,
    /// Whether a snapshot was found and compared.
    pub snapshot: bool,
}

/// Rebuilds a node row by row.
pub struct Replayer {
    /// The node.
    pub node: Node,
    /// Its feeds.
    pub feeds: Feeds,
    /// What was gone through.
    pub report: Report,
    root: RootPublic,
    compare: bool,
}

/// Which signatures a node believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signatures {
    /// Those of the roster's keys.
    Real,
    /// Simulated ones and no others: in virtual time, never in the live realm.
    Simulated,
}

/// Reads row 0. `None` where the journal is empty.
pub fn head(journal: &dyn Journal) -> Result<Option<Head>, ReplayError> {
    let Some(first) = journal.rows(0, 1)?.into_iter().next() else { return Ok(None) };
    let wrong = |what: String| ReplayError::Row { row: 0, what };
    let head: Head = postcard::from_bytes(&first.bytes)
        .map_err(|error| wrong(format!("it is no head of a journal: {error}")))?;
    if head.format != FORMAT {
        return Err(wrong(format!("the journal is of form {}, this build reads form {FORMAT}", head.format)));
    }
    Ok(Some(head))
}

impl Replayer {
    /// Recovers the node that wrote `journal`: from its snapshot where there is one, effects discarded.
    pub fn recover(
        journal: &dyn Journal,
        head: &Head,
        root: RootPublic,
        signatures: Signatures,
    ) -> Result<Replayer, ReplayError> {
        let mut replayer = Replayer::new(head, root, signatures, false)?;
        let snapshot = journal.snapshot()?;
        let from = match &snapshot {
            Some(snapshot) => {
                let wrong =
                    |error: RecoverError| ReplayError::Row { row: snapshot.row, what: error.to_string() };
                let node = Node::from_snapshot(&snapshot.bytes, &replayer.root).map_err(wrong)?;
                same_node(&node.state().identity, &replayer.node.state().identity).map_err(wrong)?;
                replayer.node = node;
                if signatures == Signatures::Simulated {
                    replayer.node.believe_simulated().map_err(wrong)?;
                }
                snapshot.row + 1
            }
            None => 1,
        };
        replayer.ensure_feeds();
        replayer.run(journal, from, None)?;
        Ok(replayer)
    }

    /// Recomputes every statement of `journal` from its inputs and compares the bytes to be signed, one by one; and
    /// the state with that of the snapshot.
    pub fn prove(
        journal: &dyn Journal,
        head: &Head,
        root: RootPublic,
        signatures: Signatures,
    ) -> Result<Replayer, ReplayError> {
        let mut replayer = Replayer::new(head, root, signatures, true)?;
        let snapshot = journal.snapshot()?;
        let compared = snapshot.as_ref().map(|snapshot| (snapshot.row, snapshot.bytes.as_slice()));
        replayer.run(journal, 1, compared)?;
        Ok(replayer)
    }

    fn new(
        head: &Head,
        root: RootPublic,
        signatures: Signatures,
        compare: bool,
    ) -> Result<Replayer, ReplayError> {
        let mut node = Node::new(head.identity.clone());
        if signatures == Signatures::Simulated {
            let wrong = |error: RecoverError| ReplayError::Row { row: 0, what: error.to_string() };
            node.believe_simulated().map_err(wrong)?;
        }
        let report = Report { rows: 1, ..Report::default() };
        Ok(Replayer { node, feeds: Feeds::default(), report, root, compare })
    }

    /// Goes through all rows; steps those from `step_from` on.
    fn run(
        &mut self,
        journal: &dyn Journal,
        step_from: u64,
        snapshot: Option<(u64, &[u8])>,
    ) -> Result<(), ReplayError> {
        let mut next = 1;
        loop {
            let rows = journal.rows(next, ROWS_AT_A_TIME)?;
            if rows.is_empty() {
                return Ok(());
            }
            for StoredRow { number, bytes, .. } in rows {
                let row: Row = postcard::from_bytes(&bytes).map_err(|error| ReplayError::Row {
                    row: number,
                    what: format!("it cannot be read: {error}"),
                })?;
                for (index, step) in row.steps.into_iter().enumerate() {
                    if number >= step_from {
                        self.step(number, index, step)?;
                    } else {
                        self.facts(number, &step)?;
                    }
                }
                self.report.rows += 1;
                next = number + 1;
                if let Some((row, expected)) = snapshot
                    && row == number
                {
                    let found = self.node.snapshot().unwrap_or_default();
                    if found != expected {
                        let what = "the state after it is not that of the snapshot".to_owned();
                        return Err(ReplayError::Row { row: number, what });
                    }
                    self.report.snapshot = true;
                }
            }
        }
    }

    fn step(&mut self, row: u64, index: usize, step: Step) -> Result<(), ReplayError> {
        let wrong = |what: String| ReplayError::Differs { row, step: index, what };
        self.facts(row, &step)?;
        let Step { now, input, outputs } = step;
        let changes_partners = input.changes_partners();
        let input = self.reopen(input).map_err(|error| wrong(error.to_string()))?;
        let effects = self.node.step(now, input).map_err(|error| wrong(error.to_string()))?;
        if changes_partners {
            self.ensure_feeds();
        }
        self.report.inputs += 1;
        let mut sealed = outputs.iter().filter_map(|output| match output {
            Output::Sealed(bytes) => Some(bytes),
            _ => None,
        });
        let mut recomputed = effects.into_iter().filter_map(|effect| match effect {
            Effect::Say(released) => Some(released),
            Effect::Show(_) => None,
        });
        // Facts are applied before the statements of the step in life too where they came with the input.
        for output in &outputs {
            match output {
                Output::Fact { partner, lane, fact } => self.node.apply_fact(*partner, *lane, fact),
                Output::Sealed(_) => {
                    let Some(bytes) = sealed.next() else { continue };
                    let own = self.node.state().identity.nation;
                    let trust =
                        self.node.trust_in_force().ok_or_else(|| wrong("sealed before a roster".into()))?;
                    let journalled = Sealed::from_own_journal(bytes, trust, own)
                        .map_err(|error| wrong(error.to_string()))?;
                    if self.compare {
                        let released = recomputed.next().ok_or_else(|| {
                            wrong(format!("the journal holds {} that is not said again", name(&journalled)))
                        })?;
                        let again =
                            unsigned(&self.node, now, &released).map_err(|error| wrong(error.to_string()))?;
                        // The id covers protected header and payload: with the realm, the bytes that are signed.
                        if again.id() != journalled.id() {
                            return Err(wrong(format!("{} is not what was said", name(&journalled))));
                        }
                    }
                    self.node.apply(now, &journalled);
                    self.report.statements += 1;
                }
                Output::Held { .. } | Output::Receipt { .. } | Output::Equivocation { .. } => {}
            }
        }
        if self.compare && recomputed.next().is_some() {
            return Err(wrong("recomputing says more than the journal holds".into()));
        }
        Ok(())
    }

    /// What is durable about feeds, without stepping the node.
    fn facts(&mut self, row: u64, step: &Step) -> Result<(), ReplayError> {
        let wrong = |what: String| ReplayError::Row { row, what };
        if let Recorded::Entry { from, lane, epoch, number, raw }
        | Recorded::Unreadable { from, lane, epoch, number, raw, .. } = &step.input
        {
            let body_id = id_of(raw).map_err(|error| wrong(error.to_string()))?;
            let fact = HeldFact::Entry { epoch: *epoch, number: *number, body_id };
            self.feeds.apply_held((*from, *lane), &fact).map_err(wrong)?;
        }
        for output in &step.outputs {
            match output {
                Output::Fact { partner, lane, fact } => {
                    self.feeds.apply_fact((*partner, *lane), fact).map_err(wrong)?;
                }
                Output::Held { partner, lane, fact } => {
                    self.feeds.apply_held((*partner, *lane), fact).map_err(wrong)?;
                }
                Output::Sealed(_) if statement::planted!("bodies-forgotten-by-recovery") => {}
                Output::Sealed(bytes) => {
                    self.feeds.bodies.insert(id_of(bytes).map_err(|error| wrong(error.to_string()))?, row);
                }
                Output::Receipt { .. } | Output::Equivocation { .. } => {}
            }
        }
        Ok(())
    }

    fn ensure_feeds(&mut self) {
        let identity = &self.node.state().identity;
        let (realm, nation) = (identity.realm.clone(), identity.nation);
        self.feeds.ensure(&realm, nation, self.node.partners());
    }

    /// Opens again what came from outside, under the roster then in force.
    fn reopen(&mut self, input: Recorded) -> Result<Input, RecoverError> {
        let identity = &self.node.state().identity;
        let own = identity.nation;
        let trust = || -> Result<&Trust, RecoverError> {
            self.node.trust_in_force().ok_or(RecoverError::Snapshot("an entry before the roster".into()))
        };
        Ok(match input {
            Recorded::Identity(other) => {
                same_node(&other, identity)?;
                Input::Identity(other)
            }
            Recorded::Roster(bytes) => Input::Roster(open_roster(&bytes, &self.root, &identity.realm)?),
            Recorded::Policy { file, text } => Input::Policy { file, text },
            Recorded::Plots(plots) => Input::Plots(plots),
            Recorded::Entry { from, lane, epoch, number, raw } => {
                let body = Box::new(open(&raw, trust()?, own, from)?);
                self.report.entries += 1;
                Input::Entry { from, lane, epoch, number, body }
            }
            Recorded::Unreadable { from, lane, epoch, number, raw, why } => {
                Input::Unreadable { from, lane, epoch, number, raw, why }
            }
            Recorded::Refused { who, reason, count } => Input::Refused { who, reason, count },
            Recorded::Act(proof, act) => Input::Act(proof, act),
            Recorded::Link { partner, lane, change } => Input::Link { partner, lane, change },
            Recorded::Tick => Input::Tick,
            Recorded::Listing { listing, file, text } => Input::Listing { listing, file, text },
        })
    }
}

/// INVARIANT (a realm is part of every key): sensors come and go, a journal's nation and realm never change.
pub(crate) fn same_node(found: &Identity, of: &Identity) -> Result<(), RecoverError> {
    if (found.nation, &found.realm) == (of.nation, &of.realm) {
        return Ok(());
    }
    let name = |identity: &Identity| format!("{} in {}", identity.nation, identity.realm);
    Err(RecoverError::OtherNode(name(found), name(of)))
}

fn name(sealed: &Sealed) -> String {
    let header = &sealed.body().header;
    format!("{} {} revision {}", header.kind, header.statement_id, header.revision)
}

/// Every body that the node of `journal` sealed, in order, its own signatures verified.
pub fn own_bodies(journal: &dyn Journal, node: &Node) -> Result<Vec<Sealed>, ReplayError> {
    let Some(trust) = node.trust_in_force() else { return Ok(Vec::new()) };
    let own = node.state().identity.nation;
    let mut bodies = Vec::new();
    let mut next = 1;
    loop {
        let rows = journal.rows(next, ROWS_AT_A_TIME)?;
        let Some(last) = rows.last() else { return Ok(bodies) };
        next = last.number + 1;
        for StoredRow { number, bytes, .. } in &rows {
            let wrong = |what: String| ReplayError::Row { row: *number, what };
            let row: Row =
                postcard::from_bytes(bytes).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
            for output in row.steps.iter().flat_map(|step| &step.outputs) {
                if let Output::Sealed(bytes) = output {
                    let body = Sealed::from_own_journal(bytes, trust, own)
                        .map_err(|error| wrong(error.to_string()))?;
                    bodies.push(body);
                }
            }
        }
    }
}
