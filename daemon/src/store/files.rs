//! The folder and the files of the store: opened without following links, and checked before a byte is read.
//!
//! Nothing here takes a user name: no path is ever built from one (R17). Checks are made on the open descriptor, so
//! that what is checked is what is used. The folders above the store's own are the administrator's: they are not
//! checked.

use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, Flock, FlockArg, OFlag, open, openat};
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::{UnlinkatFlags, fsync, geteuid, linkat, unlinkat};
use zeroize::Zeroizing;

use super::StoreError;

/// `O_NONBLOCK` so that a FIFO in the place of a file cannot hang the daemon before `fstat` refuses it.
const FILE_FLAGS: OFlag = OFlag::O_NOFOLLOW
    .union(OFlag::O_CLOEXEC)
    .union(OFlag::O_NONBLOCK)
    .union(OFlag::O_NOCTTY);
const FOLDER_FLAGS: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_CLOEXEC);
const PRIVATE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// The store's folder: open, checked, and locked for as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    fd: Flock<OwnedFd>,
    /// Absolute and without links, as SQLite's own `NOFOLLOW` demands.
    path: PathBuf,
}

impl Folder {
    /// Opens the folder, creating the last component with mode 0700 if it is missing, and locks it.
    pub(super) fn open(dir: &Path) -> Result<Folder, StoreError> {
        // A trailing slash or dot would make the kernel follow a link in spite of O_NOFOLLOW.
        let dir: PathBuf = dir.components().collect();
        match DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => sync_parent(&dir)?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(io_error("create", &dir, e)),
        }
        let fd = match open(&dir, FOLDER_FLAGS | OFlag::O_NOFOLLOW, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::ELOOP | Errno::ENOTDIR) => {
                return Err(StoreError::Unsafe {
                    path: dir,
                    problem: "is a symbolic link or not a folder".into(),
                    remedy: "name the real folder".into(),
                });
            }
            Err(e) => return Err(io_error("open", &dir, e.into())),
        };
        let meta = fd.metadata().map_err(|e| io_error("check", &dir, e))?;
        check_owner(&dir, &meta)?;
        if meta.mode() & 0o077 != 0 {
            return Err(wrong_mode(&dir, &meta, "0700"));
        }
        // The lock comes before anything else is opened: POSIX record locks, which SQLite uses, are lost as soon as
        // the process closes any descriptor of the file, so a second `Store` must not get as far as the database.
        let fd =
            Flock::lock(OwnedFd::from(fd), FlockArg::LockExclusiveNonblock).map_err(|(_, e)| match e {
                Errno::EWOULDBLOCK => StoreError::InUse { path: dir.clone() },
                e => io_error("lock", &dir, e.into()),
            })?;
        let path = dir.canonicalize().map_err(|e| io_error("resolve", &dir, e))?;
        let named = path.symlink_metadata().map_err(|e| io_error("check", &path, e))?;
        if (named.dev(), named.ino()) != (meta.dev(), meta.ino()) {
            return Err(StoreError::Unsafe {
                path: dir,
                problem: "was replaced while it was being opened".into(),
                remedy: "make sure that only root can write to the folders above it".into(),
            });
        }
        Ok(Folder { fd, path })
    }

    /// The absolute path of the folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks the file `name`, or creates it empty with mode 0600, and returns its path for SQLite, which can only
    /// open by path. The folder is ours alone, so nobody else can change the file between the two.
    pub(super) fn private_file(&self, name: &str) -> Result<PathBuf, StoreError> {
        let path = self.path.join(name);
        let fd = match openat(&*self.fd, name, OFlag::O_RDWR | FILE_FLAGS, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::ENOENT) => {
                let fd = create_private(&*self.fd, name).map_err(|e| io_error("create", &path, e.into()))?;
                fsync(&*self.fd).map_err(|e| io_error("sync", &self.path, e.into()))?;
                fd
            }
            Err(e) => return Err(open_error(&path, e)),
        };
        check_file(&path, &File::from(fd), &[0o600])?;
        Ok(path)
    }
}

/// Reads a small secret file, at most `limit` bytes and one more (so that the caller can tell "too long").
///
/// `modes` are the permission bits it may have. `None` if there is no such file.
pub(super) fn read_secret(
    path: &Path,
    modes: &[u32],
    limit: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let (folder, name) = match parent(path) {
        Ok(found) => found,
        Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let mut file = match openat(&folder, &name, OFlag::O_RDONLY | FILE_FLAGS, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::ENOENT) => return Ok(None),
        Err(e) => return Err(open_error(path, e)),
    };
    check_file(path, &file, modes)?;
    // Filled in place: a growing Vec would leave copies of the secret behind.
    let mut bytes = Zeroizing::new(vec![0; limit + 1]);
    let mut length = 0;
    while length < bytes.len() {
        match file.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(n) => length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(io_error("read", path, e)),
        }
    }
    bytes.truncate(length);
    Ok(Some(bytes))
}

/// Writes a new secret file of mode 0600. It appears under its name complete and on disk, or not at all; one that is
/// already there is never replaced.
pub(super) fn create_secret(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let (folder, name) = parent(path)?;
    let failed = |e: io::Error| io_error("create", path, e);
    let mut unfinished = name.clone().into_os_string();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    // What a crash left behind was never anybody's key.
    match unlinkat(&folder, &unfinished, UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => {}
        Err(e) => return Err(failed(e.into())),
    }
    let mut file = File::from(create_private(&folder, &unfinished).map_err(|e| failed(e.into()))?);
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| Ok(linkat(&folder, &unfinished, &folder, &name, AtFlags::empty())?));
    let removed = unlinkat(&folder, &unfinished, UnlinkatFlags::NoRemoveDir);
    written.map_err(failed)?;
    removed.map_err(|e| failed(e.into()))?;
    fsync(&folder).map_err(|e| failed(e.into()))
}

/// `O_EXCL`, and mode 0600 whatever the umask says.
fn create_private<P: ?Sized + nix::NixPath, F: std::os::fd::AsFd>(
    folder: F,
    name: &P,
) -> Result<OwnedFd, Errno> {
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | FILE_FLAGS;
    let fd = openat(folder, name, flags, PRIVATE)?;
    fchmod(&fd, PRIVATE)?;
    Ok(fd)
}

/// Opens the folder a secret lies in. Other people may read it, but not put another file in the place of ours.
fn parent(path: &Path) -> Result<(OwnedFd, PathBuf), StoreError> {
    let Some(name) = path.file_name() else {
        return Err(StoreError::invalid(
            "the path of the key",
            format!("{path:?} names no file"),
        ));
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let fd = open(folder, FOLDER_FLAGS, Mode::empty()).map_err(|e| io_error("open", folder, e.into()))?;
    let fd = File::from(fd);
    let meta = fd.metadata().map_err(|e| io_error("check", folder, e))?;
    if meta.uid() != 0 {
        check_owner(folder, &meta)?;
    }
    // In a sticky folder (/tmp) nobody else can remove or replace a file of ours.
    if meta.mode() & 0o022 != 0 && meta.mode() & 0o1000 == 0 {
        return Err(wrong_mode(folder, &meta, "0755 or less"));
    }
    Ok((fd.into(), PathBuf::from(name)))
}

fn check_file(path: &Path, file: &File, modes: &[u32]) -> Result<(), StoreError> {
    let meta = file.metadata().map_err(|e| io_error("check", path, e))?;
    if !meta.file_type().is_file() {
        return Err(StoreError::Unsafe {
            path: path.to_owned(),
            problem: "is not a regular file".into(),
            remedy: "move it away".into(),
        });
    }
    check_owner(path, &meta)?;
    if !modes.contains(&(meta.mode() & 0o7777)) {
        return Err(wrong_mode(path, &meta, "0600"));
    }
    Ok(())
}

fn check_owner(path: &Path, meta: &std::fs::Metadata) -> Result<(), StoreError> {
    let us = geteuid().as_raw();
    if meta.uid() == us {
        return Ok(());
    }
    Err(StoreError::Unsafe {
        path: path.to_owned(),
        problem: format!("belongs to uid {}, not to uid {us}", meta.uid()),
        remedy: "find out who put it there before giving it back with chown".into(),
    })
}

fn wrong_mode(path: &Path, meta: &std::fs::Metadata, wanted: &str) -> StoreError {
    StoreError::Unsafe {
        path: path.to_owned(),
        problem: format!("has mode {:04o}, not {wanted}", meta.mode() & 0o7777),
        remedy: "others may have read or changed it: find out why, then correct it with chmod".into(),
    }
}

fn open_error(path: &Path, e: Errno) -> StoreError {
    match e {
        Errno::ELOOP => StoreError::Unsafe {
            path: path.to_owned(),
            problem: "is a symbolic link".into(),
            remedy: "put the file itself there".into(),
        },
        Errno::EISDIR | Errno::ENXIO => StoreError::Unsafe {
            path: path.to_owned(),
            problem: "is not a regular file".into(),
            remedy: "move it away".into(),
        },
        e => io_error("open", path, e.into()),
    }
}

fn sync_parent(dir: &Path) -> Result<(), StoreError> {
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)
        .and_then(|f| f.sync_all())
        .map_err(|e| io_error("sync", parent, e))
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
