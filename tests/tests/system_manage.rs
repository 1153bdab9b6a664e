//! What is stored and how things stand, through the real tool: as root, and as somebody else.
#![allow(clippy::unwrap_used)]

use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, THIRD, uid};
use facelogin_tests::system::{System, SystemOptions};
use serde_json::json;

#[test]
fn root_lists_renames_removes_and_clears() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let empty = system.cli(&["list"]).expect(0);
    assert!(empty.out.contains("No faces are enrolled"), "{empty:?}");
    system.enrol_usual();
    system.enrol(ENROLLED, &["obama.jpg"]);
    system.enrol(STRANGER, &["biden.jpg"]);
    assert_eq!(system.templates(), [1, 2, 3]);

    let listed = system
        .cli(&["list", "--json", "--user", ENROLLED])
        .expect(0)
        .json();
    let templates = listed["templates"].as_array().unwrap();
    assert_eq!(templates.len(), 2);
    for key in [
        "id",
        "user",
        "uid",
        "label",
        "engine",
        "model",
        "camera",
        "kind",
        "encodings",
        "created",
    ] {
        assert!(!templates[0][key].is_null(), "{key}: {listed}");
    }
    assert_eq!(
        templates[0].as_object().unwrap().len(),
        10,
        "nothing secret: {listed}"
    );

    let renamed = system
        .cli(&["rename", "2", "with glasses", "--unattended", "--json"])
        .expect(0);
    assert_eq!(renamed.json()["template"]["label"], "with glasses");
    let table = system.cli(&["list"]).expect(0);
    assert!(
        table.out.contains("with glasses") && table.out.contains(STRANGER),
        "{table:?}"
    );
    system.cli(&["rename", "2", "a\nb", "--unattended"]).expect(5);
    system.cli(&["rename", "99", "x", "--unattended"]).expect(5);
    system.cli(&["remove", "99", "--unattended"]).expect(5);

    let removed = system
        .cli(&["remove", "1", "--unattended", "--json"])
        .expect(0)
        .json();
    assert_eq!(removed["template"]["id"], 1);
    assert_eq!(system.templates(), [2, 3]);
    let unconfirmed = system.cli(&["clear", "--user", ENROLLED]).expect(2);
    assert!(unconfirmed.err.contains("--yes"), "{unconfirmed:?}");
    let cleared = system
        .cli(&["clear", "--user", ENROLLED, "--yes", "--unattended", "--json"])
        .expect(0);
    assert_eq!(cleared.json(), json!({ "removed": 1 }));
    assert_eq!(system.templates(), [3]);

    // Gone is gone at once, and a number is never used again.
    system.show(&Scene::of(Portrait::Obama));
    let (result, attempt) = system.recorded_login("login", ENROLLED);
    assert_eq!(
        (result, attempt.reason.as_str()),
        ("PAM_AUTHINFO_UNAVAIL", "not_enrolled")
    );
    system.enrol_usual();
    assert_eq!(system.templates(), [3, 4]);
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
}

#[test]
fn a_user_has_at_most_eight_templates() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    for _ in 0..8 {
        system.enrol(ENROLLED, &["obama.jpg"]);
    }
    let file = system.portrait("obama.jpg");
    let ran = system
        .cli(&["add", "--unattended", "--user", ENROLLED, "--image", &file])
        .expect(5);
    assert!(ran.err.contains("already has 8 templates"), "{ran:?}");
    system.enrol(STRANGER, &["biden.jpg"]);
    assert_eq!(system.templates().len(), 9);
}

#[test]
fn root_sees_who_is_there_and_how_things_stand() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.enrol(STRANGER, &["biden.jpg"]);

    system.show(&Scene::of(Portrait::Obama));
    let found = system.cli(&["identify", "--json"]).expect(0).json();
    let candidates = found["candidates"].as_array().unwrap();
    assert_eq!((candidates.len(), &candidates[0]["user"]), (1, &ENROLLED.into()));
    assert!(candidates[0]["distance"].as_f64().unwrap() < 0.36, "{found}");
    system.show(&Scene::of(Portrait::Biden));
    let found = system.cli(&["identify"]).expect(0);
    assert!(
        found.out.contains(STRANGER) && !found.out.contains(ENROLLED),
        "{found:?}"
    );
    system.show(&Scene::empty());
    let found = system.cli(&["identify", "--json"]).expect(1).json();
    assert_eq!(
        (&found["reason"], &found["candidates"]),
        (&"nobody_seen".into(), &json!([]))
    );

    system.show(&Scene::of(Portrait::Obama));
    let tested = system
        .cli(&["test", "--json", "--user", ENROLLED])
        .expect(0)
        .json();
    assert_eq!(tested["verdict"], "match");
    assert!(tested["detail"]["distance"].as_f64().unwrap() < 0.36, "{tested}");
    system.cli(&["test", "--user", STRANGER]).expect(1);
    system.cli(&["test", "--user", THIRD]).expect(1);
    system.cli(&["test", "--user", "no-such-user"]).expect(5);

    // The camera is closed after the answer.
    system.wait_until_ready();
    let status = system
        .cli(&["status", "--json", "--user", ENROLLED])
        .expect(0)
        .json();
    assert_eq!(status["vision"], "ready");
    assert_eq!(
        (&status["templates"], &status["usable_templates"]),
        (&1.into(), &1.into())
    );
    let services =
        ["gdm-password", "login", "swaylock"].map(|name| json!({"name": name, "trigger": "immediate"}));
    assert_eq!(status["services"], json!(services));
    let cameras = system.cli(&["cameras", "--json"]).expect(0).json();
    assert_eq!(cameras["cameras"][0]["kind"], "replay");
    let unlocked = system
        .cli(&["unlock", "--json", "--user", ENROLLED])
        .expect(0)
        .json();
    assert_eq!(unlocked, json!({ "cleared": 0 }));
    let verified = system.cli(&["models", "verify", "--json"]).expect(0).json();
    // The engine's two are there; liveness's two are looked for, too, and may be missing.
    assert_eq!(verified["files"].as_array().unwrap().len(), 4);
    system.cli(&["config", "check"]).expect(0);
    system.cli(&["config", "show"]).expect(0);
}

#[test]
fn r22_an_ordinary_user_sees_its_own_and_no_distance() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.enrol(STRANGER, &["biden.jpg"]);
    system.show(&Scene::of(Portrait::Obama));
    let games = uid(ENROLLED);

    let listed = system.cli_as(games, &["list", "--json"]).expect(0).json();
    assert_eq!(listed["templates"].as_array().unwrap().len(), 1);
    assert_eq!(listed["templates"][0]["user"], ENROLLED);
    system.cli_as(games, &["list", "--user", ENROLLED]).expect(0);
    system.cli_as(games, &["list", "--user", STRANGER]).expect(3);
    let own = system.cli_as(games, &["status", "--json"]).expect(0).json();
    assert_eq!((&own["user"], &own["templates"]), (&ENROLLED.into(), &1.into()));
    system.cli_as(games, &["status", "--user", STRANGER]).expect(3);

    let tested = system.cli_as(games, &["test", "--json"]).expect(0);
    let detail = &tested.json()["detail"];
    assert_eq!(
        (&detail["distance"], &detail["threshold"]),
        (&json!(null), &json!(null))
    );
    let ran = system.cli_as(games, &["test", "--user", STRANGER]).expect(3);
    assert!(!ran.out.contains("score"), "{ran:?}");
    // Another user, who is not slowed down by that one: one's own face is not the one in view.
    let ran = system.cli_as(uid(STRANGER), &["test"]).expect(1);
    assert!(!ran.out.contains("score"), "{ran:?}");

    for command in [
        &["remove", "1"][..],
        &["rename", "1", "mine"],
        &["clear", "--yes"],
        &["unlock"],
        &["identify"],
    ] {
        let ran = system.cli_as(games, command).expect(3);
        assert!(ran.err.contains("this needs root"), "{ran:?}");
    }
    assert_eq!(system.templates().len(), 2);
}
