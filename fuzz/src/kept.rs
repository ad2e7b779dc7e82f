//! The kept corpus: for each target one file `fuzz/corpus/TARGET`, its inputs one after the other, each after its
//! length (four bytes, big-endian). Crashes that were mended lie in `fuzz/past/TARGET-NAME`, as they came.

use std::io;
use std::path::{Path, PathBuf};

/// The folder of the kept corpus.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The kept inputs of a target; none where none are kept.
pub fn read(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let file = folder().join(target);
    let bytes = match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let cut = || io::Error::other(format!("{}: it ends in the middle of an input", file.display()));
    let mut rest = bytes.as_slice();
    let mut inputs = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let (input, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(cut)?;
        inputs.push(input.to_vec());
        rest = after;
    }
    Ok(inputs)
}

/// A target's kept corpus is at most this large, bytes: the repository is no archive.
const BYTES_MAX: usize = 96 * 1024;

/// Keeps these inputs, and no others; of too many the first ones.
pub fn write(target: &str, inputs: &[Vec<u8>]) -> io::Result<()> {
    let mut bytes = Vec::new();
    for input in inputs {
        if bytes.len() + 4 + input.len() > BYTES_MAX {
            break;
        }
        bytes.extend((input.len() as u32).to_be_bytes());
        bytes.extend(input);
    }
    std::fs::create_dir_all(folder())?;
    std::fs::write(folder().join(target), bytes)
}

/// Past crashes of a target: file and input.
pub fn past(target: &str) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("past");
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.strip_prefix(target).is_some_and(|rest| rest.starts_with("--")) {
            let input = std::fs::read(&file)?;
            found.push((file, input));
        }
    }
    Ok(found)
}
