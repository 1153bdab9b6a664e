//! A picture of checked size, borrowed from whoever decoded it.

use std::borrow::Cow;
use std::fmt;

use crate::EngineError;

/// The shortest side, in pixels, that a frame may have.
pub const MIN_SIDE: u32 = 16;
/// The longest side, in pixels, that a frame may have: 8192 x 8192 RGB is 192 MiB, twice that while it is analysed.
pub const MAX_SIDE: u32 = 8192;

/// Pixels row by row from the top, without padding between rows.
#[derive(Clone, Copy)]
pub enum Pixels<'a> {
    /// Three bytes a pixel: red, green, blue.
    Rgb(&'a [u8]),
    /// One byte a pixel, as infrared cameras give.
    Grey(&'a [u8]),
}

/// A picture of checked size: what its pixels claim is what they are.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    width: u32,
    height: u32,
    pixels: Pixels<'a>,
}

impl<'a> Frame<'a> {
    /// Checks that both sides lie within [`MIN_SIDE`]`..=`[`MAX_SIDE`] and that there are exactly as many bytes as
    /// they need.
    pub fn new(width: u32, height: u32, pixels: Pixels<'a>) -> Result<Self, EngineError> {
        let sides = MIN_SIDE..=MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(EngineError::FrameSize { width, height });
        }
        let (bytes, channels) = match pixels {
            Pixels::Rgb(bytes) => (bytes, 3),
            Pixels::Grey(bytes) => (bytes, 1),
        };
        // At most 8192 * 8192 * 3: fits 32 bits.
        let expected = width as usize * height as usize * channels;
        if bytes.len() != expected {
            return Err(EngineError::FrameLength {
                width,
                height,
                expected,
                found: bytes.len(),
            });
        }
        Ok(Self {
            width,
            height,
            pixels,
        })
    }

    /// Pixels from left to right.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels.
    pub fn pixels(&self) -> Pixels<'a> {
        self.pixels
    }

    /// RGB bytes: the frame's own, or grey ones replicated.
    pub(crate) fn rgb(&self) -> Cow<'a, [u8]> {
        match self.pixels {
            Pixels::Rgb(bytes) => Cow::Borrowed(bytes),
            Pixels::Grey(bytes) => Cow::Owned(bytes.iter().flat_map(|&g| [g, g, g]).collect()),
        }
    }

    /// Luma (ITU-R BT.601), 0..=255, of the pixel at column `x` and row `y`, both of which must be inside.
    pub(crate) fn luma(&self, x: usize, y: usize) -> f32 {
        let at = y * self.width as usize + x;
        match self.pixels {
            Pixels::Rgb(b) => luma(b[3 * at], b[3 * at + 1], b[3 * at + 2]),
            Pixels::Grey(b) => f32::from(b[at]),
        }
    }

    /// The same of `count` pixels of row `y` from column `x` on, appended to `to`.
    pub(crate) fn luma_of(&self, y: usize, x: usize, count: usize, to: &mut Vec<f32>) {
        let at = y * self.width as usize + x;
        match self.pixels {
            Pixels::Rgb(b) => {
                let pixels = b[3 * at..][..3 * count].chunks_exact(3);
                to.extend(pixels.map(|p| luma(p[0], p[1], p[2])));
            }
            Pixels::Grey(b) => to.extend(b[at..][..count].iter().map(|&g| f32::from(g))),
        }
    }

    /// Mean luma of the whole frame, 0..=1.
    pub(crate) fn brightness(&self) -> f32 {
        // In integers, in thousandths: at most 2^26 pixels of 255,000 each.
        let (sum, weight) = match self.pixels {
            Pixels::Rgb(bytes) => {
                // Per channel first: at most 2^26 pixels of 255 each. Rows of a side's length fit 32 bits.
                let mut sums = [0_u64; 3];
                for row in bytes.chunks(3 * self.width as usize) {
                    let mut of_row = [0_u32; 3];
                    for pixel in row.chunks_exact(3) {
                        for (sum, level) in of_row.iter_mut().zip(pixel) {
                            *sum += u32::from(*level);
                        }
                    }
                    for (sum, of_row) in sums.iter_mut().zip(of_row) {
                        *sum += u64::from(of_row);
                    }
                }
                (299 * sums[0] + 587 * sums[1] + 114 * sums[2], 1000.0)
            }
            Pixels::Grey(bytes) => (bytes.iter().map(|&g| u64::from(g)).sum(), 1.0),
        };
        let pixels = f64::from(self.width) * f64::from(self.height);
        (sum as f64 / (pixels * weight * 255.0)) as f32
    }
}

fn luma(r: u8, g: u8, b: u8) -> f32 {
    0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
}

/// Shows size and format: a log must not hold a picture.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}x{} {:?})", self.width, self.height, self.pixels)
    }
}

impl fmt::Debug for Pixels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pixels::Rgb(bytes) => write!(f, "Rgb({} bytes)", bytes.len()),
            Pixels::Grey(bytes) => write!(f, "Grey({} bytes)", bytes.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_frame_of_exactly_its_length_is_one() {
        let bytes = vec![0; 8193 * 16 * 3];
        for (width, height, channels, change, ok) in [
            (16, 16, 3, 0, true),
            (16, 16, 1, 0, true),
            (8192, 16, 3, 0, true),
            (16, 8192, 1, 0, true),
            (16, 16, 3, -1, false),
            (16, 16, 3, 1, false),
            (16, 16, 1, -1, false),
            (15, 16, 3, 0, false),
            (16, 15, 3, 0, false),
            (0, 0, 3, 0, false),
            (8193, 16, 3, 0, false),
            (16, 8193, 3, 0, false),
        ] {
            let length = (width as usize * height as usize * channels).saturating_add_signed(change);
            let bytes = &bytes[..length];
            let pixels = if channels == 3 {
                Pixels::Rgb(bytes)
            } else {
                Pixels::Grey(bytes)
            };
            let frame = Frame::new(width, height, pixels);
            assert_eq!(
                frame.is_ok(),
                ok,
                "{width}x{height} {channels} {change}: {frame:?}"
            );
        }
        assert!(Frame::new(u32::MAX, u32::MAX, Pixels::Rgb(&bytes)).is_err());
    }

    #[test]
    fn grey_becomes_rgb_by_replication() {
        let grey: Vec<u8> = (0..=255).collect();
        let frame = Frame::new(16, 16, Pixels::Grey(&grey)).unwrap();
        assert_eq!(&frame.rgb()[..6], [0, 0, 0, 1, 1, 1]);
        assert_eq!(frame.rgb().len(), 768);
        assert_eq!(frame.luma(1, 1), 17.0);
    }

    #[test]
    fn brightness_is_the_mean_luma() {
        for (pixel, expected) in [
            ([0, 0, 0], 0.0),
            ([255, 255, 255], 1.0),
            ([255, 0, 0], 0.299),
            ([0, 255, 0], 0.587),
            ([0, 0, 255], 0.114),
        ] {
            let bytes = pixel.repeat(256);
            let frame = Frame::new(16, 16, Pixels::Rgb(&bytes)).unwrap();
            assert!((frame.brightness() - expected).abs() < 1e-5, "{pixel:?}");
            assert!((frame.luma(3, 3) / 255.0 - expected).abs() < 1e-5, "{pixel:?}");
        }
        let half = Frame::new(16, 16, Pixels::Grey(&[51; 256])).unwrap().brightness();
        assert!((half - 0.2).abs() < 1e-6);
        // Of any width, whatever a vector's.
        for width in [16, 17, 31, 33, 48, 100] {
            let bytes: Vec<u8> = (0..width * 16 * 3).map(|at: u32| (at * 7 % 251) as u8).collect();
            let frame = Frame::new(width, 16, Pixels::Rgb(&bytes)).unwrap();
            let one_by_one = (0..width as usize * 16)
                .map(|at| f64::from(frame.luma(at % width as usize, at / width as usize)));
            let mean = one_by_one.sum::<f64>() / f64::from(width * 16) / 255.0;
            assert!((f64::from(frame.brightness()) - mean).abs() < 1e-6, "{width}");
        }
    }

    #[test]
    fn debug_output_holds_no_pixels() {
        let frame = Frame::new(16, 16, Pixels::Grey(&[77; 256])).unwrap();
        assert_eq!(format!("{frame:?}"), "Frame(16x16 Grey(256 bytes))");
    }
}
