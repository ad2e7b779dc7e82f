//! Charts as SVG: lines over a number, bars with intervals. Plain enough to need no library.

use core::fmt::Write as _;

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
    fn ticks_are_round_and_between() {
        assert_eq!(ticks(0.0, 10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(file_name("S0 above the air, all models"), "s0-above-the-air-all-models");
    }
}
