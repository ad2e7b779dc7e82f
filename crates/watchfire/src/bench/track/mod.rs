//! `watchfire bench track`: the tracking figures. The scenarios are `sim::raid`'s; docs/measures.md says how each figure
//! is made.

mod accuracy;
mod aircraft;
mod bound;
mod confirm;
mod files;
mod follow;
mod fusion;
mod glide;
mod ground;
mod infrared;
mod late;
mod plots;
mod raid;
mod real;
mod reentry;
mod registration;
mod reports;
mod satellites;
mod speed;
mod statistics;

use core::fmt::Display;
use std::path::PathBuf;

use clap::ValueEnum;

use super::{Figure, Report};

/// A track this near to an object stands for it, metres.
const NEAR_M: f64 = 3_000.0;

/// Figures whose product does not exist yet.
const NOT_YET: [&str; 1] = ["coverage by class (ballistic alone)"];

/// A part of the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Plots a second, a scan, memory, growth, the impact product.
    Speed,
    /// R100: switches, completeness, GOSPA.
    Raid,
    /// Confirmation and false tracks.
    Confirm,
    /// Error over the bound, consistency, divergence.
    Accuracy,
    /// Coverage and size of the impact ellipses, impact time.
    Impact,
    /// Partners' tracks combined: against a tracker that has all plots.
    Fusion,
    /// S4: from the pull-up to a reachable area; false manoeuvres; areas of what still burns; space launches.
    Glide,
    /// D: biases of two radars, and how often healthy ones are called degraded.
    Registration,
    /// Real satellites called so, and missiles that were.
    Satellites,
    /// Recorded and made-up air traffic.
    Aircraft,
    /// Plots up to half a minute late.
    Late,
    /// Launches as reported in public.
    Reports,
    /// IR2 and IR1: launch point and time, coverage, reachable area.
    Infrared,
}

/// How much is measured, and what is written beside the figures.
#[derive(Clone, Debug)]
pub struct Form {
    /// All runs, or those of three minutes.
    pub full: bool,
    /// One part alone.
    pub part: Option<Part>,
    /// The first seed.
    pub seed: u64,
    /// A folder for charts.
    pub plots: Option<PathBuf>,
    /// A folder for the scenarios as files; then only the speeds on one of them are measured.
    pub files: Option<PathBuf>,
}

/// A figure with its runs and its interval, for people.
struct Noted {
    figure: Figure,
    note: String,
}

impl Noted {
    fn new(
        name: String,
        goal: Option<f64>,
        measured: f64,
        unit: &str,
        higher_is_better: bool,
        note: String,
    ) -> Noted {
        Noted { figure: Figure { name, goal, measured, unit: unit.to_owned(), higher_is_better }, note }
    }
}

/// The tracking figures, measured on one core. `Err` says in one line what could not be measured.
pub fn run(form: &Form) -> Result<Report, String> {
    if let Some(folder) = &form.files {
        return files::write(folder, form).map(Report::from);
    }
    let wanted = |part: Part| form.part.is_none_or(|wanted| wanted == part);
    let (mut noted, mut charts): (Vec<Noted>, Vec<plots::Chart>) = Default::default();
    if wanted(Part::Speed) {
        noted.push(speed::memory(form)?);
        noted.extend(speed::measure(form)?);
    }
    if wanted(Part::Raid) {
        noted.extend(raid::measure(form)?);
    }
    if wanted(Part::Confirm) {
        noted.extend(confirm::measure(form)?);
    }
    let mut maps = Vec::new();
    if wanted(Part::Accuracy) {
        let (more, more_charts) = accuracy::measure(form);
        noted.extend(more);
        charts.extend(more_charts);
    }
    if wanted(Part::Impact) {
        let (more, more_charts, more_maps) = ground::measure(form);
        noted.extend(more);
        charts.extend(more_charts);
        maps.extend(more_maps);
        noted.extend(reentry::measure(form));
    }
    if wanted(Part::Fusion) {
        noted.extend(fusion::measure(form)?);
    }
    if wanted(Part::Glide) {
        noted.extend(glide::measure(form)?);
    }
    if wanted(Part::Registration) {
        noted.extend(registration::measure(form)?);
    }
    if wanted(Part::Satellites) {
        noted.extend(satellites::measure(form)?);
    }
    if wanted(Part::Aircraft) {
        noted.extend(aircraft::measure(form)?);
    }
    if wanted(Part::Late) {
        noted.extend(late::measure(form)?);
    }
    if wanted(Part::Reports) {
        noted.extend(reports::measure(form)?);
    }
    if wanted(Part::Infrared) {
        noted.extend(infrared::measure(form));
    }
    if let Some(folder) = &form.plots {
        std::fs::create_dir_all(folder).map_err(failed)?;
        let drawn = charts.iter().map(|chart| (&chart.file, chart.svg()));
        for (file, svg) in drawn.chain(maps.iter().map(|map| (&map.file, map.svg()))) {
            std::fs::write(folder.join(format!("{file}.svg")), svg).map_err(failed)?;
        }
    }
    let not_yet = NOT_YET.map(str::to_owned).to_vec();
    Ok(Report { not_yet, ..Report::from(noted) })
}

impl From<Vec<Noted>> for Report {
    fn from(noted: Vec<Noted>) -> Report {
        let (figures, notes) = noted.into_iter().map(|noted| (noted.figure, noted.note)).unzip();
        Report { figures, notes, not_yet: Vec::new() }
    }
}

fn failed(error: impl Display) -> String {
    error.to_string()
}
