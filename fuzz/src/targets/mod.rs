//! Every target, by where its input comes from.

mod bodies;
mod journal;
mod notes;
mod payloads;
pub mod self_check;
mod sessions;
mod texts;

use crate::Target;

/// All of them, in the order in which they run.
pub fn all() -> Vec<Target> {
    [
        bodies::targets(),
        notes::targets(),
        payloads::targets(),
        sessions::targets(),
        journal::targets(),
        texts::targets(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
