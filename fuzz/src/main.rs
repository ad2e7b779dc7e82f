//! `cargo xtask fuzz`: runs the targets one after the other, each in a process of its own, and says what came of it.

mod engine;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Parser;
use engine::present;
use engine::run::{Outcome, Plan, find_file};
use fuzz::targets::{self, self_check};

#[global_allocator]
static ALLOCATOR: engine::limit::Limited = engine::limit::Limited;

/// The stack of a thread in which a node decodes, bytes (tokio's default).
const STACK_BYTES: usize = 2 << 20;

/// Coverage-guided fuzzing of every decoder of outside bytes.
#[derive(Parser)]
#[command(name = "cargo xtask fuzz")]
struct Cli {
    /// Minutes of processor time, over all targets together.
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// One target alone.
    #[arg(long)]
    target: Option<String>,
    /// Lists the targets.
    #[arg(long)]
    list: bool,
    /// Tries the input in this file once, of the target that its name begins with, or that --target names.
    #[arg(long)]
    replay: Option<PathBuf>,
    /// Keeps in fuzz/corpus the least of the corpus that reaches all of what was reached.
    #[arg(long)]
    keep: bool,
    /// The seed of all choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where finds go.
    #[arg(long, default_value = "target/fuzz", hide = true)]
    folder: PathBuf,
    /// Runs the one target in this very process.
    #[arg(long, hide = true)]
    here: bool,
}

fn main() -> ExitCode {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(|| command(&Cli::parse()));
    match thread.map(|thread| thread.join()) {
        Ok(Ok(Ok(true))) => ExitCode::SUCCESS,
        Ok(Ok(Ok(false))) => ExitCode::FAILURE,
        Ok(Ok(Err(error))) => {
            eprintln!("fuzz: {error:#}");
            ExitCode::from(2)
        }
        _ => ExitCode::FAILURE,
    }
}

fn command(cli: &Cli) -> Result<bool> {
    if cli.list {
        targets::all().iter().for_each(|target| println!("{:18} {}", target.name, target.about));
        return Ok(true);
    }
    if let Some(file) = &cli.replay {
        return replay(cli, file);
    }
    let mut chosen = targets::all();
    if cli.target.as_deref() == Some(self_check::target().name) {
        chosen = vec![self_check::target()];
    } else if let Some(name) = &cli.target {
        chosen.retain(|target| target.name == name);
    }
    let Some(first) = chosen.first() else { bail!("no such target; `--list` names them") };
    let plan = Plan {
        seconds: cli.minutes * 60.0 / chosen.len() as f64,
        seed: cli.seed,
        folder: cli.folder.clone(),
        keep: cli.keep,
    };
    if cli.here {
        let Outcome { inputs, seconds, corpus, edges, finds } = engine::run::run(first, &plan)?;
        println!(
            "{:18} {inputs:>11} inputs  {:>8.0}/s  corpus {corpus:>5}  edges {edges:>5}  finds {}",
            first.name,
            inputs as f64 / seconds.max(1e-9),
            finds.len()
        );
        println!("total {inputs} {}", finds.len());
        return Ok(finds.is_empty());
    }
    engine_finds_what_is_planted(cli, &plan)?;
    let (mut inputs, mut finds) = (0, Vec::new());
    for target in &chosen {
        let (tried, found) = in_its_own_process(cli, target.name, &plan)?;
        inputs += tried;
        finds.extend(found);
    }
    println!("{inputs} inputs over {} targets, {} finds", chosen.len(), finds.len());
    for file in &finds {
        println!("  cargo xtask fuzz --replay {}", file.display());
    }
    Ok(finds.is_empty())
}

/// An engine that finds nothing may be one that cannot: it is shown a bug first.
fn engine_finds_what_is_planted(cli: &Cli, plan: &Plan) -> Result<()> {
    let folder = plan.folder.join("self-check");
    let plan = Plan { seconds: 2.0, seed: cli.seed, folder, keep: false };
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["--here", "--target", self_check::target().name, "--seed", &plan.seed.to_string()]);
    child.args(["--minutes", &(plan.seconds / 60.0).to_string()]).arg("--folder").arg(&plan.folder);
    let output = child.output().context("fuzz")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.code() != Some(1) || !said.contains("the planted bug") {
        bail!("the engine does not find the bug that is planted for it: {said}");
    }
    Ok(())
}

/// Inputs tried and files found.
fn in_its_own_process(cli: &Cli, name: &str, plan: &Plan) -> Result<(u64, Vec<PathBuf>)> {
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["--here", "--target", name, "--seed", &cli.seed.to_string()]);
    child.args(["--minutes", &(plan.seconds / 60.0).to_string()]);
    child.arg("--folder").arg(&plan.folder);
    if plan.keep {
        child.arg("--keep");
    }
    let output = child.stderr(std::process::Stdio::inherit()).output().context("fuzz")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let mut found = Vec::new();
    let mut tried = 0;
    for line in said.lines() {
        if let Some(total) = line.strip_prefix("total ") {
            tried = total.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        } else {
            println!("{line}");
            found.extend(line.strip_prefix("  ").filter(|line| line.contains("--")).map(PathBuf::from));
        }
    }
    if output.status.code().is_none_or(|code| code > 1) {
        let present = present::file(&plan.folder, name);
        let input = present::read(&present).with_context(|| format!("{name}: {}", output.status))?;
        let file = find_file(&plan.folder, name, &input);
        std::fs::write(&file, &input)?;
        println!("FOUND {name}: the process ended, {}\n  {}", output.status, file.display());
        found.push(file);
    }
    Ok((tried, found))
}

/// Tries one input, and lets it panic in the open.
fn replay(cli: &Cli, file: &std::path::Path) -> Result<bool> {
    let input = std::fs::read(file).with_context(|| file.display().to_string())?;
    let named = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = cli.target.clone().or_else(|| named.split_once("--").map(|(name, _)| name.to_owned()));
    let target = name.as_deref().and_then(fuzz::target).context("of which target? expected --target NAME")?;
    (target.attempt)(&input);
    println!("{}: {} bytes pass", target.name, input.len());
    Ok(true)
}
