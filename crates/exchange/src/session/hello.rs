//! The first frame of a connection, on both sides.

use statement::{Lane, Nation};

use super::{Terms, VERSIONS, printable, shortened};
use crate::checkpoint::Place;
use crate::header::{level_from_name, level_name};
use crate::refusal::Refusal;
use crate::trust::Trust;
use crate::wire;
use crate::wire::frame::Content;

/// The Hello of the side that dials.
pub(crate) fn hello(place: &Place, roster_version: u32, terms: &Terms) -> wire::Hello {
    wire::Hello {
        versions: VERSIONS.to_vec(),
        realm: place.realm.to_string(),
        from: place.from.to_string(),
        to: place.to.to_string(),
        lane: place.lane.to_string(),
        roster_version,
        terms: Some(wire::Terms {
            level: terms.level.map_or("", level_name).to_owned(),
            reason: shortened(&terms.reason),
        }),
    }
}

/// Whether a Hello is for the feed at this place, from a member, in a version that is spoken here.
pub(crate) fn check_hello(hello: &wire::Hello, place: &Place, trust: &Trust) -> Result<(), Refusal> {
    if !statement::planted!("realm-not-checked") && hello.realm != place.realm.to_string() {
        return Err(Refusal::WrongRealm {
            expected: place.realm.to_string(),
            found: Refusal::quoted(&hello.realm),
        });
    }
    if hello.from != place.from.as_str() {
        return Err(Refusal::WrongOrigin { expected: place.from, found: Refusal::quoted(&hello.from) });
    }
    if hello.to != place.to.as_str() {
        return Err(Refusal::WrongAudience(place.to));
    }
    if hello.lane != place.lane.as_str() {
        return Err(Refusal::WrongLane(place.lane));
    }
    trust.member(place.from)?;
    if !hello.versions.iter().any(|version| VERSIONS.contains(version)) {
        return Err(Refusal::Version);
    }
    Ok(())
}

/// The terms of a Hello; a level that this build does not know is none.
pub(crate) fn read_terms(hello: &wire::Hello) -> Terms {
    let terms = hello.terms.clone().unwrap_or_default();
    Terms { level: level_from_name(&terms.level), reason: printable(&terms.reason) }
}

/// What a Hello claims of itself: by it the accepting side finds the feed. Nothing of it is checked but its form; the
/// connection's certificate must be of the nation named, and [`super::Inbound::handle`] checks the rest.
pub fn claimed(frame: &wire::Frame) -> Option<(Nation, Lane)> {
    match &frame.content {
        Some(Content::Hello(hello)) => {
            let lane = Lane::ALL.into_iter().find(|lane| lane.as_str() == hello.lane)?;
            Some((hello.from.parse().ok()?, lane))
        }
        _ => None,
    }
}
