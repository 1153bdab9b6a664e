//! The folder that fetched files are put into: a file appears there whole and verified, or not at all.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use crate::FetchError;

/// Readable by all: the daemon's vision process, which is not root, loads them.
const FOLDER_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;

/// The target folder, held against other fetches as long as this lives.
pub(crate) struct Target {
    path: PathBuf,
    /// Locked; closing it unlocks.
    handle: File,
}

/// A file being written under a temporary name, which is removed unless [`Draft::publish`] succeeds.
pub(crate) struct Draft<'a> {
    target: &'a Target,
    path: PathBuf,
    file: File,
    published: bool,
}

impl Target {
    /// Creates the folder, and its parents, if it is not there, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, FetchError> {
        let io = |source| FetchError::Io {
            path: path.to_owned(),
            source,
        };
        if !path.exists() {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(path)
                .map_err(io)?;
            // The umask may have taken bits away.
            fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE)).map_err(io)?;
        }
        let handle = File::options()
            .read(true)
            .custom_flags((OFlag::O_DIRECTORY | OFlag::O_CLOEXEC).bits())
            .open(path)
            .map_err(io)?;
        match handle.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                handle,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(FetchError::Busy {
                folder: path.to_owned(),
            }),
            Err(fs::TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// The final path of a file of this name.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Starts the file `.NAME.part`. One left behind by a killed fetch is removed first: the lock says nobody else
    /// is writing it.
    pub(crate) fn draft(&self, name: &str) -> Result<Draft<'_>, FetchError> {
        let path = self.path.join(format!(".{name}.part"));
        let io = |source| FetchError::Io {
            path: path.clone(),
            source,
        };
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(io(e)),
            _ => {}
        }
        let file = File::options()
            .write(true)
            .create_new(true) // O_EXCL: a link planted here is not followed
            .mode(FILE_MODE)
            .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC).bits())
            .open(&path)
            .map_err(io)?;
        Ok(Draft {
            target: self,
            path,
            file,
            published: false,
        })
    }
}

impl Draft<'_> {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(|e| self.io(e))
    }

    /// Brings the file to the disk and then to its final name, replacing what was there, in one step.
    pub(crate) fn publish(mut self, name: &str) -> Result<PathBuf, FetchError> {
        self.file
            .set_permissions(Permissions::from_mode(FILE_MODE))
            .map_err(|e| self.io(e))?;
        self.file.sync_all().map_err(|e| self.io(e))?;
        let path = self.target.path_of(name);
        fs::rename(&self.path, &path).map_err(|source| FetchError::Io {
            path: path.clone(),
            source,
        })?;
        self.published = true;
        self.target.handle.sync_all().map_err(|e| self.io(e))?;
        Ok(path)
    }

    fn io(&self, source: io::Error) -> FetchError {
        FetchError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.published {
            // Nothing can be done about a failure here; the next fetch tries again.
            let _ = fs::remove_file(&self.path);
        }
    }
}
