//! What facelogin promises of every input from outside, one function a promise.
//!
//! Each [`Target`] takes any bytes and panics when a promise is broken: not only when the code under it panics. The
//! fuzzer (`make fuzz`) looks for such bytes; `tests/replay.rs` shows the targets what is known, with plain `cargo test`.
//!
//! An input's first line is a header: sizes of pieces, a cap, a format. What follows is what the code gets to see. In
//! protocols of lines ended by NUL a newline stands for it, so that seeds are text.

/// Files of the PAM module, which is a cdylib and cannot be linked: taken in as they are. What of them no target calls
/// is not dead at home.
#[allow(dead_code)]
#[path = "../../../pam-module/src"]
mod module {
    pub mod args;
    pub mod ask;
    pub mod asker;
    pub mod caller;
    pub mod code;
    pub mod conversation;
    pub mod ffi;
    pub mod words;
}

// They name each other by their own crate's paths.
use module::{args, ask, asker, caller, code, conversation, ffi};

mod targets;

pub use targets::{Target, all, target};
