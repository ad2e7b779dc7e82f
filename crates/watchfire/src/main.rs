//! The command line.

mod bench;
mod built_in;
mod demo;
mod exercise;
mod exercise_check;
mod journals;
mod node;
mod output;
mod policy;
mod problem;
mod processor;
mod sensor_report;
mod sim;
mod track;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exchanges early-warning data on missile launches between nations, and turns it into warnings. It warns; it never
/// engages.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Begin with:\n  watchfire demo --speed 10\n\nExit status: 0 done, 1 the check failed, 2 bad usage or bad input."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows a reported launch through three nations' nodes on this machine: real links, real journals, consoles.
    #[command(
        after_help = "Example:\n  watchfire demo --speed 10\nCtrl-C ends it; the folder with the journals stays, its path printed last."
    )]
    Demo(demo::Demo),
    /// Runs one nation's node.
    #[command(after_help = "Example:\n  watchfire node --config jpn/node.toml")]
    Node(node::Node),
    /// Tracks what sensors saw: plots in, tracks and assessments out.
    #[command(
        after_help = "Example:\n  watchfire track --sensors sensors.json --plots plots.csv --out tracks.csv --assessments assessments.jsonl"
    )]
    Track(track::Track),
    /// Exercises: list them, run one in virtual time.
    #[command(subcommand)]
    Exercise(exercise::Command),
    /// Recomputes a journal bit for bit; exit status 1 where a statement differs.
    #[command(after_help = "Example:\n  watchfire replay /tmp/watchfire-…/jpn/journal.db")]
    Replay(journals::Replay),
    /// Verifies journals: signatures, numbers, heads.
    #[command(after_help = "Example:\n  watchfire verify /tmp/watchfire-…/*/journal.db")]
    Verify(journals::Verify),
    /// Release policy: check a file, explain what it decides.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Tries whole nations under faults, in virtual time; exit status 1 with the seed that fails.
    #[command(after_help = "Example:\n  watchfire sim --seeds 1..1000")]
    Sim(sim::Sim),
    /// Measures, and compares with the goals.
    #[command(after_help = "Example:\n  watchfire bench track --json")]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("WATCHFIRE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match Cli::parse().command {
        Command::Demo(demo) => demo::run(demo),
        Command::Node(args) => node::run(&args),
        Command::Track(args) => track::run(&args),
        Command::Exercise(command) => exercise::run(command),
        Command::Replay(args) => journals::replay(&args),
        Command::Verify(args) => journals::verify(&args),
        Command::Policy(command) => policy::run(&command),
        Command::Sim(args) => sim::run(&args),
        Command::Bench(args) => bench::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.exit(),
    }
}
