//! What runs facelogin's models: a frame in; faces with five landmarks, encoding and quality out.
//!
//! This is the only crate that links dlib. Everything above it speaks to the [`Engine`] trait and to the plain data of
//! `facelogin-score`.
//!
//! ```text
//! Frame -> detect (HOG, on a smaller copy, brightened if need be) -> landmarks (5 points) -> encode (128 numbers) -> quality -> Analysis
//! ```

mod chip;
mod clock;
mod contrast;
mod dlib;
mod engine;
mod error;
mod frame;
mod liveness;
mod net;
mod onnx;
mod pose;
mod quality;
mod resample;
mod similarity;

pub use dlib::DlibEngine;
pub use engine::{Effort, Engine};
pub use error::EngineError;
pub use facelogin_score::{
    Analysis, BBox, ENCODING_LEN, Encoding, EncodingError, EngineId, Face, MAX_FACES, Point, Quality,
    StageTimes, finite,
};
pub use frame::{Frame, MAX_SIDE, MIN_SIDE, Pixels};
pub use liveness::{Boxes, LivenessNetwork};
pub use onnx::OnnxEngine;
