//! Dark pictures, brightened in one way or another before faces are looked for and encoded.

use image_for_dlib::RgbImage;

use crate::clahe::clahe;
use crate::faces::{Encoder, Picture, frame};
use crate::{Analysis, Effort, Result};

/// In which way.
#[derive(Clone, Copy)]
pub enum How {
    /// As it is.
    None,
    /// As the engine does it: found in a blurred copy spread over all levels, encoded from the sharp picture spread.
    Spread,
    /// Found and encoded after CLAHE.
    Clahe,
    /// Found as the engine does it, encoded after CLAHE.
    SpreadClahe,
}

impl How {
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "none" => Ok(Self::None),
            "spread" => Ok(Self::Spread),
            "clahe" => Ok(Self::Clahe),
            "spread-clahe" => Ok(Self::SpreadClahe),
            _ => Err("expected none, spread, clahe or spread-clahe".into()),
        }
    }
}

/// A camera's frame, brightened in this way.
pub fn analyse(encoder: &mut Encoder, picture: &RgbImage, how: How) -> Result<Analysis> {
    let changed = match how {
        How::None | How::Spread => picture.clone(),
        How::Clahe | How::SpreadClahe => clahe(picture),
    };
    let whole = Picture::of(changed.dimensions(), changed.into_raw())?;
    let (boxes, seen) = match how {
        How::None | How::Clahe => (encoder.find_alone(&whole), whole),
        How::Spread => encoder.find(picture, Effort::Video)?,
        How::SpreadClahe => (encoder.find(picture, Effort::Video)?.0, whole),
    };
    // Quality is of the picture as the camera gave it.
    encoder.analysis(&frame(picture)?, &seen, &boxes)
}
