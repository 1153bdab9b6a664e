//! Compares encodings: how near two faces are. It sees numbers only: no picture, no model, no native code, so that
//! whoever judges (the daemon) and whoever measures (the command-line tool) do it by the same code.

mod encoding;
mod engine_id;
mod error;

pub use encoding::{ENCODING_LEN, Encoding};
pub use engine_id::EngineId;
pub use error::EncodingError;
