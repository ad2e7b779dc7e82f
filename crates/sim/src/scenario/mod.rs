//! Scenarios: what flies, which nations watch it with what, and how they are joined.
//!
//! The same lazy iterator ([`Scenario::observations`]) feeds virtual time and the real-time player.

mod error;
mod faults;
mod file;
mod land;
mod launch;
mod law;
mod laydown;
mod observations;
mod reader;
mod show;

use std::path::Path;

use physics::sensor::Sensor;
use physics::time::Tai;
use statement::{Nation, Realm};

pub use error::ScenarioError;
pub use law::least_flight_s;
pub use observations::{Observations, Observed};

use crate::truth::Truth;
use crate::truth::draw::ReportedLaunch;
use crate::world::Fault;

/// A scenario as its file gives it. Made by [`Scenario::parse`], which checks it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name: lower-case letters, digits and hyphens.
    pub name: String,
    /// A title for people.
    pub title: String,
    /// What it has that others have not, in one line.
    pub special: String,
    /// What in it is made up.
    pub notional: String,
    /// Where its facts come from.
    pub facts: Vec<String>,
    /// The instant of second 0.
    pub start: Tai,
    /// How long it plays, seconds.
    pub end_s: f64,
    /// The exercise that it plays in; never the live realm.
    pub realm: Realm,
    /// Who takes part, in the order of the file.
    pub nations: Vec<Participant>,
    /// One for each pair of nations and each way.
    pub links: Vec<Link>,
    /// What is launched, as reported.
    pub launches: Vec<ReportedLaunch>,
    /// What goes wrong, in the order of time. Nations by their index in the sorted list of the scenario's nations.
    pub faults: Vec<Fault>,
    /// Each launch with everything in the middle of its spread, and what leaves it; they showed at parsing that the
    /// reports can be flown.
    nominal: Vec<Vec<Truth>>,
    satellites: Vec<Truth>,
    /// Where each fault is written.
    placed: Vec<faults::Placed>,
}

/// A nation that takes part.
#[derive(Clone, Debug)]
pub struct Participant {
    /// Which.
    pub nation: Nation,
    /// Its name for people.
    pub name: String,
    /// Its own sensors.
    pub sensors: Vec<Sensor>,
    /// Its simulated watch officer.
    pub officer: Officer,
}

/// A simulated watch officer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Officer {
    /// From an event's showing to its acknowledgement, seconds.
    pub acknowledge_after_s: f64,
}

/// A line from one nation to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Who sends.
    pub from: Nation,
    /// Who receives.
    pub to: Nation,
    /// One way, seconds.
    pub delay_s: f64,
    /// Up to so much more, uniform, seconds.
    pub jitter_s: f64,
    /// Share of packets lost, 0 to 1.
    pub loss: f64,
}

impl Scenario {
    /// Reads a scenario; `file_name` is for the message of an error, which is one line. A lay-down is one that is built in.
    pub fn parse(file_name: &str, text: &str) -> Result<Scenario, ScenarioError> {
        file::read(file_name, text, |name| Ok(laydown::built_in(name)))
    }

    /// Reads the scenario in the file at `path`. A lay-down is in the folder `laydown` beside it, or built in.
    pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
        let text = read_text(path)?;
        file::read(&path.display().to_string(), &text, |name| {
            let beside = path.with_file_name("laydown").join(format!("{name}.toml"));
            if !beside.exists() {
                return Ok(laydown::built_in(name));
            }
            let file = beside.display().to_string();
            Ok(Some(laydown::LaydownText { file, text: read_text(&beside)? }))
        })
    }

    /// Adds the faults of the file at `path` to those of the scenario.
    pub fn load_faults(&mut self, path: &Path) -> Result<(), ScenarioError> {
        let text = read_text(path)?;
        self.parse_faults(&path.display().to_string(), &text)
    }

    /// Adds faults to those of the scenario; `file_name` is for the message of an error.
    pub fn parse_faults(&mut self, file_name: &str, text: &str) -> Result<(), ScenarioError> {
        file::read_faults(file_name, text, self)
    }

    /// How long it plays, seconds.
    pub fn end_s(&self) -> f64 {
        self.end_s
    }

    /// Everything that flies, as `seed` varies it. A launch that no draw of this seed can fly as reported is flown in
    /// the middle of its spreads.
    pub fn truths(&self, seed: u64) -> Vec<Truth> {
        let launched = self.launches.iter().zip(&self.nominal);
        let launched = launched
            .flat_map(|(launch, nominal)| Truth::draw(launch, seed).unwrap_or_else(|_| nominal.clone()));
        launched.chain(self.satellites.iter().cloned()).collect()
    }

    /// Everything that flies, with all spreads at their middle.
    pub fn nominal_truths(&self) -> Vec<Truth> {
        self.nominal.iter().flatten().chain(&self.satellites).cloned().collect()
    }

    /// The scans of all sensors in the order of time, until the end; the same for the same seed.
    pub fn observations(&self, seed: u64) -> Observations {
        Observations::new(self, self.truths(seed), seed)
    }

    /// A picture of what `seed` flies and of who sees it when, SVG.
    pub fn svg(&self, seed: u64) -> String {
        show::svg(self, seed)
    }

    /// The participant of this nation.
    pub fn participant(&self, nation: Nation) -> Option<&Participant> {
        self.nations.iter().find(|participant| participant.nation == nation)
    }
}

fn read_text(path: &Path) -> Result<String, ScenarioError> {
    std::fs::read_to_string(path).map_err(|error| ScenarioError::Unreadable {
        file: path.display().to_string(),
        error: error.to_string(),
    })
}
