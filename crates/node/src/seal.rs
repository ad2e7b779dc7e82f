//! From a released statement to the bytes that are signed: the same bytes in life and in replay.

use exchange::{SealError, Stamp, Unsigned};
use release::Released;
use statement::Statement;

use crate::input::Now;
use crate::node::Node;

/// From when on a statement is history and no alarm, after it was made, seconds: longer than any flight for what
/// people act on; a track is stale much sooner.
const EXPIRY_S: f64 = 3_600.0;
const TRACK_EXPIRY_S: f64 = 60.0;

/// Stamps a released statement: who says it, under which id, when, until when.
pub fn unsigned(node: &Node, now: Now, released: &Released<Statement>) -> Result<Unsigned, SealError> {
    let identity = &node.state().identity;
    let (statement_id, revision, expiry_s) = match released.inner() {
        Statement::Assessment(assessment) => {
            (assessment.assessment_id.clone(), assessment.revision, EXPIRY_S)
        }
        Statement::TrackBatch(_) => (node.state().said.next_batch_id(), 1, TRACK_EXPIRY_S),
        Statement::Acknowledge(acknowledge) => (acknowledge.acknowledge_id.clone(), 1, EXPIRY_S),
        Statement::Roster(roster) => ("roster".to_owned(), roster.version, EXPIRY_S),
    };
    let stamp = Stamp {
        realm: identity.realm.clone(),
        origin: identity.nation,
        statement_id,
        revision,
        made_tai_ns: now.tai.0,
        clock_bound_ns: now.bound_ns,
        expires_tai_ns: now.tai.plus_s(expiry_s).0,
    };
    Unsigned::new(stamp, released)
}
