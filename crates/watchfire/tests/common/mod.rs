//! What tests of the real program share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Runs the program to its end.
pub fn watchfire(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_watchfire")).args(arguments).output().unwrap()
}

/// Its standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Done, whatever it was.
pub fn assert_done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Bad input: status 2, and one line that holds each of `words`; nothing panicked.
pub fn assert_refused(output: &Output, words: &[&str]) {
    assert_one_line(output, 2, words);
}

/// A failed check: status 1, and one line that holds each of `words`.
pub fn assert_failed(output: &Output, words: &[&str]) {
    assert_one_line(output, 1, words);
}

fn assert_one_line(output: &Output, status: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "expected `{word}` in: {said}");
    }
}

/// A folder of real recordings; `None`, said aloud, where it is absent.
pub fn recordings(test: &str, folder: &str) -> Option<PathBuf> {
    let data = std::env::var_os("WATCHFIRE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let found = data.join(folder);
    if !found.is_dir() {
        println!("SKIPPED {test}: no data at {}", data.display());
        return None;
    }
    Some(found)
}

/// The reported launch, up to a minute after the last burn-out.
pub fn short_scenario(folder: &Path) -> PathBuf {
    let text = include_str!("../../../../scenarios/2022-10-04.toml");
    let short = text.replace("end_s = 2130", "end_s = 300");
    assert_ne!(text, short);
    let file = folder.join("short.toml");
    std::fs::write(&file, short).unwrap();
    file
}

/// Demos that look for free ports at the same moment may find the same ones: one at a time. (Where every test has a
/// process of its own, nextest's configuration does the same.)
pub fn one_demo() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A process of the program whose lines are kept; killed when the test ends.
pub struct Running {
    pub child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Running {
    /// Starts the program.
    pub fn start(arguments: &[&str]) -> Running {
        let mut child = Command::new(env!("CARGO_BIN_EXE_watchfire"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (kept, stdout) = (lines.clone(), child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        Running { child, lines }
    }

    /// What it printed so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for the `nth` line (from 1) that holds `words`.
    pub fn wait_for(&self, words: &str, nth: usize, at_most_s: u64) -> String {
        let found = || self.lines().into_iter().filter(|line| line.contains(words)).nth(nth - 1);
        until(at_most_s, &format!("line {nth} with `{words}`"), || found().is_some());
        found().unwrap()
    }

    /// The console's address that a nation's line names: `host:port`.
    pub fn console(&self, nation: &str) -> String {
        let line = self.wait_for(&format!("{nation} console http://"), 1, 20);
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
        address.replace(&format!("{}.localhost", nation.to_lowercase()), "127.0.0.1")
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for its end.
    pub fn ended(&mut self, at_most_s: u64) -> std::process::ExitStatus {
        until(at_most_s, "the program's end", || self.child.try_wait().unwrap().is_some());
        // The reader of its lines has them all a moment later.
        std::thread::sleep(Duration::from_millis(50));
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A supervisor takes its nodes with it: they end when their standard input closes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by name.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until something holds.
pub fn until(at_most_s: u64, what: &str, holds: impl FnMut() -> bool) -> Duration {
    let mut holds = holds;
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(at_most_s) {
        if holds() {
            return since.elapsed();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("expected within {at_most_s} s: {what}");
}

/// The process of one nation's node of a demo.
pub fn node_process(demo: &Path, nation: &str) -> u32 {
    let config = demo.join(nation).join("node.toml");
    let config = config.to_str().unwrap();
    let is_it = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == config.as_bytes())
    };
    let pids = std::fs::read_dir("/proc").unwrap();
    let mut pids = pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.find(is_it).unwrap_or_else(|| panic!("no process of {nation}"))
}

/// What a console shows.
pub fn view(address: &str) -> Value {
    let (head, body) = get(address, "/api/view");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {head}"))
}

fn get(address: &str, path: &str) -> (String, String) {
    let Ok(mut stream) = TcpStream::connect(address) else { return Default::default() };
    let port = address.rsplit(':').next().unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
