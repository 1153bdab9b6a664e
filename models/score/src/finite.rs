//! Deserialising numbers that must be finite: a gate such as `sharpness >= min` would let an infinity pass.

use serde::de::{Deserialize, Deserializer, Error};

/// A finite number.
pub fn f32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    let value = f32::deserialize(deserializer)?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(D::Error::custom("a number must be finite"))
    }
}

/// A finite number or none. A field that is read by it must be there.
pub fn maybe_f32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f32>, D::Error> {
    match Option::<f32>::deserialize(deserializer)? {
        Some(value) if !value.is_finite() => Err(D::Error::custom("a number must be finite")),
        value => Ok(value),
    }
}
