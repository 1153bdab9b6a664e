//! The square of a picture that the encoder is shown: cut out, turned and scaled as dlib does it (`get_face_chip_details`,
//! `extract_image_chips` and `pyramid_down<2>` in `dlib/image_transforms`, 19.24).
//!
//! Levels are computed with the width and in the order that they are there, and cut off to whole ones; the map's numbers
//! differ from dlib's in their last bits, so that a pixel may now and then be one level off.

use std::borrow::Cow;

use crate::similarity::Similarity;

/// Pixels per side.
pub(super) const SIDE: usize = 150;

/// RGB bytes, row by row.
pub(super) type Crop = [[u8; 3]; SIDE * SIDE];

/// Pixels around the square that are looked at without a copy half as large, and so many more for each of those.
const AROUND: f64 = 2.0;

/// `map` brings the square between (0, 0) and ([`SIDE`], [`SIDE`]) onto the picture. What lies beyond the picture is black.
pub(super) fn crop(rgb: &[u8], size: (u32, u32), map: &Similarity) -> Box<Crop> {
    let mut crop = Box::new([[0; 3]; SIDE * SIDE]);
    let halvings = halvings(map.factor() * SIDE as f64);
    let around = (0..halvings).fold(AROUND, |around, _| 2.0 * around + 2.0);
    let corners = corners(map);
    let Some(mut picture) = View::around(rgb, size, &corners, around) else {
        return crop;
    };
    let (left, top) = (picture.left as f64, picture.top as f64);
    let mut corners = corners.map(|(x, y)| (x - left, y - top));
    for _ in 0..halvings {
        picture = picture.halved();
        corners = corners.map(|(x, y)| (x / 2.0 - 1.25, y / 2.0 - 0.75));
    }
    picture.draw(&corners, &mut crop);
    crop
}

/// How often a picture is halved, in which the square has such a side, until less is left of it than twice the crop.
fn halvings(side: f64) -> usize {
    let (mut side, mut count) = ((side + 1.0) / 2.0, 0);
    while side > SIDE as f64 {
        side = (side + 1.0) / 2.0;
        count += 1;
    }
    count
}

/// Where the crop's outermost pixels lie on the picture: upper left, upper right, lower left, lower right.
fn corners(map: &Similarity) -> [(f64, f64); 4] {
    let middle = SIDE as f64 / 2.0;
    let (x, y) = map.at(middle, middle);
    // dlib makes the square less one of the picture's pixels wide, not of the crop's.
    let reach = (SIDE as f64 * map.factor() - 1.0) / 2.0;
    let (cos, sin) = map.direction();
    [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)].map(|(across, down)| {
        let (across, down) = (across * reach, down * reach);
        (x + cos * across - sin * down, y + sin * across + cos * down)
    })
}

/// A part of a picture.
struct View<'a> {
    rgb: Cow<'a, [[u8; 3]]>,
    /// Pixels from one row to the next.
    stride: usize,
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl<'a> View<'a> {
    /// What lies around these corners, with so many pixels more on each side; `None`: nothing.
    fn around(rgb: &'a [u8], size: (u32, u32), corners: &[(f64, f64); 4], around: f64) -> Option<Self> {
        // The first and the last pixel. `as` saturates.
        let extent = |of: fn(&(f64, f64)) -> f64, size: u32| {
            let all = || corners.iter().map(of);
            let low = all().fold(f64::INFINITY, f64::min) - around;
            let high = all().fold(f64::NEG_INFINITY, f64::max) + around;
            let (low, high) = (low.max(0.0), high.min(f64::from(size) - 1.0));
            let (first, last) = ((low + 0.5).floor() as usize, (high + 0.5).floor());
            (last >= first as f64).then(|| (first, last as usize - first + 1))
        };
        let (left, width) = extent(|corner| corner.0, size.0)?;
        let (top, height) = extent(|corner| corner.1, size.1)?;
        Some(Self {
            rgb: rgb.as_chunks().0.into(),
            stride: size.0 as usize,
            left,
            top,
            width,
            height,
        })
    }

    fn row(&self, row: usize) -> &[[u8; 3]] {
        &self.rgb[(self.top + row) * self.stride + self.left..][..self.width]
    }

    /// Half as large, blurred by the binomial filter of five.
    fn halved(&self) -> View<'static> {
        let small = self.width <= 8 || self.height <= 8;
        let (width, height) = match small {
            true => (0, 0),
            false => ((self.width - 3) / 2, (self.height - 3) / 2),
        };
        // At most 16 times a byte, and then 16 times that: nothing is lost, in whatever order. Down first, where neighbours in
        // memory are computed alike.
        let sum = |[a, b, c, d, e]: [u16; 5]| {
            let inner = b.wrapping_add(c).wrapping_add(d).wrapping_mul(4);
            a.wrapping_add(e)
                .wrapping_add(inner)
                .wrapping_add(c.wrapping_mul(2))
        };
        let mut line = vec![0_u16; 3 * self.width];
        let mut rgb = Vec::with_capacity(width * height);
        for r in 0..height {
            let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|k| self.row(2 * r + k).as_flattened());
            let rows = a.iter().zip(b).zip(c).zip(d).zip(e);
            for (to, ((((a, b), c), d), e)) in line.iter_mut().zip(rows) {
                *to = sum([*a, *b, *c, *d, *e].map(u16::from));
            }
            let pixels = line.as_chunks::<3>().0;
            rgb.extend(pixels.windows(5).step_by(2).take(width).map(|near| {
                [0, 1, 2]
                    .map(|i| (sum([near[0][i], near[1][i], near[2][i], near[3][i], near[4][i]]) >> 8) as u8)
            }));
        }
        View {
            rgb: rgb.into(),
            stride: width,
            left: 0,
            top: 0,
            width,
            height,
        }
    }

    /// Between the pixels, of all four around each place; where one of them is not there the crop stays as it is.
    fn draw(&self, corners: &[(f64, f64); 4], crop: &mut Crop) {
        let [from, right, down, _] = *corners;
        let last = (SIDE - 1) as f64;
        let across = ((right.0 - from.0) / last, (right.1 - from.1) / last);
        let down = ((down.0 - from.0) / last, (down.1 - from.1) / last);
        let inside = |at: f64, size: usize| at >= 0.0 && at + 1.0 < size as f64;
        for (place, pixel) in crop.iter_mut().enumerate() {
            let (column, row) = ((place % SIDE) as f64, (place / SIDE) as f64);
            let x = across.0 * column + down.0 * row + from.0;
            let y = across.1 * column + down.1 * row + from.1;
            let (left, top) = (x.floor(), y.floor());
            // What is no number is not inside.
            if !inside(left, self.width) || !inside(top, self.height) {
                continue;
            }
            let (part_x, part_y) = (x - left, y - top);
            let (rest_x, rest_y) = (1.0 - part_x, 1.0 - part_y);
            let left = left as usize;
            let (above, below) = (self.row(top as usize), self.row(top as usize + 1));
            *pixel = [0, 1, 2].map(|channel| {
                let at = |row: &[[u8; 3]], column: usize| f64::from(row[column][channel]);
                let upper = rest_x * at(above, left) + part_x * at(above, left + 1);
                let lower = rest_x * at(below, left) + part_x * at(below, left + 1);
                // Cut off, not rounded.
                (rest_y * upper + part_y * lower) as u8
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;
    use crate::chip::Chip;

    fn noise(size: (u32, u32)) -> Vec<u8> {
        let level = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
        (0..3 * size.0 * size.1).map(level).collect()
    }

    /// FNV-1a of 64 bits.
    fn hash(crop: &Crop) -> u64 {
        crop.iter().flatten().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        })
    }

    fn of(size: (u32, u32), points: [(f32, f32); 5]) -> Box<Crop> {
        let chip = Chip::of(&points.map(|(x, y)| Point { x, y })).unwrap();
        crop(&noise(size), size, &chip.encoder_square(SIDE as f64))
    }

    #[test]
    fn a_face_becomes_what_dlib_makes_of_it_to_the_last_bit() {
        // Of what dlib 19.24 made of these: `get_face_chip_details(face, 150, 0.25)` and `extract_image_chips`.
        for (what, size, points, black, expected) in [
            (
                "upright",
                (240, 240),
                [
                    (170.0, 90.0),
                    (140.0, 92.0),
                    (70.0, 90.0),
                    (100.0, 92.0),
                    (120.0, 160.0),
                ],
                300,
                0x148a_9f0f_2165_1c36,
            ),
            (
                "turned",
                (640, 480),
                [
                    (380.0, 200.0),
                    (350.0, 215.0),
                    (260.0, 230.0),
                    (300.0, 225.0),
                    (330.0, 300.0),
                ],
                0,
                0xe9ce_776d_6207_b183,
            ),
            (
                "near, from a copy half as large",
                (640, 480),
                [
                    (560.0, 120.0),
                    (460.0, 130.0),
                    (200.0, 110.0),
                    (310.0, 125.0),
                    (380.0, 330.0),
                ],
                10_873,
                0x67fe_50d3_942f_0d8a,
            ),
            (
                "across the edge",
                (640, 480),
                [
                    (30.0, 40.0),
                    (20.0, 42.0),
                    (-10.0, 45.0),
                    (5.0, 44.0),
                    (10.0, 70.0),
                ],
                7_997,
                0x3335_e95b_30cf_a659,
            ),
            (
                "from a copy a quarter as large",
                (1280, 960),
                [
                    (1100.0, 200.0),
                    (860.0, 260.0),
                    (120.0, 300.0),
                    (400.0, 290.0),
                    (640.0, 800.0),
                ],
                16_179,
                0x561a_9348_2401_aac2,
            ),
            (
                "on its side",
                (640, 480),
                [
                    (250.0, 330.0),
                    (270.0, 300.0),
                    (330.0, 240.0),
                    (300.0, 262.0),
                    (360.0, 330.0),
                ],
                0,
                0xe920_89ed_b3db_5e88,
            ),
            (
                "in a small picture",
                (60, 50),
                [
                    (40.0, 15.0),
                    (33.0, 17.0),
                    (15.0, 16.0),
                    (24.0, 17.0),
                    (28.0, 35.0),
                ],
                2_403,
                0x41e7_8c86_8039_60d6,
            ),
            (
                "hardly large enough for a copy half as large",
                (640, 480),
                [
                    (402.0, 193.0),
                    (359.0, 196.0),
                    (252.0, 193.0),
                    (295.0, 196.0),
                    (327.0, 277.0),
                ],
                0,
                0xf1f3_1a80_3f15_80ec,
            ),
            (
                "of a picture that becomes too small for another half",
                (20, 20),
                [
                    (156.0, -109.0),
                    (70.0, -103.0),
                    (-145.0, -109.0),
                    (-58.0, -103.0),
                    (6.0, 60.0),
                ],
                22_500,
                0x7651_2d40_95bd_e515,
            ),
            (
                "beside the picture",
                (640, 480),
                [
                    (-300.0, -300.0),
                    (-320.0, -301.0),
                    (-360.0, -302.0),
                    (-340.0, -300.0),
                    (-330.0, -260.0),
                ],
                22_500,
                0x7651_2d40_95bd_e515,
            ),
        ] {
            let crop = of(size, points);
            let found = crop.iter().filter(|pixel| **pixel == [0; 3]).count();
            assert_eq!((found, hash(&crop)), (black, expected), "{what}");
        }
    }

    #[test]
    fn faces_of_any_size_anywhere_are_borne() {
        for size in [(16, 16), (17, 300), (640, 480)] {
            for side in [1.0, 7.0, 150.0, 9e3, 1e9, 1e30_f32] {
                for at in [0.0, -1e3, 300.0, 1e9, -1e30] {
                    let half = side / 2.0;
                    let face = [
                        (half, 0.0),
                        (half / 2.0, 1.0),
                        (-half, 0.0),
                        (-half / 2.0, 1.0),
                        (0.0, half),
                    ];
                    let points = face.map(|(x, y)| Point { x: x + at, y: y + at });
                    if let Some(chip) = Chip::of(&points) {
                        crop(&noise(size), size, &chip.encoder_square(SIDE as f64));
                    }
                }
            }
        }
    }
}
