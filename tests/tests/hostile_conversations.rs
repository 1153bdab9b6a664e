//! The real module in programs whose conversation breaks its contract, at both questions there are: libpam's for the
//! name, and the module's own.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/host.rs"]
mod host;

use common::USER;
use facelogin_tests::hostile::{Case, Conversation, Entry, Signals};
use facelogin_tests::pam_host::{code, flag};
use facelogin_tests::scripted::Script;
use host::{host, if_believed, names, stage};

/// Conversations that bring neither a name nor an empty line.
fn useless() -> Vec<Conversation> {
    use Conversation::*;
    vec![
        Absent,
        // PAM_CONV_ERR, no PAM code at all, and the codes that a module must never return.
        Code(19),
        Code(-1),
        Code(9999),
        Code(25),
        Code(30),
        Code(31),
        FailureWithGarbage,
        NoResponses,
        NullText,
        Text(b"\x1b[2J\r\n\x07\x7f".to_vec()),
        Text(b"\xff\xfe\x80".to_vec()),
        Text(b"%s%n%n%x".to_vec()),
        Text(b"no-such-account-here".to_vec()),
        TextWithCode(b"no-such-account-here".to_vec()),
        Long(b'x', 511),
        Long(b'x', 512),
        Long(b'x', 513),
        Long(0xff, 1 << 20),
        Long(b'\n', 1 << 20),
        Slow(1500, b"no-such-account-here".to_vec()),
    ]
}

#[test]
fn r11_a_conversation_that_brings_no_name_lets_nobody_in() {
    for conversation in useless().into_iter().chain([Conversation::Text(Vec::new())]) {
        if conversation == Conversation::FailureWithGarbage {
            // libpam's own question frees what a failure leaves.
            continue;
        }
        for flags in [0, flag::SILENT] {
            let (daemon, stacks) = stage(vec![Script::MATCH]);
            let case = Case {
                user: None,
                conversation: conversation.clone(),
                calls: vec![Entry::Authenticate(flags)],
                ..Case::new(stacks.path(), USER)
            };
            let what = format!("{conversation:?} instead of a name, flags {flags:x}");
            let report = host(&what, &case);
            assert_ne!(names(&report.codes), ["PAM_SUCCESS"], "{what}");
            assert!(report.talks.len() <= 1, "{what}: {:?}", report.talks);
            let asked = daemon.stop().iter().any(|seen| seen.request.is_some());
            assert!(!asked, "{what}: the daemon is asked");
        }
    }
}

#[test]
fn r11_a_name_that_is_brought_late_is_a_name() {
    let (_daemon, stacks) = stage(vec![Script::MATCH]);
    for conversation in [
        Conversation::Text(USER.into()),
        // Longer than the module's deadline of 1 s, which begins when the name is there.
        Conversation::Slow(1500, USER.into()),
        Conversation::TextWithCode(USER.into()),
    ] {
        let case = Case {
            user: None,
            conversation: conversation.clone(),
            ..Case::new(stacks.path(), USER)
        };
        let what = format!("{conversation:?}");
        let report = host(&what, &case);
        assert_eq!(
            names(&report.codes),
            names(&[if_believed(code::SUCCESS)]),
            "{what}"
        );
    }
}

fn enter() -> Script {
    Script::Enter(Box::new(Script::MATCH))
}

#[test]
fn r11_a_conversation_that_brings_no_empty_line_begins_no_scan() {
    for conversation in useless() {
        for flags in [0, flag::SILENT] {
            let (daemon, stacks) = stage(vec![enter()]);
            let case = Case {
                conversation: conversation.clone(),
                calls: vec![Entry::Authenticate(flags)],
                ..Case::new(stacks.path(), USER)
            };
            let what = format!("{conversation:?} at the prompt, flags {flags:x}");
            let report = host(&what, &case);
            assert_ne!(names(&report.codes), ["PAM_SUCCESS"], "{what}");
            let questions = report.talks.iter().filter(|talk| talk.style < 3).count();
            assert!(questions <= 1, "{what}: {:?}", report.talks);
            assert!(report.talks.iter().all(|talk| talk.count == 1), "{what}: R11");
            let consents = daemon
                .stop()
                .iter()
                .any(|seen| seen.request.as_ref().is_some_and(|request| request.consent));
            assert!(!consents, "{what}: a scan begins");
        }
    }
}

#[test]
fn r11_an_empty_line_begins_one_however_late_it_comes() {
    for conversation in [
        Conversation::Text(Vec::new()),
        // Longer than the module's deadline of 1 s: that of the second question begins after the prompt.
        Conversation::Slow(1500, Vec::new()),
        Conversation::TextWithCode(Vec::new()),
    ] {
        for signals in [Signals::Default, Signals::Storm] {
            let (_daemon, stacks) = stage(vec![enter()]);
            let case = Case {
                conversation: conversation.clone(),
                signals,
                ..Case::new(stacks.path(), USER)
            };
            let what = format!("{conversation:?}, {signals:?}");
            let report = host(&what, &case);
            assert_eq!(
                names(&report.codes),
                names(&[if_believed(code::SUCCESS)]),
                "{what}"
            );
        }
    }
}

#[test]
fn r11_a_daemon_that_never_has_enough_consent_is_asked_twice() {
    let (daemon, stacks) = stage(vec![Script::Enter(Box::new(Script::CONSENT))]);
    let case = Case {
        conversation: Conversation::Text(Vec::new()),
        ..Case::new(stacks.path(), USER)
    };
    let report = host("consent for ever", &case);
    assert_ne!(names(&report.codes), ["PAM_SUCCESS"]);
    let requests = daemon.stop().iter().filter(|seen| seen.request.is_some()).count();
    assert!(requests <= 2, "{requests}");
    assert!(report.talks.iter().filter(|talk| talk.style < 3).count() <= 1);
}

#[test]
fn r11_answers_are_freed_on_one_handle_a_hundred_times() {
    for conversation in [
        Conversation::Text(Vec::new()),
        Conversation::Text(b"a password".to_vec()),
        Conversation::Long(b'x', 1 << 20),
        Conversation::NullText,
        Conversation::NoResponses,
        Conversation::Code(19),
    ] {
        let (_daemon, stacks) = stage(vec![enter()]);
        let case = Case {
            conversation: conversation.clone(),
            repeat: 100,
            ..Case::new(stacks.path(), USER)
        };
        let what = format!("{conversation:?}, a hundred times");
        let report = host(&what, &case);
        assert_eq!(report.heap_growth, Some(0), "{what}: bytes that 90 calls left");
    }
}
