//! Two nodes over a link that breaks, with crashes and old journals: every entry once, in order, and no number twice.

use proptest::prelude::*;
use statement::{Lane, Level};

use super::cases;
use super::link::Rig;
use crate::head::sign_head;
use crate::receipt::sign_receipt;
use crate::session::frame;
use crate::wire::frame::Content;
use crate::{Closed, Delays, Digest, FeedFact, InboundEvent, Refusal, wire};

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
    // A write that ended before these facts were taken does not cover them.
    rig.sender.journalled();
    assert!(!rig.poll_sender());
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
fn an_old_journal_under_a_higher_epoch_feeds_again_what_no_receipt_covers() {
    let mut rig = Rig::new(Lane::Warning);
    rig.connect();
    let first = rig.append();
    rig.settle();
    assert_eq!(rig.sender.feed().receipted(), 1);
    rig.disconnect();
    let rest: Vec<Digest> = (0..2).map(|_| rig.append()).collect();
    rig.commit_sender();
    let backup = rig.sender_disk.clone();
    // In epoch 2 the first of the two arrives; the connection breaks, and then the journal goes.
    rig.sender.force_new_epoch();
    rig.connect();
    rig.commit_sender();
    while rig.receiver_disk.entries.len() < 2 {
        rig.commit_sender();
        rig.poll_sender();
        rig.deliver_to_receiver();
        rig.poll_receiver();
        rig.deliver_to_sender();
        rig.commit_receiver();
    }
    assert_eq!(rig.receiver_disk.entries, [(1, 0, first), (2, 0, rest[0])]);
    rig.restart_sender_from(backup);
    rig.connect();
    rig.settle();
    assert_eq!(rig.receiver_disk.entries[2..], [(3, 0, rest[0]), (3, 1, rest[1])]);
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
    let first = rig.append();
    rig.settle();
    let withheld = rig.append();
    rig.commit_sender();
    while rig.poll_sender() {}
    rig.to_receiver.retain(|frame| !matches!(frame.content, Some(Content::Entry(_))));
    rig.pass(SECOND_NS * 11 / 10);
    assert!(rig.seen.contains(&InboundEvent::Gap { size: 1, head_size: 2 }));
    // The head of size 2 was seen: on the next connection none of size 1 comes before the entry.
    rig.connect();
    rig.settle();
    assert_eq!(rig.receiver_disk.entries, [(1, 0, first), (1, 1, withheld)]);
    assert_eq!(rig.refusals, []);
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
fn a_receipt_for_a_head_that_was_not_sent_is_refused() {
    let place = super::place(Lane::Warning);
    // Another root of the size that was sent, and a size that was not.
    for size in [1, 5] {
        let mut rig = Rig::new(Lane::Warning);
        rig.connect();
        rig.append();
        rig.settle();
        let head = sign_head(&place, 1, size, Digest([9; 32]), 1, &rig.world.keys("jpn")).unwrap();
        let receipt = sign_receipt(&place, &head, Delays::default(), 1, &rig.world.keys("usa")).unwrap();
        rig.to_sender.push_back(frame(Content::Receipt(wire::Receipt { note: receipt.note })));
        rig.settle();
        assert_eq!(rig.refusals, [Refusal::UnknownHead(size)]);
        assert!(rig.closed.contains(&Closed::Refused));
        assert_eq!(rig.sender.feed().receipted(), 1);
    }
}

#[test]
fn an_answer_beyond_all_reason_is_refused_and_opens_no_epoch() {
    let good = wire::HelloAnswer { version: 1, root: vec![0; 32], ..Default::default() };
    for (answer, code) in [
        (wire::HelloAnswer { epoch: u64::MAX, ..good.clone() }, "malformed"),
        (wire::HelloAnswer { root: vec![0; 31], ..good.clone() }, "malformed"),
        (wire::HelloAnswer { version: 2, ..good.clone() }, "version"),
    ] {
        let mut rig = Rig::new(Lane::Warning);
        rig.append();
        rig.connect();
        while rig.poll_sender() {}
        rig.to_sender.push_back(frame(Content::HelloAnswer(answer)));
        rig.deliver_to_sender();
        while rig.poll_sender() {}
        assert_eq!(rig.refusals.iter().map(Refusal::code).collect::<Vec<_>>(), [code]);
        assert_eq!(rig.closed, [Closed::Refused]);
        assert_eq!((rig.sender.feed().epoch(), rig.sender.feed().waiting()), (0, 1));
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
