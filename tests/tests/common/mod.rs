//! What the tests of the PAM module share.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr)]

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use facelogin_tests::bins;
use facelogin_tests::pam_host::{ConfDir, PamHost, code};
use facelogin_tests::scripted::{Script, ScriptedDaemon, Seen};

/// An account that every Unix system has and nobody logs in to; its uid.
pub const USER: &str = "nobody";

/// The module asks only root; a scripted daemon of an ordinary user would be refused for that alone.
pub fn root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        eprintln!("skipped: the scripted daemon must run as root, for the module asks nobody else");
    }
    root
}

pub fn uid() -> u32 {
    nix::unistd::User::from_name(USER).unwrap().unwrap().uid.as_raw()
}

/// A line of a stack: the built module under this control, with these arguments.
pub fn line(kind: &str, control: &str, arguments: impl Display) -> String {
    format!("{kind} {control} {} {arguments}\n", bins::module().display())
}

/// Stacks with a service `face` that has nothing but the module to authenticate with.
pub fn only_face(arguments: impl Display) -> ConfDir {
    let stacks = ConfDir::new().unwrap();
    let auth = line("auth", "required", arguments);
    stacks
        .service("face", &format!("{auth}account required pam_permit.so"))
        .unwrap();
    stacks
}

/// Arguments for a daemon at `socket`, with the shortest deadline there is.
pub fn at(socket: &Path) -> String {
    format!("socket={} timeout=1", socket.display())
}

/// `pam_authenticate` in service `face`; that it ends, long before a person would give up, is checked every time.
pub fn authenticate(stacks: &ConfDir, prepare: impl FnOnce(&mut PamHost)) -> i32 {
    let mut host = PamHost::mute("face", USER, stacks.path()).unwrap();
    prepare(&mut host);
    let start = Instant::now();
    let result = host.authenticate(0);
    assert!(start.elapsed() < Duration::from_secs(5), "it did not end in time");
    assert!(
        ![code::IGNORE, code::INCOMPLETE].contains(&result),
        "R1: {}",
        code::name(result)
    );
    assert!(host.messages().is_empty(), "this module says nothing");
    result
}

/// One attempt against one script, with further module arguments: the code, and what the daemon saw.
pub fn against(script: Script, arguments: &str) -> (i32, Vec<Seen>) {
    let daemon = ScriptedDaemon::start(script).unwrap();
    let stacks = only_face(format!("{} {arguments}", at(daemon.socket())));
    let result = authenticate(&stacks, |_| {});
    (result, daemon.stop())
}

/// Compares codes by name.
#[track_caller]
pub fn assert_code(what: impl Display, result: i32, expected: i32) {
    assert_eq!(code::name(result), code::name(expected), "{what}");
}
