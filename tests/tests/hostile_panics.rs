//! A panic in each hook of the module, in a build that can be told to.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/host.rs"]
mod host;

use common::{USER, at, root};
use facelogin_tests::bins;
use facelogin_tests::hostile::{Case, Entry};
use facelogin_tests::pam_host::{ConfDir, code, flag};
use facelogin_tests::scripted::{Script, ScriptedDaemon};
use host::{host, names};

/// The calls, each with the hook's name.
const CALLS: [(Entry, &str); 6] = [
    (Entry::Authenticate(0), "authenticate"),
    (Entry::SetCred(flag::ESTABLISH_CRED), "setcred"),
    (Entry::Account, "account"),
    (Entry::OpenSession, "open_session"),
    (Entry::CloseSession, "close_session"),
    (Entry::Password, "password"),
];

/// A stack with the module in each part.
fn everywhere(arguments: &str) -> ConfDir {
    let stacks = ConfDir::new().unwrap();
    let module = bins::rigged_module();
    let lines: String = ["auth", "account", "password", "session"]
        .iter()
        .map(|kind| {
            let line = format!("{kind} required {} {arguments}\n", module.display());
            match *kind {
                "auth" => line,
                // Alone, a module that answers PAM_IGNORE leaves nothing to go by.
                _ => format!("{line}{kind} required pam_permit.so\n"),
            }
        })
        .collect();
    stacks.service("face", &lines).unwrap();
    stacks
}

#[test]
fn r10_a_panic_in_any_hook_is_a_code_and_the_host_lives() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::start(Script::MATCH).unwrap();
    for told in CALLS.iter().map(|(_, hook)| *hook).chain(["none"]) {
        let stacks = everywhere(&format!("{} panic={told}", at(daemon.socket())));
        let case = Case {
            calls: CALLS.iter().map(|(call, _)| *call).collect(),
            repeat: 20,
            ..Case::new(stacks.path(), USER)
        };
        let report = host(told, &case);
        let expected = CALLS.map(|(_, hook)| match (told, hook) {
            // What belongs to another call, libpam judges by that call's codes: ours was PAM_IGNORE or a failure.
            ("close_session", "close_session") => code::SUCCESS,
            _ if told == hook => code::SERVICE_ERR,
            ("authenticate", "setcred") | ("open_session", "close_session") => code::PERM_DENIED,
            _ => code::SUCCESS,
        });
        for round in report.codes.chunks(CALLS.len()) {
            assert_eq!(names(round), names(&expected), "panic={told}");
        }
    }
    // Without the call that it belongs to, the hook's own code is seen.
    let stacks = everywhere("panic=close_session");
    let case = Case {
        calls: vec![Entry::CloseSession],
        ..Case::new(stacks.path(), USER)
    };
    assert_eq!(
        names(&host("close_session alone", &case).codes),
        ["PAM_SERVICE_ERR"]
    );
}
