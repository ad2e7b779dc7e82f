//! What a hostile partner makes of the frames that its own honest node gives it.

use std::collections::BTreeSet;

use exchange::checkpoint::Place;
use exchange::head::sign_head;
use exchange::wire::Frame;
use exchange::wire::frame::Content;
use exchange::{Digest, SenderKeys, sha256};
use statement::Lane;

use super::faults::Trick;
use super::ground::Ground;
use crate::random::Random;

/// The frames that leave instead of `frame`. `forged` learns the hashes of bodies that nobody may take.
pub(super) fn play_trick(
    trick: Trick,
    frame: &Frame,
    (ground, from, to, lane): (&Ground, usize, usize, Lane),
    others: &[Vec<u8>],
    random: &mut Random,
    forged: &mut BTreeSet<Digest>,
) -> Vec<Frame> {
    let honest = vec![frame.clone()];
    let tricked = |content| Frame { content: Some(content) };
    match (trick, &frame.content) {
        (Trick::Replay, Some(Content::Entry(_))) if random.chance(0.3) => vec![frame.clone(), frame.clone()],
        (Trick::Withhold, Some(Content::Entry(_))) if random.chance(0.3) => vec![],
        (Trick::Forge, Some(Content::Entry(entry))) if random.chance(0.5) => {
            let mut entry = entry.clone();
            // The padding of a simulated signature ends the body: the form stays, the signature does not.
            if let Some(last) = entry.body.last_mut() {
                *last ^= 1;
            }
            forged.insert(sha256(&[&entry.body]));
            vec![tricked(Content::Entry(entry))]
        }
        (Trick::Epoch, Some(Content::Entry(entry))) if random.chance(0.3) => {
            let mut entry = entry.clone();
            entry.epoch = if random.chance(0.7) { entry.epoch.saturating_sub(1) } else { entry.epoch + 3 };
            vec![tricked(Content::Entry(entry))]
        }
        (Trick::TwoHeads, Some(Content::Heartbeat(beat))) if !beat.head.is_empty() && random.chance(0.3) => {
            let (own, peer) = (ground.nations[from], ground.nations[to]);
            let place = Place { realm: ground.realm.clone(), from: own, to: peer, lane };
            let keys = SenderKeys { signer: &ground.keys[from], trust: &ground.trust, me: own };
            let Ok(head) = exchange::head::open_head(&beat.head, &place, &ground.trust) else {
                return honest;
            };
            let root = sha256(&[b"another story"]);
            let Ok(other) = sign_head(&place, head.epoch, head.tree.size, root, 0, &keys) else {
                return honest;
            };
            let mut beat = beat.clone();
            beat.head = other.note;
            vec![tricked(Content::Heartbeat(beat))]
        }
        (Trick::Realm, Some(Content::Hello(hello))) if random.chance(0.5) => {
            let mut hello = hello.clone();
            hello.realm = "live".into();
            vec![tricked(Content::Hello(hello))]
        }
        (Trick::Audience, Some(Content::Entry(entry))) if random.chance(0.5) => {
            let Some(body) = others.last() else { return honest };
            let mut entry = entry.clone();
            entry.body = body.clone();
            vec![tricked(Content::Entry(entry))]
        }
        (Trick::Flood, Some(Content::Heartbeat(_))) if random.chance(0.2) => {
            let entry = |number| exchange::wire::Entry { epoch: 1, number, body: vec![0xd8; 40] };
            let flood = (0..100).map(|number| tricked(Content::Entry(entry(number))));
            honest.into_iter().chain(flood).collect()
        }
        _ => honest,
    }
}
