//! What a hostile partner makes of the frames that its own honest node gives it.

use std::collections::BTreeSet;

use exchange::checkpoint::Place;
use exchange::head::sign_head;
use exchange::wire::Frame;
use exchange::wire::frame::Content;
use exchange::{Digest, SenderKeys, Stamp, Unsigned, seal, sha256};
use statement::{Label, Nation, Statement};

use super::faults::Trick;
use super::ground::Ground;
use super::links::Lie;
use crate::random::Random;

/// What honest partners must not take.
#[derive(Default)]
pub(super) struct Lies {
    /// Bodies that nobody may take, by their bytes: they are signed wrongly, or for somebody else.
    pub bodies: BTreeSet<Digest>,
    /// Heads beside the true ones.
    pub heads: BTreeSet<String>,
}

/// What leaves instead of a frame.
pub(super) struct Tricked {
    pub frames: Vec<Frame>,
    /// What was done to an entry: (epoch, number).
    pub lie: Option<(Lie, u64, u64)>,
}

/// The frames that leave `from` for `to` instead of `frame`; `others`: bodies that were on the wire to `other`.
pub(super) fn play_trick(
    trick: Trick,
    frame: &Frame,
    (ground, from, to, other): (&Ground, usize, usize, usize),
    others: &[Vec<u8>],
    random: &mut Random,
    lies: &mut Lies,
) -> Tricked {
    let honest = |frame: &Frame| Tricked { frames: vec![frame.clone()], lie: None };
    let tricked = |content| Tricked { frames: vec![Frame { content: Some(content) }], lie: None };
    match (trick, &frame.content) {
        (Trick::Replay, Some(Content::Entry(_))) if random.chance(0.3) => {
            Tricked { frames: vec![frame.clone(), frame.clone()], lie: None }
        }
        (Trick::Withhold, Some(Content::Entry(entry))) if random.chance(0.3) => {
            Tricked { frames: vec![], lie: Some((Lie::Withheld, entry.epoch, entry.number)) }
        }
        (Trick::Forge, Some(Content::Entry(entry))) if random.chance(0.5) => {
            let mut entry = entry.clone();
            // The end of the body is the padding of a simulated signature: there its form stays.
            let at = if random.chance(0.5) {
                entry.body.len() - 1
            } else {
                (random.bits() % entry.body.len() as u64) as usize
            };
            entry.body[at] ^= 1 << (random.bits() % 8);
            lies.bodies.insert(sha256(&[&entry.body]));
            tricked(Content::Entry(entry))
        }
        (Trick::Epoch, Some(Content::Entry(entry))) if random.chance(0.3) => {
            let mut entry = entry.clone();
            if random.chance(0.7) {
                entry.epoch = entry.epoch.saturating_sub(1);
            } else {
                (entry.epoch, entry.number) = (entry.epoch + 3, 0);
            }
            tricked(Content::Entry(entry))
        }
        (Trick::TwoHeads, Some(Content::Heartbeat(beat))) if !beat.head.is_empty() && random.chance(0.3) => {
            let (own, peer) = (ground.nations[from], ground.nations[to]);
            let lane = statement::Lane::ALL.into_iter();
            let place = |lane| Place { realm: ground.realm.clone(), from: own, to: peer, lane };
            let keys = SenderKeys { signer: &*ground.cast.players[from].keys, trust: &ground.trust, me: own };
            let read = |lane| {
                let place = place(lane);
                exchange::head::open_head(&beat.head, &place, &ground.trust).ok().map(|head| (place, head))
            };
            let Some((place, head)) = lane.filter_map(read).next() else { return honest(frame) };
            let root = sha256(&[b"another story"]);
            let Ok(forked) = sign_head(&place, head.epoch, head.tree.size, root, 0, &keys) else {
                return honest(frame);
            };
            lies.heads.insert(forked.note.clone());
            let mut beat = beat.clone();
            beat.head = forked.note;
            tricked(Content::Heartbeat(beat))
        }
        (Trick::Realm, Some(Content::Hello(hello))) if random.chance(0.5) => {
            let mut hello = hello.clone();
            hello.realm = "live".into();
            tricked(Content::Hello(hello))
        }
        (Trick::Audience, Some(Content::Entry(entry))) if random.chance(0.5) => {
            // Another's words to that other, or own ones: what is checked of those is the audience that they name.
            let body = match others.last() {
                Some(body) if random.chance(0.3) => Some(body.clone()),
                _ => {
                    let body = said_to(ground, from, to, other, &entry.body);
                    lies.bodies.extend(body.iter().map(|body| sha256(&[body])));
                    body
                }
            };
            let Some(body) = body else { return honest(frame) };
            let mut entry = entry.clone();
            entry.body = body;
            tricked(Content::Entry(entry))
        }
        (Trick::Story, Some(Content::Entry(entry))) if random.chance(0.5) => {
            let Some(body) = said_to(ground, from, to, to, &entry.body) else { return honest(frame) };
            let mut told = entry.clone();
            told.body = body;
            let lie = Some((Lie::Exchanged, entry.epoch, entry.number));
            Tricked { lie, ..tricked(Content::Entry(told)) }
        }
        (Trick::Flood, Some(Content::Heartbeat(_))) if random.chance(0.2) => {
            let entry = |number| exchange::wire::Entry { epoch: 1, number, body: vec![0xd8; 40] };
            let flood = (0..100).map(|number| Frame { content: Some(Content::Entry(entry(number))) });
            Tricked { frames: [frame.clone()].into_iter().chain(flood).collect(), lie: None }
        }
        _ => honest(frame),
    }
}

/// What a body for `to` says, a little otherwise, well signed by its origin and released to `whom` alone.
fn said_to(ground: &Ground, from: usize, to: usize, whom: usize, body: &[u8]) -> Option<Vec<u8>> {
    let nation: Nation = ground.nations[whom];
    let body = exchange::open(body, &ground.trust, ground.nations[to], ground.nations[from]).ok()?;
    let header = body.header.clone();
    let mut statement = body.statement.clone();
    match &mut statement {
        Statement::Assessment(assessment) => assessment.warning = !assessment.warning,
        Statement::TrackBatch(batch) => batch.tracks.truncate(batch.tracks.len() / 2),
        Statement::Acknowledge(acknowledge) => acknowledge.shown_digest[0] ^= 1,
        Statement::Roster(_) => return None,
    }
    let released =
        ground.only[whom].release(statement, &Label::default(), &BTreeSet::from([nation])).released?;
    let stamp = Stamp {
        realm: header.realm,
        origin: header.origin,
        statement_id: header.statement_id,
        revision: header.revision,
        made_tai_ns: header.made_tai_ns,
        clock_bound_ns: header.clock_bound_ns,
        expires_tai_ns: header.expires_tai_ns,
    };
    let unsigned = Unsigned::new(stamp, &released).ok()?;
    Some(seal(unsigned, &*ground.cast.players[from].keys).ok()?.bytes().to_vec())
}
