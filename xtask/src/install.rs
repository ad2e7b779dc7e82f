//! What the commands need beside a Rust toolchain: installed where it may be, else named in one line.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::shell::{answers, program, root, run};

/// cargo-deny's version: its configuration changes between them.
const CARGO_DENY: &str = "0.20.2";

/// A C compiler, for SQLite and the cryptographic library.
pub fn c_compiler() -> Result<()> {
    if answers("cc", &["--version"]) { Ok(()) } else { apt(&["gcc", "libc6-dev"], "a C compiler") }
}

/// Node.js and npm, for the console.
pub fn node() -> Result<()> {
    if answers("node", &["--version"]) && answers("npm", &["--version"]) {
        return Ok(());
    }
    apt(&["nodejs", "npm"], "Node.js 20 or newer, and npm")
}

/// The console's packages, as its lock file has them.
pub fn console_packages() -> Result<()> {
    let web = root().join("web");
    let wanted = fs::read_to_string(web.join("package-lock.json")).context("web/package-lock.json")?;
    let mark = web.join("node_modules/.watchfire-lock");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(program("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&web))?;
    fs::write(&mark, wanted).with_context(|| mark.display().to_string())
}

/// A browser with Japanese and Korean letters, for the console's tests.
pub fn chromium() -> Result<()> {
    let letters = Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists();
    if letters && answers("/usr/bin/chromium", &["--version"]) {
        return Ok(());
    }
    apt(
        &["chromium", "fonts-noto-cjk"],
        "Chromium and the Noto CJK fonts (Debian's chromium and fonts-noto-cjk)",
    )
}

/// cargo-deny, which checks licences and sources of dependencies.
pub fn cargo_deny() -> Result<()> {
    if answers("cargo", &["deny", "--version"]) {
        return Ok(());
    }
    run(program("cargo").args(["install", "--locked", "cargo-deny", "--version", CARGO_DENY]))
}

/// Debian packages. Elsewhere, or without the right to install, fails with the line that names what is missing.
fn apt(packages: &[&str], what: &str) -> Result<()> {
    if !answers("apt-get", &["--version"]) || !answers("sh", &["-c", "test $(id -u) -eq 0"]) {
        bail!("install {what}; on Debian: sudo apt-get install {}", packages.join(" "));
    }
    run(program("apt-get").args(["-qq", "update"]))?;
    let mut install = program("apt-get");
    install.args(["-qq", "-y", "--no-install-recommends", "install"]).args(packages);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}
