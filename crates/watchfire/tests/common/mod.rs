//! What tests of single commands share. No test uses all of it.

#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the program to its end.
pub fn watchfire(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_watchfire")).args(arguments).output().unwrap()
}

/// Its standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Bad input: status 2, and one line that holds each of `words`; nothing panicked.
pub fn assert_refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "expected `{word}` in: {said}");
    }
}

/// A folder of real recordings; `None`, said aloud, where it is absent.
pub fn recordings(test: &str, folder: &str) -> Option<PathBuf> {
    let data = std::env::var_os("WATCHFIRE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let found = data.join(folder);
    if !found.is_dir() {
        println!("SKIPPED {test}: no data at {}", data.display());
        return None;
    }
    Some(found)
}
