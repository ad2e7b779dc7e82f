//! The project's own commands, the same for people and for CI.

mod build;
mod fuzz;
mod install;
mod lint;
mod shell;
mod test;
mod torture;

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
  cargo xtask fuzz [ARGS]   tries damaged and made-up input on every decoder (ARGS: --minutes N, --target NAME,
                            --list, --replay FILE, --keep)
  cargo xtask torture [ARGS]
                            kills running nodes and cuts the power under their journals
                            (ARGS: --kills N, --cuts M)

Each installs what it needs with apt-get, npm or cargo, or says in one line what to install.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(done) = fuzz::as_rustc(&arguments) {
        return done;
    }
    let command = arguments.first().cloned().unwrap_or_default();
    let rest = arguments.get(1..).unwrap_or_default().to_vec();
    let done = match command.as_str() {
        "demo" => demo(&rest),
        "test" => test::run(),
        "lint" => lint::run(),
        "build" => build::run(),
        "bench" => bench(&rest),
        "fuzz" => fuzz::run(&rest),
        "torture" => torture::run(&rest),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => {
            eprintln!(
                "cargo xtask {other}: no such command; expected demo, test, lint, build, bench, fuzz or torture"
            );
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
