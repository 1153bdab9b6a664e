//! Files: links, owners, modes, full disks, two at once.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use super::system::{CONFIG, System, works};
use crate::run::{built, run_without_root};

#[test]
fn linked_files_keep_their_links_and_owners_their_modes() {
    let system = System::of("arch");
    let (real, link) = (
        system.path("etc/pam.d/system-auth-mine"),
        system.path("etc/pam.d/system-auth"),
    );
    fs::rename(&link, &real).unwrap();
    symlink("system-auth-mine", &link).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(system.run(&["enable", "login", "--apply"]).code, 0);
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("system-auth-mine"));
    assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(system.row("login"), works(true, true));
    // A link to nowhere, or to a file of another package's, is read as libpam reads it.
    symlink("/etc/nowhere", system.path("etc/pam.d/dangling")).unwrap();
    assert_eq!(system.run(&["status"]).code, 0);
}

#[test]
fn a_file_that_cannot_be_written_leaves_everything_as_it_was() {
    for blocked in [
        "etc/pam.d/su.facelogin-new",
        "etc/pam.d/system-auth.facelogin-backup/x",
    ] {
        let system = System::of("arch");
        let path = system.path(blocked);
        let folder = if blocked.ends_with('x') {
            path.parent().unwrap().to_path_buf()
        } else {
            path.clone()
        };
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("keep"), "").unwrap();
        let before = system.files();
        let ran = system.run(&["enable", "login", "su", "--apply"]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert_eq!(system.changed(&before), Vec::<String>::new(), "{blocked}");
        assert_eq!(system.row("login"), works(false, false));
    }
}

#[test]
fn this_machine_s_files_need_root() {
    for args in [
        &["pam", "enable", "login"][..],
        &["pam", "disable", "login"],
        &["pam", "disable", "--all"],
    ] {
        let ran = run_without_root(args);
        assert_eq!(ran.code, 3, "{ran:?}");
    }
    let ran = run_without_root(&["pam", "status", "--json"]);
    assert!(ran.json()["services"].is_array(), "{ran:?}");
}

#[test]
fn r17_an_image_s_links_lead_to_no_file_of_this_machine() {
    let (host, image) = (System::of("arch"), System::of("arch"));
    let before = host.files();
    for folder in ["etc/pam.d", "etc/facelogin"] {
        fs::remove_dir_all(image.path(folder)).unwrap();
        std::os::unix::fs::symlink(host.path(folder), image.path(folder)).unwrap();
    }
    for args in [
        &["enable", "login", "--apply"][..],
        &["disable", "login"],
        &["disable", "--all"],
    ] {
        let ran = image.run(args);
        assert_eq!(host.changed(&before), Vec::<String>::new(), "{ran:?}");
    }
}

#[test]
fn a_configuration_that_cannot_be_written_leaves_the_stacks_as_they_were() {
    let system = System::of("arch");
    fs::rename(
        system.path("etc/facelogin/facelogin.toml"),
        system.path("etc/real.toml"),
    )
    .unwrap();
    fs::create_dir(system.path("etc/facelogin/facelogin.toml.facelogin-new")).unwrap();
    system.put("etc/facelogin/facelogin.toml", CONFIG);
    let before = system.files();
    let ran = system.run(&["enable", "sudo", "--apply"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("facelogin.toml cannot be written"), "{ran:?}");
    assert_eq!(system.changed(&before), Vec::<String>::new());
}

#[test]
fn r17_two_at_once_do_not_mix_their_files() {
    let system = System::of("arch");
    let root = system.0.path().to_str().unwrap();
    let before = system.files();
    for _ in 0..5 {
        let start = |args: &[&str]| {
            let mut command = Command::new(built());
            command.arg("pam").args(args).args(["--root", root]);
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        let names = ["login", "sudo", "gdm-password", "su"];
        let children: Vec<_> = names.map(|name| start(&["enable", name, "--apply"])).into();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        for name in names {
            assert_eq!(system.row(name), works(true, true), "{name}");
        }
        assert_eq!(system.run(&["disable", "--all"]).code, 0);
        assert!(
            system
                .changed(&before)
                .iter()
                .all(|name| name.contains("facelogin.toml"))
        );
    }
}

#[test]
fn half_a_change_is_told() {
    let system = System::of("arch");
    // Its copy cannot be put there.
    system.put("etc/facelogin/facelogin.toml.facelogin-backup/x", "");
    let ran = system.run(&["enable", "sudo", "--apply"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("ask for the face already"), "{ran:?}");
    assert_eq!(system.row("sudo"), works(true, false));
}
