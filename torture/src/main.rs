//! `cargo xtask torture`: power cuts and kills by count; exit status 1 where anything was lost or a number used twice.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use torture::kills::Death;
use torture::{cuts, kills};

/// What the journal must survive, tried for real.
#[derive(Parser)]
#[command(name = "cargo xtask torture")]
struct Cli {
    /// How often a running node is killed (kill -9).
    #[arg(long, default_value_t = 100)]
    kills: u64,
    /// How often the power is cut under the journal's engine, on a disk in memory.
    #[arg(long, default_value_t = 1_000)]
    cuts: u64,
    /// How often the power of a running node's real ext4 disk is cut; needs root and loop devices.
    #[arg(long, default_value_t = 0)]
    disk_cuts: u64,
    /// The first seed. `--kills 0 --cuts 1 --seed S` repeats one cut.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program to kill; else the one beside this one.
    #[arg(long)]
    program: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("torture: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Result<bool> {
    let mut well = true;
    let shown = std::io::stderr().is_terminal();
    for (death, name, wanted) in
        [(Death::Kill, "kills", cli.kills), (Death::PowerCut, "power cuts of real disks", cli.disk_cuts)]
    {
        if wanted == 0 {
            continue;
        }
        let program = match &cli.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("watchfire"),
        };
        let since = Instant::now();
        let counts = kills::run(&program, death, wanted, cli.seed, |counts| {
            if shown {
                eprint!("\r{} {name}", counts.kills);
            }
        })
        .with_context(|| program.display().to_string())?;
        println!(
            "{name}: {} in {} rounds, {} s; acknowledged entries looked for: {}, lost: {}; numbers seen: {}, used twice: {}; journals verified and replayed: {}",
            counts.kills,
            counts.rounds,
            since.elapsed().as_secs(),
            counts.acknowledged,
            counts.lost,
            counts.numbers,
            counts.reused,
            counts.replayed
        );
        counts.wrong.iter().for_each(|wrong| println!("  {wrong}"));
        well &= counts.wrong.is_empty();
    }
    // Last: from here on SQLite writes to disks in memory, in this whole process.
    if cli.cuts > 0 {
        let material = cuts::Material::new()?;
        let since = Instant::now();
        let counts = cuts::run_many(&material, cli.cuts, cli.seed, |counts| {
            if shown {
                eprint!("\r{} power cuts", counts.cuts);
            }
        })?;
        println!(
            "power cuts: {} ({} in writes, {} in opening, {} in checkpoints), {} s; acknowledged rows looked for: {}, lost: {}; nodes recovered: {}",
            counts.cuts,
            counts.in_writes,
            counts.in_opens,
            counts.in_checkpoints,
            since.elapsed().as_secs(),
            counts.acknowledged,
            counts.lost,
            counts.recovered
        );
        well &= counts.lost == 0;
    }
    Ok(well)
}
