//! Tests that need several parts, and what they share: a small world of three nations with fixed keys.

mod body;
mod door;
mod evidence;
mod hostile;
mod link;
mod merkle;
mod session;
mod vectors;

use std::collections::BTreeSet;

use proptest::prelude::ProptestConfig;
use statement::{Assessment, Label, Member, Nation, Realm, Roster, Statement, TrackBatch};

use crate::body::{Unsigned, seal};
use crate::checkpoint::Place;
use crate::header::Header;
use crate::{
    KeySeeds, RootKeys, RootSeeds, Sealed, Seed, SenderKeys, SoftKeys, Trust, open_roster, seal_roster,
};
use statement::{Lane, Level};

/// `PROPTEST_CASES` where it is set, for long runs; else as many as a daily run can bear.
pub(crate) fn cases(daily: u32) -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(daily),
    }
}

pub(crate) fn nation(letters: &str) -> Nation {
    letters.parse().unwrap()
}

pub(crate) fn realm() -> Realm {
    Realm::Exercise("vectors".to_owned())
}

/// Seeds that say what they are of: byte `first`, then `second`, then zeroes.
pub(crate) fn seed(first: u8, second: u8) -> Seed {
    let mut bytes = [0; 32];
    bytes[0] = first;
    bytes[1] = second;
    Seed::from_bytes(bytes)
}

pub(crate) fn seeds(of: u8) -> KeySeeds {
    KeySeeds {
        body_ed25519: seed(of, 1),
        body_ml_dsa_65: seed(of, 2),
        head_ed25519: seed(of, 3),
        head_ml_dsa_44: seed(of, 4),
        receipt_ed25519: seed(of, 5),
        receipt_ml_dsa_44: seed(of, 6),
    }
}

pub(crate) fn root() -> RootKeys {
    RootKeys::from_seeds(&RootSeeds { ed25519: seed(9, 1), ml_dsa_65: seed(9, 2) }).unwrap()
}

/// Japan, Korea and the United States, in the roster's order.
pub(crate) struct World {
    pub trust: Trust,
    jpn: SoftKeys,
    kor: SoftKeys,
    usa: SoftKeys,
}

impl World {
    pub fn new() -> World {
        World::in_realm(realm())
    }

    pub fn in_realm(realm: Realm) -> World {
        let keys = |of| SoftKeys::from_seeds(&seeds(of)).unwrap();
        let (jpn, kor, usa) = (keys(1), keys(2), keys(3));
        let roster = Roster {
            version: 1,
            realm: realm.clone(),
            members: vec![member("jpn", &jpn), member("kor", &kor), member("usa", &usa)],
        };
        let bytes = seal_roster(&roster, &root()).unwrap();
        let trust = Trust::new(open_roster(&bytes, &root().public(), &realm).unwrap());
        World { trust, jpn, kor, usa }
    }

    pub fn soft(&self, me: &str) -> &SoftKeys {
        match me {
            "jpn" => &self.jpn,
            "kor" => &self.kor,
            _ => &self.usa,
        }
    }

    pub fn keys(&self, me: &str) -> SenderKeys<'_> {
        SenderKeys { signer: self.soft(me), trust: &self.trust, me: nation(me) }
    }

    /// An assessment of Japan's, released to Korea and the United States.
    pub fn assessment(&self, number: u32) -> Sealed {
        self.seal(header(Lane::Warning, number), assessment(number))
    }

    /// A track batch of Japan's, released to the United States.
    pub fn batch(&self, number: u32) -> Sealed {
        self.seal(header(Lane::Picture, number), Statement::TrackBatch(TrackBatch::default()))
    }

    pub fn body(&self, lane: Lane, number: u32) -> Sealed {
        match lane {
            Lane::Warning => self.assessment(number),
            Lane::Picture => self.batch(number),
        }
    }

    pub fn seal(&self, header: Header, statement: Statement) -> Sealed {
        seal(Unsigned::assemble(header, statement).unwrap(), &self.jpn).unwrap()
    }
}

pub(crate) fn place(lane: Lane) -> Place {
    Place { realm: realm(), from: nation("jpn"), to: nation("usa"), lane }
}

pub(crate) fn assessment(number: u32) -> Statement {
    Statement::Assessment(Assessment {
        assessment_id: format!("jpn-1-{number}"),
        revision: 1,
        warning: true,
        threat_probability: 0.9,
        ..Assessment::default()
    })
}

pub(crate) fn header(lane: Lane, number: u32) -> Header {
    let (kind, level, audience, id): (_, _, BTreeSet<Nation>, _) = match lane {
        Lane::Warning => (
            statement::Kind::Assessment,
            Level::Warning,
            [nation("kor"), nation("usa")].into(),
            format!("jpn-1-{number}"),
        ),
        Lane::Picture => (
            statement::Kind::TrackBatch,
            Level::Track,
            [nation("usa")].into(),
            format!("jpn-tracks-{number}"),
        ),
    };
    Header {
        realm: realm(),
        origin: nation("jpn"),
        kind,
        statement_id: id,
        revision: 1,
        level,
        audience,
        // 2022-10-03T22:22:00Z, the minute of the launch of 2022-10-04 in Japan's time; TAI is 37 s ahead.
        made_tai_ns: 1_664_835_757_000_000_000,
        clock_bound_ns: 1_000_000,
        expires_tai_ns: 1_664_839_357_000_000_000,
        label: Label { sources: ["jpn-radar-1".to_owned()].into(), ..Label::default() },
    }
}

fn member(letters: &str, keys: &SoftKeys) -> Member {
    let mut member = Member {
        ca_certificate: vec![0x30],
        addresses: vec![format!("{letters}.example:7443")],
        ..Member::named(nation(letters), &letters.to_uppercase())
    };
    keys.public().write_to(&mut member);
    member
}
