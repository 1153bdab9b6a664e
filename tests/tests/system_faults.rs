//! R25: whatever dies, hangs or goes away in the middle of a login, the answer is "unavailable" and the next login works.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use facelogin_tests::pam_host::code;
use facelogin_tests::system::process::{alive, signal};
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::ENROLLED;
use facelogin_tests::system::{System, SystemOptions, Wire, authenticate_in, log_in, method, until};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;

/// A system in whose empty room a login goes on until something happens to it.
fn waiting() -> Option<System> {
    let system = System::start(&SystemOptions::patient())?;
    system.enrol_usual();
    system.stack("login", "timeout=20");
    Some(system)
}

/// A login in a thread: its code, and how long it took.
fn begin_login(system: &mut System) -> JoinHandle<(&'static str, Duration)> {
    let stacks: PathBuf = system.stacks().into();
    let login = thread::spawn(move || {
        let start = Instant::now();
        let result = log_in(&stacks, "login", ENROLLED, |_| {});
        (code::name(result), start.elapsed())
    });
    system.wait_for_vision("busy");
    login
}

#[track_caller]
fn next_login_works(system: &mut System) {
    system.wait_until_ready();
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
    system.show(&Scene::empty());
}

#[test]
fn r25_vision_killed_in_the_middle_of_a_login() {
    let Some(mut system) = waiting() else { return };
    let login = begin_login(&mut system);
    let before = system.vision_pid();
    signal(before, Signal::SIGKILL);
    let (result, time) = login.join().unwrap();
    assert_eq!(result, "PAM_AUTHINFO_UNAVAIL");
    assert!(
        time < Duration::from_secs(19),
        "it waited for its deadline: {time:?}"
    );
    assert_eq!(system.attempt_after(0).reason, "vision_unavailable");
    next_login_works(&mut system);
    assert_ne!(system.vision_pid(), before);
}

#[test]
fn r25_a_hung_vision_process_is_replaced() {
    let Some(mut system) = waiting() else { return };
    system.stack("login", "timeout=5");
    let login = begin_login(&mut system);
    let before = system.vision_pid();
    signal(before, Signal::SIGSTOP);
    let (result, time) = login.join().unwrap();
    assert_eq!(result, "PAM_AUTHINFO_UNAVAIL");
    // The deadline, and seconds for a busy machine.
    assert!(time < Duration::from_secs(5 + 5), "{time:?}");
    until("the hung process is ended", || (!alive(before)).then_some(()));
    next_login_works(&mut system);
}

#[test]
fn r25_a_pipe_in_place_of_a_picture_hangs_nothing() {
    let Some(mut system) = waiting() else { return };
    let pipe = system.replay().join("000.jpg");
    fs::remove_file(&pipe).unwrap();
    nix::unistd::mkfifo(&pipe, Mode::from_bits_truncate(0o644)).unwrap();
    let before = system.vision_pid();
    let (result, attempt) = system.recorded_login("login", ENROLLED);
    assert_eq!(
        (result, attempt.reason.as_str()),
        ("PAM_AUTHINFO_UNAVAIL", "camera_unavailable")
    );
    next_login_works(&mut system);
    assert_eq!(system.vision_pid(), before);
}

#[test]
fn r25_daemon_killed_in_the_middle_of_a_login() {
    let Some(mut system) = waiting() else { return };
    let login = begin_login(&mut system);
    let vision = system.vision_pid();
    signal(system.daemon_pid(), Signal::SIGKILL);
    let (result, time) = login.join().unwrap();
    assert_eq!(result, "PAM_AUTHINFO_UNAVAIL");
    assert!(time < Duration::from_secs(19), "{time:?}");
    until("the vision process lets go of the camera", || {
        (!alive(vision)).then_some(())
    });

    // Absent, with its dead socket still there, and without it.
    system.stop_daemon();
    assert_eq!(
        code::name(system.login("login", ENROLLED)),
        "PAM_AUTHINFO_UNAVAIL"
    );
    let ran = system.cli(&["status"]).expect(4);
    assert!(ran.err.contains("Is it running?"), "{ran:?}");
    fs::remove_file(system.socket()).unwrap();
    assert_eq!(
        code::name(system.login("login", ENROLLED)),
        "PAM_AUTHINFO_UNAVAIL"
    );

    system.start_daemon();
    next_login_works(&mut system);
}

#[test]
fn r25_a_camera_that_cannot_be_used_is_said_so_and_used_again() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    let unavailable = |system: &System, why: &str| {
        let (result, attempt) = system.recorded_login("login", ENROLLED);
        assert_eq!(
            (result, attempt.reason.as_str()),
            ("PAM_AUTHINFO_UNAVAIL", "camera_unavailable"),
            "{why}"
        );
    };
    // As a camera that another program has: it is there, and does not open.
    let mode = |bits| fs::set_permissions(system.replay(), PermissionsExt::from_mode(bits)).unwrap();
    mode(0o700);
    unavailable(&system, "not readable");
    let ran = system.cli(&["test", "--user", ENROLLED]).expect(4);
    assert!(ran.out.contains("the camera is absent, busy"), "{ran:?}");
    mode(0o755);
    // As one that was pulled out.
    for entry in fs::read_dir(system.replay()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    unavailable(&system, "no pictures");
    // As one that sends damaged pictures.
    fs::write(system.replay().join("000.jpg"), b"\xff\xd8\xff\xe0 damaged").unwrap();
    fs::set_permissions(system.replay().join("000.jpg"), PermissionsExt::from_mode(0o644)).unwrap();
    unavailable(&system, "damaged");
    let vision = system.vision_pid();
    next_login_works(&mut system);
    assert_eq!(system.vision_pid(), vision, "a camera's fault costs no restart");
}

#[test]
fn r25_a_client_that_goes_away_cancels_its_scan() {
    let Some(mut system) = waiting() else { return };
    for _ in 0..3 {
        let before = system.recorded();
        let request = serde_json::to_value(authenticate_in(ENROLLED, "login")).unwrap();
        let mut wire = Wire::connect(&system.socket());
        wire.call(&method("Authenticate", request)).unwrap();
        system.wait_for_vision("busy");
        drop(wire);
        let attempt = system.attempt_after(before);
        assert_eq!(
            (attempt.verdict.as_str(), attempt.reason.as_str()),
            ("unavailable", "cancelled")
        );
        // Nobody waits for anything in between.
        system.show(&Scene::of(Portrait::Obama));
        assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
        system.show(&Scene::empty());
    }
    assert!(
        system.status(ENROLLED).lockouts.is_empty(),
        "nothing was compared"
    );
}

#[test]
fn r25_the_daemon_and_its_camera_end_with_a_plain_stop() {
    let Some(mut system) = waiting() else { return };
    let login = begin_login(&mut system);
    let vision = system.vision_pid();
    signal(system.daemon_pid(), Signal::SIGTERM);
    assert_eq!(login.join().unwrap().0, "PAM_AUTHINFO_UNAVAIL");
    until("the vision process ends too", || (!alive(vision)).then_some(()));
    system.stop_daemon();
    // The dead socket is in nobody's way.
    system.start_daemon();
    next_login_works(&mut system);
}
