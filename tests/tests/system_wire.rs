//! R20: whatever comes over the socket, the daemon stays up, and its Varlink is the one everybody speaks.
#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::Duration;

use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{System, SystemOptions, Wire, authenticate_in, method, until};
use serde_json::{Value, json};

#[test]
fn r20_garbage_is_answered_with_an_error_or_the_end() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    let daemon = system.daemon_pid();
    let vision = system.vision_pid();
    let authenticate = serde_json::to_value(authenticate_in(ENROLLED, "login")).unwrap();
    let with = |key: &str, value: Value| {
        let mut parameters = authenticate.clone();
        parameters[key] = value;
        format!("{}\0", method("Authenticate", parameters)).into_bytes()
    };
    let without = |key: &str| {
        let mut parameters = authenticate.clone();
        parameters.as_object_mut().unwrap().remove(key);
        format!("{}\0", method("Authenticate", parameters)).into_bytes()
    };
    let nested = |depth| format!("{{\"method\":\"a.b\",\"parameters\":{}", "[".repeat(depth)).into_bytes();
    let messages: Vec<Vec<u8>> = vec![
        b"\0".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"{}\0".to_vec(),
        b"null\0".to_vec(),
        b"[]\0".to_vec(),
        b"\"org.facelogin.Login.Authenticate\"\0".to_vec(),
        b"{\"method\":1}\0".to_vec(),
        b"{\"method\":\"\"}\0".to_vec(),
        b"{\"method\":\"..\"}\0".to_vec(),
        b"{\"method\":\"org.facelogin.Login.Authenticate\"}\0".to_vec(),
        b"{\"method\":\"org.facelogin.Login.Authenticate\",\"parameters\":[]}\0".to_vec(),
        b"{\"method\":\"org.facelogin.Login.GetStatus\",\"extra\":1}\0".to_vec(),
        b"{\"method\":\"org.facelogin.Login.GetStatus\",\"parameters\":{\"extra\":1}}\0".to_vec(),
        b"{\"method\":\"org.facelogin.Login.GetStatus\",\"method\":\"x\"}\0".to_vec(),
        b"{\"method\":\"org.facelogin.Login.GetStatus\"} trailing\0".to_vec(),
        b"\xff\xfe\xfd\0".to_vec(),
        b"{\"method\":\"\xff\"}\0".to_vec(),
        [nested(100), b"\0".to_vec()].concat(),
        [nested(1_000_000), b"\0".to_vec()].concat(),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\0".to_vec(),
        with("request_id", json!("short")),
        with("request_id", json!("Z".repeat(32))),
        with("uid", json!(-1)),
        with("uid", json!(4_294_967_296_u64)),
        with("uid", json!("0")),
        with("uid", json!(5.5)),
        with("user", json!("x".repeat(300))),
        with("user", json!(null)),
        with("service", json!("s".repeat(300))),
        with("tty", json!("t".repeat(300))),
        with("timeout_ms", json!(-5)),
        with("timeout_ms", json!(1e99)),
        with("more", json!(true)),
        without("user"),
        without("uid"),
        without("request_id"),
        without("timeout_ms"),
        format!(
            "{}\0",
            method("EnrollPictures", json!({ "user": ENROLLED, "pictures": [] }))
        )
        .into_bytes(),
        format!(
            "{}\0",
            method(
                "EnrollPictures",
                json!({ "user": ENROLLED, "pictures": [{ "name": "x", "data": "not base64!" }] })
            )
        )
        .into_bytes(),
        format!("{}\0", method("RemoveTemplate", json!({ "id": i64::MIN }))).into_bytes(),
        format!("{}\0", method("RenameTemplate", json!({ "id": 1, "label": "" }))).into_bytes(),
        format!("{}\0", method("ClearTemplates", json!({ "user": 5 }))).into_bytes(),
    ];
    for message in &messages {
        for peer in [0, uid(ENROLLED)] {
            let mut wire = Wire::connect_as(&system.socket(), peer);
            // A daemon that closes early may leave us a broken pipe.
            let _ = wire.send(message);
            let shown = String::from_utf8_lossy(&message[..message.len().min(200)]).into_owned();
            match wire.reply() {
                None => {}
                Some(reply) => assert!(reply["error"].is_string(), "{shown}: {reply}"),
            }
        }
    }
    // Beginnings of a call, then the end.
    let whole = format!("{}\0", method("Authenticate", authenticate.clone()));
    for length in (0..whole.len()).step_by(7) {
        let mut wire = Wire::connect(&system.socket());
        let _ = wire.send(&whole.as_bytes()[..length]);
        drop(wire);
    }
    // Anything at all, the same at each run: xorshift64.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for number in 0..300 {
        let length = 1 + random() as usize % 600;
        let mut bytes: Vec<u8> = (0..length).map(|_| random() as u8).collect();
        if number % 2 == 0 {
            // A call with some bytes changed gets farther than noise.
            bytes = whole.clone().into_bytes();
            for _ in 0..1 + random() % 4 {
                let place = random() as usize % (bytes.len() - 1);
                bytes[place] = random() as u8;
            }
        }
        let mut wire = Wire::connect(&system.socket());
        let _ = wire.send(&bytes);
        drop(wire);
    }

    assert_eq!(system.templates(), [1], "nothing was changed");
    system.show(&Scene::of(Portrait::Obama));
    until("a login after all that", || {
        // Calls that were cut short may still hold the camera for a moment.
        (code::name(system.login("login", ENROLLED)) == "PAM_SUCCESS").then_some(())
    });
    assert_eq!((system.daemon_pid(), system.vision_pid()), (daemon, vision));
    assert!(!system.log().contains("panicked"), "{}", system.log());
}

#[test]
fn varlink_describes_itself_and_names_what_it_does_not_know() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let mut wire = Wire::connect_as(&system.socket(), uid(STRANGER));
    // All over one connection, one after the other.
    let info = wire
        .ask(&json!({ "method": "org.varlink.service.GetInfo" }))
        .unwrap();
    assert_eq!(info["parameters"]["product"], "facelogind");
    assert_eq!(
        info["parameters"]["interfaces"],
        json!(["org.varlink.service", "org.facelogin.Login"])
    );
    for interface in ["org.facelogin.Login", "org.varlink.service"] {
        let call = json!({
            "method": "org.varlink.service.GetInterfaceDescription",
            "parameters": { "interface": interface },
        });
        let reply = wire.ask(&call).unwrap();
        let text = reply["parameters"]["description"].as_str().unwrap();
        assert!(text.contains(&format!("interface {interface}")), "{text}");
    }
    for (call, error, key, value) in [
        (
            json!({ "method": "org.example.Nothing.Do" }),
            "InterfaceNotFound",
            "interface",
            json!("org.example.Nothing"),
        ),
        (
            json!({ "method": "org.facelogin.Login.Nothing" }),
            "MethodNotFound",
            "method",
            json!("org.facelogin.Login.Nothing"),
        ),
        (
            json!({ "method": "org.varlink.service.Nothing" }),
            "MethodNotFound",
            "method",
            json!("org.varlink.service.Nothing"),
        ),
        (
            json!({
                "method": "org.varlink.service.GetInterfaceDescription",
                "parameters": { "interface": "org.example.Nothing" },
            }),
            "InterfaceNotFound",
            "interface",
            json!("org.example.Nothing"),
        ),
    ] {
        let reply = wire.ask(&call).unwrap();
        assert_eq!(reply["error"], format!("org.varlink.service.{error}"), "{reply}");
        assert_eq!(reply["parameters"][key], value, "{reply}");
    }
    let reply = wire.ask(&method("GetStatus", json!({ "usr": "x" }))).unwrap();
    assert_eq!(reply["error"], "org.varlink.service.InvalidParameter");
    let reply = wire.ask(&method("GetStatus", json!({}))).unwrap();
    assert_eq!(
        reply["parameters"]["user"], STRANGER,
        "null is the empty object too: {reply}"
    );
    let reply = wire.ask(&method("ListTemplates", Value::Null)).unwrap();
    assert_eq!(reply["parameters"]["templates"], json!([]));
}

#[test]
fn varlink_calls_that_want_no_reply_or_another_protocol_are_refused() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    for flag in ["oneway", "upgrade"] {
        let mut wire = Wire::connect(&system.socket());
        let mut call = method("ClearTemplates", json!({ "user": ENROLLED }));
        call[flag] = true.into();
        assert_eq!(wire.ask(&call), None, "{flag}");
        assert_eq!(system.templates(), [1], "{flag}: it was not done");
    }
}

#[test]
fn r02_after_its_one_answer_the_daemon_closes() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let call = method(
        "Authenticate",
        serde_json::to_value(authenticate_in(STRANGER, "login")).unwrap(),
    );
    let mut wire = Wire::connect(&system.socket());
    let reply = wire.ask(&call).unwrap();
    assert_eq!(
        reply["parameters"]["request_id"],
        call["parameters"]["request_id"]
    );
    assert_eq!(reply["parameters"]["reason"], "not_enrolled");
    assert_eq!(wire.reply(), None);
}

#[test]
fn r15_a_connection_that_says_nothing_is_closed_in_the_end() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let mut silent = Wire::connect_as(&system.socket(), uid(STRANGER));
    let mut dripping = Wire::connect_as(&system.socket(), uid(ENROLLED));
    let drip = thread::spawn(move || {
        // One byte at a time buys no further time: there is one deadline for a message.
        let mut sent = 0;
        while dripping.send(b"{").is_ok() && sent < 60 {
            thread::sleep(Duration::from_millis(500));
            sent += 1;
        }
        sent
    });
    // Ten seconds each; `reply` itself gives up long after that.
    assert_eq!(silent.reply(), None);
    assert!(drip.join().unwrap() < 60);
}
