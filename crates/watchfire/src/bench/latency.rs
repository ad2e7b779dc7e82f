//! From a sensor's plot to the page of a partner: three node processes on loopback, plots written to their sensor
//! feeds at their times, and each console's event stream read as a page reads it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use node::shell::clock::posix_ns;
use physics::time::Tai;
use serde::Deserialize;
use sim::scenario::Scenario;
use statement::Nation;
use tokio::sync::mpsc;

use super::Figure;
use super::stage::{Stage, ask};
use crate::built_in;
use crate::demo::folder::ClockSetting;
use crate::demo::player::Feed;
use crate::problem::Problem;

const SEED: u64 = 1;
/// The minute of the scenario that is played: all three nations see the missile, and at its end it warns everywhere.
const FROM_S: f64 = 200.0;
const TO_S: f64 = 250.0;
/// For nodes to start and links to stand before the first plot.
const LEAD: Duration = Duration::from_secs(3);
/// After the last plot, pages have this long to show it.
const LINGER: Duration = Duration::from_secs(1);
/// A view gives its time in milliseconds: a track's time is known to so much, nanoseconds.
const MATCH_NS: i64 = 2_000_000;
/// Fewer pairs than this prove nothing.
const PAIRS_MIN: usize = 200;

/// The part of a view that is looked at.
#[derive(Deserialize)]
struct View {
    now: String,
    tracks: Vec<Track>,
}

#[derive(Deserialize)]
struct Track {
    origin: Nation,
    age_s: f64,
}

/// A partner's track at a time, as a page first had it.
struct Shown {
    page: Nation,
    origin: Nation,
    time: Tai,
    at: Instant,
}

/// Plays, reads and compares.
pub fn run() -> Result<Vec<Figure>, Problem> {
    let runtime = tokio::runtime::Runtime::new().map_err(Problem::failed)?;
    let mut delays_ms = runtime.block_on(async {
        let scenario = built_in::scenario("2022-10-04")?;
        let started_posix_ns = posix_ns() + LEAD.as_nanos() as i64 - (FROM_S * 1e9) as i64;
        let stage = Stage::raise(&scenario, &ClockSetting { started_posix_ns, speed: 1.0 }).await?;
        let (shown, mut pages) = mpsc::unbounded_channel();
        for (&nation, &console) in &stage.consoles {
            tokio::spawn(read_page(nation, console, shown.clone()));
        }
        drop(shown);
        let written = play(&scenario, &stage, started_posix_ns).await;
        tokio::time::sleep(LINGER).await;
        stage.strike().await;
        let mut first: BTreeMap<(Nation, Nation, Tai), f64> = BTreeMap::new();
        while let Some(shown) = pages.recv().await {
            let plots = written.get(&shown.origin).map_or(&[][..], Vec::as_slice);
            if let Some((time, at)) = plots.iter().find(|(time, _)| (time.0 - shown.time.0).abs() <= MATCH_NS)
            {
                let delay_ms = shown.at.saturating_duration_since(*at).as_secs_f64() * 1e3;
                first.entry((shown.page, shown.origin, *time)).or_insert(delay_ms);
            }
        }
        Ok::<_, Problem>(first.into_values().collect::<Vec<f64>>())
    })?;
    if delays_ms.len() < PAIRS_MIN {
        let what =
            format!("only {} plots were seen on partners' pages; expected {PAIRS_MIN}", delays_ms.len());
        return Err(Problem::failed(what));
    }
    delays_ms.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        delays_ms[((delays_ms.len() as f64 * share).ceil() as usize).clamp(1, delays_ms.len()) - 1]
    };
    let figure = |name: String, goal, measured| Figure {
        name,
        goal,
        measured,
        unit: "ms".into(),
        higher_is_better: false,
    };
    Ok(vec![
        figure(format!("plot to a partner's page, p99 of {}", delays_ms.len()), Some(100.0), quantile(0.99)),
        figure("plot to a partner's page, median".into(), None, quantile(0.5)),
    ])
}

/// Writes the sensors' plots at their times. When each was about to be written, by nation.
async fn play(
    scenario: &Scenario,
    stage: &Stage,
    started_posix_ns: i64,
) -> BTreeMap<Nation, Vec<(Tai, Instant)>> {
    let mut feeds: BTreeMap<Nation, Feed> =
        stage.sensor_feeds.iter().map(|(&nation, &address)| (nation, Feed::to(address))).collect();
    let mut written: BTreeMap<Nation, Vec<(Tai, Instant)>> = BTreeMap::new();
    let minute = scenario.observations(SEED).skip_while(|observed| observed.time_s < FROM_S);
    for observed in minute.take_while(|observed| observed.time_s < TO_S) {
        let wait_ns = started_posix_ns + (observed.time_s * 1e9) as i64 - posix_ns();
        tokio::time::sleep(Duration::from_nanos(wait_ns.max(0) as u64)).await;
        let Some(feed) = feeds.get_mut(&observed.nation) else { continue };
        let at = Instant::now();
        written.entry(observed.nation).or_default().extend(observed.plots.iter().map(|plot| (plot.time, at)));
        feed.write_plots(&observed.plots, scenario.start).await;
    }
    written
}

/// Reads a console's events until the node ends.
async fn read_page(page: Nation, console: SocketAddr, shown: mpsc::UnboundedSender<Shown>) {
    let Ok(mut lines) = ask(console, "/api/events").await else { return };
    while let Ok(Some(line)) = lines.next_line().await {
        let at = Instant::now();
        let Some(view) = line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<View>(data).ok())
        else {
            continue;
        };
        let Ok(now) = Tai::from_utc(&view.now) else { continue };
        for track in view.tracks.iter().filter(|track| track.origin != page) {
            let time = now.plus_s(-track.age_s);
            let _ = shown.send(Shown { page, origin: track.origin, time, at });
        }
    }
}
