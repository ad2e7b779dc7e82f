//! From the node's state to what people look at.

mod event;
mod link;
pub mod model;
mod sensor;
mod track;

use std::collections::{BTreeMap, VecDeque};

use physics::sensor::Sensor;
use physics::time::Tai;
use statement::{Nation, Track};
use warning::Combiner;

use crate::driver::Driver;
use crate::input::Now;
use crate::shell::clock::posix_ns;
use crate::shell::config::Config;
use model::{Milestone, Point, Refusal, View, Withheld};

/// Of a sensor whose file states no volume, the range that is drawn, metres.
const RANGE_UNKNOWN_M: f64 = 1_000_000.0;
const MILESTONES_SHOWN: usize = 60;

/// Makes views, and keeps what only a picture needs: where tracks have been, and which belong together.
pub struct ViewBuilder {
    seq: u64,
    csrf: String,
    title: String,
    name: String,
    clock_speed: f64,
    clock_bound_ms: f64,
    trails: BTreeMap<(Nation, String), VecDeque<(Tai, Point)>>,
    heard_ns: BTreeMap<crate::feeds::Key, (u64, u64)>,
    combiner: Combiner,
}

impl ViewBuilder {
    /// A builder for the node of this configuration, which the roster calls `name`.
    pub fn new(config: &Config, name: String, clock_speed: f64) -> ViewBuilder {
        ViewBuilder {
            // Grows over restarts too: a browser that comes back never takes an older view for a newer one.
            seq: (posix_ns() / 1_000_000).max(0) as u64,
            csrf: csrf_token(),
            title: config.title.clone(),
            name,
            clock_speed,
            clock_bound_ms: config.clock_bound_ms,
            trails: BTreeMap::new(),
            heard_ns: BTreeMap::new(),
            combiner: Combiner::default(),
        }
    }

    /// The first view.
    pub fn first(&mut self, driver: &Driver, now: Now) -> View {
        self.next(driver, now)
    }

    /// The next view.
    pub fn next(&mut self, driver: &Driver, now: Now) -> View {
        self.seq += 1;
        let node = driver.node();
        let state = node.state();
        let nation = state.identity.nation;
        let age_s = |at: Tai| now.tai.since_s(at).max(0.0);
        let all = track::all(state);
        self.note_trails(&all, now);
        let mut refusals: Vec<_> = state.refusals.iter().collect();
        refusals.sort_by_key(|refused| std::cmp::Reverse(refused.last));
        let health = state.picture.sensors();
        View {
            seq: self.seq,
            csrf: self.csrf.clone(),
            nation: nation.to_string(),
            nation_name: self.name.clone(),
            realm: state.identity.realm.to_string(),
            title: self.title.clone(),
            now: now.tai.to_utc(),
            clock_speed: self.clock_speed,
            clock_bound_ms: self.clock_bound_ms,
            build: crate::BUILD.to_owned(),
            last_data_age_s: driver.data_age_s(now, self.clock_speed),
            sensors: state
                .identity
                .sensors
                .iter()
                .map(|sensor| {
                    let count = state.sensors.get(&sensor.id).cloned().unwrap_or_default();
                    model::Sensor {
                        id: sensor.id.clone(),
                        name: sensor.name.clone().unwrap_or_else(|| sensor.id.clone()),
                        nation: nation.to_string(),
                        lat_deg: sensor.lat_deg,
                        lon_deg: sensor.lon_deg,
                        range_max_m: range_m(sensor),
                        notional: sensor.notional,
                        plots: count.plots,
                        rejected: count.rejected,
                        last_plot_age_s: count.last.map(age_s),
                        last_error: count.last_error,
                        health: sensor::health(health.iter().find(|state| state.id == sensor.id)),
                    }
                })
                .collect(),
            tracks: track::tracks(state, &all, now, &self.trails),
            combined: track::combined(&mut self.combiner, state, &all, now),
            events: event::events(node, now, self.clock_speed),
            links: link::links(driver, now, &mut self.heard_ns),
            refusals: refusals
                .into_iter()
                .map(|refused| Refusal {
                    who: refused.who.clone(),
                    reason: refused.reason.clone(),
                    count: refused.count,
                    last: refused.last.to_utc(),
                })
                .collect(),
            withheld: state
                .withheld
                .iter()
                .map(|known| Withheld {
                    partner: known.withheld.partner.to_string(),
                    kind: known.withheld.kind.to_string(),
                    level: format!("{:?}", known.withheld.level).to_lowercase(),
                    reason: known.withheld.why.to_string(),
                    count: known.count,
                })
                .collect(),
            milestones: state
                .milestones
                .iter()
                .rev()
                .take(MILESTONES_SHOWN)
                .map(|milestone| Milestone {
                    at: milestone.at.to_utc(),
                    text: milestone.line(self.clock_speed),
                })
                .collect(),
        }
    }

    fn note_trails(&mut self, all: &[(Nation, Track)], now: Now) {
        for (origin, track) in all {
            let trail = self.trails.entry((*origin, track.track_id.clone())).or_default();
            track::extend(trail, track);
        }
        self.trails.retain(|_, trail| {
            trail.back().is_some_and(|(at, _)| now.tai.since_s(*at) < track::TRAIL_KEPT_S)
        });
    }
}

fn range_m(sensor: &Sensor) -> f64 {
    sensor.volume.as_ref().map_or(RANGE_UNKNOWN_M, |volume| volume.range_m[1])
}

/// A token that pages of other origins cannot read.
fn csrf_token() -> String {
    let mut bytes = [0; 16];
    // Without it nobody could act: an empty token never matches.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        return String::new();
    }
    hex::encode(bytes)
}
