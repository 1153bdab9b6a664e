//! What facelogind says on its socket, and all that the PAM module and the command-line tool know of it.
//!
//! The wire format is Varlink: JSON objects ended by a NUL byte over the Unix socket [`SOCKET_PATH`]. The interface
//! is described in [`INTERFACE`]. Decoding is total: every byte sequence is a message or an error, lengths are
//! capped before anything is parsed, unknown fields are errors.

pub mod client;
pub mod codec;
pub mod deadline;
pub mod escape;
pub mod request_id;
pub mod socket;
pub mod types;

pub use client::{Client, ClientError};
pub use deadline::Deadline;
pub use request_id::RequestId;

/// Where the daemon listens unless told otherwise.
pub const SOCKET_PATH: &str = "/run/facelogin/org.facelogin.Login";

/// The name of the interface, the prefix of each of its methods and errors.
pub const INTERFACE_NAME: &str = "org.facelogin.Login";

/// The interface in Varlink's own language, as `GetInterfaceDescription` returns it.
pub const INTERFACE: &str = include_str!("../org.facelogin.Login.varlink");

/// The longest message an ordinary peer may send, and the longest reply to an authentication: 4 KiB.
pub const SMALL_MESSAGE: usize = 4 * 1024;

/// The longest message root may send (pictures to enrol, base64): 24 MiB.
pub const LARGE_MESSAGE: usize = 24 * 1024 * 1024;

/// The longest reply the command-line tool accepts: 1 MiB, some thousands of templates.
pub const LARGE_REPLY: usize = 1024 * 1024;
