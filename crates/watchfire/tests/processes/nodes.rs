//! Nodes that are killed, stopped and restored from an old copy in the middle of traffic; their journals tell
//! afterwards whether partners got everything, once, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use exchange::body::id_of;
use exchange::{Digest, FeedFact};
use node::journal::Journal;
use node::row::{Output, Recorded, Row};
use node::shell::sqlite::SqliteJournal;
use statement::{Lane, Nation};

use crate::common::{
    address, node_of, refused_count, short_scenario, signal, start_demo, view_when, watchfire,
};

const NATIONS: [&str; 3] = ["jpn", "kor", "usa"];

/// Partner, lane, epoch.
type Feed = (Nation, Lane, u64);

/// What a journal says of its feeds, in order.
#[derive(Default)]
struct Told {
    said: BTreeMap<Feed, Vec<(u64, Digest)>>,
    got: BTreeMap<Feed, Vec<(u64, Digest)>>,
}

fn told(file: &Path) -> Told {
    let mut told = Told::default();
    for stored in SqliteJournal::open_to_read(file).unwrap().rows(1, usize::MAX).unwrap() {
        let row: Row = postcard::from_bytes(&stored.bytes).unwrap();
        for step in row.steps {
            if let Recorded::Entry { from, lane, epoch, number, raw }
            | Recorded::Unreadable { from, lane, epoch, number, raw, .. } = step.input
            {
                told.got.entry((from, lane, epoch)).or_default().push((number, id_of(&raw).unwrap()));
            }
            for output in step.outputs {
                match output {
                    Output::Fact { partner, lane, fact: FeedFact::Opened { epoch } } => {
                        told.said.entry((partner, lane, epoch)).or_default();
                    }
                    Output::Fact { partner, lane, fact: FeedFact::Numbered { epoch, number, body_id } } => {
                        told.said.entry((partner, lane, epoch)).or_default().push((number, body_id));
                    }
                    _ => {}
                }
            }
        }
    }
    told
}

fn copy_journal(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        let _ = std::fs::remove_file(to.join(name));
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

#[test]
fn killed_stopped_and_restored_nodes_lose_nothing_and_use_no_number_twice() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("nodes");
    let home = folder.join("jpn");
    let mut demo = start_demo(&short_scenario(temporary.path(), "nodes", 440), "20", &folder);
    let long = Duration::from_secs(40);

    // Kill -9 in the middle of traffic, while a partner is stopped.
    demo.wait_for(&["JPN has the assessment"], long);
    let stopped = node_of(&demo, "usa");
    signal(stopped, "STOP");
    let since = Instant::now();
    signal(node_of(&demo, "jpn"), "KILL");
    let (back, line) = demo.wait_for(&["JPN console ", "rows recovered"], long);
    assert!(back - since < Duration::from_secs(5), "back after {:?}: {line}", back - since);
    signal(stopped, "CONT");

    // An old copy, then more traffic, then the disk "fails" and the copy is all there is.
    demo.wait_for(&["KOR has the assessment", "of JPN"], long);
    let pid = node_of(&demo, "jpn");
    signal(pid, "STOP");
    copy_journal(&home, &temporary.path().join("old"));
    signal(pid, "CONT");
    std::thread::sleep(Duration::from_secs(2));
    // Stopped first, so that what is kept of the lost journal is whole.
    signal(pid, "STOP");
    copy_journal(&home, &temporary.path().join("lost"));
    copy_journal(&temporary.path().join("old"), &home);
    signal(pid, "KILL");
    demo.wait_for(&["JPN console ", "rows recovered"], long);
    view_when(address(&folder, "jpn", "console"), long, "that the journal is an old copy", |view| {
        refused_count(view, "journal", "it is an old copy") > 0
    });

    // Everything has arrived when every partner has signed for everything.
    demo.wait_for(&["the exercise is over"], long);
    for nation in NATIONS {
        view_when(address(&folder, nation, "console"), long, "receipts for everything", |view| {
            view["links"].as_array().unwrap().iter().all(|link| {
                let up = link["sending"]["state"] == "connected" && link["receiving"]["state"] == "connected";
                up && link["sending"]["waiting"] == 0
            })
        });
    }
    assert!(demo.interrupt().0.success());

    let journals: BTreeMap<Nation, Told> = NATIONS
        .iter()
        .map(|nation| (nation.parse().unwrap(), told(&folder.join(nation).join("journal.db"))))
        .collect();
    let lost = told(&temporary.path().join("lost").join("journal.db"));
    let old = told(&temporary.path().join("old").join("journal.db"));
    let japan: Nation = "jpn".parse().unwrap();

    for (&receiver, there) in &journals {
        for (&(sender, lane, epoch), got) in &there.got {
            let what = format!("{lane} lane from {sender} to {receiver}, epoch {epoch}");
            let numbers: Vec<u64> = got.iter().map(|(number, _)| *number).collect();
            assert_eq!(
                numbers,
                (0..got.len() as u64).collect::<Vec<_>>(),
                "{what}: once, in order, without a gap"
            );
            let feed = (receiver, lane, epoch);
            let said = &journals[&sender].said;
            if said.keys().any(|(to, on, later)| (*to, *on) == (receiver, lane) && *later > epoch) {
                // An epoch that a restore ended: what was said in it, as far as it came, also by the lost journal.
                let both = [said.get(&feed), lost.said.get(&feed).filter(|_| sender == japan)];
                assert!(
                    both.into_iter().flatten().any(|said| said.starts_with(got)),
                    "{what}: other than what was said"
                );
            } else {
                let of = said.get(&feed).map_or(0, Vec::len);
                assert!(
                    said.get(&feed) == Some(got),
                    "{what}: {} entries came of {of} that were said",
                    got.len()
                );
            }
        }
    }
    // Whatever the epoch, everybody has all that the others' journals say was said to him.
    for (&sender, here) in &journals {
        for (&(receiver, lane, _), said) in &here.said {
            let got =
                journals[&receiver].got.iter().filter(|((from, on, _), _)| (*from, *on) == (sender, lane));
            let got: BTreeSet<Digest> =
                got.flat_map(|(_, entries)| entries.iter().map(|(_, id)| *id)).collect();
            let missed = said.iter().filter(|(_, id)| !got.contains(id)).count();
            assert_eq!(missed, 0, "{lane} lane from {sender}: {receiver} missed entries");
        }
    }
    // The restore: something was forgotten, and what came after has a later epoch, never a number of before.
    let forgotten =
        lost.said.iter().filter(|(feed, said)| old.said.get(feed).map_or(0, Vec::len) < said.len());
    assert!(forgotten.count() >= 2, "the old copy forgets nothing: the test shows nothing");
    for (feed, said) in &journals[&japan].said {
        for (number, body_id) in said {
            let before =
                lost.said.get(feed).and_then(|said| said.iter().find(|(before, _)| before == number));
            assert!(
                before.is_none_or(|(_, before)| before == body_id),
                "{feed:?} number {number} is used twice"
            );
        }
    }
    for partner in ["kor", "usa"].map(|nation| nation.parse::<Nation>().unwrap()) {
        let epochs =
            |told: &Told| told.said.keys().filter(|(to, ..)| *to == partner).map(|(.., epoch)| *epoch).max();
        assert!(epochs(&journals[&japan]) > epochs(&lost), "no new epoch towards {partner}");
    }
    for nation in NATIONS {
        let journal = folder.join(nation).join("journal.db").display().to_string();
        for command in ["verify", "replay"] {
            let ran = watchfire([command, &journal]);
            assert_eq!(ran.status, Some(0), "{}", ran.err);
        }
    }
}
