//! Logins through real libpam, the real module and both processes of the real daemon, on a replayed camera.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{Attempt, System, SystemOptions, until};

fn brief<'a>(result: &'a (&'static str, Attempt)) -> (&'static str, &'a str, &'a str) {
    (result.0, &result.1.verdict, &result.1.reason)
}

#[test]
fn r01_r03_each_scene_gets_its_code() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    use Portrait::{Biden, Obama, Obama2, Obama3};
    let matched = ("PAM_SUCCESS", "match", "matched");
    let several = ("PAM_AUTHINFO_UNAVAIL", "unavailable", "several_faces");
    for (what, scene, expected) in [
        ("same person", Scene::photograph(Obama3), matched),
        ("same person, moving", Scene::moving(Obama), matched),
        (
            "another person",
            Scene::photograph(Biden),
            ("PAM_AUTH_ERR", "no_match", "not_matching"),
        ),
        (
            "an empty room",
            Scene::empty(),
            ("PAM_AUTHINFO_UNAVAIL", "unavailable", "nobody_seen"),
        ),
        ("two people", Scene::two_people(Obama, Biden), several),
        ("the same one twice", Scene::two_people(Obama, Obama2), several),
        ("a bystander", Scene::with_bystander(Obama, Biden), matched),
        (
            "an impostor before the enrolled one",
            Scene::with_bystander(Biden, Obama),
            ("PAM_AUTH_ERR", "no_match", "not_matching"),
        ),
    ] {
        system.show(&scene);
        let result = system.recorded_login("login", ENROLLED);
        assert_eq!(brief(&result), expected, "{what}: {result:?}");
        assert!(result.1.frames > 0, "{what}: {result:?}");
        assert_eq!((result.1.class.as_str(), result.1.peer_uid), ("tty", 0));
    }
}

#[test]
fn the_audit_trail_has_a_line_a_decision_and_no_distance() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    if Path::new("/dev/log").exists() {
        // Then the lines are the system log's.
        return;
    }
    system.enrol_usual();
    system.show(&Scene::two_people(Portrait::Obama, Portrait::Biden));
    system.login("login", ENROLLED);
    let line = until("a line about the login", || {
        let log = system.log();
        let line = log.lines().find(|line| line.contains("action=authenticate"));
        line.map(str::to_owned)
    });
    for part in [
        "user=games uid=5 service=login",
        "peer_uid=0 verdict=unavailable reason=several_faces ms=",
    ] {
        assert!(line.contains(part), "{line}");
    }
    assert!(system.log().contains("action=enrol user=games"));
    assert!(!system.log().contains("distance"), "{}", system.log());
}

#[test]
fn r04_r05_r06_r27_who_may_not_ask_never_opens_the_camera() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    // In turn a face that would match, and a camera that would fail: neither makes a difference to the answer.
    for camera_works in [true, false] {
        system.show(&Scene::of(Portrait::Obama));
        let mode = if camera_works { 0o755 } else { 0o700 };
        fs::set_permissions(system.replay(), PermissionsExt::from_mode(mode)).unwrap();
        let refused = |service: &str, user: &str, reason: &str| {
            let (result, attempt) = system.recorded_login(service, user);
            assert_eq!(
                (result, attempt.reason.as_str(), attempt.frames),
                ("PAM_AUTHINFO_UNAVAIL", reason, 0),
                "{service} {user}"
            );
        };
        refused("login", STRANGER, "not_enrolled");
        for service in ["sshd", "sudo", "su", "unlisted"] {
            refused(service, ENROLLED, "service_not_allowed");
        }
        let before = system.recorded();
        let remote = system.login_with("login", ENROLLED, |host| {
            host.set_rhost(c"0.0.0.0");
        });
        assert_eq!(code::name(remote), "PAM_AUTHINFO_UNAVAIL");
        let unknown = system.login("login", "no-such-user");
        assert_eq!(code::name(unknown), "PAM_USER_UNKNOWN");
        // The module does not even ask about those two.
        assert_eq!(system.recorded(), before);
    }
    let (result, attempt) = system.recorded_login("login", ENROLLED);
    assert_eq!(
        (result, attempt.reason.as_str()),
        ("PAM_AUTHINFO_UNAVAIL", "camera_unavailable"),
        "the camera was indeed unusable"
    );
}

#[test]
fn r05_r27_the_daemon_does_not_rely_on_the_module() {
    use facelogin_protocol::types::{AuthenticateIn, Reason, Verdict};
    use facelogin_protocol::{Client, Deadline};
    use facelogin_tests::system::authenticate_in;

    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    let ask = |change: &dyn Fn(&mut AuthenticateIn)| {
        let mut request = authenticate_in(ENROLLED, "login");
        change(&mut request);
        let deadline = Deadline::after(std::time::Duration::from_secs(30));
        let answer = Client::connect(&system.socket(), deadline)
            .and_then(|client| client.authenticate(&request, deadline))
            .unwrap();
        (answer.verdict, answer.reason)
    };
    assert_eq!(ask(&|_| {}), (Verdict::Match, Reason::Matched));
    assert_eq!(
        ask(&|request| request.rhost = Some("10.0.0.1".into())),
        (Verdict::Unavailable, Reason::Remote)
    );
    assert_eq!(
        ask(&|request| request.uid = uid(STRANGER)),
        (Verdict::UnknownUser, Reason::UnknownUser)
    );
    assert_eq!(
        ask(&|request| request.user = "no-such-user".into()),
        (Verdict::UnknownUser, Reason::UnknownUser)
    );
    assert_eq!(
        ask(&|request| request.service = "sshd".into()),
        (Verdict::Unavailable, Reason::ServiceNotAllowed)
    );
}
