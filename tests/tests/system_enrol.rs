//! Enrolment through the real command-line tool: what is stored, and what is refused with which words.
#![allow(clippy::unwrap_used)]

use std::fs;

use facelogin_tests::bins;
use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{self, Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{System, SystemOptions, Wire, method};
use serde_json::{Value, json};

#[test]
fn each_unfit_picture_has_its_own_words_and_nothing_is_stored() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let two = Scene::two_people(Portrait::Obama, Portrait::Biden);
    let nobody = Scene::empty();
    let large = vec![0xff; 16 * 1024 * 1024 + 1];
    let cut_short = fs::read(system.portrait("obama.jpg")).unwrap();
    let picture = |name: &str, bytes: &[u8]| system.picture(name, bytes);
    let unfit = [
        (
            picture("nobody.jpg", &nobody.pictures()[0]),
            "no face was found in it",
        ),
        (
            picture("two.jpg", &two.pictures()[0]),
            "it shows more than one face",
        ),
        (
            picture("small.jpg", &scene::scaled(Portrait::Obama, 280)),
            "the face is too small",
        ),
        (
            picture("blurred.jpg", &scene::blurred_head(Portrait::Obama, 500, 8.0)),
            "the face is blurred",
        ),
        (
            system.portrait("obama_partial_face.jpg"),
            "the face is cut off by the edge of the picture",
        ),
        (system.portrait("obama3.jpg"), "the face is turned away"),
        (
            picture("text.jpg", b"not a picture"),
            "it is neither JPEG nor PNG",
        ),
        (picture("empty.jpg", b""), "it is neither JPEG nor PNG"),
        (
            picture("cut.jpg", &cut_short[..cut_short.len() / 2]),
            "it is cut short",
        ),
        (picture("large.jpg", &large), "scale it down"),
        (
            system.path("missing.jpg").to_str().unwrap().to_owned(),
            "cannot be read",
        ),
        (
            system.path("models").to_str().unwrap().to_owned(),
            "not a regular file",
        ),
    ];
    let good = system.portrait("obama.jpg");
    let mut said = Vec::new();
    for (file, words) in &unfit {
        // Alone, and behind a picture that is fit: then the message must name the right one.
        for files in [vec![file.as_str()], vec![good.as_str(), file.as_str()]] {
            let arguments = [
                &["add", "--unattended", "--user", ENROLLED, "--image"],
                &files[..],
            ]
            .concat();
            let ran = system.cli(&arguments);
            assert_eq!(ran.code, 5, "{words}: {ran:?}");
            assert!(
                ran.err.contains(words) && ran.err.contains(file.as_str()),
                "{words}: {ran:?}"
            );
            assert!(ran.err.contains("Nothing was stored"), "{ran:?}");
            assert!(ran.out.is_empty(), "{ran:?}");
            said.push(ran.err.replace(file.as_str(), ""));
        }
    }
    let ran = system
        .cli(&[
            "add",
            "--unattended",
            "--json",
            "--user",
            ENROLLED,
            "--image",
            &unfit[0].0,
        ])
        .expect(5);
    assert_eq!(ran.json()["error"]["kind"], "not_enrolled");
    assert!(system.templates().is_empty());
    said.sort();
    said.dedup();
    // The empty file and the text share theirs.
    assert_eq!(said.len(), unfit.len() - 1, "{said:#?}");
}

#[test]
fn pictures_of_two_people_together_are_refused() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let files = ["obama.jpg", "obama2.jpg", "biden.jpg"].map(|name| system.portrait(name));
    let [first, second, odd] = files.each_ref().map(String::as_str);
    let ran = system
        .cli(&[
            "add",
            "--unattended",
            "--user",
            ENROLLED,
            "--image",
            first,
            second,
            odd,
        ])
        .expect(5);
    assert!(ran.err.contains("too unlike the others"), "{ran:?}");
    assert!(ran.err.contains(odd), "it names the odd one: {ran:?}");
    system
        .cli(&["add", "--unattended", "--user", ENROLLED, "--image", first, odd])
        .expect(5);
    assert!(system.templates().is_empty());
}

#[test]
fn r19_only_root_enrols_and_only_accounts() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let file = system.picture("me.jpg", &scene::head(Portrait::Obama, 500));
    let ran = system
        .cli_as(
            uid(ENROLLED),
            &["add", "--unattended", "--user", ENROLLED, "--image", &file],
        )
        .expect(3);
    assert!(
        ran.err.contains("this needs root: try sudo facelogin-enroll"),
        "{ran:?}"
    );
    let ran = system
        .cli(&["add", "--unattended", "--user", "no-such-user", "--image", &file])
        .expect(5);
    assert!(ran.err.contains("no-such-user"), "{ran:?}");
    // The daemon itself refuses too: the tool's own check is a courtesy.
    let mut wire = Wire::connect_as(&system.socket(), uid(ENROLLED));
    let reply = wire.ask(&enrol_with_progress()).unwrap();
    assert_eq!(reply["error"], "org.facelogin.Login.NotPermitted");
    assert!(system.templates().is_empty());
}

#[test]
fn one_picture_will_do_with_a_warning_and_a_shared_face_is_named() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let stored = system.enrol(ENROLLED, &["obama.jpg"]).json();
    let warnings = stored["warnings"].to_string();
    assert!(warnings.contains("made from 1 picture"), "{stored}");
    assert_eq!(stored["template"]["user"], ENROLLED);
    assert_eq!(stored["template"]["encodings"], 1);
    assert_eq!(stored["template"]["camera"], "pictures");

    // PNG is taken as well; the face is somebody's already.
    let file = system.picture("same.png", &scene::png(Portrait::Obama));
    let ran = system
        .cli(&[
            "add",
            "--unattended",
            "--user",
            STRANGER,
            "--label",
            "twin",
            "--image",
            &file,
        ])
        .expect(0);
    assert!(
        ran.out.contains("resembles the one enrolled for games"),
        "{ran:?}"
    );
    assert_eq!(system.templates().len(), 2);

    system.show(&Scene::of(Portrait::Obama));
    for user in [ENROLLED, STRANGER] {
        assert_eq!(code::name(system.login("login", user)), "PAM_SUCCESS", "{user}");
    }
}

#[test]
fn a_second_persons_face_under_one_account_is_told() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let warned = |picture| {
        let stored = system.enrol(ENROLLED, &[picture]).json();
        stored["warnings"]
            .to_string()
            .contains("not much like another that is enrolled for games")
    };
    assert!(!warned("obama.jpg"), "the first");
    assert!(!warned("obama2.jpg"), "another picture of the same person");
    assert!(warned("biden.jpg"), "somebody else's");
    assert_eq!(system.templates().len(), 3);
}

#[test]
fn from_the_camera_a_moving_face_becomes_a_template_that_logs_in() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.show(&Scene::moving(Portrait::Obama));
    let ran = system
        .cli(&[
            "add",
            "--unattended",
            "--json",
            "--user",
            ENROLLED,
            "--label",
            "desk",
        ])
        .expect(0);
    let template = &ran.json()["template"];
    assert_eq!(
        (&template["camera"], &template["label"]),
        (&"replay".into(), &"desk".into())
    );
    assert_eq!(template["encodings"], 7);
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
    system.show(&Scene::of(Portrait::Biden));
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_AUTH_ERR");
}

#[test]
fn an_enrolment_reports_progress_to_whoever_asks_for_more() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.show(&Scene::moving(Portrait::Obama));
    let mut wire = Wire::connect(&system.socket());
    wire.call(&enrol_with_progress()).unwrap();
    let mut got = Vec::new();
    loop {
        let reply = wire.reply().unwrap();
        let parameters = &reply["parameters"];
        got.push(parameters["got"].as_u64().unwrap());
        if reply["continues"] != true {
            assert!(parameters["template"].is_object(), "{reply}");
            break;
        }
        assert!(parameters["template"].is_null(), "{reply}");
    }
    assert_eq!((got.first(), got.last()), (Some(&0), Some(&7)));
    assert!(got.is_sorted() && got.len() >= 8, "{got:?}");
}

#[test]
fn a_cancelled_enrolment_stores_nothing_and_frees_the_camera() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    let arguments = ["add", "--unattended", "--user", STRANGER];
    let mut child = system.command(bins::enroll(), &arguments).spawn().unwrap();
    system.wait_for_vision("busy");
    child.kill().unwrap();
    child.wait().unwrap();
    system.wait_until_ready();
    assert_eq!(system.templates().len(), 1);
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
}

#[test]
fn an_enrolment_tells_a_person_what_to_do() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.show(&Scene::two_people(Portrait::Obama, Portrait::Biden));
    let mut wire = Wire::connect(&system.socket());
    wire.call(&enrol_with_progress()).unwrap();
    while wire.reply().unwrap()["parameters"]["hint"] != "Only one person may be in view" {}
    drop(wire);
    system.wait_until_ready();
    assert!(system.templates().is_empty());
}

fn enrol_with_progress() -> Value {
    let mut call = method("EnrollCamera", json!({ "user": ENROLLED, "label": null }));
    call["more"] = true.into();
    call
}
