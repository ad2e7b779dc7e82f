//! The project's own commands, the same for people and for CI.

mod build;
mod install;
mod lint;
mod shell;
mod test;

use std::process::ExitCode;

use anyhow::Result;

const HELP: &str = "\
The project's own commands:

  cargo xtask demo [ARGS]   builds everything and shows a launch through three nations' nodes
                            (ARGS go to `watchfire demo`: --speed 10, --scenario FILE, --dir D)
  cargo xtask test          builds everything and runs every test, those of the console in Chromium too
  cargo xtask lint          formatting, clippy, licences and sources of dependencies
  cargo xtask build         target/release/watchfire with the full console in it
  cargo xtask bench [NAME]  builds everything and prints the measurements

Each installs what it needs with apt-get, npm or cargo, or says in one line what to install.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let done = match command.as_str() {
        "demo" => demo(&rest),
        "test" => test::run(),
        "lint" => lint::run(),
        "build" => build::run(),
        "bench" => bench(&rest),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => {
            eprintln!("cargo xtask {other}: no such command; expected demo, test, lint, build or bench");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn demo(arguments: &[String]) -> Result<()> {
    build::run()?;
    let arguments: Vec<&str> = std::iter::once("demo").chain(arguments.iter().map(String::as_str)).collect();
    shell::become_program(&build::program(), &arguments)
}

fn bench(arguments: &[String]) -> Result<()> {
    build::run()?;
    let arguments: Vec<&str> = std::iter::once("bench").chain(arguments.iter().map(String::as_str)).collect();
    shell::become_program(&build::program(), &arguments)
}
