//! The real module in the real libpam where the service's trigger is `enter`: one prompt, password or face.
#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::CString;

use common::{Handed, USER, assert_code, at, line, only_face, root};
use facelogin_protocol::types::{Reason, Verdict};
use facelogin_tests::pam_host::{Answer, Message, PamHost, Style, code, flag};
use facelogin_tests::scripted::{Script, ScriptedDaemon, Seen};

const PROMPT: &str = "Password, or Enter to use your face: ";

fn typed(text: &str) -> Answer {
    Answer::Text(CString::new(text).unwrap())
}

fn prompt() -> Message {
    Message {
        style: Style::Hidden,
        text: PROMPT.into(),
    }
}

fn info(text: &str) -> Message {
    Message {
        style: Style::Info,
        text: text.into(),
    }
}

fn unavailable(reason: Reason) -> Script {
    Script::Answer(Verdict::Unavailable, reason)
}

/// One call with these answers: its code, what was said, and what the daemon saw.
fn run(
    scripts: Vec<Script>,
    arguments: &str,
    answers: Vec<Answer>,
    flags: i32,
) -> (i32, Vec<Message>, Vec<Seen>) {
    let daemon = ScriptedDaemon::sequence(scripts).unwrap();
    let stacks = only_face(format!("{} {arguments}", at(daemon.socket())));
    let mut host = PamHost::answering("face", USER, stacks.path(), answers).unwrap();
    let result = host.authenticate(flags);
    let messages = host.messages();
    host.end();
    (result, messages, daemon.stop())
}

#[test]
fn r11_an_empty_answer_asks_the_daemon_again_with_consent() {
    if !root() {
        return;
    }
    // What a caller passes does not forbid this empty answer: it is no password.
    for flags in [0, flag::DISALLOW_NULL_AUTHTOK] {
        let scripts = vec![Script::CONSENT, Script::MATCH];
        let (result, messages, seen) = run(scripts, "", vec![typed("")], flags);
        assert_code("an empty answer, a match", result, code::SUCCESS);
        assert_eq!(messages, [prompt()]);
        let requests: Vec<_> = seen.iter().filter_map(|seen| seen.request.as_ref()).collect();
        assert_eq!(requests.len(), 2);
        assert_eq!((requests[0].consent, requests[1].consent), (false, true));
        assert_ne!(requests[0].request_id, requests[1].request_id);
        for seen in &seen {
            assert!(!seen.stirred);
        }
    }
}

#[test]
fn r01_each_end_of_a_scan_that_was_asked_for_has_its_code_and_its_words() {
    if !root() {
        return;
    }
    let cannot = "The face cannot be checked now.";
    for (script, expected, words) in [
        (
            Script::Elevation,
            code::SUCCESS,
            Some("facelogin: the face of nobody approved face."),
        ),
        (
            Script::Answer(Verdict::NoMatch, Reason::NotMatching),
            code::AUTH_ERR,
            Some("Face not recognised."),
        ),
        (
            Script::Answer(Verdict::LockedOut, Reason::LockedOut),
            code::MAXTRIES,
            Some("The face is locked after too many mismatches."),
        ),
        (
            unavailable(Reason::NobodySeen),
            code::AUTHINFO_UNAVAIL,
            Some("Nobody in view."),
        ),
        (
            unavailable(Reason::CameraUnavailable),
            code::AUTHINFO_UNAVAIL,
            Some(cannot),
        ),
        (Script::Close, code::AUTHINFO_UNAVAIL, Some(cannot)),
        (Script::OtherId, code::SERVICE_ERR, Some(cannot)),
        // A daemon that wants the consent it was given.
        (Script::CONSENT, code::SERVICE_ERR, Some(cannot)),
        (Script::MATCH, code::SUCCESS, None),
    ] {
        for flags in [0, flag::SILENT] {
            let scripts = vec![Script::CONSENT, script.clone()];
            let (result, messages, seen) = run(scripts, "", vec![typed("")], flags);
            assert_code(format!("{script:?}"), result, expected);
            let words = words.filter(|_| flags & flag::SILENT == 0);
            let expected: Vec<_> = [prompt()].into_iter().chain(words.map(info)).collect();
            assert_eq!(messages, expected, "{script:?} {flags:#x}");
            assert_eq!(seen.len(), 2, "{script:?}: one prompt, two questions");
        }
    }
}

#[test]
fn r26_an_immediate_elevation_is_shown_too_and_pam_silent_silences_it() {
    if !root() {
        return;
    }
    let approved = info("facelogin: the face of nobody approved face.");
    let mismatch = Script::Answer(Verdict::NoMatch, Reason::NotMatching);
    for (script, words) in [
        (Script::Elevation, Some(approved)),
        (mismatch, Some(info("Face not recognised."))),
        (Script::MATCH, None),
        (unavailable(Reason::NobodySeen), None),
        (Script::Answer(Verdict::LockedOut, Reason::LockedOut), None),
    ] {
        let (_, messages, _) = run(vec![script.clone()], "", vec![], 0);
        assert_eq!(messages, Vec::from_iter(words), "{script:?}");
        let (_, messages, _) = run(vec![script.clone()], "", vec![], flag::SILENT);
        assert_eq!(messages, [], "{script:?}");
    }
}

#[test]
fn r11_a_conversation_that_fails_at_an_information_changes_nothing() {
    if !root() {
        return;
    }
    for answer in [
        Answer::Fail,
        Answer::NoResponses,
        Answer::Null,
        typed("an answer that nobody asked for"),
    ] {
        let daemon = ScriptedDaemon::start(Script::Elevation).unwrap();
        let stacks = only_face(at(daemon.socket()));
        let reply = answer.clone();
        let talk = move |_: &Message| reply.clone();
        let mut host = PamHost::start("face", Some(USER), stacks.path(), talk).unwrap();
        assert_code(format!("{answer:?}"), host.authenticate(0), code::SUCCESS);
        assert_eq!(host.messages().len(), 1);
    }
    let daemon = ScriptedDaemon::start(Script::Elevation).unwrap();
    let stacks = only_face(at(daemon.socket()));
    let mut host = PamHost::without_conversation("face", USER, stacks.path()).unwrap();
    assert_code("no conversation", host.authenticate(0), code::SUCCESS);
}

#[test]
fn r11_a_prompt_that_brings_no_line_is_a_broken_conversation() {
    if !root() {
        return;
    }
    let long = "x".repeat(513);
    for (answer, expected) in [
        (Answer::Fail, code::CONV_ERR),
        // As LightDM: no array, or no text. Not taken for an empty line.
        (Answer::NoResponses, code::CONV_ERR),
        (Answer::Null, code::CONV_ERR),
        (typed(&long), code::CONV_ERR),
        (typed(&"x".repeat(1 << 20)), code::CONV_ERR),
        (typed(&long[..512]), code::AUTHINFO_UNAVAIL),
    ] {
        for flags in [0, flag::SILENT] {
            let (result, messages, seen) = run(vec![Script::CONSENT], "", vec![answer.clone()], flags);
            assert_code(format!("{:.40}", format!("{answer:?}")), result, expected);
            assert_eq!(
                messages,
                [prompt()],
                "a prompt is not silenced, and is not repeated"
            );
            assert_eq!(seen.len(), 1, "no second question");
        }
    }
    let daemon = ScriptedDaemon::start(Script::CONSENT).unwrap();
    let stacks = only_face(at(daemon.socket()));
    let mut host = PamHost::without_conversation("face", USER, stacks.path()).unwrap();
    assert_code("no conversation", host.authenticate(0), code::CONV_ERR);
}

#[test]
fn a_typed_password_reaches_the_next_module_and_an_empty_line_leaves_none() {
    if !root() {
        return;
    }
    // The second question, where there is one, is the next module's own: it found PAM_AUTHTOK NULL.
    let password = "p\u{e4}ss w\u{f6}rd \x07\u{1b}[2J";
    let bytes = CString::new(vec![0xff, 0xfe, b'x']).unwrap();
    for (first, handed, questions) in [
        (typed(password), password.as_bytes(), 1),
        (Answer::Text(bytes.clone()), bytes.as_bytes(), 1),
        (typed(&"x".repeat(500)), &[b'x'; 500], 1),
        (typed(""), b"second", 2),
        (Answer::Null, b"second", 2),
    ] {
        let daemon =
            ScriptedDaemon::sequence(vec![Script::CONSENT, unavailable(Reason::NobodySeen)]).unwrap();
        let next = Handed::new();
        let auth = line("auth", "[success=1 default=ignore]", at(daemon.socket())) + &next.line("required");
        next.stacks.service("face", &auth).unwrap();
        let answers = vec![first.clone(), typed("second")];
        let mut host = PamHost::answering("face", USER, next.stacks.path(), answers).unwrap();
        assert_code(format!("{first:?}"), host.authenticate(0), code::SUCCESS);
        assert_eq!(next.password().as_deref(), Some(handed), "{first:?}");
        let asked = host
            .messages()
            .iter()
            .filter(|message| message.is_question())
            .count();
        assert_eq!(asked, questions, "{first:?}");
    }
}

#[test]
fn a_password_that_is_there_already_is_left_and_nobody_is_asked() {
    if !root() {
        return;
    }
    for (script, expected) in [
        (Script::CONSENT, code::AUTHINFO_UNAVAIL),
        (Script::MATCH, code::SUCCESS),
    ] {
        let daemon = ScriptedDaemon::start(script).unwrap();
        let (before, after) = (Handed::new(), Handed::new());
        let face = line("auth", "required", at(daemon.socket()));
        let stack = before.line("optional") + &face + &after.line("optional");
        before.stacks.service("face", &stack).unwrap();
        let answers = vec![typed("first")];
        let mut host = PamHost::answering("face", USER, before.stacks.path(), answers).unwrap();
        assert_code("PAM_AUTHTOK is set", host.authenticate(0), expected);
        assert_eq!(host.messages().len(), 1, "the question of the module before");
        assert_eq!(after.password().as_deref(), Some(&b"first"[..]));
        drop(host);
        assert_eq!(daemon.stop().len(), 1);
    }
}

#[test]
fn who_has_no_face_to_ask_for_sees_no_prompt_of_ours() {
    if !root() {
        return;
    }
    for script in [
        unavailable(Reason::NotEnrolled),
        unavailable(Reason::ServiceNotAllowed),
        unavailable(Reason::LidClosed),
        unavailable(Reason::PasswordFirst),
        Script::Answer(Verdict::UnknownUser, Reason::UnknownUser),
        // Not a demand for consent, for all that it says so.
        Script::Answer(Verdict::NoMatch, Reason::ConsentNeeded),
        Script::Close,
    ] {
        let (result, messages, _) = run(vec![script.clone()], "", vec![typed("")], 0);
        assert_ne!(result, code::SUCCESS);
        assert!(
            messages.iter().all(|message| !message.is_question()),
            "{script:?}"
        );
    }
}

#[test]
fn timeout_result_does_not_change_what_a_typed_password_is() {
    if !root() {
        return;
    }
    let argument = "timeout_result=auth_err";
    for (answer, second, expected) in [
        ("secret", Script::MATCH, code::AUTHINFO_UNAVAIL),
        ("", unavailable(Reason::NobodySeen), code::AUTH_ERR),
        ("", unavailable(Reason::Busy), code::AUTH_ERR),
        ("", unavailable(Reason::JustLocked), code::AUTH_ERR),
        ("", unavailable(Reason::NotEnrolled), code::AUTHINFO_UNAVAIL),
        ("", Script::CONSENT, code::SERVICE_ERR),
    ] {
        let scripts = vec![Script::CONSENT, second.clone()];
        let (result, ..) = run(scripts, argument, vec![typed(answer)], 0);
        assert_code(format!("{answer:?} {second:?}"), result, expected);
    }
}

#[test]
fn r12_one_handle_serves_a_hundred_calls_each_with_a_prompt_of_its_own() {
    if !root() {
        return;
    }
    // Three connections in two calls: a password is typed in the first, the face matches in the second.
    let scripts = [Script::CONSENT, Script::CONSENT, Script::MATCH];
    let daemon = ScriptedDaemon::sequence(scripts.iter().cycle().take(150).cloned().collect()).unwrap();
    let stacks = only_face(at(daemon.socket()));
    let answers = [typed("secret"), typed("")]
        .iter()
        .cycle()
        .take(100)
        .cloned()
        .collect();
    let mut host = PamHost::answering("face", USER, stacks.path(), answers).unwrap();
    for round in 0..50 {
        assert_code(
            format!("password, round {round}"),
            host.authenticate(0),
            code::AUTHINFO_UNAVAIL,
        );
        assert_code(
            format!("face, round {round}"),
            host.authenticate(0),
            code::SUCCESS,
        );
    }
    assert_eq!(host.messages(), vec![prompt(); 100]);
    host.end();
    assert_eq!(daemon.stop().len(), 150);
}
