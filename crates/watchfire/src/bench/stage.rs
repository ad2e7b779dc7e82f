//! Three nodes as real processes, for the benches that need them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sim::scenario::Scenario;
use statement::Nation;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;

use crate::built_in;
use crate::demo::folder::{self, ClockSetting};
use crate::demo::ports::Ports;
use crate::demo::{Heard, Running, start, stop_all};
use crate::problem::Problem;

/// Nodes that are not up by then will not be.
const UP_WITHIN: Duration = Duration::from_secs(30);

/// The nodes of a scenario, with where to reach them.
pub struct Stage {
    nodes: BTreeMap<Nation, Running>,
    folder: PathBuf,
    _ports: Ports,
    /// Where sensors connect.
    pub sensor_feeds: BTreeMap<Nation, SocketAddr>,
    /// Where pages are served.
    pub consoles: BTreeMap<Nation, SocketAddr>,
}

impl Stage {
    /// Makes a folder as the demo does, starts the nodes and waits until each says that it runs.
    pub async fn raise(scenario: &Scenario, clock: &ClockSetting) -> Result<Stage, Problem> {
        let folder = std::env::temp_dir().join(format!("watchfire-bench-{}", std::process::id()));
        // Of an earlier process of this number that was killed.
        let _ = std::fs::remove_dir_all(&folder);
        let mut ports = Ports::default();
        let places = folder::make(&folder, scenario, &built_in::policies(scenario)?, clock, &mut ports)?;
        let sensor_feeds = places.iter().map(|place| (place.nation, place.sensor_feed)).collect();
        let consoles = places.iter().map(|place| (place.nation, place.console)).collect();
        let (heard, mut lines) = tokio::sync::mpsc::channel(1_024);
        let mut stage = Stage { nodes: BTreeMap::new(), folder, _ports: ports, sensor_feeds, consoles };
        for place in places {
            stage.nodes.insert(place.nation, start(place, &heard)?);
        }
        let mut waited = 0;
        while waited < stage.nodes.len() {
            match tokio::time::timeout(UP_WITHIN, lines.recv()).await {
                Ok(Some(Heard::Line(_, line))) if line.contains("\"ready\"") => waited += 1,
                Ok(Some(Heard::Line(..))) => {}
                _ => {
                    stage.strike().await;
                    return Err(Problem::failed("a node does not start"));
                }
            }
        }
        // Their milestones are read on, or the pipe would fill.
        tokio::spawn(async move { while lines.recv().await.is_some() {} });
        Ok(stage)
    }

    /// Stops the nodes and removes their folder.
    pub async fn strike(self) {
        stop_all(self.nodes).await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Asks a console for `path`; the answer's lines after its head. Fails where it is not 200.
pub async fn ask(console: SocketAddr, path: &str) -> std::io::Result<Lines<BufReader<TcpStream>>> {
    let mut stream = TcpStream::connect(console).await?;
    // HTTP/1.0: the body comes as it is, not in chunks.
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).await?;
    let mut lines = BufReader::with_capacity(1 << 20, stream).lines();
    let status = lines.next_line().await?.unwrap_or_default();
    if !status.contains(" 200 ") {
        return Err(std::io::Error::other(format!("{path}: {status}")));
    }
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    Ok(lines)
}

/// Asks a console for `path`; how many bytes its body has.
pub async fn load(console: SocketAddr, path: &str) -> std::io::Result<u64> {
    let mut body = Vec::new();
    let length = ask(console, path).await?.into_inner().read_to_end(&mut body).await?;
    Ok(length as u64)
}
