//! Journals that were changed after they were written: `replay` and `verify` fail, loudly and in one line.

use std::path::{Path, PathBuf};

use exchange::{Digest, RootPublic};
use node::journal::{Journal, Snapshot};
use node::replay::{Replayer, Signatures, head};
use node::row::{CHAIN_START, Output, Row, chain};
use node::shell::sqlite::SqliteJournal;
use rusqlite::{Connection, params};

use crate::common::{Ran, short_scenario, watchfire};

/// A nation's journal of a short exercise, with a snapshot in it as a node keeps one.
fn journal(folder: &Path) -> PathBuf {
    let scenario = short_scenario(folder, "journals", 230).display().to_string();
    let out = folder.join("exercise");
    let ran = watchfire(["exercise", "run", &scenario, "--out", &out.display().to_string()]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let file = out.join("jpn").join("journal.db");
    let root: RootPublic = serde_json::from_slice(&std::fs::read(out.join("root.json")).unwrap()).unwrap();
    let mut journal = SqliteJournal::open(&file).unwrap();
    let head = head(&journal).unwrap().unwrap();
    let recovered = Replayer::recover(&journal, &head, root, Signatures::Real).unwrap();
    let snapshot = Snapshot { row: journal.len() - 1, bytes: recovered.node.snapshot().unwrap() };
    journal.keep_snapshot(&snapshot).unwrap();
    journal.close().unwrap();
    file
}

fn check(command: &str, file: &Path) -> Ran {
    watchfire([command, &file.display().to_string()])
}

/// Row `number` as it stands.
fn row_bytes(file: &Path, number: u64) -> Vec<u8> {
    let select = "SELECT bytes FROM row WHERE number = ?1";
    Connection::open(file).unwrap().query_row(select, [number as i64], |row| row.get(0)).unwrap()
}

#[test]
fn one_changed_byte_fails_replay_and_verify() {
    let temporary = tempfile::tempdir().unwrap();
    let good = journal(temporary.path());
    assert!(check("replay", &good).out.contains("the snapshot's state"), "{}", check("replay", &good).err);
    assert_eq!(check("verify", &good).status, Some(0));
    let rows: i64 =
        Connection::open(&good).unwrap().query_row("SELECT count(*) FROM row", [], |row| row.get(0)).unwrap();
    assert!(rows > 300, "{rows} rows");

    // A copy beside the good one, changed by `change`, must fail both.
    let mut tried = 0;
    let mut fails = |what: &str, change: &dyn Fn(&Connection)| {
        tried += 1;
        let changed = good.with_file_name(format!("changed-{tried}.db"));
        std::fs::copy(&good, &changed).unwrap();
        change(&Connection::open(&changed).unwrap());
        for command in ["replay", "verify"] {
            let ran = check(command, &changed);
            let line = ran.refused(1);
            assert!(line.contains(&format!("changed-{tried}.db")), "{what}: {line}");
        }
    };
    for row in [0, 1, rows / 2, rows - 1] {
        for column in ["bytes", "hash"] {
            for at in [0, 1] {
                fails(&format!("{column} of row {row}"), &|journal| flip(journal, "row", column, row, at));
            }
        }
    }
    fails("the snapshot's bytes", &|journal| flip(journal, "snapshot", "bytes", 0, 1));
    fails("the snapshot's digest", &|journal| flip(journal, "snapshot", "digest", 0, 0));
    fails("a row dropped", &|journal| {
        journal.execute("DELETE FROM row WHERE number = ?1", [rows / 3]).unwrap();
    });
    fails("two rows exchanged", &|journal| {
        for (from, to) in [(100, -1), (101, 100), (-1, 101)] {
            journal.execute("UPDATE row SET number = ?2 WHERE number = ?1", [from, to]).unwrap();
        }
    });
}

/// Flips a bit of a byte: the first, or where `place` is 1 the one in the middle.
fn flip(journal: &Connection, table: &str, column: &str, row: i64, place: usize) {
    let condition = if table == "row" { format!("number = {row}") } else { "one = 1".to_owned() };
    let select = format!("SELECT {column} FROM {table} WHERE {condition}");
    let mut bytes: Vec<u8> = journal.query_row(&select, [], |row| row.get(0)).unwrap();
    let at = bytes.len() / 2 * place;
    bytes[at] ^= 1;
    let changed = journal.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE {condition}"), [bytes]);
    assert_eq!(changed.unwrap(), 1);
}

#[test]
fn a_forger_who_hashes_the_chain_anew_still_has_no_signature() {
    let temporary = tempfile::tempdir().unwrap();
    let good = journal(temporary.path());
    let rows = SqliteJournal::open_to_read(&good).unwrap().rows(1, usize::MAX).unwrap();
    // The first row in which the nation said something: the last byte of what it signed is changed.
    let (number, forged) = rows
        .iter()
        .find_map(|stored| {
            let mut row: Row = postcard::from_bytes(&stored.bytes).unwrap();
            let outputs = row.steps.iter_mut().flat_map(|step| &mut step.outputs);
            let sealed = outputs.filter_map(|output| match output {
                Output::Sealed(bytes) => Some(bytes),
                _ => None,
            });
            *sealed.last()?.last_mut()? ^= 1;
            Some((stored.number, postcard::to_stdvec(&row).unwrap()))
        })
        .expect("something was said");
    assert_ne!(forged, row_bytes(&good, number));
    let connection = Connection::open(&good).unwrap();
    connection
        .execute("UPDATE row SET bytes = ?2 WHERE number = ?1", params![number as i64, forged])
        .unwrap();
    rehash(&connection);
    for command in ["replay", "verify"] {
        let ran = check(command, &good);
        let line = ran.refused(1);
        assert!(line.contains(&format!("row {number}")) && line.contains("signature"), "{line}");
    }
}

/// Computes every row's hash anew.
fn rehash(journal: &Connection) {
    let mut before: Digest = CHAIN_START;
    let mut select = journal.prepare("SELECT number, bytes FROM row ORDER BY number").unwrap();
    let rows: Vec<(i64, Vec<u8>)> =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    for (number, bytes) in rows {
        before = chain(&before, number as u64, &bytes);
        let hash = before.0.as_slice();
        journal.execute("UPDATE row SET hash = ?2 WHERE number = ?1", params![number, hash]).unwrap();
    }
}

#[test]
fn what_is_no_whole_journal_is_one_line_and_no_panic() {
    let temporary = tempfile::tempdir().unwrap();
    let good = journal(temporary.path());
    let bytes = std::fs::read(&good).unwrap();
    let text = b"a text, no journal\n".repeat(400);
    let half = &bytes[..bytes.len() / 2];
    let files: [(&str, &[u8]); 5] = [
        ("half.db", half),
        ("page.db", &bytes[..4096]),
        ("stub.db", &bytes[..50]),
        ("empty.db", b""),
        ("text.db", &text),
    ];
    for (name, content) in files {
        let file = good.with_file_name(name);
        std::fs::write(&file, content).unwrap();
        for command in ["replay", "verify"] {
            let ran = check(command, &file);
            assert!(ran.refused(1).contains(name), "{}", ran.err);
        }
        assert_eq!(std::fs::read(&file).unwrap(), content, "{name} was changed by looking at it");
    }
    for command in ["replay", "verify"] {
        assert!(check(command, &good.with_file_name("absent.db")).refused(2).contains("no such file"));
    }
}
