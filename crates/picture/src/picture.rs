//! The picture: the state that plots change.

use std::collections::BTreeMap;

use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{Assessment, PlannedLaunch, Tracklet};

use crate::arrivals::Arrivals;
use crate::assess::{Known, Subject, Told};
use crate::catalogue::Catalogue;
use crate::family::Family;
use crate::infrared::Heat;
use crate::joint::Joint;
use crate::names::Names;
use crate::past::Past;
use crate::sense::{self, RejectedPlot, Rejection, Sensed};
use crate::sensor_state::{self, SensorState};
use crate::settings::Settings;
use crate::track::Track;
use crate::tracker::Tracker;

/// One nation's own picture: sensors, tracks, and what was last said of each. Cloning or serialising it keeps all
/// of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Picture {
    settings: Settings,
    sensors: Vec<Sensor>,
    tracker: Tracker,
    past: Past,
    infrared: Heat,
    /// How late it is: the newest instant heard of.
    now: Option<Tai>,
    names: Names,
    /// What was said of the tracks, by their names.
    told: BTreeMap<u64, Told>,
    /// Which tracks and which infrared objects are one launch.
    joint: Joint,
    catalogue: Catalogue,
    notices: Vec<PlannedLaunch>,
    arrivals: Arrivals,
}

impl Picture {
    /// An empty picture of these sensors.
    pub fn new(sensors: Vec<Sensor>, settings: Settings) -> Picture {
        Picture {
            settings,
            tracker: Tracker::new(sensors.clone()),
            infrared: Heat::new(&sensors),
            sensors,
            past: Past::default(),
            now: None,
            names: Names::default(),
            told: BTreeMap::new(),
            joint: Joint::default(),
            catalogue: Catalogue::default(),
            notices: Vec::new(),
            arrivals: Arrivals::default(),
        }
    }

    /// The same picture, with what another knows beforehand: satellites and notices.
    pub fn knowing(self, other: &Picture) -> Picture {
        Picture { catalogue: other.catalogue.clone(), notices: other.notices.clone(), ..self }
    }

    /// From now on these are the known satellites.
    pub fn set_catalogue(&mut self, catalogue: Catalogue) {
        self.catalogue = catalogue;
    }

    /// From now on these are the planned launches.
    pub fn set_notices(&mut self, notices: Vec<PlannedLaunch>) {
        self.notices = notices;
    }

    /// Takes plots of one scan or of several, in any order, up to half a minute late; gives back those that could not
    /// be used.
    pub fn observe(&mut self, received: Tai, plots: &[Plot]) -> Vec<RejectedPlot> {
        let mut rejected = Vec::new();
        let mut sensed = Vec::with_capacity(plots.len());
        let mut sightings = Vec::new();
        for plot in plots {
            if let Some(sighting) = self.infrared.sense(plot, received) {
                match sighting {
                    Ok(sighting) => sightings.push(sighting),
                    Err(reason) => rejected.push(RejectedPlot { plot: plot.clone(), reason }),
                }
                continue;
            }
            let in_time = |sensed: Sensed| match self.past.reaches(sensed.time) {
                true => Ok(sensed),
                false => Err(Rejection::Late),
            };
            let usable = sense::sense(plot, received, &self.tracker.radars).and_then(in_time);
            match usable {
                Ok(plot) if self.past.holds(&plot) => self.arrivals.drop_duplicate(&plot),
                Ok(plot) => {
                    self.arrivals.take(&plot);
                    sensed.push(plot);
                }
                Err(reason) => {
                    self.arrivals.refuse(plot, reason, received, &self.sensors);
                    rejected.push(RejectedPlot { plot: plot.clone(), reason });
                }
            }
        }
        sensed.sort_by(Sensed::order);
        sensed.dedup_by(|a, b| {
            let heard_before = a.order(b).is_eq();
            if heard_before {
                self.arrivals.drop_duplicate(a);
            }
            heard_before
        });
        let newest = sensed.last().map(|plot| plot.time);
        let newest = newest.max(sightings.iter().map(|sighting| sighting.time).max());
        self.infrared.take(sightings);
        if self.past.goes_on_with(&sensed) {
            self.past.go_on(&mut self.tracker, sensed, &self.settings);
            self.names.note(&self.tracker.tracks);
        } else {
            self.names.look(&self.tracker.tracks);
            let empty = Tracker::new(self.sensors.clone());
            self.past.go_back(&mut self.tracker, sensed, &self.settings, empty);
            self.names.carry_over(&self.tracker.tracks);
        }
        self.now = self.now.max(newest);
        self.join();
        rejected
    }

    /// Joins what radars and infrared sensors see of one launch: before a new track is told by a name of its own.
    fn join(&mut self) {
        let Some(now) = self.now else { return };
        let mut tracks = BTreeMap::new();
        if !self.infrared.told().is_empty() || !self.joint.is_empty() {
            for track in &self.tracker.tracks {
                tracks.insert(self.names.of(track), (track, track.status_at(now, &self.settings)));
            }
        }
        self.joint.renew(&tracks, self.infrared.told(), &mut self.told, now);
    }

    /// The sensors: their biases, their health, in the order they were given in.
    pub fn sensors(&self) -> Vec<SensorState> {
        sensor_state::states(&self.tracker, &self.arrivals, self.now.unwrap_or_default())
    }

    /// Lets time pass: firm tracks without plots coast, coasting ones are lost.
    pub fn advance(&mut self, now: Tai) {
        self.now = self.now.max(Some(now));
    }

    /// Firm, coasting and lately lost tracks, in the order of their ids, without tracklets.
    pub fn tracks(&self) -> Vec<statement::Track> {
        self.stated(|_| true, |_| None)
    }

    /// The same tracks where they are `wanted`, with what of each is news to others: that takes some microseconds each.
    pub fn tracks_with_tracklets(&self, wanted: impl Fn(&statement::Track) -> bool) -> Vec<statement::Track> {
        self.stated(wanted, Track::tracklet)
    }

    fn stated(
        &self,
        wanted: impl Fn(&statement::Track) -> bool,
        tracklet: impl Fn(&Track) -> Option<Tracklet>,
    ) -> Vec<statement::Track> {
        let now = |track: &Track| self.now.unwrap_or(track.last);
        let shown = self.tracker.tracks.iter();
        let shown = shown.filter(|track| !track.is_forgotten(now(track), &self.settings));
        let mut tracks: Vec<(u64, statement::Track)> = shown
            .filter_map(|track| {
                let name = self.names.of(track);
                let status = track.status_at(now(track), &self.settings);
                if self.joint.is_former(name, status) {
                    return None;
                }
                let stated = track.statement(self.joint.id(name), status, &self.tracker.radars);
                let wanted = wanted(&stated);
                wanted.then(|| (name, statement::Track { tracklet: tracklet(track), ..stated }))
            })
            .collect();
        tracks.sort_by_key(|(name, _)| *name);
        tracks.into_iter().map(|(_, track)| track).collect()
    }

    /// Assessments of the tracks whose assessment changed since the last call. `assessment_id` is empty and
    /// `revision` 0: the caller numbers them.
    pub fn assess(&mut self, now: Tai) -> Vec<Assessment> {
        self.advance(now);
        let sighted = self.infrared.assess(now, &self.settings, &self.notices);
        self.join();
        let known = Known {
            radars: &self.tracker.radars,
            settings: &self.settings,
            catalogue: &self.catalogue,
            notices: &self.notices,
        };
        let mut said = Vec::new();
        let named: BTreeMap<u64, &Track> =
            self.tracker.tracks.iter().map(|track| (self.names.of(track), track)).collect();
        let mut launches: BTreeMap<u64, Family> = BTreeMap::new();
        for track in &self.tracker.tracks {
            launches.entry(track.kin.launch).or_default().members.push(track);
        }
        let alone = Family::default();
        for (name, track) in &named {
            let status = track.status_at(self.now.unwrap_or(now), &self.settings);
            if self.joint.is_silent(*name) || self.joint.is_former(*name, status) {
                continue;
            }
            let subject = Subject {
                id: self.joint.id(*name),
                track,
                status,
                family: launches.get(&track.kin.launch).unwrap_or(&alone),
                sighted: self.joint.of(*name),
            };
            said.extend(self.told.entry(*name).or_default().assess(&subject, &known, now));
        }
        self.told.retain(|name, told| {
            let stands = named.contains_key(name);
            if !stands && !self.joint.is_silent(*name) {
                said.extend(told.end(now));
            }
            stands
        });
        for (object, word) in sighted {
            let track = self.joint.track_of(object).and_then(|name| named.get(&name));
            let of_track = track.map(|track| track.evidence(&self.tracker.radars));
            said.extend(self.joint.word(object, word, of_track));
        }
        said.extend(self.joint.withdrawn());
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use physics::frames::Site;
    use physics::{integrate, measure, motion};

    fn sensor(id: &str, lon_deg: f64) -> Sensor {
        let text = format!(
            r#"{{"id": "{id}", "lat_deg": 38.0, "lon_deg": {lon_deg}, "alt_m": 0, "sigma_range_m": 20,
            "sigma_az_rad": 0.001, "sigma_el_rad": 0.001, "pd": 0.9, "rate_hz": 1, "slow_fraction": 0}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    /// Numbers that look drawn by lot, in [0, 1).
    fn draw(state: &mut u64) -> f64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Two radars' plots of six objects for 100 s, one in ten missing, with errors: (when sensed, plots).
    fn plots(sensors: &[Sensor]) -> Vec<Plot> {
        let mut lot = 7;
        let mut plots = Vec::new();
        for object in 0..6 {
            let start = Site::at(physics::geodetic::Geodetic {
                lat_deg: 40.0 + 0.2 * f64::from(object),
                lon_deg: 127.0,
                alt_m: 60_000.0 + 5_000.0 * f64::from(object),
            });
            let velocity = start.axes.transpose() * nalgebra::Vector3::new(1_500.0, -800.0, 900.0);
            let state = motion::state(start.origin.vector(), velocity);
            for second in (4 * object)..100 {
                for (index, sensor) in sensors.iter().enumerate() {
                    let time_s = f64::from(second) + 0.3 * index as f64;
                    let at = integrate::coast(&state, time_s);
                    let seen =
                        measure::sight(&Site::at(sensor.place()), motion::position(&at)).unwrap().measured;
                    let mut error = |sigma: f64| sigma * 3.4 * (draw(&mut lot) - 0.5);
                    let plot = Plot {
                        time: Tai(0).plus_s(time_s),
                        scan: i64::from(second),
                        sensor_id: sensor.id.clone(),
                        range_m: Some(seen.x + error(20.0)),
                        az_rad: (seen.y + error(1e-3)).rem_euclid(core::f64::consts::TAU),
                        el_rad: seen.z + error(1e-3),
                        height_m: None,
                        address: None,
                        range_rate_mps: None,
                        truth_id: None,
                    };
                    if draw(&mut lot) > 0.1 {
                        plots.push(plot);
                    }
                }
            }
        }
        plots.sort_by_key(|plot| plot.time);
        plots
    }

    fn state_of(picture: &Picture) -> String {
        format!("{:?}", picture.tracker)
    }

    #[test]
    fn plots_up_to_half_a_minute_late_leave_the_state_of_plots_in_order() {
        let sensors = vec![sensor("A", 126.0), sensor("B", 129.0)];
        let plots = plots(&sensors);
        let mut in_order = Picture::new(sensors.clone(), Settings::default());
        for scan in plots.chunk_by(|a, b| (a.time, &a.sensor_id) == (b.time, &b.sensor_id)) {
            assert!(in_order.observe(Tai(0), scan).is_empty());
        }
        assert!(in_order.tracks().len() >= 6);
        for seed in 1..4 {
            let mut lot = seed;
            let mut late: Vec<(f64, &Plot)> =
                plots.iter().map(|plot| (plot.time.since_s(Tai(0)) + 29.9 * draw(&mut lot), plot)).collect();
            late.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut picture = Picture::new(sensors.clone(), Settings::default());
            for (arrives_s, plot) in late {
                let rejected = picture.observe(Tai(0), core::slice::from_ref(plot));
                assert!(rejected.is_empty(), "{rejected:?}");
                picture.advance(Tai(0).plus_s(arrives_s));
                picture.assess(Tai(0).plus_s(arrives_s));
            }
            assert!(state_of(&picture) == state_of(&in_order), "seed {seed}: another state");
        }
    }

    #[test]
    fn a_track_keeps_its_name_when_earlier_plots_come() {
        let sensors = vec![sensor("A", 126.0), sensor("B", 129.0)];
        let plots = plots(&sensors);
        let mut picture = Picture::new(sensors.clone(), Settings::default());
        // Of the first object radar B's plots come 20 s late, so that its track begins earlier than was thought.
        let first = |plot: &&Plot| plot.time.since_s(Tai(0)) < 20.0;
        let (on_time, late): (Vec<&Plot>, Vec<&Plot>) =
            plots.iter().filter(first).partition(|plot| plot.sensor_id == "B" && plot.scan > 5);
        for plot in on_time {
            picture.observe(Tai(0), core::slice::from_ref(plot));
        }
        let place = |picture: &Picture| -> BTreeMap<String, [f64; 6]> {
            picture.tracks().into_iter().map(|track| (track.track_id, track.state)).collect()
        };
        let before = place(&picture);
        assert!(!before.is_empty());
        for plot in late {
            picture.observe(Tai(0), core::slice::from_ref(plot));
        }
        let after = place(&picture);
        for (name, state) in before {
            let moved = (0..3).map(|axis| (after[&name][axis] - state[axis]).abs()).fold(0.0, f64::max);
            assert!(moved < 5_000.0, "{name} moved {moved} m");
        }
    }

    #[test]
    fn what_is_later_than_that_is_refused_and_memory_is_bounded() {
        let sensors = vec![sensor("A", 126.0)];
        let mut picture = Picture::new(sensors.clone(), Settings::default());
        let plots = plots(&sensors);
        for plot in &plots {
            picture.observe(Tai(0), core::slice::from_ref(plot));
        }
        let old = Plot { time: Tai(0).plus_s(50.0), ..plots[0].clone() };
        assert_eq!(picture.observe(Tai(0), &[old])[0].reason, Rejection::Late);
        assert!(picture.past.spans_s() <= 30.0 + 10.0 + 1.0, "{}", picture.past.spans_s());
    }
}
