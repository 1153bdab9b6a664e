//! Replacing a file at once and whole, with what it was kept next to it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// What the copy of the file as it was before the last change is called: the file's name and this.
pub const BACKUP: &str = ".facelogin-backup";

/// What the new contents are called until they take the file's place.
pub const DRAFT: &str = ".facelogin-new";

/// A file that could not be replaced; it is as it was.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {why}. It is as it was", path.display())]
pub struct NotWritten {
    pub path: PathBuf,
    pub why: io::Error,
}

/// Puts `contents` in place of the file at `path`, a regular file, keeping owner and mode. The file as it was is at
/// `path.facelogin-backup` before the new one is at `path`; at no time is there half a file.
pub fn replace(path: &Path, contents: &[u8]) -> Result<(), NotWritten> {
    let wrong = |why| NotWritten {
        path: path.into(),
        why,
    };
    let before = fs::symlink_metadata(path).map_err(wrong)?;
    if !before.is_file() {
        return Err(wrong(io::Error::other("not a regular file")));
    }
    let old = fs::read(path).map_err(wrong)?;
    if old == contents {
        return Ok(());
    }
    put(&beside(path, BACKUP), &old, &before).map_err(wrong)?;
    put(path, contents, &before).map_err(wrong)
}

/// Whether [`replace`] could put something in place of the file at `path`, as far as that can be told beforehand.
pub fn can_replace(path: &Path) -> Result<(), NotWritten> {
    let draft = beside(path, DRAFT);
    let tried = fs::symlink_metadata(path).and_then(|before| {
        if !before.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        remove(&draft)?;
        write(&draft, &fs::read(path)?, &before)?;
        fs::remove_file(&draft)
    });
    tried.map_err(|why| {
        // The error that counts is the first one.
        let _ = fs::remove_file(&draft);
        NotWritten {
            path: path.into(),
            why,
        }
    })
}

/// Copies the file at `path` to `path.facelogin-backup`, for somebody else to replace it.
pub fn keep(path: &Path) -> Result<(), NotWritten> {
    // Not the link's: links have all permissions.
    let copied = fs::metadata(path).and_then(|like| put(&beside(path, BACKUP), &fs::read(path)?, &like));
    copied.map_err(|why| NotWritten {
        path: beside(path, BACKUP),
        why,
    })
}

/// Puts back what was in `path`, without touching the backup: for the way out of a failure.
pub fn restore(path: &Path, contents: &[u8]) -> Result<(), NotWritten> {
    let before = fs::symlink_metadata(path);
    before
        .and_then(|before| put(path, contents, &before))
        .map_err(|why| NotWritten {
            path: path.into(),
            why,
        })
}

/// `path` with something behind its name.
fn beside(path: &Path, behind: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(behind);
    path.with_file_name(name)
}

fn put(path: &Path, contents: &[u8], like: &fs::Metadata) -> io::Result<()> {
    let draft = beside(path, DRAFT);
    remove(&draft)?;
    let written = write(&draft, contents, like).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(&draft);
    }
    written?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// The draft of a run that was interrupted.
fn remove(draft: &Path) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

fn write(draft: &Path, contents: &[u8], like: &fs::Metadata) -> io::Result<()> {
    // `create_new` follows no link and opens nothing that somebody else has put there.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    fchown(&file, Some(like.uid()), Some(like.gid()))?;
    file.set_permissions(Permissions::from_mode(like.mode() & 0o7777))?;
    file.write_all(contents)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_mode_and_the_old_one_is_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sudo");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        // What an interrupted run left behind is in nobody's way.
        fs::write(dir.path().join("sudo.facelogin-new"), "half").unwrap();
        replace(&file, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(
            fs::read(dir.path().join("sudo.facelogin-backup")).unwrap(),
            b"old"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
        // The same contents again: the backup stays what it was.
        replace(&file, b"new").unwrap();
        assert_eq!(
            fs::read(dir.path().join("sudo.facelogin-backup")).unwrap(),
            b"old"
        );
    }

    #[test]
    fn r17_nothing_is_written_through_a_link_and_a_failure_leaves_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(replace(&link, b"new").is_err());
        // The draft's name is taken by a folder: it cannot be made.
        fs::create_dir(dir.path().join("target.facelogin-new")).unwrap();
        assert!(replace(&target, b"new").is_err());
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert!(replace(&dir.path().join("nothing"), b"new").is_err());
    }
}
