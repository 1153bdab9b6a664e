//! What can be wrong with the file.

use std::path::PathBuf;

/// Why there is no configuration. Each message names the file and, where there is one, line, key and expectation.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not there.
    #[error("{}: there is no such file; install the default one, or name another with --config", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// There but not readable.
    #[error("{}: cannot be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        why: std::io::Error,
    },
    /// Somebody other than root could have written it.
    #[error("{0}: {why}; whoever can write it decides who gets in. Try: chown root:root {0} && chmod 644 {0}", path.display())]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not UTF-8, or longer than the cap.
    #[error("{}: {why}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not TOML, or a key that does not exist or has another type.
    #[error("{}:{line}: {why}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the parser expected.
        why: String,
    },
    /// A key whose value is out of range or not allowed.
    #[error("{}:{line}: {key}: {why}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// With its table, as in `camera.device`.
        key: String,
        /// What was expected.
        why: String,
    },
}
