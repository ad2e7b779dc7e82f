//! How many hours of three nations a second of one processor simulates.

use sim::world::{Ground, Report, Span, draw, play};

use super::Figure;
use crate::built_in;
use crate::problem::Problem;
use crate::processor::thread_time;

/// Seeds with faults, 90 s each.
const SEEDS: u64 = 200;
/// Watches under faults, and how long each is, hours.
const WATCHES: u64 = 4;
const WATCH_H: f64 = 4.0;

/// Heartbeats at 1 Hz, simulated signatures, every invariant checked, the journals proven at the end.
pub fn run() -> Result<Vec<Figure>, Problem> {
    let scenario = built_in::scenario("2022-10-04")?;
    let ground = Ground::new(&scenario, &built_in::policies(&scenario)?).map_err(Problem::failed)?;
    let launch = Span::launch();
    let faulty =
        rate(|| (1..=SEEDS).map(|seed| play(&ground, seed, &launch, &draw(seed, 3, &launch))).collect())?;
    let watch = |seed| Span::watch(seed, WATCH_H);
    let watched = rate(|| {
        (1..=WATCHES).map(|seed| play(&ground, seed, &watch(seed), &draw(seed, 3, &watch(seed)))).collect()
    })?;
    let quiet = rate(|| vec![play(&ground, 1, &watch(1), &[])])?;
    let figure = |name: String, measured| Figure {
        name,
        goal: Some(10.0),
        measured,
        unit: "hours/s".into(),
        higher_is_better: true,
    };
    Ok(vec![
        figure(format!("simulation under faults, {SEEDS} seeds of 90 s, a launch in each"), faulty),
        figure(
            format!("simulation under faults, {WATCHES} watches of {WATCH_H} h, two launches in each"),
            watched,
        ),
        figure(format!("simulation of a watch of {WATCH_H} h, two launches, no faults"), quiet),
    ])
}

/// Simulated hours for each second of processor time.
fn rate(play: impl FnOnce() -> Vec<Report>) -> Result<f64, Problem> {
    let before = thread_time();
    let reports = play();
    let took_s = (thread_time() - before).as_secs_f64();
    match reports.iter().find_map(|report| report.violation.as_ref()) {
        Some(violation) => Err(Problem::failed(format!("{}: {}", violation.name, violation.what))),
        None => Ok(reports.iter().map(|report| report.simulated_s).sum::<f64>() / 3_600.0 / took_s),
    }
}
