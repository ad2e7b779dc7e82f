//! Formatting, clippy, licences and sources.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::install;
use crate::shell::{program, root, run as run_program};

/// Runs every check of form.
pub fn run() -> Result<()> {
    install::c_compiler()?;
    run_program(program("cargo").args(["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
    run_program(program("cargo").args(clippy))?;
    every_disallowed_method_is_caught()?;
    install::cargo_deny()?;
    run_program(program("cargo").args(["deny", "--all-features", "check", "licenses", "bans", "sources"]))
}

/// Clippy passes over a misspelt entry of `disallowed-methods` without a word: so a crate that calls each of them is
/// put before it, and it must object to each.
fn every_disallowed_method_is_caught() -> Result<()> {
    let settings = fs::read_to_string(root().join("clippy.toml")).context("clippy.toml")?;
    let methods: Vec<&str> =
        settings.lines().filter_map(|line| line.split_once("path = \"f64::")?.1.split('"').next()).collect();
    if methods.len() < 20 {
        bail!("clippy.toml: found {} entries of f64; expected at least 20", methods.len());
    }
    let folder = root().join("target/lint-probe");
    fs::create_dir_all(folder.join("src"))?;
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"lint-probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    fs::copy(root().join("clippy.toml"), folder.join("clippy.toml"))?;
    let uses: String = methods
        .iter()
        .map(|method| format!("    println!(\"{{:p}}\", f64::{method} as *const ());\n"))
        .collect();
    fs::write(folder.join("src/main.rs"), format!("fn main() {{\n{uses}}}\n"))?;
    let mut clippy = program("cargo");
    clippy.args(["clippy", "--quiet", "--offline"]).current_dir(&folder);
    let output = clippy.env("CARGO_TARGET_DIR", folder.join("target")).output().context("cargo clippy")?;
    let said = String::from_utf8_lossy(&output.stderr);
    for method in &methods {
        if !said.contains(&format!("use of a disallowed method `f64::{method}`")) {
            bail!(
                "clippy.toml: `f64::{method}` is listed, but clippy does not object to its use; is it misspelt?"
            );
        }
    }
    println!("clippy objects to all {} methods of f64 that clippy.toml lists", methods.len());
    Ok(())
}
