//! The feeds to and from every partner, and where a journal left them.

use std::collections::BTreeMap;

use exchange::checkpoint::Place;
use exchange::{Digest, FeedFact};
use exchange::{HeldFact, Inbound, Outbound};
use statement::{Lane, Nation, Realm};

/// One lane with one partner.
pub type Key = (Nation, Lane);

/// The feeds to and from every partner.
#[derive(Default)]
pub struct Feeds {
    /// What we say, by partner and lane.
    pub outbound: BTreeMap<Key, Outbound>,
    /// What partners say to us.
    pub inbound: BTreeMap<Key, Inbound>,
    /// In which row each body that we sealed stands.
    pub bodies: BTreeMap<Digest, u64>,
}

impl Feeds {
    /// Makes the feeds of partners that have none yet.
    pub fn ensure(&mut self, realm: &Realm, own: Nation, partners: impl IntoIterator<Item = Nation>) {
        for partner in partners {
            for lane in Lane::ALL {
                let place = |from, to| Place { realm: realm.clone(), from, to, lane };
                self.outbound.entry((partner, lane)).or_insert_with(|| Outbound::new(place(own, partner)));
                self.inbound.entry((partner, lane)).or_insert_with(|| Inbound::new(place(partner, own)));
            }
        }
    }

    /// Recovery: a fact of a feed to a partner. Fails with a sentence where it does not follow.
    pub fn apply_fact(&mut self, key: Key, fact: &FeedFact) -> Result<(), String> {
        let outbound = self.outbound.get_mut(&key).ok_or_else(|| format!("{} is no partner", key.0))?;
        outbound.apply(fact).map_err(|bad| bad.to_string())
    }

    /// Recovery: a fact of a feed from a partner. Fails with a sentence where it does not follow.
    pub fn apply_held(&mut self, key: Key, fact: &HeldFact) -> Result<(), String> {
        let inbound = self.inbound.get_mut(&key).ok_or_else(|| format!("{} is no partner", key.0))?;
        inbound.apply(fact).map_err(|bad| bad.to_string())
    }
}
