//! `watchfire demo`: three nations' nodes as processes on this machine, and a player of their sensors.

pub mod folder;
pub mod player;
pub mod ports;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use clap::Args;
use node::input::Milestone;
use node::shell::clock::posix_ns;
use serde::{Deserialize, Serialize};
use sim::scenario::Scenario;
use statement::Nation;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use crate::built_in;
use crate::problem::Problem;
use folder::{ClockSetting, Place};
use ports::Ports;

/// The exercise begins this long after the nodes were started, so that their links stand.
const LEAD: Duration = Duration::from_millis(1_500);
/// A node that died is started again after this long.
const RESTART_AFTER: Duration = Duration::from_secs(1);
/// Nodes that are told to stop are given this long, then killed.
const STOP_WITHIN: Duration = Duration::from_millis(1_500);

/// What a supervised node writes to its standard output, a line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromNode {
    /// It runs.
    Ready {
        /// Its console.
        console: String,
        /// How long recovery took, seconds.
        recovered_s: f64,
        /// Rows that its journal held.
        rows: u64,
    },
    /// Something that people wait for.
    Milestone(Milestone),
}

/// What to show.
#[derive(Debug, Args)]
pub struct Demo {
    /// A scenario's file, or the name of one that is built in.
    #[arg(long, default_value = "2022-10-04")]
    scenario: String,
    /// How many exercise seconds pass in one second.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// The seed that truth and sensors' errors follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for keys, configurations and journals; else a fresh one among the temporary files.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Stops when the scenario is over, instead of at Ctrl-C.
    #[arg(long)]
    until_end: bool,
}

impl Demo {
    /// An exercise in real time, to its end.
    pub fn exercise(scenario: String, speed: f64, seed: u64, folder: PathBuf) -> Demo {
        Demo { scenario, speed, seed, dir: Some(folder), until_end: true }
    }
}

/// Runs the demo.
pub fn run(demo: Demo) -> Result<(), Problem> {
    if !(demo.speed > 0.0 && demo.speed <= 1_000.0) {
        return Err(Problem::input(format!(
            "--speed {}: expected a number above 0 and at most 1000",
            demo.speed
        )));
    }
    let scenario = built_in::scenario(&demo.scenario)?;
    let policies = built_in::policies(&scenario)?;
    let folder = fresh_folder(demo.dir.as_deref(), &scenario)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Problem::failed)?;
    let outcome = runtime.block_on(supervise(&demo, &scenario, &policies, &folder));
    println!("{}", folder.display());
    outcome
}

fn fresh_folder(wanted: Option<&Path>, scenario: &Scenario) -> Result<PathBuf, Problem> {
    let folder = match wanted {
        Some(folder) => folder.to_owned(),
        None => {
            let stamp = posix_ns() / 1_000_000_000;
            std::env::temp_dir().join(format!("watchfire-{}-{stamp}-{}", scenario.name, std::process::id()))
        }
    };
    let used = std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        return Err(Problem::input(format!("{}: is not empty; expected a fresh folder", folder.display())));
    }
    crate::output::make_folder(&folder)?;
    std::path::absolute(&folder).map_err(Problem::input)
}

/// A node's process.
pub struct Running {
    place: Place,
    child: Child,
    /// Closing it tells the node to stop; it closes by itself if this process dies.
    _stdin: Option<ChildStdin>,
}

/// What comes from a node's process.
pub enum Heard {
    /// A line of its standard output.
    Line(Nation, String),
    /// Its standard output ended.
    Closed(Nation),
}

async fn supervise(
    demo: &Demo,
    scenario: &Scenario,
    policies: &BTreeMap<Nation, (String, String)>,
    folder: &Path,
) -> Result<(), Problem> {
    let started = Instant::now();
    let started_posix_ns = posix_ns() + LEAD.as_nanos() as i64;
    let clock = ClockSetting { started_posix_ns, speed: demo.speed };
    let mut ports = Ports::default();
    let places = folder::make(folder, scenario, policies, &clock, &mut ports)?;
    println!("{}: {}", scenario.realm.to_string().replace("exercise/", "EXERCISE "), scenario.title);
    println!("notional: {}", scenario.notional);
    let launched_s = launched_s(scenario, demo.seed);
    let (heard, mut lines) = mpsc::channel::<Heard>(1_024);
    let feeds = places.iter().map(|place| (place.nation, place.sensor_feed)).collect();
    let mut nodes = BTreeMap::new();
    for place in places {
        nodes.insert(place.nation, start(place, &heard)?);
    }
    let play = player::play(scenario, demo.seed, feeds, started_posix_ns, demo.speed);
    let stop = stop_signal();
    tokio::pin!(play, stop);
    let mut playing = true;
    let mut restarts: Vec<(Instant, Nation)> = Vec::new();
    let result = loop {
        let restart_at = restarts.iter().map(|(at, _)| *at).min();
        tokio::select! {
            () = &mut stop => break Ok(()),
            () = &mut play, if playing => {
                playing = false;
                if demo.until_end {
                    break Ok(());
                }
                println!("the exercise is over; the consoles stay until Ctrl-C");
            }
            Some(heard) = lines.recv() => match heard {
                Heard::Line(nation, line) => tell(nation, &line, scenario, launched_s, demo.speed, started),
                Heard::Closed(nation) => {
                    if let Some(running) = nodes.get_mut(&nation) {
                        let status = running.child.wait().await.map(|status| status.to_string());
                        println!("{} node ended: {}; started again", upper(nation), status.unwrap_or_default());
                        restarts.push((Instant::now() + RESTART_AFTER, nation));
                    }
                }
            },
            () = sleep_until(restart_at) => {
                let due: Vec<Nation> = restarts.extract_if(.., |(at, _)| *at <= Instant::now()).map(|(_, n)| n).collect();
                for nation in due {
                    if let Some(running) = nodes.remove(&nation) {
                        nodes.insert(nation, start(running.place, &heard)?);
                    }
                }
            }
        }
    };
    stop_all(nodes).await;
    result
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Starts a node.
pub fn start(place: Place, heard: &mpsc::Sender<Heard>) -> Result<Running, Problem> {
    let program = std::env::current_exe().map_err(Problem::failed)?;
    let mut child = Command::new(program)
        .args(["node", "--supervised", "--config"])
        .arg(&place.config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            Problem::failed(format!("the node of {} cannot be started: {error}", place.nation))
        })?;
    let stdin = child.stdin.take();
    if let Some(stdout) = child.stdout.take() {
        let (heard, nation) = (heard.clone(), place.nation);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if heard.send(Heard::Line(nation, line)).await.is_err() {
                    return;
                }
            }
            let _ = heard.send(Heard::Closed(nation)).await;
        });
    }
    Ok(Running { place, child, _stdin: stdin })
}

fn tell(
    nation: Nation,
    line: &str,
    scenario: &Scenario,
    launched_s: Option<f64>,
    speed: f64,
    started: Instant,
) {
    match serde_json::from_str(line) {
        Ok(FromNode::Ready { console, recovered_s, rows }) => {
            let again = if rows > 1 { format!(", {rows} rows recovered") } else { String::new() };
            let after_s = started.elapsed().as_secs_f64();
            println!(
                "{} console {console}  (node up in {recovered_s:.2} s{again}; {after_s:.1} s after start)",
                upper(nation)
            );
        }
        Ok(FromNode::Milestone(milestone)) => {
            let since_s = milestone.at.since_s(scenario.start);
            let after = match launched_s {
                Some(launched_s) => format!("T{:+6.1} s", since_s - launched_s),
                None => format!("{since_s:7.1} s"),
            };
            let utc = milestone.at.to_utc();
            println!("{} {after}  {}", utc.get(11..21).unwrap_or(&utc), milestone.line(speed));
        }
        Err(_) => println!("{} {line}", upper(nation)),
    }
}

fn launched_s(scenario: &Scenario, seed: u64) -> Option<f64> {
    let truths = scenario.truths(seed);
    let launches = truths.iter().filter_map(|truth| truth.launch()).map(|launch| launch.time_s);
    launches.fold(None, |first: Option<f64>, at| Some(first.map_or(at, |first| first.min(at))))
}

/// Stops nodes: asks them first, and kills those that do not listen.
pub async fn stop_all(nodes: BTreeMap<Nation, Running>) {
    let mut children: Vec<Child> = Vec::new();
    for (_, running) in nodes {
        let Running { child, _stdin, .. } = running;
        drop(_stdin);
        children.push(child);
    }
    let deadline = tokio::time::Instant::now() + STOP_WITHIN;
    for child in &mut children {
        if tokio::time::timeout_at(deadline, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}

/// Ctrl-C, or a request to end.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn upper(nation: Nation) -> String {
    nation.as_str().to_uppercase()
}
