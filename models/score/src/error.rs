//! What is not an encoding.

use crate::ENCODING_LEN;

/// Why numbers are not an encoding. The numbers themselves are never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Not [`ENCODING_LEN`] numbers.
    #[error("an encoding has {ENCODING_LEN} numbers, got {found}")]
    Length {
        /// How many.
        found: usize,
    },
    /// One is infinite or not a number.
    #[error("number {index} of an encoding is not finite")]
    NotFinite {
        /// Which, from 0.
        index: usize,
    },
}
