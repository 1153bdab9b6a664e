//! Every system call that the module makes, made to fail in turn: nobody gets in who should not, nothing crashes,
//! nothing hangs, nothing is left behind.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use common::{USER, at, line, only_face};
use facelogin_protocol::types::{Reason, Verdict};
use facelogin_tests::faults::{Fault, Run, sweep, trace};
use facelogin_tests::hostile::{Case, Conversation, Entry};
use facelogin_tests::pam_host::{ConfDir, code, flag};
use facelogin_tests::scripted::{Script, ScriptedDaemon, ScriptedProcess, length_of_match};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};

const HOST: &str = env!("CARGO_BIN_EXE_hostile-host");
const SCRIPTED_DAEMON: &str = env!("CARGO_BIN_EXE_scripted-daemon");

/// Errors that these calls give in life: those that somebody treats by themselves first, then the rest.
const ERRORS: [Errno; 7] = [
    Errno::EINTR,
    Errno::EAGAIN,
    Errno::EIO,
    Errno::ENOMEM,
    Errno::EMFILE,
    Errno::EPERM,
    Errno::ECONNRESET,
];

/// More than any wait is interrupted in life.
const STORM: u32 = 200;

/// Faults so far, and how the calls ended.
#[derive(Debug, Default)]
struct Tally {
    faults: u64,
    runs: u64,
    codes: BTreeMap<&'static str, u64>,
}

/// A login that a fault meets.
#[derive(Clone)]
struct Login {
    name: String,
    script: Script,
    /// What the user answers at the prompt.
    typed: Option<&'static str>,
    end: End,
}

/// How the login ends when nothing fails.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// With a match, if the daemon is believed; a fault may turn it into any failure.
    Match,
    /// With a failure, whatever else fails.
    Failure,
    /// By the password: the module behind this one accepts it, and is none of ours.
    Password,
}

impl Login {
    fn immediate(script: Script, end: End) -> Self {
        Self {
            name: format!("{script:?}"),
            script,
            typed: None,
            end,
        }
    }

    fn enter(after: Script, typed: &'static str, end: End) -> Self {
        Self {
            name: format!("enter, {typed:?}, {after:?}"),
            script: Script::Enter(Box::new(after)),
            typed: Some(typed),
            end,
        }
    }

    fn stacks(&self, socket: &Path) -> ConfDir {
        let stacks = only_face(at(socket));
        if self.end == End::Password {
            let auth = line("auth", "[success=ok default=ignore]", at(socket));
            let stack = format!("{auth}auth required pam_permit.so");
            stacks.service("face", &stack).unwrap();
        }
        stacks
    }

    /// The login, and the setcred that follows a success.
    fn case(&self, stacks: &ConfDir) -> Case {
        Case {
            calls: vec![Entry::Authenticate(0), Entry::SetCred(flag::ESTABLISH_CRED)],
            conversation: match self.typed {
                Some(text) => Conversation::Text(text.into()),
                None => Conversation::Code(code::CONV_ERR),
            },
            ..Case::new(stacks.path(), USER)
        }
    }
}

/// A match and a mismatch, by either trigger, and a typed password, which `setcred` reports.
fn logins() -> Vec<Login> {
    let mismatch = Script::Answer(Verdict::NoMatch, Reason::NotMatching);
    vec![
        Login::immediate(Script::MATCH, End::Match),
        Login::immediate(mismatch.clone(), End::Failure),
        Login::enter(Script::MATCH, "", End::Match),
        Login::enter(mismatch, "", End::Failure),
        Login::enter(Script::MATCH, "a password", End::Password),
    ]
}

/// Matches that are none.
fn no_matches() -> Vec<Login> {
    [
        Script::EarlyMatch,
        Script::OtherId,
        Script::OtherUid,
        Script::Twice,
        Script::Continues,
        Script::Cut(length_of_match(common::uid()) - 1),
    ]
    .map(|script| Login::immediate(script, End::Failure))
    .to_vec()
}

/// `PAM_SYSTEM_ERR` of `_pam_types.h`.
const SYSTEM_ERR: i32 = 4;

/// What holds whatever fails. `as_if_nothing`: the fault is one that changes no answer.
fn check(login: &Login, fault: &str, run: &Run, as_if_nothing: bool, tally: &Mutex<Tally>) {
    let Run { at, traced } = run;
    let call = traced.met.map_or("none".to_owned(), |number| number.to_string());
    let outcome = &traced.outcome;
    let codes = outcome.report.as_ref().map(|report| names(&report.codes));
    let what = format!("{}, {fault} at call {at} (number {call}), {codes:?}", login.name);
    assert!(!traced.hung, "{what}: hangs");
    assert!(outcome.status.success(), "{what}: {}", outcome.status);
    assert_eq!(String::from_utf8_lossy(&outcome.output), "", "{what}: it prints");
    let report = outcome.report.as_ref().unwrap();
    assert_eq!(report.after, report.before, "{what}");
    assert_eq!(report.ended, report.before, "{what}: after pam_end");
    let [authenticated, credentials] = report.codes[..] else {
        panic!("{what}: {:?}", report.codes);
    };
    assert!(
        ![code::IGNORE, code::INCOMPLETE].contains(&authenticated),
        "{what}: R1"
    );
    // libpam writes to the kernel's audit log last, and when that fails its own code is this one.
    let audit_failed = |code| code == SYSTEM_ERR;
    if authenticated == code::SUCCESS {
        assert!(
            credentials == code::SUCCESS || audit_failed(credentials),
            "{what}: R3"
        );
    }
    match login.end {
        End::Match if believed() => {}
        End::Match | End::Failure => assert_ne!(authenticated, code::SUCCESS, "{what}: let in"),
        End::Password => assert!(
            authenticated == code::SUCCESS || audit_failed(authenticated),
            "{what}: R25, the password always works"
        ),
    }
    let intact = traced.met.is_none() || as_if_nothing;
    if intact && login.end == End::Match && believed() {
        assert!(
            authenticated == code::SUCCESS || (as_if_nothing && audit_failed(authenticated)),
            "{what}: nothing failed"
        );
    }
    let mut tally = tally.lock().unwrap();
    tally.faults += u64::from(traced.faults);
    tally.runs += 1;
    *tally.codes.entry(code::name(authenticated)).or_default() += 1;
}

fn names(codes: &[i32]) -> Vec<&'static str> {
    codes.iter().map(|code| code::name(*code)).collect()
}

/// Whether the module believes a daemon in this process. If not, everything else still holds.
fn believed() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Runs all the jobs, a few at a time: some wait for a deadline.
fn in_parallel<J: Send>(jobs: Vec<J>, work: impl Fn(J) + Sync) {
    let queue = Mutex::new(jobs);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let Some(job) = queue.lock().unwrap().pop() else {
                            return;
                        };
                        work(job);
                    }
                })
            })
            .collect();
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// Every login with every one of these.
fn each_with<'a, T: Copy>(logins: &'a [Login], these: &'a [T]) -> Vec<(&'a Login, T)> {
    logins
        .iter()
        .flat_map(|login| these.iter().map(move |this| (login, *this)))
        .collect()
}

#[test]
fn r01_r25_one_system_call_fails_each_in_turn() {
    let tally = Mutex::new(Tally::default());
    let (logins, no_matches) = (logins(), no_matches());
    let few = &ERRORS[..3];
    let jobs = [each_with(&logins, &ERRORS), each_with(&no_matches, few)].concat();
    in_parallel(jobs, |(login, errno)| {
        sweep_of(
            login,
            &errno.to_string(),
            || Fault::Error(errno, 1),
            false,
            &tally,
        );
    });
    println!("single failures: {:?}", tally.lock().unwrap());
}

#[test]
fn r01_r25_a_system_call_fails_from_one_moment_on() {
    let tally = Mutex::new(Tally::default());
    let logins = logins();
    in_parallel(each_with(&logins, &ERRORS[..4]), |(login, errno)| {
        let times = match errno {
            // No signal comes for ever: sleep(3) counts on that.
            Errno::EINTR => STORM,
            // This one for ever takes every wait to its deadline, busily: for the mismatches alone.
            Errno::EAGAIN if login.end != End::Failure => STORM,
            _ => u32::MAX,
        };
        let name = format!("{errno} from here on");
        sweep_of(login, &name, || Fault::Error(errno, times), false, &tally);
    });
    println!("lasting failures: {:?}", tally.lock().unwrap());
}

#[test]
fn r02_transfers_of_one_byte_change_no_answer() {
    let tally = Mutex::new(Tally::default());
    let logins = [logins(), no_matches()].concat();
    in_parallel(each_with(&logins, &[1, u32::MAX]), |(login, times)| {
        let name = format!("{times} short transfers");
        sweep_of(login, &name, || Fault::Short(times), true, &tally);
    });
    println!("short transfers: {:?}", tally.lock().unwrap());
}

fn sweep_of<'a>(
    login: &Login,
    name: &str,
    fault: impl FnMut() -> Fault<'a>,
    as_if_nothing: bool,
    tally: &Mutex<Tally>,
) {
    let daemon = ScriptedDaemon::start(login.script.clone()).unwrap();
    let stacks = login.stacks(daemon.socket());
    let mut runs = 0;
    sweep(HOST, &login.case(&stacks), fault, |run| {
        check(login, name, &run, as_if_nothing, tally);
        runs += 1;
    })
    .unwrap();
    // The account, the socket, the request, the answer, the log.
    assert!(runs > 15, "{runs} system calls");
}

#[test]
fn r25_the_daemon_is_killed_or_stopped_before_each_system_call() {
    let tally = Mutex::new(Tally::default());
    let logins = logins();
    in_parallel(
        each_with(&logins, &[Signal::SIGKILL, Signal::SIGSTOP]),
        |(login, signal)| {
            for at in 0.. {
                let script = std::slice::from_ref(&login.script);
                let daemon = ScriptedProcess::start(SCRIPTED_DAEMON, script, None).unwrap();
                let stacks = login.stacks(daemon.socket());
                let mut strike = || kill(daemon.pid(), signal).unwrap();
                let fault = Fault::Before(&mut strike);
                let traced = trace(HOST, &login.case(&stacks), at, fault).unwrap();
                let last = traced.met.is_none();
                check(login, signal.as_str(), &Run { at, traced }, false, &tally);
                if last {
                    break;
                }
            }
        },
    );
    println!("deaths and stops: {:?}", tally.lock().unwrap());
}
