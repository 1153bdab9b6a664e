//! `audit`.

use serde_json::json;

use crate::run::{built, finish, program};
use crate::server::{Answer, Server};

#[test]
fn r14_attempts_are_a_table_in_local_time_or_the_reply_as_json() {
    let reply = json!({"attempts": [
        {"id": 7, "time": 1_700_000_060, "user": "alice", "uid": 1000, "service": "sudo", "tty": "/dev/pts/1",
         "class": "elevation", "peer_uid": 0, "verdict": "no_match", "reason": "not_matching", "millis": 901,
         "distance": 0.71, "frames": 9},
        {"id": 6, "time": 1_700_000_000, "user": "\u{1b}[2J", "uid": null, "service": "login", "tty": null,
         "class": "tty", "peer_uid": 0, "verdict": "unknown_user", "reason": "unknown_user", "millis": 0,
         "distance": null, "frames": 0},
    ]});
    let Some(server) = Server::start(vec![Answer::Reply(reply.clone())]) else {
        return;
    };
    let mut command = program(built());
    let ran = finish(command.args(server.args(&["audit"])).env("TZ", "XXX-5:30"));
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (
            0,
            "TIME                 USER       SERVICE  TTY         VERDICT       REASON        MS\n\
             2023-11-15 03:44:20  alice      sudo     /dev/pts/1  no_match      not_matching  901\n\
             2023-11-15 03:43:20  \\u{1b}[2J  login    -           unknown_user  unknown_user  0\n"
        ),
        "{ran:?}"
    );
    let expected =
        json!({"method": "org.facelogin.Login.ListAttempts", "parameters": {"user": null, "limit": 50}});
    assert_eq!(server.call().unwrap(), expected, "as root: everybody's");

    let server = Server::start(vec![Answer::Reply(reply.clone())]).unwrap();
    let ran = server.run(&["audit", "--user", "alice", "--limit", "1000", "--json"]);
    assert_eq!((ran.code, ran.json()), (0, reply));
    let expected = json!({"user": "alice", "limit": 1000});
    assert_eq!(server.call().unwrap()["parameters"], expected);
}
