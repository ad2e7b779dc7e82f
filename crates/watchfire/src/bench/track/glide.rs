//! Glides: how soon a pull-up is called a manoeuvre, and whether the reachable area holds the end; what is called one
//! falsely; the reachable areas of what still burns.

use nalgebra::Vector3;
use physics::geodetic::Geodetic;
use physics::wgs84;
use picture::{Picture, Settings};
use sim::raid::Raid;
use sim::truth::Moment;
use sim::truth::draw::DrawError;
use statement::{Assessment, ObjectClass, ReachableArea};

use super::statistics::{poisson_upper, quantile, share};
use super::{Form, Noted, failed};

/// Runs of S4, of falls, and of each scenario's launches: quick and full.
const GLIDES: [usize; 2] = [60, 2_000];
const FALLS: [usize; 2] = [80, 3_000];
const LAUNCHES: [usize; 2] = [40, 1_000];

/// Ages of an area after it was first said, seconds.
const LATER_S: [f64; 3] = [0.0, 10.0, 20.0];

/// Ages of a track under thrust at which its area is asked for, seconds.
const BURNING_S: [f64; 2] = [20.0, 40.0];

const EARTH_KM: f64 = 6_371.0;

type Draw = fn(u64) -> Result<Raid, DrawError>;
const BURNS: [(&str, Draw); 5] = [
    ("S0", Raid::s0),
    ("S1", Raid::s1),
    ("S2", Raid::s2),
    ("S3", Raid::s3),
    ("a launch to orbit", Raid::to_orbit),
];

/// All figures.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let mut noted = glides(form)?;
    noted.push(falls(form)?);
    noted.extend(burns(form)?);
    Ok(noted)
}

/// What areas came to.
#[derive(Default)]
struct Areas {
    held: usize,
    in_time: usize,
    km2: Vec<f64>,
}

impl Areas {
    fn note(&mut self, area: &ReachableArea, end: &Moment, raid: &Raid) {
        self.held += usize::from(holds(area, end.place));
        let end = raid.start.plus_s(end.time_s);
        self.in_time += usize::from(area.time.0 <= end && end <= area.time.1);
        self.km2.push(size_km2(area));
    }

    fn figure(&mut self, name: String, goal: Option<f64>, note: &str) -> Option<Noted> {
        let of = self.km2.len();
        let interval = (of > 0).then(|| share(self.held, of))?;
        let note = format!(
            "holds {:.1} % [{:.1}, {:.1}] of {of}; the time in its window {:.1} %; median area {:.0} km²{note}",
            100.0 * interval.value,
            100.0 * interval.low,
            100.0 * interval.high,
            100.0 * self.in_time as f64 / of as f64,
            quantile(&mut self.km2, 0.5),
        );
        Some(Noted::new(name, goal, (100.0 * interval.value - 90.0).abs(), "points off", false, note))
    }
}

fn picture(raid: &Raid) -> Picture {
    let settings = Settings { assess_every_s: 0.0, ..Settings::default() };
    Picture::new(vec![raid.sensor.clone()], settings)
}

/// What is said of the object after a scan: of the longest observed track, since a second would be its double.
fn said(
    picture: &mut Picture,
    raid: &Raid,
    time_s: f64,
    plots: &[physics::plot::Plot],
) -> Option<Assessment> {
    let now = raid.start.plus_s(time_s);
    picture.observe(now, plots);
    picture.assess(now).into_iter().max_by_key(|assessment| assessment.evidence.plots)
}

fn manoeuvres(said: &Assessment) -> bool {
    said.classes.most_likely() == ObjectClass::Manoeuvring
}

pub fn glides(form: &Form) -> Result<Vec<Noted>, String> {
    let runs = GLIDES[usize::from(form.full)];
    let (mut delays_s, mut never, mut early, mut back) = (Vec::new(), 0, 0, 0);
    let mut areas: [Areas; 3] = Default::default();
    for index in 0..runs {
        let (raid, glided) = Raid::s4_glided(form.seed + index as u64).map_err(failed)?;
        let Some(end) = glided.truth.impact() else { continue };
        let mut picture = picture(&raid);
        let mut called_s: Option<f64> = None;
        for (time_s, plots) in raid.scans() {
            let Some(said) = said(&mut picture, &raid, time_s, &plots) else { continue };
            let area = said.reachable.as_ref().filter(|_| manoeuvres(&said));
            back += usize::from(called_s.is_some() && !manoeuvres(&said));
            let Some(area) = area else { continue };
            let since_s = time_s - *called_s.get_or_insert(time_s);
            let place = LATER_S.iter().position(|later_s| (later_s - since_s).abs() < 1e-6);
            if let Some(place) = place {
                areas[place].note(area, &end, &raid);
            }
            if since_s >= LATER_S[2] {
                break;
            }
        }
        match called_s {
            Some(called_s) if called_s < glided.pull_up_s => early += 1,
            Some(called_s) => delays_s.push(called_s - glided.pull_up_s),
            None => never += 1,
        }
    }
    let quick = delays_s.iter().filter(|delay_s| **delay_s <= 10.0).count() + early;
    let median_s = quantile(&mut delays_s, 0.5);
    let within = share(quick, runs);
    let note = format!(
        "median {median_s:.1} s; within 10 s {:.1} % [{:.1}, {:.1}] of {runs}; {never} never, {early} before 5 m/s² of lift; {back} assessments of another class after it",
        100.0 * within.value,
        100.0 * within.low,
        100.0 * within.high
    );
    let mut noted = vec![Noted::new(
        "glide: pull-up to manoeuvring with an area, S4, 95 %".to_owned(),
        Some(10.0),
        quantile(&mut delays_s, 0.95),
        "s",
        false,
        note,
    )];
    for (later_s, areas) in LATER_S.iter().zip(&mut areas) {
        noted.extend(areas.figure(
            format!("glide: reachable area, S4, {later_s} s after the call"),
            Some(2.0),
            "",
        ));
    }
    Ok(noted)
}

/// Ballistic falls through air off the model that are called manoeuvring.
pub fn falls(form: &Form) -> Result<Noted, String> {
    let runs = FALLS[usize::from(form.full)];
    let (mut called, mut in_air) = (0_u32, 0);
    for index in 0..runs {
        let raid = Raid::s0_falling(form.seed + index as u64).map_err(failed)?;
        let mut picture = picture(&raid);
        let (mut wrong, mut low) = (false, false);
        for (time_s, plots) in raid.scans() {
            let said = said(&mut picture, &raid, time_s, &plots);
            wrong |= said.as_ref().is_some_and(manoeuvres);
            let point = said.and_then(|said| said.observed);
            low |= point.is_some_and(|point| point.place.alt_m < 25_000.0);
        }
        called += u32::from(wrong);
        in_air += usize::from(low);
    }
    Ok(Noted::new(
        "glide: ballistic falls called manoeuvring".to_owned(),
        Some(0.0),
        100.0 * f64::from(called) / runs as f64,
        "%",
        false,
        format!(
            "{called} of {runs} (at most {:.1} % with 95 %); {in_air} followed below 25 km",
            100.0 * poisson_upper(called) / runs as f64
        ),
    ))
}

/// Reachable areas of what is under thrust.
pub fn burns(form: &Form) -> Result<Vec<Noted>, String> {
    let runs = LAUNCHES[usize::from(form.full)];
    let (mut noted, mut called) = (Vec::new(), 0);
    for (name, draw) in BURNS {
        let mut areas: [Areas; 2] = Default::default();
        let (mut to_orbit, mut said_last) = (0, 0);
        for index in 0..runs {
            let Ok(raid) = draw(form.seed + index as u64) else { continue };
            let raid = raid.from_the_side();
            let Some(truth) = raid.truths.first() else { continue };
            let (end, Some(burnt)) = (truth.impact(), truth.burnout()) else { continue };
            let mut picture = picture(&raid);
            let (mut first_s, mut last) = (None, ObjectClass::Unknown);
            for (time_s, plots) in raid.scans().take_while(|(time_s, _)| *time_s < burnt.time_s) {
                let said = said(&mut picture, &raid, time_s, &plots);
                let Some(said) = said else { continue };
                called += u32::from(manoeuvres(&said));
                if said.under_thrust == Some(true) {
                    last = said.classes.most_likely();
                }
                let age_s = time_s - *first_s.get_or_insert(time_s);
                let place = BURNING_S.iter().position(|asked_s| (asked_s - age_s).abs() < 1e-6);
                if let (Some(place), Some(area), Some(end)) = (place, &said.reachable, &end) {
                    areas[place].note(area, end, &raid);
                }
            }
            said_last += usize::from(last != ObjectClass::Unknown);
            to_orbit += usize::from(last == ObjectClass::SpaceLaunch);
        }
        let interval = share(to_orbit, said_last.max(1));
        noted.push(Noted::new(
            format!("boost: called a space launch before its burn-out, {name}"),
            None,
            100.0 * interval.value,
            "%",
            end_in_orbit(name),
            format!("[{:.1}, {:.1}] of {said_last}", 100.0 * interval.low, 100.0 * interval.high),
        ));
        for (age_s, areas) in BURNING_S.iter().zip(&mut areas) {
            let note = format!("; {} of {runs} said so", areas.km2.len());
            noted.extend(areas.figure(
                format!("boost: reachable area, {name}, {age_s} s of track"),
                None,
                &note,
            ));
        }
    }
    noted.push(Noted::new(
        "glide: assessments of what burns called manoeuvring".to_owned(),
        Some(0.0),
        f64::from(called),
        "",
        false,
        format!("{} launches", runs * BURNS.len()),
    ));
    Ok(noted)
}

fn end_in_orbit(name: &str) -> bool {
    name == BURNS[4].0
}

fn direction(lat_deg: f64, lon_deg: f64) -> Vector3<f64> {
    wgs84::to_earth_fixed(Geodetic { lat_deg, lon_deg, alt_m: 0.0 }).vector().normalize()
}

/// A place in a projection.
type Flat = (f64, f64);

/// The corners from their middle in the gnomonic projection (geodesics of the sphere are straight there), and a place.
fn projected(area: &ReachableArea, place: Geodetic) -> Option<(Vec<Flat>, Flat)> {
    let corners: Vec<Vector3<f64>> =
        area.outline_deg.iter().map(|(lat, lon)| direction(*lat, *lon)).collect();
    let middle = corners.iter().sum::<Vector3<f64>>().normalize();
    let east = Vector3::z().cross(&middle).normalize();
    let north = middle.cross(&east);
    let flat = |at: &Vector3<f64>| (at.dot(&east) / at.dot(&middle), at.dot(&north) / at.dot(&middle));
    let place = direction(place.lat_deg, place.lon_deg);
    (place.dot(&middle) > 0.05).then(|| (corners.iter().map(flat).collect(), flat(&place)))
}

/// Whether a place lies inside: an odd number of edges lies to its east.
fn holds(area: &ReachableArea, place: Geodetic) -> bool {
    let Some((corners, (x, y))) = projected(area, place) else { return false };
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let crossed =
        edges.filter(|(a, b)| (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0));
    crossed.count() % 2 == 1
}

/// Size on the sphere, km²: triangles from the middle, each by L'Huilier's theorem.
fn size_km2(area: &ReachableArea) -> f64 {
    let corners: Vec<Vector3<f64>> =
        area.outline_deg.iter().map(|(lat, lon)| direction(*lat, *lon)).collect();
    let middle = corners.iter().sum::<Vector3<f64>>().normalize();
    let arc = |a: &Vector3<f64>, b: &Vector3<f64>| libm::atan2(a.cross(b).norm(), a.dot(b));
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let excess = edges.map(|(a, b)| {
        let sides = [arc(a, b), arc(b, &middle), arc(&middle, a)];
        let half = sides.iter().sum::<f64>() / 2.0;
        let product = sides
            .iter()
            .fold(libm::tan(half / 2.0), |product, side| product * libm::tan((half - side) / 2.0));
        4.0 * libm::atan(product.max(0.0).sqrt())
    });
    excess.sum::<f64>() * EARTH_KM * EARTH_KM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_octant_holds_what_it_holds_and_is_an_eighth_of_the_sphere() {
        let area =
            ReachableArea { outline_deg: vec![(0.0, 0.0), (0.0, 90.0), (90.0, 0.0)], ..Default::default() };
        let place = |lat_deg, lon_deg| Geodetic { lat_deg, lon_deg, alt_m: 0.0 };
        assert!(
            holds(&area, place(45.0, 45.0))
                && holds(&area, place(1.0, 1.0))
                && holds(&area, place(80.0, 89.0))
        );
        assert!(
            !holds(&area, place(-1.0, 45.0))
                && !holds(&area, place(45.0, -1.0))
                && !holds(&area, place(-45.0, -135.0))
        );
        let eighth = core::f64::consts::PI / 2.0 * EARTH_KM * EARTH_KM;
        assert!((size_km2(&area) / eighth - 1.0).abs() < 1e-6);
    }
}
