//! The published test vectors: from them and docs/exchange.md alone a stranger can join.
//!
//! `WATCHFIRE_WRITE_VECTORS=1 cargo test -p exchange vectors` writes the file anew; without it the file is checked.
//! ML-DSA signatures are randomised: the file holds one valid signature each, which is verified and not reproduced.

use serde_json::{Value, json};
use statement::Lane;

use super::{World, assessment, header, nation, place, realm, root, seeds};
use crate::body::{Unsigned, open};
use crate::head::{head_verifier_keys, open_head, sign_head};
use crate::keys::{KeyUse, Signer, verify};
use crate::merkle::{inclusion_proof, root as merkle_root};
use crate::receipt::{Delays, open_receipt, sign_receipt};
use crate::{Digest, KeySeeds, Sealed, SoftKeys, open_roster, seal_roster};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto/vectors/exchange.json");
const POSIX_S: u64 = 1_664_835_721;

fn written() -> Value {
    let text = std::fs::read_to_string(FILE).expect("proto/vectors/exchange.json is part of the repository");
    serde_json::from_str(&text).expect("it is JSON")
}

fn hex_of(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn key_json(seeds: &KeySeeds) -> Value {
    let keys = SoftKeys::from_seeds(seeds).unwrap().public();
    json!({
        "seeds": seeds,
        "public": {
            "body_ed25519": hex::encode(keys.body_ed25519),
            "body_ml_dsa_65": hex::encode(keys.body_ml_dsa_65),
            "head_ed25519": hex::encode(keys.head_ed25519),
            "head_ml_dsa_44": hex::encode(keys.head_ml_dsa_44),
            "receipt_ed25519": hex::encode(keys.receipt_ed25519),
            "receipt_ml_dsa_44": hex::encode(keys.receipt_ml_dsa_44),
        },
    })
}

/// What follows from the inputs alone, signatures by Ed25519 included.
fn body_json(world: &World, lane: Lane, number: u32) -> Value {
    let statement = match lane {
        Lane::Warning => assessment(number),
        Lane::Picture => statement::Statement::TrackBatch(statement::TrackBatch::default()),
    };
    let unsigned = Unsigned::assemble(header(lane, number), statement).unwrap();
    let to_be_signed: serde_json::Map<String, Value> = KeyUse::of_bodies(lane)
        .iter()
        .map(|&key| (name_of(key).to_owned(), hex::encode(unsigned.to_be_signed(key)).into()))
        .collect();
    let signed = unsigned.to_be_signed(KeyUse::BodyEd25519);
    json!({
        "header": unsigned.body().header,
        "payload": hex::encode(unsigned.body().statement.encode_payload()),
        "external_aad": String::from_utf8(realm().external_aad()).unwrap(),
        "to_be_signed": to_be_signed,
        "body_id": unsigned.id().to_string(),
        "ed25519_signature":
            hex::encode(world.soft("jpn").sign(KeyUse::BodyEd25519, &signed).unwrap()),
    })
}

fn name_of(key: KeyUse) -> &'static str {
    match key {
        KeyUse::BodyEd25519 => "ed25519",
        _ => "ml_dsa_65",
    }
}

fn tree_json(world: &World, lane: Lane) -> Value {
    let ids: Vec<Digest> = (0..3).map(|number| world.body(lane, number).id()).collect();
    json!({
        "body_ids": ids.iter().map(Digest::to_string).collect::<Vec<_>>(),
        "root": merkle_root(&ids).to_string(),
        "inclusion_proof_of_1":
            inclusion_proof(&ids, 1).unwrap().iter().map(Digest::to_string).collect::<Vec<_>>(),
        "head_verifier_keys": head_verifier_keys(&place(lane), 1, &world.trust).unwrap(),
    })
}

fn write(world: &World) {
    let mut lanes = serde_json::Map::new();
    for lane in Lane::ALL {
        let ids: Vec<Digest> = (0..3).map(|number| world.body(lane, number).id()).collect();
        let place = place(lane);
        let head = sign_head(&place, 1, 3, merkle_root(&ids), POSIX_S, &world.keys("jpn")).unwrap();
        let delays = Delays { first_number: 1, delays_ns: vec![81_000_000, 79_000_000] };
        let receipt = sign_receipt(&place, &head, delays, POSIX_S, &world.keys("usa")).unwrap();
        let lane_json = json!({
            "body": body_json(world, lane, 1),
            "tree": tree_json(world, lane),
            "sealed": hex::encode(world.body(lane, 1).bytes()),
            "head": head.note,
            "receipt": receipt.note,
        });
        lanes.insert(lane.to_string(), lane_json);
    }
    let roster = seal_roster(&world.trust.roster().clone().into_inner(), &root()).unwrap();
    let vectors = json!({
        "about": "Test vectors of docs/exchange.md. Byte strings are hex. `sealed`, `roster`, `head` and `receipt` hold \
                  ML-DSA signatures, which are randomised: verify them; all else must be reproduced exactly.",
        "realm": realm(),
        "keys": { "jpn": key_json(&seeds(1)), "kor": key_json(&seeds(2)), "usa": key_json(&seeds(3)) },
        "root_public": {
            "ed25519": hex::encode(root().public().ed25519),
            "ml_dsa_65": hex::encode(root().public().ml_dsa_65),
        },
        "roster": hex::encode(roster),
        "lanes": lanes,
    });
    std::fs::write(FILE, serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
}

#[test]
fn the_published_vectors_hold() {
    let world = World::new();
    if std::env::var_os("WATCHFIRE_WRITE_VECTORS").is_some() {
        write(&world);
    }
    let vectors = written();
    for (me, of) in [("jpn", 1), ("kor", 2), ("usa", 3)] {
        assert_eq!(vectors["keys"][me], key_json(&seeds(of)), "{me}");
    }
    let roster = open_roster(&hex_of(&vectors["roster"]), &root().public(), &realm()).unwrap();
    assert_eq!(*roster, **world.trust.roster());

    for lane in Lane::ALL {
        let written = &vectors["lanes"][lane.as_str()];
        assert_eq!(written["body"], body_json(&world, lane, 1));
        assert_eq!(written["tree"], tree_json(&world, lane));
        let body = open(&hex_of(&written["sealed"]), &world.trust, nation("usa"), nation("jpn")).unwrap();
        assert_eq!(body.id().to_string(), written["body"]["body_id"].as_str().unwrap());
        let head = open_head(written["head"].as_str().unwrap(), &place(lane), &world.trust).unwrap();
        assert_eq!(head.tree.root.to_string(), written["tree"]["root"].as_str().unwrap());
        let receipt = open_receipt(written["receipt"].as_str().unwrap(), &place(lane), &world.trust).unwrap();
        assert_eq!((receipt.tree, receipt.posix_s), (head.tree, POSIX_S));
        assert_eq!(receipt.delays.delays_ns, [81_000_000, 79_000_000]);
    }
}

/// The same bodies' signatures, checked from the file alone: key, message, signature.
#[test]
fn the_vectors_signatures_verify_over_the_vectors_bytes() {
    let vectors = written();
    for lane in Lane::ALL {
        let written = &vectors["lanes"][lane.as_str()];
        let keys = &vectors["keys"]["jpn"]["public"];
        let envelope = crate::cose::Envelope::decode(&hex_of(&written["sealed"])).unwrap();
        assert_eq!(envelope.signatures.len(), KeyUse::of_bodies(lane).len());
        for (&key, (algorithm, signature)) in KeyUse::of_bodies(lane).iter().zip(&envelope.signatures) {
            let name = name_of(key);
            let message = hex_of(&written["body"]["to_be_signed"][name]);
            assert!(verify(*algorithm, &hex_of(&keys[format!("body_{name}")]), &message, signature));
        }
        assert_eq!(envelope.signatures[0].1, hex_of(&written["body"]["ed25519_signature"]));
    }
}

#[test]
fn a_sealed_body_of_the_vectors_is_the_present_builds() {
    let world = World::new();
    let vectors = written();
    let bytes = hex_of(&vectors["lanes"]["warning"]["sealed"]);
    let own = Sealed::from_own_journal(&bytes, &world.trust, nation("jpn")).unwrap();
    assert_eq!(own.id(), world.assessment(1).id());
}
