//! R21: what counts, what it leads to, and what ends it.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::ENROLLED;
use facelogin_tests::system::{System, SystemOptions, Wire, authenticate_in, method};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

fn counted(system: &System) -> Vec<(String, u32)> {
    let lockouts = system.status(ENROLLED).lockouts;
    lockouts
        .into_iter()
        .map(|one| (one.class, one.failures))
        .collect()
}

fn login(system: &System, service: &str) -> &'static str {
    code::name(system.login(service, ENROLLED))
}

#[test]
fn r21_five_mismatches_lock_one_entry_until_root_unlocks_it() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    // Empty rooms and crowds are no mismatches.
    for scene in [
        Scene::empty(),
        Scene::two_people(Portrait::Biden, Portrait::Obama),
    ] {
        system.show(&scene);
        assert_eq!(login(&system, "login"), "PAM_AUTHINFO_UNAVAIL");
    }
    assert!(counted(&system).is_empty());

    system.show(&Scene::of(Portrait::Biden));
    for number in 1..=5 {
        assert_eq!(login(&system, "login"), "PAM_AUTH_ERR");
        assert_eq!(counted(&system), [("tty".into(), number)]);
    }
    // Root's own test of a face counts for nothing, and is not refused.
    system.cli(&["test", "--user", ENROLLED]).expect(1);

    // Locked, for the right face too, and without a look.
    system.show(&Scene::of(Portrait::Obama));
    let (result, attempt) = system.recorded_login("login", ENROLLED);
    assert_eq!(
        (result, attempt.verdict.as_str(), attempt.frames),
        ("PAM_MAXTRIES", "locked_out", 0)
    );
    assert_eq!(
        counted(&system),
        [("tty".into(), 5)],
        "being refused does not count"
    );
    assert_eq!(login(&system, "gdm-password"), "PAM_SUCCESS", "another entry");

    system.restart_daemon();
    assert_eq!(login(&system, "login"), "PAM_MAXTRIES");
    let status = system.cli(&["status", "--user", ENROLLED]).expect(0);
    assert!(
        status.out.contains("tty: 5 mismatches, locked for"),
        "{}",
        status.out
    );
    assert_eq!(login(&system, "gdm-password"), "PAM_SUCCESS");

    let ran = system.cli(&["unlock", "--user", ENROLLED]).expect(0);
    assert!(ran.out.contains("Cleared 1 counter"), "{ran:?}");
    assert!(counted(&system).is_empty());
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");
}

#[test]
fn r21_a_match_forgets_the_mismatches_of_its_entry() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    for service in ["login", "login", "gdm-password", "swaylock"] {
        assert_eq!(login(&system, service), "PAM_AUTH_ERR");
    }
    let mut all = counted(&system);
    all.sort();
    let expected = [("greeter", 1), ("locker", 1), ("tty", 2)];
    assert_eq!(all, expected.map(|(class, count)| (class.to_owned(), count)));
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");
    let left: Vec<String> = counted(&system).into_iter().map(|(class, _)| class).collect();
    assert_eq!(left.len(), 2);
    assert!(!left.contains(&"tty".into()), "{left:?}");
}

#[test]
fn r21_the_limits_are_the_configuration_s() {
    let options = SystemOptions::default()
        .tables("[lockout]\nfailures = 1\nfirst_wait_seconds = 10\nmax_wait_seconds = 3600");
    let Some(system) = System::start(&options) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    assert_eq!(login(&system, "login"), "PAM_AUTH_ERR");
    assert_eq!(login(&system, "login"), "PAM_MAXTRIES");
    let lockouts = system.status(ENROLLED).lockouts;
    assert!((1..=10).contains(&lockouts[0].remaining_seconds), "{lockouts:?}");
}

#[test]
fn r21_leaving_after_a_mismatch_counts() {
    // The first picture alone is enough for a comparison; then the room is empty, and the scan goes on.
    let options = SystemOptions {
        fps: 1,
        ..SystemOptions::default().rules("frames = 1\ntimeout_ms = 30000\nno_face_timeout_ms = 30000")
    };
    let Some(system) = System::start(&options) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden).then(&Scene::empty(), 60));
    let opened = Inotify::init(InitFlags::IN_CLOEXEC).unwrap();
    opened
        .add_watch(&system.replay(), AddWatchFlags::IN_OPEN)
        .unwrap();
    let mut wire = Wire::connect(&system.socket());
    let request = serde_json::to_value(authenticate_in(ENROLLED, "login")).unwrap();
    wire.call(&method("Authenticate", request)).unwrap();
    // When the vision process opens a second picture it has told of the first, whatever the speed of the machine.
    let second = |name: &std::ffi::OsStr| {
        name.to_str()
            .is_some_and(|name| name.ends_with(".jpg") && name != "000.jpg")
    };
    while !opened
        .read_events()
        .unwrap()
        .iter()
        .any(|event| event.name.as_deref().is_some_and(second))
    {}
    // What it told is on its way to the supervisor.
    std::thread::sleep(Duration::from_millis(500));
    drop(wire);
    let attempt = system.attempt_after(0);
    assert_eq!(
        (attempt.verdict.as_str(), attempt.reason.as_str()),
        ("unavailable", "cancelled"),
        "{attempt:?}"
    );
    assert_eq!(counted(&system), [("tty".into(), 1)]);
}
