//! Where faces are: dlib's HOG detector, on a copy of the frame that is neither too large nor too dark, and over a scan's
//! frames no more closely than [`Attention`] asks for.

use std::borrow::Cow;

use dlib_face_recognition::{FaceDetector, FaceDetectorTrait, ImageMatrix, Rectangle};
use image_for_dlib::{ImageBuffer, Rgb};

use crate::attention::{Attention, Seen};
use crate::pyramid::{self, STEP};
use crate::resample::{fit, shrink};
use crate::{BBox, Effort, EngineError, Frame, MAX_FACES, contrast};

/// Longest side, in pixels, on which faces are searched for; see [`Effort`].
const VIDEO_SIDE: u32 = 640;
const STILL_SIDE: u32 = 2400;
/// Longest side of the enlarged copy in which a face is searched for that the picture itself did not show.
const ENLARGED_SIDE: u32 = 1600;

/// Where faces are, and what the landmarks, the encoder and the measures of quality get to see.
pub(crate) struct Found<'a> {
    /// In the coordinates of the frame, largest first; at least one.
    pub(crate) faces: Vec<Seen>,
    /// The frame's size.
    pub(crate) rgb: Cow<'a, [u8]>,
    /// The same.
    pub(crate) full: ImageMatrix,
    /// Whether the pixels are the frame's own, not spread over more levels.
    pub(crate) own: bool,
}

/// The detector, and what it knows from a scan's frames.
pub(crate) struct Detector {
    hog: FaceDetector,
    attention: Attention,
}

impl Detector {
    /// Unpacks the detector that is part of dlib.
    pub(crate) fn new() -> Self {
        Self {
            hog: FaceDetector::new(),
            attention: Attention::default(),
        }
    }

    /// Forgets the frames so far.
    pub(crate) fn begin(&mut self) {
        self.attention = Attention::default();
    }

    /// The faces, and the picture in the range of levels in which they were found; `None`: there are none.
    pub(crate) fn find<'a>(
        &mut self,
        frame: &Frame<'a>,
        effort: Effort,
    ) -> Result<Option<Found<'a>>, EngineError> {
        let size = (frame.width(), frame.height());
        let limit = match effort {
            Effort::Still => return self.search(frame, STILL_SIDE, 0, true),
            Effort::Video => VIDEO_SIDE,
        };
        let searched = fit(size.0, size.1, limit).unwrap_or(size);
        let mut begun = self.attention.begin_at().min(pyramid::deepest(searched));
        let mut found = self.search(frame, limit, begun, false)?;
        if begun > 0 && !self.attention.expected(faces(&found), begun) {
            begun = 0;
            found = self.search(frame, limit, begun, false)?;
        }
        self.attention.saw(faces(&found), begun);
        Ok(found)
    }

    fn search<'a>(
        &self,
        frame: &Frame<'a>,
        limit: u32,
        begun: u32,
        enlarge: bool,
    ) -> Result<Option<Found<'a>>, EngineError> {
        let size = (frame.width(), frame.height());
        for range in contrast::ranges(frame) {
            let rgb = match range {
                None => frame.rgb(),
                Some(range) => range.for_detection(frame).into(),
            };
            let full = whole(frame, &rgb)?;
            let faces = self.detect(size, &rgb, &full, limit, begun, enlarge);
            if faces.is_empty() {
                continue;
            }
            let (rgb, full) = match range {
                None => (rgb, full),
                // Sharp.
                Some(range) => {
                    let rgb = range.spread_all(&frame.rgb());
                    let full = whole(frame, &rgb)?;
                    (rgb.into(), full)
                }
            };
            return Ok(Some(Found {
                faces,
                rgb,
                full,
                own: range.is_none(),
            }));
        }
        Ok(None)
    }

    /// Boxes in the coordinates of the frame, largest first.
    fn detect(
        &self,
        size: (u32, u32),
        rgb: &[u8],
        full: &ImageMatrix,
        limit: u32,
        begun: u32,
        enlarge: bool,
    ) -> Vec<Seen> {
        let mut faces = match fit(size.0, size.1, limit) {
            // dlib divides by sides; a strip thinner than the detector's window has no face in it anyway.
            Some(small) if small.0.min(small.1) < crate::MIN_SIDE => Vec::new(),
            Some(small) => {
                let scale = f64::from(size.0) / f64::from(small.0);
                self.boxes_from(begun, &shrink(rgb, size, small), small, scale)
            }
            None if begun == 0 => self.boxes(full, 0, 1.0),
            None => self.boxes_from(begun, rgb, size, 1.0),
        };
        if faces.is_empty() && enlarge && 2 * size.0.max(size.1) <= ENLARGED_SIDE {
            let copy = full.resize(2 * size.0 as usize, 2 * size.1 as usize);
            faces = self.boxes(&copy, 0, 0.5);
        }
        faces.sort_by_key(|face| std::cmp::Reverse(face.bbox.area()));
        faces.truncate(MAX_FACES);
        faces
    }

    /// Boxes found in a picture's levels from `begun` on, each multiplied by `scale`.
    fn boxes_from(&self, begun: u32, rgb: &[u8], size: (u32, u32), scale: f64) -> Vec<Seen> {
        let picture = match begun {
            0 => matrix(size, rgb),
            _ => {
                let (rgb, size) = pyramid::picture_at(rgb, size, begun);
                matrix(size, &rgb)
            }
        };
        // There is one: the bytes are as many as the size needs.
        picture.map_or_else(Vec::new, |picture| self.boxes(&picture, begun, scale))
    }

    /// Boxes found in the picture at the level `begun`, in the coordinates of that at level 0 multiplied by `scale`.
    fn boxes(&self, picture: &ImageMatrix, begun: u32, scale: f64) -> Vec<Seen> {
        self.hog
            .face_locations(picture)
            .iter()
            .map(|said| {
                let (level, whole) = match pyramid::seen_at(said) {
                    Some((level, there)) => (level + begun, pyramid::traced_back(&there, level + begun)),
                    None => (begun + nearest_level(said), pyramid::traced_back(said, begun)),
                };
                Seen {
                    bbox: scaled(&whole, scale),
                    level,
                }
            })
            .collect()
    }
}

fn faces<'a>(found: &'a Option<Found<'_>>) -> &'a [Seen] {
    found.as_ref().map_or(&[], |found| &found.faces)
}

/// By its size.
fn nearest_level(said: &Rectangle) -> u32 {
    let side = (said.right - said.left).max(1) as f64;
    (side / pyramid::SPANS[0] as f64).log(STEP).round().max(0.0) as u32
}

fn scaled(whole: &Rectangle, scale: f64) -> BBox {
    // `as` saturates, and no side is anywhere near that.
    let side = |v: i64| (v as f64 * scale).round() as i32;
    BBox {
        left: side(whole.left),
        top: side(whole.top),
        right: side(whole.right),
        bottom: side(whole.bottom),
    }
}

/// The frame's pixels, or others in their place.
fn whole(frame: &Frame<'_>, rgb: &[u8]) -> Result<ImageMatrix, EngineError> {
    matrix((frame.width(), frame.height()), rgb).ok_or(EngineError::FrameSize {
        width: frame.width(),
        height: frame.height(),
    })
}

/// `None` if there are fewer bytes than the size needs.
pub(crate) fn matrix(size: (u32, u32), rgb: &[u8]) -> Option<ImageMatrix> {
    let buffer: ImageBuffer<Rgb<u8>, &[u8]> = ImageBuffer::from_raw(size.0, size.1, rgb)?;
    Some(ImageMatrix::from_image(&buffer))
}
