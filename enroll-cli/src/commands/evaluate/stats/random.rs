//! Numbers that look random and are the same in every run.

/// SplitMix64 (Steele, Lea and Flood, 2014): good enough to draw people, and a line long.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Begins anew; each pair of seed and stream has its own numbers.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        // Neighbouring seeds differ in a bit; after a step they have nothing in common.
        Self(random.next())
    }

    /// The next.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..count`; 0 of none. Its bias, below `count` / 2^64, is nothing here.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_every_place_its_share() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            (0..6000).map(|_| random.below(6)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
        for face in 0..6 {
            let count = draw(1, 2).iter().filter(|drawn| **drawn == face).count();
            assert!((850..1150).contains(&count), "{face}: {count}");
        }
        assert_eq!(Random::new(0, 0).below(0), 0);
    }
}
