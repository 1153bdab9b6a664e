//! Why a model file cannot be used, and what to do about it.

use std::io;
use std::path::PathBuf;

/// Why a model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// No search folder has it.
    #[error("model {name} is in none of {searched}; `facelogin-enroll models fetch` obtains it")]
    Missing {
        /// The file's name in the manifest.
        name: &'static str,
        /// The folders searched, joined by ", ".
        searched: String,
    },
    /// A symbolic link, a folder, a pipe, a device.
    #[error("{} is not a regular file; remove it, then run `facelogin-enroll models fetch`", path.display())]
    NotRegular {
        /// What was found.
        path: PathBuf,
    },
    /// Someone other than root could change it.
    #[error(
        "{} {reason}, so it cannot be trusted; make it owned by root and writable by root only, \
         or remove it and run `facelogin-enroll models fetch` as root", path.display()
    )]
    Untrusted {
        /// The file or folder.
        path: PathBuf,
        /// "belongs to uid N" or "is writable by group or others (mode NNN)".
        reason: String,
    },
    /// Its size alone shows that it is another file.
    #[error(
        "{} has {found} bytes, expected {expected}; remove it, then run `facelogin-enroll models fetch`",
        path.display()
    )]
    Size {
        /// The file.
        path: PathBuf,
        /// Bytes by the manifest.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// Right size, other bytes.
    #[error(
        "{} has SHA-256 {found}, expected {expected}; remove it, then run `facelogin-enroll models fetch`",
        path.display()
    )]
    Hash {
        /// The file.
        path: PathBuf,
        /// Hash by the manifest, hexadecimal.
        expected: String,
        /// Hash found, hexadecimal.
        found: String,
    },
    /// It could not be opened or read.
    #[error("cannot read {}: {source}; check its permissions, or run `facelogin-enroll models fetch`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
