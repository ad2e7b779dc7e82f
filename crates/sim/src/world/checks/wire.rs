//! What honest nodes send, and what they must notice in what they are sent.

use exchange::wire::Frame;
use exchange::wire::frame::Content;
use gateway::LinkId;
use statement::{Kind, Level};

use super::{Violation, Way, name_of};
use crate::world::links::Lie;
use crate::world::play::World;

/// An entry that does not come is noticed in the first round after this time, seconds.
const GAP_NOTICED_S: f64 = 1.0;

impl World<'_> {
    /// What an honest node sends.
    pub fn check_sent(&mut self, at: u64, link: LinkId, way: Way, frame: &Frame) -> Result<(), Violation> {
        let (who, to, lane) = way;
        let heard = (to, who, lane);
        self.ledger.checked += 1;
        match &frame.content {
            Some(Content::HelloAnswer(answer)) => {
                if self.links.all.get(&link).is_some_and(|connection| connection.wrong_realm) {
                    let what = "a Hello of another realm was answered".into();
                    return Err(self.violated(at, who, "no other realm", what));
                }
                self.check_promise(at, heard, answer.epoch, answer.size)
            }
            Some(Content::Receipt(receipt)) => match place_of(&receipt.note) {
                Some((epoch, size)) => self.check_promise(at, heard, epoch, size),
                None => Err(self.violated(at, who, "what leaves can be read", "a receipt".into())),
            },
            Some(Content::Entry(entry)) => self.check_entry(at, way, entry.epoch, entry.number, &entry.body),
            Some(Content::Bye(bye)) if self.is_steady(who) && self.is_steady(to) => {
                let what = format!("{}: {} ({})", self.ground.nations[to], bye.code, bye.reason);
                Err(self.violated(at, who, "honest nations don't refuse each other", what))
            }
            _ => Ok(()),
        }
    }

    /// What a receiver says that it holds is durable there: (epoch, size) of the feed `way`.
    fn check_promise(&mut self, at: u64, way: Way, epoch: u64, size: u64) -> Result<(), Violation> {
        let (from, who, lane) = way;
        let promised = self.ledger.promised.entry(way).or_default();
        *promised = (*promised).max((epoch, size));
        let durable = self.stations[who].durable.get(&(from, lane)).copied();
        // After a start it is what the journal led to, which is checked there.
        if size > 0 && durable.is_some_and(|durable| durable < (epoch, size)) {
            let what = format!("{size} entries of epoch {epoch} are signed for, durable are {durable:?}");
            return Err(self.violated(at, who, "nothing acknowledged is lost", what));
        }
        Ok(())
    }

    fn check_entry(
        &mut self,
        at: u64,
        way: Way,
        epoch: u64,
        number: u64,
        bytes: &[u8],
    ) -> Result<(), Violation> {
        let (who, to, lane) = way;
        let Some(id) = name_of(bytes) else {
            return Err(self.violated(at, who, "what leaves can be read", "an entry without form".into()));
        };
        if let Some(before) = self.ledger.sent.insert((way, epoch, number), id)
            && before != id
        {
            // A journal put back may forget what its partner does not hold either; see docs/exchange.md.
            let promised = self.ledger.promised.get(&way).is_some_and(|held| *held > (epoch, number));
            if self.is_steady(who) || (promised && self.is_steady(to) && self.stations[who].hostile.is_none())
            {
                let what = format!("number {number} of epoch {epoch}, {lane} lane, names two bodies");
                return Err(self.violated(at, who, "a number names one body", what));
            }
        }
        let peer = self.ground.nations[to];
        let name = "nothing leaves that policy did not release";
        let body = self.opened(bytes, who, to).map_err(|error| self.violated(at, who, name, error))?;
        let level = self.level(who, to);
        let allowed =
            level.is_some() && (body.header.kind != Kind::TrackBatch || level == Some(Level::Track));
        if !allowed {
            let what = format!("a {} left to {peer}, who is cleared for {level:?}", body.header.kind);
            return Err(self.violated(at, who, name, what));
        }
        Ok(())
    }

    /// What a node was told of heads in its last round: lies that it must have noticed by now.
    pub fn check_told(&mut self, at: u64, who: usize, told: &[(LinkId, String)]) -> Result<(), Violation> {
        for (link, note) in told {
            self.ledger.checked += 1;
            let (epoch, size) = place_of(note).unwrap_or_default();
            let forked = self.ledger.lies.heads.contains(note);
            let Some(connection) = self.links.all.get_mut(link).filter(|connection| connection.open[1])
            else {
                continue;
            };
            let beyond = connection.lied_from.filter(|(_, of, number)| epoch == *of && size > *number);
            let from = connection.ends[0];
            match beyond {
                Some((Lie::Withheld, _, number)) => {
                    let since = *connection.gap_since.get_or_insert(at);
                    if (at - since) as f64 * 1e-9 > GAP_NOTICED_S {
                        let what = format!("entry {number} of {}", self.ground.nations[from]);
                        return Err(self.violated(at, who, "a withheld entry is noticed", what));
                    }
                }
                Some((Lie::Exchanged, ..)) => {
                    let what = format!("a head of {} is over other entries", self.ground.nations[from]);
                    return Err(self.violated(at, who, "two stories are noticed", what));
                }
                None if forked => {
                    let what = format!("two heads of {} for the same entries", self.ground.nations[from]);
                    return Err(self.violated(at, who, "two heads are noticed", what));
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// The epoch and the size that a signed head is of.
fn place_of(note: &str) -> Option<(u64, u64)> {
    let mut lines = note.lines();
    let epoch = lines.next()?.rsplit('/').next()?.parse().ok()?;
    Some((epoch, lines.next()?.parse().ok()?))
}
