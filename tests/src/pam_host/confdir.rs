//! A folder of PAM stacks for one test.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// A folder of PAM stacks, gone when dropped.
pub struct ConfDir(TempDir);

impl ConfDir {
    /// An empty one, but for `other`, which denies everything.
    pub fn new() -> io::Result<Self> {
        let folder = Self(TempDir::with_prefix("facelogin-pam-")?);
        folder.service(
            "other",
            "auth required pam_deny.so\naccount required pam_deny.so\n\
             password required pam_deny.so\nsession required pam_deny.so",
        )?;
        Ok(folder)
    }

    /// Writes the stack of one service. Modules that are not the system's own are named by absolute path.
    pub fn service(&self, name: &str, stack: &str) -> io::Result<()> {
        fs::write(self.0.path().join(name), format!("{stack}\n"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
