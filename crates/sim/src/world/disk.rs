//! A disk that keeps what was synced, and may lose, tear or damage the rest.

use std::sync::Arc;

use exchange::Digest;
use node::journal::{Journal, JournalError, Snapshot, StoredRow};
use node::row::{CHAIN_START, chain};

/// A journal on a simulated disk. Rows are checked against the chain when they are read, as the real engine does; those
/// of a disk that nothing turned a bit of are what their hashes are of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    rows: Vec<StoredRow>,
    /// When each row was written, nanoseconds.
    written_ns: Vec<u64>,
    snapshot: Option<Snapshot>,
    pub now_ns: u64,
    pub full: bool,
    flipped: bool,
}

impl Disk {
    /// How many rows a copy made at `at_ns` holds.
    pub fn rows_at(&self, at_ns: u64) -> usize {
        // Row 0 and the first turn, with roster and policy, are part of every copy.
        self.written_ns.partition_point(|written| *written <= at_ns).max(2)
    }

    /// Keeps the first `rows` rows.
    pub fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
        self.written_ns.truncate(rows);
        let newest = self.rows.len() as u64;
        self.snapshot = self.snapshot.take().filter(|snapshot| snapshot.row < newest);
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Turns one bit of a row over.
    pub fn flip(&mut self, row: usize, bit: usize) {
        self.flipped = true;
        if let Some(stored) = self.rows.get_mut(row) {
            let at = bit / 8 % stored.bytes.len().max(1);
            if let Some(byte) = Arc::make_mut(&mut stored.bytes).get_mut(at) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }
}

impl Journal for Disk {
    fn append(&mut self, bytes: &[u8]) -> Result<u64, JournalError> {
        if self.full {
            return Err(JournalError::Engine { file: "journal.db".into(), what: "the disk is full".into() });
        }
        let number = self.rows.len() as u64;
        let before = self.rows.last().map_or(CHAIN_START, |row| row.hash);
        self.rows.push(StoredRow { number, bytes: bytes.into(), hash: chain(&before, number, bytes) });
        self.written_ns.push(self.now_ns);
        Ok(number)
    }

    fn rows(&self, from: u64, max: usize) -> Result<Vec<StoredRow>, JournalError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(self.rows.len());
        let mut before: Digest = from.checked_sub(1).map_or(CHAIN_START, |before| self.rows[before].hash);
        let rows: Vec<StoredRow> = self.rows[from..].iter().take(max).cloned().collect();
        for row in rows.iter().filter(|_| self.flipped) {
            if chain(&before, row.number, &row.bytes) != row.hash {
                let what = "its bytes are not what its hash is of".to_owned();
                return Err(JournalError::Corrupt { file: "journal.db".into(), row: row.number, what });
            }
            before = row.hash;
        }
        Ok(rows)
    }

    fn keep_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.snapshot = Some(snapshot.clone());
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        Ok(self.snapshot.clone())
    }
}
