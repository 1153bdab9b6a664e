//! The real module in programs that do what no program should. After every case the host is as it was, nothing was
//! printed, nothing crashed, and nobody got in who should not.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/host.rs"]
mod host;

use std::os::unix::process::ExitStatusExt;

use common::{USER, line, root};
use facelogin_tests::hostile::{Case, Entry, Signals, run};
use facelogin_tests::pam_host::code;
use facelogin_tests::scripted::Script;
use host::{HOST, MISMATCH, believed, host, names, stage};

/// Ways for a question to end, and their codes.
fn endings() -> Vec<(Script, i32)> {
    vec![
        (Script::MATCH, code::SUCCESS),
        (MISMATCH, code::AUTH_ERR),
        (Script::OtherId, code::SERVICE_ERR),
        (Script::Twice, code::SERVICE_ERR),
        (Script::Cut(60), code::AUTHINFO_UNAVAIL),
        (Script::Deaf, code::AUTHINFO_UNAVAIL),
        (Script::Close, code::AUTHINFO_UNAVAIL),
        (Script::Bytes(vec![b'x'; 10_000]), code::SERVICE_ERR),
        (Script::Drip(20), code::AUTHINFO_UNAVAIL),
        (Script::Silence, code::AUTHINFO_UNAVAIL),
    ]
}

#[test]
fn r07_the_host_is_as_it_was_whatever_it_does_with_signals() {
    let (scripts, codes): (Vec<_>, Vec<_>) = endings().into_iter().unzip();
    for signals in [
        Signals::Default,
        Signals::Ignored,
        Signals::Handled,
        Signals::Blocked,
    ] {
        let (_daemon, stacks) = stage(scripts.clone());
        let case = Case {
            signals,
            calls: vec![Entry::Authenticate(0); scripts.len()],
            ..Case::new(stacks.path(), USER)
        };
        let what = format!("{signals:?}");
        let report = host(&what, &case);
        assert_eq!(report.signals, 0, "{what}: none is raised");
        if believed() {
            assert_eq!(names(&report.codes), names(&codes), "{what}");
        }
    }
}

#[test]
fn r25_waits_that_a_signal_interrupts_every_millisecond_end_as_others_do() {
    for (script, expected) in endings() {
        let (_daemon, stacks) = stage(vec![script.clone()]);
        let case = Case {
            signals: Signals::Storm,
            ..Case::new(stacks.path(), USER)
        };
        let what = format!("{script:?} in a storm of signals");
        let report = host(&what, &case);
        if believed() {
            assert_eq!(names(&report.codes), names(&[expected]), "{what}");
        }
        assert!(report.signals > 0, "{what}: there was one");
    }
}

#[test]
fn r12_one_handle_serves_a_hundred_calls_and_keeps_no_memory() {
    for (script, expected) in endings() {
        if matches!(script, Script::Drip(_) | Script::Silence) {
            // A second each; the calls are no others.
            continue;
        }
        let (_daemon, stacks) = stage(vec![script.clone()]);
        let case = Case {
            repeat: 100,
            ..Case::new(stacks.path(), USER)
        };
        let what = format!("{script:?}, a hundred times");
        let report = host(&what, &case);
        if believed() {
            assert_eq!(names(&report.codes), names(&[expected; 100]), "{what}");
        }
        assert_eq!(report.heap_growth, Some(0), "{what}: bytes that 90 calls left");
    }
}

#[test]
fn r09_a_host_without_standard_descriptors_gets_none() {
    let (scripts, codes): (Vec<_>, Vec<_>) = endings().into_iter().unzip();
    let (_daemon, stacks) = stage(scripts.clone());
    let case = Case {
        close_stdio: true,
        calls: vec![Entry::Authenticate(0); scripts.len()],
        ..Case::new(stacks.path(), USER)
    };
    let report = host("no standard descriptors", &case);
    assert!(
        report.before.descriptors.keys().all(|fd| *fd > 2),
        "they are closed"
    );
    if believed() {
        assert_eq!(names(&report.codes), names(&codes));
    }
}

#[test]
fn r12_handles_in_parallel_threads_get_each_its_own_answer() {
    // The daemon takes one connection after the other, so half of them meet a match.
    let scripts = [Script::MATCH, MISMATCH].into_iter().cycle().take(80).collect();
    let (daemon, stacks) = stage(scripts);
    let case = Case {
        threads: 8,
        repeat: 10,
        ..Case::new(stacks.path(), USER)
    };
    let report = host("threads", &case);
    let matches = report.codes.iter().filter(|code| **code == code::SUCCESS).count();
    assert_eq!(matches, if believed() { 40 } else { 0 });
    let mut ids: Vec<String> = daemon
        .stop()
        .iter()
        .filter_map(|seen| Some(seen.request.as_ref()?.request_id.to_string()))
        .collect();
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "each request has its own id");
}

#[test]
fn r22_a_host_of_an_ordinary_user_is_served_and_left_as_it_was() {
    if !root() {
        return;
    }
    let (_daemon, stacks) = stage(vec![Script::MATCH, MISMATCH, Script::Close]);
    let case = Case {
        uid: Some(common::uid()),
        calls: vec![Entry::Authenticate(0); 3],
        ..Case::new(stacks.path(), USER)
    };
    let report = host("an ordinary user", &case);
    let expected = [code::SUCCESS, code::AUTH_ERR, code::AUTHINFO_UNAVAIL];
    assert_eq!(names(&report.codes), names(&expected));
}

#[test]
fn r23_the_build_that_ships_refuses_to_be_told_to_panic() {
    let (_daemon, stacks) = stage(vec![Script::MATCH]);
    stacks
        .service("face", &line("auth", "required", "panic=setcred"))
        .unwrap();
    let report = host("panic=setcred", &Case::new(stacks.path(), USER));
    assert_eq!(names(&report.codes), ["PAM_SERVICE_ERR"]);
}

/// The heap of the host is used up but for so many bytes, and the kernel gives no more. C functions return an error
/// then, and an allocation of Rust aborts the program.
#[test]
fn r01_without_memory_the_login_fails_and_the_host_lives() {
    let (mut refused, mut served) = (0, 0);
    // malloc(3) takes blocks from 128 KiB on from elsewhere, so these are below it.
    for left in [
        0, 256, 1024, 4096, 16_384, 65_536, 66_000, 70_000, 80_000, 120_000,
    ] {
        let (_daemon, stacks) = stage(vec![MISMATCH]);
        let case = Case {
            memory_left: Some(left),
            ..Case::new(stacks.path(), USER)
        };
        let outcome = run(HOST, &case).unwrap();
        let what = format!(
            "{left} bytes: {}, {}",
            outcome.status,
            String::from_utf8_lossy(&outcome.output)
        );
        let Some(report) = outcome.report else {
            // A copy of the module's arguments is made before its own code runs. Less than a page is wanting then.
            assert_eq!(outcome.status.signal(), Some(6), "{what}");
            assert!(left < 4096, "{what}");
            continue;
        };
        assert_eq!(report.after.descriptors, report.before.descriptors, "{what}");
        match report.codes[..] {
            [code::AUTH_ERR] => served += 1,
            [code::SUCCESS] => panic!("{what}: let in"),
            _ => refused += 1,
        }
    }
    assert!(refused > 0 && (served > 0 || !believed()), "{refused}, {served}");
}
