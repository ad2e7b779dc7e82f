//! Real processes: a whole demo, nodes that are killed, restored and lied to, and what their journals say afterwards.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use common::{
    Running, assert_done, assert_failed, assert_refused, node_process, one_demo, short_scenario, signal,
    stdout, until, view, watchfire,
};
use exchange::FeedFact;
use exchange::body::id_of;
use node::journal::Journal;
use node::row::{Output, Recorded, Row, Step};
use node::shell::sqlite::SqliteJournal;

const NATIONS: [&str; 3] = ["jpn", "kor", "usa"];

struct Demo {
    running: Running,
    folder: PathBuf,
    _temporary: tempfile::TempDir,
}

fn demo(speed: &str, more: &[&str]) -> Demo {
    let temporary = tempfile::tempdir().unwrap();
    let scenario = short_scenario(temporary.path());
    let folder = temporary.path().join("demo");
    let mut arguments = vec!["demo", "--speed", speed, "--scenario", scenario.to_str().unwrap()];
    arguments.extend(["--dir", folder.to_str().unwrap()]);
    arguments.extend(more);
    Demo { running: Running::start(&arguments), folder, _temporary: temporary }
}

fn journal(demo: &Path, nation: &str) -> PathBuf {
    demo.join(nation).join("journal.db")
}

fn steps(file: &Path) -> Vec<Step> {
    let journal = SqliteJournal::open_to_read(file).unwrap();
    let rows = journal.rows(1, usize::MAX).unwrap();
    rows.iter().flat_map(|row| postcard::from_bytes::<Row>(&row.bytes).unwrap().steps).collect()
}

/// (to, lane, epoch, number) → body, of everything that a nation numbered.
fn numbered(demo: &Path, nation: &str) -> BTreeMap<(String, String, u64, u64), String> {
    let mut numbered = BTreeMap::new();
    for step in steps(&journal(demo, nation)) {
        for output in step.outputs {
            if let Output::Fact { partner, lane, fact: FeedFact::Numbered { epoch, number, body_id } } =
                output
            {
                let before = numbered
                    .insert((partner.to_string(), lane.to_string(), epoch, number), body_id.to_string());
                assert_eq!(before, None, "{nation} gave number {number} of {partner} {lane} twice");
            }
        }
    }
    numbered
}

/// What `nation` took from `from`: by lane, in the order of its journal: (epoch, number, body).
fn taken(demo: &Path, nation: &str, from: &str) -> BTreeMap<String, Vec<(u64, u64, String)>> {
    let mut taken: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for step in steps(&journal(demo, nation)) {
        if let Recorded::Entry { from: sender, lane, epoch, number, raw } = step.input
            && sender.as_str() == from
        {
            taken.entry(lane.to_string()).or_default().push((
                epoch,
                number,
                id_of(&raw).unwrap().to_string(),
            ));
        }
    }
    taken
}

/// Every journal replays and verifies.
fn prove(demo: &Path) {
    for nation in NATIONS {
        let file = journal(demo, nation);
        let replayed = watchfire(&["replay", file.to_str().unwrap()]);
        assert_done(&replayed);
        assert!(stdout(&replayed).contains("replays bit for bit"));
        let verified = watchfire(&["verify", file.to_str().unwrap()]);
        assert_done(&verified);
        print!("{}", stdout(&verified).split_once(": ").map_or("", |(_, what)| what));
    }
}

/// Each nation took each feed of each partner whole: numbers from 0 without gap, in order, once in each epoch.
fn assert_in_order(demo: &Path) {
    for to in NATIONS {
        for from in NATIONS.into_iter().filter(|from| *from != to) {
            for (lane, entries) in taken(demo, to, from) {
                let mut expected = (entries[0].0, 0);
                for (epoch, number, _) in entries {
                    if epoch > expected.0 {
                        expected = (epoch, 0);
                    }
                    assert_eq!((epoch, number), expected, "{to} took this of {from} in the {lane} lane");
                    expected.1 += 1;
                }
            }
        }
    }
}

#[test]
fn a_demo_plays_names_taken_ports_and_leaves_journals_that_prove_themselves() {
    let _one = one_demo();
    // Somebody has the first console's port, or had it already.
    let _taken = TcpListener::bind("127.0.0.1:8101");
    let mut demo = demo("40", &["--until-end"]);
    assert!(demo.running.ended(60).success());
    let lines = demo.running.lines();
    assert_eq!(lines.last().unwrap(), demo.folder.to_str().unwrap());
    for words in [
        "EXERCISE 2022-10-04",
        "port 8101 is taken",
        "JPN console http://jpn.localhost:",
        "KOR first plot, by kor-",
        "KOR firm track T-1",
        "KOR assessment kor-1-1",
        "JPN has the assessment kor-1-1 of KOR",
        "USA has the assessment kor-1-1 of KOR",
        "ms after it was made",
    ] {
        assert!(
            lines.iter().any(|line| line.contains(words)),
            "expected `{words}` in:\n{}",
            lines.join("\n")
        );
    }
    prove(&demo.folder);
    assert_in_order(&demo.folder);
    let used = watchfire(&["demo", "--dir", demo.folder.to_str().unwrap()]);
    assert_refused(&used, &["demo", "expected a fresh folder"]);

    // One changed byte, wherever it stands, is found; so is a file that is none.
    let good = journal(&demo.folder, "kor");
    let bad = demo.folder.join("kor").join("changed.db");
    let flip = |table: &str, column: &str, row: u64, place: usize| {
        std::fs::copy(&good, &bad).unwrap();
        let database = rusqlite::Connection::open(&bad).unwrap();
        let key = if table == "row" { "number" } else { "row" };
        let read = format!("SELECT {column} FROM {table} WHERE {key} >= {row} ORDER BY {key} LIMIT 1");
        let mut bytes: Vec<u8> = database.query_row(&read, [], |row| row.get(0)).unwrap();
        let place = place % bytes.len();
        bytes[place] ^= 1;
        let write = format!(
            "UPDATE {table} SET {column} = ?1 WHERE {key} = (SELECT min({key}) FROM {table} WHERE {key} >= {row})"
        );
        assert_eq!(database.execute(&write, [bytes]).unwrap(), 1);
    };
    for (table, column, row, place) in [
        ("row", "bytes", 0, 3),
        ("row", "bytes", 40, 0),
        ("row", "bytes", 500, 17),
        ("row", "bytes", 900, 100),
        ("row", "hash", 7, 31),
        ("snapshot", "bytes", 0, 5_000),
        ("snapshot", "digest", 0, 0),
    ] {
        flip(table, column, row, place);
        for command in ["replay", "verify"] {
            assert_failed(&watchfire(&[command, bad.to_str().unwrap()]), &["changed.db"]);
        }
    }
    let whole = std::fs::read(&good).unwrap();
    for bytes in [&whole[..whole.len() / 2], b"", b"not a journal\n"] {
        std::fs::write(&bad, bytes).unwrap();
        for command in ["replay", "verify"] {
            let output = watchfire(&[command, bad.to_str().unwrap()]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(1 | 2)) && said.lines().count() == 1, "{said}");
            assert!(said.contains("changed.db"), "{said}");
        }
    }
}

#[test]
fn ctrl_c_ends_every_process_and_frees_the_ports() {
    let _one = one_demo();
    let mut demo = demo("10", &[]);
    let consoles = ["JPN", "KOR", "USA"].map(|nation| demo.running.console(nation));
    let nodes = NATIONS.map(|nation| node_process(&demo.folder, nation));
    demo.running.signal("INT");
    assert!(demo.running.ended(5).success());
    assert_eq!(demo.running.lines().last().unwrap(), demo.folder.to_str().unwrap());
    for pid in nodes {
        assert!(!Path::new(&format!("/proc/{pid}")).exists(), "a node outlives its demo");
    }
    for console in consoles {
        TcpListener::bind(console).unwrap();
    }
    assert!(journal(&demo.folder, "jpn").is_file());
}

#[test]
fn killed_nodes_come_back_and_partners_get_all_they_missed_once_in_order() {
    let _one = one_demo();
    let mut demo = demo("20", &["--until-end"]);
    demo.running.wait_for("JPN assessment", 1, 40);
    for (nation, upper) in [("usa", "USA"), ("kor", "KOR"), ("jpn", "JPN")] {
        signal(node_process(&demo.folder, nation), "KILL");
        let back = demo.running.wait_for(&format!("{upper} console"), 2, 10);
        assert!(back.contains("rows recovered"), "{back}");
        println!("{back}");
    }
    assert!(demo.running.ended(60).success());
    prove(&demo.folder);
    assert_in_order(&demo.folder);
    // An intact journal keeps its epoch, and what partners hold is what was numbered.
    for from in NATIONS {
        let numbered = numbered(&demo.folder, from);
        assert!(numbered.keys().all(|(_, _, epoch, _)| *epoch == 1));
        for to in NATIONS.into_iter().filter(|to| *to != from) {
            for (lane, entries) in taken(&demo.folder, to, from) {
                for (epoch, number, body) in entries {
                    assert_eq!(numbered[&(to.to_owned(), lane.clone(), epoch, number)], body);
                }
            }
        }
    }
}

#[test]
fn a_restored_old_journal_begins_a_new_epoch_and_no_number_is_used_twice() {
    let _one = one_demo();
    let mut demo = demo("20", &["--until-end"]);
    let home = demo.folder.join("jpn");
    demo.running.wait_for("JPN assessment", 1, 40);
    // As a backup of the disk has it: the database and its log, at one moment.
    let node = node_process(&demo.folder, "jpn");
    signal(node, "STOP");
    for name in ["journal.db", "journal.db-wal"] {
        std::fs::copy(home.join(name), home.join(format!("old-{name}"))).unwrap();
    }
    signal(node, "CONT");
    demo.running.wait_for("JPN warns", 1, 40);
    signal(node, "KILL");
    for name in ["journal.db", "journal.db-wal"] {
        std::fs::rename(home.join(format!("old-{name}")), home.join(name)).unwrap();
    }
    let _ = std::fs::remove_file(home.join("journal.db-shm"));
    demo.running.wait_for("JPN console", 2, 10);
    assert!(demo.running.ended(60).success());
    prove(&demo.folder);
    assert_in_order(&demo.folder);
    for to in ["kor", "usa"] {
        for (lane, entries) in taken(&demo.folder, to, "jpn") {
            let epochs: BTreeSet<u64> = entries.iter().map(|(epoch, ..)| *epoch).collect();
            assert!(epochs.contains(&1) && epochs.iter().max() > Some(&1), "{to} {lane}: {epochs:?}");
            // A statement from before the restore and one from after it never bear one id.
            let bodies: BTreeSet<&String> = entries.iter().map(|(.., body)| body).collect();
            assert_eq!(bodies.len(), entries.len());
        }
    }
}

#[test]
fn strangers_are_refused_counted_and_shown_and_harm_nobody() {
    let _one = one_demo();
    let stranger = demo("10", &[]);
    stranger.running.console("USA");
    stranger.running.signal("INT");
    let mut stranger = stranger;
    stranger.running.ended(5);
    let demo = demo("10", &[]);
    let console = demo.running.console("JPN");
    until(20, "links with both partners", || {
        let links = view(&console)["links"].as_array().cloned().unwrap_or_default();
        links.iter().filter(|link| link["receiving"]["state"] == "connected").count() == 4
    });

    // A nation of the same name, by an authority that is not in the roster.
    for name in ["node.crt", "node.key"] {
        std::fs::copy(stranger.folder.join("usa").join(name), demo.folder.join("usa").join(name)).unwrap();
    }
    let before = view(&console)["links"].clone();
    signal(node_process(&demo.folder, "usa"), "KILL");
    demo.running.wait_for("USA console", 2, 10);
    let refused = |words: &str| {
        let shown = view(&console);
        let refusals = shown["refusals"].as_array().unwrap();
        refusals.iter().any(|refusal| {
            refusal["reason"].as_str().unwrap().contains(words) && refusal["count"].as_u64() > Some(0)
        })
    };
    until(20, "the stranger's certificate refused and shown", || refused("certificate"));
    let after = view(&console)["links"].clone();
    assert!(before.as_array().unwrap().len() == 4 && after.as_array().unwrap().len() == 4);
    let american = |links: &serde_json::Value| {
        links
            .as_array()
            .unwrap()
            .iter()
            .filter(|link| link["partner"] == "usa")
            .all(|link| link["receiving"]["state"] == "connected")
    };
    assert!(american(&before) && !american(&after), "a stranger is heard");

    // A sensor that talks nonsense is counted; good lines after bad ones still count.
    let config = std::fs::read_to_string(demo.folder.join("jpn/node.toml")).unwrap();
    let feed =
        config.lines().find_map(|line| line.strip_prefix("sensor_feed = \"")).unwrap().trim_end_matches('"');
    let header = "time_s,scan,sensor_id,range_m,az_rad,el_rad\n";
    for text in [
        "nonsense\n".to_owned(),
        "x".repeat(10_000),
        format!("{header}1,2,3"),
        format!("{header}\u{0}\u{1}\n"),
    ] {
        let mut stream = TcpStream::connect(feed).unwrap();
        let _ = stream.write_all(text.as_bytes());
    }
    let mut stream = TcpStream::connect(feed).unwrap();
    let plots = |shown: &serde_json::Value| {
        let sensors = shown["sensors"].as_array().unwrap().clone();
        sensors
            .iter()
            .find(|sensor| sensor["id"] == "jpn-ship")
            .map(|sensor| sensor["plots"].as_u64().unwrap_or(0))
            .unwrap()
    };
    let before = plots(&view(&console));
    let lines =
        "0,1,jpn-ship,NaN,1,1\n0,1,jpn-shop,500000,1,1\n0,1,jpn-ship,500000,9,1\n0,1,jpn-ship,500000,1,0.5\n";
    stream.write_all(format!("{header}{lines}").as_bytes()).unwrap();
    for words in ["header", "range_m", "known sensor", "az_rad", "cut off", "longer than"] {
        until(10, &format!("a refusal with `{words}`"), || refused(words));
    }
    until(10, "the good line counted", || {
        let shown = view(&console);
        plots(&shown) > before
            || shown["sensors"].as_array().unwrap().iter().any(|sensor| sensor["rejected"].as_u64() > Some(0))
    });
}

#[test]
fn a_configuration_that_cannot_be_used_gets_one_line() {
    let _one = one_demo();
    let mut demo = demo("10", &[]);
    demo.running.console("USA");
    demo.running.signal("INT");
    demo.running.ended(5);
    let home = demo.folder.join("jpn");
    let config = std::fs::read_to_string(home.join("node.toml")).unwrap();
    let bad = home.join("bad.toml");
    let run = |text: &str| {
        std::fs::write(&bad, text).unwrap();
        watchfire(&["node", "--config", bad.to_str().unwrap()])
    };
    for (from, to, words) in [
        ("sensor_feed =", "sensor_fed =", ["line", "`sensor_fed`; expected such as `sensor_feed`"]),
        ("nation = \"jpn\"", "nation = \"Japan\"", ["line 2", "`Japan` is not a nation"]),
        ("nation = \"jpn\"", "nation = \"fra\"", ["roster.cose", "fra is not in the roster"]),
        ("realm = \"exercise/2022-10-04\"", "realm = \"exercise/other\"", ["roster.cose", "realm"]),
        ("\"keys.json\"", "\"nowhere.json\"", ["nowhere.json", "cannot be read"]),
        ("\"keys.json\"", "\"sensors.json\"", ["sensors.json", "line"]),
        ("\"node.crt\"", "\"node.toml\"", ["node.toml", "certificate"]),
        ("\"release.cedar\"", "\"sensors.json\"", ["sensors.json", "expected"]),
        ("\"../roster.cose\"", "\"node.toml\"", ["node.toml", "roster"]),
        ("\"../root.json\"", "\"node.toml\"", ["node.toml", "line 1"]),
        ("\"sensors.json\"", "\"node.toml\"", ["node.toml", "line 1"]),
        ("\"journal.db\"", "\"../kor/journal.db\"", ["journal.db", "it is the journal of kor"]),
        ("speed = 10.0", "speed = -1.0", ["clock.speed", "expected more than 0"]),
    ] {
        let text = config.replace(from, to);
        assert_ne!(text, config, "{from}");
        let mut said = vec!["watchfire: "];
        said.extend(words);
        assert_refused(&run(&text), &said);
    }
    assert_refused(&watchfire(&["node", "--config", "/nowhere.toml"]), &["/nowhere.toml", "cannot be read"]);
    // A journal with a changed byte: the node does not start on it.
    let database = rusqlite::Connection::open(home.join("journal.db")).unwrap();
    database.execute("UPDATE row SET hash = zeroblob(32) WHERE number = 1", []).unwrap();
    drop(database);
    assert_refused(&run(&config), &["journal.db", "row 1"]);
}

#[test]
fn an_exercise_follows_from_file_and_seed_alone() {
    let temporary = tempfile::tempdir().unwrap();
    let scenario = short_scenario(temporary.path());
    let digest = |seed: &str, out: &str, environment: &[(&str, &str)]| {
        let out = temporary.path().join(out);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_watchfire"))
            .args([
                "exercise",
                "run",
                scenario.to_str().unwrap(),
                "--seed",
                seed,
                "--out",
                out.to_str().unwrap(),
            ])
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        assert_done(&output);
        let summary: serde_json::Value =
            serde_json::from_slice(&std::fs::read(out.join("summary.json")).unwrap()).unwrap();
        assert_eq!(summary["invariants"]["violated"], serde_json::json!([]));
        summary["digest"].as_str().unwrap().to_owned()
    };
    let first = digest("3", "first", &[]);
    assert_eq!(first, digest("3", "second", &[]));
    assert_ne!(first, digest("4", "other", &[]));
    // Without the processor's fused multiply-add in the system's functions.
    let older = [("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4")];
    assert_eq!(first, digest("3", "older", &older));
    prove(&temporary.path().join("first"));
    let again = watchfire(&[
        "exercise",
        "run",
        scenario.to_str().unwrap(),
        "--out",
        temporary.path().join("first").to_str().unwrap(),
    ]);
    assert_eq!(again.status.code(), Some(2), "an exercise was written over another");
}
