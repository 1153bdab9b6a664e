//! `config check` and `config show`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::run::{open_dir, run, run_without_root, skip_without_root};

const GOOD: &str = "frames = 2\n[services.login]\nenabled = true\n";

fn draft(text: &str) -> (tempfile::TempDir, String) {
    let dir = open_dir();
    let path = dir.path().join("draft.toml");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_string();
    (dir, path)
}

#[test]
fn a_good_draft_is_ok_and_tells_what_it_enables() {
    let (_dir, file) = draft(GOOD);
    let ran = run_without_root(&["config", "check", &file]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with(&format!("OK: {file}\n")), "{ran:?}");
    assert!(ran.out.contains("services: login\n"), "{ran:?}");
    let ran = run(&["config", "check", &file, "--json"]);
    assert_eq!(ran.json()["services"], serde_json::json!(["login"]));
}

#[test]
fn r18_a_draft_that_others_can_write_is_checked_and_its_refusal_told() {
    let (_dir, file) = draft(GOOD);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = run(&["config", "check", &file]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("facelogind would refuse it"), "{ran:?}");
    // As the system's file it is an error.
    let ran = run(&["--config", &file, "config", "check", "--json"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(ran.json()["error"]["kind"], "config");
}

#[test]
fn an_error_names_file_line_and_key() {
    for (text, expected) in [
        ("frames = 99\n", ":1: frames: "),
        ("\nfrmaes = 1\n", ":2: unknown field"),
        ("[services.sshd]\nenabled = true\n", ":1: services.sshd"),
    ] {
        let (_dir, file) = draft(text);
        for what in ["check", "show"] {
            let ran = run(&["config", what, &file]);
            assert_eq!((ran.code, ran.out.as_str()), (5, ""), "{ran:?}");
            assert!(ran.err.contains(&format!("{file}{expected}")), "{ran:?}");
        }
    }
    let ran = run(&["config", "check", "/nonexistent/facelogin.toml"]);
    assert_eq!(ran.code, 5, "{ran:?}");
}

#[test]
fn what_is_shown_is_a_configuration_with_the_defaults_filled_in() {
    let (_dir, file) = draft(GOOD);
    let shown = run(&["config", "show", &file]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.out.contains("no_face_timeout_ms = 1500"), "{shown:?}");
    let (_again, second) = draft(&shown.out);
    assert_eq!(run(&["config", "show", &second]).out, shown.out);
    let json = run(&["config", "show", &file, "--json"]).json();
    assert_eq!(json["rules"]["frames"], 2);
}

#[test]
fn the_system_s_file_is_read_when_it_is_root_s() {
    if skip_without_root("the file must be root's") {
        return;
    }
    let (_dir, file) = draft(GOOD);
    let ran = run(&["--config", &file, "config", "check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.out.contains("Note"), "{ran:?}");
}
