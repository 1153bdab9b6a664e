//! What these tests take that a checkout and the build do not bring.

use std::env;
use std::path::{Path, PathBuf};

/// Whether every program is there; what is missing is said on standard error, and is a failure with
/// `FACELOGIN_TEST_NO_SKIP`.
pub fn programs(names: &[&str]) -> bool {
    for name in names {
        if find(name).is_none() {
            lacking(&format!(
                "{name} is not installed; see `packaging/deps.sh --tests`"
            ));
            return false;
        }
    }
    true
}

/// A program by its name, or by its whole path.
pub fn find(name: &str) -> Option<PathBuf> {
    // Those of the administrator too, whatever the test was started with.
    let path = env::var_os("PATH").unwrap_or_default();
    let folders =
        env::split_paths(&path).chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from));
    // Joined to an absolute path, a folder vanishes.
    let mut candidates = folders.map(|folder| folder.join(name));
    candidates.find(|file: &PathBuf| file.is_file())
}

/// Says why a test is skipped.
#[allow(clippy::print_stderr)]
pub(super) fn lacking(why: &str) {
    if env::var_os("FACELOGIN_TEST_NO_SKIP").is_some() {
        panic!("{why}");
    }
    eprintln!("skipped: {why}");
}

/// A file of this project, by its path in it.
pub(super) fn of_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
