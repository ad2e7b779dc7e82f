//! Every test: of the crates, of their documentation, of the console in a browser against a running demo.

use std::process::Command;

use anyhow::Result;

use crate::shell::{self, answers, program, root};
use crate::{build, fuzz, install};

/// Runs every test; fails at the first group that fails.
pub fn run() -> Result<()> {
    install::c_compiler()?;
    install::chromium()?;
    let console = build::console()?;
    let cargo = |arguments: &[&str]| -> Command {
        let mut cargo = program("cargo");
        cargo.args(arguments).env("WATCHFIRE_CONSOLE", &console);
        cargo
    };
    shell::run(&mut cargo(&["build", "--release", "--workspace"]))?;
    shell::run(program("npm").args(["run", "--silent", "check"]).current_dir(root().join("web")))?;
    shell::run(&mut cargo(&["test", "--release", "--workspace", "--doc", "--quiet"]))?;
    // nextest runs every test in a process of its own, but is not on every machine.
    if answers("cargo", &["nextest", "--version"]) {
        shell::run(&mut cargo(&["nextest", "run", "--release", "--workspace", "--no-fail-fast"]))?;
    } else {
        shell::run(&mut cargo(&[
            "test",
            "--release",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ]))?;
    }
    fuzz::share()?;
    let mut console_tests = program("npm");
    console_tests.args(["run", "--silent", "test:console"]).current_dir(root().join("web"));
    shell::run(console_tests.env("WATCHFIRE_BIN", build::program()))
}
