//! What a caller who is not root gets.

use serde_json::json;

use crate::run::{is_root, run_without_root};
use crate::server::{Answer, Server, template};

#[test]
fn commands_for_root_say_so_with_the_line_to_type() {
    for args in [
        &["add", "--user", "bob", "--label", "at home"][..],
        &["remove", "3"],
        &["rename", "3", "x"],
        &["clear", "--yes"],
        &["identify"],
        &["unlock"],
    ] {
        let ran = run_without_root(&[args, &["--json"]].concat());
        assert_eq!(ran.code, 3, "{ran:?}");
        assert_eq!(ran.json()["error"]["kind"], "needs_root");
        let start = format!("this needs root: try sudo facelogin-enroll {}", args[0]);
        assert!(ran.err.contains(&start), "{ran:?}");
    }
    let ran = run_without_root(&["add", "--label", "at home"]);
    assert!(
        ran.err
            .ends_with("try sudo facelogin-enroll add --label 'at home'\n"),
        "{ran:?}"
    );
}

#[test]
fn one_s_own_list_needs_no_root() {
    let reply = json!({"templates": [template(3, "desk")]});
    let Some(server) = Server::start(vec![Answer::Reply(reply.clone())]) else {
        return;
    };
    let ran = run_without_root(&server.args(&["list", "--json"]));
    assert_eq!((ran.code, ran.json()), (0, reply), "{}", ran.err);
}

#[test]
fn a_test_without_root_asks_about_the_caller() {
    let reply = json!({"verdict": "no_match", "reason": "not_matching", "detail": {
        "frames": 1, "usable_frames": 1, "distance": null, "threshold": null, "first_frame_ms": null,
        "total_ms": 1, "hint": null,
    }});
    let Some(server) = Server::start(vec![Answer::Reply(reply)]) else {
        return;
    };
    let ran = run_without_root(&server.args(&["test"]));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!ran.out.contains("distance"), "{ran:?}");
    if is_root() {
        assert_eq!(server.call().unwrap()["parameters"], json!({"user": "nobody"}));
    }
}
