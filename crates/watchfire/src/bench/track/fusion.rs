//! Fusion: S0 seen by two or three nations' radars at different places, their tracks combined as a node combines them,
//! against one tracker that has all plots.
//!
//! An object is seen from 80 km on (above the air, as where accuracy is asked for), or from launch, where both nations'
//! filters follow the boost and only what comes after it is news. Beside the S0 radar stand one 200 km down range and 150 km to the left of the plane, which looks up range from there,
//! and one 450 km down range and 100 km to the right; the same sigmas and rate, a third of a second apart.
//! Partners' tracks pass through their wire form.

use nalgebra::Vector3;
use physics::filter::Estimate;
use physics::information::inverse;
use physics::motion::{self, Matrix6, State};
use physics::sensor::{Sensor, Volume};
use physics::time::Tai;
use picture::{Picture, Settings};
use sim::raid::Raid;
use sim::random::Random;
use sim::sensing::Watch;
use sim::truth::{Phase, Truth};
use statement::{Kind, Nation, Statement, Track, TrackBatch, TrackStatus};
use warning::{Combiner, Method};

use super::follow::nearest;
use super::statistics::{Interval, quantile, root_ratio, share};
use super::{Form, Noted};

const NATIONS: [&str; 3] = ["jpn", "kor", "usa"];

/// Ages that are asked for, seconds since the first plot of any, or since burn-out.
const AGES_S: [i64; 3] = [30, 60, 120];

/// Before each of these, batches of so many seconds are said, seconds: older ones are of no use to any way.
const SAID_S: i64 = 12;

/// 90 % quantile of χ², six degrees of freedom (Abramowitz & Stegun, table 26.8), and what a share may be off by, points.
const HOLDS_90: f64 = 10.645;
const TOLERANCE: f64 = 1.0;

/// Height from which an object is seen, metres.
const ABOVE_AIR_M: f64 = 80e3;

/// Power of unmodelled acceleration that the plain methods reckon with, m²/s³: the tracker's in a coast.
const COAST_PSD: f64 = 2e-6;

/// Runs of the quick and of the full form, above the air and from launch.
const RUNS: [usize; 2] = [2_600, 20_000];
const RUNS_FROM_LAUNCH: [usize; 2] = [400, 4_000];

/// How partners' tracks come and are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Tracklets, all in time.
    Tracklets,
    /// The same of three nations.
    Three,
    /// The same where three of ten batches are lost.
    Lost,
    /// The same where each batch is up to 5 s late, and so out of order.
    Late,
    /// The same where each batch comes twice, and a third nation says the partner's track as its own.
    TwoPaths,
    /// Inverse covariance intersection: both name a source in common.
    Intersection,
    /// Covariance intersection.
    Covariance,
    /// Each track taken for new information each second.
    Naive,
    /// Tracklets after a boost that was followed.
    Launch,
    /// The same tracks by intersection.
    LaunchIntersection,
}

impl Way {
    fn is_of_launch(self) -> bool {
        matches!(self, Way::Launch | Way::LaunchIntersection)
    }
}

const WAYS: [(Way, &str, bool); 10] = [
    (Way::Tracklets, "tracklets of two", true),
    (Way::Three, "tracklets of three", true),
    (Way::Lost, "tracklets of two, 30 % of batches lost", false),
    (Way::Late, "tracklets of two, batches up to 5 s late", false),
    (Way::TwoPaths, "tracklets of two, twice and by a third", false),
    (Way::Intersection, "inverse covariance intersection of two", false),
    (Way::Covariance, "covariance intersection of two", false),
    (Way::Naive, "naive fusion of two", false),
    (Way::Launch, "from launch, tracklets of two", false),
    (Way::LaunchIntersection, "from launch, intersection of two", false),
];

/// What one way came to at one age.
#[derive(Clone, Debug, Default)]
struct Found {
    /// (error², the central tracker's error²), position and velocity.
    pairs: [Vec<(f64, f64)>; 2],
    held: usize,
    /// The same of the central tracker.
    central_held: usize,
    /// Combined otherwise than meant: another method, or another number of nations.
    otherwise: usize,
    missing: usize,
}

/// The figures of all ways.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let mut found = vec![vec![Found::default(); AGES_S.len()]; WAYS.len()];
    for (from_launch, runs) in [(false, RUNS), (true, RUNS_FROM_LAUNCH)] {
        for index in 0..runs[usize::from(form.full)] {
            let seed = form.seed + index as u64;
            if let Ok(raid) = Raid::s0(seed) {
                Run::new(raid, seed, from_launch)?.follow(&mut found)?;
            }
        }
    }
    Ok(WAYS.iter().zip(&mut found).flat_map(|(way, found)| figures(way, found)).collect())
}

/// One launch and those who watch it.
struct Run {
    raid: Raid,
    seed: u64,
    from_launch: bool,
    nations: Vec<Nation>,
    sensors: Vec<Sensor>,
}

/// What a partner said, and when it arrives.
struct Batch {
    from: usize,
    arrives_s: f64,
    tracks: Vec<Track>,
}

impl Run {
    fn new(raid: Raid, seed: u64, from_launch: bool) -> Result<Run, String> {
        let nations = NATIONS.iter().map(|letters| letters.parse()).collect::<Result<_, _>>();
        let right = raid.sensor.clone();
        let across = |id: &str, lat_deg: f64, lon_deg: f64| Sensor {
            id: id.to_owned(),
            lat_deg,
            lon_deg,
            volume: right.volume.map(|volume| Volume {
                // 45° up range of the plane's normal on the other side; of the far one, of the same.
                az_rad: if lat_deg > 40.0 { [165.0_f64, 285.0].map(f64::to_radians) } else { volume.az_rad },
                ..volume
            }),
            ..right.clone()
        };
        let sensors =
            vec![right.clone(), across("left-radar", 41.35, 129.39), across("far-radar", 39.10, 132.20)];
        Ok(Run { raid, seed, from_launch, nations: nations.map_err(super::failed)?, sensors })
    }

    /// The object where it is seen.
    fn shown(&self, time_s: f64) -> Option<&Truth> {
        let truth = self.raid.truths.first()?;
        let (position, velocity, phase) = truth.state(time_s)?;
        let position = Vector3::from(position);
        let high = motion::radial_height_m(position) > ABOVE_AIR_M;
        let above = phase != Phase::Boost && (high || position.dot(&Vector3::from(velocity)) < 0.0);
        (self.from_launch || above).then_some(truth)
    }

    /// Whether ages count from this instant, were it the first.
    fn counts(&self, time_s: f64) -> bool {
        let state = self.raid.truths.first().and_then(|truth| truth.state(time_s));
        state.is_some_and(|(_, _, phase)| phase != Phase::Boost)
    }

    fn truth(&self, time_s: f64) -> Option<State> {
        let (position, velocity, _) = self.raid.truths.first()?.state(time_s)?;
        Some(motion::state(Vector3::from(position), Vector3::from(velocity)))
    }

    fn follow(&self, found: &mut [Vec<Found>]) -> Result<(), String> {
        let picture = |sensors: &[Sensor]| Picture::new(sensors.to_vec(), Settings::default());
        let mut own: Vec<Picture> =
            self.sensors.iter().map(|sensor| picture(std::slice::from_ref(sensor))).collect();
        let mut central = [picture(&self.sensors[..2]), picture(&self.sensors)];
        let mut watches: Vec<Watch> =
            self.sensors.iter().map(|sensor| Watch::new(sensor, self.seed)).collect();
        let mut lot = Random::stream(self.seed, "fusion");
        let mut first_s = None;
        let mut batches: Vec<(Batch, bool, f64)> = Vec::new();
        let mut naive: Option<Estimate<6>> = None;
        // A node's lives on: it remembers who belongs together.
        let mut combiners: Vec<Combiner> = WAYS.iter().map(|_| Combiner::default()).collect();
        for second in 0..self.raid.end_s as i64 {
            for (index, watch) in watches.iter_mut().enumerate() {
                let time_s = second as f64 + index as f64 / 3.0;
                let plots = watch.scan(second, time_s, self.raid.start, self.shown(time_s));
                if plots.is_empty() {
                    continue;
                }
                if self.counts(time_s) {
                    first_s.get_or_insert(second);
                }
                let now = self.at(time_s);
                own[index].observe(now, &plots);
                central[1].observe(now, &plots);
                if index < 2 {
                    central[0].observe(now, &plots);
                }
            }
            // The instant of the last radar's scan: everybody's newest track is at most two thirds of a second old.
            let time_s = second as f64 + 2.0 / 3.0;
            let Some(age_s) = first_s.map(|first_s| second - first_s) else { continue };
            if age_s > AGES_S[AGES_S.len() - 1] {
                break;
            }
            let said = AGES_S.iter().any(|asked_s| (asked_s - SAID_S..=*asked_s).contains(&age_s));
            for from in (1..own.len()).filter(|_| said) {
                let tracks = own[from].tracks_with_tracklets(|track| track.status == TrackStatus::Firm);
                let batch = Batch { from, arrives_s: time_s, tracks: over_the_wire(tracks)? };
                batches.push((batch, lot.chance(0.3), lot.between(0.0, 5.0)));
            }
            batches.retain(|(batch, _, _)| time_s - batch.arrives_s <= SAID_S as f64);
            self.naively(&own, time_s, &mut naive);
            let Some(place) = AGES_S.iter().position(|asked_s| *asked_s == age_s) else { continue };
            let Some(truth) = self.truth(time_s) else { continue };
            let now = self.at(time_s);
            let ways = WAYS.iter().zip(&mut *found).zip(&mut combiners);
            for (((way, _, _), found), combiner) in
                ways.filter(|((way, _), _)| way.0.is_of_launch() == self.from_launch)
            {
                let found = &mut found[place];
                let central = nearest(&central[usize::from(*way == Way::Three)], now, &truth);
                let fused = match way {
                    Way::Naive => naive.clone(),
                    Way::Covariance => self.by_covariance(&own, now, &truth),
                    _ => self.combined(*way, combiner, &own[0], &batches, time_s, found),
                };
                match (fused, central) {
                    (Some(fused), Some(central)) => found.take(&fused, &central, &truth),
                    _ => found.missing += 1,
                }
            }
        }
        Ok(())
    }

    fn at(&self, time_s: f64) -> Tai {
        self.raid.start.plus_s(time_s)
    }

    /// What a node would show: the combined track that has our own in it.
    fn combined(
        &self,
        way: Way,
        combiner: &mut Combiner,
        own: &Picture,
        batches: &[(Batch, bool, f64)],
        time_s: f64,
        found: &mut Found,
    ) -> Option<Estimate<6>> {
        let now = self.at(time_s);
        let ours = own.tracks_with_tracklets(|track| track.status == TrackStatus::Firm);
        let mut tracks: Vec<(Nation, Track)> =
            ours.into_iter().map(|track| (self.nations[0], track)).collect();
        let mut meant = 2;
        for (batch, lost, late_s) in batches {
            let arrived_s = batch.arrives_s + if way == Way::Late { *late_s } else { 0.0 };
            let arrives = arrived_s <= time_s && !(way == Way::Lost && *lost);
            if !arrives || (batch.from > 1 && way != Way::Three) {
                continue;
            }
            let from = self.nations[batch.from];
            tracks.extend(batch.tracks.iter().map(|track| (from, track.clone())));
            if way == Way::TwoPaths {
                tracks.extend(batch.tracks.iter().map(|track| (from, track.clone())));
                tracks.extend(batch.tracks.iter().map(|track| (self.nations[2], track.clone())));
                meant = 3;
            }
        }
        if way == Way::Three {
            meant = 3;
        }
        if matches!(way, Way::Intersection | Way::LaunchIntersection) {
            tracks.iter_mut().for_each(|(_, track)| track.evidence.source_tags = vec!["common".into()]);
        }
        let combined = combiner.combine(self.nations[0], &tracks, now);
        let it = combined.iter().find(|it| it.show().sources[0].nation == self.nations[0])?.show();
        let method = match way {
            Way::Intersection | Way::LaunchIntersection | Way::TwoPaths => Method::Intersection,
            _ => Method::Tracklet,
        };
        found.otherwise += usize::from(it.sources.len() != meant || it.method != method);
        let mut estimate =
            Estimate { time: it.time, state: it.state, covariance: it.covariance, slow: Vec::new() };
        estimate.coast_to(now, 0.0);
        Some(estimate)
    }

    /// Both tracks by covariance intersection (S. Julier, J. Uhlmann, Proc. American Control Conference 1997): P⁻¹ =
    /// ω A⁻¹ + (1 − ω) B⁻¹, with the ω in hundredths that makes det P least.
    fn by_covariance(&self, own: &[Picture], now: Tai, truth: &State) -> Option<Estimate<6>> {
        let (a, b) = (nearest(&own[0], now, truth)?, nearest(&own[1], now, truth)?);
        let (of_a, of_b) = (inverse(&a.covariance)?, inverse(&b.covariance)?);
        let mixed = |weight: f64| (of_a * weight, of_b * (1.0 - weight));
        let weights = (0..=100).map(|hundredths| f64::from(hundredths) / 100.0);
        let determinant = |weight: &f64| {
            let (of_a, of_b) = mixed(*weight);
            physics::information::log_determinant(&(of_a + of_b)).unwrap_or(f64::NEG_INFINITY)
        };
        let best = weights.max_by(|a, b| determinant(a).total_cmp(&determinant(b)))?;
        let (of_a, of_b) = mixed(best);
        sum(now, (&of_a, &a.state), (&of_b, &b.state))
    }

    /// Takes both nations' tracks of this second for independent measurements.
    fn naively(&self, own: &[Picture], time_s: f64, naive: &mut Option<Estimate<6>>) {
        let now = self.at(time_s);
        let Some(truth) = self.truth(time_s) else { return };
        for picture in &own[..2] {
            let Some(track) = nearest(picture, now, &truth) else { continue };
            let Some(mut before) = naive.take() else {
                *naive = Some(track);
                continue;
            };
            before.coast_to(now, COAST_PSD);
            let informations = inverse(&before.covariance).zip(inverse(&track.covariance));
            *naive = informations
                .and_then(|(of_before, of_track)| {
                    sum(now, (&of_before, &before.state), (&of_track, &track.state))
                })
                .or(Some(track));
        }
    }
}

/// Two independent estimates as one: informations add.
fn sum(time: Tai, a: (&Matrix6, &State), b: (&Matrix6, &State)) -> Option<Estimate<6>> {
    let covariance = inverse(&(a.0 + b.0))?;
    let state = a.1 + covariance * (b.0 * (b.1 - a.1));
    Some(Estimate { time, state, covariance, slow: Vec::new() })
}

/// As a partner reads them.
fn over_the_wire(tracks: Vec<Track>) -> Result<Vec<Track>, String> {
    let said = Statement::TrackBatch(TrackBatch { tracks, hops: Default::default() });
    match Statement::decode_payload(Kind::TrackBatch, &said.encode_payload()).map_err(super::failed)? {
        Statement::TrackBatch(batch) => Ok(batch.tracks),
        other => Err(format!("a track batch came back as {}", other.kind())),
    }
}

fn holds(estimate: &Estimate<6>, truth: &State) -> bool {
    let error = estimate.state - truth;
    inverse(&estimate.covariance).is_some_and(|weight| error.dot(&(weight * error)) <= HOLDS_90)
}

impl Found {
    fn take(&mut self, fused: &Estimate<6>, central: &Estimate<6>, truth: &State) {
        let errors = [fused.state - truth, central.state - truth];
        for (part, pairs) in self.pairs.iter_mut().enumerate() {
            let [fused, central] = errors.map(|error| error.fixed_rows::<3>(3 * part).norm_squared());
            pairs.push((fused, central));
        }
        self.held += usize::from(holds(fused, truth));
        self.central_held += usize::from(holds(central, truth));
    }
}

fn figures(way: &(Way, &str, bool), found: &mut [Found]) -> Vec<Noted> {
    let (_, name, has_goal) = *way;
    let mut noted = Vec::new();
    for (age_s, found) in AGES_S.iter().zip(found) {
        let runs = found.pairs[0].len();
        let aside = match (found.otherwise, found.missing) {
            (0, 0) => String::new(),
            (otherwise, missing) => format!("; {otherwise} combined otherwise, {missing} not at all"),
        };
        for (pairs, (what, unit)) in found.pairs.iter().zip([("position", "m"), ("velocity", "m/s")]) {
            let Interval { value, low, high } = root_ratio(pairs);
            let rms = (pairs.iter().map(|pair| pair.0).sum::<f64>() / runs as f64).sqrt();
            let mut ratios: Vec<f64> = pairs.iter().map(|(fused, central)| fused / central).collect();
            let median = quantile(&mut ratios, 0.5).sqrt();
            noted.push(Noted::new(
                format!("fusion: {name}, {what}, {age_s} s"),
                has_goal.then_some(1.02),
                value,
                "x central",
                false,
                format!(
                    "[{low:.3}, {high:.3}], {runs} runs, rms {rms:.2} {unit}, median run {median:.3}{aside}"
                ),
            ));
        }
        let Interval { value, low, high } = share(found.held, runs);
        noted.push(Noted::new(
            format!("fusion: {name}, 90 % ellipsoid, {age_s} s, points off"),
            has_goal.then_some(TOLERANCE),
            (100.0 * value - 90.0).abs(),
            "points",
            false,
            format!(
                "holds {:.2} % [{:.2}, {:.2}]; the central tracker's {:.2} %",
                100.0 * value,
                100.0 * low,
                100.0 * high,
                100.0 * found.central_held as f64 / runs as f64
            ),
        ));
    }
    noted
}
