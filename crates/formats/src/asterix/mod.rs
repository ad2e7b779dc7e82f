//! ASTERIX: the surveillance messages of EUROCONTROL, as radars send them and recorders keep them.
//!
//! A file is data blocks, one after the other: category, length, records. Read are category 048 (monoradar target
//! reports; EUROCONTROL-SPEC-0149-4, edition 1.31) and category 034 (monoradar service messages;
//! EUROCONTROL-SPEC-0149-2b, edition 1.29), by item number such as I048/140. Items that nothing here needs are stepped
//! over by the lengths that the user application profile gives; blocks of other categories by the block's length. What
//! is neither is an error that names the byte.

mod block;
mod cat034;
mod cat048;
mod clock;
mod item;
mod plots;

pub use block::{Blocks, Record};
pub use cat034::{Service, ServiceKind};
pub use cat048::{Detection, Target};
pub use plots::{AsterixPlots, read_plots};

/// What is wrong with an ASTERIX file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {expected}")]
pub struct AsterixError {
    /// The byte where it shows, from 0.
    pub offset: usize,
    /// What was expected and what was found.
    pub expected: String,
}

/// The radar that a record came from: I048/010, I034/010.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// System area code.
    pub sac: u8,
    /// System identification code.
    pub sic: u8,
}
