//! Late data: plots delayed by up to half a minute, each for itself, leave the same tracks as plots in order, to the last
//! bit of state, covariance and evidence. What tracks are called may differ: a name that was told stands.

use physics::plot::Plot;
use picture::{Picture, Settings};
use sim::raid::{Raid, Seen};
use sim::random::Random;

use super::{Form, Noted, failed};

/// Raids, quick and full, of so many launches; and the scans of each, since each late plot costs steps.
const RAIDS: [u64; 2] = [3, 100];
const LAUNCHES: u32 = 5;
const SCANS: usize = 120;

/// Just below what the tracker takes in, seconds.
const DELAY_S_MAX: f64 = 29.5;

/// The figure of late data.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let raids = RAIDS[usize::from(form.full)];
    let (mut other, mut plots_late, mut tracks) = (Vec::new(), 0, 0);
    for seed in form.seed..form.seed + raids {
        let raid = Raid::of(LAUNCHES, seed).map_err(failed)?.seen(Seen::FromLaunch);
        let scans: Vec<(f64, Vec<Plot>)> = raid.scans().skip(20).take(SCANS).collect();
        let mut in_order = Picture::new(vec![raid.sensor.clone()], Settings::default());
        for (time_s, plots) in &scans {
            in_order.observe(raid.start.plus_s(*time_s), plots);
        }
        let mut random = Random::stream(seed, "late");
        let mut arriving: Vec<(f64, Plot)> = scans
            .iter()
            .flat_map(|(time_s, plots)| plots.iter().map(move |plot| (*time_s, plot.clone())))
            .map(|(time_s, plot)| (time_s + random.between(0.0, DELAY_S_MAX), plot))
            .collect();
        arriving.sort_by(|a, b| a.0.total_cmp(&b.0));
        plots_late += arriving.len();
        let mut late = Picture::new(vec![raid.sensor.clone()], Settings::default());
        for arrived in arriving.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
            let plots: Vec<Plot> = arrived.iter().map(|(_, plot)| plot.clone()).collect();
            late.observe(raid.start.plus_s(arrived[0].0), &plots);
        }
        tracks += in_order.tracks().len();
        if bits(&late) != bits(&in_order) {
            other.push(seed);
        }
    }
    let note = format!(
        "of {raids} raids of {LAUNCHES}: {plots_late} plots, each up to {DELAY_S_MAX} s late, {tracks} tracks; seeds {other:?}"
    );
    let name = "late data: raids whose tracks are not those of plots in order, bit for bit".to_owned();
    Ok(vec![Noted::new(name, Some(0.0), other.len() as f64, "", false, note)])
}

/// All tracks, without their names, in an order of their own.
fn bits(picture: &Picture) -> Vec<(i64, Vec<u64>, u64)> {
    let numbers =
        |track: &statement::Track| track.state.iter().chain(&track.covariance).map(|x| x.to_bits()).collect();
    let tracks = picture.tracks();
    let mut all: Vec<_> =
        tracks.iter().map(|track| (track.time.0, numbers(track), track.evidence.plots)).collect();
    all.sort();
    all
}
