//! What tracking costs: plots a second, a scan's time, memory, growth with the raid, and the products of one target.

use std::time::Duration;

use physics::plot::Plot;
use physics::time::Tai;
use picture::{Picture, Settings};
use sim::raid::Raid;
use statement::AssessmentStatus;

use super::{Form, Noted, failed};
use crate::processor::thread_time;

/// Times that R100 is tracked; the best is kept, since what else runs on the machine only ever slows.
const PASSES: u32 = 20;

/// Targets of the growth, quick and full.
const GROWTH: [&[u32]; 2] = [&[10, 100, 1_000], &[10, 100, 1_000, 10_000]];

/// Peak memory: to be measured first, while the process is still small.
pub fn memory(form: &Form) -> Result<Noted, String> {
    let raid = Raid::r1000(form.seed).map_err(failed)?;
    let scans = scans(&raid);
    let before_kb = peak_kb(true)?;
    let pass = track(&raid, &scans, &Settings::default());
    let after_kb = peak_kb(false)?;
    let grown_mb = after_kb.saturating_sub(before_kb) as f64 / 1_024.0;
    Ok(Noted::new(
        "scale: memory that tracking R1000 takes at most".to_owned(),
        Some(64.0),
        pass.where_tracked(&raid, grown_mb),
        "MB",
        false,
        format!(
            "growth of the peak resident set from {:.0} MB, seed {}",
            before_kb as f64 / 1_024.0,
            form.seed
        ),
    ))
}

/// The peak resident set, kB; first brought down to the present one where asked. Linux, proc(5).
fn peak_kb(reset: bool) -> Result<u64, String> {
    if reset {
        std::fs::write("/proc/self/clear_refs", "5").map_err(failed)?;
    }
    let status = std::fs::read_to_string("/proc/self/status").map_err(failed)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| "this system does not say what memory a process takes".to_owned())
}

/// The speeds, on one core.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let mut noted = rate(&Raid::r100(form.seed).map_err(failed)?, form);
    noted.extend(scale(&Raid::r1000(form.seed).map_err(failed)?, form));
    noted.push(growth(form)?);
    noted.push(products_of_one(&Raid::s0(form.seed).map_err(failed)?, form));
    Ok(noted)
}

/// Plots a second on a raid, by the coasting filter alone and by all models.
pub fn rate(raid: &Raid, form: &Form) -> Vec<Noted> {
    let scans = scans(raid);
    let best = |settings: &Settings| {
        let passes = (0..PASSES).map(|_| track(raid, &scans, settings));
        passes.min_by_key(|pass| pass.whole)
    };
    let mut noted = Vec::new();
    for (name, goal, coasting_only) in
        [("coasting filter", 1_000_000.0, true), ("all models", 300_000.0, false)]
    {
        let settings = Settings { coasting_only, ..Settings::default() };
        let Some(pass) = best(&settings) else { continue };
        noted.push(Noted::new(
            format!("speed: plots, R100, one core, {name}"),
            Some(goal),
            pass.plots_a_second(raid),
            "plots/s",
            true,
            format!(
                "{} plots, best of {PASSES} by the processor's clock, {} tracks at most, seed {}",
                pass.plots, pass.tracks_max, form.seed
            ),
        ));
    }
    noted
}

fn scale(raid: &Raid, form: &Form) -> Vec<Noted> {
    let pass = track(raid, &scans(raid), &Settings::default());
    let note = format!("{} plots, {} tracks at most, seed {}", pass.plots, pass.tracks_max, form.seed);
    vec![
        Noted::new(
            "scale: a scan of R1000, p99".to_owned(),
            Some(10.0),
            pass.scan_p99_ms(raid),
            "ms",
            false,
            note.clone(),
        ),
        Noted::new(
            "speed: plots, R1000, one core, all models".to_owned(),
            None,
            pass.plots_a_second(raid),
            "plots/s",
            true,
            note,
        ),
    ]
}

/// How the cost of a raid grows with its size, over n log n: 1 or less is as good.
fn growth(form: &Form) -> Result<Noted, String> {
    let mut costs = Vec::new();
    for &launches in GROWTH[usize::from(form.full)] {
        let raid = Raid::of(launches, form.seed).map_err(failed)?;
        let pass = track(&raid, &scans(&raid), &Settings::default());
        costs.push((f64::from(launches), pass.where_tracked(&raid, pass.whole.as_secs_f64())));
    }
    let (Some(&(least, cost)), Some(&(most, cost_most))) = (costs.first(), costs.last()) else {
        return Err("nothing was tracked".to_owned());
    };
    let n_log_n = |n: f64| n * libm::log(n);
    let each: Vec<String> =
        costs.iter().map(|(launches, cost)| format!("{launches:.0}: {:.1} ms", cost * 1e3)).collect();
    Ok(Noted::new(
        format!("scale: cost from {least:.0} to {most:.0} targets, over n log n"),
        Some(1.0),
        cost_most / cost / (n_log_n(most) / n_log_n(least)),
        "x",
        false,
        format!("the whole raid, by launches: {}", each.join(", ")),
    ))
}

/// The scans of a raid, made beforehand, so that only tracking is timed.
fn scans(raid: &Raid) -> Vec<(Tai, Vec<Plot>)> {
    raid.scans().map(|(time_s, plots)| (raid.start.plus_s(time_s), plots)).collect()
}

/// What tracking a raid once took.
struct Pass {
    plots: usize,
    whole: Duration,
    scan_p99: Duration,
    tracks_max: usize,
}

impl Pass {
    fn plots_a_second(&self, raid: &Raid) -> f64 {
        self.where_tracked(raid, self.plots as f64 / self.whole.as_secs_f64())
    }

    fn scan_p99_ms(&self, raid: &Raid) -> f64 {
        self.where_tracked(raid, milliseconds(self.scan_p99))
    }

    /// Not a number where less than half of the raid was tracked: to track nothing is quick.
    fn where_tracked(&self, raid: &Raid, measured: f64) -> f64 {
        if 2 * self.tracks_max >= raid.truths.len() { measured } else { f64::NAN }
    }
}

fn track(raid: &Raid, scans: &[(Tai, Vec<Plot>)], settings: &Settings) -> Pass {
    let mut picture = Picture::new(vec![raid.sensor.clone()], settings.clone());
    let mut each = Vec::with_capacity(scans.len());
    let mut tracks_max = 0;
    for (time, plots) in scans {
        let began = thread_time();
        picture.observe(*time, plots);
        picture.advance(*time);
        each.push(thread_time() - began);
        // Outside the clock: how many tracks there are to keep.
        tracks_max = tracks_max.max(picture.tracks().len());
    }
    let whole = each.iter().sum();
    each.sort();
    let scan_p99 = each.get(each.len() * 99 / 100).copied().unwrap_or_default();
    Pass { plots: scans.iter().map(|(_, plots)| plots.len()).sum(), whole, scan_p99, tracks_max }
}

/// Launch, impact and their ellipses of one target: the mean over all assessments with an impact.
fn products_of_one(raid: &Raid, form: &Form) -> Noted {
    // Each assessment is asked for at once, so that none is skipped as too soon after the last.
    let settings = Settings { assess_every_s: 0.0, ..Settings::default() };
    let mut picture = Picture::new(vec![raid.sensor.clone()], settings);
    let (mut whole, mut count) = (Duration::ZERO, 0_u32);
    for (time, plots) in scans(raid) {
        picture.observe(time, &plots);
        picture.advance(time);
        let began = thread_time();
        let assessments = picture.assess(time);
        let took = thread_time() - began;
        let complete = |assessment: &statement::Assessment| {
            assessment.status == AssessmentStatus::Established && assessment.impact.is_some()
        };
        if !assessments.is_empty() && assessments.iter().all(complete) {
            whole += took;
            count += assessments.len() as u32;
        }
    }
    let mean_ms = milliseconds(whole) / f64::from(count);
    Noted::new(
        "impact product: launch, impact and ellipses of one target, S0".to_owned(),
        Some(0.2),
        mean_ms,
        "ms",
        false,
        format!("mean of {count}, seed {}", form.seed),
    )
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
