//! How near the tracks come to the bound, whether their covariance is true, and whether any is lost to divergence.

use picture::Settings;
use sim::raid::{Raid, Seen};
use sim::truth::draw::DrawError;

use super::follow::{Run, Step};
use super::plots::Chart;
use super::statistics::{Interval, quantile, root_ratio, share};
use super::{Form, Noted};

/// Ages that the accuracy is asked for, seconds.
pub const AGES_S: [f64; 4] = [10.0, 30.0, 60.0, 120.0];

/// Runs whose mean normalised error squared is held against the band, and the band: 95 % of such means over 100 with six
/// degrees of freedom, χ²₆₀₀ / 100 at 2.5 and 97.5 %.
const GROUP: usize = 100;
const BAND: (f64, f64) = (5.34, 6.70);

/// Ages whose consistency counts, seconds: a track exists in each run, and the object is still covered.
const CONSISTENT_FROM_S: usize = 10;
const CONSISTENT_TO_S: usize = 140;

/// Error over the bound, and for how long, that is a divergence.
const DIVERGED: f64 = 10.0;
const DIVERGED_S: usize = 10;

/// A tracker on a scenario.
struct Case {
    name: &'static str,
    draw: fn(u64) -> Result<Raid, DrawError>,
    seen: Seen,
    coasting_only: bool,
    ages_s: [f64; 4],
    goals: Option<(f64, f64)>,
    /// Runs of the quick and of the full form.
    runs: [usize; 2],
    consistency: bool,
    divergence: bool,
}

const CASES: [Case; 8] = [
    Case {
        name: "S0 above the air, coasting filter",
        draw: Raid::s0,
        seen: Seen::AboveAir,
        coasting_only: true,
        ages_s: AGES_S,
        goals: Some((1.03, 1.05)),
        runs: [1_500, 10_000],
        consistency: true,
        divergence: false,
    },
    Case {
        name: "S0 from burn-out, coasting filter",
        draw: Raid::s0,
        seen: Seen::FromBurnout,
        coasting_only: true,
        ages_s: AGES_S,
        goals: Some((1.03, 1.05)),
        runs: [1_000, 10_000],
        consistency: true,
        divergence: false,
    },
    Case {
        name: "S0 above the air, all models",
        draw: Raid::s0,
        seen: Seen::AboveAir,
        coasting_only: false,
        ages_s: AGES_S,
        goals: None,
        runs: [1_500, 10_000],
        consistency: true,
        divergence: true,
    },
    Case {
        name: "S0 from burn-out, all models",
        draw: Raid::s0,
        seen: Seen::FromBurnout,
        coasting_only: false,
        ages_s: AGES_S,
        goals: None,
        runs: [1_000, 10_000],
        consistency: true,
        divergence: true,
    },
    Case {
        name: "S0 from launch, all models",
        draw: Raid::s0,
        seen: Seen::FromLaunch,
        coasting_only: false,
        ages_s: [20.0, 30.0, 60.0, 120.0],
        goals: Some((1.10, 1.10)),
        runs: [1_000, 10_000],
        consistency: true,
        divergence: true,
    },
    Case {
        name: "S1 from burn-out, all models",
        draw: Raid::s1,
        seen: Seen::FromBurnout,
        coasting_only: false,
        ages_s: AGES_S,
        goals: None,
        runs: [500, 10_000],
        consistency: false,
        divergence: true,
    },
    Case {
        name: "S2 from burn-out, all models",
        draw: Raid::s2,
        seen: Seen::FromBurnout,
        coasting_only: false,
        ages_s: AGES_S,
        goals: None,
        runs: [100, 2_000],
        consistency: false,
        divergence: true,
    },
    Case {
        name: "S3 from burn-out, all models",
        draw: Raid::s3,
        seen: Seen::FromBurnout,
        coasting_only: false,
        ages_s: AGES_S,
        goals: None,
        runs: [100, 2_000],
        consistency: false,
        divergence: true,
    },
];

/// What the runs of one case came to.
struct Found {
    /// At each age asked for: (error², bound²) of position and of velocity, a run each.
    pairs: [[Vec<(f64, f64)>; 2]; 4],
    /// Runs without a track at that age.
    trackless: [usize; 4],
    /// By group of runs and age in seconds: sum of the normalised errors squared, and their count.
    normalised: Vec<Vec<(f64, usize)>>,
    /// Normalised errors squared of all runs by age.
    by_age: Vec<Vec<f64>>,
    /// (error², bound²) of the position of all runs by age.
    position_by_age: Vec<Vec<(f64, f64)>>,
    velocity_by_age: Vec<Vec<(f64, f64)>>,
    diverged: Vec<u64>,
    /// Seeds that the simulator found no flight for.
    undrawn: usize,
    runs: usize,
}

/// The figures of all cases, and charts of the first and of those with a goal.
pub fn measure(form: &Form) -> (Vec<Noted>, Vec<Chart>) {
    let (mut noted, mut charts) = (Vec::new(), Vec::new());
    let (mut diverged, mut followed, mut undrawn) = (Vec::new(), 0, 0);
    for case in &CASES {
        let found = found(case, form);
        noted.extend(accuracy(case, &found));
        if case.consistency {
            noted.push(consistency(case, &found));
            charts.extend(chart(case, &found));
        }
        if case.divergence {
            followed += found.runs - found.undrawn;
            undrawn += found.undrawn;
            diverged.extend(found.diverged.iter().map(|seed| format!("{} seed {seed}", &case.name[..2])));
        }
    }
    let upper = super::statistics::poisson_upper(diverged.len() as u32);
    let first: Vec<&str> = diverged.iter().take(8).map(String::as_str).collect();
    noted.push(Noted::new(
        format!("divergence: runs with 10 x the bound for 10 s, of {followed}"),
        Some(0.0),
        diverged.len() as f64,
        "runs",
        false,
        format!(
            "S0, S1, S2, S3, all models; upper 95 % {upper:.1}; {undrawn} seeds without a flight; {}",
            first.join(", ")
        ),
    ));
    (noted, charts)
}

fn found(case: &Case, form: &Form) -> Found {
    let runs = case.runs[usize::from(form.full)];
    let settings = Settings { coasting_only: case.coasting_only, ..Settings::default() };
    let ages = CONSISTENT_TO_S + 1;
    let mut found = Found {
        pairs: Default::default(),
        trackless: [0; 4],
        normalised: vec![vec![(0.0, 0); ages]; runs.div_ceil(GROUP)],
        by_age: vec![Vec::new(); ages],
        position_by_age: vec![Vec::new(); ages],
        velocity_by_age: vec![Vec::new(); ages],
        diverged: Vec::new(),
        undrawn: 0,
        runs,
    };
    for index in 0..runs {
        let seed = form.seed + index as u64;
        match (case.draw)(seed) {
            Ok(raid) => found.take(case, seed, index, &Run::new(raid.seen(case.seen)).follow(&settings)),
            Err(_) => found.undrawn += 1,
        }
    }
    found
}

impl Found {
    fn take(&mut self, case: &Case, seed: u64, index: usize, steps: &[Step]) {
        let mut beyond_s = 0;
        let mut diverged = false;
        for step in steps {
            let age = step.age_s as usize;
            for (place, _) in case.ages_s.iter().enumerate().filter(|(_, age_s)| **age_s == step.age_s) {
                match (step.error, step.bound) {
                    (Some(error), Some((position_m2, velocity_m2ps2))) => {
                        self.pairs[place][0].push((error.position_m2, position_m2));
                        self.pairs[place][1].push((error.velocity_m2ps2, velocity_m2ps2));
                    }
                    _ => self.trackless[place] += 1,
                }
            }
            let (Some(error), Some((position_m2, velocity_m2ps2))) = (step.error, step.bound) else {
                continue;
            };
            if let Some((sum, count)) = self.normalised[index / GROUP].get_mut(age) {
                *sum += error.normalised;
                *count += 1;
                self.by_age[age].push(error.normalised);
                self.position_by_age[age].push((error.position_m2, position_m2));
                self.velocity_by_age[age].push((error.velocity_m2ps2, velocity_m2ps2));
            }
            let beyond = error.position_m2 > DIVERGED * DIVERGED * position_m2;
            beyond_s = if beyond { beyond_s + 1 } else { 0 };
            diverged |= beyond_s >= DIVERGED_S;
        }
        if diverged {
            self.diverged.push(seed);
        }
    }
}

fn accuracy(case: &Case, found: &Found) -> Vec<Noted> {
    let mut noted = Vec::new();
    for (part, what) in ["position", "velocity"].into_iter().enumerate() {
        for (place, age_s) in case.ages_s.into_iter().enumerate() {
            let pairs = &found.pairs[place][part];
            let Interval { value, low, high } = root_ratio(pairs);
            let rms = (pairs.iter().map(|pair| pair.0).sum::<f64>() / pairs.len() as f64).sqrt();
            let unit = if part == 0 { "m" } else { "m/s" };
            // A heavy tail makes a root mean square of the worst run's; the median says how the others fare.
            let mut ratios: Vec<f64> = pairs.iter().map(|(error, bound)| error / bound).collect();
            let median = quantile(&mut ratios, 0.5).sqrt();
            let trackless = match found.trackless[place] {
                0 => String::new(),
                count => format!("; {count} runs without a track"),
            };
            noted.push(Noted::new(
                format!("accuracy: {}, {what}, {age_s} s", case.name),
                case.goals.map(|goals| if part == 0 { goals.0 } else { goals.1 }),
                value,
                "x bound",
                false,
                format!(
                    "[{low:.3}, {high:.3}], {} runs, rms {rms:.1} {unit}, median run {median:.2}{trackless}",
                    pairs.len()
                ),
            ));
        }
    }
    noted
}

/// Group means that are complete, by age.
fn group_means(found: &Found) -> impl Iterator<Item = (usize, f64)> + '_ {
    let complete = |count: usize| count == GROUP;
    found.normalised.iter().flat_map(move |group| {
        let ages = group.iter().enumerate().skip(CONSISTENT_FROM_S);
        ages.filter(move |(_, (_, count))| complete(*count))
            .map(|(age, (sum, count))| (age, sum / *count as f64))
    })
}

fn consistency(case: &Case, found: &Found) -> Noted {
    let means: Vec<f64> = group_means(found).map(|(_, mean)| mean).collect();
    let inside = means.iter().filter(|mean| (BAND.0..=BAND.1).contains(*mean)).count();
    let over = means.iter().filter(|mean| **mean > BAND.1).count();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let groups = found.runs / GROUP;
    let at = |age: usize| {
        let values = &found.by_age[age];
        values.iter().sum::<f64>() / values.len() as f64
    };
    // Times of one group go together: the interval is that of as many independent times as there are groups.
    let interval = share((inside * groups).div_ceil(means.len().max(1)), groups);
    Noted::new(
        format!("consistency: {}, times inside the band", case.name),
        Some(0.90),
        inside as f64 / means.len() as f64,
        "share",
        true,
        format!(
            "{groups} groups of 100, {} times; [{:.2}, {:.2}]; above the band {:.2}; mean {mean:.2} (6 is right), at 10/30/60/120 s {:.2} {:.2} {:.2} {:.2}",
            means.len(),
            interval.low,
            interval.high,
            over as f64 / means.len() as f64,
            at(10),
            at(30),
            at(60),
            at(120),
        ),
    )
}

fn chart(case: &Case, found: &Found) -> [Chart; 2] {
    let by_age = |pairs: &[Vec<(f64, f64)>]| {
        let ages = pairs.iter().enumerate().skip(5).filter(|(_, pairs)| pairs.len() >= GROUP);
        ages.map(|(age, pairs)| (age as f64, root_ratio(pairs).value)).collect::<Vec<_>>()
    };
    let normalised = found.by_age.iter().enumerate().skip(5).filter(|(_, values)| values.len() >= GROUP);
    let normalised = normalised
        .map(|(age, values)| (age as f64, values.iter().sum::<f64>() / values.len() as f64))
        .collect();
    let first = found.normalised.first().map(Vec::as_slice).unwrap_or_default();
    let first = first.iter().enumerate().skip(CONSISTENT_FROM_S).filter(|(_, (_, count))| *count == GROUP);
    let first = first.map(|(age, (sum, count))| (age as f64, sum / *count as f64)).collect();
    let goals = case.goals.unwrap_or((1.03, 1.05));
    [
        Chart {
            file: format!("error-{}", super::plots::file_name(case.name)),
            title: format!("RMS error over the bound: {}", case.name),
            x: "age, s".into(),
            y: "x bound".into(),
            lines: vec![
                ("position".into(), by_age(&found.position_by_age)),
                ("velocity".into(), by_age(&found.velocity_by_age)),
            ],
            levels: vec![1.0, goals.0, goals.1],
        },
        Chart {
            file: format!("nees-{}", super::plots::file_name(case.name)),
            title: format!("Normalised error squared: {}", case.name),
            x: "age, s".into(),
            y: "mean".into(),
            lines: vec![
                (format!("all {} runs", found.runs), normalised),
                ("the first 100 runs".into(), first),
            ],
            levels: vec![6.0, BAND.0, BAND.1],
        },
    ]
}
