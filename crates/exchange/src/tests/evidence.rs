//! Heads, receipts and evidence.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use statement::Lane;

use super::{World, nation, place};
use crate::head::{head_verifier_keys, open_head, sign_head};
use crate::keys::{Algorithm, verify};
use crate::merkle::{includes, inclusion_proof, root};
use crate::note::Note;
use crate::receipt::{Delays, open_receipt, sign_receipt};
use crate::{Digest, Evidence, Refusal, Sealed};

const POSIX_S: u64 = 1_664_835_721;

fn evidence(world: &World, lane: Lane, number: u64) -> Evidence {
    let bodies: Vec<Sealed> = (0..5).map(|number| world.body(lane, number)).collect();
    let ids: Vec<Digest> = bodies.iter().map(Sealed::id).collect();
    let place = place(lane);
    let head = sign_head(&place, 3, 5, root(&ids), POSIX_S, &world.keys("jpn")).unwrap();
    let delays = Delays { first_number: 3, delays_ns: vec![81_000_000, -4] };
    let receipt = sign_receipt(&place, &head, delays, POSIX_S, &world.keys("usa")).unwrap();
    Evidence {
        place,
        body: bodies[number as usize].bytes().to_vec(),
        number,
        proof: inclusion_proof(&ids, number).unwrap(),
        head: head.note,
        receipt: receipt.note,
    }
}

#[test]
fn evidence_proves_who_said_what_and_who_had_it() {
    let world = World::new();
    for lane in Lane::ALL {
        for number in 0..5 {
            let proven = evidence(&world, lane, number).verify(&world.trust).unwrap();
            assert_eq!(proven.body.header.origin, nation("jpn"));
            assert_eq!((proven.head.epoch, proven.head.tree.size), (3, 5));
            assert_eq!(proven.receipt.delays, Delays { first_number: 3, delays_ns: vec![81_000_000, -4] });
            assert_eq!(proven.receipt.posix_s, POSIX_S);
        }
    }
}

#[test]
fn parts_that_do_not_belong_together_prove_nothing() {
    let world = World::new();
    let good = evidence(&world, Lane::Warning, 2);
    let other = evidence(&world, Lane::Warning, 3);
    let swapped = |change: &dyn Fn(&mut Evidence)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed.verify(&world.trust).unwrap_err()
    };
    assert_eq!(swapped(&|evidence| evidence.body = other.body.clone()).code(), "malformed");
    assert_eq!(swapped(&|evidence| evidence.number = 3).code(), "malformed");
    assert_eq!(swapped(&|evidence| evidence.proof = other.proof.clone()).code(), "malformed");
    assert_eq!(swapped(&|evidence| evidence.place.to = nation("kor")).code(), "malformed");
    assert_eq!(swapped(&|evidence| evidence.receipt = evidence.head.clone()).code(), "malformed");
    let place = place(Lane::Warning);
    let small = sign_head(&place, 3, 4, Digest([7; 32]), POSIX_S, &world.keys("jpn")).unwrap();
    assert_eq!(swapped(&|evidence| evidence.head = small.note.clone()), Refusal::UnknownHead(5));
}

#[test]
fn heads_and_receipts_carry_exactly_the_signatures_of_their_lane() {
    let world = World::new();
    let warning = evidence(&world, Lane::Warning, 0);
    let picture = evidence(&world, Lane::Picture, 0);
    for (note, count) in
        [(&warning.head, 2), (&warning.receipt, 2), (&picture.head, 1), (&picture.receipt, 1)]
    {
        assert_eq!(Note::decode(note).unwrap().signatures.len(), count);
    }
    let without = |note: &str, line: usize| {
        let mut note = Note::decode(note).unwrap();
        note.signatures.remove(line);
        note.encode()
    };
    let (place, trust) = (place(Lane::Warning), &world.trust);
    for line in 0..2 {
        let head = open_head(&without(&warning.head, line), &place, trust).unwrap_err();
        assert_eq!(head, Refusal::WrongSignatures { expected: 2, found: 1 });
        let receipt = open_receipt(&without(&warning.receipt, line), &place, trust).unwrap_err();
        assert_eq!(receipt, Refusal::WrongSignatures { expected: 2, found: 1 });
    }
    // The sender cannot sign for the receiver, nor a head pass as a receipt's tree of another size.
    let head = open_head(&warning.head, &place, trust).unwrap();
    let own = sign_receipt(&place, &head, Delays::default(), POSIX_S, &world.keys("jpn")).unwrap();
    assert_eq!(open_receipt(&own.note, &place, trust).unwrap_err().code(), "bad-signature");
    let larger = warning.head.replacen("\n5\n", "\n6\n", 1);
    assert_eq!(open_head(&larger, &place, trust).unwrap_err().code(), "bad-signature");
    let later = warning.receipt.replacen("81000000", "82000000", 1);
    assert_eq!(open_receipt(&later, &place, trust).unwrap_err().code(), "bad-signature");
    for other in ["\n05\n", "\n+5\n", "\n\n"] {
        assert!(open_head(&warning.head.replacen("\n5\n", other, 1), &place, trust).is_err());
    }
    for epoch in ["/03\n", "/0\n", "/+3\n", "/\n"] {
        assert!(open_head(&warning.head.replacen("/3\n", epoch, 1), &place, trust).is_err());
    }
}

/// Reads the proof file as a stranger's tool would who knows the C2SP pages only, and not this crate's readers.
#[test]
fn another_tool_checks_the_proof_file() {
    let world = World::new();
    let evidence = evidence(&world, Lane::Warning, 2);
    let proof = evidence.tlog_proof().unwrap();
    let (preamble, note) = proof.split_once("\n\n").unwrap();
    let lines: Vec<&str> = preamble.lines().collect();
    assert_eq!(lines[0], "c2sp.org/tlog-proof@v1");
    assert_eq!(STANDARD.decode(lines[1].strip_prefix("extra ").unwrap()).unwrap(), evidence.body);
    assert_eq!(lines[2], "index 2");
    let hashes: Vec<Digest> = lines[3..]
        .iter()
        .map(|line| Digest::try_from(STANDARD.decode(line).unwrap().as_slice()).unwrap())
        .collect();

    let (text, signatures) = note.split_at(note.find("\n\n").unwrap() + 1);
    let head: Vec<&str> = text.lines().collect();
    assert_eq!(head[0], "watchfire/v1/exercise/vectors/jpn/usa/warning/3");
    let tree_root = Digest::try_from(STANDARD.decode(head[2]).unwrap().as_slice()).unwrap();
    let id = crate::body::id_of(&evidence.body).unwrap();
    assert!(includes(tree_root, head[1].parse().unwrap(), 2, &id.0, &hashes));

    // Three lines: the log's Ed25519 and ML-DSA-44, the receiver's ML-DSA-44.
    let lines: Vec<(&str, Vec<u8>)> = signatures
        .trim_start_matches('\n')
        .lines()
        .map(|line| {
            let (name, signature) = line.strip_prefix("\u{2014} ").unwrap().split_once(' ').unwrap();
            (name, STANDARD.decode(signature).unwrap())
        })
        .collect();
    assert_eq!(lines.len(), 3);
    let keys = head_verifier_keys(&evidence.place, 3, &world.trust).unwrap();
    let public = |verifier_key: &str| STANDARD.decode(verifier_key.splitn(3, '+').nth(2).unwrap()).unwrap();
    assert!(verify(Algorithm::Ed25519, &public(&keys[0])[1..], text.as_bytes(), &lines[0].1[4..]));
    let usa = world.trust.member(nation("usa")).unwrap();
    for ((name, signature), key) in
        lines[1..].iter().zip([public(&keys[1])[1..].to_vec(), usa.receipt_ml_dsa_44.clone()])
    {
        let mut message = b"subtree/v1\n\0".to_vec();
        message.push(name.len() as u8);
        message.extend(name.as_bytes());
        message.extend(&signature[4..12]);
        message.push(head[0].len() as u8);
        message.extend(head[0].as_bytes());
        message.extend([0; 8]);
        message.extend(5u64.to_be_bytes());
        message.extend(tree_root.0);
        assert!(verify(Algorithm::MlDsa44, &key, &message, &signature[12..]), "{name}");
    }
}
