//! Sessions: what each wants done, until it wants nothing more.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use exchange::session::{InboundEvent, Now as SessionNow, OutboundEvent};
use exchange::{Digest, SenderKeys, Signer};
use statement::{Lane, Nation, planted};

use super::{Driver, Emission, Pending};
use crate::feeds::Key;
use crate::input::{Input, LinkChange, Now};
use crate::journal::{Journal, JournalError};
use crate::row::{Output, Row};

impl Driver {
    pub(super) fn poll_sessions(&mut self, now: Now, signer: &dyn Signer, journal: &dyn Journal) {
        let at = session_now(now);
        for key in self.saying.keys().copied().collect::<Vec<_>>() {
            self.poll_outbound((now, at), key, signer, journal);
        }
        for key in self.hearing.keys().copied().collect::<Vec<_>>() {
            self.poll_inbound((now, at), key, signer);
        }
    }

    pub(super) fn poll_outbound(
        &mut self,
        (now, at): (Now, SessionNow),
        key: Key,
        signer: &dyn Signer,
        journal: &dyn Journal,
    ) {
        let (partner, lane) = key;
        loop {
            let Some(&link) = self.saying.get(&key) else { return };
            let Some(trust) = self.node.trust_in_force() else { return };
            let keys = SenderKeys { signer, trust, me: self.node.state().identity.nation };
            let Some(outbound) = self.feeds.outbound.get_mut(&key) else { return };
            let Some(event) = outbound.poll(at, &keys) else { return };
            match event {
                OutboundEvent::Send(frame) => self.emissions.push(Emission::Send(link, Box::new(frame))),
                OutboundEvent::NeedBodies { epoch, from, max } => {
                    let ids = (from..from.saturating_add(max))
                        .map_while(|number| outbound.feed().tree().leaf(number));
                    let ids: Vec<Digest> = ids.collect();
                    match self.bodies(&ids, journal) {
                        Ok(bodies) => {
                            if let Some(outbound) = self.feeds.outbound.get_mut(&key) {
                                outbound.provide(epoch, from, bodies);
                            }
                        }
                        Err(error) => {
                            self.refusals.count(partner.to_string(), format!("cannot be fed: {error}"));
                            return;
                        }
                    }
                }
                OutboundEvent::Connected { .. } => self.link_input(now, key, LinkChange::SendingUp, vec![]),
                OutboundEvent::RestoreSeen => {
                    self.refusals.count(
                        "journal".into(),
                        format!("{partner} knows more of our {lane} feed than this journal: it is an old copy; new epochs begin"),
                    );
                    self.force_new_epochs(now, key);
                }
                OutboundEvent::Receipted(receipt) => {
                    let (epoch, size) = (receipt.epoch, receipt.tree.size);
                    let given = vec![Output::Receipt { partner, lane, note: receipt.note }];
                    self.link_input(now, key, LinkChange::Receipted { epoch, size }, given);
                }
                OutboundEvent::Refused(refusal) => {
                    self.refusals.count(partner.to_string(), refusal.to_string())
                }
                OutboundEvent::Close(why) => {
                    self.note_close(partner, lane, &why);
                    self.emissions.push(Emission::Close(link));
                    self.closed(now, link);
                    return;
                }
            }
        }
    }

    pub(super) fn poll_inbound(&mut self, (now, at): (Now, SessionNow), key: Key, signer: &dyn Signer) {
        let (from, lane) = key;
        loop {
            let Some(&link) = self.hearing.get(&key) else { return };
            let Some(trust) = self.node.trust_in_force() else { return };
            let keys = SenderKeys { signer, trust, me: self.node.state().identity.nation };
            let Some(inbound) = self.feeds.inbound.get_mut(&key) else { return };
            let Some(event) = inbound.poll(at, &keys) else { return };
            let queue = match lane {
                Lane::Warning => &mut self.urgent,
                Lane::Picture => &mut self.picture,
            };
            match event {
                InboundEvent::Send(frame) => self.emissions.push(Emission::Send(link, Box::new(frame))),
                InboundEvent::Connected { terms, .. } => {
                    self.link_input(now, key, LinkChange::ReceivingUp(terms), vec![])
                }
                InboundEvent::Entry { epoch, number, body } => {
                    let input = Input::Entry { from, lane, epoch, number, body: Box::new(body) };
                    queue.push_back(Pending { input, given: vec![], came_ns: now.mono_ns });
                }
                InboundEvent::Unreadable { epoch, number, bytes, why, .. } => {
                    let (raw, why) = (bytes.to_vec(), why.to_string());
                    let input = Input::Unreadable { from, lane, epoch, number, raw, why };
                    queue.push_back(Pending { input, given: vec![], came_ns: now.mono_ns });
                }
                InboundEvent::HeadSeen(fact) => {
                    let given = vec![Output::Held { partner: from, lane, fact }];
                    queue.push_back(Pending { input: Input::Tick, given, came_ns: now.mono_ns });
                }
                InboundEvent::Gap { size, head_size } => self.refusals.count(
                    from.to_string(),
                    format!("{lane} lane: {size} entries came, its head speaks of {head_size}; asked again"),
                ),
                InboundEvent::Equivocation { earlier, later } => {
                    let notes = earlier.into_iter().chain([later]).collect();
                    let given = vec![Output::Equivocation { partner: from, lane, notes }];
                    self.urgent.push_back(Pending { input: Input::Tick, given, came_ns: now.mono_ns });
                }
                InboundEvent::Refused(refusal) => self.refusals.count(from.to_string(), refusal.to_string()),
                InboundEvent::Close(why) => {
                    self.note_close(from, lane, &why);
                    self.emissions.push(Emission::Close(link));
                    self.closed(now, link);
                    return;
                }
            }
        }
    }

    fn note_close(&mut self, partner: Nation, lane: Lane, why: &exchange::session::Closed) {
        use exchange::session::Closed;
        let reason = match why {
            Closed::Refused | Closed::Gap => return,
            Closed::Dead => format!("{lane} lane: no sign of life for 4 s"),
            Closed::Bye { code, .. } if code == "closing" => return,
            Closed::Bye { code, reason } => format!("{lane} lane: it closed with {code}: {reason}"),
            Closed::Failed => format!("{lane} lane: signing failed, nothing is sent"),
        };
        self.refusals.count(partner.to_string(), reason);
    }

    /// The journal is an old copy: whatever other partners hold, their feeds begin anew too.
    fn force_new_epochs(&mut self, now: Now, seen_at: Key) {
        // A journal is put back while its process is down: once is enough, and a partner that lies of it harms no more.
        if std::mem::replace(&mut self.restore_seen, true) {
            return;
        }
        let (partner, lane) = seen_at;
        let input = Input::Link { partner, lane, change: LinkChange::RestoreSeen };
        self.urgent.push_front(Pending { input, given: Vec::new(), came_ns: now.mono_ns });
        for (key, outbound) in &mut self.feeds.outbound {
            if *key != seen_at && !planted!("restore-raises-one-feed-only") {
                outbound.force_new_epoch();
            }
        }
    }

    /// The bodies of these ids, in their order, as many as there are at hand.
    fn bodies(&self, ids: &[Digest], journal: &dyn Journal) -> Result<Vec<Arc<[u8]>>, JournalError> {
        let mut found = Vec::with_capacity(ids.len());
        let mut read: BTreeMap<u64, BTreeMap<Digest, Arc<[u8]>>> = BTreeMap::new();
        for id in ids {
            if let Some((_, bytes)) = self.fresh.iter().rev().find(|(fresh, _)| fresh == id) {
                found.push(bytes.clone());
                continue;
            }
            let Some(&row) = self.feeds.bodies.get(id) else { break };
            let bodies = match read.entry(row) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unread) => unread.insert(sealed_in(journal, row)?),
            };
            let Some(bytes) = bodies.get(id) else { break };
            found.push(bytes.clone());
        }
        Ok(found)
    }
}

/// The bodies that were sealed in one row of the journal.
fn sealed_in(journal: &dyn Journal, row: u64) -> Result<BTreeMap<Digest, Arc<[u8]>>, JournalError> {
    let mut bodies = BTreeMap::new();
    for stored in journal.rows(row, 1)? {
        let Ok(row) = postcard::from_bytes::<Row>(&stored.bytes) else { continue };
        for output in row.steps.into_iter().flat_map(|step| step.outputs) {
            if let Output::Sealed(bytes) = output
                && let Ok(id) = exchange::body::id_of(&bytes)
            {
                bodies.insert(id, bytes.into());
            }
        }
    }
    Ok(bodies)
}

/// The instant as sessions want it.
pub fn session_now(now: Now) -> SessionNow {
    let posix_s = u64::try_from(now.tai.posix_s()).unwrap_or(0);
    SessionNow { mono_ns: now.mono_ns, tai_ns: now.tai.0, posix_s }
}
