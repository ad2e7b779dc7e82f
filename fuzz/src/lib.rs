//! The fuzz targets: each decoder of bytes or text from outside, with what must hold of it beyond "no panic".
//!
//! `cargo xtask fuzz` runs them under the engine in `main.rs`; the kept corpus runs as an ordinary test besides.

pub mod cose;
pub mod kept;
pub mod source;
pub mod targets;
pub mod world;

/// One decoder, or one property of several.
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is tried, in a line.
    pub about: &'static str,
    /// Good inputs, made here: where the engine begins.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words of the format, for the engine to put in.
    pub words: &'static [&'static str],
    /// The longest input worth trying, bytes.
    pub bytes_max: usize,
    /// Tries one input. A panic is a find.
    pub attempt: fn(&[u8]),
}

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    targets::all().into_iter().find(|target| target.name == name)
}
