//! The picture: the state that plots change.

use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{Assessment, TrackStatus};

use crate::assess;
use crate::assign::assign;
use crate::gate::gate;
use crate::sense::{self, Radar, RejectedPlot, Sensed};
use crate::settings::Settings;
use crate::start::Starts;
use crate::track::Track;

/// One nation's own picture: sensors, tracks, and what was last said of each. Cloning or serialising it keeps all
/// of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Picture {
    settings: Settings,
    radars: Vec<Radar>,
    /// Time of the newest plot.
    newest: Option<Tai>,
    starts: Starts,
    /// Firm, coasting and lately lost ones, in the order of their numbers.
    tracks: Vec<Track>,
    /// How many tracks have been firm.
    count: u64,
}

impl Picture {
    /// An empty picture of these sensors.
    pub fn new(sensors: Vec<Sensor>, settings: Settings) -> Picture {
        Picture {
            settings,
            radars: sensors.into_iter().map(Radar::new).collect(),
            newest: None,
            starts: Starts::default(),
            tracks: Vec::new(),
            count: 0,
        }
    }

    /// Takes one scan or several, in the order of time; gives back those that could not be used.
    pub fn observe(&mut self, received: Tai, plots: &[Plot]) -> Vec<RejectedPlot> {
        let mut rejected = Vec::new();
        let mut sensed = Vec::with_capacity(plots.len());
        for plot in plots {
            match sense::sense(plot, &self.radars, self.newest) {
                Ok(plot) => {
                    self.newest = Some(self.newest.map_or(plot.time, |newest| newest.max(plot.time)));
                    sensed.push(plot);
                }
                Err(reason) => rejected.push(RejectedPlot { plot: plot.clone(), reason }),
            }
        }
        for scan in sense::scans(&sensed) {
            self.take_scan(received, scan);
        }
        rejected
    }

    /// One scan of one radar: firm tracks choose first; what is left may be something new.
    fn take_scan(&mut self, received: Tai, scan: &[Sensed]) {
        let Some(time) = scan.first().map(|plot| plot.time) else { return };
        self.age(time);
        let mut open = vec![true; scan.len()];
        associate(&mut self.tracks, received, scan, &mut open, &mut self.radars);
        for mut track in self.starts.take(received, scan, &open, &self.radars, &self.settings) {
            self.count += 1;
            track.number = self.count;
            track.status = TrackStatus::Firm;
            self.tracks.push(track);
        }
    }

    /// Lets time pass: firm tracks without plots coast, coasting ones are lost.
    pub fn advance(&mut self, now: Tai) {
        self.age(now);
    }

    fn age(&mut self, now: Tai) {
        self.starts.forget(now, &self.radars);
        for track in &mut self.tracks {
            track.age(now, &self.settings);
        }
        self.tracks.retain(|track| {
            let forgotten_s = track.lost_after_s(&self.settings) + KEPT_LOST_S;
            track.status != TrackStatus::Lost
                || !track.has_had_its_last_word()
                || now.since_s(track.last) < forgotten_s
        });
    }

    /// Firm, coasting and lately lost tracks, in the order of their ids.
    pub fn tracks(&self) -> Vec<statement::Track> {
        self.tracks.iter().map(|track| track.statement(&self.radars)).collect()
    }

    /// Assessments of the tracks whose assessment changed since the last call. `assessment_id` is empty and
    /// `revision` 0: the caller numbers them.
    pub fn assess(&mut self, now: Tai) -> Vec<Assessment> {
        let mut said = Vec::new();
        for track in &mut self.tracks {
            said.extend(assess::assess(track, &self.radars, &self.settings, now));
        }
        said
    }
}

/// A lost track is still shown for this long, seconds.
const KEPT_LOST_S: f64 = 30.0;

/// Gates and assigns one scan's open plots to tracks, which take them; `open` is false afterwards for plots that are
/// taken, or that a track without a plot may yet turn out to own, where it is under thrust or an
/// aircraft may turn.
fn associate(tracks: &mut [Track], received: Tai, scan: &[Sensed], open: &mut [bool], radars: &mut [Radar]) {
    let gated = gate(tracks.iter_mut(), scan, open, radars);
    let matches = assign(gated.candidates);
    for &(track, plot) in &matches {
        open[plot] = false;
        let residual = tracks[track].take(&scan[plot], received, radars);
        if let Some(residual) = residual {
            let Radar { slowness, sensor, .. } = &mut radars[scan[plot].radar as usize];
            slowness.learn(residual, sensor);
        }
    }
    for (track, plot) in gated.near {
        let has_none = matches.binary_search_by_key(&track, |(track, _)| *track).is_err();
        if has_none
            && (scan[plot].el_sigma_rad.is_some() || tracks[track].motion.under_thrust() == Some(true))
        {
            open[plot] = false;
        }
    }
}
