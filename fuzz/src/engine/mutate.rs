//! New inputs from old ones.

/// Pseudo-random numbers (xorshift64*): the same run for the same seed.
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() >> 16) as usize % end.max(1)
    }

    /// A length of 1 to 2^`bits_max`: mostly short.
    fn run(&mut self, bits_max: usize) -> usize {
        let end = 1 << self.below(bits_max + 1);
        1 + self.below(end)
    }
}

const INTERESTING: [u64; 18] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
    // Not a number, and endless.
    0x7ff8_0000_0000_0000,
];

/// Changes `input` in one to six ways. `other` is another input to take parts of.
pub fn mutate(input: &mut Vec<u8>, other: &[u8], words: &[&str], bytes_max: usize, random: &mut Random) {
    let many = random.below(4) == 0;
    let changes = 1 + random.below(if many { 6 } else { 2 });
    for _ in 0..changes {
        change(input, other, words, random);
    }
    input.truncate(bytes_max);
}

fn change(input: &mut Vec<u8>, other: &[u8], words: &[&str], random: &mut Random) {
    let at = random.below(input.len());
    let end = (at + random.run(8)).min(input.len());
    match random.below(if words.is_empty() { 14 } else { 16 }) {
        0 if !input.is_empty() => input[at] ^= 1 << random.below(8),
        1 if !input.is_empty() => input[at] = random.bits() as u8,
        2 if !input.is_empty() => {
            let step = 1 + random.below(16) as u8;
            input[at] = if random.below(2) == 0 {
                input[at].wrapping_add(step)
            } else {
                input[at].wrapping_sub(step)
            };
        }
        3 => {
            let inserted: Vec<u8> = (0..1 + random.below(8)).map(|_| random.bits() as u8).collect();
            input.splice(at..at, inserted);
        }
        4 => {
            input.drain(at.min(end)..end);
        }
        5 => {
            // A part again, elsewhere.
            let part = input[at.min(end)..end].to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, part);
        }
        6 | 7 => {
            let number = INTERESTING[random.below(INTERESTING.len())];
            let width = [1, 2, 4, 8][random.below(4)];
            let bytes = if random.below(2) == 0 {
                number.to_le_bytes()[..width].to_vec()
            } else {
                number.to_be_bytes()[8 - width..].to_vec()
            };
            overwrite(input, at, &bytes);
        }
        8 => {
            // As protobuf and postcard write numbers.
            let mut number = INTERESTING[random.below(INTERESTING.len())];
            let mut bytes = Vec::new();
            while number >= 0x80 {
                bytes.push(number as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
            if random.below(2) == 0 {
                input.splice(at..at, bytes);
            } else {
                overwrite(input, at, &bytes);
            }
        }
        9 => {
            // A part of another input, in place or between.
            let from = random.below(other.len());
            let to = (from + random.run(9)).min(other.len());
            let part = &other[from.min(to)..to];
            if random.below(2) == 0 {
                overwrite(input, at, part);
            } else {
                input.splice(at..at, part.iter().copied());
            }
        }
        10 => {
            // The beginning of one, the end of the other.
            input.truncate(at);
            input.extend(&other[random.below(other.len())..]);
        }
        11 => input.truncate(at),
        12 if !input.is_empty() => {
            // A digit where a digit is.
            if let Some(digit) = input[at..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                *digit = b'0' + random.below(10) as u8;
            }
        }
        13 => {
            let byte = random.bits() as u8;
            input.splice(at..at, std::iter::repeat_n(byte, 1 << random.below(8)));
        }
        14 | 15 => {
            let word = words[random.below(words.len())].as_bytes();
            if random.below(2) == 0 {
                overwrite(input, at, word);
            } else {
                input.splice(at..at, word.iter().copied());
            }
        }
        _ => input.push(random.bits() as u8),
    }
}

fn overwrite(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if input.len() < at + bytes.len() {
        input.resize(at + bytes.len(), 0);
    }
    input[at..at + bytes.len()].copy_from_slice(bytes);
}
