//! The trigger `enter` through real libpam, the real module and both processes of the real daemon.
#![allow(clippy::unwrap_used)]

use std::ffi::CString;

use facelogin_tests::pam_host::{Answer, PamHost, Style, code};
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER};
use facelogin_tests::system::{System, SystemOptions};

const PROMPT: &str = "Password, or Enter to use your face: ";

#[test]
fn r26_an_empty_line_lets_the_face_approve_sudo_and_the_user_is_told() {
    let tables = "[services.sudo]\nenabled = true\n";
    let Some(system) = System::start(&SystemOptions::default().tables(tables)) else {
        return;
    };
    system.enrol_usual();
    let try_sudo = |user: &str, answer: &str| {
        let answers = vec![Answer::Text(CString::new(answer).unwrap())];
        let mut host = PamHost::answering("sudo", user, system.stacks(), answers).unwrap();
        let result = code::name(host.authenticate(0));
        let said: Vec<_> = host
            .messages()
            .iter()
            .map(|message| (message.style, message.text.clone()))
            .collect();
        (result, said)
    };
    let prompt = (Style::Hidden, PROMPT.to_owned());
    let info = |text: &str| (Style::Info, text.to_owned());
    let approved = format!("facelogin: the face of {ENROLLED} approved sudo.");

    system.show(&Scene::photograph(Portrait::Obama3));
    let (result, said) = try_sudo(ENROLLED, "");
    assert_eq!(
        (result, said),
        ("PAM_SUCCESS", vec![prompt.clone(), info(&approved)])
    );
    // In view all the same, but a password was typed: nobody looks.
    let before = system.recorded();
    let (result, said) = try_sudo(ENROLLED, "secret");
    assert_eq!((result, said), ("PAM_AUTHINFO_UNAVAIL", vec![prompt.clone()]));
    let attempt = system.attempt_after(before);
    assert_eq!((attempt.reason.as_str(), attempt.frames), ("consent_needed", 0));
    // Who has no face enrolled sees no prompt of ours.
    assert_eq!(try_sudo(STRANGER, ""), ("PAM_AUTHINFO_UNAVAIL", vec![]));

    system.show(&Scene::photograph(Portrait::Biden));
    let (result, said) = try_sudo(ENROLLED, "");
    assert_eq!(
        (result, said),
        ("PAM_AUTH_ERR", vec![prompt.clone(), info("Face not recognised.")])
    );
    system.show(&Scene::empty());
    let (result, said) = try_sudo(ENROLLED, "");
    assert_eq!(
        (result, said),
        ("PAM_AUTHINFO_UNAVAIL", vec![prompt, info("Nobody in view.")])
    );
}
