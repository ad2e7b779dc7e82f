//! One allocation is never larger than any decoder here may need: a length that an input claims, and that is believed
//! before the bytes are there, is a find.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};

/// The largest allocation, bytes.
const BYTES_MAX: usize = 64 << 20;

/// The system's allocator, which ends the process at an allocation beyond the limit.
pub struct Limited;

fn checked(bytes: usize) {
    if bytes > BYTES_MAX {
        // No panic: one must not unwind out of an allocator.
        eprintln!("an allocation of {bytes} bytes");
        std::process::abort();
    }
}

// SAFETY: every call is the system allocator's own, with its own arguments.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        checked(layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        checked(bytes);
        unsafe { System.realloc(block, layout, bytes) }
    }
}
