//! One object, from the first plots that may be it to its loss.

use std::collections::BTreeSet;

use physics::filter::Estimate;
use physics::information;
use physics::integrate;
use physics::motion::Matrix6;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{Evidence, Hops, Phenomenon, TrackStatus, Tracklet};

use crate::family::Kin;
use crate::lift::Lift;
use crate::manoeuvre::Manoeuvre;
use crate::motion::{self, Motion};
use crate::noise::Slowness;
use crate::sense::{Radar, Sensed};
use crate::settings::Settings;

/// The time that a firm track's plots span at least, seconds: plots in quick succession say little of how something
/// moves. Three a second apart are enough.
const FIRM_SPAN_S: f64 = 1.99;

/// Slower than this nothing is tracked, m/s: clutter, birds, what still stands on its rail.
const SPEED_MPS_MIN: f64 = 150.0;

/// A tentative track without a plot for this long is given up, seconds; three scans where these are slower.
const TENTATIVE_S: f64 = 3.5;

/// What is kept of the opening: its plots up to this span (seconds) and number.
const OPENING_SPAN_S: f64 = 15.0;
const OPENING_PLOTS_MAX: usize = 80;
const OPENING_PLOTS_MIN: usize = 8;

/// A track whose position is less sure than this is lost, metres.
const LOST_SIGMA_M: f64 = 50_000.0;

/// A lost track is still shown for this long, seconds.
const KEPT_LOST_S: f64 = 30.0;

/// What would stay up for longer than this is not waited for, seconds; how well its end is reckoned, metres.
const UP_S_MAX: f64 = 7_200.0;
const DOWN_TOLERANCE_M: f64 = 100.0;

/// A lost one that may be anywhere within this is not known again, metres; and how near it must be (99.9 % of right
/// ones, six degrees of freedom; Abramowitz & Stegun, table 26.8).
const MET_SIGMA_M: f64 = 150_000.0;
const MET_SQUARED: f64 = 22.46;

/// One object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Track {
    /// 0 while tentative.
    pub number: u64,
    pub status: TrackStatus,
    pub motion: Motion,
    pub lift: Lift,
    pub manoeuvre: Manoeuvre,
    pub first: Tai,
    pub last: Tai,
    pub received: Tai,
    pub plots: u64,
    pub radars: BTreeSet<u32>,
    /// The address that its transponder told.
    pub address: Option<u32>,
    last_scans: Vec<(u32, i64, Tai)>,
    opening: Vec<Sensed>,
    /// The state at the first plot, as the whole opening shows it.
    pub opened: Option<Estimate<6>>,
    pub kin: Kin,
    /// Lost on an arc in space: until when it may come into view again.
    pub up_until: Option<Tai>,
}

impl Track {
    /// From three plots that may be of one object.
    pub fn start(
        [first, second, third]: [&Sensed; 3],
        radars: &[Radar],
        settings: &Settings,
    ) -> Option<Track> {
        let dt_s = second.time.since_s(first.time);
        // Two radars at one instant say nothing of the velocity.
        let velocity =
            if dt_s > 0.5 { (second.position_m - first.position_m) / dt_s } else { Default::default() };
        let mut motion = Motion::start(first, radars, velocity)?;
        if settings.coasting_only {
            motion.only_coast();
        }
        for plot in [second, third] {
            motion.predict_to(plot.time);
            motion.update(&plot.measurement(radars), false);
        }
        let mut track = Track {
            number: 0,
            status: TrackStatus::Tentative,
            motion,
            lift: Lift::default(),
            manoeuvre: Manoeuvre::default(),
            first: first.time,
            last: first.time,
            received: second.received,
            plots: 0,
            radars: BTreeSet::new(),
            address: None,
            last_scans: Vec::new(),
            opening: Vec::new(),
            opened: None,
            kin: Kin::default(),
            up_until: None,
        };
        for plot in [first, second, third] {
            track.note(plot);
        }
        Some(track)
    }

    /// Where its first plot was, Earth-fixed, metres; `None` once that is no longer kept.
    pub fn first_position_m(&self) -> Option<nalgebra::Vector3<f64>> {
        self.opening.first().map(|plot| plot.position_m)
    }

    /// Where it is expected at an instant near that of its state, Earth-fixed, metres: by a parabola.
    pub fn place_at(&self, time: Tai) -> nalgebra::Vector3<f64> {
        let (state, dt_s) = (self.motion.state(), time.since_s(self.motion.time));
        let (r, v) = (physics::motion::position(&state), physics::motion::velocity(&state));
        r + v * dt_s + physics::motion::acceleration(r, v) * (0.5 * dt_s * dt_s)
    }

    /// Scans of a plot's radar between the last plot from it and this one.
    pub fn missed(&self, plot: &Sensed) -> i64 {
        let last = self.last_scans.iter().find(|(radar, _, _)| *radar == plot.radar);
        last.map_or(0, |(_, scan, _)| (plot.scan - scan - 1).clamp(0, 3))
    }

    /// Takes in a plot of its own; the residual where that says something of the radar's noise.
    pub fn take(&mut self, plot: &Sensed, radars: &[Radar]) -> Option<nalgebra::Vector3<f64>> {
        self.motion.predict_to(plot.time);
        let learns = matches!(radars[plot.radar as usize].slowness, Slowness::Learned(_));
        let residual = self.motion.update(&plot.measurement(radars), learns);
        self.lift.note(&self.motion);
        self.manoeuvre.note(plot, radars, &self.motion);
        self.note(plot);
        if self.status == TrackStatus::Coasting {
            self.status = TrackStatus::Firm;
        }
        self.open(radars);
        residual
    }

    fn note(&mut self, plot: &Sensed) {
        self.last = self.last.max(plot.time);
        self.received = plot.received;
        self.plots += 1;
        self.radars.insert(plot.radar);
        self.address = self.address.or(plot.address);
        self.last_scans.retain(|(radar, _, _)| *radar != plot.radar);
        self.last_scans.push((plot.radar, plot.scan, plot.time));
        if self.opened.is_none() && self.opening.len() < OPENING_PLOTS_MAX {
            self.opening.push(*plot);
        }
    }

    /// Once enough is seen, reckons back to the first plot.
    fn open(&mut self, radars: &[Radar]) {
        if self.opened.is_some() || self.opening.is_empty() {
            return;
        }
        let complete =
            self.last.since_s(self.first) >= OPENING_SPAN_S || self.opening.len() >= OPENING_PLOTS_MAX;
        if complete && self.opening.len() >= OPENING_PLOTS_MIN {
            let velocity = physics::motion::velocity(&self.motion.state());
            self.opened = motion::look_back(&self.opening, radars, velocity);
            self.opening = Vec::new();
        }
    }

    /// Whether it already has a plot of this scan: a radar gives one object one plot in a scan.
    pub fn has_plot_of(&self, plot: &Sensed, radars: &[Radar]) -> bool {
        let scan_s = 1.0 / radars[plot.radar as usize].sensor.rate_hz;
        self.last_scans.iter().any(|(radar, scan, time)| {
            *radar == plot.radar && *scan == plot.scan && plot.time.since_s(*time).abs() < 1.5 * scan_s
        })
    }

    /// The sensors whose plots it has from the last `within_s` seconds, or from the sensor's last scan.
    pub fn seen_lately<'a>(
        &'a self,
        now: Tai,
        within_s: f64,
        radars: &'a [Radar],
    ) -> impl Iterator<Item = u32> + 'a {
        let lately = move |(radar, _, time): &&(u32, i64, Tai)| {
            let scan_s = 1.0 / radars[*radar as usize].sensor.rate_hz;
            now.since_s(*time) < within_s.max(1.5 * scan_s)
        };
        self.last_scans.iter().filter(lately).map(|(radar, _, _)| *radar)
    }

    /// Whether it rests on degraded sensors alone.
    pub fn is_apart(&self, radars: &[Radar]) -> bool {
        self.radars.iter().all(|radar| radars[*radar as usize].degraded)
    }

    /// Whether a tentative track has shown enough to be an object.
    pub fn is_convincing(&self) -> bool {
        let state = self.motion.state();
        let speed_mps = physics::motion::velocity(&state).norm();
        self.last.since_s(self.first) >= FIRM_SPAN_S
            && speed_mps > SPEED_MPS_MIN
            && speed_mps > self.motion.velocity_sigma_mps()
            && motion::height_and_climb(&state).0 > -5_000.0
    }

    /// Whether a tentative track is to be given up.
    pub fn is_stale(&self, now: Tai, radars: &[Radar]) -> bool {
        let slowest_s = self
            .radars
            .iter()
            .map(|radar| 3.0 / radars[*radar as usize].sensor.rate_hz)
            .fold(TENTATIVE_S, f64::max);
        now.since_s(self.last) > slowest_s.min(30.0)
    }

    /// How it stands at an instant: firm, coasting, lost.
    pub fn status_at(&self, now: Tai, settings: &Settings) -> TrackStatus {
        let unseen_s = now.since_s(self.last);
        let lost = unseen_s > self.lost_after_s(settings) || self.motion.position_sigma_m() > LOST_SIGMA_M;
        match self.status {
            TrackStatus::Firm | TrackStatus::Coasting if lost => TrackStatus::Lost,
            TrackStatus::Firm if unseen_s > settings.coasting_after_s => TrackStatus::Coasting,
            status => status,
        }
    }

    /// Whether it is lost for so long that nobody is shown it.
    pub fn is_forgotten(&self, now: Tai, settings: &Settings) -> bool {
        let lost = self.status_at(now, settings) == TrackStatus::Lost;
        lost && now.since_s(self.last) >= self.lost_after_s(settings) + KEPT_LOST_S
    }

    /// Whether the object, seen or not, has not come down yet, as far as is known.
    pub fn is_up(&self, now: Tai) -> bool {
        self.status != TrackStatus::Lost || self.up_until.is_some_and(|until| now < until)
    }

    /// Becomes lost: reckons how long gravity alone would keep it up.
    pub fn lose(&mut self) {
        self.status = TrackStatus::Lost;
        if !self.motion.coasts_in_space() {
            return;
        }
        let ground = self.motion.arc().and_then(|arc| {
            let down = integrate::fly_within(&arc.state, 0.0, false, UP_S_MAX, DOWN_TOLERANCE_M)?;
            Some(arc.time.plus_s(down.elapsed_s))
        });
        self.up_until = ground;
    }

    /// How far from where this lost one would be by now another's state is, squared, by the errors of both (six degrees
    /// of freedom); `None` where it is too far, or nothing can be said.
    pub fn apart_squared(&self, other: &Track) -> Option<f64> {
        let seen = other.motion.kinematic();
        self.up_until.filter(|until| self.status == TrackStatus::Lost && seen.time < *until)?;
        let mut there = self.motion.arc()?.clone();
        there.coast_to(seen.time, motion::COAST_PSD);
        if there.position_covariance().trace() > MET_SIGMA_M * MET_SIGMA_M {
            return None;
        }
        let covariance = there.covariance + seen.covariance;
        let scale = covariance.diagonal().map(f64::sqrt);
        let unit = Matrix6::from_fn(|row, column| covariance[(row, column)] / (scale[row] * scale[column]));
        let away = (seen.state - there.state).component_div(&scale);
        let squared = away.dot(&unit.cholesky()?.solve(&away));
        (squared < MET_SQUARED).then_some(squared)
    }

    /// Goes on as a new track that turned out to be this lost one, come into view again.
    pub fn go_on_as(&mut self, new: Track) {
        let thrust_seen = self.motion.thrust_seen;
        self.motion = new.motion;
        self.motion.thrust_seen = self.motion.thrust_seen.or(thrust_seen);
        (self.status, self.up_until) = (TrackStatus::Firm, None);
        (self.last, self.received, self.last_scans) = (new.last, new.received, new.last_scans);
        self.plots += new.plots;
        self.radars.extend(new.radars);
        self.address = self.address.or(new.address);
    }

    /// Takes over what another has been following, with the motion that it has by that: each keeps its own history.
    pub fn exchange_plots(&mut self, other: &mut Track, motions: [Motion; 2]) {
        let [own, others] = motions;
        (self.motion, other.motion) = (own, others);
        core::mem::swap(&mut self.last_scans, &mut other.last_scans);
        core::mem::swap(&mut self.last, &mut other.last);
        core::mem::swap(&mut self.received, &mut other.received);
    }

    /// How long it may go without a plot, seconds.
    pub fn lost_after_s(&self, settings: &Settings) -> f64 {
        if self.motion.coasts_in_space() { settings.arc_lost_after_s } else { settings.lost_after_s }
    }

    /// What it rests on.
    pub fn evidence(&self, radars: &[Radar]) -> Evidence {
        let mut source_tags: Vec<String> =
            self.radars.iter().map(|radar| radars[*radar as usize].sensor.id.clone()).collect();
        source_tags.sort();
        Evidence {
            phenomena: vec![Phenomenon::Radar],
            source_tags,
            plots: self.plots,
            first_observed: self.first,
            last_observed: self.last,
        }
    }

    /// The way of its newest plot so far.
    pub fn hops(&self) -> Hops {
        Hops { sensed: self.last, received: self.received, tracked: self.received, ..Hops::default() }
    }

    /// As others see it, under this id.
    pub fn statement(&self, id: String, status: TrackStatus, radars: &[Radar]) -> statement::Track {
        let estimate = self.motion.kinematic();
        statement::Track {
            track_id: id,
            status,
            time: estimate.time,
            state: estimate.state.into(),
            covariance: information::triangle(&estimate.covariance),
            evidence: self.evidence(radars),
            tracklet: None,
        }
    }

    /// What of it is news to others, while it coasts in space.
    pub fn tracklet(&self) -> Option<Tracklet> {
        self.motion.tracklet(self.first)
    }
}

/// How a track of this name is called to others.
pub(crate) fn id(name: u64) -> String {
    format!("T-{name}")
}
