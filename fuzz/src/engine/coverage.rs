//! Which edges of the code an input went through: the compiler's 8-bit counters (LLVM's SanitizerCoverage,
//! `inline-8bit-counters`), one for each edge of what `cargo xtask fuzz` builds for this purpose.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

static START: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static LENGTH: AtomicUsize = AtomicUsize::new(0);

/// Called before `main` by every instrumented object, each time with the counters of the whole program.
// SAFETY: the name and the form are those that LLVM documents; nothing else of this program has this name.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8) {
    START.store(start, Ordering::Relaxed);
    LENGTH.store(stop as usize - start as usize, Ordering::Relaxed);
}

/// How many edges the program has; none where it was built without counters.
pub fn edges() -> usize {
    LENGTH.load(Ordering::Relaxed)
}

/// What was seen of each edge so far: a bit for each range of counts.
pub struct Seen(Vec<u8>);

impl Seen {
    /// Nothing.
    pub fn new() -> Seen {
        Seen(vec![0; edges()])
    }

    /// Edges seen at all.
    pub fn edges(&self) -> usize {
        self.0.iter().filter(|seen| **seen != 0).count()
    }

    /// Takes the counters since the last call and sets them to zero. Gives what is new to `self` (edge and bit) to
    /// `new`, or everything where `all`.
    pub fn take(&mut self, all: bool, mut new: impl FnMut(usize, u8)) {
        let start = START.load(Ordering::Relaxed);
        if start.is_null() {
            return;
        }
        // SAFETY: start and length are those of the program's counters, which live as long as it does; this thread
        // alone runs instrumented code.
        let counters = unsafe { std::slice::from_raw_parts_mut(start, edges()) };
        for (block, chunk) in counters.chunks_mut(32).enumerate() {
            if chunk.iter().fold(0, |any, count| any | count) == 0 {
                continue;
            }
            for (index, count) in chunk.iter_mut().enumerate().filter(|(_, count)| **count != 0) {
                let bit = 1 << class(*count);
                *count = 0;
                let edge = block * 32 + index;
                if all || self.0[edge] & bit == 0 {
                    self.0[edge] |= bit;
                    new(edge, bit);
                }
            }
        }
    }
}

/// Ranges of counts that are told apart, as AFL and libFuzzer do.
fn class(count: u8) -> u8 {
    match count {
        0..=3 => count.saturating_sub(1),
        4..=7 => 3,
        8..=15 => 4,
        16..=31 => 5,
        32..=127 => 6,
        _ => 7,
    }
}
