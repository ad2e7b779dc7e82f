//! Who is not who he should be is refused, counted and shown to the watch.

use std::path::Path;
use std::time::Duration;

use crate::common::{Running, address, made_folder, refused_count, view_when};

const SOON: Duration = Duration::from_secs(20);

/// Starts a node of Japan in `folder` whose certificate is another one.
fn impostor(folder: &Path, certificates: &Path, name: &str) -> Running {
    let home = folder.join("jpn");
    let path = |file: &str| certificates.join(file).display().to_string();
    let text = std::fs::read_to_string(home.join("node.toml"))
        .unwrap()
        .replace("\"node.crt\"", &format!("{:?}", path("node.crt")))
        .replace("\"node.key\"", &format!("{:?}", path("node.key")))
        .replace("\"journal.db\"", &format!("\"{name}.db\""));
    let config = home.join(format!("{name}.toml"));
    std::fs::write(&config, text).unwrap();
    Running::start(["node", "--config", &config.display().to_string()])
}

#[test]
fn a_foreign_authority_another_realm_and_another_nations_certificate_are_refused_and_shown() {
    let temporary = tempfile::tempdir().unwrap();
    let ours = made_folder(temporary.path(), "ours");
    let theirs = made_folder(temporary.path(), "theirs");
    let (folder, elsewhere) = (&ours.folder, &theirs.folder);
    let node = |nation: &str| {
        let config = folder.join(nation).join("node.toml").display().to_string();
        let mut node = Running::start(["node", "--config", &config]);
        node.wait_for(&["console http://"], SOON);
        node
    };
    let mut korea = node("kor");
    let console = address(folder, "kor", "console");

    // Japan's certificate of another realm, under another authority; both sides turn the other away.
    let mut other = impostor(folder, &elsewhere.join("jpn"), "other-realm");
    other.wait_for(&["console http://"], SOON);
    let seen = view_when(console, SOON, "an unknown authority", |view| {
        refused_count(view, "127.0.0.1", "TLS") > 0 && refused_count(view, "jpn", "TLS") > 0
    });
    for link in seen["links"].as_array().unwrap() {
        assert_eq!(link["receiving"]["state"], "down", "{link:#}");
        assert_ne!(link["sending"]["state"], "connected", "{link:#}");
    }
    assert!(other.interrupt().0.success());

    // Korea's friend's certificate in Japan's hands.
    let mut other = impostor(folder, &folder.join("usa"), "other-nation");
    other.wait_for(&["console http://"], SOON);
    let seen = view_when(console, SOON, "another nation's certificate", |view| {
        refused_count(view, "usa", "its certificate is of usa, its Hello says `jpn`") > 0
    });
    assert!(
        seen["links"].as_array().unwrap().iter().all(|link| link["receiving"]["state"] == "down"),
        "{seen:#}"
    );
    assert!(other.interrupt().0.success());

    // The control: the real one is let in, both ways.
    let mut japan = node("jpn");
    view_when(console, SOON, "the real one", |view| {
        let links = view["links"].as_array().unwrap().iter().filter(|link| link["partner"] == "jpn");
        links
            .filter(|link| {
                link["receiving"]["state"] == "connected" && link["sending"]["state"] == "connected"
            })
            .count()
            == 2
    });
    assert!(japan.interrupt().0.success() && korea.interrupt().0.success());
}
