//! `facelogin-enroll doctor` against the real daemon: the chain as it should be, and each of its links broken.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use facelogin_tests::system::logind::{Bus, Logind, Session};
use facelogin_tests::system::machine::FACE_THEN_PASSWORD;
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{Ran, System, SystemOptions, until};
use serde_json::Value;

/// Who looks after the seat in the tests that ask.
const SEAT: &str = "timeout_ms = 4000\nno_face_timeout_ms = 700\npresence = \"seat\"";

/// All links of this name, as `STATE FOUND -> REMEDY`.
fn links(answer: &Value, name: &str) -> Vec<String> {
    let links = answer["links"].as_array().unwrap();
    let of_name = links.iter().filter(|link| link["link"] == name);
    let line = |link: &Value| {
        let text = |key: &str| link[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} -> {}", text("state"), text("found"), text("remedy"))
    };
    of_name.map(line).collect()
}

/// The link begins so, and has all of these words.
#[track_caller]
fn told(answer: &Value, name: &str, words: &[&str]) {
    let links = links(answer, name);
    let (state, words) = words.split_first().unwrap();
    let fits = |link: &&String| link.starts_with(state) && words.iter().all(|word| link.contains(word));
    assert!(
        links.iter().any(|link| fits(&link)),
        "{name}: {state} {words:?}: {links:?}"
    );
}

#[track_caller]
fn examined(system: &System, code: i32) -> Value {
    system
        .doctor(None, &["--json", "--user", ENROLLED])
        .expect(code)
        .json()
}

/// With a logind of its own, somebody enrolled, and facelogin installed.
fn sound() -> Option<(System, Bus, Logind)> {
    let mut system = System::prepare(&SystemOptions::default().rules(SEAT))?;
    let bus = Bus::start();
    let logind = Logind::on(&bus.socket(), &[Session::desk(uid(ENROLLED))]);
    system.on_bus(&bus.socket());
    system.start_daemon();
    system.wait_until_ready();
    system.install();
    system.enrol_usual();
    Some((system, bus, logind))
}

#[test]
fn a_chain_without_a_broken_link_exits_with_success_and_nothing_was_changed() {
    let Some((system, _bus, _logind)) = sound() else {
        return;
    };
    let before = system.attempts();
    let answer = examined(&system, 0);
    for (link, words) in [
        (
            "pam module",
            &["ok", "pam_facelogin.so is root's, and can be loaded"][..],
        ),
        (
            "logins",
            &[
                "ok",
                "the password works behind it: gdm-password, login, swaylock",
            ],
        ),
        ("socket", &["ok", "everybody may ask"]),
        ("daemon", &["ok", env!("CARGO_PKG_VERSION"), "of this version"]),
        ("in effect", &["ok"]),
        ("vision", &["ok", "ready, with engine dlib-hog-resnet"]),
        ("models", &["ok", "engine dlib"]),
        (
            "other models",
            &["ok", "engine onnx, which is not in use", "not there"],
        ),
        ("faces", &["ok", "1 template for colour cameras"]),
        ("level", &["ok", "balanced: aims at"]),
        ("lockout", &["ok", "no mismatch"]),
        ("presence", &["ok", "seat; logind answers"]),
        // Pictures in place of a camera, and no networks: allowed, and said.
        ("configuration", &["warning", "is valid", "camera.allow_virtual"]),
        ("camera", &["warning", "pictures from a folder"]),
        (
            "liveness",
            &[
                "warning",
                "`on` amounts to nothing",
                "models fetch --set liveness",
            ],
        ),
    ] {
        told(&answer, link, words);
    }
    assert_eq!(
        (&answer["failures"], &answer["unknown"], &answer["user"]),
        (&0.into(), &0.into(), &ENROLLED.into()),
        "{answer:#}"
    );
    let text = system.doctor(None, &["--user", ENROLLED]).expect(0);
    assert!(
        text.out
            .ends_with("15 links: 12 ok, 3 warnings, 0 failures, 0 unknown.\n"),
        "{text:?}"
    );
    // Root that names nobody is asked whom it means.
    let nobody = system.doctor(None, &["--json"]).expect(0).json();
    told(&nobody, "faces", &["unknown", "--user NAME"]);
    system.doctor(None, &["--user", "no-such-user"]).expect(5);
    assert_eq!(system.attempts(), before);
    assert_eq!(system.status(ENROLLED).vision, "ready");
}

#[test]
fn a_configuration_that_is_broken_missing_or_not_in_effect_is_a_failure() {
    let Some((system, _bus, _logind)) = sound() else {
        return;
    };
    let good = fs::read_to_string(system.config()).unwrap();
    system.write_config(&format!("frames = 5\n{good}"));
    let answer = examined(&system, 1);
    told(&answer, "configuration", &["warning", "is valid"]);
    told(
        &answer,
        "in effect",
        &["failure", "another configuration", "systemctl restart facelogind"],
    );

    // A comment changes nothing.
    system.write_config(&format!("# frames = 5\n{good}"));
    told(&examined(&system, 0), "in effect", &["ok"]);

    system.write_config(&format!("frames = 0\n{good}"));
    let answer = examined(&system, 1);
    told(
        &answer,
        "configuration",
        &[
            "failure",
            "facelogin.toml:1: frames",
            "config check",
            "systemctl restart facelogind",
        ],
    );
    told(&answer, "in effect", &["unknown"]);
    told(&answer, "faces", &["ok"]);

    system.write_config(&good);
    fs::set_permissions(system.config(), PermissionsExt::from_mode(0o666)).unwrap();
    told(&examined(&system, 1), "configuration", &["failure", "chmod 644"]);
    fs::remove_file(system.config()).unwrap();
    told(
        &examined(&system, 1),
        "configuration",
        &["failure", "no such file", "make install"],
    );
}

#[test]
fn a_module_that_is_missing_cut_off_or_writable_and_a_stack_that_is_broken_are_failures() {
    let Some((system, _bus, _logind)) = sound() else {
        return;
    };
    let module = system.installed_module();
    let whole = fs::read(&module).unwrap();

    // It has its beginning and not its data: loading it ends the process that does it.
    fs::write(&module, &whole[..256 * 1024]).unwrap();
    told(
        &examined(&system, 1),
        "pam module",
        &[
            "failure",
            "cannot be loaded",
            "ends whoever loads it",
            "make install",
        ],
    );
    fs::write(&module, "not a module").unwrap();
    told(
        &examined(&system, 1),
        "pam module",
        &["failure", "cannot be loaded"],
    );
    fs::write(&module, &whole).unwrap();
    fs::set_permissions(&module, PermissionsExt::from_mode(0o666)).unwrap();
    told(
        &examined(&system, 1),
        "pam module",
        &["failure", "written by others", "chmod 644"],
    );
    fs::remove_file(&module).unwrap();
    told(
        &examined(&system, 1),
        "pam module",
        &["failure", "is not installed", "make install"],
    );
    fs::write(&module, &whole).unwrap();
    fs::set_permissions(&module, PermissionsExt::from_mode(0o644)).unwrap();

    let login = system.service_file("login");
    let broken = "auth required pam_facelogin.so\nauth required pam_unix.so\n";
    fs::write(&login, broken).unwrap();
    let answer = examined(&system, 1);
    told(
        &answer,
        "logins",
        &[
            "failure",
            "login: THE PASSWORD DOES NOT WORK",
            "pam disable --all",
        ],
    );
    told(&answer, "logins", &["ok", "behind it: gdm-password, swaylock"]);

    let password = "auth required pam_unix.so\n";
    fs::write(&login, password).unwrap();
    let answer = examined(&system, 0);
    told(
        &answer,
        "logins",
        &["warning", "login: its stack does not ask", "pam enable login"],
    );
    for service in ["gdm-password", "swaylock"] {
        fs::write(system.service_file(service), password).unwrap();
    }
    told(
        &examined(&system, 1),
        "logins",
        &["failure", "no login uses the face", "pam enable"],
    );
    fs::write(&login, FACE_THEN_PASSWORD).unwrap();
    told(&examined(&system, 0), "logins", &["ok", "behind it: login"]);
}

#[test]
fn a_daemon_that_does_not_run_is_a_failure_and_what_hangs_on_it_unknown() {
    let Some((mut system, _bus, _logind)) = sound() else {
        return;
    };
    system.stop_daemon();
    let answer = examined(&system, 1);
    told(
        &answer,
        "daemon",
        &["failure", "nobody answers", "systemctl restart facelogind"],
    );
    for link in ["in effect", "vision", "camera", "faces", "lockout", "presence"] {
        told(&answer, link, &["unknown"]);
    }
    told(&answer, "models", &["ok"]);
    assert_eq!(answer["failures"], 1, "{answer:#}");
    fs::remove_file(system.socket()).unwrap();
    told(
        &examined(&system, 1),
        "socket",
        &["failure", "is not there", "facelogind.socket"],
    );

    // Its own logind is gone: nobody tells where the user is.
    system.on_bus(&system.path("no-bus"));
    system.start_daemon();
    system.wait_until_ready();
    told(&examined(&system, 1), "presence", &["failure", "systemd-logind"]);
}

#[test]
fn models_that_are_missing_and_liveness_that_cannot_be_told_are_failures() {
    let Some((mut system, _bus, _logind)) = sound() else {
        return;
    };
    system.configure(&SystemOptions::default().rules(&format!("{SEAT}\nliveness = \"required\"")));
    system.restart_daemon();
    let answer = examined(&system, 1);
    told(
        &answer,
        "liveness",
        &[
            "failure",
            "`required`",
            "refuses everybody on a colour camera",
            "models fetch --set liveness",
        ],
    );
    assert_eq!(answer["failures"], 1, "{answer:#}");

    for entry in fs::read_dir(system.models()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    system.configure(&SystemOptions::default().rules(SEAT));
    system.stop_daemon();
    system.start_daemon();
    let answer = until("the vision process has found no models", || {
        let answer = system.doctor(None, &["--json", "--user", ENROLLED]).json();
        (links(&answer, "vision").first()?.starts_with("failure")).then_some(answer)
    });
    told(
        &answer,
        "models",
        &["failure", "engine dlib", "models fetch --set dlib"],
    );
    told(&answer, "vision", &["failure", "not at work"]);
    told(&answer, "camera", &["unknown"]);
    // What others may know of it is less.
    let own = system.doctor(Some(uid(ENROLLED)), &["--json"]).expect(1).json();
    told(&own, "vision", &["failure", "not at work: unavailable"]);
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
fn a_camera_that_is_not_there_is_a_failure_with_its_name() {
    let Some((mut system, _bus, _logind)) = sound() else {
        return;
    };
    let config = format!(
        "{SEAT}\n[camera]\ndevice = \"usb:dead:beef serial=0\"\n[models]\nfolder = {:?}\n\
         [services.login]\nenabled = true\ntrigger = \"immediate\"\n",
        system.models()
    );
    system.write_config(&config);
    system.restart_daemon();
    let answer = examined(&system, 1);
    told(&answer, "camera", &["failure", "usb:dead:beef serial=0"]);
    told(&answer, "configuration", &["ok", "login"]);
    assert!(!links(&answer, "camera")[0].ends_with("-> "), "{answer:#}");
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
    told(&answer, "level", &["ok", "balanced: aims at"]);
    told(&answer, "liveness", &["unknown", "the daemon says: on"]);
}
