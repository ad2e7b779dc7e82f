//! Label, rule, [`Released`]: what each partner may see.
//!
//! INVARIANT (one door out): only [`Policy::release`] makes a [`Released`], and only a `Released` can be sealed and
//! sent. What no rule permits, what a rule forbids, what the label does not allow and what makes a rule fail is
//! withheld, and the decision says so: a silent withhold is a missed warning.

mod model;
mod policy;
mod released;

pub use policy::{Policy, PolicyError, Terms};
pub use released::{Decision, Released, Why, Withheld};
