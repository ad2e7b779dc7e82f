//! Links for the eye: what goes, what comes, how long it takes, on which terms.

use std::collections::BTreeMap;

use crate::driver::Driver;
use crate::feeds::Key;
use crate::input::Now;
use crate::shell::view::model::{Link, Receiving, Sending};

/// Every lane with every partner. `heard_ns` keeps when the number of received entries last grew.
pub fn links(driver: &Driver, now: Now, heard_ns: &mut BTreeMap<Key, (u64, u64)>) -> Vec<Link> {
    let node = driver.node();
    let roster = node.trust_in_force().map(|trust| trust.roster());
    let mut links = Vec::new();
    for (&(partner, lane), outbound) in &driver.feeds().outbound {
        let Some(inbound) = driver.feeds().inbound.get(&(partner, lane)) else { continue };
        let known = node.state().links.get(&(partner, lane)).cloned().unwrap_or_default();
        let (feed, held) = (outbound.feed(), inbound.held());
        let latency_ms = |nanoseconds: u64| nanoseconds as f64 * 1e-6;
        if inbound.is_connected() {
            let heard = heard_ns.entry((partner, lane)).or_insert((0, now.mono_ns));
            *heard = (held.size, now.mono_ns);
        }
        let last =
            heard_ns.get(&(partner, lane)).map(|(_, at)| now.mono_ns.saturating_sub(*at) as f64 * 1e-9);
        let sending_up = outbound.is_connected();
        let receiving_up = inbound.is_connected();
        let error = node
            .state()
            .refusals
            .iter()
            .filter(|refused| refused.who == partner.as_str() && now.tai.since_s(refused.last) < 60.0)
            .max_by_key(|refused| refused.last)
            .map(|refused| refused.reason.clone())
            .filter(|_| !sending_up || !receiving_up);
        links.push(Link {
            partner: partner.to_string(),
            partner_name: roster
                .and_then(|roster| roster.member(partner))
                .map_or_else(String::new, |m| m.name.clone()),
            lane,
            sending: Sending {
                state: if sending_up { "connected" } else { "connecting" },
                sent: feed.tree().size(),
                receipted: feed.receipted(),
                waiting: feed.waiting() as u64 + feed.tree().size().saturating_sub(feed.receipted()),
                rtt_ms: outbound
                    .latency()
                    .filter(|_| sending_up)
                    .map(|latency| latency_ms(latency.round_trip_ns)),
                epoch: feed.epoch(),
            },
            receiving: Receiving {
                state: if receiving_up { "connected" } else { "down" },
                received: held.size,
                epoch: held.epoch,
                last_head_age_s: last,
                one_way_ms: inbound
                    .latency()
                    .filter(|_| receiving_up)
                    .map(|latency| latency_ms(latency.round_trip_ns) / 2.0),
                terms: known.terms.reason.clone(),
                level: known
                    .terms
                    .level
                    .map_or_else(String::new, |level| format!("{level:?}").to_lowercase()),
            },
            error,
        });
    }
    links
}
