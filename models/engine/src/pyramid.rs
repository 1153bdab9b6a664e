//! The scales at which dlib's HOG detector looks, so that a search can begin at any of them.
//!
//! The detector slides one window of fixed size over the picture, over the picture at 5/6 of its sides, at 5/6 of those,
//! and so on; half of its time goes into the first two of these levels. Whoever knows how large the nearest face is can
//! begin at its level and skip those below. The picture at a level is made here as dlib makes it, to the last bit, and boxes are traced back through the arithmetic that dlib uses (`pyramid_down<6>`, `scan_fhog_pyramid`; dlib 19.24). So a face
//! of that level or a higher one has the same box whichever level the search began at, and with it the same landmarks and
//! the same encoding, bit by bit.

use dlib_face_recognition::Rectangle;

use crate::bilinear;

/// From one level to the next, sides shrink to 5/6.
pub(crate) const STEP: f64 = 6.0 / 5.0;

/// dlib counts the shift of half a pixel between two levels as this.
const SHIFT: f64 = 0.3;

/// What a box spans, right minus left and bottom minus top, on the picture of its level: nine cells of 8 pixels of the
/// detector's window; ten where the picture's edge, at which dlib rounds the other way, lies between.
pub(crate) const SPANS: [i64; 2] = [72, 80];

/// More levels than any picture has.
const MOST: u32 = 40;

/// The deepest level of a picture of this size to begin at: one window, with its margin of cells, still fits.
pub(crate) fn deepest(size: (u32, u32)) -> u32 {
    let fits = |&level: &u32| {
        let (width, height) = size_at(size, level);
        width.min(height) >= 96
    };
    (1..MOST).take_while(fits).last().unwrap_or(0)
}

/// The size, in pixels, of the picture at a level. Level 0 is the picture itself.
pub(crate) fn size_at(size: (u32, u32), level: u32) -> (u32, u32) {
    // dlib rounds down, too. Sides are at most 8,192.
    (0..level).fold(size, |(width, height), _| (5 * width / 6, 5 * height / 6))
}

/// The RGB bytes of the picture at a level above 0, and their size.
pub(crate) fn picture_at(rgb: &[u8], size: (u32, u32), level: u32) -> (Vec<u8>, (u32, u32)) {
    let smaller = |rgb: &[u8], size| {
        let to = size_at(size, 1);
        (bilinear::resized(rgb, size, to), to)
    };
    // Step by step: each is made from the one before.
    (1..level).fold(smaller(rgb, size), |(rgb, size), _| smaller(&rgb, size))
}

/// The level at which dlib saw what it calls this box, and the box on the picture of that level. `None`: it is no box of
/// dlib's HOG detector.
pub(crate) fn seen_at(found: &Rectangle) -> Option<(u32, Rectangle)> {
    (0..MOST)
        .map(|level| (level, each(found, |v| down(v, level))))
        .find(|(level, there)| {
            SPANS.contains(&(there.right - there.left))
                && SPANS.contains(&(there.bottom - there.top))
                && same(&traced_back(there, *level), found)
        })
}

/// Where a box on the picture of a level lies on the picture itself.
pub(crate) fn traced_back(there: &Rectangle, level: u32) -> Rectangle {
    each(there, |v| (0..level).fold(v, |v, _| v * STEP + SHIFT))
}

fn down(v: f64, level: u32) -> f64 {
    (0..level).fold(v, |v, _| (v - SHIFT) / STEP)
}

/// Rounded as dlib does. `as` saturates.
fn each(rectangle: &Rectangle, moved: impl Fn(f64) -> f64) -> Rectangle {
    let side = |v: i64| (moved(v as f64) + 0.5).floor() as i64;
    Rectangle {
        left: side(rectangle.left),
        top: side(rectangle.top),
        right: side(rectangle.right),
        bottom: side(rectangle.bottom),
    }
}

fn same(a: &Rectangle, b: &Rectangle) -> bool {
    (a.left, a.top, a.right, a.bottom) == (b.left, b.top, b.right, b.bottom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(left: i64, top: i64, right: i64, bottom: i64) -> Rectangle {
        Rectangle {
            left,
            top,
            right,
            bottom,
        }
    }

    #[test]
    fn levels_shrink_to_five_sixths_rounded_down() {
        let sizes: Vec<_> = (0..5).map(|level| size_at((640, 480), level)).collect();
        assert_eq!(
            sizes,
            [(640, 480), (533, 400), (444, 333), (370, 277), (308, 230)]
        );
        assert_eq!(deepest((640, 480)), 8);
        assert_eq!(size_at((640, 480), 8), (147, 110));
        assert_eq!(deepest((95, 95)), 0);
        assert_eq!(deepest((16, 16)), 0);
    }

    #[test]
    fn a_box_is_found_again_wherever_the_search_began() {
        // Every cell of a picture's corner, at every level that a search can begin at or reach.
        for seen in 0..12 {
            for begun in 0..=seen {
                for cell in 0..20 {
                    let at = 8 * cell + 5;
                    let there = rectangle(at, 93, at + 72, 165);
                    let whole = traced_back(&there, seen);
                    // What dlib says when it is shown the picture at the level `begun`.
                    let said = traced_back(&there, seen - begun);
                    let (level, again) = seen_at(&said).unwrap();
                    assert_eq!(level, seen - begun);
                    assert!(same(&traced_back(&again, level + begun), &whole));
                }
            }
        }
    }

    #[test]
    fn boxes_across_the_edge_and_strange_ones_are_told_apart() {
        // -11 + 72 would be 61, but 8 of the cells' pixels are counted at the edge.
        let across = rectangle(-11, -11, 69, 69);
        assert_eq!(seen_at(&across).unwrap().0, 0);
        assert_eq!(seen_at(&traced_back(&across, 3)).unwrap().0, 3);
        assert!(seen_at(&rectangle(0, 0, 75, 75)).is_none());
        assert!(seen_at(&rectangle(0, 0, 72, 400)).is_none());
        assert!(seen_at(&rectangle(5, 5, 5, 5)).is_none());
        assert!(seen_at(&rectangle(i64::MIN / 4, 0, i64::MAX / 4, 72)).is_none());
    }
}
