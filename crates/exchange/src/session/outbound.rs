//! The side that says: it dials, numbers, sends, and takes receipts.

use std::collections::VecDeque;
use std::sync::Arc;

use super::events::OutboundEvent;
use super::hello::hello;
use super::sending::Connection;
use super::{Closed, EPOCH_MAX, Latency, Now, Terms, VERSIONS};
use super::{bye, bye_for, frame, name_of, read_bye};
use crate::body::id_of;
use crate::checkpoint::Place;
use crate::digest::Digest;
use crate::feed::{BadFact, Feed, FeedFact, Held};
use crate::head::{SenderKeys, sign_head};
use crate::keys::SignError;
use crate::limits::{HEADS_OPEN_MAX, window};
use crate::merkle::Frontier;
use crate::receipt::open_receipt;
use crate::refusal::Refusal;
use crate::trust::Trust;
use crate::wire;
use crate::wire::frame::Content;
use statement::Lane;

/// One lane of the feed to one partner: its durable [`Feed`], and the connection where there is one.
#[derive(Clone, Debug)]
pub struct Outbound {
    place: Place,
    feed: Feed,
    /// Facts that the driver has not yet taken.
    facts: Vec<FeedFact>,
    /// (epoch, size) up to which the driver has taken the feed's facts, and up to which they are journalled.
    taken: (u64, u64),
    durable: (u64, u64),
    resolved: bool,
    connection: Option<Connection>,
    events: VecDeque<OutboundEvent>,
}

impl Outbound {
    /// A feed of which nothing is known yet.
    pub fn new(place: Place) -> Outbound {
        Outbound {
            place,
            feed: Feed::default(),
            facts: Vec::new(),
            taken: (0, 0),
            durable: (0, 0),
            resolved: false,
            connection: None,
            events: VecDeque::new(),
        }
    }

    /// Recovery: applies a fact of the journal, in its order. Refuses one that does not follow.
    pub fn apply(&mut self, fact: &FeedFact) -> Result<(), BadFact> {
        self.feed.apply(fact)?;
        self.taken = (self.feed.epoch(), self.feed.tree().size());
        self.durable = self.taken;
        Ok(())
    }

    /// Which lane of which feed.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The durable state.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Whether the partner has answered a Hello on the present connection.
    pub fn is_connected(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.answered)
    }

    /// What the heartbeats of the present connection showed.
    pub fn latency(&self) -> Option<Latency> {
        self.connection.as_ref()?.clocks.latency()
    }

    /// Appends a body: numbered where the feed is resolved, else kept waiting. It goes out once the facts of it are
    /// journalled with the body.
    pub fn append(&mut self, body_id: Digest) {
        let fact = if self.resolved { self.feed.number(body_id) } else { self.feed.queue(body_id) };
        self.facts.push(fact);
    }

    /// Begins a new epoch: at once where the feed is resolved, else with the partner's next answer.
    pub fn force_new_epoch(&mut self) {
        if !self.resolved {
            self.facts.push(self.feed.force());
            return;
        }
        self.facts.extend(self.feed.reopen());
        if let Some(connection) = &mut self.connection {
            connection.begin(self.feed.epoch(), Frontier::default(), 0);
        }
    }

    /// The facts since the last call, in their order: to be journalled in it, then [`Outbound::journalled`].
    pub fn take_facts(&mut self) -> Vec<FeedFact> {
        self.taken = (self.feed.epoch(), self.feed.tree().size());
        core::mem::take(&mut self.facts)
    }

    /// The facts taken so far are durable. From here a restart recovers them; nothing of them was sent before.
    pub fn journalled(&mut self) {
        self.durable = self.taken;
    }

    /// A connection stands: says Hello. `versions` and realm follow from the place.
    pub fn connected(&mut self, now: Now, roster_version: u32, terms: &Terms) {
        self.disconnected();
        self.connection = Some(Connection::new(now, hello(&self.place, roster_version, terms)));
    }

    /// The connection is gone. Numbers stay; what was not receipted is sent again.
    pub fn disconnected(&mut self) {
        self.connection = None;
        // What was learnt outlives the connection.
        self.events.retain(|event| matches!(event, OutboundEvent::RestoreSeen | OutboundEvent::Receipted(_)));
    }

    /// Takes a frame of the partner. What follows from it comes out of [`Outbound::poll`].
    pub fn handle(&mut self, now: Now, frame: wire::Frame, trust: &Trust) {
        if let Err(refusal) = self.take(now, frame, trust) {
            self.refuse(refusal);
        }
    }

    /// Bodies as [`OutboundEvent::NeedBodies`] asked for, or the newest ones unasked. Ignored where they are not the
    /// next to be sent.
    pub fn provide(&mut self, epoch: u64, from: u64, bodies: impl IntoIterator<Item = Arc<[u8]>>) {
        let Some(connection) = self.connection.as_mut().filter(|connection| connection.answered) else {
            return;
        };
        let mut number = connection.next_wanted();
        if epoch != connection.epoch || epoch != self.feed.epoch() || from != number {
            return;
        }
        for body in bodies {
            if number >= connection.held.saturating_add(window(self.place.lane)) {
                break;
            }
            // INVARIANT (a number names one body): what is sent is what was numbered.
            let leaf = self.feed.tree().leaf(number).filter(|leaf| id_of(&body) == Ok(*leaf));
            let Some(leaf) = leaf else {
                self.close(Closed::Failed, bye("closing", "the sender's journal is not whole"));
                return;
            };
            connection.ready.push_back((leaf, body));
            number += 1;
        }
        if number == from && connection.asked > from {
            self.close(Closed::Failed, bye("closing", "the sender's journal is not whole"));
            return;
        }
        // A journal that gave less than was asked is asked again at the next poll.
        connection.asked = number;
    }

    /// The next thing to do; `None` until something comes in, is appended or is due.
    pub fn poll(&mut self, now: Now, keys: &SenderKeys<'_>) -> Option<OutboundEvent> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        let connection = self.connection.as_mut()?;
        if let Some(hello) = connection.hello.take() {
            return Some(OutboundEvent::Send(frame(Content::Hello(hello))));
        }
        if connection.timers.dead(now) && !statement::planted!("dead-link-kept") {
            self.connection = None;
            return Some(OutboundEvent::Close(Closed::Dead));
        }
        if !connection.answered {
            return None;
        }
        if connection.timers.beat_due(now) || self.head_due() {
            return Some(self.heartbeat(now, keys));
        }
        self.entry().or_else(|| self.need_bodies())
    }

    /// When [`Outbound::poll`] has something to do at the latest, monotonic nanoseconds.
    pub fn next_deadline(&self) -> Option<u64> {
        let connection = self.connection.as_ref()?;
        Some(connection.timers.deadline(connection.answered))
    }

    fn take(&mut self, now: Now, frame: wire::Frame, trust: &Trust) -> Result<(), Refusal> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        connection.timers.heard(now);
        match frame.content {
            Some(Content::HelloAnswer(answer)) if !connection.answered && connection.hello.is_none() => {
                self.answered(&answer)
            }
            Some(Content::Heartbeat(beat)) if connection.answered && beat.head.is_empty() => {
                connection.clocks.received(now, &beat);
                Ok(())
            }
            Some(Content::Receipt(receipt)) if connection.answered => self.receipt(&receipt.note, trust),
            Some(Content::Bye(bye)) => {
                self.events.push_back(OutboundEvent::Close(read_bye(&bye)));
                self.connection = None;
                Ok(())
            }
            Some(content) => Err(Refusal::UnexpectedFrame(name_of(&content).to_owned())),
            // A frame of a later version.
            None => Ok(()),
        }
    }

    fn answered(&mut self, answer: &wire::HelloAnswer) -> Result<(), Refusal> {
        if !VERSIONS.contains(&answer.version) {
            return Err(Refusal::Version);
        }
        let root = Digest::try_from(answer.root.as_slice())
            .map_err(|_| Refusal::malformed("the root of a HelloAnswer has not 32 bytes"))?;
        if answer.epoch >= EPOCH_MAX {
            return Err(Refusal::malformed("the epoch of a HelloAnswer is beyond all reason"));
        }
        let (epoch, size, head_size_max) = (answer.epoch, answer.size, answer.head_size_max);
        let held = Held { epoch, size, root, head_size_max };
        let resolution = self.feed.resolve(&held);
        self.resolved = true;
        self.events.push_back(OutboundEvent::Connected { held, roster_version: answer.roster_version });
        if resolution.restored {
            self.events.push_back(OutboundEvent::RestoreSeen);
        }
        self.facts.extend(resolution.facts);
        if let Some(connection) = &mut self.connection {
            connection.answered = true;
            let head_floor = if statement::planted!("head-floor-forgotten") {
                0
            } else if held.epoch == self.feed.epoch() {
                head_size_max
            } else {
                0
            };
            connection.begin(self.feed.epoch(), resolution.resume_from, head_floor);
        }
        Ok(())
    }

    fn receipt(&mut self, note: &str, trust: &Trust) -> Result<(), Refusal> {
        let receipt = open_receipt(note, &self.place, trust)?;
        let Some(connection) = &mut self.connection else { return Ok(()) };
        if receipt.epoch < connection.epoch {
            // On its way when the epoch changed.
            return Ok(());
        }
        let size = receipt.tree.size;
        if receipt.epoch != connection.epoch || connection.open_heads.get(&size) != Some(&receipt.tree.root) {
            return Err(Refusal::UnknownHead(size));
        }
        connection.open_heads = connection.open_heads.split_off(&size.saturating_add(1));
        connection.held = connection.held.max(size);
        self.facts.push(self.feed.receipt(size));
        self.events.push_back(OutboundEvent::Receipted(receipt));
        Ok(())
    }

    /// The size up to which this connection may send.
    fn sendable(&self) -> u64 {
        match &self.connection {
            Some(connection) if self.durable.0 == connection.epoch => {
                self.durable.1.min(connection.held.saturating_add(window(self.place.lane)))
            }
            _ => 0,
        }
    }

    /// A head is due at the end of a burst of warnings, and within a burst often enough that receipts keep the window
    /// open.
    fn head_due(&self) -> bool {
        let Some(connection) = &self.connection else { return false };
        let sent = connection.sent.size();
        let headed = connection.head.as_ref().map_or(connection.held, |(size, _)| *size);
        let unheaded = sent.saturating_sub(headed);
        let burst_over = self.place.lane == Lane::Warning && sent >= self.durable.1;
        sent >= connection.head_floor
            && unheaded > 0
            && (burst_over || unheaded >= window(self.place.lane) / 4)
    }

    fn heartbeat(&mut self, now: Now, keys: &SenderKeys<'_>) -> OutboundEvent {
        match self.head_note(now, keys) {
            Ok(note) => {
                let Some(connection) = &mut self.connection else {
                    return OutboundEvent::Close(Closed::Failed);
                };
                connection.timers.beat(now);
                OutboundEvent::Send(frame(Content::Heartbeat(connection.clocks.heartbeat(now, note))))
            }
            // On doubt the node stops signing: it never sends unsigned.
            Err(_) => {
                self.connection = None;
                OutboundEvent::Close(Closed::Failed)
            }
        }
    }

    /// The head of what was sent on this connection; empty where there is none, or a larger one was seen before.
    fn head_note(&mut self, now: Now, keys: &SenderKeys<'_>) -> Result<String, SignError> {
        let Some(connection) = &mut self.connection else { return Ok(String::new()) };
        let size = connection.sent.size();
        if let Some((_, note)) = connection.head.as_ref().filter(|(newest, _)| *newest == size) {
            return Ok(note.clone());
        }
        if size == 0 || size < connection.head_floor {
            return Ok(String::new());
        }
        let root = connection.sent.root();
        let head = sign_head(&self.place, connection.epoch, size, root, now.posix_s, keys)?;
        connection.open_heads.insert(size, root);
        while connection.open_heads.len() > HEADS_OPEN_MAX {
            connection.open_heads.pop_first();
        }
        connection.head = Some((size, head.note.clone()));
        Ok(head.note)
    }

    fn entry(&mut self) -> Option<OutboundEvent> {
        let sendable = self.sendable();
        let connection = self.connection.as_mut()?;
        if connection.sent.size() >= sendable {
            return None;
        }
        let (leaf, body) = connection.ready.pop_front()?;
        let number = connection.sent.size();
        connection.sent.append(&leaf.0);
        let entry = wire::Entry { epoch: connection.epoch, number, body: body.to_vec() };
        Some(OutboundEvent::Send(frame(Content::Entry(entry))))
    }

    fn need_bodies(&mut self) -> Option<OutboundEvent> {
        let sendable = self.sendable();
        let connection = self.connection.as_mut()?;
        let from = connection.next_wanted();
        if from >= sendable || connection.asked > from {
            return None;
        }
        connection.asked = sendable;
        Some(OutboundEvent::NeedBodies { epoch: connection.epoch, from, max: sendable - from })
    }

    fn refuse(&mut self, refusal: Refusal) {
        let frame = bye_for(&refusal);
        self.events.push_back(OutboundEvent::Refused(refusal));
        self.close(Closed::Refused, frame);
    }

    fn close(&mut self, why: Closed, last: wire::Frame) {
        self.connection = None;
        self.events.push_back(OutboundEvent::Send(last));
        self.events.push_back(OutboundEvent::Close(why));
    }
}
