//! How fast an exercise plays in virtual time.

use std::time::Instant;

use sim::exercise::Exercise;

use super::Figure;
use crate::built_in;
use crate::problem::Problem;

/// Plays the launch of 2022-10-04 once and compares simulated with real seconds.
pub fn run() -> Result<Vec<Figure>, Problem> {
    let scenario = built_in::scenario("2022-10-04")?;
    let policies = built_in::policies(&scenario)?;
    let started = Instant::now();
    let exercise = Exercise::new(&scenario, &policies, 1).map_err(Problem::failed)?;
    let outcome = exercise.play(|_| ()).map_err(Problem::failed)?;
    let took_s = started.elapsed().as_secs_f64();
    if let Some(violated) = outcome.summary.invariants.violated.first() {
        return Err(Problem::failed(format!("an invariant is violated: {violated}")));
    }
    Ok(vec![Figure {
        name: "exercise at max, 2022-10-04, replay proof included".into(),
        goal: Some(200.0),
        measured: outcome.summary.simulated_s / took_s,
        unit: "x real time".into(),
        higher_is_better: true,
    }])
}
