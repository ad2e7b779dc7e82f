//! All faults are over: partners agree, journals replay, and hold what they may hold.

use exchange::Held;
use statement::Lane;

use super::Violation;
use super::journal::Kept;
use crate::world::play::World;

const AGREED: &str = "partners agree soon after the last fault";

impl World<'_> {
    /// The checks at the end of a run.
    pub fn check_end(&mut self, at: u64) -> Result<(), Violation> {
        let mut kept = Vec::new();
        for who in 0..self.stations.len() {
            kept.push(self.check_journal(at, who)?);
        }
        if !self.setup.ends_healed {
            return Ok(());
        }
        for who in 0..self.stations.len() {
            for to in (0..self.stations.len()).filter(|to| *to != who) {
                for lane in Lane::ALL {
                    self.check_agreed(at, (who, to, lane))?;
                    self.check_reached(at, (who, to, lane), &kept)?;
                }
            }
        }
        Ok(())
    }

    fn check_agreed(&mut self, at: u64, (who, to, lane): super::Way) -> Result<(), Violation> {
        let (Some(sender), Some(receiver)) = (&self.stations[who].driver, &self.stations[to].driver) else {
            return Err(self.violated(at, who, AGREED, "a process did not come back".into()));
        };
        self.ledger.checked += 1;
        let outbound = sender.feeds().outbound.get(&(self.ground.nations[to], lane));
        let inbound = receiver.feeds().inbound.get(&(self.ground.nations[who], lane));
        let (Some(outbound), Some(inbound)) = (outbound, inbound) else { return Ok(()) };
        let (feed, Held { epoch, size, root, .. }) = (outbound.feed(), inbound.held());
        // An epoch of which nothing was said is not known to the partner.
        let unsaid = feed.tree().size() == 0 && feed.epoch() > epoch;
        let prefix = feed.epoch() == epoch
            && feed.tree().frontier_at(size).is_some_and(|frontier| frontier.root() == root);
        let whole = size == feed.tree().size() && feed.waiting() == 0 && feed.receipted() >= size;
        let unheard = !self.setup.ends_quiet && size == 0;
        if !(unsaid && feed.waiting() == 0 || unheard || prefix && (whole || !self.setup.ends_quiet)) {
            let what = format!(
                "{lane} lane to {}: epoch {} with {} entries, {} waiting, {} receipted; held are {size} of epoch {epoch}",
                self.ground.nations[to],
                feed.epoch(),
                feed.tree().size(),
                feed.waiting(),
                feed.receipted(),
            );
            return Err(self.violated(at, who, AGREED, what));
        }
        Ok(())
    }

    /// What was said to a partner has its number, and the partner has it.
    fn check_reached(
        &mut self,
        at: u64,
        (who, to, lane): super::Way,
        kept: &[Kept],
    ) -> Result<(), Violation> {
        if !self.setup.ends_quiet {
            return Ok(());
        }
        let (own, peer) = (self.ground.nations[who], self.ground.nations[to]);
        let taken = kept[to].taken.get(&(own, lane));
        let name = "what was said reaches whom it is for";
        for body in kept[who].said.get(&(peer, lane)).into_iter().flatten() {
            self.ledger.checked += 1;
            if !kept[who].numbered.get(&(peer, lane)).is_some_and(|numbered| numbered.contains(body)) {
                let what = format!("a body for {peer} in the {lane} lane has no number");
                return Err(self.violated(at, who, name, what));
            }
            let told = self.is_steady(to) && self.stations[who].hostile.is_none();
            if told && !taken.is_some_and(|taken| taken.contains(body)) {
                let what = format!("a body in the {lane} lane did not reach {peer}");
                return Err(self.violated(at, who, name, what));
            }
        }
        Ok(())
    }
}
