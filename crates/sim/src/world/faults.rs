//! The faults of one seed. Each seed turns on some kinds of faults at rates of its own (Groce and others, "Swarm
//! testing", ISSTA 2012): mixes that an even draw would never give.

use core::fmt;

use super::ground::TRAFFIC_S;
use super::span::Span;
use crate::random::Random;

/// Between which stages of the driver a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What arrived was gathered.
    Gathered,
    /// The turn is made; nothing of it was written.
    Turned,
    /// The row was written and not synced: it is lost.
    Written,
    /// The row was written and torn: the engine drops it.
    Torn,
    /// The row is durable, and the driver was not told.
    Synced,
    /// The driver was told; nothing left.
    Committed,
    /// Half of what leaves has left.
    HalfEmitted,
}

impl Stage {
    const ALL: [Stage; 7] = [
        Stage::Gathered,
        Stage::Turned,
        Stage::Written,
        Stage::Torn,
        Stage::Synced,
        Stage::Committed,
        Stage::HalfEmitted,
    ];
}

/// What a hostile partner does to what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// Entries twice.
    Replay,
    /// Entries that never leave.
    Withhold,
    /// A bit of a body turned over: of its label, its audience, its words or a signature.
    Forge,
    /// An entry under an epoch that has ended, or one that has not begun.
    Epoch,
    /// Heads with another root.
    TwoHeads,
    /// A Hello of the live realm.
    Realm,
    /// A body that is released to somebody else, under the number of one that is for us.
    Audience,
    /// Another body of its own, well signed, under the number of the one that its head is over.
    Story,
    /// Many entries that are none.
    Flood,
}

impl Trick {
    const ALL: [Trick; 9] = [
        Trick::Replay,
        Trick::Withhold,
        Trick::Forge,
        Trick::Epoch,
        Trick::TwoHeads,
        Trick::Realm,
        Trick::Audience,
        Trick::Story,
        Trick::Flood,
    ];
}

/// What happens. Nations by their index, times in seconds; each field is named for what it is.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// The process ends, and starts again.
    Crash { who: usize, stage: Stage, down_s: f64 },
    /// The disk takes nothing.
    DiskFull { who: usize, for_s: f64 },
    /// A bit of a row turns over; the process starts again, and its people put back a copy from before.
    Flip { who: usize, bit: u64 },
    /// A copy of the journal, this old, is put back.
    Restore { who: usize, back_s: f64, down_s: f64 },
    /// The realm's clock is set by this much, and drifts.
    Clock { who: usize, step_s: f64, drift: f64 },
    /// The process stands still.
    Stop { who: usize, for_s: f64 },
    /// Each arrival takes this long.
    Slow { who: usize, each_s: f64, for_s: f64 },
    /// Nothing passes between two nations; one way where `one_way`.
    Cut { from: usize, to: usize, one_way: bool, for_s: f64 },
    /// The connections between two nations break.
    Reset { a: usize, b: usize },
    /// Nothing passes any more on the connections between two nations, and nobody is told.
    Vanish { a: usize, b: usize },
    /// A nation plays a trick on the others for a time, and is honest again.
    Hostile { who: usize, trick: Trick, for_s: f64 },
    /// A sensor speaks of what is not there.
    Spoof { who: usize, plots: u32 },
    /// The officer acts so often.
    Click { who: usize, times: u32 },
}

impl What {
    /// The nation that it strikes, or the first of two.
    pub(super) fn who(&self) -> usize {
        match *self {
            What::Reset { a, .. } | What::Vanish { a, .. } => a,
            What::Cut { from, .. } => from,
            What::Crash { who, .. }
            | What::DiskFull { who, .. }
            | What::Flip { who, .. }
            | What::Restore { who, .. }
            | What::Clock { who, .. }
            | What::Stop { who, .. }
            | What::Slow { who, .. }
            | What::Hostile { who, .. }
            | What::Spoof { who, .. }
            | What::Click { who, .. } => who,
        }
    }
}

/// A fault and when it comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// Since the start, seconds.
    pub at_s: f64,
    /// What.
    pub what: What,
}

impl Fault {
    /// When what it does is over, seconds since the start.
    pub fn until_s(&self) -> f64 {
        let lasts_s = match self.what {
            What::Crash { down_s, .. } | What::Restore { down_s, .. } => down_s,
            What::DiskFull { for_s, .. }
            | What::Stop { for_s, .. }
            | What::Slow { for_s, .. }
            | What::Cut { for_s, .. }
            | What::Hostile { for_s, .. } => for_s,
            What::Flip { .. }
            | What::Clock { .. }
            | What::Reset { .. }
            | What::Vanish { .. }
            | What::Spoof { .. }
            | What::Click { .. } => 0.0,
        };
        self.at_s + lasts_s
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.3} s {:?}", self.at_s, self.what)
    }
}

/// The kind of fault that makes a nation hostile.
const HOSTILE: u64 = 9;
const KINDS: u64 = 13;

/// The faults of a seed among `nations` nations, in the order of time: while a launch is seen, and in a watch at any
/// time, some of them long.
pub fn draw(seed: u64, nations: usize, span: &Span) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, launch_s) in span.launches_s.iter().enumerate() {
        let mut random = Random::stream(seed.wrapping_add((number as u64) << 32), "faults");
        // At most one partner is hostile: an alliance of two is no alliance.
        let spared = (number > 0).then_some(HOSTILE);
        let shortest = Span::launch().longest_s;
        strewn(&mut faults, &mut random, nations, spared, (*launch_s, TRAFFIC_S), shortest);
    }
    if span.is_watch() {
        let mut random = Random::stream(seed, "faults of the watch");
        let within_s = span.healed_s - span.longest_s;
        strewn(&mut faults, &mut random, nations, Some(HOSTILE), (0.0, within_s), span.longest_s);
    }
    faults.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    faults
}

/// Some kinds of faults, each several times, strewn over the seconds `from_s` and `within_s` after it.
fn strewn(
    faults: &mut Vec<Fault>,
    random: &mut Random,
    nations: usize,
    spared: Option<u64>,
    (from_s, within_s): (f64, f64),
    longest_s: f64,
) {
    let kinds: Vec<u64> = (0..KINDS).filter(|_| random.chance(0.35)).collect();
    for kind in kinds {
        let most = if kind == HOSTILE { 1.0 } else { random.between(1.0, 6.0) };
        for _ in 0..(most as u32) {
            let until_s = if kind == HOSTILE { within_s / 2.0 } else { within_s };
            let at_s = from_s + random.between(0.5, until_s);
            let what = one(kind, random, nations, longest_s);
            if spared != Some(kind) {
                faults.push(Fault { at_s, what });
            }
        }
    }
}

fn one(kind: u64, random: &mut Random, nations: usize, longest_s: f64) -> What {
    let who = (random.bits() % nations as u64) as usize;
    let other = (who + 1 + (random.bits() % (nations as u64 - 1)) as usize) % nations;
    let stretched = longest_s / Span::launch().longest_s;
    // Of long ones most are short: evenly over the orders of magnitude.
    let for_s = if stretched > 1.0 {
        libm::exp(random.between(libm::log(0.1), libm::log(longest_s)))
    } else {
        random.between(0.1, longest_s)
    };
    let down_s = if stretched > 1.0 { for_s / 2.0 } else { random.between(0.05, 5.0) };
    match kind {
        0 | 11 => What::Crash { who, stage: Stage::ALL[(random.bits() % 7) as usize], down_s },
        1 => What::DiskFull { who, for_s },
        2 => What::Flip { who, bit: random.bits() >> 1 },
        3 => What::Restore { who, back_s: random.between(0.0, 40.0 * stretched), down_s },
        4 => {
            let step_s = if random.chance(0.5) {
                random.between(-3_600.0, 3_600.0)
            } else {
                random.between(-2.0, 2.0)
            };
            What::Clock { who, step_s, drift: random.between(-1e-3, 1e-3) }
        }
        5 => What::Stop { who, for_s },
        6 => What::Slow { who, each_s: random.between(0.001, 0.2), for_s },
        7 => What::Cut { from: who, to: other, one_way: random.chance(0.5), for_s },
        8 => What::Reset { a: who, b: other },
        9 => What::Hostile {
            who,
            trick: Trick::ALL[(random.bits() % 9) as usize],
            for_s: random.between(2.0, 40.0),
        },
        10 => {
            if random.chance(0.5) {
                What::Spoof { who, plots: 1 + (random.bits() % 300) as u32 }
            } else {
                What::Click { who, times: 1 + (random.bits() % 6) as u32 }
            }
        }
        12 => What::Vanish { a: who, b: other },
        _ => What::Crash { who, stage: Stage::Gathered, down_s },
    }
}
