//! Assess: what a track is, where it came from, where it comes down.

pub(crate) mod class;
pub(crate) mod ground;
pub(crate) mod impact;
pub(crate) mod launch;
mod mixture;
pub(crate) mod reach;

use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{
    Assessment, AssessmentStatus, ClassProbabilities, Evidence, Phase, PlannedLaunch, TrackStatus,
};

use crate::catalogue::{Catalogue, Match};
use crate::family::Family;
use crate::joint::Sighted;
use crate::notice;
use crate::sense::Radar;
use crate::settings::Settings;
use crate::track::Track;

/// Probability at which a class is settled enough for an assessment to be established.
const SETTLED: f64 = 0.9;

/// What assessments rest on beside the track itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub radars: &'a [Radar],
    pub settings: &'a Settings,
    pub catalogue: &'a Catalogue,
    pub notices: &'a [PlannedLaunch],
}

/// What is to be told of.
#[derive(Clone, Debug)]
pub(crate) struct Subject<'a> {
    /// Its name to others.
    pub id: String,
    pub track: &'a Track,
    pub status: TrackStatus,
    pub family: &'a Family<'a>,
    /// What infrared adds to it.
    pub sighted: Option<&'a Sighted>,
}

impl Subject<'_> {
    /// Plots that it rests on.
    fn plots(&self) -> u64 {
        self.track.plots + self.sighted.map_or(0, |sighted| sighted.said.evidence.plots)
    }

    fn evidence(&self, known: &Known) -> Evidence {
        let of_track = self.track.evidence(known.radars);
        match self.sighted {
            Some(sighted) => sighted.evidence(of_track),
            None => of_track,
        }
    }
}

/// What was said of one track.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    said: Option<Box<Assessment>>,
    /// When something was said first.
    begun: Option<Tai>,
    /// Plots that it rested on when it was said.
    plots: u64,
    satellite: Match,
}

impl Told {
    /// The assessment of its track, where there is something new to say.
    pub fn assess(&mut self, of: &Subject, known: &Known, now: Tai) -> Option<Assessment> {
        let Subject { track, family, .. } = of;
        let lost = of.status == TrackStatus::Lost;
        if self.has_had_its_last_word() && !lost && of.plots() > self.plots {
            // Late plots have brought it back.
            *self = Told::default();
        }
        if self.has_had_its_last_word() || (!lost && !self.is_due(of, known.settings, now)) {
            return None;
        }
        let mut assessment = match lost {
            true => Assessment { phase: Phase::Final, ..self.last_word(of, known) },
            false => self.reckon(of, known),
        };
        assessment.track_id = of.id.clone();
        if family.is_burned_stage(track) {
            // It comes down of itself; the launch is told of by what burned on.
            assessment.warning = false;
        } else if !lost {
            // What was seen once stays true.
            let said = self.said.as_ref().map_or((1, 1), |said| said.object_count);
            let seen = family.count(now);
            assessment.object_count = (said.0.max(seen.0), said.1.max(seen.1));
        }
        self.plots = of.plots();
        Some(self.say(assessment, now))
    }

    /// What is said of a track that is no more, where its last word was not said.
    pub fn end(&mut self, now: Tai) -> Option<Assessment> {
        let said = self.said.as_deref().filter(|said| said.phase != Phase::Final)?;
        let assessment = Assessment { phase: Phase::Final, ..said.clone() };
        Some(self.say(assessment, now))
    }

    /// What was said last.
    pub fn said(&self) -> Option<&Assessment> {
        self.said.as_deref()
    }

    /// When something was said first.
    pub fn begun(&self) -> Option<Tai> {
        self.begun
    }

    /// Nothing more is said: another track of the same object goes on.
    pub fn close(&mut self) {
        if let Some(said) = &mut self.said {
            said.phase = Phase::Final;
        }
    }

    /// Whether it fits a catalogued satellite.
    pub fn is_catalogued(&self) -> bool {
        self.satellite.name().is_some()
    }

    fn say(&mut self, mut assessment: Assessment, now: Tai) -> Assessment {
        assessment.hops.assessed = now;
        self.begun = self.begun.or(Some(now));
        self.said = Some(Box::new(assessment.clone()));
        assessment
    }

    fn has_had_its_last_word(&self) -> bool {
        self.said.as_ref().is_some_and(|said| said.phase == Phase::Final)
    }

    /// Whether there are new plots, and either enough time has passed or the status may have changed.
    fn is_due(&self, of: &Subject, settings: &Settings, now: Tai) -> bool {
        let Some(said) = &self.said else { return true };
        let elapsed_s = now.since_s(said.hops.assessed);
        let established = said.status == AssessmentStatus::Established;
        // Under another name it is said at once, since its own is withdrawn.
        if said.track_id != of.id {
            return true;
        }
        of.plots() != self.plots
            && (elapsed_s >= settings.assess_every_s - 1e-6 || established != is_known(of.track))
    }

    /// What is said of a lost track: what was said last, or what can be said now if nothing was.
    fn last_word(&mut self, of: &Subject, known: &Known) -> Assessment {
        match &self.said {
            Some(said) => Assessment { evidence: of.evidence(known), ..(**said).clone() },
            None => self.reckon(of, known),
        }
    }

    fn reckon(&mut self, of: &Subject, known: &Known) -> Assessment {
        let Subject { track, sighted, .. } = of;
        // What passes close to others may seem to jump, and so to burn; a catalogued orbit says that it did not.
        if track.motion.thrust_seen.is_none() || track.motion.coasts() {
            self.satellite.renew(&track.motion.kinematic(), known.catalogue);
        }
        let by_heat = sighted.and_then(Sighted::origin);
        let risen = track.motion.thrust_seen.and_then(|_| launch::joined(launch::launch(track), by_heat));
        let catalogued = self.satellite.name().is_some();
        let class::Verdict { classes, comes_down } = class::classify(track, catalogued, risen.as_ref());
        let gliding = track.manoeuvre.gliding();
        let falls = comes_down > 0.5;
        let falling = if falls && gliding.is_none() { track.motion.comes_down() } else { None };
        let descent = falling.and_then(|(state, drag)| {
            let before = track.motion.arc().filter(|arc| arc.time != state.time);
            impact::impact(&state, &drag, before)
        });
        let coasted = || launch::joined(launch::launch(track), by_heat);
        let origin = if falls { risen.or_else(coasted) } else { None }.or(by_heat);
        let impact = descent.map(|descent| descent.ground);
        let announced = origin.and_then(|origin| {
            notice::fitting(known.notices, &origin.ground, origin.course_deg, impact.as_ref())
        });
        let under_thrust = track.motion.under_thrust();
        // Until the track shows how it moves, what heat shows holds.
        let of_heat = sighted.map(|sighted| &sighted.said).filter(|heat| {
            let lately = track.last.since_s(heat.evidence.last_observed) < known.settings.lost_after_s;
            lately && under_thrust.is_none() && !is_known(track)
        });
        let (classes, threat) = match (of_heat, announced) {
            (Some(heat), _) => (heat.classes.clone(), heat.threat_probability),
            (None, Some(_)) => class::announced(&classes, comes_down),
            (None, None) => (classes, comes_down),
        };
        let under_thrust = under_thrust.or(of_heat.and_then(|heat| heat.under_thrust));
        let ClassProbabilities(each) = &classes;
        // What comes down is told, whatever it is called.
        let settled = threat >= SETTLED || each.iter().any(|(_, probability)| *probability >= SETTLED);
        // A degraded sensor cannot by itself say for sure what it sees.
        let established = is_known(track) && settled && !track.is_apart(known.radars);
        let reachable = match gliding {
            Some(gliding) => reach::of_glide(gliding),
            None if track.motion.under_thrust() == Some(true) && falls => {
                let launched = origin.map(|origin| origin.ground.time);
                let seen = track.motion.kinematic();
                let burnt_s = launch::burnt_s(&seen, launched);
                let rate = track.motion.speeding_up();
                burnt_s.zip(rate).and_then(|(burnt_s, rate)| reach::of_burn(&seen, burnt_s, rate))
            }
            None => of_heat.and_then(|heat| heat.reachable.clone()),
        };
        let leads = sighted.is_some_and(|sighted| sighted.leads);
        let burnt_out = |heat: &Assessment| heat.burnout.filter(|_| under_thrust == Some(false));
        let status = if established { AssessmentStatus::Established } else { AssessmentStatus::Preliminary };
        Assessment {
            assessment_id: String::new(),
            revision: 0,
            phase: if self.said.is_none() && !leads { Phase::Initial } else { Phase::Update },
            status,
            threat_probability: threat,
            warning: established && threat >= known.settings.warning_threshold,
            launch: origin.map(|origin| origin.ground),
            course_deg: origin.and_then(|origin| origin.course_deg),
            impact: impact.filter(|_| established),
            apogee_m: descent.map(|descent| descent.apogee_m),
            object_count: (1, 1),
            evidence: of.evidence(known),
            hops: sighted.map_or(track.hops(), |sighted| sighted.hops(track.hops())),
            track_id: String::new(),
            observed: Some(track.motion.flight_point()),
            under_thrust,
            burnout: track.motion.burnout().or_else(|| burnt_out(&sighted.as_ref()?.said)),
            notice: announced.map(|notice| notice.id.clone()).unwrap_or_default(),
            satellite: self.satellite.name().unwrap_or_default().to_owned(),
            classes,
            reachable,
        }
    }
}

/// Whether it is known how it moves, so that something can stand of it.
fn is_known(track: &Track) -> bool {
    track.motion.coasts() || track.manoeuvre.gliding().is_some()
}
