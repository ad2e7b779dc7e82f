//! `watchfire replay` and `watchfire verify`.

use std::path::{Path, PathBuf};

use clap::Args;
use exchange::RootPublic;
use node::replay::{Replayer, Signatures, head};
use node::shell::sqlite::SqliteJournal;

use crate::problem::Problem;

/// Which journal to replay.
#[derive(Debug, Args)]
pub struct Replay {
    /// A node's journal.db.
    journal: PathBuf,
    /// The realm's root keys; else root.json beside the journal or in the folder above it.
    #[arg(long)]
    root: Option<PathBuf>,
}

/// What to verify.
#[derive(Debug, Args)]
pub struct Verify {
    /// Journals.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The realm's root keys; else root.json beside each file or in the folder above it.
    #[arg(long)]
    root: Option<PathBuf>,
}

/// Recomputes every statement of a journal and compares the bytes to be signed.
pub fn replay(args: &Replay) -> Result<(), Problem> {
    let file = args.journal.display();
    let root = load_root(&args.journal, args.root.as_deref())?;
    let journal = open(&args.journal)?;
    let failed = |error| Problem::failed(format!("{file}: {error}"));
    let head = head(&journal)
        .map_err(failed)?
        .ok_or_else(|| Problem::input(format!("{file}: the journal is empty")))?;
    if head.build != node::BUILD {
        eprintln!(
            "{file}: written by `{}`, this is `{}`: a difference may be of the build",
            head.build,
            node::BUILD
        );
    }
    let report = Replayer::prove(&journal, &head, root, Signatures::Real).map_err(failed)?.report;
    let snapshot = if report.snapshot { ", the snapshot's state" } else { "" };
    println!(
        "{file}: replays bit for bit: {} rows, {} inputs, {} statements, {} partners' entries{snapshot}",
        report.rows, report.inputs, report.statements, report.entries
    );
    Ok(())
}

/// Checks signatures, numbers and heads.
pub fn verify(args: &Verify) -> Result<(), Problem> {
    let mut first_failure = None;
    for path in &args.files {
        let file = path.display();
        let root = load_root(path, args.root.as_deref())?;
        let checked = open(path).and_then(|journal| {
            node::verify::verify(&journal, &root).map_err(|error| Problem::failed(format!("{file}: {error}")))
        });
        match checked {
            Ok(checked) => println!(
                "{file}: verified: {} rows in their chain, {} own statements, {} partners' entries, {} numbers, {} receipts",
                checked.rows, checked.statements, checked.entries, checked.numbers, checked.receipts
            ),
            Err(failure) => {
                first_failure.get_or_insert(failure);
            }
        }
    }
    first_failure.map_or(Ok(()), Err)
}

fn open(path: &Path) -> Result<SqliteJournal, Problem> {
    // A file that cannot even be opened as a journal fails the check as a changed one does, unless it is not there.
    SqliteJournal::open_to_read(path)
        .map_err(|error| if path.is_file() { Problem::failed(error) } else { Problem::input(error) })
}

fn load_root(journal: &Path, given: Option<&Path>) -> Result<RootPublic, Problem> {
    let folder = journal.parent().unwrap_or(Path::new("."));
    let candidates = match given {
        Some(given) => vec![given.to_owned()],
        None => vec![folder.join("root.json"), folder.join("../root.json")],
    };
    let Some(file) = candidates.iter().find(|file| file.is_file()) else {
        return Err(Problem::input(format!(
            "{}: no root.json beside it or above it; expected --root FILE with the realm's root keys",
            journal.display()
        )));
    };
    let text = std::fs::read(file).map_err(|error| Problem::input(format!("{}: {error}", file.display())))?;
    serde_json::from_slice(&text)
        .map_err(|error| Problem::input(format!("{}: line {}: {error}", file.display(), error.line())))
}
