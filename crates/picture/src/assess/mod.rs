//! Assess: what a track is, where it came from, where it comes down.

mod class;
mod ground;
mod impact;
mod launch;
mod mixture;

use physics::time::Tai;
use statement::{Assessment, AssessmentStatus, ClassProbabilities, ObjectClass, Phase, TrackStatus};

use crate::sense::Radar;
use crate::settings::Settings;
use crate::track::Track;

/// Probability at which a class is settled enough for an assessment to be established.
const SETTLED: f64 = 0.9;

/// The assessment of a track, where there is something new to say.
pub(crate) fn assess(
    track: &mut Track,
    radars: &[Radar],
    settings: &Settings,
    now: Tai,
) -> Option<Assessment> {
    let lost = track.status == TrackStatus::Lost;
    if track.has_had_its_last_word() || (!lost && !is_due(track, settings, now)) {
        return None;
    }
    let assessment = if lost {
        Assessment { phase: Phase::Final, ..last_word(track, radars, settings) }
    } else {
        reckon(track, radars, settings)
    };
    let mut assessment = assessment;
    assessment.hops.assessed = now;
    track.said_plots = track.plots;
    track.said = Some(Box::new(assessment.clone()));
    Some(assessment)
}

/// Whether there are new plots, and either enough time has passed or the status may have changed.
fn is_due(track: &Track, settings: &Settings, now: Tai) -> bool {
    let Some(said) = &track.said else { return true };
    let elapsed_s = now.since_s(said.hops.assessed);
    let established = said.status == AssessmentStatus::Established;
    track.plots > track.said_plots
        && (elapsed_s >= settings.assess_every_s - 1e-6 || established != track.motion.coasts())
}

/// What is said of a lost track: what was said last, or what can be said now if nothing was.
fn last_word(track: &Track, radars: &[Radar], settings: &Settings) -> Assessment {
    match &track.said {
        Some(said) => Assessment { evidence: track.evidence(radars), ..(**said).clone() },
        None => reckon(track, radars, settings),
    }
}

fn reckon(track: &Track, radars: &[Radar], settings: &Settings) -> Assessment {
    let classes = class::classify(track);
    let ballistic = classes.of(ObjectClass::Ballistic);
    let settled = classes.0.iter().any(|(_, probability)| *probability >= SETTLED);
    let established = track.motion.coasts() && settled;
    let comes_down = ballistic > 0.5;
    let descent = track.motion.arc().filter(|_| comes_down).and_then(impact::impact);
    let origin = if comes_down { launch::launch(track) } else { None };
    let status = if established { AssessmentStatus::Established } else { AssessmentStatus::Preliminary };
    Assessment {
        assessment_id: String::new(),
        revision: 0,
        phase: if track.said.is_none() { Phase::Initial } else { Phase::Update },
        status,
        threat_probability: ballistic,
        warning: established && ballistic >= settings.warning_threshold,
        launch: origin.map(|origin| origin.ground),
        course_deg: origin.and_then(|origin| origin.course_deg),
        impact: descent.filter(|_| established).map(|descent| descent.ground),
        apogee_m: descent.map(|descent| descent.apogee_m),
        object_count: (1, 1),
        evidence: track.evidence(radars),
        hops: track.hops(),
        track_id: track.id(),
        observed: Some(track.motion.flight_point()),
        under_thrust: track.motion.under_thrust(),
        burnout: track.motion.burnout(),
        classes: ClassProbabilities(classes.0),
    }
}

impl Track {
    /// Whether the final assessment is said.
    pub(crate) fn has_had_its_last_word(&self) -> bool {
        self.said.as_ref().is_some_and(|said| said.phase == Phase::Final)
    }
}
