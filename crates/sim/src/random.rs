//! The simulator's own random numbers: the same seed gives the same numbers on every processor.

/// xoshiro256**, seeded through SplitMix64.
///
/// Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM Transactions on
/// Mathematical Software 47 (2021), figure 3; G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014, for SplitMix64.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// A generator for `seed`.
    pub fn new(seed: u64) -> Random {
        let mut mixer = seed;
        Random { state: core::array::from_fn(|_| split_mix(&mut mixer)) }
    }

    /// A generator of its own for one purpose under `seed`, so that a new purpose changes no other's numbers.
    pub fn stream(seed: u64, purpose: &str) -> Random {
        // FNV-1a, 64 bits (RFC 9923): it only has to tell names apart.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in purpose.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let mut mixer = seed;
        Random::new(split_mix(&mut mixer) ^ hash)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let state = &mut self.state;
        let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        result
    }

    /// Uniform in 0 to 1, 1 excluded.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform from `low` to `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True with `probability`.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A standard normal deviate (Box and Muller 1958; the second of the pair is dropped).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(2.0 * core::f64::consts::PI * self.unit())
    }

    /// A Poisson deviate of mean `mean` (0 to some hundreds), by counting unit arrivals (Knuth, The Art of Computer
    /// Programming 2, 3.4.1).
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let mut count = 0;
        let mut arrival = -libm::log(1.0 - self.unit());
        while arrival < mean && count < 100_000 {
            count += 1;
            arrival -= libm::log(1.0 - self.unit());
        }
        count
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_mix_gives_the_published_numbers() {
        // The first outputs for seed 1234567 in Rosetta Code, "Pseudo-random numbers/Splitmix64".
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
        assert_eq!(split_mix(&mut state), 9_817_491_932_198_370_423);
    }

    #[test]
    fn xoshiro_gives_the_published_numbers() {
        // The first outputs from state 1, 2, 3, 4, as in the tests of the rand_xoshiro crate, made with the
        // authors' C program.
        let mut random = Random { state: [1, 2, 3, 4] };
        let first = [random.bits(), random.bits(), random.bits(), random.bits()];
        assert_eq!(first, [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240]);
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut random = Random::new(7);
        let count = 200_000;
        let (mut sum, mut squares, mut arrivals) = (0.0, 0.0, 0.0);
        for _ in 0..count {
            let normal = random.normal();
            sum += normal;
            squares += normal * normal;
            arrivals += f64::from(random.poisson(20.0));
        }
        let count = f64::from(count);
        // Six standard errors of each mean.
        assert!((sum / count).abs() < 6.0 / count.sqrt());
        assert!((squares / count - 1.0).abs() < 6.0 * (2.0 / count).sqrt());
        assert!((arrivals / count - 20.0).abs() < 6.0 * (20.0 / count).sqrt());
    }

    #[test]
    fn streams_of_one_seed_differ() {
        assert_ne!(Random::stream(1, "a").bits(), Random::stream(1, "b").bits());
        assert_ne!(Random::stream(1, "a").bits(), Random::stream(2, "a").bits());
    }
}
