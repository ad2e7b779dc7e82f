//! Joint: which radar's track and which infrared object are one launch, and under which name both are told.
//!
//! Asked at each scan of the tracks and objects that have no other yet. An object's state where it was last seen is carried
//! to the instant of the track's, and compared with that by the covariances of both, whose errors are independent. With
//! d² their squared distance (six degrees of freedom; 99.9 % of right ones stay within 22.46) and S the sum of the
//! covariances, the odds that they are one object are
//! `ln Λ = −d²/2 − ½ ln det(2π S) − ln ρ`,
//! ρ the density, in place and velocity, of what flies where things are launched and is something else. They are one from
//! 1,000 to 1 on; of a track that fits several objects, where the best exceeds the others by 50 to 1. What a radar has only
//! begun to follow, and may still be anything, waits for more plots; and nothing joined is parted again.
//!
//! Once the object has burned out, the launches that both show decide likewise (place, time, course; four degrees of
//! freedom) where the states do not: one satellite alone knows no state of what it has seen for long, and a stage that no
//! satellite sees may have burned since.
//!
//! The track then speaks for both, in the line that was said first; where it is lost while the object still burns, the
//! object does. A line of the other's own that was said before is withdrawn. Where plots no longer come to the track, and
//! another one fits the object, that goes on in its place.

use std::collections::{BTreeMap, BTreeSet};

use physics::filter::Estimate;
use physics::motion::{self, Matrix6};
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{Assessment, AssessmentStatus, Evidence, Hops, Phase, TrackStatus};

use crate::assess::Told;
use crate::assess::launch::{self, Origin};
use crate::infrared;
use crate::track::{self, Track};

/// Squared distance that 99.9 % of right ones stay within, six degrees of freedom. Abramowitz & Stegun, table 26.8.
const SQUARED_MAX: f64 = 22.46;

/// −ln ρ: one other object within 100 km by 100 km, 50 km of height, and velocities of ± 2 km/s a component.
const LN_ROOM: f64 = 58.7;

/// The same of launches: one other within 300 km by 300 km and ten minutes, and of any course, degrees.
const LN_ROOM_TO_LAUNCH: f64 = 31.6;
const LN_COURSES: f64 = 5.9;

/// ln 1,000; and ln 50, as between tracks that share plots.
const ONE: f64 = 6.9;
const BETTER: f64 = 3.9;

/// What is farther apart is not looked at, metres, at instants as near as this, seconds: a parabola is enough to see that.
const NEAR_M: f64 = 100_000.0;
const NEAR_S: f64 = 60.0;

/// A track that was seen before the launch by more than this is another object: sigmas, and seconds beside.
const BEFORE_SIGMAS: f64 = 3.0;
const BEFORE_S: f64 = 5.0;

/// Which are one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Joint {
    /// By the infrared object's name.
    pairs: BTreeMap<u64, Pair>,
    /// Last words of lines that go on under another name, not yet said.
    withdrawn: Vec<Assessment>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pair {
    /// The track's name.
    track: u64,
    /// Tracks that were it before.
    former: BTreeSet<u64>,
    sighted: Sighted,
    /// The track is lost, and it was seen to burn on.
    heat_speaks: bool,
}

/// What infrared adds to a track.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sighted {
    /// The name of both to others.
    pub id: String,
    /// Its line was said before the track's.
    pub leads: bool,
    /// What would be said of the object alone.
    pub said: Assessment,
}

impl Sighted {
    /// The launch that it shows.
    pub fn origin(&self) -> Option<Origin> {
        self.said.launch.map(|ground| Origin { ground, course_deg: self.said.course_deg })
    }

    /// What both rest on.
    pub fn evidence(&self, of_track: Evidence) -> Evidence {
        let heat = &self.said.evidence;
        let mut phenomena = [of_track.phenomena, heat.phenomena.clone()].concat();
        phenomena.sort();
        phenomena.dedup();
        let mut source_tags = [of_track.source_tags, heat.source_tags.clone()].concat();
        source_tags.sort();
        source_tags.dedup();
        Evidence {
            phenomena,
            source_tags,
            plots: of_track.plots + heat.plots,
            first_observed: of_track.first_observed.min(heat.first_observed),
            last_observed: of_track.last_observed.max(heat.last_observed),
        }
    }

    /// The way of the newest observation of both.
    pub fn hops(&self, of_track: Hops) -> Hops {
        if self.said.hops.sensed > of_track.sensed {
            Hops { assessed: of_track.assessed, ..self.said.hops }
        } else {
            of_track
        }
    }
}

impl Joint {
    /// Whether nothing is joined.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// What infrared adds to a track of this name.
    pub fn of(&self, track: u64) -> Option<&Sighted> {
        self.pairs.values().find(|pair| pair.track == track).map(|pair| &pair.sighted)
    }

    /// The id of a track of this name to others.
    pub fn id(&self, track: u64) -> String {
        self.of(track).map_or_else(|| track::id(track), |sighted| sighted.id.clone())
    }

    /// Whether a track of this name has nothing to say: infrared speaks for it.
    pub fn is_silent(&self, track: u64) -> bool {
        self.pairs.values().any(|pair| pair.track == track && pair.heat_speaks)
    }

    /// Whether another track has taken the place of one of this name and status.
    pub fn is_former(&self, track: u64, status: TrackStatus) -> bool {
        status != TrackStatus::Firm && self.pairs.values().any(|pair| pair.former.contains(&track))
    }

    /// What is to be said of an infrared object; `None` where its track speaks for both.
    pub fn word(&self, object: u64, said: Assessment, of_track: Option<Evidence>) -> Option<Assessment> {
        let Some(pair) = self.pairs.get(&object) else { return Some(said) };
        let evidence = of_track.map_or_else(|| said.evidence.clone(), |of| pair.sighted.evidence(of));
        pair.heat_speaks.then(|| Assessment { track_id: pair.sighted.id.clone(), evidence, ..said })
    }

    /// The name of the track that an infrared object is.
    pub fn track_of(&self, object: u64) -> Option<u64> {
        self.pairs.get(&object).map(|pair| pair.track)
    }

    /// Last words of lines that go on under another name.
    pub fn withdrawn(&mut self) -> Vec<Assessment> {
        core::mem::take(&mut self.withdrawn)
    }

    /// Joins what turns out to be one; `tracks` by name.
    pub fn renew(
        &mut self,
        tracks: &BTreeMap<u64, (&Track, TrackStatus)>,
        objects: &BTreeMap<u64, infrared::Told>,
        told: &mut BTreeMap<u64, Told>,
        now: Tai,
    ) {
        let status = |name: u64| tracks.get(&name).map_or(TrackStatus::Lost, |(_, status)| *status);
        self.pairs.retain(|object, pair| objects.contains_key(object) || tracks.contains_key(&pair.track));
        for (object, pair) in &mut self.pairs {
            if let Some(said) = objects.get(object).and_then(|told| told.said.as_deref())
                && said.hops.assessed != pair.sighted.said.hops.assessed
            {
                pair.sighted.said = said.clone();
            }
            let burns = pair.sighted.said.under_thrust == Some(true);
            pair.heat_speaks = status(pair.track) == TrackStatus::Lost && (pair.heat_speaks || burns);
        }
        // What is known to coast is waited for, as long as it is not lost.
        let awaited = |track: u64| {
            let said = told.get(&track).and_then(Told::said);
            said.is_some_and(|said| said.status == AssessmentStatus::Established)
        };
        let free = |object: &u64| match self.pairs.get(object).map(|pair| (pair.track, status(pair.track))) {
            None | Some((_, TrackStatus::Lost)) => true,
            Some((_, TrackStatus::Firm)) => false,
            Some((track, _)) => !awaited(track),
        };
        let alone = |track: u64| self.pairs.values().all(|pair| pair.track != track);
        let mut fits = Vec::new();
        let firm = |name: u64| status(name) == TrackStatus::Firm && alone(name);
        for (name, (track, _)) in tracks.iter().filter(|(name, _)| firm(**name)) {
            let told = told.get(name);
            if told.is_some_and(Told::is_catalogued) {
                continue;
            }
            let said = told.and_then(Told::said);
            let of = objects.iter().filter(|(object, _)| free(object));
            fits.extend(of.filter_map(|(object, heat)| Some((log_odds(track, said, heat)?, *name, *object))));
        }
        fits.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut taken = (BTreeSet::new(), BTreeSet::new());
        for &(odds, track, object) in &fits {
            if odds < ONE || taken.0.contains(&track) || taken.1.contains(&object) {
                continue;
            }
            let rival = |fit: &&(f64, u64, u64)| {
                fit.1 == track && fit.2 != object && !taken.1.contains(&fit.2) && odds - fit.0 < BETTER
            };
            if !fits.iter().any(|fit| rival(&fit)) {
                taken.0.insert(track);
                taken.1.insert(object);
                self.pair(track, object, &objects[&object], told, now);
            }
        }
    }

    fn pair(
        &mut self,
        track: u64,
        object: u64,
        heat: &infrared::Told,
        told: &mut BTreeMap<u64, Told>,
        now: Tai,
    ) {
        let (Some(said), Some(heat_begun)) = (&heat.said, heat.begun) else { return };
        let own = told.entry(track).or_default();
        let mut former = BTreeSet::new();
        let (id, leads) = match self.pairs.remove(&object) {
            // The track before this one has had its word.
            Some(before) => {
                told.entry(before.track).or_default().close();
                former = before.former;
                former.insert(before.track);
                former.remove(&track);
                (before.sighted.id, true)
            }
            None => {
                // What was not said before this very moment is not known to anybody by its name; a track may be.
                let leads = own.begun().map_or(heat_begun < now, |begun| heat_begun < begun);
                (if leads { infrared::id(object) } else { track::id(track) }, leads)
            }
        };
        let own = told.entry(track).or_default();
        let other = if leads { own.said() } else { Some(&**said).filter(|_| heat_begun < now) };
        self.withdrawn.extend(other.filter(|said| said.phase != Phase::Final).map(|said| Assessment {
            phase: Phase::Cancel,
            status: AssessmentStatus::Withdrawn,
            warning: false,
            hops: Hops { assessed: now, ..said.hops },
            ..said.clone()
        }));
        let sighted = Sighted { id, leads, said: (**said).clone() };
        self.pairs.insert(object, Pair { track, former, sighted, heat_speaks: false });
    }
}

/// The odds that both are one object, as a logarithm; `None` where they are not. `word`: what was said of the track.
fn log_odds(track: &Track, word: Option<&Assessment>, heat: &infrared::Told) -> Option<f64> {
    let said = heat.said.as_deref()?;
    let launched =
        said.launch.map(|launch| launch.time.plus_s(-BEFORE_SIGMAS * launch.time_sigma_s - BEFORE_S));
    if track.lift.is_held_up() || launched.is_some_and(|launched| track.first < launched) {
        return None;
    }
    by_state(track, heat).or_else(|| by_launch(word.filter(|_| !heat.burns)?, said))
}

fn by_launch(word: &Assessment, said: &Assessment) -> Option<f64> {
    let of = |said: &Assessment| Some(Origin { ground: said.launch?, course_deg: said.course_deg });
    let apart = launch::apart(&of(word)?, &of(said)?)?;
    let courses = if word.course_deg.is_some() && said.course_deg.is_some() { LN_COURSES } else { 0.0 };
    (apart.squared < launch::AGREE)
        .then_some(LN_ROOM_TO_LAUNCH + courses - 0.5 * apart.squared - apart.ln_room)
}

fn by_state(track: &Track, heat: &infrared::Told) -> Option<f64> {
    let moving = heat.moving.as_ref()?;
    let since_s = moving.time.since_s(track.motion.time);
    let away_m = (motion::position(&moving.state) - track.place_at(moving.time)).norm();
    if since_s.abs() < NEAR_S && away_m > NEAR_M {
        return None;
    }
    let seen = track.motion.kinematic();
    let there = moving.carried_to(seen.time, heat.burns, heat.scan_s)?;
    let (squared, ln_det) = distance(&seen, &there)?;
    let normal = 6.0 * libm::log(core::f64::consts::TAU) + ln_det;
    (squared < SQUARED_MAX).then_some(LN_ROOM - 0.5 * (squared + normal))
}

/// Squared distance of two independent estimates of one instant, by the sum of their covariances, and the logarithm of its
/// determinant.
fn distance(one: &Estimate<6>, other: &Estimate<6>) -> Option<(f64, f64)> {
    let covariance = one.covariance + other.covariance;
    // Metres and metres a second differ by orders of magnitude: scaled to correlations first.
    let scale = covariance.diagonal().map(f64::sqrt);
    let unit = Matrix6::from_fn(|row, column| covariance[(row, column)] / (scale[row] * scale[column]));
    let away = (one.state - other.state).component_div(&scale);
    let root = unit.cholesky()?;
    let squared = away.dot(&root.solve(&away));
    let ln_root: f64 =
        root.l_dirty().diagonal().iter().chain(scale.iter()).map(|value| libm::log(*value)).sum();
    (squared.is_finite() && ln_root.is_finite()).then_some((squared, 2.0 * ln_root))
}
