//! What can go wrong between a frame and its encodings.

use std::path::PathBuf;

use crate::{EncodingError, MAX_SIDE, MIN_SIDE};

/// Why an engine could not be loaded or a frame not be analysed. No face in a frame is not an error.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A side outside the limits.
    #[error("a frame of {width}x{height} is outside {MIN_SIDE}..={MAX_SIDE} pixels per side")]
    FrameSize {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// Too few or too many bytes for its size: a short frame is not topped up but dropped.
    #[error("a frame of {width}x{height} needs {expected} bytes, got {found}")]
    FrameLength {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Bytes by width, height and format.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// The verified files do not include one that the engine needs.
    #[error("the engine needs the model {name}, which is not among the verified files")]
    ModelMissing {
        /// File name.
        name: &'static str,
    },
    /// A file could not be read although its hash was right.
    #[error("cannot load {}: {reason}; `facelogin-enroll models verify` checks it", path.display())]
    ModelLoad {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        reason: String,
    },
    /// A network could not be run on a frame's pixels.
    #[error("the network {name} failed: {reason}")]
    Net {
        /// File name.
        name: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// The landmark model has another number of points.
    #[error("the landmark model gave {found} points instead of 5")]
    Landmarks {
        /// Points given.
        found: usize,
    },
    /// The encoder answered for another number of faces.
    #[error("the encoder gave {found} encodings for {expected} faces")]
    EncodingCount {
        /// Faces.
        expected: usize,
        /// Encodings.
        found: usize,
    },
    /// A liveness network's answer is no probability.
    #[error("the liveness network gave no probability; `facelogin-enroll models verify` checks its files")]
    LivenessAnswer,
    /// The encoder's answer is not an encoding.
    #[error("the encoder's answer is unusable: {0}")]
    Encoding(#[from] EncodingError),
}
