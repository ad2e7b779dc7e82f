//! How many hours of three nations a second of one processor simulates.

use sim::world::{Ground, Report, draw, play, watch};

use super::Figure;
use crate::built_in;
use crate::problem::Problem;
use crate::processor::thread_time;

/// Seeds with faults, 90 s each.
const SEEDS: u64 = 200;
/// A watch without faults, seconds.
const WATCH_S: f64 = 4.0 * 3_600.0;

/// Heartbeats at 1 Hz, simulated signatures, every invariant checked, the journals proven at the end.
pub fn run() -> Result<Vec<Figure>, Problem> {
    let scenario = built_in::scenario("2022-10-04")?;
    let ground = Ground::new(&scenario, &built_in::policies(&scenario)?).map_err(Problem::failed)?;
    let faulty = rate(|| (1..=SEEDS).map(|seed| play(&ground, seed, &draw(seed, 3))).collect())?;
    let quiet = rate(|| vec![watch(&ground, 1, WATCH_S)])?;
    let figure = |name: String, measured| Figure {
        name,
        goal: Some(10.0),
        measured,
        unit: "hours/s".into(),
        higher_is_better: true,
    };
    Ok(vec![
        figure(format!("simulation under faults, {SEEDS} seeds of 90 s, a launch in each"), faulty),
        figure("simulation of a watch of 4 h, one launch, no faults".into(), quiet),
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
