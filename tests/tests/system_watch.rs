//! R26: who is told of an elevation by face, and R15, R22: what watchers cannot take from logins.
#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::Duration;

use facelogin_protocol::types::Verdict;
use facelogin_protocol::{Client, Deadline};
use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, THIRD, uid};
use facelogin_tests::system::{System, SystemOptions, Wire, authenticate_in, method, until};
use serde_json::{Value, json};

/// As the server has them.
const WATCHERS: usize = 16;
const WATCHERS_PER_UID: usize = 4;
const CONNECTIONS_PER_UID: usize = 8;

fn start() -> Option<System> {
    let services =
        ["sudo", "su"].map(|name| format!("[services.{name}]\nenabled = true\ntrigger = \"enter\"\n"));
    let system = System::start(&SystemOptions::default().tables(&services.concat()))?;
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    Some(system)
}

fn watch() -> Value {
    json!({"method": "org.facelogin.Login.Watch", "parameters": {}, "more": true})
}

/// A watch that has begun.
#[track_caller]
fn watcher(system: &System, peer: u32) -> Wire {
    let (wire, reply) = try_watch(system, peer);
    assert_eq!(
        reply,
        Some(json!({"parameters": {"elevation": null}, "continues": true}))
    );
    wire
}

#[track_caller]
fn try_watch(system: &System, peer: u32) -> (Wire, Option<Value>) {
    let mut wire = Wire::connect_as(&system.socket(), peer);
    let reply = wire.ask(&watch());
    (wire, reply)
}

/// What the module asks when the user has pressed Enter.
#[track_caller]
fn by_face(system: &System, user: &str, service: &str, ruser: Option<&str>) {
    let mut request = authenticate_in(user, service);
    request.ruser = ruser.map(Into::into);
    request.tty = Some("/dev/pts/3".into());
    let deadline = Deadline::after(Duration::from_secs(30));
    let client = Client::connect(&system.socket(), deadline).unwrap();
    let answer = client.authenticate(&request, deadline).unwrap();
    assert_eq!(answer.verdict, Verdict::Match, "{answer:?}");
}

/// Service and user of the next elevation.
#[track_caller]
fn told(wire: &mut Wire) -> (String, String) {
    let reply = wire.reply().unwrap();
    assert_eq!(reply["continues"], true);
    let elevation = &reply["parameters"]["elevation"];
    assert_eq!(elevation["tty"], "/dev/pts/3", "{reply}");
    assert!(elevation["time"].as_i64().unwrap() > 1_700_000_000);
    let text = |key: &str| elevation[key].as_str().unwrap().to_owned();
    (text("service"), text("user"))
}

#[test]
fn r26_an_elevation_is_told_to_the_account_to_who_asked_and_to_root() {
    let Some(mut system) = start() else { return };
    let mut games = watcher(&system, uid(ENROLLED));
    let mut man = watcher(&system, uid(STRANGER));
    let mut mail = watcher(&system, uid(THIRD));
    let mut root = watcher(&system, 0);

    // No elevation: nobody is told. Refused: neither.
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
    system.show(&Scene::of(Portrait::Biden));
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_AUTH_ERR");
    let mut request = authenticate_in(ENROLLED, "sudo");
    request.timeout_ms = 5000;
    let deadline = Deadline::after(Duration::from_secs(30));
    let client = Client::connect(&system.socket(), deadline).unwrap();
    let answer = client.authenticate(&request, deadline).unwrap();
    assert_eq!(answer.verdict, Verdict::NoMatch);

    system.show(&Scene::of(Portrait::Obama));
    by_face(&system, ENROLLED, "sudo", Some(ENROLLED));
    // Somebody else becomes that user.
    by_face(&system, ENROLLED, "su", Some(STRANGER));
    let (sudo, su) = (
        ("sudo".to_owned(), ENROLLED.to_owned()),
        ("su".to_owned(), ENROLLED.to_owned()),
    );
    for wire in [&mut games, &mut root] {
        assert_eq!([told(wire), told(wire)], [sudo.clone(), su.clone()]);
    }
    assert_eq!(told(&mut man), su, "and not of what is not theirs");

    // Nobody is told anything more, and a daemon that ends ends the watches.
    system.stop_daemon();
    for wire in [&mut games, &mut man, &mut mail, &mut root] {
        assert_eq!(wire.reply(), None);
    }
}

#[test]
fn r22_a_test_and_an_unprivileged_peer_s_word_are_no_elevation() {
    let Some(system) = start() else { return };
    let games = uid(ENROLLED);
    let mut watching = watcher(&system, games);
    system.cli(&["test", "--user", ENROLLED]).expect(0);
    let request = serde_json::to_value(authenticate_in(ENROLLED, "sudo")).unwrap();
    let answer = Wire::connect_as(&system.socket(), games)
        .ask(&method("Authenticate", request))
        .unwrap();
    assert_eq!(answer["parameters"]["verdict"], "match", "{answer}");
    by_face(&system, ENROLLED, "su", None);
    assert_eq!(told(&mut watching).0, "su", "the first that it hears of");
}

#[test]
fn r15_r22_watchers_take_no_place_from_logins() {
    let Some(system) = start() else { return };
    let games = uid(ENROLLED);
    let mut held: Vec<Wire> = (0..WATCHERS_PER_UID).map(|_| watcher(&system, games)).collect();
    let refused = |peer: u32| {
        let (_, reply) = try_watch(&system, peer);
        let reply = reply.unwrap();
        assert_eq!(reply["error"], "org.facelogin.Login.Unavailable", "{reply}");
        assert_eq!(reply["parameters"]["reason"], "rate_limited");
    };
    refused(games);
    // All of the user's ordinary places are free.
    let mut ordinary: Vec<Wire> = (0..CONNECTIONS_PER_UID)
        .map(|_| Wire::connect_as(&system.socket(), games))
        .collect();
    for wire in &mut ordinary {
        let status = wire.ask(&method("GetStatus", json!({}))).unwrap();
        assert_eq!(status["parameters"]["user"], ENROLLED, "{status}");
    }
    drop(ordinary);

    // Everybody's, and then nobody else's: logins go on.
    for peer in [uid(STRANGER), uid(THIRD), 0] {
        held.extend((0..WATCHERS_PER_UID).map(|_| watcher(&system, peer)));
    }
    assert_eq!(held.len(), WATCHERS);
    refused(65534);
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");

    // Who goes is noticed, and makes room.
    held.remove(0);
    until("the place is free again", || {
        thread::sleep(Duration::from_millis(300));
        let (_, reply) = try_watch(&system, 65534);
        reply.unwrap().get("error").is_none().then_some(())
    });
}

#[test]
fn r20_a_watcher_says_nothing_more_and_asks_for_more_than_one_answer() {
    let Some(system) = start() else { return };
    let mut once = Wire::connect(&system.socket());
    let reply = once.ask(&method("Watch", json!({}))).unwrap();
    assert_eq!(reply["error"], "org.facelogin.Login.Invalid", "{reply}");

    let mut talker = watcher(&system, 0);
    assert_eq!(talker.ask(&method("GetStatus", json!({}))), None);
    let mut strange = Wire::connect(&system.socket());
    let call = json!({"method": "org.facelogin.Login.Watch", "parameters": {"user": "root"}, "more": true});
    let reply = strange.ask(&call).unwrap();
    assert_eq!(reply["error"], "org.varlink.service.InvalidParameter", "{reply}");
}
