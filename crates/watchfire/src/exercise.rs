//! `watchfire exercise`: exercises in virtual time.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};
use node::journal::Journal;
use node::shell::sqlite::SqliteJournal;
use sim::exercise::{Exercise, Outcome};

use crate::output::{make_folder, progress, write_whole};
use crate::problem::Problem;
use crate::{built_in, demo, exercise_check};

/// Exercises: list them, run one.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the scenarios that are built in.
    List,
    /// Reads scenarios and flies their launches: is each file in order, and what was reported possible?
    #[command(after_help = "Example:\n  watchfire exercise check scenarios/2022-10-04.toml --seeds 20")]
    Check(Check),
    /// Draws a scenario: ground tracks, heights, and which sensor sees it when.
    #[command(after_help = "Example:\n  watchfire exercise show 2022-03-24 --out /tmp/lofted.svg")]
    Show(Show),
    /// Runs a scenario: in virtual time as fast as the machine can, or in real time with `--speed N`.
    #[command(
        after_help = "Example:\n  watchfire exercise run scenarios/2022-10-04.toml --speed max --seed 7 --out /tmp/e7"
    )]
    Run(Run),
}

/// What to check.
#[derive(Debug, Args)]
pub struct Check {
    /// Scenarios' files, or the names of built-in ones; without any, all that are built in.
    files: Vec<String>,
    /// A file of faults to be read with them.
    #[arg(long)]
    faults: Option<PathBuf>,
    /// How many seeds to fly each launch with.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
}

/// What to draw.
#[derive(Debug, Args)]
pub struct Show {
    /// A scenario's file, or the name of one that is built in.
    file: String,
    /// The seed that everything random follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The picture, SVG.
    #[arg(long)]
    out: PathBuf,
}

/// What to run.
#[derive(Debug, Args)]
pub struct Run {
    /// A scenario's file, or the name of one that is built in.
    file: String,
    /// `max` for virtual time, or how many exercise seconds pass in one second (real processes and links).
    #[arg(long, default_value = "max")]
    speed: String,
    /// The seed that everything random follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A file of faults, which are added to those of the scenario; in virtual time only.
    #[arg(long)]
    faults: Option<PathBuf>,
    /// The folder for summary.json and each nation's journal and assessments.
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(command: Command) -> Result<(), Problem> {
    match command {
        Command::List => {
            for name in built_in::scenario_names() {
                let scenario = built_in::scenario(name)?;
                println!("{name:<16} {}\n{:<16} {}", scenario.title, "", scenario.special);
            }
            Ok(())
        }
        Command::Check(check) => exercise_check::run(&check.files, check.faults.as_deref(), check.seeds),
        Command::Show(show) => {
            let scenario = built_in::scenario(&show.file)?;
            write_whole(&show.out, scenario.svg(show.seed).as_bytes())?;
            println!("{}", show.out.display());
            Ok(())
        }
        Command::Run(run) if run.speed == "max" => virtual_time(&run),
        Command::Run(run) if run.faults.is_some() => {
            Err(Problem::input("--faults: expected `--speed max`: faults are played in virtual time only"))
        }
        Command::Run(run) => {
            let speed = run.speed.parse::<f64>().ok().filter(|speed| *speed > 0.0 && *speed <= 1_000.0);
            let Some(speed) = speed else {
                let what =
                    format!("--speed {}: expected `max` or a number above 0 and at most 1000", run.speed);
                return Err(Problem::input(what));
            };
            demo::run(demo::Demo::exercise(run.file, speed, run.seed, run.out))
        }
    }
}

fn virtual_time(run: &Run) -> Result<(), Problem> {
    let mut scenario = built_in::scenario(&run.file)?;
    if let Some(faults) = &run.faults {
        scenario.load_faults(faults).map_err(Problem::input)?;
    }
    let policies = built_in::policies(&scenario)?;
    let started = Instant::now();
    let exercise = Exercise::new(&scenario, &policies, run.seed).map_err(Problem::failed)?;
    let end_s = scenario.end_s();
    let outcome = exercise
        .play(|simulated_s| progress(&format!("{simulated_s:6.0} of {end_s:.0} simulated seconds")))
        .map_err(Problem::failed)?;
    let took_s = started.elapsed().as_secs_f64();
    progress("");
    eprintln!("{end_s:.0} simulated seconds in {took_s:.1} s: {:.0} times real time", end_s / took_s);
    write(run, &scenario, &outcome)?;
    for (nation, milestone) in &outcome.milestones {
        println!("{} {nation} {}", milestone.at.to_utc(), milestone.line(1.0));
    }
    println!("digest {}", outcome.summary.digest);
    println!("{}", run.out.join("summary.json").display());
    match outcome.summary.invariants.violated.first() {
        Some(violated) => Err(Problem::failed(format!("an invariant is violated: {violated}"))),
        None => Ok(()),
    }
}

fn write(run: &Run, scenario: &sim::scenario::Scenario, outcome: &Outcome) -> Result<(), Problem> {
    make_folder(&run.out)?;
    let root = serde_json::to_vec_pretty(&outcome.root).map_err(Problem::failed)?;
    write_whole(&run.out.join("root.json"), &root)?;
    for (nation, rows) in &outcome.journals {
        let folder = run.out.join(nation.as_str());
        make_folder(&folder.join("alerts"))?;
        let journal_file = folder.join("journal.db");
        if journal_file.exists() {
            return Err(Problem::input(format!(
                "{}: is there already; expected a fresh folder",
                journal_file.display()
            )));
        }
        let part = folder.join(".journal.db.part");
        let _ = std::fs::remove_file(&part);
        {
            let mut journal = SqliteJournal::open(&part).map_err(Problem::failed)?;
            journal.append_all(rows.iter().map(|row| &*row.bytes)).map_err(Problem::failed)?;
            // Row by row the same chain as in virtual time.
            let last = journal.rows(rows.len() as u64 - 1, 1).map_err(Problem::failed)?;
            if last.first() != rows.last() {
                return Err(Problem::failed(format!("{}: was not written whole", journal_file.display())));
            }
            journal.close().map_err(Problem::failed)?;
        }
        std::fs::rename(&part, &journal_file).map_err(|error| {
            Problem::input(format!("{}: cannot be written: {error}", journal_file.display()))
        })?;
        let lines: String = outcome.assessments[nation]
            .iter()
            .map(|assessment| formats::write_assessment(assessment, scenario.start))
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect();
        write_whole(&folder.join("assessments.jsonl"), lines.as_bytes())?;
    }
    let summary = serde_json::to_vec_pretty(&outcome.summary).map_err(Problem::failed)?;
    write_whole(&run.out.join("summary.json"), &summary)
}
