//! Opening the file without following anybody's link, and checking whose it is.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

use crate::{Config, ConfigError, parse};

/// Far more than any sensible file: 256 KiB.
const MAX_BYTES: u64 = 256 * 1024;

/// Whose the file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Root's, and not writable by others: what the daemon asks for.
    RootOwned,
    /// Anybody's: for `config check` of a draft.
    AnyOwner,
}

/// Reads and validates the file at `path`.
pub fn load(path: &Path, trust: Trust) -> Result<Config, ConfigError> {
    let unreadable = |why| ConfigError::Unreadable {
        path: path.into(),
        why,
    };
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).bits();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(|why| match why.kind() {
            std::io::ErrorKind::NotFound => ConfigError::Missing { path: path.into() },
            _ => unreadable(why),
        })?;
    check_owner(path, &file, trust)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ConfigError::NotText {
            path: path.into(),
            why: "longer than 256 KiB",
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| ConfigError::NotText {
        path: path.into(),
        why: "not UTF-8 text",
    })?;
    parse(&text, path)
}

fn check_owner(path: &Path, file: &File, trust: Trust) -> Result<(), ConfigError> {
    let meta = file.metadata().map_err(|why| ConfigError::Unreadable {
        path: path.into(),
        why,
    })?;
    let untrusted = |why| {
        Err(ConfigError::Untrusted {
            path: path.into(),
            why,
        })
    };
    if !meta.is_file() {
        return untrusted("not a regular file");
    }
    if trust == Trust::RootOwned {
        if meta.uid() != 0 {
            return untrusted("not owned by root");
        }
        if meta.mode() & 0o022 != 0 {
            return untrusted("writable by its group or by everyone");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn r17_r18_only_a_regular_file_that_others_cannot_write_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("facelogin.toml");
        assert!(matches!(
            load(&file, Trust::AnyOwner),
            Err(ConfigError::Missing { .. })
        ));
        fs::write(&file, "frames = 2\n").unwrap();
        assert_eq!(load(&file, Trust::AnyOwner).unwrap().rules.frames, 2);

        let link = dir.path().join("link.toml");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(load(&link, Trust::AnyOwner).is_err());
        assert!(load(dir.path(), Trust::AnyOwner).is_err());

        fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
        assert!(matches!(
            load(&file, Trust::RootOwned),
            Err(ConfigError::Untrusted { .. })
        ));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let by_root = nix::unistd::geteuid().is_root();
        assert_eq!(load(&file, Trust::RootOwned).is_ok(), by_root);

        fs::write(&file, vec![b'#'; MAX_BYTES as usize + 1]).unwrap();
        assert!(matches!(
            load(&file, Trust::AnyOwner),
            Err(ConfigError::NotText { .. })
        ));
        fs::write(&file, [0xff]).unwrap();
        assert!(matches!(
            load(&file, Trust::AnyOwner),
            Err(ConfigError::NotText { .. })
        ));
    }
}
