//! Where people or other tools make them, and lines that are wrong.

use std::fs;

use super::system::{System, works};
use crate::run::run;

#[test]
fn arch_s_lines_are_shown_applied_and_taken_out_again() {
    let system = System::of("arch");
    let before = system.files();
    let services = ["gdm-password", "sudo", "su"];
    let enable = |more: &[&str]| system.run(&[&["enable"], &services[..], more].concat());
    let ran = enable(&[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("auth [success=3 default=ignore] pam_facelogin.so"),
        "{ran:?}"
    );
    assert_eq!(system.changed(&before), Vec::<String>::new());

    let ran = enable(&["--apply"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        system.changed(&before),
        [
            "etc/facelogin/facelogin.toml",
            "etc/pam.d/su",
            "etc/pam.d/system-auth"
        ]
    );
    assert_eq!(
        system.auth("etc/pam.d/system-auth"),
        [
            "auth required pam_faillock.so preauth",
            "auth [success=3 default=ignore] pam_facelogin.so",
            "-auth [success=2 default=ignore] pam_systemd_home.so",
            "auth [success=1 default=bad] pam_unix.so try_first_pass nullok",
            "auth [default=die] pam_faillock.so authfail",
            "auth optional pam_permit.so",
            "auth required pam_env.so",
            "auth required pam_faillock.so authsucc",
            "auth optional pam_facelogin.so note_password",
        ]
    );
    assert_eq!(system.auth("etc/pam.d/su")[1], "auth sufficient pam_facelogin.so");
    for service in ["gdm-password", "login", "sddm", "swaylock", "sudo", "su"] {
        assert_eq!(system.row(service), works(true, true), "{service}");
    }
    assert_eq!(system.rows()["sshd"]["why"], "never asked here");
    let backup = fs::read(system.path("etc/pam.d/system-auth.facelogin-backup")).unwrap();
    assert_eq!(backup, before[&system.path("etc/pam.d/system-auth")]);
    let on = system.files();
    assert_eq!(enable(&["--apply"]).code, 0);
    assert_eq!(system.changed(&on), Vec::<String>::new());

    assert_eq!(system.run(&["disable", "--all"]).code, 0);
    assert_eq!(system.changed(&before), ["etc/facelogin/facelogin.toml"]);
}

#[test]
fn fedora_s_files_are_authselect_s_and_not_touched() {
    for (stacks, lines) in [
        (
            "fedora-local",
            [
                "authselect create-profile facelogin --base-on local",
                "/etc/authselect/custom/facelogin/password-auth: before the line (auth sufficient pam_unix.so nullok): \
                 auth sufficient pam_facelogin.so",
                "authselect select custom/facelogin with-faillock with-fingerprint",
            ],
        ),
        (
            "fedora-sssd",
            [
                "authselect create-profile facelogin --base-on sssd",
                "/etc/authselect/custom/facelogin/password-auth: before the line (auth [default=1 ignore=ignore \
                 success=ok] pam_usertype.so isregular): auth sufficient pam_facelogin.so",
                "authselect select custom/facelogin",
            ],
        ),
    ] {
        let system = System::of(stacks);
        let before = system.files();
        let ran = system.run(&["enable", "gdm-password", "--apply"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        for line in lines {
            assert!(ran.out.contains(line), "{line}\n{ran:?}");
        }
        assert_eq!(system.changed(&before), Vec::<String>::new());
        // As the administrator does it.
        for file in ["system-auth", "password-auth"] {
            let name = format!("etc/authselect/{file}");
            let anchor = if stacks == "fedora-sssd" {
                "auth [default=1"
            } else {
                "auth sufficient pam_unix.so"
            };
            let line = "auth sufficient pam_facelogin.so\n";
            let text = system.text(&name).replacen(anchor, &format!("{line}{anchor}"), 1);
            system.put(&name, &text);
        }
        let ran = system.run(&["enable", "gdm-password", "sudo", "su"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        for service in ["gdm-password", "login", "sudo", "su"] {
            assert_eq!(system.row(service), works(true, true), "{stacks} {service}");
        }
        // Taking it out is authselect's too.
        let ran = system.run(&["disable", "--all"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.contains("authselect select "), "{ran:?}");
        assert!(system.rows().values().all(|row| row["enabled"] == false));
    }
}

#[test]
fn what_the_configuration_refuses_is_refused_in_its_words() {
    let system = System::of("arch");
    let before = system.files();
    for (service, words) in [
        ("sshd", "the face is never asked here"),
        ("other", "the face is never asked here"),
        ("frobnicate", "no PAM service frobnicate"),
        (
            "kde-face",
            "auth required pam_facelogin.so timeout_result=auth_err",
        ),
        ("../../etc/shadow", "cannot be a PAM service"),
    ] {
        let ran = system.run(&["enable", service, "--apply"]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.contains(words), "{ran:?}");
        assert_eq!(system.changed(&before), Vec::<String>::new(), "{service}");
    }
    // A misspelt name is not said to be off without a word.
    let ran = system.run(&["disable", "frobnicate"]);
    assert_eq!(
        (ran.code, ran.err.contains("no PAM service frobnicate")),
        (0, true),
        "{ran:?}"
    );
    assert_eq!(system.changed(&before), Vec::<String>::new());
    let ran = run(&["pam", "status", "--root", "/nonexistent/system"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    for usage in [&["enable"][..], &["disable"], &["disable", "sudo", "--all"]] {
        assert_eq!(system.run(usage).code, 2, "{usage:?}");
    }
}

#[test]
fn a_hand_made_end_is_told_and_taken_out() {
    let system = System::of("arch");
    let good = system.text("etc/pam.d/sudo");
    let bad = good.replacen(
        "auth ",
        "auth [success=end default=ignore] pam_facelogin.so\nauth ",
        1,
    );
    system.put("etc/pam.d/sudo", &bad);
    let ran = system.run(&["status"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("THE PASSWORD DOES NOT WORK /etc/pam.d/sudo:3 (libpam: "),
        "{ran:?}"
    );
    assert_eq!(system.row("sudo").1, "broken");
    // Nothing is built on it.
    let ran = system.run(&["enable", "sudo", "--apply"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("the password does not open sudo"), "{ran:?}");
    assert_eq!(system.text("etc/pam.d/sudo"), bad);
    assert_eq!(system.run(&["disable", "--all"]).code, 0);
    assert_eq!(system.text("etc/pam.d/sudo"), good);
}

#[test]
fn a_stack_that_cannot_be_understood_is_not_edited() {
    let system = System::of("arch");
    for text in ["auth include sudo\n", "auth required pam_unix.so \\\n"] {
        system.put("etc/pam.d/sudo", text);
        let before = system.files();
        let ran = system.run(&["enable", "sudo", "--apply"]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.contains("is not understood"), "{ran:?}");
        assert_eq!(system.changed(&before), Vec::<String>::new());
    }
}

#[test]
fn a_line_that_lets_anybody_in_is_told_and_taken_out() {
    let system = System::of("arch");
    let stack = "auth [default=1] pam_facelogin.so\nauth required pam_unix.so\nauth required pam_permit.so\n";
    system.put("etc/pam.d/i3lock", stack);
    let ran = system.run(&["status"]);
    assert_eq!(
        (ran.code, ran.out.contains("ANYBODY GETS IN")),
        (1, true),
        "{ran:?}"
    );
    let ran = system.run(&["enable", "i3lock", "--apply"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(system.run(&["disable", "--all"]).code, 0);
    assert!(!system.text("etc/pam.d/i3lock").contains("pam_facelogin"));
    assert_eq!(system.run(&["status"]).code, 0);
}
