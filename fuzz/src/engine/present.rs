//! The input that a process tries, in a file that is left where the input ends the process.
//!
//! The file is mapped: what is written into it is in it however the process ends, without a call of the system for each
//! of a hundred thousand inputs a second.
#![allow(unsafe_code)]

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use memmap2::MmapMut;

/// Bytes of the length before the input.
const LENGTH: usize = 4;

/// The file, open.
pub struct Present(MmapMut);

impl Present {
    /// Makes the file for inputs of up to `longest` bytes.
    pub fn create(folder: &Path, target: &str, longest: usize) -> Result<Present> {
        let path = file(folder, target);
        let made = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = made.with_context(|| path.display().to_string())?;
        file.set_len((LENGTH + longest) as u64)?;
        // SAFETY: the file is this process's own; whoever reads it does so when the process is gone.
        let map = unsafe { MmapMut::map_mut(&file) };
        Ok(Present(map.with_context(|| path.display().to_string())?))
    }

    /// Leaves an input; of a longer one than was foreseen, its beginning.
    pub fn leave(&mut self, input: &[u8]) {
        let (length, room) = self.0.split_at_mut(LENGTH);
        let held = input.len().min(room.len());
        length.copy_from_slice(&(held as u32).to_le_bytes());
        room[..held].copy_from_slice(&input[..held]);
    }
}

/// The file in which a process leaves the input that it tries.
pub fn file(folder: &Path, target: &str) -> PathBuf {
    folder.join(format!("{target}.present"))
}

/// The input in such a file.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let (length, rest) = bytes.split_first_chunk::<LENGTH>().context("the file is too short")?;
    Ok(rest[..(u32::from_le_bytes(*length) as usize).min(rest.len())].to_vec())
}
