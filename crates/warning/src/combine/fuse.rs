//! One object's tracks fused into one state: what is news in each is added, what may be common is intersected.
//!
//! Each track's information is what was known before its tracklet and the tracklet. Tracklets of nations without a source
//! in common are independent, so their informations add. What was known before (a boost that both filters followed,
//! drag that both met), a track without a tracklet, and tracks that name a common source or none are intersected.
//! So a sensor that is heard of by three ways counts once.

use std::collections::BTreeSet;

use physics::information::{inverse, is_semidefinite, of_triangle};
use physics::integrate;
use physics::motion::{Matrix6, State};
use physics::time::Tai;
use statement::{Nation, Track};

use super::associate::Group;
use super::intersection::{Normal, intersect};
use super::{CombinedTrack, Method, Source};

/// A track that nobody says coasts may be accelerated so much without a sign of it, m/s².
const SURPRISE_MPS2: f64 = 30.0;

/// What makes an information invertible where nothing was known, of the whole: of no weight.
const TRACE: f64 = 1e-9;

/// What a difference of informations may lack to be one, of the whole: rounding, and an honest owner's single precision.
const ROUNDING: f64 = 1e-6;

/// One nation's track at the common instant.
struct Part {
    state: State,
    covariance: Matrix6,
    /// J, what is news; `None`: not known, or not to be believed.
    news: Option<Matrix6>,
    /// y and the information before, where there was any.
    prior: Option<(Matrix6, State)>,
}

/// A track's state and covariance at another instant. Under gravity alone where its owner says that it coasts; else with
/// room for an acceleration held all the while: variance a² [dt⁴/4 dt³/2; dt³/2 dt²] on each axis.
pub(super) fn carried(track: &Track, time: Tai) -> Normal {
    let dt_s = time.since_s(track.time);
    let (state, phi) = integrate::coast_with_transition(&State::from(track.state), dt_s);
    let mut covariance = phi * of_triangle(&track.covariance) * phi.transpose();
    if track.tracklet.is_none() {
        let (away_m, away_mps) = (0.5 * SURPRISE_MPS2 * dt_s * dt_s, SURPRISE_MPS2 * dt_s);
        for axis in 0..3 {
            covariance[(axis, axis)] += away_m * away_m;
            covariance[(axis + 3, axis + 3)] += away_mps * away_mps;
            covariance[(axis, axis + 3)] += away_m * away_mps;
            covariance[(axis + 3, axis)] += away_m * away_mps;
        }
    }
    Normal { state, covariance }
}

impl Part {
    fn of(track: &Track, time: Tai) -> Option<Part> {
        let Normal { state, covariance } = carried(track, time);
        let total = inverse(&covariance)?;
        let mut part = Part { state, covariance, news: None, prior: None };
        let Some(tracklet) = &track.tracklet else { return Some(part) };
        let Some(prior) = &tracklet.prior else {
            part.news = Some(total);
            return Some(part);
        };
        let (_, back) = integrate::coast_with_transition(&state, track.time.since_s(time));
        let known = back.transpose() * of_triangle(&prior.information) * back;
        let news = total - known;
        // An owner that claims to have known more before than it knows in all is not believed: its whole is intersected.
        if is_semidefinite(&(news + total * ROUNDING)) {
            part.news = Some(news);
            part.prior = Some((known + total * TRACE, back.transpose() * State::from(prior.offset)));
        }
        Some(part)
    }

    fn whole(&self) -> Normal {
        Normal { state: self.state, covariance: self.covariance }
    }

    /// What was known before: x̄ = x + Y⁻¹ y.
    fn before(&self) -> Option<Normal> {
        let (information, offset) = self.prior.as_ref()?;
        let covariance = inverse(information)?;
        Some(Normal { state: self.state + covariance * offset, covariance })
    }
}

/// Fuses one object's tracks. The same tracks in any order give the same bits.
pub(super) fn fuse(id: u64, group: &Group) -> Option<CombinedTrack> {
    let mut group: Vec<&(Nation, &Track)> = group.iter().collect();
    group.sort_by_key(|(nation, track)| (*nation, &track.track_id));
    let time = group.iter().map(|(_, track)| track.time).max()?;
    let parts: Vec<Part> = group.iter().map(|(_, track)| Part::of(track, time)).collect::<Option<_>>()?;
    let reference = parts.first()?.state;
    let mut methods = vec![Method::Intersection; parts.len()];
    let (mut news, mut weighted) = (Matrix6::zeros(), State::zeros());
    let mut known: Option<Normal> = None;
    let mut intersected = |normal: Normal| -> Option<()> {
        known = Some(match known.take() {
            Some(before) => intersect(&before, &normal)?,
            None => normal,
        });
        Some(())
    };
    for together in dependent(&group) {
        let part = &parts[*together.first()?];
        match (&together[..], &part.news) {
            ([only], Some(own)) => {
                methods[*only] = Method::Tracklet;
                news += own;
                weighted += own * (part.state - reference);
                if let Some((_, offset)) = &part.prior {
                    weighted -= offset;
                    intersected(part.before()?)?;
                }
            }
            _ => {
                for index in together {
                    intersected(parts[index].whole())?;
                }
            }
        }
    }
    if let Some(known) = known {
        let information = inverse(&known.covariance)?;
        news += information;
        weighted += information * (known.state - reference);
    }
    let covariance = inverse(&news)?;
    let state = reference + covariance * weighted;
    if parts.len() == 1 {
        methods = vec![Method::Single];
    }
    if !state.iter().all(|number| number.is_finite()) {
        return None;
    }
    let sources = group.iter().zip(&methods).map(|((nation, track), method)| Source {
        nation: *nation,
        track_id: track.track_id.clone(),
        method: *method,
    });
    let method = methods.iter().copied().max()?;
    Some(CombinedTrack { id, time, state, covariance, sources: sources.collect(), method })
}

/// Which tracks may rest on the same plots: those that name a source in common, at first or second hand. One that names
/// none may share any.
fn dependent(group: &[&(Nation, &Track)]) -> Vec<Vec<usize>> {
    let mut sets: Vec<(Vec<usize>, BTreeSet<&str>, bool)> = Vec::new();
    for (index, (_, track)) in group.iter().enumerate() {
        let tags: BTreeSet<&str> = track.evidence.source_tags.iter().map(String::as_str).collect();
        let mut joined = (vec![index], tags.clone(), tags.is_empty());
        let (related, others): (Vec<_>, Vec<_>) =
            sets.into_iter().partition(|(_, theirs, any)| *any || joined.2 || !theirs.is_disjoint(&tags));
        for (indices, theirs, any) in related {
            joined.0.extend(indices);
            joined.1.extend(theirs);
            joined.2 |= any;
        }
        joined.0.sort_unstable();
        sets = others;
        sets.push(joined);
    }
    // In the order of their first tracks, whatever joined them.
    sets.sort_by(|a, b| a.0.cmp(&b.0));
    sets.into_iter().map(|(indices, _, _)| indices).collect()
}
