//! The state of a node and the small verbs that [`Node::step`] is told in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use exchange::{RootPublic, Trust, Verified};
use physics::time::Tai;
use picture::{Picture, Settings};
use release::{Policy, PolicyError, Terms};
use serde::{Deserialize, Serialize};
use statement::{Label, Lane, Nation, Realm, Sensitivity};
use warning::Events;

use crate::abroad::TracksAbroad;
use crate::input::{Effect, Identity, Milestone, Now, What};
use crate::listing::Listing;
use crate::said::Said;

mod others;
mod own;

/// Milestones and refusals kept; older ones are in the journal.
const MILESTONES_MAX: usize = 200;
const REFUSALS_MAX: usize = 100;

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

    pub(crate) fn said_mut(&mut self) -> &mut Said {
        &mut self.state.said
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
