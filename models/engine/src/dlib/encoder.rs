//! From a face's landmarks to its encoding: by dlib's network, which dlib runs, or this project itself in two thirds of the time.
//!
//! dlib copies every window out of the picture and has OpenBLAS multiply matrices. Where the processor has AVX2 the same
//! network is run here, as those in ONNX form are. When it is loaded both are shown one picture, and where they differ, or the
//! file is not as expected, dlib alone is asked from then on.

use dlib_face_recognition::{FaceEncoderNetwork, FaceEncoderTrait, FaceLandmarks, ImageMatrix};
use facelogin_models::VerifiedModel;

#[cfg(target_arch = "x86_64")]
use super::own::Own;
use crate::chip::Chip;
use crate::{Encoding, EngineError};

/// How far apart both may place the picture that they are tried on: rounding moves portraits by up to 5e-6.
#[cfg(target_arch = "x86_64")]
pub(super) const TOLERANCE: f32 = 1e-4;

/// A picture, and a face in it whose landmarks define a square.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) struct Aligned<'a> {
    pub(super) rgb: &'a [u8],
    pub(super) size: (u32, u32),
    /// The same pixels.
    pub(super) matrix: &'a ImageMatrix,
    pub(super) marks: &'a FaceLandmarks,
    /// Of these landmarks.
    pub(super) chip: &'a Chip,
}

pub(super) enum Encoder {
    #[cfg(target_arch = "x86_64")]
    Own(Own),
    Dlib(Box<FaceEncoderNetwork>),
}

impl Encoder {
    /// `dlib`'s network, of this file; both ways are tried on that face.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn of(
        model: &VerifiedModel,
        dlib: Box<FaceEncoderNetwork>,
        trial: &Aligned<'_>,
    ) -> Result<Self, EngineError> {
        let bytes = model.read().map_err(|error| EngineError::ModelLoad {
            path: model.path.clone(),
            reason: error.to_string(),
        })?;
        match Own::of(bytes) {
            Some(own) => Self::chosen(own, dlib, trial),
            None => Ok(Self::Dlib(dlib)),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn of(
        _: &VerifiedModel,
        dlib: Box<FaceEncoderNetwork>,
        _: &Aligned<'_>,
    ) -> Result<Self, EngineError> {
        Ok(Self::Dlib(dlib))
    }

    /// The faster one, if it says of the trial what dlib does.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn chosen(
        mut own: Own,
        dlib: Box<FaceEncoderNetwork>,
        trial: &Aligned<'_>,
    ) -> Result<Self, EngineError> {
        let theirs = by_dlib(&dlib, trial)?;
        Ok(match own.encode(trial) {
            Ok(ours) if ours.distance(&theirs) <= TOLERANCE => Self::Own(own),
            _ => Self::Dlib(dlib),
        })
    }

    pub(super) fn encode(&mut self, face: &Aligned<'_>) -> Result<Encoding, EngineError> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Own(own) => own.encode(face),
            Self::Dlib(dlib) => by_dlib(dlib, face),
        }
    }
}

pub(super) fn by_dlib(network: &FaceEncoderNetwork, face: &Aligned<'_>) -> Result<Encoding, EngineError> {
    // No jitter: it would draw on a random number generator that all of dlib shares.
    let encodings = network.get_face_encodings(face.matrix, std::slice::from_ref(face.marks), 0);
    match &*encodings {
        [only] => Ok(Encoding::try_from_f64(only.as_ref())?),
        found => Err(EngineError::EncodingCount {
            expected: 1,
            found: found.len(),
        }),
    }
}
