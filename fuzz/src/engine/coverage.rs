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

/// Counters are looked at in blocks of so many.
const BLOCK: usize = 64;

/// What was seen of each edge so far: a bit for each range of counts.
///
/// An input goes through one edge in a hundred, so only blocks that were ever gone through are looked at after each
/// input; the others now and then, by [`Seen::sweep`].
pub struct Seen {
    bits: Vec<u8>,
    edges_only: bool,
    hot: Vec<usize>,
    is_hot: Vec<bool>,
}

impl Seen {
    /// Nothing.
    pub fn new() -> Seen {
        Seen {
            bits: vec![0; edges()],
            edges_only: false,
            hot: Vec::new(),
            is_hot: vec![false; edges().div_ceil(BLOCK)],
        }
    }

    /// Edges seen at all.
    pub fn edges(&self) -> usize {
        self.bits.iter().filter(|seen| **seen != 0).count()
    }

    /// Nothing is seen, but where to look is known. From now on it counts whether an edge is gone through, not how
    /// often.
    pub fn forget(&mut self) {
        self.bits.fill(0);
        self.edges_only = true;
    }

    /// Takes the counters of the known blocks since the last call and sets them to zero. Whether there was anything
    /// new.
    pub fn take(&mut self) -> bool {
        let counters = counters();
        let bit_of = if self.edges_only { &[1; 256] } else { &BITS };
        let mut new = false;
        for &block in &self.hot {
            let first = block * BLOCK;
            let end = (first + BLOCK).min(counters.len());
            let (counters, bits) = (&mut counters[first..end], &mut self.bits[first..end]);
            // Most blocks were not gone through this time.
            if is_zero(counters) {
                continue;
            }
            for (chunk, bits) in counters.chunks_mut(8).zip(bits.chunks_mut(8)) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                let mut left = u64::from_le_bytes(word);
                // From one counter that is not zero to the next.
                while left != 0 {
                    let index = left.trailing_zeros() as usize / 8;
                    left &= !(0xff << (8 * index));
                    let bit = bit_of[usize::from(word[index])];
                    new |= bits[index] & bit == 0;
                    bits[index] |= bit;
                }
            }
            counters.fill(0);
        }
        new
    }

    /// Looks at all other blocks and sets them to zero. Whether any was gone through for the first time: then what
    /// was tried since the last sweep is to be tried again.
    pub fn sweep(&mut self) -> bool {
        let mut new = false;
        for (block, chunk) in counters().chunks_mut(BLOCK).enumerate() {
            if !self.is_hot[block] && !is_zero(chunk) {
                chunk.fill(0);
                self.is_hot[block] = true;
                self.hot.push(block);
                new = true;
            }
        }
        if new {
            // In the order of memory, which the processor foresees.
            self.hot.sort_unstable();
        }
        new
    }
}

/// Whether a block is all zero: looked at eight bytes at a time.
fn is_zero(block: &[u8]) -> bool {
    let (words, rest) = block.as_chunks::<8>();
    let any = words.iter().fold(0, |any, word| any | u64::from_le_bytes(*word));
    any == 0 && rest.iter().all(|count| *count == 0)
}

/// The program's counters.
fn counters() -> &'static mut [u8] {
    let start = START.load(Ordering::Relaxed);
    if start.is_null() {
        return &mut [];
    }
    // SAFETY: start and length are those of the program's counters, which live as long as it does; this is called by
    // the one thread that runs instrumented code, and what it gives is dropped before more of that runs.
    unsafe { std::slice::from_raw_parts_mut(start, edges()) }
}

/// The bit of each count.
const BITS: [u8; 256] = {
    let mut bits = [0; 256];
    let mut count = 0;
    while count < 256 {
        bits[count] = 1 << class(count as u8);
        count += 1;
    }
    bits
};

/// Ranges of counts that are told apart, as AFL and libFuzzer do.
const fn class(count: u8) -> u8 {
    match count {
        0..=3 => count.saturating_sub(1),
        4..=7 => 3,
        8..=15 => 4,
        16..=31 => 5,
        32..=127 => 6,
        _ => 7,
    }
}
