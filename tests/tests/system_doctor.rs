//! `facelogin-enroll doctor` against the real daemon: the chain as it should be, and each of its links broken.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use facelogin_tests::system::doctor::{SEAT, links, sound, told};
use facelogin_tests::system::machine::FACE_THEN_PASSWORD;
use facelogin_tests::system::user::{ENROLLED, uid};
use facelogin_tests::system::{SystemOptions, until};

#[test]
fn a_chain_without_a_broken_link_exits_with_success_and_nothing_was_changed() {
    let Some((system, _bus, _logind)) = sound() else {
        return;
    };
    let before = system.attempts();
    let answer = system.examined(0);
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
        // What the data supports is calibration's business; how it is told has tests of its own.
        ("level", &["", " balanced: aims at"]),
        ("lockout", &["ok", "no mismatch"]),
        ("password first", &["ok", "waits for no password"]),
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
        text.out.contains("\n16 links: ") && text.out.ends_with(", 0 failures, 0 unknown.\n"),
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
    let answer = system.examined(1);
    told(&answer, "configuration", &["warning", "is valid"]);
    told(
        &answer,
        "in effect",
        &["failure", "another configuration", "systemctl restart facelogind"],
    );
    // What that amounts to is not what the daemon does.
    told(&answer, "liveness", &["unknown", "the daemon says: on"]);
    told(
        &answer,
        "liveness",
        &[
            "unknown",
            "once the daemon has restarted: `on` amounts to nothing",
        ],
    );
    told(
        &answer,
        "logins",
        &["unknown", "once the daemon has restarted: these use the face"],
    );
    told(&answer, "level", &["", " balanced: aims at"]);

    // A comment changes nothing.
    system.write_config(&format!("# frames = 5\n{good}"));
    told(&system.examined(0), "in effect", &["ok"]);

    system.write_config(&format!("frames = 0\n{good}"));
    let answer = system.examined(1);
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
    told(
        &system.examined(1),
        "configuration",
        &["failure", "writable", "leave --config out"],
    );
    fs::remove_file(system.config()).unwrap();
    told(
        &system.examined(1),
        "configuration",
        &["failure", "no such file", "leave --config out"],
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
    let answer = system.examined(1);
    let out_of_stacks = "in a root shell that is open already: facelogin-enroll pam disable --all";
    told(
        &answer,
        "pam module",
        &[
            "failure",
            "cannot be loaded",
            "ends whoever loads it",
            out_of_stacks,
        ],
    );
    let logins = links(&answer, "logins");
    assert_eq!(logins.len(), 3, "{logins:?}");
    for (login, service) in logins.iter().zip(["gdm-password", "login", "swaylock"]) {
        let says = login.starts_with(&format!("failure {service}: NO PASSWORD WORKS"));
        assert!(says && login.ends_with(out_of_stacks), "{login}");
    }
    // libpam fails the line of what it cannot load, and goes on.
    fs::write(&module, "not a module").unwrap();
    let answer = system.examined(1);
    told(&answer, "pam module", &["failure", "cannot be loaded"]);
    told(
        &answer,
        "logins",
        &[
            "unknown",
            "the password works without it: gdm-password, login, swaylock",
        ],
    );
    assert_eq!(links(&answer, "logins").len(), 1, "{answer:#}");
    fs::write(&module, &whole).unwrap();
    fs::set_permissions(&module, PermissionsExt::from_mode(0o666)).unwrap();
    told(
        &system.examined(1),
        "pam module",
        &["failure", "written by others", "chmod 644"],
    );
    fs::remove_file(&module).unwrap();
    told(
        &system.examined(1),
        "pam module",
        &["failure", "is not installed", "make install"],
    );
    fs::write(&module, &whole).unwrap();
    fs::set_permissions(&module, PermissionsExt::from_mode(0o644)).unwrap();

    let login = system.service_file("login");
    let broken = "auth required pam_facelogin.so\nauth required pam_unix.so\n";
    fs::write(&login, broken).unwrap();
    let answer = system.examined(1);
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
    let answer = system.examined(0);
    told(
        &answer,
        "logins",
        &["warning", "login: its stack does not ask", "pam enable login"],
    );
    for service in ["gdm-password", "swaylock"] {
        fs::write(system.service_file(service), password).unwrap();
    }
    told(
        &system.examined(1),
        "logins",
        &["failure", "no login uses the face", "pam enable"],
    );
    fs::write(&login, FACE_THEN_PASSWORD).unwrap();
    told(&system.examined(0), "logins", &["ok", "behind it: login"]);
}

#[test]
fn models_that_are_missing_and_liveness_that_cannot_be_told_are_failures() {
    let Some((mut system, _bus, _logind)) = sound() else {
        return;
    };
    system.configure(&SystemOptions::default().rules(&format!("{SEAT}\nliveness = \"required\"")));
    system.restart_daemon();
    let answer = system.examined(1);
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
    let answer = system.examined(1);
    told(&answer, "camera", &["failure", "usb:dead:beef serial=0"]);
    told(&answer, "configuration", &["ok", "login"]);
    assert!(!links(&answer, "camera")[0].ends_with("-> "), "{answer:#}");
}

#[test]
fn a_module_that_stacks_name_by_a_whole_path_need_not_be_where_libpam_looks() {
    let Some((system, _bus, _logind)) = sound() else {
        return;
    };
    let module = system.folder("elsewhere").join("pam_facelogin.so");
    fs::rename(system.installed_module(), &module).unwrap();
    let stack = FACE_THEN_PASSWORD.replace("pam_facelogin.so", module.to_str().unwrap());
    for service in ["login", "gdm-password", "swaylock"] {
        fs::write(system.service_file(service), &stack).unwrap();
    }
    let answer = system.examined(0);
    let place = module.to_str().unwrap();
    told(&answer, "pam module", &["ok", place, "can be loaded"]);
    told(&answer, "logins", &["ok", "these use the face", "login"]);
    let module_links = links(&answer, "pam module");
    assert_eq!(module_links.len(), 1, "{module_links:?}");
    // Root loads what the stacks name, and nothing else.
    let other = system.folder("others").join("pam_facelogin.so");
    fs::copy(&module, &other).unwrap();
    let refused = system
        .doctor(None, &[&format!("--try-module={}", other.display())])
        .expect(1);
    assert!(refused.err.contains("no stack names it"), "{refused:?}");
    system.doctor(None, &[&format!("--try-module={place}")]).expect(0);
}
