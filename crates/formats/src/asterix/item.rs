//! Items: how long each is, and where a record's items lie.

use super::AsterixError;

/// The form of an item in a category's user application profile. EUROCONTROL-SPEC-0149, part 1, section 4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// So many octets.
    Fixed(usize),
    /// One octet and more while the last one's lowest bit is set.
    Extended,
    /// An octet that counts, and so many octets for each.
    Repetitive(usize),
    /// An octet that gives the whole length, itself included.
    Explicit,
    /// A primary subfield of extended form, each of whose other bits announces a subfield.
    Compound(&'static [Form]),
    /// Not in use: its length is not known.
    Spare,
}

/// Bytes that are read from the front, and where in the file they lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Of the next byte in the file.
    pub offset: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], offset: usize) -> Cursor<'a> {
        Cursor { bytes, offset }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn wrong(&self, expected: impl Into<String>) -> AsterixError {
        AsterixError { offset: self.offset, expected: expected.into() }
    }

    /// The next `count` bytes, which are `what`.
    pub fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], AsterixError> {
        match self.bytes.split_at_checked(count) {
            Some((taken, rest)) => {
                self.bytes = rest;
                self.offset += count;
                Ok(taken)
            }
            None => {
                let left = self.bytes.len();
                Err(self.wrong(format!("expected {count} bytes of {what}, found {left}")))
            }
        }
    }

    /// An item of this form.
    pub fn item(&mut self, form: Form, what: &str) -> Result<&'a [u8], AsterixError> {
        let from = self.bytes;
        let at = self.offset;
        match form {
            Form::Fixed(length) => {
                self.take(length, what)?;
            }
            Form::Extended => {
                self.extended(what)?;
            }
            Form::Repetitive(length) => {
                let count = self.take(1, what)?[0];
                self.take(usize::from(count) * length, what)?;
            }
            Form::Explicit => {
                let length = self.take(1, what)?[0];
                let Some(rest) = usize::from(length).checked_sub(1) else {
                    return Err(AsterixError {
                        offset: at,
                        expected: format!("expected the length of {what}, at least 1, found 0"),
                    });
                };
                self.take(rest, what)?;
            }
            Form::Compound(subfields) => {
                let primary = self.extended(what)?;
                for place in announced(primary) {
                    match subfields.get(place).copied().unwrap_or(Form::Spare) {
                        Form::Spare => {
                            return Err(AsterixError {
                                offset: at,
                                expected: format!(
                                    "expected subfields of {what} that are in use, found number {}",
                                    place + 1
                                ),
                            });
                        }
                        form => self.item(form, what)?,
                    };
                }
            }
            Form::Spare => {
                return Err(self.wrong(format!("expected an item that is in use, found {what}")));
            }
        }
        Ok(&from[..self.offset - at])
    }

    /// Octets up to the first whose lowest bit is not set.
    pub fn extended(&mut self, what: &str) -> Result<&'a [u8], AsterixError> {
        let last = self.bytes.iter().position(|octet| octet & 1 == 0);
        match last {
            Some(last) => self.take(last + 1, what),
            None => {
                let left = self.bytes.len();
                Err(self.wrong(format!("expected the last octet of {what}, found none in {left} bytes")))
            }
        }
    }
}

/// Which places an extended bit field announces, from 0: seven of each octet.
pub(super) fn announced(octets: &[u8]) -> impl Iterator<Item = usize> + '_ {
    octets.iter().enumerate().flat_map(|(index, octet)| {
        (0..7).filter(move |bit| octet & (0x80 >> bit) != 0).map(move |bit| index * 7 + bit)
    })
}

/// A whole number, the most significant octet first.
pub(super) fn unsigned(octets: &[u8]) -> u32 {
    octets.iter().fold(0, |number, octet| (number << 8) | u32::from(*octet))
}

/// The lowest `bits` of a number as two's complement.
pub(super) fn signed(number: u32, bits: u32) -> i32 {
    let shift = 32 - bits;
    ((number << shift) as i32) >> shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_length() {
        let bytes = [0x03, 0x01, 0x00, 0x44, 0x55];
        let length = |form| Cursor::new(&bytes, 0).item(form, "it").map(<[u8]>::len);
        assert_eq!(length(Form::Fixed(2)), Ok(2));
        assert_eq!(length(Form::Extended), Ok(3));
        assert_eq!(length(Form::Repetitive(1)), Ok(4));
        assert_eq!(length(Form::Explicit), Ok(3));
        assert_eq!(
            Cursor::new(&[0xc0, 7, 8, 9], 0).item(Form::Compound(&[Form::Fixed(1), Form::Fixed(2)]), "it"),
            Ok(&[0xc0, 7, 8, 9][..])
        );
        let spare =
            Cursor::new(&[0x20, 7], 5).item(Form::Compound(&[Form::Fixed(1), Form::Fixed(2)]), "I048/120");
        assert_eq!(
            spare.unwrap_err().to_string(),
            "byte 5: expected subfields of I048/120 that are in use, found number 3"
        );
        assert!(length(Form::Spare).is_err());
    }

    #[test]
    fn twos_complement_of_any_width() {
        assert_eq!(signed(0x3fff, 14), -1);
        assert_eq!(signed(0x1fff, 14), 8_191);
        assert_eq!(signed(0xffff_fff8, 14), -8);
    }
}
