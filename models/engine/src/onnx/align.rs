//! A face as its encoder wants it: 112 x 112 pixels with the eyes, the nose and the mouth where they always are.

use crate::Point;
use crate::similarity::{Similarity, pairs};

/// Pixels per side of an aligned face.
pub(crate) const SIDE: usize = 112;

/// Where the points of an aligned face lie: the eyes, the tip of the nose, the corners of the mouth, in the order of
/// [`Face::points`](crate::Face::points). The template of ArcFace (insightface, `face_align.py`), as OpenCV's
/// `FaceRecognizerSF::alignCrop` has it (`modules/objdetect/src/face_recognize.cpp`).
pub(crate) const TEMPLATE: [(f64, f64); 5] = [
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
];

/// Points per side of the grid by which [`Alignment::inside`] counts.
const GRID: usize = 56;

/// Side of the square by which dlib aligns a face, in pixels of this alignment: 35.24 between the eyes here, 0.5255 of the
/// side there.
const FACE_SIDE: f64 = 67.06;
/// Its corner: the middle between the eyes, (55.91, 51.60), lies at (0.4901, 0.2213) of it.
const FACE_LEFT_TOP: (f64, f64) = (23.05, 36.76);

/// From the aligned face to the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alignment(Similarity);

impl Alignment {
    /// `None` if the points coincide, or the face would be smaller than a pixel or larger than any picture.
    pub(crate) fn of(points: &[Point; 5]) -> Option<Self> {
        // As OpenCV and insightface do it: the least error on the aligned face, not on the picture.
        let back = Similarity::fit(&pairs(points), &TEMPLATE)?.inverse()?;
        let side = back.factor() * SIDE as f64;
        (1.0..1e6).contains(&side).then_some(Self(back))
    }

    /// The aligned face, RGB, row by row: between the picture's pixels in proportion to their nearness, black outside
    /// of it. As OpenCV's `warpAffine` with `INTER_LINEAR`, but for its rounding to 32nds of a pixel.
    pub(crate) fn crop(&self, rgb: &[u8], size: (u32, u32)) -> Vec<u8> {
        let mut crop = Vec::with_capacity(SIDE * SIDE * 3);
        for v in 0..SIDE {
            for u in 0..SIDE {
                let (x, y) = self.0.at(u as f64, v as f64);
                crop.extend(between(rgb, size, x, y));
            }
        }
        crop
    }

    /// From the unit square of dlib's mean face to the picture, so that what is measured of a face is measured of the
    /// same part of it whichever engine found it: where that square lies on the aligned face, by the eyes' centres, which
    /// in dlib's mean face are at (0.2273, 0.2214) and (0.7528, 0.2212).
    pub(crate) fn face(&self) -> Similarity {
        self.0.after(FACE_SIDE, FACE_LEFT_TOP)
    }

    /// The share, 0..=1, of the aligned face that lies inside a picture of this size.
    pub(crate) fn inside(&self, width: u32, height: u32) -> f32 {
        let step = SIDE as f64 / GRID as f64;
        let place = |i: usize| step * (i as f64 + 0.5) - 0.5;
        let covers = |size: u32, at: f64| (-0.5..f64::from(size) - 0.5).contains(&at);
        let cells = (0..GRID * GRID).filter(|i| {
            let (x, y) = self.0.at(place(i % GRID), place(i / GRID));
            covers(width, x) && covers(height, y)
        });
        cells.count() as f32 / (GRID * GRID) as f32
    }
}

/// The pixel between pixels; black outside.
fn between(rgb: &[u8], (width, height): (u32, u32), x: f64, y: f64) -> [u8; 3] {
    let (left, top) = (x.floor(), y.floor());
    // Within 2^26 of the picture in any case: `Alignment::of`.
    let (column, row) = (left as i64, top as i64);
    let (fx, fy) = ((x - left) as f32, (y - top) as f32);
    let pixel = |column: i64, row: i64| -> [f32; 3] {
        if !(0..i64::from(width)).contains(&column) || !(0..i64::from(height)).contains(&row) {
            return [0.0; 3];
        }
        let at = 3 * (row as usize * width as usize + column as usize);
        [rgb[at], rgb[at + 1], rgb[at + 2]].map(f32::from)
    };
    let corners = [
        (pixel(column, row), (1.0 - fx) * (1.0 - fy)),
        (pixel(column + 1, row), fx * (1.0 - fy)),
        (pixel(column, row + 1), (1.0 - fx) * fy),
        (pixel(column + 1, row + 1), fx * fy),
    ];
    // The weights sum to 1; `as` saturates.
    std::array::from_fn(|c| (corners.iter().map(|(p, w)| p[c] * w).sum::<f32>() + 0.5) as u8)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The template's points, turned by `degrees` clockwise around the middle of the crop, scaled, the middle at (x, y).
    pub(crate) fn face_at(x: f64, y: f64, factor: f64, degrees: f64) -> [Point; 5] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        TEMPLATE.map(|(u, v)| {
            let (u, v) = (factor * (u - 56.0), factor * (v - 56.0));
            Point {
                x: (x + cos * u - sin * v) as f32,
                y: (y + sin * u + cos * v) as f32,
            }
        })
    }

    /// A picture whose red tells the column, whose green the row.
    fn chart(width: usize, height: usize) -> Vec<u8> {
        let pixel = |at: usize| [(at % width) as u8, (at / width) as u8, 77];
        (0..width * height).flat_map(pixel).collect()
    }

    #[test]
    fn a_face_that_lies_as_the_template_is_its_own_crop() {
        let rgb = chart(SIDE, SIDE);
        let crop = Alignment::of(&face_at(56.0, 56.0, 1.0, 0.0))
            .unwrap()
            .crop(&rgb, (112, 112));
        assert_eq!(crop, rgb);
    }

    #[test]
    fn the_crop_follows_place_size_and_rotation() {
        let (width, height) = (250, 200);
        let rgb = chart(width, height);
        for (x, y, factor, degrees) in [
            (100.0, 90.0, 1.0, 0.0),
            (100.0, 90.0, 1.5, 0.0),
            (100.0, 90.0, 0.5, 0.0),
            (100.0, 90.0, 1.0, 90.0),
            (110.0, 95.0, 0.8, -30.0),
        ] {
            let points = face_at(x, y, factor, degrees);
            let crop = Alignment::of(&points)
                .unwrap()
                .crop(&rgb, (width as u32, height as u32));
            // Where a point of the face is on the picture, is what the crop shows at its place in the template.
            for (point, (u, v)) in points.iter().zip(TEMPLATE) {
                let at = 3 * (v.round() as usize * SIDE + u.round() as usize);
                let near =
                    |seen: u8, there: f32| (f32::from(seen) - there).abs() <= 0.75 * factor as f32 + 0.6;
                assert!(
                    near(crop[at], point.x) && near(crop[at + 1], point.y) && crop[at + 2] == 77,
                    "{factor} {degrees}: {:?} is not {point:?}",
                    &crop[at..at + 3]
                );
            }
        }
    }

    #[test]
    fn what_lies_outside_the_picture_is_black() {
        let rgb = chart(60, 60);
        let crop = Alignment::of(&face_at(0.0, 30.0, 1.0, 0.0))
            .unwrap()
            .crop(&rgb, (60, 60));
        assert_eq!(crop[3 * (56 * SIDE + 20)..][..3], [0, 0, 0]);
        assert_eq!(crop[3 * (56 * SIDE + 66)..][..3], [10, 30, 77]);
    }

    #[test]
    fn inside_is_the_share_of_the_crop_that_the_picture_covers() {
        for (x, y, expected) in [
            (100.0, 100.0, 1.0),
            (0.0, 100.0, 0.5),
            (0.0, 0.0, 0.25),
            (-200.0, 0.0, 0.0),
        ] {
            let inside = Alignment::of(&face_at(x, y, 1.0, 0.0)).unwrap().inside(200, 200);
            assert!((inside - expected).abs() < 0.03, "{x} {y}: {inside}");
        }
    }

    #[test]
    fn points_that_coincide_or_lie_nowhere_have_no_alignment() {
        assert!(Alignment::of(&[Point { x: 5.0, y: 5.0 }; 5]).is_none());
        assert!(Alignment::of(&[Point { x: f32::NAN, y: 5.0 }; 5]).is_none());
        assert!(Alignment::of(&face_at(0.0, 0.0, 1e9, 0.0)).is_none());
        assert!(Alignment::of(&face_at(0.0, 0.0, 1e-3, 0.0)).is_none());
    }
}
