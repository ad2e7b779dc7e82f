//! Files that appear whole or not at all.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::Path;

use crate::problem::Problem;

/// Writes `bytes` to `file`: to a temporary file beside it first, then renamed.
pub fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let failed =
        |error: std::io::Error| Problem::input(format!("{}: cannot be written: {error}", file.display()));
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = file.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = (|| {
        let mut part = fs::File::create(&temporary)?;
        part.write_all(bytes)?;
        part.sync_all()?;
        fs::rename(&temporary, file)
    })();
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        failed(error)
    })
}

/// Makes a folder and those above it.
pub fn make_folder(folder: &Path) -> Result<(), Problem> {
    fs::create_dir_all(folder)
        .map_err(|error| Problem::input(format!("{}: cannot be made: {error}", folder.display())))
}

/// Shows how far long work is, in one line of a terminal that each call writes anew; nothing where nobody looks.
pub fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}
