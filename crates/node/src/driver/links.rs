//! Links: which feed each carries. The certificate says whose it is, the first frame which lane.

use exchange::session::claimed;
use exchange::wire::Frame;
use gateway::LinkId;
use statement::Nation;

use super::sessions::session_now;
use super::{Driver, Emission, Pending};
use crate::feeds::Key;
use crate::input::{Input, LinkChange, Now};
use crate::row::Output;

/// What a link carries.
pub(super) enum Bound {
    Unclaimed(Nation),
    Outbound(Key),
    Inbound(Key),
}

impl Driver {
    pub(super) fn begin_saying(&mut self, now: Now, link: LinkId, key: Key) {
        let Some(outbound) = self.feeds.outbound.get_mut(&key) else {
            self.emissions.push(Emission::Close(link));
            return;
        };
        let version = self.node.trust_in_force().map_or(0, |trust| trust.roster().version);
        outbound.connected(session_now(now), version, &self.node.terms(key.0));
        self.links.insert(link, Bound::Outbound(key));
        if let Some(before) = self.saying.insert(key, link) {
            self.links.remove(&before);
            self.emissions.push(Emission::Close(before));
        }
    }

    pub(super) fn frame(&mut self, now: Now, link: LinkId, frame: Frame) {
        if let Some(Bound::Unclaimed(peer)) = self.links.get(&link) {
            let peer = *peer;
            self.begin_hearing(now, link, peer, &frame);
        }
        let Some(trust) = self.node.trust_in_force() else { return };
        match self.links.get(&link) {
            Some(Bound::Outbound(key)) => {
                if let Some(outbound) = self.feeds.outbound.get_mut(key) {
                    outbound.handle(session_now(now), frame, trust);
                }
            }
            Some(Bound::Inbound(key)) => {
                if let Some(inbound) = self.feeds.inbound.get_mut(key) {
                    inbound.handle(session_now(now), frame, trust);
                }
            }
            Some(Bound::Unclaimed(_)) | None => {}
        }
    }

    /// The first frame of an accepted link says which feed it is of; the certificate says of whom.
    fn begin_hearing(&mut self, now: Now, link: LinkId, peer: Nation, frame: &Frame) {
        let key = match claimed(frame) {
            Some((from, lane)) if from == peer && self.feeds.inbound.contains_key(&(from, lane)) => {
                (from, lane)
            }
            Some((from, _)) if from != peer => {
                self.turn_away(link, peer, &format!("its certificate is of {peer}, its Hello says `{from}`"));
                return;
            }
            _ => {
                self.turn_away(link, peer, "its first frame is no Hello of a member");
                return;
            }
        };
        if let Some(inbound) = self.feeds.inbound.get_mut(&key) {
            inbound.connected(session_now(now));
        }
        self.links.insert(link, Bound::Inbound(key));
        if let Some(before) = self.hearing.insert(key, link) {
            self.links.remove(&before);
            self.emissions.push(Emission::Close(before));
        }
    }

    fn turn_away(&mut self, link: LinkId, peer: Nation, reason: &str) {
        self.refusals.count(peer.to_string(), reason.to_owned());
        self.links.remove(&link);
        self.emissions.push(Emission::Close(link));
    }

    pub(super) fn closed(&mut self, now: Now, link: LinkId) {
        match self.links.remove(&link) {
            Some(Bound::Outbound(key)) if self.saying.get(&key) == Some(&link) => {
                self.saying.remove(&key);
                let outbound = self.feeds.outbound.get_mut(&key);
                if let Some(outbound) = outbound {
                    outbound.disconnected();
                }
                self.link_input(now, key, LinkChange::SendingDown, vec![]);
            }
            Some(Bound::Inbound(key)) if self.hearing.get(&key) == Some(&link) => {
                self.hearing.remove(&key);
                if let Some(inbound) = self.feeds.inbound.get_mut(&key) {
                    inbound.disconnected();
                }
                self.link_input(now, key, LinkChange::ReceivingDown, vec![]);
            }
            _ => {}
        }
    }

    pub(super) fn link_input(
        &mut self,
        now: Now,
        (partner, lane): Key,
        change: LinkChange,
        given: Vec<Output>,
    ) {
        let input = Input::Link { partner, lane, change };
        self.urgent.push_back(Pending { input, given, came_ns: now.mono_ns });
    }
}
