//! Real satellites seen by the radar of S1, and what it costs that they are known.
//!
//! Nine of ten are in the catalogue. Elements age: each object is as far along its way from where they say as elements of
//! their age are, 1 km and 1.5 km a day (one sigma; Vallado, "Fundamentals of Astrodynamics", 4th ed., section 3.1.2 and
//! the figures of Levit and Marshall, Adv. Space Res. 47, 2011, have it so for low orbits).

use std::collections::BTreeMap;

use nalgebra::Vector3;
use physics::frames::Site;
use physics::satellite::Satellite;
use physics::sensor::Sensor;
use physics::time::Tai;
use physics::{measure, motion};
use picture::{Catalogue, Picture, Settings};
use sim::raid::{Raid, Seen};
use sim::random::Random;
use sim::sensing::Watch;
use sim::truth::Truth;
use statement::ObjectClass;

use super::real::data;
use super::statistics::{poisson_upper, share};
use super::{Form, Noted, failed};

/// How long the radar watches, seconds, quick and full.
const WATCHED_S: [f64; 2] = [300.0, 14_400.0];

/// Missiles of each scenario, quick and full.
const MISSILES: [u64; 2] = [50, 7_500];

/// A missile is followed for so long, seconds: what it is called later, with an arc known to metres, is what it was.
const FOLLOWED_S: f64 = 100.0;

/// Called so for longer counts, seconds.
const WRONGLY_S: f64 = 5.0;

const START: &str = "2021-08-07T06:00:02Z";
const AGES_S: [f64; 2] = [20.0, 60.0];
const AGED_M: (f64, f64) = (1_000.0, 1_500.0);

/// The figures of satellites, where the elements are at hand, and of missiles.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let satellites = match data("satellites", "celestrak-2021/active.tle") {
        Some(file) => {
            let text = std::fs::read_to_string(&file).map_err(failed)?;
            formats::read_catalogue("active.tle", &text)?
        }
        None => Vec::new(),
    };
    let known = satellites.iter().enumerate().filter(|(index, _)| index % 10 != 3);
    let catalogue = Catalogue::new(known.map(|(_, satellite)| satellite.clone()).collect());
    let mut noted = Vec::new();
    if !satellites.is_empty() {
        noted.extend(passes(form, &satellites, &catalogue)?);
    }
    noted.push(missiles(form, &catalogue)?);
    Ok(noted)
}

/// What a track was called, by its age (seconds), and where it was at the last of [`AGES_S`].
#[derive(Default)]
struct Called {
    classes: Vec<(f64, ObjectClass)>,
    truth: Option<String>,
}

fn passes(form: &Form, satellites: &[Satellite], catalogue: &Catalogue) -> Result<Vec<Noted>, String> {
    let watched_s = WATCHED_S[usize::from(form.full)];
    let sensor = Raid::s1(1).map_err(failed)?.sensor;
    let start = Tai::from_utc(START).map_err(failed)?;
    let mut random = Random::stream(form.seed, "aged elements");
    let truths: Vec<Truth> = satellites
        .iter()
        .filter(|satellite| passes_by(satellite, &sensor, start, watched_s))
        .filter_map(|satellite| aged(satellite, start, watched_s, &mut random))
        .collect();
    let unknown: Vec<&str> = satellites
        .iter()
        .enumerate()
        .filter(|(index, _)| index % 10 == 3)
        .map(|(_, one)| one.name())
        .collect();
    let mut picture = Picture::new(vec![sensor.clone()], Settings::default());
    picture.set_catalogue(catalogue.clone());
    let mut watch = Watch::new(&sensor, form.seed);
    let mut called: BTreeMap<String, Called> = BTreeMap::new();
    let mut warned: Vec<String> = Vec::new();
    for scan in 0..(watched_s * sensor.rate_hz) as i64 {
        let time_s = scan as f64 / sensor.rate_hz;
        let now = start.plus_s(time_s);
        picture.observe(now, &watch.scan(scan, time_s, start, &truths));
        for said in picture.assess(now) {
            let age_s = said.evidence.last_observed.since_s(said.evidence.first_observed);
            if said.warning && !warned.contains(&said.track_id) {
                warned.push(said.track_id.clone());
            }
            let of = called.entry(said.track_id.clone()).or_default();
            of.classes.push((age_s, said.classes.most_likely()));
            if of.truth.is_none() && age_s >= AGES_S[0] {
                of.truth = nearest(&picture, &said.track_id, &truths, time_s);
            }
        }
    }
    let mut noted = Vec::new();
    for (age_s, goal) in AGES_S.into_iter().zip([0.99, 0.999]) {
        let aged: Vec<&Called> = called
            .values()
            .filter(|of| of.classes.last().is_some_and(|(last_s, _)| *last_s >= age_s))
            .collect();
        let by_then = |of: &Called| of.classes.iter().rev().find(|(at_s, _)| *at_s <= age_s).map(|at| at.1);
        let (right, rest): (Vec<&Called>, Vec<&Called>) =
            aged.iter().partition(|of| by_then(of) == Some(ObjectClass::Satellite));
        let found = share(right.len(), aged.len());
        let not_in = rest.iter().filter(|of| of.truth.as_deref().is_some_and(|name| unknown.contains(&name)));
        let mut others: BTreeMap<String, u32> = BTreeMap::new();
        for of in &rest {
            *others.entry(by_then(of).map_or("nothing".into(), |class| format!("{class:?}"))).or_default() +=
                1;
        }
        let names: Vec<&str> = rest.iter().filter_map(|of| of.truth.as_deref()).collect();
        let note = format!(
            "[{:.4}, {:.4}] of {} tracks; of {} others {} not in the catalogue: {others:?} {names:?}",
            found.low,
            found.high,
            aged.len(),
            rest.len(),
            not_in.count()
        );
        let name = format!("satellites: called so by {age_s:.0} s, S1, elements aged, 1 in 10 unknown");
        noted.push(Noted::new(name, Some(goal), found.value, "share", true, note));
    }
    let note =
        format!("{} tracks of {} passes in {:.0} s: {warned:?}", called.len(), truths.len(), watched_s);
    let name = "satellites: warnings".to_owned();
    noted.push(Noted::new(name, Some(0.0), warned.len() as f64, "", false, note));
    Ok(noted)
}

fn passes_by(satellite: &Satellite, sensor: &Sensor, start: Tai, watched_s: f64) -> bool {
    let site = Site::at(sensor.place());
    (0..=(watched_s / 30.0) as i32).any(|step| {
        let state = satellite.state(start.plus_s(30.0 * f64::from(step)));
        let seen = state.and_then(|state| measure::sight(&site, motion::position(&state)));
        seen.is_some_and(|seen| seen.measured.x < 3_300e3 && seen.measured.z > 0.0)
    })
}

/// Where a satellite really flies: its elements' orbit, early or late by what they have aged.
fn aged(satellite: &Satellite, start: Tai, watched_s: f64, random: &mut Random) -> Option<Truth> {
    let middle_s = 0.5 * watched_s;
    let days = start.since_s(satellite.epoch).abs() / 86_400.0;
    let state = satellite.state(start.plus_s(middle_s))?;
    let along_m = random.normal() * (AGED_M.0 + AGED_M.1 * days);
    let late = satellite.state(start.plus_s(middle_s + along_m / motion::velocity(&state).norm()))?;
    let (position, velocity) = (motion::position(&late).into(), motion::velocity(&late).into());
    Some(Truth::orbiting(satellite.name(), middle_s, position, velocity, watched_s))
}

fn nearest(picture: &Picture, track_id: &str, truths: &[Truth], time_s: f64) -> Option<String> {
    let track = picture.tracks().into_iter().find(|track| track.track_id == track_id)?;
    let place = Vector3::new(track.state[0], track.state[1], track.state[2]);
    let away = |truth: &Truth| Some((Vector3::from(truth.state(time_s)?.0) - place).norm());
    let near = truths.iter().filter_map(|truth| Some((away(truth)?, truth)));
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, truth)| truth.id.clone())
}

/// Missiles that were called satellites or aircraft for longer than [`WRONGLY_S`], seen from the pad (odd seeds) or from
/// burn-out.
fn missiles(form: &Form, catalogue: &Catalogue) -> Result<Noted, String> {
    let each = MISSILES[usize::from(form.full)];
    let (mut count, mut wrong): (u32, Vec<String>) = Default::default();
    for (name, draw) in
        [("S0", Raid::s0 as fn(u64) -> _), ("S1", Raid::s1), ("S2", Raid::s2), ("S3", Raid::s3)]
    {
        for seed in form.seed..form.seed + each {
            let seen = if seed % 2 == 0 { Seen::FromBurnout } else { Seen::FromLaunch };
            let raid = draw(seed).map_err(failed)?.seen(seen);
            count += 1;
            let wrongly_s = wrongly_s(&raid, catalogue);
            if wrongly_s > WRONGLY_S {
                wrong.push(format!("{name} seed {seed}: {wrongly_s:.0} s"));
            }
        }
    }
    let note = format!(
        "of {count} of S0 to S3, half of them from the pad on; upper 95 % {:.1}; {wrong:?}",
        poisson_upper(wrong.len() as u32)
    );
    let name = "missiles called satellite or aircraft for more than 5 s".to_owned();
    Ok(Noted::new(name, Some(0.0), wrong.len() as f64, "", false, note))
}

/// For how long on end a missile's track was called what it is not, at most, seconds.
fn wrongly_s(raid: &Raid, catalogue: &Catalogue) -> f64 {
    let mut picture = Picture::new(vec![raid.sensor.clone()], Settings::default());
    picture.set_catalogue(catalogue.clone());
    let mut since: BTreeMap<String, f64> = BTreeMap::new();
    let (mut first_s, mut longest_s) = (None, 0.0_f64);
    for (time_s, plots) in raid.scans() {
        if plots.iter().any(|plot| plot.truth_id.is_some()) {
            first_s.get_or_insert(time_s);
        }
        if first_s.is_some_and(|first_s| time_s > first_s + FOLLOWED_S) {
            break;
        }
        let now = raid.start.plus_s(time_s);
        picture.observe(now, &plots);
        for said in picture.assess(now) {
            match said.classes.most_likely() {
                ObjectClass::Satellite | ObjectClass::Aircraft => {
                    let since_s = *since.entry(said.track_id).or_insert(time_s);
                    longest_s = longest_s.max(time_s - since_s);
                }
                _ => {
                    since.remove(&said.track_id);
                }
            }
        }
    }
    longest_s
}
