//! `add`.

use std::fs::{self, File};

use serde_json::json;

use crate::run::{run, skip_without_root};
use crate::server::{Answer, Server, template};

/// Nobody listens there: what ends with another error was refused before anything was sent.
const NOWHERE: &str = "/nonexistent/socket";

#[test]
fn pictures_are_sent_whole_under_their_base_names() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a.png"), dir.path().join("b.jpg"));
    fs::write(&a, b"\x89PNG").unwrap();
    fs::write(&b, b"").unwrap();
    let reply = json!({"template": template(3, "desk"), "warnings": ["few pictures"]});
    let Some(server) = Server::start(vec![Answer::Reply(reply)]) else {
        return;
    };
    let (a, b) = (a.to_str().unwrap(), b.to_str().unwrap());
    let ran = server.run(&[
        "add",
        "--unattended",
        "--user",
        "alice",
        "--label",
        "desk",
        "--image",
        a,
        b,
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.out,
        "Stored template 3 \"desk\" of alice (uid 1000): 1 encoding from pictures, for colour cameras.\nWarning: few pictures.\n"
    );
    let expected = json!({
        "method": "org.facelogin.Login.EnrollPictures",
        "parameters": {"user": "alice", "label": "desk", "pictures": [
            {"name": "a.png", "data": "iVBORw=="}, {"name": "b.jpg", "data": ""},
        ]},
    });
    assert_eq!(server.call().unwrap(), expected);
}

#[test]
fn a_picture_that_is_not_good_enough_is_named_with_problem_and_advice() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.png");
    fs::write(&file, b"x").unwrap();
    let file = file.to_str().unwrap();
    let error = json!({"picture": "a.png", "problem": "the face is too small", "advice": "Crop it"});
    for json in [false, true] {
        let Some(server) = Server::start(vec![Answer::Error("NotEnrolled", error.clone())]) else {
            return;
        };
        let mut args = vec!["add", "--unattended", "--user", "alice", "--image", file];
        args.extend(json.then_some("--json"));
        let ran = server.run(&args);
        let message = format!("{file}: the face is too small. Crop it. Nothing was stored.");
        assert_eq!(
            (ran.code, &ran.err),
            (5, &format!("facelogin-enroll: {message}\n"))
        );
        if json {
            let expected = json!({"error": {"kind": "not_enrolled", "message": message}});
            assert_eq!(ran.json(), expected);
        } else {
            assert_eq!(ran.out, "");
        }
    }
}

#[test]
fn a_file_that_cannot_be_a_picture_is_refused_before_anything_is_sent() {
    if skip_without_root("add is for root") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (large, fifo) = (dir.path().join("large.png"), dir.path().join("fifo"));
    File::create(&large)
        .unwrap()
        .set_len(16 * 1024 * 1024 + 1)
        .unwrap();
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRUSR).unwrap();
    for (file, expected) in [
        (
            large.as_path(),
            "16777217 bytes, and a picture may have 16777216 (16 MiB)",
        ),
        (fifo.as_path(), "not a regular file"),
        (dir.path(), "not a regular file"),
        (&dir.path().join("none"), "cannot be read: No such file"),
    ] {
        let file = file.to_str().unwrap();
        let ran = run(&[
            "--socket",
            NOWHERE,
            "add",
            "--unattended",
            "--user",
            "alice",
            "--image",
            file,
        ]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.contains(&format!("{file}: {expected}")), "{ran:?}");
        assert!(ran.err.ends_with("Nothing was stored.\n"), "{ran:?}");
    }
}

#[test]
fn seventeen_pictures_are_too_many() {
    if skip_without_root("add is for root") {
        return;
    }
    let args = [
        &[
            "--socket",
            NOWHERE,
            "add",
            "--unattended",
            "--user",
            "alice",
            "--image",
        ],
        &["x"; 17][..],
    ]
    .concat();
    let ran = run(&args);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("17 pictures are too many"), "{ran:?}");
}

#[test]
fn r14_a_file_name_moves_no_cursor() {
    if skip_without_root("add is for root") {
        return;
    }
    let ran = run(&[
        "--json",
        "add",
        "--unattended",
        "--user",
        "alice",
        "--image",
        "/none/\u{1b}[2J\u{202e}x",
    ]);
    assert_eq!(ran.code, 5, "{ran:?}");
    for text in [&ran.out, &ran.err] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
    let message = ran.json()["error"]["message"].to_string();
    assert!(message.contains("/none/"), "{message}");
}

#[test]
fn root_that_nobody_invoked_has_to_name_a_user() {
    if skip_without_root("the default of root") {
        return;
    }
    for args in [
        &["add", "--unattended"][..],
        &["clear", "--yes", "--unattended"],
        &["unlock"],
    ] {
        let ran = run(&[&["--socket", NOWHERE], args].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("--user NAME"), "{ran:?}");
    }
}

fn step(got: u32, template: serde_json::Value) -> serde_json::Value {
    json!({"got": got, "wanted": 2, "hint": "Hold still", "template": template, "warnings": []})
}

#[test]
fn the_camera_enrols_without_a_word_until_it_is_done_when_there_is_no_terminal() {
    let answers = vec![
        Answer::Continues(step(0, json!(null))),
        Answer::Continues(step(1, json!(null))),
        Answer::Reply(step(2, template(4, "alice 1"))),
    ];
    let Some(server) = Server::start(answers) else {
        return;
    };
    let ran = server.run(&["add", "--unattended", "--user", "alice", "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(
        ran.json(),
        json!({"template": template(4, "alice 1"), "warnings": []})
    );
    let expected = json!({
        "method": "org.facelogin.Login.EnrollCamera", "more": true,
        "parameters": {"user": "alice", "label": null, "kind": null},
    });
    assert_eq!(server.call().unwrap(), expected);
}

#[test]
fn an_enrolment_that_ends_without_a_template_is_not_taken_for_one() {
    let Some(server) = Server::start(vec![Answer::Reply(step(2, json!(null)))]) else {
        return;
    };
    let ran = server.run(&["add", "--unattended", "--user", "alice"]);
    assert_eq!((ran.code, ran.out.as_str()), (6, ""), "{ran:?}");
}

#[test]
fn a_scan_that_is_not_possible_now_has_a_code_of_its_own() {
    let error = json!({"reason": "busy", "why": "a login is being scanned"});
    let Some(server) = Server::start(vec![Answer::Error("Unavailable", error)]) else {
        return;
    };
    let ran = server.run(&["add", "--unattended", "--user", "alice"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("a login is being scanned. Try again"), "{ran:?}");
}
