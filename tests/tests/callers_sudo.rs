//! sudo, the real one, on a terminal and without.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::cases::{Case, View, face_then, types, with_enter};
use facelogin_tests::callers::{Account, ENROLLED, EXPIRED, Ended, NOT_ENROLLED, Pty, SHOW, Table, World};

const REFUSALS: [&str; 1] = ["Sorry, try again"];
const CALLER: &str = "sudo (enter)";

fn sudo(who: &Account) -> Pty {
    let script = "sudo -k; sudo sh -c \"$1\"";
    Pty::start(who.uid, "sh", &["-c", script, "sh", SHOW])
}

#[test]
fn r26_sudo_with_trigger_enter() {
    World::run(&["sudo"], &[("sudo", "enter")], |world| {
        let mut table = Table::new("sudo");
        let mut case = |world: &mut World, case: &Case<'_>, who: &Account| {
            world.case(&mut table, CALLER, case, &REFUSALS, || sudo(who))
        };
        let [matched, first, stranger, nobody, down] = with_enter(ENROLLED.password, 0);
        let talk = case(world, &matched, &ENROLLED);
        println!("{talk:?} {:#?}", world.log());
        for one in [first, stranger, nobody] {
            let talk = case(world, &one, &ENROLLED);
            assert!(!talk.shown.contains("approved"), "{talk:?}");
        }
        println!("{:#?}", world.log());
        let wrong = Case {
            what: "another face, then a wrong password",
            hand: face_then("wrong"),
            ended: Ended::Refused,
            ..stranger
        };
        case(world, &wrong, &ENROLLED);
        let wrong_first = Case {
            what: "a wrong password first",
            hand: types("wrong"),
            ended: Ended::Refused,
            ..first
        };
        case(world, &wrong_first, &ENROLLED);
        let not_enrolled = Case {
            what: "not enrolled, the password",
            view: View::Match,
            hand: face_then(NOT_ENROLLED.password),
            ..down
        };
        case(world, &not_enrolled, &NOT_ENROLLED);
        world.enrol(&EXPIRED);
        let expired = Case {
            what: "match, of an expired account",
            ended: Ended::Refused,
            ..matched
        };
        case(world, &expired, &EXPIRED);
        case(world, &down, &ENROLLED);
    });
}
