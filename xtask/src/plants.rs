//! Planted bugs: `cargo xtask plants` builds a program with all of them in it, switches on one at a time, and demands that
//! the simulator finds it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::shell::{program, root, run};

/// Each bug must be found within these seeds.
const SEEDS: &str = "1..100000";

/// Tries these bugs; all of them where none is named.
pub fn try_all(names: &[String]) -> Result<()> {
    let folder = root().join("target/plant");
    run(program("cargo")
        .args(["build", "--release", "--package", "watchfire", "--features", "watchfire/plant"])
        .arg("--target-dir")
        .arg(&folder))?;
    let planted = planted()?;
    let names: BTreeSet<String> = if names.is_empty() { planted } else { names.iter().cloned().collect() };
    let mut missed = Vec::new();
    for name in &names {
        let output = program(folder.join("release/watchfire"))
            .args(["sim", "--seeds", SEEDS, "--plant", name, "--picture"])
            .arg(folder.join(format!("{name}.svg")))
            .output()
            .context("the simulator does not start")?;
        let told = String::from_utf8_lossy(&output.stdout);
        match told.lines().find(|line| line.starts_with("seed ")).filter(|_| output.status.success()) {
            Some(found) => println!("{name}: {found}"),
            None => {
                println!("{name}: not found within seeds {SEEDS}");
                missed.push(name.as_str());
            }
        }
    }
    ensure!(missed.is_empty(), "{} of {} are not found: {}", missed.len(), names.len(), missed.join(", "));
    println!("{} planted bugs, each found", names.len());
    Ok(())
}

/// The names of all planted bugs, from the sources.
fn planted() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    read(&root().join("crates"), &mut names)?;
    ensure!(!names.is_empty(), "no planted bug is in crates/");
    Ok(names)
}

fn read(folder: &Path, names: &mut BTreeSet<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)?;
            let found = text.split("planted!(\"").skip(1).filter_map(|rest| rest.split('"').next());
            names.extend(found.map(str::to_owned));
        }
    }
    Ok(())
}
