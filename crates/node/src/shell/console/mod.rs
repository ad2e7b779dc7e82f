//! The console's server: one nation's people, this machine only, under a strict content-security policy.

mod files;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use exchange::PersonKey;
use serde::Deserialize;
use statement::{Nation, Realm};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::WatchStream;

use crate::input::{Act, Proof};
use crate::node::Node;
use crate::shell::config::Config;
use crate::shell::view::model::View;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; \
     font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The header that carries the token of the view back with each act.
const CSRF_HEADER: &str = "x-watchfire-csrf";

/// An act takes at most this long to be journalled.
const ACT_TIMEOUT: Duration = Duration::from_secs(5);

/// A person's act on its way through the driver.
pub struct ActRequest {
    /// Who, and the proof.
    pub proof: Proof,
    /// What.
    pub act: Act,
    answer: oneshot::Sender<Result<String, String>>,
    expected_id: String,
    refusals_before: u64,
}

impl ActRequest {
    /// Notes what the node will call the act, if it accepts it.
    pub fn expecting(mut self, node: &Node) -> ActRequest {
        self.expected_id = node.state().said.next_acknowledge_id();
        self.refusals_before = refusals(node, &self.proof.actor);
        self
    }

    /// Answers the person: the act is journalled, or was refused.
    pub fn answer(self, node: &Node) {
        let done = if node.state().said.next_acknowledge_id() != self.expected_id {
            Ok(self.expected_id)
        } else if refusals(node, &self.proof.actor) > self.refusals_before {
            let known = node.state().refusals.iter().filter(|refused| refused.who == self.proof.actor);
            Err(known
                .max_by_key(|refused| refused.last)
                .map_or_else(String::new, |refused| refused.reason.clone()))
        } else {
            Err("policy releases no acknowledgement to anybody".into())
        };
        let _ = self.answer.send(done);
    }
}

fn refusals(node: &Node, who: &str) -> u64 {
    node.state().refusals.iter().filter(|refused| refused.who == who).map(|refused| refused.count).sum()
}

/// The newest view as it goes to browsers.
#[derive(Clone)]
struct Shown {
    seq: u64,
    json: Arc<str>,
}

/// What the server serves from.
pub struct Desk {
    nation: Nation,
    realm: Realm,
    port: u16,
    csrf: String,
    officer: Option<(String, PersonKey)>,
    acts: mpsc::Sender<ActRequest>,
    views: watch::Sender<Shown>,
}

impl Desk {
    /// A desk that shows `first`; acts go to `acts`.
    pub fn new(
        config: &Config,
        officer: Option<(String, PersonKey)>,
        acts: mpsc::Sender<ActRequest>,
        first: View,
    ) -> Arc<Desk> {
        let csrf = first.csrf.clone();
        let (views, _) = watch::channel(encode(&first));
        let (nation, realm, port) = (config.nation, config.realm.clone(), config.console.port());
        Arc::new(Desk { nation, realm, port, csrf, officer, acts, views })
    }

    /// Shows a view to every browser.
    pub fn show(&self, view: View) {
        self.views.send_replace(encode(&view));
    }

    /// The names that this console answers to.
    fn names(&self) -> [String; 3] {
        [format!("{}.localhost", self.nation), "localhost".to_owned(), "127.0.0.1".to_owned()]
    }

    /// Whether `origin` is a page of this console itself.
    fn is_own_origin(&self, origin: &str) -> bool {
        self.names().iter().any(|name| origin == format!("http://{name}:{}", self.port))
    }

    fn cookie_name(&self) -> String {
        format!("watchfire-{}-{}", self.realm.slug(), self.nation)
    }
}

fn encode(view: &View) -> Shown {
    Shown { seq: view.seq, json: serde_json::to_string(view).unwrap_or_default().into() }
}

/// Serves the console at `listener` until the process ends.
pub async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    let router = Router::new()
        .route("/api/view", get(view))
        .route("/api/events", get(events))
        .route("/api/act", post(act))
        .route("/", get(index))
        .route("/{*path}", get(file))
        .layer(middleware::from_fn_with_state(desk.clone(), guard))
        .with_state(desk);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the console's server ended");
    }
}

/// Only this machine's own names, and the headers of a page that must not be framed, cached or fed from elsewhere.
async fn guard(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.strip_suffix(&format!(":{}", desk.port)).unwrap_or(host);
    // A page elsewhere whose name is made to point here (DNS rebinding) comes with its own host.
    if !desk.names().iter().any(|known| known == name) {
        return refuse(StatusCode::MISDIRECTED_REQUEST, "this console is served as NATION.localhost only");
    }
    let mut response = next.run(request).await;
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

async fn index(State(desk): State<Arc<Desk>>) -> Response {
    with_cookie(files::response("index.html"), &desk)
}

/// Sets the session's cookie; the stream of views does so too, so that a page that stays open over a restart of the
/// node can go on acting.
fn with_cookie(mut response: Response, desk: &Desk) -> Response {
    // The realm is part of the cookie's name: an exercise's is of no use in the live realm, whatever the port.
    let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", desk.cookie_name(), desk.csrf);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn file(Path(path): Path<String>) -> Response {
    files::response(&path)
}

async fn view(State(desk): State<Arc<Desk>>) -> Response {
    let json = desk.views.borrow().json.to_string();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
}

/// Server-sent events: the newest view at once, unless `Last-Event-ID` names it already, and every later one.
async fn events(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let last: Option<u64> =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let stream = WatchStream::new(desk.views.subscribe())
        .filter(move |shown| last != Some(shown.seq))
        .map(|shown| format!("id: {}\nevent: view\ndata: {}\n\n", shown.seq, shown.json))
        .map(|text| Ok::<_, std::convert::Infallible>(Bytes::from(text)));
    // Browsers come back after this many milliseconds.
    let hello = tokio_stream::once(Ok(Bytes::from_static(b"retry: 500\n\n")));
    let body = Body::from_stream(hello.chain(stream));
    let streamed = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    with_cookie((streamed, body).into_response(), &desk)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActBody {
    act: String,
    event_id: String,
    shown_digest: String,
}

async fn act(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let sent =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    // Browsers say with each act which page it is from; other programs of this desk need not.
    if headers.contains_key(header::ORIGIN) && !desk.is_own_origin(&sent("origin")) {
        return refuse(StatusCode::FORBIDDEN, "the act is from a page that is not this console's");
    }
    let cookie = format!("{}={}", desk.cookie_name(), desk.csrf);
    let has_cookie = sent("cookie").split(';').any(|one| one.trim() == cookie);
    if desk.csrf.is_empty() || sent(CSRF_HEADER) != desk.csrf || !has_cookie {
        return refuse(
            StatusCode::FORBIDDEN,
            "the page is of another session of this console; load it again",
        );
    }
    let Some((actor, key)) = &desk.officer else {
        return refuse(
            StatusCode::FORBIDDEN,
            "people sign with their own keys in this realm; none is at this desk",
        );
    };
    let Ok(body) = serde_json::from_slice::<ActBody>(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "expected {act, event_id, shown_digest}");
    };
    let mut shown_digest = [0; 32];
    if body.act != "acknowledge" || hex::decode_to_slice(&body.shown_digest, &mut shown_digest).is_err() {
        return refuse(
            StatusCode::BAD_REQUEST,
            "expected act `acknowledge` and a shown_digest of 64 hex digits",
        );
    }
    let act = Act::Acknowledge { event_id: body.event_id, shown_digest };
    let signature = key.sign(&act.to_be_signed(&desk.realm, desk.nation));
    let proof = Proof { actor: actor.clone(), key: key.public(), signature };
    let (answer, answered) = oneshot::channel();
    let request = ActRequest { proof, act, answer, expected_id: String::new(), refusals_before: 0 };
    if desk.acts.send(request).await.is_err() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "the node is stopping");
    }
    match tokio::time::timeout(ACT_TIMEOUT, answered).await {
        Ok(Ok(Ok(acknowledge_id))) => {
            axum::Json(serde_json::json!({ "acknowledge_id": acknowledge_id })).into_response()
        }
        Ok(Ok(Err(reason))) => refuse(StatusCode::CONFLICT, &reason),
        _ => refuse(StatusCode::SERVICE_UNAVAILABLE, "the node did not answer in 5 s"),
    }
}

fn refuse(status: StatusCode, reason: &str) -> Response {
    (status, axum::Json(serde_json::json!({ "error": reason }))).into_response()
}
