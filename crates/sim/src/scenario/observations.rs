//! The scans of all sensors as one sequence in the order of time.

use physics::plot::Plot;
use physics::time::Tai;
use statement::Nation;

use super::Scenario;
use crate::sensing::Watch;
use crate::truth::Truth;

/// One scan of one sensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Since the scenario's start, seconds.
    pub time_s: f64,
    /// Whose sensor.
    pub nation: Nation,
    /// Which sensor.
    pub sensor_id: String,
    /// What it saw; may be empty.
    pub plots: Vec<Plot>,
}

/// An iterator over the scans of all sensors; each scan is made when it is asked for.
#[derive(Clone, Debug)]
pub struct Observations {
    start: Tai,
    end_s: f64,
    truths: Vec<Truth>,
    stations: Vec<Station>,
}

#[derive(Clone, Debug)]
struct Station {
    nation: Nation,
    sensor_id: String,
    watch: Watch,
    /// Time of scan 0, seconds: sensors don't scan at the same instant.
    first_s: f64,
    rate_hz: f64,
    scan: i64,
}

impl Station {
    fn next_s(&self) -> f64 {
        self.first_s + self.scan as f64 / self.rate_hz
    }
}

impl Observations {
    pub(super) fn new(scenario: &Scenario, truths: Vec<Truth>, seed: u64) -> Observations {
        let sensors = scenario
            .nations
            .iter()
            .flat_map(|participant| participant.sensors.iter().map(|sensor| (participant.nation, sensor)));
        let count =
            scenario.nations.iter().map(|participant| participant.sensors.len()).sum::<usize>().max(1);
        let stations = sensors.enumerate().map(|(index, (nation, sensor))| Station {
            nation,
            sensor_id: sensor.id.clone(),
            watch: Watch::new(sensor, seed),
            first_s: index as f64 / count as f64 / sensor.rate_hz,
            rate_hz: sensor.rate_hz,
            scan: 0,
        });
        Observations { start: scenario.start, end_s: scenario.end_s, truths, stations: stations.collect() }
    }

    /// What really flies in these observations.
    pub fn truths(&self) -> &[Truth] {
        &self.truths
    }
}

impl Iterator for Observations {
    type Item = Observed;

    fn next(&mut self) -> Option<Observed> {
        let station = self.stations.iter_mut().min_by(|a, b| a.next_s().total_cmp(&b.next_s()))?;
        let time_s = station.next_s();
        if time_s > self.end_s {
            return None;
        }
        let plots = station.watch.scan(station.scan, time_s, self.start, &self.truths);
        station.scan += 1;
        Some(Observed { time_s, nation: station.nation, sensor_id: station.sensor_id.clone(), plots })
    }
}
