//! Seeds: plots that belong to no track wait, and three that one object may have made are a start.
//!
//! The first plot gives the place and says nothing of the velocity but what is possible: zero, give or take
//! [`SPEED_SIGMA_MPS`] in each component, or about that of what lately began nearby: launches of a raid resemble each
//! other. The second plot is weighed by that; the third by the line through the first two, bent by gravity, with an
//! unknown thrust allowed for. All is reckoned in space, by the plots' covariances there, which needs no filter.

use nalgebra::{Matrix3, Vector3};
use physics::measure;
use physics::motion::acceleration;
use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::clutter;
use crate::motion::{GATE, THRUST_SIGMA_MPS2};
use crate::sense::{Radar, Sensed};

/// Faster than this nothing that stays near the Earth is, m/s.
const SPEED_MPS_MAX: f64 = 9_000.0;

/// Faster than this nothing is that air traffic's radars see, m/s.
const AIR_SPEED_MPS_MAX: f64 = 1_000.0;

/// Spread of each component of a first plot's velocity, m/s; and about that of what lately began there.
const SPEED_SIGMA_MPS: f64 = 2_500.0;
const LIKE_SIGMA_MPS: f64 = 500.0;

/// A plot waits this long for the next of its object, seconds; three scans where these are slower. And that one for a
/// third.
const WAIT_S: f64 = 3.5;
const WAIT_S_MAX: f64 = 30.0;

/// Spread of an acceleration that air traffic's radars see, m/s².
const AIR_SIGMA_MPS2: f64 = 10.0;

/// A line is not carried on for longer than this many times the span of its first two plots.
const CARRIED_ON_MAX: f64 = 4.0;

/// Of the plots that may come before a plot, so many are looked at, the likeliest first: a bound for overload.
const BEFORE_MAX: usize = 16;

/// A plot that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seed {
    /// Counts all that ever waited.
    pub id: u64,
    pub plot: Sensed,
    /// Of the place, Earth-fixed, m².
    covariance: Matrix3<f64>,
    /// Root of its trace, metres.
    sigma_m: f64,
    /// Logarithm of the density of false plots there, a scan and cubic metre.
    log_false: f64,
    /// The velocity of what lately began nearby, m/s.
    like_mps: Option<Vector3<f64>>,
    /// Plots that may be of the same object, earlier.
    before: Vec<u64>,
    /// Until when another may be its next; and that one's.
    next_until: Tai,
    kept_until: Tai,
}

/// Three plots that one object may have made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Triple {
    pub first: u64,
    pub second: u64,
    pub third: u64,
    /// For an object, as [`clutter`] counts it.
    pub evidence: f64,
    /// Whether other plots waited that could have had their places.
    pub crowded: bool,
}

/// Where and until when a plot waits: what each later plot is compared with first, packed closely.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Place {
    id: u64,
    position_m: Vector3<f64>,
    sigma_m: f64,
    time: Tai,
    next_until: Tai,
}

impl Place {
    fn of(seed: &Seed) -> Place {
        Place {
            id: seed.id,
            position_m: seed.plot.position_m,
            sigma_m: seed.sigma_m,
            time: seed.plot.time,
            next_until: seed.next_until,
        }
    }
}

/// All plots that wait, in the order of their ids.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seeds {
    waiting: Vec<Seed>,
    /// Of each of these.
    places: Vec<Place>,
    count: u64,
}

impl Seeds {
    /// Lets a plot wait; its id. `None` where its place cannot be told.
    pub fn add(&mut self, plot: &Sensed, like_mps: Option<Vector3<f64>>, radars: &[Radar]) -> Option<u64> {
        let measurement = plot.measurement(radars);
        let sensor = &radars[plot.radar as usize].sensor;
        let back = measure::sight(measurement.site, plot.position_m)?.jacobian.try_inverse()?;
        let (independent, slow) = (measurement.noise.independent, measurement.noise.slow);
        let squares = independent.component_mul(&independent) + slow.component_mul(&slow);
        let covariance = back * Matrix3::from_diagonal(&squares) * back.transpose();
        let wait_s = WAIT_S.max(3.0 / sensor.rate_hz).min(WAIT_S_MAX);
        let mut seed = Seed {
            id: self.count,
            plot: *plot,
            covariance,
            sigma_m: covariance.trace().sqrt(),
            log_false: clutter::log_density_of_space(sensor, plot.measured.x),
            like_mps,
            before: Vec::new(),
            next_until: plot.time.plus_s(wait_s),
            kept_until: plot.time.plus_s(2.0 * wait_s),
        };
        let here = Place::of(&seed);
        let near = self.places.iter().zip(&self.waiting).filter(|(place, _)| place.reaches(&here));
        let mut before: Vec<(f64, u64)> =
            near.filter_map(|(_, earlier)| Some((away_m2(earlier, &seed)?, earlier.id))).collect();
        before.sort_by(|a, b| a.0.total_cmp(&b.0));
        before.truncate(BEFORE_MAX);
        seed.before = before.into_iter().map(|(_, id)| id).collect();
        self.count += 1;
        self.places.push(here);
        self.waiting.push(seed);
        Some(self.count - 1)
    }

    /// The plot with an id, while it waits.
    pub fn get(&self, id: u64) -> Option<&Seed> {
        self.waiting.get(self.index(id)?)
    }

    fn index(&self, id: u64) -> Option<usize> {
        self.places.binary_search_by_key(&id, |place| place.id).ok()
    }

    /// The triples that end with a plot, the likeliest first.
    pub fn triples(&self, third: u64, radars: &[Radar]) -> Vec<Triple> {
        let mut triples = Vec::new();
        let Some(at_c) = self.index(third) else { return triples };
        let c = &self.waiting[at_c];
        for at_b in c.before.iter().filter_map(|id| self.index(*id)) {
            let b = &self.waiting[at_b];
            for at_a in b.before.iter().filter_map(|id| self.index(*id)) {
                // Most triples are refused by their places alone.
                let told = c.plot.el_sigma_rad.is_some();
                let Some(bend) = Bend::of([at_a, at_b, at_c].map(|at| &self.places[at]), told) else {
                    continue;
                };
                let a = &self.waiting[at_a];
                let Some(evidence) = evidence([a, b, c], &bend, radars) else { continue };
                if evidence > clutter::GIVEN_UP {
                    let other = |id: &u64| *id != a.id && *id != b.id;
                    let crowded = c.before.iter().any(other) || b.before.iter().any(other);
                    triples.push(Triple { first: a.id, second: b.id, third, evidence, crowded });
                }
            }
        }
        triples.sort_by(|a, b| b.evidence.total_cmp(&a.evidence));
        triples
    }

    /// Takes away plots that turned out to belong to an object.
    pub fn remove(&mut self, ids: &[u64]) {
        self.keep(|seed| !ids.contains(&seed.id));
    }

    /// Gives up those that have waited too long.
    pub fn forget(&mut self, now: Tai) {
        self.keep(|seed| now <= seed.kept_until);
    }

    fn keep(&mut self, kept: impl Fn(&Seed) -> bool) {
        let waited = self.waiting.len();
        self.waiting.retain(kept);
        if self.waiting.len() < waited {
            self.places = self.waiting.iter().map(Place::of).collect();
        }
    }

    /// The oldest that waits.
    pub fn oldest(&self) -> u64 {
        self.waiting.first().map_or(self.count, |seed| seed.id)
    }
}

impl Place {
    /// Whether an object may be fast enough to have made both, as [`away_m2`] asks closely.
    fn reaches(&self, later: &Place) -> bool {
        let reach_m = SPEED_MPS_MAX * later.time.since_s(self.time) + 4.0 * (self.sigma_m + later.sigma_m);
        later.time >= self.time
            && later.time <= self.next_until
            && (later.position_m - self.position_m).norm_squared() <= reach_m * reach_m
    }
}

/// Squared distance of a later plot from where an earlier one's object is expected, m²; `None` where no object is fast
/// enough to have made both.
fn away_m2(earlier: &Seed, later: &Seed) -> Option<f64> {
    let (a, b) = (&earlier.plot, &later.plot);
    let same_scan = a.radar == b.radar && a.scan == b.scan;
    if b.time < a.time || b.time > earlier.next_until || same_scan || b.denies(a.address) {
        return None;
    }
    let dt_s = b.time.since_s(a.time);
    let way_m = b.position_m - a.position_m;
    let fastest_mps = if b.el_sigma_rad.is_some() { AIR_SPEED_MPS_MAX } else { SPEED_MPS_MAX };
    let reach_m = fastest_mps * dt_s + 4.0 * (earlier.sigma_m + later.sigma_m);
    if way_m.norm_squared() > reach_m * reach_m {
        return None;
    }
    let like_mps = later.like_mps.or(earlier.like_mps).unwrap_or_default();
    Some((way_m - like_mps * dt_s).norm_squared())
}

/// How far the third of three plots lies from the line through the first two, bent by gravity.
struct Bend {
    /// From the first to the second, seconds.
    first_s: f64,
    /// From the second to the third over that.
    carried_on: f64,
    away_m: Vector3<f64>,
    /// One sigma of what an acceleration unseen so far does, metres.
    thrust_m: f64,
}

impl Bend {
    /// `None` of what no object makes. `told`: of an aircraft that told its height.
    fn of([a, b, c]: [&Place; 3], told: bool) -> Option<Bend> {
        let (first_s, then_s) = (b.time.since_s(a.time), c.time.since_s(b.time));
        let carried_on = then_s / first_s;
        if first_s <= 0.0 || carried_on > CARRIED_ON_MAX {
            return None;
        }
        let way_m = b.position_m - a.position_m;
        // Half the square of the time that an acceleration unseen so far has led aside.
        let half_s2 = 0.5 * (then_s * then_s + first_s * then_s);
        let fall_m = acceleration(b.position_m, way_m / first_s) * half_s2;
        let expected_m = b.position_m + way_m * carried_on + fall_m;
        let thrust_m = if told { AIR_SIGMA_MPS2 } else { THRUST_SIGMA_MPS2 } * half_s2;
        let bend = Bend { first_s, carried_on, away_m: c.position_m - expected_m, thrust_m };
        // No variance exceeds the trace; a hundredth for rounding.
        let square = |place: &Place| place.sigma_m * place.sigma_m;
        let (of_b, of_a) = bend.factors();
        let trace = square(c) + square(b) * of_b + square(a) * of_a + 3.0 * thrust_m * thrust_m;
        (bend.away_m.norm_squared() <= 1.01 * GATE * trace).then_some(bend)
    }

    /// By how much more the second and the first plot's variances count than the third's.
    fn factors(&self) -> (f64, f64) {
        ((1.0 + self.carried_on) * (1.0 + self.carried_on), self.carried_on * self.carried_on)
    }
}

/// What three plots say for an object.
fn evidence([a, b, c]: [&Seed; 3], bend: &Bend, radars: &[Radar]) -> Option<f64> {
    if c.plot.denies(a.plot.address) {
        return None;
    }
    let (first_s, way_m) = (bend.first_s, b.plot.position_m - a.plot.position_m);
    let (of_b, of_a) = bend.factors();
    let spread = c.covariance + b.covariance * of_b + a.covariance * of_a + isotropic(bend.thrust_m);
    let (distance_squared, third) = log_normal(bend.away_m, &spread)?;
    if distance_squared > GATE {
        return None;
    }
    let both = a.covariance + b.covariance;
    let (_, any) = log_normal(way_m, &(both + isotropic(SPEED_SIGMA_MPS * first_s)))?;
    let second = match c.like_mps.or(b.like_mps).or(a.like_mps) {
        None => any,
        // As likely as not like the others.
        Some(like_mps) => {
            let (_, like) =
                log_normal(way_m - like_mps * first_s, &(both + isotropic(LIKE_SIGMA_MPS * first_s)))?;
            any.max(like) + libm::log(0.5 * (1.0 + libm::exp(-(any - like).abs())))
        }
    };
    let seen = |earlier: &Seed, later: &Seed| {
        let same = earlier.plot.radar == later.plot.radar;
        let missed = if same { (later.plot.scan - earlier.plot.scan - 1).clamp(0, 3) } else { 0 };
        clutter::log_seen_after(&radars[later.plot.radar as usize].sensor, missed)
    };
    Some(second + seen(a, b) - b.log_false + third + seen(b, c) - c.log_false)
}

fn isotropic(sigma_m: f64) -> Matrix3<f64> {
    Matrix3::from_diagonal_element(sigma_m * sigma_m)
}

/// The logarithm of 2π.
const LN_TAU: f64 = 1.837_877_066_409_345_5;

/// Squared statistical distance, and the logarithm of the normal density there.
fn log_normal(away: Vector3<f64>, covariance: &Matrix3<f64>) -> Option<(f64, f64)> {
    let inverse = covariance.try_inverse()?;
    let distance_squared = away.dot(&(inverse * away));
    let density = -0.5 * (distance_squared + libm::log(covariance.determinant()) + 3.0 * LN_TAU);
    density.is_finite().then_some((distance_squared, density))
}
