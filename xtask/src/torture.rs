//! Power cuts and kills, by count: `cargo xtask torture`.

use anyhow::Result;

use crate::{build, shell};

/// Builds everything and runs them with these arguments.
pub fn run(arguments: &[String]) -> Result<()> {
    build::run()?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    shell::become_program(&build::program().with_file_name("torture"), &arguments)
}
