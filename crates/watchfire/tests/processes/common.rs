//! Processes for the tests: started from the program that was built, watched line by line, stopped by their own ids.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_watchfire");
const SCENARIO: &str = include_str!("../../../../scenarios/2022-10-04.toml");

/// What a command did.
pub struct Ran {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end.
pub fn watchfire<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    watchfire_with(arguments, &[])
}

/// Runs a command to its end, with further environment.
pub fn watchfire_with<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    environment: &[(&str, &str)],
) -> Ran {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
    let output = command.output().unwrap();
    Ran {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// Refused with this status and one line, which is given.
    #[track_caller]
    pub fn refused(&self, status: i32) -> &str {
        assert_eq!(self.status, Some(status), "{}{}", self.out, self.err);
        let mut lines = self.err.lines();
        let line = lines.next().unwrap_or_default();
        assert!(
            line.starts_with("watchfire: ") && lines.next().is_none(),
            "expected one line:\n{}",
            self.err
        );
        assert!(!line.contains("panicked"), "{line}");
        line
    }
}

/// A command that goes on running. Dropped, it is killed, and so are the nodes that it started.
pub struct Running {
    child: Child,
    lines: Receiver<(Instant, String)>,
    pub heard: Vec<String>,
}

impl Running {
    pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Running {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Running { child, lines, heard: Vec::new() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads on until a line holds all of `parts`; gives it and when it came.
    #[track_caller]
    pub fn wait_for(&mut self, parts: &[&str], within: Duration) -> (Instant, String) {
        let deadline = Instant::now() + within;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok((at, line)) => {
                    self.heard.push(line.clone());
                    if parts.iter().all(|part| line.contains(part)) {
                        return (at, line);
                    }
                }
                Err(why) => panic!("no line with {parts:?} ({why}); heard:\n{}", self.heard.join("\n")),
            }
        }
    }

    /// Ctrl-C; waits for the end and reads the rest. Gives the status and how long it took.
    pub fn interrupt(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        signal(self.pid(), "INT");
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = since.elapsed();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(5)) {
                Ok((_, line)) => self.heard.push(line),
                Err(RecvTimeoutError::Disconnected) => return (status, took),
                Err(RecvTimeoutError::Timeout) => panic!("somebody holds its standard output open"),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let nodes = children(self.pid());
        let _ = self.child.kill();
        let _ = self.child.wait();
        for (pid, _) in nodes {
            if alive(pid) {
                signal(pid, "KILL");
            }
        }
    }
}

/// Sends a signal to one process.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "no signal {name} to {pid}");
}

/// Whether a process is there and no zombie.
pub fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

/// The children of a process: id and command line.
pub fn children(parent: u32) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let of = status.lines().find_map(|line| line.strip_prefix("PPid:")).map(str::trim);
        if of == Some(&parent.to_string()) {
            let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push((pid, String::from_utf8_lossy(&command).replace('\0', " ")));
        }
    }
    found
}

/// The node of a nation among a demo's processes.
#[track_caller]
pub fn node_of(demo: &Running, nation: &str) -> u32 {
    let nodes = children(demo.pid());
    let node = nodes.iter().find(|(_, command)| command.contains(&format!("/{nation}/node.toml")));
    node.unwrap_or_else(|| panic!("no node of {nation} among {nodes:?}")).0
}

/// The launch of 2022-10-04, cut short, in a realm of its own.
pub fn short_scenario(folder: &Path, name: &str, end_s: u32) -> PathBuf {
    let changed = |text: String, from: &str, to: &str| {
        assert!(text.contains(from), "the scenario has no `{from}`");
        text.replace(from, to)
    };
    let text = changed(SCENARIO.to_owned(), "end_s = 2130", &format!("end_s = {end_s}"));
    let text = changed(text, "realm = \"exercise/2022-10-04\"", &format!("realm = \"exercise/{name}\""));
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, text).unwrap();
    file
}

/// A demo of a scenario, once its three nodes run.
pub fn start_demo(scenario: &Path, speed: &str, folder: &Path) -> Running {
    let path = |path: &Path| path.display().to_string();
    let arguments = ["demo", "--scenario", &path(scenario), "--speed", speed, "--dir", &path(folder)];
    let mut demo = Running::start(arguments);
    for _ in 0..3 {
        demo.wait_for(&[" console http://"], Duration::from_secs(20));
    }
    demo
}

/// A folder as a demo makes it, with nobody running in it any more.
pub struct Made {
    pub folder: PathBuf,
    /// No other demo takes its ports meanwhile: see the demo's `Ports`.
    _reserved: Vec<UdpSocket>,
}

/// Makes such a folder.
pub fn made_folder(parent: &Path, name: &str) -> Made {
    let scenario = short_scenario(parent, name, 2130);
    for attempt in 0..20 {
        let folder = parent.join(format!("{name}-{attempt}"));
        start_demo(&scenario, "1", &folder).interrupt();
        let ports = ["jpn", "kor", "usa"]
            .into_iter()
            .flat_map(|nation| ["listen", "sensor_feed", "console"].map(|key| address(&folder, nation, key)));
        // Between the demo's end and here another one may have taken one of them.
        if let Ok(reserved) = ports.map(UdpSocket::bind).collect() {
            return Made { folder, _reserved: reserved };
        }
    }
    panic!("no folder whose ports stay free")
}

/// An address in a node's configuration.
pub fn address(folder: &Path, nation: &str, key: &str) -> SocketAddr {
    let text = std::fs::read_to_string(folder.join(nation).join("node.toml")).unwrap();
    let config: toml::Table = text.parse().unwrap();
    config[key].as_str().unwrap().parse().unwrap()
}

/// What a node's console is shown.
pub fn view(console: SocketAddr) -> Option<Value> {
    let mut stream = TcpStream::connect_timeout(&console, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"GET /api/view HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(body).ok()
}

/// Waits until what a console is shown is as wanted, and gives it.
#[track_caller]
pub fn view_when(
    console: SocketAddr,
    within: Duration,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    let deadline = Instant::now() + within;
    let mut last = None;
    while Instant::now() < deadline {
        last = view(console).or(last);
        if let Some(view) = last.take_if(|view| wanted(view)) {
            return view;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let last = last.map(|view| format!("{:#}\n{:#}", view["links"], view["refusals"])).unwrap_or_default();
    panic!("not shown within {within:?}: {what}\n{last}")
}

/// How often the console says that this was refused of somebody whose name holds `who`.
pub fn refused_count(view: &Value, who: &str, reason: &str) -> u64 {
    let refusals = view["refusals"].as_array().unwrap().iter();
    refusals
        .filter(|refused| refused["who"].as_str().unwrap().contains(who))
        .filter(|refused| refused["reason"].as_str().unwrap().contains(reason))
        .map(|refused| refused["count"].as_u64().unwrap())
        .sum()
}
