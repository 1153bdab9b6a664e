//! Homes that the password opens: ecryptfs, and fscrypt of ext4 and f2fs.
//!
//! All that is asked is whether names exist, on which file system they are, and one attribute: a process without
//! capabilities can look no further into somebody's home, and need not.

use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Statx, StatxAttributes, StatxFlags, statx};

/// Whether only the password opens this home, and it is not open. `has_session` is asked only about a folder that
/// fscrypt has encrypted: whether its key is there cannot be seen from outside, but who is logged in had it opened.
///
/// The path is the one in the passwd entry; its links are the administrator's and are followed (R17). A home that does
/// not exist, or that cannot be reached, is none of these.
pub fn is_closed(home: &Path, has_session: impl FnOnce() -> io::Result<bool>) -> io::Result<bool> {
    let Some(home) = known(home.canonicalize())? else {
        return Ok(false);
    };
    let (Some(parent), Some(name)) = (home.parent(), home.file_name()) else {
        return Ok(false);
    };
    let (Some(own), Some(above)) = (known(look(&home))?, known(look(parent))?) else {
        return Ok(false);
    };
    let device = |found: &Statx| (found.stx_dev_major, found.stx_dev_minor);
    // ecryptfs-utils keeps the encrypted files of /home/ada in /home/.ecryptfs/ada, and mounts over /home/ada.
    let ecryptfs = known(look(&parent.join(".ecryptfs").join(name)))?.is_some();
    if ecryptfs && device(&own) == device(&above) {
        return Ok(true);
    }
    // Within a parent that is encrypted as well, by whatever opens the machine, it says nothing about this home.
    let by_itself = |found: &Statx| {
        StatxAttributes::from_bits_retain(found.stx_attributes.bits()).contains(StatxAttributes::ENCRYPTED)
    };
    if by_itself(&own) && !by_itself(&above) {
        return Ok(!has_session()?);
    }
    Ok(false)
}

/// Whether logind has a session of the user's. The file is the one that sd_uid_get_state(3) reads; what it does not
/// say plainly is a no.
pub fn has_session(users: &Path, uid: u32) -> io::Result<bool> {
    let text = super::small_file(&users.join(uid.to_string()))?.unwrap_or_default();
    let state = text.lines().find_map(|line| line.strip_prefix("STATE="));
    Ok(matches!(state, Some("active" | "online")))
}

fn look(path: &Path) -> io::Result<Statx> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    Ok(statx(CWD, path, flags, StatxFlags::BASIC_STATS)?)
}

/// `None` for what does not exist or is out of reach.
fn known<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory => Ok(None),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_ecryptfs_home_is_closed_until_something_is_mounted_on_it() {
        let dir = tempfile::tempdir().unwrap();
        let closed = |name: &str| is_closed(&dir.path().join(name), || panic!("not asked")).unwrap();
        fs::create_dir_all(dir.path().join("ada")).unwrap();
        assert!(!closed("ada"));
        fs::create_dir_all(dir.path().join(".ecryptfs/eve")).unwrap();
        assert!(!closed("ada"), "somebody else's");
        fs::create_dir_all(dir.path().join(".ecryptfs/ada")).unwrap();
        assert!(closed("ada"));
        // By another name for the same folder.
        std::os::unix::fs::symlink("ada", dir.path().join("link")).unwrap();
        assert!(closed("link"));
        assert!(!closed("gone") && !closed("ada/.."));
        for odd in ["/", "", "relative/path", "/dev/null", "/proc"] {
            assert!(
                !is_closed(Path::new(odd), || panic!("not asked")).unwrap(),
                "{odd}"
            );
        }
    }

    #[test]
    fn who_has_a_session_is_what_logind_says_plainly() {
        let dir = tempfile::tempdir().unwrap();
        let asked = |text: &str| {
            fs::write(dir.path().join("1000"), text).unwrap();
            has_session(dir.path(), 1000).unwrap()
        };
        assert!(!has_session(dir.path(), 1000).unwrap());
        assert!(asked(
            "# This is private data. Do not parse.\nNAME=ada\nSTATE=active\n"
        ));
        assert!(asked("STATE=online\nSTOPPING=no\n"));
        for text in [
            "",
            "STATE=lingering",
            "STATE=closing",
            "STATE=",
            "XSTATE=active",
            "STATE=active ",
        ] {
            assert!(!asked(text), "{text:?}");
        }
    }
}
