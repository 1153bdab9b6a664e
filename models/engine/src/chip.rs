//! The square that the encoder sees of a face: where it lies in the picture, and its luma.

use crate::similarity::{Similarity, pairs};
use crate::{Frame, Point};

/// dlib's mean face in the unit square, in its point order; from `get_face_chip_details` in
/// `dlib/image_transforms/interpolation.h` (dlib 19.24). The encoder aligns faces to it, so must what judges them.
pub(crate) const MEAN_FACE: [(f64, f64); 5] = [
    (0.859_567_459_599_2, 0.213_498_153_801_4),
    (0.646_060_476_410_4, 0.228_967_438_767_7),
    (0.120_575_062_078_9, 0.213_727_452_684_8),
    (0.334_085_061_371_2, 0.229_064_240_324_2),
    (0.490_112_313_567_9, 0.627_797_531_647_5),
];

/// Margin that the encoder's chip adds on each side of the unit square, as a share of its side: dlib's wrapper asks
/// for 150 pixels with a padding of 0.25, so the face itself covers 100 of them.
const MARGIN: f64 = 0.25;

/// Pixels per side of [`LumaChip`]: as many as the encoder sees of the unit square, so that what is measured on the
/// chip is what reaches the encoder, whatever the face's size in the picture.
pub(crate) const SIDE: usize = 100;

/// Points per side of the grid by which [`Chip::inside`] counts: 3,600 in all.
const GRID: usize = 60;

/// A rotated and scaled square on the picture: the map from the unit square.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chip(Similarity);

impl Chip {
    /// The one that brings dlib's mean face nearest to five landmarks in dlib's order. `None` if they coincide, so that no
    /// square is defined.
    pub(crate) fn of(points: &[Point; 5]) -> Option<Self> {
        Self::from_map(Similarity::fit(&MEAN_FACE, &pairs(points))?)
    }

    /// The one that this map makes of the unit square. `None` if that is less than a pixel wide.
    pub(crate) fn from_map(map: Similarity) -> Option<Self> {
        // NaN compares as false.
        (map.factor() >= 1.0).then_some(Self(map))
    }

    /// The map onto the picture from the square between (0, 0) and (side, side) that the encoder sees, margin included.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub(crate) fn encoder_square(&self, side: f64) -> Similarity {
        self.0.after((1.0 + 2.0 * MARGIN) / side, (-MARGIN, -MARGIN))
    }

    /// Length in pixels of the unit square's side.
    pub(crate) fn side(&self) -> f64 {
        self.0.factor()
    }

    /// Where the point (u, v) of the unit square lies in the picture.
    fn at(&self, u: f64, v: f64) -> (f64, f64) {
        self.0.at(u, v)
    }

    /// The share, 0..=1, of the encoder's chip (margin included) that lies inside a picture of this size. dlib fills
    /// the rest with black.
    pub(crate) fn inside(&self, width: u32, height: u32) -> f32 {
        if self.shows(-MARGIN, 1.0 + MARGIN, width, height) {
            return 1.0;
        }
        let step = (1.0 + 2.0 * MARGIN) / GRID as f64;
        let place = |i: usize| -MARGIN + step * (i as f64 + 0.5);
        let cells = (0..GRID * GRID).filter(|i| {
            let (x, y) = self.at(place(i % GRID), place(i / GRID));
            covers(width, x) && covers(height, y)
        });
        cells.count() as f32 / (GRID * GRID) as f32
    }

    /// Whether the picture shows the whole square between (from, from) and (to, to).
    fn shows(&self, from: f64, to: f64, width: u32, height: u32) -> bool {
        let corners = [(from, from), (from, to), (to, from), (to, to)];
        corners.into_iter().all(|(u, v)| {
            let (x, y) = self.at(u, v);
            covers(width, x) && covers(height, y)
        })
    }

    /// The luma of the face (the unit square, without the margin).
    pub(crate) fn luma(&self, frame: &Frame<'_>) -> LumaChip {
        let whole = self.shows(0.0, 1.0, frame.width(), frame.height());
        let patch = Patch::around(self, frame);
        // Several samples a cell where the picture is finer than the chip, else fine detail would turn into noise.
        let samples = (self.side() / SIDE as f64).ceil().clamp(1.0, 8.0) as usize;
        let step = 1.0 / (SIDE * samples) as f64;
        let cell = |i: usize| {
            let (column, row) = (i % SIDE, i / SIDE);
            let mut sum = 0.0;
            for j in 0..samples * samples {
                let u = step * ((column * samples + j % samples) as f64 + 0.5);
                let v = step * ((row * samples + j / samples) as f64 + 0.5);
                let (x, y) = self.at(u, v);
                let shown = whole || (covers(frame.width(), x) && covers(frame.height(), y));
                if !shown {
                    return None;
                }
                sum += patch.at(x, y);
            }
            Some(sum / (samples * samples) as f32)
        };
        LumaChip((0..SIDE * SIDE).map(cell).collect())
    }
}

/// `SIDE` x `SIDE` luma values, 0..=255, row by row; `None` where the face extends past the picture.
pub(crate) struct LumaChip(pub(crate) Vec<Option<f32>>);

/// Whether a coordinate falls on one of `size` pixels, whose centres are 0, 1, ... size - 1.
fn covers(size: u32, coordinate: f64) -> bool {
    (-0.5..f64::from(size) - 0.5).contains(&coordinate)
}

/// The luma of the pixels around a face, each computed once although many samples fall between them.
struct Patch {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    luma: Vec<f32>,
}

impl Patch {
    /// Of the part of the picture that the chip's unit square lies on.
    fn around(chip: &Chip, frame: &Frame<'_>) -> Self {
        let corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)].map(|(u, v)| chip.at(u, v));
        // From the first pixel to the one after the last, within the picture; at least one.
        let extent = |values: [f64; 4], size: u32| {
            let last = size as usize - 1;
            let low = values.into_iter().fold(f64::INFINITY, f64::min);
            let high = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
            // `as` saturates.
            let first = (low.max(0.0).floor() as usize).min(last);
            (
                first,
                (high.max(0.0).floor() as usize)
                    .saturating_add(1)
                    .clamp(first, last)
                    + 1
                    - first,
            )
        };
        let (left, width) = extent(corners.map(|(x, _)| x), frame.width());
        let (top, height) = extent(corners.map(|(_, y)| y), frame.height());
        let mut luma = Vec::with_capacity(width * height);
        for y in top..top + height {
            frame.luma_of(y, left, width, &mut luma);
        }
        Self {
            left,
            top,
            width,
            height,
            luma,
        }
    }

    /// Luma between pixel centres; beyond the outermost centres, that of the outermost pixel. The place must be covered by
    /// the picture.
    fn at(&self, x: f64, y: f64) -> f32 {
        let split = |coordinate: f64, first: usize, count: usize| {
            let within = (coordinate - first as f64).max(0.0);
            let from = (within as usize).min(count - 1);
            let part = ((within - from as f64) as f32).min(1.0);
            (from, (from + 1).min(count - 1), part)
        };
        let (x0, x1, fx) = split(x, self.left, self.width);
        let (y0, y1, fy) = split(y, self.top, self.height);
        let row = |y: usize| &self.luma[y * self.width..][..self.width];
        let (upper, lower) = (row(y0), row(y1));
        let top = upper[x0] * (1.0 - fx) + upper[x1] * fx;
        let bottom = lower[x0] * (1.0 - fx) + lower[x1] * fx;
        top * (1.0 - fy) + bottom * fy
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Pixels;

    /// dlib's mean face, scaled, turned by `degrees` clockwise on the picture, its unit square's centre at (x, y).
    pub(crate) fn face_at(x: f64, y: f64, side: f64, degrees: f64) -> [Point; 5] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        MEAN_FACE.map(|(u, v)| {
            let (u, v) = (side * (u - 0.5), side * (v - 0.5));
            Point {
                x: (x + cos * u - sin * v) as f32,
                y: (y + sin * u + cos * v) as f32,
            }
        })
    }

    #[test]
    fn the_chip_follows_place_size_and_rotation() {
        for (x, y, side, degrees) in [
            (50.0, 60.0, 40.0, 0.0),
            (-10.0, 900.5, 300.0, 33.0),
            (0.0, 0.0, 5.0, -170.0),
        ] {
            let chip = Chip::of(&face_at(x, y, side, degrees)).unwrap();
            assert!((chip.side() - side).abs() < 1e-3);
            let (cx, cy) = chip.at(0.5, 0.5);
            assert!((cx - x).abs() < 1e-3 && (cy - y).abs() < 1e-3, "{cx} {cy}");
        }
    }

    #[test]
    fn coinciding_or_infinite_points_have_no_chip() {
        assert!(Chip::of(&[Point { x: 5.0, y: 5.0 }; 5]).is_none());
        assert!(
            Chip::of(
                &[Point {
                    x: f32::INFINITY,
                    y: 5.0
                }; 5]
            )
            .is_none()
        );
        assert!(Chip::of(&[Point { x: f32::NAN, y: 5.0 }; 5]).is_none());
    }

    #[test]
    fn inside_is_the_share_of_the_padded_square() {
        // Side 40 with margins is 60: from 20 to 80 around 50.
        for (x, y, expected) in [
            (50.0, 50.0, 1.0),
            (0.0, 50.0, 0.5),
            (99.0, 50.0, 0.5),
            (0.0, 0.0, 0.25),
            (15.0, 50.0, 0.75),
            (-40.0, 50.0, 0.0),
        ] {
            let inside = Chip::of(&face_at(x, y, 40.0, 0.0)).unwrap().inside(100, 100);
            assert!((inside - expected).abs() < 0.02, "({x}, {y}): {inside}");
        }
        let turned = Chip::of(&face_at(50.0, 50.0, 40.0, 45.0)).unwrap();
        assert_eq!(turned.inside(100, 100), 1.0);
        assert!(turned.inside(80, 100) < 1.0);
    }

    #[test]
    fn the_luma_chip_shows_the_same_picture_at_every_size() {
        for side in [30.0, 100.0, 420.0] {
            let size = (side * 2.0) as u32;
            // Brightness grows from left to right across the picture.
            let bytes: Vec<u8> = (0..size * size)
                .map(|i| (255.0 * f64::from(i % size) / f64::from(size - 1)) as u8)
                .collect();
            let frame = Frame::new(size, size, Pixels::Grey(&bytes)).unwrap();
            let chip = Chip::of(&face_at(side, side, side, 0.0)).unwrap();
            let luma = chip.luma(&frame);
            let at = |column: usize| luma.0[50 * SIDE + column].unwrap();
            for (column, expected) in [(0, 64.0), (50, 128.0), (99, 191.0)] {
                assert!(
                    (at(column) - expected).abs() < 4.0,
                    "side {side}, column {column}: {}",
                    at(column)
                );
            }
        }
    }

    #[test]
    fn what_lies_outside_the_picture_has_no_luma() {
        let bytes = [9; 100 * 100];
        let frame = Frame::new(100, 100, Pixels::Grey(&bytes)).unwrap();
        let luma = Chip::of(&face_at(0.0, 50.0, 40.0, 0.0)).unwrap().luma(&frame);
        assert_eq!(luma.0[50 * SIDE], None);
        assert_eq!(luma.0[50 * SIDE + 99], Some(9.0));
    }
}
