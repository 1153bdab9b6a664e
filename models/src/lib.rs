//! The model files of facelogin: which they are, where they are looked for, how they are verified, and (feature
//! `fetch`, for the command-line tool only) how they are obtained.
//!
//! A model is native code's input: dlib deserialises whatever it is given. So nothing is handed to it before its
//! SHA-256 has been compared with the [`manifest()`], and a file that differs is an error with a remedy, never a guess.

mod error;
mod find;
mod manifest;
mod verify;

#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "fetch")]
mod source;
#[cfg(feature = "fetch")]
mod target;

pub use error::ModelError;
pub use find::ModelDirs;
pub use manifest::{
    FACE_ENCODER, FIVE_POINTS, LIVENESS_NEAR, LIVENESS_WIDE, ModelFile, ModelSet, SFACE, YUNET, manifest,
};
pub use verify::{
    ModelState, ModelStatus, Trust, VerifiedModel, VerifiedModels, fingerprint_of, sha256, status,
    verify_all, verify_file, verify_files,
};

#[cfg(feature = "fetch")]
pub use fetch::{FetchError, Fetched, Outcome, Progress, fetch};
#[cfg(feature = "fetch")]
pub use source::{Loopback, Source};
