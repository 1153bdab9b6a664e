//! A picture that both ways of running the encoder are shown when it is loaded.

use dlib_face_recognition::{FaceLandmarks, ImageMatrix, LandmarkPredictor, LandmarkPredictorTrait};

use super::encoder::Aligned;
use super::{five, rectangle};
use crate::chip::Chip;
use crate::detect::matrix;
use crate::{BBox, EngineError};

/// Pixels per side.
const SIDE: u32 = 240;

/// Where a face is taken to be.
const BOX: BBox = BBox {
    left: 60,
    top: 60,
    right: 180,
    bottom: 180,
};

/// Noise, and where the predictor sees five points in it.
pub(super) struct Trial {
    rgb: Vec<u8>,
    matrix: ImageMatrix,
    marks: FaceLandmarks,
    chip: Chip,
}

impl Trial {
    /// `None`: the points define no square.
    pub(super) fn of(predictor: &LandmarkPredictor) -> Result<Option<Self>, EngineError> {
        // Knuth's multiplicative hash: always the same.
        let rgb: Vec<u8> = (0..3 * SIDE * SIDE)
            .map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let matrix = matrix((SIDE, SIDE), &rgb).ok_or(EngineError::FrameSize {
            width: SIDE,
            height: SIDE,
        })?;
        let marks = predictor.face_landmarks(&matrix, &rectangle(&BOX));
        let chip = Chip::of(&five(&marks)?);
        Ok(chip.map(|chip| Self {
            rgb,
            matrix,
            marks,
            chip,
        }))
    }

    pub(super) fn aligned(&self) -> Aligned<'_> {
        Aligned {
            rgb: &self.rgb,
            size: (SIDE, SIDE),
            matrix: &self.matrix,
            marks: &self.marks,
            chip: &self.chip,
        }
    }
}
