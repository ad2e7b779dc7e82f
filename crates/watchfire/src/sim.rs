//! `watchfire sim`: whole nations under faults, in virtual time.

use std::path::PathBuf;
use std::time::Instant;

use ::sim::world::{Ground, draw, play, shrink, svg};
use clap::Args;

use crate::built_in;
use crate::output::{progress, write_whole};
use crate::problem::Problem;

/// What to try.
#[derive(Debug, Args)]
pub struct Sim {
    /// Seeds from A up to and including B, as `A..B`, or one seed.
    #[arg(long, default_value = "1..200")]
    seeds: String,
    /// Ends after so many simulated hours.
    #[arg(long)]
    hours: Option<f64>,
    /// Switches on a planted bug, which must be found; only in a build with the feature `plant`.
    #[arg(long)]
    plant: Option<String>,
    /// Where the picture of a failing seed goes.
    #[arg(long, default_value = "watchfire-sim.svg")]
    picture: PathBuf,
}

/// Runs the command.
pub fn run(sim: &Sim) -> Result<(), Problem> {
    let (from, to) = seeds(&sim.seeds)?;
    plant(sim.plant.as_deref())?;
    let scenario = built_in::scenario("2022-10-04")?;
    let ground = Ground::new(&scenario, &built_in::policies(&scenario)?).map_err(Problem::failed)?;
    let started = Instant::now();
    let (mut simulated_h, mut checked, mut count) = (0.0, 0, 0_u64);
    for seed in from..=to {
        let faults = draw(seed, scenario.nations.len());
        let report = play(&ground, seed, &faults);
        simulated_h += report.simulated_s / 3_600.0;
        checked += report.checked;
        count += 1;
        if let Some(violation) = &report.violation {
            progress("");
            println!("seed {seed} ({count} tried): {}: {}", violation.name, violation.what);
            let kept = shrink(&ground, seed, &faults, violation.name);
            println!("of {} faults these matter:", faults.len());
            kept.iter().for_each(|fault| println!("  {fault}"));
            let short = play(&ground, seed, &kept);
            let broken = short.violation.as_ref().unwrap_or(violation);
            println!(
                "with them: at {:.3} s, at {}: {}",
                broken.at_s,
                scenario_nation(&scenario, broken.who),
                broken.what
            );
            let again = match &sim.plant {
                Some(plant) => format!("watchfire sim --seeds {seed} --plant {plant}"),
                None => format!("watchfire sim --seeds {seed}"),
            };
            let mut nations: Vec<_> = scenario.nations.iter().map(|participant| participant.nation).collect();
            nations.sort();
            write_whole(&sim.picture, svg(&nations, &again, &short).as_bytes())?;
            println!("picture {}", sim.picture.display());
            println!("again: {again}");
            if sim.plant.is_some() {
                return Ok(());
            }
            return Err(Problem::failed(format!("seed {seed} breaks an invariant: {}", violation.name)));
        }
        if count.is_multiple_of(50) {
            progress(&format!("seed {seed}, {simulated_h:.1} simulated hours, {checked} checks"));
        }
        if sim.hours.is_some_and(|hours| simulated_h >= hours) {
            break;
        }
    }
    let took_s = started.elapsed().as_secs_f64();
    progress("");
    println!(
        "{count} seeds, {simulated_h:.2} simulated hours, {checked} checks, none failed; {took_s:.1} s: {:.2} simulated hours a second",
        simulated_h / took_s
    );
    match &sim.plant {
        Some(plant) => Err(Problem::failed(format!("the planted bug `{plant}` was not found"))),
        None => Ok(()),
    }
}

fn scenario_nation(scenario: &::sim::scenario::Scenario, who: usize) -> String {
    let mut nations: Vec<_> = scenario.nations.iter().map(|participant| participant.nation).collect();
    nations.sort();
    nations.get(who).map(ToString::to_string).unwrap_or_default()
}

fn seeds(text: &str) -> Result<(u64, u64), Problem> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    match (from.parse(), to.trim_start_matches('=').parse()) {
        (Ok(from), Ok(to)) if from <= to => Ok((from, to)),
        _ => Err(Problem::input(format!("--seeds {text}: expected one number, or two as in 1..200"))),
    }
}

#[cfg(feature = "plant")]
fn plant(name: Option<&str>) -> Result<(), Problem> {
    statement::plant::plant(name);
    Ok(())
}

#[cfg(not(feature = "plant"))]
fn plant(name: Option<&str>) -> Result<(), Problem> {
    match name {
        Some(name) => Err(Problem::input(format!(
            "--plant {name}: this build has no planted bugs; expected one with the feature `plant`"
        ))),
        None => Ok(()),
    }
}
