//! login, the real one, started on a terminal as getty starts it.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::cases::{Case, View, face_then, immediate, types, with_enter};
use facelogin_tests::callers::{ENROLLED, EXPIRED, Ended, NOT_ENROLLED, Pty, Table, World};

const REFUSALS: [&str; 1] = ["Login incorrect"];

/// At the prompt that getty shows, `name` is typed.
fn login(name: &str) -> Pty {
    let mut pty = Pty::start(0, "login", &[]);
    pty.expect(&["login: "]);
    pty.line(name);
    pty
}

#[test]
fn login_with_trigger_enter() {
    World::run(&["login"], &[("login", "enter")], |world| {
        let mut table = Table::new("login-enter");
        let mut case = |world: &mut World, case: &Case<'_>, name: &str| {
            world.case(&mut table, "login (enter)", case, &REFUSALS, || login(name))
        };
        let [matched, first, stranger, nobody, down] = with_enter(ENROLLED.password, ENROLLED.uid);
        for one in [matched, first, stranger, nobody] {
            case(world, &one, ENROLLED.name);
        }
        let wrong = Case {
            what: "another face, then a wrong password",
            hand: face_then("wrong"),
            ended: Ended::Refused,
            ..stranger
        };
        case(world, &wrong, ENROLLED.name);
        let wrong_first = Case {
            what: "a wrong password first",
            hand: types("wrong"),
            ended: Ended::Refused,
            ..first
        };
        case(world, &wrong_first, ENROLLED.name);
        let not_enrolled = Case {
            what: "not enrolled, the password",
            view: View::Match,
            hand: face_then(NOT_ENROLLED.password),
            ended: Ended::In(NOT_ENROLLED.uid),
            ..down
        };
        case(world, &not_enrolled, NOT_ENROLLED.name);
        case(world, &down, ENROLLED.name);
    });
}

#[test]
fn login_with_trigger_immediate() {
    World::run(&["login"], &[("login", "immediate")], |world| {
        let mut table = Table::new("login-immediate");
        let mut case = |world: &mut World, case: &Case<'_>, name: &str| {
            world.case(&mut table, "login (immediate)", case, &REFUSALS, || login(name))
        };
        let [matched, stranger, nobody, down] = immediate(ENROLLED.password, ENROLLED.uid);
        for one in [matched, stranger, nobody] {
            case(world, &one, ENROLLED.name);
        }
        let not_enrolled = Case {
            what: "not enrolled, the password",
            view: View::Match,
            hand: face_then(NOT_ENROLLED.password),
            ended: Ended::In(NOT_ENROLLED.uid),
            ..down
        };
        case(world, &not_enrolled, NOT_ENROLLED.name);
        world.enrol(&EXPIRED);
        let expired = Case {
            what: "match, of an expired account",
            ended: Ended::Refused,
            ..matched
        };
        let talk = case(world, &expired, EXPIRED.name);
        assert!(talk.shown.contains("account has expired"), "{talk:?}");
        case(world, &down, ENROLLED.name);
    });
}
