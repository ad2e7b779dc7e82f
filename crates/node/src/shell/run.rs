//! One node as a process: gateway, sensor feed and console around the driver's stages.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exchange::{KeySeeds, PersonKey, RootPublic, Seed, SoftKeys, open_roster};
use formats::read_sensors;
use gateway::{Event, Gateway, LinkId, Peer, Side};
use statement::{Lane, Nation};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::driver::{Arrival, Driver, Emission, Stop};
use crate::input::{Identity, Milestone};
use crate::journal::{Journal, Snapshot};
use crate::listing::Listing;
use crate::replay::{Replayer, Signatures, head};
use crate::row::{FORMAT, Head};
use crate::shell::clock::Clock;
use crate::shell::config::{Config, ConfigError, read, read_text, wrong};
use crate::shell::console::{self, ActRequest, Desk};
use crate::shell::sensors::{self, Meaning};
use crate::shell::sqlite::SqliteJournal;
use crate::shell::view::ViewBuilder;

/// What arrives within this time of the first goes into one turn.
const GATHER_FOR: Duration = Duration::from_millis(2);
/// At most so many at once.
const GATHER_MAX: usize = 512;
/// A snapshot after so many rows.
const SNAPSHOT_EVERY_ROWS: u64 = 1_000;
/// The console is shown a change at most so often, and anything at least so often.
const SHOW_EVERY: Duration = Duration::from_millis(50);
const SHOW_AT_LEAST_EVERY: Duration = Duration::from_secs(1);
/// Arrivals that wait for the driver; what is beyond waits at its socket.
const ARRIVALS_MAX: usize = 1_024;

/// Why a node could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A socket.
    #[error("{address}: {what}")]
    Socket {
        /// Which.
        address: String,
        /// Why not.
        what: String,
    },
    /// The journal does not lead back to the node.
    #[error("{file}: {error}")]
    Recover {
        /// The journal.
        file: String,
        /// Why not.
        error: crate::replay::ReplayError,
    },
    /// The journal cannot be opened.
    #[error(transparent)]
    Open(crate::journal::JournalError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] crate::journal::JournalError),
    /// The driver stopped.
    #[error("the node stops, and signs nothing more: {0}")]
    Stopped(#[from] Stop),
}

/// What the node tells whoever started it.
#[derive(Debug)]
pub enum Told<'a> {
    /// It runs: the console's address.
    Ready {
        /// Where people look.
        console: String,
        /// How long recovery took.
        recovered: Duration,
        /// Rows that the journal held.
        rows: u64,
    },
    /// Something that people wait for.
    Milestone(&'a Milestone),
}

/// Runs one node until `stop` resolves.
pub async fn run(
    config_file: &Path,
    stop: impl Future<Output = ()>,
    mut tell: impl FnMut(Told<'_>),
) -> Result<(), RunError> {
    let started = Instant::now();
    let config = Config::load(config_file)?;
    let clock = Clock::new(config.clock.as_ref(), config.clock_bound_ms)
        .map_err(|error| wrong(config_file, error))?;
    let keys = load_keys(&config.keys)?;
    let officer = config.officer_key.as_deref().map(load_officer).transpose()?;
    let root: RootPublic = load_json(&config.root)?;
    let roster = open_roster(&read(&config.roster)?, &root, &config.realm).map_err(|error| {
        wrong(&config.roster, format!("{error}; expected a roster of realm {}", config.realm))
    })?;
    let Some(member) = roster.member(config.nation) else {
        return Err(wrong(&config.roster, format!("{} is not in the roster", config.nation)).into());
    };
    // What other keys sign, no partner would take.
    let mut with_these_keys = member.clone();
    keys.public().write_to(&mut with_these_keys);
    if with_these_keys != *member {
        let what = format!("expected the keys that the roster knows {} by, found others", config.nation);
        return Err(wrong(&config.keys, what).into());
    }
    let own_name = member.name.clone();
    let policy = read_text(&config.policy)?;
    let nations = roster.members.iter().map(|member| member.nation).collect();
    release::Policy::parse(&config.policy.display().to_string(), &policy, &nations)
        .map_err(|error| wrong(&config.policy, error.what))?;
    let sensor_text = read_text(&config.sensors)?;
    let sensor_file = read_sensors(&config.sensors.display().to_string(), &sensor_text)
        .map_err(|error| wrong(&config.sensors, format!("{}: {}", error.place, error.expected)))?;
    let t0 =
        sensor_file.t0.ok_or_else(|| wrong(&config.sensors, "expected t0_utc, the instant of time_s 0"))?;
    let identity =
        Identity { nation: config.nation, realm: config.realm.clone(), sensors: sensor_file.sensors.clone() };

    // Recovery: everything that was acknowledged is in the journal.
    let mut journal = SqliteJournal::open(&config.journal).map_err(RunError::Open)?;
    let recover_error = |error| RunError::Recover { file: config.journal.display().to_string(), error };
    let first = match head(&journal).map_err(recover_error)? {
        Some(first) => first,
        None => {
            let first = Head { format: FORMAT, build: crate::BUILD.to_owned(), identity: identity.clone() };
            let bytes = first.encode().map_err(|error| wrong(&config.journal, error))?;
            journal.append(&bytes)?;
            first
        }
    };
    if (first.identity.nation, &first.identity.realm) != (config.nation, &config.realm) {
        let what = format!("it is the journal of {} in {}", first.identity.nation, first.identity.realm);
        return Err(wrong(&config.journal, what).into());
    }
    let replayer = Replayer::recover(&journal, &first, root, Signatures::Real).map_err(recover_error)?;
    let rows = journal.len();
    let mut driver = Driver::new(replayer);
    let now = clock.now();
    let state = driver.node().state();
    if state.identity != identity {
        driver.gather(now, Arrival::Identity(identity), &keys, &journal);
    }
    let in_force = driver.node().trust_in_force().map(|trust| trust.roster().version);
    match in_force {
        Some(version) if version > roster.version => {
            let what = format!("version {} is older than version {version} in force", roster.version);
            return Err(wrong(&config.roster, what).into());
        }
        Some(version) if version == roster.version => {}
        _ => driver.gather(now, Arrival::Roster(roster.clone()), &keys, &journal),
    }
    let file = config.policy.display().to_string();
    if driver.node().policy_in_force().1 != policy {
        driver.gather(now, Arrival::Policy { file, text: policy }, &keys, &journal);
    }
    // Before anybody is told that it is up: a signal that nobody waits for ends the process.
    let mut hang_up = signal(SignalKind::hangup())
        .map_err(|error| wrong(config_file, format!("SIGHUP cannot be waited for: {error}")))?;
    for listing in Listing::ALL {
        let (file, text) = config.read_listing(listing)?;
        if !driver.node().knows(listing, &text) {
            driver.gather(now, Arrival::Listing { listing, file, text }, &keys, &journal);
        }
    }
    // The core must know its partners before the first link: their feeds are made by the roster.
    turn(&mut driver, &mut journal, &clock, &keys)?;

    // The edges.
    let (gateway_events, mut from_gateway) = mpsc::channel::<Event>(ARRIVALS_MAX);
    let (arrivals, mut from_edges) = mpsc::channel::<Arrival>(ARRIVALS_MAX);
    let (acts, mut from_console) = mpsc::channel::<ActRequest>(16);
    let peers: Vec<Peer> = roster
        .members
        .iter()
        .map(|member| Peer {
            nation: member.nation.to_string(),
            ca_certificate: member.ca_certificate.clone(),
            addresses: member.addresses.clone(),
        })
        .collect();
    let tls = load_tls(&config, &peers)?;
    let gateway = Gateway::start(
        tls,
        config.nation.as_str(),
        &peers,
        &[Lane::Warning.as_str(), Lane::Picture.as_str()],
        bind(config.listen).await?,
        gateway_events,
    )
    .map_err(|error| RunError::Socket { address: config.listen.to_string(), what: error.to_string() })?;
    let meaning = Arc::new(Meaning { t0, sensors: sensor_file.sensors });
    let sensor_task = tokio::spawn(sensors::serve(bind(config.sensor_feed).await?, meaning, arrivals));
    let mut views = ViewBuilder::new(&config, own_name, clock.speed());
    let desk = Desk::new(&config, officer, acts, views.first(&driver, clock.now()));
    let console_task = tokio::spawn(console::serve(bind(config.console).await?, desk.clone()));
    tell(Told::Ready {
        console: format!("http://{}.localhost:{}/", config.nation, config.console.port()),
        recovered: started.elapsed(),
        rows,
    });

    let mut shown = Instant::now();
    let mut dirty = true;
    let mut snapshot_at = journal.len() + SNAPSHOT_EVERY_ROWS;
    let mut answers: Vec<ActRequest> = Vec::new();
    tokio::pin!(stop);
    loop {
        // Gather: sleep until something comes or is due, then take what comes within 2 ms.
        let wake = next_wake(&driver, &clock, shown, dirty);
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(act) = from_console.recv() => take_act(act, &mut driver, &clock, &keys, &journal, &mut answers),
            Some(arrival) = from_edges.recv() => driver.gather(clock.now(), arrival, &keys, &journal),
            Some(event) = from_gateway.recv() => take_event(event, &mut driver, &clock, &keys, &journal),
            Some(()) = hang_up.recv() => read_listings(&config, &mut driver, &clock, &keys, &journal),
            () = tokio::time::sleep(wake) => driver.wake(clock.now(), &keys, &journal),
        }
        let since = Instant::now();
        for _ in 0..GATHER_MAX {
            if since.elapsed() > GATHER_FOR {
                break;
            }
            if let Ok(act) = from_console.try_recv() {
                take_act(act, &mut driver, &clock, &keys, &journal, &mut answers);
            } else if let Ok(event) = from_gateway.try_recv() {
                take_event(event, &mut driver, &clock, &keys, &journal);
            } else if let Ok(arrival) = from_edges.try_recv() {
                driver.gather(clock.now(), arrival, &keys, &journal);
            } else {
                break;
            }
        }
        // Step, seal, commit.
        dirty |= turn(&mut driver, &mut journal, &clock, &keys)?;
        // Emit.
        for emission in driver.emissions() {
            match emission {
                Emission::Send(link, frame) => {
                    gateway.send(link, *frame);
                }
                Emission::Close(link) => gateway.close(link),
                Emission::Show(milestone) => tell(Told::Milestone(&milestone)),
            }
        }
        for request in answers.drain(..) {
            request.answer(driver.node());
        }
        if (dirty && shown.elapsed() >= SHOW_EVERY) || shown.elapsed() >= SHOW_AT_LEAST_EVERY {
            desk.show(views.next(&driver, clock.now()));
            shown = Instant::now();
            dirty = false;
        }
        if journal.len() >= snapshot_at {
            snapshot_at = journal.len() + SNAPSHOT_EVERY_ROWS;
            if let Ok(bytes) = driver.node().snapshot() {
                journal.keep_snapshot(&Snapshot { row: journal.len() - 1, bytes })?;
            }
        }
    }
    sensor_task.abort();
    console_task.abort();
    drop(gateway);
    Ok(())
}

/// Step, seal, commit; what may be emitted then waits in the driver. Returns whether anything happened.
fn turn(
    driver: &mut Driver,
    journal: &mut SqliteJournal,
    clock: &Clock,
    keys: &SoftKeys,
) -> Result<bool, RunError> {
    let Some(bytes) = driver.turn(clock.now(), keys)? else { return Ok(false) };
    let row = journal.append(&bytes)?;
    driver.committed(clock.now(), row, keys, journal);
    Ok(true)
}

/// Reads catalogue and notices again. A bad file is named, to the log and to the console, and what was known stays.
fn read_listings(
    config: &Config,
    driver: &mut Driver,
    clock: &Clock,
    keys: &SoftKeys,
    journal: &dyn Journal,
) {
    for listing in Listing::ALL {
        let arrival = match config.read_listing(listing) {
            Ok((_, text)) if driver.node().knows(listing, &text) => continue,
            Ok((file, text)) => {
                tracing::info!(listing = listing.as_str(), file, "read again");
                Arrival::Listing { listing, file, text }
            }
            Err(error) => {
                tracing::warn!(listing = listing.as_str(), %error, "the one in force stays");
                Arrival::Refused { who: listing.as_str().to_owned(), reason: error.to_string() }
            }
        };
        driver.gather(clock.now(), arrival, keys, journal);
    }
}

fn next_wake(driver: &Driver, clock: &Clock, shown: Instant, dirty: bool) -> Duration {
    let now = clock.now();
    if driver.has_work(now) {
        return Duration::ZERO;
    }
    let session_ns = driver.next_deadline().map(|deadline| deadline.saturating_sub(now.mono_ns));
    let tick_ns = driver.next_tick().map(|tick| clock.until_ns(tick));
    let show_every = if dirty { SHOW_EVERY } else { SHOW_AT_LEAST_EVERY };
    let show_ns = show_every.saturating_sub(shown.elapsed()).as_nanos() as u64;
    let wake_ns = session_ns.into_iter().chain(tick_ns).chain([show_ns]).min().unwrap_or(show_ns);
    Duration::from_nanos(wake_ns)
}

fn take_act(
    request: ActRequest,
    driver: &mut Driver,
    clock: &Clock,
    keys: &SoftKeys,
    journal: &dyn Journal,
    answers: &mut Vec<ActRequest>,
) {
    let request = request.expecting(driver.node());
    driver.gather(clock.now(), Arrival::Act(request.proof.clone(), request.act.clone()), keys, journal);
    answers.push(request);
}

fn take_event(event: Event, driver: &mut Driver, clock: &Clock, keys: &SoftKeys, journal: &dyn Journal) {
    let arrival = match event {
        Event::Opened { link, peer, side } => match opened(link, &peer, side) {
            Some(arrival) => arrival,
            None => return,
        },
        Event::Frame { link, frame } => Arrival::Frame { link, frame },
        Event::Closed { link, reason } => {
            tracing::info!(link = link.0, reason, "link closed");
            Arrival::Closed { link }
        }
        Event::Refused { who, reason } => Arrival::Refused { who, reason },
    };
    driver.gather(clock.now(), arrival, keys, journal);
}

fn opened(link: LinkId, peer: &str, side: Side) -> Option<Arrival> {
    let peer: Nation = peer.parse().ok()?;
    let dialled = match side {
        Side::Dialled(name) => Some(Lane::ALL.into_iter().find(|lane| lane.as_str() == name)?),
        Side::Accepted => None,
    };
    Some(Arrival::Opened { link, peer, dialled })
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(address).await.map_err(|error| {
        let what = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "this port is taken by another process; choose another".to_owned()
            }
            _ => error.to_string(),
        };
        RunError::Socket { address: address.to_string(), what }
    })
}

fn load_json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, ConfigError> {
    serde_json::from_slice(&read(file)?)
        .map_err(|error| wrong(file, format!("line {}: {error}", error.line())))
}

fn load_keys(file: &Path) -> Result<SoftKeys, ConfigError> {
    SoftKeys::from_seeds(&load_json::<KeySeeds>(file)?).map_err(|error| wrong(file, error))
}

fn load_officer(file: &Path) -> Result<(String, PersonKey), ConfigError> {
    let (actor, seed): (String, Seed) = load_json(file)?;
    Ok((actor, PersonKey::from_seed(&seed).map_err(|error| wrong(file, error))?))
}

fn load_tls(config: &Config, peers: &[Peer]) -> Result<gateway::Identity, ConfigError> {
    let (chain, key) = gateway::read_pem(&read(&config.certificate)?, &read(&config.certificate_key)?)
        .map_err(|error| wrong(&config.certificate, error))?;
    gateway::Identity::new(&config.realm.slug(), chain, key, peers).map_err(|error| match error {
        gateway::IdentityError::Own(_) => wrong(&config.certificate, error),
        gateway::IdentityError::Peer { .. } => wrong(&config.roster, error),
    })
}
