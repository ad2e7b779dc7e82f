//! Bodies and rosters: what is taken, and why the rest is not.

use coset::cbor::value::Value;
use statement::{Kind, Lane, Level, Realm, Statement, TrackBatch};

use super::{World, assessment, header, nation, realm, root, seed};
use crate::body::{Unsigned, id_of, open, seal};
use crate::cose::{Envelope, decode_value, encode_value, to_be_signed};
use crate::header::WireHeader;
use crate::keys::{Algorithm, KeyUse, Signer};
use crate::{
    Refusal, RootKeys, RootSeeds, SealError, Sealed, SimulatedKeys, Trust, open_roster, seal_roster,
};

/// Signs any header and payload, as a careless or hostile member could.
fn forge(world: &World, wire: &WireHeader, payload: &[u8], keys: &[KeyUse], external: &[u8]) -> Vec<u8> {
    forge_bytes(world, wire.encode(), payload, keys, external)
}

fn forge_bytes(
    world: &World,
    protected: Vec<u8>,
    payload: &[u8],
    keys: &[KeyUse],
    external: &[u8],
) -> Vec<u8> {
    let signatures = keys
        .iter()
        .map(|&key| {
            let message = to_be_signed(&protected, key.algorithm(), external, payload);
            (key.algorithm(), world.soft("jpn").sign(key, &message).unwrap())
        })
        .collect();
    Envelope { protected, payload: payload.to_vec(), signatures }.encode()
}

fn forge_well(world: &World, wire: &WireHeader, payload: &[u8]) -> Vec<u8> {
    forge(world, wire, payload, KeyUse::of_bodies(Lane::Warning), &realm().external_aad())
}

fn refusal(world: &World, bytes: &[u8]) -> Refusal {
    open(bytes, &world.trust, nation("usa"), nation("jpn")).unwrap_err()
}

#[test]
fn what_is_sealed_opens_at_every_nation_it_is_released_to() {
    let world = World::new();
    let sealed = world.assessment(7);
    for me in ["usa", "kor"] {
        let body = open(sealed.bytes(), &world.trust, nation(me), nation("jpn")).unwrap();
        assert_eq!(*body, *sealed.body());
        assert_eq!(body.id(), sealed.id());
        assert_eq!(id_of(body.bytes()), Ok(sealed.id()));
    }
    assert_eq!(
        open(sealed.bytes(), &world.trust, nation("jpn"), nation("jpn")).unwrap_err(),
        Refusal::WrongAudience(nation("jpn"))
    );
    assert_eq!(Sealed::from_own_journal(sealed.bytes(), &world.trust, nation("jpn")).unwrap(), sealed);
}

#[test]
fn the_id_covers_header_and_payload_and_never_signatures() {
    let world = World::new();
    let (first, again) = (world.assessment(7), world.assessment(7));
    // ML-DSA is randomised: two signings differ.
    assert_ne!(first.bytes(), again.bytes());
    assert_eq!(first.id(), again.id());
    assert_ne!(first.id(), world.assessment(8).id());
    let mut later = header(Lane::Warning, 7);
    later.made_tai_ns += 1;
    assert_ne!(first.id(), world.seal(later, assessment(7)).id());
}

#[test]
fn the_kind_fixes_the_signatures_and_none_can_be_stripped_added_or_swapped() {
    let world = World::new();
    let good = Envelope::decode(world.assessment(7).bytes()).unwrap();
    let algorithms: Vec<_> = good.signatures.iter().map(|(algorithm, _)| *algorithm).collect();
    assert_eq!(algorithms, [Algorithm::Ed25519, Algorithm::MlDsa65]);
    let with = |signatures: Vec<(Algorithm, Vec<u8>)>| Envelope { signatures, ..good.clone() }.encode();
    let [ed25519, ml_dsa] = <[_; 2]>::try_from(good.signatures.clone()).unwrap();
    for wrong in [
        vec![],
        vec![ed25519.clone()],
        vec![ml_dsa.clone()],
        vec![ml_dsa.clone(), ed25519.clone()],
        vec![ed25519.clone(), ml_dsa.clone(), ed25519.clone()],
        vec![ed25519.clone(), ed25519.clone()],
    ] {
        let found = wrong.len() as u64;
        assert_eq!(refusal(&world, &with(wrong)), Refusal::WrongSignatures { expected: 2, found });
    }
    let foreign = Envelope::decode(world.assessment(8).bytes()).unwrap().signatures;
    assert_eq!(
        refusal(&world, &with(vec![foreign[0].clone(), ml_dsa])),
        Refusal::BadSignature { signer: "jpn".to_owned(), key: KeyUse::BodyEd25519 }
    );
    assert_eq!(
        refusal(&world, &with(vec![ed25519, foreign[1].clone()])),
        Refusal::BadSignature { signer: "jpn".to_owned(), key: KeyUse::BodyMlDsa65 }
    );
    assert_eq!(Envelope::decode(world.batch(7).bytes()).unwrap().signatures.len(), 1);
}

#[test]
fn a_body_of_another_realm_is_refused_by_name_and_by_signature() {
    let world = World::new();
    let live = World::in_realm(Realm::Live);
    // The other realm's header.
    let wire = WireHeader { realm: "live".to_owned(), ..WireHeader::from(&header(Lane::Warning, 7)) };
    let payload = assessment(7).encode_payload();
    let wrong_realm =
        Refusal::WrongRealm { expected: "exercise/vectors".to_owned(), found: "live".to_owned() };
    assert_eq!(refusal(&world, &forge_well(&world, &wire, &payload)), wrong_realm);
    // This realm's header, signed in the other's context.
    let wire = WireHeader::from(&header(Lane::Warning, 7));
    let external = Realm::Live.external_aad();
    let bytes = forge(&world, &wire, &payload, KeyUse::of_bodies(Lane::Warning), &external);
    assert!(matches!(refusal(&world, &bytes), Refusal::BadSignature { .. }));
    // An exercise's body never opens live, although the keys are the same here.
    let error = open(world.assessment(7).bytes(), &live.trust, nation("usa"), nation("jpn")).unwrap_err();
    assert_eq!(error.code(), "wrong-realm");
}

#[test]
fn a_nation_speaks_for_itself_only() {
    let world = World::new();
    let sealed = world.assessment(7);
    let error = open(sealed.bytes(), &world.trust, nation("usa"), nation("kor")).unwrap_err();
    assert_eq!(error, Refusal::WrongOrigin { expected: nation("kor"), found: "jpn".to_owned() });
    // Korea's name under Japan's signatures.
    let wire = WireHeader { origin: "kor".to_owned(), ..WireHeader::from(&header(Lane::Warning, 7)) };
    let bytes = forge_well(&world, &wire, &assessment(7).encode_payload());
    let error = open(&bytes, &world.trust, nation("usa"), nation("kor")).unwrap_err();
    assert_eq!(error, Refusal::BadSignature { signer: "kor".to_owned(), key: KeyUse::BodyEd25519 });
    let wire = WireHeader { origin: "prk".to_owned(), ..WireHeader::from(&header(Lane::Warning, 7)) };
    let bytes = forge_well(&world, &wire, &assessment(7).encode_payload());
    let error = open(&bytes, &world.trust, nation("usa"), nation("prk")).unwrap_err();
    assert_eq!(error, Refusal::UnknownNation("prk".to_owned()));
}

#[test]
fn a_header_must_fit_itself_and_its_payload() {
    let world = World::new();
    let payload = assessment(7).encode_payload();
    let good = WireHeader::from(&header(Lane::Warning, 7));
    assert!(open(&forge_well(&world, &good, &payload), &world.trust, nation("usa"), nation("jpn")).is_ok());
    let code = |wire: &WireHeader, payload: &[u8]| refusal(&world, &forge_well(&world, wire, payload)).code();
    let disordered = vec!["usa".to_owned(), "kor".to_owned()];
    assert_eq!(
        code(&WireHeader { kind: "order-of-battle".to_owned(), ..good.clone() }, &payload),
        "unknown-kind"
    );
    assert_eq!(code(&WireHeader { audience: disordered, ..good.clone() }, &payload), "malformed");
    assert_eq!(
        code(&WireHeader { statement_id: "jpn-1-8".to_owned(), ..good.clone() }, &payload),
        "malformed"
    );
    assert_eq!(code(&WireHeader { revision: 2, ..good.clone() }, &payload), "malformed");
    assert_eq!(code(&good, b"\xff\xff"), "malformed");
    // A warning cannot be passed off as a track batch to save a signature.
    let wire = WireHeader { level: "track".to_owned(), ..good.clone() };
    let bytes = forge(&world, &wire, &payload, &[KeyUse::BodyEd25519], &realm().external_aad());
    assert_eq!(
        refusal(&world, &bytes),
        Refusal::WrongLevel { kind: Kind::Assessment, level: "track".to_owned() }
    );
    // Nor does a roster travel on a feed.
    let wire = WireHeader { kind: "roster".to_owned(), ..good };
    let roster = Statement::Roster(world.trust.roster().clone().into_inner()).encode_payload();
    assert_eq!(code(&wire, &roster), "malformed");
}

#[test]
fn a_header_in_another_encoding_is_refused_although_it_is_signed() {
    let world = World::new();
    let protected = WireHeader::from(&header(Lane::Warning, 7)).encode();
    let Some(Value::Map(mut entries)) = decode_value(&protected) else { panic!("a map") };
    entries.reverse();
    let reversed = encode_value(&Value::Map(entries));
    let trailing = [protected.as_slice(), &[0]].concat();
    for other in [reversed, trailing] {
        let payload = assessment(7).encode_payload();
        let keys = KeyUse::of_bodies(Lane::Warning);
        let bytes = forge_bytes(&world, other, &payload, keys, &realm().external_aad());
        assert_eq!(refusal(&world, &bytes), Refusal::NotCanonical);
    }
}

#[test]
fn fields_of_later_versions_are_kept_and_do_no_harm() {
    let world = World::new();
    let mut wire = WireHeader::from(&header(Lane::Warning, 7));
    wire.unknown = vec![("zone".to_owned(), "north".into()), ("a".to_owned(), 7.into())];
    // A field of a later version in the payload too: number 2000, a varint.
    let payload = [assessment(7).encode_payload(), vec![0x80, 0x7d, 0x01]].concat();
    let bytes = forge_well(&world, &wire, &payload);
    let body = open(&bytes, &world.trust, nation("usa"), nation("jpn")).unwrap();
    assert_eq!(body.header, header(Lane::Warning, 7));
    assert_eq!(&body.bytes()[..], bytes);
    // But only values that have one encoding.
    wire.unknown = vec![("zone".to_owned(), Value::Map(Vec::new()))];
    assert_eq!(refusal(&world, &forge_well(&world, &wire, &payload)).code(), "malformed");
}

#[test]
fn an_unknown_sensitivity_is_the_strictest() {
    let world = World::new();
    let wire = WireHeader { sensitivity: "cosmic".to_owned(), ..WireHeader::from(&header(Lane::Warning, 7)) };
    let bytes = forge_well(&world, &wire, &assessment(7).encode_payload());
    let body = open(&bytes, &world.trust, nation("usa"), nation("jpn")).unwrap();
    assert_eq!(body.header.label.sensitivity, statement::Sensitivity::NationalOnly);
}

#[test]
fn what_partners_would_refuse_is_not_sealed() {
    let other = Unsigned::assemble(header(Lane::Warning, 7), assessment(8)).unwrap_err();
    assert_eq!(other, SealError::OtherStatement { stamped: "jpn-1-7".to_owned(), revision: 1 });
    let mut wrong_level = header(Lane::Warning, 7);
    wrong_level.level = Level::Track;
    assert!(matches!(Unsigned::assemble(wrong_level, assessment(7)), Err(SealError::Refused(_))));
    let wrong_kind =
        Unsigned::assemble(header(Lane::Warning, 7), Statement::TrackBatch(TrackBatch::default()));
    assert!(wrong_kind.is_err());
    let mut long = header(Lane::Picture, 7);
    long.label.sources = (0..2_000).map(|number| format!("source-{number}")).collect();
    let error = Unsigned::assemble(long, Statement::TrackBatch(TrackBatch::default())).unwrap_err();
    assert!(matches!(error, SealError::Refused(Refusal::Oversize { .. })));
}

#[test]
fn a_signer_without_the_key_seals_nothing() {
    let unsigned = Unsigned::assemble(header(Lane::Warning, 7), assessment(7)).unwrap();
    assert!(matches!(seal(unsigned, &root()), Err(SealError::Sign(_))));
}

#[test]
fn a_roster_is_the_roots_alone() {
    let world = World::new();
    let roster = world.trust.roster().clone().into_inner();
    let bytes = seal_roster(&roster, &root()).unwrap();
    assert_eq!(*open_roster(&bytes, &root().public(), &realm()).unwrap(), roster);
    let error = open_roster(&bytes, &root().public(), &Realm::Live).unwrap_err();
    assert!(matches!(error, Refusal::BadSignature { .. }), "the realm is part of what is signed");
    let other = RootKeys::from_seeds(&RootSeeds { ed25519: seed(8, 1), ml_dsa_65: seed(9, 2) }).unwrap();
    assert_eq!(
        open_roster(&bytes, &other.public(), &realm()).unwrap_err(),
        Refusal::BadSignature { signer: "root".to_owned(), key: KeyUse::RootEd25519 }
    );
    assert!(seal_roster(&roster, world.soft("jpn")).is_err());

    let mut doubled = roster.clone();
    doubled.members[1].head_ed25519 = doubled.members[0].body_ed25519.clone();
    let bytes = seal_roster(&doubled, &root()).unwrap();
    assert_eq!(open_roster(&bytes, &root().public(), &realm()).unwrap_err().code(), "malformed");
    let mut disordered = roster.clone();
    disordered.members.reverse();
    let bytes = seal_roster(&disordered, &root()).unwrap();
    assert_eq!(open_roster(&bytes, &root().public(), &realm()).unwrap_err().code(), "malformed");
}

#[test]
fn a_rosters_version_only_grows() {
    let world = World::new();
    let mut trust = world.trust.clone();
    let of_version = |version| {
        let roster = statement::Roster { version, ..world.trust.roster().clone().into_inner() };
        open_roster(&seal_roster(&roster, &root()).unwrap(), &root().public(), &realm()).unwrap()
    };
    assert_eq!(trust.replace(of_version(1)), Err(Refusal::RosterNotNewer { held: 1, found: 1 }));
    assert_eq!(trust.replace(of_version(3)), Ok(()));
    assert_eq!(trust.replace(of_version(2)), Err(Refusal::RosterNotNewer { held: 3, found: 2 }));
    assert_eq!(trust.roster().version, 3);
}

#[test]
fn simulated_signatures_count_in_a_simulation_only() {
    let world = World::new();
    let mut roster = world.trust.roster().clone().into_inner();
    for member in &mut roster.members {
        SimulatedKeys::new(member.nation).write_to(member);
    }
    let opened = |roster: &statement::Roster| {
        open_roster(&seal_roster(roster, &root()).unwrap(), &root().public(), &roster.realm).unwrap()
    };
    let simulated = Trust::simulated(opened(&roster)).unwrap();
    let unsigned = Unsigned::assemble(header(Lane::Warning, 7), assessment(7)).unwrap();
    let seal_as = |letters| seal(unsigned.clone(), &SimulatedKeys::new(nation(letters))).unwrap();
    let sealed = seal_as("jpn");
    assert_eq!(sealed.bytes(), seal_as("jpn").bytes(), "deterministic");
    assert!(open(sealed.bytes(), &simulated, nation("usa"), nation("jpn")).is_ok());
    // Another's simulated signature does not pass, real ones do not, nor these among real ones.
    assert!(open(seal_as("kor").bytes(), &simulated, nation("usa"), nation("jpn")).is_err());
    assert!(open(world.assessment(7).bytes(), &simulated, nation("usa"), nation("jpn")).is_err());
    let real = Trust::new(opened(&roster));
    assert!(open(sealed.bytes(), &real, nation("usa"), nation("jpn")).is_err());
    let live = statement::Roster { realm: Realm::Live, ..roster };
    assert_eq!(Trust::simulated(opened(&live)).unwrap_err().code(), "wrong-realm");
}
