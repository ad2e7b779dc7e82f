//! One nation's node: [`step`](node::Node::step), the [`driver`] around it, and the shell.

mod abroad;
pub mod driver;
pub mod feeds;
pub mod input;
pub mod journal;
pub mod listing;
pub mod node;
pub mod refusals;
pub mod replay;
pub mod row;
mod said;
mod seal;
pub mod shell;
mod step;
pub mod verify;

/// The build: what a journal's first row says wrote it.
pub const BUILD: &str = match option_env!("WATCHFIRE_BUILD") {
    Some(build) => build,
    None => concat!("watchfire ", env!("CARGO_PKG_VERSION")),
};
