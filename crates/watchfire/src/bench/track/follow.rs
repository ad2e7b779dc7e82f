//! One object followed through one run: the track's error and the bound, scan by scan.

use nalgebra::Vector3;
use physics::filter::Estimate;
use physics::motion::{self, Matrix6, State};
use physics::plot::Plot;
use physics::time::Tai;
use picture::{Picture, Settings};
use sim::raid::Raid;
use sim::truth::Phase;
use statement::TrackStatus;

use super::bound::{Bound, inverse};

/// One scan of a run.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Since the first detection that counts (from burn-out on), seconds.
    pub age_s: f64,
    /// Squares of the errors of position (m²) and velocity (m²/s²), and eᵀ P⁻¹ e; `None` where there is no track.
    pub error: Option<TrackError>,
    /// Traces of the bound, of position (m²) and of velocity (m²/s²); `None` where it is not determined.
    pub bound: Option<(f64, f64)>,
}

/// How a track errs.
#[derive(Clone, Copy, Debug)]
pub struct TrackError {
    pub position_m2: f64,
    pub velocity_m2ps2: f64,
    pub normalised: f64,
}

/// A run's scans with their plots, made once, to be followed by several trackers.
pub struct Run {
    pub raid: Raid,
    pub scans: Vec<(f64, Vec<Plot>)>,
}

impl Run {
    /// The scans while the first object is covered.
    pub fn new(raid: Raid) -> Run {
        let first_covered = |time_s: f64| raid.covered(time_s).iter().any(|(index, _, _)| *index == 0);
        let scans = raid
            .scans()
            .skip_while(|(time_s, _)| !first_covered(*time_s))
            .take_while(|(time_s, _)| first_covered(*time_s))
            .collect();
        Run { raid, scans }
    }

    /// The first object's state at `time_s`.
    pub fn truth(&self, time_s: f64) -> Option<(State, Phase)> {
        let (position, velocity, phase) = self.raid.truths.first()?.state(time_s)?;
        Some((motion::state(Vector3::from(position), Vector3::from(velocity)), phase))
    }

    /// What `picture` makes of it. Ages count from burn-out, or from the first detection after it where none came
    /// before.
    pub fn follow(&self, settings: &Settings) -> Vec<Step> {
        let mut picture = Picture::new(vec![self.raid.sensor.clone()], settings.clone());
        let mut bound = Bound::new(&self.raid.sensor);
        let mut since_s = None;
        let mut steps = Vec::new();
        for (time_s, plots) in &self.scans {
            let now = self.raid.start.plus_s(*time_s);
            picture.observe(now, plots);
            picture.advance(now);
            let Some((truth, phase)) = self.truth(*time_s) else { continue };
            if phase == Phase::Boost {
                since_s = Some(*time_s);
                continue;
            }
            bound.advance(*time_s, &truth);
            if plots.iter().any(|plot| plot.truth_id.is_some()) {
                bound.see(&truth);
                since_s.get_or_insert(*time_s);
            }
            let Some(since_s) = since_s else { continue };
            let error = nearest(&picture, now, &truth).and_then(|estimate| error_of(&estimate, &truth));
            let traces = |covariance: Matrix6| {
                let trace = |from: usize| covariance.fixed_view::<3, 3>(from, from).trace();
                (trace(0), trace(3))
            };
            let bound = bound.covariance().map(traces);
            steps.push(Step { age_s: (time_s - since_s).round(), error, bound });
        }
        steps
    }
}

/// The track nearest to a true state, of those that are not lost, carried to `now`.
pub fn nearest(picture: &Picture, now: Tai, truth: &State) -> Option<Estimate<6>> {
    let away = |estimate: &Estimate<6>| (estimate.position() - motion::position(truth)).norm();
    let there = picture.tracks().into_iter().filter(|track| track.status != TrackStatus::Lost);
    there.map(|track| estimate_at(&track, now)).min_by(|a, b| away(a).total_cmp(&away(b)))
}

/// A track as an estimate at `now`: between its last plot and now gravity alone moves it.
pub fn estimate_at(track: &statement::Track, now: Tai) -> Estimate<6> {
    let mut covariance = Matrix6::zeros();
    let triangle = (0..6).flat_map(|row| (row..6).map(move |column| (row, column)));
    for (element, (row, column)) in track.covariance.iter().zip(triangle) {
        covariance[(row, column)] = *element;
        covariance[(column, row)] = *element;
    }
    let mut estimate =
        Estimate { time: track.time, state: State::from(track.state), covariance, slow: Vec::new() };
    estimate.coast_to(now, 0.0);
    estimate
}

/// How an estimate errs; `None` where its covariance is none.
pub fn error_of(estimate: &Estimate<6>, truth: &State) -> Option<TrackError> {
    let error = estimate.state - truth;
    let weight = inverse(&estimate.covariance)?;
    Some(TrackError {
        position_m2: motion::position(&error).norm_squared(),
        velocity_m2ps2: motion::velocity(&error).norm_squared(),
        normalised: error.dot(&(weight * error)),
    })
}
