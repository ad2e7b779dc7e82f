//! Real data: measured where it is at hand, and named as skipped where it is not.

use std::path::{Path, PathBuf};

/// A file of the shared data, `WATCHFIRE_DATA` or beside the workspace; `None`, said aloud, where it is absent.
pub fn data(figure: &str, file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("WATCHFIRE_DATA")
        .map_or_else(|| Path::new("../shared/data").to_owned(), PathBuf::from);
    let found = folder.join(file);
    if !found.is_file() {
        eprintln!("SKIPPED {figure}: no data at {}", folder.display());
        return None;
    }
    Some(found)
}
