//! login, the real one, on a terminal.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::{ENROLLED, Ended, Hand, Pty, World};

#[test]
fn try_it() {
    World::run(&["login"], &[("login", "immediate")], |world| {
        for scene in 0..3 {
            match scene {
                0 => world.show_match(),
                1 => world.show_stranger(),
                _ => world.show_nobody(),
            }
            let mut pty = Pty::start(0, "login", &[]);
            pty.expect(&["login: "]);
            pty.line("alice");
            let hand = Hand {
                at_face: "",
                at_password: ENROLLED.password,
            };
            let talk = hand.talk(&mut pty, &["Login incorrect"]);
            println!("{talk:?} {:?}", pty.wait());
            println!("{:#?}", world.log());
            println!("{:#?}", world.decided());
            assert_eq!(talk.ended, Ended::In(4001));
        }
    });
}
