//! The demo, as a new user meets it.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::time::Duration;

use crate::common::{address, alive, children, short_scenario, start_demo, watchfire};

const NATIONS: [&str; 3] = ["jpn", "kor", "usa"];

#[test]
fn a_demo_shows_its_milestones_ends_at_ctrl_c_and_leaves_journals_that_prove_themselves() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("demo");
    // Held here, or by another demo already (see its `Ports`): taken either way.
    let wanted = (Ipv4Addr::LOCALHOST, 8101);
    let _taken = UdpSocket::bind(wanted).map(|reserved| (reserved, TcpListener::bind(wanted)));
    let mut demo = start_demo(&short_scenario(temporary.path(), "short", 230), "40", &folder);
    let said = demo.heard.join("\n");
    assert!(said.contains("port 8101 is taken: the console of JPN uses "), "{said}");

    demo.wait_for(&["the exercise is over"], Duration::from_secs(30));
    let said = demo.heard.join("\n");
    for nation in NATIONS.map(str::to_uppercase) {
        for milestone in ["first plot, by", "firm track", "assessment"] {
            assert!(said.contains(&format!("{nation} {milestone}")), "{nation} {milestone}:\n{said}");
        }
        for partner in NATIONS.map(str::to_uppercase).into_iter().filter(|partner| *partner != nation) {
            let arrived = demo.heard.iter().find(|line| {
                line.contains(&format!("{partner} has the assessment"))
                    && line.contains(&format!("of {nation},"))
            });
            let line = arrived.unwrap_or_else(|| panic!("no arrival from {nation} at {partner}:\n{said}"));
            let latency_ms = line.split(", ").last().unwrap().strip_suffix(" ms after it was made").unwrap();
            assert!(latency_ms.parse::<f64>().unwrap() > 0.0, "{line}");
        }
    }

    let nodes = children(demo.pid());
    assert_eq!(nodes.len(), 3, "{nodes:?}");
    let (status, took) = demo.interrupt();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(2), "took {took:?} to stop");
    assert!(nodes.iter().all(|(pid, _)| !alive(*pid)), "a node outlives its demo");
    for nation in NATIONS {
        for key in ["listen", "sensor_feed", "console"] {
            let port = address(&folder, nation, key);
            TcpListener::bind(port)
                .unwrap_or_else(|error| panic!("{nation} {key} {port} is not free: {error}"));
        }
    }
    assert_eq!(demo.heard.last().unwrap(), &folder.display().to_string());

    for nation in NATIONS {
        let journal = folder.join(nation).join("journal.db").display().to_string();
        let replayed = watchfire(["replay", &journal]);
        assert_eq!(replayed.status, Some(0), "{}", replayed.err);
        assert!(replayed.out.contains("replays bit for bit"), "{}", replayed.out);
        let verified = watchfire(["verify", &journal]);
        assert_eq!(verified.status, Some(0), "{}", verified.err);
        assert!(!verified.out.contains(" 0 own statements"), "{}", verified.out);
    }
}

#[test]
fn what_a_demo_cannot_do_is_one_line() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().display().to_string();
    std::fs::write(temporary.path().join("mine.txt"), "not to be touched").unwrap();
    assert!(watchfire(["demo", "--dir", &folder]).refused(2).contains("is not empty"));
    assert!(watchfire(["demo", "--speed", "0"]).refused(2).contains("--speed 0: expected a number above 0"));
    assert!(watchfire(["demo", "--scenario", "2022-10-05"]).refused(2).contains("expected a file or one of"));
}
