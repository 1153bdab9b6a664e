//! The real module in the real libpam, against daemons that answer rightly, wrongly and not at all.
#![allow(clippy::unwrap_used)]

mod common;

use common::{USER, against, assert_code, at, authenticate, only_face, root, uid};
use facelogin_protocol::types::{Reason, Verdict};
use facelogin_tests::pam_host::{Answer, PamHost, code, flag};
use facelogin_tests::scripted::{FullQueue, Script, ScriptedDaemon, ScriptedProcess, length_of_match};
use serde_json::json;

/// The name of the test binary's neighbour that follows scripts under another uid.
const SCRIPTED_DAEMON: &str = env!("CARGO_BIN_EXE_scripted-daemon");

#[test]
fn r01_each_answer_has_its_code_and_one_is_a_success() {
    if !root() {
        return;
    }
    let unavailable = |reason| Script::Answer(Verdict::Unavailable, reason);
    for (script, expected) in [
        (Script::MATCH, code::SUCCESS),
        (
            Script::Answer(Verdict::Match, Reason::NobodySeen),
            code::SERVICE_ERR,
        ),
        (
            Script::Answer(Verdict::NoMatch, Reason::Matched),
            code::SERVICE_ERR,
        ),
        (
            Script::Answer(Verdict::NoMatch, Reason::NotMatching),
            code::AUTH_ERR,
        ),
        (
            Script::Answer(Verdict::LockedOut, Reason::LockedOut),
            code::MAXTRIES,
        ),
        (
            Script::Answer(Verdict::UnknownUser, Reason::UnknownUser),
            code::USER_UNKNOWN,
        ),
        (unavailable(Reason::NobodySeen), code::AUTHINFO_UNAVAIL),
        (unavailable(Reason::NotEnrolled), code::AUTHINFO_UNAVAIL),
        (unavailable(Reason::ServiceNotAllowed), code::AUTHINFO_UNAVAIL),
        (unavailable(Reason::CameraUnavailable), code::AUTHINFO_UNAVAIL),
        (unavailable(Reason::RateLimited), code::AUTHINFO_UNAVAIL),
    ] {
        let (result, seen) = against(script.clone(), "");
        assert_code(format!("{script:?}"), result, expected);
        assert_eq!(seen.len(), 1, "one connection a call");
    }
}

#[test]
fn r01_timeout_result_makes_an_empty_scene_an_authentication_error() {
    if !root() {
        return;
    }
    for (reason, expected) in [
        (Reason::NobodySeen, code::AUTH_ERR),
        (Reason::NotEnrolled, code::AUTHINFO_UNAVAIL),
    ] {
        let script = Script::Answer(Verdict::Unavailable, reason);
        let (result, _) = against(script, "timeout_result=auth_err");
        assert_code(format!("{reason:?}"), result, expected);
    }
}

#[test]
fn r02_a_match_counts_only_for_this_request_after_it_and_once() {
    if !root() {
        return;
    }
    for (script, expected) in [
        (Script::EarlyMatch, code::SERVICE_ERR),
        (Script::OtherId, code::SERVICE_ERR),
        (Script::OtherUid, code::SERVICE_ERR),
        (Script::Twice, code::SERVICE_ERR),
        (Script::Continues, code::SERVICE_ERR),
        (Script::MatchAnd(b"\0".to_vec()), code::SERVICE_ERR),
        (Script::MatchAnd(b"{}\0".to_vec()), code::SERVICE_ERR),
        (Script::MatchAnd(vec![b' '; 10_000]), code::SERVICE_ERR),
        // Half a message after it, and the end: the client takes it for a daemon that died.
        (Script::MatchAnd(b"{".to_vec()), code::AUTHINFO_UNAVAIL),
        // No end: it may still say something else.
        (Script::MatchAndStay, code::AUTHINFO_UNAVAIL),
    ] {
        let (result, _) = against(script.clone(), "");
        assert_code(format!("{script:?}"), result, expected);
    }
}

#[test]
fn r02_the_end_of_the_stream_at_any_byte_of_a_match_is_no_match() {
    if !root() {
        return;
    }
    let length = length_of_match(uid());
    assert!(length > 100, "the right answer could be made");
    let cuts: Vec<Script> = (0..=length).map(Script::Cut).collect();
    let daemon = ScriptedDaemon::sequence(cuts).unwrap();
    let stacks = only_face(at(daemon.socket()));
    for cut in 0..length {
        let result = authenticate(&stacks, |_| {});
        assert_code(format!("{cut} bytes"), result, code::AUTHINFO_UNAVAIL);
    }
    assert_code("all bytes", authenticate(&stacks, |_| {}), code::SUCCESS);
}

#[test]
fn r02_the_module_stays_silent_and_open_until_the_answer() {
    if !root() {
        return;
    }
    let (result, seen) = against(Script::MATCH, "");
    assert_code("match", result, code::SUCCESS);
    assert!(!seen[0].stirred);
}

#[test]
fn r05_the_request_names_the_user_the_uid_and_the_login() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::start(Script::MATCH).unwrap();
    let stacks = only_face(at(daemon.socket()));
    let result = authenticate(&stacks, |host| {
        host.set_tty(c"/dev/tty1");
        host.set_ruser(c"alice");
        host.set_rhost(c"");
    });
    assert_code("match", result, code::SUCCESS);
    let request = daemon.stop().remove(0).request.unwrap();
    assert_eq!((request.user.as_str(), request.uid), (USER, uid()));
    assert_eq!(request.service, "face");
    assert_eq!(request.tty.as_deref(), Some("/dev/tty1"));
    assert_eq!(request.ruser.as_deref(), Some("alice"));
    assert_eq!(request.rhost, None);
    assert!(
        (1..=800).contains(&request.timeout_ms),
        "the daemon answers before the module's deadline of 1 s: {}",
        request.timeout_ms
    );
}

#[test]
fn r10_hostile_answers_are_codes_and_the_host_lives() {
    if !root() {
        return;
    }
    let mut hostile: Vec<Vec<u8>> = [
        &b"\0"[..],
        b"\0\0\0\0",
        b"null\0",
        b"{}\0",
        b"[]\0",
        b"garbage\0",
        b"\xff\xfe\0",
        b"{\"parameters\":null}\0",
        b"{\"parameters\":{\"verdict\":\"match\"}}\0",
        b"{\"parameters\":{\"request_id\":1e999}}\0",
        b"{\"error\":\"\\n\\u0000\\u001b[2J\"}\0",
        b"{\"error\":null}\0",
        b"{\"x\":1}\0",
        b"HTTP/1.1 200 OK\r\n\r\n\0",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    hostile.push(vec![b'x'; 1 << 20]);
    hostile.push([b"{\"parameters\":".to_vec(), vec![b'['; 4000], vec![0]].concat());
    for bytes in hostile {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        let (result, _) = against(Script::Bytes(bytes), "");
        assert_code(start, result, code::SERVICE_ERR);
    }
}

#[test]
fn r02_a_match_that_was_damaged_on_its_way_is_no_match() {
    if !root() {
        return;
    }
    const COUNT: u64 = 400;
    let daemon = ScriptedDaemon::sequence((0..COUNT).map(Script::Damaged).collect()).unwrap();
    let stacks = only_face(at(daemon.socket()));
    for seed in 0..COUNT {
        let result = authenticate(&stacks, |_| {});
        // Half a message is a daemon that died; anything else that is no answer is a fault; a verdict that damage made
        // of another one is that verdict.
        assert_ne!(code::name(result), "PAM_SUCCESS", "Script::Damaged({seed})");
    }
    assert_eq!(daemon.stop().len() as u64, COUNT, "each was sent");
}

#[test]
fn an_error_of_the_interface_is_unavailable_or_a_fault() {
    if !root() {
        return;
    }
    let busy = json!({ "reason": "busy", "why": "somebody else's scan" });
    for (name, parameters, expected) in [
        (
            "org.facelogin.Login.Unavailable",
            busy.clone(),
            code::AUTHINFO_UNAVAIL,
        ),
        (
            "org.facelogin.Login.NotPermitted",
            json!({ "why": "x" }),
            code::SERVICE_ERR,
        ),
        (
            "org.varlink.service.MethodNotFound",
            busy.clone(),
            code::SERVICE_ERR,
        ),
        ("Unavailable", busy.clone(), code::SERVICE_ERR),
        ("org.facelogin.Login.Matched", busy.clone(), code::SERVICE_ERR),
        (
            "org.facelogin.Login.Unavailable",
            json!({ "reason": "no_such_reason", "why": "x" }),
            code::SERVICE_ERR,
        ),
        ("", busy, code::SERVICE_ERR),
    ] {
        let (result, _) = against(Script::Error(name.into(), parameters), "");
        assert_code(name, result, expected);
    }
}

#[test]
fn r15_whoever_is_not_root_is_not_asked() {
    if !root() {
        return;
    }
    let daemon = ScriptedProcess::start(SCRIPTED_DAEMON, &[Script::MATCH], Some(65_534)).unwrap();
    let stacks = only_face(at(daemon.socket()));
    assert_code("uid 65534", authenticate(&stacks, |_| {}), code::SERVICE_ERR);
    // The same program as root is believed, so it was the uid.
    let daemon = ScriptedProcess::start(SCRIPTED_DAEMON, &[Script::MATCH], None).unwrap();
    let stacks = only_face(at(daemon.socket()));
    assert_code("uid 0", authenticate(&stacks, |_| {}), code::SUCCESS);
}

#[test]
fn r25_death_and_hanging_are_unavailable_within_the_deadline() {
    if !root() {
        return;
    }
    for script in [
        Script::Close,
        Script::Deaf,
        Script::Silence,
        Script::Ignore,
        Script::Drip(20),
    ] {
        let (result, _) = against(script.clone(), "");
        assert_code(format!("{script:?}"), result, code::AUTHINFO_UNAVAIL);
    }
    let queue = FullQueue::start().unwrap();
    let result = authenticate(&only_face(at(queue.socket())), |_| {});
    assert_code("a full queue", result, code::AUTHINFO_UNAVAIL);
}

#[test]
fn r25_no_daemon_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let dead = folder.path().join("dead");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    for path in [absent, file, dead] {
        let result = authenticate(&only_face(at(&path)), |_| {});
        assert_code(path.display(), result, code::AUTHINFO_UNAVAIL);
    }
}

#[test]
fn r12_one_handle_serves_fifty_calls_each_on_its_own() {
    if !root() {
        return;
    }
    let mismatch = Script::Answer(Verdict::NoMatch, Reason::NotMatching);
    let scripts = [
        Script::MATCH,
        mismatch,
        Script::OtherId,
        Script::Close,
        Script::Cut(60),
    ];
    let codes = [
        code::SUCCESS,
        code::AUTH_ERR,
        code::SERVICE_ERR,
        code::AUTHINFO_UNAVAIL,
        code::AUTHINFO_UNAVAIL,
    ];
    let daemon = ScriptedDaemon::sequence(scripts.iter().cycle().take(50).cloned().collect()).unwrap();
    let stacks = only_face(at(daemon.socket()));
    let mut host = PamHost::mute("face", USER, stacks.path()).unwrap();
    for (round, expected) in codes.iter().cycle().take(50).enumerate() {
        assert_code(format!("round {round}"), host.authenticate(0), *expected);
    }
    host.end();
    let seen = daemon.stop();
    assert_eq!(seen.len(), 50, "one connection a call");
    let mut ids: Vec<String> = seen
        .iter()
        .filter_map(|seen| Some(seen.request.as_ref()?.request_id.to_string()))
        .collect();
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!((count, ids.len()), (40, 40), "each request has its own id");
}

#[test]
fn r11_the_name_is_asked_for_by_libpam_and_a_broken_conversation_is_no_crash() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::start(Script::MATCH).unwrap();
    let stacks = only_face(at(daemon.socket()));
    for (answer, expected) in [
        (Answer::Text(c"nobody".to_owned()), code::SUCCESS),
        (Answer::Null, code::CONV_ERR),
        (Answer::NoResponses, code::CONV_ERR),
        (Answer::Fail, code::CONV_ERR),
    ] {
        for flags in [0, flag::SILENT] {
            let reply = answer.clone();
            let mut host = PamHost::start("face", None, stacks.path(), move |_| reply.clone()).unwrap();
            assert_code(format!("{answer:?}"), host.authenticate(flags), expected);
            assert_eq!(host.messages().len(), 1, "libpam's one question");
        }
    }
    assert_eq!(daemon.stop().len(), 2, "who has no name is not asked about");
}
