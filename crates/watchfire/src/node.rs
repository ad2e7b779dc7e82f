//! `watchfire node`: one nation's node.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use node::shell::run::{RunError, Told};
use tokio::io::AsyncReadExt;

use crate::demo::{FromNode, stop_signal};
use crate::problem::Problem;

/// Which node.
#[derive(Debug, Args)]
pub struct Node {
    /// Its configuration, TOML. `watchfire demo` writes working examples. Its keys `catalogue` (two-line element sets)
    /// and `notices` (planned launches, JSON) name files that are read at the start and again on SIGHUP; a bad one is
    /// named in one line, and what was known stays.
    #[arg(long)]
    config: PathBuf,
    /// Speaks JSON on the standard output, and stops when the standard input closes: for a supervisor.
    #[arg(long)]
    supervised: bool,
}

/// Runs the node until Ctrl-C.
pub fn run(args: &Node) -> Result<(), Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Problem::failed)?;
    let supervised = args.supervised;
    let stop = async move {
        if supervised {
            tokio::select! { () = stop_signal() => {}, () = stdin_closed() => {} }
        } else {
            stop_signal().await;
        }
    };
    let outcome = runtime.block_on(node::shell::run::run(&args.config, stop, |told| tell(supervised, told)));
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    outcome.map_err(|error| match error {
        RunError::Config(_) | RunError::Open(_) | RunError::Socket { .. } | RunError::Recover { .. } => {
            Problem::input(error)
        }
        RunError::Journal(_) | RunError::Stopped(_) => Problem::failed(error),
    })
}

async fn stdin_closed() {
    let mut bytes = [0; 64];
    while let Ok(length) = tokio::io::stdin().read(&mut bytes).await {
        if length == 0 {
            return;
        }
    }
}

fn tell(supervised: bool, told: Told<'_>) {
    let line = match (supervised, told) {
        (true, Told::Ready { console, recovered, rows }) => {
            json(&FromNode::Ready { console, recovered_s: recovered.as_secs_f64(), rows })
        }
        (true, Told::Milestone(milestone)) => json(&FromNode::Milestone(milestone.clone())),
        (false, Told::Ready { console, recovered, rows }) => {
            format!("console {console} (up in {:.2} s, {rows} rows in the journal)", recovered.as_secs_f64())
        }
        (false, Told::Milestone(milestone)) => format!("{} {}", milestone.at.to_utc(), milestone.text),
    };
    // A supervisor that went away is no reason to panic.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn json(told: &FromNode) -> String {
    serde_json::to_string(told).unwrap_or_default()
}
