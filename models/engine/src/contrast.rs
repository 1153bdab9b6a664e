//! Pictures too dark or too pale: their levels spread over the whole range.
//!
//! Where a picture lies within a few levels, noise is as large as what there is to see. The detector finds faces again in
//! a copy that is blurred, which takes the noise out, and then spread. Landmarks and encodings come from sharp pixels,
//! spread alone: a tenth as bright, they lie 0.23 from what they are in the light, and unspread 0.36 (docs/accuracy.md).

use crate::{Frame, Pixels};

/// Between which levels a picture lies, but for a little at both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    low: u8,
    high: u8,
}

/// Fewer levels than this are spread. Photographs and webcams by day have 200 and more.
const NARROW: u8 = 160;

/// The share of the pixels that may be lost at either end: hot pixels, a small lamp.
const TAIL: f64 = 0.005;

/// The share that may be lost at the bright end where nothing else helps: a window, a screen behind the face.
const GLARE: f64 = 0.1;

/// In which ranges to look for faces, one after the other until one is found; `None`: in the picture as it is.
pub(crate) fn ranges(frame: &Frame<'_>) -> Vec<Option<Range>> {
    let counts = levels(frame);
    let narrow = |range: Range| (range.high - range.low < NARROW).then_some(range);
    let whole = narrow(Range::within(&counts, TAIL));
    let without_glare = narrow(Range::within(&counts, GLARE));
    match (whole, without_glare) {
        (None, Some(dark)) => vec![None, Some(dark)],
        _ => vec![whole],
    }
}

/// How many pixels have which luma: of every second pixel of every second row.
fn levels(frame: &Frame<'_>) -> [u64; 256] {
    let mut counts = [0; 256];
    for y in (0..frame.height() as usize).step_by(2) {
        for x in (0..frame.width() as usize).step_by(2) {
            // At most 255.
            counts[frame.luma(x, y) as usize] += 1;
        }
    }
    counts
}

impl Range {
    fn within(counts: &[u64; 256], bright_tail: f64) -> Self {
        let all = counts.iter().sum::<u64>() as f64;
        let low = edge(counts.iter(), all * TAIL);
        let high = 255 - edge(counts.iter().rev(), all * bright_tail);
        // A picture of one level has the one edge beyond the other only if there are no pixels.
        Self {
            low,
            high: high.max(low),
        }
    }

    /// The level that this one becomes; `fraction`: levels are given in 256ths.
    fn spread(self, level: u16, fraction: bool) -> u8 {
        let unit = if fraction { 256 } else { 1 };
        let span = u32::from(self.high - self.low).max(1) * unit;
        let above = u32::from(level).saturating_sub(u32::from(self.low) * unit);
        // Rounded, and within a byte.
        ((above * 255 + span / 2) / span).min(255) as u8
    }

    /// The bytes of a picture, each channel spread alike, so that colours stay what they are.
    pub(crate) fn spread_all(self, bytes: &[u8]) -> Vec<u8> {
        let table: [u8; 256] = std::array::from_fn(|level| self.spread(level as u16, false));
        bytes.iter().map(|byte| table[usize::from(*byte)]).collect()
    }

    /// RGB bytes of a copy to look for faces in: grey, blurred, spread.
    pub(crate) fn for_detection(self, frame: &Frame<'_>) -> Vec<u8> {
        let blurred = blurred(&luma(frame), frame.width() as usize);
        blurred
            .into_iter()
            .flat_map(|level| [self.spread(level, true); 3])
            .collect()
    }
}

/// The first level at which more than `tail` pixels have been passed.
fn edge<'a>(counts: impl Iterator<Item = &'a u64>, tail: f64) -> u8 {
    let passed = counts.scan(0, |sum, count| {
        *sum += count;
        Some(*sum)
    });
    // There are 256.
    passed.take_while(|&sum| sum as f64 <= tail).count().min(255) as u8
}

fn luma(frame: &Frame<'_>) -> Vec<u8> {
    match frame.pixels() {
        Pixels::Grey(bytes) => bytes.to_vec(),
        Pixels::Rgb(bytes) => bytes
            .chunks_exact(3)
            // 0.299, 0.587, 0.114, times 256, which sum to 256.
            .map(|p| ((77 * u32::from(p[0]) + 150 * u32::from(p[1]) + 29 * u32::from(p[2]) + 128) >> 8) as u8)
            .collect(),
    }
}

/// exp(-x^2 / 2), scaled so that the weight of the middle and twice the others' sum to 256.
const GAUSSIAN: [u32; REACH + 1] = [102, 62, 14, 1];

/// How many pixels to either side have a weight.
const REACH: usize = 3;

/// Blurred by a Gaussian of a standard deviation of one pixel, in 256ths of a level: what the blur finds between the
/// levels is all there is in the dark. Beyond the edges the outermost pixels go on.
fn blurred(luma: &[u8], width: usize) -> Vec<u16> {
    let mut across = Vec::with_capacity(luma.len());
    let mut padded = Vec::with_capacity(width + 2 * REACH);
    for line in luma.chunks_exact(width) {
        padded.clear();
        padded.extend([u32::from(line[0]); REACH]);
        padded.extend(line.iter().map(|&level| u32::from(level)));
        padded.extend([u32::from(line[width - 1]); REACH]);
        across.extend(padded.windows(2 * REACH + 1).map(|near| {
            let pair = |far: usize| GAUSSIAN[far] * (near[REACH - far] + near[REACH + far]);
            GAUSSIAN[0] * near[REACH] + pair(1) + pair(2) + pair(3)
        }));
    }
    let height = luma.len() / width;
    let mut blurred = vec![0; across.len()];
    for (y, line) in blurred.chunks_exact_mut(width).enumerate() {
        let row = |y: usize| &across[y * width..][..width];
        let pair = |far: usize| {
            row(y.saturating_sub(far))
                .iter()
                .zip(row((y + far).min(height - 1)))
        };
        let pairs = pair(1).zip(pair(2)).zip(pair(3));
        for ((to, middle), ((one, two), three)) in line.iter_mut().zip(row(y)).zip(pairs) {
            let sum = GAUSSIAN[0] * middle
                + GAUSSIAN[1] * (one.0 + one.1)
                + GAUSSIAN[2] * (two.0 + two.1)
                + GAUSSIAN[3] * (three.0 + three.1);
            // From 65,536ths to 256ths: at most 255 * 256.
            *to = (sum >> 8) as u16;
        }
    }
    blurred
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pixel: impl Fn(u32, u32) -> u8) -> Vec<Option<(u8, u8)>> {
        let bytes: Vec<u8> = (0..100 * 100).map(|i| pixel(i % 100, i / 100)).collect();
        let frame = Frame::new(100, 100, Pixels::Grey(&bytes)).unwrap();
        let ends = |range: Range| (range.low, range.high);
        ranges(&frame).into_iter().map(|range| range.map(ends)).collect()
    }

    #[test]
    fn only_pictures_of_few_levels_are_spread() {
        for (what, pixel, expected) in [
            (
                "by day",
                (|x, _| (x * 5 / 2) as u8) as fn(u32, u32) -> u8,
                vec![None],
            ),
            ("in the dark", |x, _| (x / 5) as u8, vec![Some((0, 19))]),
            ("in fog", |x, _| 100 + (x / 2) as u8, vec![Some((100, 149))]),
            ("all black", |_, _| 0, vec![Some((0, 0))]),
            ("all white", |_, _| 255, vec![Some((255, 255))]),
            (
                "a hot pixel",
                |x, y| if (x, y) == (4, 4) { 255 } else { 10 },
                vec![Some((10, 10))],
            ),
            (
                "a lamp in the dark",
                |x, y| if x < 20 && y < 20 { 255 } else { (x / 5) as u8 },
                vec![None, Some((0, 18))],
            ),
            (
                "half of it a window",
                |x, _| if x < 50 { 255 } else { 10 },
                vec![None],
            ),
        ] {
            assert_eq!(found(pixel), expected, "{what}");
        }
    }

    #[test]
    fn spreading_reaches_both_ends_and_keeps_the_order() {
        let range = Range { low: 10, high: 30 };
        assert_eq!(
            range.spread_all(&[0, 10, 15, 20, 30, 40]),
            [0, 0, 64, 128, 255, 255]
        );
        assert_eq!(range.spread(15 * 256 + 128, true), 70);
        // Of one level: dark up to it, bright above, and no division by nothing.
        let even = Range { low: 7, high: 7 };
        assert_eq!(even.spread_all(&[0, 7, 8, 255]), [0, 0, 255, 255]);
    }

    /// The blur as it is defined, pixel by pixel.
    fn plainly_blurred(luma: &[u8], width: usize) -> Vec<u16> {
        let height = luma.len() / width;
        let blend = |at: usize, end: usize, value: &dyn Fn(usize) -> u32| {
            let pair = |far: usize| value(at.saturating_sub(far)) + value((at + far).min(end - 1));
            GAUSSIAN[0] * value(at) + (1..4).map(|far| GAUSSIAN[far] * pair(far)).sum::<u32>()
        };
        let across = |x: usize, y: usize| blend(x, width, &|x| u32::from(luma[y * width + x]));
        (0..luma.len())
            .map(|at| (blend(at / width, height, &|y| across(at % width, y)) >> 8) as u16)
            .collect()
    }

    #[test]
    fn the_blur_is_what_it_is_defined_to_be_to_the_last_bit() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for (width, height) in [
            (1, 1),
            (1, 9),
            (9, 1),
            (2, 3),
            (3, 2),
            (4, 4),
            (7, 5),
            (64, 48),
            (61, 37),
        ] {
            let luma: Vec<u8> = (0..width * height).map(|_| random()).collect();
            assert_eq!(
                blurred(&luma, width),
                plainly_blurred(&luma, width),
                "{width} x {height}"
            );
        }
    }

    #[test]
    fn the_blur_keeps_what_is_even_and_takes_noise_out() {
        assert!(
            blurred(&[200; 12 * 9], 12)
                .iter()
                .all(|level| *level == 200 * 256)
        );
        assert!(
            blurred(&[255; 16 * 16], 16)
                .iter()
                .all(|level| *level == 255 * 256)
        );
        // A row of noise between 4 and 6 comes near 5.
        let noise: Vec<u8> = (0..40 * 40)
            .map(|at| if (at + at / 40) % 2 == 0 { 4 } else { 6 })
            .collect();
        let inside = blurred(&noise, 40)[40 * 20 + 5..40 * 20 + 35].to_vec();
        assert!(
            inside.iter().all(|level| level.abs_diff(5 * 256) < 32),
            "{inside:?}"
        );
    }
}
