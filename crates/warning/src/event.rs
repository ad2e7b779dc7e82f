//! Events: one launch as all nations see it.

use std::collections::{BTreeMap, BTreeSet};

use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{Acknowledge, Assessment, AssessmentStatus, Nation, ObjectClass, Phase, StatementRef};

use crate::join;

/// Below this threat probability an assessment that raises no warning opens no event.
const THREAT_PROBABILITY_MIN: f64 = 0.5;

/// One-sided 99.9 % quantile of the normal distribution: the latest possible impact is this many sigmas late.
const LATEST_SIGMAS: f64 = 3.09;

/// After the latest possible impact, debris may still come down for this long, seconds.
const DEBRIS_MARGIN_S: f64 = 600.0;

/// An event of which no impact was ever said ends this long after the last observation, seconds. Longer than any
/// flight of its class lasts: 40 min.
const UNKNOWN_IMPACT_S: f64 = 2_400.0;

/// An assessment as this node heard it: its own, or a partner's verified one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Exactly which statement.
    pub reference: StatementRef,
    /// What it says.
    pub assessment: Assessment,
    /// When this node had it.
    pub received: Tai,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// One physical sensor says so.
    Unconfirmed,
    /// Two physical sensors at least say so.
    Confirmed,
    /// Nobody observes it any more; nothing is said of where it is.
    Lost,
    /// The latest possible impact and the debris margin are over.
    Ended,
}

/// An acknowledgement as this node heard it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Which nation's officer.
    pub nation: Nation,
    /// The statement.
    pub statement: Acknowledge,
    /// SHA-256 of its body's protected header and payload.
    pub body_id: [u8; 32],
}

/// One launch as all nations see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Unique at this nation, such as `jpn-e1`.
    pub id: String,
    /// When the first assessment of it was heard.
    pub opened: Tai,
    /// The newest revision of every nation's every line.
    pub lines: BTreeMap<(Nation, String), Heard>,
    /// Who has acknowledged it, in the order heard.
    pub acknowledged: Vec<Acknowledged>,
    /// Where it stands.
    pub state: EventState,
}

impl Event {
    /// One nation's column: its line with a warning first, then the newest observation.
    pub fn column(&self, nation: Nation) -> Option<&Heard> {
        self.lines.iter().filter(|((origin, _), _)| *origin == nation).map(|(_, heard)| heard).max_by_key(
            |heard| {
                let assessment = &heard.assessment;
                let stands = assessment.status != AssessmentStatus::Withdrawn;
                (stands, assessment.warning, assessment.evidence.last_observed, heard.reference.revision)
            },
        )
    }

    /// The nations that say something of it.
    pub fn nations(&self) -> BTreeSet<Nation> {
        self.lines.keys().map(|(nation, _)| *nation).collect()
    }

    /// The physical sensors that saw it, each once whoever reports it: one satellite seen through two capitals
    /// counts once.
    pub fn source_tags(&self) -> BTreeSet<&str> {
        self.lines
            .values()
            .filter(|heard| heard.assessment.status != AssessmentStatus::Withdrawn)
            .flat_map(|heard| heard.assessment.evidence.source_tags.iter().map(String::as_str))
            .collect()
    }

    /// The statements that make the event now.
    pub fn statements(&self) -> Vec<StatementRef> {
        self.lines.values().map(|heard| heard.reference.clone()).collect()
    }

    /// What a person is shown, as bytes to be hashed: the event's id and state and the body ids of its statements.
    pub fn shown_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("watchfire/v1/shown\n{}\n{:?}\n", self.id, self.state).into_bytes();
        for heard in self.lines.values() {
            bytes.extend_from_slice(&heard.reference.body_id);
        }
        bytes
    }

    /// The latest instant at which anything of it may still come down. A line without an impact counts only where
    /// nothing with an impact was observed as late: of a lost beginning, the line that went on says when it ends.
    pub fn latest_end(&self) -> Tai {
        let standing = || {
            self.lines
                .values()
                .map(|heard| &heard.assessment)
                .filter(|assessment| assessment.status != AssessmentStatus::Withdrawn)
        };
        let with_impact = standing().filter(|assessment| assessment.impact.is_some());
        let decided = with_impact.map(|assessment| assessment.evidence.last_observed).max();
        standing()
            .filter_map(|assessment| match &assessment.impact {
                Some(impact) => {
                    Some(impact.time.plus_s(LATEST_SIGMAS * impact.time_sigma_s + DEBRIS_MARGIN_S))
                }
                None if decided.is_some_and(|decided| decided >= assessment.evidence.last_observed) => None,
                None => Some(assessment.evidence.last_observed.plus_s(UNKNOWN_IMPACT_S)),
            })
            .max()
            .unwrap_or(self.opened)
    }

    fn judge(&mut self, now: Tai) {
        let observed =
            self.lines.values().any(|heard| !matches!(heard.assessment.phase, Phase::Final | Phase::Cancel));
        self.state = if now > self.latest_end() {
            EventState::Ended
        } else if !observed {
            EventState::Lost
        } else if self.source_tags().len() >= 2 {
            EventState::Confirmed
        } else {
            EventState::Unconfirmed
        };
    }
}

/// All events at one nation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Events {
    nation: Nation,
    opened: u64,
    events: Vec<Event>,
    /// Acknowledgements of statements that have not come yet (the lanes are per partner: they may overtake).
    early: Vec<Acknowledged>,
}

/// Most acknowledgements kept for statements that have not come: a partner's flood ends here.
const EARLY_MAX: usize = 256;

impl Events {
    /// No event yet, at `nation`.
    pub fn new(nation: Nation) -> Events {
        Events { nation, opened: 0, events: Vec::new(), early: Vec::new() }
    }

    /// All events, oldest first.
    pub fn all(&self) -> &[Event] {
        &self.events
    }

    /// One event by its id.
    pub fn find(&self, event_id: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.id == event_id)
    }

    /// Takes in an assessment. A later revision replaces an earlier one of its line; a new line joins the event
    /// that it may be of, the nearest first, or opens one if it warns. Returns the index of its event.
    pub fn hear(&mut self, heard: Heard, now: Tai) -> Option<usize> {
        let key = (heard.reference.origin, heard.reference.statement_id.clone());
        if let Some(index) = self.events.iter().position(|event| event.lines.contains_key(&key)) {
            let event = &mut self.events[index];
            if event.lines.get(&key).is_some_and(|held| held.reference.revision < heard.reference.revision) {
                event.lines.insert(key, heard);
                event.judge(now);
            }
            return Some(index);
        }
        let index = match self.nearest(&heard.assessment) {
            Some(index) => index,
            None if opens(&heard.assessment) => self.open(now),
            None => return None,
        };
        self.events[index].lines.insert(key, heard);
        self.events[index].judge(now);
        for early in std::mem::take(&mut self.early) {
            self.acknowledge(early);
        }
        Some(index)
    }

    /// Takes in an acknowledgement: it belongs to the event that holds any of the statements it names.
    pub fn acknowledge(&mut self, acknowledged: Acknowledged) -> Option<usize> {
        let named = |event: &Event| {
            acknowledged.statement.statements.iter().any(|reference| {
                event.lines.contains_key(&(reference.origin, reference.statement_id.clone()))
            })
        };
        let Some(index) = self.events.iter().position(named) else {
            if self.early.len() < EARLY_MAX {
                self.early.push(acknowledged);
            }
            return None;
        };
        let known = &mut self.events[index].acknowledged;
        if !known.iter().any(|held| held.body_id == acknowledged.body_id) {
            known.push(acknowledged);
        }
        Some(index)
    }

    /// Lets time pass: events are lost and end. Returns whether anything changed.
    pub fn advance(&mut self, now: Tai) -> bool {
        let before: Vec<EventState> = self.events.iter().map(|event| event.state).collect();
        self.events.iter_mut().for_each(|event| event.judge(now));
        self.events.iter().map(|event| event.state).ne(before)
    }

    fn nearest(&self, assessment: &Assessment) -> Option<usize> {
        let mut nearest: Option<(f64, usize)> = None;
        for (index, event) in self.events.iter().enumerate() {
            if event.state == EventState::Ended {
                continue;
            }
            for heard in event.lines.values() {
                let Some(distance) = join::may_join(&heard.assessment, assessment) else { continue };
                if nearest.is_none_or(|(least, _)| distance < least) {
                    nearest = Some((distance, index));
                }
            }
        }
        nearest.map(|(_, index)| index)
    }

    fn open(&mut self, now: Tai) -> usize {
        self.opened += 1;
        self.events.push(Event {
            id: format!("{}-e{}", self.nation, self.opened),
            opened: now,
            lines: BTreeMap::new(),
            acknowledged: Vec::new(),
            state: EventState::Unconfirmed,
        });
        self.events.len() - 1
    }
}

fn opens(assessment: &Assessment) -> bool {
    let harmless = matches!(assessment.classes.most_likely(), ObjectClass::Satellite | ObjectClass::Aircraft);
    assessment.warning || (!harmless && assessment.threat_probability >= THREAT_PROBABILITY_MIN)
}
