//! `watchfire track`: sensor data in, tracks and assessments out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use formats::{
    PlotFile, TRACKS_HEADER, asterix, read_catalogue, read_notices, read_sensors, write_assessment,
    write_track,
};
use physics::plot::Plot;
use physics::time::Tai;
use picture::{Catalogue, Picture, SensorState, Settings};
use statement::{Track as Said, TrackStatus};

use crate::output::{progress, write_whole};
use crate::problem::Problem;
use crate::sensor_report;

/// Progress is shown once in so many scans.
const TELL_EVERY_SCANS: usize = 2_000;

/// What to track.
#[derive(Debug, Args)]
pub struct Track {
    /// The sensors, JSON.
    #[arg(long)]
    sensors: PathBuf,
    /// Their plots.
    #[arg(long)]
    plots: PathBuf,
    /// The plots' format.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Known satellites: two-line element sets.
    #[arg(long)]
    catalogue: Option<PathBuf>,
    /// Planned launches, JSON: what fits one does not alarm.
    #[arg(long)]
    notices: Option<PathBuf>,
    /// Where the tracks go: CSV, a row for each firm track and update.
    #[arg(long)]
    out: PathBuf,
    /// Where the assessments go: JSON lines.
    #[arg(long)]
    assessments: Option<PathBuf>,
    /// Where the sensors' biases and health go: JSON.
    #[arg(long)]
    sensor_report: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A header, and a plot on each line.
    Csv,
    /// EUROCONTROL's data blocks: categories 048 and 034.
    Asterix,
}

/// Runs the command.
pub fn run(args: &Track) -> Result<(), Problem> {
    let name = args.sensors.display().to_string();
    let sensors = read_sensors(&name, &read(&args.sensors)?).map_err(Problem::input)?;
    let t0 = sensors.t0.unwrap_or_default();
    let plots = match args.format {
        Format::Csv => read_plots(&args.plots, &sensors.sensors, t0)?,
        Format::Asterix => read_asterix(&args.plots, &sensors.sensors, t0)?,
    };
    let mut picture = Picture::new(sensors.sensors, Settings::default());
    if let Some(file) = &args.catalogue {
        let satellites = read_catalogue(&file.display().to_string(), &read(file)?).map_err(Problem::input)?;
        picture.set_catalogue(Catalogue::new(satellites));
    }
    if let Some(file) = &args.notices {
        picture.set_notices(read_notices(&file.display().to_string(), &read(file)?).map_err(Problem::input)?);
    }
    let (tracked, sensors) = follow(picture, &plots, t0);
    write_whole(&args.out, tracked.tracks.as_bytes())?;
    if let Some(file) = &args.assessments {
        write_whole(file, tracked.assessments.as_bytes())?;
    }
    if let Some(file) = &args.sensor_report {
        write_whole(file, sensor_report::json(&sensors, t0).as_bytes())?;
    }
    println!("{}", tracked.summary(plots.len()));
    for (reason, count) in &tracked.rejected {
        println!("{count} plots not used: {reason}");
    }
    for line in sensors.iter().filter_map(|sensor| sensor_report::line(sensor, t0)) {
        println!("{line}");
    }
    Ok(())
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(file)
        .map_err(|error| Problem::input(format!("{}: cannot be read: {error}", file.display())))
}

fn read(file: &Path) -> Result<String, Problem> {
    let bytes = read_bytes(file)?;
    String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Problem::input(format!("{}: line {line}: expected text in UTF-8", file.display()))
    })
}

/// All plots of a file in the order of time; those of one instant in the order of the file.
fn read_plots(file: &Path, sensors: &[physics::sensor::Sensor], t0: Tai) -> Result<Vec<Plot>, Problem> {
    let (name, text) = (file.display().to_string(), read(file)?);
    let opened = PlotFile::open(&name, &text, sensors, t0).map_err(Problem::input)?;
    let mut plots = opened.collect::<Result<Vec<Plot>, String>>().map_err(Problem::input)?;
    if plots.is_empty() {
        return Err(Problem::input(format!("{name}: line 2: expected a plot, found the end of the file")));
    }
    plots.sort_by_key(|plot| plot.time);
    Ok(plots)
}

/// All plots of an ASTERIX file in the order of time. Says what was read and what gave no plot.
fn read_asterix(file: &Path, sensors: &[physics::sensor::Sensor], t0: Tai) -> Result<Vec<Plot>, Problem> {
    let name = file.display().to_string();
    let refuse = |what: String| Problem::input(format!("{name}: {what}"));
    let mut read =
        asterix::read_plots(&read_bytes(file)?, sensors, t0).map_err(|error| refuse(error.to_string()))?;
    if read.plots.is_empty() {
        return Err(refuse("byte 0: expected a target report of category 048, found none".into()));
    }
    println!("{} target reports, {} service messages read", read.targets, read.services);
    for (reason, count) in &read.set_aside {
        println!("{count} target reports gave no plot: {reason}");
    }
    if read.other_blocks > 0 {
        println!("{} blocks of other categories stepped over", read.other_blocks);
    }
    read.plots.sort_by_key(|plot| plot.time);
    Ok(read.plots)
}

/// What came of the plots.
#[derive(Default)]
struct Tracked {
    tracks: String,
    assessments: String,
    rejected: BTreeMap<String, usize>,
    /// Plots of each when its newest row was written.
    firm: BTreeMap<String, u64>,
    revisions: BTreeMap<String, u32>,
    warned: std::collections::BTreeSet<String>,
}

impl Tracked {
    fn summary(&self, plots: usize) -> String {
        let (tracks, revisions) = (self.firm.len(), self.revisions.values().sum::<u32>());
        let warned = self.warned.len();
        format!("{plots} plots, {tracks} firm tracks, {revisions} assessments, warnings of {warned} tracks")
    }
}

/// Whether two plots that follow each other came at once: of one instant, or, from an antenna that turns, of one sector.
fn together(a: &Plot, b: &Plot) -> bool {
    let sector = |plot: &Plot| (plot.az_rad * picture::SECTORS / core::f64::consts::TAU).floor();
    let swept = a.scan == b.scan && a.height_m.is_some() && b.height_m.is_some() && sector(a) == sector(b);
    a.time == b.time || (a.sensor_id == b.sensor_id && swept)
}

/// Scan by scan, as a node would get them.
fn follow(mut picture: Picture, plots: &[Plot], t0: Tai) -> (Tracked, Vec<SensorState>) {
    let mut tracked = Tracked { tracks: format!("{TRACKS_HEADER}\n"), ..Tracked::default() };
    let mut done = 0;
    for (number, scan) in plots.chunk_by(together).enumerate() {
        let now = scan[scan.len() - 1].time;
        for rejected in picture.observe(now, scan) {
            *tracked.rejected.entry(rejected.reason.to_string()).or_default() += 1;
        }
        for track in picture.tracks() {
            tracked.note_track(&track, t0);
        }
        for mut assessment in picture.assess(now) {
            let revision = tracked.revisions.entry(assessment.track_id.clone()).or_default();
            *revision += 1;
            assessment.revision = *revision;
            if assessment.warning {
                tracked.warned.insert(assessment.track_id.clone());
            }
            tracked.assessments.push_str(&write_assessment(&assessment, t0));
            tracked.assessments.push('\n');
        }
        done += scan.len();
        if number % TELL_EVERY_SCANS == 0 {
            progress(&format!("{done} of {} plots", plots.len()));
        }
    }
    (tracked, picture.sensors())
}

impl Tracked {
    fn note_track(&mut self, track: &Said, t0: Tai) {
        let known = self.firm.get(&track.track_id);
        if track.status != TrackStatus::Firm || known == Some(&track.evidence.plots) {
            return;
        }
        self.firm.insert(track.track_id.clone(), track.evidence.plots);
        write_track(&mut self.tracks, track, t0);
        self.tracks.push('\n');
    }
}
