//! The PAM module's file: where libpam looks, root's alone to write, everybody's to read, and loadable.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::load::load;
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

/// The module as it is installed.
pub fn link(root: &Root) -> Link {
    let files = root.modules(FACELOGIN);
    let Some(file) = chosen(root, &files) else {
        let folders: Vec<String> = folders(root)
            .iter()
            .map(|one| one.display().to_string())
            .collect();
        let place = match (files.first(), folders.as_slice()) {
            (Some(file), _) => format!("is at {}", file.display()),
            (None, _) => "is not installed".into(),
        };
        let looks = if folders.is_empty() {
            String::new()
        } else {
            format!(", and libpam looks in {}", folders.join(", "))
        };
        return Link::failure(
            NAME,
            format!("{FACELOGIN} {place}{looks}: no login can ask for a face"),
            "sudo make install",
        );
    };
    let shown = file.display();
    if let Some(wrong) = owner(file) {
        return Link::failure(
            NAME,
            format!("{shown}: {wrong}"),
            format!("sudo chown root:root {shown} && sudo chmod 644 {shown}"),
        );
    }
    match tried() {
        Ok(()) => Link::ok(NAME, format!("{shown} is root's, and can be loaded")),
        Err(why) => Link::failure(
            NAME,
            format!("{shown} cannot be loaded, so that every line with it fails: {why}"),
            "sudo make install",
        ),
    }
}

/// Loads the module that is installed, and nothing else: whoever may run this as root must not thereby run what they like.
pub fn try_it(out: &mut Out<'_>) -> Exit {
    let root = Root::at(Path::new("/"));
    let files = root.modules(FACELOGIN);
    let loaded = match chosen(&root, &files) {
        Some(file) => match owner(file) {
            None => load(file),
            Some(wrong) => Err(wrong),
        },
        None => Err("it is not there".into()),
    };
    match loaded {
        Ok(()) => Exit::Ok,
        Err(why) => {
            out.note(&why);
            Exit::Negative
        }
    }
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

/// What is wrong with whose it is; links followed, as libpam does.
fn owner(file: &Path) -> Option<String> {
    let file = fs::canonicalize(file).ok()?;
    for (what, path) in [("it", file.as_path()), ("its folder", file.parent()?)] {
        let wrong = match fs::metadata(path) {
            Err(why) => why.to_string(),
            Ok(meta) if meta.uid() != 0 => format!("belongs to uid {}, not to root", meta.uid()),
            Ok(meta) if meta.mode() & 0o022 != 0 => {
                format!(
                    "can be written by others than root (mode {:o})",
                    meta.mode() & 0o7777
                )
            }
            Ok(meta) if meta.is_file() && meta.mode() & 0o004 == 0 => format!(
                "can be read by root alone (mode {:o}), and lock screens run as their user",
                meta.mode() & 0o7777
            ),
            Ok(_) => continue,
        };
        return Some(format!("{what} {wrong}"));
    }
    None
}

/// Whether a process of this program can load it.
fn tried() -> Result<(), String> {
    let program = std::env::current_exe().map_err(|why| format!("this program cannot be found: {why}"))?;
    let done = Command::new(program)
        .args(["doctor", TRY])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|why| format!("no process can be started to try it: {why}"))?;
    let said = String::from_utf8_lossy(&done.stderr);
    match (done.status.success(), done.status.signal()) {
        (true, _) => Ok(()),
        (false, Some(signal)) => Err(format!("signal {signal} ends whoever loads it")),
        (false, None) => Err(said.trim().to_owned()),
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

    #[test]
    fn a_module_beside_libpam_s_folder_is_not_found_there() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        assert!(link(&root).found.contains("is not installed"));
        put(dir.path(), "usr/lib/security/pam_facelogin.so");
        // Which folder libpam looks in is not known.
        let files = root.modules(FACELOGIN);
        assert_eq!(chosen(&root, &files), files.first());
        put(dir.path(), "usr/lib/x86_64-linux-gnu/security/pam_deny.so");
        assert_eq!(chosen(&root, &files), None);
        let found = link(&root).found;
        assert!(
            found.contains("is at /usr/lib/security/pam_facelogin.so, and libpam looks in /usr/lib/x86_64"),
            "{found}"
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
    fn r17_a_module_that_others_can_write_or_not_read_is_said_to_be() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("m.so");
        fs::write(&file, "").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let with = |mode| {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            owner(&file)
        };
        let own = nix::unistd::geteuid().is_root();
        assert_eq!(with(0o644).is_none(), own);
        if own {
            assert!(with(0o664).unwrap().contains("written by others"));
            assert!(with(0o600).unwrap().contains("read by root alone"));
            std::os::unix::fs::chown(&file, Some(1), None).unwrap();
            assert!(with(0o644).unwrap().contains("uid 1"));
        }
    }
}
