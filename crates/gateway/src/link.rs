//! Links: streams of frames to and from one peer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use exchange::wire::Frame;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;

use crate::identity::{Identity, Peer};
use crate::limit::TokenBucket;
use crate::{dial, serve};

/// Frames on their way out of one link. The session's window is smaller: a full queue means a dead peer.
const OUT_FRAMES_MAX: usize = 2_048;

/// One link, named for as long as this process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Who opened a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// We did, for the lane of this name.
    Dialled(&'static str),
    /// The peer did.
    Accepted,
}

/// What happens at the edge.
#[derive(Debug)]
pub enum Event {
    /// A link with a recognised peer. Not a session yet: only an answered Hello is.
    Opened {
        /// Its name.
        link: LinkId,
        /// Three letters.
        peer: String,
        /// Who opened it.
        side: Side,
    },
    /// A frame came.
    Frame {
        /// From which link.
        link: LinkId,
        /// What.
        frame: Box<Frame>,
    },
    /// A link ended.
    Closed {
        /// Which.
        link: LinkId,
        /// Why, in one sentence.
        reason: String,
    },
    /// Somebody was turned away, or could not be reached.
    Refused {
        /// A nation or an address.
        who: String,
        /// Why, in one sentence.
        reason: String,
    },
}

pub(crate) struct Shared {
    pub identity: Identity,
    pub events: mpsc::Sender<Event>,
    links: Mutex<BTreeMap<LinkId, mpsc::Sender<Frame>>>,
    next: AtomicU64,
    pub stop: watch::Receiver<bool>,
}

impl Shared {
    pub fn register(&self) -> (LinkId, mpsc::Receiver<Frame>) {
        let link = LinkId(self.next.fetch_add(1, Ordering::Relaxed));
        let (sender, receiver) = mpsc::channel(OUT_FRAMES_MAX);
        self.links.lock().unwrap_or_else(PoisonError::into_inner).insert(link, sender);
        (link, receiver)
    }

    /// Carries a peer's frames in until the link ends, no faster than its bucket fills.
    pub async fn carry(
        self: Arc<Self>,
        link: LinkId,
        peer: String,
        side: Side,
        mut frames: tonic::Streaming<Frame>,
    ) {
        let mut stop = self.stop.clone();
        let mut reason = "the peer closed it".to_owned();
        if self.events.send(Event::Opened { link, peer, side }).await.is_ok() {
            let mut bucket = TokenBucket::new(std::time::Instant::now());
            loop {
                let next = tokio::select! {
                    next = frames.next() => next,
                    () = self.closed(link) => { reason = "we closed it".into(); break }
                    _ = stop.changed() => { reason = "this node stops".into(); break }
                };
                let frame = match next {
                    Some(Ok(frame)) => Box::new(frame),
                    Some(Err(status)) => {
                        reason = one_line(status.message());
                        break;
                    }
                    None => break,
                };
                if let Some(wait_s) = bucket.take(std::time::Instant::now()) {
                    tokio::time::sleep(std::time::Duration::from_secs_f64(wait_s)).await;
                }
                if self.events.send(Event::Frame { link, frame }).await.is_err() {
                    break;
                }
            }
        }
        self.links.lock().unwrap_or_else(PoisonError::into_inner).remove(&link);
        let _ = self.events.send(Event::Closed { link, reason }).await;
    }

    async fn closed(&self, link: LinkId) {
        let sender =
            self.links.lock().unwrap_or_else(PoisonError::into_inner).get(&link).map(mpsc::Sender::downgrade);
        // Wakes up twice a second: a link that we close is not urgent.
        while sender.as_ref().is_some_and(|sender| sender.upgrade().is_some())
            && self.links.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&link)
        {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    }
}

/// The edge of one node. Dropping it ends every link and frees the port.
pub struct Gateway {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    address: SocketAddr,
}

impl Gateway {
    /// Takes links at `listener` and dials every peer but `own`, once for each of `lanes`, again and again until it
    /// answers. What happens is told to `events`.
    pub fn start(
        identity: Identity,
        own: &str,
        peers: &[Peer],
        lanes: &[&'static str],
        listener: TcpListener,
        events: mpsc::Sender<Event>,
    ) -> std::io::Result<Gateway> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            identity,
            events,
            links: Mutex::new(BTreeMap::new()),
            next: AtomicU64::new(1),
            stop: stopped,
        });
        tokio::spawn(serve::serve(shared.clone(), listener));
        for peer in peers.iter().filter(|peer| peer.nation != own) {
            for &lane in lanes {
                tokio::spawn(dial::keep_dialling(shared.clone(), peer.clone(), lane));
            }
        }
        Ok(Gateway { shared, stop, address })
    }

    /// Where it takes links.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a frame. `false` where the link has ended or its queue is full: then it is closed.
    pub fn send(&self, link: LinkId, frame: Frame) -> bool {
        let mut links = self.shared.links.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = links.get(&link).is_some_and(|sender| sender.try_send(frame).is_ok());
        if !sent {
            links.remove(&link);
        }
        sent
    }

    /// Ends a link after the frames that are on their way.
    pub fn close(&self, link: LinkId) {
        self.shared.links.lock().unwrap_or_else(PoisonError::into_inner).remove(&link);
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

/// A sentence from outside in one line, without what a terminal would act on.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect()
}
