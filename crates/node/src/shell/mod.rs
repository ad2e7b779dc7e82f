//! What touches the world: files, clocks, sockets, the console. Everything below it is deterministic.

pub mod clock;
pub mod config;
pub mod console;
pub mod run;
pub mod sensors;
pub mod sqlite;
pub mod view;
