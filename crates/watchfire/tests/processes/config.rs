//! Bad configuration: one line each, exit status 2, before anything is bound or written.

use std::path::Path;

use crate::common::{made_folder, watchfire};

/// Changes one thing in a good folder, starts the node and gives its one line.
#[track_caller]
fn line(config: &Path, from: &str, to: &str) -> String {
    let good = std::fs::read_to_string(config.with_file_name("node.toml")).unwrap();
    assert!(good.contains(from), "no `{from}` in the configuration");
    std::fs::write(config, good.replace(from, to)).unwrap();
    watchfire(["node", "--config", &config.display().to_string()]).refused(2).to_owned()
}

#[test]
fn bad_configuration_is_one_line_that_says_file_line_and_what_was_expected() {
    let temporary = tempfile::tempdir().unwrap();
    let made = made_folder(temporary.path(), "config");
    let folder = &made.folder;
    let home = folder.join("jpn");
    let config = home.join("changed.toml");
    let put = |name: &str, bytes: &[u8]| std::fs::write(home.join(name), bytes).unwrap();
    let check = |from: &str, to: &str, expected: &[&str]| {
        let line = line(&config, from, to);
        assert!(expected.iter().all(|part| line.contains(part)), "`{from}` → `{to}`: {line}");
    };

    check(
        "sensor_feed =",
        "sensor_fed =",
        &["changed.toml: line 17", "unknown key `sensor_fed`", "`sensor_feed`"],
    );
    check("speed =", "sped =", &["changed.toml: line ", "unknown key `sped`", "`speed`"]);
    check("nation = \"jpn\"", "nation = 7", &["changed.toml: line 2"]);
    check("nation = \"jpn\"", "nation = \"Japan\"", &["line 2", "`Japan` is not a nation"]);
    check("nation = \"jpn\"", "nation = \"fra\"", &["roster.cose", "fra is not in the roster"]);
    check("exercise/config", "exercise/other", &["roster.cose", "root"]);
    check("journal = ", "# journal = ", &["missing field `journal`"]);
    check("keys.json", "no-keys.json", &["no-keys.json: cannot be read"]);
    check("node.key", "no.key", &["no.key: cannot be read"]);
    check("sensors.json", "no-sensors.json", &["no-sensors.json: cannot be read"]);
    // Another nation's keys: what it would sign, no partner would take.
    check("keys.json", "../kor/keys.json", &["../kor/keys.json", "the roster knows jpn by"]);
    check("node.crt", "../kor/node.crt", &["../kor/node.crt"]);
    put("bad.json", b"{\"body_ed25519\": 7");
    check("keys.json", "bad.json", &["bad.json: line 1"]);
    check("sensors.json", "bad.json", &["bad.json: "]);
    put("bad.cedar", b"permit (principal, action, resource) when { no such };");
    check("release.cedar", "bad.cedar", &["bad.cedar: "]);
    put("bad.crt", b"no certificate");
    check("node.crt", "bad.crt", &["bad.crt: ", "PEM"]);
    let mut roster = std::fs::read(folder.join("roster.cose")).unwrap();
    let last = roster.len() - 1;
    roster[last] ^= 1;
    put("bad.cose", &roster);
    check("../roster.cose", "bad.cose", &["bad.cose: ", "signature"]);
    put("bad.cose", b"");
    check("../roster.cose", "bad.cose", &["bad.cose: "]);
    check("\"journal.db\"", "\"../kor/journal.db\"", &["kor/journal.db", "it is the journal of kor"]);
    put("text.db", b"no journal at all, only a text that is long enough to be taken for one by nobody");
    check("\"journal.db\"", "\"text.db\"", &["text.db: "]);

    let nowhere = home.join("nowhere.toml").display().to_string();
    assert!(watchfire(["node", "--config", &nowhere]).refused(2).contains("nowhere.toml: cannot be read"));
    // A bad start leaves the journal that was there as it was.
    let journal = home.join("journal.db").display().to_string();
    assert_eq!(watchfire(["replay", &journal]).status, Some(0));
}
