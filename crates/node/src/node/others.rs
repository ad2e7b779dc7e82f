//! What partners and people say to the node, and what becomes of what it said to them.

use exchange::{Body, FeedFact, Verified, keys};
use statement::{Acknowledge, Lane, Nation, Statement, StatementRef};
use warning::{Acknowledged, Heard};

use super::{Node, upper};
use crate::abroad;
use crate::input::{Act, Effect, LinkChange, Now, Proof, What, acknowledge_message};

/// Statements of partners whose arrival is a milestone.
const ARRIVALS_MAX: usize = 10_000;

impl Node {
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
}
