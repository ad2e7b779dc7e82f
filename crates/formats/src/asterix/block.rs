//! Data blocks and their records. EUROCONTROL-SPEC-0149, part 1, section 4.2.

use super::cat034::{self, Service};
use super::cat048::{self, Target};
use super::item::{Cursor, Form, announced};
use super::{AsterixError, Source};

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Category 048.
    Target(Target),
    /// Category 034.
    Service(Service),
    /// A block of another category, stepped over.
    Other(u8),
}

/// The records of a file, in its order. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    rest: Cursor<'a>,
    /// The block that is being read: its category and its other records.
    block: Option<(u8, Cursor<'a>)>,
    failed: bool,
}

impl<'a> Blocks<'a> {
    /// The records of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Blocks<'a> {
        Blocks { rest: Cursor::new(bytes, 0), block: None, failed: false }
    }

    fn read(&mut self) -> Result<Option<Record>, AsterixError> {
        loop {
            if let Some((category, block)) = &mut self.block
                && !block.is_empty()
            {
                return record(*category, block).map(Some);
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            let at = self.rest.offset;
            let head = self.rest.take(3, "a block's category and length")?;
            let (category, length) = (head[0], usize::from(u16::from_be_bytes([head[1], head[2]])));
            let Some(length) = length.checked_sub(3) else {
                return Err(AsterixError {
                    offset: at + 1,
                    expected: format!("expected the block's length, at least 3, found {length}"),
                });
            };
            let from = self.rest.offset;
            let bytes = self.rest.take(length, &format!("a block of category {category:03}"))?;
            match category {
                34 | 48 => self.block = Some((category, Cursor::new(bytes, from))),
                _ => return Ok(Some(Record::Other(category))),
            }
        }
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Record, AsterixError>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.read().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

fn record(category: u8, block: &mut Cursor) -> Result<Record, AsterixError> {
    match category {
        48 => cat048::read(block).map(Record::Target),
        _ => cat034::read(block).map(Record::Service),
    }
}

/// An item of a profile: its number, such as 140 of I048/140, and its form.
pub(super) type Profile = [(&'static str, Form)];

/// Reads one record by its field specification, item by item; hands each to `note`.
pub(super) fn items<'a>(
    block: &mut Cursor<'a>,
    profile: &Profile,
    mut note: impl FnMut(&'static str, &'a [u8]) -> Result<(), String>,
) -> Result<(), AsterixError> {
    let at = block.offset;
    let specification = block.extended("a field specification")?;
    if let Some(place) = announced(specification).find(|place| *place >= profile.len()) {
        let (most, number) = (profile.len(), place + 1);
        let expected = format!("expected at most {most} fields in a record, found number {number}");
        return Err(AsterixError { offset: at, expected });
    }
    for (name, form) in announced(specification).filter_map(|place| profile.get(place)) {
        let offset = block.offset;
        let bytes = block.item(*form, name)?;
        note(name, bytes).map_err(|expected| AsterixError { offset, expected })?;
    }
    Ok(())
}

/// I048/010, I034/010.
pub(super) fn source(bytes: &[u8]) -> Source {
    Source { sac: bytes[0], sic: bytes[1] }
}

/// I048/140, I034/030: seconds since midnight UTC, in 1/128 s.
pub(super) fn time_of_day(bytes: &[u8]) -> Result<f64, String> {
    let seconds = f64::from(super::item::unsigned(bytes)) / 128.0;
    // A leap second is the day's last.
    if seconds < 86_401.0 {
        Ok(seconds)
    } else {
        Err(format!("expected a time of day below 86401 s, found {seconds}"))
    }
}
