//! The four questions, on stacks that people write.

use std::fs;
use std::path::Path;

use super::analyse::{Analysis, Password, analyse};
use super::root::Root;
use super::stack::{Facility, NotUnderstood, load};

/// What `service` does in a system with these files in `/etc/pam.d`.
fn of(files: &[(&str, &str)]) -> Result<Analysis, NotUnderstood> {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("etc/pam.d");
    fs::create_dir_all(&folder).unwrap();
    fs::write(dir.path().join("etc/debian_version"), "12\n").unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    analyse(&load(&Root::at(dir.path()), "service", Facility::Auth)?)
}

fn one(text: &str) -> Analysis {
    of(&[("service", text)]).unwrap()
}

/// A stack as pam-auth-update makes it, with `face` in front.
fn debian(face: &str) -> String {
    format!(
        "{face}\nauth [success=1 default=ignore] pam_unix.so nullok try_first_pass\nauth requisite pam_deny.so\n\
         auth required pam_permit.so\nauth optional pam_cap.so\n"
    )
}

/// Everything as it should be.
fn is_sound(found: &Analysis) -> bool {
    found.reached.is_some()
        && found.password == Password::Works
        && found.face_enough
        && !found.open
        && !found.face_opens_more
}

#[test]
fn sound_stacks_are_sound() {
    for face in [
        "auth [success=2 default=ignore] pam_facelogin.so",
        "auth sufficient pam_facelogin.so",
        "auth SUFFICIENT /usr/lib/security/pam_facelogin.so debug",
        "-auth [success=2 default=ignore] pam_facelogin.so",
        "auth [default=ignore success=2] pam_facelogin.so",
        "auth [success=done default=ignore] pam_facelogin.so",
    ] {
        let found = one(&debian(face));
        assert!(is_sound(&found), "{face}: {found:?}");
    }
    let noted = debian("auth [success=2 default=ignore] pam_facelogin.so")
        + "auth optional pam_facelogin.so note_password\n";
    assert!(is_sound(&one(&noted)));
}

#[test]
fn a_stack_without_a_face_asks_for_none() {
    for face in [
        "",
        "#auth sufficient pam_facelogin.so",
        "account sufficient pam_facelogin.so",
    ] {
        let found = one(&debian(face));
        assert_eq!((found.reached, found.password), (None, Password::Works));
        assert!(!found.face_enough && !found.open);
    }
}

#[test]
fn taking_note_of_a_password_is_not_asking_for_a_face() {
    let found = one(&(debian("") + "auth optional pam_facelogin.so note_password\n"));
    assert_eq!((found.reached, found.password), (None, Password::Works));
    // Under `required` it would fail every login.
    let found = one(&(debian("") + "auth required pam_facelogin.so note_password\n"));
    assert_eq!(found.password, Password::Broken);
}

#[test]
fn lines_that_break_the_password_are_found() {
    for face in [
        // Only pam-auth-update understands `end`.
        "auth [success=end default=ignore] pam_facelogin.so",
        "auth required pam_facelogin.so",
        "auth requisite pam_facelogin.so",
        "auth [success=2] pam_facelogin.so",
        "auth [success=2 default=bad] pam_facelogin.so",
        "auth [success=2 default=1] pam_facelogin.so",
        "auth [success=2 authinfo_unavail=ignore auth_err=ignore default=die] pam_facelogin.so",
        "auth sufficent pam_facelogin.so",
        "auth pam_facelogin.so",
        "auth required",
    ] {
        let found = one(&debian(face));
        let ours = face.contains("facelogin.so");
        if ours {
            assert_eq!(found.password, Password::Broken, "{face}");
        } else {
            // Somebody else's broken line: there was nothing to break.
            assert_eq!(found.password, Password::NotAsked, "{face}");
        }
    }
    let found = one(&debian("auth [success=end default=ignore] pam_facelogin.so"));
    assert!(found.reached.unwrap().complaint.is_some());
}

#[test]
fn lines_that_let_anybody_in_are_found() {
    for face in [
        "auth [default=2] pam_facelogin.so",
        "auth [success=2 auth_err=2 default=ignore] pam_facelogin.so",
    ] {
        let found = one(&debian(face));
        assert!(found.open, "{face}: {found:?}");
    }
    // Who lets everybody in without us is not made worse by us.
    assert!(!one("auth sufficient pam_facelogin.so\nauth required pam_permit.so\n").open);
}

#[test]
fn a_jump_of_the_wrong_length_is_no_face_login() {
    for (skip, enough) in [(1, false), (2, true), (3, false), (4, false), (5, false)] {
        let found = one(&debian(&format!(
            "auth [success={skip} default=ignore] pam_facelogin.so"
        )));
        assert_eq!(found.face_enough, enough, "{skip}");
        assert_eq!(found.password, Password::Works, "{skip}");
    }
}

#[test]
fn a_face_that_gets_past_a_lock_is_found() {
    let locked =
        "auth sufficient pam_facelogin.so\nauth requisite pam_nologin.so\nauth required pam_unix.so\n";
    assert!(one(locked).face_opens_more);
    let heeded =
        "auth requisite pam_nologin.so\nauth sufficient pam_facelogin.so\nauth required pam_unix.so\n";
    assert!(is_sound(&one(heeded)));
}

#[test]
fn a_second_factor_stays_one() {
    let both = one("auth required pam_unix.so\nauth required pam_facelogin.so\n");
    assert_eq!(
        (both.password, both.face_enough, both.open),
        (Password::Broken, false, false)
    );
    let other =
        one("auth required pam_oath.so\nauth sufficient pam_facelogin.so\nauth required pam_unix.so\n");
    assert!(is_sound(&other), "{other:?}");
}

#[test]
fn substacks_end_where_includes_go_on() {
    let common = "auth sufficient pam_facelogin.so\nauth sufficient pam_unix.so\nauth required pam_deny.so\n";
    let after = "auth requisite pam_nologin.so\n";
    for (word, more) in [("substack", false), ("include", false)] {
        let service = format!("auth {word} common\n{after}");
        let found = of(&[("service", &service), ("common", common)]).unwrap();
        assert_eq!(found.password, Password::Works, "{word}");
        assert_eq!(found.face_opens_more, more, "{word}");
        assert!(found.face_enough, "{word}");
    }
    let found = of(&[("service", "@include common\n"), ("common", common)]).unwrap();
    assert!(is_sound(&found), "{found:?}");
}

#[test]
fn unknown_modules_may_succeed_be_ignored_or_fail() {
    let stack = "auth optional pam_new1.so\nauth sufficient pam_facelogin.so\nauth [success=1 default=ignore] pam_new2.so\n\
                 auth required pam_new3.so\nauth required pam_unix.so\n";
    let found = one(stack);
    assert_eq!(
        (found.password, found.open),
        (Password::Works, false),
        "{found:?}"
    );
    let many: String = (0..6).map(|n| format!("auth required pam_new{n}.so\n")).collect();
    assert!(one(&many).reached.is_none());
    let many: String = (0..20)
        .map(|n| format!("auth [success=ok ignore=1 default=bad] pam_new{n}.so\n"))
        .collect();
    assert!(matches!(
        of(&[("service", &many)]),
        Err(NotUnderstood::TooOpen(_))
    ));
}

#[test]
fn a_missing_service_is_other_and_a_missing_file_fails() {
    let found = of(&[("other", &debian("auth sufficient pam_facelogin.so"))]).unwrap();
    assert!(is_sound(&found));
    let found = of(&[(
        "service",
        "auth sufficient pam_facelogin.so\n@include nothing\nauth required pam_unix.so\n",
    )])
    .unwrap();
    assert_eq!((found.password, found.face_enough), (Password::NotAsked, true));
    assert_eq!(of(&[]), Err(NotUnderstood::NoFile));
}

#[test]
fn what_cannot_be_read_is_not_understood() {
    for files in [
        vec![("service", "@include service\n")],
        vec![("service", "auth include a\n"), ("a", "auth substack service\n")],
        vec![("service", "auth required pam_unix.so \\\n")],
        vec![("service", "auth required pam_unix.so\0\n")],
    ] {
        let found = of(&files);
        assert!(found.is_err(), "{files:?}: {found:?}");
    }
}

#[test]
fn a_service_of_the_face_alone_asks_for_no_password() {
    let found = one("auth required pam_facelogin.so timeout_result=auth_err\n");
    assert_eq!(
        (found.password, found.face_enough, found.open),
        (Password::NotAsked, true, false)
    );
    assert!(found.reached.is_some());
}

#[test]
fn every_stack_of_the_fixtures_is_understood() {
    for system in ["debian-12", "arch", "fedora-local", "fedora-sssd"] {
        let root = Root::at(
            &Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/stacks")
                .join(system),
        );
        let services = root.services();
        assert!(services.len() >= 8, "{system}: {services:?}");
        for service in services {
            let stack = load(&root, &service, Facility::Auth).unwrap();
            let found = analyse(&stack).unwrap_or_else(|why| panic!("{system}: {service}: {why}"));
            assert_eq!((found.reached, found.open), (None, false), "{system}: {service}");
            assert_ne!(found.password, Password::Broken, "{system}: {service}");
        }
    }
}

#[test]
fn a_password_that_nobody_asked_for_opens_nothing() {
    let alone = "auth [success=2 default=ignore] pam_facelogin.so\n\
                 auth [success=1 default=ignore] pam_sss.so use_first_pass\nauth requisite pam_deny.so\n\
                 auth required pam_permit.so\n";
    let found = one(alone);
    assert_eq!((found.password, found.checkers.len()), (Password::NotAsked, 0));
    // Asked for by the one before it, or perhaps by a module that is not known.
    for before in ["auth sufficient pam_unix.so", "auth optional pam_of_next_year.so"] {
        assert!(
            one(&format!("{before}\n{alone}"))
                .checkers
                .contains(&"pam_sss.so".to_owned())
        );
    }
    assert!(
        one(&format!("auth required pam_env.so\n{alone}"))
            .checkers
            .is_empty()
    );
}

#[test]
fn a_line_of_ours_with_a_word_missing_breaks_the_password() {
    for line in [
        "auth pam_facelogin.so",
        "auth pam_facelogin.so debug",
        "sufficient pam_facelogin.so",
        "auth [success=1 default=ignore pam_facelogin.so",
        "auth required pam_facelogin",
    ] {
        assert_eq!(one(&debian(line)).password, Password::Broken, "{line}");
    }
}
