//! Sessions: frames of a hostile partner, among honest ones, in any order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use exchange::body::id_of;
use exchange::head::sign_head;
use exchange::receipt::{open_receipt, sign_receipt};
use exchange::session::{Terms, claimed};
use exchange::wire::frame::Content;
use exchange::wire::{self, Frame};
use exchange::{
    Delays, Digest, FeedFact, Inbound, InboundEvent, Now, Outbound, OutboundEvent, TreeHead, merkle,
};
use prost::Message;
use statement::Lane;

use crate::Target;
use crate::source::{Source, counted};
use crate::world::{WORLD, place};

/// The targets of this file.
pub fn targets() -> Vec<Target> {
    vec![
        Target {
            name: "frame",
            about: "a frame as it comes: read, written and read back the same; then taken by both sides",
            seeds: || frames().iter().map(Message::encode_to_vec).collect(),
            words: &WORDS,
            bytes_max: 8_000,
            attempt: frame,
        },
        Target {
            name: "inbound",
            about: "a hostile sender: only what was signed comes in, each number once; receipts cover what is durable",
            seeds: inbound_seeds,
            words: &WORDS,
            bytes_max: 2_000,
            attempt: inbound,
        },
        Target {
            name: "outbound",
            about: "a hostile receiver: a number never names two bodies, and nothing leaves before it is journalled",
            seeds: outbound_seeds,
            words: &WORDS,
            bytes_max: 2_000,
            attempt: outbound,
        },
    ]
}

const WORDS: [&str; 8] = ["exercise/vectors", "jpn", "usa", "warning", "picture", "track", "live", "refused"];

fn send(content: Content) -> Frame {
    Frame { content: Some(content) }
}

fn hello() -> Frame {
    send(Content::Hello(wire::Hello {
        versions: vec![1],
        realm: "exercise/vectors".into(),
        from: "jpn".into(),
        to: "usa".into(),
        lane: "warning".into(),
        roster_version: 1,
        terms: Some(wire::Terms { level: "track".into(), reason: "all".into() }),
    }))
}

fn entry(epoch: u64, number: u64, body: usize) -> Frame {
    send(Content::Entry(wire::Entry { epoch, number, body: WORLD.bodies[body].clone() }))
}

/// The ids of the four bodies of the warning lane.
fn ids() -> Vec<Digest> {
    WORLD.bodies[..4].iter().map(|body| id_of(body).expect("an id")).collect()
}

/// The root of the first `size` of the bodies, over and over.
fn root(size: u64) -> Digest {
    let ids = ids();
    let leaves: Vec<Digest> = (0..size as usize).map(|number| ids[number % 4]).collect();
    merkle::root(&leaves)
}

fn head(epoch: u64, size: u64, root: Digest) -> Frame {
    let head = sign_head(&place(Lane::Warning), epoch, size, root, 4, &WORLD.keys("jpn")).expect("a head");
    send(Content::Heartbeat(wire::Heartbeat { head: head.note, ..Default::default() }))
}

fn answer(epoch: u64, size: u64, root: Digest, head_size_max: u64) -> Frame {
    let root = root.0.to_vec();
    send(Content::HelloAnswer(wire::HelloAnswer {
        version: 1,
        epoch,
        size,
        root,
        head_size_max,
        roster_version: 1,
    }))
}

fn frames() -> Vec<Frame> {
    let echo = wire::Echo { sent_mono_ns: 1, sent_tai_ns: 2, received_tai_ns: 3, held_ns: 4 };
    let beat = wire::Heartbeat { sent_mono_ns: 5, sent_tai_ns: 6, echo: Some(echo), ..Default::default() };
    vec![
        hello(),
        answer(1, 2, root(2), 2),
        entry(1, 0, 0),
        head(1, 1, root(1)),
        send(Content::Heartbeat(beat)),
        send(Content::Receipt(wire::Receipt { note: "note".into() })),
        send(Content::Bye(wire::Bye { code: "refused".into(), reason: "why".into() })),
    ]
}

fn frame(bytes: &[u8]) {
    let Ok(frame) = Frame::decode(bytes) else { return };
    let written = frame.encode_to_vec();
    assert_eq!(Frame::decode(written.as_slice()).as_ref(), Ok(&frame));
    let _ = claimed(&frame);
    let mut inbound = Inbound::new(place(Lane::Warning));
    inbound.connected(Now::default());
    for frame in [hello(), frame.clone()] {
        inbound.handle(Now::default(), frame, &WORLD.trust);
        while inbound.poll(Now::default(), &WORLD.keys("usa")).is_some() {}
    }
    let mut outbound = Outbound::new(place(Lane::Warning));
    outbound.connected(Now::default(), 1, &Terms::default());
    for frame in [answer(0, 0, root(0), 0), frame] {
        while outbound.poll(Now::default(), &WORLD.keys("jpn")).is_some() {}
        outbound.handle(Now::default(), frame, &WORLD.trust);
    }
    while outbound.poll(Now::default(), &WORLD.keys("jpn")).is_some() {}
}

fn inbound_seeds() -> Vec<Vec<u8>> {
    let hello = [&[0][..], &counted(&hello().encode_to_vec())].concat();
    // Hello, two entries, their head, commit, poll; cut, again, the rest.
    let first = [&hello[..], &[2, 0, 1, 0, 2, 1, 1, 1, 3, 1, 2, 0, 6, 1, 2]].concat();
    let second = [&first[..], &[7], &hello, &[2, 2, 1, 2, 3, 1, 3, 0, 6, 1, 3, 5, 30]].concat();
    let later = [&first[..], &[2, 0, 2, 0, 3, 2, 4, 0, 4, 1, 2, 3, 4, 5, 6, 7, 5, 31, 8]].concat();
    vec![first, second, later]
}

/// Input: a run of choices, each a byte and what it needs.
fn inbound(bytes: &[u8]) {
    let mut source = Source(bytes);
    let mut inbound = Inbound::new(place(Lane::Warning));
    let mut now = Now::default();
    inbound.connected(now);
    let known = ids();
    let mut newest: Option<(u64, u64)> = None;
    let mut came: VecDeque<(u64, u64)> = VecDeque::new();
    let mut committed = (0, 0);
    for _ in 0..64 {
        if source.is_empty() {
            break;
        }
        match source.byte() % 9 {
            0 => {
                if let Ok(frame) = Frame::decode(source.counted()) {
                    inbound.handle(now, frame, &WORLD.trust);
                }
            }
            1 => inbound.handle(now, hello(), &WORLD.trust),
            2 => {
                let body = usize::from(source.byte()) % WORLD.bodies.len();
                let (epoch, number) = (source.number(), source.number());
                inbound.handle(now, entry(epoch, number, body), &WORLD.trust);
            }
            3 => {
                let (epoch, size) = (source.number(), source.number());
                let root = if source.byte() & 1 == 0 { root(size.min(64)) } else { Digest([9; 32]) };
                inbound.handle(now, head(epoch, size, root), &WORLD.trust);
            }
            4 => {
                let echo = wire::Echo {
                    sent_mono_ns: source.number(),
                    sent_tai_ns: source.number() as i64,
                    received_tai_ns: source.number() as i64,
                    held_ns: source.number(),
                };
                let beat = wire::Heartbeat {
                    head: String::new(),
                    sent_mono_ns: source.number(),
                    sent_tai_ns: source.number() as i64,
                    echo: Some(echo),
                };
                inbound.handle(now, send(Content::Heartbeat(beat)), &WORLD.trust);
            }
            5 => {
                let step_ns = 1u64 << (source.byte() % 40);
                now.mono_ns += step_ns;
                now.tai_ns += step_ns as i64;
            }
            6 => {
                // The driver commits what came out, in order, as far as it got.
                let wanted = (source.number(), source.number());
                let reached =
                    came.iter().take_while(|(epoch, number)| (*epoch, *number + 1) <= wanted).last();
                if let Some(&(epoch, number)) = reached {
                    came.retain(|later| *later > (epoch, number));
                    committed = (epoch, number + 1);
                    inbound.commit(epoch, number + 1);
                }
            }
            7 => inbound.connected(now),
            _ => inbound.disconnected(),
        }
        let mut events = 0;
        while let Some(event) = inbound.poll(now, &WORLD.keys("usa")) {
            events += 1;
            assert!(events < 1_000, "poll gives without end");
            match event {
                InboundEvent::Entry { epoch, number, body } => {
                    assert!(known.contains(&body.id()), "an entry that nobody signed");
                    let next = match newest {
                        Some((last, before)) if last == epoch => number == before + 1,
                        Some((last, _)) => epoch > last && number == 0,
                        None => epoch > 0 && number == 0,
                    };
                    assert!(next, "{epoch}/{number} after {newest:?}");
                    newest = Some((epoch, number));
                    came.push_back((epoch, number));
                }
                InboundEvent::Unreadable { .. } => panic!("every known body can be read"),
                InboundEvent::Send(Frame { content: Some(Content::Receipt(receipt)) }) => {
                    let receipt = open_receipt(&receipt.note, &place(Lane::Warning), &WORLD.trust)
                        .expect("its own receipt opens");
                    assert!(
                        (receipt.epoch, receipt.tree.size) <= committed,
                        "a receipt beyond what is durable"
                    );
                }
                _ => {}
            }
        }
        let held = inbound.held();
        assert!((held.epoch, held.size) >= committed, "less is held than was committed");
    }
}

fn outbound_seeds() -> Vec<Vec<u8>> {
    // Two bodies, the partner's answer, facts journalled, bodies provided, a receipt; a cut, a resume, one more.
    let first = vec![3, 0, 3, 1, 6, 1, 0, 0, 0, 0, 4, 5, 8, 2, 1, 2, 0, 3, 2, 4, 5, 8, 2, 1, 3, 0];
    let resume = [&first[..], &[6, 1, 1, 2, 0, 2, 4, 5, 8, 7, 30, 7, 31]].concat();
    let restored = [&first[..], &[6, 1, 3, 9, 1, 9, 4, 5, 8, 9, 6, 1, 0, 0, 0, 0, 4, 5, 8]].concat();
    vec![first, resume, restored]
}

/// Input: a run of choices, each a byte and what it needs.
fn outbound(bytes: &[u8]) {
    let mut source = Source(bytes);
    let mut outbound = Outbound::new(place(Lane::Warning));
    let mut now = Now::default();
    let bodies: BTreeMap<Digest, Arc<[u8]>> =
        ids().into_iter().zip(WORLD.bodies.iter().map(|body| Arc::from(body.as_slice()))).collect();
    let mut taken: Vec<FeedFact> = Vec::new();
    let mut durable: BTreeMap<(u64, u64), Digest> = BTreeMap::new();
    let mut wanted: Option<(u64, u64, u64)> = None;
    for _ in 0..64 {
        if source.is_empty() {
            break;
        }
        match source.byte() % 11 {
            0 => {
                if let Ok(frame) = Frame::decode(source.counted()) {
                    outbound.handle(now, frame, &WORLD.trust);
                }
            }
            1 => {
                let (epoch, size) = (source.number(), source.number());
                let root = if source.byte() & 1 == 0 { root(size.min(64)) } else { Digest([9; 32]) };
                outbound.handle(now, answer(epoch, size, root, source.number()), &WORLD.trust);
            }
            2 => {
                let place = place(Lane::Warning);
                let (epoch, size) = (source.number(), source.number());
                let root = if source.byte() & 1 == 0 { root(size.min(64)) } else { Digest([9; 32]) };
                let tree = TreeHead { origin: place.origin(epoch), size, root };
                let head = exchange::Head { epoch, tree, note: String::new() };
                let receipt = sign_receipt(&place, &head, Delays::default(), 4, &WORLD.keys("usa"));
                let note = receipt.expect("a receipt").note;
                outbound.handle(now, send(Content::Receipt(wire::Receipt { note })), &WORLD.trust);
            }
            3 => outbound.append(ids()[usize::from(source.byte()) % 4]),
            4 => taken.extend(outbound.take_facts()),
            5 => {
                for fact in taken.drain(..) {
                    if let FeedFact::Numbered { epoch, number, body_id } = fact {
                        let before = durable.insert((epoch, number), body_id);
                        assert!(before.is_none(), "number {number} of epoch {epoch} was given twice");
                    }
                }
                outbound.journalled();
            }
            6 => outbound.connected(now, 1, &Terms::default()),
            7 => {
                let step_ns = 1u64 << (source.byte() % 40);
                now.mono_ns += step_ns;
                now.tai_ns += step_ns as i64;
            }
            8 => {
                if let Some((epoch, from, max)) = wanted.take() {
                    let numbered =
                        (from..from.saturating_add(max)).map_while(|number| durable.get(&(epoch, number)));
                    let found: Vec<Arc<[u8]>> = numbered.map(|id| bodies[id].clone()).collect();
                    outbound.provide(epoch, from, found);
                }
            }
            9 => outbound.force_new_epoch(),
            _ => outbound.disconnected(),
        }
        let mut events = 0;
        while let Some(event) = outbound.poll(now, &WORLD.keys("jpn")) {
            events += 1;
            assert!(events < 1_000, "poll gives without end");
            match event {
                OutboundEvent::Send(Frame { content: Some(Content::Entry(entry)) }) => {
                    let id = id_of(&entry.body).expect("a body");
                    let of = durable.get(&(entry.epoch, entry.number));
                    assert_eq!(
                        of,
                        Some(&id),
                        "an entry left before its number was durable, or under another's"
                    );
                }
                OutboundEvent::NeedBodies { epoch, from, max } => wanted = Some((epoch, from, max)),
                OutboundEvent::Receipted(receipt) => {
                    assert!(receipt.tree.size <= outbound.feed().tree().size());
                }
                _ => {}
            }
        }
    }
}
