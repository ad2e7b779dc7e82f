//! A virtual network: streams between nations that delay, and hold up what follows a lost packet, as TCP does.

use std::collections::BTreeMap;

use gateway::LinkId;
use statement::{Lane, Nation};

use crate::random::Random;
use crate::scenario::Scenario;

/// How long a lost packet holds up its stream beside the delay: about a retransmission timeout (RFC 6298), seconds.
const RETRANSMISSION_S: f64 = 0.2;

/// One stream of frames: a lane that `from` dialled to `to`. Both ends know it by the same name.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Its name.
    pub link: LinkId,
    /// Who dialled.
    pub from: Nation,
    /// Who accepted.
    pub to: Nation,
    /// For which lane.
    pub lane: Lane,
    random: Random,
    delay_s: f64,
    jitter_s: f64,
    loss: f64,
    /// When the last frame each way arrives: none overtakes another. [to the acceptor, to the dialler]
    last_ns: [u64; 2],
}

/// All streams of an exercise.
#[derive(Clone, Debug, Default)]
pub struct Network {
    streams: BTreeMap<LinkId, Stream>,
}

impl Network {
    /// The streams between all nations of a scenario: each pair, each way, each lane.
    pub fn new(scenario: &Scenario, seed: u64) -> Network {
        let mut streams = BTreeMap::new();
        for link in &scenario.links {
            for lane in Lane::ALL {
                let id = LinkId(streams.len() as u64 + 1);
                let (from, to) = (link.from, link.to);
                streams.insert(
                    id,
                    Stream {
                        link: id,
                        from,
                        to,
                        lane,
                        random: Random::stream(seed, &format!("stream {from} {to} {lane}")),
                        delay_s: link.delay_s,
                        jitter_s: link.jitter_s,
                        loss: link.loss,
                        last_ns: [0, 0],
                    },
                );
            }
        }
        Network { streams }
    }

    /// All streams.
    pub fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.streams.values()
    }

    /// A frame leaves `sender` on `link` at `now_ns`: who gets it, and when. `None` for a link that is not there.
    pub fn carry(&mut self, link: LinkId, sender: Nation, now_ns: u64) -> Option<(Nation, u64)> {
        let stream = self.streams.get_mut(&link)?;
        let (receiver, way) = if sender == stream.from { (stream.to, 0) } else { (stream.from, 1) };
        let mut delay_s = stream.delay_s + stream.random.between(0.0, stream.jitter_s);
        while stream.random.chance(stream.loss) {
            delay_s += RETRANSMISSION_S;
        }
        let arrives_ns = (now_ns + (delay_s * 1e9) as u64).max(stream.last_ns[way]);
        stream.last_ns[way] = arrives_ns;
        Some((receiver, arrives_ns))
    }
}
