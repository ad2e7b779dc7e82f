//! From the faults of a failing seed to those that matter.

use super::faults::Fault;
use super::ground::Ground;
use super::play::play;
use super::span::Span;

/// Leaves out one fault after the other as long as the same invariant breaks.
pub fn shrink(ground: &Ground, seed: u64, span: &Span, faults: &[Fault], name: &str) -> Vec<Fault> {
    let mut kept = faults.to_vec();
    let mut index = kept.len();
    while index > 0 {
        index -= 1;
        let mut fewer = kept.clone();
        fewer.remove(index);
        if play(ground, seed, span, &fewer).violation.is_some_and(|violation| violation.name == name) {
            kept = fewer;
        }
    }
    kept
}
