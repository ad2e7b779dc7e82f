//! An input read as choices: for targets that play a whole session.

/// What is left of an input. Past its end every choice is zero.
pub struct Source<'a>(pub &'a [u8]);

impl<'a> Source<'a> {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// At most `count` bytes.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Bytes after their length in two bytes.
    pub fn counted(&mut self) -> &'a [u8] {
        let count = u16::from_le_bytes([self.byte(), self.byte()]);
        self.bytes(count.into())
    }

    /// A number: mostly small, else any.
    pub fn number(&mut self) -> u64 {
        match self.byte() {
            255 => {
                let mut bytes = [0; 8];
                let taken = self.bytes(8);
                bytes[..taken.len()].copy_from_slice(taken);
                u64::from_le_bytes(bytes)
            }
            small => small.into(),
        }
    }
}

/// Bytes as [`Source::counted`] reads them.
pub fn counted(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_le_bytes(), bytes].concat()
}
