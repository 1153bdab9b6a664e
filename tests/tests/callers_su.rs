//! su, the real one, on a terminal: the face that counts is that of whoever one wants to become.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::cases::{Case, View, face_then, with_enter};
use facelogin_tests::callers::{Account, ENROLLED, Ended, NOT_ENROLLED, Pty, ROOT, SHOW, Table, World};

const REFUSALS: [&str; 1] = ["Authentication failure"];

/// A login shell of somebody else's.
fn su(by: &Account, target: &str) -> Pty {
    Pty::start(by.uid, "su", &["-", target])
}

#[test]
fn r26_su_asks_for_the_face_of_the_target() {
    let services = [("su", "enter"), ("su-l", "enter")];
    World::run(&["su"], &services, |world| {
        let mut table = Table::new("su");
        let mut case = |world: &mut World, caller: &str, case: &Case<'_>, start: &dyn Fn() -> Pty| {
            world.case(&mut table, caller, case, &REFUSALS, start)
        };
        let caller = "su - alice, by bob (enter)";
        let to_alice = || su(&NOT_ENROLLED, ENROLLED.name);
        let [matched, first, stranger, nobody, down] = with_enter(ENROLLED.password, ENROLLED.uid);
        let talk = case(world, caller, &matched, &to_alice);
        assert!(talk.shown.contains("the face of alice approved su-l"), "{talk:?}");
        for one in [first, stranger, nobody] {
            let talk = case(world, caller, &one, &to_alice);
            assert!(!talk.shown.contains("approved"), "{talk:?}");
        }
        let wrong = Case {
            what: "another face, then a wrong password",
            hand: face_then("wrong"),
            ended: Ended::Refused,
            ..stranger
        };
        case(world, caller, &wrong, &to_alice);

        let not_enrolled = Case {
            what: "alice's own face, bob not enrolled, his password",
            view: View::Match,
            hand: face_then(NOT_ENROLLED.password),
            ended: Ended::In(NOT_ENROLLED.uid),
            ..down
        };
        case(world, "su - bob, by alice (enter)", &not_enrolled, &|| {
            su(&ENROLLED, NOT_ENROLLED.name)
        });

        // Root has another face.
        world.system.enrol(ROOT.name, &["biden.jpg"]);
        let caller = "su root, by alice (enter)";
        let to_root = || Pty::start(ENROLLED.uid, "su", &["root", "-c", SHOW]);
        let own = Case {
            what: "alice's own face, then root's password",
            view: View::Match,
            hand: face_then(ROOT.password),
            ended: Ended::In(0),
            ..stranger
        };
        case(world, caller, &own, &to_root);
        let roots = Case {
            what: "root's face",
            view: View::Stranger,
            ended: Ended::In(0),
            ..matched
        };
        let talk = case(world, caller, &roots, &to_root);
        assert!(talk.shown.contains("the face of root approved su"), "{talk:?}");
        case(world, "su - alice, by bob (enter)", &down, &to_alice);
    });
}
