//! The journal: what left the node is in it; what was acknowledged survives any crash.

use std::sync::Arc;

use exchange::Digest;

use crate::row::{CHAIN_START, chain};

/// Why the journal could not be read or written. On a failed write the node stops signing and says so.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The engine failed.
    #[error("{file}: {what}")]
    Engine {
        /// The journal's file.
        file: String,
        /// What the engine says.
        what: String,
    },
    /// A row is not what was written.
    #[error("{file}: row {row}: {what}")]
    Corrupt {
        /// The journal's file.
        file: String,
        /// The row's number.
        row: u64,
        /// What is wrong.
        what: String,
    },
}

/// A row as the engine keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// From 0, without gaps.
    pub number: u64,
    /// See [`crate::row`].
    pub bytes: Arc<[u8]>,
    /// See [`chain`].
    pub hash: Digest,
}

/// A snapshot: the state after a row, so that recovery need not start at row 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last row that is in it.
    pub row: u64,
    /// The state.
    pub bytes: Vec<u8>,
}

/// An append-only store of rows. Two engines: SQLite in life, memory in the simulator.
pub trait Journal {
    /// Writes one row durably: when it returns, a crash or a power cut does not lose it. Returns its number.
    fn append(&mut self, bytes: &[u8]) -> Result<u64, JournalError>;
    /// Rows from `from` on, at most `max`, checked against the chain.
    fn rows(&self, from: u64, max: usize) -> Result<Vec<StoredRow>, JournalError>;
    /// Keeps a snapshot; a later one replaces it. Losing one costs time, nothing else.
    fn keep_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError>;
    /// The newest snapshot.
    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError>;
}

/// A journal in memory, for virtual time.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    rows: Vec<StoredRow>,
    snapshot: Option<Snapshot>,
}

impl Journal for MemoryJournal {
    fn append(&mut self, bytes: &[u8]) -> Result<u64, JournalError> {
        let number = self.rows.len() as u64;
        let before = self.rows.last().map_or(CHAIN_START, |row| row.hash);
        self.rows.push(StoredRow { number, bytes: bytes.into(), hash: chain(&before, number, bytes) });
        Ok(number)
    }

    fn rows(&self, from: u64, max: usize) -> Result<Vec<StoredRow>, JournalError> {
        Ok(self.rows.iter().skip(from as usize).take(max).cloned().collect())
    }

    fn keep_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.snapshot = Some(snapshot.clone());
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        Ok(self.snapshot.clone())
    }
}
