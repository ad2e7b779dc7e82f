//! The nations of an exercise in virtual time: keys that follow from the seed, and a roster signed by its root.

use exchange::{
    KeySeeds, PersonKey, RootKeys, RootPublic, RootSeeds, Seed, SignError, SoftKeys, Verified, open_roster,
    seal_roster, sha256,
};
use statement::{Member, Nation, Officer, Roster};

use crate::scenario::Scenario;

/// The role of the simulated officer.
pub const OFFICER: &str = "watch-officer-1";

/// Who plays.
pub struct Cast {
    /// The realm's root.
    pub root: RootPublic,
    /// The signed roster.
    pub roster: Verified<Roster>,
    /// In the order of the roster.
    pub nations: Vec<Player>,
}

/// One nation's secrets.
pub struct Player {
    /// Which.
    pub nation: Nation,
    /// Its node's keys.
    pub keys: SoftKeys,
    /// Its officer's key.
    pub officer: PersonKey,
}

impl Cast {
    /// Draws keys for every nation of a scenario. Fails only where the cryptographic library does.
    pub fn draw(scenario: &Scenario, seed: u64) -> Result<Cast, SignError> {
        let mut nations = Vec::new();
        let mut members = Vec::new();
        let mut participants: Vec<_> = scenario.nations.iter().collect();
        participants.sort_by_key(|participant| participant.nation);
        for participant in participants {
            let nation = participant.nation;
            let key = |purpose: &str| key_seed(seed, nation.as_str(), purpose);
            let keys = SoftKeys::from_seeds(&KeySeeds {
                body_ed25519: key("body-ed25519"),
                body_ml_dsa_65: key("body-ml-dsa-65"),
                head_ed25519: key("head-ed25519"),
                head_ml_dsa_44: key("head-ml-dsa-44"),
                receipt_ed25519: key("receipt-ed25519"),
                receipt_ml_dsa_44: key("receipt-ml-dsa-44"),
            })?;
            let officer = PersonKey::from_seed(&key("officer"))?;
            let mut member = Member {
                officers: vec![Officer { actor: OFFICER.to_owned(), key: officer.public() }],
                ..Member::named(nation, &participant.name)
            };
            keys.public().write_to(&mut member);
            members.push(member);
            nations.push(Player { nation, keys, officer });
        }
        let root_seeds = RootSeeds {
            ed25519: key_seed(seed, "root", "ed25519"),
            ml_dsa_65: key_seed(seed, "root", "ml-dsa-65"),
        };
        let root_keys = RootKeys::from_seeds(&root_seeds)?;
        let roster = Roster { version: 1, realm: scenario.realm.clone(), members };
        let root = root_keys.public();
        let bytes = seal_roster(&roster, &root_keys)?;
        let roster = open_roster(&bytes, &root, &scenario.realm)
            .map_err(|_| SignError::Failed(exchange::KeyUse::RootEd25519))?;
        Ok(Cast { root, roster, nations })
    }
}

fn key_seed(seed: u64, whose: &str, purpose: &str) -> Seed {
    let text = format!("watchfire exercise key\n{seed}\n{whose}\n{purpose}\n");
    Seed::from_bytes(sha256(&[text.as_bytes()]).0)
}
