//! What is left of a decision: fields in the journal, and attempts that can be read back (R22).
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::Duration;

use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{System, SystemOptions, Wire, method};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use serde_json::{Value, json};

#[track_caller]
fn listed(ran: &facelogin_tests::system::Ran) -> Vec<Value> {
    ran.json()["attempts"].as_array().unwrap().clone()
}

#[test]
fn r22_attempts_are_read_back_by_root_with_distances_and_by_others_their_own_without() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let none = system.cli(&["audit"]).expect(0);
    assert_eq!(none.out, "No attempts are on record.\n");
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
    assert_eq!(
        code::name(system.login("gdm-password", STRANGER)),
        "PAM_AUTHINFO_UNAVAIL"
    );
    system.show(&Scene::of(Portrait::Biden));
    let with_tty = |host: &mut facelogin_tests::pam_host::PamHost| assert_eq!(host.set_tty(c"/dev/tty7"), 0);
    let result = system.login_with("login", ENROLLED, with_tty);
    assert_eq!(code::name(result), "PAM_AUTH_ERR");
    assert_eq!(system.recorded(), 3);

    let all = listed(&system.cli(&["audit", "--json"]).expect(0));
    let reasons: Vec<_> = all
        .iter()
        .map(|attempt| attempt["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        ["not_matching", "not_enrolled", "matched"],
        "newest first"
    );
    assert_eq!(
        (&all[0]["tty"], &all[0]["class"]),
        (&json!("/dev/tty7"), &json!("tty"))
    );
    // Scores: below zero two faces are nearer than others like them.
    let (stranger, enrolled) = (
        all[0]["distance"].as_f64().unwrap(),
        all[2]["distance"].as_f64().unwrap(),
    );
    assert!(enrolled < -0.2 && stranger > -0.2, "{enrolled} {stranger}");
    assert!(all[1]["distance"].is_null());
    let newest = listed(&system.cli(&["audit", "--json", "--limit", "1"]).expect(0));
    assert_eq!(newest, all[..1]);
    let strangers = listed(&system.cli(&["audit", "--json", "--user", STRANGER]).expect(0));
    assert_eq!(strangers, all[1..2]);
    let table = system.cli(&["audit", "--user", ENROLLED]).expect(0).out;
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 3, "{table}");
    assert!(
        rows[1].contains("/dev/tty7") && rows[2].contains("match"),
        "{table}"
    );

    // Their own, less the distances.
    let games = uid(ENROLLED);
    let own = listed(&system.cli_as(games, &["audit", "--json"]).expect(0));
    let mut expected = vec![all[0].clone(), all[2].clone()];
    for attempt in &mut expected {
        attempt["distance"] = Value::Null;
    }
    assert_eq!(own, expected);
    system.cli_as(games, &["audit", "--user", ENROLLED]).expect(0);
    system.cli_as(games, &["audit", "--user", STRANGER]).expect(3);

    let mut wire = Wire::connect(&system.socket());
    for limit in [0, 1001] {
        let reply = wire.ask(&method("ListAttempts", json!({"user": null, "limit": limit})));
        assert_eq!(reply.unwrap()["error"], "org.facelogin.Login.Invalid", "{limit}");
    }
    drop(wire);

    // A name that was somebody else's before shows nothing of theirs.
    system.stop_daemon();
    let changed = system
        .database()
        .execute("UPDATE attempt SET uid = 4242 WHERE reason = 'matched'", [])
        .unwrap();
    assert_eq!(changed, 1);
    system.start_daemon();
    system.wait_until_ready();
    let own = listed(&system.cli_as(games, &["audit", "--json"]).expect(0));
    assert_eq!(own, expected[..1]);
    let all = listed(&system.cli(&["audit", "--json", "--user", ENROLLED]).expect(0));
    assert_eq!(all.len(), 2);
}

/// Starts the daemon where this test's socket is the journal's: in a mount namespace of its own.
fn start_with_journal(system: &mut System, folder: &std::path::Path) {
    thread::scope(|scope| {
        let starting = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNS).unwrap();
            let nothing = None::<&str>;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(nothing, "/", nothing, private, nothing).unwrap();
            mount(nothing, "/run", Some("tmpfs"), MsFlags::empty(), nothing).unwrap();
            fs::create_dir("/run/systemd").unwrap();
            std::os::unix::fs::symlink(folder, "/run/systemd/journal").unwrap();
            system.start_daemon();
        });
        starting.join().unwrap();
    });
    system.wait_until_ready();
}

#[test]
fn every_decision_is_an_entry_of_the_journal_and_of_no_other_log() {
    let Some(mut system) = System::prepare(&SystemOptions::default()) else {
        return;
    };
    let folder = system.path("journal");
    fs::create_dir(&folder).unwrap();
    let journal = UnixDatagram::bind(folder.join("socket")).unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    start_with_journal(&mut system, &folder);
    let next = || {
        let mut buffer = [0; 8192];
        let got = journal.recv(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..got]).into_owned();
        let fields = text.lines().map(|line| {
            let (key, value) = line.split_once('=').unwrap();
            (key.to_owned(), value.to_owned())
        });
        fields.collect::<BTreeMap<_, _>>()
    };

    system.enrol_usual();
    let enrolled = next();
    assert_eq!(
        (
            enrolled["FACELOGIN_ACTION"].as_str(),
            enrolled["FACELOGIN_USER"].as_str()
        ),
        ("enrol", ENROLLED)
    );
    assert!(!enrolled.contains_key("FACELOGIN_VERDICT"));

    system.show(&Scene::of(Portrait::Obama));
    let result = system.login_with("login", ENROLLED, |host| {
        assert_eq!(host.set_tty(c"/dev/tty1"), 0);
        assert_eq!(host.set_ruser(c"man"), 0);
    });
    assert_eq!(code::name(result), "PAM_SUCCESS");
    let matched = next();
    let uid = uid(ENROLLED).to_string();
    for (key, value) in [
        ("PRIORITY", "5"),
        ("SYSLOG_FACILITY", "10"),
        ("SYSLOG_IDENTIFIER", "facelogind"),
        ("FACELOGIN_ACTION", "authenticate"),
        ("FACELOGIN_USER", ENROLLED),
        ("FACELOGIN_UID", uid.as_str()),
        ("FACELOGIN_SERVICE", "login"),
        ("FACELOGIN_TTY", "/dev/tty1"),
        ("FACELOGIN_RUSER", "man"),
        ("FACELOGIN_PEER_UID", "0"),
        ("FACELOGIN_VERDICT", "match"),
        ("FACELOGIN_REASON", "matched"),
    ] {
        assert_eq!(matched[key], value, "{key}: {matched:?}");
    }
    assert!(matched["FACELOGIN_MILLISECONDS"].parse::<u32>().unwrap() > 0);
    assert_eq!(matched["MESSAGE_ID"].len(), 32);
    assert!(!matched.keys().any(|key| key.contains("DISTANCE")));

    system.show(&Scene::of(Portrait::Biden));
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_AUTH_ERR");
    let refused = next();
    assert_eq!(
        (
            refused["PRIORITY"].as_str(),
            refused["FACELOGIN_VERDICT"].as_str()
        ),
        ("4", "no_match")
    );
    assert_ne!(refused["MESSAGE_ID"], matched["MESSAGE_ID"]);
    assert!(!system.log().contains("action="), "{}", system.log());
}
