//! The nations of a realm in virtual time: keys that follow from a seed, and a roster signed by its root.

use exchange::{
    KeySeeds, PersonKey, PublicKeys, RootKeys, RootPublic, RootSeeds, Seed, SignError, Signer, SimulatedKeys,
    SoftKeys, Verified, open_roster, seal_roster, sha256,
};
use node::replay::Signatures;
use statement::{Member, Nation, Officer, Roster};

use crate::scenario::Scenario;

/// The role of the simulated officer.
pub const OFFICER: &str = "watch-officer-1";
/// The role of the second one.
pub const SECOND_OFFICER: &str = "watch-officer-2";

/// Who plays.
pub struct Cast {
    /// The realm's root.
    pub root: RootPublic,
    /// The signed roster.
    pub roster: Verified<Roster>,
    /// In the order of the nations' letters.
    pub players: Vec<Player>,
    /// What their signatures are worth.
    pub signatures: Signatures,
}

/// One nation's secrets.
pub struct Player {
    /// Which.
    pub nation: Nation,
    /// Its node's keys.
    pub keys: Box<dyn Signer>,
    /// Its officers' keys: of [`OFFICER`] and [`SECOND_OFFICER`].
    pub officers: [PersonKey; 2],
}

impl Cast {
    /// Draws keys for every nation of a scenario. Fails only where the cryptographic library does.
    pub fn draw(scenario: &Scenario, seed: u64) -> Result<Cast, SignError> {
        let key = |whose: &str, purpose: &str| key_seed(seed, whose, purpose);
        Cast::assemble(scenario, Signatures::Real, key, |nation| {
            let key = |purpose: &str| key_seed(seed, nation.as_str(), purpose);
            let keys = SoftKeys::from_seeds(&KeySeeds {
                body_ed25519: key("body-ed25519"),
                body_ml_dsa_65: key("body-ml-dsa-65"),
                head_ed25519: key("head-ed25519"),
                head_ml_dsa_44: key("head-ml-dsa-44"),
                receipt_ed25519: key("receipt-ed25519"),
                receipt_ml_dsa_44: key("receipt-ml-dsa-44"),
            })?;
            let public = keys.public();
            Ok((Box::new(keys), public))
        })
    }

    /// The nations of a scenario with simulated keys, for many seeds. Officers sign as in life.
    pub fn simulated(scenario: &Scenario) -> Result<Cast, SignError> {
        let key = |whose: &str, purpose: &str| key_seed(0, whose, purpose);
        Cast::assemble(scenario, Signatures::Simulated, key, |nation| {
            let keys = SimulatedKeys::new(nation);
            let public = keys.public();
            Ok((Box::new(keys), public))
        })
    }

    fn assemble(
        scenario: &Scenario,
        signatures: Signatures,
        seed_of: impl Fn(&str, &str) -> Seed,
        keys_of: impl Fn(Nation) -> Result<(Box<dyn Signer>, PublicKeys), SignError>,
    ) -> Result<Cast, SignError> {
        let (mut players, mut members) = (Vec::new(), Vec::new());
        let mut participants: Vec<_> = scenario.nations.iter().collect();
        participants.sort_by_key(|participant| participant.nation);
        for participant in participants {
            let nation = participant.nation;
            let (keys, public) = keys_of(nation)?;
            let officers = [
                PersonKey::from_seed(&seed_of(nation.as_str(), "officer"))?,
                PersonKey::from_seed(&seed_of(nation.as_str(), "second officer"))?,
            ];
            let named = [OFFICER, SECOND_OFFICER].into_iter().zip(&officers);
            let named = named.map(|(actor, key)| Officer { actor: actor.to_owned(), key: key.public() });
            let mut member = Member { officers: named.collect(), ..Member::named(nation, &participant.name) };
            public.write_to(&mut member);
            members.push(member);
            players.push(Player { nation, keys, officers });
        }
        let seeds =
            RootSeeds { ed25519: seed_of("root", "ed25519"), ml_dsa_65: seed_of("root", "ml-dsa-65") };
        let root_keys = RootKeys::from_seeds(&seeds)?;
        let roster = Roster { version: 1, realm: scenario.realm.clone(), members };
        let root = root_keys.public();
        let bytes = seal_roster(&roster, &root_keys)?;
        let roster = open_roster(&bytes, &root, &scenario.realm)
            .map_err(|_| SignError::Failed(exchange::KeyUse::RootEd25519))?;
        Ok(Cast { root, roster, players, signatures })
    }
}

fn key_seed(seed: u64, whose: &str, purpose: &str) -> Seed {
    let text = format!("watchfire exercise key\n{seed}\n{whose}\n{purpose}\n");
    Seed::from_bytes(sha256(&[text.as_bytes()]).0)
}
