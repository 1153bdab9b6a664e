//! A camera's first pictures: webcams begin dark, or blown out, and find their exposure within some pictures. Pure.
//!
//! Until then nothing is handed on, but never for long, and not at all if the very first picture is well exposed. What
//! follows after that is handed on whatever it looks like: whether a face in it is too dark is for others to say.

use std::time::Duration;

use crate::vision::decode::Picture;

/// How bright a picture is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Mean luma, 0 to 1.
    pub mean: f32,
    /// Share of pixels that are white (luma of 250 and more of 255), 0 to 1.
    pub burnt_out: f32,
}

impl Levels {
    /// Of every fourth pixel of every fourth row.
    pub fn of(picture: &Picture) -> Self {
        let luma = picture.luma();
        let rows = luma.chunks(picture.width.max(1) as usize).step_by(4);
        let (mut sum, mut white, mut count) = (0_u64, 0_u32, 0_u32);
        for level in rows.flat_map(|row| row.iter().step_by(4)) {
            sum += u64::from(*level);
            white += u32::from(*level >= 250);
            count += 1;
        }
        let count = count.max(1) as f32;
        Self {
            mean: sum as f32 / (count * 255.0),
            burnt_out: white as f32 / count,
        }
    }

    /// Neither so dark nor so bright that the camera could be expected to mend it.
    fn good(&self) -> bool {
        (0.2..=0.75).contains(&self.mean) && self.burnt_out <= 0.25
    }

    /// So dark or so bright that there is nothing to see in it, however long it stays so.
    fn useless(&self) -> bool {
        self.mean < 0.02 || self.burnt_out > 0.9
    }
}

/// Pictures whose means differ by no more than this, and this share of the mean, are as bright: a person who moves
/// changes it by as much.
const EVEN: (f32, f32) = (0.004, 0.05);

/// So many changes in a row that were none: it has settled.
const EVEN_STEPS: u32 = 2;

/// The most that is held back, in pictures and in time from the first. A webcam's own exposure takes 5 to 15 pictures.
const MOST: (u32, Duration) = (20, Duration::from_millis(800));

/// The first pictures of a scan.
#[derive(Debug, Default)]
pub struct WarmUp {
    settled: bool,
    held: u32,
    even: u32,
    before: Option<f32>,
}

impl WarmUp {
    /// Whether a picture, so long after the first, may be handed on.
    pub fn passes(&mut self, levels: Levels, since_first: Duration) -> bool {
        let change = self.before.map(|before| (levels.mean - before).abs());
        self.before = Some(levels.mean);
        self.even = match change {
            Some(change) if change <= EVEN.0 + EVEN.1 * levels.mean && !levels.useless() => self.even + 1,
            _ => 0,
        };
        let enough = self.held >= MOST.0 || since_first >= MOST.1;
        self.settled = self.settled || levels.good() || self.even >= EVEN_STEPS || enough;
        self.held += u32::from(!self.settled);
        self.settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pictures are held back of those with these means, 33 ms apart.
    fn held(means: &[f32]) -> usize {
        let mut warm_up = WarmUp::default();
        let passes = means.iter().enumerate().map(|(number, &mean)| {
            let burnt_out = if mean > 0.95 { 1.0 } else { 0.0 };
            warm_up.passes(
                Levels { mean, burnt_out },
                Duration::from_millis(33) * number as u32,
            )
        });
        let passes: Vec<bool> = passes.collect();
        let held = passes.iter().take_while(|passes| !**passes).count();
        assert!(
            passes[held..].iter().all(|passes| *passes),
            "once it has settled all is handed on"
        );
        held
    }

    #[test]
    fn a_camera_is_given_time_to_find_its_exposure_and_no_more_than_it_needs() {
        let black = [0.0; 40];
        let white = [1.0; 40];
        let flicker: Vec<f32> = (0..40)
            .map(|number| if number % 2 == 0 { 0.05 } else { 0.15 })
            .collect();
        for (means, expected, what) in [
            (&[0.45, 0.45, 0.45][..], 0, "a good first picture is used at once"),
            (&[0.45, 0.01, 0.9], 0, "and what follows is"),
            (&[0.02, 0.06, 0.1, 0.15, 0.22, 0.3], 4, "from the dark up"),
            (&[0.99, 0.9, 0.8, 0.7, 0.5], 3, "from white down"),
            (&[0.08, 0.08, 0.08, 0.08], 2, "a dark room stays dark"),
            (&[0.85, 0.85, 0.85, 0.85], 2, "a bright one bright"),
            (
                &[0.0, 0.0, 0.0, 0.0, 0.05, 0.1, 0.25],
                6,
                "some begin with black ones",
            ),
            (&black, 20, "a closed lens"),
            (&white, 20, "a lamp"),
            (&flicker, 20, "it never settles"),
        ] {
            assert_eq!(held(means), expected, "{what}");
        }
    }

    #[test]
    fn a_slow_camera_is_not_waited_for_longer_than_a_fast_one() {
        let mut warm_up = WarmUp::default();
        let dark = |mean| Levels { mean, burnt_out: 0.0 };
        let fifth = Duration::from_millis(200);
        let passes: Vec<bool> = (0..6)
            .map(|n| warm_up.passes(dark(0.01 * n as f32), fifth * n))
            .collect();
        assert_eq!(passes, [false, false, false, false, true, true]);
    }
}
