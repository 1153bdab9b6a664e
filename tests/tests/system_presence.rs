//! R27 and the grace after locking, of the whole: the real module, the real daemon, a real message bus, and a logind that
//! a test plays.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use facelogin_protocol::types::{AuthenticateIn, AuthenticateOut, Reason, Verdict};
use facelogin_protocol::{Client, Deadline};
use facelogin_tests::pam_host::code;
use facelogin_tests::system::logind::{Bus, Logind, Manner, Session};
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, act_as, uid};
use facelogin_tests::system::{System, SystemOptions, authenticate_in, until};

/// A bus, a logind on it, and a system whose daemon asks it; somebody enrolled is in view.
fn start(rules: &str, tables: &str, sessions: &[Session]) -> Option<(Bus, Logind, System)> {
    let rules = format!("{rules}\ntimeout_ms = 4000\nno_face_timeout_ms = 700");
    let options = SystemOptions::default().rules(&rules).tables(tables);
    let mut system = System::prepare(&options)?;
    let bus = Bus::start();
    let logind = Logind::on(&bus.socket(), sessions);
    system.on_bus(&bus.socket());
    system.start_daemon();
    system.wait_until_ready();
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    Some((bus, logind, system))
}

const SEAT: &str = "presence = \"seat\"\nlock_grace_seconds = 0";
const LOCAL: &str = "presence = \"local\"\nlock_grace_seconds = 0";

/// Sends one request as `peer`.
fn ask_as(peer: u32, system: &System, request: &AuthenticateIn) -> (Verdict, Reason) {
    let socket = system.socket();
    let ask = || -> AuthenticateOut {
        let deadline = Deadline::after(Duration::from_secs(40));
        let client = Client::connect(&socket, deadline).unwrap();
        client.authenticate(request, deadline).unwrap()
    };
    let answer = if peer == 0 { ask() } else { act_as(peer, ask) };
    (answer.verdict, answer.reason)
}

const MATCH: (Verdict, Reason) = (Verdict::Match, Reason::Matched);
const ABSENT: (Verdict, Reason) = (Verdict::Unavailable, Reason::NotPresent);

#[track_caller]
fn log_in(system: &System, service: &str, code: &str, reason: &str) {
    let (result, attempt) = system.recorded_login(service, ENROLLED);
    assert_eq!((result, attempt.reason.as_str()), (code, reason), "{service}");
    // Who is refused never causes the camera to open.
    assert_eq!(attempt.frames == 0, code != "PAM_SUCCESS", "{service}");
}

#[test]
fn r27_whoever_sits_at_the_machine_is_let_in_and_nobody_else() {
    let games = uid(ENROLLED);
    let Some((_bus, logind, system)) = start(SEAT, "", &[Session::desk(games)]) else {
        return;
    };
    let (success, unavailable) = ("PAM_SUCCESS", "PAM_AUTHINFO_UNAVAIL");
    assert_eq!(system.status(ENROLLED).logind.as_deref(), Some("answers"));
    log_in(&system, "gdm-password", success, "matched");
    log_in(&system, "swaylock", success, "matched");
    for elsewhere in [
        vec![],
        vec![Session::ssh(games)],
        vec![Session::desk(uid(STRANGER))],
        vec![Session {
            active: false,
            state: "online",
            ..Session::desk(games)
        }],
        vec![Session {
            seat: "seat1",
            ..Session::desk(games)
        }],
        vec![Session {
            remote: true,
            ..Session::desk(games)
        }],
    ] {
        logind.sessions(&elsewhere);
        log_in(&system, "gdm-password", unavailable, "not_present");
        log_in(&system, "swaylock", unavailable, "not_present");
    }
    logind.sessions(&[Session::greeter(120)]);
    log_in(&system, "gdm-password", success, "matched");
    log_in(&system, "swaylock", unavailable, "not_present");
    // A remote host is refused before anybody is asked.
    logind.sessions(&[Session::desk(games)]);
    let far = system.login_with("gdm-password", ENROLLED, |host| {
        host.set_rhost(c"far.example");
    });
    assert_eq!(code::name(far), unavailable);
    // The camera of this test is a folder of pictures: no lid covers it.
    logind.lid(true);
    log_in(&system, "gdm-password", success, "matched");
}

#[test]
fn r27_a_text_login_must_come_from_the_machine_s_own_terminals() {
    let games = uid(ENROLLED);
    for (rules, serial) in [(SEAT, ABSENT), (LOCAL, MATCH)] {
        let Some((_bus, _logind, system)) = start(rules, "", &[Session::desk(games)]) else {
            return;
        };
        let ask = |tty: Option<&str>| {
            let mut request = authenticate_in(ENROLLED, "login");
            request.tty = tty.map(Into::into);
            ask_as(0, &system, &request)
        };
        assert_eq!(ask(Some("/dev/ttyS0")), serial, "{rules}");
        for tty in [
            None,
            Some("pts/0"),
            Some("/dev/pts/3"),
            Some("ttyp0"),
            Some("tty0"),
            Some("ssh"),
        ] {
            assert_eq!(ask(tty), ABSENT, "{rules} {tty:?}");
        }
        // Which terminal is on the screen is the kernel's to say; where it has none, no login is at the screen.
        let foreground = std::fs::read_to_string("/sys/class/tty/tty0/active").unwrap_or_default();
        let front = foreground.trim();
        if !front.is_empty() {
            assert_eq!(ask(Some(front)), MATCH, "{rules}");
        }
        if rules == SEAT {
            let other = if front == "tty9" { "tty8" } else { "tty9" };
            assert_eq!(ask(Some(other)), ABSENT);
        }
    }
}

#[test]
fn r27_more_rights_are_refused_while_their_asker_is_also_elsewhere() {
    let [games, man] = [ENROLLED, STRANGER].map(uid);
    let tables = "[services.sudo]\nenabled = true\n[services.su]\nenabled = true";
    let Some((_bus, logind, system)) = start(SEAT, tables, &[Session::desk(games)]) else {
        return;
    };
    let ask = |service: &str, ruser: Option<&str>| {
        let mut request = authenticate_in(ENROLLED, service);
        request.ruser = ruser.map(Into::into);
        ask_as(0, &system, &request)
    };
    assert_eq!(ask("sudo", Some(ENROLLED)), MATCH);
    assert_eq!(ask("sudo", None), MATCH);
    assert_eq!(ask("sudo", Some("no-such-user-here")), ABSENT);
    // Somebody else asks for the rights of the user in view: they must be at the machine, and are not.
    assert_eq!(ask("su", Some(STRANGER)), ABSENT);
    logind.sessions(&[Session::desk(man)]);
    assert_eq!(ask("su", Some(STRANGER)), MATCH);
    assert_eq!(ask("su", None), ABSENT);
    for also in [
        Session::ssh(games),
        Session {
            id: "3",
            locked: true,
            seat: "seat1",
            ..Session::desk(games)
        },
    ] {
        logind.sessions(&[Session::desk(games), also.clone()]);
        assert_eq!(ask("sudo", Some(ENROLLED)), ABSENT, "{also:?}");
        // It keeps them from no login: a lock screen would else stay shut because of a forgotten shell.
        assert_eq!(code::name(system.login("gdm-password", ENROLLED)), "PAM_SUCCESS");
        logind.sessions(&[
            Session::desk(games),
            Session {
                state: "closing",
                ..also
            },
        ]);
        assert_eq!(ask("sudo", Some(ENROLLED)), MATCH);
    }
}

#[test]
fn r27_a_user_s_own_process_and_test_are_held_to_it_and_root_s_test_is_not() {
    let games = uid(ENROLLED);
    let Some((_bus, logind, system)) = start(SEAT, "", &[Session::desk(games)]) else {
        return;
    };
    let ask = || ask_as(games, &system, &authenticate_in(ENROLLED, "swaylock"));
    assert_eq!(ask(), MATCH);
    logind.sessions(&[Session::ssh(games)]);
    // Its pause between two scans.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(ask(), ABSENT);
    let test = |ran: facelogin_tests::system::Ran| ran.json()["reason"].clone();
    assert_eq!(test(system.cli_as(games, &["test", "--json"])), "not_present");
    assert_eq!(
        test(system.cli(&["test", "--json", "--user", ENROLLED])),
        "matched"
    );
}

#[test]
fn r27_a_logind_that_cannot_be_asked_refuses_and_is_named() {
    let games = uid(ENROLLED);
    for rules in [SEAT, LOCAL] {
        let Some((bus, logind, system)) = start(rules, "", &[Session::desk(games)]) else {
            return;
        };
        let refused = |what: &str, said: &str| {
            let start = Instant::now();
            log_in(&system, "gdm-password", "PAM_AUTHINFO_UNAVAIL", "not_present");
            // Long before the scan that would else have been: no_face_timeout_ms and timeout_ms bound nothing here.
            assert!(start.elapsed() < Duration::from_secs(10), "{what}");
            let told = system.status(ENROLLED).logind.unwrap();
            assert!(told.contains(said), "{what}: {told}");
            until("it is in the log", || system.log().contains(said).then_some(()));
        };
        logind.manner(Manner::Hung);
        refused("logind hangs", "does not answer in time");
        logind.manner(Manner::Strange("Remote"));
        refused("a word where a flag should be", "not understood here: Remote");
        logind.manner(Manner::Failing);
        refused("errors", "it does not work today");
        logind.manner(Manner::Sound);
        log_in(&system, "gdm-password", "PAM_SUCCESS", "matched");
        drop(logind);
        refused("no logind", "ServiceUnknown");
        bus.hang(true);
        refused("the bus hangs", "does not answer in time");
        drop(bus);
        refused("no bus", "out of reach");
        // An ordinary user learns no more than they need.
        let ran = system.cli_as(games, &["status", "--json"]).expect(0).json();
        assert_eq!(ran["logind"], "does not answer");
    }
}

#[test]
fn r27_off_asks_nobody() {
    let Some((_bus, logind, system)) = start("presence = \"off\"", "", &[]) else {
        return;
    };
    logind.manner(Manner::Failing);
    let status = system.status(ENROLLED);
    assert_eq!((status.presence.as_str(), status.logind), ("off", None));
    for service in ["login", "gdm-password", "swaylock"] {
        log_in(&system, service, "PAM_SUCCESS", "matched");
    }
}

#[test]
fn the_grace_after_locking_keeps_the_face_from_opening_at_once() {
    let games = uid(ENROLLED);
    let rules = "presence = \"seat\"\nlock_grace_seconds = 3";
    let desk = Session::desk(games);
    let Some((_bus, logind, system)) = start(rules, "", &[desk]) else {
        return;
    };
    // A lock screen that tells logind, through a display manager's service as GNOME's.
    logind.lock(true);
    let locked = Instant::now();
    log_in(&system, "gdm-password", "PAM_AUTHINFO_UNAVAIL", "just_locked");
    // Whoever asks for the scan at a prompt need not wait.
    let asked = ask_as(0, &system, &authenticate_in(ENROLLED, "gdm-password"));
    assert_eq!(asked, MATCH);
    let mut request = authenticate_in(ENROLLED, "gdm-password");
    request.consent = false;
    let in_the_end = until("the grace is over", || {
        Some(ask_as(0, &system, &request)).filter(|answer| answer.1 != Reason::JustLocked)
    });
    assert_eq!(in_the_end, MATCH);
    assert!(locked.elapsed() >= Duration::from_secs(3));

    // One that tells nobody: its first attempt is the moment.
    logind.lock(false);
    let locked = Instant::now();
    log_in(&system, "swaylock", "PAM_AUTHINFO_UNAVAIL", "just_locked");
    until("the grace is over", || {
        (code::name(system.login("swaylock", ENROLLED)) == "PAM_SUCCESS").then_some(())
    });
    assert!(locked.elapsed() >= Duration::from_secs(3));
    // It was opened: the next attempt is of another locking.
    log_in(&system, "swaylock", "PAM_AUTHINFO_UNAVAIL", "just_locked");

    // A login at the greeter has nothing to do with it.
    logind.sessions(&[Session::greeter(120)]);
    log_in(&system, "gdm-password", "PAM_SUCCESS", "matched");
}
