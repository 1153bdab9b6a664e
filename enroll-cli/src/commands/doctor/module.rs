//! The PAM module's file: where libpam looks, root's alone to write, everybody's to read, and loadable.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::load::load;
use super::named::Named;
use super::report::Link;
use crate::exit::Exit;
use crate::out::Out;
use crate::pam::modules::FACELOGIN;
use crate::pam::root::Root;

const NAME: &str = "pam module";

/// libpam's own modules: they are where it looks.
const ITS_OWN: [&str; 3] = ["pam_unix.so", "pam_deny.so", "pam_permit.so"];

/// The option with which this program tries the module in a process of its own.
pub const TRY: &str = "--try-module";

/// What takes the module out of every stack where it would end sudo, too.
pub const WITHOUT_SUDO: &str = "in a root shell that is open already: facelogin-enroll pam disable --all";

/// What becomes of a program that loads the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// It has it.
    Loads,
    /// It goes on without: libpam fails the line.
    Fails,
    /// Nobody tried.
    Untried,
    /// It is ended by this signal.
    Kills(i32),
}

/// The module's files.
#[derive(Debug)]
pub struct Examined {
    /// What to say of each.
    pub links: Vec<Link>,
    /// By the name that stacks load it by.
    health: BTreeMap<String, Health>,
}

impl Examined {
    /// Each file that the stacks name; where they name none, the one that is installed.
    pub fn of(root: &Root, named: &Named) -> Self {
        Self::with(root, named, &|name| tried(name))
    }

    fn with(root: &Root, named: &Named, tried: &dyn Fn(&str) -> Result<(), Failed>) -> Self {
        let names = named.names().into_iter();
        let (links, health) = names
            .map(|name| {
                let (link, health) = one(root, name, tried);
                (link, (name.to_owned(), health))
            })
            .unzip();
        Self { links, health }
    }

    /// What becomes of whoever loads what a stack calls by this name.
    pub fn health(&self, name: &str) -> Health {
        self.health.get(name).copied().unwrap_or(Health::Untried)
    }

    /// As if each file that `named` has were so.
    #[cfg(test)]
    pub fn all(named: &Named, health: Health) -> Self {
        let names = named.names().into_iter();
        Self {
            links: Vec::new(),
            health: names.map(|name| (name.to_owned(), health)).collect(),
        }
    }
}

/// The file that `name` means.
fn one(root: &Root, name: &str, tried: &dyn Fn(&str) -> Result<(), Failed>) -> (Link, Health) {
    let file = match find(root, name) {
        Ok(file) => file,
        Err(missing) => return (missing, Health::Fails),
    };
    let shown = file.display().to_string();
    if let Err(wrong) = owned(&root.outside(&file)) {
        let remedy = wrong.remedy(name == FACELOGIN);
        let link = Link::failure(NAME, format!("{shown}: {}", wrong.why), remedy);
        return (link, Health::Untried);
    }
    match tried(name) {
        Ok(()) => (
            Link::ok(NAME, format!("{shown} is root's, and can be loaded")),
            Health::Loads,
        ),
        Err(Failed::Signal(signal)) => (
            Link::failure(
                NAME,
                format!("{shown} cannot be loaded: signal {signal} ends whoever loads it"),
                format!("{WITHOUT_SUDO}; then there: make install"),
            ),
            Health::Kills(signal),
        ),
        Err(Failed::Said(why)) => (
            Link::failure(
                NAME,
                format!("{shown} cannot be loaded, so that every line with it fails: {why}"),
                "sudo make install",
            ),
            Health::Fails,
        ),
        Err(Failed::NotTried(why)) => (
            Link::unknown(
                NAME,
                format!("whether {shown} can be loaded: {why}"),
                "sudo facelogin-enroll doctor",
            ),
            Health::Untried,
        ),
    }
}

/// Loads what the stacks name, or the module that is installed, and nothing else: whoever may run this as root must not
/// thereby run what they like.
pub fn try_it(out: &mut Out<'_>, name: &str) -> Exit {
    let root = Root::at(Path::new("/"));
    let loaded = match find(&root, name) {
        _ if !Named::of(&root).has(name) => Err("no stack names it".into()),
        Ok(file) => match owned(&file) {
            // What was looked at, and not what the name may lead to by now.
            Ok(checked) => load(&checked),
            Err(wrong) => Err(wrong.why),
        },
        Err(missing) => Err(missing.found),
    };
    match loaded {
        Ok(()) => Exit::Ok,
        Err(why) => {
            out.note(&why);
            Exit::Negative
        }
    }
}

/// Where `name` is, or that it is not there.
fn find(root: &Root, name: &str) -> Result<PathBuf, Link> {
    if name.starts_with('/') {
        let file = PathBuf::from(name);
        return match root.inside(&file) {
            Ok(inside) if inside.exists() => Ok(file),
            _ => Err(Link::failure(
                NAME,
                format!("{name} is not there, and stacks name it: no login by them can ask for a face"),
                "put the module there, or name the one that is installed; facelogin-enroll pam status",
            )),
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
    let place = match files.first() {
        Some(file) => format!("is at {}", file.display()),
        None => "is not installed".into(),
    };
    let looks = if folders.is_empty() {
        String::new()
    } else {
        format!(", and libpam looks in {}", folders.join(", "))
    };
    Err(Link::failure(
        NAME,
        format!("{FACELOGIN} {place}{looks}: no login can ask for a face"),
        "sudo make install",
    ))
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

/// A file that others than root could have written, or that not everybody can read.
#[derive(Debug)]
struct Wrong {
    why: String,
    /// The file or its folder, with the mode it should have.
    place: Option<(PathBuf, &'static str)>,
}

impl Wrong {
    /// `system`: it is in a folder of libpam's, which is root's anyway.
    fn remedy(&self, system: bool) -> String {
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
fn owned(file: &Path) -> Result<PathBuf, Wrong> {
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

/// Why a process could not load it.
#[derive(Debug)]
enum Failed {
    Signal(i32),
    Said(String),
    NotTried(String),
}

/// Whether a process of this program can load it.
fn tried(name: &str) -> Result<(), Failed> {
    let program = std::env::current_exe()
        .map_err(|why| Failed::NotTried(format!("this program cannot be found: {why}")))?;
    let done = Command::new(program)
        .args(["doctor", &format!("{TRY}={name}")])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|why| Failed::NotTried(format!("no process can be started to try it: {why}")))?;
    let said = String::from_utf8_lossy(&done.stderr);
    match (done.status.success(), done.status.signal()) {
        (true, _) => Ok(()),
        (false, Some(signal)) => Err(Failed::Signal(signal)),
        (false, None) => Err(Failed::Said(said.trim().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn put(root: &Path, file: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }

    /// The first link, and what becomes of whoever loads the file by that name.
    fn examined(root: &Root, name: &str, tried: &dyn Fn(&str) -> Result<(), Failed>) -> (Link, Health) {
        let examined = Examined::with(root, &Named::of(root), tried);
        assert_eq!(examined.links.len(), 1, "{examined:?}");
        (examined.links[0].clone(), examined.health(name))
    }

    #[test]
    fn a_module_beside_libpam_s_folder_is_not_found_there() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        let found = || examined(&root, FACELOGIN, &|_| Ok(())).0.found;
        assert!(found().contains("is not installed"));
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

    #[test]
    fn a_module_that_stacks_name_by_a_whole_path_is_the_one_that_is_examined() {
        let path = "/nix/store/x/lib/security/pam_facelogin.so";
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        put(dir.path(), "etc/pam.d/login");
        fs::write(
            dir.path().join("etc/pam.d/login"),
            format!("auth sufficient {path}\nauth required pam_unix.so\n"),
        )
        .unwrap();
        let (link, health) = examined(&root, path, &|_| Ok(()));
        assert!(
            link.found.starts_with(path) && health == Health::Fails,
            "{link:?}"
        );
        put(dir.path(), &path[1..]);
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let (link, health) = examined(&root, path, &|name| {
            assert_eq!(name, path);
            Ok(())
        });
        assert!(
            link.found.starts_with(path) && health == Health::Loads,
            "{link:?}"
        );
        // A folder of somebody's choice is not changed.
        fs::set_permissions(
            dir.path().join(&path[1..]).parent().unwrap(),
            fs::Permissions::from_mode(0o777),
        )
        .unwrap();
        let (link, health) = examined(&root, path, &|_| panic!("it is not loaded"));
        assert_eq!(health, Health::Untried);
        assert!(!link.remedy.unwrap().contains("chmod"));
    }

    #[test]
    fn what_becomes_of_who_loads_it_is_told_apart() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        put(dir.path(), "usr/lib/security/pam_facelogin.so");
        let of = |failed: fn() -> Failed| examined(&root, FACELOGIN, &|_| Err(failed()));
        let (link, health) = of(|| Failed::Signal(7));
        assert_eq!(health, Health::Kills(7));
        assert!(link.found.contains("ends whoever loads it"), "{link:?}");
        let remedy = link.remedy.unwrap();
        assert!(
            remedy.starts_with("in a root shell") && !remedy.contains("sudo "),
            "{remedy}"
        );
        assert_eq!(of(|| Failed::Said("no".into())).1, Health::Fails);
        let (link, health) = of(|| Failed::NotTried("no".into()));
        assert_eq!(
            (link.state, health),
            (super::super::report::State::Unknown, Health::Untried)
        );
    }

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
