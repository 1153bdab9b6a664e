//! Whether only root can have written a file that root is to load, and everybody can read it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file that others than root could have written, or that not everybody can read.
#[derive(Debug)]
pub struct Wrong {
    /// What.
    pub why: String,
    /// The file or its folder, with the mode it should have.
    place: Option<(PathBuf, &'static str)>,
}

impl Wrong {
    /// What to do; `system`: it is in a folder of libpam's, which is root's anyway.
    pub fn remedy(&self, system: bool) -> String {
        match &self.place {
            Some((path, mode)) if system => {
                let path = path.display();
                format!("sudo chown root:root {path} && sudo chmod {mode} {path}")
            }
            _ => "have the stacks name a file that only root can write, in such a folder".into(),
        }
    }
}

/// The file itself, links followed as libpam does, if only root can have written it and everybody can read it.
pub fn owned(file: &Path) -> Result<PathBuf, Wrong> {
    let plain = |why: std::io::Error| Wrong {
        why: why.to_string(),
        place: None,
    };
    let file = fs::canonicalize(file).map_err(plain)?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    for (what, path, mode) in [("it", file.as_path(), "644"), ("its folder", folder, "755")] {
        let meta = fs::metadata(path).map_err(plain)?;
        let has = meta.mode() & 0o7777;
        let wrong = if meta.uid() != 0 {
            format!("belongs to uid {}, not to root", meta.uid())
        } else if has & 0o022 != 0 {
            format!("can be written by others than root (mode {has:o})")
        } else if meta.is_file() && has & 0o004 == 0 {
            format!("can be read by root alone (mode {has:o}), and lock screens run as their user")
        } else {
            continue;
        };
        return Err(Wrong {
            why: format!("{what} {wrong}"),
            place: Some((path.to_owned(), mode)),
        });
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn r17_a_module_that_others_can_write_or_not_read_is_said_to_be() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("m.so");
        fs::write(&file, "").unwrap();
        let link = dir.path().join("link.so");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let with = |mode| {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            owned(&link)
        };
        let own = nix::unistd::geteuid().is_root();
        assert_eq!(with(0o644).is_ok(), own);
        assert!(owned(&dir.path().join("none.so")).is_err());
        if own {
            // What is loaded is what was looked at.
            assert_eq!(with(0o644).unwrap(), fs::canonicalize(&file).unwrap());
            let wrong = with(0o664).unwrap_err();
            assert!(wrong.why.contains("written by others"));
            assert!(wrong.remedy(true).contains("chmod 644"));
            assert!(with(0o600).unwrap_err().why.contains("read by root alone"));
            std::os::unix::fs::chown(&file, Some(1), None).unwrap();
            assert!(with(0o644).unwrap_err().why.contains("uid 1"));
            std::os::unix::fs::chown(&file, Some(0), None).unwrap();
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
            let wrong = with(0o644).unwrap_err();
            assert!(wrong.why.starts_with("its folder can be written"));
            assert!(wrong.remedy(true).contains("chmod 755"), "{wrong:?}");
        }
    }
}
