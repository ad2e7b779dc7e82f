//! Catalogue and notices of a running node: read at the start, read again on SIGHUP, and replayed.

use std::time::Duration;

use crate::common::{Running, address, made_folder, refused_count, signal, view_when, watchfire};

const SATELLITE: &str = "VANGUARD 1\n\
    1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753\n\
    2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667\n";

fn notices(id: &str) -> String {
    format!(
        r#"{{"notices": [{{"id": "{id}", "opens_utc": "2022-10-03T12:00:00Z", "closes_utc": "2022-10-04T12:00:00Z",
        "area": {{"lat_deg": 40.6, "lon_deg": 126.4, "radius_m": 60000}}, "course_deg": [40, 140]}}]}}"#
    )
}

#[test]
fn listings_are_read_again_on_a_signal_and_replay_holds() {
    let temporary = tempfile::tempdir().unwrap();
    let made = made_folder(temporary.path(), "listings");
    let home = made.folder.join("kor");
    let put = |name: &str, text: &str| std::fs::write(home.join(name), text).unwrap();
    let good = std::fs::read_to_string(home.join("node.toml")).unwrap();
    put("node.toml", &format!("catalogue = \"known.tle\"\nnotices = \"notices.json\"\n{good}"));
    let config = home.join("node.toml").display().to_string();

    // A bad one at the start is one line, and nothing starts.
    put("known.tle", "no elements\n");
    put("notices.json", &notices("FIRST-NOTICE"));
    let line = watchfire(["node", "--config", &config]).refused(2).to_owned();
    assert!(line.contains("known.tle: line "), "{line}");

    put("known.tle", SATELLITE);
    let mut node = Running::start(["node", "--config", &config]);
    node.wait_for(&["console http://"], Duration::from_secs(20));
    let console = address(&made.folder, "kor", "console");
    view_when(console, Duration::from_secs(10), "the console", |_| true);
    put("notices.json", "{\"notices\": 7}");
    signal(node.pid(), "HUP");
    view_when(console, Duration::from_secs(10), "the bad notices", |view| {
        refused_count(view, "notices", "notices.json: line 1") == 1
    });
    put("notices.json", &notices("SECOND-NOTICE"));
    signal(node.pid(), "HUP");
    let journal = home.join("journal.db");
    let written = |text: &str| {
        let of = |name: &str| std::fs::read(home.join(name)).unwrap_or_default();
        let bytes = [of("journal.db"), of("journal.db-wal")].concat();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    view_when(console, Duration::from_secs(10), "the second notices", |_| written("SECOND-NOTICE"));
    assert!(node.interrupt().0.success());
    assert!(written("FIRST-NOTICE") && written("VANGUARD 1"));
    let ran = watchfire(["replay", &journal.display().to_string()]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
}
