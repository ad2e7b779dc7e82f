//! Gate: which plots of a scan could be of which track, found cheaply.
//!
//! A scan's plots are sorted by range, which is what a radar measures best. Of each track only the place is reckoned at
//! first, roughly, and how sure its range is; a track that no plot is near in range, and then in space, is left alone.
//! Only the others are predicted, and compared in full.

use nalgebra::Vector3;
use statement::TrackStatus;

use crate::assign::Candidate;
use crate::motion::{GATE, Likeness};
use crate::sense::{Radar, Sensed};
use crate::track::Track;

/// Squared distance, in gates, within which a plot that is not a track's own starts no new one while the track lacks
/// its plot: the object may have moved further than the track expects.
const NEAR: f64 = 9.0;

/// For so long after the track's last plot, seconds.
const NEAR_S: f64 = 3.0;

/// How far an object that air carries gets while an antenna sweeps a sector, metres: half a second at 1,000 m/s.
const SECTOR_M: f64 = 500.0;

/// What gating found.
#[derive(Debug, Default)]
pub(crate) struct Gated {
    /// Matches that are possible.
    pub candidates: Vec<Candidate>,
    /// (track, plot) that are near, but outside the gate, where that counts.
    pub near: Vec<(usize, usize)>,
}

/// Compares one scan's plots, those of `open`, with the tracks; predicts those that have a plot near.
pub(crate) fn gate<'a>(
    tracks: impl Iterator<Item = &'a mut Track>,
    scan: &[Sensed],
    open: &[bool],
    radars: &[Radar],
) -> Gated {
    let mut gated = Gated::default();
    let Some(first) = scan.first() else { return gated };
    let Radar { site, sensor, degraded, .. } = &radars[first.radar as usize];
    let degraded = *degraded;
    let site_m = site.origin.vector();
    let sigma_rad = sensor.sigma_az_rad.unwrap_or(0.0).max(sensor.sigma_el_rad.unwrap_or(0.0));
    let sigma_range_m = sensor.sigma_range_m.unwrap_or(0.0);
    let plot_m = |range_m: f64| 7.0 * (sigma_rad * range_m + sigma_range_m) + 200.0;
    let mut by_range: Vec<(f64, Vector3<f64>, usize)> = (0..scan.len())
        .filter(|plot| open[*plot])
        .map(|plot| (scan[plot].measured.x, scan[plot].position_m, plot))
        .collect();
    by_range.sort_by(|a, b| a.0.total_cmp(&b.0));

    let mut near: Vec<usize> = Vec::new();
    for (index, track) in tracks.enumerate() {
        if track.status == TrackStatus::Lost || track.is_apart(radars) != degraded {
            continue;
        }
        let dt_s = first.time.since_s(track.motion.time);
        let roughly = track.place_at(first.time);
        let untold_m = 5.0 * first.el_sigma_rad.unwrap_or(0.0) * first.measured.x;
        let turning_m = if first.el_sigma_rad.is_some() { SECTOR_M } else { 0.0 };
        let range_m = (roughly - site_m).norm();
        let margin_m = margin_m(track, dt_s) + plot_m(range_m) + untold_m + turning_m;
        let line = (roughly - site_m) / range_m.max(1.0);
        // What is far aside is farther away too.
        let aside_m = 0.5 * margin_m * margin_m / range_m.max(1.0);
        let depth_m =
            (depth_m(track, first, &line) + 7.0 * sigma_range_m + turning_m + aside_m).min(margin_m);
        let from = by_range.partition_point(|(range, ..)| *range < range_m - depth_m);
        let in_range = by_range[from..].iter().take_while(|(range, ..)| *range <= range_m + depth_m);
        let in_space =
            |position_m: &Vector3<f64>| (position_m - roughly).norm_squared() <= margin_m * margin_m;
        near.clear();
        near.extend(in_range.filter(|(_, position_m, _)| in_space(position_m)).map(|(.., plot)| *plot));
        if near.is_empty() || track.has_plot_of(first, radars) {
            continue;
        }
        if first.el_sigma_rad.is_some() {
            for &plot in near.iter().filter(|plot| !scan[**plot].denies(track.address)) {
                let since_plot_s = scan[plot].time.since_s(track.last).max(0.0);
                let fit = fit_at_its_time(track, &scan[plot], since_plot_s, radars);
                gated.judge(index, plot, fit, since_plot_s);
            }
            continue;
        }
        track.motion.predict_to(first.time);
        let since_plot_s = first.time.since_s(track.last).max(0.0);
        let within = if surprising(track, first) { NEAR * GATE } else { GATE };
        let mut expected = track.motion.expect(&first.measurement(radars), since_plot_s, within);
        for &plot in &near {
            gated.judge(index, plot, expected.fit(scan[plot].measured), since_plot_s);
        }
    }
    gated
}

impl Gated {
    fn judge(&mut self, track: usize, plot: usize, fit: Option<Likeness>, since_plot_s: f64) {
        let Some(fit) = fit else { return };
        if fit.distance_squared < GATE {
            let rim = fit.cost - fit.distance_squared + GATE;
            self.candidates.push(Candidate { track, plot, cost: fit.cost, rim });
        } else if fit.distance_squared < NEAR * GATE && since_plot_s < NEAR_S {
            self.near.push((track, plot));
        }
    }
}

/// How a plot fits whose time and noise are its own.
fn fit_at_its_time(track: &Track, plot: &Sensed, since_plot_s: f64, radars: &[Radar]) -> Option<Likeness> {
    let mut motion = track.motion.clone();
    motion.predict_to(plot.time);
    let mut expected = motion.expect(&plot.measurement(radars), since_plot_s, NEAR * GATE);
    expected.fit(plot.measured)
}

/// How far from there the track's object may be, metres: five sigmas of everything, and thrust of 10 g.
fn margin_m(track: &Track, dt_s: f64) -> f64 {
    let dt_s = dt_s.abs();
    5.0 * (track.motion.position_sigma_m() + track.motion.velocity_sigma_mps() * dt_s) + astray_m(dt_s)
}

/// The same along the line of sight alone, and as far as [`NEAR`] where that counts.
fn depth_m(track: &Track, plot: &Sensed, line: &Vector3<f64>) -> f64 {
    let dt_s = plot.time.since_s(track.motion.time).abs();
    let since_plot_s = plot.time.since_s(track.last).max(0.0);
    let (position_m, velocity_mps) = track.motion.sigmas_along(line);
    let sigmas = if surprising(track, plot) { 5.0 * NEAR.sqrt() } else { 5.0 };
    sigmas * (position_m + velocity_mps * dt_s) + track.motion.surprise_m(since_plot_s) + astray_m(dt_s)
}

/// Whether what is [`NEAR`] counts.
fn surprising(track: &Track, plot: &Sensed) -> bool {
    plot.el_sigma_rad.is_some() || track.motion.under_thrust() == Some(true)
}

/// How far thrust of 10 g leads aside, and how far the parabola does from the flight, metres.
fn astray_m(dt_s: f64) -> f64 {
    50.0 * dt_s.min(10.0) * dt_s.min(10.0) + 0.02 * dt_s * dt_s
}
