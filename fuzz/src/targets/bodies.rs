//! Bodies, rosters and evidence as bytes: what nobody signed is never accepted, what somebody signed never panics.

use exchange::body::id_of;
use exchange::keys::KeyUse;
use exchange::receipt::sign_receipt;
use exchange::{
    Delays, Digest, Evidence, Sealed, Trust, head::sign_head, merkle, open, open_roster, seal_roster,
};
use statement::{Kind, Lane, Statement};

use crate::source::{Source, counted};
use crate::world::{VECTORS, WORLD, nation, payloads, place, realm};
use crate::{Target, cose};

/// The targets of this file.
pub fn targets() -> Vec<Target> {
    vec![
        Target {
            name: "body",
            about: "COSE_Sign as it comes: accepted only where it is what was signed, to the last byte",
            seeds: || WORLD.bodies.clone(),
            words: &[],
            bytes_max: 6_000,
            attempt: |bytes| body(bytes, &WORLD.trust, &WORLD.bodies),
        },
        Target {
            name: "body-real-keys",
            about: "the same under the test vectors' real Ed25519 and ML-DSA-65 keys",
            seeds: || VECTORS.bodies.clone(),
            words: &[],
            bytes_max: 6_000,
            attempt: |bytes| body(bytes, &VECTORS.trust, &VECTORS.bodies),
        },
        Target {
            name: "signed-body",
            about: "any header and payload, signed by a member: typed, read back, or refused",
            seeds: signed_body_seeds,
            words: &WORDS,
            bytes_max: 3_000,
            attempt: signed_body,
        },
        Target {
            name: "roster",
            about: "a roster as it comes: accepted only where it is what the root signed",
            seeds: || [vec![WORLD.roster.clone()], payloads(Kind::Roster)].concat(),
            words: &[],
            bytes_max: 20_000,
            attempt: roster,
        },
        Target {
            name: "roster-real-keys",
            about: "the same with the test vectors' roster",
            seeds: || vec![VECTORS.roster.clone()],
            words: &[],
            bytes_max: 20_000,
            attempt: |bytes| {
                if open_roster(bytes, &VECTORS.root, &realm()).is_ok() {
                    assert!(bytes == VECTORS.roster, "a roster that nobody signed was accepted");
                }
            },
        },
        Target {
            name: "evidence",
            about: "evidence for one statement: proven only where body, number, head and receipt are the real ones",
            seeds: evidence_seeds,
            words: &[],
            bytes_max: 12_000,
            attempt: evidence,
        },
    ]
}

const WORDS: [&str; 20] = [
    "assessment",
    "track-batch",
    "acknowledge",
    "roster",
    "warning",
    "track",
    "kor",
    "usa",
    "jpn",
    "coalition",
    "sensor-derived",
    "national-only",
    "exercise/vectors",
    "live",
    "id",
    "label",
    "audience",
    "revision",
    "\u{0}",
    "jpn-1-1",
];

fn body(bytes: &[u8], trust: &Trust, signed: &[Vec<u8>]) {
    let opened = open(bytes, trust, nation("usa"), nation("jpn"));
    assert_eq!(opened.is_ok(), signed.iter().any(|good| good == bytes), "accepted, and nobody signed it");
    if let Ok(body) = opened {
        assert_eq!(Ok(body.id()), id_of(bytes));
        // Whoever it is released to, its signatures are the same.
        let own = Sealed::from_own_journal(bytes, trust, nation("jpn")).expect("one's own body opens");
        assert_eq!(own.id(), body.id());
        // One encoding: nothing may follow it, and nothing of it may be missing.
        assert!(id_of(&[bytes, &[0]].concat()).is_err() && id_of(&bytes[..bytes.len() - 1]).is_err());
    } else if bytes.len().is_multiple_of(16) {
        assert!(Sealed::from_own_journal(bytes, trust, nation("jpn")).is_err(), "nobody signed it");
    }
}

fn signed_body_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (kind, level) in
        [(Kind::Assessment, "warning"), (Kind::TrackBatch, "track"), (Kind::Acknowledge, "warning")]
    {
        let id = match kind {
            Kind::Assessment => "jpn-1-1",
            Kind::Acknowledge => "jpn-a-1",
            _ => "jpn-tracks-1",
        };
        for payload in payloads(kind) {
            let lane = kind.lane() as u8;
            let header = cose::body_header(kind.as_str(), level, id, &["kor", "usa"]);
            seeds.push([&[lane][..], &counted(&header), &payload].concat());
        }
    }
    seeds
}

/// Input: the lane whose signatures it gets, the header after its length, the payload.
fn signed_body(bytes: &[u8]) {
    let mut source = Source(bytes);
    let lane = Lane::ALL[usize::from(source.byte() & 1)];
    let (header, payload) = (source.counted(), source.0);
    let keys = KeyUse::of_bodies(lane);
    let signed = cose::signed(header, payload, &realm().external_aad(), keys, &WORLD.jpn);
    let Ok(body) = open(&signed, &WORLD.trust, nation("usa"), nation("jpn")) else { return };
    assert_eq!(Ok(body.id()), id_of(&signed));
    let header = &body.header;
    assert_eq!((&header.realm, header.origin, header.kind.lane()), (&realm(), nation("jpn"), lane));
    assert!(header.audience.contains(&nation("usa")) && header.level == header.kind.level());
    assert_eq!(header.kind, body.statement.kind());
    assert!(header.kind != Kind::Roster, "a roster never comes over a feed");
    // What the receiver read, the sender's own journal gives back.
    let own = Sealed::from_own_journal(&signed, &WORLD.trust, nation("jpn")).expect("one's own body opens");
    assert_eq!(own.id(), body.id());
}

/// Input: a payload, which the root then signs; or else a roster as it comes.
fn roster(bytes: &[u8]) {
    if let Ok(Statement::Roster(roster)) = Statement::decode_payload(Kind::Roster, bytes) {
        // Whatever the root can be brought to sign opens as that, or is refused.
        let sealed = seal_roster(&roster, &WORLD.root).expect("a signed roster");
        if let Ok(opened) = open_roster(&sealed, &WORLD.root_public, &realm()) {
            assert_eq!(opened.into_inner(), roster);
        }
    } else if let Ok(opened) = open_roster(bytes, &WORLD.root_public, &realm()) {
        // By its name: the root's ML-DSA signature is another one in each process.
        assert_eq!(opened.id(), WORLD.trust.roster().id(), "a roster that nobody signed was accepted");
    }
}

fn good_evidence(lane: Lane) -> Evidence {
    let bodies = if lane == Lane::Warning { &WORLD.bodies[..4] } else { &WORLD.bodies[4..] };
    let leaves: Vec<Digest> = bodies.iter().map(|body| id_of(body).expect("an id")).collect();
    let number = 1;
    let place = place(lane);
    let root = merkle::root(&leaves);
    let head = sign_head(&place, 1, leaves.len() as u64, root, 4, &WORLD.keys("jpn")).expect("a head");
    let delays = Delays { first_number: 0, delays_ns: vec![5, 6] };
    let receipt = sign_receipt(&place, &head, delays, 4, &WORLD.keys("usa")).expect("a receipt");
    let proof = merkle::inclusion_proof(&leaves, number).expect("a proof");
    Evidence { place, body: bodies[1].clone(), number, proof, head: head.note, receipt: receipt.note }
}

fn evidence_seeds() -> Vec<Vec<u8>> {
    Lane::ALL.map(|lane| postcard::to_stdvec(&good_evidence(lane)).expect("bytes")).to_vec()
}

fn evidence(bytes: &[u8]) {
    let Ok(evidence) = postcard::from_bytes::<Evidence>(bytes) else { return };
    let _ = evidence.tlog_proof();
    if let Ok(proven) = evidence.verify(&WORLD.trust) {
        assert!(evidence == good_evidence(evidence.place.lane), "proven, and nobody said it");
        assert_eq!(proven.head.tree, proven.receipt.tree);
    }
}
