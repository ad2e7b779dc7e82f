//! Fuzzing: the decoders are built with the compiler's edge counters, everything else as always.
//!
//! The counters are LLVM's SanitizerCoverage, which stable rustc passes on; the engine is the project's own (`fuzz/`).
//! Only the project's libraries are built anew for it: their dependencies are shared with every other build.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::shell::{self, program, root};
use crate::{build, install};

/// Set while cargo builds for fuzzing: this program then stands between cargo and rustc.
const WRAPPER: &str = "WATCHFIRE_COUNT_EDGES";

/// What LLVM needs to put a counter at each edge of the code.
const COUNTERS: [&str; 4] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=3",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-prune-blocks=0",
];

/// Builds and runs the engine with these arguments.
pub fn run(arguments: &[String]) -> Result<()> {
    let engine = built()?;
    let folder = root().join("target/fuzz").display().to_string();
    let arguments: Vec<&str> =
        ["--folder", &folder].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    shell::become_program(&engine, &arguments)
}

/// A share of it that CI can bear.
pub fn share() -> Result<()> {
    shell::run(program(built()?).args(["--minutes", "0.75"]))
}

fn built() -> Result<PathBuf> {
    install::c_compiler()?;
    let wrapper = std::env::current_exe().context("this program's own path")?;
    let mut cargo = program("cargo");
    // All of the workspace is named, so that dependencies have the same features as in every other build.
    cargo.args(["build", "--release", "--workspace", "--bin", "fuzz"]);
    shell::run(cargo.env("RUSTC_WORKSPACE_WRAPPER", wrapper).env(WRAPPER, "1"))?;
    // Out of the way of the next ordinary build, which makes one without counters under the same name.
    let engine = root().join("target/fuzz-engine");
    let built = build::program().with_file_name("fuzz");
    std::fs::copy(&built, &engine).with_context(|| built.display().to_string())?;
    Ok(engine)
}

/// Whether cargo calls this program in rustc's place; then what rustc did.
pub fn as_rustc(arguments: &[String]) -> Option<ExitCode> {
    std::env::var_os(WRAPPER)?;
    let (rustc, rest) = arguments.split_first().filter(|(rustc, _)| rustc.ends_with("rustc"))?;
    let mut command = Command::new(rustc);
    command.args(rest);
    // Programs, build scripts and macros have no counters: whoever runs them does not read any.
    if rest.windows(2).any(|pair| pair[0] == "--crate-type" && pair[1] == "lib") {
        command.args(COUNTERS);
    }
    let status = command.status();
    Some(ExitCode::from(status.ok().and_then(|status| status.code()).unwrap_or(1) as u8))
}
