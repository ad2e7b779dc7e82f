//! Tracks for the eye: where they are, have been and go.

use std::collections::{BTreeMap, VecDeque};

use nalgebra::Vector6;
use physics::frames::{EarthFixed, Position, Site, Velocity};
use physics::geodetic::Geodetic;
use physics::integrate::coast;
use physics::time::Tai;
use physics::wgs84::to_geodetic;
use statement::{Nation, Track, TrackStatus};
use warning::{Combiner, Method};

use crate::input::Now;
use crate::node::State;
use crate::shell::view::model;
use crate::shell::view::model::Point;

/// A trail has a point at most so often, seconds, and so many.
const TRAIL_EVERY_S: f64 = 4.0;
const TRAIL_MAX: usize = 400;
/// A trail is kept so long after its track's last point, seconds.
pub const TRAIL_KEPT_S: f64 = 900.0;
/// The path ahead has a point so often, seconds, and at most so many: 40 minutes.
const AHEAD_EVERY_S: f64 = 20.0;
const AHEAD_MAX: usize = 120;
/// Above so many tracks no path ahead is drawn: nobody could read them, and the node has other things to do.
const AHEAD_TRACKS_MAX: usize = 60;

/// Own tracks, with what of them is news, and partners', with their origin.
pub fn all(state: &State) -> Vec<(Nation, Track)> {
    let own = state.picture.tracks_with_tracklets(|_| true);
    let own = own.into_iter().map(|track| (state.identity.nation, track));
    let abroad = state.tracks_abroad.iter().map(|((origin, _), (track, _))| (*origin, track.clone()));
    own.chain(abroad).collect()
}

/// Adds where the track is now to where it has been.
pub fn extend(trail: &mut VecDeque<(Tai, Point)>, track: &Track) {
    if trail.back().is_some_and(|(at, _)| track.time.since_s(*at) < TRAIL_EVERY_S) {
        return;
    }
    if trail.len() >= TRAIL_MAX {
        trail.pop_front();
    }
    trail.push_back((track.time, point(&Vector6::from(track.state))));
}

/// What is shown of every track.
pub fn tracks(
    state: &State,
    all: &[(Nation, Track)],
    now: Now,
    trails: &BTreeMap<(Nation, String), VecDeque<(Tai, Point)>>,
) -> Vec<model::Track> {
    let few = all.len() <= AHEAD_TRACKS_MAX;
    all.iter()
        .map(|(origin, track)| {
            let origin = *origin;
            let Flight { place, speed_mps, course_deg } = flight(&Vector6::from(track.state));
            let trail = trails.get(&(origin, track.track_id.clone()));
            let variance: f64 = [0, 6, 11].iter().map(|&diagonal| track.covariance[diagonal]).sum();
            let comes_down = few && impact_is_said(state, origin, &track.track_id);
            model::Track {
                id: track.track_id.clone(),
                origin: origin.to_string(),
                status: track.status,
                lat_deg: place.lat_deg,
                lon_deg: place.lon_deg,
                alt_m: place.alt_m,
                speed_mps,
                course_deg,
                sigma_m: variance.max(0.0).sqrt(),
                age_s: now.tai.since_s(track.evidence.last_observed).max(0.0),
                sources: track.evidence.source_tags.clone(),
                trail: trail.map(|trail| trail.iter().map(|(_, point)| *point).collect()).unwrap_or_default(),
                ahead: if comes_down && track.status != TrackStatus::Lost {
                    ahead(track)
                } else {
                    Vec::new()
                },
            }
        })
        .collect()
}

/// What several nations' tracks say together of one object each, for our own eyes: made for the view, never stored.
pub fn combined(
    combiner: &mut Combiner,
    state: &State,
    all: &[(Nation, Track)],
    now: Now,
) -> Vec<model::Combined> {
    let combined = combiner.combine(state.identity.nation, all, now.tai);
    combined
        .iter()
        .map(|combined| {
            let it = combined.show();
            let Flight { place, speed_mps, course_deg } = flight(&it.state);
            model::Combined {
                id: format!("C-{}", it.id),
                method: word(it.method),
                sources: it
                    .sources
                    .iter()
                    .map(|source| model::CombinedSource {
                        nation: source.nation.to_string(),
                        track_id: source.track_id.clone(),
                        method: word(source.method),
                    })
                    .collect(),
                lat_deg: place.lat_deg,
                lon_deg: place.lon_deg,
                alt_m: place.alt_m,
                speed_mps,
                course_deg,
                sigma_m: it.covariance.fixed_view::<3, 3>(0, 0).trace().max(0.0).sqrt(),
                age_s: now.tai.since_s(it.time).max(0.0),
            }
        })
        .collect()
}

fn word(method: Method) -> &'static str {
    match method {
        Method::Single => "single",
        Method::Tracklet => "tracklet",
        Method::Intersection => "intersection",
    }
}

/// Where something is and how it flies.
struct Flight {
    place: Geodetic,
    speed_mps: f64,
    course_deg: f64,
}

fn flight(state: &Vector6<f64>) -> Flight {
    let position = Position::<EarthFixed>::new(state[0], state[1], state[2]);
    let velocity = Velocity::<EarthFixed>::new(state[3], state[4], state[5]);
    let place = to_geodetic(position);
    let local = Site::at(place).velocity_to_local(velocity).vector();
    let course_deg = libm::atan2(local.x, local.y).to_degrees().rem_euclid(360.0);
    Flight { place, speed_mps: velocity.vector().norm(), course_deg }
}

/// A path ahead is drawn only where the origin itself says where it comes down: never of what is under thrust.
fn impact_is_said(state: &State, origin: Nation, track_id: &str) -> bool {
    state.events.all().iter().flat_map(|event| &event.lines).any(|((nation, _), heard)| {
        *nation == origin && heard.assessment.track_id == track_id && heard.assessment.impact.is_some()
    })
}

fn ahead(track: &Track) -> Vec<Point> {
    let mut at = Vector6::from(track.state);
    let mut points = vec![point(&at)];
    for _ in 0..AHEAD_MAX {
        at = coast(&at, AHEAD_EVERY_S);
        let next = point(&at);
        if next.iter().any(|number| !number.is_finite()) || next[2] < 0.0 {
            break;
        }
        points.push(next);
    }
    points
}

fn point(state: &Vector6<f64>) -> Point {
    let place = to_geodetic(Position::new(state[0], state[1], state[2]));
    [place.lon_deg, place.lat_deg, place.alt_m]
}
