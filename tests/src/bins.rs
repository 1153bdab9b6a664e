//! Where the built files are: `FACELOGIN_BIN_DIR`, else `release` in `CARGO_TARGET_DIR`, else in the workspace's
//! `target`. A test binary cannot have a cdylib of another crate built for it, so they are built beforehand.

use std::env;
use std::path::{Path, PathBuf};

/// The PAM module.
pub fn module() -> PathBuf {
    find("libpam_facelogin.so")
}

/// The PAM module with feature `panic-injection`, in a folder of its own.
pub fn rigged_module() -> PathBuf {
    find("../panic-injection/release/libpam_facelogin.so")
}

/// The daemon.
pub fn daemon() -> PathBuf {
    find("facelogind")
}

/// The command-line tool.
pub fn enroll() -> PathBuf {
    find("facelogin-enroll")
}

/// One built file.
///
/// # Panics
/// When it is not there: a test that silently skipped it would prove nothing.
#[allow(clippy::panic)]
fn find(name: &str) -> PathBuf {
    let file = folder().join(name);
    match file.canonicalize() {
        Ok(file) => file,
        Err(error) => panic!(
            "{}: {error}; build first: cargo build --release, and make rigged",
            file.display()
        ),
    }
}

/// The folder of all of them.
pub fn folder() -> PathBuf {
    if let Some(folder) = env::var_os("FACELOGIN_BIN_DIR") {
        return folder.into();
    }
    // The manifest's folder is one of the workspace's own.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match env::var_os("CARGO_TARGET_DIR") {
        // A relative one is relative to where cargo was started, which cargo does not say: take the workspace.
        Some(folder) => workspace.join(folder).join("release"),
        None => workspace.join("target").join("release"),
    }
}
