//! Dials a peer, and again where it fails.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Endpoint, Uri};

use crate::grpc::link_client::LinkClient;
use crate::identity::{KEY_EXCHANGE, Peer};
use crate::link::{Event, Shared, Side, one_line};

/// To connect and to shake hands, each.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between attempts: the first, then doubling up to the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(1);

/// So many attempts in a row (some 2 s) find nobody there before it is told.
const PATIENCE: u32 = 5;

/// Why a dial came to nothing.
enum Failed {
    /// Nothing listens at the address.
    NobodyThere(String),
    /// Somebody does, and it went wrong.
    Refused(String),
}

impl From<String> for Failed {
    fn from(reason: String) -> Failed {
        Failed::Refused(reason)
    }
}

pub(crate) async fn keep_dialling(shared: Arc<Shared>, peer: Peer, lane: &'static str) {
    let mut retry = RETRY_FIRST;
    let mut told = String::new();
    let mut absent = 0;
    let mut stop = shared.stop.clone();
    for attempt in 0.. {
        let Some(address) = peer.addresses.get(attempt % peer.addresses.len().max(1)) else { return };
        match dial(&shared, &peer.nation, address).await {
            Ok(mut client) => {
                (retry, told, absent) = (RETRY_FIRST, String::new(), 0);
                let (link, frames) = shared.register();
                match client.lane(ReceiverStream::new(frames)).await {
                    Ok(answer) => {
                        let frames = answer.into_inner();
                        shared.clone().carry(link, peer.nation.clone(), Side::Dialled(lane), frames).await;
                    }
                    Err(status) => tell(&shared, &peer.nation, &mut told, one_line(status.message())).await,
                }
            }
            // A peer that starts a moment after us is no fault.
            Err(Failed::NobodyThere(_)) if absent < PATIENCE => absent += 1,
            Err(Failed::NobodyThere(reason) | Failed::Refused(reason)) => {
                tell(&shared, &peer.nation, &mut told, format!("{lane} lane to {address}: {reason}")).await
            }
        }
        tokio::select! {
            () = tokio::time::sleep(retry) => retry = (retry * 2).min(RETRY_LAST),
            _ = stop.changed() => return,
        }
        if *stop.borrow() {
            return;
        }
    }
}

/// Says a reason once, not at every attempt.
async fn tell(shared: &Shared, nation: &str, told: &mut String, reason: String) {
    if *told != reason {
        *told = reason.clone();
        let _ = shared.events.send(Event::Refused { who: nation.to_owned(), reason }).await;
    }
}

async fn dial(
    shared: &Shared,
    nation: &str,
    address: &str,
) -> Result<LinkClient<tonic::transport::Channel>, Failed> {
    let no_authority = || Failed::Refused("the roster has no authority for it".into());
    let (config, name) = shared.identity.client(nation).ok_or_else(no_authority)?;
    let timed =
        |what: &'static str| move |_| format!("{what} took longer than {} s", CONNECT_TIMEOUT.as_secs());
    let tcp = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address))
        .await
        .map_err(timed("connecting"))?
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::ConnectionRefused => Failed::NobodyThere("nobody listens there".into()),
            _ => Failed::Refused(one_line(&error.to_string())),
        })?;
    tcp.set_nodelay(true).map_err(|error| error.to_string())?;
    let connector = tokio_rustls::TlsConnector::from(config);
    let tls = tokio::time::timeout(CONNECT_TIMEOUT, connector.connect(name, tcp))
        .await
        .map_err(timed("the TLS handshake"))?
        .map_err(|error| format!("TLS: {}", one_line(&error.to_string())))?;
    if tls.get_ref().1.negotiated_key_exchange_group().map(|group| group.name()) != Some(KEY_EXCHANGE) {
        return Err(Failed::Refused("TLS: the key exchange is not X25519MLKEM768".into()));
    }
    // The stream is made already: the connector hands it over once, and a second attempt is a new dial.
    let stream = std::sync::Mutex::new(Some(hyper_util::rt::TokioIo::new(tls)));
    let channel = Endpoint::from_static("http://peer.invalid")
        .http2_keep_alive_interval(Duration::from_secs(2))
        .keep_alive_timeout(Duration::from_secs(2))
        .keep_alive_while_idle(true)
        .initial_stream_window_size(1024 * 1024)
        .connect_with_connector(tower::service_fn(move |_: Uri| {
            let stream = stream.lock().ok().and_then(|mut stream| stream.take());
            async move { stream.ok_or_else(|| std::io::Error::other("the link ended")) }
        }))
        .await
        .map_err(|error| one_line(&error.to_string()))?;
    Ok(LinkClient::new(channel).max_decoding_message_size(exchange::limits::FRAME_BYTES_MAX))
}
