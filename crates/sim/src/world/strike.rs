//! The faults as they strike.

use gateway::LinkId;
use node::driver::Arrival;
use node::journal::Journal;
use physics::plot::Plot;

use super::checks::Violation;
use super::faults::What;
use super::play::{Happening, World};

impl World<'_> {
    pub(super) fn strike(&mut self, at: u64, what: What) -> Result<(), Violation> {
        let until = |for_s: f64| at + (for_s * 1e9) as u64;
        self.note(at, what.who(), format!("fault {what:?}"));
        match what {
            What::Crash { who, stage, down_s } => self.stations[who].crash = Some((stage, down_s)),
            What::DiskFull { who, for_s } => self.stations[who].full_until = until(for_s),
            What::Flip { who, bit } => return self.flip(at, who, bit),
            What::Restore { who, back_s, down_s } => {
                if self.stations[who].driver.is_some() {
                    let keep = self.stations[who].disk.rows_at(at.saturating_sub((back_s * 1e9) as u64));
                    self.put_back(who, keep);
                    self.die(at, who, down_s, "and an old copy is put back");
                }
            }
            What::Clock { who, step_s, drift } => {
                let station = &mut self.stations[who];
                station.offset_s +=
                    station.drift.0 * at.saturating_sub(station.drift.1) as f64 * 1e-9 + step_s;
                station.drift = (drift, at);
                station.clock_trusted = false;
            }
            What::Stop { who, for_s } => {
                self.stations[who].stopped_until = until(for_s);
                self.plan_round(until(for_s), who);
            }
            What::Slow { who, each_s, for_s } => {
                self.stations[who].slow = ((each_s * 1e9) as u64, until(for_s));
            }
            What::Cut { from, to, one_way, for_s } => {
                self.links.cut(from, to, until(for_s));
                if !one_way {
                    self.links.cut(to, from, until(for_s));
                }
            }
            What::Reset { a, b } => {
                for link in self.between(a, b) {
                    self.plan(at, a, Happening::Closed(link));
                }
            }
            What::Vanish { a, b } => {
                for link in self.between(a, b) {
                    if let Some(connection) = self.links.all.get_mut(&link) {
                        connection.vanished = true;
                    }
                }
            }
            What::Hostile { who, trick, for_s } => {
                self.stations[who].hostile = Some((trick, until(for_s)));
            }
            What::Spoof { who, plots } => return self.spoof(at, who, plots),
            What::Click { who, times } => {
                for time in 0..u64::from(times) {
                    self.plan(at + time * 100_000_000, who, Happening::Click);
                }
            }
        }
        Ok(())
    }

    fn between(&self, a: usize, b: usize) -> Vec<LinkId> {
        self.stations[a].links.intersection(&self.stations[b].links).copied().collect()
    }

    /// A bit of the journal turns over, and is seen at the next start; people put back what was before it.
    fn flip(&mut self, at: u64, who: usize, bit: u64) -> Result<(), Violation> {
        let rows = self.stations[who].disk.len();
        if rows <= 2 || self.stations[who].driver.is_none() {
            return Ok(());
        }
        let row = 2 + (bit as usize / 64) % (rows - 2);
        let mut damaged = self.stations[who].disk.clone();
        damaged.flip(row, bit as usize);
        self.ledger.checked += 1;
        if damaged.rows(0, usize::MAX).is_ok() {
            return Err(self.violated(at, who, "a damaged row is seen", format!("row {row}")));
        }
        self.put_back(who, row);
        self.die(at, who, 1.0, "and its disk is damaged");
        Ok(())
    }

    /// A sensor speaks of what is not there.
    fn spoof(&mut self, at: u64, who: usize, plots: u32) -> Result<(), Violation> {
        let Some(plot) = self.seen[who].clone() else { return Ok(()) };
        let time = physics::time::Tai(self.ground.start.0 + at as i64);
        let random = &mut self.random;
        let spoofed: Vec<Plot> = (0..plots)
            .map(|_| Plot {
                time,
                az_rad: random.between(0.0, 6.2),
                el_rad: random.between(0.1, 1.4),
                ..plot.clone()
            })
            .collect();
        // Line by line, as a sensor says them.
        spoofed.into_iter().try_for_each(|plot| self.arrive(at, who, Arrival::Plots(vec![plot])))
    }
}
