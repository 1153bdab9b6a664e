//! `facelogin-enroll doctor` against the real daemon: its answers, whose faces it is about, and who may ask.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use facelogin_tests::system::doctor::{SEAT, links, sound, sound_with, told};
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{Ran, SystemOptions, Wire, method, until};
use serde_json::json;

#[test]
fn a_daemon_that_does_not_run_is_a_failure_and_what_hangs_on_it_unknown() {
    let Some((mut system, _bus, _logind)) = sound() else {
        return;
    };
    system.stop_daemon();
    let answer = system.examined(1);
    told(
        &answer,
        "daemon",
        &["failure", "nobody answers", "systemctl restart facelogind"],
    );
    for link in [
        "in effect",
        "vision",
        "camera",
        "faces",
        "lockout",
        "password first",
        "presence",
    ] {
        told(&answer, link, &["unknown"]);
    }
    for link in ["level", "liveness"] {
        told(&answer, link, &["unknown", "once the daemon runs"]);
    }
    told(&answer, "models", &["ok"]);
    assert_eq!(answer["failures"], 1, "{answer:#}");
    fs::remove_file(system.socket()).unwrap();
    told(
        &system.examined(1),
        "socket",
        &["failure", "is not there", "leave --socket out"],
    );

    // Its own logind is gone: nobody tells where the user is.
    system.on_bus(&system.path("no-bus"));
    system.start_daemon();
    system.wait_until_ready();
    told(&system.examined(1), "presence", &["failure", "systemd-logind"]);
}

#[test]
fn a_user_who_is_not_enrolled_or_for_another_engine_only_is_a_failure() {
    let Some((mut system, _bus, _logind)) = sound() else {
        return;
    };
    let answer = system
        .doctor(None, &["--json", "--user", STRANGER])
        .expect(1)
        .json();
    let add = format!("facelogin-enroll add --user {STRANGER}");
    told(&answer, "faces", &["failure", "no face of", &add]);

    let config = fs::read_to_string(system.config()).unwrap();
    system.write_config(&format!("engine = \"onnx\"\n{config}"));
    system.stop_daemon();
    system.start_daemon();
    let answer = until("the daemon answers", || {
        let answer = system.doctor(None, &["--json", "--user", ENROLLED]).json();
        (links(&answer, "daemon").first()?.starts_with("ok")).then_some(answer)
    });
    told(
        &answer,
        "faces",
        &[
            "failure",
            "made by engine dlib-hog-resnet",
            "They stay as they are",
            "facelogin-enroll add",
        ],
    );
    told(
        &answer,
        "models",
        &["failure", "engine onnx", "models fetch --set onnx"],
    );
    told(&answer, "other models", &["ok", "engine dlib"]);
    assert_eq!(system.templates().len(), 1);
}

#[test]
fn r18_what_an_earlier_account_of_the_name_enrolled_is_nobody_s() {
    let Some((mut system, _bus, _logind)) = sound() else {
        return;
    };
    system.stop_daemon();
    let changed = system.database().execute("UPDATE template SET uid = 4242", []);
    assert_eq!(changed.unwrap(), 1);
    system.start_daemon();
    system.wait_until_ready();
    told(
        &system.examined(1),
        "faces",
        &[
            "failure",
            "no face of",
            "1 template of an earlier account",
            "uid 4242",
        ],
    );
}

#[test]
fn r22_a_list_of_cameras_ends_nobody_s_scan_and_says_that_one_is_running() {
    let Some((mut system, _bus, _logind)) = sound_with(
        &SystemOptions::default()
            .rules("timeout_ms = 15000\nno_face_timeout_ms = 15000\npresence = \"seat\""),
    ) else {
        return;
    };
    let mut wire = Wire::connect_as(&system.socket(), uid(ENROLLED));
    wire.call(&method("Test", json!({ "user": ENROLLED }))).unwrap();
    system.wait_for_vision("busy");
    told(&system.examined(0), "camera", &["unknown", "a scan is running"]);
    // As if the scan had begun after doctor had asked how things stand: root waits, and then is told why in vain.
    let listed = system.cli(&["cameras", "--json"]).expect(4);
    assert!(
        listed.err.contains("somebody else's scan is running"),
        "{listed:?}"
    );
    let tested = wire.reply().unwrap();
    assert_eq!(tested["parameters"]["reason"], "nobody_seen", "{tested}");
    system.wait_until_ready();
    system.cli(&["cameras", "--json"]).expect(0);
}

#[test]
fn r22_a_user_who_asks_too_often_is_not_told_that_the_daemon_is_broken() {
    let Some((system, _bus, _logind)) = sound() else {
        return;
    };
    let over = AtomicBool::new(false);
    let ran = thread::scope(|scope| {
        let socket = system.socket();
        let over = &over;
        scope.spawn(move || {
            let mut wire = Wire::connect_as(&socket, uid(ENROLLED));
            while !over.load(Ordering::Relaxed) {
                let reply = wire.ask(&json!({ "method": "org.varlink.service.GetInfo" }));
                assert!(reply.is_some());
            }
        });
        let often = until("the daemon has had enough", || {
            let ran = system.doctor(Some(uid(ENROLLED)), &["--json"]);
            links(&ran.json(), "daemon")
                .first()?
                .starts_with("unknown")
                .then_some(ran)
        });
        over.store(true, Ordering::Relaxed);
        often
    });
    let answer = ran.expect(0).json();
    told(
        &answer,
        "daemon",
        &["unknown", "too many questions", "in a minute"],
    );
    for link in ["camera", "faces"] {
        assert!(!links(&answer, link)[0].starts_with("failure"), "{answer:#}");
    }
}

#[test]
fn a_face_that_waits_for_the_password_is_said_to() {
    let options = SystemOptions::default()
        .rules(SEAT)
        .tables("[password_first]\nafter_boot = true");
    let Some((system, _bus, _logind)) = sound_with(&options) else {
        return;
    };
    told(
        &system.examined(0),
        "password first",
        &["warning", "is not asked until", "log in with the password"],
    );
    let own = system.doctor(Some(uid(ENROLLED)), &["--json"]).expect(0).json();
    told(&own, "password first", &["warning"]);
    let report = json!({ "user": ENROLLED, "uid": uid(ENROLLED), "service": "login" });
    let typed = Wire::connect(&system.socket()).ask(&method("ReportPassword", report));
    assert!(typed.unwrap().get("error").is_none());
    told(&system.examined(0), "password first", &["ok"]);
    let shown = system.cli(&["status", "--user", ENROLLED]).expect(0).out;
    assert!(shown.contains("was typed, and the face is asked"), "{shown}");
}

#[test]
fn r22_an_ordinary_user_sees_the_own_chain_and_which_links_are_root_s() {
    let Some((system, _bus, _logind)) = sound() else {
        return;
    };
    let own = |arguments: &[&str]| -> Ran { system.doctor(Some(uid(ENROLLED)), arguments) };
    let answer = own(&["--json"]).expect(0).json();
    assert_eq!(
        (&answer["root"], &answer["user"]),
        (&false.into(), &ENROLLED.into())
    );
    told(&answer, "faces", &["ok", "1 template"]);
    told(&answer, "pam module", &["ok"]);
    told(
        &answer,
        "in effect",
        &[
            "unknown",
            "only root can see that",
            "sudo facelogin-enroll doctor",
        ],
    );
    own(&["--json", "--user", ENROLLED]).expect(0);
    let ran = own(&["--user", STRANGER]).expect(3);
    assert!(!ran.out.contains(STRANGER), "{ran:?}");
    own(&["--user", "no-such-user"]).expect(3);

    // What they may not read is no fault.
    fs::set_permissions(system.config(), PermissionsExt::from_mode(0o600)).unwrap();
    let answer = own(&["--json"]).expect(0).json();
    told(&answer, "configuration", &["unknown", "only root can see that"]);
    told(&answer, "in effect", &["unknown"]);
    // The daemon tells everybody so much.
    told(&answer, "level", &["", " balanced: aims at"]);
    told(&answer, "liveness", &["unknown", "the daemon says: on"]);
}
