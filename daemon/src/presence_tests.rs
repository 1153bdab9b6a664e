//! Every rule of R27, as a table: who asks by which door, what logind says, and what each mode makes of it.

use super::*;
use crate::testing::desk;

const ALICE: u32 = 1000;
const BOB: u32 = 1001;
const GDM: u32 = 120;

fn background(uid: u32) -> Session {
    Session {
        active: false,
        state: State::Online,
        ..desk(uid)
    }
}

fn locked(session: Session) -> Session {
    Session {
        locked: true,
        ..session
    }
}

fn closing(session: Session) -> Session {
    Session {
        state: State::Closing,
        ..session
    }
}

fn greeter() -> Session {
    Session {
        class: Class::Greeter,
        tty: "tty1".into(),
        ..desk(GDM)
    }
}

/// A session over SSH: logind calls every session without a seat active.
fn ssh(uid: u32) -> Session {
    Session {
        seat: String::new(),
        tty: "pts/3".into(),
        remote: true,
        ..desk(uid)
    }
}

/// A desktop over a network whose server did not say so.
fn unplaced(uid: u32, tty: &str) -> Session {
    Session {
        remote: false,
        tty: tty.into(),
        ..ssh(uid)
    }
}

fn serial(uid: u32) -> Session {
    unplaced(uid, "ttyS0")
}

fn other_seat(uid: u32) -> Session {
    Session {
        seat: "seat1".into(),
        tty: String::new(),
        ..desk(uid)
    }
}

fn service(session: Session) -> Session {
    Session {
        class: Class::Service,
        ..session
    }
}

fn scene(sessions: Vec<Session>) -> Scene {
    Scene {
        sessions,
        lid_closed: false,
        foreground: Some(2),
    }
}

fn passes(mode: Presence, door: EntryClass, uid: u32, tty: &str, scene: &Scene) -> bool {
    let who = Who {
        uid,
        tty,
        built_in: true,
    };
    match judge(mode, door, &who, scene) {
        Ok(()) => true,
        Err(Reason::NotPresent) => false,
        Err(other) => panic!("{other:?}"),
    }
}

/// Which modes let Alice pass.
#[track_caller]
fn check(door: EntryClass, tty: &str, sessions: Vec<Session>, (seat, local): (bool, bool)) {
    let scene = scene(sessions);
    let modes = [Presence::Seat, Presence::Local, Presence::Off];
    assert_eq!(
        modes.map(|mode| passes(mode, door, ALICE, tty, &scene)),
        [seat, local, true],
        "{door:?} {tty:?} {:#?}",
        scene.sessions
    );
}

const BOTH: (bool, bool) = (true, true);
const LOCAL: (bool, bool) = (false, true);
const NEITHER: (bool, bool) = (false, false);

/// What a single session of Alice's is worth to her: the same for lock screens, for any unprivileged peer, for her own
/// unlock through a greeter's service, and for `sudo` where nothing else speaks against it.
fn worth() -> Vec<(Vec<Session>, (bool, bool))> {
    vec![
        (vec![], NEITHER),
        (vec![desk(ALICE)], BOTH),
        (vec![background(ALICE)], LOCAL),
        (vec![other_seat(ALICE)], LOCAL),
        (vec![serial(ALICE)], LOCAL),
        (vec![unplaced(ALICE, "tty4")], LOCAL),
        (vec![ssh(ALICE)], NEITHER),
        (vec![unplaced(ALICE, "pts/0")], NEITHER),
        (vec![unplaced(ALICE, "")], NEITHER),
        (vec![unplaced(ALICE, "xrdp-sesman")], NEITHER),
        (vec![closing(desk(ALICE))], NEITHER),
        (vec![service(desk(ALICE))], NEITHER),
        (vec![desk(BOB)], NEITHER),
        (vec![desk(BOB), background(ALICE)], LOCAL),
        (
            vec![Session {
                remote: true,
                ..desk(ALICE)
            }],
            NEITHER,
        ),
        (
            vec![Session {
                class: Class::Other,
                ..desk(ALICE)
            }],
            NEITHER,
        ),
        // The two words of logind's for the same thing must agree.
        (
            vec![Session {
                state: State::Other,
                ..desk(ALICE)
            }],
            NEITHER,
        ),
        (
            vec![Session {
                state: State::Online,
                ..desk(ALICE)
            }],
            LOCAL,
        ),
        (
            vec![Session {
                active: false,
                ..desk(ALICE)
            }],
            LOCAL,
        ),
    ]
}

#[test]
fn r27_lock_screens_and_unprivileged_peers_need_their_user_s_own_session_in_front() {
    for door in [EntryClass::Locker, EntryClass::Unprivileged] {
        for (sessions, expected) in worth() {
            for tty in ["", "tty2", "/dev/tty2", "pts/0"] {
                check(door, tty, sessions.clone(), expected);
                let all_locked = sessions.iter().cloned().map(locked).collect();
                check(door, tty, all_locked, expected);
            }
        }
        // Neither a greeter nor somebody else's presence helps, and a shell over SSH beside the desk does no harm.
        check(door, "", vec![greeter()], NEITHER);
        check(door, "", vec![desk(ALICE), ssh(ALICE)], BOTH);
    }
}

#[test]
fn r27_greeters_need_a_greeter_in_front_or_the_user_s_own_session() {
    let door = EntryClass::Greeter;
    // A greeter of a remote desktop may be the one that asks.
    let remote = Session {
        class: Class::Greeter,
        ..ssh(GDM)
    };
    for greeter_elsewhere in [remote.clone(), unplaced(GDM, "")].map(|one| Session {
        class: Class::Greeter,
        ..one
    }) {
        check(
            door,
            "/dev/tty1",
            vec![greeter(), greeter_elsewhere.clone()],
            NEITHER,
        );
        check(door, "/dev/tty1", vec![greeter_elsewhere, desk(ALICE)], NEITHER);
    }
    check(door, "/dev/tty1", vec![greeter(), closing(remote)], BOTH);
    // So may that of another seat, whose screen nobody in front of the camera sees.
    let second = Session {
        seat: "seat1".into(),
        tty: String::new(),
        ..greeter()
    };
    check(door, "", vec![desk(ALICE), second.clone()], LOCAL);
    check(door, "", vec![greeter(), second.clone()], LOCAL);
    check(door, "", vec![desk(ALICE), closing(second)], BOTH);
    for (sessions, expected) in worth() {
        check(door, "/dev/tty1", sessions.clone(), expected);
        check(door, "", sessions.into_iter().map(locked).collect(), expected);
    }
    let away = |session| Session {
        active: false,
        state: State::Online,
        ..session
    };
    for (sessions, expected) in [
        (vec![greeter()], BOTH),
        (vec![greeter(), background(ALICE)], BOTH),
        (vec![greeter(), ssh(ALICE)], BOTH),
        (vec![away(greeter())], LOCAL),
        (vec![away(greeter()), desk(BOB)], LOCAL),
        (vec![closing(greeter())], NEITHER),
        (
            vec![Session {
                remote: true,
                ..greeter()
            }],
            NEITHER,
        ),
        (
            vec![Session {
                seat: "seat1".into(),
                ..greeter()
            }],
            LOCAL,
        ),
        (
            vec![Session {
                seat: String::new(),
                tty: String::new(),
                ..greeter()
            }],
            NEITHER,
        ),
    ] {
        check(door, "/dev/tty1", sessions, expected);
    }
}

#[test]
fn r27_text_logins_need_the_terminal_that_is_on_the_screen() {
    let door = EntryClass::Tty;
    // Nobody's session matters: there is none yet, or it is somebody else's.
    for sessions in [
        vec![],
        vec![desk(BOB)],
        vec![greeter()],
        vec![ssh(ALICE)],
        vec![locked(desk(ALICE))],
    ] {
        for (tty, expected) in [
            ("tty2", BOTH),
            ("/dev/tty2", BOTH),
            ("tty3", LOCAL),
            ("/dev/tty1", LOCAL),
            ("tty63", LOCAL),
            ("ttyS0", LOCAL),
            ("/dev/ttyUSB0", LOCAL),
            ("hvc0", LOCAL),
            ("", NEITHER),
            ("tty", NEITHER),
            ("/dev/tty", NEITHER),
            ("tty0", NEITHER),
            ("tty02", NEITHER),
            ("tty+2", NEITHER),
            ("tty64", NEITHER),
            ("tty2 ", NEITHER),
            ("tty2\n", NEITHER),
            ("/dev//tty2", NEITHER),
            ("/dev/pts/2", NEITHER),
            ("pts/2", NEITHER),
            ("ttyp2", NEITHER),
            ("ttyS", NEITHER),
            ("ttySx", NEITHER),
            ("console", NEITHER),
            (":0", NEITHER),
            ("ssh", NEITHER),
            ("tty99999999999", NEITHER),
        ] {
            check(door, tty, sessions.clone(), expected);
        }
    }
    let blind = Scene {
        foreground: None,
        ..scene(vec![desk(ALICE)])
    };
    assert!(!passes(Presence::Seat, door, ALICE, "tty2", &blind));
}

#[test]
fn r27_more_rights_need_the_asker_in_front_and_nowhere_else() {
    let door = EntryClass::Elevation;
    for (sessions, expected) in worth() {
        check(door, "pts/1", sessions.clone(), expected);
        check(door, "pts/1", sessions.into_iter().map(locked).collect(), NEITHER);
    }
    for (with, expected) in [
        (ssh(ALICE), NEITHER),
        (
            Session {
                state: State::Online,
                ..ssh(ALICE)
            },
            NEITHER,
        ),
        (
            Session {
                state: State::Other,
                ..ssh(ALICE)
            },
            NEITHER,
        ),
        (
            Session {
                class: Class::Other,
                ..ssh(ALICE)
            },
            NEITHER,
        ),
        (
            Session {
                remote: true,
                ..background(ALICE)
            },
            NEITHER,
        ),
        (unplaced(ALICE, "pts/0"), NEITHER),
        (unplaced(ALICE, ""), NEITHER),
        (locked(background(ALICE)), NEITHER),
        (locked(other_seat(ALICE)), NEITHER),
        // These say nothing about where she is.
        (background(ALICE), BOTH),
        (other_seat(ALICE), BOTH),
        (serial(ALICE), BOTH),
        (closing(ssh(ALICE)), BOTH),
        (closing(locked(background(ALICE))), BOTH),
        (service(ssh(ALICE)), BOTH),
        (service(unplaced(ALICE, "")), BOTH),
        (ssh(BOB), BOTH),
        (locked(background(BOB)), BOTH),
    ] {
        check(door, "pts/1", vec![desk(ALICE), with.clone()], expected);
        check(door, "", vec![with, desk(ALICE)], expected);
    }
    // A greeter in front is no desk of hers.
    check(door, "tty2", vec![greeter()], NEITHER);
}

#[test]
fn r27_a_closed_lid_refuses_the_camera_behind_it_and_no_other() {
    let scene = Scene {
        lid_closed: true,
        ..scene(vec![desk(ALICE)])
    };
    for door in EntryClass::ALL {
        for mode in [Presence::Seat, Presence::Local] {
            let judged = |uid, built_in| {
                let tty = if uid == ALICE { "tty2" } else { "pts/0" };
                judge(mode, door, &Who { uid, tty, built_in }, &scene)
            };
            assert_eq!(judged(ALICE, true), Err(Reason::LidClosed));
            assert_eq!(judged(ALICE, false), Ok(()));
            // Who is not there is told so first.
            assert_eq!(judged(BOB, true), Err(Reason::NotPresent), "{door:?}");
        }
        let who = Who {
            uid: BOB,
            tty: "",
            built_in: true,
        };
        assert_eq!(judge(Presence::Off, door, &who, &scene), Ok(()));
    }
}

#[test]
fn r27_words_of_logind_that_are_not_known_let_nobody_pass() {
    for (name, class) in [
        ("user", Class::Person),
        ("user-early", Class::Person),
        ("user-light", Class::Person),
        ("user-early-light", Class::Person),
        ("user-incomplete", Class::Other),
        ("greeter", Class::Greeter),
        ("lock-screen", Class::Greeter),
        ("manager", Class::Service),
        ("manager-early", Class::Service),
        ("background", Class::Service),
        ("background-light", Class::Service),
        ("none", Class::Service),
        ("User", Class::Other),
        ("something-new", Class::Other),
        ("", Class::Other),
    ] {
        assert_eq!(Class::named(name), class, "{name}");
    }
    for (name, state) in [
        ("active", State::Active),
        ("online", State::Online),
        ("closing", State::Closing),
        ("opening", State::Other),
        ("", State::Other),
    ] {
        assert_eq!(State::named(name), state, "{name}");
    }
}
