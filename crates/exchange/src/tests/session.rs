//! Two nodes over a link that breaks, with crashes and old journals: every entry once, in order, and no number twice.

use proptest::prelude::*;
use statement::{Lane, Level};

use super::link::Rig;
use super::{World, assessment, cases, header, nation, place, realm};
use crate::checkpoint::Place;
use crate::cose::{Envelope, to_be_signed};
use crate::head::sign_head;
use crate::header::WireHeader;
use crate::keys::{KeyUse, Signer};
use crate::session::{claimed, frame};
use crate::wire::frame::Content;
use crate::{Closed, Digest, FeedFact, Inbound, InboundEvent, Now, Refusal, wire};

const SECOND_NS: u64 = 1_000_000_000;

#[test]
fn entries_arrive_once_in_order_and_are_receipted() {
    for lane in Lane::ALL {
        let mut rig = Rig::new(lane);
        rig.connect();
        let said: Vec<Digest> = (0..5).map(|_| rig.append()).collect();
        rig.pass(3 * SECOND_NS);
        assert_eq!(rig.receiver_disk.entries.len(), 5);
        assert_eq!(rig.receiver_disk.first_arrivals(), said);
        let receipt = rig.receipts.last().unwrap();
        assert_eq!((receipt.epoch, receipt.tree.size), (1, 5));
        assert_eq!(rig.sender.feed().receipted(), 5);
        assert_eq!((rig.refusals.len(), rig.closed.len()), (0, 0));
        // Later ones follow on the same connection.
        rig.append();
        rig.pass(2 * SECOND_NS);
        assert_eq!(rig.sender.feed().receipted(), 6);
        let round_trip_ns = rig.sender.latency().unwrap().round_trip_ns;
        assert_eq!((round_trip_ns, rig.receiver.latency().unwrap().round_trip_ns), (0, 0));
    }
}

#[test]
fn a_warning_is_headed_and_receipted_at_once() {
    let mut rig = Rig::new(Lane::Warning);
    rig.connect();
    rig.settle();
    rig.append();
    // No time passes: the head comes right after the entry.
    rig.settle();
    let receipt = rig.receipts.last().unwrap();
    assert_eq!(receipt.tree.size, 1);
    // Made at the header's instant, received one second of the rig's clock later.
    assert_eq!(receipt.delays.delays_ns, [SECOND_NS as i64]);
}

#[test]
fn the_partner_sees_the_terms() {
    let mut rig = Rig::new(Lane::Warning);
    rig.connect();
    rig.settle();
    let terms = rig.seen.iter().find_map(|event| match event {
        InboundEvent::Connected { terms, roster_version: 1 } => Some(terms.clone()),
        _ => None,
    });
    let terms = terms.unwrap();
    assert_eq!((terms.level, terms.reason.as_str()), (Some(Level::Warning), "tracks stay at home"));
}

#[test]
fn nothing_is_numbered_before_the_partner_answers_and_nothing_sent_before_it_is_durable() {
    let mut rig = Rig::new(Lane::Warning);
    let id = rig.append();
    assert_eq!(rig.sender.take_facts(), [FeedFact::Queued { body_id: id }]);
    rig.connect();
    while rig.poll_sender() || rig.poll_receiver() || rig.deliver_to_receiver() || rig.deliver_to_sender() {}
    assert!(rig.sender.is_connected());
    // The answer has come, the facts are not yet journalled.
    assert!(rig.ledger.is_empty());
    let numbered = [FeedFact::Opened { epoch: 1 }, FeedFact::Numbered { epoch: 1, number: 0, body_id: id }];
    assert_eq!(rig.sender.take_facts(), numbered);
    assert!(!rig.poll_sender());
}

#[test]
fn a_long_backlog_passes_through_the_window() {
    for (lane, count) in [(Lane::Warning, 1_300), (Lane::Picture, 700)] {
        let mut rig = Rig::new(lane);
        let said: Vec<Digest> = (0..count).map(|_| rig.append()).collect();
        rig.connect();
        // Without a second passing: receipts come within the burst and keep the window open.
        rig.settle();
        rig.pass(SECOND_NS);
        assert_eq!(rig.receiver_disk.entries.len(), count);
        assert_eq!(rig.receiver_disk.first_arrivals(), said);
        assert_eq!(rig.sender.feed().receipted(), count as u64);
    }
}

#[test]
fn a_silent_connection_is_dead_after_four_seconds_on_both_sides() {
    let mut rig = Rig::new(Lane::Warning);
    rig.connect();
    rig.settle();
    rig.up = false;
    rig.pass(SECOND_NS * 39 / 10);
    assert!(rig.closed.is_empty());
    rig.pass(SECOND_NS / 5);
    assert_eq!(rig.closed, [Closed::Dead, Closed::Dead]);
    assert_eq!((rig.sender.next_deadline(), rig.receiver.next_deadline()), (None, None));
}

#[test]
fn a_restored_journal_comes_back_under_a_new_epoch() {
    let mut rig = Rig::new(Lane::Warning);
    rig.connect();
    let first: Vec<Digest> = (0..3).map(|_| rig.append()).collect();
    rig.settle();
    let backup = rig.sender_disk.clone();
    let lost: Vec<Digest> = (0..2).map(|_| rig.append()).collect();
    rig.settle();
    rig.restart_sender_from(backup);
    let after = rig.append();
    rig.connect();
    rig.settle();
    assert_eq!(rig.restores_seen, 1);
    let expected: Vec<(u64, u64, Digest)> = vec![
        (1, 0, first[0]),
        (1, 1, first[1]),
        (1, 2, first[2]),
        (1, 3, lost[0]),
        (1, 4, lost[1]),
        (2, 0, after),
    ];
    assert_eq!(rig.receiver_disk.entries, expected);
    // An intact journal keeps the epoch.
    rig.crash_sender();
    rig.connect();
    rig.append();
    rig.settle();
    assert_eq!(rig.receiver_disk.entries.last().map(|entry| (entry.0, entry.1)), Some((2, 1)));
}

#[test]
fn a_head_without_its_entries_also_shows_a_restore() {
    let mut rig = Rig::new(Lane::Warning);
    rig.connect();
    rig.append();
    rig.settle();
    let backup = rig.sender_disk.clone();
    let withheld = rig.append();
    rig.commit_sender();
    while rig.poll_sender() {}
    // The entry is withheld on the way, its head is not.
    rig.to_receiver.retain(|frame| !matches!(frame.content, Some(Content::Entry(_))));
    while rig.deliver_to_receiver() {}
    rig.pass(SECOND_NS * 11 / 10);
    assert!(rig.seen.contains(&InboundEvent::Gap { size: 1, head_size: 2 }));
    assert!(rig.closed.contains(&Closed::Gap));
    // Number 1 of epoch 1 has named a body: the restored sender must not name another by it.
    rig.restart_sender_from(backup);
    let after = rig.append();
    rig.crash_receiver();
    rig.connect();
    rig.settle();
    assert_eq!(rig.receiver_disk.entries.last(), Some(&(2, 0, after)));
    assert_ne!(after, withheld);
}

#[test]
fn a_gap_is_asked_for_again() {
    let mut rig = Rig::new(Lane::Warning);
    rig.connect();
    rig.settle();
    let said = rig.append();
    rig.commit_sender();
    while rig.poll_sender() {}
    rig.to_receiver.retain(|frame| !matches!(frame.content, Some(Content::Entry(_))));
    rig.pass(SECOND_NS * 11 / 10);
    assert!(rig.seen.contains(&InboundEvent::Gap { size: 0, head_size: 1 }));
    rig.connect();
    rig.settle();
    assert_eq!(rig.receiver_disk.entries, [(1, 0, said)]);
}

#[test]
fn forcing_a_new_epoch_works_at_any_time() {
    for connected in [false, true] {
        let mut rig = Rig::new(Lane::Warning);
        rig.connect();
        let said: Vec<Digest> = (0..3).map(|_| rig.append()).collect();
        rig.settle();
        if !connected {
            rig.crash_sender();
        }
        rig.sender.force_new_epoch();
        rig.commit_sender();
        if !connected {
            // It outlives a crash before the partner answers.
            rig.crash_sender();
            rig.connect();
        }
        let after = rig.append();
        rig.settle();
        assert_eq!(rig.receiver_disk.first_arrivals(), [said[0], said[1], said[2], after]);
        assert_eq!(rig.receiver_disk.entries.last(), Some(&(2, 0, after)), "connected: {connected}");
        assert!(rig.refusals.is_empty(), "{:?}", rig.refusals);
    }
}

#[test]
fn a_journal_that_gives_another_body_stops_the_sender() {
    let mut rig = Rig::new(Lane::Warning);
    rig.connect();
    rig.settle();
    rig.append();
    rig.commit_sender();
    let other = rig.world.assessment(99);
    rig.sender.provide(1, 0, [other.bytes().clone()]);
    while rig.poll_sender() {}
    assert_eq!(rig.closed, [Closed::Failed]);
    assert!(rig.ledger.is_empty());
}

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

/// What can happen, in any order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Append,
    CommitSender,
    CommitReceiver,
    PollSender,
    PollReceiver,
    DeliverToReceiver,
    DeliverToSender,
    Pass,
    Settle,
    Connect,
    Disconnect,
    CrashSender,
    CrashReceiver,
    Force,
    Backup,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Append),
        3 => Just(Step::CommitSender),
        3 => Just(Step::CommitReceiver),
        6 => Just(Step::PollSender),
        5 => Just(Step::PollReceiver),
        6 => Just(Step::DeliverToReceiver),
        5 => Just(Step::DeliverToSender),
        2 => Just(Step::Pass),
        1 => Just(Step::Settle),
        2 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
        1 => Just(Step::CrashSender),
        1 => Just(Step::CrashReceiver),
        1 => Just(Step::Force),
        1 => Just(Step::Backup),
        1 => Just(Step::Restore),
    ]
}

/// Runs the steps, then lets the link be well until all is quiet.
fn run(lane: Lane, steps: &[Step], with_epochs: bool) -> (Rig, bool) {
    let mut rig = Rig::new(lane);
    let mut backup = rig.sender_disk.clone();
    let mut restored = false;
    for step in steps {
        match step {
            Step::Append => drop(rig.append()),
            Step::CommitSender => rig.commit_sender(),
            Step::CommitReceiver => rig.commit_receiver(),
            Step::PollSender => drop(rig.poll_sender()),
            Step::PollReceiver => drop(rig.poll_receiver()),
            Step::DeliverToReceiver => drop(rig.deliver_to_receiver()),
            Step::DeliverToSender => drop(rig.deliver_to_sender()),
            Step::Pass => rig.pass(SECOND_NS * 7 / 10),
            Step::Settle => rig.settle(),
            Step::Connect => rig.connect(),
            Step::Disconnect => rig.disconnect(),
            Step::CrashSender => rig.crash_sender(),
            Step::CrashReceiver => rig.crash_receiver(),
            Step::Force if with_epochs => rig.sender.force_new_epoch(),
            Step::Backup if with_epochs => backup = rig.sender_disk.clone(),
            Step::Restore if with_epochs => {
                restored = true;
                rig.restart_sender_from(backup.clone());
            }
            Step::Force | Step::Backup | Step::Restore => {}
        }
    }
    rig.commit_sender();
    rig.commit_receiver();
    rig.connect();
    rig.pass(3 * SECOND_NS);
    (rig, restored)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn with_intact_journals_every_entry_arrives_once_and_in_order(
        picture in any::<bool>(),
        steps in prop::collection::vec(step(), 0..140),
    ) {
        let lane = if picture { Lane::Picture } else { Lane::Warning };
        let (rig, _) = run(lane, &steps, false);
        let said: Vec<Digest> = rig.sender_disk.bodies.iter().map(|(id, _)| *id).collect();
        let heard: Vec<Digest> = rig.receiver_disk.entries.iter().map(|(_, _, id)| *id).collect();
        prop_assert_eq!(&heard, &said);
        prop_assert!(rig.receiver_disk.entries.iter().enumerate().all(|(at, entry)| (entry.0, entry.1) == (1, at as u64)));
        prop_assert_eq!(rig.sender.feed().receipted(), said.len() as u64);
        prop_assert_eq!(rig.refusals.len(), 0, "{:?}", rig.refusals);
        prop_assert_eq!(rig.restores_seen, 0);
    }

    #[test]
    fn with_old_journals_and_forced_epochs_nothing_said_is_lost_and_no_number_is_used_twice(
        picture in any::<bool>(),
        steps in prop::collection::vec(step(), 0..140),
    ) {
        // That no number names two bodies is asserted by the rig at each frame sent.
        let lane = if picture { Lane::Picture } else { Lane::Warning };
        let (rig, restored) = run(lane, &steps, true);
        let said: Vec<Digest> = rig.sender_disk.bodies.iter().map(|(id, _)| *id).collect();
        let first_arrivals = rig.receiver_disk.first_arrivals();
        // What the journal of the sender holds in the end is all there, in its order.
        let arrived: Vec<Digest> = first_arrivals.iter().copied().filter(|id| said.contains(id)).collect();
        prop_assert_eq!(&arrived, &said);
        if !restored {
            prop_assert_eq!(&first_arrivals, &said);
        }
        // Epochs only grow, and numbers run from 0 without a hole.
        let mut next = (0, 0);
        for &(epoch, number, id) in &rig.receiver_disk.entries {
            next = if epoch > next.0 { (epoch, 0) } else { next };
            prop_assert_eq!((epoch, number), next);
            prop_assert!(rig.ledger.get(&(epoch, number)).is_none_or(|sent| *sent == id));
            next.1 += 1;
        }
        prop_assert_eq!(rig.refusals.len(), 0, "{:?}", rig.refusals);
    }
}
