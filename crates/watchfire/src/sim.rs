//! `watchfire sim`: whole nations under faults, in virtual time.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ::sim::world::{Ground, Report, Span, Violation, draw, play, shrink, svg, trace};
use clap::Args;

use crate::built_in;
use crate::output::{progress, write_whole};
use crate::problem::Problem;
use crate::processor::process_time;

/// What to try.
#[derive(Debug, Args)]
pub struct Sim {
    /// Seeds from A up to and including B, as `A..B`, or one seed.
    #[arg(long, default_value = "1..200")]
    seeds: String,
    /// Each seed is a watch of so many hours, with a launch every two; else a minute with a launch.
    #[arg(long, value_name = "HOURS")]
    watch: Option<f64>,
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
    if let Some(hours) = sim.watch.filter(|hours| !(0.1..=48.0).contains(hours)) {
        return Err(Problem::input(format!("--watch {hours}: expected hours, 0.1 to 48")));
    }
    plant(sim.plant.as_deref())?;
    let scenario = built_in::scenario("2022-10-04")?;
    let ground = Ground::new(&scenario, &built_in::policies(&scenario)?).map_err(Problem::failed)?;
    let (started, before) = (Instant::now(), process_time());
    let tried = try_seeds(sim, &ground, from, to);
    let (took_s, processor_s) = (started.elapsed().as_secs_f64(), (process_time() - before).as_secs_f64());
    progress("");
    let Tried { count, simulated_h, checked, failed } = tried;
    let rate = format!(
        "{count} seeds, {simulated_h:.2} simulated hours, {checked} checks; {took_s:.1} s, {:.2} simulated hours a second of processor time",
        simulated_h / processor_s
    );
    match (failed, &sim.plant) {
        (Some((seed, violation)), plant) => {
            report(sim, &ground, seed, &violation)?;
            println!("{rate}");
            match plant {
                Some(_) => Ok(()),
                None => Err(Problem::failed(format!("seed {seed} breaks an invariant: {}", violation.name))),
            }
        }
        (None, Some(plant)) => {
            println!("{rate}");
            Err(Problem::failed(format!("the planted bug `{plant}` was not found")))
        }
        (None, None) => {
            println!("{rate}, none failed");
            Ok(())
        }
    }
}

/// What was tried.
#[derive(Default)]
struct Tried {
    count: u64,
    simulated_h: f64,
    checked: u64,
    /// The lowest seed that failed.
    failed: Option<(u64, Violation)>,
}

/// Plays the seeds on all processors, in their order.
fn try_seeds(sim: &Sim, ground: &Ground, from: u64, to: u64) -> Tried {
    let tried = Mutex::new(Tried::default());
    let next = AtomicU64::new(from);
    let last = AtomicU64::new(to);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > last.load(Ordering::Relaxed) {
                        return;
                    }
                    let span = span(sim, seed);
                    let report = play(ground, seed, &span, &draw(seed, ground.nations().len(), &span));
                    let Ok(mut tried) = tried.lock() else { return };
                    tried.simulated_h += report.simulated_s / 3_600.0;
                    tried.checked += report.checked;
                    tried.count += 1;
                    if let Some(violation) = report.violation {
                        // Lower seeds that are still being played may fail too.
                        last.fetch_min(seed, Ordering::Relaxed);
                        if tried.failed.as_ref().is_none_or(|(lowest, _)| seed < *lowest) {
                            tried.failed = Some((seed, violation));
                        }
                    }
                    if tried.count.is_multiple_of(50) {
                        progress(&format!(
                            "seed {seed}, {:.1} simulated hours, {} checks",
                            tried.simulated_h, tried.checked
                        ));
                    }
                    if sim.hours.is_some_and(|hours| tried.simulated_h >= hours) {
                        last.fetch_min(from, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    tried.into_inner().unwrap_or_default()
}

fn span(sim: &Sim, seed: u64) -> Span {
    sim.watch.map_or_else(Span::launch, |hours| Span::watch(seed, hours))
}

/// Shrinks what failed, says how to play it again, and draws it.
fn report(sim: &Sim, ground: &Ground, seed: u64, violation: &Violation) -> Result<(), Problem> {
    let span = span(sim, seed);
    let faults = draw(seed, ground.nations().len(), &span);
    println!("seed {seed}: {}: {}", violation.name, violation.what);
    let kept = shrink(ground, seed, &span, &faults, violation.name);
    println!("of {} faults these matter:", faults.len());
    kept.iter().for_each(|fault| println!("  {fault}"));
    let short = trace(ground, seed, &span, &kept);
    let broken = short.violation.as_ref().unwrap_or(violation);
    println!("with them: at {:.3} s, at {}: {}", broken.at_s, ground.nations()[broken.who], broken.what);
    print_trace(ground, &short, broken.at_s, broken.who);
    let watch = sim.watch.map(|hours| format!(" --watch {hours}")).unwrap_or_default();
    let plant = sim.plant.as_ref().map(|plant| format!(" --plant {plant}")).unwrap_or_default();
    let again = format!("watchfire sim --seeds {seed}{watch}{plant}");
    write_whole(&sim.picture, svg(ground.nations(), &again, &short).as_bytes())?;
    println!("picture {}", sim.picture.display());
    println!("again: {again}");
    Ok(())
}

/// The last seconds before the violation: what happened, and what came to the nation where it was seen.
fn print_trace(ground: &Ground, report: &Report, at_s: f64, who: usize) {
    const LINES: usize = 40;
    let wire = report.wire.iter().filter(|note| note.who == who);
    let mut trace: Vec<_> = report.notes.iter().chain(wire).filter(|note| note.at_s <= at_s).collect();
    trace.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    println!("before it:");
    for note in trace.iter().skip(trace.len().saturating_sub(LINES)) {
        println!("  {:8.3} s {} {}", note.at_s, ground.nations()[note.who], note.text);
    }
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
