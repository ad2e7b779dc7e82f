//! A virtual link between two nodes with disks that survive what the nodes do not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use statement::Lane;

use super::{World, place};
use crate::session::Terms;
use crate::wire::Frame;
use crate::wire::frame::Content;
use crate::{
    Closed, Digest, FeedFact, HeldFact, Inbound, InboundEvent, Now, Outbound, OutboundEvent, Refusal,
};

/// What the sender's journal holds.
#[derive(Clone, Default)]
pub(crate) struct SenderDisk {
    pub bodies: Vec<(Digest, Arc<[u8]>)>,
    pub facts: Vec<FeedFact>,
}

impl SenderDisk {
    fn body(&self, epoch: u64, number: u64) -> Option<Arc<[u8]>> {
        let id = self.facts.iter().find_map(|fact| match fact {
            FeedFact::Numbered { epoch: of, number: is, body_id } if (*of, *is) == (epoch, number) => {
                Some(*body_id)
            }
            _ => None,
        })?;
        self.bodies.iter().find(|(body_id, _)| *body_id == id).map(|(_, bytes)| bytes.clone())
    }
}

/// What the receiver's journal holds: entries in their order of arrival.
#[derive(Clone, Default)]
pub(crate) struct ReceiverDisk {
    pub entries: Vec<(u64, u64, Digest)>,
    pub facts: Vec<HeldFact>,
}

impl ReceiverDisk {
    /// The bodies, each at its first arrival.
    pub fn first_arrivals(&self) -> Vec<Digest> {
        let mut seen = Vec::new();
        for (_, _, id) in &self.entries {
            if !seen.contains(id) {
                seen.push(*id);
            }
        }
        seen
    }
}

/// Japan says, the United States hear.
pub(crate) struct Rig {
    pub world: World,
    pub lane: Lane,
    pub now_ns: u64,
    pub sender: Outbound,
    pub sender_disk: SenderDisk,
    unwritten_bodies: Vec<(Digest, Arc<[u8]>)>,
    pub receiver: Inbound,
    pub receiver_disk: ReceiverDisk,
    unwritten_entries: Vec<(u64, u64, Digest)>,
    unwritten_facts: Vec<HeldFact>,
    pub to_receiver: VecDeque<Frame>,
    pub to_sender: VecDeque<Frame>,
    pub up: bool,
    bodies_made: u32,
    /// Every (epoch, number) that ever left the sender, with its body. A restart forgets none; the return of an old
    /// journal forgets those that never reached the receiver, since nobody but the lost journal knew of them.
    pub ledger: BTreeMap<(u64, u64), Digest>,
    pub refusals: Vec<Refusal>,
    pub closed: Vec<Closed>,
    pub receipts: Vec<crate::Receipt>,
    pub seen: Vec<InboundEvent>,
    pub restores_seen: u32,
}

impl Rig {
    pub fn new(lane: Lane) -> Rig {
        Rig {
            world: World::new(),
            lane,
            now_ns: 1_000_000_000,
            sender: Outbound::new(place(lane)),
            sender_disk: SenderDisk::default(),
            unwritten_bodies: Vec::new(),
            receiver: Inbound::new(place(lane)),
            receiver_disk: ReceiverDisk::default(),
            unwritten_entries: Vec::new(),
            unwritten_facts: Vec::new(),
            to_receiver: VecDeque::new(),
            to_sender: VecDeque::new(),
            up: false,
            bodies_made: 0,
            ledger: BTreeMap::new(),
            refusals: Vec::new(),
            closed: Vec::new(),
            receipts: Vec::new(),
            seen: Vec::new(),
            restores_seen: 0,
        }
    }

    pub fn now(&self) -> Now {
        let since_ns = i64::try_from(self.now_ns).unwrap();
        Now {
            mono_ns: self.now_ns,
            tai_ns: 1_664_835_757_000_000_000 + since_ns,
            posix_s: 1_664_835_720 + self.now_ns / 1_000_000_000,
        }
    }

    pub fn connect(&mut self) {
        self.disconnect();
        self.up = true;
        let terms =
            Terms { level: Some(statement::Level::Warning), reason: "tracks stay at home".to_owned() };
        self.sender.connected(self.now(), 1, &terms);
        self.receiver.connected(self.now());
    }

    pub fn disconnect(&mut self) {
        self.up = false;
        self.to_receiver.clear();
        self.to_sender.clear();
        self.sender.disconnected();
        self.receiver.disconnected();
    }

    pub fn append(&mut self) -> Digest {
        self.bodies_made += 1;
        let sealed = self.world.body(self.lane, self.bodies_made);
        self.unwritten_bodies.push((sealed.id(), sealed.bytes().clone()));
        self.sender.append(sealed.id());
        sealed.id()
    }

    /// One durable write of all that the sender has to journal.
    pub fn commit_sender(&mut self) {
        self.sender_disk.bodies.append(&mut self.unwritten_bodies);
        self.sender_disk.facts.extend(self.sender.take_facts());
        self.sender.journalled();
    }

    pub fn commit_receiver(&mut self) {
        self.receiver_disk.facts.append(&mut self.unwritten_facts);
        for entry in core::mem::take(&mut self.unwritten_entries) {
            self.receiver_disk.entries.push(entry);
            let (epoch, number, _) = entry;
            self.receiver.commit(epoch, number + 1);
        }
    }

    /// The sender dies and comes back from a journal.
    pub fn restart_sender_from(&mut self, disk: SenderDisk) {
        self.disconnect();
        if disk.facts != self.sender_disk.facts {
            let arrived = self.receiver_disk.entries.iter().chain(&self.unwritten_entries);
            let arrived: Vec<(u64, u64)> = arrived.map(|(epoch, number, _)| (*epoch, *number)).collect();
            self.ledger.retain(|key, _| arrived.contains(key));
        }
        self.unwritten_bodies.clear();
        self.sender = Outbound::new(place(self.lane));
        disk.facts.iter().for_each(|fact| self.sender.apply(fact).unwrap());
        self.sender_disk = disk;
    }

    pub fn crash_sender(&mut self) {
        self.restart_sender_from(self.sender_disk.clone());
    }

    pub fn restart_receiver_from(&mut self, disk: ReceiverDisk) {
        self.disconnect();
        self.unwritten_entries.clear();
        self.unwritten_facts.clear();
        self.receiver = Inbound::new(place(self.lane));
        disk.facts.iter().for_each(|fact| self.receiver.apply(fact).unwrap());
        self.receiver_disk = disk;
    }

    pub fn crash_receiver(&mut self) {
        self.restart_receiver_from(self.receiver_disk.clone());
    }

    /// Takes one thing out of the sender; false where there is nothing.
    pub fn poll_sender(&mut self) -> bool {
        let Some(event) = self.sender.poll(self.now(), &self.world.keys("jpn")) else { return false };
        match event {
            OutboundEvent::Send(frame) => {
                if let Some(Content::Entry(entry)) = &frame.content {
                    self.note_number(entry);
                }
                if self.up {
                    self.to_receiver.push_back(frame);
                }
            }
            OutboundEvent::NeedBodies { epoch, from, max } => {
                // At most three at a time, so that the journal is asked again.
                let bodies: Vec<_> = (from..from + max.min(3))
                    .map(|number| self.sender_disk.body(epoch, number).unwrap())
                    .collect();
                self.sender.provide(epoch, from, bodies);
            }
            OutboundEvent::Connected { .. } => {}
            OutboundEvent::RestoreSeen => self.restores_seen += 1,
            OutboundEvent::Receipted(receipt) => self.receipts.push(receipt),
            OutboundEvent::Refused(refusal) => self.refusals.push(refusal),
            OutboundEvent::Close(why) => self.closed.push(why),
        }
        true
    }

    fn note_number(&mut self, entry: &crate::wire::Entry) {
        let key = (entry.epoch, entry.number);
        let id = crate::body::id_of(&entry.body).unwrap();
        // INVARIANT (a number names one body), and nothing leaves before it is durable.
        assert_eq!(*self.ledger.entry(key).or_insert(id), id, "{key:?} names two bodies");
        assert!(self.sender_disk.facts.contains(&FeedFact::Numbered {
            epoch: entry.epoch,
            number: entry.number,
            body_id: id
        }));
    }

    pub fn poll_receiver(&mut self) -> bool {
        let Some(event) = self.receiver.poll(self.now(), &self.world.keys("usa")) else { return false };
        match event {
            InboundEvent::Send(frame) => {
                if self.up {
                    self.to_sender.push_back(frame);
                }
            }
            InboundEvent::Entry { epoch, number, ref body } => self.keep(epoch, number, body.id()),
            InboundEvent::Unreadable { epoch, number, body_id, .. } => {
                self.keep(epoch, number, body_id);
                self.seen.push(event);
            }
            InboundEvent::HeadSeen(fact) => self.unwritten_facts.push(fact),
            InboundEvent::Refused(refusal) => self.refusals.push(refusal),
            InboundEvent::Close(why) => self.closed.push(why),
            event => self.seen.push(event),
        }
        true
    }

    fn keep(&mut self, epoch: u64, number: u64, body_id: Digest) {
        self.unwritten_entries.push((epoch, number, body_id));
        self.unwritten_facts.push(HeldFact::Entry { epoch, number, body_id });
    }

    pub fn deliver_to_receiver(&mut self) -> bool {
        let Some(frame) = self.to_receiver.pop_front() else { return false };
        self.receiver.handle(self.now(), frame, &self.world.trust);
        true
    }

    pub fn deliver_to_sender(&mut self) -> bool {
        let Some(frame) = self.to_sender.pop_front() else { return false };
        self.sender.handle(self.now(), frame, &self.world.trust);
        true
    }

    /// Runs until nothing more happens at this instant.
    pub fn settle(&mut self) {
        loop {
            self.commit_sender();
            self.commit_receiver();
            let mut moved = false;
            while self.poll_sender() || self.poll_receiver() {
                moved = true;
            }
            while self.deliver_to_receiver() || self.deliver_to_sender() {
                moved = true;
            }
            if !moved && self.unwritten_entries.is_empty() && self.unwritten_facts.is_empty() {
                return;
            }
        }
    }

    /// Lets time pass, as both nodes' timers ask for it.
    pub fn pass(&mut self, duration_ns: u64) {
        let until = self.now_ns + duration_ns;
        loop {
            self.settle();
            let due =
                [self.sender.next_deadline(), self.receiver.next_deadline()].into_iter().flatten().min();
            match due {
                Some(due) if due <= until => self.now_ns = self.now_ns.max(due),
                _ => break,
            }
        }
        self.now_ns = until;
        self.settle();
    }
}
