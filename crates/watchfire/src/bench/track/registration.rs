//! Registration: scenario D. Two radars on both sides of S0's plane, the northern one biased by 500 m and by 0.7 mrad in
//! both angles. How sure its biases are known, and what that is worth to the track; and how often radars that are well
//! are called degraded.

use nalgebra::Vector3;
use physics::motion::{self, State};
use physics::plot::Plot;
use physics::sensor::{Sensor, Volume};
use picture::{Bias, Picture, Settings, Standing};
use sim::raid::Raid;
use sim::random::Random;
use sim::sensing::Watch;
use sim::truth::{Phase, Truth};
use statement::TrackStatus;

use super::follow::estimate_at;
use super::statistics::{Interval, poisson_upper, quantile, share};
use super::{Form, Noted, failed};

/// Runs of D; as many again have biases drawn from the priors; and runs of healthy radars. Quick, full.
const RUNS: [usize; 2] = [300, 1_000];
const HEALTHY_RUNS: [usize; 2] = [200, 2_000];

/// Biases of the southern and the northern radar: range (m), azimuth, elevation (rad), time (s).
const BIASES: Biases = [[0.0; 4], [500.0, 0.7e-3, 0.7e-3, 0.0]];

/// The priors' sigmas of a radar that is off, and of one that is well, as docs/tracking/registration.md states them.
const OFF: [f64; 4] = [700.0, 0.7e-3, 0.7e-3, 0.05];
const WELL: [f64; 4] = [20.0, 0.1e-3, 0.1e-3, 0.005];

const NAMES: [&str; 4] = ["range", "azimuth", "elevation", "time"];
/// What makes each a number for people: m, mrad, mrad, ms.
const UNITS: [(f64, &str); 4] = [(1.0, "m"), (1e3, "mrad"), (1e3, "mrad"), (1e3, "ms")];

/// Common track after which biases are asked for, seconds.
const COMMON_S: [f64; 2] = [60.0, 150.0];

/// Launches of a healthy crowd, and false plots of each radar in a scan.
const CROWD: u32 = 10;
const CLUTTER: f64 = 20.0;

/// What one run shows at one of [`COMMON_S`].
#[derive(Clone, Copy)]
struct Shown {
    /// Of both radars, where they are known.
    biases: Option<[[Bias; 4]; 2]>,
    /// The northern one's less the southern one's.
    relative: Option<[Bias; 4]>,
    /// Error of the track with most plots (metres), and how many tracks there are of the one object.
    track: Option<(f64, usize)>,
}

/// All figures.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let runs = RUNS[usize::from(form.full)];
    let corrects = Settings::default();
    let shows = Settings { corrects_biases: false, ..Settings::default() };
    let (mut given, mut drawn, mut uncorrected, mut unbiased) = (vec![], vec![], vec![], vec![]);
    for index in 0..runs {
        let seed = form.seed + index as u64;
        let flight = Raid::s0(seed).map_err(failed)?;
        given.push((BIASES, follow(&flight, seed, BIASES, &corrects)));
        uncorrected.push((BIASES, follow(&flight, seed, BIASES, &shows)));
        let none = [[0.0; 4]; 2];
        unbiased.push((none, follow(&flight, seed, none, &corrects)));
        let mut random = Random::stream(seed, "biases");
        let biases = [WELL, OFF].map(|prior| prior.map(|sigma| sigma * random.normal()));
        drawn.push((biases, follow(&flight, seed, biases, &corrects)));
    }
    let mut noted = Vec::new();
    for (place, common_s) in COMMON_S.into_iter().enumerate() {
        noted.push(found(&given, place, common_s));
        noted.push(relative(&given, place, common_s));
        noted.push(within("registration: D, errors within their 95 % intervals", &given, place, Some(0.94)));
        noted.extend(errors(&given, place, common_s));
        noted.push(within(
            "registration: biases drawn from the priors (well, off), within",
            &drawn,
            place,
            None,
        ));
    }
    for (name, runs) in [
        ("corrected", &given),
        ("found, not corrected", &uncorrected),
        ("the same radars without bias", &unbiased),
    ] {
        for (place, common_s) in COMMON_S.into_iter().enumerate() {
            noted.push(track_error(name, runs, place, common_s));
        }
    }
    noted.push(healthy(form)?);
    Ok(noted)
}

/// Biases of the southern and the northern radar.
type Biases = [[f64; 4]; 2];
type Runs = [(Biases, [Shown; 2])];

/// Share of runs in which the range bias was found.
fn found(runs: &Runs, place: usize, common_s: f64) -> Noted {
    let count = |measure: usize| {
        let excludes = |shown: &Shown| {
            shown
                .biases
                .is_some_and(|[_, biased]| biased[measure].excludes_zero() && biased[measure].value > 0.0)
        };
        share(runs.iter().filter(|(_, shown)| excludes(&shown[place])).count(), runs.len())
    };
    let Interval { value, low, high } = count(0);
    Noted::new(
        format!("registration: D, range bias found after {common_s} s of common track"),
        (place == 0).then_some(0.94),
        value,
        "share",
        true,
        format!(
            "[{low:.3}, {high:.3}], {} runs; azimuth {:.2}, elevation {:.2} of runs (0.7 mrad is less than a plot's sigma)",
            runs.len(),
            count(1).value,
            count(2).value
        ),
    )
}

/// Share of runs in which it was found that the radars' range biases differ.
fn relative(runs: &Runs, place: usize, common_s: f64) -> Noted {
    let known = runs.iter().filter_map(|(_, shown)| shown[place].relative);
    let (mut found, mut inside, mut errors_m) = (0, 0, Vec::new());
    for bias in known.map(|biases| biases[0]) {
        let truth = BIASES[1][0] - BIASES[0][0];
        found += usize::from(bias.excludes_zero() && bias.value > 0.0);
        inside += usize::from((bias.low..=bias.high).contains(&truth));
        errors_m.push((bias.value - truth).abs());
    }
    let Interval { value, low, high } = share(found, runs.len());
    Noted::new(
        format!("registration: D, difference of the range biases found after {common_s} s"),
        (place == 0).then_some(0.94),
        value,
        "share",
        true,
        format!(
            "[{low:.3}, {high:.3}], within its interval {:.3}, median error {:.0} m",
            inside as f64 / runs.len() as f64,
            quantile(&mut errors_m, 0.5)
        ),
    )
}

/// Share of the biases of both radars whose error lies within their interval.
fn within(name: &str, runs: &Runs, place: usize, goal: Option<f64>) -> Noted {
    let mut counts = [[0; 4]; 2];
    let mut known = 0;
    for (truth, shown) in runs {
        let Some(biases) = &shown[place].biases else { continue };
        known += 1;
        for (radar, truth) in truth.iter().enumerate() {
            for measure in 0..4 {
                let bias = &biases[radar][measure];
                counts[radar][measure] += usize::from((bias.low..=bias.high).contains(&truth[measure]));
            }
        }
    }
    // Runs in which nothing is known of a bias count against it.
    let all = 8 * runs.len();
    let Interval { value, low, high } = share(counts.iter().flatten().sum(), all);
    let each: Vec<String> = counts
        .iter()
        .flat_map(|counts| counts.iter().zip(NAMES))
        .map(|(count, name)| format!("{name} {:.3}", *count as f64 / runs.len() as f64))
        .collect();
    Noted::new(
        format!("{name}, {} s", COMMON_S[place]),
        goal,
        value,
        "share",
        true,
        format!(
            "[{low:.3}, {high:.3}], {} runs, {known} with an estimate; healthy radar, then biased: {}",
            runs.len(),
            each.join(", ")
        ),
    )
}

/// Median error of each bias of the biased radar.
fn errors(runs: &Runs, place: usize, common_s: f64) -> Vec<Noted> {
    let noted = |measure: usize| {
        let known = runs.iter().filter_map(|(truth, shown)| {
            let bias = shown[place].biases?[1][measure];
            Some(((bias.value - truth[1][measure]).abs(), 0.5 * (bias.high - bias.low)))
        });
        let (mut errors, mut halves): (Vec<f64>, Vec<f64>) = known.unzip();
        let (scale, unit) = UNITS[measure];
        Noted::new(
            format!("registration: D, {}, median error after {common_s} s", NAMES[measure]),
            None,
            scale * quantile(&mut errors, 0.5),
            unit,
            false,
            format!("interval ± {:.2} {unit} (median)", scale * quantile(&mut halves, 0.5)),
        )
    };
    (0..4).map(noted).collect()
}

/// How far the joint track is from the truth.
fn track_error(name: &str, runs: &Runs, place: usize, common_s: f64) -> Noted {
    let tracks: Vec<(f64, usize)> = runs.iter().filter_map(|(_, shown)| shown[place].track).collect();
    let single = tracks.iter().filter(|(_, count)| *count == 1).count();
    let mut errors_m: Vec<f64> = tracks.iter().map(|(error_m, _)| *error_m).collect();
    let rms_m = (errors_m.iter().map(|error| error * error).sum::<f64>() / errors_m.len() as f64).sqrt();
    let tracked = errors_m.len();
    Noted::new(
        format!("registration: D, joint track, {name}, median error after {common_s} s"),
        None,
        quantile(&mut errors_m, 0.5),
        "m",
        false,
        format!("rms {rms_m:.0} m, {tracked} of {} runs with a track, {single} with one alone", runs.len()),
    )
}

/// D's radars: S0's, and one as far on the other side of the plane, which runs along 40° N.
fn radars(raid: &Raid) -> [Sensor; 2] {
    let south = Sensor { id: "d-south".to_owned(), ..raid.sensor.clone() };
    let mirrored = south
        .volume
        .map(|volume| Volume { az_rad: [165.0_f64.to_radians(), 285.0_f64.to_radians()], ..volume });
    let north =
        Sensor { id: "d-north".to_owned(), lat_deg: 80.0 - south.lat_deg, volume: mirrored, ..south.clone() };
    [south, north]
}

fn is_shown(truth: &&Truth, time_s: f64) -> bool {
    truth.state(time_s).is_some_and(|(_, _, phase)| phase != Phase::Boost)
}

/// One flight by both radars, from burn-out on.
fn follow(raid: &Raid, seed: u64, biases: Biases, settings: &Settings) -> [Shown; 2] {
    let sensors = radars(raid);
    let mut picture = Picture::new(sensors.to_vec(), settings.clone());
    let mut watches = [0, 1].map(|index| Watch::new(&sensors[index], seed));
    let mut common_since_s: Option<f64> = None;
    let mut shown = [Shown { biases: None, relative: None, track: None }; 2];
    let mut seen = [false; 2];
    for scan in 0..raid.end_s as i64 {
        let time_s = scan as f64;
        for (index, watch) in watches.iter_mut().enumerate() {
            let truths = raid.truths.iter().filter(|truth| is_shown(truth, time_s));
            let mut plots = watch.scan(scan, time_s, raid.start, truths);
            plots.iter_mut().for_each(|plot| add(plot, &biases[index]));
            seen[index] |= !plots.is_empty();
            picture.observe(raid.start.plus_s(time_s), &plots);
        }
        if seen == [true; 2] {
            common_since_s.get_or_insert(time_s);
        }
        let Some(since_s) = common_since_s else { continue };
        let Some(place) = COMMON_S.iter().position(|common_s| *common_s == time_s - since_s) else {
            continue;
        };
        let states = picture.sensors();
        let known = states[0].biases.zip(states[1].biases).map(|(south, north)| [south, north]);
        let truth = raid.truths.first().and_then(|truth| truth.state(time_s));
        let track = truth.and_then(|(position, velocity, _)| {
            let truth: State = motion::state(Vector3::from(position), Vector3::from(velocity));
            let mut firm = picture.tracks();
            firm.retain(|track| track.status == TrackStatus::Firm);
            let longest = firm.iter().max_by_key(|track| track.evidence.plots)?;
            let estimate = estimate_at(longest, raid.start.plus_s(time_s));
            Some(((estimate.position() - motion::position(&truth)).norm(), firm.len()))
        });
        let relative = states[1].relative.first().map(|(_, biases)| *biases);
        shown[place] = Shown { biases: known, relative, track };
        if place == COMMON_S.len() - 1 {
            break;
        }
    }
    shown
}

fn add(plot: &mut Plot, [range_m, az_rad, el_rad, time_s]: &[f64; 4]) {
    plot.range_m = plot.range_m.map(|range| range + range_m);
    plot.az_rad = (plot.az_rad + az_rad).rem_euclid(core::f64::consts::TAU);
    plot.el_rad += el_rad;
    plot.time = plot.time.plus_s(*time_s);
}

/// Runs of two radars without any fault in which one was ever called degraded: one launch and ten, in clutter.
fn healthy(form: &Form) -> Result<Noted, String> {
    let runs = HEALTHY_RUNS[usize::from(form.full)];
    let (mut degraded, mut disputed, mut applied, mut first) = (0_u32, 0_u32, 0_u32, Vec::new());
    for index in 0..runs {
        let seed = form.seed + index as u64;
        let crowd = index % 4 == 3;
        let raid = if crowd { Raid::of(CROWD, seed) } else { Raid::s0(seed) }.map_err(failed)?;
        let sensors = radars(&raid).map(|sensor| Sensor { clutter_mean_per_scan: CLUTTER, ..sensor });
        let mut picture = Picture::new(sensors.to_vec(), Settings::default());
        let mut watches = [0, 1].map(|index| Watch::new(&sensors[index], seed));
        let mut called = [false; 2];
        for scan in 0..raid.end_s as i64 {
            let time_s = scan as f64;
            for watch in &mut watches {
                let plots = watch.scan(scan, time_s, raid.start, raid.truths.iter());
                picture.observe(raid.start.plus_s(time_s), &plots);
            }
            if scan % 5 == 0 {
                let states = picture.sensors();
                called[0] |= states.iter().any(|state| state.standing == Standing::Degraded);
                called[1] |= states.iter().any(|state| state.standing == Standing::Disputed);
            }
        }
        let biases = picture.sensors().into_iter().filter_map(|state| state.biases);
        applied += u32::from(biases.flatten().any(|bias| bias.applied.is_some()));
        degraded += u32::from(called[0]);
        disputed += u32::from(called[1]);
        if called[0] {
            let states = picture.sensors();
            let why = states.iter().flat_map(|state| state.finding.iter().chain(&state.past));
            first.push(format!(
                "{seed} ({})",
                why.map(|found| found.why.as_str()).collect::<Vec<_>>().join("; ")
            ));
        }
    }
    first.truncate(4);
    Ok(Noted::new(
        "registration: healthy runs in which a radar was called degraded".to_owned(),
        Some(0.0),
        f64::from(degraded) / runs as f64,
        "share",
        false,
        format!(
            "{degraded} of {runs} (upper 95 % {:.3}), disputed {disputed}, a correction of its noise applied in {applied}; seeds {}",
            poisson_upper(degraded) / runs as f64,
            first.join(", ")
        ),
    ))
}
