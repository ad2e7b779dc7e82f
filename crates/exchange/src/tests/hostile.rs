//! Bytes that nobody signed: never accepted, never a panic.

use std::sync::OnceLock;

use proptest::prelude::*;
use prost::Message;
use statement::{Lane, Realm};

use super::link::Rig;
use super::{World, cases, nation, place, realm, root};
use crate::body::open;
use crate::head::{open_head, sign_head};
use crate::note::Note;
use crate::receipt::{Delays, open_receipt, sign_receipt};
use crate::session::{Terms, frame};
use crate::wire::frame::Content;
use crate::{Digest, Inbound, InboundEvent, Now, Outbound, OutboundEvent, open_roster, seal_roster, wire};

struct Good {
    world: World,
    bodies: Vec<Vec<u8>>,
    roster: Vec<u8>,
    head: String,
    receipt: String,
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let world = World::new();
        let bodies = vec![world.assessment(1).bytes().to_vec(), world.batch(2).bytes().to_vec()];
        let roster = seal_roster(&world.trust.roster().clone().into_inner(), &root()).unwrap();
        let place = place(Lane::Warning);
        let head = sign_head(&place, 1, 2, Digest([3; 32]), 4, &world.keys("jpn")).unwrap();
        let delays = Delays { first_number: 0, delays_ns: vec![5, 6] };
        let receipt = sign_receipt(&place, &head, delays, 4, &world.keys("usa")).unwrap();
        Good { world, bodies, roster, head: head.note, receipt: receipt.note }
    })
}

/// One way to damage bytes.
#[derive(Clone, Debug)]
enum Damage {
    Truncate(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Splice(prop::sample::Index, prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Damage::Truncate),
        (any::<prop::sample::Index>(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<prop::sample::Index>(), 1usize..40).prop_map(|(at, count)| Damage::Remove(at, count)),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>())
            .prop_map(|(from, to)| Damage::Splice(from, to)),
    ]
}

impl Damage {
    fn apply(&self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        match self {
            Damage::Truncate(at) => damaged.truncate(at.index(bytes.len())),
            Damage::Flip(at, bit) => damaged[at.index(bytes.len())] ^= 1 << bit,
            Damage::Insert(at, inserted) => {
                let at = at.index(bytes.len() + 1);
                damaged.splice(at..at, inserted.iter().copied());
            }
            Damage::Remove(at, count) => {
                let at = at.index(bytes.len());
                damaged.drain(at..(at + count).min(bytes.len()));
            }
            Damage::Splice(from, to) => {
                damaged.truncate(from.index(bytes.len()));
                damaged.extend(&other[to.index(other.len())..]);
            }
        }
        damaged
    }
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn a_damaged_body_is_never_accepted(which in 0usize..2, damages in prop::collection::vec(damage(), 1..3)) {
        let good = good();
        let mut bytes = good.bodies[which].clone();
        for damage in &damages {
            if !bytes.is_empty() {
                bytes = damage.apply(&bytes, &good.bodies[1 - which]);
            }
        }
        // A splice can give back one of the two.
        prop_assume!(!good.bodies.contains(&bytes));
        prop_assert!(open(&bytes, &good.world.trust, nation("usa"), nation("jpn")).is_err());
    }

    #[test]
    fn a_damaged_roster_is_never_accepted(damage in damage()) {
        let good = good();
        let bytes = damage.apply(&good.roster, &good.bodies[0]);
        prop_assume!(bytes != good.roster);
        prop_assert!(open_roster(&bytes, &root().public(), &realm()).is_err());
    }

    #[test]
    fn a_damaged_note_is_never_accepted(receipt in any::<bool>(), damage in damage()) {
        let good = good();
        let (note, other) = if receipt { (&good.receipt, &good.head) } else { (&good.head, &good.receipt) };
        let Ok(text) = String::from_utf8(damage.apply(note.as_bytes(), other.as_bytes())) else { return Ok(()) };
        prop_assume!(text != *note && text != *other);
        let place = place(Lane::Warning);
        prop_assert!(open_head(&text, &place, &good.world.trust).is_err());
        prop_assert!(open_receipt(&text, &place, &good.world.trust).is_err());
    }

    #[test]
    fn noise_is_never_accepted(bytes in prop::collection::vec(any::<u8>(), 0..600), text in ".{0,300}") {
        let good = good();
        prop_assert!(open(&bytes, &good.world.trust, nation("usa"), nation("jpn")).is_err());
        prop_assert!(open_roster(&bytes, &root().public(), &Realm::Live).is_err());
        if let Ok(note) = Note::decode(&text) {
            prop_assert_eq!(note.encode(), text);
        }
    }
}

/// An honest session's frames, as bytes: towards the receiver and towards the sender, with the ids said.
struct Recorded {
    to_receiver: Vec<Vec<u8>>,
    to_sender: Vec<Vec<u8>>,
    said: Vec<Digest>,
}

fn recorded() -> &'static Recorded {
    static RECORDED: OnceLock<Recorded> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let mut rig = Rig::new(Lane::Warning);
        rig.connect();
        let said = (0..3).map(|_| rig.append()).collect();
        let (mut to_receiver, mut to_sender) = (Vec::new(), Vec::new());
        for _ in 0..20 {
            rig.commit_sender();
            rig.commit_receiver();
            while rig.poll_sender() || rig.poll_receiver() {}
            to_receiver.extend(rig.to_receiver.iter().map(Message::encode_to_vec));
            to_sender.extend(rig.to_sender.iter().map(Message::encode_to_vec));
            while rig.deliver_to_receiver() || rig.deliver_to_sender() {}
        }
        assert_eq!(rig.sender.feed().receipted(), 3);
        Recorded { to_receiver, to_sender, said }
    })
}

/// What a receiver takes out of these frames, and what it holds in the end.
fn hear(frames: &[Vec<u8>]) -> (Vec<Digest>, u64) {
    let world = &good().world;
    let mut inbound = Inbound::new(place(Lane::Warning));
    inbound.connected(Now::default());
    let mut heard = Vec::new();
    for bytes in frames {
        // What is no Frame ends the stream at the gateway.
        let Ok(frame) = wire::Frame::decode(bytes.as_slice()) else { break };
        inbound.handle(Now::default(), frame, &world.trust);
        while let Some(event) = inbound.poll(Now::default(), &world.keys("usa")) {
            if let InboundEvent::Entry { epoch, number, body } = event {
                heard.push(body.id());
                inbound.commit(epoch, number + 1);
            }
        }
    }
    (heard, inbound.held().size)
}

/// The receipts that a sender of the recorded bodies takes out of these frames, encoded.
fn tell(frames: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let world = &good().world;
    let mut outbound = Outbound::new(place(Lane::Warning));
    outbound.connected(Now::default(), 1, &Terms::default());
    recorded().said.iter().for_each(|id| outbound.append(*id));
    let bodies: Vec<_> = (1..=3).map(|number| world.assessment(number).bytes().clone()).collect();
    let mut receipts = Vec::new();
    let mut poll = |outbound: &mut Outbound| {
        outbound.take_facts();
        outbound.journalled();
        while let Some(event) = outbound.poll(Now::default(), &world.keys("jpn")) {
            match event {
                OutboundEvent::NeedBodies { epoch, from, .. } => {
                    outbound.provide(epoch, from, bodies.iter().skip(from as usize).cloned());
                }
                OutboundEvent::Receipted(receipt) => {
                    let content = Content::Receipt(wire::Receipt { note: receipt.note });
                    receipts.push(frame(content).encode_to_vec());
                }
                _ => {}
            }
        }
    };
    poll(&mut outbound);
    for bytes in frames {
        let Ok(frame) = wire::Frame::decode(bytes.as_slice()) else { break };
        outbound.handle(Now::default(), frame, &world.trust);
        poll(&mut outbound);
    }
    receipts
}

#[test]
fn the_recorded_session_passes_undamaged() {
    assert_eq!(hear(&recorded().to_receiver), (recorded().said.clone(), 3));
    assert_eq!(tell(&recorded().to_sender).len(), 1);
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_damaged_session_gives_the_receiver_nothing_that_was_not_said(
        which in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..3),
        repeated in any::<bool>(),
    ) {
        let mut frames = recorded().to_receiver.clone();
        let (which, other) = (which.index(frames.len()), other.index(frames.len()));
        let splice = frames[other].clone();
        for damage in &damages {
            if !frames[which].is_empty() {
                frames[which] = damage.apply(&frames[which], &splice);
            }
        }
        if repeated {
            frames.insert(which, splice);
        }
        let (heard, held) = hear(&frames);
        // A frame's epoch is bound by the next head only: a damaged one can begin an epoch with a body that was said.
        prop_assert!(heard.len() <= recorded().said.len() + 1);
        prop_assert!(heard.iter().all(|id| recorded().said.contains(id)));
        prop_assert!(held <= recorded().said.len() as u64);
    }

    #[test]
    fn a_damaged_session_gives_the_sender_no_receipt_that_was_not_signed(
        which in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..3),
    ) {
        let mut frames = recorded().to_sender.clone();
        let which = which.index(frames.len());
        for damage in &damages {
            if !frames[which].is_empty() {
                frames[which] = damage.apply(&frames[which], &recorded().to_sender[0]);
            }
        }
        prop_assert!(tell(&frames).iter().all(|receipt| recorded().to_sender.contains(receipt)));
    }
}

#[test]
fn what_is_too_long_is_refused_before_it_is_read() {
    let good = good();
    let long = vec![0xd8; crate::limits::BODY_BYTES_MAX + 1];
    let error = open(&long, &good.world.trust, nation("usa"), nation("jpn")).unwrap_err();
    assert_eq!(error.code(), "oversize");
    let note = format!("{}\n\n\u{2014} a AAAAAAA=\n", "x".repeat(crate::limits::NOTE_BYTES_MAX));
    assert_eq!(Note::decode(&note).unwrap_err().code(), "oversize");
}
