//! A disk in memory whose power can fail: what was written and not yet synced then survives in part, in sectors, in
//! any order.
//!
//! What it assumes, as SQLite does of every disk: a sync that returned is kept; bytes that nobody wrote do not change.
//! What it grants to nobody: that an unsynced write is kept or lost as a whole, that writes become durable in their
//! order, that a file that was made or removed stays so before it was synced.

use std::collections::BTreeMap;

use crate::random::Random;

/// What happened to a file since its last sync.
#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

#[derive(Clone, Debug, Default)]
struct File {
    /// As programs see it; `None` where it was removed.
    now: Option<Vec<u8>>,
    /// Whether the folder names it after a cut, unless chance has it otherwise.
    named: bool,
    /// Its content after a cut, at least.
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

/// The power is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Off;

/// The disk.
#[derive(Clone, Debug)]
pub struct Disk {
    files: BTreeMap<String, File>,
    random: Random,
    /// Operations that change something, so far.
    operations: u64,
    cut_at: u64,
    off: bool,
    /// A disk that lies: a sync returns, and nothing became durable.
    lies: bool,
}

impl Disk {
    /// An empty disk. Its power does not fail before [`Disk::cut_after`].
    pub fn new(seed: u64) -> Disk {
        Disk {
            files: BTreeMap::new(),
            random: Random::new(seed),
            operations: 0,
            cut_at: u64::MAX,
            off: false,
            lies: false,
        }
    }

    /// The same content under other choices.
    pub fn seeded(&self, seed: u64) -> Disk {
        Disk { random: Random::new(seed), operations: 0, ..self.clone() }
    }

    /// From now on it lies about syncs.
    pub fn lie(&mut self) {
        self.lies = true;
    }

    /// The power fails at the `operations`-th change from now on.
    pub fn cut_after(&mut self, operations: u64) {
        self.cut_at = self.operations.saturating_add(operations);
    }

    /// Changes so far.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// Random bytes, for whoever asks the machine for some.
    pub fn randomness(&mut self) -> u64 {
        self.random.bits()
    }

    /// Cuts the power now and brings it back: what is on the disk then is all there is.
    pub fn survive(&mut self) {
        // A cut that loses everything unsynced, one that loses nothing, or anything between.
        let kept_of_8 = [0, 8, 4, 1 + self.random.below(7)][self.random.below(4) as usize];
        let sector_bytes = if self.random.below(2) == 0 { 512 } else { 4096 };
        let mut survivors = BTreeMap::new();
        for (name, mut file) in std::mem::take(&mut self.files) {
            // A file that was made or removed since the folder was synced is there, or is not.
            let there = file.now.is_some();
            if !(if there == file.named || self.random.below(8) < kept_of_8 { there } else { file.named }) {
                continue;
            }
            let mut image = std::mem::take(&mut file.durable);
            for change in &file.unsynced {
                self.keep_in_part(&mut image, change, kept_of_8, sector_bytes);
            }
            survivors.insert(
                name,
                File { now: Some(image.clone()), named: true, durable: image, unsynced: Vec::new() },
            );
        }
        self.files = survivors;
        self.off = false;
        self.cut_at = u64::MAX;
    }

    fn keep_in_part(&mut self, image: &mut Vec<u8>, change: &Change, kept_of_8: u64, sector_bytes: usize) {
        match change {
            Change::Resize(length) => {
                if self.random.below(8) < kept_of_8 {
                    image.resize(*length, 0);
                }
            }
            Change::Write { at, bytes } => {
                let mut from = 0;
                while from < bytes.len() {
                    let to_boundary = sector_bytes - (at + from) % sector_bytes;
                    let length = to_boundary.min(bytes.len() - from);
                    if self.random.below(8) < kept_of_8 {
                        // One sector in sixteen is torn itself.
                        let torn = self.random.below(16) == 0;
                        let kept = if torn { self.random.below(length as u64) as usize } else { length };
                        write(image, at + from, &bytes[from..from + kept]);
                    }
                    from += length;
                }
            }
        }
    }

    fn change(&mut self) -> Result<(), Off> {
        self.operations += 1;
        self.off |= self.operations >= self.cut_at;
        if self.off { Err(Off) } else { Ok(()) }
    }

    /// Whether a file is there.
    pub fn exists(&self, name: &str) -> bool {
        self.files.get(name).is_some_and(|file| file.now.is_some())
    }

    /// Makes an empty file where there is none.
    pub fn create(&mut self, name: &str) -> Result<(), Off> {
        if self.exists(name) {
            return Ok(());
        }
        self.change()?;
        let file = self.files.entry(name.to_owned()).or_default();
        file.now = Some(Vec::new());
        file.unsynced = vec![Change::Resize(0)];
        Ok(())
    }

    /// Removes a file; durably where `synced`.
    pub fn remove(&mut self, name: &str, synced: bool) -> Result<(), Off> {
        self.change()?;
        if synced && !self.lies {
            self.files.remove(name);
        } else if let Some(file) = self.files.get_mut(name) {
            file.now = None;
        }
        Ok(())
    }

    /// Bytes of a file from `at` on, into `into`; how many there are.
    pub fn read(&self, name: &str, at: usize, into: &mut [u8]) -> Result<usize, Off> {
        if self.off {
            return Err(Off);
        }
        let content = self.files.get(name).and_then(|file| file.now.as_deref()).unwrap_or_default();
        let rest = content.get(at..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    /// How long a file is.
    pub fn length(&self, name: &str) -> usize {
        self.files.get(name).and_then(|file| file.now.as_ref()).map_or(0, Vec::len)
    }

    /// Writes. At a cut the write itself is among what may survive in part.
    pub fn write(&mut self, name: &str, at: usize, bytes: &[u8]) -> Result<(), Off> {
        let done = self.change();
        if let Some(file) = self.files.get_mut(name)
            && let Some(content) = &mut file.now
            && (done.is_ok() || self.operations == self.cut_at)
        {
            write(content, at, bytes);
            file.unsynced.push(Change::Write { at, bytes: bytes.to_vec() });
        }
        done
    }

    /// Sets a file's length.
    pub fn resize(&mut self, name: &str, length: usize) -> Result<(), Off> {
        self.change()?;
        if let Some(file) = self.files.get_mut(name)
            && let Some(content) = &mut file.now
        {
            content.resize(length, 0);
            file.unsynced.push(Change::Resize(length));
        }
        Ok(())
    }

    /// Makes durable what was written to a file; where `and_names`, also which files there are.
    pub fn sync(&mut self, name: &str, and_names: bool) -> Result<(), Off> {
        self.change()?;
        if self.lies {
            return Ok(());
        }
        if let Some(file) = self.files.get_mut(name) {
            for change in file.unsynced.drain(..) {
                match change {
                    Change::Write { at, bytes } => write(&mut file.durable, at, &bytes),
                    Change::Resize(length) => file.durable.resize(length, 0),
                }
            }
        }
        if and_names {
            self.files.retain(|_, file| file.now.is_some());
            self.files.values_mut().for_each(|file| file.named = true);
        }
        Ok(())
    }
}

fn write(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if content.len() < at + bytes.len() {
        content.resize(at + bytes.len(), 0);
    }
    content[at..at + bytes.len()].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(disk: &Disk, name: &str) -> Vec<u8> {
        let mut bytes = vec![0; disk.length(name)];
        assert_eq!(disk.read(name, 0, &mut bytes), Ok(bytes.len()));
        bytes
    }

    #[test]
    fn what_was_synced_survives_and_what_was_not_may_not() {
        let (mut lost, mut kept, mut torn) = (0, 0, 0);
        for seed in 0..500 {
            let mut disk = Disk::new(seed);
            disk.create("a").unwrap();
            disk.write("a", 0, &[1; 8_192]).unwrap();
            disk.sync("a", true).unwrap();
            disk.write("a", 0, &[2; 8_192]).unwrap();
            disk.create("b").unwrap();
            disk.survive();
            let bytes = content(&disk, "a");
            assert!(bytes.len() == 8_192 && bytes.iter().all(|byte| [1, 2].contains(byte)));
            match bytes.iter().filter(|byte| **byte == 2).count() {
                0 => lost += 1,
                8_192 => kept += 1,
                _ => torn += 1,
            }
        }
        assert!(lost > 50 && kept > 50 && torn > 50, "{lost} {kept} {torn}");
    }

    #[test]
    fn nothing_happens_without_power() {
        let mut disk = Disk::new(1);
        disk.create("a").unwrap();
        disk.cut_after(2);
        assert_eq!(disk.write("a", 0, &[1]), Ok(()));
        assert_eq!(disk.sync("a", false), Err(Off));
        assert_eq!(disk.write("a", 0, &[2]), Err(Off));
        assert!(disk.is_off() && disk.read("a", 0, &mut [0]) == Err(Off));
    }
}
