//! `list`, `remove`, `rename`, `clear`, `status`, `unlock`, `cameras`.

use std::process::Stdio;

use serde_json::json;

use crate::run::{self, built, finish, program};
use crate::server::{Answer, Server, template};

#[test]
fn a_list_is_a_table_or_the_reply_as_json() {
    let reply = json!({"templates": [template(3, "desk"), template(12, "\u{1b}[2J")]});
    let Some(server) = Server::start(vec![Answer::Reply(reply.clone())]) else {
        return;
    };
    let ran = server.run(&["list"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.out,
        "ID  USER   LABEL      PICTURES  KIND    CAMERA    ENGINE  CREATED (UTC)\n\
         3   alice  desk       1         colour  pictures  dlib    2023-11-14 22:13\n\
         12  alice  \\u{1b}[2J  1         colour  pictures  dlib    2023-11-14 22:13\n"
    );
    let call = server.call().unwrap();
    assert_eq!(call["parameters"], json!({"user": null}), "as root: everybody's");

    let server = Server::start(vec![Answer::Reply(reply.clone())]).unwrap();
    let ran = server.run(&["list", "--user", "alice", "--json"]);
    assert_eq!((ran.code, ran.json()), (0, reply));
    assert_eq!(server.call().unwrap()["parameters"], json!({"user": "alice"}));
}

#[test]
fn removing_an_unknown_id_changes_nothing_and_says_so() {
    let Some(server) = Server::start(vec![Answer::Error("NoSuchTemplate", json!({"id": 9}))]) else {
        return;
    };
    let ran = server.run(&["remove", "9", "--unattended", "--json"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("there is no template 9"), "{ran:?}");
    assert_eq!(ran.json()["error"]["kind"], "no_such_template");
}

#[test]
fn what_was_changed_is_said() {
    let one = json!({"template": template(3, "desk")});
    for (args, reply, method, expected) in [
        (
            &["remove", "3", "--unattended"][..],
            one.clone(),
            "RemoveTemplate",
            "Removed template 3 \"desk\" of alice.\n",
        ),
        (
            &["rename", "3", "desk", "--unattended"],
            one,
            "RenameTemplate",
            "Renamed template 3 \"desk\" of alice.\n",
        ),
        (
            &["clear", "--user", "alice", "--yes", "--unattended"],
            json!({"removed": 2}),
            "ClearTemplates",
            "Removed 2 templates of alice.\n",
        ),
        (
            &["unlock", "--user", "alice"],
            json!({"cleared": 1}),
            "Unlock",
            "Cleared 1 counter of alice.\n",
        ),
    ] {
        let Some(server) = Server::start(vec![Answer::Reply(reply.clone())]) else {
            return;
        };
        let ran = server.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (0, expected), "{ran:?}");
        let call = server.call().unwrap();
        assert_eq!(call["method"], format!("org.facelogin.Login.{method}"));

        let server = Server::start(vec![Answer::Reply(reply.clone())]).unwrap();
        let ran = server.run(&[args, &["--json"]].concat());
        assert_eq!((ran.code, ran.json()), (0, reply));
    }
}

#[test]
fn clear_without_a_terminal_or_yes_removes_nothing() {
    let Some(server) = Server::start(vec![]) else {
        return;
    };
    let ran = server.run(&["clear", "--user", "alice"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("--yes"), "{ran:?}");
    assert_eq!(server.call(), None);
}

#[test]
fn the_invoking_user_is_the_default() {
    let status = json!({
        "version": "0.1.0", "engine": null, "model": null, "vision": "starting", "camera": null, "services": [],
        "security": "balanced: as measured", "presence": "seat", "liveness": "on; colour: network",
        "liveness_networks": true, "configuration": null, "logind": null,
        "user": "nobody", "templates": 0, "usable_templates": 0, "password_due": null,
        "lockouts": [],
    });
    let Some(server) = Server::start(vec![Answer::Reply(status)]) else {
        return;
    };
    let mut command = program(built());
    let ran = finish(command.args(server.args(&["status"])).env("SUDO_USER", "nobody"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("user      nobody: no face enrolled\n"),
        "{ran:?}"
    );
    assert_eq!(server.call().unwrap()["parameters"], json!({"user": "nobody"}));
}

#[test]
fn cameras_are_listed() {
    let reply = json!({"cameras": [{
        "id": "usb:04f2:b6d9 kind=infrared path=a", "name": "Cam\u{1b}", "device": "/dev/video0", "kind": "infrared",
        "formats": ["GREY"], "emitter": false, "fixed": false, "virtual": false, "chosen": false,
        "note": "not built in",
    }]});
    let Some(server) = Server::start(vec![Answer::Reply(reply.clone())]) else {
        return;
    };
    let ran = server.run(&["cameras"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.out,
        "- Cam\\u{1b}: infrared, plugged in, /dev/video0, GREY\n    usb:04f2:b6d9 kind=infrared path=a\n    \
         not used: not built in\nOthers are named by their identities, in the order of preference, below [camera] in \
         /etc/facelogin/facelogin.toml:\n    device = [\"usb:04f2:b6d9 kind=infrared path=a\", \"auto\"]\n"
    );
    assert_eq!(server.call().unwrap()["parameters"], json!({}));
    let server = Server::start(vec![Answer::Reply(reply.clone())]).unwrap();
    assert_eq!(server.run(&["cameras", "--json"]).json(), reply);
}

#[test]
fn no_daemon_no_answer_and_a_wrong_answer_are_told_apart() {
    let ran = run::run(&["--socket", "/nonexistent/socket", "list", "--json"]);
    assert_eq!(
        (ran.code, &ran.json()["error"]["kind"]),
        (4, &json!("unreachable"))
    );
    assert!(ran.err.contains("systemctl status facelogind"), "{ran:?}");
    for (answers, code, kind) in [
        (vec![], 4, "no_answer"),
        (
            vec![Answer::Raw(b"{\"parameters\":{\"templates\":1}}\0")],
            6,
            "protocol",
        ),
        (vec![Answer::Raw(b"garbage\0")], 6, "protocol"),
        (vec![Answer::Raw(b"half")], 6, "protocol"),
        (vec![Answer::Error("Unheard", json!({}))], 6, "protocol"),
        (
            vec![Answer::Error("NotPermitted", json!({"why": 1}))],
            6,
            "protocol",
        ),
        (
            vec![Answer::Error("NotPermitted", json!({"why": "not yours"}))],
            3,
            "not_permitted",
        ),
        (
            vec![Answer::Error("UnknownUser", json!({"user": "x"}))],
            5,
            "unknown_user",
        ),
        (
            vec![Answer::Error("Invalid", json!({"why": "the label is too long"}))],
            5,
            "invalid",
        ),
    ] {
        let Some(server) = Server::start(answers) else {
            return;
        };
        let ran = server.run(&["list", "--json"]);
        assert_eq!(
            (ran.code, &ran.json()["error"]["kind"]),
            (code, &json!(kind)),
            "{ran:?}"
        );
    }
}

#[test]
fn a_reader_that_went_away_is_no_panic() {
    let Some(server) = Server::start(vec![Answer::Reply(json!({"templates": []}))]) else {
        return;
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = program(built());
    command
        .args(server.args(&["list"]))
        .stdout(writer)
        .stderr(Stdio::piped());
    let ended = command.spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}
