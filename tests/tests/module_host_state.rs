//! What the real module leaves behind in the program that loaded it: nothing.
//!
//! One test alone in its process, so that nobody else's threads and descriptors are counted.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use common::{USER, at, only_face, root};
use facelogin_protocol::types::{Reason, Verdict};
use facelogin_tests::pam_host::{PamHost, code};
use facelogin_tests::scripted::{Script, ScriptedProcess};

/// What a module could change in its host.
#[derive(Debug, PartialEq)]
struct State {
    descriptors: BTreeMap<String, PathBuf>,
    threads: usize,
    /// Lines of `/proc/self/status`: uids, gids, umask, signal dispositions and masks.
    status: Vec<String>,
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

fn state() -> State {
    let kept = [
        "Uid:",
        "Gid:",
        "Umask:",
        "SigBlk:",
        "SigIgn:",
        "SigCgt:",
        "NoNewPrivs:",
    ];
    State {
        descriptors: fs::read_dir("/proc/self/fd")
            .unwrap()
            .flatten()
            // The descriptor of this very listing is gone by now and drops out here.
            .filter_map(|entry| {
                let target = fs::read_link(entry.path()).ok()?;
                Some((entry.file_name().into_string().ok()?, target))
            })
            .filter(|(_, target)| !target.ends_with("fd"))
            .collect(),
        threads: fs::read_dir("/proc/self/task").unwrap().count(),
        status: fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .filter(|line| kept.iter().any(|name| line.starts_with(name)))
            .map(str::to_owned)
            .collect(),
        folder: env::current_dir().unwrap(),
        environment: env::vars_os().collect(),
    }
}

#[test]
fn r07_r09_r12_the_host_is_as_it_was_after_every_script() {
    if !root() {
        return;
    }
    let scripts = [
        Script::MATCH,
        Script::Answer(Verdict::NoMatch, Reason::NotMatching),
        Script::Elevation,
        // The prompt fails: nobody answers.
        Script::CONSENT,
        Script::EarlyMatch,
        Script::OtherId,
        Script::Twice,
        Script::MatchAndStay,
        Script::Drip(20),
        Script::Cut(0),
        Script::Cut(50),
        Script::Bytes(vec![b'x'; 10_000]),
        Script::Silence,
        Script::Ignore,
        Script::Close,
        Script::Deaf,
    ];
    let program = env!("CARGO_BIN_EXE_scripted-daemon");
    let daemon = ScriptedProcess::start(program, &scripts, None).unwrap();
    let stacks = only_face(at(daemon.socket()));
    let refused = only_face("nonsense");
    // libc's own syslog(3) and the name service open what they keep at their first use.
    PamHost::mute("face", "root", refused.path())
        .unwrap()
        .authenticate(0);
    nix::unistd::User::from_name(USER).unwrap();

    let before = state();
    assert!(before.status.len() >= 6, "{:?}", before.status);
    let mut host = PamHost::mute("face", USER, stacks.path()).unwrap();
    for script in &scripts {
        let result = host.authenticate(0);
        let only_the_match = matches!(script, Script::Answer(Verdict::Match, _) | Script::Elevation);
        assert_eq!(result == code::SUCCESS, only_the_match, "{script:?}");
        assert_eq!(state(), before, "{script:?}");
    }
    host.end();
    assert_eq!(state(), before, "after pam_end");
}
