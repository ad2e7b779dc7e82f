//! `watchfire policy`: check a file of rules, explain what it gives to whom.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use release::Policy;
use statement::{Label, Nation, Sensitivity};

use crate::problem::Problem;

/// Release policy.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks that a file of rules can be used; exit status 2 with one line where it cannot.
    #[command(
        after_help = "Example:\n  watchfire policy check policy/jpn/release.cedar --nations jpn,kor,usa"
    )]
    Check(Rules),
    /// Says what each nation gets under the rules, and why not more.
    #[command(
        after_help = "Example:\n  watchfire policy explain policy/jpn/release.cedar --nations jpn,kor,usa --source jpn-sado"
    )]
    Explain(Rules),
}

/// A file of rules.
#[derive(Debug, Args)]
pub struct Rules {
    /// Cedar rules.
    file: PathBuf,
    /// The members of the realm.
    #[arg(long, value_delimiter = ',', default_value = "jpn,kor,usa")]
    nations: Vec<Nation>,
    /// Sensors that the explained tracks rest on.
    #[arg(long)]
    source: Vec<String>,
}

/// Runs the command.
pub fn run(command: &Command) -> Result<(), Problem> {
    let (Command::Check(rules) | Command::Explain(rules)) = command;
    let file = rules.file.display().to_string();
    let text = std::fs::read_to_string(&rules.file)
        .map_err(|error| Problem::input(format!("{file}: cannot be read: {error}")))?;
    let nations: BTreeSet<Nation> = rules.nations.iter().copied().collect();
    let policy = Policy::parse(&file, &text, &nations).map_err(Problem::input)?;
    if let Command::Check(_) = command {
        println!("{file}: can be used");
        return Ok(());
    }
    let label = Label {
        sensitivity: Sensitivity::SensorDerived,
        releasable_to: None,
        sources: rules.source.iter().cloned().collect(),
    };
    for nation in nations {
        let terms = policy.terms(nation, &label);
        let level =
            terms.level.map_or("nothing".to_owned(), |level| format!("level {level:?}").to_lowercase());
        let reason = if terms.reason.is_empty() { String::new() } else { format!(": {}", terms.reason) };
        println!("{nation}  {level}{reason}");
    }
    Ok(())
}
