//! What touches the world: journal file, keys, clocks, console.

pub mod sqlite;
