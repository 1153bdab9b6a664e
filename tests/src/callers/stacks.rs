//! PAM's stacks as a Debian package leaves them: this machine's own files, with `common-auth` made anew by
//! pam-auth-update from the profiles and ours.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{namespace, needs};
use crate::bins;

/// Our profiles: the module, and its second line, which sees what password was typed.
const PROFILES: [&str; 2] = ["facelogin", "facelogin-password"];

/// Where modules are looked for: `/lib/x86_64-linux-gnu/security` or the like.
fn modules() -> PathBuf {
    let roots = [
        Path::new("/lib"),
        Path::new("/usr/lib"),
        Path::new("/lib64"),
        Path::new("/usr/lib64"),
    ];
    let below = roots
        .iter()
        .flat_map(|root| fs::read_dir(root).into_iter().flatten().flatten());
    let mut folders = roots
        .iter()
        .map(|root| root.join("security"))
        .chain(below.map(|entry| entry.path().join("security")));
    folders
        .find(|folder| folder.join("pam_unix.so").is_file())
        .unwrap()
}

/// Installs the module and turns its profile on; `/etc` must be a copy already.
pub fn install() {
    let folder = modules();
    namespace::copy(&folder);
    let module = folder.join("pam_facelogin.so");
    fs::copy(bins::module(), &module).unwrap();
    fs::set_permissions(&module, Permissions::from_mode(0o644)).unwrap();

    // What pam-auth-update reads and remembers.
    for folder in ["/usr/share/pam-configs", "/var/lib/pam", "/var/cache/debconf"] {
        namespace::copy(Path::new(folder));
    }
    for profile in PROFILES {
        let from = needs::of_project("packaging/pam-configs").join(profile);
        fs::copy(from, Path::new("/usr/share/pam-configs").join(profile)).unwrap();
    }
    let output = Command::new("pam-auth-update")
        .args(["--package", "--enable"])
        .args(PROFILES)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");

    let file = Path::new("/etc/pam.d/common-auth");
    let made = fs::read_to_string(file).unwrap();
    let ours = made.lines().filter(|line| line.contains("pam_facelogin.so"));
    assert_eq!(
        ours.count(),
        PROFILES.len(),
        "pam-auth-update left a line out:\n{made}"
    );
    // With `debug` the module logs its code; the time is for machines that have much else to do.
    let with_words = made.replace("pam_facelogin.so", "pam_facelogin.so debug timeout=30");
    fs::write(file, with_words).unwrap();
}

/// Gives a service a stack of its own.
pub fn ship(service: &str, stack: &str) {
    let file = Path::new("/etc/pam.d").join(service);
    fs::write(&file, stack).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
}
