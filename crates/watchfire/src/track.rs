//! `watchfire track`: sensor data in, tracks and assessments out.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use physics::plot::Plot;
use physics::time::Tai;
use picture::{Picture, Rejection, Settings};
use statement::TrackStatus;

use crate::output::write_whole;
use crate::problem::Problem;

/// Tracks what sensors saw, from files.
#[derive(Debug, Args)]
pub struct Track {
    /// The sensors, JSON.
    #[arg(long, value_name = "FILE")]
    sensors: PathBuf,
    /// What they saw.
    #[arg(long, value_name = "FILE")]
    plots: PathBuf,
    /// How the plots are written.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// The file for the tracks, CSV: a row for each firm track and update.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The file for the assessments, JSON lines.
    #[arg(long, value_name = "FILE")]
    assessments: Option<PathBuf>,
}

/// How plots are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A header and a plot on each line.
    Csv,
}

/// How often the progress is shown.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Runs the command. Nothing is written where anything of the input is refused.
pub fn run(args: &Track) -> Result<(), Problem> {
    let sensors_name = args.sensors.display().to_string();
    let file = formats::read_sensors(&sensors_name, &read(&args.sensors)?).map_err(Problem::input)?;
    // Without an instant for second 0 the times only have to agree with each other.
    let t0 = file.t0.unwrap_or_default();
    let plots_name = args.plots.display().to_string();
    let text = read(&args.plots)?;
    let plots = match args.format {
        Format::Csv => formats::PlotFile::open(&plots_name, &text, &file.sensors, t0)
            .and_then(Iterator::collect::<Result<Vec<Plot>, String>>)
            .map_err(Problem::input)?,
    };
    if plots.is_empty() {
        return Err(Problem::input(format!("{plots_name}: line 2: expected a plot, found nothing")));
    }
    if !text.ends_with('\n') {
        let last = text.lines().count();
        eprintln!("{plots_name}: line {last}: has no line end: its last number may be cut off");
    }
    let tracked = track(file.sensors, &plots, t0);
    if let Some(assessments) = &args.assessments {
        write_whole(assessments, tracked.assessments.as_bytes())?;
    }
    write_whole(&args.out, tracked.rows.as_bytes())?;
    println!("{}", tracked.summary(plots.len()));
    Ok(())
}

fn read(file: &Path) -> Result<String, Problem> {
    let name = file.display();
    let bytes =
        std::fs::read(file).map_err(|error| Problem::input(format!("{name}: cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count();
        Problem::input(format!("{name}: line {line}: expected text in UTF-8"))
    })
}

/// What tracking gives.
#[derive(Debug, Default)]
struct Tracked {
    rows: String,
    assessments: String,
    /// How many assessments were made of each track.
    revisions: BTreeMap<String, u32>,
    /// Tracks of which a warning was given.
    warned: BTreeMap<String, Tai>,
    rejected: BTreeMap<Rejection, usize>,
}

impl Tracked {
    fn summary(&self, plots: usize) -> String {
        let reasons: Vec<String> =
            self.rejected.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
        let counted =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        format!(
            "{}, {}, {} rejected{reasons}, {}",
            counted(self.revisions.len(), "track"),
            counted(plots, "plot"),
            self.rejected.values().sum::<usize>(),
            counted(self.warned.len(), "warning"),
        )
    }
}

fn track(sensors: Vec<physics::sensor::Sensor>, plots: &[Plot], t0: Tai) -> Tracked {
    // Each sensor's plots run forwards, but the file may hold one sensor after the other.
    let mut scans: Vec<&[Plot]> = plots
        .chunk_by(|a, b| {
            a.sensor_id == b.sensor_id && a.scan == b.scan && b.time.since_s(a.time) < SCAN_S_MAX
        })
        .collect();
    scans.sort_by_key(|scan| scan.first().map(|plot| plot.time));
    let mut picture = Picture::new(sensors, Settings::default());
    let mut tracked = Tracked { rows: formats::TRACKS_HEADER.to_owned() + "\n", ..Tracked::default() };
    let mut plots_of: BTreeMap<String, u64> = BTreeMap::new();
    let mut progress = Progress::new(plots.len());
    for scan in scans {
        let Some(now) = scan.last().map(|plot| plot.time) else { continue };
        for rejected in picture.observe(now, scan) {
            *tracked.rejected.entry(rejected.reason).or_default() += 1;
        }
        picture.advance(now);
        for track in picture.tracks().iter().filter(|track| track.status == TrackStatus::Firm) {
            let seen = plots_of.entry(track.track_id.clone()).or_default();
            if *seen != track.evidence.plots {
                *seen = track.evidence.plots;
                formats::write_track(&mut tracked.rows, track, t0);
                tracked.rows.push('\n');
            }
        }
        for mut assessment in picture.assess(now) {
            let revision = tracked.revisions.entry(assessment.track_id.clone()).or_default();
            assessment.revision = *revision;
            *revision += 1;
            if assessment.warning {
                tracked.warned.entry(assessment.track_id.clone()).or_insert(now);
            }
            tracked.assessments += &formats::write_assessment(&assessment, t0);
            tracked.assessments.push('\n');
        }
        progress.show(scan.len());
    }
    progress.end();
    tracked
}

/// A scan's plots are one sensor's within this, seconds; the tracker splits what moves on.
const SCAN_S_MAX: f64 = 0.25;

/// How far it is, where somebody watches.
struct Progress {
    all: usize,
    done: usize,
    shown: Instant,
    watched: bool,
}

impl Progress {
    fn new(all: usize) -> Progress {
        Progress { all, done: 0, shown: Instant::now(), watched: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, plots: usize) {
        self.done += plots;
        if self.watched && self.shown.elapsed() > PROGRESS_EVERY {
            self.shown = Instant::now();
            eprint!("\r{} of {} plots", self.done, self.all);
            let _ = std::io::stderr().flush();
        }
    }

    fn end(&self) {
        if self.watched {
            // Blanks what was shown.
            eprint!("\r{:40}\r", "");
        }
    }
}
