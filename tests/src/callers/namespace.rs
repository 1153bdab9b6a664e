//! The mount namespace: of this thread alone, and of the processes it starts. It goes when the last of them ends.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

/// Where what replaces the machine's own folders is kept: in the namespace a file system in memory.
const STAGE: &str = "/mnt";

/// Leaves the machine's mounts. The error says what this machine does not allow.
pub fn enter() -> Result<(), String> {
    unshare(CloneFlags::CLONE_NEWNS)
        .map_err(|error| format!("no mount namespace can be made here: {error}"))?;
    // From here on no mount reaches the machine.
    mount(
        None::<&str>,
        "/",
        None::<&str>,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        None::<&str>,
    )
    .and_then(|()| in_memory(Path::new(STAGE), "0755"))
    .map_err(|error| format!("nothing can be mounted here: {error}"))
}

/// Puts an empty folder in the place of one.
pub fn empty(folder: &str) {
    in_memory(Path::new(folder), "0755").unwrap();
}

/// Puts a copy of a folder in its place, so that it can be changed.
pub fn copy(folder: &Path) {
    let stage = stage(folder);
    let status = Command::new("cp")
        .arg("-a")
        .arg("--")
        .arg(folder)
        .arg(&stage)
        .status();
    assert!(status.unwrap().success(), "{} cannot be copied", folder.display());
    bind(&stage, folder);
}

/// Shows `from` at `to`.
pub fn bind(from: &Path, to: &Path) {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    if let Err(error) = mount(Some(from), to, None::<&str>, flags, None::<&str>) {
        panic!("{} cannot be shown at {}: {error}", from.display(), to.display());
    }
}

/// A `/dev` with the usual devices, terminals of its own, and room for a system log.
pub fn devices() {
    let stage = stage(Path::new("/dev"));
    make_folder(&stage);
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        let file = stage.join(name);
        File::create(&file).unwrap();
        bind(&Path::new("/dev").join(name), &file);
    }
    make_folder(&stage.join("pts"));
    let shm = stage.join("shm");
    make_folder(&shm);
    fs::set_permissions(&shm, PermissionsExt::from_mode(0o1777)).unwrap();
    symlink("/proc/self/fd", stage.join("fd")).unwrap();
    symlink("pts/ptmx", stage.join("ptmx")).unwrap();
    bind(&stage, Path::new("/dev"));
    // 5 is the group of terminals, tty, in Debian.
    let options = "newinstance,ptmxmode=0666,mode=620,gid=5";
    mount(
        Some("devpts"),
        "/dev/pts",
        Some("devpts"),
        MsFlags::empty(),
        Some(options),
    )
    .unwrap();
}

/// Makes a folder that everybody may look into.
pub fn make_folder(path: &Path) {
    fs::create_dir_all(path).unwrap();
    fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

fn in_memory(folder: &Path, mode: &str) -> nix::Result<()> {
    let options = format!("mode={mode}");
    mount(
        Some("tmpfs"),
        folder,
        Some("tmpfs"),
        MsFlags::empty(),
        Some(options.as_str()),
    )
}

fn stage(folder: &Path) -> PathBuf {
    Path::new(STAGE).join(folder.to_str().unwrap().trim_matches('/').replace('/', "-"))
}
