//! What the liveness networks are given: a part of the picture, 80 x 80 pixels, as numbers.
//!
//! As in Silent-Face-Anti-Spoofing, which trained them with OpenCV: bilinear without smoothing, from pixel centre to pixel
//! centre, rounded to whole levels; blue, green, red; and **the levels themselves, 0 to 255**. Divided by 255, as is usual
//! elsewhere, every face is judged to be false; with red and blue exchanged, many a print passes.

use crate::liveness::crop::Crop;

/// Pixels across and down.
pub const SIDE: usize = 80;

/// One part of an RGB picture that is `width` pixels wide, as three planes of [`SIDE`]² levels: blue, green, red.
pub fn patch(rgb: &[u8], width: u32, crop: &Crop) -> Vec<f32> {
    let columns = taps(crop.left, crop.right);
    let rows = taps(crop.top, crop.bottom);
    let plane = SIDE * SIDE;
    let mut planes = vec![0.0; 3 * plane];
    for (y, row) in rows.iter().enumerate() {
        let line = |row: usize| &rgb[row * width as usize * 3..][..width as usize * 3];
        let (upper, lower) = (line(row.first), line(row.second));
        for (x, column) in columns.iter().enumerate() {
            for channel in 0..3 {
                let across = |line: &[u8]| {
                    let level = |at: usize| f32::from(line[3 * at + channel]);
                    level(column.first) + (level(column.second) - level(column.first)) * column.weight
                };
                let (above, below) = (across(upper), across(lower));
                let level = (above + (below - above) * row.weight).round();
                planes[(2 - channel) * plane + y * SIDE + x] = level;
            }
        }
    }
    planes
}

/// Two neighbouring pixels and how much the second counts, 0 to 1.
struct Taps {
    first: usize,
    second: usize,
    weight: f32,
}

/// For each of [`SIDE`] pixels the two of the stretch `first..=last` that it lies between.
fn taps(first: u32, last: u32) -> Vec<Taps> {
    let length = f64::from(last - first + 1);
    let tap = |pixel: usize| {
        let place = (pixel as f64 + 0.5) * length / SIDE as f64 - 0.5;
        let place = place.clamp(0.0, length - 1.0);
        let whole = place.floor();
        let at = first as usize + whole as usize;
        Taps {
            first: at,
            second: (at + 1).min(last as usize),
            weight: (place - whole) as f32,
        }
    };
    (0..SIDE).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: u32 = 200;

    /// Red grows to the right, green downwards, blue is 7.
    fn ramps() -> Vec<u8> {
        (0..100_u8)
            .flat_map(|y| (0..WIDE as u8).flat_map(move |x| [x, y, 7]))
            .collect()
    }

    fn level(patch: &[f32], plane: usize, x: usize, y: usize) -> f32 {
        patch[plane * SIDE * SIDE + y * SIDE + x]
    }

    #[test]
    fn planes_are_blue_green_red_in_whole_levels() {
        let crop = Crop {
            left: 20,
            top: 10,
            right: 99,
            bottom: 89,
        };
        // Of its own size: the pixels themselves.
        let patch = patch(&ramps(), WIDE, &crop);
        assert_eq!(patch.len(), 3 * SIDE * SIDE);
        for (x, y) in [(0, 0), (79, 0), (0, 79), (40, 13)] {
            assert_eq!(level(&patch, 0, x, y), 7.0);
            assert_eq!(level(&patch, 1, x, y), (10 + y) as f32);
            assert_eq!(level(&patch, 2, x, y), (20 + x) as f32);
        }
    }

    #[test]
    fn the_whole_range_of_levels_is_used() {
        let white = vec![255; 3 * 80 * 80];
        let crop = Crop {
            left: 0,
            top: 0,
            right: 79,
            bottom: 79,
        };
        assert!(patch(&white, 80, &crop).iter().all(|level| *level == 255.0));
    }

    #[test]
    fn smaller_and_larger_parts_are_read_between_pixel_centres() {
        // 160 pixels to 80: each lies halfway between two. 20 + 2x + 0.5, rounded away from zero.
        let crop = Crop {
            left: 20,
            top: 0,
            right: 179,
            bottom: 79,
        };
        let half = patch(&ramps(), WIDE, &crop);
        assert_eq!(level(&half, 2, 0, 0), 21.0);
        assert_eq!(level(&half, 2, 79, 0), 179.0);
        // 40 to 80: a quarter before and after each centre, and no farther than the edge.
        let crop = Crop {
            left: 100,
            top: 50,
            right: 139,
            bottom: 89,
        };
        let twice = patch(&ramps(), WIDE, &crop);
        for (x, expected) in [(0, 100.0), (1, 100.0), (2, 101.0), (3, 101.0), (79, 139.0)] {
            assert_eq!(level(&twice, 2, x, 0), expected, "{x}");
        }
    }

    #[test]
    fn a_single_pixel_fills_the_patch() {
        let crop = Crop {
            left: 199,
            top: 99,
            right: 199,
            bottom: 99,
        };
        let patch = patch(&ramps(), WIDE, &crop);
        assert!(patch[2 * SIDE * SIDE..].iter().all(|level| *level == 199.0));
    }
}
