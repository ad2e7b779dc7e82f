//! `watchfire exercise check`: reads scenarios, flies their launches, and says how they compare with the report.

use std::path::Path;

use sim::truth::Truth;
use sim::truth::draw::ReportedLaunch;

use crate::built_in;
use crate::problem::Problem;

/// Checks each scenario, with each launch flown by `seeds` seeds.
pub fn run(files: &[String], faults: Option<&Path>, seeds: u64) -> Result<(), Problem> {
    let all = built_in::scenario_names().map(str::to_owned);
    let files: Vec<String> = if files.is_empty() { all.collect() } else { files.to_vec() };
    for file in &files {
        let mut scenario = built_in::scenario(file)?;
        if let Some(faults) = faults {
            scenario.load_faults(faults).map_err(Problem::input)?;
        }
        println!("{}: {}", scenario.name, scenario.title);
        for launch in &scenario.launches {
            println!("  {}", line(launch, seeds));
        }
        let sensors: usize = scenario.nations.iter().map(|participant| participant.sensors.len()).sum();
        let objects = scenario.truths(1).len();
        println!("  {objects} objects with seed 1, {sensors} sensors, {} faults", scenario.faults.len());
    }
    Ok(())
}

/// What was reported of a launch, how much longer that is than a free flight, and what is flown.
fn line(launch: &ReportedLaunch, seeds: u64) -> String {
    let kilometres = |(low_m, high_m): (f64, f64)| format!("{:.0} to {:.0} km", low_m * 1e-3, high_m * 1e-3);
    let flown: Vec<Truth> =
        (1..=seeds).filter_map(|seed| Truth::draw(launch, seed).ok()?.into_iter().next()).collect();
    let as_reported = format!("{} of {seeds} seeds fly so", flown.len());
    let reported = format!("{} range {}", launch.class.name(), kilometres(launch.range_m));
    let of_all = |value: &dyn Fn(&Truth) -> Option<f64>| {
        let values: Vec<f64> = flown.iter().filter_map(value).collect();
        let (low, high) =
            values.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        if values.is_empty() { "none".to_owned() } else { format!("{low:.0} to {high:.0}") }
    };
    let speeds = of_all(&|truth| Some(truth.speed_max_mps()));
    if launch.fate.orbit_until_s.is_some() {
        let orbits = of_all(&|truth| Some(truth.in_orbit_s()? - launch.launch_s));
        let height = kilometres(launch.apogee_m);
        return format!(
            "{}: {reported}, orbit {height}; {as_reported}: orbit after {orbits} s, up to {speeds} m/s",
            launch.id
        );
    }
    let times = of_all(&|truth| Some(truth.impact()?.time_s - truth.launch()?.time_s));
    let burns = of_all(&|truth| Some(truth.burnout()?.time_s - truth.launch()?.time_s));
    let apogee = kilometres(launch.apogee_m);
    let free_s = sim::scenario::least_flight_s(launch);
    format!(
        "{}: {reported}, apogee {apogee}, free flight {free_s:.0} s; {as_reported}: {times} s, thrust {burns} s, up to {speeds} m/s",
        launch.id
    )
}
