//! A receiver at which a hostile or broken sender knocks.

use statement::Lane;

use super::{World, assessment, header, nation, place, realm};
use crate::checkpoint::Place;
use crate::cose::{Envelope, to_be_signed};
use crate::head::sign_head;
use crate::header::WireHeader;
use crate::keys::{KeyUse, Signer};
use crate::session::{claimed, frame};
use crate::wire::frame::Content;
use crate::{Closed, Digest, Inbound, InboundEvent, Now, Refusal, wire};

/// A receiver at which a hostile sender can knock with any frame.
struct Door {
    world: World,
    inbound: Inbound,
}

impl Door {
    fn new() -> Door {
        let mut door = Door { world: World::new(), inbound: Inbound::new(place(Lane::Warning)) };
        door.inbound.connected(Now::default());
        door.knock(hello(&place(Lane::Warning)));
        door
    }

    fn knock(&mut self, content: Content) -> Vec<InboundEvent> {
        self.inbound.handle(Now::default(), frame(content), &self.world.trust);
        let mut events = Vec::new();
        while let Some(event) = self.inbound.poll(Now::default(), &self.world.keys("usa")) {
            if let InboundEvent::Entry { epoch, number, .. }
            | InboundEvent::Unreadable { epoch, number, .. } = &event
            {
                self.inbound.commit(*epoch, number + 1);
            }
            events.push(event);
        }
        events
    }

    fn refused(&mut self, content: Content) -> Refusal {
        let events = self.knock(content);
        let refusal = events.iter().find_map(|event| match event {
            InboundEvent::Refused(refusal) => Some(refusal.clone()),
            _ => None,
        });
        let closed = matches!(events.last(), Some(InboundEvent::Close(Closed::Refused)));
        assert!(closed, "{events:?}");
        refusal.unwrap()
    }

    fn entry(&self, epoch: u64, number: u64, body: u32) -> Content {
        let body = self.world.assessment(body).bytes().to_vec();
        Content::Entry(wire::Entry { epoch, number, body })
    }

    fn head(&self, place: &Place, epoch: u64, size: u64, root: Digest) -> Content {
        let head = sign_head(place, epoch, size, root, 1, &self.world.keys("jpn")).unwrap().note;
        Content::Heartbeat(wire::Heartbeat { head, ..Default::default() })
    }
}

fn hello(place: &Place) -> Content {
    Content::Hello(wire::Hello {
        versions: vec![7, 1],
        realm: place.realm.to_string(),
        from: place.from.to_string(),
        to: place.to.to_string(),
        lane: place.lane.to_string(),
        roster_version: 1,
        terms: None,
    })
}

#[test]
fn a_hello_must_be_for_this_node() {
    let good = place(Lane::Warning);
    for (hello_of, code) in [
        (Place { realm: statement::Realm::Live, ..good.clone() }, "wrong-realm"),
        (Place { from: nation("kor"), ..good.clone() }, "wrong-origin"),
        (Place { to: nation("kor"), ..good.clone() }, "wrong-audience"),
        (Place { lane: Lane::Picture, ..good.clone() }, "wrong-lane"),
    ] {
        let mut door = Door::new();
        door.inbound.connected(Now::default());
        assert_eq!(door.refused(hello(&hello_of)).code(), code);
    }
    let mut door = Door::new();
    door.inbound.connected(Now::default());
    let Content::Hello(old) = hello(&good) else { unreachable!() };
    assert_eq!(door.refused(Content::Hello(wire::Hello { versions: vec![2], ..old })), Refusal::Version);
    assert_eq!(claimed(&frame(hello(&good))), Some((nation("jpn"), Lane::Warning)));
}

#[test]
fn numbers_and_epochs_are_exact() {
    for (epoch, number, refusal) in [
        (2, 0, Refusal::ReplayedNumber { expected: 2, found: 0 }),
        (2, 1, Refusal::ReplayedNumber { expected: 2, found: 1 }),
        (2, 3, Refusal::SkippedNumber { expected: 2, found: 3 }),
        (1, 2, Refusal::OlderEpoch { expected: 2, found: 1 }),
        (3, 1, Refusal::SkippedNumber { expected: 0, found: 1 }),
    ] {
        let mut door = Door::new();
        door.knock(door.entry(2, 0, 1));
        door.knock(door.entry(2, 1, 2));
        let held = door.inbound.held();
        assert_eq!((held.epoch, held.size), (2, 2));
        assert_eq!(door.refused(door.entry(epoch, number, 3)), refusal);
        assert_eq!(door.inbound.held(), held, "a refusal has no effect");
    }
    let mut door = Door::new();
    assert_eq!(door.refused(door.entry(0, 0, 1)).code(), "malformed");
    let mut door = Door::new();
    assert_eq!(door.refused(door.entry(u64::MAX, 0, 1)).code(), "malformed");
}

#[test]
fn bodies_of_others_and_of_the_other_lane_are_refused() {
    let mut door = Door::new();
    let body = door.world.batch(1).bytes().to_vec();
    let entry = Content::Entry(wire::Entry { epoch: 1, number: 0, body });
    assert_eq!(door.refused(entry), Refusal::WrongLane(Lane::Warning));
    let mut door = Door::new();
    let mut not_for_us = header(Lane::Warning, 1);
    not_for_us.audience = [nation("kor")].into();
    let body = door.world.seal(not_for_us, assessment(1)).bytes().to_vec();
    let entry = Content::Entry(wire::Entry { epoch: 1, number: 0, body });
    assert_eq!(door.refused(entry), Refusal::WrongAudience(nation("usa")));
}

#[test]
fn contradictory_heads_are_proof_of_equivocation() {
    let mut door = Door::new();
    let place = place(Lane::Warning);
    door.knock(door.entry(1, 0, 1));
    let root = door.inbound.held().root;
    let fits = door.knock(door.head(&place, 1, 1, root));
    assert!(matches!(&fits[..], [InboundEvent::Send(_)]), "a receipt: {fits:?}");
    let events = door.knock(door.head(&place, 1, 1, Digest([9; 32])));
    let Some(InboundEvent::Equivocation { earlier: Some(earlier), later }) = events.first() else {
        panic!("{events:?}")
    };
    let read = |note: &str| crate::head::open_head(note, &place, &door.world.trust).unwrap().tree;
    assert_eq!(read(earlier).size, read(later).size);
    assert_ne!(read(earlier).root, read(later).root);
    assert!(events.contains(&InboundEvent::Refused(Refusal::Equivocation(nation("jpn")))));

    // Also where the head came before its entries.
    let mut door = Door::new();
    door.knock(door.head(&place, 1, 1, Digest([9; 32])));
    let events = door.knock(door.entry(1, 0, 1));
    assert!(events.contains(&InboundEvent::Refused(Refusal::Equivocation(nation("jpn")))));
}

#[test]
fn a_head_never_goes_back_and_is_of_this_feed() {
    let place = place(Lane::Warning);
    let mut door = Door::new();
    door.knock(door.head(&place, 1, 3, Digest([9; 32])));
    let back = door.head(&place, 1, 2, Digest([9; 32]));
    assert_eq!(door.refused(back), Refusal::HeadWentBack { seen: 3, found: 2 });
    let other = Place { to: nation("kor"), ..place };
    let mut door = Door::new();
    assert_eq!(door.refused(door.head(&other, 1, 1, Digest([9; 32]))).code(), "malformed");
}

#[test]
fn frames_out_of_place_are_refused() {
    let heartbeat = Content::Heartbeat(wire::Heartbeat::default());
    for content in [
        Content::HelloAnswer(wire::HelloAnswer::default()),
        Content::Receipt(wire::Receipt::default()),
        hello(&place(Lane::Warning)),
    ] {
        assert_eq!(Door::new().refused(content).code(), "unexpected-frame");
    }
    let mut door = Door::new();
    door.inbound.connected(Now::default());
    assert_eq!(door.refused(heartbeat).code(), "unexpected-frame");
    let mut door = Door::new();
    door.inbound.connected(Now::default());
    assert_eq!(door.refused(door.entry(1, 0, 1)).code(), "unexpected-frame");
    // An empty frame is one of a later version.
    let mut door = Door::new();
    door.inbound.handle(Now::default(), wire::Frame { content: None }, &door.world.trust);
    assert!(door.inbound.is_connected());
}

#[test]
fn a_signed_body_beyond_this_build_takes_its_number_and_holds_nothing_up() {
    let mut door = Door::new();
    let wire_header = WireHeader { kind: "siren".to_owned(), ..WireHeader::from(&header(Lane::Warning, 1)) };
    let protected = wire_header.encode();
    let sign = |key: KeyUse| {
        let message = to_be_signed(&protected, key.algorithm(), &realm().external_aad(), b"loud");
        (key.algorithm(), door.world.soft("jpn").sign(key, &message).unwrap())
    };
    let signatures: Vec<_> = KeyUse::of_bodies(Lane::Warning).iter().map(|&key| sign(key)).collect();
    let envelope = Envelope { protected, payload: b"loud".to_vec(), signatures };
    let stripped = Envelope { signatures: envelope.signatures[..1].to_vec(), ..envelope.clone() };
    let entry = |body| Content::Entry(wire::Entry { epoch: 1, number: 0, body });
    let events = door.knock(entry(envelope.encode()));
    assert!(
        matches!(&events[..], [InboundEvent::Unreadable { why: Refusal::UnknownKind(kind), .. }] if kind == "siren"),
        "{events:?}"
    );
    assert!(matches!(&door.knock(door.entry(1, 1, 2))[..], [InboundEvent::Entry { number: 1, .. }]));
    assert_eq!(Door::new().refused(entry(stripped.encode())).code(), "wrong-signatures");
}
