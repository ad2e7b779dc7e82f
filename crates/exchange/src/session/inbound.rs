//! The side that hears: it accepts, checks, and signs for what it holds durably.

use std::collections::VecDeque;

use super::clocks::Clocks;
use super::events::InboundEvent;
use super::hello::{check_hello, read_terms};
use super::{Closed, EPOCH_MAX, Latency, Now, Timers, VERSIONS};
use super::{bye, bye_for, frame, name_of, read_bye};
use crate::body::{Opened, open_for};
use crate::checkpoint::Place;
use crate::feed::Held;
use crate::head::{Head, SenderKeys, open_head};
use crate::held::{BadHeldFact, HeldFact, HeldFeed};
use crate::keys::SignError;
use crate::limits::{GAP_AFTER_NS, RECEIPT_DELAYS_MAX, window};
use crate::receipt::{Delays, sign_receipt};
use crate::refusal::Refusal;
use crate::trust::Trust;
use crate::wire;
use crate::wire::frame::Content;
use statement::planted;

/// One lane of the feed from one partner: what is held of it, and the connection where there is one.
#[derive(Clone, Debug)]
pub struct Inbound {
    place: Place,
    /// What is held durably.
    held: HeldFeed,
    /// The same with what has arrived and is not yet committed.
    arrived: HeldFeed,
    pending: VecDeque<Pending>,
    /// Delays of committed entries that no receipt lists yet: (number, nanoseconds).
    delays: VecDeque<(u64, i64)>,
    /// Heads of this connection that fit, waiting for their entries to be committed.
    heads: VecDeque<Head>,
    last_head: Option<Head>,
    connection: Option<Connection>,
    events: VecDeque<InboundEvent>,
}

#[derive(Clone, Debug)]
struct Pending {
    fact: HeldFact,
    delay_ns: i64,
}

#[derive(Clone, Debug)]
struct Connection {
    hello: Option<u32>,
    answered: bool,
    timers: Timers,
    clocks: Clocks,
    /// The newest head of this connection: it is repeated with each heartbeat while nothing is said.
    head_note: String,
    /// A head ahead of the entries, and since when nothing came.
    ahead: Option<(Head, u64)>,
}

impl Inbound {
    /// A feed of which nothing is held yet.
    pub fn new(place: Place) -> Inbound {
        Inbound {
            place,
            held: HeldFeed::default(),
            arrived: HeldFeed::default(),
            pending: VecDeque::new(),
            delays: VecDeque::new(),
            heads: VecDeque::new(),
            last_head: None,
            connection: None,
            events: VecDeque::new(),
        }
    }

    /// Recovery: applies a fact of the journal, in its order. Refuses one that does not follow.
    pub fn apply(&mut self, fact: &HeldFact) -> Result<(), BadHeldFact> {
        self.held.apply(fact)?;
        self.arrived = self.held.clone();
        Ok(())
    }

    /// Which lane of which feed.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What is held durably.
    pub fn held(&self) -> Held {
        self.held.held()
    }

    /// How far that goes: epoch and size. Without the root, which takes its time.
    pub fn reached(&self) -> (u64, u64) {
        (self.held.epoch(), self.held.tree().size())
    }

    /// Whether the present connection's Hello was answered.
    pub fn is_connected(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.answered)
    }

    /// What the heartbeats of the present connection showed.
    pub fn latency(&self) -> Option<Latency> {
        self.connection.as_ref()?.clocks.latency()
    }

    /// A connection stands, authenticated as the partner's. It replaces the one before.
    pub fn connected(&mut self, now: Now) {
        self.disconnected();
        self.connection = Some(Connection {
            hello: None,
            answered: false,
            timers: Timers::new(now),
            clocks: Clocks::default(),
            head_note: String::new(),
            ahead: None,
        });
    }

    /// The connection is gone. Entries that came out of `poll` may still be committed.
    pub fn disconnected(&mut self) {
        self.connection = None;
        // The next connection brings its own head, and a receipt is for a head of its connection.
        self.heads.clear();
        self.events.retain(|event| {
            !matches!(event, InboundEvent::Send(_) | InboundEvent::Close(_) | InboundEvent::Connected { .. })
        });
    }

    /// Takes a frame of the partner. What follows from it comes out of [`Inbound::poll`].
    pub fn handle(&mut self, now: Now, frame: wire::Frame, trust: &Trust) {
        if let Err(refusal) = self.take(now, frame, trust) {
            let last = bye_for(&refusal);
            self.events.push_back(InboundEvent::Refused(refusal));
            self.close(Closed::Refused, last);
        }
    }

    /// All entries up to number `size - 1` of `epoch` that came out of `poll` are durable. From here a restart
    /// recovers them; receipts cover nothing else.
    pub fn commit(&mut self, epoch: u64, size: u64) {
        while let Some(Pending { fact: fact @ HeldFact::Entry { epoch: of, number, .. }, delay_ns }) =
            self.pending.front().cloned()
        {
            // CLAIM: `arrived` took the same facts in the same order, so they follow here too.
            if (of, number) >= (epoch, size) || self.held.apply(&fact).is_err() {
                return;
            }
            self.pending.pop_front();
            if number == 0 {
                self.delays.clear();
            }
            self.delays.push_back((number, delay_ns));
            while self.delays.len() > RECEIPT_DELAYS_MAX {
                self.delays.pop_front();
            }
            self.settle_heads();
        }
    }

    /// A head that was seen counts at once, in its order among the entries: to know of too much is safe.
    fn settle_heads(&mut self) {
        while let Some(Pending { fact: fact @ HeldFact::HeadSeen { .. }, .. }) = self.pending.front() {
            if self.held.apply(fact).is_err() {
                return;
            }
            self.pending.pop_front();
        }
    }

    /// The next thing to do; `None` until something comes in, is committed or is due.
    pub fn poll(&mut self, now: Now, keys: &SenderKeys<'_>) -> Option<InboundEvent> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        let connection = self.connection.as_mut()?;
        if connection.timers.dead(now) {
            self.connection = None;
            return Some(InboundEvent::Close(Closed::Dead));
        }
        if !connection.answered {
            return self.answer();
        }
        if let Some(gap) = self.gap(now) {
            return Some(gap);
        }
        match self.receipt(now, keys) {
            Ok(Some(receipt)) => return Some(receipt),
            Ok(None) => {}
            // On doubt the node stops signing: it never sends unsigned.
            Err(_) => {
                self.connection = None;
                return Some(InboundEvent::Close(Closed::Failed));
            }
        }
        let connection = self.connection.as_mut()?;
        if !connection.timers.beat_due(now) {
            return None;
        }
        connection.timers.beat(now);
        Some(InboundEvent::Send(frame(Content::Heartbeat(connection.clocks.heartbeat(now, String::new())))))
    }

    /// When [`Inbound::poll`] has something to do at the latest, monotonic nanoseconds.
    pub fn next_deadline(&self) -> Option<u64> {
        let connection = self.connection.as_ref()?;
        let deadline = connection.timers.deadline(connection.answered);
        let gap = connection.ahead.as_ref().map_or(u64::MAX, |(_, since)| since.saturating_add(GAP_AFTER_NS));
        Some(deadline.min(gap))
    }

    fn take(&mut self, now: Now, frame: wire::Frame, trust: &Trust) -> Result<(), Refusal> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        connection.timers.heard(now);
        match frame.content {
            Some(Content::Hello(hello)) if connection.hello.is_none() && !connection.answered => {
                self.hello(&hello, trust)
            }
            Some(Content::Entry(entry)) if connection.answered => self.entry(now, &entry, trust),
            Some(Content::Heartbeat(beat)) if connection.answered => {
                connection.clocks.received(now, &beat);
                if beat.head.is_empty() { Ok(()) } else { self.head(now, &beat.head, trust) }
            }
            Some(Content::Bye(bye)) => {
                self.connection = None;
                self.events.push_back(InboundEvent::Close(read_bye(&bye)));
                Ok(())
            }
            Some(content) => Err(Refusal::UnexpectedFrame(name_of(&content).to_owned())),
            // A frame of a later version.
            None => Ok(()),
        }
    }

    fn hello(&mut self, hello: &wire::Hello, trust: &Trust) -> Result<(), Refusal> {
        check_hello(hello, &self.place, trust)?;
        if let Some(connection) = &mut self.connection {
            connection.hello = Some(trust.roster().version);
        }
        self.events.push_back(InboundEvent::Connected {
            terms: read_terms(hello),
            roster_version: hello.roster_version,
        });
        Ok(())
    }

    /// Answers a Hello once everything that arrived before is durable: else it would be sent, and journalled, twice.
    fn answer(&mut self) -> Option<InboundEvent> {
        let connection = self.connection.as_mut()?;
        let roster_version =
            connection.hello.filter(|_| self.pending.is_empty() || planted!("answer-before-commit"))?;
        connection.answered = true;
        let Held { epoch, size, root, head_size_max } = self.held.held();
        let version = VERSIONS.iter().copied().max().unwrap_or_default();
        let root = root.0.to_vec();
        let answer = wire::HelloAnswer { version, epoch, size, root, head_size_max, roster_version };
        Some(InboundEvent::Send(frame(Content::HelloAnswer(answer))))
    }

    fn entry(&mut self, now: Now, entry: &wire::Entry, trust: &Trust) -> Result<(), Refusal> {
        let (epoch, number) = (entry.epoch, entry.number);
        if epoch >= EPOCH_MAX {
            return Err(Refusal::malformed("the epoch of an entry is beyond all reason"));
        }
        self.arrived.check_next(epoch, number)?;
        let waiting_max = 2 * window(self.place.lane);
        if self.pending.len() as u64 >= waiting_max {
            return Err(Refusal::Oversize {
                what: "the run of entries without a receipt".to_owned(),
                bytes: self.pending.len() as u64 + 1,
                bytes_max: waiting_max,
            });
        }
        let opened = open_for(&entry.body, trust, self.place.to, self.place.from)?;
        if opened.lane() != self.place.lane {
            return Err(Refusal::WrongLane(self.place.lane));
        }
        let fact = HeldFact::Entry { epoch, number, body_id: opened.id() };
        self.arrived.apply(&fact).map_err(|bad| Refusal::Malformed(bad.to_string()))?;
        let delay_ns = now.tai_ns.saturating_sub(opened.made_tai_ns());
        self.pending.push_back(Pending { fact, delay_ns });
        if planted!("receipt-before-commit") {
            self.commit(epoch, number + 1);
        }
        self.events.push_back(match opened {
            Opened::Body(body) => InboundEvent::Entry { epoch, number, body },
            Opened::Unreadable { id, why, .. } => {
                let bytes = entry.body.as_slice().into();
                InboundEvent::Unreadable { epoch, number, body_id: id, bytes, why }
            }
        });
        self.caught_up(now)
    }

    /// A head that was ahead is compared as soon as its last entry is here.
    fn caught_up(&mut self, now: Now) -> Result<(), Refusal> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let Some((head, since)) = &mut connection.ahead else { return Ok(()) };
        if head.epoch != self.arrived.epoch() {
            connection.ahead = None;
            return Ok(());
        }
        *since = now.mono_ns;
        if head.tree.size > self.arrived.tree().size() {
            return Ok(());
        }
        let head = head.clone();
        connection.ahead = None;
        self.compare(head)
    }

    fn head(&mut self, now: Now, note: &str, trust: &Trust) -> Result<(), Refusal> {
        if self.connection.as_ref().is_none_or(|connection| connection.head_note == note) {
            return Ok(());
        }
        let head = open_head(note, &self.place, trust)?;
        if let Some(connection) = &mut self.connection {
            connection.head_note = note.to_owned();
        }
        if head.epoch >= EPOCH_MAX {
            return Err(Refusal::malformed("the epoch of a head is beyond all reason"));
        }
        if head.epoch < self.arrived.epoch() {
            return Err(Refusal::OlderEpoch { expected: self.arrived.epoch(), found: head.epoch });
        }
        let same_epoch = head.epoch == self.arrived.epoch();
        if same_epoch && head.tree.size < self.arrived.head_size_max() {
            return Err(Refusal::HeadWentBack { seen: self.arrived.head_size_max(), found: head.tree.size });
        }
        if same_epoch && head.tree.size <= self.arrived.tree().size() {
            return self.compare(head);
        }
        // Ahead: its entries are on their way, or withheld.
        let fact = HeldFact::HeadSeen { epoch: head.epoch, size: head.tree.size };
        if !same_epoch || head.tree.size > self.arrived.head_size_max() {
            self.arrived.apply(&fact).map_err(|bad| Refusal::Malformed(bad.to_string()))?;
            self.pending.push_back(Pending { fact, delay_ns: 0 });
            self.events.push_back(InboundEvent::HeadSeen(fact));
            self.settle_heads();
        }
        if let Some(connection) = &mut self.connection {
            let since = connection.ahead.as_ref().map_or(now.mono_ns, |(_, since)| *since);
            connection.ahead = Some((head, since));
        }
        Ok(())
    }

    /// Compares a head with the entries: of the very size that has arrived.
    fn compare(&mut self, head: Head) -> Result<(), Refusal> {
        let fits =
            head.tree.size == self.arrived.tree().size() && head.tree.root == self.arrived.tree().root();
        if !fits && !planted!("two-heads-unnoticed") {
            self.events.push_back(InboundEvent::Equivocation {
                earlier: self.last_head.as_ref().map(|last| last.note.clone()),
                later: head.note,
            });
            return Err(Refusal::Equivocation(self.place.from));
        }
        self.heads.retain(|waiting| waiting.tree != head.tree);
        self.heads.push_back(head.clone());
        self.last_head = Some(head);
        Ok(())
    }

    fn gap(&mut self, now: Now) -> Option<InboundEvent> {
        let (head, since) = self.connection.as_ref()?.ahead.as_ref()?;
        if now.mono_ns.saturating_sub(*since) < GAP_AFTER_NS || planted!("gap-ignored") {
            return None;
        }
        let (size, head_size) = (self.arrived.tree().size(), head.tree.size);
        // Reconnecting asks again: the sender resumes from what is held.
        self.close(Closed::Gap, bye("gap", &format!("{size} entries came, the head speaks of {head_size}")));
        Some(InboundEvent::Gap { size, head_size })
    }

    /// A receipt for the largest head whose entries are all durable.
    fn receipt(&mut self, now: Now, keys: &SenderKeys<'_>) -> Result<Option<InboundEvent>, SignError> {
        let mut newest = None;
        while let Some(head) = self.heads.front() {
            if (head.epoch, head.tree.size) > (self.held.epoch(), self.held.tree().size()) {
                break;
            }
            newest = self.heads.pop_front();
        }
        let fresh = |head: &Head| head.epoch == self.held.epoch();
        let Some(head) = newest.filter(fresh) else { return Ok(None) };
        let size = head.tree.size;
        let first_number = self.delays.front().map_or(size, |(number, _)| (*number).min(size));
        let listed = self.delays.iter().filter(|(number, _)| *number < size);
        let delays = Delays { first_number, delays_ns: listed.map(|(_, delay_ns)| *delay_ns).collect() };
        self.delays.retain(|(number, _)| *number >= size);
        let receipt = sign_receipt(&self.place, &head, delays, now.posix_s, keys)?;
        Ok(Some(InboundEvent::Send(frame(Content::Receipt(wire::Receipt { note: receipt.note })))))
    }

    fn close(&mut self, why: Closed, last: wire::Frame) {
        self.connection = None;
        self.events.push_back(InboundEvent::Send(last));
        self.events.push_back(InboundEvent::Close(why));
    }
}
