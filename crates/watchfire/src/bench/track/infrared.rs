//! Infrared: launch point and time of two satellites and of one, whether the ellipses hold, and whether the reachable area
//! does.

use nalgebra::Vector3;
use physics::geodetic::Geodetic;
use physics::wgs84;
use picture::{Picture, Settings};
use sim::descent::Descent;
use sim::infrared::{Flown, Sky};
use statement::{Assessment, ReachableArea};

use super::ground::{distance_squared, east_north};
use super::statistics::{Interval, quantile, share};
use super::{Form, Noted};

const FLOWN: [Flown; 3] = [Flown::Short, Flown::Far, Flown::Lofted];
/// Runs of each flight: IR2, IR1; quick and full.
const RUNS_IR2: [usize; 2] = [25, 1_000];
const RUNS_IR1: [usize; 2] = [15, 350];
const PROBABILITIES: [f64; 3] = [0.5, 0.9, 0.99];
/// The reachable area is asked for so long after the first sight, and once the thrust has ended.
const BURNING_S: f64 = 30.0;
/// The end is known some scans late.
const ENDED_S: f64 = 8.0;

/// What one scenario came to.
#[derive(Default)]
struct Found {
    /// Squares: of the miss in metres and of the time's in seconds, by flight.
    points_m2: [Vec<f64>; 3],
    times_s2: [Vec<f64>; 3],
    held: [usize; 3],
    times_held: usize,
    /// 90 % semi-axes, metres; sigma of the time, seconds.
    semi_major_m: Vec<f64>,
    semi_minor_m: Vec<f64>,
    sigmas_s: Vec<f64>,
    unsaid: usize,
    /// Areas that hold the impact, of those said: while it burns, and after.
    areas: [(usize, usize); 2],
}

/// The figures.
pub fn measure(form: &Form) -> Vec<Noted> {
    let of = |runs: [usize; 2], draw: fn(Flown, u64) -> _| {
        let mut found = Found::default();
        for (place, flown) in FLOWN.into_iter().enumerate() {
            for index in 0..runs[usize::from(form.full)] {
                // A seed that the simulator finds no flight for counts as not said.
                match draw(flown, form.seed + index as u64) {
                    Ok(sky) => follow(&sky, form.seed + index as u64, place, &mut found),
                    Err(_) => found.unsaid += 1,
                }
            }
        }
        found
    };
    let mut noted = launch(&mut of(RUNS_IR2, Sky::ir2), "IR2", [Some(500.0), Some(2.0)], [None; 3]);
    noted.extend(launch(&mut of(RUNS_IR1, Sky::ir1), "IR1", [None; 2], [None, Some(2.0), None]));
    noted
}

fn follow(sky: &Sky, seed: u64, place: usize, found: &mut Found) {
    let mut picture = Picture::new(sky.sensors.clone(), Settings::default());
    let (Some(launch), Some(burnout)) = (sky.truth.launch(), sky.truth.burnout()) else { return };
    let fell = Descent::draw(seed).impact(&sky.truth);
    let (mut first_s, mut asked) = (None, false);
    for (time_s, plots) in sky.scans() {
        if time_s > burnout.time_s + ENDED_S {
            break;
        }
        let now = sky.start.plus_s(time_s);
        picture.observe(now, &plots);
        if !plots.is_empty() {
            first_s.get_or_insert(time_s);
        }
        let burning = first_s.is_some_and(|first_s| time_s > first_s + BURNING_S);
        if burning && !asked && sky.sensors.len() > 1 && time_s < burnout.time_s {
            asked = true;
            let said = picture.assess(now);
            note_area(said.first(), fell.map(|fell| fell.place), &mut found.areas[0]);
        }
    }
    let said = picture.assess(sky.start.plus_s(burnout.time_s + ENDED_S));
    note_area(said.first(), fell.map(|fell| fell.place), &mut found.areas[1]);
    // More than one object would be a ghost, and none a launch missed.
    let [Assessment { launch: Some(ground), .. }] = &said[..] else {
        found.unsaid += 1;
        return;
    };
    let (east_m, north_m) = east_north(ground, launch.place);
    let squared = distance_squared(&ground.ellipse, east_m, north_m);
    for (held, probability) in found.held.iter_mut().zip(PROBABILITIES) {
        let scale = ground.ellipse.axes_m(probability).0 / ground.ellipse.semi_major_m;
        *held += usize::from(squared <= scale * scale);
    }
    let late_s = sky.start.plus_s(launch.time_s).since_s(ground.time);
    found.times_held += usize::from(late_s.abs() <= 1.645 * ground.time_sigma_s);
    found.points_m2[place].push(east_m * east_m + north_m * north_m);
    found.times_s2[place].push(late_s * late_s);
    let (major_m, minor_m) = ground.ellipse.axes_m(0.9);
    found.semi_major_m.push(major_m);
    found.semi_minor_m.push(minor_m);
    found.sigmas_s.push(ground.time_sigma_s);
}

fn note_area(said: Option<&Assessment>, fell: Option<Geodetic>, (held, of): &mut (usize, usize)) {
    let area = said.and_then(|said| said.reachable.as_ref());
    if let (Some(area), Some(fell)) = (area, fell) {
        *of += 1;
        *held += usize::from(holds(area, fell));
    }
}

/// Whether a place lies in an area: seen from the place, on the plane that touches the Earth there, the outline goes once
/// round. Great circles are straight lines on it.
fn holds(area: &ReachableArea, place: Geodetic) -> bool {
    let on_sphere = |lat_deg: f64, lon_deg: f64| {
        wgs84::to_earth_fixed(Geodetic { lat_deg, lon_deg, alt_m: 0.0 }).vector().normalize()
    };
    let here = on_sphere(place.lat_deg, place.lon_deg);
    let east = Vector3::z().cross(&here).normalize();
    let north = here.cross(&east);
    let flat: Vec<(f64, f64)> = area
        .outline_deg
        .iter()
        .map(|(lat_deg, lon_deg)| {
            let corner = on_sphere(*lat_deg, *lon_deg);
            let depth = corner.dot(&here).max(1e-3);
            (corner.dot(&east) / depth, corner.dot(&north) / depth)
        })
        .collect();
    let turned: f64 = flat
        .iter()
        .zip(flat.iter().cycle().skip(1))
        .map(|(a, b)| libm::atan2(a.0 * b.1 - a.1 * b.0, a.0 * b.0 + a.1 * b.1))
        .sum();
    turned.abs() > core::f64::consts::PI
}

/// Root of the mean of squares, with the interval of a mean square's root by its scatter.
fn rms(squares: &[f64]) -> Interval {
    let mean = super::statistics::mean(squares);
    Interval { value: mean.value.sqrt(), low: mean.low.max(0.0).sqrt(), high: mean.high.sqrt() }
}

fn launch(
    found: &mut Found,
    name: &str,
    [point_goal, time_goal]: [Option<f64>; 2],
    goals: [Option<f64>; 3],
) -> Vec<Noted> {
    let of = found.sigmas_s.len();
    if of < 2 {
        return Vec::new();
    }
    let unsaid = found.unsaid;
    let each = |squares: &[Vec<f64>; 3], unit: &str| {
        let each = squares.iter().map(|squares| format!("{:.2}", rms(squares).value));
        format!("{} {unit} of S0's, S3's, S2's flights", each.collect::<Vec<_>>().join(", "))
    };
    let (points, times) = (rms(&found.points_m2.concat()), rms(&found.times_s2.concat()));
    let (major_km, minor_km) =
        (quantile(&mut found.semi_major_m, 0.5) / 1e3, quantile(&mut found.semi_minor_m, 0.5) / 1e3);
    let mut noted = vec![
        Noted::new(
            format!("infrared: launch point, {name}, rms"),
            point_goal,
            points.value,
            "m",
            false,
            format!(
                "[{:.0}, {:.0}], {of} launches, {unsaid} not said; {}; 90 % semi-axes {major_km:.2} x {minor_km:.2} km",
                points.low,
                points.high,
                each(&found.points_m2, "m")
            ),
        ),
        Noted::new(
            format!("infrared: launch time, {name}, rms"),
            time_goal,
            times.value,
            "s",
            false,
            format!(
                "[{:.2}, {:.2}]; {}; sigma {:.2} s, within 90 %: {:.1} %",
                times.low,
                times.high,
                each(&found.times_s2, "s"),
                quantile(&mut found.sigmas_s, 0.5),
                100.0 * found.times_held as f64 / of as f64
            ),
        ),
    ];
    for ((probability, goal), held) in PROBABILITIES.into_iter().zip(goals).zip(found.held) {
        let (interval, percent) = (share(held, of), 100.0 * probability);
        noted.push(Noted::new(
            format!("infrared: coverage of the launch point, {name}, {percent:.0} % ellipse, points off"),
            goal,
            (100.0 * interval.value - percent).abs(),
            "points",
            false,
            format!(
                "holds {:.1} % [{:.1}, {:.1}] of {of}",
                100.0 * interval.value,
                100.0 * interval.low,
                100.0 * interval.high
            ),
        ));
    }
    for (when, (held, of)) in ["30 s after first sight", "after burn-out"].iter().zip(found.areas) {
        if of > 0 {
            let interval = share(held, of);
            noted.push(Noted::new(
                format!("infrared: reachable area holds the impact, {name}, {when}"),
                None,
                100.0 * interval.value,
                "%",
                true,
                format!("[{:.1}, {:.1}] of {of} areas said", 100.0 * interval.low, 100.0 * interval.high),
            ));
        }
    }
    noted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_holds_what_lies_inside_its_outline() {
        let outline_deg = vec![(35.0, 130.0), (45.0, 130.0), (45.0, 145.0), (35.0, 145.0)];
        let area = ReachableArea { outline_deg, ..ReachableArea::default() };
        let at = |lat_deg, lon_deg| Geodetic { lat_deg, lon_deg, alt_m: 0.0 };
        assert!(holds(&area, at(40.0, 137.0)) && holds(&area, at(36.0, 131.0)));
        assert!(
            !holds(&area, at(34.0, 137.0))
                && !holds(&area, at(40.0, 146.0))
                && !holds(&area, at(-40.0, 137.0))
        );
    }
}
