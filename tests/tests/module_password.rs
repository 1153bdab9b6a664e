//! The real module in the real libpam: a typed password is reported after the login, once, and nothing else is (R21).
#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::CString;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Handed, USER, assert_code, at, line, root, uid};
use facelogin_protocol::types::{Reason, Verdict};
use facelogin_tests::pam_host::{Answer, PamHost, code, flag};
use facelogin_tests::scripted::{Script, ScriptedDaemon, Seen};
use serde_json::json;

/// The password that the stack's `pam_unix` takes.
const RIGHT: &str = "right";

fn typed(text: &str) -> Answer {
    Answer::Text(CString::new(text).unwrap())
}

/// `common-auth` as `pam-auth-update` writes it with both profiles; `pam_exec` stands for `pam_unix`.
fn common_auth(daemon: &ScriptedDaemon) -> Handed {
    let password = Handed::accepting(RIGHT);
    let socket = at(daemon.socket());
    let stack = [
        line("auth", "[success=2 default=ignore]", &socket),
        password.line("[success=1 default=ignore]"),
        "auth requisite pam_deny.so\nauth required pam_permit.so\n".into(),
        line("auth", "optional", format!("note_password {socket}")),
        "account required pam_permit.so\nsession required pam_permit.so".into(),
    ];
    password.stacks.service("login", &stack.concat()).unwrap();
    password
}

/// A host on that stack, whose user gives these answers.
fn host(stack: &Handed, answers: &[&str]) -> PamHost {
    let answers = answers.iter().map(|text| typed(text)).collect();
    PamHost::answering("login", USER, stack.stacks.path(), answers).unwrap()
}

fn reports(seen: &[Seen]) -> usize {
    seen.iter().filter(|seen| seen.report.is_some()).count()
}

fn unavailable(reason: Reason) -> Script {
    Script::Answer(Verdict::Unavailable, reason)
}

#[test]
fn r21_a_password_that_let_in_is_reported_once_by_setcred() {
    if !root() {
        return;
    }
    let mismatch = Script::Answer(Verdict::NoMatch, Reason::NotMatching);
    for (what, scripts, answers) in [
        ("typed at our prompt", vec![Script::CONSENT], &[RIGHT][..]),
        (
            "typed after a scan that was asked for",
            vec![Script::CONSENT, mismatch.clone()],
            &["", RIGHT],
        ),
        ("typed after an immediate mismatch", vec![mismatch], &[RIGHT]),
        (
            "no daemon but for the report",
            vec![Script::Close, Script::MATCH],
            &[RIGHT],
        ),
    ] {
        for set in [flag::ESTABLISH_CRED, flag::REINITIALIZE_CRED, flag::REFRESH_CRED] {
            let daemon = ScriptedDaemon::sequence(scripts.clone()).unwrap();
            let stack = common_auth(&daemon);
            let mut host = host(&stack, answers);
            assert_code(what, host.authenticate(0), code::SUCCESS);
            assert_code(what, host.setcred(flag::DELETE_CRED), code::SUCCESS);
            assert_code(what, host.setcred(set), code::SUCCESS);
            for again in [set, flag::ESTABLISH_CRED | flag::SILENT, flag::DELETE_CRED, 0] {
                assert_code(what, host.setcred(again), code::SUCCESS);
            }
            assert_code(what, host.open_session(0), code::SUCCESS);
            host.end();
            let seen = daemon.stop();
            assert_eq!(reports(&seen), 1, "{what}");
            assert_eq!(
                seen.len(),
                scripts.len().max(answers.len()) + 1 - usize::from(what.starts_with("no daemon"))
            );
            let report = seen.last().unwrap().report.as_ref().unwrap();
            assert_eq!((report.user.as_str(), report.uid), (USER, uid()), "{what}");
            assert_eq!(report.service, "login");
        }
    }
}

#[test]
fn r21_without_setcred_or_with_delete_alone_nothing_is_reported() {
    if !root() {
        return;
    }
    for flags in [
        None,
        Some(flag::DELETE_CRED),
        Some(flag::DELETE_CRED | flag::SILENT),
    ] {
        let daemon = ScriptedDaemon::start(Script::CONSENT).unwrap();
        let stack = common_auth(&daemon);
        let mut host = host(&stack, &[RIGHT]);
        assert_code("the password", host.authenticate(0), code::SUCCESS);
        if let Some(flags) = flags {
            assert_code("pam_setcred", host.setcred(flags), code::SUCCESS);
        }
        assert_code("pam_acct_mgmt", host.acct_mgmt(0), code::SUCCESS);
        host.end();
        assert_eq!(reports(&daemon.stop()), 0, "{flags:?}");
    }
}

#[test]
fn r21_a_wrong_password_is_none_when_something_else_lets_in_at_the_next_try() {
    if !root() {
        return;
    }
    // A fingerprint goes first, fails once and succeeds then: a folder can be made once.
    let daemon = ScriptedDaemon::start(Script::CONSENT).unwrap();
    let password = Handed::accepting(RIGHT);
    let folder = tempfile::tempdir().unwrap();
    let finger = folder.path().join("finger");
    std::fs::write(&finger, "#!/bin/sh\n! mkdir \"$0.once\" 2>&-\n").unwrap();
    set_permissions(&finger, Permissions::from_mode(0o755)).unwrap();
    let socket = at(daemon.socket());
    let stack = [
        format!(
            "auth [success=3 default=ignore] pam_exec.so quiet {}\n",
            finger.display()
        ),
        line("auth", "[success=2 default=ignore]", &socket),
        password.line("[success=1 default=ignore]"),
        "auth requisite pam_deny.so\nauth required pam_permit.so\n".into(),
        line("auth", "optional", format!("note_password {socket}")),
    ];
    password.stacks.service("login", &stack.concat()).unwrap();
    let mut host = host(&password, &["wrong"]);
    assert_code("the wrong password", host.authenticate(0), code::AUTH_ERR);
    assert_code("the finger", host.authenticate(0), code::SUCCESS);
    assert_code("pam_setcred", host.setcred(flag::ESTABLISH_CRED), code::SUCCESS);
    host.end();
    assert_eq!(reports(&daemon.stop()), 0);
}

#[test]
fn r21_a_face_is_no_password_nor_is_one_that_was_typed_before_in_vain() {
    if !root() {
        return;
    }
    // Each answer of the user in turn; the wrong password fails, the caller tries again on the same handle.
    for (what, scripts, answers, tries) in [
        ("a face", vec![Script::MATCH], &[][..], 1),
        (
            "a face that was asked for",
            vec![Script::CONSENT, Script::MATCH],
            &[""],
            1,
        ),
        (
            "a wrong password, then a face that was asked for",
            vec![Script::CONSENT, Script::CONSENT, Script::MATCH],
            &["wrong", ""],
            2,
        ),
        (
            "a wrong password after an empty scene, then an immediate match",
            vec![unavailable(Reason::NobodySeen), Script::MATCH],
            &["wrong"],
            2,
        ),
    ] {
        let daemon = ScriptedDaemon::sequence(scripts).unwrap();
        let stack = common_auth(&daemon);
        let mut host = host(&stack, answers);
        for number in 1..=tries {
            let result = host.authenticate(0);
            assert_eq!(result == code::SUCCESS, number == tries, "{what}: try {number}");
        }
        assert_code(what, host.setcred(flag::ESTABLISH_CRED), code::SUCCESS);
        host.end();
        assert_eq!(reports(&daemon.stop()), 0, "{what}");
    }
}

#[test]
fn r21_a_wrong_password_before_the_face_in_one_stack_is_not_reported() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::start(Script::MATCH).unwrap();
    let password = Handed::accepting(RIGHT);
    let socket = at(daemon.socket());
    let stack = [
        password.line("[success=2 default=ignore]"),
        line("auth", "[success=1 default=ignore]", &socket),
        "auth requisite pam_deny.so\nauth required pam_permit.so\n".into(),
        line("auth", "optional", format!("note_password {socket}")),
    ];
    password.stacks.service("login", &stack.concat()).unwrap();
    for answer in ["wrong", RIGHT] {
        let mut host = host(&password, &[answer]);
        assert_code(answer, host.authenticate(0), code::SUCCESS);
        assert_code(answer, host.setcred(flag::ESTABLISH_CRED), code::SUCCESS);
        host.end();
    }
    let seen = daemon.stop();
    let reported: Vec<bool> = seen.iter().map(|seen| seen.report.is_some()).collect();
    // The face's question, and the report of the right password, which needed no face.
    assert_eq!(reported, [false, true]);
}

#[test]
fn r21_a_wrong_password_is_forgotten_when_the_next_try_succeeds_without_any() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::sequence(vec![Script::CONSENT, Script::Close, Script::MATCH]).unwrap();
    // As a token would: refused the first time, plugged in the second, and it asks for nothing.
    let token = Handed::judging("[ -e \"$0.tried\" ] || { : >\"$0.tried\"; exit 1; }");
    let stack = [
        line("auth", "optional", at(daemon.socket())),
        token.line("required").replace("expose_authtok ", ""),
        "auth required pam_permit.so".into(),
    ];
    token.stacks.service("login", &stack.concat()).unwrap();
    let mut host = host(&token, &["wrong"]);
    assert_ne!(host.authenticate(0), code::SUCCESS);
    assert_code("the token", host.authenticate(0), code::SUCCESS);
    assert_code("pam_setcred", host.setcred(flag::ESTABLISH_CRED), code::SUCCESS);
    host.end();
    assert_eq!(reports(&daemon.stop()), 0);
}

#[test]
fn r12_what_a_handle_has_seen_is_forgotten_call_by_call() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::start(Script::CONSENT).unwrap();
    let stack = common_auth(&daemon);
    let answers: Vec<&str> = ["wrong", RIGHT].into_iter().cycle().take(100).collect();
    let mut host = host(&stack, &answers);
    for round in 0..50 {
        assert_ne!(host.authenticate(0), code::SUCCESS, "round {round}");
        assert_code("the password", host.authenticate(0), code::SUCCESS);
        assert_code("pam_setcred", host.setcred(flag::ESTABLISH_CRED), code::SUCCESS);
    }
    host.end();
    assert_eq!(reports(&daemon.stop()), 50);
}

#[test]
fn r03_a_report_that_fails_or_hangs_does_not_fail_the_login() {
    if !root() {
        return;
    }
    for script in [
        Script::Close,
        Script::Silence,
        Script::Bytes(b"garbage\0".to_vec()),
        Script::Error("org.facelogin.Login.NotPermitted".into(), json!({ "why": "x" })),
    ] {
        let daemon = ScriptedDaemon::sequence(vec![Script::CONSENT, script.clone()]).unwrap();
        let stack = common_auth(&daemon);
        let mut host = host(&stack, &[RIGHT]);
        assert_code("the password", host.authenticate(0), code::SUCCESS);
        let start = Instant::now();
        assert_code(
            format!("{script:?}"),
            host.setcred(flag::ESTABLISH_CRED),
            code::SUCCESS,
        );
        // Its deadline is 1 s; the rest is for a loaded machine.
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_code("again", host.setcred(flag::ESTABLISH_CRED), code::SUCCESS);
        host.end();
        assert!(daemon.stop().len() <= 2, "not sent a second time");
    }
}

#[test]
fn r21_who_is_not_root_reports_nothing() {
    if !root() {
        return;
    }
    for (account, expected) in [(65_534, 0), (0, 1)] {
        let daemon = ScriptedDaemon::start(Script::CONSENT).unwrap();
        let stack = common_auth(&daemon);
        let open =
            |path: &std::path::Path, mode| set_permissions(path, Permissions::from_mode(mode)).unwrap();
        open(stack.stacks.path(), 0o755);
        stack.open_to_all();
        open(daemon.socket().parent().unwrap(), 0o755);
        open(daemon.socket(), 0o666);
        let ran = Command::new(env!("CARGO_BIN_EXE_pam-try"))
            .args([
                "--service",
                "login",
                "--user",
                USER,
                "--answer",
                RIGHT,
                "--session",
                "--confdir",
            ])
            .arg(stack.stacks.path())
            .uid(account)
            .gid(account)
            .output()
            .unwrap();
        assert_eq!(ran.status.code(), Some(0), "{ran:?}");
        assert_eq!(reports(&daemon.stop()), expected, "uid {account}");
    }
}

#[test]
fn r01_note_password_asks_nobody_and_lets_nobody_in() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::start(Script::MATCH).unwrap();
    let next = Handed::accepting(RIGHT);
    let note = format!("note_password debug {}", at(daemon.socket()));
    for (before, answers, expected) in [
        (String::new(), &[][..], code::AUTHINFO_UNAVAIL),
        (next.line("optional"), &[RIGHT][..], code::AUTHINFO_UNAVAIL),
    ] {
        let stack = before + &line("auth", "required", &note);
        next.stacks.service("login", &stack).unwrap();
        let mut host = host(&next, answers);
        assert_code("required", host.authenticate(0), expected);
        assert_eq!(host.messages().len(), answers.len());
    }
    next.stacks
        .service(
            "login",
            &line("auth", "required", "note_password timeout_result=auth_err"),
        )
        .unwrap();
    assert_code(
        "no scan, no result",
        host(&next, &[]).authenticate(0),
        code::SERVICE_ERR,
    );
    assert_eq!(daemon.stop().len(), 0);
}
