//! What is known of each sensor, for people.

use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::arrivals::Arrivals;
use crate::common::MEASURES;
use crate::health::Finding;
use crate::registration::{Known, SIGMAS_95};
use crate::tracker::Tracker;

/// What is known of one sensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensorState {
    /// Which.
    pub id: String,
    /// Plots heard before, which were dropped, and the instant of the last one.
    pub duplicates: u64,
    /// When the last of these was sensed.
    pub last_duplicate: Option<Tai>,
    /// Plots that others' plots of the same objects confirmed.
    pub common_plots: u64,
    /// Biases of range (m), azimuth, elevation (rad) and time (s, positive where its stamps are late); `None` where
    /// no object was seen in common with another sensor for long enough.
    pub biases: Option<[Bias; MEASURES]>,
    /// The same less those of other sensors, by their ids: what plots of common objects show first. Nothing is said of
    /// `applied` here.
    pub relative: Vec<(String, [Bias; MEASURES])>,
    /// How it stands.
    pub standing: Standing,
    /// Why it is not healthy, and since when.
    pub finding: Option<Finding>,
    /// What was found before, and is over.
    pub past: Vec<Finding>,
}

/// A bias with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bias {
    /// Measured minus true.
    pub value: f64,
    /// The interval's ends.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// What is taken off the sensor's plots; `None`: nothing, since the interval holds zero.
    pub applied: Option<f64>,
}

/// How a sensor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing speaks against it.
    Healthy,
    /// It and another sensor contradict each other, and nothing tells which of them errs.
    Disputed,
    /// It errs: its plots are kept apart, and do not establish a warning alone.
    Degraded,
}

impl Bias {
    /// Whether the interval leaves zero out.
    pub fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// The 95 % interval of a bias, or of its opposite.
fn interval(known: &Known, sign: f64, applied: Option<f64>) -> Bias {
    let (value, half) = (sign * known.value, SIGMAS_95 * known.sigma);
    Bias { value, low: value - half, high: value + half, applied }
}

/// Of all sensors, in their order.
pub(crate) fn states(tracker: &Tracker, arrivals: &Arrivals, now: Tai) -> Vec<SensorState> {
    let radars = &tracker.radars;
    let known = tracker.registration.biases(radars.len());
    let state = |index: usize| {
        let radar = &radars[index];
        let number = index as u32;
        let arrival = arrivals.of(number);
        let by_arrival = arrival.and_then(|arrival| arrival.finding.clone()).map(|finding| (true, finding));
        let found = tracker.registration.health.of(number, now, radars).filter(|(degraded, _)| *degraded);
        let found = found.or(by_arrival).or_else(|| tracker.registration.health.of(number, now, radars));
        let common_plots = tracker.registration.common_plots.get(index).copied().unwrap_or(0);
        let bias = |measure: usize| {
            let known = known.as_ref()?.biases.get(MEASURES * index + measure)?;
            let applied = radar.correction.map(|correction| correction.bias[measure]);
            Some(interval(known, 1.0, applied.filter(|applied| *applied != 0.0)))
        };
        let differences = known.iter().flat_map(|known| &known.differences);
        let relative = differences.filter_map(|(one, other, each)| {
            let (sign, other) = match (*one == index, *other == index) {
                (true, _) => (1.0, *other),
                (_, true) => (-1.0, *one),
                _ => return None,
            };
            Some((radars[other].sensor.id.clone(), each.map(|known| interval(&known, sign, None))))
        });
        let relative = relative.collect();
        let biases = match (bias(0), bias(1), bias(2), bias(3)) {
            (Some(range), Some(azimuth), Some(elevation), Some(time)) if common_plots > 0 => {
                Some([range, azimuth, elevation, time])
            }
            _ => None,
        };
        SensorState {
            id: radar.sensor.id.clone(),
            duplicates: arrival.map_or(0, |arrival| arrival.duplicates),
            last_duplicate: arrival.and_then(|arrival| arrival.last_duplicate),
            common_plots,
            biases,
            relative,
            standing: match &found {
                None => Standing::Healthy,
                Some((true, _)) => Standing::Degraded,
                Some((false, _)) => Standing::Disputed,
            },
            finding: found.map(|(_, finding)| finding),
            past: tracker.registration.health.past(number).to_vec(),
        }
    };
    (0..radars.len()).map(state).collect()
}
