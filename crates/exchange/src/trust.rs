//! Whose signatures count: the roster in force.

use statement::{Member, Nation, Realm, Roster};

use crate::keys::{self, KeyUse};
use crate::refusal::Refusal;
use crate::simulated;
use crate::verified::Verified;

/// The roster in force. Every verification in this crate goes through it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trust {
    roster: Verified<Roster>,
    simulated: bool,
}

impl Trust {
    /// Trusts the members of a roster that the realm's root signed.
    pub fn new(roster: Verified<Roster>) -> Trust {
        Trust { roster, simulated: false }
    }

    /// Believes simulated signatures ([`crate::simulated`]) and no others; refuses a roster of the live realm.
    pub fn simulated(roster: Verified<Roster>) -> Result<Trust, Refusal> {
        if roster.realm == Realm::Live {
            return Err(Refusal::WrongRealm { expected: "exercise".to_owned(), found: "live".to_owned() });
        }
        Ok(Trust { roster, simulated: true })
    }

    /// Puts a newer roster in force; refuses one of the same or an older version, or of another realm.
    pub fn replace(&mut self, roster: Verified<Roster>) -> Result<(), Refusal> {
        if roster.realm != self.roster.realm {
            return Err(Refusal::WrongRealm {
                expected: self.roster.realm.to_string(),
                found: roster.realm.to_string(),
            });
        }
        if roster.version <= self.roster.version {
            return Err(Refusal::RosterNotNewer { held: self.roster.version, found: roster.version });
        }
        self.roster = roster;
        Ok(())
    }

    /// The roster.
    pub fn roster(&self) -> &Verified<Roster> {
        &self.roster
    }

    /// The realm.
    pub fn realm(&self) -> &Realm {
        &self.roster.realm
    }

    /// A member; refuses a nation that is none.
    pub fn member(&self, nation: Nation) -> Result<&Member, Refusal> {
        self.roster.member(nation).ok_or_else(|| Refusal::UnknownNation(nation.to_string()))
    }

    /// Checks one signature of a member.
    pub(crate) fn check(
        &self,
        nation: Nation,
        key: KeyUse,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Refusal> {
        let public_key = key.public_key(self.member(nation)?).unwrap_or_default();
        let verify = if self.simulated { simulated::verify } else { keys::verify };
        if statement::planted!("signatures-not-checked")
            || verify(key.algorithm(), public_key, message, signature)
        {
            Ok(())
        } else {
            Err(Refusal::BadSignature { signer: nation.to_string(), key })
        }
    }
}
