//! Whether a face must be alive: through real libpam, the real module and both processes of the real daemon, on a replayed
//! camera.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};

use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, uid};
use facelogin_tests::system::{Attempt, System, SystemOptions};

/// One person of the measuring data, enrolled from a session and shown from another, and prints of theirs.
const ENROLMENT: [&str; 5] = ["01_188", "01_206", "01_313", "01_348", "01_412"];
const LIVE: [&str; 4] = ["02_279", "02_305", "02_329", "02_384"];
const PRINTS: [&str; 4] = ["03_03_156", "03_03_205", "03_03_403", "01_03_208"];

/// The measuring data, which nobody but those who measure has; it also holds the networks.
fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("FACELOGIN_TEST_DATA").map(PathBuf::from);
    let found = folder.filter(|folder| folder.join("nuaa-dev").is_dir() && folder.join("models").is_dir());
    if found.is_none() {
        eprintln!("skipped: FACELOGIN_TEST_DATA names no folder with nuaa-dev and models");
    }
    found
}

fn pictures(data: &Path, kind: &str, names: &[&str]) -> Vec<String> {
    let folder = data.join("nuaa-dev").join(kind).join("0005");
    // Live recordings have a 00 where those of prints say how the print was held.
    let stem = if kind == "live" { "0005_00_00" } else { "0005_00" };
    let file = |name: &&str| folder.join(format!("{stem}_{name}.jpg"));
    names
        .iter()
        .map(|name| file(name).to_str().unwrap().to_owned())
        .collect()
}

fn scene(data: &Path, kind: &str, names: &[&str]) -> Scene {
    let read = |file: &String| std::fs::read(file).unwrap();
    Scene::played(pictures(data, kind, names).iter().map(read).collect())
}

/// The distance is wide, for here the face itself is not the question.
fn rules(liveness: &str) -> SystemOptions {
    SystemOptions::default().rules(&format!(
        "timeout_ms = 8000\nno_face_timeout_ms = 2000\nthreshold = 0.5\nliveness = \"{liveness}\""
    ))
}

fn brief<'a>(result: &'a (&'static str, Attempt)) -> (&'static str, &'a str, &'a str) {
    (result.0, &result.1.verdict, &result.1.reason)
}

const MATCHED: (&str, &str, &str) = ("PAM_SUCCESS", "match", "matched");

#[test]
fn r21_a_print_of_the_enrolled_face_is_refused_and_counts_and_the_face_itself_matches() {
    let Some(data) = data() else { return };
    let Some(mut system) = System::prepare(&rules("on")) else {
        return;
    };
    for name in ["antispoof.onnx", "antispoof_4.onnx"] {
        system.add_model(&data.join("models").join(name));
    }
    system.start_daemon();
    system.wait_until_ready();
    let status = system.status(ENROLLED).liveness;
    assert_eq!(status, "on; colour: by two networks");
    let examined = system.cli(&["doctor", "--json", "--user", ENROLLED]).json();
    let links = examined["links"].as_array().unwrap();
    let liveness = links.iter().find(|link| link["link"] == "liveness").unwrap();
    assert_eq!(liveness["state"], "ok", "{liveness}");
    let faces = pictures(&data, "live", &ENROLMENT);
    let mut add = vec!["add", "--unattended", "--json", "--user", ENROLLED, "--image"];
    add.extend(faces.iter().map(String::as_str));
    system.cli(&add).expect(0);

    let refused = ("PAM_AUTH_ERR", "no_match", "liveness_refused");
    let (print, live) = (scene(&data, "print", &PRINTS), scene(&data, "live", &LIVE));
    for (liveness, of_print) in [("on", refused), ("required", refused), ("off", MATCHED)] {
        system.configure(&rules(liveness));
        system.restart_daemon();
        system.show(&print);
        let result = system.recorded_login("login", ENROLLED);
        assert_eq!(brief(&result), of_print, "{liveness}: {result:?}");
        let counted = system.status(ENROLLED).lockouts;
        assert_eq!(
            !counted.is_empty(),
            of_print == refused,
            "{liveness}: {counted:?}"
        );
        if of_print == refused {
            // That it had the right face is for root's record alone.
            let own = system
                .cli_as(uid(ENROLLED), &["audit", "--json"])
                .expect(0)
                .json();
            let newest = &own["attempts"][0];
            assert_eq!(newest["verdict"], "no_match", "{liveness}: {own}");
            assert_eq!(newest["reason"], "not_matching", "{liveness}: {own}");
        }
        system.show(&live);
        let result = system.recorded_login("login", ENROLLED);
        assert_eq!(brief(&result), MATCHED, "{liveness}: {result:?}");
    }
}

#[test]
fn r23_required_without_networks_lights_no_camera_and_says_what_is_missing() {
    let Some(system) = System::start(&rules("required")) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    let result = system.recorded_login("login", ENROLLED);
    let unavailable = ("PAM_AUTHINFO_UNAVAIL", "unavailable", "liveness_unavailable");
    assert_eq!(brief(&result), unavailable, "{result:?}");
    assert_eq!(result.1.frames, 0, "{result:?}");
    assert_eq!(system.status(ENROLLED).lockouts, []);
    let shown = system.cli(&["status", "--user", ENROLLED]).expect(0).out;
    for told in ["required; colour: none", "models fetch --set liveness"] {
        assert!(shown.contains(told), "{shown}");
    }
    let tested = system.cli(&["test", "--user", ENROLLED]);
    assert!(
        tested
            .out
            .contains("a colour one only with the liveness networks"),
        "{tested:?}"
    );
    assert_eq!(tested.code, 4, "{tested:?}");
}

#[test]
fn on_without_networks_lets_the_face_in_and_says_that_a_picture_would_do() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    let result = system.recorded_login("login", ENROLLED);
    assert_eq!(brief(&result), MATCHED, "{result:?}");
    let shown = system.cli(&["status", "--user", ENROLLED]).expect(0).out;
    assert!(
        shown.contains("a picture of you may open what you open"),
        "{shown}"
    );
}
