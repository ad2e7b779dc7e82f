//! Puts the console's files where they can be embedded. `WATCHFIRE_CONSOLE` (set by `cargo xtask build`) is
//! `FOLDER#HASH`: the hash makes a changed console a changed build. Without it the folder stays empty, and the console
//! is a plain table.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=WATCHFIRE_CONSOLE");
    println!("cargo:rerun-if-changed=build.rs");
    let to = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("console");
    if to.exists() {
        fs::remove_dir_all(&to)?;
    }
    fs::create_dir_all(&to)?;
    if let Ok(console) = env::var("WATCHFIRE_CONSOLE") {
        let folder = console.split('#').next().unwrap_or_default();
        println!("cargo:rerun-if-changed={folder}");
        copy(Path::new(folder), &to)
            .map_err(|error| io::Error::other(format!("WATCHFIRE_CONSOLE={folder}: {error}")))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
