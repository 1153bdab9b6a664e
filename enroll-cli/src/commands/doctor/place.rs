//! Where libpam finds this project's module.

use std::path::PathBuf;

use crate::pam::modules::FACELOGIN;
use crate::pam::root::Root;

/// libpam's own modules: they are where it looks.
const ITS_OWN: [&str; 3] = ["pam_unix.so", "pam_deny.so", "pam_permit.so"];

/// It is not where a stack means it to be.
#[derive(Debug)]
pub struct Missing {
    /// What was found.
    pub found: String,
    /// What to do.
    pub remedy: &'static str,
    /// Whether it is certain that libpam does not find it either.
    pub certain: bool,
}

/// Where the file is that stacks call `name`.
///
/// # Errors
/// What was found in its place, and what to do about it.
pub fn find(root: &Root, name: &str) -> Result<PathBuf, Missing> {
    if name.starts_with('/') {
        let file = PathBuf::from(name);
        return match root.inside(&file) {
            Ok(inside) if inside.exists() => Ok(file),
            _ => Err(Missing {
                found: format!(
                    "{name} is not there, and stacks name it: no login by them can ask for a face"
                ),
                remedy: "put the module there, or name the one that is installed; facelogin-enroll pam status",
                certain: true,
            }),
        };
    }
    let files = root.modules(FACELOGIN);
    if let Some(file) = chosen(root, &files) {
        return Ok(file.clone());
    }
    let folders: Vec<String> = folders(root)
        .iter()
        .map(|one| one.display().to_string())
        .collect();
    if files.is_empty() && folders.is_empty() {
        return Err(Missing {
            found: format!(
                "neither {FACELOGIN} nor libpam's own modules are where distributions keep them, and no stack says where else"
            ),
            remedy: "name the module by its whole path in the stacks",
            certain: false,
        });
    }
    let place = match files.first() {
        Some(file) => format!("is at {}", file.display()),
        None => "is not installed".into(),
    };
    let looks = if folders.is_empty() {
        String::new()
    } else {
        format!(", and libpam looks in {}", folders.join(", "))
    };
    Err(Missing {
        found: format!("{FACELOGIN} {place}{looks}: no login can ask for a face"),
        remedy: "sudo make install",
        certain: true,
    })
}

/// The one that a line without a path means: in a folder with libpam's own modules, if it is known which that is.
fn chosen<'f>(root: &Root, files: &'f [PathBuf]) -> Option<&'f PathBuf> {
    let folders = folders(root);
    let is_there = |file: &&PathBuf| {
        let folder = file.parent();
        folders.is_empty() || folders.iter().any(|known| Some(known.as_path()) == folder)
    };
    files.iter().find(is_there)
}

fn folders(root: &Root) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for file in ITS_OWN.iter().flat_map(|name| root.modules(name)) {
        match file.parent() {
            Some(folder) if !folders.iter().any(|known| known == folder) => folders.push(folder.into()),
            _ => {}
        }
    }
    folders
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// An empty file, and the folders above it.
    pub(in super::super) fn put(root: &Path, file: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }

    #[test]
    fn a_module_beside_libpam_s_folder_is_not_found_there() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        let found = || find(&root, FACELOGIN).unwrap_err().found;
        assert!(!find(&root, FACELOGIN).unwrap_err().certain);
        put(dir.path(), "usr/lib64/security/pam_unix.so");
        let missing = find(&root, FACELOGIN).unwrap_err();
        assert!(
            missing.certain
                && missing
                    .found
                    .contains("is not installed, and libpam looks in /usr/lib64"),
            "{missing:?}"
        );
        fs::remove_file(dir.path().join("usr/lib64/security/pam_unix.so")).unwrap();
        put(dir.path(), "usr/lib/security/pam_facelogin.so");
        // Which folder libpam looks in is not known.
        let files = root.modules(FACELOGIN);
        assert_eq!(chosen(&root, &files), files.first());
        put(dir.path(), "usr/lib/x86_64-linux-gnu/security/pam_deny.so");
        assert_eq!(chosen(&root, &files), None);
        assert!(
            found().contains("is at /usr/lib/security/pam_facelogin.so, and libpam looks in /usr/lib/x86_64"),
            "{}",
            found()
        );
        put(dir.path(), "usr/lib/x86_64-linux-gnu/security/pam_facelogin.so");
        let files = root.modules(FACELOGIN);
        assert!(
            chosen(&root, &files)
                .unwrap()
                .starts_with("/usr/lib/x86_64-linux-gnu")
        );
    }
}
