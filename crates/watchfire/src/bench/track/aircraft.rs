//! Aircraft alarm nobody: half an hour of recorded traffic, made-up flights, and parabolas.

use std::collections::BTreeSet;

use formats::asterix;
use nalgebra::Vector3;
use physics::frames::{Position, Site};
use physics::geodetic::Geodetic;
use physics::plot::Plot;
use physics::sensor::{Sensor, Volume};
use physics::time::Tai;
use physics::{measure, wgs84};
use picture::{Picture, Settings};
use sim::raid::Raid;
use sim::random::Random;

use super::real::data;
use super::statistics::poisson_upper;
use super::{Form, Noted, failed};

/// Made-up flights, quick and full; how long each lasts, seconds.
const FLIGHTS: [u64; 2] = [40, 2_000];
const FLIGHT_S: u32 = 300;

/// A part of a flight is flown in so short steps, seconds.
const STEP_S: f64 = 0.1;

/// The figures of aircraft.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let mut noted = Vec::new();
    if let (Some(sensors), Some(recording)) = (
        data("recorded air traffic", "barcelona-cat048/sensors.json"),
        data("recorded air traffic", "barcelona-cat048/first-half.ast"),
    ) {
        let text = std::fs::read_to_string(sensors).map_err(failed)?;
        let sensors = formats::read_sensors("sensors.json", &text).map_err(failed)?;
        let t0 = sensors.t0.ok_or("sensors.json: expected t0_utc")?;
        let bytes = std::fs::read(recording).map_err(failed)?;
        let plots = asterix::read_plots(&bytes, &sensors.sensors, t0).map_err(failed)?.plots;
        let (tracks, warned) = follow(sensors.sensors, &plots);
        let note = format!("{} plots, {tracks} tracks: {warned:?}", plots.len());
        let name = "aircraft: warnings, recorded traffic".to_owned();
        noted.push(Noted::new(name, Some(0.0), warned.len() as f64, "", false, note));
    }
    let flights = FLIGHTS[usize::from(form.full)];
    for (kind, parabolas) in [("made-up traffic", false), ("parabolic flights", true)] {
        let (mut tracks, mut warned) = (0, Vec::new());
        for seed in form.seed..form.seed + flights {
            let sensor = radar()?;
            let (more, alarms) = follow(vec![sensor.clone()], &flight(&sensor, seed, parabolas));
            tracks += more;
            warned.extend(alarms.into_iter().map(|_| seed));
        }
        let upper = poisson_upper(warned.len() as u32);
        let note = format!("{flights} flights, {tracks} tracks, upper 95 % {upper:.1}; seeds {warned:?}");
        let name = format!("aircraft: warnings, {kind}");
        noted.push(Noted::new(name, Some(0.0), warned.len() as f64, "", false, note));
    }
    Ok(noted)
}

/// How many tracks the plots make, and which of them warn.
fn follow(sensors: Vec<Sensor>, plots: &[Plot]) -> (usize, BTreeSet<String>) {
    let mut picture = Picture::new(sensors, Settings::default());
    let (mut tracks, mut warned) = (BTreeSet::new(), BTreeSet::new());
    for scan in plots.chunk_by(|a, b| a.time == b.time) {
        let now = scan[0].time;
        picture.observe(now, scan);
        for said in picture.assess(now) {
            if said.warning {
                warned.insert(said.track_id.clone());
            }
            tracks.insert(said.track_id);
        }
    }
    (tracks.len(), warned)
}

/// The radar of S0, all round, from just below its horizon up.
fn radar() -> Result<Sensor, String> {
    let s0 = Raid::s0(1).map_err(failed)?.sensor;
    let volume = Volume { range_m: [1e3, 3e6], az_rad: [0.0, core::f64::consts::TAU], el_rad: [-0.05, 1.5] };
    Ok(Sensor { lat_deg: 38.5, lon_deg: 127.0, alt_m: 500.0, volume: Some(volume), ..s0 })
}

/// The plots of one flight drawn by a seed: speed 60 to 900 m/s, height 0.3 to 22 km, and every half minute a turn, a
/// climb or a straight part; or parabolas, pulled up at 1.5 to 1.8 g, with 20 to 25 s of free fall.
fn flight(sensor: &Sensor, seed: u64, parabolas: bool) -> Vec<Plot> {
    let mut random = Random::stream(seed, if parabolas { "parabolas" } else { "traffic" });
    let site = Site::at(sensor.place());
    let speed_mps = if parabolas { random.between(180.0, 320.0) } else { random.between(60.0, 900.0) };
    // Fast flight is high flight.
    let height_m = if parabolas {
        random.between(6_000.0, 9_000.0)
    } else {
        random.between(300.0, 8_000.0) + 16_000.0 * speed_mps / 900.0
    };
    let place = Geodetic {
        lat_deg: 38.5 + random.between(-1.0, 1.0),
        lon_deg: 127.0 + random.between(-1.5, 1.5),
        alt_m: height_m,
    };
    let mut position = Site::at(place).origin.vector();
    let mut course_rad = random.between(0.0, core::f64::consts::TAU);
    let pull_mps2 = random.between(4.9, 7.8);
    let falls_s = random.between(20.0, 25.0);
    let pulls_s = 0.5 * falls_s * 9.81 / pull_mps2;
    let mut climb_mps = 0.0;
    let (mut turn_radps, mut rise_mps2) = (0.0, 0.0);
    let mut plots = Vec::new();
    for second in 0..FLIGHT_S {
        if !parabolas && second % 30 == 0 {
            turn_radps = if random.chance(0.5) { random.between(-20.0, 20.0) / speed_mps } else { 0.0 };
            rise_mps2 = if random.chance(0.3) { random.between(-1.0, 1.0) } else { 0.0 };
        }
        for step in 0..10 {
            let time_s = f64::from(second) + STEP_S * f64::from(step);
            if parabolas {
                // Level, then up, over, and out again, time and again.
                let part_s = (time_s - 30.0).rem_euclid(2.0 * pulls_s + falls_s + 30.0);
                rise_mps2 = match part_s {
                    _ if time_s < 30.0 => 0.0,
                    part_s if part_s < pulls_s => pull_mps2,
                    part_s if part_s < pulls_s + falls_s => -9.81,
                    part_s if part_s < 2.0 * pulls_s + falls_s => pull_mps2,
                    _ => 0.0,
                };
            } else if climb_mps * rise_mps2 > 0.0 && f64::abs(climb_mps) > 25.0 {
                rise_mps2 = 0.0;
            }
            course_rad += STEP_S * turn_radps;
            climb_mps += STEP_S * rise_mps2;
            let here = wgs84::to_geodetic(Position::from_vector(position));
            let (sin, cos) = libm::sincos(course_rad);
            let local = Vector3::new(speed_mps * sin, speed_mps * cos, climb_mps);
            position += Site::at(here).axes.transpose() * local * STEP_S;
        }
        let Some(seen) = measure::sight(&site, position) else { continue };
        let [range, azimuth, elevation] = [0, 1, 2].map(|axis| seen.measured[axis]);
        let plot = Plot {
            time: Tai(0).plus_s(f64::from(second)),
            scan: i64::from(second),
            sensor_id: sensor.id.clone(),
            range_m: Some(range + 20.0 * random.normal()),
            az_rad: (azimuth + 1e-3 * random.normal()).rem_euclid(core::f64::consts::TAU),
            el_rad: elevation + 1e-3 * random.normal(),
            height_m: None,
            address: None,
            range_rate_mps: None,
            truth_id: None,
        };
        if random.chance(0.9) {
            plots.push(plot);
        }
    }
    plots
}
