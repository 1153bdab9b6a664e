//! Who made an encoding.

use serde::{Deserialize, Serialize};

/// Which engine with which models. Encodings of different identities are never compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineId {
    /// The method, such as "dlib-hog-resnet".
    pub name: String,
    /// SHA-256, hexadecimal, over the concatenated hexadecimal SHA-256 hashes of the model files used.
    pub model: String,
}
