//! The state of a node and the small verbs that [`Node::step`] is told in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use exchange::{Body, FeedFact, RootPublic, Sealed, Trust, Verified, keys};
use physics::plot::Plot;
use physics::time::Tai;
use picture::{Picture, Settings};
use release::{Policy, PolicyError, Terms};
use serde::{Deserialize, Serialize};
use statement::{
    Acknowledge, Assessment, Hops, Label, Lane, Nation, Phase, Realm, Sensitivity, Statement, StatementRef,
    Track, TrackBatch, TrackStatus,
};
use warning::{Acknowledged, EventState, Events, Heard};

use crate::abroad::{self, TracksAbroad};
use crate::input::{Act, Effect, Identity, LinkChange, Milestone, Now, Proof, What, acknowledge_message};
use crate::listing::Listing;
use crate::said::Said;

/// Assessments are computed at most this often for known tracks, seconds; a new track's first at once.
const ASSESS_EVERY_S: f64 = 0.9;

/// Milestones and refusals kept; older ones are in the journal.
const MILESTONES_MAX: usize = 200;
const REFUSALS_MAX: usize = 100;
const ARRIVALS_MAX: usize = 10_000;

/// A partner's track that was not heard of for this long is shown no more, seconds.
const TRACK_ABROAD_AGE_S: f64 = 120.0;

/// A journal or a file from which the node cannot come back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// The roster is not one that may be put in force.
    #[error("roster: {0}")]
    Roster(#[from] exchange::Refusal),
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The policy came before the roster.
    #[error("a policy came before the roster that names its nations")]
    PolicyFirst,
    /// A snapshot of another form.
    #[error("the snapshot cannot be read: {0}")]
    Snapshot(String),
    /// A journal that goes over from one node to another.
    #[error("it is of {0}, and the journal is of {1}")]
    OtherNode(String, String),
}

/// A kind of refusal, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Whom it came from.
    pub who: String,
    /// Why it was refused.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: Tai,
}

/// A kind of decision to withhold, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withholding {
    /// What our own rules say.
    pub withheld: release::Withheld,
    /// How often.
    pub count: u64,
}

/// One lane of the link with one partner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkState {
    /// The partner answered our Hello.
    pub sending: bool,
    /// The partner says to us.
    pub receiving: bool,
    /// On these terms.
    pub terms: Terms,
    /// What the partner has durably got of our feed: (epoch, entries).
    pub receipted: (u64, u64),
}

/// An acknowledgement of our own on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAcknowledge {
    /// Its body.
    pub body_id: [u8; 32],
    /// Whom it goes to, and its place in that feed: (epoch, number), once it has one.
    pub numbers: BTreeMap<Nation, Option<(u64, u64)>>,
    /// Who has it, and when we learned so.
    pub receipts: BTreeMap<Nation, Tai>,
}

/// What one sensor gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorCount {
    /// Plots taken.
    pub plots: u64,
    /// Plots not taken.
    pub rejected: u64,
    /// When the last one was sensed.
    pub last: Option<Tai>,
    /// Why the last one that was not taken was not.
    pub last_error: Option<String>,
}

/// Everything that a node knows. Snapshots hold it whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// What the node is.
    pub identity: Identity,
    /// Its own picture.
    pub picture: Picture,
    /// What it has said.
    pub said: Said,
    /// Launches as all nations see them.
    pub events: Events,
    /// Partners' tracks: the newest of each, and when it came.
    pub tracks_abroad: TracksAbroad,
    /// Links by partner and lane.
    pub links: BTreeMap<(Nation, Lane), LinkState>,
    /// What came in and was refused.
    pub refusals: Vec<Refused>,
    /// What own rules withheld.
    pub withheld: Vec<Withholding>,
    /// Own acknowledgements on their way.
    pub own_acknowledgements: Vec<OwnAcknowledge>,
    /// What people waited for, newest last.
    pub milestones: VecDeque<Milestone>,
    /// Sensors by id.
    pub sensors: BTreeMap<String, SensorCount>,
    /// When the newest plot or partner's entry came.
    pub last_data: Option<Tai>,
    last_assessed: Tai,
    updated: BTreeSet<String>,
    firm_seen: BTreeSet<String>,
    arrived: BTreeSet<(Nation, String)>,
    roster_bytes: Vec<u8>,
    policy_file: String,
    policy_text: String,
    /// SHA-256 of each listing's text in force.
    listings: BTreeMap<Listing, [u8; 32]>,
}

/// One nation's node, as a deterministic state machine.
pub struct Node {
    state: State,
    trust: Option<Trust>,
    policy: Option<Policy>,
    /// Believes simulated signatures and no others: in virtual time.
    simulated: bool,
}

impl Node {
    /// A node that has heard of nothing yet. Its first inputs are roster and policy.
    pub fn new(identity: Identity) -> Node {
        Node {
            state: State {
                picture: Picture::new(identity.sensors.clone(), Settings::default()),
                said: Said::new(identity.nation),
                events: Events::new(identity.nation),
                identity,
                tracks_abroad: BTreeMap::new(),
                links: BTreeMap::new(),
                refusals: Vec::new(),
                withheld: Vec::new(),
                own_acknowledgements: Vec::new(),
                milestones: VecDeque::new(),
                sensors: BTreeMap::new(),
                last_data: None,
                last_assessed: Tai(i64::MIN),
                updated: BTreeSet::new(),
                firm_seen: BTreeSet::new(),
                arrived: BTreeSet::new(),
                roster_bytes: Vec::new(),
                policy_file: String::new(),
                policy_text: String::new(),
                listings: BTreeMap::new(),
            },
            trust: None,
            policy: None,
            simulated: false,
        }
    }

    /// A node as a snapshot holds it. The roster in it is verified again.
    pub fn from_snapshot(bytes: &[u8], root: &RootPublic) -> Result<Node, RecoverError> {
        let state: State =
            postcard::from_bytes(bytes).map_err(|error| RecoverError::Snapshot(error.to_string()))?;
        let mut node = Node { state, trust: None, policy: None, simulated: false };
        if !node.state.roster_bytes.is_empty() {
            let roster = exchange::open_roster(&node.state.roster_bytes, root, &node.state.identity.realm)?;
            node.trust = Some(Trust::new(roster));
        }
        if !node.state.policy_text.is_empty() {
            node.policy = Some(node.parse_policy(&node.state.policy_file, &node.state.policy_text)?);
        }
        Ok(node)
    }

    /// From here on believes simulated signatures and no others, as virtual time needs them. Refused of the live realm.
    pub fn believe_simulated(&mut self) -> Result<(), RecoverError> {
        self.simulated = true;
        if let Some(trust) = self.trust.take() {
            self.trust = Some(Trust::simulated(trust.roster().clone())?);
        }
        Ok(())
    }

    /// Everything that the node knows, as bytes.
    pub fn snapshot(&self) -> Result<Vec<u8>, RecoverError> {
        postcard::to_stdvec(&self.state).map_err(|error| RecoverError::Snapshot(error.to_string()))
    }

    /// What the node knows.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The roster in force.
    pub fn trust_in_force(&self) -> Option<&Trust> {
        self.trust.as_ref()
    }

    /// The rules in force: the file's name and its text.
    pub fn policy_in_force(&self) -> (&str, &str) {
        (&self.state.policy_file, &self.state.policy_text)
    }

    /// The other members of the roster.
    pub fn partners(&self) -> BTreeSet<Nation> {
        let own = self.state.identity.nation;
        let members = self.trust.as_ref().map(|trust| trust.roster().members.as_slice()).unwrap_or_default();
        members.iter().map(|member| member.nation).filter(|nation| *nation != own).collect()
    }

    /// What a partner gets of what we say, and why not more.
    pub fn terms(&self, partner: Nation) -> Terms {
        let sources = self.state.identity.sensors.iter().take(1).map(|sensor| sensor.id.clone()).collect();
        let label = Label { sensitivity: Sensitivity::SensorDerived, releasable_to: None, sources };
        match &self.policy {
            Some(policy) => policy.terms(partner, &label),
            None => Terms { level: None, reason: "no policy is in force".into() },
        }
    }

    // ── what step() is told in, in its order ──

    pub(crate) fn become_identity(&mut self, identity: Identity) {
        if identity.sensors != self.state.identity.sensors {
            let fresh = Picture::new(identity.sensors.clone(), Settings::default());
            self.state.picture = fresh.knowing(&self.state.picture);
        }
        self.state.identity = identity;
    }

    /// Takes in a catalogue or notices; where they cannot be used, the ones in force stay.
    pub(crate) fn know(&mut self, now: Now, listing: Listing, file: &str, text: &str) {
        match listing.tell(&mut self.state.picture, file, text) {
            Ok(()) => {
                self.state.listings.insert(listing, exchange::sha256(&[text.as_bytes()]).0);
            }
            Err(why) => self.count_refusal(now, listing.as_str(), &why, 1),
        }
    }

    /// Whether a listing's text is the one in force.
    pub fn knows(&self, listing: Listing, text: &str) -> bool {
        match self.state.listings.get(&listing) {
            Some(digest) => *digest == exchange::sha256(&[text.as_bytes()]).0,
            None => text.is_empty(),
        }
    }

    pub(crate) fn trust(&mut self, roster: Verified<statement::Roster>) -> Result<(), RecoverError> {
        self.state.roster_bytes = roster.bytes().to_vec();
        match &mut self.trust {
            Some(trust) => trust.replace(roster)?,
            None if self.simulated => self.trust = Some(Trust::simulated(roster)?),
            None => self.trust = Some(Trust::new(roster)),
        }
        // Rules name nations: they are read again for the new members.
        if !self.state.policy_text.is_empty() {
            self.policy = Some(self.parse_policy(&self.state.policy_file, &self.state.policy_text)?);
        }
        Ok(())
    }

    pub(crate) fn adopt_policy(&mut self, file: String, text: String) -> Result<(), RecoverError> {
        self.policy = Some(self.parse_policy(&file, &text)?);
        (self.state.policy_file, self.state.policy_text) = (file, text);
        Ok(())
    }

    fn parse_policy(&self, file: &str, text: &str) -> Result<Policy, RecoverError> {
        let trust = self.trust.as_ref().ok_or(RecoverError::PolicyFirst)?;
        let nations = trust.roster().members.iter().map(|member| member.nation).collect();
        Ok(Policy::parse(file, text, &nations)?)
    }

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

    pub(crate) fn hear(
        &mut self,
        now: Now,
        from: Nation,
        _lane: Lane,
        body: Verified<Body>,
        effects: &mut Vec<Effect>,
    ) {
        self.state.last_data = Some(now.tai);
        let body_id = body.id().0;
        let Body { header, statement } = body.into_inner();
        match statement {
            Statement::Assessment(assessment) => {
                let id = header.statement_id.clone();
                let reference = StatementRef {
                    origin: from,
                    statement_id: header.statement_id,
                    revision: header.revision,
                    body_id,
                };
                let delay_ns = now.tai.0.saturating_sub(header.made_tai_ns);
                self.state.events.hear(Heard { reference, assessment, received: now.tai }, now.tai);
                if self.state.arrived.len() < ARRIVALS_MAX && self.state.arrived.insert((from, id.clone())) {
                    let own = upper(self.state.identity.nation);
                    let text = format!("{own} has the assessment {id} of {}", upper(from));
                    self.tell(now.tai, What::Arrival(from), text, Some(delay_ns), effects);
                }
            }
            Statement::TrackBatch(batch) => abroad::keep(&mut self.state.tracks_abroad, from, batch, now.tai),
            Statement::Acknowledge(acknowledge) => {
                self.hear_acknowledge(now, from, acknowledge, body_id, effects)
            }
            Statement::Roster(_) => {
                self.count_refusal(now, from.as_str(), "a roster does not come over a feed", 1)
            }
        }
    }

    fn hear_acknowledge(
        &mut self,
        now: Now,
        from: Nation,
        statement: Acknowledge,
        body_id: [u8; 32],
        effects: &mut Vec<Effect>,
    ) {
        let message = acknowledge_message(
            &self.state.identity.realm,
            from,
            &statement.event_id,
            &statement.shown_digest,
        );
        if !self.is_officer(
            from,
            &statement.actor,
            &statement.actor_key,
            &message,
            &statement.actor_signature,
        ) {
            self.count_refusal(
                now,
                from.as_str(),
                "an acknowledgement without the signature of a rostered officer",
                1,
            );
            return;
        }
        let text =
            format!("{} has the acknowledgement of {}", upper(self.state.identity.nation), upper(from));
        self.state.events.acknowledge(Acknowledged { nation: from, statement, body_id });
        self.milestone(now.tai, What::Acknowledged(from), text, effects);
    }

    fn is_officer(&self, nation: Nation, actor: &str, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let member = self.trust.as_ref().and_then(|trust| trust.roster().member(nation));
        if statement::planted!("officer-not-checked") {
            return true;
        }
        member.is_some_and(|member| {
            member.officers.iter().any(|known| known.actor == actor && known.key == key)
        }) && keys::verify(keys::Algorithm::Ed25519, key, message, signature)
    }

    pub(crate) fn act(&mut self, now: Now, proof: Proof, act: Act, effects: &mut Vec<Effect>) {
        let (nation, realm) = (self.state.identity.nation, self.state.identity.realm.clone());
        let message = act.to_be_signed(&realm, nation);
        if !self.is_officer(nation, &proof.actor, &proof.key, &message, &proof.signature) {
            self.count_refusal(now, &proof.actor, "an act without the signature of a rostered officer", 1);
            return;
        }
        let Act::Acknowledge { event_id, shown_digest } = act;
        let Some(event) = self.state.events.find(&event_id) else {
            self.count_refusal(now, &proof.actor, "an act on an event that is not known", 1);
            return;
        };
        let acknowledge = Acknowledge {
            acknowledge_id: self.state.said.next_acknowledge_id(),
            statements: event.statements(),
            event_id,
            actor: proof.actor,
            shown_digest,
            actor_key: proof.key,
            actor_signature: proof.signature,
            acted: now.tai,
        };
        let text = format!("{} acknowledged {}", upper(nation), acknowledge.event_id);
        self.milestone(now.tai, What::Acknowledged(nation), text, effects);
        self.release(now, Statement::Acknowledge(acknowledge), effects);
    }

    pub(crate) fn link_changed(
        &mut self,
        now: Now,
        partner: Nation,
        lane: Lane,
        change: LinkChange,
        effects: &mut Vec<Effect>,
    ) {
        let link = self.state.links.entry((partner, lane)).or_default();
        match change {
            LinkChange::SendingUp => link.sending = true,
            LinkChange::SendingDown => link.sending = false,
            LinkChange::ReceivingUp(terms) => {
                link.receiving = true;
                link.terms = terms;
            }
            LinkChange::ReceivingDown => link.receiving = false,
            LinkChange::RestoreSeen => self.state.said.begin_anew(now.tai),
            LinkChange::Receipted { epoch, size } => {
                link.receipted = (epoch, size);
                if lane == Lane::Warning {
                    self.note_receipts(now, partner, epoch, size, effects);
                }
            }
        }
    }

    fn note_receipts(&mut self, now: Now, partner: Nation, epoch: u64, size: u64, effects: &mut Vec<Effect>) {
        let mut arrived = false;
        for own in &mut self.state.own_acknowledgements {
            let covered = own
                .numbers
                .get(&partner)
                .is_some_and(|place| place.is_some_and(|(at, number)| at == epoch && number < size));
            if covered && !own.receipts.contains_key(&partner) {
                own.receipts.insert(partner, now.tai);
                arrived = true;
            }
        }
        if arrived {
            let own = upper(self.state.identity.nation);
            let text = format!("{own} has the receipt of {} for its acknowledgement", upper(partner));
            self.milestone(now.tai, What::Receipt(partner), text, effects);
        }
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
        let unsaid = self.firm_tracks().any(|track| self.state.said.line(&track.track_id).is_none());
        let due = self.state.last_assessed == Tai(i64::MIN)
            || now.tai.since_s(self.state.last_assessed) >= ASSESS_EVERY_S;
        if !unsaid && !due {
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

    // ── facts ──

    pub(crate) fn said_mut(&mut self) -> &mut Said {
        &mut self.state.said
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

    pub(crate) fn note_fact(&mut self, partner: Nation, lane: Lane, fact: &FeedFact) {
        match fact {
            FeedFact::Numbered { epoch, number, body_id } if lane == Lane::Warning => {
                for own in &mut self.state.own_acknowledgements {
                    if own.body_id == body_id.0
                        && let Some(place) = own.numbers.get_mut(&partner)
                    {
                        *place = Some((*epoch, *number));
                    }
                }
            }
            _ => {}
        }
    }

    pub(crate) fn count_refusal(&mut self, now: Now, who: &str, reason: &str, count: u32) {
        let refusals = &mut self.state.refusals;
        match refusals.iter_mut().find(|known| known.who == who && known.reason == reason) {
            Some(known) => {
                known.count += u64::from(count);
                known.last = now.tai;
            }
            None => {
                if refusals.len() >= REFUSALS_MAX {
                    let oldest =
                        refusals.iter().enumerate().min_by_key(|(_, known)| known.last).map(|(at, _)| at);
                    oldest.map(|at| refusals.remove(at));
                }
                refusals.push(Refused {
                    who: who.into(),
                    reason: reason.into(),
                    count: count.into(),
                    last: now.tai,
                });
            }
        }
    }

    fn milestone(&mut self, at: Tai, what: What, text: String, effects: &mut Vec<Effect>) {
        self.tell(at, what, text, None, effects);
    }

    fn tell(&mut self, at: Tai, what: What, text: String, delay_ns: Option<i64>, effects: &mut Vec<Effect>) {
        let milestone = Milestone { at, what, text, delay_ns };
        if self.state.milestones.len() >= MILESTONES_MAX {
            self.state.milestones.pop_front();
        }
        self.state.milestones.push_back(milestone.clone());
        effects.push(Effect::Show(milestone));
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

/// A nation's letters as people read them.
pub fn upper(nation: Nation) -> String {
    nation.as_str().to_uppercase()
}

/// The realm in words for a banner.
pub fn banner(realm: &Realm) -> String {
    match realm {
        Realm::Live => "LIVE".into(),
        Realm::Exercise(name) => format!("EXERCISE {name}"),
    }
}
