//! One nation's own picture: what its sensors see, what it makes of that, and what of it may be said to whom.

use std::collections::{BTreeMap, BTreeSet};

use exchange::Sealed;
use physics::plot::Plot;
use physics::time::Tai;
use statement::{
    Assessment, Hops, Label, Phase, Sensitivity, Statement, StatementRef, Track, TrackBatch, TrackStatus,
};
use warning::{Acknowledged, EventState, Events, Heard};

use super::{Node, OwnAcknowledge, Withholding, upper};
use crate::input::{Effect, Now, What};

/// Assessments are computed at most this often for known tracks, seconds; a new track's first at once.
const ASSESS_EVERY_S: f64 = 0.9;

/// A partner's track that was not heard of for this long is shown no more, seconds.
const TRACK_ABROAD_AGE_S: f64 = 120.0;

impl Node {
    pub(crate) fn observe(&mut self, now: Now, plots: &[Plot]) {
        for plot in plots {
            let count = self.state.sensors.entry(plot.sensor_id.clone()).or_default();
            count.plots += 1;
            count.last = count.last.max(Some(plot.time));
        }
        if !plots.is_empty() {
            self.state.last_data = Some(now.tai);
        }
        let before: BTreeMap<String, Tai> =
            self.firm_tracks().map(|track| (track.track_id, track.time)).collect();
        for rejected in self.state.picture.observe(now.tai, plots) {
            let reason = rejected.reason.to_string();
            let count = self.state.sensors.entry(rejected.plot.sensor_id.clone()).or_default();
            count.plots = count.plots.saturating_sub(1);
            count.rejected += 1;
            count.last_error = Some(reason.clone());
            self.count_refusal(now, &rejected.plot.sensor_id, &reason, 1);
        }
        let after = self.firm_tracks().filter(|track| before.get(&track.track_id) != Some(&track.time));
        self.state.updated = after.map(|track| track.track_id).collect();
    }

    pub(crate) fn advance_picture(&mut self, now: Now) {
        self.state.picture.advance(now.tai);
        self.state.tracks_abroad.retain(|_, (_, received)| now.tai.since_s(*received) < TRACK_ABROAD_AGE_S);
    }

    fn firm_tracks(&self) -> impl Iterator<Item = Track> + use<> {
        self.state.picture.tracks().into_iter().filter(is_standing)
    }

    /// The tracks that the newest plots changed, with what of them is news.
    pub(crate) fn tracks_to_say(&mut self) -> Vec<Track> {
        let updated = std::mem::take(&mut self.state.updated);
        if updated.is_empty() {
            return Vec::new();
        }
        let wanted = |track: &Track| is_standing(track) && updated.contains(&track.track_id);
        self.state.picture.tracks_with_tracklets(wanted)
    }

    /// One batch for each set of sensors: a rule that withholds one sensor's tracks withholds no other's.
    pub(crate) fn batches(&self, tracks: Vec<Track>) -> Vec<TrackBatch> {
        let mut by_sources: BTreeMap<Vec<String>, TrackBatch> = BTreeMap::new();
        for track in tracks {
            let batch = by_sources.entry(track.evidence.source_tags.clone()).or_default();
            batch.hops.sensed = batch.hops.sensed.max(track.evidence.last_observed);
            batch.tracks.push(track);
        }
        by_sources.into_values().collect()
    }

    /// Assessments that are news, under their ids and revisions.
    pub(crate) fn assess(&mut self, now: Now) -> Vec<Assessment> {
        let due = self.state.last_assessed == Tai(i64::MIN)
            || now.tai.since_s(self.state.last_assessed) >= ASSESS_EVERY_S;
        let is_unsaid = |track: Track| self.state.said.line(&track.track_id).is_none();
        if !due && !self.firm_tracks().any(is_unsaid) {
            return Vec::new();
        }
        self.state.last_assessed = now.tai;
        let assessed = self.state.picture.assess(now.tai);
        self.state.said.number(assessed, now.tai)
    }

    pub(crate) fn milestones_of(&mut self, now: Now, assessment: &Assessment, effects: &mut Vec<Effect>) {
        let own = upper(self.state.identity.nation);
        let id = assessment.assessment_id.clone();
        if self.state.firm_seen.insert(assessment.track_id.clone()) {
            let sensors = assessment.evidence.source_tags.join(", ");
            let first = assessment.evidence.first_observed;
            self.milestone(first, What::FirstPlot, format!("{own} first plot, by {sensors}"), effects);
            self.milestone(
                now.tai,
                What::FirmTrack,
                format!("{own} firm track {}", assessment.track_id),
                effects,
            );
            let text = format!("{own} assessment {id}: {:?}", assessment.status).to_lowercase();
            self.milestone(now.tai, What::Assessment, text.replacen(&own.to_lowercase(), &own, 1), effects);
        }
        let warned = self.state.said.line(&assessment.track_id).is_some_and(|line| line.last.warning);
        if assessment.warning && !warned {
            let text = format!("{own} warns: {id}, {:?}", assessment.classes.most_likely())
                .replace("Ballistic", "ballistic");
            self.milestone(now.tai, What::Warning, text, effects);
        }
        if assessment.phase == Phase::Final {
            let text = format!("{own} lost track {} ({id})", assessment.track_id);
            self.milestone(now.tai, What::Lost, text, effects);
        }
    }

    pub(crate) fn release(&mut self, now: Now, mut statement: Statement, effects: &mut Vec<Effect>) {
        stamp_released(&mut statement, now.tai);
        let label = self.label(&statement);
        let partners = self.partners();
        let Some(policy) = &self.policy else {
            self.count_refusal(now, "release", "nothing is said: no policy is in force", 1);
            return;
        };
        let decision = policy.release(statement, &label, &partners);
        for withheld in decision.withheld {
            match self.state.withheld.iter_mut().find(|known| known.withheld == withheld) {
                Some(known) => known.count += 1,
                None => self.state.withheld.push(Withholding { withheld, count: 1 }),
            }
        }
        effects.extend(decision.released.map(|released| Effect::Say(Box::new(released))));
    }

    /// Derived data takes the join of the labels of all that went into it: here, of the sensors.
    fn label(&self, statement: &Statement) -> Label {
        let sensor = |tag: &String| Label {
            sensitivity: Sensitivity::SensorDerived,
            releasable_to: None,
            sources: BTreeSet::from([tag.clone()]),
        };
        let tags: Vec<&String> = match statement {
            Statement::Assessment(assessment) => assessment.evidence.source_tags.iter().collect(),
            Statement::TrackBatch(batch) => {
                batch.tracks.iter().flat_map(|track| track.evidence.source_tags.iter()).collect()
            }
            Statement::Acknowledge(_) | Statement::Roster(_) => Vec::new(),
        };
        tags.into_iter().map(sensor).fold(Label::default(), |label, other| label.join(&other))
    }

    pub(crate) fn advance_events(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let ended = |events: &Events| -> BTreeSet<String> {
            let over = events.all().iter().filter(|event| event.state == EventState::Ended);
            over.map(|event| event.id.clone()).collect()
        };
        let before = ended(&self.state.events);
        if self.state.events.advance(now.tai) {
            let own = upper(self.state.identity.nation);
            for id in ended(&self.state.events).difference(&before) {
                self.milestone(now.tai, What::Ended, format!("{own} event {id} ended"), effects);
            }
        }
    }

    /// Our own word stands in our own column.
    pub(crate) fn join_own(&mut self, now: Now, sealed: &Sealed) {
        let body = sealed.body();
        let body_id = sealed.id().0;
        match &body.statement {
            Statement::Assessment(assessment) => {
                let reference = StatementRef {
                    origin: body.header.origin,
                    statement_id: body.header.statement_id.clone(),
                    revision: body.header.revision,
                    body_id,
                };
                let heard = Heard { reference, assessment: assessment.clone(), received: now.tai };
                self.state.events.hear(heard, now.tai);
            }
            Statement::Acknowledge(acknowledge) => {
                let nation = body.header.origin;
                self.state.events.acknowledge(Acknowledged {
                    nation,
                    statement: acknowledge.clone(),
                    body_id,
                });
                self.state.own_acknowledgements.push(OwnAcknowledge {
                    body_id,
                    numbers: body.header.audience.iter().map(|partner| (*partner, None)).collect(),
                    receipts: BTreeMap::new(),
                });
            }
            Statement::TrackBatch(_) | Statement::Roster(_) => {}
        }
    }
}

fn is_standing(track: &Track) -> bool {
    matches!(track.status, TrackStatus::Firm | TrackStatus::Coasting)
}

fn stamp_released(statement: &mut Statement, now: Tai) {
    let hops: Option<&mut Hops> = match statement {
        Statement::Assessment(assessment) => Some(&mut assessment.hops),
        Statement::TrackBatch(batch) => Some(&mut batch.hops),
        Statement::Acknowledge(_) | Statement::Roster(_) => None,
    };
    if let Some(hops) = hops {
        hops.released = now;
    }
}
