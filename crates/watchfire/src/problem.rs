//! How a command ends: done, the check failed, or bad usage or input with one line that says what was expected.

use std::fmt::Display;
use std::process::ExitCode;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub enum Problem {
    /// The check failed: exit status 1.
    Failed(String),
    /// Bad usage or bad input: exit status 2.
    BadInput(String),
}

impl Problem {
    /// A failed check.
    pub fn failed(why: impl Display) -> Problem {
        Problem::Failed(why.to_string())
    }

    /// Bad input: `why` names file, line and what was expected.
    pub fn input(why: impl Display) -> Problem {
        Problem::BadInput(why.to_string())
    }

    /// Says during what it happened.
    pub fn during(self, what: &str) -> Problem {
        match self {
            Problem::Failed(why) => Problem::Failed(format!("{what}: {why}")),
            Problem::BadInput(why) => Problem::BadInput(format!("{what}: {why}")),
        }
    }

    /// Prints the line and gives the exit status.
    pub fn exit(self) -> ExitCode {
        let (line, status) = match self {
            Problem::Failed(line) => (line, 1),
            Problem::BadInput(line) => (line, 2),
        };
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        eprintln!("watchfire: {line}");
        ExitCode::from(status)
    }
}
