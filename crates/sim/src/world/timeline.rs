//! A picture of what happened: time across, a row for each nation.

use core::fmt::Write;

use statement::Nation;

use super::play::Report;

const WIDTH: f64 = 1_200.0;
const ROW: f64 = 170.0;
const LEFT: f64 = 60.0;

/// The timeline of a run as SVG.
pub fn svg(nations: &[Nation], title: &str, report: &Report) -> String {
    let height = 60.0 + ROW * nations.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"10\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/><text x=\"8\" y=\"18\" font-size=\"13\">{}</text>",
        escaped(title)
    );
    let seconds = report.simulated_s.max(1.0) * 1.02;
    let x = |at_s: f64| LEFT + at_s / seconds * (WIDTH - LEFT - 10.0);
    for tenth in 0..10 {
        let second = (report.simulated_s / 9.0 * f64::from(tenth)).round();
        let at = x(second);
        let _ = write!(
            svg,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"40\" y2=\"{height}\" stroke=\"#ddd\"/><text x=\"{at:.1}\" y=\"36\">{second} s</text>"
        );
    }
    for (who, nation) in nations.iter().enumerate() {
        let top = 50.0 + ROW * who as f64;
        let _ = write!(
            svg,
            "<text x=\"8\" y=\"{:.1}\" font-size=\"13\">{nation}</text><line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{top:.1}\" y2=\"{top:.1}\" stroke=\"#888\"/>",
            top + 14.0
        );
        let notes = report.notes.iter().filter(|note| note.who == who);
        for (index, note) in notes.enumerate() {
            let colour = if note.text.starts_with("crash") {
                "#c00000"
            } else if note.text.starts_with("fault") {
                "#b06000"
            } else if note.text == "starts" {
                "#007000"
            } else {
                "#204080"
            };
            let (at, y) = (x(note.at_s), top + 12.0 + (index % 12) as f64 * 12.5);
            let _ = write!(
                svg,
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"/>"
            );
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{}</text>",
                at + 2.0,
                escaped(&shortened(&note.text))
            );
        }
    }
    if let Some(violation) = &report.violation {
        let (at, y) = (x(violation.at_s), 50.0 + ROW * violation.who as f64 + ROW - 8.0);
        // The sentence goes to the side that has room for it.
        let late = at > WIDTH / 2.0;
        let _ = write!(
            svg,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"40\" y2=\"{height}\" stroke=\"red\" stroke-width=\"2\"/>"
        );
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{y:.1}\" fill=\"red\" text-anchor=\"{}\" font-size=\"12\">{}</text>",
            if late { at - 4.0 } else { at + 4.0 },
            if late { "end" } else { "start" },
            escaped(&format!("{}: {}", violation.name, violation.what))
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn shortened(text: &str) -> String {
    text.chars().take(48).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
