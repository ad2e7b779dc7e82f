//! A flown path: fine steps with cubic Hermite interpolation between them.

use core::fmt;

use physics::geodetic::Geodetic;

use super::earth::{distance_m, height_m, place_of};
use super::vector::{Vector, dot, norm};

/// What the object is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Under thrust, or between two stages.
    Boost,
    /// Without thrust, before it comes down through 130 km.
    Coast,
    /// Coming down below 130 km.
    Reentry,
    /// Going round.
    Orbit,
}

/// A state of the path, Earth-fixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// Since launch (of a satellite: since the scenario's start), seconds.
    pub time_s: f64,
    /// Earth-fixed position, metres.
    pub position_m: Vector,
    /// Earth-fixed velocity, m/s.
    pub velocity_mps: Vector,
}

/// States in the order of time, and where each phase starts.
#[derive(Clone)]
pub(crate) struct Path {
    pub(crate) nodes: Vec<Node>,
    pub(crate) phases: Vec<(f64, Phase)>,
}

impl fmt::Debug for Path {
    /// Thousands of states help nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Path").field("nodes", &self.nodes.len()).field("phases", &self.phases).finish()
    }
}

impl Path {
    /// The state at `time_s`; `None` outside the path.
    pub(crate) fn at(&self, time_s: f64) -> Option<Node> {
        let later = self.nodes.partition_point(|node| node.time_s <= time_s);
        let from = self.nodes.get(later.checked_sub(1)?)?;
        match self.nodes.get(later) {
            Some(to) => Some(between(from, to, time_s)),
            None => (from.time_s == time_s).then_some(*from),
        }
    }

    /// The phase at `time_s`.
    pub(crate) fn phase_at(&self, time_s: f64) -> Phase {
        let started = self.phases.partition_point(|&(start_s, _)| start_s <= time_s);
        self.phases.get(started.saturating_sub(1)).map_or(Phase::Coast, |&(_, phase)| phase)
    }

    /// The path up to `end_s`, whose state is its last node.
    pub(crate) fn until(&self, end_s: f64) -> Path {
        let mut nodes: Vec<Node> =
            self.nodes.iter().take_while(|node| node.time_s < end_s).copied().collect();
        nodes.extend(self.at(end_s));
        let phases = self.phases.iter().filter(|(start_s, _)| *start_s < end_s).copied().collect();
        Path { nodes, phases }
    }

    /// The greatest speed over the ground, m/s.
    pub(crate) fn speed_max_mps(&self) -> f64 {
        self.nodes.iter().map(|node| norm(node.velocity_mps)).fold(0.0, f64::max)
    }

    /// When `phase` starts.
    pub(crate) fn start_of(&self, phase: Phase) -> Option<f64> {
        self.phases.iter().find(|&&(_, listed)| listed == phase).map(|&(start_s, _)| start_s)
    }

    /// The highest state: where the interpolated vertical speed is 0.
    pub(crate) fn apogee(&self) -> Option<Node> {
        let highest = (0..self.nodes.len()).max_by(|&a, &b| {
            let height = |index: usize| height_m(self.nodes[index].position_m);
            height(a).total_cmp(&height(b))
        })?;
        let (mut low_s, mut high_s) = (
            self.nodes.get(highest.saturating_sub(1))?.time_s,
            self.nodes.get(highest + 1).or(self.nodes.last())?.time_s,
        );
        for _ in 0..50 {
            let middle_s = 0.5 * (low_s + high_s);
            let node = self.at(middle_s)?;
            if dot(node.position_m, node.velocity_mps) > 0.0 { low_s = middle_s } else { high_s = middle_s }
        }
        self.at(low_s)
    }

    /// Length on the ground from the first to the last state, metres.
    pub(crate) fn range_m(&self) -> f64 {
        match (self.nodes.first(), self.nodes.last()) {
            (Some(first), Some(last)) => distance_m(place_of(first.position_m), place_of(last.position_m)),
            _ => 0.0,
        }
    }

    /// The state whose direction from the Earth's centre is closest to that of `point`.
    pub(crate) fn closest_to(&self, point: Vector) -> Option<usize> {
        let closeness =
            |node: &Node| dot(node.position_m, point) / dot(node.position_m, node.position_m).sqrt();
        (0..self.nodes.len()).max_by(|&a, &b| closeness(&self.nodes[a]).total_cmp(&closeness(&self.nodes[b])))
    }
}

/// Cubic Hermite interpolation.
fn between(from: &Node, to: &Node, time_s: f64) -> Node {
    let step_s = to.time_s - from.time_s;
    let share = (time_s - from.time_s) / step_s;
    let (square, cube) = (share * share, share * share * share);
    let component = |index: usize| {
        let (p0, p1) = (from.position_m[index], to.position_m[index]);
        let (v0, v1) = (from.velocity_mps[index] * step_s, to.velocity_mps[index] * step_s);
        let rise = p1 - p0;
        let position =
            p0 + share * v0 + square * (3.0 * rise - 2.0 * v0 - v1) + cube * (v0 + v1 - 2.0 * rise);
        let velocity =
            v0 + 2.0 * share * (3.0 * rise - 2.0 * v0 - v1) + 3.0 * square * (v0 + v1 - 2.0 * rise);
        (position, velocity / step_s)
    };
    let parts: [(f64, f64); 3] = core::array::from_fn(component);
    Node { time_s, position_m: parts.map(|part| part.0), velocity_mps: parts.map(|part| part.1) }
}

/// A place and a time that a truth can be asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Since the scenario's start, seconds.
    pub time_s: f64,
    /// Where, WGS-84.
    pub place: Geodetic,
}
