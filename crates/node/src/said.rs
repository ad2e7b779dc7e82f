//! What this nation has said: ids, revisions, the marks that later statements depend on.
//!
//! INVARIANT (facts, not intentions): it changes only by [`Said::apply`], with what was sealed or is in the own
//! journal, in life as in recovery. A new version of the program never argues with it.

use std::collections::BTreeMap;

use exchange::Sealed;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{Assessment, AssessmentStatus, GroundEstimate, Nation, Phase, Statement};

/// An assessment that changed little is said again after this long, seconds.
const REPEAT_S: f64 = 5.0;

/// No line is said more often than this, seconds, but for a change of status, phase or warning.
const SPACING_S: f64 = 0.9;

/// A move of this many of the last one's sigmas is said at once, as is an ellipse that shrank or grew by a tenth.
const MOVE_SIGMAS: f64 = 0.25;
const SIZE_CHANGE: f64 = 0.1;

/// The line of one track's assessments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The assessment's id.
    pub assessment_id: String,
    /// The revision last said.
    pub revision: u32,
    /// When it was said.
    pub at: Tai,
    /// What was said.
    pub last: Assessment,
}

/// What this nation has said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    nation: Nation,
    /// When these lines were begun, by the realm's clock: part of every id, so that a node that finds its journal to be
    /// an old copy gives no id again that its lost past gave. A count would not do: the lost past may have counted on.
    begun: Option<Tai>,
    lines_opened: u64,
    batches: u64,
    acknowledgements: u64,
    /// By track id.
    lines: BTreeMap<String, Line>,
}

impl Said {
    /// Nothing said yet.
    pub fn new(nation: Nation) -> Said {
        Said { nation, begun: None, lines_opened: 0, batches: 0, acknowledgements: 0, lines: BTreeMap::new() }
    }

    /// The line of a track.
    pub fn line(&self, track_id: &str) -> Option<&Line> {
        self.lines.get(track_id)
    }

    /// Those assessments that are news, each under its id and next revision.
    pub fn number(&self, assessments: Vec<Assessment>, now: Tai) -> Vec<Assessment> {
        let mut news = Vec::new();
        let mut opened = self.lines_opened;
        for mut assessment in assessments {
            match self.lines.get(&assessment.track_id) {
                None => {
                    opened += 1;
                    assessment.assessment_id = format!("{}-{opened}", self.prefix());
                    assessment.revision = 1;
                    if assessment.phase == Phase::Update {
                        assessment.phase = Phase::Initial;
                    }
                }
                Some(line) => {
                    if !is_news(line, &assessment, now) {
                        continue;
                    }
                    assessment.assessment_id = line.assessment_id.clone();
                    assessment.revision =
                        line.revision + u32::from(!statement::planted!("revision-not-raised"));
                    if assessment.phase == Phase::Initial {
                        assessment.phase = Phase::Update;
                    }
                }
            }
            news.push(assessment);
        }
        news
    }

    /// The id of the next track batch.
    pub fn next_batch_id(&self) -> String {
        format!("{}-t{}", self.prefix(), self.batches + 1)
    }

    /// The id of the next acknowledgement.
    pub fn next_acknowledge_id(&self) -> String {
        format!("{}-a{}", self.prefix(), self.acknowledgements + 1)
    }

    fn prefix(&self) -> String {
        let begun = self.begun.map_or(0, |begun| begun.0.div_euclid(1_000_000_000));
        format!("{}-{}", self.nation, base_36(begun.unsigned_abs()))
    }

    /// Time passes for the first time: the first lines begin.
    pub fn begin(&mut self, now: Tai) {
        if self.begun.is_none() {
            self.begun = Some(now);
        }
    }

    /// Takes in what was said.
    pub fn apply(&mut self, sealed: &Sealed) {
        match &sealed.body().statement {
            Statement::Assessment(assessment) => {
                if assessment.revision == 1 {
                    self.lines_opened += 1;
                }
                let line = Line {
                    assessment_id: assessment.assessment_id.clone(),
                    revision: assessment.revision,
                    at: Tai(sealed.body().header.made_tai_ns),
                    last: assessment.clone(),
                };
                self.lines.insert(assessment.track_id.clone(), line);
            }
            Statement::TrackBatch(_) => self.batches += 1,
            Statement::Acknowledge(_) => self.acknowledgements += 1,
            Statement::Roster(_) => {}
        }
    }

    /// A partner knows more of us than our journal: it is an old copy. All lines begin anew.
    pub fn begin_anew(&mut self, now: Tai) {
        if !statement::planted!("ids-reused-after-restore") {
            *self = Said { begun: Some(now), ..Said::new(self.nation) };
        }
    }
}

/// A number in digits and lower-case letters.
fn base_36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((number % 36) as u32, 36).unwrap_or('?'));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

fn is_news(line: &Line, new: &Assessment, now: Tai) -> bool {
    let old = &line.last;
    if matches!(old.phase, Phase::Final | Phase::Cancel) && old.phase == new.phase {
        return false;
    }
    if (old.status, old.warning) != (new.status, new.warning)
        || old.classes.most_likely() != new.classes.most_likely()
        || matches!(new.phase, Phase::Final | Phase::Cancel)
        || old.impact.is_some() != new.impact.is_some()
        || new.status == AssessmentStatus::Withdrawn
    {
        return true;
    }
    let since_s = now.since_s(line.at);
    if since_s < SPACING_S {
        return false;
    }
    since_s >= REPEAT_S || moved(&old.impact, &new.impact) || moved(&old.launch, &new.launch)
}

fn moved(old: &Option<GroundEstimate>, new: &Option<GroundEstimate>) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return old.is_some() != new.is_some() };
    let distance = warning::offset_m(old, new);
    let distance_m = libm::hypot(distance.0, distance.1);
    let major_m = old.ellipse.semi_major_m;
    distance_m > MOVE_SIGMAS * major_m
        || (new.ellipse.semi_major_m - major_m).abs() > SIZE_CHANGE * major_m
        || new.time.since_s(old.time).abs() > MOVE_SIGMAS * old.time_sigma_s
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by the simulator in the exercise of 2022-11-03: two tracks that became firm in one step were said under
    /// one id.
    #[test]
    fn lines_that_begin_together_have_ids_of_their_own() {
        let of = |track_id: &str| Assessment { track_id: track_id.into(), ..Assessment::default() };
        let said = Said::new("jpn".parse().unwrap());
        let news = said.number(vec![of("T-1"), of("T-2")], Tai(0));
        assert_eq!(news.len(), 2);
        assert_ne!(news[0].assessment_id, news[1].assessment_id);
    }
}
