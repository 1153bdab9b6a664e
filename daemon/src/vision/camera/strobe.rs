//! What an infrared flash does to a face and to what is around it. Pure: two pictures and a box in, two numbers out.
//!
//! An observation, and no verdict: skin an arm's length from the emitter lights up and the wall behind it hardly does; a
//! screen sends nothing of the flash back, a print lies in one plane with what surrounds it.

use facelogin_engine::BBox;

use crate::vision::camera::luma::Luma;
use crate::vision::wire::Strobe;

/// From here on a pixel is as good as burnt out, and says only that it is at least so bright.
const SATURATED: u8 = 250;

/// How much of the face's box must lie in the picture and not be burnt out.
const FACE_LEFT: f32 = 0.5;

/// The same of what is around it, which the picture's edge cuts off sooner.
const SURROUND_LEFT: f32 = 0.25;

/// How many samples across and down are enough for a mean.
const SAMPLES: i64 = 128;

/// Of the largest face, seen in the `lit` picture; `None` when too little of it or of its surroundings is left to tell.
pub fn strobe(lit: &Luma<'_>, dark: &Luma<'_>, face: &BBox) -> Option<Strobe> {
    if (lit.width, lit.height) != (dark.width, dark.height) {
        return None;
    }
    let inner = Area::of(face)?;
    let outer = inner.doubled();
    // Coarser where the box is large: its mean needs no more.
    let step = (outer.width().max(outer.height()) / SAMPLES).max(1);
    let (mut on_face, mut around) = (Mean::default(), Mean::default());
    let (whole, picture) = (outer, Area::picture(lit));
    for row in whole.rows(step) {
        for column in whole.columns(step) {
            let mean = if inner.has(column, row) {
                &mut on_face
            } else {
                &mut around
            };
            mean.of += 1;
            if !picture.has(column, row) {
                continue;
            }
            // Inside of the picture, so neither is negative.
            let (lit, dark) = (
                lit.at(column as usize, row as usize),
                dark.at(column as usize, row as usize),
            );
            if lit < SATURATED && dark < SATURATED {
                mean.sum += i64::from(lit) - i64::from(dark);
                mean.used += 1;
            }
        }
    }
    Some(Strobe {
        face: on_face.value(FACE_LEFT)?,
        surround: around.value(SURROUND_LEFT)?,
    })
}

/// Of differences of luma.
#[derive(Default)]
struct Mean {
    sum: i64,
    used: i64,
    of: i64,
}

impl Mean {
    /// -1 to 1 of full scale, if at least this part of it was of use.
    fn value(&self, least: f32) -> Option<f32> {
        let enough = self.used > 0 && self.used as f32 >= self.of as f32 * least;
        enough.then(|| self.sum as f32 / self.used as f32 / 255.0)
    }
}

/// Columns and rows, the last ones exclusive.
#[derive(Clone, Copy)]
struct Area {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Area {
    fn of(face: &BBox) -> Option<Self> {
        let area = Self {
            left: face.left.into(),
            top: face.top.into(),
            right: i64::from(face.right) + 1,
            bottom: i64::from(face.bottom) + 1,
        };
        (area.width() > 0 && area.height() > 0).then_some(area)
    }

    fn picture(luma: &Luma<'_>) -> Self {
        // Sides fit 14 bits.
        Self {
            left: 0,
            top: 0,
            right: luma.width as i64,
            bottom: luma.height as i64,
        }
    }

    /// Twice the sides, about the same middle.
    fn doubled(self) -> Self {
        let (across, down) = (self.width() / 2, self.height() / 2);
        Self {
            left: self.left - across,
            top: self.top - down,
            right: self.right + across,
            bottom: self.bottom + down,
        }
    }

    fn width(self) -> i64 {
        self.right - self.left
    }

    fn height(self) -> i64 {
        self.bottom - self.top
    }

    fn has(self, column: i64, row: i64) -> bool {
        (self.left..self.right).contains(&column) && (self.top..self.bottom).contains(&row)
    }

    /// Every `step`th, at most about [`SAMPLES`] of them.
    fn rows(self, step: i64) -> impl Iterator<Item = i64> {
        every(self.top..self.bottom, step)
    }

    fn columns(self, step: i64) -> impl Iterator<Item = i64> {
        every(self.left..self.right, step)
    }
}

fn every(range: std::ops::Range<i64>, step: i64) -> impl Iterator<Item = i64> {
    // At least 1, and small: boxes have sides of 32 bits.
    range.step_by(usize::try_from(step).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 200;

    const FACE: BBox = BBox {
        left: 70,
        top: 70,
        right: 129,
        bottom: 129,
    };

    /// A room with a face in it, shifted to the right by some pixels.
    fn scene(room: u8, face: u8, shift: usize) -> Vec<u8> {
        let mut bytes = vec![room; SIDE * SIDE];
        for row in 70..130 {
            bytes[row * SIDE + 70 + shift..][..60].fill(face);
        }
        bytes
    }

    fn seen(lit: &[u8], dark: &[u8], face: &BBox) -> Option<Strobe> {
        strobe(&Luma::new(lit, SIDE as u32), &Luma::new(dark, SIDE as u32), face)
    }

    #[test]
    fn skin_near_the_emitter_lights_up_and_the_room_does_not() {
        let seen = seen(&scene(30, 152, 0), &scene(20, 25, 0), &FACE).unwrap();
        assert!((seen.face - 127.0 / 255.0).abs() < 0.001, "{seen:?}");
        assert!((seen.surround - 10.0 / 255.0).abs() < 0.001, "{seen:?}");
    }

    #[test]
    fn a_screen_sends_nothing_of_it_back_and_what_is_around_it_does() {
        let seen = seen(&scene(60, 90, 0), &scene(20, 90, 0), &FACE).unwrap();
        assert_eq!(seen.face, 0.0);
        assert!(seen.surround > 0.15);
        assert!(seen.face - seen.surround < 0.0);
    }

    #[test]
    fn a_picture_far_away_is_lit_no_more_than_the_wall_it_hangs_on() {
        let seen = seen(&scene(50, 82, 0), &scene(40, 70, 0), &FACE).unwrap();
        assert!((seen.face - seen.surround).abs() < 0.01, "{seen:?}");
    }

    #[test]
    fn somebody_who_moves_between_the_two_still_lights_up() {
        // Three pixels in a thirtieth of a second: a face 15 cm wide that moves at 23 cm a second.
        let seen = seen(&scene(30, 152, 0), &scene(20, 25, 3), &FACE).unwrap();
        assert!(seen.face - seen.surround > 0.4, "{seen:?}");
        // Without a flash the same movement is not taken for one.
        let without = super::tests::seen(&scene(20, 152, 0), &scene(20, 152, 3), &FACE).unwrap();
        assert!(without.face - without.surround < 0.05, "{without:?}");
    }

    #[test]
    fn what_is_burnt_out_is_left_out_and_when_too_little_is_left_nothing_is_said() {
        let mut lit = scene(30, 152, 0);
        for row in 70..130 {
            lit[row * SIDE + 70..][..20].fill(255);
        }
        let whole = seen(&scene(30, 152, 0), &scene(20, 25, 0), &FACE).unwrap();
        let part = seen(&lit, &scene(20, 25, 0), &FACE).unwrap();
        assert!((whole.face - part.face).abs() < 0.001);
        for row in 70..130 {
            lit[row * SIDE + 70..][..40].fill(250);
        }
        assert_eq!(seen(&lit, &scene(20, 25, 0), &FACE), None);
        // The same when it is the dark picture that is: a lamp in the face.
        assert_eq!(seen(&scene(30, 152, 0), &scene(20, 255, 0), &FACE), None);
        // And when it is what is around.
        assert_eq!(seen(&scene(255, 152, 0), &scene(20, 25, 0), &FACE), None);
    }

    #[test]
    fn a_face_at_the_edge_counts_with_what_is_left_of_it_and_around_it() {
        let shifted = |by: i32| BBox {
            left: FACE.left + by,
            right: FACE.right + by,
            ..FACE
        };
        let flash = (vec![150; SIDE * SIDE], vec![50; SIDE * SIDE]);
        assert!(seen(&flash.0, &flash.1, &shifted(90)).is_some());
        for by in [120, 500, -500, i32::MAX - 200] {
            assert_eq!(seen(&flash.0, &flash.1, &shifted(by)), None, "{by}");
        }
        // It fills the picture: nothing is around it.
        let all = BBox {
            left: 0,
            top: 0,
            right: SIDE as i32 - 1,
            bottom: SIDE as i32 - 1,
        };
        assert_eq!(seen(&flash.0, &flash.1, &all), None);
    }

    #[test]
    fn boxes_without_area_pictures_of_two_sizes_and_boxes_without_end_say_nothing() {
        let flash = (vec![150; SIDE * SIDE], vec![50; SIDE * SIDE]);
        let reversed = BBox {
            left: 100,
            right: 50,
            ..FACE
        };
        assert_eq!(seen(&flash.0, &flash.1, &reversed), None);
        let endless = BBox {
            left: i32::MIN,
            top: i32::MIN,
            right: i32::MAX,
            bottom: i32::MAX,
        };
        assert_eq!(seen(&flash.0, &flash.1, &endless), None);
        let smaller = vec![50; SIDE * SIDE / 2];
        assert_eq!(seen(&flash.0, &smaller, &FACE), None);
    }
}
