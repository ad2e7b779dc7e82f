//! Plays a scenario's sensors in real time: the same iterator as virtual time, written to the nodes' sensor feeds.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use node::shell::clock::posix_ns;
use physics::plot::Plot;
use physics::time::Tai;
use sim::scenario::Scenario;
use statement::Nation;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const HEADER: &str = "time_s,scan,sensor_id,range_m,az_rad,el_rad,range_rate_mps\n";
/// A node that is away is tried again after this long; its sensors' plots meanwhile are lost, as in life.
const RETRY: Duration = Duration::from_millis(200);

/// Plays until the scenario's end.
pub async fn play(
    scenario: &Scenario,
    seed: u64,
    feeds: BTreeMap<Nation, SocketAddr>,
    started_posix_ns: i64,
    speed: f64,
) {
    let mut sensors: BTreeMap<Nation, Feed> = feeds
        .into_iter()
        .map(|(nation, address)| (nation, Feed { address, stream: None, tried_ns: 0 }))
        .collect();
    for observed in scenario.observations(seed) {
        let at_ns = started_posix_ns + (observed.time_s * 1e9 / speed) as i64;
        let wait_ns = at_ns - posix_ns();
        if wait_ns > 0 {
            tokio::time::sleep(Duration::from_nanos(wait_ns as u64)).await;
        }
        if let Some(feed) = sensors.get_mut(&observed.nation) {
            feed.write_plots(&observed.plots, scenario.start).await;
        }
    }
}

/// The connection to a node's sensor feed; made when something is to be written.
pub struct Feed {
    address: SocketAddr,
    stream: Option<TcpStream>,
    tried_ns: i64,
}

impl Feed {
    /// The feed at `address`.
    pub fn to(address: SocketAddr) -> Feed {
        Feed { address, stream: None, tried_ns: 0 }
    }

    /// Writes plots, whose `time_s` counts from `start`.
    pub async fn write_plots(&mut self, plots: &[Plot], start: Tai) {
        if !plots.is_empty() {
            let lines: String = plots.iter().map(|plot| line(plot, start)).collect();
            self.write(&lines).await;
        }
    }

    async fn write(&mut self, lines: &str) {
        if self.stream.is_none() && posix_ns() - self.tried_ns > RETRY.as_nanos() as i64 {
            self.tried_ns = posix_ns();
            if let Ok(mut stream) = TcpStream::connect(self.address).await
                && stream.set_nodelay(true).is_ok()
                && stream.write_all(HEADER.as_bytes()).await.is_ok()
            {
                self.stream = Some(stream);
            }
        }
        if let Some(stream) = &mut self.stream
            && stream.write_all(lines.as_bytes()).await.is_err()
        {
            self.stream = None;
        }
    }
}

/// A plot as a line of the sensor feed. A tracker is never told which object it came from.
fn line(plot: &Plot, start: Tai) -> String {
    let optional = |number: Option<f64>| number.map(|number| format!("{number:?}")).unwrap_or_default();
    format!(
        "{:?},{},{},{},{:?},{:?},{}\n",
        plot.time.since_s(start),
        plot.scan,
        plot.sensor_id,
        optional(plot.range_m),
        plot.az_rad,
        plot.el_rad,
        optional(plot.range_rate_mps)
    )
}
