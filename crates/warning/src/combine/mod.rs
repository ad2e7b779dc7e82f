//! Partners' tracks combined with one's own, for one's own eyes.
//!
//! Tracks of several nations that may be of one object are paired (`associate`) and their states fused (`fuse`): by
//! tracklets where given, else by inverse covariance intersection (`intersection`). Everything is reckoned anew from the
//! newest track of each nation's each line, in one order: what came twice, late, or in another order changes nothing.
//!
//! INVARIANT (only national data leaves): what is combined is a [`Combined`], which nothing that releases accepts.

mod assign;
mod associate;
mod fuse;
mod intersection;

use std::collections::BTreeMap;

use physics::motion::{Matrix6, State};
use physics::time::Tai;
use statement::{Nation, Track};

pub use intersection::{Normal, intersect};

/// What was concluded with partners' data, for one's own eyes.
///
/// It can be looked at and no more: it is no [`statement::Statement`], has no wire form and cannot be copied out of.
///
/// ```compile_fail,E0308
/// fn say(combined: warning::Combined<statement::TrackBatch>) -> statement::Statement {
///     statement::Statement::TrackBatch(combined)
/// }
/// ```
///
/// A nation's own may be said:
///
/// ```
/// fn say(own: statement::TrackBatch) -> statement::Statement {
///     statement::Statement::TrackBatch(own)
/// }
/// ```
#[derive(Debug, PartialEq)]
pub struct Combined<T>(T);

impl<T> Combined<T> {
    /// What it is, to be shown.
    pub fn show(&self) -> &T {
        &self.0
    }
}

/// How a nation's track came into a combined one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// It is the only one.
    Single,
    /// What is news in it was added.
    Tracklet,
    /// It may hold what others hold too: intersected.
    Intersection,
}

/// One nation's track in a combined one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Whose.
    pub nation: Nation,
    /// Which, at its owner.
    pub track_id: String,
    /// How it came in.
    pub method: Method,
}

/// One object, as all that is known of it shows it.
#[derive(Debug, PartialEq)]
pub struct CombinedTrack {
    /// Stays the object's own while any of its tracks does.
    pub id: u64,
    /// The instant of the newest track in it.
    pub time: Tai,
    /// Position (m) and velocity (m/s), Earth-fixed.
    pub state: State,
    /// Its covariance.
    pub covariance: Matrix6,
    /// The tracks in it, at most one of each nation, in the order of the nations' letters.
    pub sources: Vec<Source>,
    /// The weakest way by which one of them came in.
    pub method: Method,
}

/// Combines tracks, and remembers which belong together.
#[derive(Debug, Default)]
pub struct Combiner {
    /// Of each track that is or was in a combined one: its number.
    known: BTreeMap<(Nation, String), u64>,
    count: u64,
}

impl Combiner {
    /// Combines own and partners' tracks at `now`: all objects that several nations follow, or did while this was
    /// called before. At most [`associate::TRACKS_MAX`] tracks of a nation are looked at.
    pub fn combine(
        &mut self,
        own: Nation,
        tracks: &[(Nation, Track)],
        now: Tai,
    ) -> Vec<Combined<CombinedTrack>> {
        let groups = associate::associate(own, tracks, now, &self.known);
        let numbered = self.number(groups);
        let fused = numbered.into_iter().filter_map(|(id, group)| fuse::fuse(id, &group));
        fused.map(Combined).collect()
    }

    /// Gives each group the number that most of its tracks had; a group of several that had none a new one.
    fn number<'a>(&mut self, groups: Vec<associate::Group<'a>>) -> Vec<(u64, associate::Group<'a>)> {
        let known = std::mem::take(&mut self.known);
        let mut numbered: Vec<(u64, associate::Group)> = Vec::new();
        for group in groups {
            let mut votes: BTreeMap<u64, usize> = BTreeMap::new();
            for (nation, track) in &group {
                if let Some(id) = known.get(&(*nation, track.track_id.clone())) {
                    *votes.entry(*id).or_default() += 1;
                }
            }
            let taken = |id: u64| numbered.iter().any(|(taken, _)| *taken == id);
            let most = votes
                .into_iter()
                .filter(|(id, _)| !taken(*id))
                .max_by_key(|(id, votes)| (*votes, u64::MAX - id));
            let id = match most {
                Some((id, _)) => id,
                None if group.len() > 1 => {
                    self.count += 1;
                    self.count
                }
                None => continue,
            };
            for (nation, track) in &group {
                self.known.insert((*nation, track.track_id.clone()), id);
            }
            numbered.push((id, group));
        }
        numbered.sort_by_key(|(id, _)| *id);
        numbered
    }
}
