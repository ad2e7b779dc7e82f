//! The picture: the state that plots change.

use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{Assessment, Track};

use crate::sense::{self, Radar, RejectedPlot};
use crate::settings::Settings;

/// One nation's own picture: sensors, tracks, and what was last said of each. Cloning or serialising it keeps all
/// of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Picture {
    settings: Settings,
    radars: Vec<Radar>,
    newest: Tai,
}

impl Picture {
    /// An empty picture of these sensors.
    pub fn new(sensors: Vec<Sensor>, settings: Settings) -> Picture {
        let radars = sensors.into_iter().map(|sensor| Radar { sensor }).collect();
        Picture { settings, radars, newest: Tai(i64::MIN) }
    }

    /// Takes one scan or several, in the order of time; gives back those that could not be used.
    pub fn observe(&mut self, received: Tai, plots: &[Plot]) -> Vec<RejectedPlot> {
        let _ = received;
        let mut rejected = Vec::new();
        for plot in plots {
            match sense::usable(plot, &self.radars, self.newest) {
                Ok(_) => self.newest = self.newest.max(plot.time),
                Err(reason) => rejected.push(RejectedPlot { plot: plot.clone(), reason }),
            }
        }
        rejected
    }

    /// Lets time pass: firm tracks without plots coast, coasting ones are lost.
    pub fn advance(&mut self, now: Tai) {
        self.newest = self.newest.max(now);
    }

    /// Firm, coasting and lately lost tracks, in the order of their ids.
    pub fn tracks(&self) -> Vec<Track> {
        Vec::new()
    }

    /// Assessments of the tracks whose assessment changed since the last call. `assessment_id` is empty and
    /// `revision` 0: the caller numbers them.
    pub fn assess(&mut self, now: Tai) -> Vec<Assessment> {
        let _ = (now, &self.settings);
        Vec::new()
    }
}
