//! Takes links from peers. Handshakes run beside each other, each with a time limit: a peer that stalls holds up
//! nobody.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use exchange::wire::Frame;
use rustls::pki_types::UnixTime;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic::{Request, Response, Status, Streaming};

use crate::grpc::link_server::{Link, LinkServer};
use crate::identity::KEY_EXCHANGE;
use crate::link::{Event, Shared, Side, one_line};

/// To shake hands.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Handshakes at one time, whoever they are from.
const HANDSHAKES_MAX: usize = 64;
/// Links of one peer at one time: two lanes, and as many that are about to be noticed as dead.
const LINKS_PER_PEER_MAX: usize = 6;

pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    let (ready, connections) = mpsc::channel::<Result<Connection, std::io::Error>>(16);
    let mut stop = shared.stop.clone();
    tokio::spawn(accept(shared.clone(), listener, ready));
    let service = LinkServer::new(Service { shared, open: Arc::default() })
        .max_decoding_message_size(exchange::limits::FRAME_BYTES_MAX);
    let stopped = async move {
        let _ = stop.changed().await;
    };
    let served = Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(2)))
        .http2_keepalive_timeout(Some(Duration::from_secs(2)))
        .initial_stream_window_size(1024 * 1024)
        .add_service(service)
        .serve_with_incoming_shutdown(ReceiverStream::new(connections), stopped)
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the gateway's server ended");
    }
}

async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    ready: mpsc::Sender<Result<Connection, std::io::Error>>,
) {
    let acceptor = tokio_rustls::TlsAcceptor::from(shared.identity.server());
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    let mut stop = shared.stop.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        let Ok((tcp, address)) = accepted else {
            // Out of file descriptors, most likely: wait for some to come back.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(permit) = handshakes.clone().try_acquire_owned() else { continue };
        let (shared, acceptor, ready) = (shared.clone(), acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            let recognised = recognise(&shared, acceptor, tcp).await;
            drop(permit);
            match recognised {
                Ok(connection) => drop(ready.send(Ok(connection)).await),
                Err(reason) => {
                    drop(shared.events.send(Event::Refused { who: address.ip().to_string(), reason }).await)
                }
            }
        });
    }
}

async fn recognise(
    shared: &Shared,
    acceptor: tokio_rustls::TlsAcceptor,
    tcp: TcpStream,
) -> Result<Connection, String> {
    tcp.set_nodelay(true).map_err(|error| error.to_string())?;
    let tls = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(tcp))
        .await
        .map_err(|_| format!("the TLS handshake took longer than {} s", HANDSHAKE_TIMEOUT.as_secs()))?
        .map_err(|error| format!("TLS: {}", one_line(&error.to_string())))?;
    let session = tls.get_ref().1;
    if session.negotiated_key_exchange_group().map(|group| group.name()) != Some(KEY_EXCHANGE) {
        return Err("TLS: the key exchange is not X25519MLKEM768".into());
    }
    let chain = session.peer_certificates().unwrap_or_default();
    let nation = shared
        .identity
        .nation_of(chain, UnixTime::now())
        .ok_or("its certificate is of no member's authority")?;
    Ok(Connection { tls, nation })
}

/// An accepted connection with a recognised peer.
struct Connection {
    tls: TlsStream<TcpStream>,
    nation: String,
}

#[derive(Clone)]
struct PeerName(String);

impl Connected for Connection {
    type ConnectInfo = PeerName;
    fn connect_info(&self) -> PeerName {
        PeerName(self.nation.clone())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.tls).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(context)
    }
}

struct Service {
    shared: Arc<Shared>,
    open: Arc<Mutex<BTreeMap<String, usize>>>,
}

#[tonic::async_trait]
impl Link for Service {
    type LaneStream = Pin<Box<dyn tokio_stream::Stream<Item = Result<Frame, Status>> + Send>>;

    async fn lane(&self, request: Request<Streaming<Frame>>) -> Result<Response<Self::LaneStream>, Status> {
        let Some(PeerName(nation)) = request.extensions().get::<PeerName>().cloned() else {
            return Err(Status::unauthenticated("no recognised peer"));
        };
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let count = open.entry(nation.clone()).or_default();
            if *count >= LINKS_PER_PEER_MAX {
                return Err(Status::resource_exhausted("too many links of this peer"));
            }
            *count += 1;
        }
        let (link, frames) = self.shared.register();
        let (shared, open) = (self.shared.clone(), self.open.clone());
        tokio::spawn(async move {
            shared.carry(link, nation.clone(), Side::Accepted, request.into_inner()).await;
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = open.get_mut(&nation) {
                *count = count.saturating_sub(1);
            }
        });
        let frames = tokio_stream::StreamExt::map(ReceiverStream::new(frames), Ok);
        Ok(Response::new(Box::pin(frames)))
    }
}
