//! The PAM module's file: there, root's alone to write, everybody's to read, and loadable.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::load::load;
use super::named::Named;
use super::owned::owned;
use super::place::find;
use super::report::Link;
use crate::exit::Exit;
use crate::out::Out;
use crate::pam::modules::FACELOGIN;
use crate::pam::root::Root;

const NAME: &str = "pam module";

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
        Err(missing) if missing.certain => {
            return (Link::failure(NAME, missing.found, missing.remedy), Health::Fails);
        }
        Err(missing) => {
            return (
                Link::unknown(NAME, missing.found, missing.remedy),
                Health::Untried,
            );
        }
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
    use super::super::place::tests::put;
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// The first link, and what becomes of whoever loads the file by that name.
    fn examined(root: &Root, name: &str, tried: &dyn Fn(&str) -> Result<(), Failed>) -> (Link, Health) {
        let examined = Examined::with(root, &Named::of(root), tried);
        assert_eq!(examined.links.len(), 1, "{examined:?}");
        (examined.links[0].clone(), examined.health(name))
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
}
