//! Scenarios, truth with its own motion code, notional sensors, whole nations in virtual time.

pub mod cast;
pub mod descent;
pub mod exercise;
pub mod infrared;
pub mod raid;
pub mod random;
pub mod scenario;
pub mod sensing;
pub mod truth;
pub mod world;
