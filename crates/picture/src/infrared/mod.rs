//! Infrared: what lines of sight without range say of launches, **sense → join → fit → say**.
//!
//! A batch of its own beside the tracker: all sightings of the last quarter of an hour are kept in their order, joined to
//! objects ([`streak`]), and each object's launch is fitted to all of them at once over a bank of boosts ([`fit`],
//! [`boost`], [`bank`]), or where no boost of the bank fits, without any ([`free`]). So late sightings need no replay.
//!
//! What is said of it alone stays preliminary, and does not alarm by itself: two satellites may look by one mistaken
//! survey. With a radar's track of the same launch it becomes one object ([`crate::joint`]).

mod bank;
mod boost;
mod fit;
mod free;
mod moving;
mod normal;
mod reach;
mod sight;
mod streak;

use std::collections::BTreeMap;

use physics::filter::Estimate;
use physics::frames::Position;
use physics::geodesic;
use physics::motion;
use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use physics::wgs84::{self, SEMI_MAJOR_M};
use serde::{Deserialize, Serialize};
use statement::{
    Assessment, AssessmentStatus, Evidence, FlightPoint, GroundEstimate, Hops, Phase, Phenomenon,
    PlannedLaunch,
};

use crate::assess::{class, ground, launch};
use crate::notice;
use crate::past::LATE_S_MAX;
use crate::sense::Rejection;
use crate::settings::Settings;
use bank::Kind;
use fit::Fit;
use moving::Moving;
use sight::{Eye, Line, Sighting};
use streak::Object;

/// How long sightings are kept, seconds, and how many at most: about 3 MB.
const KEPT_S: f64 = 900.0;
const KEPT_MAX: usize = 50_000;

/// An object not seen for this long has burned out: so many scans of its slowest sensor.
const BURNT_SCANS: f64 = 5.5;

/// Sightings, and seconds of them, from which a launch is said: of two sensors, and of one alone.
const ENOUGH: [(usize, f64); 2] = [(8, 5.0), (12, 12.0)];

/// A fit is made anew when so many times the sightings are there.
const ANEW: f64 = 1.1;

/// A boost of the bank that misfits more than this (χ² over the number of angles) is none.
const MISFIT_MAX: f64 = 1.5;

/// The last seconds that tell how it moves now.
const NOW_S: f64 = 30.0;

/// How sure somebody can be that what burns its way up is ballistic and no launch to orbit: by two sensors, by one.
const BALLISTIC: [f64; 2] = [0.8, 0.6];

/// What stays above this at its perigee stays up, metres.
const PERIGEE_M: f64 = 100_000.0;

/// Infrared sensors, what they saw, and what was said of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Heat {
    eyes: Vec<Eye>,
    /// In their order.
    sightings: Vec<Sighting>,
    /// By name: the first sighting of the object that has it.
    named: BTreeMap<u64, Sighting>,
    count: u64,
    told: BTreeMap<u64, Told>,
}

/// What was said of one object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    pub said: Option<Box<Assessment>>,
    /// When something was said first.
    pub begun: Option<Tai>,
    pub burns: bool,
    /// How it moved where it was last seen; `None` of one satellite alone that has seen it for long.
    pub moving: Option<Moving>,
    /// Between two scans of the slowest of its sensors, seconds.
    pub scan_s: f64,
    fitted: Option<Fitted>,
}

/// The fit of an object's opening, kept while that does not change.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Fitted {
    sightings: u64,
    fit: Option<Fit>,
}

impl Heat {
    pub fn new(sensors: &[Sensor]) -> Heat {
        Heat { eyes: sensors.iter().filter_map(Eye::of).collect(), ..Heat::default() }
    }

    /// Checks one plot; `None` where it is not an infrared sensor's.
    pub fn sense(&self, plot: &Plot, received: Tai) -> Option<Result<Sighting, Rejection>> {
        let newest = self.sightings.last().map(|sighting| sighting.time);
        let late = newest.is_some_and(|newest| newest.since_s(plot.time) > LATE_S_MAX);
        let sensed = Sighting::sense(plot, received, &self.eyes)?;
        Some(sensed.and_then(|sighting| if late { Err(Rejection::Late) } else { Ok(sighting) }))
    }

    /// Takes in sightings, in any order.
    pub fn take(&mut self, sightings: Vec<Sighting>) {
        if sightings.is_empty() {
            return;
        }
        self.sightings.extend(sightings);
        self.sightings.sort_by(Sighting::order);
        self.sightings.dedup_by(|a, b| a.order(b).is_eq());
        let Some(newest) = self.sightings.last().map(|sighting| sighting.time) else { return };
        let old = self.sightings.partition_point(|sighting| newest.since_s(sighting.time) > KEPT_S);
        let many = self.sightings.len().saturating_sub(KEPT_MAX);
        self.sightings.drain(..old.max(many));
    }

    /// What was said of the objects, by their names.
    pub fn told(&self) -> &BTreeMap<u64, Told> {
        &self.told
    }

    /// Assessments of the objects of which there is something new to say, with their names.
    pub fn assess(
        &mut self,
        now: Tai,
        settings: &Settings,
        notices: &[PlannedLaunch],
    ) -> Vec<(u64, Assessment)> {
        if self.sightings.is_empty() && self.told.is_empty() {
            return Vec::new();
        }
        let streaks = streak::streaks(&self.sightings, &self.eyes);
        if let Some(newest) = self.sightings.last().map(|sighting| sighting.time) {
            // Nothing that still may come goes on from these.
            let strays = streak::stray(&streaks, newest.plus_s(-2.0 * LATE_S_MAX));
            self.sightings.retain(|sighting| !strays.contains(sighting));
        }
        let objects = streak::objects(streaks, &self.eyes);
        let names = self.names(&objects);
        let mut said = Vec::new();
        for (name, object) in names.iter().zip(&objects) {
            let mut told = self.told.remove(name).unwrap_or_default();
            let news = self.tell(&mut told, *name, object, now, settings, notices);
            said.extend(news.map(|news| (*name, news)));
            self.told.insert(*name, told);
        }
        self.told.retain(|name, told| {
            let stands = names.contains(name);
            if !stands {
                said.extend(told.end(now).map(|last| (*name, last)));
            }
            stands
        });
        said
    }

    /// The names of the objects: each keeps that of the object whose first sighting it holds, the oldest name where two
    /// have become one.
    fn names(&mut self, objects: &[Object]) -> Vec<u64> {
        let mut old = core::mem::take(&mut self.named);
        let mut names = Vec::new();
        for object in objects {
            let holds = |first: &Sighting| object.sightings.binary_search_by(|own| own.order(first)).is_ok();
            let known = old.iter().find(|(_, first)| holds(first)).map(|(name, _)| *name);
            let name = known.unwrap_or_else(|| {
                self.count += 1;
                self.count
            });
            old.remove(&name);
            self.named.insert(name, object.sightings[0]);
            names.push(name);
        }
        names
    }

    /// What there is to say of one object.
    fn tell(
        &self,
        told: &mut Told,
        name: u64,
        object: &Object,
        now: Tai,
        settings: &Settings,
        notices: &[PlannedLaunch],
    ) -> Option<Assessment> {
        let (first, last) = object.span();
        let several = object.eyes.len() > 1;
        let (enough, enough_s) = ENOUGH[usize::from(!several)];
        if object.sightings.len() < enough || last.since_s(first) < enough_s {
            return None;
        }
        let finished = told.said.as_ref().is_some_and(|said| said.phase == Phase::Final);
        if finished && told.plots() == object.sightings.len() as u64 {
            return None;
        }
        let unseen_s = now.since_s(last);
        told.scan_s = self.slowest_s(object);
        let burns = unseen_s <= BURNT_SCANS * told.scan_s;
        let changed = told.said.is_none() || told.burns != burns;
        let grown = told.plots() != object.sightings.len() as u64;
        let elapsed_s = told.said.as_ref().map_or(f64::INFINITY, |said| now.since_s(said.hops.assessed));
        let ends = unseen_s > settings.arc_lost_after_s;
        if !(ends || changed || grown && elapsed_s >= settings.assess_every_s - 1e-6) {
            return None;
        }
        let mut assessment = self.reckon(told, object, burns, notices);
        assessment.track_id = id(name);
        if ends {
            assessment.phase = Phase::Final;
        }
        assessment.hops.assessed = now;
        told.burns = burns;
        told.begun = told.begun.or(Some(now));
        told.said = Some(Box::new(assessment.clone()));
        Some(assessment)
    }

    fn reckon(&self, told: &mut Told, object: &Object, burns: bool, notices: &[PlannedLaunch]) -> Assessment {
        let (first, last) = object.span();
        let several = object.eyes.len() > 1;
        let lines = |of: &[Sighting]| -> Vec<Line> {
            of.iter().map(|sighting| sighting.line(&self.eyes, first)).collect()
        };
        let opening = lines(object.opening());
        told.refit(&opening, &self.eyes, !burns || opening.len() < object.sightings.len());
        let fit = told.fitted.as_ref().and_then(|fitted| fitted.fit.as_ref());
        let fits = fit.is_some_and(|fit| fit.misfit <= MISFIT_MAX);

        let last_s = last.since_s(first);
        let recent: Vec<Sighting> =
            object.sightings.iter().filter(|of| last.since_s(of.time) <= NOW_S).copied().collect();
        let of_fit = fit.filter(|fit| fits && last_s - fit.until_s < 0.5).map(|fit| Moving {
            time: first.plus_s(fit.until_s),
            state: fit.state,
            covariance: fit.state_covariance,
            acceleration_mps2: fit.acceleration_mps2,
        });
        let free_now = || {
            let free = free::free(&lines(&recent), &self.eyes, last_s)?;
            Some(Moving {
                time: first.plus_s(free.time_s),
                state: free.state,
                covariance: free.covariance,
                acceleration_mps2: free.acceleration_mps2,
            })
        };
        let moving = of_fit.or_else(free_now);
        told.moving = moving;
        let origin = match fit.filter(|_| fits || !several) {
            Some(fit) => Some(from_fit(fit, first)),
            None => from_free(&opening, &self.eyes, first),
        };

        let orbits =
            moving.is_some_and(|moving| motion::perigee_radius_m(&moving.state) > SEMI_MAJOR_M + PERIGEE_M);
        let sure = BALLISTIC[usize::from(!several)];
        let (ballistic, to_orbit) = if orbits { (1.0 - sure, sure) } else { (sure, 0.0) };
        let classes = class::probabilities(ballistic, to_orbit, 0.0, 0.0);
        let announced = origin
            .as_ref()
            .and_then(|(ground, course_deg)| notice::fitting(notices, ground, *course_deg, None));
        let (classes, threat) = match announced {
            Some(_) => class::announced(&classes, ballistic),
            None => (classes, ballistic),
        };

        let lift_off = origin.as_ref().map(|(ground, _)| ground.time);
        let reachable = moving.filter(|_| several && !orbits).and_then(|moving| {
            reach::reachable(&reach::Boosting {
                time: moving.time,
                state: moving.state,
                covariance: moving.covariance,
                acceleration_mps2: moving.acceleration_mps2,
                burned_s: lift_off.map_or(last_s, |lift_off| moving.time.since_s(lift_off)),
                burns,
                unseen_s: told.scan_s,
            })
        });
        let point = moving.map(|moving| FlightPoint {
            place: wgs84::to_geodetic(Position::from_vector(motion::position(&moving.state))),
            time: moving.time,
        });
        let newest = object.sightings.iter().max_by_key(|sighting| sighting.received);
        let received = newest.map_or(last, |sighting| sighting.received);
        Assessment {
            assessment_id: String::new(),
            revision: 0,
            phase: if told.said.is_none() { Phase::Initial } else { Phase::Update },
            status: AssessmentStatus::Preliminary,
            threat_probability: threat,
            classes,
            warning: false,
            launch: origin.as_ref().map(|(ground, _)| *ground),
            impact: None,
            course_deg: origin.as_ref().and_then(|(_, course_deg)| *course_deg),
            apogee_m: None,
            object_count: (1, 1),
            evidence: Evidence {
                phenomena: vec![Phenomenon::Infrared],
                source_tags: self.tags(object),
                plots: object.sightings.len() as u64,
                first_observed: first,
                last_observed: last,
            },
            hops: Hops { sensed: last, received, tracked: received, ..Hops::default() },
            track_id: String::new(),
            observed: point,
            under_thrust: Some(burns),
            burnout: point.filter(|_| !burns),
            notice: announced.map(|notice| notice.id.clone()).unwrap_or_default(),
            satellite: String::new(),
            reachable,
        }
    }

    /// Between two scans of the slowest of its sensors, seconds.
    fn slowest_s(&self, object: &Object) -> f64 {
        let rates = object.eyes.iter().map(|eye| self.eyes[*eye as usize].sensor.rate_hz);
        rates.map(|rate_hz| 1.0 / rate_hz).fold(0.0, f64::max)
    }

    fn tags(&self, object: &Object) -> Vec<String> {
        let mut tags: Vec<String> =
            object.eyes.iter().map(|eye| self.eyes[*eye as usize].sensor.id.clone()).collect();
        tags.sort();
        tags
    }
}

impl Told {
    /// Sightings of the object when it was last said.
    fn plots(&self) -> u64 {
        self.said.as_ref().map_or(0, |said| said.evidence.plots)
    }

    /// Fits the opening anew where it has grown enough, or is complete.
    fn refit(&mut self, opening: &[Line], eyes: &[Eye], complete: bool) {
        let within = opening.partition_point(|line| line.time_s <= fit::LONGEST_S);
        let complete = complete || within < opening.len();
        let count = within as u64;
        let stands = self.fitted.as_ref().is_some_and(|fitted| {
            fitted.sightings == count || (!complete && (count as f64) < ANEW * fitted.sightings as f64)
        });
        if !stands {
            let fit = fit::fit(&opening[..within], eyes, &Kind::bank());
            self.fitted = Some(Fitted { sightings: count, fit });
        }
    }

    /// What is said of an object that is no more.
    fn end(&mut self, now: Tai) -> Option<Assessment> {
        let said = self.said.as_deref().filter(|said| said.phase != Phase::Final)?;
        let hops = Hops { assessed: now, ..said.hops };
        Some(Assessment { phase: Phase::Final, hops, ..said.clone() })
    }
}

/// A launch and its course.
type Origin = (GroundEstimate, Option<(f64, f64)>);

/// The launch as the bank's fit has it; where it misfits, as much less sure.
fn from_fit(fit: &Fit, zero: Tai) -> Origin {
    let wider = fit.misfit.max(1.0);
    let (course_rad, sigma_rad) = fit.course_rad;
    let (sin, cos) = libm::sincos(course_rad);
    let ground = GroundEstimate {
        place: fit.place,
        ellipse: ground::ellipse(&(fit.covariance_m2 * wider)),
        time: zero.plus_s(fit.lift_off_s.0),
        time_sigma_s: fit.lift_off_s.1 * wider.sqrt(),
    };
    let course_deg = (geodesic::compass_deg(sin, cos), sigma_rad.to_degrees());
    // A course that may be anything is none.
    (ground, (course_deg.1 < 60.0).then_some(course_deg))
}

/// The launch without a profile: from the state at the first sight, by the prior that a radar's track has too.
fn from_free(opening: &[Line], eyes: &[Eye], zero: Tai) -> Option<Origin> {
    let within = &opening[..opening.partition_point(|line| line.time_s <= NOW_S)];
    let free = free::free(within, eyes, 0.0)?;
    let seen = Estimate {
        time: zero.plus_s(free.time_s),
        state: free.state,
        covariance: free.covariance,
        slow: Vec::new(),
    };
    let origin = launch::from_thrust(&seen)?;
    Some((origin.ground, origin.course_deg))
}

/// How an object of this name is called to others.
pub(crate) fn id(name: u64) -> String {
    format!("I-{name}")
}
