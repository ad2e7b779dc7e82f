//! Tracking figures: plots a second on R100, and the products of one target. `sim::raid` defines the scenarios.

use std::time::Duration;

use physics::plot::Plot;
use physics::time::Tai;
use picture::{Picture, Settings};
use rustix::time::{ClockId, clock_gettime};
use sim::raid::Raid;
use sim::truth::draw::DrawError;
use statement::AssessmentStatus;

use super::Figure;

/// The seed of the raids; any other gives about the same figures.
const SEED: u64 = 1;
/// Times that R100 is tracked; the best is kept, since what else runs on the machine only ever slows.
const PASSES: u32 = 3;

/// The tracking figures, measured on one core. `Err` says in one line what could not be measured.
pub fn run() -> Result<Vec<Figure>, String> {
    let draw = |raid: Result<Raid, DrawError>| raid.map_err(|error| error.to_string());
    let mut figures = rate(&draw(Raid::r100(SEED))?);
    figures.extend(scale(&draw(Raid::r1000(SEED))?));
    figures.push(products_of_one(&draw(Raid::s0(SEED))?));
    Ok(figures)
}

fn rate(raid: &Raid) -> Vec<Figure> {
    let scans = scans(raid);
    let passes = (0..PASSES).map(|_| track(raid, &scans));
    let Some(best) = passes.min_by_key(|pass| pass.whole) else { return Vec::new() };
    vec![
        figure(
            "tracking: plots, R100, one core",
            Some(300_000.0),
            best.plots_a_second(raid),
            "plots/s",
            true,
        ),
        figure("tracking: most tracks at once, R100", None, best.tracks_max as f64, "tracks", true),
    ]
}

fn scale(raid: &Raid) -> Vec<Figure> {
    let pass = track(raid, &scans(raid));
    vec![
        figure("tracking: plots, R1000, one core", None, pass.plots_a_second(raid), "plots/s", true),
        figure("tracking: a scan of R1000, p99", Some(10.0), pass.scan_p99_ms(raid), "ms", false),
        figure("tracking: most tracks at once, R1000", None, pass.tracks_max as f64, "tracks", true),
    ]
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

fn track(raid: &Raid, scans: &[(Tai, Vec<Plot>)]) -> Pass {
    let mut picture = Picture::new(vec![raid.sensor.clone()], Settings::default());
    let mut each = Vec::with_capacity(scans.len());
    let mut tracks_max = 0;
    for (time, plots) in scans {
        let began = processor_time();
        picture.observe(*time, plots);
        picture.advance(*time);
        each.push(processor_time() - began);
        // Outside the clock: how many tracks there are to keep.
        tracks_max = tracks_max.max(picture.tracks().len());
    }
    let whole = each.iter().sum();
    each.sort();
    let scan_p99 = each.get(each.len() * 99 / 100).copied().unwrap_or_default();
    Pass { plots: scans.iter().map(|(_, plots)| plots.len()).sum(), whole, scan_p99, tracks_max }
}

/// Launch, impact and their ellipses of one target: the mean over all assessments with an impact.
fn products_of_one(raid: &Raid) -> Figure {
    // Each assessment is asked for at once, so that none is skipped as too soon after the last.
    let settings = Settings { assess_every_s: 0.0, ..Settings::default() };
    let mut picture = Picture::new(vec![raid.sensor.clone()], settings);
    let (mut whole, mut count) = (Duration::ZERO, 0_u32);
    for (time, plots) in scans(raid) {
        picture.observe(time, &plots);
        picture.advance(time);
        let began = processor_time();
        let assessments = picture.assess(time);
        let took = processor_time() - began;
        let complete = |assessment: &statement::Assessment| {
            assessment.status == AssessmentStatus::Established && assessment.impact.is_some()
        };
        if !assessments.is_empty() && assessments.iter().all(complete) {
            whole += took;
            count += assessments.len() as u32;
        }
    }
    let mean_ms = milliseconds(whole) / f64::from(count);
    figure("tracking: launch, impact and ellipses of one target, S0", Some(0.2), mean_ms, "ms", false)
}

/// Time that this thread has had of its processor: on a shared machine it says what one core does when it is let, which
/// the wall's clock does not.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn figure(name: &str, goal: Option<f64>, measured: f64, unit: &str, higher_is_better: bool) -> Figure {
    Figure { name: name.to_owned(), goal, measured, unit: unit.to_owned(), higher_is_better }
}
