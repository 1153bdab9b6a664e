//! How many bits of a 16-bit grey format a sensor uses.
//!
//! "The actual sampling precision may be lower than 16 bits. For example, 10 bits per pixel with values in range 0 to
//! 1023", says V4L2 of `Y16`, and no field tells. So it is learnt from the pictures: the fewest bits, of 10, 12, 14 and
//! 16, that hold the brightest pixel so far. It only ever grows while the stream runs. A sensor of 16 bits in the dark
//! is thus shown up to 64 times brighter than it should until something bright comes into view; its pictures are then
//! dark ones that have been stretched, which is what would be done to them anyway.

/// What is known of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth(u8);

impl Default for Depth {
    fn default() -> Self {
        Self(10)
    }
}

impl Depth {
    /// Takes in a picture's brightest pixel; returns by how many bits its pixels are to be shifted to the right.
    pub fn shift(&mut self, brightest: u16) -> u8 {
        let used = (16 - brightest.leading_zeros()) as u8;
        self.0 = self.0.max(used.next_multiple_of(2));
        self.0 - 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r24_the_depth_grows_to_what_was_seen_and_never_shrinks() {
        let mut depth = Depth::default();
        for (brightest, shift) in [
            (0, 2),
            (1023, 2),
            (1024, 4),
            (4095, 4),
            (900, 4),
            (4096, 6),
            (16383, 6),
            (16384, 8),
            (u16::MAX, 8),
            (3, 8),
        ] {
            assert_eq!(depth.shift(brightest), shift, "{brightest}");
        }
    }
}
