//! The files of a system: this machine's, an image's below some folder, or what they would be after a change.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

/// Where libpam looks for services, first to last: `/etc/pam.d`, `/usr/lib/pam.d`, and the vendor's folder of
/// distributions that keep theirs elsewhere.
const FOLDERS: [&str; 4] = [
    "/etc/pam.d",
    "/usr/lib/pam.d",
    "/usr/etc/pam.d",
    "/usr/share/pam.d",
];

/// Where distributions keep modules; `*` is one folder of any name.
const MODULES: [&str; 8] = [
    "/lib/security",
    "/lib64/security",
    "/lib/*/security",
    "/usr/lib/security",
    "/usr/lib64/security",
    "/usr/lib/*/security",
    "/usr/local/lib/security",
    "/usr/local/lib/*/security",
];

/// Leftovers of package managers, editors and of this program: nobody's services.
const LEFTOVERS: [&str; 10] = [
    "~",
    ".bak",
    ".dpkg-",
    ".pacnew",
    ".pacsave",
    ".pam-old",
    ".rpmnew",
    ".rpmsave",
    super::files::BACKUP,
    super::files::DRAFT,
];

/// Far more than any file in pam.d: 256 KiB.
const LONGEST: u64 = 256 * 1024;

/// As many links as the kernel follows.
const MOST_LINKS: usize = 40;

/// A system's files. Paths are the system's own, `/etc/...`, wherever its root is.
#[derive(Clone, Debug)]
pub struct Root {
    folder: PathBuf,
    /// What would be in place of files, by path.
    instead: BTreeMap<PathBuf, Vec<u8>>,
}

impl Root {
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            instead: BTreeMap::new(),
        }
    }

    /// The same system with `contents` in `path`.
    pub fn with(&self, path: &Path, contents: Vec<u8>) -> Self {
        let mut changed = self.clone();
        changed.instead.insert(path.into(), contents);
        changed
    }

    /// Whether it is this machine.
    pub fn is_machine(&self) -> bool {
        self.folder == Path::new("/")
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where `path` of the system is for this process. The kernel follows links in it as this machine's; see
    /// [`Root::inside`].
    pub fn outside(&self, path: &Path) -> PathBuf {
        let relative = path
            .components()
            .filter(|part| matches!(part, Component::Normal(_)));
        self.folder.join(relative.collect::<PathBuf>())
    }

    /// Whether there is something at `path`.
    pub fn exists(&self, path: &str) -> bool {
        self.inside(Path::new(path)).is_ok_and(|path| path.exists())
    }

    /// What `path` is when every link in it is followed, inside the system: there is none left in the answer.
    pub fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let parts = |path: &Path| {
            let parts = path.components().rev().filter_map(|part| match part {
                Component::Normal(name) => Some(Some(name.to_owned())),
                Component::ParentDir => Some(None),
                _ => None,
            });
            parts.collect::<Vec<Option<OsString>>>()
        };
        let mut real = PathBuf::from("/");
        let mut left = parts(path);
        let mut links = 0;
        while let Some(part) = left.pop() {
            let Some(name) = part else {
                real.pop();
                continue;
            };
            let next = real.join(name);
            match fs::read_link(self.outside(&next)) {
                Ok(target) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(io::Error::other("too many links"));
                    }
                    if target.is_absolute() {
                        real = PathBuf::from("/");
                    }
                    left.extend(parts(&target));
                }
                Err(_) => real = next,
            }
        }
        Ok(real)
    }

    /// Where the file that `path` is lies for this process, its links followed inside the system.
    pub fn inside(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.outside(&self.resolve(path)?))
    }

    /// The contents of `path`; an error too when it is no regular file or longer than 256 KiB.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let path = self.resolve(path)?;
        if let Some(contents) = self.instead.get(&path) {
            return Ok(contents.clone());
        }
        // Never waits for a pipe's other end.
        let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_CLOEXEC;
        let file = fs::OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits())
            .open(self.outside(&path))?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut contents = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut contents)?;
        if contents.len() as u64 > LONGEST {
            return Err(io::Error::other("longer than 256 KiB"));
        }
        Ok(contents)
    }

    /// Debian's libpam, which knows `@include` and looks for included files in `/etc/pam.d` only.
    pub fn is_debian(&self) -> bool {
        self.exists(super::manager::PAM_AUTH_UPDATE) || self.exists("/etc/debian_version")
    }

    /// The file of a service, or of something included by name.
    pub fn service_file(&self, name: &str, included: bool) -> Option<PathBuf> {
        if name.starts_with('/') {
            return Some(normal(Path::new(name)));
        }
        let folders = if included && self.is_debian() {
            &FOLDERS[..1]
        } else {
            &FOLDERS[..]
        };
        let mut files = folders.iter().map(|folder| Path::new(folder).join(name));
        files.find(|file| {
            self.instead.contains_key(file)
                || self.inside(file).is_ok_and(|file| file.is_file())
                || self.is_link(file)
        })
    }

    fn is_link(&self, path: &Path) -> bool {
        let folder = path.parent().and_then(|folder| self.inside(folder).ok());
        let link = folder
            .zip(path.file_name())
            .map(|(folder, name)| folder.join(name));
        link.is_some_and(|link| link.is_symlink())
    }

    /// The names of all services, and of files that services include.
    pub fn services(&self) -> BTreeSet<String> {
        let entries = FOLDERS
            .iter()
            .filter_map(|folder| self.entries(Path::new(folder)));
        entries
            .flatten()
            .filter_map(|name| name.into_string().ok())
            .filter(|name| !LEFTOVERS.iter().any(|left| name.contains(left)) && !name.starts_with(['.', '#']))
            .filter(|name| self.service_file(name, false).is_some())
            .collect()
    }

    /// Whether the module's file is where distributions keep modules.
    pub fn has_module(&self, name: &str) -> bool {
        !self.modules(name).is_empty()
    }

    /// Where, of the folders in which distributions keep modules, there is one of this name; links followed, each once.
    pub fn modules(&self, name: &str) -> Vec<PathBuf> {
        let folders = MODULES
            .iter()
            .flat_map(|pattern| match pattern.split_once("/*/") {
                None => vec![(*pattern).to_owned()],
                Some((above, below)) => self
                    .entries(Path::new(above))
                    .into_iter()
                    .flatten()
                    .filter_map(|entry| entry.into_string().ok())
                    .map(|entry| format!("{above}/{entry}/{below}"))
                    .collect(),
            });
        let mut found = Vec::new();
        for folder in folders {
            if let Ok(folder) = self.resolve(Path::new(&folder)) {
                let file = folder.join(name);
                let there = self.inside(&file).is_ok_and(|file| file.exists());
                if there && !found.contains(&file) {
                    found.push(file);
                }
            }
        }
        found
    }

    /// The names in a folder; `None` when it cannot be read.
    pub fn entries(&self, folder: &Path) -> Option<Vec<OsString>> {
        let entries = fs::read_dir(self.inside(folder).ok()?).ok()?;
        Some(entries.flatten().map(|entry| entry.file_name()).collect())
    }
}

/// Without `.` and `..`; nothing is above the root.
fn normal(path: &Path) -> PathBuf {
    let mut plain = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => {
                plain.pop();
            }
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_stay_inside_the_system() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("etc/pam.d")).unwrap();
        fs::create_dir_all(dir.path().join("etc/authselect")).unwrap();
        fs::write(dir.path().join("etc/authselect/system-auth"), "x").unwrap();
        symlink("/etc/authselect/system-auth", dir.path().join("etc/pam.d/a")).unwrap();
        symlink(
            "../../../../etc/authselect/system-auth",
            dir.path().join("etc/pam.d/b"),
        )
        .unwrap();
        symlink("loop", dir.path().join("etc/pam.d/loop")).unwrap();
        let root = Root::at(dir.path());
        for name in ["a", "b"] {
            let path = Path::new("/etc/pam.d").join(name);
            assert_eq!(
                root.resolve(&path).unwrap(),
                Path::new("/etc/authselect/system-auth")
            );
            assert_eq!(root.read(&path).unwrap(), b"x");
        }
        assert!(root.read(Path::new("/etc/pam.d/loop")).is_err());
        assert!(root.read(Path::new("/etc/pam.d")).is_err());
        assert_eq!(root.outside(Path::new("/../../etc/x")), dir.path().join("etc/x"));
    }

    #[test]
    fn r17_folders_that_are_links_lead_nowhere_else() {
        let (image, host) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(host.path().join("pam.d")).unwrap();
        fs::write(host.path().join("pam.d/sudo"), "host").unwrap();
        symlink(host.path(), image.path().join("etc")).unwrap();
        let root = Root::at(image.path());
        assert!(root.read(Path::new("/etc/pam.d/sudo")).is_err());
        assert!(root.services().is_empty() && !root.exists("/etc/pam.d/sudo"));
        assert_eq!(root.service_file("sudo", false), None);
        // The same link, and its target in the image.
        let inside = image.path().join(host.path().strip_prefix("/").unwrap());
        fs::create_dir_all(inside.join("pam.d")).unwrap();
        fs::write(inside.join("pam.d/sudo"), "image").unwrap();
        assert_eq!(root.read(Path::new("/etc/pam.d/sudo")).unwrap(), b"image");
        assert_eq!(
            root.inside(Path::new("/etc/pam.d/sudo")).unwrap(),
            inside.join("pam.d/sudo")
        );
    }

    #[test]
    fn etc_comes_before_usr_and_leftovers_are_no_services() {
        let dir = tempfile::tempdir().unwrap();
        for (folder, name) in [
            ("etc/pam.d", "sudo"),
            ("usr/lib/pam.d", "sudo"),
            ("usr/lib/pam.d", "polkit-1"),
            ("etc/pam.d", "sudo.dpkg-old"),
            ("etc/pam.d", "sudo.facelogin-backup"),
        ] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
            fs::write(dir.path().join(folder).join(name), "").unwrap();
        }
        let root = Root::at(dir.path());
        assert_eq!(
            root.services().into_iter().collect::<Vec<_>>(),
            ["polkit-1", "sudo"]
        );
        assert_eq!(
            root.service_file("sudo", false).unwrap(),
            Path::new("/etc/pam.d/sudo")
        );
        assert_eq!(
            root.service_file("polkit-1", false).unwrap(),
            Path::new("/usr/lib/pam.d/polkit-1")
        );
        assert_eq!(root.service_file("nothing", false), None);
    }
}
