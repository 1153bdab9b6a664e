//! A picture in another light.

use image_for_dlib::RgbImage;

/// Standard deviation of the noise, in levels.
const NOISE: f32 = 2.0;

/// Multiplied by a factor, with noise added, and cut off at the ends. The same seed, the same noise.
pub fn light(picture: &RgbImage, factor: f32, seed: u64) -> RgbImage {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // Xorshift; the sum of four even numbers is near enough to a Gaussian, of a variance of a third.
    let mut even = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32
    };
    let mut noise = || NOISE * 3.0_f32.sqrt() * ((0..4).map(|_| even()).sum::<f32>() - 2.0);
    let mut changed = picture.clone();
    for byte in changed.iter_mut() {
        // `as` cuts off what lies outside.
        *byte = (f32::from(*byte) * factor + noise()).round() as u8;
    }
    changed
}
