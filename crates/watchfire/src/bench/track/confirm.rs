//! How soon an object is a firm track, and how often clutter becomes one.

use std::collections::BTreeSet;

use physics::motion;
use picture::{Picture, Settings};
use sim::raid::{Raid, Seen};
use statement::TrackStatus;

use super::follow::{Run, estimate_at};
use super::statistics::{mean, poisson_upper, quantile};
use super::{Form, NEAR_M, Noted, failed};

/// Runs of S0c, quick and full.
const RUNS: [usize; 2] = [1_000, 10_000];
/// Hours of S0h, quick and full.
const HOURS: [f64; 2] = [0.5, 100.0];

/// Both figures.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    Ok(vec![confirm(form)?, false_tracks(form)])
}

fn confirm(form: &Form) -> Result<Noted, String> {
    let runs = RUNS[usize::from(form.full)];
    let (mut delays_s, mut never) = (Vec::new(), 0);
    for index in 0..runs {
        let raid = Raid::s0c(form.seed + index as u64).map_err(failed)?;
        match delay_s(&Run::new(raid.seen(Seen::FromBurnout))) {
            Some(delay_s) => delays_s.push(delay_s),
            None => never += 1,
        }
    }
    let interval = mean(&delays_s);
    let p99 = quantile(&mut delays_s, 0.99);
    Ok(Noted::new(
        "confirm: covered to firm track, S0c, mean".to_owned(),
        Some(4.0),
        interval.value,
        "s",
        false,
        format!(
            "[{:.2}, {:.2}], {runs} runs, p99 {p99:.0} s; {never} never confirmed",
            interval.low, interval.high
        ),
    ))
}

/// From the first scan that covers the object to the first with a firm track near it, seconds.
fn delay_s(run: &Run) -> Option<f64> {
    let mut picture = Picture::new(vec![run.raid.sensor.clone()], Settings::default());
    let (first_s, _) = run.scans.first()?;
    for (time_s, plots) in &run.scans {
        let now = run.raid.start.plus_s(*time_s);
        picture.observe(now, plots);
        let (truth, _) = run.truth(*time_s)?;
        let is_it = |track: &statement::Track| {
            let away_m = (estimate_at(track, now).position() - motion::position(&truth)).norm();
            track.status == TrackStatus::Firm && away_m < NEAR_M
        };
        if picture.tracks().iter().any(is_it) {
            return Some(time_s - first_s);
        }
    }
    None
}

fn false_tracks(form: &Form) -> Noted {
    let hours = HOURS[usize::from(form.full)];
    let raid = Raid::s0h(hours, form.seed);
    let mut picture = Picture::new(vec![raid.sensor.clone()], Settings::default());
    let (mut seen, mut count) = (BTreeSet::new(), 0_u32);
    for (time_s, plots) in raid.scans() {
        let now = raid.start.plus_s(time_s);
        picture.observe(now, &plots);
        picture.advance(now);
        for track in picture.tracks() {
            count += u32::from(seen.insert(track.track_id));
        }
        // Only those that are still there can come again.
        if seen.len() > 10_000 {
            seen = picture.tracks().into_iter().map(|track| track.track_id).collect();
        }
    }
    Noted::new(
        "false tracks: S0h, upper 95 % of the rate".to_owned(),
        Some(1.0),
        poisson_upper(count) / hours,
        "1/h",
        false,
        format!(
            "{count} in {hours} h without an object, {:.2} an hour, seed {}",
            f64::from(count) / hours,
            form.seed
        ),
    )
}
