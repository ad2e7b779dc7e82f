//! Scenarios: what flies, which nations watch it with what, and how they are joined.
//!
//! The same lazy iterator ([`Scenario::observations`]) feeds virtual time and the real-time player.

mod error;
mod file;
mod observations;

use std::path::Path;

use physics::sensor::Sensor;
use physics::time::Tai;
use statement::{Nation, Realm};

pub use error::ScenarioError;
pub use observations::{Observations, Observed};

use crate::truth::Truth;
use crate::truth::draw::ReportedLaunch;

/// A scenario as its file gives it. Made by [`Scenario::parse`], which checks it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name: lower-case letters, digits and hyphens.
    pub name: String,
    /// A title for people.
    pub title: String,
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
    /// Each launch with everything in the middle of its spread; they showed at parsing that the reports can be flown.
    nominal: Vec<Truth>,
    satellites: Vec<Truth>,
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
    /// Reads a scenario; `file_name` is for the message of an error, which is one line.
    pub fn parse(file_name: &str, text: &str) -> Result<Scenario, ScenarioError> {
        file::read(file_name, text)
    }

    /// Reads the scenario in the file at `path`.
    pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Scenario::parse(&file, &text),
            Err(error) => Err(ScenarioError::Unreadable { file, error: error.to_string() }),
        }
    }

    /// How long it plays, seconds.
    pub fn end_s(&self) -> f64 {
        self.end_s
    }

    /// Everything that flies, as `seed` varies it. A launch that no draw of this seed can fly as reported is flown in
    /// the middle of its spreads.
    pub fn truths(&self, seed: u64) -> Vec<Truth> {
        let launched = self.launches.iter().zip(&self.nominal);
        let launched =
            launched.map(|(launch, nominal)| Truth::draw(launch, seed).unwrap_or_else(|_| nominal.clone()));
        launched.chain(self.satellites.iter().cloned()).collect()
    }

    /// Everything that flies, with all spreads at their middle.
    pub fn nominal_truths(&self) -> Vec<Truth> {
        self.nominal.iter().chain(&self.satellites).cloned().collect()
    }

    /// The scans of all sensors in the order of time, until the end; the same for the same seed.
    pub fn observations(&self, seed: u64) -> Observations {
        Observations::new(self, self.truths(seed), seed)
    }

    /// The participant of this nation.
    pub fn participant(&self, nation: Nation) -> Option<&Participant> {
        self.nations.iter().find(|participant| participant.nation == nation)
    }
}
