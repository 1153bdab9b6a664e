//! login, the real one, started on a terminal as getty starts it.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::cases::{Case, View, face_then, immediate, types, with_enter};
use facelogin_tests::callers::{ENROLLED, EXPIRED, Ended, LOCKED, NOT_ENROLLED, Pty, Table, World};

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
        for who in [EXPIRED, LOCKED] {
            world.enrol(&who);
            let what = format!(
                "{}: the account is not asked about, and refuses the password",
                who.name
            );
            let refused = Case {
                what: &what,
                view: View::Match,
                hand: face_then(who.password),
                ended: Ended::Refused,
                ..down
            };
            case(world, &refused, who.name);
        }
        // What the daemon knows nothing of: the account phase has its own say after a match.
        let file = "/etc/pam.d/common-account";
        let before = std::fs::read_to_string(file).unwrap();
        world.write(file, &format!("account requisite pam_deny.so\n{before}"));
        let denied = Case {
            what: "match, and the account phase refuses",
            ended: Ended::Refused,
            ..matched
        };
        case(world, &denied, ENROLLED.name);
        world.write(file, &before);
        case(world, &down, ENROLLED.name);
    });
}
