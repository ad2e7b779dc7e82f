//! `kill -9` in loops, and power cuts of a real file system, against three real nodes with their journals, links and
//! traffic.
//!
//! At each kill the others are stopped for as long as it takes to copy all journals, so that what partners hold in
//! writing from the killed node is of the moment of its death. Then all go on, the killed one from its journal.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use physics::plot::Plot;
use physics::time::Tai;
use serde_json::Value;
use sim::scenario::Scenario;
use statement::{Nation, Realm};

use crate::ledger::Ledger;
use crate::random::Random;
use crate::real_disk::RealDisk;

const NATIONS: [&str; 3] = ["jpn", "kor", "usa"];
/// Exercise seconds in one second.
const SPEED: u32 = 20;
/// The first kill comes when the launch is seen, this many exercise seconds after the start.
const FIRST_KILL_S: u64 = 120;
/// A round's kills end after this long, with the flight; the next round begins in a fresh folder.
const ROUND: Duration = Duration::from_secs(60);
/// A node that is not up by then will not be.
const UP_WITHIN: Duration = Duration::from_secs(30);
/// Everything has arrived by then, once nobody is killed any more.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// How nodes die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The process is killed.
    Kill,
    /// The disk's power is cut in mid-write, and then the process is killed.
    PowerCut,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Deaths.
    pub kills: u64,
    /// Folders, each with three fresh nations.
    pub rounds: u64,
    /// Entries that a nation had signed for, looked for after its death.
    pub acknowledged: u64,
    /// Of them not there; and entries that a partner holds, and their sender forgot.
    pub lost: u64,
    /// Numbers given.
    pub numbers: u64,
    /// Of them given twice.
    pub reused: u64,
    /// Journals that `watchfire verify` and `watchfire replay` found right at the end.
    pub replayed: u64,
    /// What was wrong.
    pub wrong: Vec<String>,
}

/// Kills nodes of `program` until there were `wanted` deaths.
pub fn run(
    program: &Path,
    death: Death,
    wanted: u64,
    seed: u64,
    mut progress: impl FnMut(&Counts),
) -> Result<Counts> {
    let mut counts = Counts::default();
    while counts.kills < wanted && counts.wrong.is_empty() {
        let seed = seed.wrapping_add(counts.rounds);
        round(program, death, wanted, seed, &mut counts, &mut progress)?;
        counts.rounds += 1;
    }
    Ok(counts)
}

fn round(
    program: &Path,
    death: Death,
    wanted: u64,
    seed: u64,
    counts: &mut Counts,
    progress: &mut impl FnMut(&Counts),
) -> Result<()> {
    let temporary = tempfile::Builder::new().prefix("watchfire-torture-").tempdir()?;
    let folder = temporary.path().join("nodes");
    let scenario = scenario()?;
    let file = temporary.path().join("kills.toml");
    fs::write(&file, scenario_text())?;
    let _reserved = make_folder(program, &file, &folder)?;
    let realm = scenario.realm.clone();
    let mut disks = BTreeMap::new();
    let mut nodes = BTreeMap::new();
    for letters in NATIONS {
        let nation: Nation = letters.parse()?;
        if death == Death::PowerCut {
            disks.insert(nation, real_disk(&folder.join(letters), letters)?);
        }
        nodes.insert(nation, Node::start(program, &folder, nation)?);
    }
    for node in nodes.values_mut() {
        node.wait_until_up()?;
    }
    let traffic = Traffic::start(scenario, &folder)?;
    let mut random = Random::new(seed);
    let mut ledger = Ledger::default();
    let copies = temporary.path().join("copies");
    let nations: Vec<Nation> = nodes.keys().copied().collect();
    std::thread::sleep(Duration::from_secs(FIRST_KILL_S / u64::from(SPEED)));
    let since = Instant::now();
    while counts.kills < wanted && since.elapsed() < ROUND && ledger.wrong.is_empty() {
        let victim = nations[random.below(nations.len() as u64) as usize];
        let node = nodes.get_mut(&victim).context("every nation has a node")?;
        // One in five dies while it still recovers.
        if random.below(5) != 0 {
            node.wait_until_up()?;
        }
        std::thread::sleep(Duration::from_millis(
            [random.below(20), random.below(400)][random.below(2) as usize],
        ));
        if let Some(disk) = disks.get(&victim) {
            node.check_runs()?;
            stand_still(node.child.id())?;
            disk.cut()?;
            node.end()?;
            disk.restore()?;
        } else {
            node.kill()?;
        }
        counts.kills += 1;
        let others: Vec<u32> =
            nodes.iter().filter(|(nation, _)| **nation != victim).map(|(_, node)| node.child.id()).collect();
        signal("STOP", &others)?;
        for nation in &nations {
            copy_journal(&journal_folder(&folder, *nation), &copies.join(nation.as_str()))?;
        }
        nodes.insert(victim, Node::start(program, &folder, victim)?);
        signal("CONT", &others)?;
        for nation in &nations {
            // A kill keeps what was written; a power cut, what was synced.
            let in_flight = death == Death::PowerCut && *nation != victim;
            ledger.read(*nation, &realm, &copies.join(nation.as_str()).join("journal.db"), in_flight)?;
        }
        ledger.compare(Some(victim));
        progress(counts);
    }
    traffic.stop();
    for node in nodes.values_mut() {
        node.wait_until_up()?;
    }
    settle(&folder, &mut ledger);
    for (_, node) in std::mem::take(&mut nodes) {
        node.stop()?;
    }
    for nation in &nations {
        let journal = journal_folder(&folder, *nation).join("journal.db");
        ledger.read(*nation, &realm, &journal, false)?;
        for command in ["verify", "replay"] {
            let output = Command::new(program)
                .arg(command)
                .arg(&journal)
                .arg("--root")
                .arg(folder.join("root.json"))
                .stdin(Stdio::null())
                .output()?;
            if !output.status.success() {
                ledger
                    .wrong
                    .push(format!("{nation}: {command}: {}", String::from_utf8_lossy(&output.stderr)));
            }
        }
        counts.replayed += 1;
    }
    ledger.compare_the_end();
    counts.acknowledged += ledger.acknowledged;
    counts.lost += ledger.lost;
    counts.numbers += ledger.numbers();
    counts.reused += ledger.reused;
    if !ledger.wrong.is_empty() {
        let kept = temporary.keep();
        ledger.wrong.push(format!("seed {seed}; the journals stay in {}", kept.display()));
    }
    counts.wrong.append(&mut ledger.wrong);
    progress(counts);
    Ok(())
}

/// A nation's journal on a file system of its own.
fn real_disk(home: &Path, name: &str) -> Result<RealDisk> {
    let disk = RealDisk::make(&home.join(format!("{name}.ext4")), &home.join("disk"))?;
    let config = home.join("node.toml");
    let text = fs::read_to_string(&config)?;
    let moved = text.replace("journal = \"journal.db\"", "journal = \"disk/journal.db\"");
    if moved == text {
        bail!("{}: no journal to move", config.display());
    }
    fs::write(&config, moved)?;
    Ok(disk)
}

fn journal_folder(folder: &Path, nation: Nation) -> PathBuf {
    let home = folder.join(nation.as_str());
    let disk = home.join("disk");
    if disk.is_dir() { disk } else { home }
}

/// The launch of 2022-10-04 in a realm of its own.
fn scenario_text() -> String {
    let text = include_str!("../../scenarios/2022-10-04.toml");
    text.replace("realm = \"exercise/2022-10-04\"", "realm = \"exercise/kills\"")
}

fn scenario() -> Result<Scenario> {
    let scenario = Scenario::parse("kills.toml", &scenario_text())?;
    if scenario.realm != Realm::Exercise("kills".to_owned()) {
        bail!("the scenario's realm has another name");
    }
    Ok(scenario)
}

/// Keys, certificates and configurations, as the demo makes them; its ports stay reserved.
fn make_folder(program: &Path, scenario: &Path, folder: &Path) -> Result<Vec<UdpSocket>> {
    let mut demo = Command::new(program)
        .args(["demo", "--speed", &SPEED.to_string(), "--scenario"])
        .arg(scenario)
        .arg("--dir")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(demo.stdout.take().context("its output")?).lines();
    let mut up = 0;
    for line in lines.map_while(Result::ok) {
        up += usize::from(line.contains(" console http://"));
        if up == NATIONS.len() {
            signal("INT", &[demo.id()])?;
            up += 1;
        }
    }
    demo.wait()?;
    let mut reserved = Vec::new();
    for nation in NATIONS {
        // What the demo's own nodes wrote is of no use here.
        for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            let _ = fs::remove_file(folder.join(nation).join(name));
        }
        for key in ["listen", "sensor_feed", "console"] {
            let address = address(folder, nation, key)?;
            reserved
                .push(UdpSocket::bind(address).with_context(|| format!("{address} was taken meanwhile"))?);
        }
    }
    Ok(reserved)
}

fn setting(folder: &Path, nation: &str) -> Result<toml::Table> {
    Ok(fs::read_to_string(folder.join(nation).join("node.toml"))?.parse()?)
}

fn address(folder: &Path, nation: &str, key: &str) -> Result<SocketAddr> {
    let setting = setting(folder, nation)?;
    Ok(setting[key].as_str().context("an address")?.parse()?)
}

/// A running node.
struct Node {
    child: Child,
    up: Receiver<()>,
    is_up: bool,
    home: PathBuf,
}

impl Node {
    fn start(program: &Path, folder: &Path, nation: Nation) -> Result<Node> {
        let home = folder.join(nation.as_str());
        let errors = fs::File::options().create(true).append(true).open(home.join("errors.log"))?;
        let mut child = Command::new(program)
            .args(["node", "--config"])
            .arg(home.join("node.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        let stdout = child.stdout.take().context("its output")?;
        let (sender, up) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if line.contains("console http://") {
                    let _ = sender.send(());
                }
            }
        });
        Ok(Node { child, up, is_up: false, home })
    }

    fn wait_until_up(&mut self) -> Result<()> {
        if !self.is_up && self.up.recv_timeout(UP_WITHIN).is_err() {
            let errors = fs::read_to_string(self.home.join("errors.log")).unwrap_or_default();
            bail!("{} does not start: {errors}", self.home.display());
        }
        self.is_up = true;
        Ok(())
    }

    /// Kills it; fails where it had ended by itself.
    fn kill(&mut self) -> Result<()> {
        self.check_runs()?;
        self.end()
    }

    fn check_runs(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let errors = fs::read_to_string(self.home.join("errors.log")).unwrap_or_default();
            bail!("{} ended by itself, {status}: {errors}", self.home.display());
        }
        Ok(())
    }

    /// Kills it where it still runs.
    fn end(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn stop(mut self) -> Result<()> {
        signal("INT", &[self.child.id()])?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to processes that this one started.
fn signal(name: &str, pids: &[u32]) -> Result<()> {
    let status = Command::new("kill").args(["-s", name]).args(pids.iter().map(u32::to_string)).status()?;
    if !status.success() {
        bail!("no signal {name} to {pids:?}");
    }
    Ok(())
}

/// Stops a process and waits until none of its threads runs, though one may be in the middle of a write.
///
/// A file system that is shut down lets a sync in flight return as if it had been done (seen with Linux 6.18: in one
/// of ten cuts a program of a few lines that only writes and syncs lost what it had been told was synced). Whoever
/// stands still then is told nothing: so is a machine without power.
fn stand_still(pid: u32) -> Result<()> {
    signal("STOP", &[pid])?;
    let deadline = Instant::now() + UP_WITHIN;
    while Instant::now() < deadline {
        let mut runs = false;
        for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
            let stat = fs::read_to_string(thread?.path().join("stat")).unwrap_or_default();
            let state = stat.rsplit(')').next().unwrap_or_default().trim().chars().next();
            runs |= matches!(state, Some('R' | 'S'));
        }
        if !runs {
            return Ok(());
        }
    }
    bail!("process {pid} does not stand still")
}

fn copy_journal(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let _ = fs::remove_file(to.join(name));
        // The index of the log lies in the memory of its one writer: whoever reads makes it anew.
        if name != "journal.db-shm" && from.join(name).exists() {
            fs::copy(from.join(name), to.join(name))?;
        }
    }
    Ok(())
}

/// Waits until every partner has signed for everything.
fn settle(folder: &Path, ledger: &mut Ledger) {
    let deadline = Instant::now() + SETTLED_WITHIN;
    while Instant::now() < deadline {
        let settled = NATIONS.iter().all(|nation| {
            let view = address(folder, nation, "console").ok().and_then(view);
            view.as_ref().and_then(|view| view["links"].as_array()).is_some_and(|links| {
                links.iter().all(|link| {
                    link["sending"]["state"] == "connected"
                        && link["receiving"]["state"] == "connected"
                        && link["sending"]["waiting"] == 0
                })
            })
        });
        if settled {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    ledger.wrong.push(format!("not everything arrived within {SETTLED_WITHIN:?} after the last kill"));
}

/// What a node's console is shown.
fn view(console: SocketAddr) -> Option<Value> {
    let mut stream = TcpStream::connect_timeout(&console, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"GET /api/view HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// The scenario's sensors, playing on whatever happens to the nodes.
struct Traffic {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Traffic {
    fn start(scenario: Scenario, folder: &Path) -> Result<Traffic> {
        let started_ns =
            setting(folder, NATIONS[0])?["clock"]["started_posix_ns"].as_integer().context("a time")?;
        let mut feeds: BTreeMap<Nation, (SocketAddr, Option<TcpStream>)> = BTreeMap::new();
        for nation in NATIONS {
            feeds.insert(nation.parse()?, (address(folder, nation, "sensor_feed")?, None));
        }
        let stopped = Arc::new(AtomicBool::new(false));
        let seen = stopped.clone();
        let thread = std::thread::spawn(move || {
            for observed in scenario.observations(1) {
                let at_ns = started_ns + (observed.time_s * 1e9 / f64::from(SPEED)) as i64;
                let now_ns =
                    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64);
                if seen.load(Ordering::Relaxed) {
                    return;
                }
                // What is over by more than a second nobody sees any more.
                if now_ns > at_ns + 1_000_000_000 {
                    continue;
                }
                std::thread::sleep(Duration::from_nanos((at_ns - now_ns).max(0) as u64));
                let lines: String = observed.plots.iter().map(|plot| line(plot, scenario.start)).collect();
                if let Some((address, stream)) = feeds.get_mut(&observed.nation)
                    && !lines.is_empty()
                {
                    say(*address, stream, &lines);
                }
            }
        });
        Ok(Traffic { stopped, thread })
    }

    fn stop(self) {
        self.stopped.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
    }
}

fn say(address: SocketAddr, stream: &mut Option<TcpStream>, lines: &str) {
    if stream.is_none() {
        *stream = TcpStream::connect(address).ok();
        let header = b"time_s,scan,sensor_id,range_m,az_rad,el_rad,range_rate_mps\n";
        if let Some(open) = stream
            && open.write_all(header).is_err()
        {
            *stream = None;
        }
    }
    if let Some(open) = stream
        && open.write_all(lines.as_bytes()).is_err()
    {
        *stream = None;
    }
}

/// A plot as a line of the sensor feed.
fn line(plot: &Plot, start: Tai) -> String {
    let optional = |number: Option<f64>| number.map(|number| format!("{number:?}")).unwrap_or_default();
    format!(
        "{:?},{},{},{},{:?},{:?},{}\n",
        plot.time.since_s(start),
        plot.scan,
        plot.sensor_id,
        optional(plot.range_m),
        plot.az_rad,
        plot.el_rad,
        optional(plot.range_rate_mps)
    )
}
