//! What the real module holds while it talks to the user: nothing.
//!
//! One test alone in its process, so that nobody else's sockets and memory are counted.
#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::CString;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use common::{USER, assert_code, at, only_face, root};
use facelogin_tests::pam_host::{Answer, Message, PamHost, code};
use facelogin_tests::scripted::{Script, ScriptedProcess};

fn sockets() -> usize {
    let targets = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let names = targets.filter_map(|entry| fs::read_link(entry.path()).ok());
    names
        .filter(|name| name.to_string_lossy().starts_with("socket:"))
        .count()
}

#[test]
fn r11_no_connection_is_open_during_a_conversation_no_deadline_runs_and_responses_are_freed() {
    if !root() {
        return;
    }
    let scripts = [Script::CONSENT, Script::Elevation];
    let daemon = ScriptedProcess::start(env!("CARGO_BIN_EXE_scripted-daemon"), &scripts, None).unwrap();
    let stacks = only_face(at(daemon.socket()));
    // libc's own syslog(3) opens its socket at its first use and keeps it.
    let refused = only_face("nonsense");
    PamHost::mute("face", USER, refused.path())
        .unwrap()
        .authenticate(0);
    let before = sockets();
    let talk = move |_: &Message| {
        // A person takes longer than the module's whole deadline of 1 s.
        sleep(Duration::from_millis(1200));
        match sockets() == before {
            true => Answer::Text(c"".to_owned()),
            false => Answer::Fail,
        }
    };
    let mut host = PamHost::start("face", Some(USER), stacks.path(), talk).unwrap();
    assert_code("an empty answer, a match", host.authenticate(0), code::SUCCESS);
    assert_eq!(host.messages().len(), 2, "the prompt, the elevation");
    assert_eq!(sockets(), before);
    host.end();

    responses_are_freed();
}

/// Bytes that are allocated with malloc(3) and not freed.
#[allow(unsafe_code)]
fn allocated() -> usize {
    // SAFETY: it takes nothing and only counts.
    unsafe { nix::libc::mallinfo2() }.uordblks
}

fn responses_are_freed() {
    let daemon =
        ScriptedProcess::start(env!("CARGO_BIN_EXE_scripted-daemon"), &[Script::CONSENT], None).unwrap();
    let stacks = only_face(at(daemon.socket()));
    let password = CString::new("x".repeat(500)).unwrap();
    let talk = move |_: &Message| Answer::Text(password.clone());
    let mut host = PamHost::start("face", Some(USER), stacks.path(), talk).unwrap();
    let mut calls = |count: usize| {
        for _ in 0..count {
            assert_code("a password", host.authenticate(0), code::AUTHINFO_UNAVAIL);
        }
        allocated()
    };
    let before = calls(10);
    let grown = calls(200).saturating_sub(before);
    // The host remembers each message, which takes less than 100 bytes; a password left behind would take 500.
    assert!(grown < 200 * 250, "{grown} bytes more after 200 passwords");
}
