//! What only real processes can show, on the program itself: demo, nodes, configuration, journals. One test program,
//! so that it is linked once.

mod common;
mod config;
mod demo;
mod exercise;
mod feed;
mod intruders;
mod journals;
mod kills;
mod listings;
mod nodes;
