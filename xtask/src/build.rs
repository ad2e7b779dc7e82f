//! `target/release/watchfire`, with the full console in it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};

use crate::install;
use crate::shell::{self, root};

/// Builds console and program.
pub fn run() -> Result<()> {
    let console = console()?;
    let mut cargo = shell::program("cargo");
    cargo.args(["build", "--release", "--workspace"]).env("WATCHFIRE_CONSOLE", console);
    shell::run(&mut cargo)
}

/// The program that was built.
pub fn program() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("release/watchfire")
}

/// Builds the console, and says where it is as the node's build script wants it: `FOLDER#HASH`.
pub fn console() -> Result<String> {
    install::node()?;
    install::console_packages()?;
    shell::run(shell::program("npm").args(["run", "--silent", "build"]).current_dir(root().join("web")))?;
    let folder = root().join("web/dist");
    let mut hasher = DefaultHasher::new();
    hash(&folder, &mut hasher).with_context(|| folder.display().to_string())?;
    Ok(format!("{}#{:016x}", folder.display(), hasher.finish()))
}

fn hash(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if path.is_file() {
        path.hash(hasher);
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| hash(entry, hasher))
}
