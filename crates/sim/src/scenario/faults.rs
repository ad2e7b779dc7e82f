//! Faults in a scenario's file, or in a file of their own that any scenario can be played with.

use serde::Deserialize;
use toml::Spanned;

use super::Scenario;
use super::error::ScenarioError;
use super::laydown::no_such_nation;
use super::reader::Reader;
use crate::world::{Fault, Stage, Trick, What};

/// One table of any kind; [`KINDS`] says which keys a kind has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultForm {
    at_s: f64,
    kind: String,
    nation: Option<String>,
    from: Option<String>,
    to: Option<String>,
    one_way: Option<bool>,
    stage: Option<String>,
    trick: Option<String>,
    down_s: Option<f64>,
    for_s: Option<f64>,
    back_s: Option<f64>,
    step_s: Option<f64>,
    drift: Option<f64>,
    each_s: Option<f64>,
    bit: Option<i64>,
    plots: Option<i64>,
    times: Option<i64>,
}

/// (kind, keys that it needs, keys that it may have)
const KINDS: [(&str, &[&str], &[&str]); 13] = [
    ("crash", &["nation", "stage", "down_s"], &[]),
    ("disk-full", &["nation", "for_s"], &[]),
    ("flip", &["nation", "bit"], &[]),
    ("restore", &["nation", "back_s", "down_s"], &[]),
    ("clock", &["nation", "step_s"], &["drift"]),
    ("stop", &["nation", "for_s"], &[]),
    ("slow", &["nation", "each_s", "for_s"], &[]),
    ("cut", &["from", "to", "for_s"], &["one_way"]),
    ("reset", &["from", "to"], &[]),
    ("vanish", &["from", "to"], &[]),
    ("hostile", &["nation", "trick", "for_s"], &[]),
    ("spoof", &["nation", "plots"], &[]),
    ("click", &["nation", "times"], &[]),
];

const STAGES: [(&str, Stage); 7] = [
    ("gathered", Stage::Gathered),
    ("turned", Stage::Turned),
    ("written", Stage::Written),
    ("torn", Stage::Torn),
    ("synced", Stage::Synced),
    ("committed", Stage::Committed),
    ("half-emitted", Stage::HalfEmitted),
];

const TRICKS: [(&str, Trick); 9] = [
    ("replay", Trick::Replay),
    ("withhold", Trick::Withhold),
    ("forge", Trick::Forge),
    ("epoch", Trick::Epoch),
    ("two-heads", Trick::TwoHeads),
    ("realm", Trick::Realm),
    ("audience", Trick::Audience),
    ("story", Trick::Story),
    ("flood", Trick::Flood),
];

/// A fault with its place in a file, for the error of one that overlaps it.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    kind: String,
    file: String,
    line: usize,
    targets: Vec<Target>,
    from_s: f64,
    until_s: f64,
}

/// What a fault is done to: no two at once.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    Process(usize),
    Disk(usize),
    Clock(usize),
    /// One way.
    Line(usize, usize),
    Sensors(usize),
    Officer(usize),
    /// At most one partner is hostile.
    Alliance,
}

impl FaultForm {
    fn given(&self) -> Vec<&'static str> {
        let given = [
            ("nation", self.nation.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("one_way", self.one_way.is_some()),
            ("stage", self.stage.is_some()),
            ("trick", self.trick.is_some()),
            ("down_s", self.down_s.is_some()),
            ("for_s", self.for_s.is_some()),
            ("back_s", self.back_s.is_some()),
            ("step_s", self.step_s.is_some()),
            ("drift", self.drift.is_some()),
            ("each_s", self.each_s.is_some()),
            ("bit", self.bit.is_some()),
            ("plots", self.plots.is_some()),
            ("times", self.times.is_some()),
        ];
        given.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect()
    }
}

impl Reader<'_> {
    /// Adds faults to the scenario, in the order of time.
    pub(super) fn faults(
        &self,
        forms: Vec<Spanned<FaultForm>>,
        scenario: &mut Scenario,
    ) -> Result<(), ScenarioError> {
        for form in forms {
            let table = self.table(&form);
            let form = form.into_inner();
            let fault = table.fault(&form, scenario)?;
            let placed = table.placed(&form.kind, fault);
            table.alone(&placed, scenario)?;
            scenario.placed.push(placed);
            scenario.faults.push(fault);
        }
        scenario.faults.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        Ok(())
    }

    fn fault(&self, form: &FaultForm, scenario: &Scenario) -> Result<Fault, ScenarioError> {
        let Some((_, needed, optional)) = KINDS.iter().find(|(kind, ..)| *kind == form.kind) else {
            let kinds = KINDS.map(|(kind, ..)| kind).join(", ");
            return Err(self.wrong("kind", &format!("expected a kind among {kinds}, found `{}`", form.kind)));
        };
        let given = form.given();
        if let Some(missing) = needed.iter().find(|key| !given.contains(key)) {
            let expected = format!("expected a key `{missing}` of a `{}`, found none", form.kind);
            return Err(self.wrong("kind", &expected));
        }
        if let Some(extra) = given.iter().find(|key| !needed.contains(key) && !optional.contains(key)) {
            let keys = [&["at_s", "kind"], *needed, *optional].concat().join(", ");
            let expected = format!("expected of a `{}` the keys {keys}, found `{extra}`", form.kind);
            return Err(self.wrong(extra, &expected));
        }
        if form.at_s > scenario.end_s {
            let expected = format!("expected a fault before the scenario's end at {} s", scenario.end_s);
            return Err(self.wrong("at_s", &format!("{expected}, found {} s", form.at_s)));
        }
        let at_s = self.number("at_s", form.at_s, 0.0, scenario.end_s)?;
        Ok(Fault { at_s, what: self.what(form, scenario)? })
    }

    /// The keys that the kind needs are there.
    fn what(&self, form: &FaultForm, scenario: &Scenario) -> Result<What, ScenarioError> {
        let number = |key: &str, value: Option<f64>, least: f64, most: f64| {
            self.number(key, value.unwrap_or(0.0), least, most)
        };
        let count = |key: &str, value: Option<i64>, most: u32| self.count(key, value.unwrap_or(0), 1, most);
        let who = || self.index_of("nation", form.nation.as_deref(), scenario);
        let pair = || -> Result<(usize, usize), ScenarioError> {
            let from = self.index_of("from", form.from.as_deref(), scenario)?;
            let to = self.index_of("to", form.to.as_deref(), scenario)?;
            if from == to {
                return Err(self.wrong("to", "expected two nations, found the same one twice"));
            }
            Ok((from, to))
        };
        let for_s = || number("for_s", form.for_s, 0.001, 86_400.0);
        let down_s = || number("down_s", form.down_s, 0.0, 86_400.0);
        Ok(match form.kind.as_str() {
            "crash" => What::Crash {
                who: who()?,
                stage: self.named("stage", form.stage.as_deref(), &STAGES)?,
                down_s: down_s()?,
            },
            "disk-full" => What::DiskFull { who: who()?, for_s: for_s()? },
            "flip" => {
                let bit = form.bit.unwrap_or(0);
                let Ok(bit) = u64::try_from(bit) else {
                    return Err(self.wrong("bit", &format!("expected `bit` of at least 0, found {bit}")));
                };
                What::Flip { who: who()?, bit }
            }
            "restore" => What::Restore {
                who: who()?,
                back_s: number("back_s", form.back_s, 0.0, 86_400.0)?,
                down_s: down_s()?,
            },
            "clock" => What::Clock {
                who: who()?,
                step_s: number("step_s", form.step_s, -3_600.0, 3_600.0)?,
                drift: number("drift", form.drift, -0.01, 0.01)?,
            },
            "stop" => What::Stop { who: who()?, for_s: for_s()? },
            "slow" => What::Slow {
                who: who()?,
                each_s: number("each_s", form.each_s, 1e-6, 60.0)?,
                for_s: for_s()?,
            },
            "cut" => {
                let (from, to) = pair()?;
                What::Cut { from, to, one_way: form.one_way.unwrap_or(false), for_s: for_s()? }
            }
            "reset" => {
                let (a, b) = pair()?;
                What::Reset { a, b }
            }
            "vanish" => {
                let (a, b) = pair()?;
                What::Vanish { a, b }
            }
            "hostile" => What::Hostile {
                who: who()?,
                trick: self.named("trick", form.trick.as_deref(), &TRICKS)?,
                for_s: for_s()?,
            },
            "spoof" => What::Spoof { who: who()?, plots: count("plots", form.plots, 10_000)? },
            _ => What::Click { who: who()?, times: count("times", form.times, 100)? },
        })
    }

    /// The index of a nation in the sorted list of the scenario's nations.
    fn index_of(&self, key: &str, name: Option<&str>, scenario: &Scenario) -> Result<usize, ScenarioError> {
        let nation = self.nation(key, name.unwrap_or_default())?;
        let mut nations: Vec<_> = scenario.nations.iter().map(|participant| participant.nation).collect();
        nations.sort();
        let place = nations.iter().position(|known| *known == nation);
        place.ok_or_else(|| self.wrong(key, &no_such_nation(nation, &scenario.nations)))
    }

    fn named<T: Copy>(&self, key: &str, name: Option<&str>, known: &[(&str, T)]) -> Result<T, ScenarioError> {
        let name = name.unwrap_or_default();
        if let Some((_, value)) = known.iter().find(|(known, _)| *known == name) {
            return Ok(*value);
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        Err(self.wrong(key, &format!("expected `{key}` among {}, found `{name}`", names.join(", "))))
    }

    fn placed(&self, kind: &str, fault: Fault) -> Placed {
        let targets = match fault.what {
            What::Crash { who, .. } | What::Stop { who, .. } | What::Slow { who, .. } => {
                vec![Target::Process(who)]
            }
            What::DiskFull { who, .. } => vec![Target::Disk(who)],
            What::Flip { who, .. } | What::Restore { who, .. } => {
                vec![Target::Process(who), Target::Disk(who)]
            }
            What::Clock { who, .. } => vec![Target::Clock(who)],
            What::Cut { from, to, one_way: true, .. } => vec![Target::Line(from, to)],
            What::Cut { from: a, to: b, .. } | What::Reset { a, b } | What::Vanish { a, b } => {
                vec![Target::Line(a, b), Target::Line(b, a)]
            }
            What::Hostile { .. } => vec![Target::Alliance],
            What::Spoof { who, .. } => vec![Target::Sensors(who)],
            What::Click { who, .. } => vec![Target::Officer(who)],
        };
        Placed {
            kind: kind.to_owned(),
            file: self.file.to_owned(),
            line: self.line("kind"),
            targets,
            from_s: fault.at_s,
            until_s: fault.until_s(),
        }
    }

    /// Refuses a fault while another one is done to the same thing.
    fn alone(&self, new: &Placed, scenario: &Scenario) -> Result<(), ScenarioError> {
        let overlaps = |other: &&Placed| {
            let together = new.from_s < other.until_s && other.from_s < new.until_s;
            let begin = new.from_s == other.from_s;
            (together || begin) && new.targets.iter().any(|target| other.targets.contains(target))
        };
        let Some(other) = scenario.placed.iter().find(overlaps) else { return Ok(()) };
        let place = if other.file == self.file {
            format!("line {}", other.line)
        } else {
            format!("{}: line {}", other.file, other.line)
        };
        Err(self.wrong(
            "kind",
            &format!(
                "expected no overlap with the `{}` of {place}, which lasts from {} to {} s, found a `{}` from {} to {} s \
                 of the same",
                other.kind, other.from_s, other.until_s, new.kind, new.from_s, new.until_s
            ),
        ))
    }
}
