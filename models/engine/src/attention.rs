//! How closely the next frame of a scan is to be searched: pure, without a picture.
//!
//! The detector's time goes into small faces, and a login is decided by the nearest: it counts alone if it is half as near
//! again as the next (the daemon's `DOMINANCE`). So every frame is searched whole, but only for faces that are as near as the one
//! that was nearest in the frame before, or nearer: whoever pushes in front of it is seen in that very frame. Every third
//! frame, the first among them, is searched thoroughly: for every face near enough to stand in the nearest one's way.
//! While there is one, every frame is. And everything is searched for at once where the nearest face is no longer where
//! it was. So of any [`EVERY`] frames in a row one shows whoever is there.

use crate::BBox;

/// A frame in so many is searched thoroughly. A login looks at three or more.
pub(crate) const EVERY: u32 = 3;

/// Levels below the nearest face that count: a face 1.5 times as far away is 2.2 steps of 1.2 smaller, and boxes waver by a
/// step and more against the distance between the eyes, by which dominance is judged.
pub(crate) const RIVALS: u32 = 4;

/// Levels below the nearest face at which it is looked for itself: it may have moved away, and boxes waver.
pub(crate) const ROOM: u32 = 1;

/// A face found, and at which level of the detector's pyramid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) bbox: BBox,
    /// A face is 1.2 times as large as one of the level below.
    pub(crate) level: u32,
}

/// What is known from the scan's frames so far.
#[derive(Debug, Default)]
pub(crate) struct Attention {
    nearest: Option<Seen>,
    /// Nobody else was near, when it was last searched for and since.
    alone: bool,
    /// Frames since the last that was searched thoroughly.
    since: u32,
}

impl Attention {
    /// The level to begin the next frame's search at; 0: everything is searched for.
    pub(crate) fn begin_at(&self) -> u32 {
        match self.nearest {
            None => 0,
            Some(nearest) if self.due() => rivals(nearest).saturating_sub(ROOM),
            Some(nearest) => nearest.level.saturating_sub(ROOM),
        }
    }

    /// Whether the next frame is to be searched thoroughly.
    fn due(&self) -> bool {
        !self.alone || self.since + 1 >= EVERY
    }

    /// Whether these faces, the nearest first, are what a search from this level on, above 0, was to show: the face that
    /// was nearest before, or one in front of it, and whoever stands in its way if that is due. Otherwise the frame is to be
    /// searched for everything.
    pub(crate) fn expected(&self, found: &[Seen], begun: u32) -> bool {
        match (self.nearest, found.first()) {
            (Some(before), Some(now)) => {
                overlap(&before.bbox, &now.bbox) && (!self.due() || begun <= rivals(*now))
            }
            _ => false,
        }
    }

    /// Takes in what was found, the nearest first, in a search from `begun` on.
    pub(crate) fn saw(&mut self, found: &[Seen], begun: u32) {
        self.nearest = found.first().copied();
        let Some(nearest) = self.nearest else {
            return;
        };
        let others = || found.iter().skip(1);
        if begun <= rivals(nearest) {
            self.since = 0;
            self.alone = !others().any(|other| other.level >= rivals(nearest));
        } else {
            self.since += 1;
            self.alone &= others().next().is_none();
        }
    }
}

/// The lowest level of faces that count beside the nearest.
fn rivals(nearest: Seen) -> u32 {
    nearest.level.saturating_sub(RIVALS)
}

/// Whether two boxes share at least a quarter of what they cover together: a head that moves between two frames, not
/// another one beside it.
fn overlap(a: &BBox, b: &BBox) -> bool {
    let common = BBox {
        left: a.left.max(b.left),
        top: a.top.max(b.top),
        right: a.right.min(b.right),
        bottom: a.bottom.min(b.bottom),
    };
    if common.left > common.right || common.top > common.bottom {
        return false;
    }
    let (common, a, b) = (common.area(), a.area(), b.area());
    // Areas are below 2^64.
    4 * u128::from(common) >= u128::from(a) + u128::from(b) - u128::from(common)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face of a level, its box's middle at `x`.
    fn face(level: u32, x: i32) -> Seen {
        let half = (36.0 * 1.2_f64.powi(level as i32)) as i32;
        Seen {
            bbox: BBox {
                left: x - half,
                top: 240 - half,
                right: x + half,
                bottom: 240 + half,
            },
            level,
        }
    }

    /// What a search from a level on shows of who is there, nearest first.
    fn visible(there: &[Seen], begun: u32) -> Vec<Seen> {
        let mut found: Vec<Seen> = there.iter().copied().filter(|face| face.level >= begun).collect();
        found.sort_by_key(|face| std::cmp::Reverse(face.level));
        found
    }

    /// One frame as the detector does it: where the search began that counted, and what it showed.
    fn frame(attention: &mut Attention, there: &[Seen]) -> (u32, Vec<Seen>) {
        let mut begun = attention.begin_at();
        let mut found = visible(there, begun);
        if begun > 0 && !attention.expected(&found, begun) {
            begun = 0;
            found = visible(there, 0);
        }
        attention.saw(&found, begun);
        (begun, found)
    }

    fn begun(attention: &mut Attention, there: &[Seen], frames: usize) -> Vec<u32> {
        (0..frames).map(|_| frame(attention, there).0).collect()
    }

    #[test]
    fn someone_alone_is_searched_for_closely_every_third_frame() {
        let (near, small) = (face(6, 300), face(1, 300));
        let mut attention = Attention::default();
        assert_eq!(begun(&mut attention, &[near], 7), [0, 5, 5, 1, 5, 5, 1]);
        let mut attention = Attention::default();
        assert_eq!(begun(&mut attention, &[small], 4), [0; 4]);
        let mut attention = Attention::default();
        assert_eq!(begun(&mut attention, &[], 4), [0; 4]);
    }

    #[test]
    fn as_long_as_someone_else_is_near_every_frame_is_searched_closely() {
        let (nearest, rival, far) = (face(6, 200), face(2, 500), face(1, 500));
        let mut attention = Attention::default();
        assert_eq!(begun(&mut attention, &[nearest, rival], 4), [0, 1, 1, 1]);
        // Who goes away, or is too far to count.
        assert_eq!(begun(&mut attention, &[nearest, far], 3), [1, 5, 5]);
    }

    #[test]
    fn a_rival_who_enters_is_seen_within_three_frames_and_a_nearer_one_at_once() {
        let nearest = face(5, 200);
        for level in 0..10 {
            for enters in 0..9 {
                let mut attention = Attention::default();
                for _ in 0..enters {
                    frame(&mut attention, &[nearest]);
                }
                let other = face(level, 500);
                let seen = (0..9).position(|_| frame(&mut attention, &[nearest, other]).1.len() == 2);
                let within = match level {
                    // As near as the nearest, but for what boxes waver.
                    4.. => Some(1),
                    // Near enough to count.
                    1.. => Some(EVERY as usize),
                    // Does not count.
                    _ => None,
                };
                if let Some(within) = within {
                    assert!(
                        seen.is_some_and(|seen| seen < within),
                        "{level} {enters}: {seen:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_face_that_counts_is_in_one_of_any_three_frames() {
        // Pairs of faces that come and go, by a fixed rule of chance.
        let mut state = 7_u32;
        let mut chance = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        let mut attention = Attention::default();
        let mut thorough_since = 0;
        let mut there = vec![face(5, 200)];
        for _ in 0..20_000 {
            if chance(4) == 0 {
                let mut at = |x| (chance(3) > 0).then(|| face(chance(10), x));
                there = [at(150), at(320), at(550)].into_iter().flatten().collect();
            }
            let (begun, found) = frame(&mut attention, &there);
            let nearest = visible(&there, 0).first().copied();
            assert_eq!(
                found.first(),
                nearest.as_ref(),
                "the nearest is seen in every frame"
            );
            let full = nearest.is_none_or(|nearest| begun <= nearest.level.saturating_sub(RIVALS));
            thorough_since = if full { 0 } else { thorough_since + 1 };
            assert!(thorough_since < EVERY, "{thorough_since}");
        }
    }

    #[test]
    fn another_face_in_another_place_is_no_continuation() {
        let mut attention = Attention::default();
        frame(&mut attention, &[face(5, 200)]);
        for (found, expected) in [
            (vec![face(5, 210)], true),
            (vec![face(6, 230)], true),
            (vec![face(4, 190)], true),
            (vec![face(5, 500)], false),
            (vec![face(9, 200)], false),
            (vec![face(6, 500), face(5, 200)], false),
            (vec![], false),
        ] {
            assert_eq!(attention.expected(&found, 4), expected, "{found:?}");
        }
    }

    #[test]
    fn boxes_of_any_size_can_be_compared() {
        let all = BBox {
            left: i32::MIN,
            top: i32::MIN,
            right: i32::MAX,
            bottom: i32::MAX,
        };
        assert!(overlap(&all, &all));
        assert!(!overlap(&all, &face(3, 300).bbox));
    }
}
