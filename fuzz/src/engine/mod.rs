//! The engine: mutate, try, keep what reaches new code.

pub mod coverage;
pub mod limit;
pub mod mutate;
pub mod present;
pub mod run;
