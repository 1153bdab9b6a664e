//! R27: asking logind over a real message bus: right answers, late ones, wrong ones and none.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use facelogin_tests::system::logind::{Bus, Logind as Played, Manner, Session};
use facelogin_tests::system::real_logind::RealLogind;
use facelogin_tests::system::until;
use facelogin_tests::system::user::{ENROLLED, uid};
use facelogind::grace::{self, Locks};
use facelogind::logind::{self, Logind, LogindError, PATIENCE};
use facelogind::presence::{self, Class, Scene, State};
use nix::sys::socket::Backlog;

const ALICE: u32 = 1000;
const BOB: u32 = 1001;

/// Asks with more patience than a login has: what takes long on a busy machine is not wrong.
fn scene(bus: &Path) -> Result<Scene, LogindError> {
    logind::Bus::patient(bus, Duration::from_secs(20)).scene()
}

fn session(scene: &Scene, uid: u32) -> presence::Session {
    let own: Vec<_> = scene.sessions.iter().filter(|one| one.uid == uid).collect();
    assert_eq!(own.len(), 1, "{scene:?}");
    own[0].clone()
}

#[test]
fn r27_what_logind_says_arrives_as_it_was_said() {
    let bus = Bus::start();
    let elsewhere = Session {
        id: "9",
        ..Session::ssh(BOB)
    };
    let logind = Played::on(
        &bus.socket(),
        &[Session::ssh(ALICE), Session::greeter(120), elsewhere],
    );
    let said = || scene(&bus.socket()).unwrap();
    let alice = session(&said(), ALICE);
    let expected = presence::Session {
        path: "/org/freedesktop/login1/session/_7".into(),
        uid: ALICE,
        class: Class::Person,
        seat: String::new(),
        tty: "pts/0".into(),
        remote: true,
        active: true,
        state: State::Active,
        locked: false,
    };
    assert_eq!(alice, expected);
    let greeter = session(&said(), 120);
    assert_eq!((greeter.class, greeter.seat.as_str()), (Class::Greeter, "seat0"));
    assert_eq!(said().sessions.len(), 3);
    assert_eq!(session(&said(), BOB).path, "/org/freedesktop/login1/session/_9");

    assert!(!said().lid_closed);
    logind.lid(true);
    assert!(said().lid_closed);
    // Nothing is remembered: the next answer is the present one.
    logind.sessions(&[Session {
        locked: true,
        active: false,
        state: "online",
        ..Session::desk(ALICE)
    }]);
    let alice = session(&said(), ALICE);
    assert_eq!(
        (alice.locked, alice.active, alice.state),
        (true, false, State::Online)
    );
    logind.sessions(&[]);
    assert!(said().sessions.is_empty());
}

#[test]
fn r27_a_session_that_ends_while_it_is_asked_about_is_no_error() {
    let bus = Bus::start();
    let logind = Played::on(&bus.socket(), &[Session::desk(ALICE)]);
    logind.manner(Manner::Outdated);
    assert_eq!(scene(&bus.socket()).unwrap().sessions.len(), 1);
}

#[test]
fn r27_answers_of_another_type_are_errors() {
    let bus = Bus::start();
    let logind = Played::on(&bus.socket(), &[Session::desk(ALICE)]);
    let manners = ["TTY", "Remote", "Class", "Active", "State", "LockedHint"]
        .into_iter()
        .flat_map(|name| [(Manner::Strange(name), name), (Manner::Lacking(name), name)]);
    let others = [
        (Manner::StrangeList, "the list of sessions"),
        (Manner::StrangeLid, "LidClosed"),
    ];
    for (manner, name) in manners.chain(others) {
        logind.manner(manner);
        let error = scene(&bus.socket()).unwrap_err();
        assert_eq!(error, LogindError::Malformed(name), "{manner:?}");
    }
    logind.manner(Manner::Failing);
    let error = scene(&bus.socket()).unwrap_err().to_string();
    assert!(error.contains("it does not work today"), "{error}");
    logind.manner(Manner::Sound);
    assert!(scene(&bus.socket()).is_ok());
}

#[test]
fn r27_no_bus_and_a_bus_without_logind_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("bus");
    let error = scene(&missing).unwrap_err();
    assert!(
        matches!(&error, LogindError::NoBus { path, .. } if *path == missing),
        "{error}"
    );

    let bus = Bus::start();
    let error = scene(&bus.socket()).unwrap_err();
    let unknown = "org.freedesktop.DBus.Error.ServiceUnknown";
    assert!(
        matches!(&error, LogindError::Refused { name, .. } if name == unknown),
        "{error}"
    );
    let logind = Played::on(&bus.socket(), &[]);
    assert!(scene(&bus.socket()).is_ok());
    drop(logind);
    assert!(scene(&bus.socket()).is_err());
    let path = bus.socket();
    drop(bus);
    assert!(matches!(scene(&path), Err(LogindError::NoBus { .. })));
}

#[test]
fn r27_hung_and_late_ones_end_in_time() {
    let bus = Bus::start();
    let asked = logind::Bus::at(&bus.socket());
    let silent = |what: &str| {
        let start = Instant::now();
        assert_eq!(asked.scene(), Err(LogindError::Silent), "{what}");
        let took = start.elapsed();
        // It is its own deadline that ends it, not the library's of 25 s.
        assert!(
            took >= PATIENCE && took < Duration::from_secs(10),
            "{what}: {took:?}"
        );
    };
    let logind = Played::on(&bus.socket(), &[Session::desk(ALICE)]);
    logind.manner(Manner::Hung);
    silent("logind hangs");
    logind.manner(Manner::Late(PATIENCE * 2));
    silent("logind is late");
    logind.manner(Manner::Sound);
    bus.hang(true);
    silent("the bus hangs");
    bus.hang(false);
    until("it answers again", || asked.scene().ok());
}

#[test]
fn r27_a_bus_whose_queue_is_full_holds_nobody_up() {
    // It listens and never accepts.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    nix::sys::socket::listen(&listener, Backlog::new(8).unwrap()).unwrap();
    let asked = logind::Bus::patient(&path, Duration::from_millis(5));
    let mut exhausted = false;
    // Each question without an answer makes the queue one longer, until one waits for a place in it.
    for _ in 0..1000 {
        match asked.scene() {
            Err(LogindError::Silent) => {}
            Err(LogindError::Exhausted(_)) => {
                exhausted = true;
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(exhausted);
}

#[test]
fn the_moment_of_locking_is_heard_of_through_restarts() {
    let mut bus = Bus::start();
    let open = Session::desk(ALICE);
    let locked = Session {
        locked: true,
        ..open.clone()
    };
    let logind = Played::on(&bus.socket(), std::slice::from_ref(&locked));
    let locks = Arc::<Locks>::default();
    logind::Bus::at(&bus.socket())
        .follow_locks(locks.clone())
        .unwrap();
    let since = || locks.since("/org/freedesktop/login1/session/_2");
    until("what is locked already is seen", || {
        (since() == Some(None)).then_some(())
    });
    logind.lock(false);
    until("opening is heard", || since().is_none().then_some(()));
    let before = grace::now();
    logind.lock(true);
    let first = until("locking is heard", since);
    assert!(first >= before && first <= grace::now());

    drop(logind);
    let logind = Played::on(&bus.socket(), std::slice::from_ref(&open));
    logind.lock(true);
    until("a restarted logind is heard", || {
        (since() > Some(first)).then_some(())
    });
    logind.lock(false);
    until("and opening", || since().is_none().then_some(()));

    // What happened while there was no bus nobody heard: it may have been just now.
    drop(logind);
    bus.restart();
    let before = grace::now();
    let _logind = Played::on(&bus.socket(), &[locked]);
    let found = until("what was locked meanwhile is found", since);
    assert!(found >= before, "{found:?}");
}

#[test]
fn r27_systemd_s_own_logind_is_understood() {
    let bus = Bus::start();
    let Some(_logind) = RealLogind::on(&bus, uid(ENROLLED)) else {
        return;
    };
    let games = uid(ENROLLED);
    let said = until("logind is there", || scene(&bus.socket()).ok());
    let expected = presence::Session {
        path: "/org/freedesktop/login1/session/c1".into(),
        uid: games,
        class: Class::Person,
        seat: "seat0".into(),
        tty: "tty1".into(),
        remote: false,
        active: true,
        state: State::Active,
        locked: false,
    };
    assert_eq!((said.sessions, said.lid_closed), (vec![expected], false));

    let locks = Arc::<Locks>::default();
    logind::Bus::at(&bus.socket())
        .follow_locks(locks.clone())
        .unwrap();
    let hint = |locked: &str| {
        let ran = Command::new("busctl")
            .arg(format!("--address=unix:path={}", bus.socket().display()))
            .args([
                "call",
                "org.freedesktop.login1",
                "/org/freedesktop/login1/session/c1",
            ])
            .args(["org.freedesktop.login1.Session", "SetLockedHint", "b", locked])
            .status()
            .unwrap();
        assert!(ran.success());
        // Also when it is heard of: nothing changed is nothing told.
        session(&scene(&bus.socket()).unwrap(), games).locked
    };
    until("locking is heard", || {
        assert!(!hint("false") && hint("true"));
        locks.since("/org/freedesktop/login1/session/c1").flatten()
    });
}
