//! A small world of three nations: with simulated signatures, which a target can make by the million, and with the
//! real keys of the published test vectors.

use std::sync::LazyLock;

use exchange::checkpoint::Place;
use exchange::keys::{KeyUse, Signer};
use exchange::{
    RootKeys, RootPublic, RootSeeds, Seed, SenderKeys, SimulatedKeys, Trust, open_roster, seal_roster,
};
use physics::ellipse::Ellipse;
use physics::geodetic::Geodetic;
use physics::time::Tai;
use serde_json::Value;
use statement::{
    Acknowledge, Assessment, AssessmentStatus, ClassProbabilities, Evidence, FlightPoint, GroundEstimate,
    Kind, Lane, Member, Nation, ObjectClass, Phase, Phenomenon, Prior, ReachableArea, Realm, Roster,
    Statement, StatementRef, Track, TrackBatch, TrackStatus, Tracklet,
};

use crate::cose;

/// Three nations whose signatures anybody can make.
pub struct World {
    /// What they trust.
    pub trust: Trust,
    /// The roster, signed by the root's real keys.
    pub roster: Vec<u8>,
    /// The root.
    pub root: RootKeys,
    /// The root's public keys.
    pub root_public: RootPublic,
    /// Japan's keys.
    pub jpn: SimulatedKeys,
    /// The United States' keys.
    pub usa: SimulatedKeys,
    /// Bodies of Japan's for the United States: four of the warning lane, then two of the picture lane.
    pub bodies: Vec<Vec<u8>>,
}

/// The simulated world, made once.
pub static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// The real keys and good messages of `proto/vectors/exchange.json`.
pub static VECTORS: LazyLock<Vectors> = LazyLock::new(Vectors::read);

/// Three letters as a nation.
pub fn nation(letters: &str) -> Nation {
    letters.parse().expect("three letters")
}

/// The realm of both worlds.
pub fn realm() -> Realm {
    Realm::Exercise("vectors".to_owned())
}

/// From Japan to the United States.
pub fn place(lane: Lane) -> Place {
    Place { realm: realm(), from: nation("jpn"), to: nation("usa"), lane }
}

impl World {
    fn new() -> World {
        let seed = |number| Seed::from_bytes([number; 32]);
        let root =
            RootKeys::from_seeds(&RootSeeds { ed25519: seed(1), ml_dsa_65: seed(2) }).expect("root keys");
        let members = ["jpn", "kor", "usa"].map(|letters| {
            let mut member = Member {
                ca_certificate: vec![0x30],
                addresses: vec![format!("{letters}.example:7443")],
                ..Member::named(nation(letters), &letters.to_uppercase())
            };
            SimulatedKeys::new(nation(letters)).write_to(&mut member);
            member
        });
        let roster = Roster { version: 1, realm: realm(), members: members.into() };
        let roster = seal_roster(&roster, &root).expect("a signed roster");
        let root_public = root.public();
        let opened = open_roster(&roster, &root_public, &realm()).expect("the roster opens");
        let trust = Trust::simulated(opened).expect("an exercise");
        let (jpn, usa) = (SimulatedKeys::new(nation("jpn")), SimulatedKeys::new(nation("usa")));
        let mut bodies = Vec::new();
        for number in 0..4 {
            bodies.push(sign(&jpn, Lane::Warning, number, &Statement::Assessment(assessment(number))));
        }
        for number in 0..2 {
            bodies.push(sign(&jpn, Lane::Picture, number, &Statement::TrackBatch(batch(number))));
        }
        let world = World { trust, roster, root, root_public, jpn, usa, bodies };
        for body in &world.bodies {
            exchange::open(body, &world.trust, nation("usa"), nation("jpn")).expect("a good body opens");
        }
        world
    }

    /// The keys of Japan or the United States, with the roster.
    pub fn keys(&self, of: &str) -> SenderKeys<'_> {
        let signer = if of == "jpn" { &self.jpn } else { &self.usa };
        SenderKeys { signer, trust: &self.trust, me: nation(of) }
    }
}

/// A body of Japan's for Korea and the United States.
fn sign(signer: &dyn Signer, lane: Lane, number: u32, statement: &Statement) -> Vec<u8> {
    let id = match statement {
        Statement::Assessment(assessment) => assessment.assessment_id.clone(),
        _ => format!("jpn-tracks-{number}"),
    };
    let level = if lane == Lane::Warning { "warning" } else { "track" };
    let header = cose::body_header(statement.kind().as_str(), level, &id, &["kor", "usa"]);
    let external = realm().external_aad();
    cose::signed(&header, &statement.encode_payload(), &external, KeyUse::of_bodies(lane), signer)
}

fn evidence() -> Evidence {
    Evidence {
        phenomena: vec![Phenomenon::Radar, Phenomenon::Infrared],
        source_tags: vec!["jpn-radar-1".into(), "usa-eye-2".into()],
        plots: 7,
        first_observed: Tai(1_664_835_757_000_000_000),
        last_observed: Tai(1_664_835_767_000_000_000),
    }
}

/// An assessment with every field set.
pub fn assessment(number: u32) -> Assessment {
    let ground = |lat_deg, lon_deg| GroundEstimate {
        place: Geodetic { lat_deg, lon_deg, alt_m: 0.0 },
        ellipse: Ellipse {
            semi_major_m: 9_000.0,
            semi_minor_m: 2_000.0,
            azimuth_deg: 95.0,
            ..Default::default()
        },
        time: Tai(1_664_835_700_000_000_000),
        time_sigma_s: 2.5,
    };
    let point = |alt_m| FlightPoint {
        place: Geodetic { lat_deg: 40.0, lon_deg: 135.0, alt_m },
        time: Tai(1_664_835_760_000_000_000),
    };
    Assessment {
        assessment_id: format!("jpn-1-{number}"),
        revision: 1,
        phase: Phase::Update,
        status: AssessmentStatus::Established,
        classes: ClassProbabilities(vec![(ObjectClass::Ballistic, 0.75), (ObjectClass::Unknown, 0.25)]),
        threat_probability: 0.9,
        warning: true,
        launch: Some(ground(40.9, 126.6)),
        impact: Some(ground(41.3, 153.9)),
        course_deg: Some((95.0, 0.5)),
        apogee_m: Some((970_000.0, 8_000.0)),
        object_count: (1, 2),
        evidence: evidence(),
        hops: Default::default(),
        track_id: "t-7".into(),
        observed: Some(point(200_000.0)),
        under_thrust: Some(false),
        burnout: Some(point(90_000.0)),
        notice: "kor-notice-7".into(),
        satellite: String::new(),
        reachable: Some(ReachableArea {
            outline_deg: vec![(40.0, 130.0), (39.0, 131.0), (41.0, 132.0)],
            time: (Tai(1), Tai(2)),
        }),
    }
}

/// A batch of `count` tracks.
pub fn batch(count: u32) -> TrackBatch {
    let track = |number: u32| Track {
        track_id: format!("t-{number}"),
        status: TrackStatus::Firm,
        time: Tai(1_664_835_760_000_000_000),
        state: [-3.1e6, 3.4e6, 4.4e6, 1.0, -2.0, 3.0],
        covariance: [25.0; 21],
        evidence: evidence(),
        // None, one that is the whole track, one with something known before.
        tracklet: (!number.is_multiple_of(3)).then(|| Tracklet {
            from: Tai(1_664_835_700_000_000_000),
            to: Tai(1_664_835_760_000_000_000),
            prior: (number % 3 == 2).then_some(Prior { information: [0.25; 21], offset: [-1.5; 6] }),
        }),
    };
    TrackBatch { tracks: (0..count).map(track).collect(), hops: Default::default() }
}

/// An acknowledgement. Its signature is none.
pub fn acknowledge() -> Acknowledge {
    Acknowledge {
        acknowledge_id: "jpn-a-1".into(),
        event_id: "jpn-e-1".into(),
        statements: vec![StatementRef {
            origin: nation("usa"),
            statement_id: "usa-1-1".into(),
            revision: 3,
            body_id: [7; 32],
        }],
        actor: "watch-officer-1".into(),
        shown_digest: [8; 32],
        actor_key: vec![9; 32],
        actor_signature: vec![10; 64],
        acted: Tai(1_664_835_770_000_000_000),
    }
}

/// A good payload of each kind.
pub fn payloads(kind: Kind) -> Vec<Vec<u8>> {
    let statements = match kind {
        Kind::Assessment => vec![
            Statement::Assessment(assessment(1)),
            Statement::Assessment(Assessment { assessment_id: "jpn-2".into(), ..Assessment::default() }),
        ],
        Kind::TrackBatch => (0..4).map(|count| Statement::TrackBatch(batch(count))).collect(),
        Kind::Acknowledge => vec![Statement::Acknowledge(acknowledge())],
        Kind::Roster => {
            let roster = WORLD.trust.roster().clone().into_inner();
            let one = Roster { members: roster.members[..1].to_vec(), ..roster.clone() };
            vec![Statement::Roster(roster), Statement::Roster(one)]
        }
    };
    statements.iter().map(Statement::encode_payload).collect()
}

/// What the published vectors hold.
pub struct Vectors {
    /// What its nations trust: real signatures.
    pub trust: Trust,
    /// The root's public keys.
    pub root: RootPublic,
    /// The signed roster.
    pub roster: Vec<u8>,
    /// Signed bodies of Japan's, one of each lane.
    pub bodies: Vec<Vec<u8>>,
    /// Signed heads, one of each lane.
    pub heads: Vec<String>,
    /// Signed receipts, one of each lane.
    pub receipts: Vec<String>,
}

impl Vectors {
    fn read() -> Vectors {
        let text = include_str!("../../proto/vectors/exchange.json");
        let vectors: Value = serde_json::from_str(text).expect("JSON");
        let bytes = |value: &Value| hex::decode(value.as_str().expect("hex")).expect("hex");
        let public = &vectors["root_public"];
        let root = RootPublic { ed25519: bytes(&public["ed25519"]), ml_dsa_65: bytes(&public["ml_dsa_65"]) };
        let roster = bytes(&vectors["roster"]);
        let trust = Trust::new(open_roster(&roster, &root, &realm()).expect("the vectors' roster opens"));
        let lanes = Lane::ALL.map(|lane| &vectors["lanes"][lane.as_str()]);
        let notes = |name: &str| lanes.map(|lane| lane[name].as_str().expect("a note").to_owned()).to_vec();
        Vectors {
            trust,
            root,
            roster,
            bodies: lanes.map(|lane| bytes(&lane["sealed"])).to_vec(),
            heads: notes("head"),
            receipts: notes("receipt"),
        }
    }
}
