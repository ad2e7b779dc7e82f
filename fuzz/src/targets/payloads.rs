//! What nations say: each kind's protobuf through `TryFrom`, its one door.

use statement::{Kind, Statement};

use crate::Target;
use crate::world::payloads;

/// The targets of this file.
pub fn targets() -> Vec<Target> {
    vec![
        Target {
            name: "assessment",
            about: "an assessment's payload: what is read is written and read back the same",
            seeds: || payloads(Kind::Assessment),
            words: &[],
            bytes_max: 2_000,
            attempt: |bytes| payload(Kind::Assessment, bytes),
        },
        Target {
            name: "track-batch",
            about: "a batch of tracks likewise",
            seeds: || payloads(Kind::TrackBatch),
            words: &[],
            bytes_max: 2_000,
            attempt: |bytes| payload(Kind::TrackBatch, bytes),
        },
        Target {
            name: "acknowledge",
            about: "an acknowledgement likewise",
            seeds: || payloads(Kind::Acknowledge),
            words: &["jpn", "usa"],
            bytes_max: 2_000,
            attempt: |bytes| payload(Kind::Acknowledge, bytes),
        },
        Target {
            name: "roster-payload",
            about: "a roster likewise",
            seeds: || payloads(Kind::Roster),
            words: &["jpn", "kor", "usa", "live", "exercise/"],
            bytes_max: 20_000,
            attempt: |bytes| payload(Kind::Roster, bytes),
        },
    ]
}

fn payload(kind: Kind, bytes: &[u8]) {
    let Ok(said) = Statement::decode_payload(kind, bytes) else { return };
    assert_eq!(said.kind(), kind);
    let written = said.encode_payload();
    let read = Statement::decode_payload(kind, &written).expect("what was read is written as it may be read");
    // By their bytes: an ellipse's axes are scaled between wire and domain, and may round once.
    let again = read.encode_payload();
    let third = Statement::decode_payload(kind, &again).expect("and again");
    assert!(third == read || third.encode_payload() == again, "writing and reading does not settle");
    if kind != Kind::Assessment {
        assert_eq!((&read, &again), (&said, &written));
    }
}
