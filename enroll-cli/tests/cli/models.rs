//! `models`, without the real files and without the network.

use std::fs;

use serde_json::json;

use crate::run::{Ran, built, finish, program, run};

/// No configuration is read from this machine.
const NO_CONFIG: [&str; 2] = ["--config", "/nonexistent/facelogin.toml"];

fn models(args: &[&str]) -> Ran {
    run(&[&NO_CONFIG[..], &["models"], args].concat())
}

#[test]
fn a_folder_without_the_files_is_bad_input_and_leaves_nothing() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from_path, to_path) = (from.path().to_str().unwrap(), to.path().to_str().unwrap());
    let args = ["fetch", "--from", from_path, "--to", to_path];
    let ran = models(&[&args[..], &["--json"]].concat());
    assert_eq!(
        (ran.code, &ran.json()["error"]["kind"]),
        (5, &json!("fetch")),
        "{ran:?}"
    );
    assert!(ran.err.contains("holds neither"), "{ran:?}");

    fs::write(from.path().join("shape_predictor_5_face_landmarks.dat"), b"other").unwrap();
    let ran = models(&args);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("another file"), "{ran:?}");
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
}

#[test]
fn an_origin_that_cannot_be_reached_has_a_remedy() {
    let to = tempfile::tempdir().unwrap();
    // A proxy at the discard port, where nobody listens: no packet leaves this machine.
    let proxy = "http://127.0.0.1:9";
    let mut command = program(built());
    command
        .args(NO_CONFIG)
        .args(["models", "fetch", "--to"])
        .arg(to.path());
    let ran = finish(command.env("HTTPS_PROXY", proxy).env("ALL_PROXY", proxy));
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("--from DIR"), "{ran:?}");
}

#[test]
fn a_configured_folder_is_the_one_that_is_looked_into() {
    if crate::run::skip_without_root("the configuration must be root's") {
        return;
    }
    let dir = crate::run::open_dir();
    let folder = dir.path().join("models");
    fs::create_dir(&folder).unwrap();
    let config = dir.path().join("facelogin.toml");
    fs::write(&config, format!("[models]\nfolder = {folder:?}\n")).unwrap();
    let config = config.to_str().unwrap();

    let ran = run(&["--config", config, "models", "list", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["files"][0]["state"]["state"], "missing");
    assert!(ran.err.contains("models fetch"), "{ran:?}");

    fs::write(folder.join("shape_predictor_5_face_landmarks.dat"), b"x").unwrap();
    let ran = run(&["--config", config, "models", "verify"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.out.contains("  bad  "), "{ran:?}");
    assert!(ran.err.contains("has 1 bytes"), "{ran:?}");
}
