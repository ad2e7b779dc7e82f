//! Measurements against the goals of the project: `watchfire bench`. None is asserted by a test, since timings belong
//! to the machine that they were made on.

mod exercise;
mod latency;
mod simulation;
mod size;
mod stage;
mod start;
mod track;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::problem::Problem;

/// What to measure.
#[derive(Debug, Args)]
pub struct Bench {
    /// `track`, `exercise`, `simulation`, `latency`, `start` or `size`; all of them where none is named.
    name: Option<String>,
    /// A line of JSON for each figure.
    #[arg(long)]
    json: bool,
    /// `track`: all runs that the figures are defined by, instead of those of three minutes.
    #[arg(long)]
    full: bool,
    /// `track`: one part of it alone.
    #[arg(long, value_name = "PART")]
    part: Option<track::Part>,
    /// `track`: the first seed.
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// `track`: writes charts (SVG) into this folder.
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
    /// `track`: writes its scenarios (sensors, plots, truth, tracks) into this folder, and measures the speed only.
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
}

/// What a measurement gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The figures.
    pub figures: Vec<Figure>,
    /// For people: runs, seeds, interval of each figure; none where there is nothing to say.
    pub notes: Vec<String>,
    /// What could not be measured, since it does not exist yet.
    pub not_yet: Vec<String>,
}

impl From<Vec<Figure>> for Report {
    fn from(figures: Vec<Figure>) -> Report {
        Report { figures, ..Report::default() }
    }
}

/// Measures and prints.
pub fn run(bench: &Bench) -> Result<(), Problem> {
    type Measure = fn(&Bench) -> Result<Report, Problem>;
    let benches: [(&str, Measure); 6] = [
        ("track", |bench| track::run(&bench.form()).map_err(Problem::failed)),
        ("exercise", |_| exercise::run().map(Report::from)),
        ("simulation", |_| simulation::run().map(Report::from)),
        ("latency", |_| latency::run().map(Report::from)),
        ("start", |_| start::run().map(Report::from)),
        ("size", |_| size::run().map(Report::from)),
    ];
    let wanted = |name: &str| bench.name.as_deref().is_none_or(|wanted| wanted == name);
    let chosen: Vec<_> = benches.iter().filter(|(name, _)| wanted(name)).collect();
    if chosen.is_empty() {
        let known: Vec<&str> = benches.iter().map(|(name, _)| *name).collect();
        let name = bench.name.as_deref().unwrap_or_default();
        return Err(Problem::input(format!("bench {name}: not known; expected one of {}", known.join(", "))));
    }
    let mut report = Report::default();
    for (name, measure) in chosen {
        eprintln!("measuring {name} …");
        let more = measure(bench).map_err(|problem| problem.during(&format!("bench {name}")))?;
        report.notes.resize(report.figures.len(), String::new());
        report.figures.extend(more.figures);
        report.notes.extend(more.notes);
        report.not_yet.extend(more.not_yet);
    }
    if bench.json {
        report.figures.iter().for_each(|figure| println!("{}", figure.json()));
    } else {
        print!("{}", table(&report.figures, &report.notes));
        report.not_yet.iter().for_each(|what| println!("not measured yet: {what}"));
    }
    Ok(())
}

impl Bench {
    fn form(&self) -> track::Form {
        track::Form {
            full: self.full,
            part: self.part,
            seed: self.seed,
            plots: self.plots.clone(),
            files: self.files.clone(),
        }
    }
}

/// One measured figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What was measured, and on which scenario.
    pub name: String,
    /// What it should reach; `None` where it is only reported.
    pub goal: Option<f64>,
    /// What was measured.
    pub measured: f64,
    /// Unit of goal and measured value.
    pub unit: String,
    /// Whether more is better.
    pub higher_is_better: bool,
}

/// A figure as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    goal: Option<f64>,
    measured: f64,
    unit: &'a str,
    better: &'a str,
    met: bool,
}

impl Figure {
    /// Whether the goal is reached; true of what is only reported, false of what could not be measured (not a number).
    pub fn met(&self) -> bool {
        match self.goal {
            Some(goal) if self.higher_is_better => self.measured >= goal,
            Some(goal) => self.measured <= goal,
            None => !self.measured.is_nan(),
        }
    }

    fn better(&self) -> &'static str {
        if self.higher_is_better { "higher" } else { "lower" }
    }

    /// One line of JSON: `{name, goal, measured, unit, better, met}`; a number that is none is `null`.
    pub fn json(&self) -> String {
        let Figure { name, goal, measured, unit, .. } = self;
        let line =
            Line { name, goal: *goal, measured: *measured, unit, better: self.better(), met: self.met() };
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// The figures as a table for people, a line for each, with its note at the end.
pub fn table(figures: &[Figure], notes: &[String]) -> String {
    let width = figures.iter().map(|figure| figure.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (index, figure) in figures.iter().enumerate() {
        let sign = if figure.higher_is_better { "≥" } else { "≤" };
        let goal = match figure.goal {
            Some(goal) => format!("{sign} {}", readable(goal)),
            None => "reported".to_owned(),
        };
        let verdict = match (figure.goal, figure.met()) {
            (None, _) => "",
            (Some(_), true) => "met",
            (Some(_), false) => "NOT MET",
        };
        let measured = readable(figure.measured);
        text.push_str(&format!(
            "{:width$}  {measured:>14} {:<10}  {goal:<14} {verdict:<8} {}",
            figure.name,
            figure.unit,
            notes.get(index).map_or("", String::as_str)
        ));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// Four digits that count; thousands set apart.
fn readable(number: f64) -> String {
    if number.is_nan() || number.abs() < 1_000.0 {
        let decimals = if number.abs() >= 100.0 { 1 } else { 3 };
        return format!("{number:.decimals$}");
    }
    let digits = format!("{:.0}", number.abs());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if number < 0.0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(goal: Option<f64>, measured: f64, higher_is_better: bool) -> Figure {
        Figure { name: "thing".into(), goal, measured, unit: "1/s".into(), higher_is_better }
    }

    #[test]
    fn a_goal_is_met_from_the_right_side() {
        assert!(figure(Some(10.0), 10.0, true).met() && !figure(Some(10.0), 9.0, true).met());
        assert!(figure(Some(10.0), 9.0, false).met() && !figure(Some(10.0), 11.0, false).met());
        assert!(!figure(Some(10.0), f64::NAN, true).met() && !figure(None, f64::NAN, true).met());
    }

    #[test]
    fn a_line_of_json_has_the_promised_keys() {
        assert_eq!(
            figure(Some(10.0), 12.5, true).json(),
            r#"{"name":"thing","goal":10.0,"measured":12.5,"unit":"1/s","better":"higher","met":true}"#
        );
        assert!(figure(None, f64::NAN, false).json().contains(r#""goal":null,"measured":null"#));
    }

    #[test]
    fn the_table_says_what_is_not_met() {
        let figures = [figure(Some(300_000.0), 1_234_567.0, true), figure(Some(0.2), 0.25, false)];
        let text = table(&figures, &["3 runs".to_owned()]);
        assert!(
            text.contains("1,234,567") && text.contains("≥ 300,000") && text.contains("NOT MET\n"),
            "{text}"
        );
        assert!(text.contains("met      3 runs"), "{text}");
        assert_eq!(text.lines().count(), 2);
    }
}
