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
            Some(nearest) if self.alone && self.since + 1 < EVERY => nearest.level.saturating_sub(ROOM),
            Some(nearest) => rivals(nearest),
        }
    }

    /// Whether these faces, the nearest first, are what a search from above level 0 was to show: the face that was nearest
    /// before, or one in front of it. Otherwise the frame is to be searched for everything.
    pub(crate) fn expected(&self, found: &[Seen]) -> bool {
        match (self.nearest, found.first()) {
            (Some(before), Some(now)) => overlap(&before.bbox, &now.bbox),
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
    4 * common >= a + b - common
}
