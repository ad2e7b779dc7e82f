//! The journal in SQLite: WAL, `synchronous=FULL`, one transaction for each row, hash-chained.

use std::path::{Path, PathBuf};

use exchange::{Digest, sha256};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::journal::{Journal, JournalError, Snapshot, StoredRow};
use crate::row::{CHAIN_START, chain};

/// Marks a file as ours ("WFJ1").
const APPLICATION_ID: i64 = 0x57464A31;

/// A journal in one file.
#[derive(Debug)]
pub struct SqliteJournal {
    file: PathBuf,
    connection: Connection,
    next: u64,
    tip: Digest,
}

impl SqliteJournal {
    /// Opens a journal for writing, or makes one. Another process that has it open is an error.
    pub fn open(file: &Path) -> Result<SqliteJournal, JournalError> {
        let failed = |error: rusqlite::Error| engine(file, &error);
        let connection = Connection::open(file).map_err(failed)?;
        connection
            .execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE;
                 PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA wal_autocheckpoint = 10000;",
            )
            .map_err(failed)?;
        let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(failed)?;
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(failed)?;
        if id != APPLICATION_ID && tables > 0 {
            return Err(not_ours(file));
        }
        connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE;
                 PRAGMA application_id = {APPLICATION_ID};
                 CREATE TABLE IF NOT EXISTS row (
                     number INTEGER PRIMARY KEY, bytes BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
                 CREATE TABLE IF NOT EXISTS snapshot (
                     one INTEGER PRIMARY KEY CHECK (one = 1), row INTEGER NOT NULL, bytes BLOB NOT NULL,
                     digest BLOB NOT NULL) STRICT;
                 COMMIT;"
            ))
            .map_err(failed)?;
        SqliteJournal { file: file.to_owned(), connection, next: 0, tip: CHAIN_START }.at_the_tip()
    }

    /// Opens a journal for reading only: nothing of it is changed.
    pub fn open_to_read(file: &Path) -> Result<SqliteJournal, JournalError> {
        if !file.is_file() {
            let what = "no such file; expected a node's journal".to_owned();
            return Err(JournalError::Engine { file: file.display().to_string(), what });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).map_err(|error| engine(file, &error))?;
        let id: i64 = connection
            .query_row("PRAGMA application_id", [], |row| row.get(0))
            .map_err(|error| engine(file, &error))?;
        if id != APPLICATION_ID {
            return Err(not_ours(file));
        }
        SqliteJournal { file: file.to_owned(), connection, next: 0, tip: CHAIN_START }.at_the_tip()
    }

    fn at_the_tip(mut self) -> Result<SqliteJournal, JournalError> {
        let last: Option<(i64, Vec<u8>)> = self
            .connection
            .query_row("SELECT number, hash FROM row ORDER BY number DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(|error| engine(&self.file, &error))?;
        if let Some((number, hash)) = last {
            self.next = number as u64 + 1;
            self.tip = Digest::try_from(hash.as_slice())
                .map_err(|_| self.corrupt(number as u64, "its hash is not 32 bytes"))?;
        }
        Ok(self)
    }

    /// How many rows it holds.
    pub fn len(&self) -> u64 {
        self.next
    }

    /// Whether it holds no row.
    pub fn is_empty(&self) -> bool {
        self.next == 0
    }

    /// Writes many rows in one transaction: durable together, or not at all.
    pub fn append_all<'a>(&mut self, rows: impl Iterator<Item = &'a [u8]>) -> Result<(), JournalError> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| engine(&self.file, &error))?;
        for bytes in rows {
            self.append(bytes)?;
        }
        self.connection.execute_batch("COMMIT").map_err(|error| engine(&self.file, &error))
    }

    /// Folds the write-ahead log into the file and closes it: one file holds everything.
    pub fn close(self) -> Result<(), JournalError> {
        let file = self.file.clone();
        self.connection
            .execute_batch("PRAGMA locking_mode = NORMAL; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
            .map_err(|error| engine(&file, &error))?;
        self.connection.close().map_err(|(_, error)| engine(&file, &error))
    }

    fn corrupt(&self, row: u64, what: &str) -> JournalError {
        JournalError::Corrupt { file: self.file.display().to_string(), row, what: what.to_owned() }
    }

    fn hash_of(&self, number: u64) -> Result<Digest, JournalError> {
        let hash: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT hash FROM row WHERE number = ?1", [number as i64], |row| row.get(0))
            .optional()
            .map_err(|error| engine(&self.file, &error))?;
        let hash = hash.ok_or_else(|| self.corrupt(number, "it is missing"))?;
        Digest::try_from(hash.as_slice()).map_err(|_| self.corrupt(number, "its hash is not 32 bytes"))
    }
}

impl Journal for SqliteJournal {
    fn append(&mut self, bytes: &[u8]) -> Result<u64, JournalError> {
        let (number, hash) = (self.next, chain(&self.tip, self.next, bytes));
        // One statement is one transaction; with synchronous=FULL it is on the disk when this returns.
        self.connection
            .prepare_cached("INSERT INTO row (number, bytes, hash) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute(params![number as i64, bytes, hash.0.as_slice()]))
            .map_err(|error| engine(&self.file, &error))?;
        self.next += 1;
        self.tip = hash;
        Ok(number)
    }

    fn rows(&self, from: u64, max: usize) -> Result<Vec<StoredRow>, JournalError> {
        let failed = |error: rusqlite::Error| engine(&self.file, &error);
        let mut before = if from == 0 { CHAIN_START } else { self.hash_of(from - 1)? };
        let mut select = self
            .connection
            .prepare_cached("SELECT number, bytes, hash FROM row WHERE number >= ?1 ORDER BY number LIMIT ?2")
            .map_err(failed)?;
        let found = select
            .query_map(params![from as i64, i64::try_from(max).unwrap_or(i64::MAX)], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Vec<u8>>(2)?))
            })
            .map_err(failed)?;
        let mut rows = Vec::new();
        for (expected, row) in (from..).zip(found) {
            let (number, bytes, hash) = row.map_err(failed)?;
            if number as u64 != expected {
                return Err(self.corrupt(expected, "it is missing"));
            }
            let computed = chain(&before, expected, &bytes);
            if computed.0.as_slice() != hash.as_slice() {
                return Err(self.corrupt(expected, "its bytes are not those that were hashed into the chain"));
            }
            before = computed;
            rows.push(StoredRow { number: expected, bytes: bytes.into(), hash: computed });
        }
        Ok(rows)
    }

    fn keep_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        let digest = sha256(&[&snapshot.row.to_be_bytes(), &snapshot.bytes]);
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO snapshot (one, row, bytes, digest) VALUES (1, ?1, ?2, ?3)",
            )
            .and_then(|mut insert| {
                insert.execute(params![snapshot.row as i64, snapshot.bytes, digest.0.as_slice()])
            })
            .map(|_| ())
            .map_err(|error| engine(&self.file, &error))
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        let found: Option<(i64, Vec<u8>, Vec<u8>)> = self
            .connection
            .query_row("SELECT row, bytes, digest FROM snapshot", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()
            .map_err(|error| engine(&self.file, &error))?;
        let Some((row, bytes, digest)) = found else { return Ok(None) };
        let row = row as u64;
        if sha256(&[&row.to_be_bytes(), &bytes]).0.as_slice() != digest.as_slice() {
            return Err(self.corrupt(row, "the snapshot after it is not what was written"));
        }
        Ok(Some(Snapshot { row, bytes }))
    }
}

fn engine(file: &Path, error: &rusqlite::Error) -> JournalError {
    let what = match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            "another process has this journal open; stop it first".to_owned()
        }
        Some(rusqlite::ErrorCode::NotADatabase) => {
            "this is not a journal; expected a node's journal.db".to_owned()
        }
        _ => error.to_string(),
    };
    JournalError::Engine { file: file.display().to_string(), what }
}

fn not_ours(file: &Path) -> JournalError {
    let what = "this database is not a journal; expected a node's journal.db".to_owned();
    JournalError::Engine { file: file.display().to_string(), what }
}
