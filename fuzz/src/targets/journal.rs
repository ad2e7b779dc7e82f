//! What a node reads back from its own disk: rows, whole journals, snapshots. Copied disks and other builds' files
//! come this way.

use exchange::HeldFact;
use exchange::body::id_of;
use exchange::{FeedFact, Now as SessionNow};
use node::input::{Act, Identity, LinkChange, Now, Proof};
use node::journal::{Journal, MemoryJournal};
use node::node::Node;
use node::replay::{Replayer, Signatures};
use node::row::{FORMAT, Head, Output, Recorded, Row, Step};
use node::verify::verify;
use physics::plot::Plot;
use physics::time::Tai;
use statement::Lane;

use crate::Target;
use crate::source::{Source, counted};
use crate::world::{WORLD, nation, realm};

/// The targets of this file.
pub fn targets() -> Vec<Target> {
    vec![
        Target {
            name: "row",
            about: "a row of the journal: read, written and read back the same",
            seeds: || rows().iter().map(|row| postcard::to_stdvec(row).expect("bytes")).collect(),
            words: &[],
            bytes_max: 6_000,
            attempt: row,
        },
        Target {
            name: "journal",
            about: "whole journals, their chain intact: recovered, proven and verified, or refused",
            seeds: journal_seeds,
            words: &[],
            bytes_max: 12_000,
            attempt: journal,
        },
        Target {
            name: "snapshot",
            about: "a node's snapshot: read, written and read back the same",
            seeds: snapshot_seeds,
            words: &[],
            bytes_max: 20_000,
            attempt: snapshot,
        },
    ]
}

fn now(seconds: i64) -> Now {
    let tai = Tai(1_664_835_757_000_000_000 + seconds * 1_000_000_000);
    Now { mono_ns: seconds as u64 * 1_000_000_000, tai, bound_ns: 1_000_000 }
}

fn identity() -> Identity {
    Identity { nation: nation("usa"), realm: realm(), sensors: Vec::new() }
}

/// One row of each kind, in an order in which a node of the United States could have written them.
fn rows() -> Vec<Row> {
    let jpn = nation("jpn");
    let id = |body: usize| id_of(&WORLD.bodies[body]).expect("an id");
    let step = |seconds, input, outputs| Step { now: now(seconds), input, outputs };
    let entry = |number, body: usize| Recorded::Entry {
        from: jpn,
        lane: if body < 4 { Lane::Warning } else { Lane::Picture },
        epoch: 1,
        number,
        raw: WORLD.bodies[body].clone(),
    };
    let plot = Plot {
        time: now(3).tai,
        scan: 1,
        sensor_id: "radar-1".into(),
        range_m: Some(500_000.0),
        az_rad: 1.0,
        el_rad: 0.5,
        height_m: Some(10_000.0),
        address: Some(0x34_5678),
        range_rate_mps: None,
        truth_id: None,
    };
    let fact = |fact| Output::Fact { partner: jpn, lane: Lane::Warning, fact };
    let proof = Proof { actor: "watch-officer-1".into(), key: vec![1; 32], signature: vec![2; 64] };
    let act = Act::Acknowledge { event_id: "usa-e-1".into(), shown_digest: [3; 32] };
    let steps = vec![
        vec![step(0, Recorded::Tick, vec![])],
        vec![step(1, entry(0, 0), vec![]), step(1, entry(1, 1), vec![]), step(1, entry(0, 4), vec![])],
        vec![step(2, Recorded::Refused { who: "jpn".into(), reason: "why".into(), count: 2 }, vec![])],
        vec![step(3, Recorded::Plots(vec![plot]), vec![])],
        vec![step(
            4,
            Recorded::Link {
                partner: jpn,
                lane: Lane::Warning,
                change: LinkChange::Receipted { epoch: 1, size: 1 },
            },
            vec![],
        )],
        vec![step(5, Recorded::Act(proof, act), vec![])],
        vec![step(
            6,
            Recorded::Policy { file: "p".into(), text: "permit(principal, action, resource);".into() },
            vec![],
        )],
        vec![step(
            7,
            Recorded::Tick,
            vec![
                fact(FeedFact::Queued { body_id: id(0) }),
                fact(FeedFact::Opened { epoch: 1 }),
                fact(FeedFact::Numbered { epoch: 1, number: 0, body_id: id(0) }),
                fact(FeedFact::Receipted { epoch: 1, size: 1 }),
                fact(FeedFact::Forced),
                Output::Held {
                    partner: jpn,
                    lane: Lane::Warning,
                    fact: HeldFact::HeadSeen { epoch: 1, size: 3 },
                },
                Output::Receipt { partner: jpn, lane: Lane::Warning, note: "note".into() },
                Output::Equivocation {
                    partner: jpn,
                    lane: Lane::Warning,
                    notes: vec!["a".into(), "b".into()],
                },
            ],
        )],
        vec![step(
            8,
            Recorded::Unreadable {
                from: jpn,
                lane: Lane::Warning,
                epoch: 1,
                number: 2,
                raw: WORLD.bodies[2].clone(),
                why: "later version".into(),
            },
            vec![],
        )],
        vec![step(9, Recorded::Identity(identity()), vec![])],
    ];
    steps.into_iter().map(|steps| Row { steps }).collect()
}

fn row(bytes: &[u8]) {
    if let Ok(head) = postcard::from_bytes::<Head>(bytes) {
        let _ = head.encode().expect("what was read can be written");
    }
    let Ok(row) = postcard::from_bytes::<Row>(bytes) else { return };
    let written = postcard::to_stdvec(&row).expect("what was read can be written");
    let read: Row = postcard::from_bytes(&written).expect("and read again");
    // By their bytes: a number that is none equals nothing.
    assert_eq!(postcard::to_stdvec(&read).expect("bytes"), written);
}

fn journal_seeds() -> Vec<Vec<u8>> {
    let encoded: Vec<Vec<u8>> =
        rows().iter().map(|row| counted(&postcard::to_stdvec(row).expect("bytes"))).collect();
    // All of them, and each alone.
    [vec![encoded.concat()], encoded].concat()
}

/// Input: rows, each after its length. Row 0 and the roster come before them, so that a node stands.
fn journal(bytes: &[u8]) {
    let mut journal = MemoryJournal::default();
    let head = Head { format: FORMAT, build: "fuzz".into(), identity: identity() };
    let roster = Step { now: now(0), input: Recorded::Roster(WORLD.roster.clone()), outputs: vec![] };
    let mut rows = vec![
        head.encode().expect("a head"),
        postcard::to_stdvec(&Row { steps: vec![roster] }).expect("a row"),
    ];
    let mut source = Source(bytes);
    while !source.is_empty() && rows.len() < 20 {
        rows.push(source.counted().to_vec());
    }
    rows.iter().for_each(|row| {
        journal.append(row).expect("memory does not fail");
    });
    let root = &WORLD.root_public;
    if let Ok(replayer) = Replayer::recover(&journal, &head, root.clone(), Signatures::Simulated) {
        // What recovers can be kept as a snapshot, and goes on from there.
        let bytes = replayer.node.snapshot().expect("a snapshot");
        Node::from_snapshot(&bytes, root).expect("its own snapshot opens");
        let _ = replayer.feeds.outbound.values().map(|out| out.next_deadline()).max();
        let _ = SessionNow::default();
    }
    let _ = Replayer::prove(&journal, &head, root.clone(), Signatures::Simulated);
    let _ = verify(&journal, root);
}

fn snapshot_seeds() -> Vec<Vec<u8>> {
    let mut journal = MemoryJournal::default();
    let head = Head { format: FORMAT, build: "fuzz".into(), identity: identity() };
    let roster = Step { now: now(0), input: Recorded::Roster(WORLD.roster.clone()), outputs: vec![] };
    journal.append(&head.encode().expect("a head")).expect("memory");
    journal.append(&postcard::to_stdvec(&Row { steps: vec![roster] }).expect("a row")).expect("memory");
    for row in &rows()[..6] {
        journal.append(&postcard::to_stdvec(row).expect("a row")).expect("memory");
    }
    let replayer =
        Replayer::recover(&journal, &head, WORLD.root_public.clone(), Signatures::Simulated).expect("a node");
    let full = replayer.node.snapshot().expect("a snapshot");
    vec![Node::new(identity()).snapshot().expect("a snapshot"), full]
}

fn snapshot(bytes: &[u8]) {
    let Ok(node) = Node::from_snapshot(bytes, &WORLD.root_public) else { return };
    let written = node.snapshot().expect("what was read can be written");
    let read = Node::from_snapshot(&written, &WORLD.root_public).expect("and read again");
    assert_eq!(read.snapshot().expect("a snapshot"), written);
}
