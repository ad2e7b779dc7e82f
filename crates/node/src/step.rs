//! The whole flow on one page: a plot comes in; tracks, assessments, released statements go out.
//!
//! No clock, socket, file, thread or random generator is below this line: the same inputs give the same effects, on
//! every machine, in life, in the simulator and in `watchfire replay`.

use exchange::{FeedFact, Sealed};
use statement::{Assessment, Lane, Nation, Statement, Track};

use crate::input::{Effect, Input, Now};
use crate::node::{Node, RecoverError};

impl Node {
    /// Takes one input and says what is to be done about it.
    pub fn step(&mut self, now: Now, input: Input) -> Result<Vec<Effect>, RecoverError> {
        let mut effects = Vec::new();
        self.said_mut().begin(now.tai);

        // What happened: to us, or said by a partner.
        match input {
            Input::Identity(identity) => self.become_identity(identity),
            Input::Roster(roster) => self.trust(roster)?,
            Input::Policy { file, text } => self.adopt_policy(file, text)?,
            Input::Plots(plots) => self.observe(now, &plots),
            Input::Entry { from, lane, body, .. } => self.hear(now, from, lane, *body, &mut effects),
            Input::Unreadable { from, why, .. } => self.count_refusal(now, from.as_str(), &why, 1),
            Input::Refused { who, reason, count } => self.count_refusal(now, &who, &reason, count),
            Input::Act(proof, act) => self.act(now, proof, act, &mut effects),
            Input::Link { partner, lane, change } => {
                self.link_changed(now, partner, lane, change, &mut effects)
            }
            Input::Listing { listing, file, text } => self.know(now, listing, &file, &text),
            Input::Tick => {}
        }

        // Sense → track → assess: one nation's own picture.
        self.advance_picture(now);
        let tracks: Vec<Track> = self.tracks_to_say();
        let assessments: Vec<Assessment> = self.assess(now);

        // → release: policy decides who sees what; what it withholds is shown. The driver seals, journals and sends.
        for batch in self.batches(tracks) {
            self.release(now, Statement::TrackBatch(batch), &mut effects);
        }
        for assessment in assessments {
            self.milestones_of(now, &assessment, &mut effects);
            self.release(now, Statement::Assessment(assessment), &mut effects);
        }

        // → events: lost, ended.
        self.advance_events(now, &mut effects);
        Ok(effects)
    }

    /// Takes in what was sealed: what was said is a fact from here on.
    pub fn apply(&mut self, now: Now, sealed: &Sealed) {
        self.said_mut().apply(sealed);
        self.join_own(now, sealed);
    }

    /// Takes in a fact of a feed: a number was given, an epoch was opened.
    pub fn apply_fact(&mut self, partner: Nation, lane: Lane, fact: &FeedFact) {
        self.note_fact(partner, lane, fact);
    }
}
