//! What is known of faces as numbers, and how faces are compared: no picture, no model, no native code, so that whoever
//! judges (the daemon) and whoever measures (the command-line tool) do it by the same code.
//!
//! All data is (de)serialisable with unknown fields and non-finite numbers refused, since it crosses from the vision
//! process to the supervisor.

pub mod calibration;
mod claim;
mod cohort;
mod compare;
mod consistency;
mod encoding;
mod engine_id;
mod error;
mod face;
pub mod finite;
pub mod gates;
mod limit;
mod login;
mod quality;
#[cfg(test)]
mod testing;
pub mod uncalibrated;

pub use claim::{Asked, NOBODY, Strictness, claim, claims, shortfalls};
pub use cohort::{Cohort, CohortError, CohortInfo, Made};
pub use compare::{Comparer, Comparison, Fused};
pub use consistency::{Consistency, SINGLE_SLACK};
pub use encoding::{ENCODING_LEN, Encoding};
pub use engine_id::EngineId;
pub use error::EncodingError;
pub use face::{Analysis, BBox, Face, MAX_FACES, Point, StageTimes};
pub use limit::Limit;
pub use login::{Login, LoginRules, Match, WINDOWS};
pub use quality::Quality;
