//! Making a picture smaller the way dlib's `resize_image` does (bilinear, dlib 19.24, `interpolation.h`), to the last bit, in
//! a third of its time.
//!
//! Every number here has the width, the order of operations and the rounding that it has there: dlib computes groups of four
//! columns in 32 bits, and what is left at the right edge, where a group would reach beyond the picture, in 64.

/// Three channels, and one more that makes the loads and the arithmetic vectors; it is thrown away.
type Four = [f32; 4];

/// 2^23, from which on there are no fractions.
const WHOLE: f32 = 8_388_608.0;

/// RGB bytes of size `from`, at least 2 by 2, at the size `to`, both of whose sides are at least 2.
pub(crate) fn resized(rgb: &[u8], from: (u32, u32), to: (u32, u32)) -> Vec<u8> {
    let (width, height) = (from.0 as usize, from.1 as usize);
    let stride = 3 * width;
    let (columns, grouped) = columns(from.0, to.0);
    let y_scale = f64::from(from.1 - 1) / f64::from(to.1 - 1);
    // Two rows as numbers, each made once, although two rows of the result lie between them.
    let (mut upper, mut lower) = (Row::default(), Row::default());
    let mut mixed = vec![0.0_f32; 3 * grouped + 1];
    let mut out = vec![0; 3 * (to.0 * to.1) as usize];
    let mut y = -y_scale;
    for line in out.chunks_exact_mut(3 * to.0 as usize) {
        // Added up, not multiplied: so it rounds as dlib's.
        y += y_scale;
        let top = (y.floor() as usize).min(height - 1);
        let bottom = (top + 1).min(height - 1);
        let down = y - top as f64;
        if lower.is(top) {
            std::mem::swap(&mut upper, &mut lower);
        }
        upper.hold(rgb, stride, top);
        lower.hold(rgb, stride, bottom);
        let (from_top, from_bottom) = ((1.0 - down) as f32, down as f32);
        for (i, column) in columns.iter().enumerate() {
            let (part, rest) = (column.part, 1.0 - column.part);
            let weights = [
                from_top * rest,
                from_top * part,
                from_bottom * rest,
                from_bottom * part,
            ];
            let (above, below) = (upper.pair(column.left), lower.pair(column.left));
            let four: Four = std::array::from_fn(|i| {
                weights[0] * above[i]
                    + weights[1] * above[i + 3]
                    + weights[2] * below[i]
                    + weights[3] * below[i + 3]
            });
            // The fourth is overwritten by the next pixel's first.
            mixed[3 * i..3 * i + 4].copy_from_slice(&four);
        }
        let (first, last) = line.split_at_mut(3 * grouped);
        for (byte, level) in first.iter_mut().zip(&mixed) {
            // Rounded down, of 0 to 255: the numbers from 2^23 on are whole, and their lowest bits count.
            let near = (level + WHOLE) - WHOLE;
            let down = if near > *level { near - 1.0 } else { near };
            *byte = (down + WHOLE).to_bits() as u8;
        }
        let x_scale = f64::from(from.0 - 1) / f64::from(to.0 - 1);
        let mut x = -x_scale + grouped as f64 * x_scale;
        for pixel in last.chunks_exact_mut(3) {
            x += x_scale;
            let left = (x.floor() as usize).min(width - 1);
            let right = (left + 1).min(width - 1);
            let across = x - left as f64;
            for (channel, level) in pixel.iter_mut().enumerate() {
                let at = |row: usize, column: usize| f64::from(rgb[row * stride + 3 * column + channel]);
                let mixed = |row| (1.0 - across) * at(row, left) + across * at(row, right);
                *level = ((1.0 - down) * mixed(top) + down * mixed(bottom)) as u8;
            }
        }
    }
    out
}

/// Between which columns one of the result lies, and how far from the left one.
struct Column {
    left: usize,
    part: f32,
}

/// Those in groups of four, and how many they are.
fn columns(from: u32, to: u32) -> (Vec<Column>, usize) {
    let scale = f64::from(from - 1) / f64::from(to - 1);
    let mut columns = Vec::with_capacity(to as usize);
    let start = -4.0 * scale;
    let mut group = [0.0, 1.0, 2.0, 3.0].map(|i| (start + i * scale) as f32);
    let step = (4.0 * scale) as f32;
    loop {
        group = group.map(|x| x + step);
        let lefts = group.map(|x| x as usize);
        if lefts[3] + 1 >= from as usize || columns.len() + 4 > to as usize {
            let grouped = columns.len();
            return (columns, grouped);
        }
        columns.extend(group.iter().zip(lefts).map(|(x, left)| Column {
            left,
            part: x - left as f32,
        }));
    }
}

/// One row's levels as numbers, with room for what [`Four`] reads too much.
#[derive(Default)]
struct Row {
    number: Option<usize>,
    levels: Vec<f32>,
}

impl Row {
    fn is(&self, number: usize) -> bool {
        self.number == Some(number)
    }

    fn hold(&mut self, rgb: &[u8], stride: usize, number: usize) {
        if !self.is(number) {
            self.number = Some(number);
            self.levels.clear();
            self.levels.extend(
                rgb[number * stride..][..stride]
                    .iter()
                    .map(|&level| f32::from(level)),
            );
            self.levels.push(0.0);
        }
    }

    /// The channels of a column and of the next.
    fn pair(&self, left: usize) -> &[f32; 7] {
        self.levels[3 * left..].first_chunk().unwrap_or(&[0.0; 7])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(size: (u32, u32)) -> Vec<u8> {
        let level = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
        (0..3 * size.0 * size.1).map(level).collect()
    }

    /// FNV-1a of 64 bits.
    fn hash(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        })
    }

    #[test]
    fn a_picture_becomes_what_dlib_makes_of_it_to_the_last_bit() {
        // Of what dlib 19.24 made of these.
        for (from, to, expected) in [
            ((640, 480), (533, 400), 0xe9b0_694e_06ad_6b61),
            ((308, 230), (256, 191), 0x33cb_d2a5_ea78_ef20),
            ((641, 361), (534, 300), 0xae8e_9ab6_7220_2440),
            ((97, 131), (80, 109), 0x3dbd_4840_b698_0ed4),
        ] {
            let made = resized(&noise(from), from, to);
            assert_eq!(made.len(), 3 * (to.0 * to.1) as usize);
            assert_eq!(hash(&made), expected, "{from:?} to {to:?}: {:#x}", hash(&made));
        }
    }

    #[test]
    fn an_even_picture_stays_even_but_for_what_rounding_down_takes() {
        for level in [0, 1, 127, 254, 255_u8] {
            let made = resized(&vec![level; 3 * 50 * 40], (50, 40), (41, 33));
            let near = level.saturating_sub(1)..=level;
            assert!(made.iter().all(|made| near.contains(made)), "{level}");
        }
    }

    #[test]
    fn the_smallest_sizes_are_borne() {
        for (from, to) in [((2, 2), (2, 2)), ((3, 2), (2, 2)), ((16, 16), (13, 13))] {
            assert_eq!(resized(&noise(from), from, to).len(), 3 * (to.0 * to.1) as usize);
        }
    }
}
