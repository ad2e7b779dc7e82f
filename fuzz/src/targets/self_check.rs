//! A decoder with a bug that no chance finds: whether the engine works at all.

use crate::Target;

/// Panics for eight bytes only, each behind the one before it: 2^64 inputs by chance, some thousands by coverage.
pub fn target() -> Target {
    Target {
        name: "self-check",
        about: "a planted bug, which the engine must find before anything that it says counts",
        seeds: || vec![b"good".to_vec()],
        words: &[],
        bytes_max: 64,
        attempt,
    }
}

fn attempt(bytes: &[u8]) {
    let mut matched = 0;
    for (byte, planted) in bytes.iter().zip(b"\x91plant\x00\xfe") {
        if byte != planted {
            break;
        }
        matched += 1;
        // Counts are told apart by ranges only: each place is a branch of its own.
        match matched {
            1 => std::hint::black_box(&1),
            2 => std::hint::black_box(&2),
            3 => std::hint::black_box(&3),
            4 => std::hint::black_box(&4),
            5 => std::hint::black_box(&5),
            6 => std::hint::black_box(&6),
            7 => std::hint::black_box(&7),
            _ => panic!("the planted bug"),
        };
    }
}
