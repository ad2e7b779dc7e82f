//! Whole nations in virtual time under faults: the real step, driver, sessions and recovery; everything around them
//! simulated, from one seed. See docs/simulation.md.

mod checks;
mod disk;
mod faults;
mod ground;
mod hostile;
mod links;
mod play;
mod shrink;
mod span;
mod station;
mod strike;
mod timeline;

pub use checks::Violation;
pub use faults::{Fault, Stage, Trick, What, draw};
pub use ground::Ground;
pub(crate) use ground::Heard;
pub use play::{CONVERGED_WITHIN_S, Note, Report, play, trace};
pub(crate) use play::{Setup, World};
pub use shrink::shrink;
pub use span::Span;
pub use timeline::svg;
