//! `test` and `identify`.

use serde_json::{Value, json};

use crate::server::{Answer, Server, detail};

fn test_out(verdict: &str, reason: &str) -> Value {
    json!({"verdict": verdict, "reason": reason, "detail": detail()})
}

#[test]
fn the_exit_code_of_a_test_is_its_verdict() {
    for (verdict, reason, code) in [
        ("match", "matched", 0),
        ("no_match", "not_matching", 1),
        ("unavailable", "nobody_seen", 1),
        ("unavailable", "not_enrolled", 1),
        ("locked_out", "locked_out", 1),
        ("unavailable", "camera_unavailable", 4),
        ("unavailable", "busy", 4),
        ("unavailable", "liveness_unavailable", 4),
        ("no_match", "liveness_unavailable", 1),
        ("unknown_user", "unknown_user", 5),
        // A daemon that says both is not believed.
        ("no_match", "matched", 6),
    ] {
        let reply = test_out(verdict, reason);
        let Some(server) = Server::start(vec![Answer::Reply(reply.clone())]) else {
            return;
        };
        let ran = server.run(&["test", "--user", "alice", "--json"]);
        assert_eq!(
            (ran.code, &ran.json()["reason"]),
            (code, &reply["reason"]),
            "{ran:?}"
        );
        assert_eq!(server.call().unwrap()["parameters"], json!({"user": "alice"}));
    }
}

#[test]
fn a_test_tells_verdict_reason_times_and_score() {
    let Some(server) = Server::start(vec![Answer::Reply(test_out("match", "matched"))]) else {
        return;
    };
    let ran = server.run(&["test", "--user", "alice"]);
    assert_eq!(
        ran.out,
        "Match for alice: the face is the user's.\n\
         5 pictures, 3 usable; the first after 210 ms, 640 ms in all\n\
         camera replay\n\
         score 0.250, limit 0.360 (smaller is nearer)\n"
    );
}

#[test]
fn identify_answers_with_a_table_or_with_nobody() {
    let somebody = json!([{"user": "alice", "uid": 1000, "label": "desk", "distance": 0.25}]);
    for (candidates, reason, code, expected) in [
        (somebody, "matched", 0, "alice  1000  desk   0.250"),
        (json!([]), "not_matching", 1, "Nobody: the face is nobody's"),
        (json!([]), "vision_unavailable", 4, "Nobody: the vision process"),
    ] {
        let reply = json!({"reason": reason, "candidates": candidates, "detail": detail()});
        let Some(server) = Server::start(vec![Answer::Reply(reply)]) else {
            return;
        };
        let ran = server.run(&["identify"]);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.out.contains(expected), "{ran:?}");
    }
}

#[test]
fn an_infrared_scan_that_did_not_tell_is_not_sent_for_models() {
    let mut reply = test_out("no_match", "liveness_unavailable");
    reply["detail"]["camera"] = json!("usb:04f2:b6d9 kind=infrared path=a built-in");
    let Some(server) = Server::start(vec![Answer::Reply(reply)]) else {
        return;
    };
    let ran = server.run(&["test", "--user", "alice"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("does not strobe") && !ran.out.contains("models fetch"),
        "{ran:?}"
    );
}
