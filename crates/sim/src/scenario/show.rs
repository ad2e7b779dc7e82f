//! A picture of a scenario, SVG: the ground tracks on a map, the heights over time, and when each sensor sees something.

use core::fmt::Write as _;

use physics::geodetic::Geodetic;

use super::{Scenario, land};
use crate::sensing::Watch;
use crate::truth::earth::{fixed_of, local_axes, place_of};
use crate::truth::vector::{add, scale};
use crate::truth::{Phase, Truth};

const WIDTH: f64 = 1_366.0;
const HEIGHT: f64 = 768.0;
/// Left, top, width, height.
const MAP: [f64; 4] = [16.0, 76.0, 740.0, 640.0];
const PROFILE: [f64; 4] = [900.0, 76.0, 446.0, 300.0];
const ROWS: [f64; 4] = [900.0, 416.0, 446.0, 300.0];
/// States of each object that are drawn.
const SAMPLES: u32 = 600;
/// Nations by their order in the file; each is named too.
const COLOURS: [&str; 6] = ["#9a4d00", "#a3195b", "#1f5fbf", "#1a7a3c", "#6b3fa0", "#5a5a5a"];

/// One state of one object.
struct Sample {
    time_s: f64,
    place: Geodetic,
    phase: Phase,
}

/// The scenario as `seed` flies it.
pub(super) fn svg(scenario: &Scenario, seed: u64) -> String {
    let truths = scenario.truths(seed);
    let tracks: Vec<Vec<Sample>> = truths.iter().map(|truth| samples(truth, scenario.end_s)).collect();
    let end_s = tracks.iter().flatten().map(|sample| sample.time_s).fold(60.0, f64::max);
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    text(&mut out, [16.0, 30.0], "font-size=\"20\"", &format!("EXERCISE {}", scenario.title));
    text(&mut out, [16.0, 54.0], "font-size=\"14\" fill=\"#444\"", &scenario.special);
    let which = format!("{}, seed {seed}", scenario.name);
    text(
        &mut out,
        [PROFILE[0] + PROFILE[2], 30.0],
        "font-size=\"14\" fill=\"#444\" text-anchor=\"end\"",
        &which,
    );
    map(&mut out, scenario, &tracks);
    profile(&mut out, &truths, &tracks, end_s);
    rows(&mut out, scenario, &truths, end_s);
    for (index, words) in wrapped(&scenario.notional, 210).iter().enumerate() {
        text(&mut out, [16.0, 742.0 + 14.0 * index as f64], "font-size=\"11\" fill=\"#555\"", words);
    }
    out.push_str("</svg>\n");
    out
}

fn samples(truth: &Truth, end_s: f64) -> Vec<Sample> {
    let at = |index: u32| {
        let time_s = end_s * f64::from(index) / f64::from(SAMPLES);
        let (position_m, _, phase) = truth.state(time_s)?;
        Some(Sample { time_s, place: place_of(position_m), phase })
    };
    (0..=SAMPLES).filter_map(at).collect()
}

fn text(out: &mut String, [x, y]: [f64; 2], style: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{words}</text>");
}

/// The words in lines of at most `most` characters.
fn wrapped(words: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let Some(last) = lines.last_mut() else { break };
        if last.chars().count() + 1 + word.chars().count() > most {
            lines.push(word.to_owned());
        } else {
            let space = if last.is_empty() { "" } else { " " };
            last.push_str(space);
            last.push_str(word);
        }
    }
    lines
}

fn line(out: &mut String, points: &[[f64; 2]], style: &str) {
    let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(out, "<polyline points=\"{}\" fill=\"none\" {style}/>", points.join(" "));
}

/// Degrees to the picture: true to scale in the middle of the map.
struct Projection {
    middle: [f64; 2],
    narrow: f64,
    pixels_per_deg: f64,
}

impl Projection {
    /// Holds the launch sites, sensors and tracks, as far as a quarter of the Earth's turn from the first of them.
    fn holding(places: &[Geodetic]) -> Projection {
        let first = places.first().copied().unwrap_or(Geodetic { lat_deg: 0.0, lon_deg: 0.0, alt_m: 0.0 });
        let (mut low, mut high) = ([first.lon_deg, first.lat_deg], [first.lon_deg, first.lat_deg]);
        for place in places {
            let point = [beside(first.lon_deg, place.lon_deg), place.lat_deg];
            if (point[0] - first.lon_deg).abs() < 60.0 && (point[1] - first.lat_deg).abs() < 35.0 {
                low = [low[0].min(point[0]), low[1].min(point[1])];
                high = [high[0].max(point[0]), high[1].max(point[1])];
            }
        }
        let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
        let narrow = libm::cos(middle[1].to_radians());
        let wide_deg = ((high[0] - low[0]) * narrow + 3.0).max(8.0);
        let tall_deg = (high[1] - low[1] + 3.0).max(6.0);
        Projection { middle, narrow, pixels_per_deg: (MAP[2] / wide_deg).min(MAP[3] / tall_deg) }
    }

    fn of(&self, lon_deg: f64, lat_deg: f64) -> [f64; 2] {
        let east = (beside(self.middle[0], lon_deg) - self.middle[0]) * self.narrow;
        let north = lat_deg - self.middle[1];
        [
            MAP[0] + 0.5 * MAP[2] + east * self.pixels_per_deg,
            MAP[1] + 0.5 * MAP[3] - north * self.pixels_per_deg,
        ]
    }
}

/// `lon_deg`, or a whole turn more or less, closest to `near_deg`.
fn beside(near_deg: f64, lon_deg: f64) -> f64 {
    near_deg + (lon_deg - near_deg + 180.0).rem_euclid(360.0) - 180.0
}

fn map(out: &mut String, scenario: &Scenario, tracks: &[Vec<Sample>]) {
    let sensors = || {
        let indexed = scenario.nations.iter().enumerate();
        indexed.flat_map(|(index, participant)| participant.sensors.iter().map(move |sensor| (index, sensor)))
    };
    let flown = tracks.iter().flatten().map(|sample| sample.place);
    let places: Vec<Geodetic> = flown.chain(sensors().map(|(_, sensor)| sensor.place())).collect();
    let projection = Projection::holding(&places);
    let [left, top, width, height] = MAP;
    let frame = format!("x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"");
    let _ = writeln!(out, "<clipPath id=\"map\"><rect {frame}/></clipPath>\n<g clip-path=\"url(#map)\">");
    let _ = writeln!(out, "<rect {frame} fill=\"#eaf1f6\"/>");
    for ring in land::rings() {
        let points: Vec<[f64; 2]> = ring.iter().map(|&(lon, lat)| projection.of(lon, lat)).collect();
        // A ring that goes round the back of the map would be drawn across it.
        let torn =
            points.windows(2).any(|pair| (pair[0][0] - pair[1][0]).abs() > 100.0 * projection.pixels_per_deg);
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        if !torn {
            let _ = writeln!(
                out,
                "<polygon points=\"{}\" fill=\"#dcd8cc\" stroke=\"#a39c88\" stroke-width=\"0.7\"/>",
                points.join(" ")
            );
        }
    }
    let mut names: Vec<[f64; 2]> = Vec::new();
    for (index, sensor) in sensors() {
        let colour = COLOURS[index % COLOURS.len()];
        if let Some(volume) = sensor.volume {
            let sector: Vec<[f64; 2]> = sector(sensor.place(), volume.range_m[1], volume.az_rad)
                .iter()
                .map(|place| projection.of(place.lon_deg, place.lat_deg))
                .collect();
            line(
                out,
                &sector,
                &format!("stroke=\"{colour}\" stroke-width=\"0.8\" stroke-dasharray=\"2 3\" opacity=\"0.6\""),
            );
        }
        let [x, y] = projection.of(sensor.lon_deg, sensor.lat_deg);
        let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>");
        // Names side by side would hide each other.
        let mut name_y = y + 4.0;
        while names
            .iter()
            .any(|&[other_x, other_y]| (other_x - x).abs() < 90.0 && (other_y - name_y).abs() < 10.0)
        {
            name_y += 10.0;
        }
        names.push([x, name_y]);
        let (name_x, anchor) = if x > left + width - 90.0 { (x - 6.0, "end") } else { (x + 6.0, "start") };
        let style = format!("font-size=\"10\" fill=\"{colour}\" text-anchor=\"{anchor}\"");
        text(out, [name_x, name_y], &style, &sensor.id);
    }
    for (index, track) in tracks.iter().enumerate() {
        let width = if index == 0 { 2.0 } else { 1.2 };
        for pair in track.windows(2) {
            let colour = if pair[0].phase == Phase::Boost { "#c01818" } else { "#111" };
            let ends = pair.iter().map(|sample| projection.of(sample.place.lon_deg, sample.place.lat_deg));
            let ends: Vec<[f64; 2]> = ends.collect();
            line(out, &ends, &format!("stroke=\"{colour}\" stroke-width=\"{width}\""));
        }
        if let Some(last) = track.last().filter(|last| last.place.alt_m < 60e3) {
            let [x, y] = projection.of(last.place.lon_deg, last.place.lat_deg);
            text(out, [x - 5.0, y + 5.0], "font-size=\"15\"", "×");
        }
    }
    let _ = writeln!(out, "</g>\n<rect {frame} fill=\"none\" stroke=\"#888\"/>");
    text(
        out,
        [left + 8.0, top + 16.0],
        "fill=\"#555\"",
        "ground tracks: red under thrust, black after; × comes down; dotted: sensors' sectors",
    );
}

/// The outline of a sensor's sector on the ground.
fn sector(place: Geodetic, range_m: f64, [from_rad, to_rad]: [f64; 2]) -> Vec<Geodetic> {
    let turn = 2.0 * core::f64::consts::PI;
    let all_round = (to_rad - from_rad).abs() >= turn;
    let width = if all_round { turn } else { (to_rad - from_rad).rem_euclid(turn) };
    let [east, north, _] = local_axes(place);
    let arc = (0..=48).map(|step| {
        let (sine, cosine) = libm::sincos(from_rad + width * f64::from(step) / 48.0);
        let level = add(scale(east, sine), scale(north, cosine));
        Geodetic { alt_m: 0.0, ..place_of(add(fixed_of(place), scale(level, range_m))) }
    });
    let ends = if all_round { vec![] } else { vec![place] };
    ends.iter().copied().chain(arc).chain(ends.iter().copied()).collect()
}

/// Round steps of which four to nine fill `whole`.
fn step(whole: f64) -> f64 {
    let decade = libm::pow(10.0, libm::floor(libm::log10(whole / 4.0)));
    let steps = [5.0, 2.0, 1.0].map(|factor| factor * decade);
    steps.into_iter().find(|step| whole / step >= 4.0).unwrap_or(decade)
}

fn axis(out: &mut String, [left, top, width, height]: [f64; 4], end_s: f64) {
    let _ = writeln!(
        out,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"#888\"/>"
    );
    let every_s = step(end_s);
    let mut time_s = 0.0;
    while time_s <= end_s {
        let x = left + width * time_s / end_s;
        line(out, &[[x, top], [x, top + height]], "stroke=\"#ddd\"");
        text(
            out,
            [x, top + height + 14.0],
            "font-size=\"10\" text-anchor=\"middle\" fill=\"#555\"",
            &format!("{time_s:.0}"),
        );
        time_s += every_s;
    }
}

fn profile(out: &mut String, truths: &[Truth], tracks: &[Vec<Sample>], end_s: f64) {
    let [left, top, width, height] = PROFILE;
    axis(out, PROFILE, end_s);
    let highest_km =
        tracks.iter().flatten().map(|sample| sample.place.alt_m * 1e-3).fold(10.0, f64::max) * 1.08;
    let every_km = step(highest_km);
    let mut height_km = 0.0;
    while height_km <= highest_km {
        let y = top + height * (1.0 - height_km / highest_km);
        line(out, &[[left, y], [left + width, y]], "stroke=\"#ddd\"");
        text(
            out,
            [left - 5.0, y + 4.0],
            "font-size=\"10\" text-anchor=\"end\" fill=\"#555\"",
            &format!("{height_km:.0}"),
        );
        height_km += every_km;
    }
    for track in tracks {
        for pair in track.windows(2) {
            let colour = if pair[0].phase == Phase::Boost { "#c01818" } else { "#111" };
            let ends: Vec<[f64; 2]> = pair
                .iter()
                .map(|sample| {
                    [
                        left + width * sample.time_s / end_s,
                        top + height * (1.0 - sample.place.alt_m * 1e-3 / highest_km),
                    ]
                })
                .collect();
            line(out, &ends, &format!("stroke=\"{colour}\" stroke-width=\"1.5\""));
        }
    }
    let objects =
        if truths.len() == 1 { "one object".to_owned() } else { format!("{} objects", truths.len()) };
    text(out, [left, top - 6.0], "fill=\"#555\"", &format!("height in km over seconds; {objects}"));
}

fn rows(out: &mut String, scenario: &Scenario, truths: &[Truth], end_s: f64) {
    let [left, top, width, height] = ROWS;
    axis(out, ROWS, end_s);
    text(out, [left, top - 6.0], "fill=\"#555\"", "when each sensor has something in its volume");
    let count: usize = scenario.nations.iter().map(|participant| participant.sensors.len()).sum();
    let row = height / count.max(1) as f64;
    let mut y = top;
    for (index, participant) in scenario.nations.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        for sensor in &participant.sensors {
            let watch = Watch::new(sensor, 0);
            let sees = |time_s: f64| {
                let seen = |truth: &Truth| {
                    truth.state(time_s).is_some_and(|(position_m, velocity_mps, _)| {
                        watch.sees(&watch.sight(position_m, velocity_mps))
                    })
                };
                truths.iter().any(seen)
            };
            let mut from_s = None;
            let mut seen_s = 0.0;
            for index in 0..=SAMPLES + 1 {
                let time_s = end_s * f64::from(index) / f64::from(SAMPLES);
                match (from_s, index <= SAMPLES && sees(time_s)) {
                    (None, true) => from_s = Some(time_s),
                    (Some(since_s), false) => {
                        let (x, long) = (left + width * since_s / end_s, width * (time_s - since_s) / end_s);
                        let (y, high) = (y + 0.2 * row, 0.6 * row);
                        let _ = writeln!(
                            out,
                            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{long:.1}\" height=\"{high:.1}\" fill=\"{colour}\" opacity=\"0.75\"/>"
                        );
                        seen_s += time_s - since_s;
                        from_s = None;
                    }
                    _ => {}
                }
            }
            let words = if seen_s > 0.0 {
                format!("{} {seen_s:.0} s", sensor.id)
            } else {
                format!("{} never", sensor.id)
            };
            text(
                out,
                [left - 5.0, y + 0.5 * row + 4.0],
                &format!("font-size=\"10\" text-anchor=\"end\" fill=\"{colour}\""),
                &words,
            );
            y += row;
        }
    }
}
