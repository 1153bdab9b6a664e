//! Which part of the picture the liveness networks look at: the face with a fixed multiple of its size around it, for what
//! betrays a picture (its edge, the hand that holds it, the screen's frame) lies around the face.
//!
//! The arithmetic is that of `CropImage._get_new_box` in Silent-Face-Anti-Spoofing (`src/generate_patches.py`), which made
//! the pictures that the networks were trained on: near an edge the part is moved inwards, and where the picture is too
//! small for it, it is made smaller in proportion. Nothing is filled in.

use crate::BBox;

/// Whose boxes they are. The networks were trained on those of one detector, and what they say depends on the box:
/// `docs/liveness.md` has the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boxes {
    /// dlib's HOG detector's: square, from the brows to the chin. Taken as they are.
    Hog,
    /// YuNet's: narrow, from the hairline to the chin. Made into squares like HOG's.
    YuNet,
}

/// HOG's box around the same face: its side as a multiple of the geometric mean of the sides of YuNet's, and how far its
/// middle lies below that of YuNet's, in heights of YuNet's. On the 341 live pictures of NUAA (seven people,
/// `docs/liveness.md`) in which `facelogind encode` finds one face with either engine, the ratio has median 0.944 and mean
/// 0.949 (the medians of single people: 0.92 to 0.99), the distance 0.074 and 0.075 (0.05 to 0.12).
const YUNET_SIDE: f64 = 0.95;
const YUNET_LOWER: f64 = 0.07;

/// Columns and rows of a picture, the last ones inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Last column.
    pub right: u32,
    /// Last row.
    pub bottom: u32,
}

/// The part of a picture of this `size` (both sides at least 2) that is `scale` times the face's box; `None` if the box has
/// no area.
pub fn crop(size: (u32, u32), face: &BBox, boxes: Boxes, scale: f64) -> Option<Crop> {
    let (last_x, last_y) = (f64::from(size.0) - 1.0, f64::from(size.1) - 1.0);
    let (x, y, width, height) = region(face, boxes)?;
    let scale = scale.min(last_x / width).min(last_y / height);
    let (left, right) = inside(x + width / 2.0, width * scale, last_x);
    let (top, bottom) = inside(y + height / 2.0, height * scale, last_y);
    Some(Crop {
        left,
        top,
        right,
        bottom,
    })
}

/// Left, top, width and height in pixels of the box as the networks know it.
fn region(face: &BBox, boxes: Boxes) -> Option<(f64, f64, f64, f64)> {
    let (left, top) = (f64::from(face.left), f64::from(face.top));
    let width = f64::from(face.right) - left + 1.0;
    let height = f64::from(face.bottom) - top + 1.0;
    if width < 1.0 || height < 1.0 {
        return None;
    }
    match boxes {
        Boxes::Hog => Some((left, top, width, height)),
        Boxes::YuNet => {
            // Whole pixels, as every detector's.
            let side = (YUNET_SIDE * (width * height).sqrt()).trunc().max(1.0);
            let left = (left + width / 2.0 - side / 2.0).trunc();
            let top = (top + height / 2.0 + YUNET_LOWER * height - side / 2.0).trunc();
            Some((left, top, side, side))
        }
    }
}

/// First and last pixel of a stretch that is at most as long as `last`, moved so that it lies within `0..=last`.
fn inside(middle: f64, length: f64, last: f64) -> (u32, u32) {
    let (mut first, mut end) = (middle - length / 2.0, middle + length / 2.0);
    if first < 0.0 {
        end -= first;
        first = 0.0;
    }
    if end > last {
        first -= end - last;
        end = last;
    }
    // `as` cuts off and saturates: at 0 what rounding left below it. Sides fit 14 bits.
    (first as u32, end as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(left: i32, top: i32, width: i32, height: i32) -> BBox {
        BBox {
            left,
            top,
            right: left + width - 1,
            bottom: top + height - 1,
        }
    }

    #[test]
    fn the_crop_is_that_of_the_networks_makers() {
        // What `_get_new_box` gives for the same numbers.
        for (size, face, scale, expected) in [
            ((640, 480), at(300, 200, 80, 80), 2.7, (232, 132, 448, 348)),
            ((640, 480), at(300, 200, 80, 80), 4.0, (180, 80, 500, 400)),
            ((640, 480), at(300, 200, 81, 90), 2.7, (231, 123, 449, 366)),
            // Moved away from each edge.
            ((640, 480), at(10, 200, 80, 80), 2.7, (0, 132, 216, 348)),
            ((640, 480), at(560, 200, 80, 80), 2.7, (423, 132, 639, 348)),
            ((640, 480), at(300, 5, 80, 80), 2.7, (232, 0, 448, 216)),
            ((640, 480), at(300, 420, 80, 80), 2.7, (232, 263, 448, 479)),
            // Partly outside of the picture.
            ((640, 480), at(-30, -40, 80, 80), 2.7, (0, 0, 216, 216)),
            ((640, 480), at(600, 440, 80, 80), 2.7, (423, 263, 639, 479)),
            // Larger than fits: smaller in proportion.
            ((640, 480), at(254, 154, 180, 180), 4.0, (104, 0, 583, 479)),
            ((480, 640), at(119, 113, 170, 240), 2.7, (0, 0, 452, 639)),
            ((480, 640), at(100, 100, 300, 200), 2.7, (0, 40, 479, 359)),
            // Larger than the picture itself.
            ((640, 480), at(-100, -100, 900, 900), 2.7, (110, 0, 589, 479)),
            ((16, 16), at(0, 0, 40, 40), 4.0, (0, 0, 15, 15)),
        ] {
            let crop = crop(size, &face, Boxes::Hog, scale).unwrap();
            assert_eq!(
                (crop.left, crop.top, crop.right, crop.bottom),
                expected,
                "{size:?} {face:?} {scale}"
            );
        }
    }

    #[test]
    fn no_box_whatever_leads_out_of_the_picture() {
        let sides = [i32::MIN, -5000, -1, 0, 1, 15, 16, 639, 640, 5000, i32::MAX];
        for size in [(16, 16), (640, 480), (16, 8192), (8192, 8192)] {
            for boxes in [Boxes::Hog, Boxes::YuNet] {
                for (left, top) in sides.iter().flat_map(|l| sides.map(|t| (*l, t))) {
                    for (right, bottom) in sides.iter().flat_map(|r| sides.map(|b| (*r, b))) {
                        let face = BBox {
                            left,
                            top,
                            right,
                            bottom,
                        };
                        let Some(crop) = crop(size, &face, boxes, 4.0) else {
                            assert!(right < left || bottom < top, "{face:?}");
                            continue;
                        };
                        assert!(
                            crop.left <= crop.right && crop.right < size.0,
                            "{face:?} {crop:?}"
                        );
                        assert!(
                            crop.top <= crop.bottom && crop.bottom < size.1,
                            "{face:?} {crop:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_box_of_yunet_becomes_a_square_like_one_of_hog() {
        // 0.95 * sqrt(80 * 125) = 95, its middle at 140 and 162.5 + 8.75.
        let narrow = crop((640, 480), &at(100, 100, 80, 125), Boxes::YuNet, 1.0).unwrap();
        let square = crop((640, 480), &at(92, 123, 95, 95), Boxes::Hog, 1.0).unwrap();
        assert_eq!(narrow, square);
    }

    #[test]
    fn a_box_without_area_has_no_crop() {
        for face in [at(10, 10, 0, 5), at(10, 10, 5, 0), at(10, 10, -3, 5)] {
            assert_eq!(crop((640, 480), &face, Boxes::Hog, 2.7), None);
            assert_eq!(crop((640, 480), &face, Boxes::YuNet, 2.7), None);
        }
    }
}
