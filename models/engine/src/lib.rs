//! What runs facelogin's models: a frame in; faces with five landmarks, encoding and quality out.
//!
//! This is the only crate that links dlib. Everything above it speaks to the [`Engine`] trait and to plain data, all
//! of it (de)serialisable with unknown fields and non-finite numbers refused, since it crosses from the vision
//! process to the supervisor.
//!
//! ```text
//! Frame -> detect (HOG, on a smaller copy, brightened if need be) -> landmarks (5 points) -> encode (128 numbers) -> quality -> Analysis
//! ```

mod chip;
mod contrast;
mod dlib;
mod engine;
mod error;
mod face;
pub mod finite;
mod frame;
mod pose;
mod quality;
mod resample;

pub use dlib::DlibEngine;
pub use engine::{Effort, Engine};
pub use error::EngineError;
pub use face::{Analysis, BBox, Face, MAX_FACES, Point, StageTimes};
pub use facelogin_score::{ENCODING_LEN, Encoding, EncodingError, EngineId};
pub use frame::{Frame, MAX_SIDE, MIN_SIDE, Pixels};
pub use quality::Quality;
