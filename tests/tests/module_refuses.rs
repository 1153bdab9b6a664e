//! What the real module refuses by itself, without a word to the daemon.
#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::{CStr, CString};
use std::fs;

use common::{USER, assert_code, at, authenticate, line, only_face};
use facelogin_tests::pam_host::{PamHost, code};
use facelogin_tests::scripted::{Script, ScriptedDaemon};

/// A daemon that would let everybody in, had it been asked.
fn generous() -> ScriptedDaemon {
    ScriptedDaemon::start(Script::MATCH).unwrap()
}

fn attempt(what: &str, expected: i32, prepare: impl FnOnce(&mut PamHost)) {
    let daemon = generous();
    let stacks = only_face(at(daemon.socket()));
    assert_code(what, authenticate(&stacks, prepare), expected);
    assert!(daemon.stop().is_empty(), "{what}: no connection");
}

#[test]
fn r27_a_remote_login_is_refused_whatever_the_host_is_called() {
    for host in [
        c"example.org",
        c"0.0.0.0",
        c"localhost",
        c"::1",
        c" ",
        c"\xff",
        c"\n",
    ] {
        attempt(&format!("{host:?}"), code::AUTHINFO_UNAVAIL, |pam| {
            pam.set_rhost(host);
        });
    }
    let long = CString::new("x".repeat(1000)).unwrap();
    attempt("a long one", code::AUTHINFO_UNAVAIL, |pam| {
        pam.set_rhost(&long);
    });
}

#[test]
fn r04_an_unknown_user_is_not_asked_about() {
    let long = CString::new("x".repeat(257)).unwrap();
    let huge = CString::new("x".repeat(1_000_000)).unwrap();
    for user in [
        c"no-such-account-here",
        c"",
        c"nobody\n",
        c"nobody ",
        c"\xff",
        c"../nobody",
        &long,
        &huge,
    ] {
        let shown: String = format!("{user:?}").chars().take(40).collect();
        attempt(&shown, code::USER_UNKNOWN, |pam| {
            pam.set_user(Some(user));
        });
    }
}

#[test]
fn r14_items_that_cannot_be_passed_on_are_refused() {
    let long = CString::new("x".repeat(257)).unwrap();
    for value in [c"\xff", c"tty1\x1b[2J", c"a\nb", long.as_c_str()] {
        let refused = |set: fn(&mut PamHost, &CStr) -> i32| {
            attempt(&format!("{value:?}"), code::AUTHINFO_UNAVAIL, |pam| {
                set(pam, value);
            });
        };
        refused(PamHost::set_tty);
        refused(PamHost::set_ruser);
    }
}

#[test]
fn r14_a_wrong_module_argument_is_a_service_error() {
    let daemon = generous();
    let good = at(daemon.socket());
    for wrong in [
        "nonsense",
        "timeout=0",
        "timeout=31",
        "timeout=x",
        "timeout=1",
        "socket=relative",
        "socket=",
        "timeout_result=success",
        "debug=yes",
    ] {
        let stacks = only_face(format!("{good} {wrong}"));
        assert_code(wrong, authenticate(&stacks, |_| {}), code::SERVICE_ERR);
    }
    let long = format!("socket=/{} timeout=1", "x".repeat(107));
    assert_code("long", authenticate(&only_face(long), |_| {}), code::SERVICE_ERR);

    // pamsm refuses what is not UTF-8 before this module's own code runs.
    let stacks = only_face(&good);
    let bytes = [line("auth", "required", &good).trim_end().as_bytes(), b" \xff\n"].concat();
    fs::write(stacks.path().join("face"), bytes).unwrap();
    assert_code("not UTF-8", authenticate(&stacks, |_| {}), code::SERVICE_ERR);
    assert!(daemon.stop().is_empty(), "no connection");
}

#[test]
fn r03_account_session_and_password_grant_nothing() {
    let daemon = generous();
    let stacks = only_face(at(daemon.socket()));
    let alone: String = ["account", "session", "password"]
        .map(|kind| line(kind, "required", at(daemon.socket())))
        .concat();
    stacks.service("alone", &alone).unwrap();
    let permitted: String = ["account", "session", "password"]
        .map(|kind| line(kind, "required", at(daemon.socket())) + &format!("{kind} required pam_permit.so\n"))
        .concat();
    stacks.service("permitted", &permitted).unwrap();

    type Call = fn(&mut PamHost) -> i32;
    let calls: [(&str, Call); 4] = [
        ("acct_mgmt", |host| host.acct_mgmt(0)),
        ("open_session", |host| host.open_session(0)),
        ("close_session", |host| host.close_session(0)),
        ("chauthtok", |host| host.chauthtok(0)),
    ];
    for (name, call) in calls {
        let mut host = PamHost::mute("alone", USER, stacks.path()).unwrap();
        assert_ne!(call(&mut host), code::SUCCESS, "{name} alone");
        // close_session follows what open_session has seen.
        let mut host = PamHost::mute("permitted", USER, stacks.path()).unwrap();
        if name == "close_session" {
            host.open_session(0);
        }
        assert_code(name, call(&mut host), code::SUCCESS);
    }
    assert!(daemon.stop().is_empty(), "no connection");
}
