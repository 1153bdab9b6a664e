//! The real module in the stacks that people write: after a match the whole login completes (R3).
#![allow(clippy::unwrap_used)]

mod common;

use common::{USER, assert_code, at, line, root};
use facelogin_protocol::types::{Reason, Verdict};
use facelogin_tests::pam_host::{ConfDir, PamHost, code, flag};
use facelogin_tests::scripted::{Script, ScriptedDaemon};

/// The module under `control`, what follows it, and a `pam_permit` account.
fn stack(daemon: &ScriptedDaemon, control: &str, after: &str) -> ConfDir {
    let stacks = ConfDir::new().unwrap();
    let auth = line("auth", control, at(daemon.socket()));
    let account = line("account", "required", at(daemon.socket()));
    stacks
        .service(
            "login",
            &format!("{auth}{after}\n{account}account required pam_permit.so"),
        )
        .unwrap();
    stacks
}

fn completes(stacks: &ConfDir) {
    let mut host = PamHost::mute("login", USER, stacks.path()).unwrap();
    assert_code("pam_authenticate", host.authenticate(0), code::SUCCESS);
    for flags in [
        flag::ESTABLISH_CRED,
        flag::REINITIALIZE_CRED,
        flag::REFRESH_CRED,
        flag::ESTABLISH_CRED | flag::SILENT,
        flag::DELETE_CRED,
    ] {
        assert_code(
            format!("pam_setcred {flags:#x}"),
            host.setcred(flags),
            code::SUCCESS,
        );
    }
    assert_code("pam_acct_mgmt", host.acct_mgmt(0), code::SUCCESS);
}

fn authenticate(stacks: &ConfDir) -> i32 {
    PamHost::mute("login", USER, stacks.path())
        .unwrap()
        .authenticate(0)
}

const DENY: &str = "auth required pam_deny.so";
const DENY_THEN_PERMIT: &str = "auth required pam_deny.so\nauth required pam_permit.so";
const PERMIT: &str = "auth required pam_permit.so";

#[test]
fn r03_a_match_completes_the_login_in_every_kind_of_stack() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::start(Script::MATCH).unwrap();
    completes(&stack(&daemon, "sufficient", DENY));
    completes(&stack(&daemon, "[success=1 default=ignore]", DENY_THEN_PERMIT));
    completes(&stack(&daemon, "[success=done default=ignore]", DENY));
    completes(&stack(&daemon, "required", PERMIT));
    completes(&stack(&daemon, "required", ""));
}

#[test]
fn r03_without_a_match_the_next_module_decides() {
    if !root() {
        return;
    }
    for script in [
        Script::Answer(Verdict::NoMatch, Reason::NotMatching),
        Script::Answer(Verdict::Unavailable, Reason::NobodySeen),
        Script::Answer(Verdict::LockedOut, Reason::LockedOut),
        Script::OtherId,
        Script::Close,
    ] {
        let daemon = ScriptedDaemon::start(script).unwrap();
        for (control, after) in [
            ("sufficient", DENY),
            ("[success=1 default=ignore]", DENY_THEN_PERMIT),
            ("[success=done default=ignore]", DENY),
            ("required", PERMIT),
            ("requisite", PERMIT),
        ] {
            assert_ne!(
                authenticate(&stack(&daemon, control, after)),
                code::SUCCESS,
                "{control}"
            );
        }
        // The password that follows still works, with its credentials.
        completes(&stack(&daemon, "sufficient", PERMIT));
        completes(&stack(&daemon, "[success=1 default=ignore]", PERMIT));
    }
}
