//! Charts as SVG: lines over a number, bars with intervals. Plain enough to need no library.

use core::fmt::Write as _;

use physics::ellipse::Ellipse;

/// Lines over a common axis.
#[derive(Clone, Debug)]
pub struct Chart {
    pub file: String,
    pub title: String,
    pub x: String,
    pub y: String,
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
    /// Levels that the lines are held against.
    pub levels: Vec<f64>,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 48.0;
/// Blue, vermilion, green, purple: told apart by the colour-blind too (Okabe and Ito).
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/// Misses on the ground around the reckoned impact, and the ellipses that should hold them.
#[derive(Clone, Debug)]
pub struct Map {
    pub file: String,
    pub title: String,
    /// East and north, metres.
    pub misses_m: Vec<(f64, f64)>,
    /// At one sigma.
    pub ellipse: Ellipse,
    /// What the ellipses should hold, 0 to 1.
    pub probabilities: [f64; 3],
}

/// Pixels of a map's side, and of the part of it that the largest ellipse fills.
const MAP: f64 = 560.0;
const MAP_FILLED: f64 = 0.6;

impl Map {
    /// The whole file: north is up, one scale for both directions; what lies outside is left out, and counted.
    pub fn svg(&self) -> String {
        let largest = Ellipse::scale(self.probabilities.into_iter().fold(0.0, f64::max));
        let metres = 2.0 * largest * self.ellipse.semi_major_m.max(1.0) / (MAP_FILLED * MAP);
        let middle = (MAP / 2.0, TOP + MAP / 2.0);
        let inside = |value: f64| value.abs() < metres * MAP / 2.0;
        let shown: Vec<_> =
            self.misses_m.iter().filter(|(east, north)| inside(*east) && inside(*north)).collect();
        let outside = self.misses_m.len() - shown.len();
        let mut svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{MAP}' height='{0}' viewBox='0 0 {MAP} {0}' font-family='sans-serif' font-size='12'><rect width='100%' height='100%' fill='white'/><text x='12' y='24' font-size='15'>{1}</text><text x='12' y='44'>{2} launches, {outside} of them outside this map; north is up</text>",
            MAP + TOP + 30.0,
            self.title,
            self.misses_m.len()
        );
        for (east_m, north_m) in shown {
            let _ = write!(
                svg,
                "<circle cx='{:.1}' cy='{:.1}' r='1.5' fill='#0072b2' fill-opacity='0.6'/>",
                middle.0 + east_m / metres,
                middle.1 - north_m / metres
            );
        }
        for (probability, colour) in self.probabilities.into_iter().zip(["#009e73", "#d55e00", "#cc79a7"]) {
            let (major_m, minor_m) = self.ellipse.axes_m(probability);
            // From north to east is clockwise on the page, and the ellipse is drawn with its long axis up.
            let _ = write!(
                svg,
                "<ellipse cx='{0:.1}' cy='{1:.1}' rx='{2:.1}' ry='{3:.1}' transform='rotate({4:.2} {0:.1} {1:.1})' fill='none' stroke='{colour}' stroke-width='1.6'/>",
                middle.0,
                middle.1,
                minor_m / metres,
                major_m / metres,
                self.ellipse.azimuth_deg
            );
        }
        let round_m = libm::pow(10.0, libm::floor(libm::log10(metres * MAP / 4.0)));
        let (bar_y, bar) = (TOP + MAP + 10.0, round_m / metres);
        let _ = writeln!(
            svg,
            "<line x1='12' x2='{:.1}' y1='{bar_y}' y2='{bar_y}' stroke='black' stroke-width='2'/><text x='{:.1}' y='{:.1}'>{} km</text></svg>",
            12.0 + bar,
            20.0 + bar,
            bar_y + 4.0,
            short(round_m / 1e3)
        );
        svg
    }
}

/// A name as a file's: lower case, words joined by hyphens.
pub fn file_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

impl Chart {
    /// The whole file.
    pub fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|(_, points)| points.iter());
        let (x_low, x_high) = span(points().map(|point| point.0));
        let heights = points().map(|point| point.1).chain(self.levels.iter().copied());
        let (y_low, y_high) = span(heights);
        let margin = 0.06 * (y_high - y_low);
        let (y_low, y_high) = (y_low - margin, y_high + margin);
        let at_x = |x: f64| LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT);
        let at_y = |y: f64| HEIGHT - BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM);
        let mut svg = frame(&self.title, &self.x, &self.y);
        for tick in ticks(x_low, x_high) {
            let x = at_x(tick);
            let bottom = HEIGHT - BOTTOM;
            let _ = write!(
                svg,
                "<line x1='{x:.1}' x2='{x:.1}' y1='{TOP}' y2='{bottom}' stroke='#e5e5e5'/><text x='{x:.1}' y='{:.1}' text-anchor='middle'>{tick}</text>",
                bottom + 16.0
            );
        }
        for tick in ticks(y_low, y_high) {
            let y = at_y(tick);
            let _ = write!(
                svg,
                "<line x1='{LEFT}' x2='{:.1}' y1='{y:.1}' y2='{y:.1}' stroke='#e5e5e5'/><text x='{:.1}' y='{:.1}' text-anchor='end'>{}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 4.0,
                short(tick)
            );
        }
        for &level in &self.levels {
            let y = at_y(level);
            let _ = write!(
                svg,
                "<line x1='{LEFT}' x2='{:.1}' y1='{y:.1}' y2='{y:.1}' stroke='#777' stroke-dasharray='5 4'/>",
                WIDTH - RIGHT
            );
        }
        for (index, (name, points)) in self.lines.iter().enumerate() {
            let colour = COLOURS[index % COLOURS.len()];
            let path: Vec<String> =
                points.iter().map(|&(x, y)| format!("{:.1},{:.1}", at_x(x), at_y(y))).collect();
            let key_x = LEFT + 170.0 * index as f64;
            let _ = write!(
                svg,
                "<polyline points='{}' fill='none' stroke='{colour}' stroke-width='1.6'/><line x1='{key_x}' x2='{:.1}' y1='46' y2='46' stroke='{colour}' stroke-width='3'/><text x='{:.1}' y='50'>{name}</text>",
                path.join(" "),
                key_x + 20.0,
                key_x + 26.0,
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn frame(title: &str, x: &str, y: &str) -> String {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' viewBox='0 0 {WIDTH} {HEIGHT}' font-family='sans-serif' font-size='12'><rect width='100%' height='100%' fill='white'/><text x='{LEFT}' y='24' font-size='15'>{title}</text><text x='{:.1}' y='{:.1}' text-anchor='end'>{x}</text><text x='14' y='{:.1}' transform='rotate(-90 14 {:.1})' text-anchor='middle'>{y}</text><rect x='{LEFT}' y='{TOP}' width='{:.1}' height='{:.1}' fill='none' stroke='#999'/>",
        right,
        HEIGHT - 10.0,
        (TOP + bottom) / 2.0,
        (TOP + bottom) / 2.0,
        right - LEFT,
        bottom - TOP,
    )
}

/// Least and greatest; never of no width.
fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    match (low < high, low == high) {
        (true, _) => (low, high),
        (_, true) => (low - 1.0, high + 1.0),
        // Nothing at all.
        _ => (0.0, 1.0),
    }
}

/// Some five round numbers between two.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let first = (low / step).ceil() as i64;
    (first..).map(|index| index as f64 * step).take_while(|tick| *tick <= high).collect()
}

fn short(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_holds_its_lines_and_levels_inside_its_frame() {
        let chart = Chart {
            file: "x".into(),
            title: "t".into(),
            x: "s".into(),
            y: "m".into(),
            lines: vec![("a".into(), vec![(0.0, 1.0), (10.0, 3.0)])],
            levels: vec![4.0],
        };
        let svg = chart.svg();
        let points = svg.split("points='").nth(1).unwrap().split('\'').next().unwrap();
        for point in points.split(' ') {
            let (x, y) = point.split_once(',').unwrap();
            let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
            assert!((LEFT..=WIDTH - RIGHT).contains(&x) && (TOP..=HEIGHT - BOTTOM).contains(&y));
        }
        assert!(svg.contains("stroke-dasharray"));
    }

    #[test]
    fn a_map_holds_its_ellipses_and_counts_what_lies_outside() {
        let map = Map {
            file: "x".into(),
            title: "t".into(),
            misses_m: vec![(100.0, 0.0), (0.0, 1e6)],
            ellipse: Ellipse {
                semi_major_m: 1_000.0,
                semi_minor_m: 500.0,
                azimuth_deg: 97.0,
                ..Ellipse::default()
            },
            probabilities: [0.5, 0.9, 0.99],
        };
        let svg = map.svg();
        assert_eq!(svg.matches("<circle").count(), 1);
        assert!(svg.contains("2 launches, 1 of them outside"));
        // The long axis of the 99 % ellipse is 60 % of the side.
        assert!(svg.contains("ry='168.0'"), "{svg}");
    }

    #[test]
    fn ticks_are_round_and_between() {
        assert_eq!(ticks(0.0, 10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(file_name("S0 above the air, all models"), "s0-above-the-air-all-models");
    }
}
