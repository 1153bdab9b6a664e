//! Lines in and out of files, with the jumps around them.

use std::fs;
use std::path::Path;

use super::edit::{NotEdited, put_in, take_out};
use super::root::Root;

struct System(tempfile::TempDir);

fn system(files: &[(&str, &str)]) -> System {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("etc/pam.d");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    System(dir)
}

impl System {
    fn root(&self) -> Root {
        Root::at(self.0.path())
    }

    /// What is left of `name` without our lines.
    fn without(&self, name: &str) -> Result<String, NotEdited> {
        let file = Path::new("/etc/pam.d").join(name);
        for change in take_out(&self.root()) {
            let change = change?;
            if change.file == file {
                return Ok(String::from_utf8(change.contents).unwrap());
            }
        }
        Ok(fs::read_to_string(self.root().outside(&file)).unwrap())
    }

    /// What each way to put our line in makes of the file.
    fn with(&self, service: &str) -> Vec<String> {
        let changes = put_in(&self.root(), service).unwrap();
        changes
            .into_iter()
            .map(|change| String::from_utf8(change.contents).unwrap())
            .collect()
    }
}

#[test]
fn our_lines_go_and_every_other_byte_stays() {
    let text = "#%PAM-1.0\n# pam_facelogin.so was here\nauth\tsufficient  \\\n  pam_facelogin.so debug # x\n\n\
                auth   required pam_unix.so   # ok\nauth optional pam_facelogin.so note_password\n\
                session optional pam_facelogin.so\nsession required pam_limits.so";
    let left = "#%PAM-1.0\n# pam_facelogin.so was here\n\nauth   required pam_unix.so   # ok\n\
                session required pam_limits.so";
    let system = system(&[("service", text)]);
    assert_eq!(system.without("service").unwrap(), left);
    fs::write(system.0.path().join("etc/pam.d/service"), left).unwrap();
    assert!(take_out(&system.root()).is_empty());
}

#[test]
fn jumps_over_our_line_become_shorter() {
    let text = "auth [success=3 user_unknown=1 default=ignore] pam_a.so\nauth [success=2 default=ignore] pam_facelogin.so\n\
                auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n";
    let left = "auth [success=2 user_unknown=ignore default=ignore] pam_a.so\nauth [success=1 default=ignore] pam_unix.so\n\
                auth requisite pam_deny.so\nauth required pam_permit.so\n";
    assert_eq!(system(&[("service", text)]).without("service").unwrap(), left);
    // Of a substack only the whole counts.
    let outer =
        "auth [success=1 default=ignore] pam_a.so\nauth substack inner\nauth required pam_permit.so\n";
    let inner = "auth sufficient pam_facelogin.so\nauth required pam_unix.so\n";
    let both = system(&[("service", outer), ("inner", inner)]);
    assert_eq!(both.without("service").unwrap(), outer);
    assert_eq!(both.without("inner").unwrap(), "auth required pam_unix.so\n");
    // An included file is as long as its lines.
    let outer = "auth [success=2 default=ignore] pam_a.so\nauth include inner\nauth required pam_permit.so\n";
    let both = system(&[("service", outer), ("inner", inner)]);
    assert_eq!(both.without("inner").unwrap(), "auth required pam_unix.so\n");
    let change = take_out(&both.root())
        .into_iter()
        .flatten()
        .find(|change| change.file.ends_with("service"));
    assert_eq!(
        String::from_utf8(change.unwrap().contents).unwrap(),
        "auth [success=1 default=ignore] pam_a.so\nauth include inner\nauth required pam_permit.so\n"
    );
}

#[test]
fn a_jump_that_means_two_things_is_left_to_a_person() {
    let shared = "auth [success=1 default=ignore] pam_a.so\n";
    let system = system(&[
        ("shared", shared),
        (
            "one",
            "auth include shared\nauth sufficient pam_facelogin.so\nauth required pam_unix.so\n",
        ),
        (
            "two",
            "auth include shared\nauth required pam_permit.so\nauth required pam_unix.so\n",
        ),
    ]);
    assert!(
        take_out(&system.root())
            .iter()
            .any(|change| matches!(change, Err(NotEdited::Ambiguous { .. })))
    );
}

#[test]
fn the_line_goes_before_the_password_and_ends_where_the_password_ends() {
    let text = "auth required pam_env.so\nauth [success=1 default=bad] pam_unix.so\nauth [default=die] pam_faillock.so authfail\n\
                auth optional pam_permit.so\naccount required pam_unix.so";
    assert_eq!(
        system(&[("service", text)]).with("service"),
        [
            "auth required pam_env.so\nauth [success=2 default=ignore] pam_facelogin.so\n\
          auth [success=1 default=bad] pam_unix.so\nauth [default=die] pam_faillock.so authfail\n\
          auth optional pam_permit.so\nauth optional pam_facelogin.so note_password\naccount required pam_unix.so"
        ]
    );
    let sufficient = "auth sufficient pam_unix.so\nauth required pam_deny.so\n";
    assert_eq!(
        system(&[("service", sufficient)]).with("service"),
        [format!("auth sufficient pam_facelogin.so\n{sufficient}")]
    );
    assert_eq!(
        system(&[("service", "auth required pam_unix.so")])
            .with("service")
            .len(),
        2
    );
}

#[test]
fn no_line_is_put_where_somebody_jumps() {
    let text = "auth required pam_env.so\nauth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n\
                auth [default=1 ignore=ignore success=ok] pam_localuser.so\nauth sufficient pam_unix.so\n\
                auth required pam_deny.so\n";
    let system1 = system(&[("service", text)]);
    let with = system1.with("service");
    assert!(
        with[0].starts_with("auth required pam_env.so\nauth sufficient pam_facelogin.so\n"),
        "{with:?}"
    );
    let all = system(&[
        (
            "service",
            "auth [success=2 default=ignore] pam_a.so\nauth include b\n",
        ),
        ("b", "auth required pam_unix.so\nauth required pam_c.so\n"),
    ]);
    assert_eq!(put_in(&all.root(), "service"), Err(NotEdited::NoPlace));
    let none = system(&[("service", "auth required pam_permit.so\n")]);
    assert_eq!(put_in(&none.root(), "service"), Err(NotEdited::NoPassword));
}

#[test]
fn a_linked_file_is_edited_where_it_is() {
    let system = system(&[(
        "real",
        "auth sufficient pam_facelogin.so\nauth required pam_unix.so\n",
    )]);
    std::os::unix::fs::symlink("real", system.0.path().join("etc/pam.d/link")).unwrap();
    let changes = take_out(&system.root());
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].as_ref().unwrap().file, Path::new("/etc/pam.d/real"));
}

#[test]
fn lines_of_ours_that_libpam_cannot_use_go_too() {
    for line in [
        "auth pam_facelogin.so",
        "auth pam_facelogin.so debug",
        "sufficient pam_facelogin.so",
        "auth [success=1 default=ignore pam_facelogin.so",
        "auth required pam_facelogin",
        "@include pam_facelogin.so",
    ] {
        let system = system(&[("service", &format!("{line}\nauth required pam_unix.so\n"))]);
        assert_eq!(
            system.without("service").unwrap(),
            "auth required pam_unix.so\n",
            "{line}"
        );
    }
    // Not ours: an argument, and a file that is called like the module.
    for line in [
        "auth optional pam_exec.so pam_facelogin.so",
        "auth include pam_facelogin",
    ] {
        let text = format!("{line}\nauth required pam_unix.so\n");
        let system = system(&[("service", &text)]);
        assert_eq!(system.without("service").unwrap(), text);
    }
}
