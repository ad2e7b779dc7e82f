//! Start: from plots that belong to no track to new tracks, by several hypotheses at once.
//!
//! Where objects are close, two or three plots don't tell which belong together. So each likely combination is carried
//! on as a hypothesis of its own, a tentative track with the evidence for it, and branches where several plots fit; a
//! plot may be of several hypotheses. One that has shown enough, by more than any that shares its plots, becomes an
//! object; those that share its plots fall. Track-oriented multiple hypotheses, as in Blackman, Popoli, "Design and
//! Analysis of Modern Tracking Systems" (1999), chapter 16, for starts alone.

use core::f64::consts::TAU;

use nalgebra::Vector3;
use physics::motion;
use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::clutter;
use crate::gate::gate;
use crate::seed::Seeds;
use crate::sense::{Radar, Sensed};
use crate::settings::Settings;
use crate::track::Track;

/// Of the hypotheses that end with one plot, so many go on, the likeliest: of those that it continues, and of those that
/// it makes.
const BRANCHES_MAX: usize = 4;

/// Plots that make an object where no other could have made one of them, by a radar whose clutter is known; elsewhere;
/// and by air traffic's radars, whose echoes from the ground and slow scans make many a chance.
const PLOTS_ALONE: u64 = 3;
const PLOTS_IN_A_CROWD: u64 = 4;
const PLOTS_IN_TRAFFIC: u64 = 5;

/// With so many plots the best of several hypotheses is taken, however close the next; the others never before it, even
/// where it is too slow to be tracked.
const PLOTS_DECIDED: u64 = 6;

/// Evidence by which a hypothesis must exceed those that share its plots: odds of 50 to 1.
const CLEARLY: f64 = 4.0;

/// Where objects lately began: so near, so long ago, so many.
const LIKE_WITHIN_M: f64 = 10_000.0;
const LATELY_S: f64 = 120.0;
const LATELY_MAX: usize = 32;

/// A tentative track.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Hypothesis {
    track: Track,
    /// For an object, as [`clutter`] counts it.
    evidence: f64,
    /// Its plots, as [`Seeds`] number them, as far as they are still looked at.
    plots: Vec<u64>,
    crowded: bool,
}

/// Where an object began, and its velocity there.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Beginning {
    time: Tai,
    position_m: Vector3<f64>,
    velocity_mps: Vector3<f64>,
}

/// Everything that may become a track.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Starts {
    seeds: Seeds,
    hypotheses: Vec<Hypothesis>,
    lately: Vec<Beginning>,
}

impl Starts {
    /// Takes the plots of a scan that no track took; gives back the tracks that these begin.
    pub fn take(
        &mut self,
        scan: &[Sensed],
        open: &[bool],
        radars: &[Radar],
        settings: &Settings,
    ) -> Vec<Track> {
        let ids: Vec<Option<u64>> = scan
            .iter()
            .zip(open)
            .map(|(plot, open)| if *open { self.seeds.add(plot, self.like(plot), radars) } else { None })
            .collect();
        self.go_on(scan, &ids, radars);
        self.begin(&ids, radars, settings);
        self.objects(scan, radars)
    }

    /// The velocity of what lately began near a plot, m/s.
    fn like(&self, plot: &Sensed) -> Option<Vector3<f64>> {
        let away_m2 = |beginning: &&Beginning| (beginning.position_m - plot.position_m).norm_squared();
        let near = self.lately.iter().filter(|beginning| away_m2(beginning) < LIKE_WITHIN_M * LIKE_WITHIN_M);
        near.min_by(|a, b| away_m2(a).total_cmp(&away_m2(b))).map(|beginning| beginning.velocity_mps)
    }

    /// Continues hypotheses with the plots in their gates.
    fn go_on(&mut self, scan: &[Sensed], ids: &[Option<u64>], radars: &[Radar]) {
        let open: Vec<bool> = ids.iter().map(Option::is_some).collect();
        let tracks = self.hypotheses.iter_mut().map(|hypothesis| &mut hypothesis.track);
        let candidates = gate(tracks, scan, &open, radars).candidates;
        let mut branches: Vec<(usize, usize, f64)> = candidates
            .iter()
            .map(|candidate| {
                let (hypothesis, plot) = (&self.hypotheses[candidate.track], &scan[candidate.plot]);
                let sensor = &radars[plot.radar as usize].sensor;
                let likelihood = -0.5 * (candidate.cost + 3.0 * libm::log(TAU));
                let gained = likelihood - clutter::log_density_of_measures(sensor, plot.measured.z)
                    + clutter::log_seen_after(sensor, hypothesis.track.missed(plot));
                (candidate.plot, candidate.track, hypothesis.evidence + gained)
            })
            .collect();
        // By plot, the likeliest first; then by hypothesis.
        branches.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.total_cmp(&a.2)));
        let mut chosen: Vec<(usize, usize, f64)> = branches
            .chunk_by(|a, b| a.0 == b.0)
            .flat_map(|of_plot| of_plot.iter().take(BRANCHES_MAX).copied())
            .collect();
        chosen.sort_by_key(|(plot, hypothesis, _)| (*hypothesis, *plot));
        let mut grown = Vec::new();
        for of_one in chosen.chunk_by(|a, b| a.1 == b.1) {
            for (index, &(plot, hypothesis, evidence)) in of_one.iter().enumerate() {
                let take = |hypothesis: &mut Hypothesis| {
                    hypothesis.evidence = evidence;
                    hypothesis.plots.extend(ids[plot]);
                    let _ = hypothesis.track.take(&scan[plot], radars);
                };
                if index + 1 == of_one.len() {
                    take(&mut self.hypotheses[hypothesis]);
                } else {
                    let mut other = self.hypotheses[hypothesis].clone();
                    take(&mut other);
                    grown.push(other);
                }
            }
        }
        self.hypotheses.extend(grown);
        self.hypotheses.retain(|hypothesis| hypothesis.evidence > clutter::GIVEN_UP);
    }

    /// Makes new hypotheses of three plots each.
    fn begin(&mut self, ids: &[Option<u64>], radars: &[Radar], settings: &Settings) {
        // Two plots that a hypothesis has already were continued by it, or do not lead there.
        let mut known: Vec<(u64, u64)> = self.hypotheses.iter().flat_map(Hypothesis::pairs).collect();
        known.sort_unstable();
        for &id in ids.iter().flatten() {
            let mut count = 0;
            for triple in self.seeds.triples(id, radars) {
                if known.binary_search(&(triple.first, triple.second)).is_ok() {
                    continue;
                }
                let plots = [triple.first, triple.second, triple.third];
                let [Some(first), Some(second), Some(third)] = plots.map(|id| self.seeds.get(id)) else {
                    continue;
                };
                let of = [&first.plot, &second.plot, &third.plot];
                let Some(track) = Track::start(of, radars, settings) else { continue };
                let (plots, crowded) = (plots.to_vec(), triple.crowded);
                self.hypotheses.push(Hypothesis { track, evidence: triple.evidence, plots, crowded });
                count += 1;
                if count == BRANCHES_MAX {
                    break;
                }
            }
        }
    }

    /// Takes out the hypotheses that have shown enough, the likeliest first.
    fn objects(&mut self, scan: &[Sensed], radars: &[Radar]) -> Vec<Track> {
        let Some(newest) = scan.first() else { return Vec::new() };
        let enough = clutter::convincing(&radars[newest.radar as usize].sensor);
        let mut order: Vec<usize> =
            (0..self.hypotheses.len()).filter(|index| self.hypotheses[*index].evidence > enough).collect();
        order.sort_by(|a, b| self.hypotheses[*b].evidence.total_cmp(&self.hypotheses[*a].evidence));
        if order.is_empty() {
            return Vec::new();
        }
        let mut of_plot: Vec<(u64, usize)> = self
            .hypotheses
            .iter()
            .enumerate()
            .flat_map(|(index, hypothesis)| hypothesis.plots.iter().map(move |plot| (*plot, index)))
            .collect();
        of_plot.sort_unstable();
        let mut fallen = vec![false; self.hypotheses.len()];
        let mut objects = Vec::new();
        for index in order {
            let hypothesis = &self.hypotheses[index];
            if fallen[index] || !hypothesis.is_enough(radars) {
                continue;
            }
            let mut rivals: Vec<usize> = hypothesis
                .plots
                .iter()
                .flat_map(|plot| of(&of_plot, *plot))
                .filter(|other| *other != index && !fallen[*other])
                .collect();
            rivals.sort_unstable();
            rivals.dedup();
            let plots = hypothesis.track.plots;
            // With its newest plot a rival is the same object, except that the beginning is not clear.
            let same = |rival: &Hypothesis| {
                plots >= PLOTS_IN_A_CROWD && rival.plots.last() == hypothesis.plots.last()
            };
            let open = rivals.iter().map(|other| &self.hypotheses[*other]).any(|rival| {
                let decided = plots >= PLOTS_DECIDED || same(rival);
                rival.evidence > hypothesis.evidence - if decided { 0.0 } else { CLEARLY }
            });
            if open {
                continue;
            }
            self.seeds.remove(&hypothesis.plots);
            objects.push(hypothesis.track.clone());
            for other in rivals {
                fallen[other] = true;
            }
            fallen[index] = true;
        }
        let mut index = 0;
        self.hypotheses.retain(|_| {
            index += 1;
            !fallen[index - 1]
        });
        for track in &objects {
            if let Some(position_m) = track.first_position_m() {
                let velocity_mps = motion::velocity(&track.motion.state());
                self.lately.push(Beginning { time: track.last, position_m, velocity_mps });
            }
        }
        let surplus = self.lately.len().saturating_sub(LATELY_MAX);
        self.lately.drain(..surplus);
        objects
    }

    /// Gives up what has waited too long.
    pub fn forget(&mut self, now: Tai, radars: &[Radar]) {
        self.seeds.forget(now);
        self.hypotheses.retain(|hypothesis| !hypothesis.track.is_stale(now, radars));
        let oldest = self.seeds.oldest();
        for hypothesis in &mut self.hypotheses {
            hypothesis.plots.retain(|id| *id >= oldest);
        }
        self.lately.retain(|beginning| now.since_s(beginning.time) < LATELY_S);
    }
}

impl Hypothesis {
    /// Whether it has the plots that an object must have shown.
    fn is_enough(&self, radars: &[Radar]) -> bool {
        let stated = |radar: &u32| radars[*radar as usize].sensor.clutter_mean_per_scan > 0.0;
        let alone = !self.crowded && self.track.radars.iter().all(stated);
        let traffic = |radar: &u32| radars[*radar as usize].sensor.sigma_el_rad.is_none();
        let needed = match self.track.radars.iter().all(traffic) {
            true => PLOTS_IN_TRAFFIC,
            false if alone => PLOTS_ALONE,
            false => PLOTS_IN_A_CROWD,
        };
        self.track.plots >= needed && self.track.is_convincing()
    }

    /// Each two of its plots, the earlier first.
    fn pairs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let ids = &self.plots;
        ids.iter().enumerate().flat_map(move |(index, a)| ids[index + 1..].iter().map(move |b| (*a, *b)))
    }
}

/// The hypotheses of a plot, by an ascending list of (plot, hypothesis).
fn of(of_plot: &[(u64, usize)], plot: u64) -> impl Iterator<Item = usize> + '_ {
    let from = of_plot.partition_point(|(other, _)| *other < plot);
    of_plot[from..].iter().take_while(move |(other, _)| *other == plot).map(|(_, hypothesis)| *hypothesis)
}
