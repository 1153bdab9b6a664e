//! What the two processes hold and use: rights, descriptors, the camera, processor time.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::ENROLLED;
use facelogin_tests::system::{System, SystemOptions, process, until};

/// Ticks that a process which does nothing may use in a second: its timers, and what the kernel books late.
const IDLE_TICKS: u64 = 3;

#[track_caller]
fn assert_idle(system: &System, when: &str) {
    let both = [system.daemon_pid(), system.vision_pid()];
    // Closing the camera comes after the answer.
    thread::sleep(Duration::from_secs(1));
    let before = both.map(process::ticks);
    thread::sleep(Duration::from_secs(1));
    let used: Vec<u64> = both
        .map(process::ticks)
        .iter()
        .zip(before)
        .map(|(now, then)| now - then)
        .collect();
    assert!(used.iter().all(|ticks| *ticks <= IDLE_TICKS), "{when}: {used:?}");
}

#[test]
fn the_camera_is_closed_after_each_verdict() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    assert_idle(&system, "at the start");
    system.enrol_usual();
    for (scene, expected) in [
        (Scene::of(Portrait::Obama), "PAM_SUCCESS"),
        (Scene::of(Portrait::Biden), "PAM_AUTH_ERR"),
        (Scene::empty(), "PAM_AUTHINFO_UNAVAIL"),
    ] {
        system.show(&scene);
        assert_eq!(code::name(system.login("login", ENROLLED)), expected);
        assert_idle(&system, expected);
    }
}

#[test]
fn r09_logins_leave_no_descriptor_and_no_thread_behind() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    let both = [system.daemon_pid(), system.vision_pid()];
    let held = || {
        both.map(|pid| {
            let threads = process::status(pid)["Threads"].clone();
            (threads, process::descriptors(pid).len())
        })
    };
    let one_of_each = |system: &System| {
        for scene in [
            Scene::of(Portrait::Obama),
            Scene::of(Portrait::Biden),
            Scene::empty(),
        ] {
            system.show(&scene);
            system.login("login", ENROLLED);
        }
        system.cli(&["unlock", "--user", ENROLLED]).expect(0);
    };
    one_of_each(&system);
    system.wait_until_ready();
    // The thread of the last connection ends after its answer.
    thread::sleep(Duration::from_secs(1));
    let before = held();
    for _ in 0..10 {
        one_of_each(&system);
    }
    system.wait_until_ready();
    let mut now = held();
    until(&format!("as it was: {before:?}"), || {
        now = held();
        (now == before).then_some(())
    });
    assert_eq!(both, [system.daemon_pid(), system.vision_pid()]);
}

#[test]
fn the_vision_process_has_no_rights() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    let pid = system.vision_pid();
    let status = process::status(pid);
    let account = ["facelogin", "nobody"]
        .iter()
        .find_map(|name| nix::unistd::User::from_name(name).unwrap())
        .unwrap();
    let all_four = |id: u32| [id.to_string(), id.to_string(), id.to_string(), id.to_string()].join("\t");
    assert_ne!(account.uid.as_raw(), 0);
    assert_eq!(status["Uid"], all_four(account.uid.as_raw()));
    assert_eq!(status["Gid"], all_four(account.gid.as_raw()));
    assert_eq!(status["NoNewPrivs"], "1");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status[set], "0000000000000000", "{set}");
    }
    let video = nix::unistd::Group::from_name("video").unwrap();
    let allowed: Vec<String> = video.iter().map(|group| group.gid.to_string()).collect();
    let groups: Vec<String> = status["Groups"].split_whitespace().map(str::to_owned).collect();
    assert!(groups.iter().all(|group| allowed.contains(group)), "{groups:?}");
    // Not dumpable: nobody of the same account may look into it.
    assert_eq!(process::owner_of_files(pid), 0);
    assert_eq!(process::owner_of_files(system.daemon_pid()), 0);

    let open = process::descriptors(pid);
    let state = system.state();
    assert!(!open.iter().any(|path| path.starts_with(&state)), "{open:?}");
    let database = state.join("faces.db");
    assert!(process::descriptors(system.daemon_pid()).contains(&database));
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let names: Vec<&[u8]> = environment
        .split(|byte| *byte == 0)
        .filter(|one| !one.is_empty())
        .collect();
    let expected = [&b"OPENBLAS_NUM_THREADS=1"[..], b"RTEN_NUM_THREADS=1"];
    assert_eq!(names, expected);
}

#[test]
fn the_vision_process_inherits_nothing_that_is_open() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let open = process::descriptors(system.vision_pid());
    let log = system.path("daemon.log");
    // What whoever started these tests left open for all that they start.
    let ours = process::descriptors(std::process::id());
    let expected = |path: &PathBuf| {
        let text = path.to_string_lossy();
        text.starts_with("socket:") || text == "/dev/null" || *path == log || ours.contains(path)
    };
    assert!(open.iter().all(expected), "{open:?}");
    // Its line to the supervisor, once more for the thread that reads it; no socket that callers come to.
    let sockets = open
        .iter()
        .filter(|path| path.to_string_lossy().starts_with("socket:"));
    let distinct: std::collections::BTreeSet<_> = sockets.collect();
    assert_eq!(distinct.len(), 1, "{open:?}");
}
