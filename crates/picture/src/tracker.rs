//! The tracker: what plots make of one another, and nothing else does. The same plots give the same tracker, bit for bit.

use physics::sensor::Sensor;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::TrackStatus;

use crate::assign::{assign, exchanges};
use crate::family;
use crate::gate::gate;
use crate::pair::Pairs;
use crate::registration::{self, Registration};
use crate::sense::{Radar, Sensed};
use crate::settings::Settings;
use crate::start::Starts;
use crate::track::Track;

/// Sensors with what was learned of them, and tracks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tracker {
    pub radars: Vec<Radar>,
    starts: Starts,
    /// What degraded sensors' plots may become.
    starts_apart: Starts,
    pub registration: Registration,
    /// Firm, coasting and lately lost ones, in the order of their numbers.
    pub tracks: Vec<Track>,
    pairs: Pairs,
    /// How many tracks have been firm.
    count: u64,
}

impl Tracker {
    pub fn new(sensors: Vec<Sensor>) -> Tracker {
        Tracker {
            radars: sensors.into_iter().map(Radar::new).collect(),
            starts: Starts::default(),
            starts_apart: Starts::default(),
            registration: Registration::default(),
            tracks: Vec::new(),
            pairs: Pairs::default(),
            count: 0,
        }
    }

    /// One scan of one radar: firm tracks choose first; what is left may be something new.
    pub fn take_scan(&mut self, scan: &[Sensed], settings: &Settings) {
        let measured = scan;
        let corrected = registration::corrected(measured, &self.radars);
        let scan = corrected.as_deref().unwrap_or(measured);
        let Some(first) = scan.first() else { return };
        self.age(first.time, settings);
        let mut open = vec![true; scan.len()];
        associate(&mut self.tracks, &mut self.pairs, scan, &mut open, &mut self.radars);
        self.pairs.decide(&mut self.tracks, first.time, &self.radars);
        let degraded = self.radars[first.radar as usize].degraded;
        let starts = if degraded { &mut self.starts_apart } else { &mut self.starts };
        for track in starts.take(scan, &open, &self.radars, settings) {
            self.add(track);
        }
        family::decide(&mut self.tracks);
        self.registration.take(measured, &mut self.tracks, &mut self.radars, settings);
    }

    /// A new object; or one that was lost, come into view again.
    fn add(&mut self, mut track: Track) {
        let apart = |(index, lost): (usize, &Track)| Some((lost.apart_squared(&track)?, index));
        let met = self.tracks.iter().enumerate().filter_map(apart).min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, index)) = met {
            self.tracks[index].go_on_as(track);
            return;
        }
        self.count += 1;
        track.number = self.count;
        track.status = TrackStatus::Firm;
        track.kin = family::beside(&track, &self.tracks, &self.radars);
        track.kin.launch = self.count;
        self.tracks.push(track);
    }

    /// Lets time pass: firm tracks without plots coast, coasting ones are lost.
    fn age(&mut self, now: Tai, settings: &Settings) {
        self.starts.forget(now, &self.radars);
        self.starts_apart.forget(now, &self.radars);
        for track in &mut self.tracks {
            match track.status_at(now, settings) {
                TrackStatus::Lost if track.status != TrackStatus::Lost => track.lose(),
                status => track.status = status,
            }
        }
        self.tracks.retain(|track| track.is_up(now) || !track.is_forgotten(now, settings));
    }
}

/// Gates and assigns one scan's open plots to tracks, which take them; `open` is false afterwards for plots that are
/// taken, or that a track without a plot may yet turn out to own, where it is under thrust or an aircraft may turn.
fn associate(
    tracks: &mut [Track],
    pairs: &mut Pairs,
    scan: &[Sensed],
    open: &mut [bool],
    radars: &mut [Radar],
) {
    let mut gated = gate(tracks.iter_mut(), scan, open, radars);
    let matches = assign(&mut gated.candidates);
    let exchanges = exchanges(&gated.candidates, &matches);
    pairs.note(tracks, scan, &matches, &exchanges);
    for &(track, plot) in &matches {
        open[plot] = false;
        let residual = tracks[track].take(&scan[plot], radars);
        if let Some(residual) = residual {
            let Radar { slowness, sensor, .. } = &mut radars[scan[plot].radar as usize];
            slowness.learn(residual, sensor);
        }
    }
    for of_track in gated.candidates.chunk_by(|a, b| a.track == b.track) {
        tracks[of_track[0].track].kin.note_scan(of_track.iter().any(|candidate| open[candidate.plot]));
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
