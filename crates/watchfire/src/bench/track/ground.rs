//! Impact: whether the ellipses hold the truth as often as they say, how large they are against the bound, and the same
//! of the time.

use core::f64::consts::PI;

use nalgebra::Vector3;
use physics::ellipse::Ellipse;
use physics::frames::Site;
use physics::wgs84;
use picture::{Picture, Settings};
use sim::descent::Descent;
use sim::raid::{Raid, Seen};
use sim::truth::draw::DrawError;
use statement::GroundEstimate;

use super::accuracy::AGES_S;
use super::bound::{self, Bound};
use super::follow::Run;
use super::plots::{Chart, Map};
use super::statistics::{quantile, share};
use super::{Form, Noted};

const PROBABILITIES: [f64; 3] = [0.5, 0.9, 0.99];
/// What a share may be off by, in points.
const TOLERANCES: [f64; 3] = [1.7, 1.0, 0.33];
/// The bound is reckoned for so many runs of the full form, and the shortest window for so many: they hardly differ between
/// runs.
const BOUNDED_RUNS: usize = 300;
const WINDOW_RUNS: usize = 30;

/// A standard normal deviate is below this with 95 %. Abramowitz & Stegun, table 26.5.
const NORMAL_95: f64 = 1.644_854;

struct Case {
    name: &'static str,
    draw: fn(u64) -> Result<Raid, DrawError>,
    runs: [usize; 2],
}

const CASES: [Case; 4] = [
    Case { name: "S0", draw: Raid::s0, runs: [1_500, 10_000] },
    Case { name: "S1", draw: Raid::s1, runs: [500, 10_000] },
    Case { name: "S2", draw: Raid::s2, runs: [300, 10_000] },
    Case { name: "S3", draw: Raid::s3, runs: [300, 10_000] },
];

/// What the ellipses at one age came to.
#[derive(Default)]
struct Found {
    /// Squared distance of the true impact in units of the ellipse.
    distances_squared: Vec<f64>,
    /// Launches that the ellipse of each of [`PROBABILITIES`] held.
    held: [usize; 3],
    /// Error of the time over its sigma.
    times: Vec<f64>,
    /// √det of the covariance over the linear bound's with ln β alone, and over that of the posterior itself.
    sizes: [Vec<f64>; 2],
    /// Sigma of the time over the bound, and the window of 90 % over the shortest.
    time_sigmas: Vec<f64>,
    windows: Vec<f64>,
    /// 90 % semi-axes, metres.
    semi_major_m: Vec<f64>,
    semi_minor_m: Vec<f64>,
    /// True impacts from the reckoned ones, east and north, metres; and the last launch's ellipse.
    misses_m: Vec<(f64, f64)>,
    ellipse: Ellipse,
    unsaid: usize,
}

/// The figures of all cases, charts of the shares, and maps of the misses.
pub fn measure(form: &Form) -> (Vec<Noted>, Vec<Chart>, Vec<Map>) {
    let (mut noted, mut charts, mut maps) = (Vec::new(), Vec::new(), Vec::new());
    for case in &CASES {
        let mut found: [Found; 4] = Default::default();
        let runs = case.runs[usize::from(form.full)];
        for index in 0..runs {
            let seed = form.seed + index as u64;
            // A seed that the simulator finds no flight for counts as not said.
            let Ok(raid) = (case.draw)(seed) else {
                found.iter_mut().for_each(|found| found.unsaid += 1);
                continue;
            };
            let run = Run::new(raid.seen(Seen::FromBurnout));
            assess(&run, seed, index, &mut found);
        }
        for (age_s, found) in AGES_S.iter().zip(&mut found) {
            noted.extend(figures(case, *age_s, found, runs));
        }
        charts.push(chart(case, &found));
        maps.extend(AGES_S.iter().zip(&found).filter_map(|(age_s, found)| map(case, *age_s, found)));
    }
    (noted, charts, maps)
}

fn assess(run: &Run, seed: u64, index: usize, found: &mut [Found; 4]) {
    let settings = Settings { assess_every_s: 0.0, ..Settings::default() };
    let mut picture = Picture::new(vec![run.raid.sensor.clone()], settings);
    let mut bound = Bound::new(&run.raid.sensor);
    let Some(fell) = run.raid.truths.first().and_then(|truth| Descent::draw(seed).impact(truth)) else {
        return;
    };
    let mut first_s = None;
    for (time_s, plots) in &run.scans {
        let now = run.raid.start.plus_s(*time_s);
        picture.observe(now, plots);
        picture.advance(now);
        let Some((truth, _)) = run.truth(*time_s) else { continue };
        bound.advance(*time_s, &truth);
        if !plots.is_empty() {
            bound.see(&truth);
            first_s.get_or_insert(*time_s);
        }
        let age_s = first_s.map_or(-1.0, |first_s| time_s - first_s);
        let Some(place) = AGES_S.iter().position(|asked_s| (asked_s - age_s).abs() < 1e-6) else { continue };
        let found = &mut found[place];
        // The longest observed one is the object's; a second track would be its double.
        let assessments = picture.assess(now);
        let assessment = assessments.iter().max_by_key(|assessment| assessment.evidence.plots);
        let Some(ground) = assessment.and_then(|assessment| assessment.impact) else {
            found.unsaid += 1;
            continue;
        };
        let (east_m, north_m) = east_north(&ground, fell.place);
        let squared = distance_squared(&ground.ellipse, east_m, north_m);
        found.distances_squared.push(squared);
        for (held, probability) in found.held.iter_mut().zip(PROBABILITIES) {
            let scale = ground.ellipse.axes_m(probability).0 / ground.ellipse.semi_major_m;
            *held += usize::from(squared <= scale * scale);
        }
        found.misses_m.push((east_m, north_m));
        found.ellipse = ground.ellipse;
        let late_s = run.raid.start.plus_s(fell.time_s).since_s(ground.time);
        found.times.push(late_s / ground.time_sigma_s);
        let (major_m, minor_m) = ground.ellipse.axes_m(0.9);
        found.semi_major_m.push(major_m);
        found.semi_minor_m.push(minor_m);
        let Some(covariance) = bound.covariance().filter(|_| index < BOUNDED_RUNS) else { continue };
        let Some(bounds) = bound::impact(&truth, &covariance) else { continue };
        for (sizes, least) in found.sizes.iter_mut().zip(&bounds) {
            let least_m2 = least.fixed_view::<2, 2>(0, 0).determinant().sqrt();
            sizes.push(ground.ellipse.semi_major_m * ground.ellipse.semi_minor_m / least_m2);
        }
        found.time_sigmas.push(ground.time_sigma_s / bounds[0][(2, 2)].sqrt());
        if index < WINDOW_RUNS
            && let Some(of_state_s2) = bound::of_state_s2(&truth, &covariance)
            && let Some(least_s) = bound::least_window_s(&truth, of_state_s2)
        {
            found.windows.push(2.0 * NORMAL_95 * ground.time_sigma_s / least_s);
        }
    }
}

/// East and north of the estimate, metres, on its plane.
pub(super) fn east_north(estimate: &GroundEstimate, place: physics::geodetic::Geodetic) -> (f64, f64) {
    let site = Site::at(estimate.place);
    let local: Vector3<f64> = site.axes * (wgs84::to_earth_fixed(place).vector() - site.origin.vector());
    (local.x, local.y)
}

/// Squared distance from the middle in units of the ellipse.
pub(super) fn distance_squared(ellipse: &Ellipse, east_m: f64, north_m: f64) -> f64 {
    let (sin, cos) = libm::sincos(ellipse.azimuth_deg.to_radians());
    let along = (east_m * sin + north_m * cos) / ellipse.semi_major_m;
    let across = (east_m * cos - north_m * sin) / ellipse.semi_minor_m;
    along * along + across * across
}

fn figures(case: &Case, age_s: f64, found: &mut Found, runs: usize) -> Vec<Noted> {
    let of = found.distances_squared.len();
    if of == 0 {
        return Vec::new();
    }
    let name = case.name;
    let mut noted = Vec::new();
    let area = |axes: &mut Vec<f64>| quantile(axes, 0.5) / 1e3;
    let (major_km, minor_km) = (area(&mut found.semi_major_m), area(&mut found.semi_minor_m));
    for ((probability, tolerance), held) in PROBABILITIES.into_iter().zip(TOLERANCES).zip(found.held) {
        let interval = share(held, of);
        let percent = probability * 100.0;
        noted.push(Noted::new(
            format!("coverage: {name}, {age_s} s, {percent:.0} % ellipse, points off"),
            Some(tolerance),
            (100.0 * interval.value - percent).abs(),
            "points",
            false,
            format!(
                "holds {:.2} % [{:.2}, {:.2}] of {of} launches; {} of {runs} not said; 90 % semi-axes {major_km:.2} x {minor_km:.2} km, area {:.1} km²",
                100.0 * interval.value,
                100.0 * interval.low,
                100.0 * interval.high,
                found.unsaid,
                PI * major_km * minor_km,
            ),
        ));
    }
    let bounded = found.time_sigmas.len();
    for (sizes, air) in found.sizes.iter_mut().zip(["", ", over the posterior itself"]) {
        noted.push(Noted::new(
            format!("ellipse size: {name}, {age_s} s{air}"),
            Some(1.10),
            quantile(sizes, 0.5),
            "x bound",
            false,
            format!("median of {bounded}"),
        ));
    }
    let squares: Vec<f64> = found.times.iter().map(|time| time * time).collect();
    let rms = (squares.iter().sum::<f64>() / of as f64).sqrt();
    let within = squares.iter().filter(|square| **square <= NORMAL_95 * NORMAL_95).count();
    noted.push(Noted::new(
        format!("impact time: sigma, {name}, {age_s} s"),
        Some(1.10),
        quantile(&mut found.time_sigmas, 0.5),
        "x bound",
        false,
        format!(
            "median of {bounded}; error over its sigma, rms {rms:.2} (1 is right); within 90 %: {:.1} %",
            100.0 * within as f64 / of as f64
        ),
    ));
    noted.push(Noted::new(
        format!("impact time: window of 90 %, {name}, {age_s} s"),
        Some(1.10),
        quantile(&mut found.windows, 0.5),
        "x least",
        false,
        format!("over the shortest that is honest, median of {}", found.windows.len()),
    ));
    noted
}

fn chart(case: &Case, found: &[Found; 4]) -> Chart {
    let lines = PROBABILITIES.iter().enumerate().map(|(place, &probability)| {
        let points = AGES_S.iter().zip(found).filter(|(_, found)| !found.distances_squared.is_empty());
        let points = points.map(|(age_s, found)| {
            (*age_s, 100.0 * found.held[place] as f64 / found.distances_squared.len() as f64)
        });
        (format!("{:.0} % ellipse", 100.0 * probability), points.collect())
    });
    Chart {
        file: format!("coverage-{}", super::plots::file_name(case.name)),
        title: format!("Launches whose impact the ellipse holds: {}", case.name),
        x: "age, s".into(),
        y: "%".into(),
        lines: lines.collect(),
        levels: PROBABILITIES.map(|probability| 100.0 * probability).to_vec(),
    }
}

/// The misses at one age with the ellipses of the last launch: at one age they hardly differ.
fn map(case: &Case, age_s: f64, found: &Found) -> Option<Map> {
    (found.misses_m.len() >= 100).then(|| Map {
        file: format!("misses-{}-{age_s:.0}s", super::plots::file_name(case.name)),
        title: format!("True impacts around the reckoned one: {}, {age_s:.0} s", case.name),
        misses_m: found.misses_m.clone(),
        ellipse: found.ellipse,
        probabilities: PROBABILITIES,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_long_axis_is_one_sigma_away() {
        let ellipse =
            Ellipse { semi_major_m: 3_000.0, semi_minor_m: 1_000.0, azimuth_deg: 30.0, ..Ellipse::default() };
        let (sin, cos) = libm::sincos(30.0_f64.to_radians());
        assert!((distance_squared(&ellipse, 3_000.0 * sin, 3_000.0 * cos) - 1.0).abs() < 1e-12);
        assert!((distance_squared(&ellipse, 1_000.0 * cos, -1_000.0 * sin) - 1.0).abs() < 1e-12);
    }
}
