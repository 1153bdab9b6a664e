//! Running a hostile host, and what holds for every one of them.
#![allow(dead_code, clippy::unwrap_used)]

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

use facelogin_protocol::types::{Reason, Verdict};
use facelogin_tests::hostile::{Case, Report, run};
use facelogin_tests::pam_host::{ConfDir, code};
use facelogin_tests::scripted::{Script, ScriptedDaemon};
use nix::unistd::geteuid;

use crate::common::{at, only_face};

pub const HOST: &str = env!("CARGO_BIN_EXE_hostile-host");

pub const MISMATCH: Script = Script::Answer(Verdict::NoMatch, Reason::NotMatching);

/// Runs the case and checks what holds for every host.
#[track_caller]
pub fn host(what: &str, case: &Case) -> Report {
    let outcome = run(HOST, case).unwrap();
    assert!(outcome.status.success(), "{what}: {}", outcome.status);
    assert_eq!(String::from_utf8_lossy(&outcome.output), "", "{what}: it prints");
    let report = outcome.report.unwrap();
    assert_eq!(report.after, report.before, "{what}");
    assert_eq!(report.ended, report.before, "{what}: after pam_end");
    for code in &report.codes {
        assert!(![code::IGNORE, code::INCOMPLETE].contains(code), "{what}: R1");
    }
    let calls = case.calls.len() * case.repeat as usize * case.threads as usize;
    assert_eq!(report.codes.len(), calls, "{what}");
    report
}

/// A daemon that follows the scripts in turn, and stacks for it, both open to every uid.
pub fn stage(scripts: Vec<Script>) -> (ScriptedDaemon, ConfDir) {
    let daemon = ScriptedDaemon::sequence(scripts).unwrap();
    let stacks = only_face(at(daemon.socket()));
    for folder in [daemon.socket().parent().unwrap(), stacks.path()] {
        set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    set_permissions(daemon.socket(), Permissions::from_mode(0o666)).unwrap();
    (daemon, stacks)
}

/// Whether the module believes a daemon in this process. If not, everything else still holds.
pub fn believed() -> bool {
    geteuid().is_root()
}

/// What the daemon's word comes to.
pub fn if_believed(code: i32) -> i32 {
    if believed() { code } else { code::SERVICE_ERR }
}

/// Codes by name.
pub fn names(codes: &[i32]) -> Vec<&'static str> {
    codes.iter().map(|code| code::name(*code)).collect()
}
